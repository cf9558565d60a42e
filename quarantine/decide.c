/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recording decisions. The keeper; it believes of a decision only what it can
 * check: that all stages are there and that the output it stores is the one
 * the last two vouched for. What does not fit is held.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/hook.h"
#include "base/json.h"
#include "keeper.h"

struct decide {
    struct job_decision decision;
    char report[JOB_REPORT_MAX + 1];
    struct ledger_job job;
    struct release_outcome outcome;
    struct ledger_delivery delivery; /* seq 0: none */
    struct buf manifest;
    bool was_decided; /* before this: answered from the ledger, nothing is written */
    bool twin;        /* the same job was decided earlier in this batch */
};

static bool is_decide(const struct op *op);

/* A decision on the same job earlier in this batch. */
static bool has_twin(const struct keeper *k, const struct op *op)
{
    const struct decide *d = op->data;
    const struct op *other;

    for (unsigned i = 0; (other = batch_at(k, i)) && other != op; i++) {
        const struct decide *e = other->data;
        if (is_decide(other) && strcmp(d->decision.job, e->decision.job) == 0)
            return true;
    }
    return false;
}

/* The output as a descriptor nobody can change: the one that came when it is sealed, else a copy. */
static int output_plain(struct keeper *k, struct op *op, struct store_plain *plain, int *copy_to)
{
    uint64_t bytes;

    *copy_to = -1;
    if (store_is_sealed(op->source)) {
        op->plain = steal_fd(&op->source);
        return 0;
    }
    int err = fdio_size(op->source, &bytes);
    if (err == 0)
        err = store_plain_new(k->store, bytes, k->config.memory_bytes, plain);
    if (err == 0)
        *copy_to = plain->fd;
    return err;
}

static int decide_write(struct keeper *k, struct op *op)
{
    struct decide *d = op->data;
    scoped(store_plain_free) struct store_plain plain = {-1, -1};
    int copy_to, err = ledger_find(k->ledger, d->decision.job, &d->job);

    if (err < 0)
        return err;
    d->was_decided = d->job.state != JOB_STATE_RECEIVED;
    d->twin = has_twin(k, op);
    if (d->was_decided || d->twin)
        return 0;
    release_judge(&d->decision, NULL, 0, &d->outcome);
    if (op->source < 0 || !(decision_is_releasable(&d->decision) || release_is_approvable(&d->decision)))
        return 0; /* nothing to keep: the outcome without an output stands */
    if ((err = output_plain(k, op, &plain, &copy_to)) < 0 ||
        (err = store_write(k->store, STORE_OUTPUT, d->job.id, op->plain >= 0 ? op->plain : op->source, k->config.file_bytes, copy_to,
                           &op->file)) < 0)
        return err;
    if (copy_to >= 0 && (err = store_plain_seal(&plain, &op->plain)) < 0)
        return err;
    release_judge(&d->decision, op->file.sha256, op->file.bytes, &d->outcome);
    return 0;
}

static int put_stages(struct buf *b, const struct job_decision *d)
{
    json_open(b, NULL, '[');
    for (uint32_t i = 0; i < d->stage_count; i++) {
        const struct job_stage *s = &d->stages[i];
        json_open(b, NULL, '{');
        json_str(b, "stage", stage_word(s->stage));
        json_str(b, "result", s->reason == REASON_NONE ? "none" : reason_code(s->reason));
        json_hex(b, "sha256", s->sha256, sizeof s->sha256);
        json_u64(b, "ms", s->ms);
        json_close(b, '}');
    }
    json_close(b, ']');
    return b->err;
}

/* The record of a decision that releases nothing. */
static int decide_audit(struct keeper *k, const struct decide *d, const char *stages_json, uint64_t now_ms)
{
    scoped_buf detail = buf_new(CHAIN_DETAIL_MAX);
    enum job_state state = release_state(&d->outcome);
    uint8_t report[DIGEST_BYTES];

    digest_of(d->report, strlen(d->report), report);
    json_open(&detail, NULL, '{');
    json_str(&detail, "reason", reason_code(d->outcome.reason));
    json_str(&detail, "detail", d->outcome.detail);
    json_str(&detail, "type", d->decision.type);
    json_hex(&detail, "original_sha256", d->job.sha256, sizeof d->job.sha256);
    json_str(&detail, "policy", d->job.origin.policy_digest);
    json_raw(&detail, "stages", stages_json);
    json_hex(&detail, "report_sha256", report, sizeof report);
    json_bool(&detail, "approvable", d->outcome.keep_output);
    json_str(&detail, "version", k->config.version);
    json_close(&detail, '}');
    const char *text = buf_text(&detail);
    if (detail.err < 0)
        return detail.err;
    return ledger_audit(k->ledger, now_ms, "gateway", job_state_word(state), d->job.id, text);
}

