/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The JPEG core without a job: EXIF in and out, tables, encode and encode again. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "formats/image/exif.h"
#include "formats/image/jpeg_tables.h"
#include "formats/image/reencode.h"

static void exif_round_trip(void **state)
{
    uint8_t block[EXIF_BLOCK_MAX];

    for (unsigned o = 0; o <= 9; o++) {
        struct exif in = {.orientation = o}, out;
        size_t n = exif_write(&in, block);
        assert_int_equal(n, o >= 2 && o <= 8 ? 26 : 0);
        exif_read(block, n, &out);
        assert_int_equal(out.orientation, n ? o : 0);
        assert_false(out.gps || out.thumbnail);
    }
    struct exif in = {.orientation = 6, .unit = 2, .x = 118, .y = 119}, out;
    size_t n = exif_write(&in, block);
    assert_int_equal(n, EXIF_BLOCK_MAX);
    exif_read(block, n, &out);
    assert_memory_equal(&in, &out, sizeof in);
    for (size_t cut = 0; cut < n; cut++)
        exif_read(block, cut, &out); /* for the sanitizers */
}

static void exif_hostile_offsets(void **state)
{
    /* IFD offset at the very end of 32 bits, then 65535 entries that are not there */
    const uint8_t far[] = "II*\0\xff\xff\xff\xff", many[] = "II*\0\x08\0\0\0\xff\xff\x12\x01";
    struct exif out;

    exif_read(far, sizeof far - 1, &out);
    assert_int_equal(out.orientation, 0);
    exif_read(many, sizeof many - 1, &out);
    assert_int_equal(out.orientation, 0);
}

static void quant_keeps_ijg_and_evens_others(void **state)
{
    uint16_t flat[64], text[64], zero[64] = {0};

    for (unsigned i = 0; i < 64; i++) {
        flat[i] = 1;
        text[i] = (uint16_t)("<?php eval(0);?>"[i % 16]);
    }
    assert_true(jpeg_quant_clean(flat));
    assert_int_equal(flat[5], 1);
    assert_true(jpeg_quant_clean(text));
    for (unsigned i = 0; i < 64; i++)
        assert_int_equal(text[i] % 2, 0);
    assert_false(jpeg_quant_clean(zero));
    uint16_t wide[64];
    for (unsigned i = 0; i < 64; i++)
        wide[i] = (uint16_t)(300 + i);
    assert_true(jpeg_quant_clean(wide));
    assert_int_equal(wide[63], 254);
}

/* Kraft sum of at most 1 minus the code of ones; every legal symbol once. */
static void check_code(const uint8_t counts[17], const uint8_t symbols[256], size_t expected)
{
    uint32_t room = 0;
    size_t n = 0;
    bool seen[256] = {false};

    for (unsigned l = 1; l <= 16; l++) {
        room += (uint32_t)counts[l] << (16 - l);
        n += counts[l];
    }
    assert_true(room < 1u << 16);
    assert_int_equal(n, expected);
    for (size_t i = 0; i < n; i++) {
        assert_false(seen[symbols[i]]);
        seen[symbols[i]] = true;
    }
}

static void huffman_is_always_complete(void **state)
{
    static const uint8_t none[256];
    struct jpeg_weights w;
    uint8_t counts[17], symbols[256], random[256];

    jpeg_huffman_weigh(none, none, true, &w);
    jpeg_huffman_make(&w, counts, symbols);
    check_code(counts, symbols, 162);
    for (unsigned i = 0; i < 30; i++) /* Fibonacci weights make the longest codes */
        w.of[0x11 + i] = w.of[0x11 + i] ? (i < 2 ? 1 : w.of[0x10 + i] + w.of[0x0f + i] + 1) : 0;
    jpeg_huffman_make(&w, counts, symbols);
    check_code(counts, symbols, 162);
    for (unsigned i = 0; i < 256; i++)
        random[i] = (uint8_t)(i * 37);
    jpeg_huffman_shuffle(counts, symbols, random);
    check_code(counts, symbols, 162);
    jpeg_huffman_weigh(none, none, false, &w);
    jpeg_huffman_make(&w, counts, symbols);
    check_code(counts, symbols, 12);
}

static void huffman_count_ignores_what_is_not_legal(void **state)
{
    static const uint8_t none[256];
    struct jpeg_weights dc, ac;
    int16_t block[64] = {INT16_MIN};

    jpeg_huffman_weigh(none, none, false, &dc);
    jpeg_huffman_weigh(none, none, true, &ac);
    block[63] = INT16_MAX;
    block[1] = -1;
    jpeg_huffman_count(block, INT16_MAX, &dc, &ac);
    for (unsigned s = 0; s < 256; s++) {
        assert_int_equal(dc.of[s], s <= 11 ? 1 : 0);
        assert_int_equal(ac.of[s], s == 0x01 ? 17 : s == 0xf0 ? 1 + 16 * 3 : ac.of[s] ? 1 : 0);
    }
}

#define SIDE 97

