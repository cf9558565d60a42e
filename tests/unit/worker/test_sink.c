/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The gathering writer against a plain array: any order of appends and patches gives the same bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/fdio.h"
#include "worker/sink.h"

#define TOTAL (1u << 20)

static uint32_t dice(uint32_t *seed)
{
    *seed = (uint32_t)((uint64_t)*seed * 1664525u + 1013904223u);
    return *seed >> 8;
}

static void test_same_as_memory(void **state)
{
    static uint8_t model[TOTAL], back[TOTAL], chunk[3 * SINK_BLOCK];
    static const uint32_t sizes[] = {1, 13, 4096, SINK_BLOCK - 1, SINK_BLOCK, SINK_BLOCK + 1, 3 * SINK_BLOCK};

    (void)state;
    for (uint32_t seed = 1; seed <= 40; seed++) {
        uint32_t s = seed;
        struct sink sink = {.fd = memfd_create("sink", MFD_CLOEXEC)};
        uint64_t len = 0, size;
        assert_true(sink.fd >= 0);
        for (;;) {
            uint32_t n = dice(&s) % sizes[dice(&s) % ARRAY_LEN(sizes)] + 1;
            uint64_t at = len > n && dice(&s) % 4 == 0 ? dice(&s) % (len - n + 1) : len;
            if (at + n > TOTAL)
                break;
            memset(chunk, (int)dice(&s), n);
            memcpy(model + at, chunk, n);
            assert_int_equal(sink_write(&sink, at, chunk, n), 0);
            if (at + n > len)
                len = at + n;
        }
        assert_int_equal(sink_flush(&sink), 0);
        assert_int_equal(fdio_size(sink.fd, &size), 0);
        assert_int_equal(size, len);
        assert_int_equal(fdio_pread(sink.fd, back, (size_t)len, 0), 0);
        assert_memory_equal(back, model, (size_t)len);
        sink_free(&sink);
        scope_close(&sink.fd);
    }
}

static void test_errors_come_out(void **state)
{
    struct sink sink = {.fd = -1};

    (void)state;
    assert_int_equal(sink_write(&sink, 0, "x", 1), 0); /* gathered */
    assert_int_equal(sink_flush(&sink), ERR_IO);
    assert_int_equal(sink_write(&sink, UINT64_MAX, "x", 1), ERR_INVALID);
    sink_free(&sink);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_same_as_memory), cmocka_unit_test(test_errors_come_out)};

    return cmocka_run_group_tests_name("sink", tests, NULL, NULL);
}
