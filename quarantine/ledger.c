/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ledger's database: opening, transactions, the audit chain, settings.
 * The keeper is its only user. What is read back is checked: the file lies on
 * a disk that may lie.
 */
#include "ledger.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/hook.h"
#include "ledger_private.h"

#define SCHEMA_VERSION 1
#define LOG_PAGES 2000  /* 8 MB, within what stretch_log makes */
#define TAIL_CHECKED 64 /* records at the chain's end verified at each start; all of them by audit.verify */

static const char schema[] =
#include "schema.inc"
    ;

static const char *const statements[Q_COUNT] = {
#define X(id, sql) [Q_##id] = sql,
    LEDGER_STATEMENTS(X)
#undef X
};

/* What durability rests on: set, then read back. */
static const struct {
    const char *set, *ask, *want;
    bool durable_only;
} pragmas[] = {
    {"PRAGMA locking_mode = EXCLUSIVE", "PRAGMA locking_mode", "exclusive", false},
    {"PRAGMA journal_mode = WAL", "PRAGMA journal_mode", "wal", false},
    {"PRAGMA synchronous = FULL", "PRAGMA synchronous", "2", true},
    {"PRAGMA foreign_keys = ON", "PRAGMA foreign_keys", "1", false},
    {"PRAGMA temp_store = MEMORY", "PRAGMA temp_store", "2", false},
    {"PRAGMA cell_size_check = ON", "PRAGMA cell_size_check", "1", false},
    {"PRAGMA cache_size = -32768", "PRAGMA cache_size", "-32768", false},
};

static int set_pragmas(struct db *db, bool durable)
{
    char got[32];

    for (size_t i = 0; i < ARRAY_LEN(pragmas); i++) {
        if (pragmas[i].durable_only && !durable) {
            if (db_exec(db, "PRAGMA synchronous = OFF") < 0)
                return ERR_REFUSED;
            continue;
        }
        int err = db_exec(db, pragmas[i].set);
        if (err == 0)
            err = db_ask(db, pragmas[i].ask, got, sizeof got);
        if (err < 0)
            return err;
        if (strcmp(got, pragmas[i].want) != 0)
            return ERR_REFUSED;
    }
    return 0;
}

/* Runs block n of the schema and notes it, in one transaction. */
static int migrate_one(struct db *db, int version)
{
    char head[32], sql[64];

    (void)snprintf(head, sizeof head, "-- migration %d\n", version);
    const char *block = strstr(schema, head), *end = block ? strstr(block + 1, "\n-- migration ") : NULL;
    if (!block)
        return ERR_FAULT;
    scoped_free char *text = end ? strndup(block, (size_t)(end - block)) : strdup(block);
    (void)snprintf(sql, sizeof sql, "PRAGMA user_version = %d", version);
    if (!text)
        return ERR_NOMEM;
    int err = db_exec(db, "BEGIN IMMEDIATE");
    if (err == 0 && (err = db_exec(db, text)) == 0 && (err = db_exec(db, sql)) == 0)
        err = db_exec(db, "COMMIT");
    if (err < 0)
        (void)!db_exec(db, "ROLLBACK");
    crash_point("ledger-migrated");
    return err;
}

/*
 * Makes the log file as long as it will ever be between two checkpoints:
 * commits then overwrite blocks, and a flush is one write instead of two.
 */
static int stretch_log(struct db *db)
{
    return db_exec(db, "CREATE TABLE stretch (x BLOB); INSERT INTO stretch VALUES (zeroblob(9000000)); DROP TABLE stretch");
}

static int migrate(struct db *db)
{
    char got[32];
    int err = db_ask(db, "PRAGMA user_version", got, sizeof got);

    if (err < 0)
        return err;
    int version = atoi(got), first = version;
    if (version > SCHEMA_VERSION)
        return ERR_MALFORMED;
    while (err == 0 && version < SCHEMA_VERSION)
        err = migrate_one(db, ++version);
    if (err == 0 && first == 0)
        err = stretch_log(db);
    return err;
}

