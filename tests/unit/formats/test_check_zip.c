/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ZIP verifier: one form passes, and no single byte of it may be another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "formats/job.h"
#include "formats/zip/lib_sodium.h"
#include "formats/zip/writer.h"
#include "support/zip_builder.h"

extern const struct format_verifier chk_zip;

/* ---- Writing and verifying --------------------------------------------------- */

static int collect(void *ctx, uint64_t offset, const void *bytes, size_t n)
{
    struct fixture *f = ctx;

    if (offset == f->len)
        fixture_add(f, bytes, n);
    else
        memcpy(f->bytes + offset, bytes, n);
    return 0;
}

static const struct fmt_backend writing = {.write = collect};

/* What the core would have released: everything but the content "evil". */
static bool approve(void *ctx, const uint8_t sha256[32])
{
    uint8_t evil[32];
    struct lib_sodium_sha256 state;

    (void)ctx;
    lib_sodium_sha256_begin(&state);
    lib_sodium_sha256_add(&state, "evil", 4);
    lib_sodium_sha256_end(&state, evil);
    return memcmp(evil, sha256, 32) != 0;
}

static const struct fmt_backend checking = {.is_approved = approve};

static enum reason verify_with(const struct fixture *f, const struct fmt_backend *backend, const struct fmt_options *options)
{
    uint8_t *copy = malloc(f->len + 1);
    struct fmt_job *job = NULL;

    assert_non_null(copy);
    memcpy(copy, f->bytes, f->len);
    struct fmt_in in = {copy, f->len};
    assert_int_equal(job_new(&in, options, "", backend, NULL, &job), 0);
    enum reason reason = job_verify(job, &chk_zip);
    job_free(&job);
    free(copy);
    return reason;
}

static enum reason verify(const struct fixture *f)
{
    struct fmt_options options;

    fmt_options_default(&options);
    return verify_with(f, &checking, &options);
}

struct part {
    const char *path, *text;
    bool folder, has_mtime;
};

static void write_parts(struct fixture *out, const struct part *parts, size_t count)
{
    static const uint8_t none[1];
    struct fmt_options options;
    struct fmt_in in = {none, 1};
    struct fmt_job *job = NULL;

    fmt_options_default(&options);
    assert_int_equal(job_new(&in, &options, "", &writing, out, &job), 0);
    struct zip_writer writer = zip_writer_new(job);
    for (size_t i = 0; i < count; i++) {
        struct zip_entry entry = {.path = parts[i].path, .folder = parts[i].folder, .dos_date = 0x5862, .dos_time = 0x1234,
                                  .has_mtime = parts[i].has_mtime, .mtime = 1700000000};
        struct fmt_in bytes = {(const uint8_t *)parts[i].text, parts[i].text ? strlen(parts[i].text) : 0};
        assert_int_equal(zip_writer_add(&writer, &entry, &bytes), 0);
    }
    assert_int_equal(zip_writer_finish(&writer), 0);
    zip_writer_clear(&writer);
    job_free(&job);
}

#define LONG "said again and again, said again and again, said again and again, said again and again"
static const struct part good[] = {
    {"dir", NULL, true, true},
    {"dir/a.txt", LONG, false, true},
    {"報告.txt", "stored", false, false},
    {"empty.txt", NULL, false, false},
};

/* ---- Tests --------------------------------------------------------------------- */

static void test_good(void **state)
{
    struct fixture f = {0};

    (void)state;
    write_parts(&f, good, ARRAY_LEN(good));
    assert_int_equal(verify(&f), REASON_OK);
    fixture_free(&f);
}

/* Where the one deflated member's data is: other deflate streams give the same content, and any of them is fine. */
static void deflated_range(const struct fixture *f, size_t *from_out, size_t *to_out)
{
    const uint8_t *p = memmem(f->bytes, f->len, "dir/a.txt", 9);

    assert_non_null(p);
    assert_int_equal(p[-30 + 8], 8); /* the method, in its local header */
    *from_out = (size_t)(p - f->bytes) + 9 + 9;
    *to_out = *from_out + p[-30 + 18];
}

static void test_every_byte(void **state)
{
    static const uint8_t changes[] = {0x01, 0x20, 0x80, 0xff};
    struct fixture f = {0};
    size_t from, to;
    unsigned passed = 0;

    (void)state;
    write_parts(&f, good, ARRAY_LEN(good));
    deflated_range(&f, &from, &to);
    for (size_t i = 0; i < f.len; i++)
        for (size_t c = 0; c < ARRAY_LEN(changes); c++) {
            f.bytes[i] ^= changes[c];
            bool fine = verify(&f) == REASON_OK;
            if (fine && (i < from || i >= to))
                fail_msg("byte %zu changed by %#x passes", i, changes[c]);
            passed += fine;
            f.bytes[i] ^= changes[c];
        }
    assert_true(passed < (to - from) / 4);
    assert_int_equal(verify(&f), REASON_OK);
    fixture_free(&f);
}

