/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walks the chunks of a hostile PNG. Runs in the image worker before any
 * library sees the bytes; every chunk that will be used has its check sum
 * verified here, so what the decoder gets is what the file says.
 */
#include "png_walk.h"

#include <string.h>

#include "lib_zlib.h"

#define IHDR PNG_CHUNK('I', 'H', 'D', 'R')
#define PLTE PNG_CHUNK('P', 'L', 'T', 'E')
#define IDAT PNG_CHUNK('I', 'D', 'A', 'T')
#define IEND PNG_CHUNK('I', 'E', 'N', 'D')
#define CGBI PNG_CHUNK('C', 'g', 'B', 'I')
#define ACTL PNG_CHUNK('a', 'c', 'T', 'L')
#define FCTL PNG_CHUNK('f', 'c', 'T', 'L')
#define FDAT PNG_CHUNK('f', 'd', 'A', 'T')

static const uint8_t signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

struct chunk {
    uint32_t type;
    size_t at; /* of the length field */
    const uint8_t *p;
    size_t n;
    bool sum_is_good;
};

uint32_t png_u32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

uint32_t png_u16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

unsigned png_channels(enum png_type type)
{
    static const uint8_t channels[] = {
        [PNG_GREY] = 1, [PNG_RGB] = 3, [PNG_PALETTE] = 1, [PNG_GREY_ALPHA] = 2, [PNG_RGB_ALPHA] = 4};
    return channels[type];
}

uint64_t png_row_bytes(enum png_type type, unsigned depth, uint32_t width)
{
    return ((uint64_t)width * png_channels(type) * depth + 7) / 8;
}

static void walk_drop(struct png_walk *w, uint32_t type)
{
    unsigned i = 0;

    while (i < w->dropped_types && w->dropped[i].type != type)
        i++;
    if (i == PNG_DROPPED_TYPES)
        w->dropped[i = PNG_DROPPED_TYPES - 1].type = 0;
    else if (i == w->dropped_types)
        w->dropped[w->dropped_types++] = (struct png_dropped){type, 0};
    if (w->dropped[i].count < UINT32_MAX)
        w->dropped[i].count++;
}

/* 11.2.2: the allowed pairs of colour type and depth. */
static bool depth_is_allowed(unsigned type, unsigned depth)
{
    static const uint32_t depths[] = {
        [PNG_GREY] = 1 << 1 | 1 << 2 | 1 << 4 | 1 << 8 | 1 << 16,
        [PNG_RGB] = 1 << 8 | 1 << 16,
        [PNG_PALETTE] = 1 << 1 | 1 << 2 | 1 << 4 | 1 << 8,
        [PNG_GREY_ALPHA] = 1 << 8 | 1 << 16,
        [PNG_RGB_ALPHA] = 1 << 8 | 1 << 16,
    };
    return type < ARRAY_LEN(depths) && depth <= 16 && depths[type] >> depth & 1;
}

static int walk_ihdr(struct png_walk *w, const struct chunk *c, struct image_fail *fail)
{
    if (c->n != 13 || !c->sum_is_good)
        return image_fail_set(fail, REASON_MALFORMED, "bad image header");
    w->width = png_u32(c->p);
    w->height = png_u32(c->p + 4);
    if (w->width == 0 || w->height == 0 || w->width > INT32_MAX || w->height > INT32_MAX)
        return image_fail_set(fail, REASON_MALFORMED, "picture of %u x %u", w->width, w->height);
    if (!depth_is_allowed(c->p[9], c->p[8]) || c->p[10] != 0 || c->p[11] != 0 || c->p[12] > 1)
        return image_fail_set(fail, REASON_MALFORMED, "colour type %u, depth %u, methods %u %u %u", c->p[9], c->p[8],
                              c->p[10], c->p[11], c->p[12]);
    w->depth = c->p[8];
    w->type = (enum png_type)c->p[9];
    w->interlaced = c->p[12] == 1;
    return 0;
}

static int walk_plte(struct png_walk *w, const struct chunk *c, struct image_fail *fail)
{
    if (w->palette.p || w->idat_at || w->type == PNG_GREY || w->type == PNG_GREY_ALPHA)
        return image_fail_set(fail, REASON_MALFORMED, "palette out of place");
    if (!c->sum_is_good || c->n == 0 || c->n % 3 != 0 || c->n > 768 ||
        (w->type == PNG_PALETTE && c->n / 3 > 1u << w->depth))
        return image_fail_set(fail, REASON_MALFORMED, "bad palette");
    w->palette = (struct png_chunk){c->p, c->n};
    if (w->type != PNG_PALETTE) /* a suggestion for screens of 256 colours */
        walk_drop(w, PLTE);
    return 0;
}

