/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Orders on the wire: what is written is read, and nothing else is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/task.h"
#include "formats/job.h"

static struct task_order sample(void)
{
    struct task_order order = {.kind = TASK_HANDLE, .cpu_seconds = 61, .memory_bytes = 1ull << 33, .file_bytes = 77};

    fmt_options_default(&order.options);
    order.options.mode = FMT_MODE_FLATTEN;
    order.options.switches[FINDING_MACRO] = FMT_SWITCH_DISALLOW;
    order.options.limits.steps = UINT64_MAX;
    order.options.dpi = 300;
    order.options.depth = 3;
    (void)snprintf(order.type, sizeof order.type, "png");
    (void)snprintf(order.name, sizeof order.name, "\xE5\x9B\xB3.png");
    return order;
}

static void test_round_trip(void **state)
{
    struct task_order order = sample(), back;
    scoped_buf b = buf_new(8192), again = buf_new(8192);

    (void)state;
    task_put(&b, &order);
    assert_int_equal(b.err, 0);
    struct view v = view_of(b.bytes, b.len);
    assert_int_equal(task_get(&v, &back), 0);
    task_put(&again, &back);
    assert_int_equal(again.len, b.len);
    assert_memory_equal(again.bytes, b.bytes, b.len);
    assert_string_equal(back.name, order.name);
    assert_int_equal(back.options.limits.steps, UINT64_MAX);
    assert_int_equal(back.options.switches[FINDING_MACRO], FMT_SWITCH_DISALLOW);
}

/* Every shorter order, and every longer one, is refused and leaves the output alone. */
static void test_wrong_length(void **state)
{
    struct task_order order = sample(), back;
    scoped_buf b = buf_new(8192);

    (void)state;
    task_put(&b, &order);
    buf_u8(&b, 0);
    for (size_t n = 0; n <= b.len; n++) {
        struct view v = view_of(b.bytes, n);
        memset(&back, 0xA5, sizeof back);
        int err = task_get(&v, &back);
        assert_int_equal(err, n == b.len - 1 ? 0 : ERR_PEER);
        if (err < 0)
            assert_int_equal(back.cpu_seconds, 0xA5A5A5A5u);
    }
}

static void test_out_of_range(void **state)
{
    struct task_order order = sample(), back;

    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        struct task_order bad = order;
        scoped_buf b = buf_new(8192);
        if (i == 0)
            bad.kind = TASK_NONE;
        if (i == 1)
            bad.kind = (enum task_kind)(TASK_SCAN + 1);
        if (i == 2)
            bad.options.mode = FMT_MODE_NONE;
        if (i == 3)
            bad.options.mode = FMT_MODES;
        if (i == 4)
            bad.options.switches[FINDING_MORE] = (enum fmt_switch)(FMT_SWITCH_DISALLOW + 1);
        task_put(&b, &bad);
        struct view v = view_of(b.bytes, b.len);
        assert_int_equal(task_get(&v, &back), ERR_PEER);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_wrong_length), cmocka_unit_test(test_out_of_range)};

    return cmocka_run_group_tests_name("task", tests, NULL, NULL);
}
