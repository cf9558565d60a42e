/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The PNG verifier says no to everything but what the handler writes; the packer of the handler is exact. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "formats/make_png.h"
#include "formats/image/png_encode.h"
#include "formats/image/png_pixels.h"

extern const struct format_verifier chk_png;

static enum reason verdict(const struct fixture *f, char detail[256])
{
    static const struct fmt_backend none;
    struct fmt_in in = {f->bytes, f->len};
    struct fmt_options options;
    struct fmt_job *job = NULL;

    fmt_options_default(&options);
    assert_int_equal(job_new(&in, &options, "", &none, NULL, &job), 0);
    enum reason reason = job_verify(job, &chk_png);
    (void)snprintf(detail, 256, "%s", job_detail(job));
    job_free(&job);
    return reason;
}

static void picture(struct fixture *f)
{
    make_png(f, &(struct make_png){.width = 19, .height = 11, .type = 3, .depth = 4});
}

static void refuses_chunks(void **state)
{
    static const struct {
        const char *before, *type, *bytes;
        size_t n;
    } rows[] = {
        {"IHDR", "tEXt", "k\0v", 3},
        {"PLTE", "tEXt", "k\0v", 3},
        {"IDAT", "tIME", "\0\0\0\0\0\0\0", 7},
        {"IDAT", "prVt", "x", 1},
        {"IDAT", "gAMA", "\0\0\xb1\x8f", 4},            /* behind the palette */
        {"PLTE", "gAMA", "\0\0\0\0", 4},
        {"PLTE", "sRGB", "\4", 1},
        {"PLTE", "iCCP", "name\0\0x", 7},
        {"PLTE", "iCCP", "icc\0\0x", 6},
        {"PLTE", "cHRM", "x", 1},
        {"PLTE", "sBIT", "\x09\1\1", 3},
        {"PLTE", "acTL", "\0\0\0\1\0\0\0\0", 8},        /* no frame follows */
        {"IDAT", "tRNS", "\xff", 1},                    /* says nothing */
        {"IDAT", "tRNS", "\0", 1},                      /* transparent, with a colour */
        {"IDAT", "bKGD", "\x10", 1},
        {"IDAT", "pHYs", "\0\0\0\1\0\0\0\1\2", 9},
        {"IDAT", "eXIf", "MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0\1\0\0\0\0\0\0", 26},
        {"IDAT", "eXIf", "MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0x", 27},
        {"IDAT", "fcTL", "\0\0\0\0\0\0\0\x13\0\0\0\x0b\0\0\0\0\0\0\0\0\0\1\0\1\0\0", 26},
        {"IEND", "IDAT", "x", 1},
        {"IEND", "IDAT", "", 0},
        {"IEND", "tEXt", "k\0v", 3},
        {"IEND", "fdAT", "\0\0\0\0x", 5},
    };
    char detail[256];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f = {0};
        picture(&f);
        assert_int_equal(verdict(&f, detail), REASON_OK);
        make_png_before(&f, rows[i].before, rows[i].type, rows[i].bytes, rows[i].n);
        if (verdict(&f, detail) != REASON_CHECK_REFUSED)
            fail_msg("row %zu is accepted", i);
        fixture_free(&f);
    }
}

static void replace_data(struct fixture *f, const void *raw, size_t n, const char *behind)
{
    struct fixture packed = {0};

    make_zlib(&packed, raw, n);
    fixture_puts(&packed, behind);
    f->len = make_png_find(f, "IDAT");
    make_png_chunk(f, "IDAT", packed.bytes, packed.len);
    make_png_chunk(f, "IEND", "", 0);
    fixture_free(&packed);
}

static void refuses_what_is_packed(void **state)
{
    struct fixture f = {0};
    uint8_t raw[3 * 4] = {0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3};
    char detail[256];

    make_png(&f, &(struct make_png){.width = 3, .height = 2});
    replace_data(&f, raw, 8, "");
    assert_int_equal(verdict(&f, detail), REASON_OK);
    replace_data(&f, raw, 7, "");
    assert_string_not_equal((verdict(&f, detail), detail), "");
    replace_data(&f, raw, 9, "");
    assert_string_equal((verdict(&f, detail), detail), "more rows than the picture has");
    replace_data(&f, raw, 12, "");
    assert_string_equal((verdict(&f, detail), detail), "more rows than the picture has");
    replace_data(&f, raw, 8, "x");
    assert_string_equal((verdict(&f, detail), detail), "data behind the packed picture");
    raw[0] = 3; /* Average is legal, but not ours */
    replace_data(&f, raw, 8, "");
    assert_string_equal((verdict(&f, detail), detail), "row with another filter");
    fixture_free(&f);
}

