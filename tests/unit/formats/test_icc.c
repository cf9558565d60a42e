/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Colour profiles: rebuilt the same twice, accepted by the verifier, and nothing else is. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "formats/check/icc.h"
#include "formats/image/icc.h"
#include "formats/make_jpeg.h"

static const struct make_icc kinds[] = {
    {.channels = 1},
    {.channels = 1, .v4 = true, .name = "Gray Gamma 2.2"},
    {.channels = 3, .private_tag = true},
    {.channels = 3, .v4 = true, .name = "Display P3"},
    {.channels = 3, .v4 = true, .lut_parts = true},
    {.channels = 4},
    {.channels = 4, .lut_wide = true, .name = "Japan Color 2011 Coated"},
    {.channels = 4, .v4 = true, .lut_parts = true},
};

static enum icc_space space_of(unsigned channels)
{
    return channels == 1 ? ICC_SPACE_GREY : channels == 3 ? ICC_SPACE_RGB : ICC_SPACE_CMYK;
}

static struct fixture rebuilt(const struct make_icc *kind)
{
    struct fixture raw = {0}, out = {0};

    make_icc(&raw, kind);
    assert_int_equal(icc_rebuild(raw.bytes, raw.len, space_of(kind->channels), &out.bytes, &out.len), 0);
    fixture_free(&raw);
    return out;
}

static const char *refusal(const struct fixture *f, unsigned channels)
{
    return check_icc(&(struct fmt_in){f->bytes, f->len}, channels);
}

static void rebuilding_ends(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        struct fixture f = rebuilt(&kinds[i]), again = {0}, raw = {0};
        make_icc(&raw, &kinds[i]);
        if (refusal(&f, kinds[i].channels))
            fail_msg("kind %zu: %s", i, refusal(&f, kinds[i].channels));
        assert_non_null(refusal(&raw, kinds[i].channels));
        assert_non_null(refusal(&f, kinds[i].channels == 1 ? 3 : 1));
        assert_int_equal(icc_rebuild(f.bytes, f.len, space_of(kinds[i].channels), &again.bytes, &again.len), 0);
        assert_int_equal(again.len, f.len);
        assert_memory_equal(again.bytes, f.bytes, f.len);
        fixture_free(&f);
        fixture_free(&again);
        fixture_free(&raw);
    }
}

static void names_are_known_or_neutral(void **state)
{
    struct fixture known = rebuilt(&kinds[3]), other = rebuilt(&kinds[2]);

    assert_non_null(memmem(known.bytes, known.len, "\0D\0i\0s\0p\0l\0a\0y\0 \0P\0003", 20));
    assert_non_null(memmem(other.bytes, other.len, "desc\0\0\0\0\0\0\0\4RGB", 16));
    assert_null(memmem(other.bytes, other.len, "secret", 6));
    fixture_free(&known);
    fixture_free(&other);
}

/* Whatever is cut off or hung on, and whatever byte is changed: no crash, and no header or table byte is free. */
static void nothing_else_passes(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        struct fixture f = rebuilt(&kinds[i]);
        unsigned channels = kinds[i].channels, tags = f.bytes[131];
        for (size_t n = 0; n < f.len; n++)
            assert_non_null(refusal(&(struct fixture){f.bytes, n}, channels));
        for (size_t at = 0; at < 132 + 12 * (size_t)tags; at++) {
            if (at == 67) /* the intent, 0 to 3 */
                continue;
            f.bytes[at] ^= 0x40;
            if (!refusal(&f, channels))
                fail_msg("kind %zu: byte %zu may be another", i, at);
            f.bytes[at] ^= 0x40;
        }
        for (size_t at = 0; at < f.len; at++) {
            f.bytes[at] ^= 0x80;
            (void)refusal(&f, channels);
            f.bytes[at] ^= 0x80;
        }
        fixture_add(&f, "\0\0\0\0", 4);
        f.bytes[3] = (uint8_t)(f.bytes[3] + 4);
        assert_non_null(refusal(&f, channels));
        fixture_free(&f);
    }
}

/* Every byte of a hostile profile changed: what is rebuilt is accepted. */
static void rebuilding_survives(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        struct fixture raw = {0};
        make_icc(&raw, &kinds[i]);
        for (size_t at = 0; at < raw.len; at += at < 400 || at > 4090 ? 1 : 97) {
            struct fixture out = {0};
            raw.bytes[at] ^= 0x81;
            if (icc_rebuild(raw.bytes, raw.len, space_of(kinds[i].channels), &out.bytes, &out.len) == 0 &&
                refusal(&out, kinds[i].channels))
                fail_msg("kind %zu, byte %zu: %s", i, at, refusal(&out, kinds[i].channels));
            raw.bytes[at] ^= 0x81;
            fixture_free(&out);
        }
        for (size_t n = 0; n < raw.len; n += n < 200 ? 1 : 61) {
            struct fixture out = {0};
            assert_int_equal(icc_rebuild(raw.bytes, n, space_of(kinds[i].channels), &out.bytes, &out.len),
                             ERR_MALFORMED);
        }
        fixture_free(&raw);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rebuilding_ends),
        cmocka_unit_test(names_are_known_or_neutral),
        cmocka_unit_test(nothing_else_passes),
        cmocka_unit_test(rebuilding_survives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
