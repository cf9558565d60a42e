/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cases of the png handler. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "make_jpeg.h"
#include "make_png.h"

#define W 37
#define H 23

/* The fixture made last, to compare pixels with. */
static struct fixture made;

static void remember(const struct fixture *f)
{
    fixture_free(&made);
    fixture_add(&made, f->bytes, f->len);
}

static void same_pixels(const uint8_t *out, size_t n)
{
    make_png_compare(made.bytes, made.len, out, n);
}

static bool has(const uint8_t *out, size_t n, const char *word)
{
    return memmem(out, n, word, strlen(word)) != NULL;
}

static void no_secret(const uint8_t *out, size_t n)
{
    assert_false(has(out, n, "secret") || has(out, n, "PK\x03\x04"));
    same_pixels(out, n);
}

static void no_payload(const uint8_t *out, size_t n)
{
    assert_true(has(made.bytes, made.len, "secretpayload")); /* the fixture does show it */
    assert_false(has(out, n, "secretpay"));
    same_pixels(out, n);
}

/* ---- Pictures of every shape ---------------------------------------------------------- */

#define SHAPE(name, ...)                                                      \
    static void shape_##name(struct fixture *f)                               \
    {                                                                         \
        make_png(f, &(struct make_png){.width = W, .height = H, __VA_ARGS__}); \
        remember(f);                                                          \
    }
SHAPE(g1, .depth = 1)
SHAPE(g2, .depth = 2)
SHAPE(g4, .depth = 4)
SHAPE(g8, .depth = 8)
SHAPE(g16, .depth = 16)
SHAPE(rgb8, .type = 2)
SHAPE(rgb16, .type = 2, .depth = 16)
SHAPE(p1, .type = 3, .depth = 1)
SHAPE(p2, .type = 3, .depth = 2)
SHAPE(p4, .type = 3, .depth = 4)
SHAPE(p8, .type = 3)
SHAPE(ga8, .type = 4)
SHAPE(ga16, .type = 4, .depth = 16)
SHAPE(rgba8, .type = 6)
SHAPE(rgba16, .type = 6, .depth = 16)
SHAPE(i_g1, .depth = 1, .interlaced = true)
SHAPE(i_p4, .type = 3, .depth = 4, .interlaced = true)
SHAPE(i_rgb8, .type = 2, .interlaced = true)
SHAPE(i_rgba16, .type = 6, .depth = 16, .interlaced = true)
SHAPE(p8_few, .type = 3, .colours = 5)

static void shape_one_pixel(struct fixture *f)
{
    make_png(f, &(struct make_png){.width = 1, .height = 1, .type = 2, .interlaced = true});
    remember(f);
}

/* Enough noise for several data chunks. */
static void shape_noise(struct fixture *f)
{
    static uint8_t raw[200 * 601];
    struct fixture packed = {0};
    uint32_t seed = 1;

    make_png(f, &(struct make_png){.width = 200, .height = 200, .type = 2});
    for (size_t i = 0; i < sizeof raw; i++) {
        seed = seed * 1664525 + 1013904223;
        raw[i] = i % 601 == 0 ? 0 : (uint8_t)(seed >> 24);
    }
    make_zlib(&packed, raw, sizeof raw);
    f->len = make_png_find(f, "IDAT");
    make_png_chunk(f, "IDAT", packed.bytes, packed.len);
    make_png_chunk(f, "IEND", "", 0);
    fixture_free(&packed);
    remember(f);
}

/* Noise that no packer makes smaller, so that it would stand in the file as it is, and letters in it. */
static void shape_text(struct fixture *f)
{
    static uint8_t raw[200 * 201];
    struct fixture packed = {0};
    uint32_t seed = 7;

    make_png(f, &(struct make_png){.width = 200, .height = 200});
    for (size_t i = 0; i < sizeof raw; i++) {
        seed = seed * 1664525 + 1013904223;
        raw[i] = i % 201 == 0 ? 0 : (uint8_t)(seed >> 24);
        if (i > 100 * 201 && i < 101 * 201)
            raw[i] = (uint8_t)('a' + (seed >> 24) % 26);
    }
    memcpy(raw + 100 * 201 + 50, "secretpayload", 13);
    make_zlib(&packed, raw, sizeof raw);
    f->len = make_png_find(f, "IDAT");
    make_png_chunk(f, "IDAT", packed.bytes, packed.len);
    make_png_chunk(f, "IEND", "", 0);
    fixture_free(&packed);
    remember(f);
}

/* ---- Small chunks that stay ------------------------------------------------------------- */

#define WITH(name, shape, next, type, bytes)                     \
    static void name(struct fixture *f)                          \
    {                                                            \
        shape(f);                                                \
        make_png_before(f, next, type, bytes, sizeof bytes - 1); \
        remember(f);                                             \
    }
