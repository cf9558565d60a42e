/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Deliveries on their way out. The keeper; the releaser is another process
 * that parses nothing, and still its answers are checked against what was sent.
 */
#include "deliver.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/hook.h"
#include "base/json.h"
#include "base/log.h"
#include "keeper.h"

#define WATCH_STEP 500

static void ticket_clear(struct ticket *t)
{
    scope_close(&t->fd);
    buf_free(&t->manifest);
    *t = (struct ticket){.fd = -1};
}

static void on_retry(void *arg)
{
    struct keeper *k = arg;

    k->deliver.retry = NULL;
    deliver_resume(k);
}

static void retry_later(struct keeper *k)
{
    if (!k->deliver.retry)
        (void)!loop_after(k->loop, DELIVER_RETRY_MS, on_retry, k, &k->deliver.retry);
}

void deliver_finish(struct keeper *k)
{
    struct deliverer *d = &k->deliver;

    for (unsigned i = 0; i < d->fresh_count; i++)
        ticket_clear(&d->fresh[i]);
    for (unsigned i = 0; i < d->sent_count; i++)
        ticket_clear(&d->sent[i]);
    loop_cancel(k->loop, &d->retry);
    loop_cancel(k->loop, &d->watch);
}

void deliver_add(struct keeper *k, uint64_t seq, struct buf *manifest, uint64_t bytes, int *fd)
{
    struct deliverer *d = &k->deliver;

    if (d->behind || d->fresh_count == DELIVER_WINDOW || keeper_holds_back(k)) {
        d->behind = true; /* it waits in the ledger, its plaintext in the store */
        return;
    }
    d->fresh[d->fresh_count++] = (struct ticket){.seq = seq, .bytes = bytes, .fd = steal_fd(fd), .manifest = *manifest};
    *manifest = buf_new(MANIFEST_MAX);
}

static bool is_sent(const struct deliverer *d, uint64_t seq)
{
    for (unsigned i = 0; i < d->sent_count; i++)
        if (d->sent[i].seq == seq)
            return true;
    return false;
}

/* Loads a queued delivery from ledger and store. An unreadable one is a fault and is passed over. */
static int load(struct keeper *k, const struct ledger_delivery *delivery, struct ticket *out)
{
    scoped(store_plain_free) struct store_plain plain = {-1, -1};
    struct ticket t = {.seq = delivery->seq, .fd = -1, .manifest = buf_new(MANIFEST_MAX)};
    struct ledger_job job;
    int err = ledger_find_num(k->ledger, delivery->num, &job);

    if (err < 0)
        return err;
    t.bytes = job.out_bytes;
    if ((err = ledger_manifest(k->ledger, t.seq, &t.manifest)) == 0 &&
        (err = store_plain_new(k->store, t.bytes, k->config.memory_bytes, &plain)) == 0 &&
        (err = store_read(k->store, STORE_OUTPUT, job.id, t.bytes, job.out_sha256, plain.fd)) == 0)
        err = store_plain_seal(&plain, &t.fd);
    if (err == ERR_NOTFOUND || err == ERR_CRYPTO)
        keeper_fault(k, &job, err == ERR_CRYPTO ? "the stored output is damaged" : "the stored output is missing");
    if (err < 0) {
        ticket_clear(&t);
        return err;
    }
    *out = t;
    return 0;
}

/* The next ticket to send: from those at hand, else from the ledger. ERR_NOTFOUND when there is none. */
static int next_ticket(struct keeper *k, struct ticket *out)
{
    struct deliverer *d = &k->deliver;
    struct ledger_delivery delivery;

    if (d->fresh_count > 0) {
        *out = d->fresh[0];
        memmove(d->fresh, d->fresh + 1, --d->fresh_count * sizeof d->fresh[0]);
        return 0;
    }
    while (d->behind) {
        int err = ledger_next_delivery(k->ledger, DELIVERY_QUEUED, d->last_sent, &delivery);
        if (err == ERR_NOTFOUND)
            d->behind = false;
        if (err < 0)
            return err;
        if (!is_sent(d, delivery.seq) && (err = load(k, &delivery, out)) == 0)
            return 0;
        if (err != 0 && err != ERR_NOTFOUND && err != ERR_CRYPTO)
            return err; /* memory or disk: later */
        d->last_sent = delivery.seq;
    }
    return ERR_NOTFOUND;
}

static void send_ticket(struct keeper *k, struct ticket *t)
{
    struct deliverer *d = &k->deliver;
    scoped_buf b = buf_new(MSG_PAYLOAD_MAX);

    buf_blob(&b, t->manifest.bytes, t->manifest.len);
    crash_point("ticket");
    (void)peer_send(k->releaser, MSG_RELEASE_TICKET, t->seq, &b, &t->fd, 1);
    d->last_sent = t->seq;
    d->sent_bytes += t->bytes;
    scope_close(&t->fd);
    buf_free(&t->manifest);
    d->sent[d->sent_count++] = *t;
    crash_point("ticket-sent");
}

