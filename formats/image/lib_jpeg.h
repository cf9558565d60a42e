/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_IMAGE_LIB_JPEG_H
#define SEKIMORI_IMAGE_LIB_JPEG_H

#include "jpeg_walk.h"
#include "sink.h"

/* What stands before the picture. */
struct lib_jpeg_head {
    bool bare;                   /* for another format: no JFIF, an Adobe marker if there was one */
    bool jfif;                   /* write a JFIF header with the density; never for RGB, which it would turn to YCbCr */
    struct jpeg_density density; /* x 0: none, written as a ratio of 1:1 */
    const uint8_t *exif;         /* APP1 payload, NULL: none */
    size_t exif_n;
    const uint8_t *icc;          /* a whole profile, NULL: none */
    size_t icc_n;
};

/*
 * Decodes the ranges of a walk and encodes the samples again, row by row:
 * subsampled planes as they are, without colour conversion, which saves half
 * the time and keeps repeated passes from drifting. A picture in one scan needs
 * memory for one row of blocks. Fails with the reason in *fail_out; the sink
 * may then have had bytes.
 */
int lib_jpeg_reencode(const struct jpeg_walk *walk, const struct lib_jpeg_head *head,
                      const struct image_jpeg_limits *limits, unsigned quality, struct image_sink *sink,
                      struct image_jpeg_told *told_out, struct image_fail *fail_out) must_check;

/*
 * Decodes the ranges of a walk to RGB, 3 bytes a pixel, width x height of them
 * at `rgb`. Inks are mixed without a profile. Fails as lib_jpeg_reencode does.
 */
int lib_jpeg_decode(const struct jpeg_walk *walk, const struct image_jpeg_limits *limits, uint8_t *rgb,
                    struct image_jpeg_told *told_out, struct image_fail *fail_out) must_check;

/* Encodes pixels, see image_jpeg_encode. */
int lib_jpeg_encode(const struct image_pixels *pixels, unsigned quality, bool subsample, unsigned dpi,
                    struct image_sink *sink, struct image_fail *fail_out) must_check;

#endif