WITH(trns_grey, shape_g8, "IDAT", "tRNS", "\0\7")
WITH(trns_rgb, shape_rgb8, "IDAT", "tRNS", "\0\7\0\7\0\7")
WITH(trns_palette, shape_p2, "IDAT", "tRNS", "\x40\x80")
WITH(gama, shape_rgb8, "IDAT", "gAMA", "\0\0\xb1\x8f")
WITH(chrm, shape_rgb8, "IDAT", "cHRM",
     "\0\0\x7a\x26\0\0\x80\x84\0\0\xfa\0\0\0\x80\xe8\0\0\x75\x30\0\0\xea\x60\0\0\x3a\x98\0\0\x17\x70")
WITH(srgb, shape_rgb8, "IDAT", "sRGB", "\0")
WITH(cicp, shape_rgb8, "IDAT", "cICP", "\x09\x10\0\1")
WITH(sbit, shape_rgb8, "IDAT", "sBIT", "\5\6\5")
WITH(bkgd, shape_rgb8, "IDAT", "bKGD", "\0\xff\0\xff\0\xff")
WITH(bkgd_palette, shape_p4, "IDAT", "bKGD", "\3")
WITH(phys, shape_rgb8, "IDAT", "pHYs", "\0\0\x0b\x13\0\0\x0b\x13\1")
WITH(exif_ours, shape_rgb8, "IDAT", "eXIf", "MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0")
/* and those that do not fit */
WITH(trns_out_of_range, shape_g4, "IDAT", "tRNS", "\0\x10")
WITH(gama_zero, shape_rgb8, "IDAT", "gAMA", "\0\0\0\0")
WITH(chrm_short, shape_rgb8, "IDAT", "cHRM", "secret")
WITH(srgb_nine, shape_rgb8, "IDAT", "sRGB", "\x09")
WITH(sbit_secret, shape_rgb8, "IDAT", "sBIT", "abc")
WITH(bkgd_outside, shape_p2, "IDAT", "bKGD", "\4")
WITH(phys_zero, shape_rgb8, "IDAT", "pHYs", "\0\0\0\0\0\0\x0b\x13\1")
WITH(phys_late, shape_rgb8, "IEND", "pHYs", "\0\0\x0b\x13\0\0\x0b\x13\1")

static void gama_twice(struct fixture *f)
{
    gama(f);
    make_png_before(f, "IDAT", "gAMA", "\0\1\x86\xa0", 4);
}

static void gama_sum(struct fixture *f)
{
    gama(f);
    f->bytes[make_png_find(f, "gAMA") + 12] ^= 1;
}

#define HAS(name, word)                                  \
    static void name(const uint8_t *out, size_t n)       \
    {                                                    \
        assert_true(has(out, n, word));                  \
        no_secret(out, n);                               \
    }
HAS(has_gama, "gAMA")
HAS(has_phys, "pHYs")
HAS(has_cicp, "cICP")
HAS(has_bkgd, "bKGD")
HAS(has_trns, "tRNS")

/* ---- Metadata ----------------------------------------------------------------------------- */

WITH(text, shape_rgb8, "IDAT", "tEXt", "Author\0secret <script>")
WITH(itxt, shape_rgb8, "IDAT", "iTXt", "XML:com.adobe.xmp\0\0\0\0\0<x:xmpmeta>secret</x:xmpmeta>")
WITH(time, shape_rgb8, "IDAT", "tIME", "\x07\xe8\1\1\0\0\0")
WITH(private, shape_rgb8, "IDAT", "prVt", "secret payload")
WITH(private_late, shape_rgb8, "IEND", "prVt", "secret payload")
WITH(suggested, shape_rgb8, "IDAT", "PLTE", "secretsecret")
WITH(dsig, shape_rgb8, "IDAT", "dSIG", "secret")

static void text_bad_sum(struct fixture *f)
{
    text(f);
    f->bytes[make_png_find(f, "tEXt") + 10] ^= 1;
}

/* 16 MB of zeroes in a few bytes: never unpacked, for nothing of it will be used */
static void packed_bomb(struct fixture *f, const char *type, const void *head, size_t n)
{
    struct fixture chunk = {0};
    uint8_t *zeroes = calloc(1, 16 << 20);

    assert_non_null(zeroes);
    shape_rgb8(f);
    fixture_add(&chunk, head, n);
    make_zlib(&chunk, zeroes, 16 << 20);
    make_png_before(f, "IDAT", type, chunk.bytes, chunk.len);
    fixture_free(&chunk);
    free(zeroes);
}

static void ztxt_bomb(struct fixture *f)
{
    packed_bomb(f, "zTXt", "k\0\0", 3);
}

static void itxt_bomb(struct fixture *f)
{
    packed_bomb(f, "iTXt", "k\0\1\0\0\0", 6);
}

