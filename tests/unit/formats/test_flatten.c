/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pictures as pages: which coding, which page size; pixels on white paper. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "formats/image/png_pixels.h"
#include "formats/make_jpeg.h"
#include "formats/make_png.h"
#include "support/inproc.h"

static bool has(const struct inproc_result *r, const char *word)
{
    return memmem(r->out, r->out_len, word, strlen(word)) != NULL;
}

static void flat(const struct fixture *f, const char *format, struct inproc_result *r)
{
    struct fmt_options options;

    fmt_options_default(&options);
    options.mode = FMT_MODE_FLATTEN;
    inproc_run(inproc_handler(format), f->bytes, f->len, "a", &options, r);
}

/* Flattens and expects words in the PDF; frees the fixture. */
static void expect(struct fixture *f, const char *format, const char *const words[])
{
    struct inproc_result r;

    flat(f, format, &r);
    if (r.reason != REASON_OK)
        fail_msg("%s", r.detail);
    assert_string_equal(r.out_type, "pdf");
    assert_memory_equal(r.out, "%PDF-", 5);
    for (size_t i = 0; words[i]; i++)
        if (!has(&r, words[i]))
            fail_msg("no %s", words[i]);
    inproc_finish(&r);
    fixture_free(f);
}

#define EXPECT(f, format, ...) expect(f, format, (const char *const[]){__VA_ARGS__, NULL})

static void jpeg_pages(void **state)
{
    struct fixture f = {0};

    make_jpeg(&f, &(struct make_jpeg){.width = 64, .height = 32, .density_unit = 1, .density = 288});
    EXPECT(&f, "jpeg", "/DCTDecode", "/DeviceRGB", "[0 0 16.000 8.000]"); /* 64 / 288 of an inch in points */
    make_jpeg(&f, &(struct make_jpeg){.width = 64, .height = 32, .components = 1});
    EXPECT(&f, "jpeg", "/DCTDecode", "/DeviceGray", "[0 0 48.000 24.000]"); /* no density: 96 dpi */
    make_jpeg(&f, &(struct make_jpeg){.width = 64, .height = 32, .density_unit = 1, .density = 1});
    EXPECT(&f, "jpeg", "[0 0 48.000 24.000]"); /* a density that cannot be */
    make_jpeg(&f, &(struct make_jpeg){.width = 64, .height = 32, .components = 4});
    EXPECT(&f, "jpeg", "/DeviceRGB");
    make_jpeg(&f, &(struct make_jpeg){.width = 64, .height = 32, .rgb = true});
    EXPECT(&f, "jpeg", "/DeviceRGB");
    make_jpeg(&f, &(struct make_jpeg){.width = 64, .height = 32, .progressive = true});
    EXPECT(&f, "jpeg", "/DCTDecode");
}

static void jpeg_on_its_side(void **state)
{
    struct fixture f = {0}, tiff = {0};

    fixture_add(&tiff, "Exif\0\0", 6);
    make_exif(&tiff, &(struct make_exif){.orientation = 6});
    make_jpeg(&f, &(struct make_jpeg){.width = 64, .height = 32});
    make_jpeg_segment(&f, 0xe1, tiff.bytes, tiff.len);
    EXPECT(&f, "jpeg", "[0 0 24.000 48.000]");
    fixture_free(&tiff);
}

static void png_pages(void **state)
{
    struct fixture f = {0};

    make_png(&f, &(struct make_png){.width = 40, .height = 20, .type = 3, .depth = 2});
    make_png_before(&f, "IDAT", "pHYs", "\0\0\x2c\x4c\0\0\x2c\x4c\1", 9); /* 288 dpi */
    EXPECT(&f, "png", "/FlateDecode", "[0 0 10.000 5.000]");
    make_png(&f, &(struct make_png){.width = 40, .height = 20, .depth = 1});
    EXPECT(&f, "png", "/FlateDecode", "[0 0 30.000 15.000]");
    make_png(&f, &(struct make_png){.width = 40, .height = 20, .type = 6, .depth = 16, .interlaced = true});
    EXPECT(&f, "png", "/DeviceRGB");
}