static int get_record(struct ledger *l, struct db_stmt *q, struct chain_record *out)
{
    struct chain_record r = {.seq = (uint64_t)db_int(q, 0), .time_ms = (uint64_t)db_int(q, 1)};
    bool good = true;

    for (int i = 0; i < 4; i++)
        good = db_text(q, 2 + i, l->record_text[i], sizeof l->record_text[i]) && good;
    good = db_bytes(q, 6, r.prev, sizeof r.prev) && good;
    good = db_bytes(q, 7, r.hash, sizeof r.hash) && good;
    db_done(q);
    if (!good)
        return ERR_MALFORMED;
    r.actor = l->record_text[0];
    r.event = l->record_text[1];
    r.job = l->record_text[2];
    r.detail = l->record_text[3];
    *out = r;
    return 0;
}

int ledger_next_record(struct ledger *l, uint64_t after, struct chain_record *out)
{
    struct db_stmt *q = l->q[Q_AUDIT_NEXT];
    int err = db_run(q, V_INT(after));

    return err == 1 ? get_record(l, q, out) : err < 0 ? err : ERR_NOTFOUND;
}

/* Finds the chain's end and proves its last records. */
static int read_head(struct ledger *l)
{
    struct chain_record r;
    struct chain_head head = {0};
    int err = db_run_values(l->q[Q_AUDIT_LAST], NULL, 0);

    if (err != 1)
        return err;
    if ((err = get_record(l, l->q[Q_AUDIT_LAST], &r)) < 0)
        return err;
    uint64_t last = r.seq, from = last > TAIL_CHECKED ? last - TAIL_CHECKED : 0;
    for (bool first = true; head.seq < last; first = false) {
        err = ledger_next_record(l, from, &r);
        if (err < 0)
            return err == ERR_NOTFOUND ? ERR_CRYPTO : err;
        if (first) {
            head.seq = r.seq - 1;
            memcpy(head.hash, r.prev, sizeof head.hash);
        }
        if (!chain_follows(&head, &r, &l->scratch))
            return ERR_CRYPTO;
        from = r.seq;
    }
    l->head = head;
    return 0;
}

int ledger_open(bool durable, struct ledger **ledger_out)
{
    scoped(ledger_close) struct ledger *l = calloc(1, sizeof *l);

    if (!l)
        return ERR_NOMEM;
    l->scratch = buf_new(CHAIN_LINE_MAX);
    int err = db_open("ledger.db", &l->db);
    if (err < 0 || (err = set_pragmas(l->db, durable)) < 0 || (err = migrate(l->db)) < 0)
        return err;
    for (int i = 0; i < Q_COUNT; i++)
        if ((err = db_prepare(l->db, statements[i], &l->q[i])) < 0)
            return err;
    if ((err = read_head(l)) < 0)
        return err;
    *ledger_out = steal(l);
    return 0;
}

void ledger_close(struct ledger **ledger)
{
    struct ledger *l = steal(*ledger);

    if (!l)
        return;
    for (int i = 0; i < Q_COUNT; i++)
        db_stmt_free(&l->q[i]);
    db_close(&l->db);
    buf_free(&l->scratch);
    free(l);
}

int ledger_do(int err)
{
    return err < 0 ? err : 0;
}

int ledger_changed_one(struct ledger *l, int err)
{
    return err < 0 ? err : db_changes(l->db) == 1 ? 0 : ERR_STALE;
}

int ledger_begin(struct ledger *l)
{
    l->head_at_begin = l->head;
    return ledger_do(db_run_values(l->q[Q_BEGIN], NULL, 0));
}

void ledger_rollback(struct ledger *l)
{
    (void)!db_run_values(l->q[Q_ROLLBACK], NULL, 0); /* fails when SQLite has undone it already */
    l->head = l->head_at_begin;
}

int ledger_commit(struct ledger *l)
{
    crash_point("ledger-commit");
    int err = ledger_do(db_run_values(l->q[Q_COMMIT], NULL, 0));

    if (err < 0)
        ledger_rollback(l);
    crash_point("ledger-committed");
    return err;
}

