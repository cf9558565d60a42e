/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The signed manifest: one way to write it, and only that is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/manifest.h"

static struct sign_key key;

static struct manifest sample(void)
{
    struct manifest m = {.sequence = 42,
                         .destination_sequence = 7,
                         .job = "20261124010203004-0123456789abcdefghjkmnpqrs",
                         .gateway = "gw1",
                         .lane = "kikaku",
                         .destination = "lgwan",
                         .label = "2",
                         .path = "lgwan/議案/第１号 (2).pdf",
                         .type = "pdf",
                         .mode = "sanitize",
                         .bytes = 12345,
                         .policy = "00ff",
                         .time_ms = 1795500000123};

    memset(m.sha256, 0xAB, sizeof m.sha256);
    memset(m.original_sha256, 0xCD, sizeof m.original_sha256);
    manifest_set_passed(&m);
    return m;
}

static int setup(void **state)
{
    uint8_t seed[SIGN_SEED_BYTES] = {1, 2, 3};

    (void)state;
    assert_int_equal(crypt_init(), 0);
    sign_key_from_seed(seed, &key);
    return 0;
}

static void test_round_trip(void **state)
{
    struct manifest m = sample(), back;
    scoped_buf text = buf_new(MANIFEST_MAX);

    (void)state;
    assert_int_equal(manifest_put(&text, &m, &key), 0);
    assert_int_equal(manifest_get(text.bytes, text.len, key.public, &back), 0);
    assert_int_equal(back.sequence, 42);
    assert_int_equal(back.destination_sequence, 7);
    assert_int_equal(back.bytes, 12345);
    assert_int_equal(back.time_ms, m.time_ms);
    assert_string_equal(back.path, m.path);
    assert_string_equal(back.job, m.job);
    assert_memory_equal(back.sha256, m.sha256, 32);
    assert_memory_equal(back.original_sha256, m.original_sha256, 32);
    assert_string_equal(back.stages, "detect,scan-input,rebuild,scan-output,check");
    assert_non_null(strstr(buf_text(&text), "\ntime: 2026-11-24T06:00:00.123Z\nsignature: "));
}

/* Every single byte counts: whatever is changed, the manifest is refused. */
static void test_each_byte(void **state)
{
    struct manifest m = sample(), back;
    scoped_buf text = buf_new(MANIFEST_MAX);

    (void)state;
    assert_int_equal(manifest_put(&text, &m, &key), 0);
    for (size_t i = 0; i < text.len; i++) {
        text.bytes[i] ^= 0x01;
        assert_true(manifest_get(text.bytes, text.len, key.public, &back) < 0);
        text.bytes[i] ^= 0x01;
    }
    for (size_t n = 0; n < text.len; n++)
        assert_true(manifest_get(text.bytes, n, key.public, &back) < 0);
    buf_u8(&text, '\n');
    assert_true(manifest_get(text.bytes, text.len, key.public, &back) < 0);
}

static void test_another_key(void **state)
{
    uint8_t seed[SIGN_SEED_BYTES] = {9};
    struct sign_key other;
    struct manifest m = sample(), back;
    scoped_buf text = buf_new(MANIFEST_MAX);

    (void)state;
    sign_key_from_seed(seed, &other);
    assert_int_equal(manifest_put(&text, &m, &other), 0);
    assert_int_equal(manifest_get(text.bytes, text.len, key.public, &back), ERR_CRYPTO);
}

/* Signed by the right key and still no ticket: a stage is missing, out of order, or the verdict is another. */
static void test_stages_and_verdict(void **state)
{
    static const char *const stages[] = {"detect,scan-input,rebuild,scan-output", "scan-input,detect,rebuild,scan-output,check",
                                         "detect,scan-input,rebuild,scan-output,check,check", "none"};
    struct manifest m, back;
    scoped_buf text = buf_new(MANIFEST_MAX);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(stages); i++) {
        m = sample();
        (void)snprintf(m.stages, sizeof m.stages, "%s", stages[i]);
        buf_reset(&text);
        assert_int_equal(manifest_put(&text, &m, &key), 0);
        assert_int_equal(manifest_get(text.bytes, text.len, key.public, &back), ERR_REFUSED);
    }
    m = sample();
    (void)snprintf(m.verdict, sizeof m.verdict, "held");
    buf_reset(&text);
    assert_int_equal(manifest_put(&text, &m, &key), 0);
    assert_int_equal(manifest_get(text.bytes, text.len, key.public, &back), ERR_REFUSED);
}

/* A value that would make another line of itself, or a path that leads elsewhere, is not written. */
static void test_unwritable(void **state)
{
    static const char *const paths[] = {"lgwan/../x.pdf", "/lgwan/x.pdf", "other/x.pdf", "lgwan//x.pdf", "lgwan/x.pdf\nverdict: released",
                                        "lgwan/x.pdf.manifest", "lgwan/x.MANIFEST", "lgwan/", "lgwan", "lgwan/\xff.pdf", "lgwan/a\xE2\x80\xAE.pdf"};
    struct manifest m;
    scoped_buf text = buf_new(MANIFEST_MAX);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        m = sample();
        (void)snprintf(m.path, sizeof m.path, "%s", paths[i]);
        assert_int_equal(manifest_put(&text, &m, &key), ERR_INVALID);
        assert_int_equal(text.len, 0);
    }
    m = sample();
    (void)snprintf(m.lane, sizeof m.lane, "a\nb");
    assert_int_equal(manifest_put(&text, &m, &key), ERR_INVALID);
    m = sample();
    m.sequence = 0;
    assert_int_equal(manifest_put(&text, &m, &key), ERR_INVALID);
    m = sample();
    memset(m.sha256, 0, sizeof m.sha256);
    assert_int_equal(manifest_put(&text, &m, &key), ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),        cmocka_unit_test(test_each_byte),  cmocka_unit_test(test_another_key),
        cmocka_unit_test(test_stages_and_verdict), cmocka_unit_test(test_unwritable),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
