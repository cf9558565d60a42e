/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the configuration to an order: modes, limits, and that nothing is zero by omission. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "supervisor/policy.h"

static struct config *config;

static int setup(void **state)
{
    char complaint[256];

    (void)state;
    return config_load(NULL, complaint, &config);
}

static int teardown(void **state)
{
    (void)state;
    free(config);
    return 0;
}

static void test_mode(void **state)
{
    const struct config_profile *standard = config_profile_find(config, "standard"),
                                *strict = config_profile_find(config, "strict");
    struct config_profile own = *standard;

    (void)state;
    own.type_count = 1;
    own.types[0] = (struct config_type_mode){"pdf", FMT_MODE_TEXT};
    assert_int_equal(policy_mode(standard, registry_find("pdf"), FMT_MODE_NONE), FMT_MODE_SANITIZE);
    assert_int_equal(policy_mode(strict, registry_find("pdf"), FMT_MODE_NONE), FMT_MODE_FLATTEN);
    assert_int_equal(policy_mode(strict, registry_find("text"), FMT_MODE_NONE), FMT_MODE_SANITIZE);
    assert_int_equal(policy_mode(&own, registry_find("pdf"), FMT_MODE_NONE), FMT_MODE_TEXT);
    assert_int_equal(policy_mode(&own, registry_find("png"), FMT_MODE_NONE), FMT_MODE_SANITIZE);
    assert_int_equal(policy_mode(&own, registry_find("pdf"), FMT_MODE_FLATTEN), FMT_MODE_FLATTEN);
}

static void test_order_survives_the_wire(void **state)
{
    static const enum task_kind kinds[] = {TASK_DETECT, TASK_HANDLE, TASK_CHECK, TASK_SCAN};
    const struct config_profile *profile = config_profile_find(config, "standard");

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        scoped_buf b = buf_new(65536);
        struct task_order order, read;
        policy_order(config, profile, kinds[i], registry_find("zip"), FMT_MODE_SANITIZE, "a.zip", 3, &order);
        const uint64_t *limit = (const uint64_t *)&order.options.limits;
        for (size_t k = 0; k < sizeof order.options.limits / sizeof *limit; k++)
            assert_int_not_equal(limit[k], 0);
        assert_true(order.cpu_seconds > 0 && order.memory_bytes > 0 && order.file_bytes > 0 && order.options.parallel > 0);
        task_put(&b, &order);
        assert_int_equal(b.err, 0);
        struct view v = view_of(b.bytes, b.len);
        assert_int_equal(task_get(&v, &read), 0);
        assert_memory_equal(&order.options.limits, &read.options.limits, sizeof read.options.limits);
        assert_memory_equal(order.options.switches, read.options.switches, sizeof read.options.switches);
        assert_string_equal(read.type, "zip");
        assert_int_equal(read.options.depth, 3);
        for (size_t cut = 0; cut < b.len; cut++) {
            v = view_of(b.bytes, cut);
            assert_int_equal(task_get(&v, &read), ERR_PEER);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_mode), cmocka_unit_test(test_order_survives_the_wire)};

    return cmocka_run_group_tests(tests, setup, teardown);
}
