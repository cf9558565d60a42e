/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Chooses how few bits a picture of a page needs. Runs in the pdf and image
 * workers on pixels a decoder or renderer made; any pixels are fine.
 *
 * One pass counts colours and edges, a second one packs. Antialiased text has
 * hundreds of colours but hard edges and few dominant ones: 16 levels per
 * channel look the same and deflate to a third. Soft changes mean a photograph
 * or a gradient, where rounding would show as bands.
 */
#include "pack.h"

#include <endian.h>
#include <string.h>

#include "imagepdf.h"
#include "lib_zpack.h"

#define TALLY_SLOTS 16384u /* power of two */
#define TALLY_MAX 8192u    /* colours; more is a photo */
#define CELLS 4096u        /* 16 levels of three channels */
#define SOFT_STEP 8u       /* a change of at most this in each channel is soft */
#define PACK_LEVEL 1 /* others take twice the time for 2 % of the size */

/* The colours of a picture and how often each occurs; colour + 1, so that 0 is a free slot. */
struct tally {
    uint32_t key[TALLY_SLOTS];
    uint32_t count[TALLY_SLOTS];
    uint8_t index[TALLY_SLOTS]; /* into the palette, once there is one */
    uint32_t used;
};

/* Neighbours in a row with the same colour; rows end where their lengths add up to the width. */
struct run {
    uint16_t slot; /* in the tally */
    uint16_t n;
};

/* Working memory of one call. */
struct packer {
    const struct imagepdf_pixels *px;
    struct tally *tally;
    uint32_t *line, *above;
    uint8_t *plane; /* grey pixels, a byte each; NULL: in colour, and what the first pass saw is in runs */
    struct run *runs;
    size_t run_count, run_room;
    uint64_t changes, soft, pixels;
    bool overflow;
    bool even; /* the row before was of one colour */
};

static void packer_clear(struct packer *p)
{
    free(p->tally);
    free(p->line);
    free(p->above);
    free(p->runs);
    free(p->plane);
}

/* Row y as 0x00RRGGBB words. */
static void row_load(const struct imagepdf_pixels *px, uint32_t y, uint32_t *restrict line)
{
    const uint8_t *restrict row = px->rows + (size_t)y * px->stride;

    if (px->order == IMAGEPDF_BGRX) {
        memcpy(line, row, (size_t)px->width * 4);
        for (uint32_t x = 0; x < px->width; x++)
            line[x] &= 0xFFFFFF;
    } else if (px->order == IMAGEPDF_RGB) {
        for (uint32_t x = 0; x < px->width; x++, row += 3)
            line[x] = (uint32_t)row[0] << 16 | (uint32_t)row[1] << 8 | row[2];
    } else {
        for (uint32_t x = 0; x < px->width; x++)
            line[x] = row[x] * 0x010101u;
    }
}

static uint32_t tally_slot(const struct tally *t, uint32_t colour)
{
    uint32_t at = (colour * 2654435761u) >> 16 & (TALLY_SLOTS - 1);

    while (t->key[at] && t->key[at] != colour + 1)
        at = (at + 1) & (TALLY_SLOTS - 1);
    return at;
}

/* Counts n pixels of one colour. Past the ceilings it only notes that there are too many. */
static void run_add(struct packer *p, uint32_t colour, uint32_t n)
{
    struct tally *t = p->tally;
    uint32_t at = tally_slot(t, colour);

    if (!t->key[at]) {
        p->overflow |= t->used >= TALLY_MAX;
        if (p->overflow)
            return;
        t->key[at] = colour + 1;
        t->used++;
    }
    t->count[at] += n;
    if (p->run_count == p->run_room) {
        size_t room = p->run_room * 2;
        struct run *runs = realloc(p->runs, room * sizeof *runs);
        p->overflow |= !runs;
        if (!runs)
            return;
        p->runs = runs;
        p->run_room = room;
    }
    p->runs[p->run_count++] = (struct run){(uint16_t)at, (uint16_t)n};
}

/* Unsigned on purpose: a difference wraps to a large number, and -ftrapv would make a call of each signed one. */
static bool step_is_soft(uint32_t a, uint32_t b)
{
    uint32_t r = (a >> 16) - (b >> 16) + SOFT_STEP, g = (a >> 8 & 0xFF) - (b >> 8 & 0xFF) + SOFT_STEP,
             l = (a & 0xFF) - (b & 0xFF) + SOFT_STEP;

    return (r <= 2 * SOFT_STEP) & (g <= 2 * SOFT_STEP) & (l <= 2 * SOFT_STEP);
}

