/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The JPEG verifier says no to everything but what the handler writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "formats/check/jpeg_stream.h"
#include "formats/image/reencode.h"

#define SIDE 21 /* leaves blocks outside the picture */

struct stream {
    uint8_t *bytes;
    size_t n;
};

static void stream_free(struct stream *s)
{
    free(s->bytes);
}

static struct stream stream_make(enum image_order order, bool subsample)
{
    static uint8_t rows[SIDE * SIDE * 4];
    struct image_pixels px = {rows, SIDE * 4, SIDE, SIDE, order};
    struct image_jpeg_limits limits;
    struct image_fail fail;
    struct stream s = {0};

    for (unsigned i = 0; i < sizeof rows; i++)
        rows[i] = (uint8_t)(i * 11 ^ i >> 3);
    image_jpeg_limits_default(&limits);
    assert_int_equal(image_jpeg_encode(&px, 80, subsample, 0, &limits, &s.bytes, &s.n, &fail), 0);
    return s;
}

static const char *refusal(const struct stream *s, bool bare)
{
    struct fmt_in in = {s->bytes, s->n};
    const char *why = NULL;

    return check_jpeg_stream(&in, bare, &why) == 0 ? NULL : why;
}

static size_t find(const struct stream *s, uint8_t marker)
{
    size_t at = 2;

    while (s->bytes[at + 1] != marker)
        at += 2 + ((size_t)s->bytes[at + 2] << 8 | s->bytes[at + 3]);
    return at;
}

static void insert(struct stream *s, size_t at, const void *bytes, size_t n)
{
    s->bytes = realloc(s->bytes, s->n + n);
    assert_non_null(s->bytes);
    memmove(s->bytes + at + n, s->bytes + at, s->n - at);
    memcpy(s->bytes + at, bytes, n);
    s->n += n;
}

static void accepts_ours(void **state)
{
    for (unsigned order = IMAGE_ORDER_GREY; order <= IMAGE_ORDER_BGRX; order++) {
        scoped(stream_free) struct stream s = stream_make((enum image_order)order, true);
        assert_null(refusal(&s, false));
        assert_null(refusal(&s, true));
    }
}

static void refuses_insertions(void **state)
{
    static const struct {
        uint8_t before; /* marker the bytes go in front of; 0: the end marker, 1: behind the end */
        const char *bytes;
        size_t n;
    } rows[] = {
        {0xdb, "\xff\xfe\0\6abcd", 8},                          /* comment */
        {0xdb, "\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0", 18},   /* a second JFIF */
        {0xdb, "\xff\xe1\0\x0e" "Exif\0\0II*\0\0\0", 16},       /* EXIF of another shape */
        {0xdb, "\xff\xe2\0\x14ICC_PROFILE\0\1\1abcd", 22},      /* no profile */
        {0xdb, "\xff\xe2\0\x14ICC_PROFILE\0\2\2abcd", 22},      /* second chunk first */
        {0xdb, "\xff\xe5\0\3x", 5},                             /* APP5 */
        {0xdb, "\xff", 1},                                      /* fill byte */
        {0xdb, "x", 1},                                         /* stray byte */
        {0xc4, "\xff\xdd\0\4\0\1", 6},                          /* restart interval */
        {0xda, "\xff\xfe\0\2", 4},                              /* comment in front of the scan */
        {0, "\0", 1},                                           /* a byte behind the last block */
        {0, "\xff\0", 2},
        {0, "\xff\xd9", 2},
        {1, "\0", 1},
        {1, "PK\3\4", 4},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(stream_free) struct stream s = stream_make(IMAGE_ORDER_RGB, true);
        size_t at = rows[i].before == 0 ? s.n - 2 : rows[i].before == 1 ? s.n : find(&s, rows[i].before);
        insert(&s, at, rows[i].bytes, rows[i].n);
        if (!refusal(&s, false))
            fail_msg("row %zu is accepted", i);
    }
}

