/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * After a crash: one state for every job, decided from the disk alone, and the
 * same however often it is interrupted. The keeper, before its first message.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/hook.h"
#include "base/log.h"
#include "keeper.h"

/* A file in incoming/ belongs to a job whose row says so; anything else was never acknowledged. */
static bool has_row(void *arg, enum store_kind kind, const char *job)
{
    struct keeper *k = arg;
    struct ledger_job j;

    if (ledger_find(k->ledger, job, &j) < 0)
        return false;
    return (kind == STORE_ORIGINAL ? j.original : j.output) == KEPT;
}

/* What must be readable for a job to go on: the original of an undecided one, the output of one on its way out. */
static int mark_missing(struct keeper *k, enum job_state state, enum store_kind kind, uint64_t *count_out)
{
    struct ledger_job job;
    int64_t at = 0;
    int err;

    while ((err = ledger_next(k->ledger, state, at, &job)) == 0) {
        at = job.num;
        if (store_has(k->store, kind, job.id))
            ++*count_out;
        else
            keeper_fault(k, &job, kind == STORE_ORIGINAL ? "the stored original is missing" : "the stored output is missing");
    }
    return err == ERR_NOTFOUND ? 0 : err;
}

int recover(struct keeper *k, uint64_t *undecided_out)
{
    uint64_t adopted = 0, dropped = 0, undecided = 0, outgoing = 0;
    char setting[16] = "", detail[160];
    int err = store_recover(k->store, has_row, k, &adopted, &dropped);

    if (err == 0)
        err = sweep_finish_leaving(k);
    crash_point("recover");
    if (err == 0)
        err = ledger_get(k->ledger, "releases", setting, sizeof setting);
    k->releases_stopped = err == 0 && strcmp(setting, "running") != 0; /* anything but the word for going on is a stop */
    if (err == ERR_NOTFOUND)
        err = 0;
    if (err == 0)
        err = mark_missing(k, JOB_STATE_RECEIVED, STORE_ORIGINAL, &undecided);
    if (err == 0)
        err = mark_missing(k, JOB_STATE_RELEASED, STORE_OUTPUT, &outgoing);
    if (err < 0)
        return err;
    (void)snprintf(detail, sizeof detail,
                   "{\"undecided\":%" PRIu64 ",\"undelivered\":%" PRIu64 ",\"files_adopted\":%" PRIu64 ",\"files_dropped\":%" PRIu64
                   ",\"version\":\"%s\"}",
                   undecided, outgoing, adopted, dropped, k->config.version);
    keeper_note(k, "gateway", "started", "", detail);
    batch_run(k);
    *undecided_out = undecided;
    return ledger_is_broken(k->ledger) ? ERR_IO : 0;
}
