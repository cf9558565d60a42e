/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PNG fixtures. Test code. */
#include "make_png.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <png.h>
#include <zlib.h>

static unsigned channels_of(const struct make_png *r)
{
    return r->type == 2 ? 3 : r->type == 4 ? 2 : r->type == 6 ? 4 : 1;
}

static unsigned depth_of(const struct make_png *r)
{
    return r->depth ? r->depth : 8;
}

static unsigned colours_of(const struct make_png *r)
{
    return r->colours ? r->colours : 1u << depth_of(r);
}

/* Sample c of a pixel; every palette entry comes up. */
static unsigned sample(const struct make_png *r, uint32_t x, uint32_t y, unsigned c)
{
    unsigned top = (1u << depth_of(r)) - 1, channels = channels_of(r);

    if (r->type == 3)
        return (x + y * r->width + r->salt) % colours_of(r);
    if ((r->type & 4) && c == channels - 1)
        return r->alpha ? r->alpha * (depth_of(r) == 16 ? 257u : 1u) : 1 + (x * 3 + y) % top;
    return (x * (c + 2) + y * 5 + (x * y) / 7 + r->salt) % (top + 1);
}

/* Pixels x0 + i * dx of the rows y0 + j * dy, each row behind its filter byte. */
static void rows(struct fixture *raw, const struct make_png *r, const uint32_t pass[4])
{
    unsigned depth = depth_of(r), channels = channels_of(r);

    for (uint32_t y = pass[1]; y < r->height; y += pass[3]) {
        uint32_t bit = 0;
        if (pass[0] >= r->width)
            break;
        fixture_add(raw, "", 1);
        for (uint32_t x = pass[0]; x < r->width; x += pass[2]) {
            for (unsigned c = 0; c < channels; c++, bit += depth) {
                unsigned v = sample(r, x, y, c);
                uint8_t two[2] = {(uint8_t)(v >> 8), (uint8_t)v};
                if (depth == 16)
                    fixture_add(raw, two, 2);
                else if (bit % 8 == 0)
                    fixture_add(raw, "", 1);
                if (depth < 16)
                    raw->bytes[raw->len - 1] |= (uint8_t)(v << (8 - depth - bit % 8));
            }
        }
    }
}

void make_zlib(struct fixture *packed, const void *bytes, size_t n)
{
    uLongf room = compressBound(n);
    uint8_t *out = malloc(room);

    assert_non_null(out);
    assert_int_equal(compress2(out, &room, bytes, n, 6), Z_OK);
    fixture_add(packed, out, room);
    free(out);
}

void make_png_data(struct fixture *packed, const struct make_png *recipe)
{
    static const uint32_t whole[4] = {0, 0, 1, 1};
    static const uint32_t adam7[7][4] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                                         {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
    struct fixture raw = {0};

    if (recipe->interlaced)
        for (unsigned i = 0; i < 7; i++)
            rows(&raw, recipe, adam7[i]);
    else
        rows(&raw, recipe, whole);
    make_zlib(packed, raw.bytes, raw.len);
    fixture_free(&raw);
}

void fixture_put32(struct fixture *f, uint32_t v)
{
    const uint8_t b[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};

    fixture_add(f, b, 4);
}

void make_png_chunk(struct fixture *f, const char *type, const void *bytes, size_t n)
{
    size_t at = f->len;

    fixture_put32(f, (uint32_t)n);
    fixture_add(f, type, 4);
    fixture_add(f, bytes, n);
    fixture_put32(f, 0);
    make_png_sum(f, at);
}

void make_png_sum(struct fixture *f, size_t at)
{
    size_t n = (size_t)f->bytes[at] << 24 | (size_t)f->bytes[at + 1] << 16 | (size_t)f->bytes[at + 2] << 8 |
               f->bytes[at + 3];
    uint32_t sum = (uint32_t)crc32(0, f->bytes + at + 4, (uInt)n + 4);

    for (unsigned i = 0; i < 4; i++)
        f->bytes[at + 8 + n + i] = (uint8_t)(sum >> (24 - 8 * i));
}

size_t make_png_find(const struct fixture *f, const char *type)
{
    size_t at = 8;

    while (at + 12 <= f->len && memcmp(f->bytes + at + 4, type, 4) != 0)
        at += 12 + ((size_t)f->bytes[at] << 24 | (size_t)f->bytes[at + 1] << 16 | (size_t)f->bytes[at + 2] << 8 |
                    f->bytes[at + 3]);
    assert_true(at + 12 <= f->len);
    return at;
}

void make_png_before(struct fixture *f, const char *next, const char *type, const void *bytes, size_t n)
{
    struct fixture made = {0};
    size_t at = make_png_find(f, next);

    fixture_add(&made, f->bytes, at);
    make_png_chunk(&made, type, bytes, n);
    fixture_add(&made, f->bytes + at, f->len - at);
    fixture_free(f);
    *f = made;
}

void make_png(struct fixture *f, const struct make_png *recipe)
{
    struct fixture ihdr = {0}, plte = {0}, data = {0};
    const uint8_t rest[5] = {(uint8_t)depth_of(recipe), recipe->type, 0, 0, recipe->interlaced};

    fixture_add(f, "\x89PNG\r\n\x1a\n", 8);
    fixture_put32(&ihdr, recipe->width);
    fixture_put32(&ihdr, recipe->height);
    fixture_add(&ihdr, rest, sizeof rest);
    make_png_chunk(f, "IHDR", ihdr.bytes, ihdr.len);
    for (unsigned i = 0; recipe->type == 3 && i < colours_of(recipe); i++)
        fixture_add(&plte, (const uint8_t[3]){(uint8_t)i, (uint8_t)(255 - i), (uint8_t)(i * 7)}, 3);
    if (plte.len)
        make_png_chunk(f, "PLTE", plte.bytes, plte.len);
    make_png_data(&data, recipe);
    make_png_chunk(f, "IDAT", data.bytes, data.len);
    make_png_chunk(f, "IEND", "", 0);
    fixture_free(&ihdr);
    fixture_free(&plte);
    fixture_free(&data);
}

static uint16_t *decode(const uint8_t *bytes, size_t n, uint32_t *w_out, uint32_t *h_out)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    uint16_t *pixels;

    if (!png_image_begin_read_from_memory(&image, bytes, n))
        fail_msg("libpng: %s", image.message);
    image.format = PNG_FORMAT_LINEAR_RGB_ALPHA;
    pixels = malloc(PNG_IMAGE_SIZE(image));
    assert_non_null(pixels);
    if (!png_image_finish_read(&image, NULL, pixels, 0, NULL))
        fail_msg("libpng: %s", image.message);
    *w_out = image.width;
    *h_out = image.height;
    return pixels;
}

void make_png_compare(const uint8_t *a, size_t a_n, const uint8_t *b, size_t b_n)
{
    uint32_t aw, ah, bw, bh;
    uint16_t *x = decode(a, a_n, &aw, &ah), *y = decode(b, b_n, &bw, &bh);

    assert_int_equal(aw, bw);
    assert_int_equal(ah, bh);
    for (size_t i = 0; i < (size_t)aw * ah; i++) /* premultiplied: without alpha there is no colour */
        if (memcmp(x + 4 * i, y + 4 * i, 8) != 0)
            fail_msg("pixel %zu is another", i);
    free(x);
    free(y);
}