static void iccp_bomb(struct fixture *f)
{
    packed_bomb(f, "iCCP", "k\0\0", 3);
}

static void with_exif(struct fixture *f, const struct make_exif *recipe)
{
    struct fixture t = {0};

    shape_rgb8(f);
    make_exif(&t, recipe);
    make_png_before(f, "IDAT", "eXIf", t.bytes, t.len);
    fixture_free(&t);
}

static void exif_turned(struct fixture *f)
{
    with_exif(f, &(struct make_exif){.orientation = 6, .text = "secret", .gps = true, .thumbnail = true});
}

static void exif_upright(struct fixture *f)
{
    with_exif(f, &(struct make_exif){.orientation = 1, .text = "secret", .little = true});
}

static void turned(const uint8_t *out, size_t n)
{
    assert_non_null(memmem(out, n, "eXIfMM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0", 30));
    no_secret(out, n);
}

static void upright(const uint8_t *out, size_t n)
{
    assert_false(has(out, n, "eXIf"));
    no_secret(out, n);
}

static void with_icc(struct fixture *f, const struct make_icc *recipe, const char *name)
{
    struct fixture icc = {0}, chunk = {0};

    make_icc(&icc, recipe);
    fixture_add(&chunk, name, strlen(name) + 1);
    fixture_add(&chunk, "", 1);
    make_zlib(&chunk, icc.bytes, icc.len);
    make_png_before(f, "IDAT", "iCCP", chunk.bytes, chunk.len);
    fixture_free(&icc);
    fixture_free(&chunk);
    remember(f);
}

static void icc_good(struct fixture *f)
{
    shape_rgb8(f);
    with_icc(f, &(struct make_icc){.channels = 3, .name = "Display P3"}, "secret");
}

static void icc_grey(struct fixture *f)
{
    shape_g8(f);
    with_icc(f, &(struct make_icc){.channels = 1}, "icc");
}

static void icc_wrong_space(struct fixture *f)
{
    shape_g8(f);
    with_icc(f, &(struct make_icc){.channels = 3}, "icc");
}

static void icc_and_srgb(struct fixture *f)
{
    icc_good(f);
    make_png_before(f, "iCCP", "sRGB", "\0", 1);
}

WITH(icc_no_stream, shape_rgb8, "IDAT", "iCCP", "icc\0\0secret")
WITH(icc_no_name, shape_rgb8, "IDAT", "iCCP", "\0\0secret")

static void has_one_profile(const uint8_t *out, size_t n)
{
    assert_true(has(out, n, "iCCPicc") && !has(out, n, "sRGB") && !has(out, n, "secret"));
}

static void has_no_profile(const uint8_t *out, size_t n)
{
    assert_false(has(out, n, "iCCP") || has(out, n, "secret"));
}

/* ---- Behind and between -------------------------------------------------------------------- */

static void trailing_zip(struct fixture *f)
{
    shape_rgb8(f);
    fixture_puts(f, "PK\x03\x04 secret.exe");
}

static void no_end(struct fixture *f)
{
    shape_rgb8(f);
    f->len -= 12;
}

static void end_cut(struct fixture *f)
{
    shape_rgb8(f);
    f->len -= 3;
}

static void garbage_for_end(struct fixture *f)
{
    no_end(f);
    fixture_puts(f, "\n\nsecret bytes, no chunk");
}

/* Replaces the picture data by n bytes of IDAT. */
static void replace_data(struct fixture *f, const struct fixture *data)
{
    f->len = make_png_find(f, "IDAT");
    make_png_chunk(f, "IDAT", data->bytes, data->len);
    make_png_chunk(f, "IEND", "", 0);
}

static void plain_data(struct fixture *data)
{
    make_png_data(data, &(struct make_png){.width = W, .height = H, .type = 2});
}

static void data_behind_stream(struct fixture *f)
{
    struct fixture data = {0};

    shape_rgb8(f);
    plain_data(&data);
    fixture_puts(&data, "secret");
    replace_data(f, &data);
    fixture_free(&data);
}

static void chunk_behind_stream(struct fixture *f)
{
    shape_rgb8(f);
    make_png_before(f, "IEND", "IDAT", "secret behind the packed rows", 29);
}

static void too_many_rows(struct fixture *f)
{
    struct fixture data = {0};

    shape_rgb8(f);
    make_png_data(&data, &(struct make_png){.width = W, .height = H + 5, .type = 2});
    replace_data(f, &data);
    fixture_free(&data);
}

static void too_few_rows(struct fixture *f)
{
    struct fixture data = {0};

    shape_rgb8(f);
    make_png_data(&data, &(struct make_png){.width = W, .height = H - 1, .type = 2});
    replace_data(f, &data);
    fixture_free(&data);
}

