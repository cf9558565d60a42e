/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each kind of call that touches the disk fails once, at each of its turns:
 * nothing that was acknowledged is lost, nothing unrecorded leaves, a failed
 * flush ends the program. And the order of the flushes, call by call.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/proto.h"
#include "day.h"

struct fault {
    const char *call;
    int number;    /* errno */
    unsigned step; /* between the turns that are tried */
    bool fatal;    /* no program may live on after it */
    bool later;    /* not while the ledger is made, which takes thousands of such calls */
};

/* One disturbed day. False when the call was not made so often. */
static bool disturbed(const struct fault *fault, unsigned turn, bool releaser)
{
    struct day *d = day_new();
    char env[512], byte;

    (void)snprintf(env, sizeof env, "SEKIMORI_FAULT=%s:%u:%d:%s/hit", fault->call, turn, fault->number, d->g.folder);
    if (getenv("SEKIMORI_TEST_LOUD"))
        (void)fprintf(stderr, "%s\n", env);
    if (fault->later) {
        assert_int_equal(gateway_start(&d->g), 0);
        gateway_stop(&d->g);
    }
    d->g.preload = getenv("SEKIMORI_FAULTS");
    *(releaser ? &d->g.releaser_env : &d->g.keeper_env) = env;
    if (gateway_start(&d->g) == 0)
        (void)!day_work(d); /* whatever it says: what was said is what counts */
    gateway_stop(&d->g);
    int status = releaser ? d->g.releaser_status : d->g.keeper_status;
    bool hit = gateway_read(&d->g, "hit", &byte, 1) == 1;
    if (!WIFEXITED(d->g.keeper_status) || !WIFEXITED(d->g.releaser_status) || (hit && fault->fatal && WEXITSTATUS(status) == 0))
        fail_msg("%s: keeper ended with %#x, releaser with %#x", env, (unsigned)d->g.keeper_status, (unsigned)d->g.releaser_status);
    day_finish(d);
    day_free(d);
    return hit;
}

static void each_turn(const struct fault *faults, size_t count, bool releaser)
{
    for (size_t i = 0; i < count; i++) {
        unsigned turn = 1;
        while (disturbed(&faults[i], turn, releaser))
            turn += faults[i].step;
        assert_true(turn > 1);
    }
}

/* A flush that failed is final (C7): the program ends; what it covered was not acknowledged, or recovery would miss it. */
static void test_keeper_faults(void **state)
{
    static const struct fault faults[] = {
        {"fsync", EIO, 3, true},      {"fdatasync", EIO, 2, true},  {"write", EIO, 9, false},      {"write", ENOSPC, 11, false},
        {"pwrite64", EIO, 61, true, true}, {"pwrite64", ENOSPC, 83, false, true}, {"renameat", EIO, 5, false}, {"renameat", ENOSPC, 7, false},
        {"close", EIO, 41, false},    {"openat2", ENOSPC, 23, false}, {"openat2", EMFILE, 29, false}, {"unlinkat", EIO, 2, false},
        {"mkdirat", ENOSPC, 3, false}, {"memfd_create", ENOMEM, 3, false},
    };

    (void)state;
    each_turn(faults, ARRAY_LEN(faults), false);
}

static void test_releaser_faults(void **state)
{
    static const struct fault faults[] = {
        {"fsync", EIO, 2, true},        {"fdatasync", EIO, 1, true},       {"pwrite64", EIO, 1, true},   {"write", EIO, 4, false},
        {"write", ENOSPC, 5, false},    {"renameat2", EIO, 3, false},      {"renameat2", ENOSPC, 4, false}, {"close", EIO, 7, false},
        {"openat2", EMFILE, 11, false}, {"mkdirat", ENOSPC, 3, false},
    };

    (void)state;
    each_turn(faults, ARRAY_LEN(faults), true);
}

/* ---- order ------------------------------------------------------------------------------------------------- */

static char *trace_of(const struct gateway *g, const char *name)
{
    static char text[1 << 18];
    ssize_t n = gateway_read(g, name, text, sizeof text - 1);

    assert_true(n > 0);
    text[n] = '\0';
    return text;
}

/* Each wanted line begins a line of the trace, in this order. Returns where the last one is. */
static const char *in_order(const char *trace, const char *const *wanted)
{
    for (; *wanted; wanted++) {
        const char *at = strstr(trace, *wanted);
        if (!at)
            fail_msg("\"%s\" is missing or too early in:\n%s", *wanted, trace);
        trace = at + strlen(*wanted);
    }
    return trace;
}

/* C6, C5: what is flushed before what is said and before what gets a name. */
static void test_order_of_flushes(void **state)
{
    struct day *d = day_new();
    char keeper[512], releaser[512], line[8][128];

    (void)state;
    d->g.preload = getenv("SEKIMORI_FAULTS");
    (void)snprintf(keeper, sizeof keeper, "SEKIMORI_TRACE=%s/keeper.trace", d->g.folder);
    (void)snprintf(releaser, sizeof releaser, "SEKIMORI_TRACE=%s/releaser.trace", d->g.folder);
    d->g.keeper_env = keeper;
    d->g.releaser_env = releaser;
    assert_int_equal(gateway_start(&d->g), 0);
    assert_int_equal(gateway_push(&d->g, d->jobs, 1), 0);
    assert_true(gateway_delivered(&d->g, 1, 5000));
    gateway_stop(&d->g);

    (void)snprintf(line[0], sizeof line[0], "flush %s.o", d->jobs[0].job);
    (void)snprintf(line[1], sizeof line[1], "send %d ", MSG_KEEPER_ACCEPTED);
    (void)snprintf(line[2], sizeof line[2], "flush %s.p", d->jobs[0].job);
    (void)snprintf(line[3], sizeof line[3], "send %d ", MSG_KEEPER_DECIDED);
    (void)snprintf(line[4], sizeof line[4], "send %d ", MSG_RELEASE_TICKET);
    const char *const want_keeper[] = {line[0], "flush incoming", "flush ledger.db-wal", line[1], line[2], "flush incoming",
                                       "flush ledger.db-wal", line[3], line[4], NULL};
    const char *trace = trace_of(&d->g, "keeper.trace");
    (void)in_order(trace, want_keeper);
    /* And nothing was said too early: the first answer of each kind comes behind its flushes. */
    assert_true(strstr(trace, line[1]) > strstr(strstr(trace, line[0]), "flush ledger.db-wal"));
    assert_true(strstr(trace, line[4]) > strstr(strstr(trace, line[2]), "flush ledger.db-wal"));

    (void)snprintf(line[5], sizeof line[5], "send %d ", MSG_RELEASE_DONE);
    const char *const want_releaser[] = {"flush 1.file", "flush 1.manifest", "flush sequences", "rename 1.manifest a.pdf.manifest",
                                         "rename 1.file a.pdf", "flush lgwan", "flush tmp", line[5], NULL};
    trace = trace_of(&d->g, "releaser.trace");
    (void)in_order(trace, want_releaser);
    assert_true(strstr(trace, "rename 1.manifest") > strstr(trace, "flush sequences"));
    assert_true(strstr(trace, line[5]) > strstr(trace, "flush lgwan"));
    day_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_of_flushes),
        cmocka_unit_test(test_keeper_faults),
        cmocka_unit_test(test_releaser_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
