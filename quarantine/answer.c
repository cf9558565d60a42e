/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Long answers, step by step. The keeper; names in the rows may be hostile, the JSON writer escapes them. */
#include "answer.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/json.h"
#include "base/log.h"
#include "json_check.h"
#include "keeper.h"

#define STEPS_PER_ROUND 256
#define BACKLOG_MAX 64 /* frames waiting for the supervisor */
#define EXPORT_STEP 256 /* records written at once */

struct answer *answer_new(struct keeper *k, uint64_t call, answer_step *step)
{
    struct answer **at = &k->answers.first, *a;

    if (k->answers.count >= ANSWERS_MAX || !(a = calloc(1, sizeof *a)))
        return NULL;
    *a = (struct answer){.call = call, .step = step, .fd = -1, .scratch = buf_new(EXPORT_STEP * CHAIN_LINE_MAX)};
    while (*at)
        at = &(*at)->next;
    *at = a;
    k->answers.count++;
    return a;
}

static void answer_free(struct answer *a)
{
    scope_close(&a->fd);
    buf_free(&a->scratch);
    free(a);
}

void answers_free(struct keeper *k)
{
    while (k->answers.first) {
        struct answer *next = k->answers.first->next;
        answer_free(k->answers.first);
        k->answers.first = next;
    }
    k->answers.count = 0;
}

static void on_again(void *arg)
{
    (void)arg; /* the loop's next round is all that is wanted */
}

void answers_run(struct keeper *k)
{
    struct answer **at = &k->answers.first;

    while (*at) {
        struct answer *a = *at;
        int more = 1;
        for (unsigned i = 0; i < STEPS_PER_ROUND && more > 0 && peer_backlog(k->supervisor) < BACKLOG_MAX; i++)
            more = a->step(k, a);
        if (more > 0) {
            at = &a->next;
            continue;
        }
        answer_end(k, a->call, more, more < 0 && !a->text[0] ? err_text(more) : a->text);
        *at = a->next;
        k->answers.count--;
        answer_free(a);
    }
    /* With frames queued the socket wakes us; else nothing would. */
    if (k->answers.first && peer_backlog(k->supervisor) == 0)
        (void)!loop_after(k->loop, 0, on_again, NULL, NULL);
}

void answer_end(struct keeper *k, uint64_t call, int err, const char *text)
{
    scoped_buf b = buf_new(MSG_PAYLOAD_MAX);

    buf_u32(&b, (uint32_t)-err);
    buf_str(&b, text);
    (void)peer_send(k->supervisor, MSG_KEEPER_END, call, &b, NULL, 0);
}

void answer_row(struct keeper *k, uint64_t call, const struct buf *json)
{
    (void)peer_send(k->supervisor, MSG_KEEPER_ROW, call, json, NULL, 0);
}

static void put_delivery(struct keeper *k, struct buf *b, const struct ledger_job *job)
{
    struct ledger_delivery d;

    if (job->state < JOB_STATE_RELEASED || ledger_delivery_of(k->ledger, job->num, &d) < 0)
        return;
    json_open(b, "delivery", '{');
    json_u64(b, "sequence", d.seq);
    json_u64(b, "destination_sequence", d.destination_seq);
    json_str(b, "path", d.path);
    json_u64(b, "delivered_ms", d.delivered_ms);
    json_close(b, '}');
}

static void put_decision(struct buf *b, const struct ledger_job *j, bool inner)
{
    if (j->decided_ms == 0)
        return;
    json_u64(b, "decided_ms", j->decided_ms);
    json_str(b, "verdict", verdict_text(reason_verdict(j->reason)));
    json_str(b, "reason", reason_code(j->reason));
    json_str(b, "type", j->type);
    json_str(b, "out_type", j->out_type);
    json_str(b, "out_path", j->out_path);
    json_str(b, "mode", j->mode);
    json_u64(b, "out_bytes", j->out_bytes);
    json_hex(b, "out_sha256", j->out_sha256, sizeof j->out_sha256);
    json_u64(b, "items", j->items);
    json_u64(b, "total_ms", j->total_ms);
    if (inner)
        json_str(b, "detail", j->detail);
}

static int put_report(struct keeper *k, struct buf *b, const struct ledger_job *job, bool inner)
{
    scoped_buf report = buf_new(JOB_REPORT_MAX), stages = buf_new(JOB_REPORT_MAX);
    int err = ledger_report(k->ledger, job->num, &report, &stages);

    if (err == ERR_NOTFOUND)
        return 0;
    if (err < 0)
        return err;
    if (inner)
        json_raw(b, "stages", buf_text(&stages));
    if (json_is_object(buf_text(&report)))
        json_raw(b, "report", buf_text(&report));
    else
        json_str(b, "report", buf_text(&report));
    return b->err;
}

int answer_job(struct keeper *k, struct buf *b, const struct ledger_job *job, bool inner, bool whole)
{
    const struct job_origin *o = &job->origin;
    int err = 0;

    json_open(b, NULL, '{');
    json_str(b, "job", job->id);
    json_str(b, "state", job_state_word(job->state));
    json_u64(b, "received_ms", job->received_ms);
    json_str(b, "lane", o->lane);
    json_str(b, "destination", o->destination);
    json_str(b, "label", o->label);
    json_str(b, "source", o->source);
    json_str(b, "submitter", o->submitter);
    json_str(b, "path", o->path);
    json_u64(b, "bytes", job->bytes);
    json_hex(b, "sha256", job->sha256, sizeof job->sha256);
    if (inner) {
        json_str(b, "profile", o->profile);
        json_str(b, "policy", o->policy_digest);
        json_bool(b, "original_kept", job->original == KEPT);
        json_bool(b, "output_kept", job->output == KEPT);
    }
    put_decision(b, job, inner);
    put_delivery(k, b, job);
    if (whole)
        err = put_report(k, b, job, inner);
    json_close(b, '}');
    return err < 0 ? err : b->err;
}

