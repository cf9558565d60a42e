/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pixels of a PNG that carry more than they show. Pure functions; runs in the image worker on decoded rows. */
#include "png_pixels.h"

#include <string.h>

void png_palette_use(const uint8_t *row, uint32_t width, unsigned depth, bool used[256])
{
    unsigned per_byte = 8 / depth, mask = (1u << depth) - 1;

    if (depth == 8) {
        for (uint32_t x = 0; x < width; x++)
            used[row[x]] = true;
        return;
    }
    for (uint32_t x = 0; x < width; x++)
        used[row[x / per_byte] >> (8 - depth - x % per_byte * depth) & mask] = true;
}

/* One used colour on its way to a new place. */
struct colour {
    uint8_t alpha, rgb[3], index;
};

static int colour_order(const void *a, const void *b)
{
    const struct colour *x = a, *y = b;

    if (x->alpha != y->alpha)
        return x->alpha < y->alpha ? -1 : 1;
    return memcmp(x->rgb, y->rgb, sizeof x->rgb);
}

static struct colour colour_of(const struct png_walk *walk, unsigned i)
{
    struct colour c = {.alpha = i < walk->trns.n ? walk->trns.p[i] : 255, .index = (uint8_t)i};

    if (i < walk->palette.n / 3)
        memcpy(c.rgb, walk->palette.p + 3 * (size_t)i, 3);
    return c;
}

static void palette_bytes(struct png_palette *p, unsigned depth)
{
    for (unsigned b = 0; b < 256; b++) {
        unsigned to = 0, mask = (1u << depth) - 1;
        for (unsigned shift = 0; shift < 8; shift += depth)
            to |= (p->map[b >> shift & mask] & mask) << shift;
        p->bytes[b] = (uint8_t)to;
    }
}

/* Counts different colours among those nobody sees; one alone is a matte that programs leave behind. */
static uint32_t count_hidden(const struct colour *colours, unsigned n)
{
    uint32_t different = 0;

    for (unsigned i = 0; i < n && colours[i].alpha == 0; i++)
        if (memcmp(colours[i].rgb, "\0\0\0", 3) != 0 && (i == 0 || colour_order(&colours[i - 1], &colours[i]) != 0))
            different++;
    return different > 1 ? different : 0;
}

void png_palette_make(const struct png_walk *walk, const bool used[256], bool keep_hidden,
                      struct png_palette *palette_out)
{
    struct png_palette *p = palette_out;
    struct colour colours[256];
    unsigned n = 0;

    *p = (struct png_palette){0};
    for (unsigned i = 0; i < 256; i++) {
        if (!used[i])
            continue;
        colours[n++] = colour_of(walk, i);
        if (i >= walk->palette.n / 3)
            p->outside = 1;
    }
    qsort(colours, n, sizeof *colours, colour_order);
    if (!keep_hidden) {
        p->hidden = count_hidden(colours, n);
        for (unsigned i = 0; i < n; i++)
            if (colours[i].alpha == 0)
                memset(colours[i].rgb, 0, 3);
    }
    for (unsigned i = 0; i < n; i++) {
        if (i == 0 || colour_order(&colours[i - 1], &colours[i]) != 0) {
            memcpy(p->rgb + 3 * (size_t)p->count, colours[i].rgb, 3);
            p->alpha[p->count++] = colours[i].alpha;
        }
        p->map[colours[i].index] = (uint8_t)(p->count - 1);
    }
    while (p->alpha_count < p->count && p->alpha[p->alpha_count] < 255)
        p->alpha_count++;
    palette_bytes(p, walk->depth);
}

void png_palette_map(const struct png_palette *palette, uint8_t *row, size_t n, unsigned depth)
{
    const uint8_t *to = depth == 8 ? palette->map : palette->bytes;

    for (size_t i = 0; i < n; i++)
        row[i] = to[row[i]];
}

