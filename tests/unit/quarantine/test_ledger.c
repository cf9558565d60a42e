/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ledger: what is committed is there after a restart, what is not never was. */
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/err.h"
#include "ledger.h"

struct fixture {
    char folder[64];
    struct ledger *l;
    int64_t num;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_int_equal(crypt_init(), 0);
    (void)strcpy(f->folder, "/tmp/sekimori-ledger-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    assert_int_equal(chdir(f->folder), 0);
    assert_int_equal(ledger_open(true, &f->l), 0);
    *state = f;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    ledger_close(&f->l);
    assert_int_equal(chdir("/"), 0);
    (void)nftw(f->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(f);
    return 0;
}

static struct ledger_job job_of(const char *id, const char *token)
{
    struct ledger_job j = {.received_ms = 1000, .bytes = 5, .origin = {.lane = "kikaku", .destination = "lgwan", .path = "a/\xff.pdf"}};

    (void)snprintf(j.id, sizeof j.id, "%s", id);
    (void)snprintf(j.origin.token, sizeof j.origin.token, "%s", token);
    memset(j.sha256, 3, 32);
    return j;
}

static int add(struct fixture *f, const char *id, const char *token)
{
    struct ledger_job j = job_of(id, token);

    return ledger_add(f->l, &j, &f->num);
}

static void reopen(struct fixture *f)
{
    ledger_close(&f->l);
    assert_int_equal(ledger_open(true, &f->l), 0);
}

static void test_commit_and_rollback(void **state)
{
    struct fixture *f = *state;
    struct ledger_job j;

    assert_int_equal(ledger_begin(f->l), 0);
    assert_int_equal(add(f, "one", "t1"), 0);
    assert_int_equal(ledger_audit(f->l, 5, "a", "e", "one", "{}"), 0);
    ledger_rollback(f->l);
    assert_int_equal(ledger_find(f->l, "one", &j), ERR_NOTFOUND);
    assert_int_equal(ledger_head(f->l).seq, 0); /* the chain took its record back */
    assert_int_equal(ledger_begin(f->l), 0);
    assert_int_equal(add(f, "one", "t1"), 0);
    assert_int_equal(add(f, "two", "t1"), ERR_EXISTS); /* one token, one job */
    assert_int_equal(add(f, "three", ""), 0);
    assert_int_equal(add(f, "four", ""), 0); /* no token is no claim */
    assert_int_equal(ledger_audit(f->l, 5, "a", "e", "one", "{}"), 0);
    assert_int_equal(ledger_commit(f->l), 0);
    reopen(f);
    assert_int_equal(ledger_find_token(f->l, "t1", &j), 0);
    assert_string_equal(j.id, "one");
    assert_string_equal(j.origin.path, "a/\xff.pdf"); /* bytes as they came */
    assert_int_equal(j.state, JOB_STATE_RECEIVED);
    assert_int_equal(ledger_head(f->l).seq, 1);
    assert_int_equal(ledger_find_token(f->l, "", &j), ERR_NOTFOUND);
}

static void test_decide_once(void **state)
{
    struct fixture *f = *state;
    struct job_decision d = {.reason = REASON_MALFORMED, .report = "{}", .notice = true};
    struct ledger_job j;
    scoped_buf report = buf_new(100), stages = buf_new(100);

    assert_int_equal(ledger_begin(f->l), 0);
    assert_int_equal(add(f, "one", ""), 0);
    assert_int_equal(ledger_decide(f->l, f->num, &d, "[]", REASON_MALFORMED, "x", JOB_STATE_DELIVERED, KEPT_NOT, 9), ERR_INVALID);
    assert_int_equal(ledger_decide(f->l, f->num, &d, "[]", REASON_MALFORMED, "x", JOB_STATE_HELD, KEPT_NOT, 9), 0);
    assert_int_equal(ledger_decide(f->l, f->num, &d, "[]", REASON_OK, "x", JOB_STATE_RELEASED, KEPT_NOT, 9), ERR_STALE);
    assert_int_equal(ledger_find(f->l, "one", &j), 0);
    assert_int_equal(j.state, JOB_STATE_HELD);
    assert_int_equal(j.reason, REASON_MALFORMED);
    assert_int_equal(ledger_report(f->l, f->num, &report, &stages), 0);
    assert_string_equal(buf_text(&report), "{}");
    assert_int_equal(ledger_move(f->l, f->num, JOB_STATE_RELEASED, JOB_STATE_DELIVERED), ERR_STALE);
    assert_int_equal(ledger_move(f->l, f->num, JOB_STATE_HELD, JOB_STATE_COLLECTED), ERR_INVALID);
    assert_int_equal(ledger_next_untold(f->l, 0, &j), 0);
    assert_int_equal(ledger_set_told(f->l, "one"), 0);
    assert_int_equal(ledger_next_untold(f->l, 0, &j), ERR_NOTFOUND);
    assert_int_equal(ledger_commit(f->l), 0);
}

static void test_deliveries(void **state)
{
    struct fixture *f = *state;
    struct ledger_delivery d = {.destination = "lgwan", .path = "lgwan/a", .fold = "lgwan/a", .manifest = (const uint8_t *)"m", .manifest_n = 1}, got;
    uint64_t seq, own;

    assert_int_equal(ledger_begin(f->l), 0);
    assert_int_equal(add(f, "one", ""), 0);
    d.num = f->num;
    assert_int_equal(ledger_next_numbers(f->l, "lgwan", &d.seq, &d.destination_seq), 0);
    assert_int_equal(d.seq, 1);
    assert_int_equal(ledger_add_delivery(f->l, &d), 0);
    assert_int_equal(add(f, "two", ""), 0);
    d.num = f->num;
    assert_int_equal(ledger_next_numbers(f->l, "koukai", &seq, &own), 0);
    assert_int_equal(seq, 2);
    assert_int_equal(own, 1);
    d.seq = seq;
    assert_int_equal(ledger_place_is_taken(f->l, "lgwan/a", 2), 1);
    assert_int_equal(ledger_place_is_taken(f->l, "lgwan/a", 1), 0); /* its own */
    assert_int_equal(ledger_add_delivery(f->l, &d), ERR_EXISTS);
    assert_int_equal(ledger_set_delivery(f->l, 1, DELIVERY_QUEUED, DELIVERY_PLACED, 50), 0);
    assert_int_equal(ledger_set_delivery(f->l, 1, DELIVERY_QUEUED, DELIVERY_PLACED, 50), ERR_STALE);
    assert_int_equal(ledger_next_delivery(f->l, DELIVERY_PLACED, 0, &got), 0);
    assert_int_equal(ledger_set_delivery(f->l, 1, DELIVERY_PLACED, DELIVERY_COLLECTED, 60), 0);
    assert_int_equal(ledger_place_is_taken(f->l, "lgwan/a", 2), 0); /* free again */
    assert_int_equal(ledger_add_delivery(f->l, &d), 0);
    assert_int_equal(ledger_commit(f->l), 0);
    assert_int_equal(ledger_next_numbers(f->l, "lgwan", &seq, &own), 0);
    assert_int_equal(seq, 3);
}

/* A record changed on disk: the next start or the next walk says so. */
static void test_tampered_tail(void **state)
{
    struct fixture *f = *state;
    static const char *const attacks[] = {
        "UPDATE audit SET actor = 'b' WHERE seq = 9",       "UPDATE audit SET detail = '{ }' WHERE seq = 9",
        "DELETE FROM audit WHERE seq = 9",                  "UPDATE audit SET hash = zeroblob(32) WHERE seq = 10",
        "UPDATE audit SET time_ms = time_ms + 1 WHERE seq = 8"};

    assert_int_equal(ledger_begin(f->l), 0);
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(ledger_audit(f->l, i, "a", "e", "", "{}"), 0);
    assert_int_equal(ledger_commit(f->l), 0);
    ledger_close(&f->l);
    assert_int_equal(system("cp ledger.db good.db; cp ledger.db-wal good.db-wal"), 0);
    for (size_t i = 0; i < ARRAY_LEN(attacks); i++) {
        sqlite3 *db;
        assert_int_equal(system("cp good.db ledger.db; cp good.db-wal ledger.db-wal"), 0);
        assert_int_equal(sqlite3_open("ledger.db", &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, attacks[i], NULL, NULL, NULL), SQLITE_OK);
        (void)sqlite3_close(db);
        assert_int_equal(ledger_open(true, &f->l), ERR_CRYPTO);
    }
    assert_int_equal(system("cp good.db ledger.db; cp good.db-wal ledger.db-wal"), 0);
    assert_int_equal(ledger_open(true, &f->l), 0);
}

static void test_rubbish_is_refused(void **state)
{
    struct fixture *f = *state;

    ledger_close(&f->l);
    assert_int_equal(system("head -c 100000 /dev/urandom > ledger.db; rm -f ledger.db-wal"), 0);
    assert_true(ledger_open(true, &f->l) < 0);
    assert_int_equal(system("rm ledger.db; sqlite3 ledger.db 'PRAGMA user_version = 99' ''"), 0);
    assert_int_equal(ledger_open(true, &f->l), ERR_MALFORMED); /* of a newer program */
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_commit_and_rollback), T(test_decide_once), T(test_deliveries), T(test_tampered_tail), T(test_rubbish_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
