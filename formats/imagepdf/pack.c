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

#include <string.h>

#include "imagepdf.h"
#include "lib_zpack.h"

#define TALLY_SLOTS 65536u /* power of two */
#define TALLY_MAX 32768u   /* colours; more is a photo */
#define CELLS 4096u        /* 16 levels of three channels */
#define SOFT_STEP 8        /* a change of at most this in each channel is soft */
#define PACK_LEVEL 5

/* The colours of a picture and how often each occurs; colour + 1, so that 0 is a free slot. */
struct tally {
    uint32_t key[TALLY_SLOTS];
    uint32_t count[TALLY_SLOTS];
    uint16_t index[TALLY_SLOTS]; /* into the palette, once there is one */
    uint32_t used;
};

/* Working memory of one call. */
struct packer {
    const struct imagepdf_pixels *px;
    struct tally *tally;
    uint32_t *line, *above;
    uint64_t changes, soft, pixels;
    uint32_t ored; /* all pixels, xor the first one, or'ed: 0 when blank */
    bool grey, overflow;
};

static void packer_clear(struct packer *p)
{
    free(p->tally);
    free(p->line);
    free(p->above);
}

/* Row y as 0x00RRGGBB words. */
static void row_load(const struct imagepdf_pixels *px, uint32_t y, uint32_t *line)
{
    const uint8_t *row = px->rows + (size_t)y * px->stride;

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

/* Adds a run of one colour; false when there are too many colours. */
static bool tally_add(struct tally *t, uint32_t colour, uint32_t n)
{
    uint32_t at = tally_slot(t, colour);

    if (!t->key[at]) {
        if (t->used >= TALLY_MAX)
            return false;
        t->key[at] = colour + 1;
        t->used++;
    }
    t->count[at] += n;
    return true;
}

static bool step_is_soft(uint32_t a, uint32_t b)
{
    for (unsigned shift = 0; shift < 24; shift += 8) {
        int d = (int)(a >> shift & 0xFF) - (int)(b >> shift & 0xFF);
        if (d < -SOFT_STEP || d > SOFT_STEP)
            return false;
    }
    return a != b;
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
    uint32_t width = p->px->width, run = 1;

    for (uint32_t x = 1; x < width; x++) {
        if (line[x] == line[x - 1]) {
            run++;
            continue;
        }
        p->changes++;
        p->soft += step_is_soft(line[x], line[x - 1]);
        p->overflow |= !tally_add(p->tally, line[x - 1], run);
        run = 1;
    }
    p->overflow |= !tally_add(p->tally, line[width - 1], run);
    for (uint32_t x = 0; !first && x < width; x += 4) /* vertical gradients: a quarter of the columns tells */
        p->soft += line[x] != above[x] && step_is_soft(line[x], above[x]) ? 4 : 0;
}

/* Colourful beyond a palette, or so soft that a palette would show bands. */
static bool is_photo(const struct packer *p)
{
    return p->overflow || (p->tally->used > 16 && (p->soft > p->pixels / 25 || p->changes > p->pixels * 2 / 5));
}

/* First pass. Stops counting once the answer is "photo", but still learns whether there is colour. */
static void look(struct packer *p, struct imagepdf_look *look_out)
{
    uint32_t first = 0;
    bool counting = true;

    p->grey = true;
    for (uint32_t y = 0; y < p->px->height; y++) {
        row_load(p->px, y, p->line);
        p->grey = p->grey && row_is_grey(p->line, p->px->width);
        if (y == 0)
            first = p->line[0];
        for (uint32_t x = 0; p->ored == 0 && x < p->px->width; x++)
            p->ored |= p->line[x] ^ first;
        if (counting)
            look_row(p, y == 0);
        counting = counting && !is_photo(p);
        if (!counting && !p->grey && p->ored)
            break;
        uint32_t *swap = p->above;
        p->above = p->line;
        p->line = swap;
    }
    *look_out = (struct imagepdf_look){
        .grey = p->grey,
        .blank = p->ored == 0,
        .photo = !counting,
        .textured = !counting && p->soft * 4 > p->changes,
    };
}

/* The cell of a colour when each channel has 16 levels (0, 17, ... 255). */
static uint32_t cell_of(uint32_t c)
{
    return (((c >> 16 & 0xFF) + 8) / 17) << 8 | (((c >> 8 & 0xFF) + 8) / 17) << 4 | ((c & 0xFF) + 8) / 17;
}

static bool palette_add(struct imagepdf_packed *out, uint32_t colour, uint16_t *index_out)
{
    if (out->colours >= 256)
        return false;
    *index_out = (uint16_t)out->colours;
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

static void row_pack(const struct packer *p, unsigned bits, uint8_t *dst)
{
    const struct tally *t = p->tally;
    uint32_t last = UINT32_MAX, acc = 0;
    unsigned index = 0, have = 0;

    for (uint32_t x = 0; x < p->px->width; x++) {
        if (p->line[x] != last) {
            last = p->line[x];
            index = t->index[tally_slot(t, last)];
        }
        acc = acc << bits | index;
        have += bits;
        if (have == 8) {
            *dst++ = (uint8_t)acc;
            have = 0;
        }
    }
    if (have)
        *dst = (uint8_t)(acc << (8 - have));
}

/* Second pass: indices, then deflate. */
static int squeeze(struct packer *p, struct imagepdf_packed *out)
{
    unsigned bits = out->colours <= 2 ? 1 : out->colours <= 4 ? 2 : out->colours <= 16 ? 4 : 8;
    size_t row = ((size_t)p->px->width * bits + 7) / 8;
    scoped_free uint8_t *raw = calloc(p->px->height, row);

    if (!raw)
        return ERR_NOMEM;
    for (uint32_t y = 0; y < p->px->height; y++) {
        row_load(p->px, y, p->line);
        row_pack(p, bits, raw + y * row);
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

    if (pixels->width == 0 || pixels->height == 0 || p.pixels > UINT32_MAX ||
        pixels->order < IMAGEPDF_GREY || pixels->order > IMAGEPDF_BGRX)
        return ERR_INVALID;
    p.tally = calloc(1, sizeof *p.tally);
    p.line = malloc((size_t)pixels->width * 4);
    p.above = malloc((size_t)pixels->width * 4);
    if (!p.tally || !p.line || !p.above)
        return ERR_NOMEM;
    struct imagepdf_look seen;
    look(&p, &seen);
    if (!seen.photo && !palette_make(&p, &packed))
        seen.photo = true;
    int err = seen.photo ? 0 : squeeze(&p, &packed);
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