static void limits_hold(void **state)
{
    struct fmt_options options;
    struct inproc_result r;
    struct fixture f = {0};

    fmt_options_default(&options);
    options.mode = FMT_MODE_FLATTEN;
    options.limits.pages = 0;
    make_jpeg(&f, &(struct make_jpeg){.width = 64, .height = 32});
    inproc_run(inproc_handler("jpeg"), f.bytes, f.len, "a", &options, &r);
    assert_int_equal(r.reason, REASON_LIMIT_PAGES);
    inproc_finish(&r);
    options.limits.pages = 1;
    options.limits.output_bytes = 100;
    inproc_run(inproc_handler("jpeg"), f.bytes, f.len, "a", &options, &r);
    assert_int_equal(r.reason, REASON_LIMIT_OUTPUT);
    inproc_finish(&r);
    fixture_free(&f);
    make_png(&f, &(struct make_png){.width = 40, .height = 20});
    options.limits.pixels = 799;
    inproc_run(inproc_handler("png"), f.bytes, f.len, "a", &options, &r);
    assert_int_equal(r.reason, REASON_LIMIT_PIXELS);
    inproc_finish(&r);
    fixture_free(&f);
}

static void cut_pictures_are_held(void **state)
{
    struct inproc_result r;
    struct fixture f = {0};

    make_jpeg(&f, &(struct make_jpeg){.width = 64, .height = 64});
    f.len = f.len * 3 / 4;
    flat(&f, "jpeg", &r);
    assert_int_equal(r.reason, REASON_MALFORMED);
    inproc_finish(&r);
    fixture_free(&f);
    make_jpeg(&f, &(struct make_jpeg){.width = 64, .height = 64, .components = 4});
    f.len = f.len * 3 / 4;
    flat(&f, "jpeg", &r);
    assert_int_equal(r.reason, REASON_MALFORMED);
    inproc_finish(&r);
    fixture_free(&f);
}

static void pixels_lie_on_white(void **state)
{
    static const uint8_t plte[] = {10, 20, 30, 200, 100, 0}, alpha[] = {255, 0}, key[] = {0, 3};
    struct png_walk walk = {.type = PNG_PALETTE, .depth = 4, .palette = {plte, 6}, .trns = {alpha, 2}};
    uint8_t rgb[12];

    png_row_rgb(&walk, (const uint8_t[]){0x01}, 2, rgb);
    assert_memory_equal(rgb, ((const uint8_t[]){10, 20, 30, 255, 255, 255}), 6);
    walk = (struct png_walk){.type = PNG_GREY, .depth = 2, .trns = {key, 2}};
    png_row_rgb(&walk, (const uint8_t[]){0x1b}, 4, rgb); /* 0 1 2 and 3, which is transparent */
    assert_memory_equal(rgb, ((const uint8_t[]){0, 0, 0, 85, 85, 85, 170, 170, 170, 255, 255, 255}), 12);
    walk = (struct png_walk){.type = PNG_RGB_ALPHA, .depth = 8};
    png_row_rgb(&walk, (const uint8_t[]){255, 0, 0, 255, 0, 0, 0, 128}, 2, rgb);
    assert_memory_equal(rgb, ((const uint8_t[]){255, 0, 0, 127, 127, 127}), 6);
    walk = (struct png_walk){.type = PNG_GREY_ALPHA, .depth = 16};
    png_row_rgb(&walk, (const uint8_t[]){0x80, 0x80, 0xff, 0xff}, 1, rgb);
    assert_memory_equal(rgb, ((const uint8_t[]){128, 128, 128}), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jpeg_pages),  cmocka_unit_test(jpeg_on_its_side),      cmocka_unit_test(png_pages),
        cmocka_unit_test(limits_hold), cmocka_unit_test(cut_pictures_are_held), cmocka_unit_test(pixels_lie_on_white),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