int ledger_tidy(struct ledger *l)
{
    return db_empty_log(l->db, LOG_PAGES);
}

bool ledger_is_broken(const struct ledger *l)
{
    return db_is_broken(l->db);
}

int64_t ledger_writes(const struct ledger *l)
{
    return db_total_changes(l->db);
}

const char *ledger_error(const struct ledger *l)
{
    return db_error(l->db);
}

int ledger_audit(struct ledger *l, uint64_t now_ms, const char *actor, const char *event, const char *job, const char *detail)
{
    struct chain_record r = {.time_ms = now_ms, .actor = actor, .event = event, .job = job, .detail = detail};
    struct chain_head before = l->head;
    int err = chain_append(&l->head, &r, &l->scratch);

    if (err < 0)
        return err;
    err = ledger_do(db_run(l->q[Q_AUDIT_ADD], V_INT(r.seq), V_INT(now_ms), V_TEXT(actor), V_TEXT(event), V_TEXT(job), V_TEXT(detail),
                           V_BLOB(r.prev, sizeof r.prev), V_BLOB(r.hash, sizeof r.hash)));
    if (err < 0)
        l->head = before;
    return err;
}

struct chain_head ledger_head(const struct ledger *l)
{
    return l->head;
}

int ledger_record_at(struct ledger *l, uint64_t time_ms, uint64_t *seq_out)
{
    int err = db_run(l->q[Q_AUDIT_AT], V_INT(time_ms));

    if (err < 0)
        return err;
    *seq_out = err == 1 ? (uint64_t)db_int(l->q[Q_AUDIT_AT], 0) : 0;
    db_done(l->q[Q_AUDIT_AT]);
    return 0;
}

int ledger_add_checkpoint(struct ledger *l, uint64_t count, uint64_t time_ms, const char *line)
{
    return ledger_do(db_run(l->q[Q_CHECKPOINT_ADD], V_INT(count), V_INT(time_ms), V_TEXT(line)));
}

int ledger_next_checkpoint(struct ledger *l, uint64_t after, uint64_t *count_out, char *line, size_t room)
{
    struct db_stmt *q = l->q[Q_CHECKPOINT_NEXT];
    int err = db_run(q, V_INT(after));

    if (err != 1)
        return err < 0 ? err : ERR_NOTFOUND;
    *count_out = (uint64_t)db_int(q, 0);
    bool fits = db_text(q, 1, line, room);
    db_done(q);
    return fits ? 0 : ERR_MALFORMED;
}

int ledger_checkpoint_before(struct ledger *l, uint64_t time_ms, uint64_t *count_out)
{
    struct db_stmt *q = l->q[Q_CHECKPOINT_BEFORE];
    int err = db_run(q, V_INT(time_ms));

    if (err < 0)
        return err;
    uint64_t count = err == 1 ? (uint64_t)db_int(q, 0) : 0;
    db_done(q);
    if (count == 0)
        return ERR_NOTFOUND;
    *count_out = count;
    return 0;
}

int ledger_cut_chain(struct ledger *l, uint64_t through, unsigned most, uint64_t *removed_out)
{
    int err = ledger_do(db_run(l->q[Q_AUDIT_CUT], V_INT(through), V_INT(most)));

    if (err == 0)
        *removed_out = (uint64_t)db_changes(l->db);
    return err;
}

int ledger_get(struct ledger *l, const char *name, char *value, size_t room)
{
    struct db_stmt *q = l->q[Q_SETTING];
    int err = db_run(q, V_TEXT(name));

    if (err != 1)
        return err < 0 ? err : ERR_NOTFOUND;
    bool fits = db_text(q, 0, value, room);
    db_done(q);
    return fits ? 0 : ERR_MALFORMED;
}

int ledger_set(struct ledger *l, const char *name, const char *value)
{
    return ledger_do(db_run(l->q[Q_SETTING_SET], V_TEXT(name), V_TEXT(value)));
}