/* A release that no manifest can be written for must not come back for ever: it is held when the batch is tried again. */
static int hold_instead(struct decide *d, int err)
{
    if (err == ERR_INVALID || err == ERR_LIMIT || err == ERR_EXISTS)
        d->outcome = (struct release_outcome){.reason = REASON_INTERNAL, .detail = "no manifest can be written for it"};
    return err;
}

static int decide_write_rows(struct keeper *k, struct decide *d, const char *stages_json)
{
    uint64_t now_ms = fdio_wall_ms();
    struct ledger_job decided = d->job;
    enum job_state state = release_state(&d->outcome);
    bool output = d->outcome.deliver || d->outcome.keep_output;
    int err = ledger_decide(k->ledger, d->job.num, &d->decision, stages_json, d->outcome.reason, d->outcome.detail, state,
                            output ? KEPT : KEPT_NOT, now_ms);

    if (err == 0 && d->outcome.deliver) {
        if ((err = ledger_find_num(k->ledger, d->job.num, &decided)) == 0)
            err = hold_instead(d, release_record(k, &decided, stages_json, "gateway", "", &d->delivery, &d->manifest));
    } else if (err == 0) {
        err = decide_audit(k, d, stages_json, now_ms);
    }
    return err;
}

static int decide_apply(struct keeper *k, struct op *op)
{
    struct decide *d = op->data;
    scoped_buf stages = buf_new(JOB_REPORT_MAX);
    int err = ledger_find(k->ledger, d->decision.job, &d->job);

    d->delivery = (struct ledger_delivery){0};
    if (err < 0)
        return err;
    d->was_decided = d->job.state != JOB_STATE_RECEIVED;
    if (d->was_decided)
        return 0;
    if (d->twin)
        return ERR_STALE; /* the first one failed; this one's output was not stored */
    if ((err = put_stages(&stages, &d->decision)) < 0)
        return err;
    err = decide_write_rows(k, d, buf_text(&stages));
    op->keep_file = err == 0 && op->file.job[0] && (d->outcome.deliver || d->outcome.keep_output);
    return err;
}

static void decide_reply(struct keeper *k, struct op *op)
{
    struct decide *d = op->data;
    scoped_buf b = buf_new(MSG_PAYLOAD_MAX);
    enum reason reason = d->outcome.reason;

    if (op->err == 0 && d->was_decided) {
        reason = d->job.reason;
        if (ledger_delivery_of(k->ledger, d->job.num, &d->delivery) < 0)
            d->delivery = (struct ledger_delivery){0};
    }
    buf_u32(&b, (uint32_t)-op->err);
    buf_u32(&b, op->err ? 0 : (uint32_t)reason_verdict(reason));
    buf_u32(&b, op->err ? 0 : (uint32_t)reason);
    buf_str(&b, op->err ? "" : d->delivery.path);
    buf_u64(&b, op->err ? 0 : d->delivery.seq);
    (void)peer_send(k->supervisor, MSG_KEEPER_DECIDED, op->call, &b, NULL, 0);
    crash_point("decide-answered");
    if (op->err == 0 && !d->was_decided) {
        k->decided++;
        if (d->outcome.deliver)
            deliver_add(k, d->delivery.seq, &d->manifest, op->file.bytes, &op->plain);
    }
}

static void decide_finish(struct op *op)
{
    struct decide *d = op->data;

    buf_free(&d->manifest);
}

static const struct op_kind kind_decide = {
    .name = "decide", .write = decide_write, .apply = decide_apply, .reply = decide_reply, .finish = decide_finish};

static bool is_decide(const struct op *op)
{
    return op->kind == &kind_decide;
}

int on_decide(void *owner, struct peer *peer, struct msg *m)
{
    struct keeper *k = owner;
    struct view v = msg_view(m);
    struct op *op = op_new(&kind_decide, m->id, sizeof(struct decide));
    struct decide *d = op->data;

    (void)peer;
    d->manifest = buf_new(MANIFEST_MAX);
    int err = decision_get(&v, &d->decision, d->report);
    if (err == 0)
        err = view_end(&v);
    op->source = msg_take_fd(m, 0);
    op->err = err;
    batch_add(k, op); /* a malformed one is answered, then the peer is closed */
    return err;
}
