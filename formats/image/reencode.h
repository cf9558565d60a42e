/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_IMAGE_REENCODE_H
#define SEKIMORI_IMAGE_REENCODE_H

/*
 * JPEG, decoded and encoded again, for every engine that meets JPEG streams:
 * picture files, PDF streams (DCTDecode), pictures in documents. Needs no
 * struct fmt_job; link image_jpeg_dep. What comes out is one baseline scan
 * with markers and tables written here; no byte of the sender's stream is
 * copied, neither metadata nor coefficients.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/reason.h"
#include "base/scope.h"

/* Why a call failed: the reason to record and a line for admins. Untouched on success. */
struct image_fail {
    enum reason reason;
    char detail[128];
};

/* Records a failure and returns the ERR_* that goes with the reason (never 0). */
int image_fail_set(struct image_fail *fail_out, enum reason reason, const char *detail, ...) printf_like(3, 4);

/* Ceilings. Zero means zero. */
struct image_jpeg_limits {
    uint64_t pixels;       /* width x height */
    uint64_t memory_bytes; /* what a decoder may hold of a picture in several scans (progressive) */
    uint64_t output_bytes;
    uint64_t work;         /* 8 x 8 blocks visited, over all scans */
    uint32_t scans;
};

/* 250 megapixels, 512 MB, 400 MB, 2^32 blocks, 256 scans. */
void image_jpeg_limits_default(struct image_jpeg_limits *limits_out);

/* What the samples mean, as common decoders understand the file (JFIF 1.02; Adobe TN 5116; component ids). */
enum image_jpeg_kind {
    IMAGE_JPEG_NONE = 0,
    IMAGE_JPEG_GREY,
    IMAGE_JPEG_YCBCR,
    IMAGE_JPEG_RGB,
    IMAGE_JPEG_CMYK,
    IMAGE_JPEG_YCCK,
};

/* The head of a JPEG, read from its markers alone. */
struct image_jpeg_info {
    uint32_t width, height; /* 1 to 65535 */
    uint32_t components;    /* 1, 3 or 4 */
    enum image_jpeg_kind kind;
    bool adobe;       /* has an Adobe marker: CMYK samples are then inverted by custom */
    bool progressive;
    uint32_t scans;
    uint64_t work;    /* blocks visited, see the limits */
};

/* What was dropped or repaired on the way. */
struct image_jpeg_told {
    uint32_t metadata;       /* APPn and COM segments not passed on */
    uint64_t trailing_bytes; /* after the end of the picture */
    uint64_t hidden_bytes;   /* inside the coded data, behind the last block of a scan */
    uint32_t damage;         /* faults decoded around: bad codes, lost restart markers, stray bytes, missing end */
};

/*
 * Walks the markers of n bytes that must begin with a JPEG (ITU-T T.81,
 * Annex B). Fails with ERR_MALFORMED, ERR_UNSUPPORTED (lossless,
 * hierarchical, 12 bit, other numbers of components) or ERR_LIMIT (too many
 * pieces), the reason in *fail_out. Cheap; allocates nothing.
 */
int image_jpeg_inspect(const uint8_t *in, size_t n, struct image_jpeg_info *info_out,
                       struct image_fail *fail_out) must_check;

/*
 * Decodes and encodes a JPEG stream that lives inside another file (PDF). The
 * result keeps size, number and meaning of components, subsampling,
 * quantisation and whether there is an Adobe marker; it has no JFIF, EXIF or
 * ICC segment, so density and colour profile are the container's business.
 * `quality` (1 to 100) serves only where the source's quantisation is unusable.
 * A picture whose last rows are missing is ERR_MALFORMED. *out is malloc'd and
 * the caller's to free. Fails as image_jpeg_inspect does, or with ERR_NOMEM.
 */
int image_jpeg_reencode(const uint8_t *in, size_t n, const struct image_jpeg_limits *limits, unsigned quality,
                        uint8_t **out, size_t *out_n, struct image_jpeg_told *told_out,
                        struct image_fail *fail_out) must_check;

enum image_order {
    IMAGE_ORDER_NONE = 0,
    IMAGE_ORDER_GREY, /* 1 byte per pixel */
    IMAGE_ORDER_RGB,  /* 3 */
    IMAGE_ORDER_BGRX, /* 4, the last one ignored: cairo's RGB24 on little-endian machines */
};

/* A picture in memory. Rows are `stride` bytes apart and stay the caller's. */
struct image_pixels {
    const uint8_t *rows;
    size_t stride;
    uint32_t width, height; /* 1 to 65500 */
    enum image_order order;
};

/*
 * Encodes a picture as baseline JPEG (grey, or YCbCr with 4:2:0 chroma when
 * `subsample` is set, else 4:4:4) with a JFIF header of `dpi` (0: none said).
 * *out is malloc'd and the caller's to free. ERR_INVALID for bad sides or
 * order, ERR_LIMIT when the result is over limits->output_bytes, ERR_NOMEM.
 */
int image_jpeg_encode(const struct image_pixels *pixels, unsigned quality, bool subsample, unsigned dpi,
                      const struct image_jpeg_limits *limits, uint8_t **out, size_t *out_n,
                      struct image_fail *fail_out) must_check;

#endif
