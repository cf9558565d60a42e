/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reader of the structure and the writer: what one writes the other reads; clocks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "formats/job.h"
#include "formats/zip/directory.h"
#include "formats/zip/unpack.h"
#include "formats/zip/writer.h"
#include "support/zip_builder.h"

static int collect(void *ctx, uint64_t offset, const void *bytes, size_t n)
{
    struct fixture *f = ctx;

    if (offset == f->len) {
        fixture_add(f, bytes, n);
        return 0;
    }
    size_t inside = n < f->len - offset ? n : f->len - offset;
    memcpy(f->bytes + offset, bytes, inside);
    fixture_add(f, (const uint8_t *)bytes + inside, n - inside);
    return 0;
}

static const struct fmt_backend writing = {.write = collect};

static struct fmt_job *job_for(const struct fmt_in *in, struct fixture *out, uint64_t output_max)
{
    struct fmt_options options;
    struct fmt_job *job = NULL;

    fmt_options_default(&options);
    if (output_max)
        options.limits.output_bytes = output_max;
    assert_int_equal(job_new(in, &options, "", &writing, out, &job), 0);
    return job;
}

/* ---- Reading ----------------------------------------------------------------- */

static void test_facts(void **state)
{
    static const struct zb_member members[] = {
        {.name = "dir/", .host = 3, .attributes = 040755u << 16},
        {.name = "a.txt", .data = ZB("hello"), .descriptor = ZB_DESCRIPTOR_SIGNED, .comment = "four",
         .extra = ZB("\x55\x54\5\0\1\0\xca\x9a\x3b\x0a\0\4\0aaaa")},
        {.name = "link", .data = ZB("x"), .host = 3, .attributes = 0120777u << 16},
    };
    static const struct zb_end end = {.comment = ZB("archive"), .suffix = ZB("12345")};
    struct fixture f = {0};
    struct zip_directory d = {0};

    (void)state;
    zb_make(&f, members, ARRAY_LEN(members), &end);
    struct fmt_in in = {f.bytes, f.len};
    struct fmt_job *job = job_for(&in, NULL, 0);
    assert_int_equal(zip_directory_read(job, &in, &d), 0);
    assert_int_equal(d.count, 3);
    assert_int_equal(d.comment_bytes, 7);
    assert_int_equal(d.trailing_bytes, 5);
    assert_int_equal(d.members[0].kind, ZIP_KIND_FOLDER);
    assert_false(d.members[0].dos);
    const struct zip_member *a = &d.members[1];
    assert_int_equal(a->kind, ZIP_KIND_FILE);
    assert_true(a->dos);
    assert_int_equal(a->header_at, d.members[0].end_at);
    assert_int_equal(a->end_at, a->data_at + 5 + 16);
    assert_int_equal(a->end_at, d.members[2].header_at);
    assert_int_equal(a->packed_bytes, 5);
    assert_int_equal(a->bytes, 5);
    assert_int_equal(a->crc, zb_crc32("hello", 5));
    assert_int_equal(a->comment_bytes, 4);
    assert_int_equal(a->dropped_fields, 2); /* the same unknown field in both headers */
    assert_true(a->has_mtime && a->mtime == 1000000000 && zip_member_time(a) == 1000000000);
    assert_memory_equal(a->name, "a.txt", a->name_len);
    assert_int_equal(d.members[2].kind, ZIP_KIND_LINK);
    zip_directory_clear(&d);
    assert_null(d.members);
    job_free(&job);
    fixture_free(&f);
}

static void test_untouched_on_failure(void **state)
{
    struct fmt_in in = {(const uint8_t *)"PK\5\6", 4};
    struct zip_directory d = {.count = 77};
    struct fmt_job *job = job_for(&in, NULL, 0);

    (void)state;
    assert_int_equal(zip_directory_read(job, &in, &d), ERR_MALFORMED);
    assert_int_equal(d.count, 77);
    assert_null(d.members);
    job_free(&job);
}

