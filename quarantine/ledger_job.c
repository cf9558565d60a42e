/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Jobs and their reports in the ledger. The keeper; every value may come from a hostile file, statements never do. */
#include <string.h>

#include "base/err.h"
#include "ledger_private.h"

int ledger_add(struct ledger *l, const struct ledger_job *job, int64_t *num_out)
{
    const struct job_origin *o = &job->origin;
    int err = ledger_do(db_run(l->q[Q_JOB_ADD], V_TEXT(job->id), V_TEXT(o->token), V_INT(job->received_ms), V_TEXT(o->lane),
                               V_TEXT(o->destination), V_TEXT(o->label), V_TEXT(o->source), V_TEXT(o->submitter),
                               V_BLOB(o->path, strlen(o->path)), V_TEXT(o->profile), V_TEXT(o->policy_digest), V_INT(o->mode),
                               V_INT(o->mtime), V_INT(job->bytes), V_BLOB(job->sha256, sizeof job->sha256)));

    if (err == 0)
        *num_out = db_last_num(l->db);
    return err;
}

/* Texts of the columns from 4 on, in the order of JOB_COLUMNS. */
static bool get_origin(struct db_stmt *q, struct job_origin *o)
{
    char *const texts[] = {o->lane, o->destination, o->label, o->source, o->submitter, o->path, o->token, o->profile, o->policy_digest};
    static const size_t rooms[] = {JOB_WORD_MAX, JOB_WORD_MAX, JOB_WORD_MAX, JOB_WORD_MAX, JOB_WORD_MAX,
                                   JOB_PATH_MAX, JOB_TOKEN_MAX, JOB_WORD_MAX, sizeof o->policy_digest};
    bool good = true;

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        good = db_text(q, 4 + (int)i, texts[i], rooms[i]) && good;
    o->mode = (uint32_t)db_int(q, 13);
    o->mtime = db_int(q, 14);
    return good;
}

static bool get_decided(struct db_stmt *q, struct ledger_job *j)
{
    char reason[64];
    bool good = db_text(q, 20, reason, sizeof reason);

    j->decided_ms = (uint64_t)db_int(q, 19);
    j->reason = reason[0] ? reason_find(reason) : REASON_NONE;
    good = db_text(q, 21, j->detail, sizeof j->detail) && good;
    good = db_text(q, 22, j->type, sizeof j->type) && good;
    good = db_text(q, 23, j->out_type, sizeof j->out_type) && good;
    good = db_text(q, 24, j->out_path, sizeof j->out_path) && good;
    good = db_text(q, 25, j->mode, sizeof j->mode) && good;
    j->out_bytes = (uint64_t)db_int(q, 26);
    (void)db_bytes(q, 27, j->out_sha256, sizeof j->out_sha256); /* absent before the decision */
    j->items = (uint32_t)db_int(q, 28);
    j->total_ms = (uint32_t)db_int(q, 29);
    return good;
}

/* Reads the one row of a query and ends it. */
static int get_job(struct db_stmt *q, int err, struct ledger_job *out)
{
    struct ledger_job j = {0};

    if (err != 1)
        return err < 0 ? err : ERR_NOTFOUND;
    j.num = db_int(q, 0);
    j.state = (enum job_state)db_int(q, 2);
    j.received_ms = (uint64_t)db_int(q, 3);
    j.bytes = (uint64_t)db_int(q, 15);
    j.original = (enum keep)db_int(q, 17);
    j.output = (enum keep)db_int(q, 18);
    bool good = db_text(q, 1, j.id, sizeof j.id);
    good = get_origin(q, &j.origin) && good;
    good = db_bytes(q, 16, j.sha256, sizeof j.sha256) && good;
    good = get_decided(q, &j) && good;
    db_done(q);
    if (!good)
        return ERR_MALFORMED;
    *out = j;
    return 0;
}

int ledger_find(struct ledger *l, const char *id, struct ledger_job *out)
{
    struct db_stmt *q = l->q[Q_JOB_BY_ID];

    return get_job(q, db_run(q, V_TEXT(id)), out);
}

int ledger_find_num(struct ledger *l, int64_t num, struct ledger_job *out)
{
    struct db_stmt *q = l->q[Q_JOB_BY_NUM];

    return get_job(q, db_run(q, V_INT(num)), out);
}

int ledger_find_token(struct ledger *l, const char *token, struct ledger_job *out)
{
    struct db_stmt *q = l->q[Q_JOB_BY_TOKEN];

    return token[0] ? get_job(q, db_run(q, V_TEXT(token)), out) : ERR_NOTFOUND;
}