void png_row_pad(uint8_t *row, size_t n, uint64_t used_bits)
{
    unsigned spare = (unsigned)(n * 8 - used_bits);

    if (spare > 0)
        row[n - 1] &= (uint8_t)(0xff << spare);
}

/* Blackens one pixel of `n` colour bytes. */
static void pixel_hide(uint8_t *pixel, unsigned n, struct png_hidden *hidden)
{
    static const uint8_t black[6];

    if (memcmp(pixel, black, n) == 0)
        return;
    if (hidden->pixels++ == 0)
        memcpy(hidden->first, pixel, n);
    else if (memcmp(hidden->first, pixel, n) != 0)
        hidden->various = true;
    memset(pixel, 0, n);
}

void png_row_hide(uint8_t *row, uint32_t width, enum png_type type, unsigned depth, struct png_hidden *hidden)
{
    unsigned sample = depth / 8, colour = (png_channels(type) - 1) * sample, pixel = colour + sample;

    if (type != PNG_GREY_ALPHA && type != PNG_RGB_ALPHA)
        return;
    for (uint32_t x = 0; x < width; x++) {
        uint8_t *p = row + (size_t)x * pixel;
        if (p[colour] == 0 && p[pixel - 1] == 0)
            pixel_hide(p, colour, hidden);
    }
}

/* A pixel in 16 bits a sample. */
struct pixel {
    uint32_t colour[3], alpha;
};

static uint32_t sample_of(const uint8_t *row, size_t i, unsigned depth)
{
    if (depth == 16)
        return png_u16(row + 2 * i);
    if (depth == 8)
        return row[i] * 0x101u;
    unsigned per_byte = 8 / depth, top = (1u << depth) - 1;
    unsigned v = row[i / per_byte] >> (8 - depth - i % per_byte * depth) & top;
    return v * (0xffffu / top);
}

/* The colour that tRNS makes transparent, in the picture's own depth (11.3.1.1). */
static bool is_keyed(const struct png_walk *walk, const struct pixel *p)
{
    unsigned n = walk->type == PNG_RGB ? 3 : 1, top = walk->depth == 16 ? 0xffff : (1u << walk->depth) - 1;

    if (!walk->trns.p || (walk->type != PNG_RGB && walk->type != PNG_GREY))
        return false;
    for (unsigned i = 0; i < n; i++)
        if (p->colour[i] / (0xffffu / top) != png_u16(walk->trns.p + 2 * (size_t)i))
            return false;
    return true;
}

static void pixel_read(const struct png_walk *walk, const uint8_t *row, size_t x, struct pixel *p)
{
    unsigned channels = png_channels(walk->type);

    p->alpha = 0xffff;
    if (walk->type == PNG_PALETTE) {
        uint32_t top = (1u << walk->depth) - 1, index = sample_of(row, x, walk->depth) / (0xffffu / top);
        struct colour c = colour_of(walk, index);
        for (unsigned i = 0; i < 3; i++)
            p->colour[i] = c.rgb[i] * 0x101u;
        p->alpha = c.alpha * 0x101u;
        return;
    }
    for (unsigned i = 0; i < 3; i++)
        p->colour[i] = sample_of(row, x * channels + (channels >= 3 ? i : 0), walk->depth);
    if (channels % 2 == 0)
        p->alpha = sample_of(row, x * channels + channels - 1, walk->depth);
    if (is_keyed(walk, p))
        p->alpha = 0;
}

void png_row_rgb(const struct png_walk *walk, const uint8_t *row, uint32_t width, uint8_t *rgb)
{
    for (size_t x = 0; x < width; x++) {
        struct pixel p;
        pixel_read(walk, row, x, &p);
        for (unsigned i = 0; i < 3; i++) {
            uint64_t light = (uint64_t)p.colour[i] * p.alpha + (uint64_t)0xffff * (0xffff - p.alpha);
            rgb[3 * x + i] = (uint8_t)((light / 0xffff + 128) / 257);
        }
    }
}