static void stream_broken(struct fixture *f)
{
    struct fixture data = {0};

    shape_rgb8(f);
    plain_data(&data);
    memset(data.bytes + data.len / 2, 0x55, 8);
    replace_data(f, &data);
    fixture_free(&data);
}

static void filter_nine(struct fixture *f)
{
    static uint8_t raw[H * (3 * W + 1)];
    struct fixture data = {0};

    shape_rgb8(f);
    memset(raw, 9, sizeof raw);
    make_zlib(&data, raw, sizeof raw);
    replace_data(f, &data);
    fixture_free(&data);
}

static void data_sum(struct fixture *f)
{
    shape_rgb8(f);
    f->bytes[make_png_find(f, "IDAT") + 20] ^= 1;
}

static void data_cut(struct fixture *f)
{
    shape_rgb8(f);
    f->len = make_png_find(f, "IDAT") + 60;
}

static void data_in_two_places(struct fixture *f)
{
    shape_rgb8(f);
    make_png_before(f, "IEND", "tEXt", "k\0v", 3);
    make_png_before(f, "IEND", "IDAT", "x", 1);
}

static void data_in_pieces(struct fixture *f)
{
    struct fixture data = {0};

    shape_rgb8(f);
    plain_data(&data);
    f->len = make_png_find(f, "IDAT");
    make_png_chunk(f, "IDAT", "", 0);
    for (size_t i = 0; i < data.len; i += 7)
        make_png_chunk(f, "IDAT", data.bytes + i, data.len - i < 7 ? data.len - i : 7);
    make_png_chunk(f, "IEND", "", 0);
    fixture_free(&data);
    remember(f);
}

/* ---- Palette, hidden pixels, spare bits -------------------------------------------------------- */

/* Five colours in use, the others carry a message. */
static void palette_secret(struct fixture *f)
{
    shape_p8_few(f);
    size_t at = make_png_find(f, "PLTE");
    static const char secret[] = "secret<?php system('secret') ?>";
    uint8_t plte[90];
    memcpy(plte, f->bytes + at + 8, 15);
    for (unsigned i = 0; i < 75; i++)
        plte[15 + i] = (uint8_t)secret[i % (sizeof secret - 1)];
    fixture_cut(f, at, 27);
    make_png_before(f, "IDAT", "PLTE", plte, sizeof plte);
    remember(f);
}

/* The message in colours that are used: the order is not kept. */
static void palette_text(struct fixture *f)
{
    shape_p8_few(f);
    size_t at = make_png_find(f, "PLTE");
    memcpy(f->bytes + at + 8, "<?php secret ?>", 15);
    make_png_sum(f, at);
    remember(f);
}

static void palette_short(struct fixture *f)
{
    shape_p8_few(f);
    size_t at = make_png_find(f, "PLTE");
    fixture_cut(f, at, 27);
    make_png_before(f, "IDAT", "PLTE", "\0\0\0\1\1\1", 6);
}

static void palette_hidden(struct fixture *f)
{
    shape_p4(f);
    make_png_before(f, "IDAT", "tRNS", "\0\0\0\0", 4);
    remember(f);
}

static void no_palette(struct fixture *f)
{
    shape_p4(f);
    fixture_cut(f, make_png_find(f, "PLTE"), 12 + 48);
}

static void palette_too_long(struct fixture *f)
{
    shape_p1(f);
    size_t at = make_png_find(f, "PLTE");
    fixture_cut(f, at, 12 + 6);
    make_png_before(f, "IDAT", "PLTE", "\0\0\0\1\1\1\2\2\2", 9);
}

/* RGBA rows made by hand: `colour` under full transparency in every other pixel. */
static void hidden_pixels(struct fixture *f, bool various)
{
    static uint8_t raw[H * (4 * W + 1)];
    struct fixture data = {0};

    shape_rgba8(f);
    for (unsigned y = 0; y < H; y++)
        for (unsigned x = 0; x < W; x++) {
            uint8_t *p = raw + y * (4 * W + 1) + 1 + 4 * x;
            bool hidden = (x + y) % 2 == 0;
            p[0] = hidden ? (various ? (uint8_t)(x * 7) : 255) : (uint8_t)x;
            p[1] = hidden ? 255 : (uint8_t)y;
            p[2] = 255;
            p[3] = hidden ? 0 : 255;
        }
    make_zlib(&data, raw, sizeof raw);
    replace_data(f, &data);
    fixture_free(&data);
    remember(f);
}

static void hidden_various(struct fixture *f)
{
    hidden_pixels(f, true);
}

static void hidden_matte(struct fixture *f)
{
    hidden_pixels(f, false);
}

static void spare_bits(struct fixture *f)
{
    static uint8_t raw[H * (W / 8 + 2)];
    struct fixture data = {0};

    shape_g1(f);
    memset(raw, 0xff, sizeof raw);
    for (unsigned y = 0; y < H; y++)
        raw[y * (W / 8 + 2)] = 0;
    make_zlib(&data, raw, sizeof raw);
    replace_data(f, &data);
    fixture_free(&data);
    remember(f);
}

