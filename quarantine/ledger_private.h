/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_LEDGER_PRIVATE_H
#define SEKIMORI_LEDGER_PRIVATE_H

/* What the ledger's own files share: its struct and every statement. */
#include "ledger.h"
#include "lib_sqlite.h"

#define JOB_COLUMNS                                                                                                        \
    "num, id, state, received_ms, lane, destination, label, source, submitter, path, coalesce(token, ''), profile, policy, " \
    "asked_mode, mtime, bytes, sha256, original, output, decided_ms, reason, detail, type, out_type, out_path, mode, "       \
    "out_bytes, out_sha256, items, total_ms"
#define DELIVERY_COLUMNS "seq, num, destination, destination_seq, path, fold, state, delivered_ms"
#define RECORD_COLUMNS "seq, time_ms, actor, event, job, detail, prev, hash"

#define LEDGER_STATEMENTS(X)                                                                                               \
    X(BEGIN, "BEGIN IMMEDIATE")                                                                                            \
    X(COMMIT, "COMMIT")                                                                                                    \
    X(ROLLBACK, "ROLLBACK")                                                                                                \
    X(JOB_ADD, "INSERT INTO job (id, state, token, received_ms, lane, destination, label, source, submitter, path, "       \
               "profile, policy, asked_mode, mtime, bytes, sha256, original) "                                            \
               "VALUES (?1, 1, nullif(?2, ''), ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, 1)")              \
    X(JOB_BY_ID, "SELECT " JOB_COLUMNS " FROM job WHERE id = ?1")                                                          \
    X(JOB_BY_NUM, "SELECT " JOB_COLUMNS " FROM job WHERE num = ?1")                                                        \
    X(JOB_BY_TOKEN, "SELECT " JOB_COLUMNS " FROM job WHERE token = ?1")                                                    \
    X(JOB_REPORT, "SELECT report, stages FROM report WHERE num = ?1")                                                      \
    X(JOB_DECIDE, "UPDATE job SET state = ?2, decided_ms = ?3, reason = ?4, detail = ?5, type = ?6, out_type = ?7, "       \
                  "out_path = ?8, mode = ?9, out_bytes = ?10, out_sha256 = ?11, items = ?12, total_ms = ?13, output = ?14, " \
                  "told = ?15 WHERE num = ?1 AND state = 1")                                                               \
    X(JOB_TOLD, "UPDATE job SET told = 1 WHERE id = ?1 AND state <> 1")                                                    \
    X(JOB_UNTOLD, "SELECT " JOB_COLUMNS " FROM job WHERE told = 0 AND num > ?1 ORDER BY num LIMIT 1")                      \
    X(REPORT_ADD, "INSERT INTO report (num, stages, report) VALUES (?1, ?2, ?3)")                                          \
    X(JOB_MOVE, "UPDATE job SET state = ?3 WHERE num = ?1 AND state = ?2")                                                 \
    X(JOB_KEPT, "UPDATE job SET original = ?2, output = ?3 WHERE num = ?1")                                                \
    X(JOB_LIST, "SELECT " JOB_COLUMNS " FROM job WHERE num < ?1 AND (?2 = 0 OR (?2 >> state) & 1) AND (?3 = '' OR lane = ?3) " \
                "AND (?4 = '' OR submitter IN (?4, ?5)) AND received_ms >= ?6 ORDER BY num DESC LIMIT 1")                  \
    X(JOB_NEXT, "SELECT " JOB_COLUMNS " FROM job WHERE state = ?1 AND num > ?2 ORDER BY num LIMIT 1")                      \
    X(JOB_NEXT_KEPT, "SELECT " JOB_COLUMNS " FROM job INDEXED BY job_content WHERE (original <> 0 OR output <> 0) "        \
                     "AND received_ms <= ?1 AND num > ?2 ORDER BY num LIMIT 1")                                            \
    X(JOB_LEAVING, "SELECT " JOB_COLUMNS " FROM job INDEXED BY job_content WHERE (original <> 0 OR output <> 0) "          \
                   "AND (original = 2 OR output = 2) AND num > ?1 ORDER BY num LIMIT 1")                                   \
    X(JOB_FORGET, "DELETE FROM job WHERE num IN (SELECT num FROM job WHERE state IN (6, 7) AND original = 0 AND output = 0 " \
                  "AND received_ms < ?1 LIMIT ?2)")                                                                        \
    X(JOB_COUNTS, "SELECT state, count(*) FROM job GROUP BY state")                                                        \
    X(COUNTER, "SELECT last FROM counter WHERE name = ?1")                                                                 \
    X(COUNTER_SET, "INSERT INTO counter (name, last) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET last = ?2")          \
    X(PLACE, "SELECT seq FROM delivery WHERE fold = ?1 AND state < 3")                                                     \
    X(DELIVERY_ADD, "INSERT INTO delivery (seq, num, destination, destination_seq, path, fold, state, manifest) "          \
                    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7)")                                                              \
    X(DELIVERY_RENAME, "UPDATE delivery SET path = ?2, fold = ?3, manifest = ?4 WHERE seq = ?1 AND state = 1")             \
    X(DELIVERY_PLACED, "UPDATE delivery SET state = 2, delivered_ms = ?3 WHERE seq = ?1 AND state = ?2")                   \
    X(DELIVERY_COLLECTED, "UPDATE delivery SET state = 3, collected_ms = ?3 WHERE seq = ?1 AND state = ?2")                \
    X(DELIVERY_FAILED, "UPDATE delivery SET state = 4 WHERE seq = ?1 AND state = ?2 AND ?3 > 0")                           \
    X(DELIVERY_BY_SEQ, "SELECT " DELIVERY_COLUMNS " FROM delivery WHERE seq = ?1")                                         \
    X(DELIVERY_OF, "SELECT " DELIVERY_COLUMNS " FROM delivery WHERE num = ?1")                                             \
    X(DELIVERY_NEXT, "SELECT " DELIVERY_COLUMNS " FROM delivery WHERE state = ?1 AND state < 3 AND seq > ?2 ORDER BY seq LIMIT 1") \
    X(MANIFEST, "SELECT manifest FROM delivery WHERE seq = ?1")                                                            \
    X(AUDIT_ADD, "INSERT INTO audit (seq, time_ms, actor, event, job, detail, prev, hash) "                                \
                 "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")                                                                \
    X(AUDIT_NEXT, "SELECT " RECORD_COLUMNS " FROM audit WHERE seq > ?1 ORDER BY seq LIMIT 1")                              \
    X(AUDIT_LAST, "SELECT " RECORD_COLUMNS " FROM audit ORDER BY seq DESC LIMIT 1")                                        \
    X(AUDIT_AT, "SELECT min(seq) FROM audit WHERE time_ms >= ?1")                                                          \
    X(AUDIT_CUT, "DELETE FROM audit WHERE seq IN (SELECT seq FROM audit WHERE seq <= ?1 ORDER BY seq LIMIT ?2)")           \
    X(CHECKPOINT_ADD, "INSERT OR IGNORE INTO checkpoint (count, time_ms, line) VALUES (?1, ?2, ?3)")                       \
    X(CHECKPOINT_NEXT, "SELECT count, line FROM checkpoint WHERE count > ?1 ORDER BY count LIMIT 1")                       \
    X(CHECKPOINT_BEFORE, "SELECT max(count) FROM checkpoint WHERE time_ms < ?1")                                           \
    X(SETTING, "SELECT value FROM setting WHERE name = ?1")                                                                \
    X(SETTING_SET, "INSERT INTO setting (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2")

enum ledger_statement {
#define X(id, sql) Q_##id,
    LEDGER_STATEMENTS(X)
#undef X
    Q_COUNT
};

struct ledger {
    struct db *db;
    struct db_stmt *q[Q_COUNT];
    struct chain_head head, head_at_begin; /* an undone transaction takes its records back */
    struct buf scratch; /* for the chain's line */
    char record_text[4][CHAIN_DETAIL_MAX + 1]; /* actor, event, job, detail of the record last read */
};

/* Runs a statement that answers nothing: 0 or ERR_*. */
int ledger_do(int err) must_check;

/* ERR_STALE unless the statement just run changed exactly one row. */
int ledger_changed_one(struct ledger *l, int err) must_check;

#endif
