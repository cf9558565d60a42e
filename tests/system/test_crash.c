/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cuts the power of keeper or releaser at every step of accept, decide,
 * ticket, publish, checkpoint, deletion and recovery, at the first pass and at
 * later ones, starts anew, finishes the work, and proves every promise.
 * Only in builds with crash points.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/err.h"
#include "base/fdio.h"
#include "day.h"

/* Makes job 6 older than anything is kept, with the programs down. */
static void make_old(struct day *d)
{
    char path[512], sql[512];
    sqlite3 *db;

    if (!d->jobs[6].accepted)
        return;
    (void)snprintf(path, sizeof path, "%s/state/ledger.db", d->g.folder);
    (void)snprintf(sql, sizeof sql, "UPDATE job SET received_ms = 1000, decided_ms = max(decided_ms - 8640000000, 0) WHERE id = '%s'", d->jobs[6].job);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    (void)sqlite3_close(db);
}

/* Waits for the sweep that removes it. */
static int wait_swept(struct day *d)
{
    for (unsigned i = 0; i < 60; i++) {
        scoped_buf rows = buf_new(1 << 16);
        int err = gateway_ask(&d->g, "ito", ROLE_OPERATOR, &rows, -1, "jobs.show", d->jobs[6].job, NULL);
        if (err < 0 || strstr(buf_text(&rows), "\"state\":\"deleted\""))
            return err;
        (void)!gateway_poll(&d->g, 30);
    }
    return ERR_TIMEOUT;
}

/* Two days: the first with all the work, the second with what became old. */
static int both_days(struct day *d)
{
    int err = gateway_start(&d->g);

    if (err == 0)
        err = day_work(d);
    if (err < 0)
        return err;
    gateway_stop(&d->g);
    make_old(d);
    if ((err = gateway_start(&d->g)) == 0)
        err = wait_swept(d);
    if (err == 0)
        gateway_stop(&d->g);
    return err;
}

static bool was_killed(const struct day *d)
{
    return (WIFSIGNALED(d->g.keeper_status) && WTERMSIG(d->g.keeper_status) == SIGILL) ||
           (WIFSIGNALED(d->g.releaser_status) && WTERMSIG(d->g.releaser_status) == SIGILL);
}

/* Runs into the crash. True when it happened; the disk is then as the crash left it. */
static bool crash(struct day *d)
{
    int err = both_days(d);

    if (err == 0)
        return was_killed(d); /* so late that the work was done */
    /* One of the two died; the other is not killed but left to end as it does. */
    gateway_stop(&d->g);
    if (!was_killed(d))
        fail_msg("%s ended with %d: keeper %#x, releaser %#x", d->g.keeper_env ? d->g.keeper_env : d->g.releaser_env, err,
                 (unsigned)d->g.keeper_status, (unsigned)d->g.releaser_status);
    return true;
}

/* After the crash: everything is finished and holds; then what became old goes. */
static void finish(struct day *d)
{
    day_finish(d);
    make_old(d);
    assert_int_equal(gateway_start(&d->g), 0);
    assert_int_equal(wait_swept(d), 0);
    gateway_stop(&d->g);
    assert_true(WIFEXITED(d->g.keeper_status) && WEXITSTATUS(d->g.keeper_status) == 0);
    gateway_check(&d->g, d->jobs, DAY_JOBS);
}

static unsigned crashes_at(const char *point, bool releaser, unsigned pass)
{
    struct day *d = day_new();
    char env[96];
    unsigned crashed;

    (void)snprintf(env, sizeof env, "SEKIMORI_CRASH=%s:%u", point, pass);
    *(releaser ? &d->g.releaser_env : &d->g.keeper_env) = env;
    crashed = crash(d);
    if (crashed) {
        if (getenv("SEKIMORI_TEST_LOUD"))
            (void)fprintf(stderr, "%s\n", env);
        finish(d);
    }
    day_free(d);
    return crashed;
}

/* Each point at passes 1, 2, 3, 5, 8 ... until it is not reached any more. */
static void each_pass(const char *const *points, bool releaser)
{
    for (; *points; points++) {
        unsigned crashes = 0, pass = 1, before = 1;
        while (pass < 60 && crashes_at(*points, releaser, pass)) {
            unsigned next = pass == 1 ? 2 : pass + before;
            before = pass;
            pass = next;
            crashes++;
        }
        if (crashes == 0)
            fail_msg("the crash point %s was never reached", *points);
    }
}

static void test_keeper_points(void **state)
{
    static const char *const points[] = {
        "ledger-migrated", "store-created", "store-written", "store-synced", "store-names-synced", "batch-written", "ledger-commit",
        "ledger-committed", "store-settle", "batch-reply", "accept-answered", "decide-answered", "ticket", "ticket-sent", "delivered",
        "checkpoint-written", "checkpoint-synced", "ask-answer", "export", "sweep-recorded", "sweep-removed", "recover", NULL};

    (void)state;
    each_pass(points, false);
}

static void test_releaser_points(void **state)
{
    static const char *const points[] = {"publish-created", "publish-written", "publish-synced", "publish-flushed", "publish-manifest",
                                         "publish-file", "publish-folders", "publish-answered", NULL};

    (void)state;
    each_pass(points, true);
}

/* A crash inside the recovery from a crash, twice, and the result is the same. */
static void test_recovery_points(void **state)
{
    static const char *const first[] = {"ledger-commit:2", "ledger-committed:2", "store-settle:3", "sweep-recorded:1", "ticket-sent:2"};
    static const char *const second[] = {"store-recover:1", "recover:1", "ledger-commit:1", "ledger-committed:1", "store-recover:2"};
    unsigned reached = 0;

    (void)state;
    for (size_t a = 0; a < ARRAY_LEN(first); a++) {
        for (size_t b = 0; b < ARRAY_LEN(second); b++) {
            struct day *d = day_new();
            char env[96], again[96];
            (void)snprintf(env, sizeof env, "SEKIMORI_CRASH=%s", first[a]);
            (void)snprintf(again, sizeof again, "SEKIMORI_CRASH=%s", second[b]);
            d->g.keeper_env = env;
            assert_true(crash(d));
            d->g.keeper_env = again;
            for (unsigned i = 0; i < 2; i++) {
                reached += gateway_start(&d->g) < 0;
                gateway_kill(&d->g);
            }
            finish(d);
            day_free(d);
        }
    }
    assert_true(reached >= 2 * ARRAY_LEN(first));
}

static void test_no_crash(void **state)
{
    struct day *d = day_new();

    (void)state;
    assert_int_equal(both_days(d), 0);
    gateway_check(&d->g, d->jobs, DAY_JOBS);
    day_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_crash),
        cmocka_unit_test(test_keeper_points),
        cmocka_unit_test(test_releaser_points),
        cmocka_unit_test(test_recovery_points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