static void watch_more(struct keeper *k);

static void on_watch(void *arg)
{
    struct keeper *k = arg;

    k->deliver.watch = NULL;
    watch_more(k);
}

/* Hands over placed deliveries of earlier runs for watching, a few at a time. */
static void watch_more(struct keeper *k)
{
    struct deliverer *d = &k->deliver;
    struct ledger_delivery delivery;

    for (unsigned i = 0; i < WATCH_STEP && !d->watching_all && peer_backlog(k->releaser) < WATCH_STEP; i++) {
        scoped_buf b = buf_new(MSG_PAYLOAD_MAX);
        if (ledger_next_delivery(k->ledger, DELIVERY_PLACED, d->watched, &delivery) < 0) {
            d->watching_all = true;
            return;
        }
        d->watched = delivery.seq;
        buf_str(&b, delivery.path);
        (void)peer_send(k->releaser, MSG_RELEASE_WATCH, delivery.seq, &b, NULL, 0);
    }
    if (!d->watching_all && !d->watch)
        (void)!loop_after(k->loop, 20, on_watch, k, &d->watch);
}

void deliver_pump(struct keeper *k)
{
    struct deliverer *d = &k->deliver;
    struct ticket t;
    int err = 0;

    while (!keeper_holds_back(k) && d->sent_count < DELIVER_WINDOW && d->sent_bytes < DELIVER_WINDOW_BYTES &&
           (err = next_ticket(k, &t)) == 0)
        send_ticket(k, &t);
    if (err < 0 && err != ERR_NOTFOUND) {
        log_error("a queued delivery cannot be read now: %s", err_text(err));
        retry_later(k);
    }
}

void deliver_start(struct keeper *k)
{
    k->deliver = (struct deliverer){.behind = true};
    watch_more(k);
    deliver_pump(k);
}

void deliver_resume(struct keeper *k)
{
    struct deliverer *d = &k->deliver;

    for (unsigned i = 0; i < d->fresh_count; i++)
        ticket_clear(&d->fresh[i]);
    d->fresh_count = 0;
    d->last_sent = 0;
    d->behind = true;
    deliver_pump(k);
}

/* ---- what the releaser says ---------------------------------------------------------------------------- */

struct done {
    uint64_t seq;
    int err; /* 0: it lies in outbound/new */
    char text[256];
    struct ledger_delivery delivery;
    struct ledger_job job;
    bool renamed, failed;
};

static int audit_delivery(struct keeper *k, const char *event, const struct done *d, const char *why)
{
    scoped_buf detail = buf_new(CHAIN_DETAIL_MAX);

    json_open(&detail, NULL, '{');
    json_u64(&detail, "sequence", d->seq);
    json_str(&detail, "path", d->delivery.path);
    if (why[0])
        json_str(&detail, "why", why);
    json_close(&detail, '}');
    const char *text = buf_text(&detail);
    return detail.err < 0 ? detail.err : ledger_audit(k->ledger, fdio_wall_ms(), "gateway", event, d->job.id, text);
}

/* Which of the names to try a delivery has; RELEASE_NAMES_MAX when none of the earlier ones. */
static unsigned name_number(const struct done *d)
{
    char wish[MANIFEST_PATH_MAX], path[MANIFEST_PATH_MAX];
    unsigned n = 1;

    if (snprintf(wish, sizeof wish, "%s/%s", d->delivery.destination, d->job.out_path) >= (int)sizeof wish)
        return RELEASE_NAMES_MAX;
    while (n < RELEASE_NAMES_MAX &&
           !(release_name(wish, n, d->job.id, path, sizeof path) && strcmp(path, d->delivery.path) == 0))
        n++;
    return n;
}

/* The name is taken by something that is not ours: another name, same number, recorded before it is tried. */
static int rename_delivery(struct keeper *k, struct done *d)
{
    scoped_buf manifest = buf_new(MANIFEST_MAX);
    struct ledger_delivery other = d->delivery;
    unsigned n = name_number(d);

    if (n == RELEASE_NAMES_MAX)
        return 0; /* even the one with the job's id: someone sits there; tried again later as it is */
    int err = release_place(k, &d->job, &other, fdio_wall_ms(), n + 1, &manifest);
    if (err == 0)
        err = ledger_rename_delivery(k->ledger, &other);
    if (err < 0)
        return err;
    d->delivery = other;
    d->delivery.manifest = NULL;
    d->renamed = true;
    return audit_delivery(k, "delivery-renamed", d, "the name was taken in the outbound folder");
}

/* Errors that trying again cannot mend. */
static bool is_final(int err)
{
    return err == ERR_CRYPTO || err == ERR_STALE || err == ERR_MALFORMED || err == ERR_PEER || err == ERR_INVALID;
}

