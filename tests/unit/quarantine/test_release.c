/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who may do what, and what may leave: every cell of both tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/utf8.h"
#include "release.h"

/* One letter for each role in the order of the enum: - no, y yes, o own only. */
static const struct {
    const char *verb, *roles;
} matrix[] = {
    /*                    submitter, approver, operator, auditor, policy */
    {"jobs.list", "oyyy-"},          {"jobs.show", "oyyy-"},         {"quarantine.list", "-yyy-"},   {"quarantine.show", "-yyy-"},
    {"quarantine.export", "-y---"},  {"quarantine.release", "-y---"}, {"quarantine.delete", "--y--"}, {"audit.export", "---y-"},
    {"audit.verify", "--yy-"},       {"releases.stop", "-yy-y"},     {"releases.start", "--y-y"},    {"releases.status", "-yyyy"},
    {"stats", "-yyyy"},
};

static void test_role_matrix(void **state)
{
    unsigned rows = 0;

    (void)state;
    while (release_rule_at(rows))
        rows++;
    assert_int_equal(rows, ARRAY_LEN(matrix)); /* a new verb needs its row here */
    for (unsigned i = 0; i < rows; i++) {
        const struct ask_rule *rule = release_rule(matrix[i].verb);
        assert_non_null(rule);
        for (unsigned role = 0; role < 5; role++) {
            struct ask_actor actor = {"sato", 1000, 1u << role};
            int want = matrix[i].roles[role] == '-' ? ERR_PERM : 0;
            assert_int_equal(release_may(rule, &actor, NULL), want);
            if (rule->job && matrix[i].roles[role] == 'o') {
                assert_int_equal(release_may(rule, &actor, "suzuki"), ERR_PERM);
                assert_int_equal(release_may(rule, &actor, ""), ERR_PERM);
                assert_int_equal(release_may(rule, &actor, "sato"), 0);
            }
        }
        struct ask_actor nobody = {"sato", 1000, 0}, nameless = {"", 0, ~0u};
        assert_int_equal(release_may(rule, &nobody, NULL), ERR_PERM);
        assert_int_equal(release_may(rule, &nameless, NULL), ERR_PERM);
    }
    assert_null(release_rule("quarantine.open"));
    assert_null(release_rule(""));
}

static void test_nobody_decides_about_his_own(void **state)
{
    static const char *const verbs[] = {"quarantine.export", "quarantine.release"};
    struct ask_actor all = {"sato", 1000, 31};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        const struct ask_rule *rule = release_rule(verbs[i]);
        assert_int_equal(release_may(rule, &all, "suzuki"), 0);
        assert_int_equal(release_may(rule, &all, "sato"), ERR_PERM);
        assert_int_equal(release_may(rule, &all, "uid:1000"), ERR_PERM);
        assert_int_equal(release_may(rule, &all, ""), ERR_PERM); /* nobody knows whose it is */
        assert_int_equal(release_may(rule, &all, "uid:10000"), 0);
    }
}

static struct job_decision passed(void)
{
    struct job_decision d = {.reason = REASON_OK, .out_path = "a/b.pdf", .out_bytes = 10, .stage_count = 5, .detail = "d"};

    memset(d.out_sha256, 7, 32);
    for (unsigned s = 0; s < 5; s++) {
        d.stages[s] = (struct job_stage){.stage = (enum stage)(s + 1), .reason = REASON_OK};
        memset(d.stages[s].sha256, s < 3 ? 1 : 7, 32);
    }
    return d;
}

/* Every reason: only "ok" with everything delivers, and only two others keep an output. */
static void test_each_reason(void **state)
{
    uint8_t seen[32];

    (void)state;
    memset(seen, 7, 32);
    for (int reason = REASON_NONE; reason < REASON_COUNT; reason++) {
        struct job_decision d = passed();
        struct release_outcome o;
        d.reason = (enum reason)reason;
        release_judge(&d, seen, 10, &o);
        assert_int_equal(o.deliver, reason == REASON_OK);
        assert_int_equal(o.keep_output, reason == REASON_POLICY || reason == REASON_TYPE_MISMATCH);
        assert_int_equal(o.reason, reason == REASON_NONE ? REASON_INTERNAL : reason);
        enum verdict verdict = reason_verdict(o.reason);
        assert_int_equal(release_state(&o), verdict == VERDICT_RELEASED  ? JOB_STATE_RELEASED
                                            : verdict == VERDICT_BLOCKED ? JOB_STATE_BLOCKED
                                                                         : JOB_STATE_HELD);
    }
}