static bool row_is_grey(const uint32_t *line, uint32_t width)
{
    uint32_t bad = 0;

    for (uint32_t x = 0; x < width; x++)
        bad |= (line[x] ^ line[x] >> 8) & 0xFFFF;
    return bad == 0;
}

/* Counts colours and edges of one row against its left and upper neighbours. */
static void look_row(struct packer *p, bool first)
{
    const uint32_t *line = p->line, *above = p->above;
    uint32_t width = p->px->width, begin = 0, changes = 0, soft = 0;

    for (uint32_t x = 1; x < width; x++) {
        if (line[x] == line[x - 1])
            continue;
        changes++;
        soft += step_is_soft(line[x], line[x - 1]);
        run_add(p, line[x - 1], x - begin);
        begin = x;
    }
    run_add(p, line[width - 1], width - begin);
    p->changes += changes;
    p->soft += soft;
    soft = 0;
    for (uint32_t x = 0; !first && x < width; x += 4) /* vertical gradients: a quarter of the columns tells */
        soft += (line[x] != above[x]) & step_is_soft(line[x], above[x]);
    p->soft += (uint64_t)soft * 4;
    p->even = changes == 0;
}

/* The same row again, all of one colour: what most of a page of text is. */
static bool look_same(struct packer *p)
{
    if (!p->even || memcmp(p->line, p->above, (size_t)p->px->width * 4) != 0)
        return false;
    run_add(p, p->line[0], p->px->width);
    return true;
}

/* Colourful beyond a palette, or so soft that a palette would show bands. */
static bool is_photo(const struct packer *p)
{
    return p->overflow || (p->tally->used > 16 && (p->soft > p->pixels / 25 || p->changes > p->pixels * 2 / 5));
}

/* First pass over a picture in colour. Stops once the answer is "photo". */
static void look_colour(struct packer *p)
{
    p->changes = p->soft = 0;
    for (uint32_t y = 0; y < p->px->height && !is_photo(p); y++) {
        row_load(p->px, y, p->line);
        if (y > 0 && look_same(p))
            continue;
        look_row(p, y == 0);
        uint32_t *swap = p->above;
        p->above = p->line;
        p->line = swap;
    }
}

/* ---- Without colour: bytes instead of words, a histogram instead of a tally ------------ */

/* How often each level occurs; rows are mostly of one level, so eight equal bytes are taken at once. */
static void levels_count(const uint8_t *row, uint32_t width, uint32_t count[256])
{
    uint32_t x = 0;

    for (; x + 8 <= width; x += 8) {
        uint64_t v;
        memcpy(&v, row + x, sizeof v);
        if (v == (v & 0xFF) * 0x0101010101010101u)
            count[v & 0xFF] += 8;
        else
            for (unsigned i = 0; i < 8; i++)
                count[row[x + i]]++;
    }
    for (; x < width; x++)
        count[row[x]]++;
}

/* Changes and soft changes between two rows of bytes of which one may be the other shifted. */
static void steps_count(const uint8_t *a, const uint8_t *b, uint32_t n, uint32_t *changes, uint32_t *soft)
{
    uint32_t c = 0, s = 0;

    for (uint32_t i = 0; i < n; i++) {
        uint8_t d = (uint8_t)(a[i] - b[i]);
        uint8_t near = (uint8_t)(d + SOFT_STEP) <= 2 * SOFT_STEP;
        c += d != 0;
        s += (uint8_t)(near & (d != 0));
    }
    *changes = c;
    *soft = s;
}

/* A row of words to bytes; false when it has a colour. */
static bool plane_row(const uint32_t *line, uint32_t width, uint8_t *to)
{
    for (uint32_t x = 0; x < width; x++)
        to[x] = (uint8_t)line[x];
    return row_is_grey(line, width);
}

/* First pass while there is no colour: fills the plane and the tally. False at the first pixel with a colour. */
static bool look_grey(struct packer *p)
{
    uint32_t width = p->px->width, count[256] = {0};

    for (uint32_t y = 0; y < p->px->height; y++) {
        uint8_t *row = p->plane + (size_t)y * width;
        uint32_t changes = 0, soft = 0, soft_down = 0, ignored;
        row_load(p->px, y, p->line);
        if (!plane_row(p->line, width, row))
            return false;
        levels_count(row, width, count);
        steps_count(row + 1, row, width - 1, &changes, &soft);
        if (y > 0)
            steps_count(row, row - width, width, &ignored, &soft_down);
        p->changes += changes;
        p->soft += soft + soft_down;
    }
    for (uint32_t level = 0; level < 256; level++) {
        if (!count[level])
            continue;
        uint32_t at = tally_slot(p->tally, level * 0x010101u);
        p->tally->key[at] = level * 0x010101u + 1;
        p->tally->count[at] = count[level];
        p->tally->used++;
    }
    return true;
}