static int done_apply(struct keeper *k, struct op *op)
{
    struct done *d = op->data;
    uint64_t now_ms = fdio_wall_ms();

    d->renamed = d->failed = false;
    int err = ledger_delivery(k->ledger, d->seq, &d->delivery);
    if (err == 0)
        err = ledger_find_num(k->ledger, d->delivery.num, &d->job);
    if (err < 0)
        return err;
    if (d->delivery.state != DELIVERY_QUEUED)
        return ERR_STALE;
    if (d->err == 0) {
        if ((err = ledger_set_delivery(k->ledger, d->seq, DELIVERY_QUEUED, DELIVERY_PLACED, now_ms)) < 0 ||
            (err = ledger_move(k->ledger, d->job.num, JOB_STATE_RELEASED, JOB_STATE_DELIVERED)) < 0)
            return err;
        return audit_delivery(k, "delivered", d, "");
    }
    if (d->err == ERR_EXISTS)
        return rename_delivery(k, d);
    if (!is_final(d->err))
        return 0;
    d->failed = true;
    if ((err = ledger_set_delivery(k->ledger, d->seq, DELIVERY_QUEUED, DELIVERY_FAILED, now_ms)) < 0 ||
        (err = ledger_move(k->ledger, d->job.num, JOB_STATE_RELEASED, JOB_STATE_FAULT)) < 0)
        return err;
    return audit_delivery(k, "delivery-refused", d, d->text);
}

static void forget_sent(struct deliverer *d, uint64_t seq)
{
    for (unsigned i = 0; i < d->sent_count; i++) {
        if (d->sent[i].seq != seq)
            continue;
        d->sent_bytes -= d->sent[i].bytes;
        ticket_clear(&d->sent[i]);
        memmove(d->sent + i, d->sent + i + 1, (--d->sent_count - i) * sizeof d->sent[0]);
        return;
    }
}

static void done_reply(struct keeper *k, struct op *op)
{
    struct done *d = op->data;
    scoped_buf b = buf_new(MSG_PAYLOAD_MAX);

    forget_sent(&k->deliver, d->seq);
    crash_point("delivered");
    if (op->err == 0 && d->err == 0) {
        buf_str(&b, d->delivery.path);
        (void)peer_send(k->releaser, MSG_RELEASE_WATCH, d->seq, &b, NULL, 0);
        keeper_event(k, "delivered", d->job.id, d->delivery.path);
    } else if (op->err == 0 && d->renamed) {
        deliver_resume(k);
    } else if (op->err == 0 || op->err == ERR_SPACE || op->err == ERR_EXISTS) {
        keeper_event(k, "delivery-failed", d->job.id, d->err < 0 ? d->text : err_text(op->err));
        if (!d->failed)
            retry_later(k);
    } else {
        log_error("the releaser's answer on delivery %llu could not be recorded: %s", (unsigned long long)d->seq, err_text(op->err));
    }
}

static const struct op_kind kind_done = {.name = "done", .apply = done_apply, .reply = done_reply};

static int on_done(void *owner, struct peer *peer, struct msg *m)
{
    struct keeper *k = owner;
    struct view v = msg_view(m);
    char text[256];
    uint32_t err = view_u32(&v);

    (void)peer;
    view_str(&v, text, sizeof text);
    if (view_end(&v) < 0 || err > 1000 || !is_sent(&k->deliver, m->id))
        return ERR_PEER;
    struct op *op = op_new(&kind_done, m->id, sizeof(struct done));
    struct done *d = op->data;
    d->seq = m->id;
    d->err = -(int)err;
    memcpy(d->text, text, sizeof d->text);
    batch_add(k, op);
    return 0;
}

static int gone_apply(struct keeper *k, struct op *op)
{
    struct done *d = op->data;
    int err = ledger_delivery(k->ledger, d->seq, &d->delivery);

    if (err == 0)
        err = ledger_find_num(k->ledger, d->delivery.num, &d->job);
    if (err == 0)
        err = ledger_set_delivery(k->ledger, d->seq, DELIVERY_PLACED, DELIVERY_COLLECTED, fdio_wall_ms());
    if (err == 0)
        err = ledger_move(k->ledger, d->job.num, JOB_STATE_DELIVERED, JOB_STATE_COLLECTED);
    return err < 0 ? err : audit_delivery(k, "collected", d, "");
}

static void gone_reply(struct keeper *k, struct op *op)
{
    const struct done *d = op->data;

    if (op->err == 0)
        keeper_event(k, "collected", d->job.id, d->delivery.path);
}

static const struct op_kind kind_gone = {.name = "gone", .apply = gone_apply, .reply = gone_reply};

static int on_gone(void *owner, struct peer *peer, struct msg *m)
{
    struct keeper *k = owner;

    (void)peer;
    if (m->len != 0)
        return ERR_PEER;
    struct op *op = op_new(&kind_gone, m->id, sizeof(struct done));
    struct done *d = op->data;
    d->seq = m->id;
    batch_add(k, op);
    return 0;
}

const struct msg_rule deliver_rules[] = {
    {.type = MSG_RELEASE_DONE, .fn = on_done},
    {.type = MSG_RELEASE_GONE, .fn = on_gone},
    {0},
};
