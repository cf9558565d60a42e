/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs the example handler of docs/formats.md: what a newcomer copies must work. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "support/inproc.h"

extern const struct format_handler fmt_example;
extern const struct format_verifier chk_example;

static void test_example(void **state)
{
    static const char in[] = "name=Yamada\nrun=calc\ndate=2026-04-01\n", out[] = "name=Yamada\ndate=2026-04-01\n";
    struct fmt_options options;
    struct inproc_result r;
    char detail[256];

    (void)state;
    fmt_options_default(&options);
    inproc_run(&fmt_example, (const uint8_t *)in, sizeof in - 1, "a.example", &options, &r);
    assert_int_equal(r.reason, REASON_OK);
    assert_int_equal(r.out_len, sizeof out - 1);
    assert_memory_equal(r.out, out, r.out_len);
    assert_int_equal(r.findings.count, 1);
    assert_int_equal(inproc_verify(&chk_example, r.out, r.out_len, &options, NULL, detail), REASON_OK);
    assert_int_equal(inproc_verify(&chk_example, (const uint8_t *)in, sizeof in - 1, &options, NULL, detail), REASON_CHECK_REFUSED);
    inproc_finish(&r);
    inproc_run(&fmt_example, (const uint8_t *)"name=\033[2J\n", 11, "a.example", &options, &r);
    assert_int_equal(r.reason, REASON_MALFORMED);
    inproc_finish(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_example)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