static void refuses_changes(void **state)
{
    static const struct {
        uint8_t marker;
        size_t at;
        uint8_t value;
    } rows[] = {
        {0xe0, 16, 1},    /* thumbnail width */
        {0xe0, 10, 2},    /* version */
        {0xe0, 11, 3},    /* unit */
        {0xdb, 4, 0x10},  /* 16-bit table */
        {0xdb, 4, 3},     /* table that nothing uses, and one that is missing */
        {0xdb, 9, 0},     /* zero */
        {0xdb, 9, 77},    /* odd, and no longer of the family */
        {0xc0, 1, 0xc2},  /* progressive */
        {0xc0, 4, 12},    /* bits */
        {0xc0, 8, 200},   /* wider than what is coded */
        {0xc0, 8, 3},     /* narrower */
        {0xc0, 10, 9},    /* component id */
        {0xc0, 11, 0x41}, /* factor */
        {0xc4, 6, 200},   /* Huffman counts */
        {0xc4, 22, 99},   /* symbol */
        {0xc4, 22, 0},    /* symbol twice */
        {0xda, 5, 2},     /* order of components */
        {0xda, 6, 0x23},  /* table */
        {0xda, 12, 62},   /* spectral end */
        {0xda, 13, 1},    /* approximation */
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(stream_free) struct stream s = stream_make(IMAGE_ORDER_RGB, true);
        size_t at = find(&s, rows[i].marker) + rows[i].at;
        assert_int_not_equal(s.bytes[at], rows[i].value);
        s.bytes[at] = rows[i].value;
        if (!refusal(&s, false))
            fail_msg("row %zu is accepted", i);
    }
}

static void last_bits_must_be_ones(void **state)
{
    scoped(stream_free) struct stream s = stream_make(IMAGE_ORDER_GREY, false);
    uint8_t last = s.bytes[s.n - 3];

    assert_true(last & 1);
    s.bytes[s.n - 3] = last & 0xfe;
    assert_non_null(refusal(&s, false));
    s.bytes[s.n - 3] = last;
    assert_null(refusal(&s, false));
    for (size_t n = 0; n < s.n; n++) {
        struct stream cut = {s.bytes, n};
        assert_non_null(refusal(&cut, false));
    }
}

/* Any one byte changed, everywhere: no crash; what is accepted still ends where it must. */
static void survives_any_byte(void **state)
{
    scoped(stream_free) struct stream s = stream_make(IMAGE_ORDER_RGB, true);

    for (size_t i = 0; i < s.n; i++) {
        uint8_t was = s.bytes[i];
        for (unsigned d = 1; d < 256; d <<= 1) {
            s.bytes[i] = (uint8_t)(was ^ d);
            (void)refusal(&s, false);
        }
        s.bytes[i] = was;
    }
    assert_null(refusal(&s, false));
}

static void accepts_reencoded_streams_bare(void **state)
{
    struct image_jpeg_limits limits;
    struct image_jpeg_told told;
    struct image_fail fail;

    image_jpeg_limits_default(&limits);
    for (unsigned order = IMAGE_ORDER_GREY; order <= IMAGE_ORDER_BGRX; order++) {
        scoped(stream_free) struct stream s = stream_make((enum image_order)order, order == IMAGE_ORDER_RGB), b = {0};
        assert_int_equal(image_jpeg_reencode(s.bytes, s.n, &limits, 80, &b.bytes, &b.n, &told, &fail), 0);
        assert_null(refusal(&b, true));
        assert_non_null(refusal(&b, false)); /* a file must say what its components are */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_ours),
        cmocka_unit_test(refuses_insertions),
        cmocka_unit_test(refuses_changes),
        cmocka_unit_test(last_bits_must_be_ones),
        cmocka_unit_test(survives_any_byte),
        cmocka_unit_test(accepts_reencoded_streams_bare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
