/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_IMAGE_PNG_PIXELS_H
#define SEKIMORI_IMAGE_PNG_PIXELS_H

/*
 * What hides in PNG pixels without being seen: unused colours of a palette and
 * its order, spare bits at the end of a row, colours of pixels that are wholly
 * transparent (an erased part of a picture is often still there).
 */
#include "png_walk.h"

/* The colours a picture uses, in an order of ours. */
struct png_palette {
    unsigned count, alpha_count; /* colours; alpha values that must be written (the others are 255) */
    uint8_t rgb[768], alpha[256];
    uint8_t map[256];            /* old index to new */
    uint8_t bytes[256];          /* the same for a byte of packed indices */
    uint32_t outside;            /* 1: pixels named colours that were not there; they became black */
    uint32_t hidden;             /* different colours of used transparent entries, when more than one */
};

/* Marks the indices of a row of packed pixels. */
void png_palette_use(const uint8_t *row, uint32_t width, unsigned depth, bool used[256]);

/*
 * Makes the palette from the walk's PLTE and tRNS: used colours only, each
 * once, most transparent first, then by value. Colours without alpha become
 * black unless `keep_hidden`.
 */
void png_palette_make(const struct png_walk *walk, const bool used[256], bool keep_hidden,
                      struct png_palette *palette_out);

/* Gives a row of packed indices their new numbers. */
void png_palette_map(const struct png_palette *palette, uint8_t *row, size_t n, unsigned depth);

/* Zeroes the bits behind the last pixel of a row. */
void png_row_pad(uint8_t *row, size_t n, uint64_t used_bits);

/* One row as RGB, 8 bits each, on white paper: palette, transparency and depth resolved. */
void png_row_rgb(const struct png_walk *walk, const uint8_t *row, uint32_t width, uint8_t *rgb);

/* Transparent pixels seen so far. */
struct png_hidden {
    uint64_t pixels;    /* that had a colour */
    uint8_t first[6];   /* the first such colour */
    bool various;       /* there was another */
};

/* Makes the colour of transparent pixels black in a row of grey or RGB with alpha. */
void png_row_hide(uint8_t *row, uint32_t width, enum png_type type, unsigned depth, struct png_hidden *hidden);

#endif
