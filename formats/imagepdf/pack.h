/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_IMAGEPDF_PACK_H
#define SEKIMORI_IMAGEPDF_PACK_H

/*
 * Pictures of text and line art, packed small: few colours as a palette of 1
 * to 8 bits, deflated. What looks like a photograph is left to a JPEG encoder.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/scope.h"

enum imagepdf_order {
    IMAGEPDF_ORDER_NONE = 0,
    IMAGEPDF_GREY, /* 1 byte per pixel */
    IMAGEPDF_RGB,  /* 3 */
    IMAGEPDF_BGRX, /* 4, native-endian 0x00RRGGBB: cairo's RGB24 */
};

/* A picture in memory; rows are `stride` bytes apart and stay the caller's. BGRX rows are aligned to 4. */
struct imagepdf_pixels {
    const uint8_t *rows;
    size_t stride;
    uint32_t width, height;
    enum imagepdf_order order;
};

/* What a look at all pixels tells. */
struct imagepdf_look {
    bool grey;     /* no pixel has a colour */
    bool blank;    /* all pixels are the same */
    bool photo;    /* soft or too colourful for a palette: use a JPEG */
    bool textured; /* photo with so few hard edges that coarser chroma does not show */
};

struct imagepdf_packed {
    uint32_t width, height;
    unsigned bits, colours;
    uint8_t palette[256 * 3];
    uint8_t *stream; /* malloc'd */
    size_t n;
};

/*
 * Looks at the pixels and, unless they are a photo, packs them: up to 256
 * colours exactly, more by rounding to 16 levels per channel, where each group
 * of colours becomes its commonest one. Returns 0 with look_out filled always
 * and packed_out filled unless look_out->photo (then zeroed). ERR_INVALID for
 * bad sides or order, ERR_NOMEM. The caller frees with imagepdf_packed_clear.
 */
int imagepdf_pack(const struct imagepdf_pixels *pixels, struct imagepdf_look *look_out,
                  struct imagepdf_packed *packed_out) must_check;

/* Frees the rows and zeroes the struct. Safe on a zeroed one. */
void imagepdf_packed_clear(struct imagepdf_packed *packed);

#endif
