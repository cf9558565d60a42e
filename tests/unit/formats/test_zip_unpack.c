/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unpacking: exact bounds, exact ends, exact checksums, for every method. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "formats/job.h"
#include "formats/zip/unpack.h"
#include "support/zip_builder.h"

static const uint16_t methods[] = {ZIP_STORED, ZIP_DEFLATED, ZIP_BZIP2, ZIP_LZMA, ZIP_ZSTD, ZIP_XZ};
static const size_t sizes[] = {0, 1, 1000, 65535, 65536, 65537, 200000};

struct got {
    struct fixture bytes;
    int err; /* what the sink says after `calls` calls */
    unsigned calls;
};

static int take(void *ctx, const uint8_t *bytes, size_t n)
{
    struct got *got = ctx;

    fixture_add(&got->bytes, bytes, n);
    return got->calls-- == 0 ? got->err : 0;
}

/* Runs unpack_member over exactly these packed bytes, copied so that a sanitizer sees a read past the end. */
static int unpack(const struct fixture *packed, const struct zip_member *member, const struct fmt_limits *limits,
                  struct got *got, enum reason *reason_out)
{
    struct fmt_options options;
    struct fmt_job *job = NULL;
    uint8_t *copy = malloc(packed->len + 1);
    struct zip_member m = *member;

    assert_non_null(copy);
    if (packed->len > 0)
        memcpy(copy, packed->bytes, packed->len);
    struct fmt_in in = {copy, packed->len};
    m.packed_bytes = packed->len;
    m.name = (const uint8_t *)"x";
    m.name_len = 1;
    fmt_options_default(&options);
    if (limits)
        options.limits = *limits;
    assert_int_equal(job_new(&in, &options, "", NULL, NULL, &job), 0);
    int err = unpack_member(job, &in, &m, take, got);
    *reason_out = err == 0 ? REASON_OK : job_reason(job);
    job_free(&job);
    free(copy);
    return err;
}

static void expect(const struct fixture *packed, const struct zip_member *member, enum reason reason, const struct fixture *content)
{
    struct got got = {.calls = UINT32_MAX};
    enum reason have;

    (void)unpack(packed, member, NULL, &got, &have);
    if (have != reason)
        fail_msg("method %u, %zu bytes: %s, expected %s", member->method, (size_t)member->bytes, reason_code(have), reason_code(reason));
    if (reason == REASON_OK) {
        assert_int_equal(got.bytes.len, content->len);
        if (content->len > 0)
            assert_memory_equal(got.bytes.bytes, content->bytes, content->len);
    }
    assert_true(got.bytes.len <= member->bytes); /* never a byte more than declared */
    fixture_free(&got.bytes);
}

static struct fixture content_of(size_t n)
{
    struct fixture f = {0};

    for (size_t i = 0; i < n; i += 16)
        fixture_add(&f, i / 16 % 5 ? "0123456789abcdef" : "the same words..", n - i < 16 ? n - i : 16);
    return f;
}

static struct zip_member member_of(uint16_t method, const struct fixture *content)
{
    return (struct zip_member){.method = method, .bytes = content->len, .crc = zb_crc32(content->bytes, content->len),
                               .flags = method == ZIP_LZMA ? ZIP_FLAG_LZMA_END : 0};
}

static void each(void (*check)(const struct fixture *packed, struct zip_member member, const struct fixture *content))
{
    for (size_t m = 0; m < ARRAY_LEN(methods); m++)
        for (size_t s = 0; s < ARRAY_LEN(sizes); s++) {
            struct fixture content = content_of(sizes[s]), packed = {0};
            zb_pack(methods[m], content.bytes, content.len, &packed);
            check(&packed, member_of(methods[m], &content), &content);
            fixture_free(&content);
            fixture_free(&packed);
        }
}

static void check_exact(const struct fixture *packed, struct zip_member member, const struct fixture *content)
{
    expect(packed, &member, REASON_OK, content);
    member.crc ^= 1;
    expect(packed, &member, REASON_MALFORMED, content);
    member.crc ^= 1;
    member.bytes++;
    expect(packed, &member, REASON_MALFORMED, content);
    if (content->len > 0) {
        member.bytes -= 2;
        expect(packed, &member, REASON_MALFORMED, content);
    }
}

static void test_exact(void **state)
{
    (void)state;
    each(check_exact);
}

