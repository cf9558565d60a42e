/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Retention: content, old job rows and old audit records go when their days
 * are over, a few at a time. The keeper. What goes is recorded first; nothing
 * is ever released from here.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/hook.h"
#include "base/json.h"
#include "base/log.h"
#include "keeper.h"

#define DAY_MS ((uint64_t)24 * 3600 * 1000)
#define JOBS_PER_STEP 64
#define ROWS_PER_STEP 512

int sweep_finish_leaving(struct keeper *k)
{
    struct ledger_job job;
    int64_t at = 0;
    int err = ledger_begin(k->ledger);

    if (err < 0)
        return err;
    while (err == 0 && ledger_next_leaving(k->ledger, at, &job) == 0) {
        at = job.num;
        if (job.original == KEPT_LEAVING && (err = store_remove(k->store, STORE_ORIGINAL, job.id)) == 0)
            job.original = KEPT_NOT;
        if (err == 0 && job.output == KEPT_LEAVING && (err = store_remove(k->store, STORE_OUTPUT, job.id)) == 0)
            job.output = KEPT_NOT;
        crash_point("sweep-removed");
        if (err == 0)
            err = ledger_set_kept(k->ledger, job.num, job.original, job.output);
    }
    if (err < 0) {
        ledger_rollback(k->ledger);
        return err;
    }
    return ledger_commit(k->ledger);
}

/* Records that a job's content has reached its end. */
static int expire(struct keeper *k, const struct ledger_job *job, const struct retain_job *r, unsigned due, uint64_t now_ms)
{
    scoped_buf detail = buf_new(CHAIN_DETAIL_MAX);
    int err = 0;

    json_open(&detail, NULL, '{');
    json_bool(&detail, "original", (due & RETAIN_ORIGINAL) != 0);
    json_bool(&detail, "output", (due & RETAIN_OUTPUT) != 0);
    json_u64(&detail, "received_ms", job->received_ms);
    json_hex(&detail, "original_sha256", job->sha256, sizeof job->sha256);
    json_close(&detail, '}');
    const char *text = buf_text(&detail);
    if (detail.err < 0)
        return detail.err;
    if (retain_empties(r, due))
        err = ledger_move(k->ledger, job->num, job->state, JOB_STATE_DELETED);
    if (err == 0)
        err = ledger_set_kept(k->ledger, job->num, due & RETAIN_ORIGINAL ? KEPT_LEAVING : job->original,
                              due & RETAIN_OUTPUT ? KEPT_LEAVING : job->output);
    return err < 0 ? err : ledger_audit(k->ledger, now_ms, "gateway", "expired", job->id, text);
}

/* Looks at the next jobs that have content. Sets *more when there are others behind them. */
static int sweep_jobs(struct keeper *k, const struct retain_days *days, uint64_t now_ms, bool *more)
{
    uint32_t least = days->original && (!days->output || days->original < days->output) ? days->original : days->output;
    uint64_t cutoff = least && now_ms > least * DAY_MS ? now_ms - least * DAY_MS : 0;
    struct ledger_job job;
    int err = 0;

    *more = false;
    for (unsigned i = 0; cutoff > 0 && err == 0; i++) {
        if (i == JOBS_PER_STEP) {
            *more = true;
            return 0;
        }
        err = ledger_next_kept(k->ledger, cutoff, k->sweep_at, &job);
        if (err < 0)
            return err == ERR_NOTFOUND ? 0 : err;
        k->sweep_at = job.num;
        struct retain_job r = {job.state, job.received_ms, job.decided_ms, job.original == KEPT, job.output == KEPT};
        unsigned due = retain_due(&r, days, now_ms);
        if (due)
            err = expire(k, &job, &r, due, now_ms);
    }
    return err;
}

/* Cuts the chain's beginning at a checkpoint, so that what stays is still anchored by a signature. */
static int sweep_chain(struct keeper *k, uint64_t before_ms, uint64_t now_ms, bool *more)
{
    char detail[128];
    uint64_t through, removed;
    struct chain_record first;
    int err = ledger_checkpoint_before(k->ledger, before_ms, &through);

    if (err < 0)
        return err == ERR_NOTFOUND ? 0 : err;
    if (through >= ledger_head(k->ledger).seq || ledger_next_record(k->ledger, 0, &first) < 0 || first.seq > through)
        return 0;
    if ((err = ledger_cut_chain(k->ledger, through, ROWS_PER_STEP, &removed)) < 0)
        return err;
    if (removed == ROWS_PER_STEP) {
        *more = true;
        return 0;
    }
    (void)snprintf(detail, sizeof detail, "{\"through\":%" PRIu64 "}", through);
    return ledger_audit(k->ledger, now_ms, "gateway", "audit-expired", "", detail);
}

static int sweep_once(struct keeper *k, uint64_t now_ms, bool *more)
{
    const struct retain_days days = {k->config.retain_original_days, k->config.retain_output_days, k->config.retain_audit_days};
    uint64_t forgotten = 0, before_ms = days.audit && now_ms > days.audit * DAY_MS ? now_ms - days.audit * DAY_MS : 0;
    int err = sweep_jobs(k, &days, now_ms, more);

    if (err == 0 && !*more && before_ms > 0)
        err = ledger_forget(k->ledger, before_ms, ROWS_PER_STEP, &forgotten);
    if (err == 0 && forgotten == ROWS_PER_STEP)
        *more = true;
    if (err == 0 && !*more && before_ms > 0)
        err = sweep_chain(k, before_ms, now_ms, more);
    return err;
}

/* May things be removed by age now? Remembers the time it believed, so that a restart does not forget a doubt. */
static bool clock_is_believed(struct keeper *k, uint64_t now_ms)
{
    char text[24] = "";
    int err = ledger_get(k->ledger, "believed_ms", text, sizeof text);

    if (err < 0 && err != ERR_NOTFOUND)
        return false;
    if (!retain_clock_is_sane(strtoull(text, NULL, 10), now_ms)) {
        if (k->doubt_ms == 0) {
            k->doubt_ms = fdio_now_ms();
            log_warn("the clock is far from where it was last: for three days nothing is removed by age");
            keeper_event(k, "clock-step", "", "far from where it was last: for three days nothing is removed by age");
        }
        if (fdio_now_ms() - k->doubt_ms < RETAIN_DOUBT_MS)
            return false;
    }
    k->doubt_ms = 0;
    (void)snprintf(text, sizeof text, "%" PRIu64, now_ms);
    return ledger_set(k->ledger, "believed_ms", text) == 0;
}

bool sweep_step(struct keeper *k)
{
    uint64_t now_ms = fdio_wall_ms();
    bool more = false;
    int err = ledger_begin(k->ledger);

    if (err == 0) {
        err = clock_is_believed(k, now_ms) ? sweep_once(k, now_ms, &more) : 0;
        if (err == 0)
            err = ledger_commit(k->ledger);
        else
            ledger_rollback(k->ledger);
    }
    crash_point("sweep-recorded");
    if (err == 0)
        err = sweep_finish_leaving(k);
    if (err < 0) {
        log_error("removing by age failed: %s", err_text(err));
        if (ledger_is_broken(k->ledger))
            keeper_end(k, KEEPER_EXIT_FLUSH);
        return false;
    }
    if (!more)
        k->sweep_at = 0;
    return more;
}
