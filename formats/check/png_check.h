/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_CHECK_PNG_CHECK_H
#define SEKIMORI_CHECK_PNG_CHECK_H

/* The two halves of the PNG verifier: chunks (png.c) and what is packed in them (png_data.c). */
#include "formats/format.h"
#include "lib_inflate.h"

struct check_png {
    uint32_t width, height;
    uint8_t depth, type;
    unsigned colours;        /* of the palette */
    uint8_t palette[768], alpha[256];
    bool used[256];          /* palette entries that some pixel names */
    bool keep_hidden;        /* policy: colours of transparent pixels may stay */
    struct lib_inflate *inflate;
    /* the picture under way */
    uint32_t now_width, rows_left;
    size_t row_bytes, row_at; /* filled bytes of the row under way, its filter byte included */
    uint8_t *row, *above;     /* row_bytes + 1 each */
    bool ended;
};

/* Samples of a pixel by colour type (PNG, 11.2.2); 1 for any other number. */
unsigned check_png_channels(unsigned type);

/* Begins a picture. NULL, or why not in words; static storage, as below. */
const char *check_png_begin(struct check_png *png, uint32_t width, uint32_t height);
/* Takes the contents of one more data chunk. */
const char *check_png_data(struct check_png *png, const uint8_t *bytes, size_t n);
/* After the last one: all rows there, the stream at its end, nothing behind it. */
const char *check_png_end(struct check_png *png);
void check_png_finish(struct check_png *png);

#endif