/* ---- Bombs and broken headers ---------------------------------------------------------------------- */

static void with_header(struct fixture *f, uint32_t w, uint32_t h, unsigned depth, unsigned type, bool interlaced)
{
    struct fixture ihdr = {0};

    shape_rgb8(f);
    fixture_put32(&ihdr, w);
    fixture_put32(&ihdr, h);
    fixture_add(&ihdr, (const uint8_t[5]){(uint8_t)depth, (uint8_t)type, 0, 0, interlaced}, 5);
    memcpy(f->bytes + 16, ihdr.bytes, 13);
    make_png_sum(f, 8);
    fixture_free(&ihdr);
}

#define HEADER(name, ...)                   \
    static void name(struct fixture *f)     \
    {                                       \
        with_header(f, __VA_ARGS__);        \
    }
HEADER(pixel_bomb, 100000, 100000, 8, 2, false)
HEADER(row_bomb, 200000000, 1, 16, 6, false)
HEADER(interlaced_bomb, 15000, 15000, 16, 6, true)
HEADER(no_width, 0, 10, 8, 2, false)
HEADER(no_height, 10, 0, 8, 2, false)
HEADER(negative_width, 0x80000001, 10, 8, 2, false)
HEADER(depth_three, 10, 10, 3, 0, false)
HEADER(type_five, 10, 10, 8, 5, false)
HEADER(rgb_of_four, 10, 10, 4, 2, false)

static void header_sum(struct fixture *f)
{
    shape_rgb8(f);
    f->bytes[30] ^= 1;
}

static void two_headers(struct fixture *f)
{
    shape_rgb8(f);
    uint8_t ihdr[25];
    memcpy(ihdr, f->bytes + 8, 25);
    fixture_insert(f, 33, ihdr, 25);
}

static void header_late(struct fixture *f)
{
    shape_rgb8(f);
    make_png_before(f, "IHDR", "tEXt", "k\0v", 3);
}

static void cgbi(struct fixture *f)
{
    shape_rgb8(f);
    make_png_before(f, "IHDR", "CgBI", "\x50\0\x20\2", 4);
}

static void no_data(struct fixture *f)
{
    shape_rgb8(f);
    size_t at = make_png_find(f, "IDAT");
    fixture_cut(f, at, f->len - 12 - at);
}

static void not_png(struct fixture *f)
{
    fixture_puts(f, "\x89PNG\n\x1a\nsecret");
}

WITH(critical, shape_rgb8, "IDAT", "SECr", "secret")

/* ---- Animation ------------------------------------------------------------------------------------------ */

struct frames {
    unsigned announced, count;
    bool apart;           /* the picture in IDAT is no frame */
    unsigned wrong_order; /* this frame has a wrong number */
    uint32_t x;           /* of the later frames */
    uint8_t type, depth;
    bool no_header, interlaced;
};

static void put_fctl(struct fixture *f, uint32_t sequence, uint32_t w, uint32_t h, uint32_t x, uint32_t y)
{
    struct fixture b = {0};

    fixture_put32(&b, sequence);
    fixture_put32(&b, w);
    fixture_put32(&b, h);
    fixture_put32(&b, x);
    fixture_put32(&b, y);
    fixture_add(&b, "\0\1\0\x0a\1\1", 6);
    make_png_chunk(f, "fcTL", b.bytes, b.len);
    fixture_free(&b);
}

static void put_fdat(struct fixture *f, uint32_t sequence, const struct fixture *data)
{
    struct fixture b = {0};

    fixture_put32(&b, sequence);
    fixture_add(&b, data->bytes, data->len);
    make_png_chunk(f, "fdAT", b.bytes, b.len);
    fixture_free(&b);
}

static void animate(struct fixture *f, const struct frames *a)
{
    const struct make_png whole = {.width = W, .height = H, .type = a->type, .depth = a->depth, .interlaced = a->interlaced};
    struct fixture data = {0}, actl = {0};
    uint32_t sequence = 0;

    make_png(f, &whole);
    make_png_data(&data, &whole);
    f->len = make_png_find(f, "IDAT");
    fixture_put32(&actl, a->announced);
    fixture_put32(&actl, 0);
    if (!a->no_header)
        make_png_chunk(f, "acTL", actl.bytes, actl.len);
    if (!a->apart)
        put_fctl(f, sequence++, W, H, 0, 0);
    make_png_chunk(f, "IDAT", data.bytes, data.len);
    for (unsigned i = a->apart ? 0 : 1; i < a->count; i++) {
        struct fixture frame = {0};
        make_png_data(&frame, &(struct make_png){.width = W - 9, .height = H - 5, .type = a->type, .depth = a->depth,
                                                 .interlaced = a->interlaced, .salt = (uint8_t)i});
        put_fctl(f, sequence++, W - 9, H - 5, a->x, 2);
        put_fdat(f, a->wrong_order == i && i ? 99 : sequence, &frame);
        sequence++;
        fixture_free(&frame);
    }
    make_png_chunk(f, "IEND", "", 0);
    fixture_free(&data);
    fixture_free(&actl);
    remember(f);
}

