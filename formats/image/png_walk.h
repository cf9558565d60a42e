/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_IMAGE_PNG_WALK_H
#define SEKIMORI_IMAGE_PNG_WALK_H

/*
 * The chunk structure of a PNG (ISO/IEC 15948; W3C PNG third edition for
 * animation): which chunks a decoder needs, the few small values worth
 * keeping, and what else lies around. The decoder gets header, palette,
 * transparency and picture data only; no library parses anything else.
 */
#include "reencode.h"

enum png_type { PNG_GREY = 0, PNG_RGB = 2, PNG_PALETTE = 3, PNG_GREY_ALPHA = 4, PNG_RGB_ALPHA = 6 };

#define PNG_CHUNK(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

/* Payload of a chunk. n 0 and p NULL: there is none. */
struct png_chunk {
    const uint8_t *p;
    size_t n;
};

/* One picture of an animation: its fcTL values and where its data lie. */
struct png_frame {
    uint32_t width, height, x, y;
    uint16_t delay_num, delay_den;
    uint8_t dispose, blend;
    size_t at, end; /* chunks of its data are between; IDAT for the first if that is a frame, else fdAT */
};

/* Chunks that were left out, by type. */
struct png_dropped {
    uint32_t type, count;
};

#define PNG_DROPPED_TYPES 48 /* further types are counted in the last row, type 0 */
#define PNG_FRAMES_MAX 10000

struct png_walk {
    const uint8_t *bytes;
    size_t n;
    uint32_t width, height;
    uint8_t depth;
    enum png_type type;
    bool interlaced;
    struct png_chunk palette, trns;
    size_t idat_at, idat_end; /* offsets of the first IDAT and behind the last */
    /* kept when they are what they should be */
    struct png_chunk gama, chrm, srgb, cicp, iccp, sbit, bkgd, phys, exif;
    /* animation; frames NULL: none, or not a good one (animation_broken) */
    struct png_frame *frames;
    uint32_t frame_count, plays;
    bool animated, animation_broken, first_is_frame;
    uint64_t chunks;
    size_t end;     /* behind IEND */
    bool no_end;
    uint32_t bad;   /* chunks worth keeping with a wrong check sum or contents */
    struct png_dropped dropped[PNG_DROPPED_TYPES];
    unsigned dropped_types;
};

/*
 * Fills *walk_out; the bytes must outlive it, png_walk_finish frees it.
 * Fails with ERR_MALFORMED, ERR_UNSUPPORTED, ERR_LIMIT or ERR_NOMEM and the
 * reason in *fail_out; the walk then needs png_walk_finish all the same.
 */
int png_walk_run(const uint8_t *in, size_t n, struct png_walk *walk_out, struct image_fail *fail_out) must_check;
void png_walk_finish(struct png_walk *walk);

/* Samples per pixel, bits per pixel, bytes of a row without the filter byte. */
unsigned png_channels(enum png_type type);
uint64_t png_row_bytes(enum png_type type, unsigned depth, uint32_t width);

/* Big-endian numbers. */
uint32_t png_u32(const uint8_t *p);
uint32_t png_u16(const uint8_t *p);

#endif
