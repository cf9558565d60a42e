/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Taking files in, and giving their plaintext to the supervisor. The keeper;
 * the bytes are hostile and only copied, the origin is checked by the parser
 * of its record and kept as it is.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/hook.h"
#include "base/json.h"
#include "base/log.h"
#include "keeper.h"

struct accept {
    struct job_origin origin;
    struct ledger_job job; /* the new one, or the known one */
    const struct op *twin; /* the same token earlier in this batch */
    bool known;
};

static bool is_accept(const struct op *op);

/* The operation with the same token that comes first in this batch. */
static const struct op *twin_of(const struct keeper *k, const struct op *op)
{
    const struct accept *a = op->data;
    const struct op *other;

    for (unsigned i = 0; a->origin.token[0] && (other = batch_at(k, i)) && other != op; i++) {
        const struct accept *b = other->data;
        if (is_accept(other) && strcmp(a->origin.token, b->origin.token) == 0)
            return other;
    }
    return NULL;
}

/* Takes room for a file out of what lies above the floor. ERR_SPACE below it: nothing is accepted that could not be finished. */
static int take_room(struct keeper *k, uint64_t bytes)
{
    uint64_t room = 0, inodes = 0;

    if (k->floor_room == UINT64_MAX) {
        if (store_free_space(k->store, &room, &inodes) < 0)
            return ERR_IO;
        k->floor_room = room > k->config.floor_bytes && inodes > k->config.floor_inodes ? room - k->config.floor_bytes : 0;
    }
    bool low = k->floor_room < bytes + 4096;
    if (low != k->disk_low) {
        k->disk_low = low;
        keeper_event(k, low ? "disk-low" : "disk-ok", "", low ? "new files are refused" : "new files are accepted again");
    }
    if (low)
        return ERR_SPACE;
    k->floor_room -= bytes + 4096;
    return 0;
}

static int accept_write(struct keeper *k, struct op *op)
{
    struct accept *a = op->data;
    scoped(store_plain_free) struct store_plain plain = {-1, -1};
    uint64_t bytes;
    int err = ledger_find_token(k->ledger, a->origin.token, &a->job);

    if (err == 0)
        a->known = true;
    else if (err != ERR_NOTFOUND)
        return err;
    a->twin = a->known ? NULL : twin_of(k, op);
    if (a->known || a->twin)
        return 0;
    if ((err = fdio_size(op->source, &bytes)) < 0)
        return err;
    if (bytes > k->config.file_bytes)
        return ERR_LIMIT;
    if ((err = take_room(k, bytes)) < 0)
        return err;
    a->job = (struct ledger_job){.received_ms = fdio_wall_ms(), .origin = a->origin};
    store_job_id(a->job.received_ms, a->job.id);
    if ((err = store_plain_new(k->store, bytes, k->config.memory_bytes, &plain)) < 0 ||
        (err = store_write(k->store, STORE_ORIGINAL, a->job.id, op->source, k->config.file_bytes, plain.fd, &op->file)) < 0)
        return err;
    a->job.bytes = op->file.bytes;
    memcpy(a->job.sha256, op->file.sha256, sizeof a->job.sha256);
    return store_plain_seal(&plain, &op->plain);
}

static int accept_audit(struct keeper *k, const struct ledger_job *j)
{
    scoped_buf detail = buf_new(CHAIN_DETAIL_MAX);
    const struct job_origin *o = &j->origin;

    json_open(&detail, NULL, '{');
    json_str(&detail, "source", o->source);
    json_str(&detail, "lane", o->lane);
    json_str(&detail, "destination", o->destination);
    json_str(&detail, "label", o->label);
    json_str(&detail, "path", o->path);
    json_u64(&detail, "bytes", j->bytes);
    json_hex(&detail, "sha256", j->sha256, sizeof j->sha256);
    json_str(&detail, "profile", o->profile);
    json_str(&detail, "policy", o->policy_digest);
    json_close(&detail, '}');
    const char *text = buf_text(&detail);
    if (detail.err < 0)
        return detail.err;
    return ledger_audit(k->ledger, j->received_ms, o->submitter[0] ? o->submitter : "unknown", "received", j->id, text);
}

static int accept_apply(struct keeper *k, struct op *op)
{
    struct accept *a = op->data;

    if (a->known)
        return 0;
    if (a->twin) {
        const struct accept *first = a->twin->data;
        if (a->twin->err < 0)
            return a->twin->err;
        a->job = first->job;
        return 0;
    }
    int err = ledger_add(k->ledger, &a->job, &a->job.num);
    if (err == 0)
        err = accept_audit(k, &a->job);
    op->keep_file = err == 0;
    return err;
}

