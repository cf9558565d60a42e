/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows of a rebuilt PNG. Runs in the checker: unpacks and unfilters them with
 * own code and looks for what is carried unseen, packed bytes behind the last
 * row, spare bits, palette entries nobody uses, colours under full
 * transparency.
 */
#include <string.h>

#include "png_check.h"

enum { GREY = 0, RGB = 2, PALETTE = 3, GREY_ALPHA = 4, RGB_ALPHA = 6 };

unsigned check_png_channels(unsigned type)
{
    return type == RGB ? 3 : type == GREY_ALPHA ? 2 : type == RGB_ALPHA ? 4 : 1;
}

const char *check_png_begin(struct check_png *png, uint32_t width, uint32_t height)
{
    png->row_bytes = (size_t)(((uint64_t)width * check_png_channels(png->type) * png->depth + 7) / 8);
    png->row_at = 0;
    png->now_width = width;
    png->rows_left = height;
    png->ended = false;
    free(png->row);
    free(png->above);
    png->row = malloc(png->row_bytes + 1);
    png->above = calloc(1, png->row_bytes + 1);
    if (!png->row || !png->above)
        return "no memory for a row";
    if (!png->inflate)
        return lib_inflate_new(&png->inflate) < 0 ? "no memory to unpack" : NULL;
    return lib_inflate_restart(png->inflate) < 0 ? "unpacking cannot begin" : NULL;
}

/* The Paeth predictor (9.4) of the left, upper and upper left byte. */
static inline uint8_t nearest(uint8_t a, uint8_t b, uint8_t c)
{
    unsigned pa = b > c ? (unsigned)b - c : (unsigned)c - b, pb = a > c ? (unsigned)a - c : (unsigned)c - a;
    unsigned pc = (a > c) == (b > c) ? pa + pb : pa > pb ? pa - pb : pb - pa;

    return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

/* Undoes None, Sub, Up and Paeth, the filters that may occur (9.2). */
static const char *row_unfilter(struct check_png *png)
{
    unsigned step = (check_png_channels(png->type) * png->depth + 7) / 8, filter = png->row[0];
    bool plain = png->type == PALETTE || png->depth < 8;

    if (filter == 3 || filter > 4 || (plain && filter != 0))
        return "row with another filter";
    uint8_t *row = png->row + 1;
    const uint8_t *above = png->above + 1;
    if (filter == 1)
        for (size_t i = step; i < png->row_bytes; i++)
            row[i] = (uint8_t)((unsigned)row[i] + row[i - step]);
    if (filter == 2 || filter == 4) /* the first pixel has nothing to its left: Paeth is Up */
        for (size_t i = 0; i < (filter == 2 ? png->row_bytes : step); i++)
            row[i] = (uint8_t)((unsigned)row[i] + above[i]);
    if (filter == 4)
        for (size_t i = step; i < png->row_bytes; i++)
            row[i] = (uint8_t)((unsigned)row[i] + nearest(row[i - step], above[i], above[i - step]));
    return NULL;
}

static const char *row_palette(struct check_png *png)
{
    unsigned per_byte = 8u / png->depth, mask = (1u << png->depth) - 1;

    for (uint32_t x = 0; x < png->now_width; x++) {
        unsigned index = png->row[1 + x / per_byte] >> (8 - png->depth - x % per_byte * png->depth) & mask;
        if (index >= png->colours)
            return "pixel of a colour that is not in the palette";
        png->used[index] = true;
    }
    return NULL;
}

static const char *row_transparency(const struct check_png *png)
{
    unsigned sample = png->depth / 8, pixel = check_png_channels(png->type) * sample, colour = pixel - sample;

    for (size_t at = 1; at <= png->row_bytes; at += pixel) {
        const uint8_t *p = png->row + at;
        unsigned alpha = 0, seen = 0;
        for (unsigned i = colour; i < pixel; i++)
            alpha |= p[i];
        for (unsigned i = 0; i < colour; i++)
            seen |= p[i];
        if (alpha == 0 && seen != 0)
            return "transparent pixel with a colour";
    }
    return NULL;
}

static const char *row_check(struct check_png *png)
{
    const char *why = row_unfilter(png);
    unsigned spare =
        (unsigned)(png->row_bytes * 8 - (uint64_t)png->now_width * check_png_channels(png->type) * png->depth);

    if (why)
        return why;
    if (png->row[png->row_bytes] & ((1u << spare) - 1))
        return "bits behind the last pixel of a row";
    if (png->type == PALETTE)
        return row_palette(png);
    if (!png->keep_hidden && (png->type == GREY_ALPHA || png->type == RGB_ALPHA))
        return row_transparency(png);
    return NULL;
}

/* Unpacks into the row under way, or into one spare byte when no row is due: there must be none. */
static const char *data_step(struct check_png *png, size_t *got_out)
{
    uint8_t spare, *to = png->rows_left ? png->row + png->row_at : &spare;
    size_t room = png->rows_left ? png->row_bytes + 1 - png->row_at : 1;

    if (lib_inflate_read(png->inflate, to, room, got_out, &png->ended) < 0)
        return "picture data that cannot be unpacked";
    if (*got_out > 0 && png->rows_left == 0)
        return "more rows than the picture has";
    png->row_at += *got_out;
    if (png->rows_left == 0 || png->row_at <= png->row_bytes)
        return NULL;
    const char *why = row_check(png);
    uint8_t *swap = png->row;
    png->row = png->above;
    png->above = swap;
    png->row_at = 0;
    png->rows_left--;
    return why;
}

const char *check_png_data(struct check_png *png, const uint8_t *bytes, size_t n)
{
    const char *why = NULL;
    size_t got = 1;

    if (png->ended)
        return "data behind the packed picture";
    lib_inflate_feed(png->inflate, bytes, n);
    while (!why && !png->ended && (got > 0 || lib_inflate_left(png->inflate) > 0)) {
        size_t left = lib_inflate_left(png->inflate);
        why = data_step(png, &got);
        if (!why && !png->ended && got == 0 && lib_inflate_left(png->inflate) == left)
            break; /* all taken, the rest comes with the next chunk */
    }
    if (!why && lib_inflate_left(png->inflate) > 0)
        why = "data behind the packed picture";
    return why;
}

const char *check_png_end(struct check_png *png)
{
    return png->rows_left || !png->ended ? "picture data that are not complete" : NULL;
}

void check_png_finish(struct check_png *png)
{
    lib_inflate_free(&png->inflate);
    free(png->row);
    free(png->above);
    png->row = png->above = NULL;
}