static void test_clocks(void **state)
{
    static const struct {
        unsigned year, month, day, hour, minute, second;
        int64_t want;
    } rows[] = {
        {1980, 1, 1, 0, 0, 0, 315532800},      {1999, 12, 31, 23, 59, 58, 946684798}, {2000, 2, 29, 0, 0, 0, 951782400},
        {2000, 3, 1, 0, 0, 0, 951868800},      {2001, 9, 9, 1, 46, 40, 1000000000},   {2024, 2, 29, 12, 34, 56, 1709210096},
        {2038, 1, 19, 3, 14, 8, 2147483648},   {2100, 2, 28, 0, 0, 0, 4107456000},    {2100, 3, 1, 0, 0, 0, 4107542400},
        {2107, 12, 31, 23, 59, 58, 4354819198},
        {1980, 0, 1, 0, 0, 0, 0},              {1980, 13, 1, 0, 0, 0, 0},             {1980, 1, 0, 0, 0, 0, 0},
        {1980, 1, 1, 24, 0, 0, 0},             {1980, 1, 1, 0, 60, 0, 0},             {1980, 1, 1, 0, 0, 60, 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct zip_member m = {
            .dos_date = (uint16_t)((rows[i].year - 1980) << 9 | rows[i].month << 5 | rows[i].day),
            .dos_time = (uint16_t)(rows[i].hour << 11 | rows[i].minute << 5 | rows[i].second / 2)};
        assert_int_equal(zip_clock_is_valid(m.dos_date, m.dos_time), rows[i].want != 0);
        assert_true(zip_member_time(&m) == rows[i].want);
    }
}

/* Random damage: no crash, and what is still accepted stays inside the file. */
static void test_noise(void **state)
{
    static const struct zb_member members[] = {
        {.name = "a.txt", .data = ZB("some text, some text, some text"), .method = 8, .descriptor = ZB_DESCRIPTOR_WIDE},
        {.name = "b.txt", .data = ZB("more"), .zip64 = true, .extra = ZB("\x55\x54\5\0\1\0\0\0\0")},
    };
    static const struct zb_end end = {.zip64 = true, .comment = ZB("c")};
    struct fixture f = {0};
    uint32_t x = 1;

    (void)state;
    zb_make(&f, members, ARRAY_LEN(members), &end);
    uint8_t *copy = malloc(f.len);
    assert_non_null(copy);
    for (unsigned round = 0; round < 20000; round++) {
        memcpy(copy, f.bytes, f.len);
        for (unsigned k = 0; k <= round % 3; k++) {
            x = (uint32_t)((uint64_t)x * 1664525u + 1013904223u);
            copy[(x >> 8) % f.len] = (uint8_t)(x >> 24);
        }
        struct fmt_in in = {copy, f.len};
        struct zip_directory d = {0};
        struct fmt_job *job = job_for(&in, NULL, 0);
        if (zip_directory_read(job, &in, &d) == 0)
            for (size_t i = 0; i < d.count; i++)
                assert_true(d.members[i].data_at + d.members[i].packed_bytes <= f.len);
        zip_directory_clear(&d);
        job_free(&job);
    }
    free(copy);
    fixture_free(&f);
}

/* ---- Writing ------------------------------------------------------------------- */

static int append(void *ctx, const uint8_t *bytes, size_t n)
{
    fixture_add(ctx, bytes, n);
    return 0;
}

/* Writes one member, reads it back, and tells how it was packed. */
static uint16_t round_trip(const uint8_t *bytes, size_t n)
{
    struct fixture out = {0}, back = {0};
    struct fmt_in none = {(const uint8_t *)"x", 1}, content = {bytes, n};
    struct fmt_job *job = job_for(&none, &out, 0);
    struct zip_writer writer = zip_writer_new(job);
    struct zip_entry entry = {.path = "a/b.txt", .dos_date = 0x21};
    struct zip_directory d = {0};

    assert_int_equal(zip_writer_add(&writer, &entry, &content), 0);
    assert_int_equal(zip_writer_finish(&writer), 0);
    zip_writer_clear(&writer);
    job_free(&job);
    struct fmt_in in = {out.bytes, out.len};
    job = job_for(&in, NULL, 0);
    assert_int_equal(zip_directory_read(job, &in, &d), 0);
    assert_int_equal(d.count, 1);
    assert_int_equal(unpack_member(job, &in, &d.members[0], append, &back), 0);
    assert_int_equal(back.len, n);
    if (n > 0)
        assert_memory_equal(back.bytes, bytes, n);
    uint16_t method = d.members[0].method;
    assert_true(out.len < n + n / 1000 + 300);
    zip_directory_clear(&d);
    job_free(&job);
    fixture_free(&out);
    fixture_free(&back);
    return method;
}

static void test_round_trips(void **state)
{
    static const struct {
        size_t n;
        unsigned random; /* of 64 bytes so many cannot be packed */
        uint16_t method;
    } rows[] = {
        {0, 0, ZIP_STORED},          {1, 0, ZIP_STORED},           {64, 0, ZIP_DEFLATED},        {64, 64, ZIP_STORED},
        {5000, 40, ZIP_DEFLATED},    {16 << 20, 40, ZIP_DEFLATED}, {16 << 20, 64, ZIP_STORED},   {(16 << 20) + 1, 40, ZIP_DEFLATED},
        {(16 << 20) + 1, 64, ZIP_STORED}, {11 << 20, 0, ZIP_STORED}, {17 << 20, 0, ZIP_STORED},
    };
    uint8_t *bytes = malloc(17 << 20);
    uint32_t x = 7;

    (void)state;
    assert_non_null(bytes);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (size_t k = 0; k < rows[i].n; k++) {
            x = (uint32_t)((uint64_t)x * 1664525u + 1013904223u);
            bytes[k] = k % 64 < rows[i].random ? (uint8_t)(x >> 24) : 'a';
        }
        uint16_t method = round_trip(bytes, rows[i].n);
        if (method != rows[i].method)
            fail_msg("row %zu: method %u", i, method);
    }
    free(bytes);
}

static void test_writer_limits(void **state)
{
    static char long_path[CHILD_NAME_MAX + 1];
    struct fixture out = {0};
    struct fmt_in none = {(const uint8_t *)"x", 1};
    struct zip_entry entry = {.path = "a.txt"};
    struct fmt_job *job = job_for(&none, &out, 60);
    struct zip_writer writer = zip_writer_new(job);

    (void)state;
    assert_int_equal(zip_writer_add(&writer, &entry, &none), 0); /* 36 bytes */
    assert_int_equal(zip_writer_finish(&writer), ERR_LIMIT);
    assert_int_equal(job_reason(job), REASON_LIMIT_OUTPUT);
    zip_writer_clear(&writer);
    job_free(&job);
    fixture_free(&out);
    job = job_for(&none, &out, 0);
    writer = zip_writer_new(job);
    memset(long_path, 'a', CHILD_NAME_MAX - 1);
    entry.path = long_path;
    assert_int_equal(zip_writer_add(&writer, &entry, &none), ERR_REFUSED);
    assert_int_equal(job_reason(job), REASON_UNSAFE_NAME);
    zip_writer_clear(&writer);
    job_free(&job);
    fixture_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts), cmocka_unit_test(test_untouched_on_failure), cmocka_unit_test(test_clocks),
        cmocka_unit_test(test_noise), cmocka_unit_test(test_round_trips),          cmocka_unit_test(test_writer_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