int answer_list(struct keeper *k, struct answer *a)
{
    struct ledger_job job;
    int err = a->left == 0 ? ERR_NOTFOUND : ledger_list(k->ledger, &a->filter, a->at, &job);

    if (err < 0)
        return err == ERR_NOTFOUND ? 0 : err;
    buf_reset(&a->scratch);
    if ((err = answer_job(k, &a->scratch, &job, !a->short_rows, false)) < 0)
        return err;
    answer_row(k, a->call, &a->scratch);
    a->at = job.num;
    a->left--;
    return 1;
}

int answer_pending(struct keeper *k, struct answer *a)
{
    struct ledger_job job;
    struct ledger_delivery d = {0};
    int err = ledger_next_untold(k->ledger, a->at, &job);

    if (err < 0)
        return err == ERR_NOTFOUND ? 0 : err;
    if (job.state != JOB_STATE_RECEIVED && ledger_delivery_of(k->ledger, job.num, &d) < 0)
        d = (struct ledger_delivery){0};
    buf_reset(&a->scratch);
    buf_str(&a->scratch, job.id);
    buf_blob(&a->scratch, job.sha256, sizeof job.sha256);
    buf_u64(&a->scratch, job.bytes);
    buf_u32(&a->scratch, job.decided_ms ? (uint32_t)job.reason : 0);
    buf_str(&a->scratch, d.path);
    origin_put(&a->scratch, &job.origin);
    (void)peer_send(k->supervisor, MSG_KEEPER_RESUME, a->call, &a->scratch, NULL, 0);
    a->at = job.num;
    return 1;
}

int on_pending(void *owner, struct peer *peer, struct msg *m)
{
    struct keeper *k = owner;

    (void)peer;
    if (m->len != 0)
        return ERR_PEER;
    if (!answer_new(k, m->id, answer_pending))
        answer_end(k, m->id, ERR_AGAIN, "too many questions at once");
    return 0;
}

/* ---- the chain ----------------------------------------------------------------------------------------- */

/* Checkpoints up to a record follow it: a reader meets the proof right behind what it proves. */
static int export_checkpoints(struct keeper *k, struct answer *a, uint64_t through)
{
    char line[CHECKPOINT_LINE_MAX];
    uint64_t count;

    while (ledger_next_checkpoint(k->ledger, a->count, &count, line, sizeof line) == 0 && count <= through) {
        buf_printf(&a->scratch, "%s\n", line);
        a->count = count;
    }
    return a->scratch.err;
}

int answer_export(struct keeper *k, struct answer *a)
{
    struct chain_record r;
    int err = 0;

    buf_reset(&a->scratch);
    for (unsigned i = 0; i < EXPORT_STEP && err == 0 && (uint64_t)a->at < a->to; i++) {
        err = ledger_next_record(k->ledger, (uint64_t)a->at, &r);
        if (err < 0 || r.seq > a->to)
            break;
        if (a->left == 0) { /* the first: a checkpoint right before it anchors its `prev` */
            a->count = r.seq > 1 ? r.seq - 2 : 0;
            err = export_checkpoints(k, a, r.seq - 1);
            a->count = r.seq - 1;
        }
        chain_put(&a->scratch, &r);
        if (err == 0)
            err = export_checkpoints(k, a, r.seq);
        a->at = (int64_t)r.seq;
        a->left++;
    }
    if (err < 0 && err != ERR_NOTFOUND)
        return err;
    int written = a->scratch.err < 0 ? a->scratch.err : fdio_write(a->fd, a->scratch.bytes, a->scratch.len);
    if (written < 0)
        return written;
    if (a->scratch.len > 0 && err == 0 && (uint64_t)a->at < a->to)
        return 1;
    (void)snprintf(a->text, sizeof a->text, "%llu records", (unsigned long long)a->left);
    return 0;
}

/* True when a chain that begins at a later record begins behind a checkpoint of ours: the rest was removed by age, not by hand. */
static bool is_anchored(struct keeper *k, const struct chain_record *first)
{
    struct chain_checkpoint c;
    char line[CHECKPOINT_LINE_MAX];
    uint64_t count;

    if (first->seq == 1)
        return true;
    return first->seq > 1 && ledger_next_checkpoint(k->ledger, first->seq - 2, &count, line, sizeof line) == 0 && count == first->seq - 1 &&
           chain_checkpoint_get(line, strlen(line), k->checkpoints.key.public, &c) == 0 &&
           memcmp(c.head.hash, first->prev, sizeof first->prev) == 0;
}

int answer_verify(struct keeper *k, struct answer *a)
{
    struct chain_record r;
    int err = ledger_next_record(k->ledger, (uint64_t)a->at, &r);

    if (err == ERR_NOTFOUND && a->head.seq == ledger_head(k->ledger).seq) {
        (void)snprintf(a->text, sizeof a->text, "%llu records, the chain is whole", (unsigned long long)a->left);
        return 0;
    }
    if (err == 0 && a->at == 0 && is_anchored(k, &r)) {
        a->head.seq = r.seq - 1;
        memcpy(a->head.hash, r.prev, sizeof a->head.hash);
    }
    if (err < 0 || !chain_follows(&a->head, &r, &a->scratch)) {
        (void)snprintf(a->text, sizeof a->text, "the chain is broken after record %llu", (unsigned long long)a->at);
        log_error("%s", a->text);
        return ERR_CRYPTO;
    }
    a->at = (int64_t)r.seq;
    a->left++;
    return 1;
}