#define ANIMATION(name, ...)                                \
    static void name(struct fixture *f)                     \
    {                                                       \
        animate(f, &(struct frames){__VA_ARGS__});          \
    }
ANIMATION(apng, .announced = 3, .count = 3, .type = 2, .x = 4)
ANIMATION(apng_apart, .announced = 2, .count = 2, .type = 2, .apart = true)
ANIMATION(apng_alpha, .announced = 4, .count = 4, .type = 6, .x = 9)
ANIMATION(apng_palette, .announced = 3, .count = 3, .type = 3, .depth = 4, .x = 1)
ANIMATION(apng_interlaced, .announced = 2, .count = 2, .type = 2, .interlaced = true)
ANIMATION(apng_outside, .announced = 3, .count = 3, .type = 2, .x = 10)
ANIMATION(apng_order, .announced = 3, .count = 3, .type = 2, .wrong_order = 2)
ANIMATION(apng_fewer, .announced = 5, .count = 3, .type = 2)
ANIMATION(apng_more, .announced = 2, .count = 3, .type = 2)
ANIMATION(apng_none, .announced = 0, .count = 1, .type = 2)
ANIMATION(apng_no_header, .announced = 2, .count = 2, .type = 2, .no_header = true)

static void apng_secret(struct fixture *f)
{
    apng(f);
    make_png_before(f, "fdAT", "tEXt", "k\0secret", 8);
}

static void apng_frame_broken(struct fixture *f)
{
    apng(f);
    size_t at = make_png_find(f, "fdAT");
    memset(f->bytes + at + 12, 0xff, 8);
    make_png_sum(f, at);
}

static void three_frames(const uint8_t *out, size_t n)
{
    size_t frames = 0;

    for (const uint8_t *p = out; (p = memmem(p, n - (size_t)(p - out), "fcTL", 4)); p += 4)
        frames++;
    assert_int_equal(frames, 3);
    no_secret(out, n);
}

static void still(const uint8_t *out, size_t n)
{
    assert_false(has(out, n, "acTL") || has(out, n, "fcTL") || has(out, n, "fdAT"));
    same_pixels(out, n);
}

/* ---- Pages -------------------------------------------------------------------------------------------- */

static void is_page(const uint8_t *out, size_t n)
{
    assert_true(has(out, n, "/XObject") && !has(out, n, "secret"));
}

static void is_flat_page(const uint8_t *out, size_t n)
{
    is_page(out, n);
    assert_true(has(out, n, "/FlateDecode"));
}

/* ---- Policy ----------------------------------------------------------------------------------------------- */

static void no_metadata_allowed(struct fmt_options *options)
{
    options->switches[FINDING_METADATA] = FMT_SWITCH_DISALLOW;
}

static void hidden_allowed(struct fmt_options *options)
{
    options->switches[FINDING_HIDDEN] = FMT_SWITCH_ALLOW;
}

#define FINE(label, fn, look) \
    {.name = label, .make = fn, .file = "a.png", .expect = REASON_OK, .inspect = look, .flags = CASE_CLEAN_INPUT}
#define MADE(label, fn, found, look) \
    {.name = label, .make = fn, .file = "a.png", .expect = REASON_OK, .findings = found, .inspect = look}
#define PAGE(label, fn, found, look)                                                            \
    {.name = label, .make = fn, .file = "a.png", .mode = FMT_MODE_FLATTEN, .expect = REASON_OK, \
     .findings = found, .out_type = "pdf", .inspect = look, .flags = CASE_NO_TRUNCATE}
#define HELD(label, fn, why) {.name = label, .make = fn, .file = "a.png", .expect = REASON_##why}
#define BOMB(label, fn, found) \
    {.name = label, .make = fn, .file = "a.png", .expect = REASON_OK, .findings = found, .flags = CASE_NO_TRUNCATE}