/* First pass. */
static int look(struct packer *p, struct imagepdf_look *look_out)
{
    p->plane = malloc((size_t)p->pixels);
    if (!p->plane)
        return ERR_NOMEM;
    bool grey = look_grey(p);
    if (!grey) {
        free(steal(p->plane));
        p->run_room = (size_t)p->px->height * 8;
        p->runs = malloc(p->run_room * sizeof *p->runs);
        if (!p->runs)
            return ERR_NOMEM;
        look_colour(p);
    }
    bool photo = is_photo(p);
    *look_out = (struct imagepdf_look){
        .grey = grey,
        .blank = !photo && p->tally->used == 1,
        .photo = photo,
        .textured = photo && p->soft * 4 > p->changes,
    };
    return 0;
}

/* ---- Palettes -------------------------------------------------------------------------- */

/* The cell of a colour when each channel has 16 levels (0, 17, ... 255). */
static uint32_t cell_of(uint32_t c)
{
    return (((c >> 16 & 0xFF) + 8) / 17) << 8 | (((c >> 8 & 0xFF) + 8) / 17) << 4 | ((c & 0xFF) + 8) / 17;
}

static bool palette_add(struct imagepdf_packed *out, uint32_t colour, uint8_t *index_out)
{
    if (out->colours >= 256)
        return false;
    *index_out = (uint8_t)out->colours;
    out->palette[out->colours * 3] = (uint8_t)(colour >> 16);
    out->palette[out->colours * 3 + 1] = (uint8_t)(colour >> 8);
    out->palette[out->colours * 3 + 2] = (uint8_t)colour;
    out->colours++;
    return true;
}

/* Every colour its own entry; false past 256. */
static bool palette_exact(struct tally *t, struct imagepdf_packed *out)
{
    if (t->used > 256)
        return false;
    out->colours = 0;
    for (uint32_t i = 0; i < TALLY_SLOTS; i++)
        if (t->key[i] && !palette_add(out, t->key[i] - 1, &t->index[i]))
            return false;
    return true;
}

/*
 * Rounds: a colour over 1 % of the picture stays as it is (a shade behind a
 * table row is meant), others share the entry of their cell, which shows the
 * commonest of them. False past 256 entries.
 */
static bool palette_round(struct tally *t, uint64_t pixels, struct imagepdf_packed *out)
{
    scoped_free uint32_t *best = calloc(CELLS, sizeof *best); /* slot + 1 of the commonest colour */
    uint64_t common = pixels / 100;

    if (!best)
        return false;
    out->colours = 0;
    for (uint32_t i = 0; i < TALLY_SLOTS; i++) {
        uint32_t *b = t->key[i] ? &best[cell_of(t->key[i] - 1)] : NULL;
        if (b && (!*b || t->count[i] > t->count[*b - 1]))
            *b = i + 1;
    }
    for (uint32_t i = 0; i < TALLY_SLOTS; i++) {
        bool own = t->key[i] && (t->count[i] > common || best[cell_of(t->key[i] - 1)] == i + 1);
        if (own && !palette_add(out, t->key[i] - 1, &t->index[i]))
            return false;
    }
    for (uint32_t i = 0; i < TALLY_SLOTS; i++)
        if (t->key[i] && t->count[i] <= common)
            t->index[i] = t->index[best[cell_of(t->key[i] - 1)] - 1];
    return true;
}

/* Chooses the palette, or finds that no palette will do. */
static bool palette_make(struct packer *p, struct imagepdf_packed *out)
{
    if (p->tally->used <= 16)
        return palette_exact(p->tally, out);
    if (palette_round(p->tally, p->pixels, out) && out->colours <= 16)
        return true;
    if (palette_exact(p->tally, out))
        return true;
    return palette_round(p->tally, p->pixels, out);
}

/* Palette indices of a grey row. */
static void row_levels(const uint8_t *row, uint32_t width, const uint8_t map[256], uint8_t *index)
{
    for (uint32_t x = 0; x < width; x++)
        index[x] = map[row[x]];
}