int ledger_report(struct ledger *l, int64_t num, struct buf *report_out, struct buf *stages_out)
{
    struct db_stmt *q = l->q[Q_JOB_REPORT];
    int err = db_run(q, V_INT(num));
    size_t n;

    if (err != 1)
        return err < 0 ? err : ERR_NOTFOUND;
    const void *report = db_borrow(q, 0, &n);
    buf_put(report_out, report, n);
    const void *stages = db_borrow(q, 1, &n);
    buf_put(stages_out, stages, n);
    db_done(q);
    return report_out->err < 0 ? report_out->err : stages_out->err;
}

int ledger_decide(struct ledger *l, int64_t num, const struct job_decision *d, const char *stages_json, enum reason reason,
                  const char *detail, enum job_state state, enum keep output, uint64_t now_ms)
{
    if (!job_state_may(JOB_STATE_RECEIVED, state))
        return ERR_INVALID;
    int err = ledger_changed_one(
        l, db_run(l->q[Q_JOB_DECIDE], V_INT(num), V_INT(state), V_INT(now_ms), V_TEXT(reason_code(reason)), V_TEXT(detail), V_TEXT(d->type),
                  V_TEXT(d->out_type), V_TEXT(d->out_path), V_TEXT(d->mode), V_INT(d->out_bytes),
                  V_BLOB(d->out_sha256, sizeof d->out_sha256), V_INT(d->items), V_INT(d->total_ms), V_INT(output), V_INT(!d->notice)));

    return err < 0 ? err : ledger_do(db_run(l->q[Q_REPORT_ADD], V_INT(num), V_TEXT(stages_json), V_TEXT(d->report)));
}

int ledger_move(struct ledger *l, int64_t num, enum job_state from, enum job_state to)
{
    if (!job_state_may(from, to))
        return ERR_INVALID;
    return ledger_changed_one(l, db_run(l->q[Q_JOB_MOVE], V_INT(num), V_INT(from), V_INT(to)));
}

int ledger_set_kept(struct ledger *l, int64_t num, enum keep original, enum keep output)
{
    return ledger_changed_one(l, db_run(l->q[Q_JOB_KEPT], V_INT(num), V_INT(original), V_INT(output)));
}

int ledger_list(struct ledger *l, const struct ledger_filter *f, int64_t before, struct ledger_job *out)
{
    struct db_stmt *q = l->q[Q_JOB_LIST];

    return get_job(q, db_run(q, V_INT(before > 0 ? before : INT64_MAX), V_INT(f->states), V_TEXT(f->lane), V_TEXT(f->submitter),
                             V_TEXT(f->submitter_uid), V_INT(f->since_ms)), out);
}

int ledger_next(struct ledger *l, enum job_state state, int64_t after, struct ledger_job *out)
{
    struct db_stmt *q = l->q[Q_JOB_NEXT];

    return get_job(q, db_run(q, V_INT(state), V_INT(after)), out);
}

int ledger_next_untold(struct ledger *l, int64_t after, struct ledger_job *out)
{
    struct db_stmt *q = l->q[Q_JOB_UNTOLD];

    return get_job(q, db_run(q, V_INT(after)), out);
}

int ledger_set_told(struct ledger *l, const char *id)
{
    return ledger_do(db_run(l->q[Q_JOB_TOLD], V_TEXT(id)));
}

int ledger_next_kept(struct ledger *l, uint64_t received_ms, int64_t after, struct ledger_job *out)
{
    struct db_stmt *q = l->q[Q_JOB_NEXT_KEPT];

    return get_job(q, db_run(q, V_INT(received_ms), V_INT(after)), out);
}

int ledger_next_leaving(struct ledger *l, int64_t after, struct ledger_job *out)
{
    struct db_stmt *q = l->q[Q_JOB_LEAVING];

    return get_job(q, db_run(q, V_INT(after)), out);
}

int ledger_forget(struct ledger *l, uint64_t before_ms, unsigned most, uint64_t *forgotten_out)
{
    int err = ledger_do(db_run(l->q[Q_JOB_FORGET], V_INT(before_ms), V_INT(most)));

    if (err == 0)
        *forgotten_out = (uint64_t)db_changes(l->db);
    return err;
}

int ledger_counts(struct ledger *l, uint64_t counts[JOB_STATES])
{
    struct db_stmt *q = l->q[Q_JOB_COUNTS];
    uint64_t got[JOB_STATES] = {0};
    int err = db_run_values(q, NULL, 0);

    for (; err == 1; err = db_next(q)) {
        int64_t state = db_int(q, 0);
        if (state > 0 && state < JOB_STATES)
            got[state] = (uint64_t)db_int(q, 1);
    }
    if (err == 0)
        memcpy(counts, got, sizeof got);
    return err;
}
