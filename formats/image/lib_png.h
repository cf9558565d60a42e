/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_IMAGE_LIB_PNG_H
#define SEKIMORI_IMAGE_LIB_PNG_H

#include "png_walk.h"

/* A picture inside a PNG: the main one, or a frame of its animation. */
struct lib_png_part {
    uint32_t width, height;
    size_t at, end; /* its data chunks lie between */
    bool is_frame;  /* in fdAT chunks, else IDAT */
};

/* Rows of one picture, decoded in order. */
struct lib_png;

/*
 * Begins to decode a part. The library sees a PNG made of header, palette and
 * this part's data alone; check sums were verified by the walk. An interlaced
 * picture is decoded at once into memory_bytes at most (REASON_LIMIT_MEMORY).
 * Fails with the reason in *fail_out. The caller frees with lib_png_free.
 */
int lib_png_open(const struct png_walk *walk, const struct lib_png_part *part, uint64_t memory_bytes,
                 struct lib_png **png_out, struct image_fail *fail_out) must_check;

/* The next row: png_row_bytes bytes as in the file (packed, big-endian), the caller's until the next call. */
int lib_png_row(struct lib_png *png, uint8_t **row_out, struct image_fail *fail_out) must_check;

/* After the last row: *extra_out tells whether packed data were left over. */
int lib_png_end(struct lib_png *png, bool *extra_out, struct image_fail *fail_out) must_check;

/* Ends the reading at any point. NULL is fine. */
void lib_png_free(struct lib_png **png);

#endif