/* A byte less, a byte more, and what a scanner for hidden data would like to find behind the stream. */
static void check_ends(const struct fixture *packed, struct zip_member member, const struct fixture *content)
{
    struct fixture other = {0};

    fixture_add(&other, packed->bytes, packed->len);
    fixture_add(&other, "\0", 1);
    expect(&other, &member, REASON_MALFORMED, content);
    other.len = packed->len;
    fixture_puts(&other, "PK\5\6 a whole other file");
    expect(&other, &member, REASON_MALFORMED, content);
    for (size_t n = 0; n < packed->len; n += packed->len / 50 + 1) {
        other.len = n;
        expect(&other, &member, REASON_MALFORMED, content);
    }
    if (packed->len > 0) {
        other.len = packed->len - 1;
        expect(&other, &member, REASON_MALFORMED, content);
    }
    fixture_free(&other);
}

static void test_ends(void **state)
{
    (void)state;
    each(check_ends);
}

/* The large way (zlib, in pieces) and the small way (libdeflate, whole) are one. */
static void test_deflate_large(void **state)
{
    static const size_t large[] = {(4 << 20) - 1, 4 << 20, (4 << 20) + 1, 5 << 20};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(large); i++) {
        struct fixture content = {0}, packed = {0};
        content.bytes = calloc(1, large[i]);
        assert_non_null(content.bytes);
        content.len = large[i];
        for (size_t k = 0; k < large[i]; k += 97)
            content.bytes[k] = (uint8_t)(k >> 3);
        zb_pack(ZIP_DEFLATED, content.bytes, content.len, &packed);
        struct zip_member member = member_of(ZIP_DEFLATED, &content);
        expect(&packed, &member, REASON_OK, &content);
        member.bytes--;
        expect(&packed, &member, REASON_MALFORMED, &content);
        member.bytes += 2;
        expect(&packed, &member, REASON_MALFORMED, &content);
        fixture_free(&content);
        fixture_free(&packed);
    }
}

static void test_sink_error(void **state)
{
    struct fixture content = content_of(200000);

    (void)state;
    for (size_t m = 0; m < ARRAY_LEN(methods); m++) {
        struct fixture packed = {0};
        struct got got = {.err = ERR_AGAIN, .calls = 0};
        enum reason reason;
        zb_pack(methods[m], content.bytes, content.len, &packed);
        struct zip_member member = member_of(methods[m], &content);
        assert_int_equal(unpack(&packed, &member, NULL, &got, &reason), ERR_AGAIN);
        assert_true(got.bytes.len > 0 && got.bytes.len <= content.len);
        fixture_free(&got.bytes);
        fixture_free(&packed);
    }
    fixture_free(&content);
}

static void test_budget(void **state)
{
    struct fixture content = content_of(200000);
    struct fmt_options options;

    (void)state;
    fmt_options_default(&options);
    options.limits.steps = 1;
    for (size_t m = 0; m < ARRAY_LEN(methods); m++) {
        struct fixture packed = {0};
        struct got got = {.calls = UINT32_MAX};
        enum reason reason;
        zb_pack(methods[m], content.bytes, content.len, &packed);
        struct zip_member member = member_of(methods[m], &content);
        assert_int_equal(unpack(&packed, &member, &options.limits, &got, &reason), ERR_LIMIT);
        assert_int_equal(reason, REASON_LIMIT_STEPS);
        fixture_free(&got.bytes);
        fixture_free(&packed);
    }
    fixture_free(&content);
}

static void test_unknown(void **state)
{
    static const uint16_t none[] = {1, 6, 9, 10, 18, 19, 20, 96, 97, 98, 99, 200, 0xffff};
    struct fixture packed = {0};

    (void)state;
    fixture_puts(&packed, "x");
    for (size_t i = 0; i < ARRAY_LEN(none); i++) {
        struct zip_member member = {.method = none[i], .bytes = 1};
        assert_false(unpack_is_known(none[i]));
        expect(&packed, &member, REASON_UNSUPPORTED_TYPE, NULL);
    }
    for (size_t m = 0; m < ARRAY_LEN(methods); m++)
        assert_true(unpack_is_known(methods[m]));
    fixture_free(&packed);
}

/* LZMA without an end mark, as 7-Zip writes it: the size says where it ends. */
static void test_lzma_bare(void **state)
{
    (void)state;
    for (size_t s = 1; s < ARRAY_LEN(sizes); s++) {
        struct fixture content = content_of(sizes[s]), packed = {0};
        zb_pack_lzma_bare(content.bytes, content.len, &packed);
        struct zip_member member = member_of(ZIP_LZMA, &content);
        member.flags = 0;
        check_exact(&packed, member, &content);
        check_ends(&packed, member, &content);
        member.flags = ZIP_FLAG_LZMA_END;
        expect(&packed, &member, REASON_MALFORMED, &content);
        fixture_free(&content);
        fixture_free(&packed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact),         cmocka_unit_test(test_ends),   cmocka_unit_test(test_deflate_large),
        cmocka_unit_test(test_sink_error),    cmocka_unit_test(test_budget), cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_lzma_bare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