static void test_cut_and_grown(void **state)
{
    struct fixture f = {0}, g = {0};

    (void)state;
    write_parts(&f, good, ARRAY_LEN(good));
    size_t len = f.len;
    for (f.len = 1; f.len < len; f.len++)
        assert_int_not_equal(verify(&f), REASON_OK);
    f.len = len;
    fixture_add(&g, "x", 1);
    fixture_add(&g, f.bytes, f.len);
    assert_int_not_equal(verify(&g), REASON_OK);
    fixture_puts(&f, "x");
    assert_int_not_equal(verify(&f), REASON_OK);
    fixture_free(&f);
    fixture_free(&g);
}

/* Archives a taken-over worker could write, in good form but for one thing. */
static void test_bad_parts(void **state)
{
    static const struct part bad[] = {
        {"evil.txt", "evil", false, false},      /* content nobody released */
        {"a.exe", "fine", false, false},         /* released content under a program's name */
        {"a.bat", "fine", false, false},
        {"a.txt.exe", "fine", false, false},
        {"a.lnk", NULL, false, false},           /* even when empty */
        {"noext", "fine", false, false},
        {"a.unknown", "fine", false, false},
        {"../a.txt", "fine", false, false},
        {"a/../b.txt", "fine", false, false},
        {"/a.txt", "fine", false, false},
        {"C:/a.txt", "fine", false, false},
        {"a\\b.txt", "fine", false, false},
        {"./a.txt", "fine", false, false},
        {"a//b.txt", "fine", false, false},
        {"a./b.txt", "fine", false, false},
        {"a /b.txt", "fine", false, false},
        {"a\x1b.txt", "fine", false, false},
        {"a\xE2\x80\xAE.txt", "fine", false, false},     /* right-to-left override */
        {"a\xE2\x80\x8B.txt", "fine", false, false},     /* zero width */
        {"\x95\xF1.txt", "fine", false, false},          /* CP932 */
        {"\xE3\x83\x8F\xE3\x82\x9A.txt", "fine", false, false}, /* NFD */
        {"CON.txt", "fine", false, false},
        {"DIR/A.TXT", "fine", false, false},             /* one file with another member */
        {"dir", "fine", false, false},
        {"dir/a.txt/b.txt", "fine", false, false},
        {"Dir", NULL, true, false},
        {"", "fine", false, false},
        {"", NULL, true, false},
        {"..", NULL, true, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct fixture f = {0};
        struct part parts[ARRAY_LEN(good) + 1];
        memcpy(parts, good, sizeof good);
        parts[ARRAY_LEN(good)] = bad[i];
        write_parts(&f, parts, ARRAY_LEN(parts));
        if (verify(&f) == REASON_OK)
            fail_msg("\"%s\" passes", bad[i].path);
        fixture_free(&f);
    }
}

#define MADE .host = 3, .attributes = 0100644u << 16
static const struct zb_member plain = {.name = "a.txt", .data = ZB("fine"), MADE};

static void test_plain(void **state)
{
    struct fixture f = {0};

    (void)state;
    zb_make(&f, &plain, 1, NULL);
    assert_int_equal(verify(&f), REASON_OK);
    fixture_free(&f);
}

/* Good archives in other forms than ours. */
static void test_other_forms(void **state)
{
    static const struct zb_member members[] = {
        {.name = "a.txt", .data = ZB(LONG LONG), .method = 12, MADE},
        {.name = "a.txt", .data = ZB(LONG LONG), .method = 93, MADE},
        {.name = "a.txt", .data = ZB(LONG LONG), .method = 14, MADE},
        {.name = "a.txt", .data = ZB("fine"), .host = 3, .attributes = 0100755u << 16},
        {.name = "a.txt", .data = ZB("fine"), .host = 3, .attributes = 0120777u << 16},
        {.name = "a.txt", .data = ZB("fine"), .host = 3, .attributes = 0020644u << 16},
        {.name = "a.txt", .data = ZB("fine"), .attributes = 0100644u << 16},
        {.name = "a.txt", .data = ZB("fine"), .descriptor = ZB_DESCRIPTOR_SIGNED, MADE},
        {.name = "a.txt", .data = ZB("fine"), .zip64 = true, MADE},
        {.name = "a.txt", .data = ZB("fine"), .comment = "c", MADE},
        {.name = "a.txt", .data = ZB("fine"), .extra = ZB("\x75\x78\x0b\0\1\4\xe8\3\0\0\4\xe8\3\0\0"), MADE},
        {.name = "a.txt", .data = ZB("fine"), .local_extra = ZB("\x55\x54\5\0\1\0\0\0\0"), MADE},
        {.name = "a.txt", .data = ZB("fine"), .extra = ZB("\x55\x54\5\0\3\0\0\0\0"), MADE},
        {.name = "a.txt", .data = ZB("fine"), .flags = 0x800, MADE}, /* a name that needs no flag */
        {.name = "\xE8\xA1\xA8.txt", .data = ZB("fine"), MADE},      /* one that does */
        {.name = "a.txt", .data = ZB("fine"), .flags = 1, MADE},
        {.name = "a.txt", .local_name = "b.txt", .data = ZB("fine"), MADE},
        {.name = "a.txt", .data = ZB("fine"), .disk = 1, MADE},
        {.name = "a.txt", .data = ZB("fine"), .before = ZB("x"), MADE},
        {.name = "a.txt", .data = ZB("fine"), .crc_xor = 1, MADE},
        {.name = "a.txt", .data = ZB(LONG), .method = 8, .say_bytes = sizeof LONG, MADE},
        {.name = "a.txt", .data = ZB(LONG), .method = 8, .say_bytes = sizeof LONG - 2, MADE},
        {.name = "a.txt", .packed = ZB("\x01\x04\0\xfb\xff" "fine" "hidden"), .data = ZB("fine"), .method = 8, MADE},
        {.name = "a.txt", .data = ZB("x"), .method = 8, .say_bytes = 1u << 30, MADE},
        {.name = "d/", .data = ZB("fine"), .host = 3, .attributes = 040755u << 16 | 0x10},
    };
    static const struct zb_end ends[] = {
        {.comment = ZB("comment")}, {.prefix = ZB("GIF89a")},    {.prefix = ZB("GIF89a"), .prefix_moves = true},
        {.suffix = ZB("tail")},     {.before_central = ZB("x")}, {.zip64 = true},
        {.count = 1},               {.count = -1},               {.size = 1},
        {.start = 1},               {.disk = 1},                 {.twice = 1},
    };
    struct fixture f = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        struct zb_member two[] = {plain, members[i]};
        two[0].name = "first.txt";
        zb_make(&f, two, 2, NULL);
        if (verify(&f) == REASON_OK)
            fail_msg("member %zu passes", i);
        fixture_free(&f);
    }
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        zb_make(&f, &plain, 1, &ends[i]);
        if (verify(&f) == REASON_OK)
            fail_msg("end %zu passes", i);
        fixture_free(&f);
    }
    zb_make(&f, NULL, 0, NULL);
    assert_int_equal(verify(&f), REASON_CHECK_REFUSED);
    fixture_free(&f);
}