const struct fmt_case cases_png[] = {
    FINE("grey 1", shape_g1, same_pixels),
    FINE("grey 2", shape_g2, same_pixels),
    FINE("grey 4", shape_g4, same_pixels),
    FINE("grey 8", shape_g8, same_pixels),
    FINE("grey 16", shape_g16, same_pixels),
    FINE("RGB 8", shape_rgb8, same_pixels),
    FINE("RGB 16", shape_rgb16, same_pixels),
    FINE("palette 1", shape_p1, same_pixels),
    FINE("palette 2", shape_p2, same_pixels),
    FINE("palette 4", shape_p4, same_pixels),
    FINE("palette 8", shape_p8, same_pixels),
    FINE("palette 8 of five colours", shape_p8_few, same_pixels),
    FINE("grey and alpha 8", shape_ga8, same_pixels),
    FINE("grey and alpha 16", shape_ga16, same_pixels),
    FINE("RGB and alpha 8", shape_rgba8, same_pixels),
    FINE("RGB and alpha 16", shape_rgba16, same_pixels),
    MADE("interlaced grey 1", shape_i_g1, NULL, same_pixels),
    MADE("interlaced palette 4", shape_i_p4, NULL, same_pixels),
    MADE("interlaced RGB 8", shape_i_rgb8, NULL, same_pixels),
    MADE("interlaced RGB and alpha 16", shape_i_rgba16, NULL, same_pixels),
    MADE("interlaced pixel", shape_one_pixel, NULL, same_pixels),
    {.name = "noise in several chunks", .make = shape_noise, .file = "a.png", .expect = REASON_OK,
     .inspect = same_pixels, .flags = CASE_NO_TRUNCATE},
    {.name = "text in packed pixels", .make = shape_text, .file = "a.png", .expect = REASON_OK,
     .inspect = no_payload, .flags = CASE_NO_TRUNCATE},
    FINE("transparent grey", trns_grey, has_trns),
    FINE("transparent RGB", trns_rgb, has_trns),
    FINE("transparent palette entries", trns_palette, has_trns),
    FINE("gAMA", gama, has_gama),
    FINE("cHRM", chrm, same_pixels),
    FINE("sRGB", srgb, same_pixels),
    FINE("cICP", cicp, has_cicp),
    FINE("sBIT", sbit, same_pixels),
    FINE("bKGD", bkgd, has_bkgd),
    FINE("bKGD of a palette", bkgd_palette, has_bkgd),
    FINE("pHYs", phys, has_phys),
    FINE("our EXIF block", exif_ours, turned),
    MADE("tRNS out of range", trns_out_of_range, "damage=1", NULL),
    MADE("gAMA of 0", gama_zero, "damage=1", no_secret),
    MADE("gAMA twice", gama_twice, "unknown-object=1", has_gama),
    MADE("gAMA with a wrong sum", gama_sum, "damage=1", NULL),
    MADE("cHRM of text", chrm_short, "damage=1", no_secret),
    MADE("sRGB of 9", srgb_nine, "damage=1", no_secret),
    MADE("sBIT of text", sbit_secret, "damage=1", no_secret),
    MADE("bKGD outside the palette", bkgd_outside, "damage=1", no_secret),
    MADE("pHYs of 0", phys_zero, "damage=1", no_secret),
    MADE("pHYs behind the picture", phys_late, "unknown-object=1", no_secret),
    MADE("tEXt", text, "metadata=1", no_secret),
    MADE("tEXt with a wrong sum", text_bad_sum, "metadata=1", no_secret),
    MADE("iTXt with XMP", itxt, "metadata=1", no_secret),
    BOMB("zTXt bomb", ztxt_bomb, "metadata=1"),
    BOMB("iTXt bomb", itxt_bomb, "metadata=1"),
    BOMB("iCCP bomb", iccp_bomb, "color-profile=1"),
    MADE("tIME", time, "metadata=1", no_secret),
    MADE("private chunk", private, "unknown-object=1", no_secret),
    MADE("private chunk behind the picture", private_late, "unknown-object=1", no_secret),
    MADE("suggested palette", suggested, "unknown-object=1", no_secret),
    MADE("signature", dsig, "signature=1", no_secret),
    MADE("EXIF with everything", exif_turned, "metadata=2 thumbnail=1", turned),
    MADE("EXIF upright", exif_upright, "metadata=1", upright),
    MADE("profile", icc_good, "metadata=1", has_one_profile),
    MADE("profile and sRGB", icc_and_srgb, "metadata=1", has_one_profile),
    MADE("grey profile", icc_grey, "metadata=1", has_one_profile),
    MADE("profile of another colour space", icc_wrong_space, "color-profile=1", has_no_profile),
    MADE("profile that cannot be unpacked", icc_no_stream, "color-profile=1", has_no_profile),
    MADE("profile without a name", icc_no_name, "color-profile=1", has_no_profile),
    MADE("zip behind the end", trailing_zip, "trailing-data=1", no_secret),
    MADE("no end chunk", no_end, "damage=1", NULL),
    MADE("end chunk cut", end_cut, "damage=1 trailing-data=1", NULL),
    MADE("garbage for an end chunk", garbage_for_end, "damage=1 trailing-data=1", NULL),
    MADE("bytes behind the packed rows", data_behind_stream, "trailing-data=1", no_secret),
    MADE("chunk behind the packed rows", chunk_behind_stream, "trailing-data=1", no_secret),
    MADE("more rows than the header says", too_many_rows, "trailing-data=1", NULL),
    MADE("data in chunks of 7 bytes", data_in_pieces, NULL, same_pixels),
    MADE("message in unused palette entries", palette_secret, NULL, no_secret),
    MADE("message in used palette entries", palette_text, NULL, no_secret),
    MADE("pixels outside the palette", palette_short, "damage=1", NULL),
    MADE("colours in transparent palette entries", palette_hidden, "hidden-content=1", same_pixels),
    MADE("picture under transparency", hidden_various, "hidden-content=1", same_pixels),
    MADE("one colour under transparency", hidden_matte, NULL, same_pixels),
    {.name = "picture under transparency allowed", .make = hidden_various, .file = "a.png", .tune = hidden_allowed,
     .expect = REASON_OK, .inspect = same_pixels, .flags = CASE_CLEAN_INPUT},
    MADE("spare bits", spare_bits, NULL, same_pixels),
    {.name = "animation", .make = apng, .file = "a.png", .expect = REASON_OK, .kept = "frames=3",
     .inspect = three_frames, .flags = CASE_CLEAN_INPUT},
    FINE("animation apart from the picture", apng_apart, same_pixels),
    FINE("animation with alpha", apng_alpha, same_pixels),
    FINE("animation with a palette", apng_palette, same_pixels),
    MADE("interlaced animation", apng_interlaced, NULL, same_pixels),
    MADE("animation with text", apng_secret, "metadata=1", three_frames),
    MADE("frame outside the picture", apng_outside, "animation=1", still),
    MADE("frames out of order", apng_order, "animation=1", still),
    MADE("fewer frames than announced", apng_fewer, "animation=1", still),
    MADE("more frames than announced", apng_more, "animation=1", still),
    MADE("animation of no frames", apng_none, "animation=1", still),
    MADE("frames without a header", apng_no_header, "animation=1", still),
    HELD("frame that cannot be unpacked", apng_frame_broken, MALFORMED),
    HELD("fewer rows than the header says", too_few_rows, MALFORMED),
    HELD("packed rows broken", stream_broken, MALFORMED),
    HELD("filter 9", filter_nine, MALFORMED),
    HELD("wrong sum of the data", data_sum, MALFORMED),
    HELD("data cut short", data_cut, MALFORMED),
    HELD("data in two places", data_in_two_places, MALFORMED),
    HELD("no palette", no_palette, MALFORMED),
    HELD("palette longer than the depth", palette_too_long, MALFORMED),
    HELD("100000 x 100000", pixel_bomb, LIMIT_PIXELS),
    HELD("one row of 1.6 GB", row_bomb, LIMIT_MEMORY),
    HELD("interlaced, 1.8 GB", interlaced_bomb, LIMIT_MEMORY),
    HELD("no width", no_width, MALFORMED),
    HELD("no height", no_height, MALFORMED),
    HELD("width over 31 bits", negative_width, MALFORMED),
    HELD("depth 3", depth_three, MALFORMED),
    HELD("colour type 5", type_five, MALFORMED),
    HELD("RGB of depth 4", rgb_of_four, MALFORMED),
    HELD("wrong sum of the header", header_sum, MALFORMED),
    HELD("two headers", two_headers, MALFORMED),
    HELD("chunk before the header", header_late, MALFORMED),
    HELD("unknown critical chunk", critical, MALFORMED),
    HELD("CgBI", cgbi, UNSUPPORTED_TYPE),
    HELD("no data", no_data, MALFORMED),
    HELD("no PNG", not_png, MALFORMED),
    PAGE("page of grey 1", shape_g1, NULL, is_flat_page),
    PAGE("page of palette 8", shape_p8, NULL, is_page),
    PAGE("page of RGB 16", shape_rgb16, NULL, is_page),
    PAGE("page of RGB and alpha 8", shape_rgba8, NULL, is_page),
    PAGE("page of interlaced RGB and alpha 16", shape_i_rgba16, NULL, is_page),
    PAGE("page of noise", shape_noise, NULL, is_page),
    PAGE("page of text and EXIF", exif_turned, "metadata=2 thumbnail=1", is_page),
    PAGE("page of a picture with a profile", icc_good, "color-profile=1", is_page),
    PAGE("page of an animation", apng, "animation=1", is_page),
    PAGE("page of a picture under transparency", hidden_various, NULL, is_page),
    {.name = "page of 100000 x 100000", .make = pixel_bomb, .file = "a.png", .mode = FMT_MODE_FLATTEN,
     .expect = REASON_LIMIT_PIXELS},
    {.name = "metadata not allowed", .make = text, .file = "a.png", .tune = no_metadata_allowed, .expect = REASON_POLICY},
    {.name = NULL},
};