/* "ok" with any one thing missing is held, for each thing; and is not approvable either. */
static void test_each_missing_thing(void **state)
{
    uint8_t seen[32], other[32];
    struct release_outcome o;

    (void)state;
    memset(seen, 7, 32);
    memset(other, 8, 32);
    for (unsigned thing = 0; thing < 12; thing++) {
        struct job_decision d = passed();
        const uint8_t *output = seen;
        uint64_t bytes = 10;
        if (thing < 5)
            d.stages[thing].reason = REASON_NONE;
        else if (thing == 5)
            d.stage_count = 4;
        else if (thing == 6)
            d.stages[3].sha256[31] ^= 1;
        else if (thing == 7)
            output = NULL;
        else if (thing == 8)
            output = other;
        else if (thing == 9)
            bytes = 9;
        else if (thing == 10)
            (void)strcpy(d.out_path, "../b.pdf");
        else
            d.out_path[0] = '\0';
        release_judge(&d, output, bytes, &o);
        assert_false(o.deliver);
        assert_int_equal(release_state(&o), JOB_STATE_HELD);
        d.reason = REASON_POLICY;
        release_judge(&d, output, bytes, &o);
        assert_false(o.keep_output);
        assert_false(o.deliver);
    }
}

static void test_names(void **state)
{
    char out[1200], longest[300];

    (void)state;
    assert_true(release_name("d/a.b/議案.pdf", 1, "J", out, sizeof out));
    assert_string_equal(out, "d/a.b/議案.pdf");
    assert_true(release_name("d/a.b/議案.pdf", 2, "J", out, sizeof out));
    assert_string_equal(out, "d/a.b/議案 (2).pdf");
    assert_true(release_name("d/a.b/README", 3, "J", out, sizeof out));
    assert_string_equal(out, "d/a.b/README (3)");
    assert_true(release_name("d/.profile", 3, "J", out, sizeof out));
    assert_string_equal(out, "d/.profile (3)");
    assert_true(release_name("d/x.pdf", RELEASE_NAMES_MAX, "J", out, sizeof out));
    assert_string_equal(out, "d/x (J).pdf");
    /* A name as long as names may be: cut at a whole character, suffix and extension kept. */
    (void)strcpy(longest, "d/");
    for (unsigned i = 0; i < 80; i++)
        (void)strcat(longest, "議");
    (void)strcat(longest, ".pdf");
    assert_true(release_name(longest, 12, "J", out, sizeof out));
    assert_true(strlen(out) - 2 <= 246);
    assert_true(utf8_is_valid(out, strlen(out)));
    assert_string_equal(out + strlen(out) - 9, " (12).pdf");
    assert_false(release_name(longest, 12, "J", out, 20));
}

static void test_reasons_given(void **state)
{
    (void)state;
    assert_true(release_reason_is_given("誤検知"));
    assert_true(release_reason_is_given("ok"));
    assert_false(release_reason_is_given(""));
    assert_false(release_reason_is_given("   　　 "));
    assert_false(release_reason_is_given("x"));
    assert_false(release_reason_is_given("two\nlines"));
    assert_false(release_reason_is_given("\xff\xff\xff"));
}

/* Nothing that was refused for good finds a way to release, over any number of steps. */
static void test_states(void **state)
{
    bool reach[JOB_STATES][JOB_STATES] = {{false}};

    (void)state;
    for (int a = 0; a < JOB_STATES; a++)
        for (int b = 0; b < JOB_STATES; b++)
            reach[a][b] = job_state_may((enum job_state)a, (enum job_state)b);
    for (int k = 0; k < JOB_STATES; k++)
        for (int a = 0; a < JOB_STATES; a++)
            for (int b = 0; b < JOB_STATES; b++)
                reach[a][b] = reach[a][b] || (reach[a][k] && reach[k][b]);
    static const enum job_state closed[] = {JOB_STATE_BLOCKED, JOB_STATE_DELETED, JOB_STATE_FAULT};
    for (size_t i = 0; i < ARRAY_LEN(closed); i++) {
        assert_false(reach[closed[i]][JOB_STATE_RELEASED]);
        assert_false(reach[closed[i]][JOB_STATE_DELIVERED]);
    }
    for (int a = JOB_STATE_NONE; a < JOB_STATES; a++)
        assert_false(reach[a][a]); /* no way back, no circle */
    assert_true(reach[JOB_STATE_HELD][JOB_STATE_COLLECTED]);
    assert_int_equal(job_state_find("held"), JOB_STATE_HELD);
    assert_int_equal(job_state_find("none"), JOB_STATE_NONE);
    assert_string_equal(job_state_word((enum job_state)99), "none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_role_matrix), cmocka_unit_test(test_nobody_decides_about_his_own), cmocka_unit_test(test_each_reason),
        cmocka_unit_test(test_each_missing_thing), cmocka_unit_test(test_names), cmocka_unit_test(test_reasons_given),
        cmocka_unit_test(test_states),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