/* Cuts where the handler does not make them, and data that were not cut where they must be. */
static void refuses_other_cuts(void **state)
{
    static uint8_t raw[4 * 201];
    struct fixture f = {0}, packed = {0};
    char detail[256];

    for (unsigned i = 0; i < sizeof raw; i++)
        raw[i] = i % 201 == 0 ? 0 : (uint8_t)(i * i % 251);
    make_png(&f, &(struct make_png){.width = 200, .height = 4});
    make_zlib(&packed, raw, sizeof raw);
    f.len = make_png_find(&f, "IDAT");
    make_png_chunk(&f, "IDAT", packed.bytes, 30);
    make_png_chunk(&f, "IDAT", packed.bytes + 30, packed.len - 30);
    make_png_chunk(&f, "IEND", "", 0);
    assert_string_equal((verdict(&f, detail), detail), "picture data cut in another place");
    fixture_free(&packed);
    /* one stored block (RFC 1951, 3.2.4) with a row of letters */
    memset(raw, 'a', 9);
    fixture_add(&packed, "\x78\x01\x01\x0a\0\xf5\xff\0aaaaaaaaa", 17);
    uint32_t a = 1, b = 0;
    for (unsigned i = 0; i < 10; i++)
        a += i ? 'a' : 0, b += a;
    fixture_put32(&packed, b % 65521 << 16 | a % 65521);
    fixture_free(&f);
    make_png(&f, &(struct make_png){.width = 9, .height = 1});
    f.len = make_png_find(&f, "IDAT");
    size_t idat = f.len;
    make_png_chunk(&f, "IDAT", packed.bytes, packed.len);
    make_png_chunk(&f, "IEND", "", 0);
    assert_string_equal((verdict(&f, detail), detail), "picture data that can be read as text");
    f.len = idat;
    make_png_chunk(&f, "IDAT", packed.bytes, 16);
    make_png_chunk(&f, "IDAT", packed.bytes + 16, packed.len - 16);
    make_png_chunk(&f, "IEND", "", 0);
    assert_int_equal(verdict(&f, detail), REASON_OK);
    fixture_free(&f);
    fixture_free(&packed);
}

static void refuses_what_is_hidden(void **state)
{
    struct fixture f = {0};
    uint8_t alpha[2][5] = {{0, 0, 0, 0, 0}, {0, 1, 0, 0, 0}}, bits[2] = {0, 0xe1}, unused[2] = {0, 0x10};
    char detail[256];

    make_png(&f, &(struct make_png){.width = 1, .height = 1, .type = 6});
    replace_data(&f, alpha[0], 5, "");
    assert_int_equal(verdict(&f, detail), REASON_OK);
    replace_data(&f, alpha[1], 5, "");
    assert_string_equal((verdict(&f, detail), detail), "transparent pixel with a colour");
    fixture_free(&f);
    make_png(&f, &(struct make_png){.width = 3, .height = 1, .depth = 1});
    replace_data(&f, bits, 2, "");
    assert_string_equal((verdict(&f, detail), detail), "bits behind the last pixel of a row");
    fixture_free(&f);
    make_png(&f, &(struct make_png){.width = 2, .height = 1, .type = 3, .depth = 4, .colours = 3});
    replace_data(&f, unused, 2, "");
    assert_string_equal((verdict(&f, detail), detail), "palette entry that no pixel uses");
    unused[1] = 0x13;
    replace_data(&f, unused, 2, "");
    assert_string_equal((verdict(&f, detail), detail), "pixel of a colour that is not in the palette");
    fixture_free(&f);
    picture(&f);
    size_t at = make_png_find(&f, "PLTE");
    memmove(f.bytes + at + 8, f.bytes + at + 11, 3); /* the same colour twice */
    make_png_sum(&f, at);
    assert_string_equal((verdict(&f, detail), detail), "palette in another order");
    fixture_free(&f);
}

static void survives_any_byte(void **state)
{
    struct fixture f = {0};
    char detail[256];

    picture(&f);
    for (size_t i = 0; i < f.len; i++) {
        uint8_t was = f.bytes[i];
        for (unsigned d = 1; d < 256; d <<= 1) {
            f.bytes[i] = (uint8_t)(was ^ d);
            assert_int_not_equal(verdict(&f, detail), REASON_OK); /* every byte is under a check sum or fixed */
        }
        f.bytes[i] = was;
    }
    for (size_t n = 1; n < f.len; n++)
        assert_int_not_equal(verdict(&(struct fixture){f.bytes, n}, detail), REASON_OK);
    fixture_free(&f);
}

/* ---- Rows and palettes of the handler ------------------------------------------------------ */