/* Without an answer from the core nothing is approved. */
static void test_nobody_approves(void **state)
{
    static const struct fmt_backend nobody;
    struct fmt_options options;
    struct fixture f = {0};

    (void)state;
    fmt_options_default(&options);
    zb_make(&f, &plain, 1, NULL);
    assert_int_equal(verify_with(&f, &nobody, &options), REASON_CHECK_REFUSED);
    fixture_free(&f);
}

static void test_limits(void **state)
{
    struct fmt_options options;
    struct fixture f = {0};

    (void)state;
    write_parts(&f, good, ARRAY_LEN(good));
    fmt_options_default(&options);
    options.limits.members = ARRAY_LEN(good);
    options.limits.total_bytes = strlen(LONG) + 6;
    assert_int_equal(verify_with(&f, &checking, &options), REASON_OK);
    options.limits.members--;
    assert_int_not_equal(verify_with(&f, &checking, &options), REASON_OK);
    options.limits.members++;
    options.limits.total_bytes--;
    assert_int_not_equal(verify_with(&f, &checking, &options), REASON_OK);
    options.limits.total_bytes++;
    options.limits.ratio_floor = 10;
    options.limits.ratio = 1;
    assert_int_not_equal(verify_with(&f, &checking, &options), REASON_OK);
    options.limits.ratio_floor = 1000;
    options.limits.steps = 1;
    assert_int_equal(verify_with(&f, &checking, &options), REASON_LIMIT_STEPS);
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),      cmocka_unit_test(test_every_byte),  cmocka_unit_test(test_cut_and_grown),
        cmocka_unit_test(test_bad_parts), cmocka_unit_test(test_plain),       cmocka_unit_test(test_other_forms),
        cmocka_unit_test(test_limits),    cmocka_unit_test(test_nobody_approves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