/* ---- Small chunks worth keeping: each is taken once, at its place, when its contents are in range -------- */

static bool fits_trns(const struct png_walk *w, const struct chunk *c)
{
    uint32_t top = w->depth == 16 ? 0xffff : (1u << w->depth) - 1;
    size_t n = w->type == PNG_GREY ? 2 : w->type == PNG_RGB ? 6 : 0;

    if (w->type == PNG_PALETTE)
        return w->palette.p && c->n >= 1 && c->n <= w->palette.n / 3;
    for (size_t i = 0; i < n && c->n == n; i += 2)
        if (png_u16(c->p + i) > top)
            return false;
    return n != 0 && c->n == n;
}

static bool fits_gama(const struct png_walk *w, const struct chunk *c)
{
    return c->n == 4 && png_u32(c->p) >= 1000 && png_u32(c->p) <= 1000000; /* gamma 0.01 to 10 */
}

static bool fits_chrm(const struct png_walk *w, const struct chunk *c)
{
    for (size_t i = 0; i < 32 && c->n == 32; i += 4)
        if (png_u32(c->p + i) > 200000)
            return false;
    return c->n == 32 && png_u32(c->p + 4) != 0;
}

static bool fits_srgb(const struct png_walk *w, const struct chunk *c)
{
    return c->n == 1 && c->p[0] <= 3;
}

/* ITU-T H.273 codes of primaries and transfer in use; RGB; full or narrow range. */
static bool fits_cicp(const struct png_walk *w, const struct chunk *c)
{
    return c->n == 4 && c->p[0] >= 1 && c->p[0] <= 22 && c->p[1] >= 1 && c->p[1] <= 18 && c->p[2] == 0 && c->p[3] <= 1;
}

static bool fits_iccp(const struct png_walk *w, const struct chunk *c)
{
    return c->n >= 3; /* name, 0, method, stream: read by the handler */
}

static bool fits_sbit(const struct png_walk *w, const struct chunk *c)
{
    unsigned top = w->type == PNG_PALETTE ? 8 : w->depth, n = w->type == PNG_PALETTE ? 3 : png_channels(w->type);

    for (unsigned i = 0; i < n && c->n == n; i++)
        if (c->p[i] == 0 || c->p[i] > top)
            return false;
    return c->n == n;
}

static bool fits_bkgd(const struct png_walk *w, const struct chunk *c)
{
    uint32_t top = w->depth == 16 ? 0xffff : (1u << w->depth) - 1;
    size_t n = w->type == PNG_GREY || w->type == PNG_GREY_ALPHA ? 2 : 6;

    if (w->type == PNG_PALETTE)
        return w->palette.p && c->n == 1 && c->p[0] < w->palette.n / 3;
    for (size_t i = 0; i < n && c->n == n; i += 2)
        if (png_u16(c->p + i) > top)
            return false;
    return c->n == n;
}

static bool fits_phys(const struct png_walk *w, const struct chunk *c)
{
    /* up to 25,400 dpi */
    return c->n == 9 && png_u32(c->p) - 1 < 1000000 && png_u32(c->p + 4) - 1 < 1000000 && c->p[8] <= 1;
}

static bool fits_exif(const struct png_walk *w, const struct chunk *c)
{
    return c->n > 0;
}

static const struct keeper {
    uint32_t type;
    size_t member;
    bool (*fits)(const struct png_walk *w, const struct chunk *c);
    bool before_palette; /* 5.6: order */
} keepers[] = {
    {PNG_CHUNK('t', 'R', 'N', 'S'), offsetof(struct png_walk, trns), fits_trns, false},
    {PNG_CHUNK('g', 'A', 'M', 'A'), offsetof(struct png_walk, gama), fits_gama, true},
    {PNG_CHUNK('c', 'H', 'R', 'M'), offsetof(struct png_walk, chrm), fits_chrm, true},
    {PNG_CHUNK('s', 'R', 'G', 'B'), offsetof(struct png_walk, srgb), fits_srgb, true},
    {PNG_CHUNK('c', 'I', 'C', 'P'), offsetof(struct png_walk, cicp), fits_cicp, true},
    {PNG_CHUNK('i', 'C', 'C', 'P'), offsetof(struct png_walk, iccp), fits_iccp, true},
    {PNG_CHUNK('s', 'B', 'I', 'T'), offsetof(struct png_walk, sbit), fits_sbit, true},
    {PNG_CHUNK('b', 'K', 'G', 'D'), offsetof(struct png_walk, bkgd), fits_bkgd, false},
    {PNG_CHUNK('p', 'H', 'Y', 's'), offsetof(struct png_walk, phys), fits_phys, false},
    {PNG_CHUNK('e', 'X', 'I', 'f'), offsetof(struct png_walk, exif), fits_exif, false},
};