static void palette_is_sorted_and_small(void **state)
{
    static const uint8_t plte[] = "\x30\x30\x30" "\x10\x10\x10" "\x30\x30\x30" "\x20\x20\x20" "\x77\x77\x77";
    static const uint8_t alpha[] = {255, 255, 255, 0, 9};
    struct png_walk walk = {.depth = 4, .type = PNG_PALETTE, .palette = {plte, 15}, .trns = {alpha, 5}};
    bool used[256] = {true, true, true, true, [9] = true};
    struct png_palette p;

    png_palette_make(&walk, used, false, &p);
    assert_int_equal(p.count, 4);
    assert_int_equal(p.alpha_count, 1);
    assert_memory_equal(p.rgb, "\0\0\0\0\0\0\x10\x10\x10\x30\x30\x30", 12); /* transparent, outside, then the others */
    assert_int_equal(p.outside, 1);
    assert_int_equal(p.hidden, 0); /* one colour is a matte */
    assert_int_equal(p.map[0], 3);
    assert_int_equal(p.map[2], 3);
    assert_int_equal(p.map[3], 0);
    uint8_t row[2] = {0x01, 0x39};
    png_palette_map(&p, row, 2, 4);
    assert_memory_equal(row, "\x32\x01", 2);
}

static void bits_of_a_row(void **state)
{
    bool used[256] = {false};
    uint8_t row[2] = {0x1b, 0xff};

    png_palette_use(row, 5, 2, used); /* 0 1 2 3 3, the rest is none */
    assert_true(used[0] && used[1] && used[2] && used[3]);
    png_row_pad(row, 2, 10);
    assert_int_equal(row[1], 0xc0);
    png_row_pad(row, 2, 16);
    assert_int_equal(row[1], 0xc0);
}

static void transparent_pixels(void **state)
{
    uint8_t row8[] = {1, 2, 3, 0, 1, 2, 3, 4, 9, 9, 9, 0}, row16[] = {1, 2, 0, 1, 1, 2, 0, 0};
    struct png_hidden hidden = {0};

    png_row_hide(row8, 3, PNG_RGB_ALPHA, 8, &hidden);
    assert_memory_equal(row8, "\0\0\0\0\1\2\3\4\0\0\0\0", 12);
    assert_true(hidden.various && hidden.pixels == 2);
    hidden = (struct png_hidden){0};
    png_row_hide(row16, 2, PNG_GREY_ALPHA, 16, &hidden);
    assert_memory_equal(row16, "\1\2\0\1\0\0\0\0", 8);
    assert_true(!hidden.various && hidden.pixels == 1);
}

static int sink_write(void *ctx, const void *bytes, size_t n)
{
    fixture_add(ctx, bytes, n);
    return 0;
}

static int sink_full(void *ctx, const void *bytes, size_t n)
{
    return ERR_LIMIT;
}

static void encoder_counts_rows(void **state)
{
    struct fixture out = {0};
    struct image_sink sink = {sink_write, &out}, full = {sink_full, NULL};
    struct png_shape shape = {3, 2, 8, PNG_RGB}, wider = {4, 2, 8, PNG_RGB};
    struct png_encoder *e = NULL;
    const uint8_t row[12] = {0};

    assert_int_equal(png_encoder_new(&sink, &shape, &e), 0);
    assert_int_equal(png_encode_begin(e, &wider, NULL), ERR_INVALID);
    assert_int_equal(png_encode_begin(e, &shape, NULL), 0);
    assert_int_equal(png_encode_row(e, row), 0);
    assert_int_equal(png_encode_end(e), ERR_INVALID);
    assert_int_equal(png_encode_row(e, row), 0);
    assert_int_equal(png_encode_row(e, row), ERR_INVALID);
    assert_int_equal(png_encode_end(e), 0);
    png_encoder_free(&e);
    assert_int_equal(png_encoder_new(&full, &shape, &e), 0);
    assert_int_equal(png_encode_begin(e, &shape, NULL), 0);
    assert_int_equal(png_encode_row(e, row), 0);
    assert_int_equal(png_encode_row(e, row), 0);
    assert_int_equal(png_encode_end(e), ERR_LIMIT);
    png_encoder_free(&e);
    fixture_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_chunks),
        cmocka_unit_test(refuses_what_is_packed),
        cmocka_unit_test(refuses_other_cuts),
        cmocka_unit_test(refuses_what_is_hidden),
        cmocka_unit_test(survives_any_byte),
        cmocka_unit_test(palette_is_sorted_and_small),
        cmocka_unit_test(bits_of_a_row),
        cmocka_unit_test(transparent_pixels),
        cmocka_unit_test(encoder_counts_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