/* Palette indices of a row in colour, one byte each, from its runs. Gives the first run of the next row. */
static const struct run *row_index(const struct packer *p, const struct run *run, uint8_t *index)
{
    for (uint32_t x = 0; x < p->px->width; x += run->n, run++) {
        uint8_t at = p->tally->index[run->slot];
        if (run->n > 16)
            memset(index + x, at, run->n);
        else
            for (uint32_t i = 0; i < run->n; i++)
                index[x + i] = at;
    }
    return run;
}

/* Eight 4-bit indices to four bytes, the first one in the high half of the first byte. */
static void pack_nibbles(const uint8_t *index, uint8_t *dst)
{
    uint64_t v;
    uint32_t packed;

    memcpy(&v, index, sizeof v);
    v = le64toh(v);
    v = (v << 4 | v >> 8) & 0x00FF00FF00FF00FFu;
    v = (v | v >> 8) & 0x0000FFFF0000FFFFu;
    packed = htole32((uint32_t)(v | v >> 16));
    memcpy(dst, &packed, sizeof packed);
}

/* Packs indices to 1, 2, 4 or 8 bits. Both rows have room for 8 more; the indices there are 0. */
static void row_pack(const uint8_t *index, uint32_t width, unsigned bits, uint8_t *dst)
{
    if (bits == 8)
        memcpy(dst, index, width);
    else if (bits == 4)
        for (uint32_t x = 0; x < width; x += 8, dst += 4)
            pack_nibbles(index + x, dst);
    else if (bits == 2)
        for (uint32_t x = 0; x < width; x += 4)
            *dst++ = (uint8_t)(index[x] << 6 | index[x + 1] << 4 | index[x + 2] << 2 | index[x + 3]);
    else
        for (uint32_t x = 0; x < width; x += 8) {
            unsigned byte = 0;
            for (unsigned i = 0; i < 8; i++)
                byte = byte << 1 | index[x + i];
            *dst++ = (uint8_t)byte;
        }
}

/* Second pass: indices, then deflate. */
static int squeeze(struct packer *p, struct imagepdf_packed *out)
{
    unsigned bits = out->colours <= 2 ? 1 : out->colours <= 4 ? 2 : out->colours <= 16 ? 4 : 8;
    size_t row = ((size_t)p->px->width * bits + 7) / 8;
    scoped_free uint8_t *raw = malloc(p->px->height * row + 8);
    scoped_free uint8_t *index = calloc(1, (size_t)p->px->width + 8);

    if (!raw || !index)
        return ERR_NOMEM;
    const struct run *run = p->runs;
    uint8_t map[256];
    for (uint32_t level = 0; level < 256; level++)
        map[level] = p->tally->index[tally_slot(p->tally, level * 0x010101u)];
    for (uint32_t y = 0; y < p->px->height; y++) {
        if (p->plane)
            row_levels(p->plane + (size_t)y * p->px->width, p->px->width, map, index);
        else
            run = row_index(p, run, index);
        row_pack(index, p->px->width, bits, raw + y * row);
    }
    out->bits = bits;
    out->width = p->px->width;
    out->height = p->px->height;
    return zpack(raw, row * p->px->height, PACK_LEVEL, &out->stream, &out->n);
}

int imagepdf_pack(const struct imagepdf_pixels *pixels, struct imagepdf_look *look_out,
                  struct imagepdf_packed *packed_out)
{
    scoped(packer_clear) struct packer p = {.px = pixels, .pixels = (uint64_t)pixels->width * pixels->height};
    struct imagepdf_packed packed = {0};

    if (pixels->width == 0 || pixels->height == 0 || pixels->width > UINT16_MAX || p.pixels > UINT32_MAX ||
        pixels->order < IMAGEPDF_GREY || pixels->order > IMAGEPDF_BGRX)
        return ERR_INVALID;
    p.tally = calloc(1, sizeof *p.tally);
    p.line = malloc((size_t)pixels->width * 4);
    p.above = malloc((size_t)pixels->width * 4);
    if (!p.tally || !p.line || !p.above)
        return ERR_NOMEM;
    struct imagepdf_look seen;
    int err = look(&p, &seen);
    if (err < 0)
        return err;
    if (!seen.photo && !palette_make(&p, &packed))
        seen.photo = true;
    err = seen.photo ? 0 : squeeze(&p, &packed);
    if (err < 0)
        return err;
    if (seen.photo)
        packed = (struct imagepdf_packed){0};
    *look_out = seen;
    *packed_out = packed;
    return 0;
}

void imagepdf_packed_clear(struct imagepdf_packed *packed)
{
    free(packed->stream);
    *packed = (struct imagepdf_packed){0};
}