/* Takes an ancillary chunk or leaves it out. */
static void walk_ancillary(struct png_walk *w, const struct chunk *c)
{
    const struct keeper *k = NULL;
    struct png_chunk *slot;

    for (size_t i = 0; i < ARRAY_LEN(keepers); i++)
        if (keepers[i].type == c->type)
            k = &keepers[i];
    if (!k) {
        walk_drop(w, c->type);
        return;
    }
    slot = (struct png_chunk *)(void *)((char *)w + k->member);
    bool late = k->type != PNG_CHUNK('e', 'X', 'I', 'f') && w->idat_at; /* eXIf may also follow */
    if (slot->p || late || (k->before_palette && w->palette.p))
        walk_drop(w, c->type);
    else if (!c->sum_is_good || !k->fits(w, c))
        w->bad++;
    else
        *slot = (struct png_chunk){c->p, c->n};
}

/* ---- Animation (W3C PNG third edition, 11.3.6) ----------------------------------------------------------- */

/* What the walk remembers between chunks. */
struct track {
    uint32_t sequence; /* the next number due */
    uint32_t room, announced;
};

static void walk_actl(struct png_walk *w, const struct chunk *c, struct track *t)
{
    w->animation_broken = w->animation_broken || w->animated || w->idat_at || c->n != 8 || !c->sum_is_good;
    w->animated = true;
    if (w->animation_broken)
        return;
    t->announced = png_u32(c->p);
    w->plays = png_u32(c->p + 4);
    w->animation_broken = t->announced == 0 || t->announced > PNG_FRAMES_MAX || w->plays > INT32_MAX;
}

static bool frame_read(const struct png_walk *w, const struct chunk *c, struct png_frame *f)
{
    *f = (struct png_frame){.width = png_u32(c->p + 4),
                            .height = png_u32(c->p + 8),
                            .x = png_u32(c->p + 12),
                            .y = png_u32(c->p + 16),
                            .delay_num = (uint16_t)png_u16(c->p + 20),
                            .delay_den = (uint16_t)png_u16(c->p + 22),
                            .dispose = c->p[24],
                            .blend = c->p[25]};
    if (f->width == 0 || f->height == 0 || f->width > w->width || f->x > w->width - f->width ||
        f->height > w->height || f->y > w->height - f->height || f->dispose > 2 || f->blend > 1)
        return false;
    /* the picture in IDAT fills the canvas */
    return w->idat_at || (f->width == w->width && f->height == w->height);
}

static int walk_fctl(struct png_walk *w, const struct chunk *c, struct track *t, struct image_fail *fail)
{
    struct png_frame frame;

    if (!w->animated || w->animation_broken || c->n != 26 || !c->sum_is_good || png_u32(c->p) != t->sequence++ ||
        w->frame_count == t->announced || !frame_read(w, c, &frame) || (!w->idat_at && w->frame_count > 0)) {
        w->animated = w->animation_broken = true;
        return 0;
    }
    if (w->frame_count == t->room) {
        uint32_t room = t->room ? t->room * 2 : 16;
        struct png_frame *bigger = realloc(w->frames, room * sizeof *bigger);
        if (!bigger)
            return image_fail_set(fail, REASON_LIMIT_MEMORY, "%u frames", room);
        w->frames = bigger;
        t->room = room;
    }
    if (w->frame_count > 0)
        w->frames[w->frame_count - 1].end = c->at;
    w->first_is_frame = w->first_is_frame || !w->idat_at;
    frame.at = c->at + 12 + c->n;
    w->frames[w->frame_count++] = frame;
    return 0;
}

static void walk_fdat(struct png_walk *w, const struct chunk *c, struct track *t)
{
    bool none = w->frame_count == 0 || (w->first_is_frame && w->frame_count == 1);

    if (!w->animated || w->animation_broken || !w->idat_at || none || c->n < 5 || !c->sum_is_good ||
        png_u32(c->p) != t->sequence++)
        w->animated = w->animation_broken = true;
}