/* The delivered path of a job, "" when it has none. */
static void delivered_path(struct keeper *k, const struct ledger_job *job, char *out, size_t room)
{
    struct ledger_delivery d;

    out[0] = '\0';
    if (job->num > 0 && ledger_delivery_of(k->ledger, job->num, &d) == 0)
        (void)snprintf(out, room, "%s", d.path);
}

static void accept_reply(struct keeper *k, struct op *op)
{
    const struct accept *a = op->data;
    const struct ledger_job *j = &a->job;
    scoped_buf b = buf_new(MSG_PAYLOAD_MAX), report = buf_new(JOB_REPORT_MAX), stages = buf_new(JOB_REPORT_MAX);
    char path[MANIFEST_PATH_MAX] = "";
    bool known = a->known || a->twin, decided = known && j->decided_ms > 0;

    if (op->err == 0 && decided) {
        delivered_path(k, j, path, sizeof path);
        (void)!ledger_report(k->ledger, j->num, &report, &stages); /* without it the notice is shorter, not wrong */
    }
    buf_u32(&b, (uint32_t)-op->err);
    buf_str(&b, op->err ? "" : j->id);
    buf_blob(&b, j->sha256, op->err ? 0 : sizeof j->sha256);
    buf_u64(&b, op->err ? 0 : j->bytes);
    buf_u8(&b, op->err == 0 && known);
    buf_u32(&b, op->err == 0 && decided ? (uint32_t)reason_verdict(j->reason) : 0);
    buf_u32(&b, op->err == 0 && decided ? (uint32_t)j->reason : 0);
    buf_str(&b, path);
    buf_str(&b, buf_text(&report));
    k->accepted += op->err == 0 && !known;
    (void)peer_send(k->supervisor, MSG_KEEPER_ACCEPTED, op->call, &b, &op->plain, op->err == 0 && op->plain >= 0 ? 1 : 0);
    crash_point("accept-answered");
}

static const struct op_kind kind_accept = {
    .name = "accept", .write = accept_write, .apply = accept_apply, .reply = accept_reply};

static bool is_accept(const struct op *op)
{
    return op->kind == &kind_accept;
}

int on_accept(void *owner, struct peer *peer, struct msg *m)
{
    struct keeper *k = owner;
    struct view v = msg_view(m);
    struct job_origin origin;

    (void)peer;
    if (origin_get(&v, &origin) < 0 || view_end(&v) < 0)
        return ERR_PEER;
    struct op *op = op_new(&kind_accept, m->id, sizeof(struct accept));
    struct accept *a = op->data;
    a->origin = origin;
    op->source = msg_take_fd(m, 0);
    batch_add(k, op);
    return 0;
}

/* ---- opening an original again ------------------------------------------------------------------------ */

struct reopen {
    char job[JOB_ID_MAX];
};

static int reopen_write(struct keeper *k, struct op *op)
{
    const struct reopen *r = op->data;
    scoped(store_plain_free) struct store_plain plain = {-1, -1};
    struct ledger_job j;
    int err = ledger_find(k->ledger, r->job, &j);

    if (err < 0)
        return err;
    if (j.state != JOB_STATE_RECEIVED)
        return ERR_STALE; /* plaintext of anything else leaves by an audited export only */
    if ((err = store_plain_new(k->store, j.bytes, k->config.memory_bytes, &plain)) < 0 ||
        (err = store_read(k->store, STORE_ORIGINAL, j.id, j.bytes, j.sha256, plain.fd)) < 0)
        return err;
    return store_plain_seal(&plain, &op->plain);
}

static void reopen_reply(struct keeper *k, struct op *op)
{
    const struct reopen *r = op->data;
    scoped_buf b = buf_new(64);
    struct ledger_job j;

    buf_u32(&b, (uint32_t)-op->err);
    (void)peer_send(k->supervisor, MSG_KEEPER_OPENED, op->call, &b, &op->plain, op->err == 0 ? 1 : 0);
    if ((op->err == ERR_CRYPTO || op->err == ERR_NOTFOUND) && ledger_find(k->ledger, r->job, &j) == 0)
        keeper_fault(k, &j, op->err == ERR_CRYPTO ? "the stored original is damaged" : "the stored original is missing");
}

static const struct op_kind kind_reopen = {
    .name = "open", .write = reopen_write, .reply = reopen_reply};

int on_open(void *owner, struct peer *peer, struct msg *m)
{
    struct keeper *k = owner;
    struct view v = msg_view(m);
    char job[JOB_ID_MAX];

    (void)peer;
    view_str(&v, job, sizeof job);
    if (view_end(&v) < 0 || !store_is_job_id(job))
        return ERR_PEER;
    struct op *op = op_new(&kind_reopen, m->id, sizeof(struct reopen));
    struct reopen *r = op->data;
    memcpy(r->job, job, sizeof r->job);
    batch_add(k, op);
    return 0;
}
