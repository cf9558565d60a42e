/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Retention: what goes when, and that a wrong clock cannot empty the store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "retain.h"

#define DAY ((uint64_t)24 * 3600 * 1000)
#define NOW (20000 * DAY)

static void test_each_state(void **state)
{
    static const struct retain_days days = {14, 30, 400};

    (void)state;
    for (int s = JOB_STATE_NONE; s < JOB_STATES; s++) {
        struct retain_job old = {(enum job_state)s, NOW - 1000 * DAY, NOW - 1000 * DAY, true, true};
        bool settled = s == JOB_STATE_HELD || s == JOB_STATE_BLOCKED || s == JOB_STATE_DELIVERED || s == JOB_STATE_COLLECTED ||
                       s == JOB_STATE_FAULT;
        assert_int_equal(retain_due(&old, &days, NOW), settled ? RETAIN_ORIGINAL | RETAIN_OUTPUT : RETAIN_NOTHING);
    }
}

static void test_days(void **state)
{
    static const struct retain_days days = {14, 30, 400}, ever = {0, 0, 0};
    struct retain_job job = {JOB_STATE_HELD, NOW - 14 * DAY, NOW - 14 * DAY, true, true};

    (void)state;
    assert_int_equal(retain_due(&job, &days, NOW), RETAIN_ORIGINAL);
    assert_int_equal(retain_due(&job, &days, NOW - 1), RETAIN_NOTHING);
    assert_int_equal(retain_due(&job, &ever, NOW + 100000 * DAY), RETAIN_NOTHING);
    assert_int_equal(retain_due(&job, &days, 5 * DAY), RETAIN_NOTHING); /* before it was received */
    job.original = false;
    assert_int_equal(retain_due(&job, &days, NOW), RETAIN_NOTHING);
    job.decided_ms = NOW - 30 * DAY;
    assert_int_equal(retain_due(&job, &days, NOW), RETAIN_OUTPUT);
    assert_true(retain_empties(&job, RETAIN_OUTPUT));
    assert_false(retain_empties(&job, RETAIN_NOTHING));
    job.state = JOB_STATE_COLLECTED; /* stays what it is */
    assert_false(retain_empties(&job, RETAIN_OUTPUT));
}

static void test_clock(void **state)
{
    (void)state;
    assert_true(retain_clock_is_sane(0, NOW));
    assert_true(retain_clock_is_sane(NOW, NOW + 59 * DAY));
    assert_false(retain_clock_is_sane(NOW, NOW + 61 * DAY));
    assert_true(retain_clock_is_sane(NOW, NOW - DAY / 2));
    assert_false(retain_clock_is_sane(NOW, NOW - 2 * DAY));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_each_state), cmocka_unit_test(test_days), cmocka_unit_test(test_clock)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