static void walk_animation_end(struct png_walk *w, const struct track *t)
{
    if (w->frame_count > 0)
        w->frames[w->frame_count - 1].end = w->end;
    w->animation_broken = w->animation_broken || (w->animated && w->frame_count != t->announced);
    if (w->animation_broken) {
        free(w->frames);
        w->frames = NULL;
        w->frame_count = 0;
        w->first_is_frame = false;
    }
}

/* ---- The walk ------------------------------------------------------------------------------------------------ */

static int walk_idat(struct png_walk *w, const struct chunk *c, struct image_fail *fail)
{
    if (w->type == PNG_PALETTE && !w->palette.p)
        return image_fail_set(fail, REASON_MALFORMED, "no palette");
    if (!c->sum_is_good)
        return image_fail_set(fail, REASON_MALFORMED, "wrong check sum of picture data at %zu", c->at);
    if (w->idat_at && w->idat_end != c->at)
        return image_fail_set(fail, REASON_MALFORMED, "picture data in two places");
    if (!w->idat_at)
        w->idat_at = c->at;
    w->idat_end = c->at + 12 + c->n;
    return 0;
}

static int walk_chunk(struct png_walk *w, const struct chunk *c, struct track *t, struct image_fail *fail)
{
    if ((w->width == 0) != (c->type == IHDR))
        return c->type == CGBI ? image_fail_set(fail, REASON_UNSUPPORTED_TYPE, "CgBI")
                               : image_fail_set(fail, REASON_MALFORMED, "image header out of place");
    switch (c->type) {
    case IHDR:
        return walk_ihdr(w, c, fail);
    case PLTE:
        return walk_plte(w, c, fail);
    case IDAT:
        return walk_idat(w, c, fail);
    case ACTL:
        walk_actl(w, c, t);
        return 0;
    case FCTL:
        return walk_fctl(w, c, t, fail);
    case FDAT:
        walk_fdat(w, c, t);
        return 0;
    default:
        break;
    }
    if (!(c->type & 0x20000000)) /* capital first letter: a decoder that does not know it must give up (5.4) */
        return image_fail_set(fail, REASON_MALFORMED, "critical chunk %c%c%c%c", (char)(c->type >> 24),
                              (char)(c->type >> 16), (char)(c->type >> 8), (char)c->type);
    walk_ancillary(w, c);
    return 0;
}

static bool type_is_letters(const uint8_t *p)
{
    for (unsigned i = 0; i < 4; i++)
        if (!((p[i] >= 'A' && p[i] <= 'Z') || (p[i] >= 'a' && p[i] <= 'z')))
            return false;
    return true;
}

/* Chunks whose bytes will be used; of the others not even the sum is of interest. */
static bool needs_sum(uint32_t type)
{
    for (size_t i = 0; i < ARRAY_LEN(keepers); i++)
        if (keepers[i].type == type)
            return true;
    return type == IHDR || type == PLTE || type == IDAT || type == ACTL || type == FCTL || type == FDAT;
}

static int walk_all(struct png_walk *w, struct track *t, struct image_fail *fail)
{
    size_t at = sizeof signature;

    while (w->n - at >= 12 && type_is_letters(w->bytes + at + 4)) {
        struct chunk c = {.type = png_u32(w->bytes + at + 4), .at = at, .p = w->bytes + at + 8};
        c.n = png_u32(w->bytes + at);
        if (c.n > w->n - at - 12)
            break;
        at += 12 + c.n;
        w->chunks++;
        if (c.type == IEND) {
            w->end = at;
            return 0;
        }
        c.sum_is_good = needs_sum(c.type) && lib_zlib_crc(0, c.p - 4, c.n + 4) == png_u32(c.p + c.n);
        int err = walk_chunk(w, &c, t, fail);
        if (err < 0)
            return err;
        w->end = at;
    }
    w->no_end = true; /* whether the picture itself is all there, decoding will tell */
    return 0;
}

int png_walk_run(const uint8_t *in, size_t n, struct png_walk *walk_out, struct image_fail *fail_out)
{
    struct png_walk *w = walk_out;
    struct track track = {0};
    int err;

    *w = (struct png_walk){.bytes = in, .n = n};
    if (n < sizeof signature || memcmp(in, signature, sizeof signature) != 0)
        return image_fail_set(fail_out, REASON_MALFORMED, "no PNG signature");
    err = walk_all(w, &track, fail_out);
    if (err < 0)
        return err;
    if (!w->idat_at)
        return image_fail_set(fail_out, REASON_MALFORMED, "no picture data");
    walk_animation_end(w, &track);
    return 0;
}

void png_walk_finish(struct png_walk *walk)
{
    free(walk->frames);
    walk->frames = NULL;
}