static void pixels_make(uint8_t rows[SIDE * SIDE * 4])
{
    for (unsigned i = 0; i < SIDE * SIDE * 4; i++)
        rows[i] = (uint8_t)(i * i >> 9 ^ i / (SIDE * 4));
}

static void encode_then_reencode(void **state)
{
    static uint8_t rows[SIDE * SIDE * 4];
    struct image_jpeg_limits limits;
    struct image_jpeg_told told;
    struct image_jpeg_info info;
    struct image_fail fail;

    pixels_make(rows);
    image_jpeg_limits_default(&limits);
    for (unsigned order = IMAGE_ORDER_GREY; order <= IMAGE_ORDER_BGRX; order++) {
        struct image_pixels px = {rows, SIDE * 4, SIDE, SIDE, (enum image_order)order};
        uint8_t *a = NULL, *b = NULL, *again = NULL;
        size_t an, bn, again_n;
        assert_int_equal(image_jpeg_encode(&px, 80, true, 150, &limits, &a, &an, &fail), 0);
        assert_int_equal(image_jpeg_reencode(a, an, &limits, 80, &b, &bn, &told, &fail), 0);
        assert_int_equal(told.metadata + told.damage + told.trailing_bytes + told.hidden_bytes, 0);
        assert_int_equal(image_jpeg_inspect(b, bn, &info, &fail), 0);
        assert_int_equal(info.width, SIDE);
        assert_int_equal(info.kind, order == IMAGE_ORDER_GREY ? IMAGE_JPEG_GREY : IMAGE_JPEG_YCBCR);
        assert_int_equal(image_jpeg_reencode(a, an, &limits, 80, &again, &again_n, &told, &fail), 0);
        assert_int_equal(again_n, bn);
        assert_memory_equal(again, b, bn); /* deterministic */
        free(a);
        free(b);
        free(again);
    }
}

static void limits_hold(void **state)
{
    static uint8_t rows[SIDE * SIDE * 4];
    struct image_pixels px = {rows, SIDE, SIDE, SIDE, IMAGE_ORDER_GREY};
    struct image_jpeg_limits limits, tight;
    struct image_jpeg_told told;
    struct image_fail fail;
    uint8_t *a = NULL, *b = NULL;
    size_t an, bn;

    pixels_make(rows);
    image_jpeg_limits_default(&limits);
    assert_int_equal(image_jpeg_encode(&px, 80, true, 0, &limits, &a, &an, &fail), 0);
    const struct {
        size_t member;
        enum reason reason;
    } each[] = {{offsetof(struct image_jpeg_limits, pixels), REASON_LIMIT_PIXELS},
                {offsetof(struct image_jpeg_limits, output_bytes), REASON_LIMIT_OUTPUT},
                {offsetof(struct image_jpeg_limits, work), REASON_LIMIT_STEPS},
                {offsetof(struct image_jpeg_limits, scans), REASON_LIMIT_STEPS}};
    for (size_t i = 0; i < ARRAY_LEN(each); i++) {
        tight = limits;
        memset((char *)&tight + each[i].member, 0, sizeof(uint32_t));
        if (each[i].member != offsetof(struct image_jpeg_limits, scans))
            memset((char *)&tight + each[i].member, 0, sizeof(uint64_t));
        assert_int_equal(image_jpeg_reencode(a, an, &tight, 80, &b, &bn, &told, &fail), ERR_LIMIT);
        assert_int_equal(fail.reason, each[i].reason);
        assert_null(b);
    }
    free(a);
}

static void bad_pixels_are_refused(void **state)
{
    uint8_t row[12] = {0}, *out = NULL;
    struct image_jpeg_limits limits;
    struct image_fail fail;
    size_t n;
    const struct image_pixels bad[] = {{row, 12, 0, 1, IMAGE_ORDER_RGB},     {row, 12, 4, 0, IMAGE_ORDER_RGB},
                                       {row, 11, 4, 1, IMAGE_ORDER_RGB},     {row, 12, 4, 1, IMAGE_ORDER_NONE},
                                       {row, 12, 4, 65501, IMAGE_ORDER_RGB}, {row, 12, 4, 1, (enum image_order)9}};

    image_jpeg_limits_default(&limits);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(image_jpeg_encode(&bad[i], 80, true, 0, &limits, &out, &n, &fail), ERR_INVALID);
    assert_null(out);
}

static void not_a_jpeg(void **state)
{
    struct image_jpeg_info info;
    struct image_fail fail;
    const char *bad[] = {"", "\xff\xd8", "\xff\xd8\xff\xd9", "\x89PNG\r\n\x1a\n", "\xff\xd8\xff\xe0\xff\xff"};

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(image_jpeg_inspect((const uint8_t *)bad[i], strlen(bad[i]), &info, &fail), ERR_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exif_round_trip),
        cmocka_unit_test(exif_hostile_offsets),
        cmocka_unit_test(quant_keeps_ijg_and_evens_others),
        cmocka_unit_test(huffman_is_always_complete),
        cmocka_unit_test(huffman_count_ignores_what_is_not_legal),
        cmocka_unit_test(encode_then_reencode),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(bad_pixels_are_refused),
        cmocka_unit_test(not_a_jpeg),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
