/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_IMAGE_PNG_ENCODE_H
#define SEKIMORI_IMAGE_PNG_ENCODE_H

/* Writes PNG chunks and picture data (ISO/IEC 15948, 7 to 10). Knows no file format around them. */
#include "png_walk.h"
#include "sink.h"

/* Writes one chunk with its length and check sum. */
int png_put_chunk(struct image_sink *sink, uint32_t type, const void *bytes, size_t n) must_check;

/* One picture on its way into IDAT or fdAT chunks. */
struct png_encoder;

/* Shape of the rows to come. */
struct png_shape {
    uint32_t width, height;
    uint8_t depth;
    enum png_type type;
};

/*
 * Makes an encoder for rows of a type; png_encode_picture may then be called
 * for several pictures. ERR_NOMEM. The caller frees with png_encoder_free.
 */
int png_encoder_new(struct image_sink *sink, const struct png_shape *largest, struct png_encoder **encoder_out) must_check;
void png_encoder_free(struct png_encoder **encoder);

/*
 * Begins a picture no wider than the first. `sequence` NULL: into IDAT chunks;
 * else into fdAT chunks numbered from *sequence, which is moved on.
 */
int png_encode_begin(struct png_encoder *encoder, const struct png_shape *shape, uint32_t *sequence) must_check;

/* Filters and packs one row of png_row_bytes bytes. ERR_* of the sink, ERR_FAULT of zlib. */
int png_encode_row(struct png_encoder *encoder, const uint8_t *row) must_check;

/* Writes what is left. ERR_INVALID when rows are missing. */
int png_encode_end(struct png_encoder *encoder) must_check;

#endif
