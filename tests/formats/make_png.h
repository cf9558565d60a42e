/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_MAKE_PNG_H
#define SEKIMORI_MAKE_PNG_H

/* Builds PNG fixtures chunk by chunk. Test code: failures abort. */
#include "cases.h"

struct make_png {
    uint32_t width, height;
    uint8_t depth, type; /* as in IHDR; 0: 8 and grey */
    bool interlaced;
    unsigned colours;    /* of the palette, sorted and all used; 0: 2 to the depth */
    uint8_t alpha;       /* of all pixels with alpha, by default 0: a pattern that never is 0 */
    uint8_t salt;        /* changes the pattern */
};

/* Signature to IHDR, PLTE, IDAT, IEND. */
void make_png(struct fixture *f, const struct make_png *recipe);

/* The parts alone: packed picture data, one chunk. */
void make_png_data(struct fixture *packed, const struct make_png *recipe);
void make_png_chunk(struct fixture *f, const char *type, const void *bytes, size_t n);

/* Inserts a chunk in front of the first chunk of a type. */
void make_png_before(struct fixture *f, const char *next, const char *type, const void *bytes, size_t n);

/* Offset of the first chunk of a type (its length field). */
size_t make_png_find(const struct fixture *f, const char *type);

/* Writes the right check sum of the chunk at an offset again. */
void make_png_sum(struct fixture *f, size_t at);

/* Packs bytes with zlib. */
void make_zlib(struct fixture *packed, const void *bytes, size_t n);

/* Big-endian 32 bits. */
void fixture_put32(struct fixture *f, uint32_t v);

/* Fails the test unless both decode to the same pixels; colours of transparent ones are left out. */
void make_png_compare(const uint8_t *a, size_t a_n, const uint8_t *b, size_t b_n);

#endif
