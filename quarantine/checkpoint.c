/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The checkpoint file. The keeper, which only ever appends to it: the folder
 * may be on a volume that allows nothing else.
 */
#include "checkpoint.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/hook.h"
#include "base/log.h"
#include "keeper.h"

#define RETRY_MS 5000
#define TAIL_READ ((uint64_t)16384)

/* The last line of the file that is a checkpoint by our key. ERR_NOTFOUND when there is none. */
static int last_in_file(struct checkpointer *c, int fd, struct chain_checkpoint *out, uint8_t line_digest[DIGEST_BYTES])
{
    char tail[TAIL_READ];
    uint64_t size;
    int err = fdio_size(fd, &size);

    if (err < 0)
        return err;
    size_t n = size < TAIL_READ ? (size_t)size : TAIL_READ;
    if ((err = fdio_pread(fd, tail, n, (off_t)(size - n))) < 0)
        return err;
    while (n > 0) {
        while (n > 0 && tail[n - 1] != '\n') /* a line that a crash cut off */
            n--;
        if (n == 0)
            break;
        size_t end = --n;
        while (n > 0 && tail[n - 1] != '\n')
            n--;
        if (chain_checkpoint_get(tail + n, end - n, c->key.public, out) == 0) {
            digest_of(tail + n, end - n, line_digest);
            return 0;
        }
    }
    return ERR_NOTFOUND;
}

/* True when the chain has the record a checkpoint speaks of, or it is older than what is kept. */
static bool chain_has(struct ledger *l, const struct chain_checkpoint *c)
{
    struct chain_record r;

    if (c->head.seq == 0)
        return true;
    if (c->head.seq > ledger_head(l).seq)
        return false;
    if (ledger_next_record(l, c->head.seq - 1, &r) < 0)
        return false;
    return r.seq > c->head.seq || memcmp(r.hash, c->head.hash, sizeof r.hash) == 0;
}

/* Checkpoints go on from the ledger's last one when the file has none: a new volume was put in. */
static void last_in_ledger(struct keeper *k, struct checkpointer *c)
{
    char line[CHECKPOINT_LINE_MAX];
    uint64_t at;

    if (ledger_checkpoint_before(k->ledger, INT64_MAX, &at) < 0 || ledger_next_checkpoint(k->ledger, at - 1, &at, line, sizeof line) < 0 ||
        chain_checkpoint_get(line, strlen(line), c->key.public, &c->last) < 0)
        return;
    digest_of(line, strlen(line), c->last_line);
}

static void set_fault(struct keeper *k, const char *why)
{
    struct checkpointer *c = &k->checkpoints;

    if (!c->fault) {
        log_error("audit checkpoints cannot be written (%s): deliveries wait", why);
        keeper_event(k, "audit-fault", "", why);
    }
    c->fault = true;
}

/* Finds where the checkpoints end. ERR_CRYPTO when the chain is not the one they speak of, ERR_IO when nobody can tell. */
static int find_last(struct keeper *k)
{
    struct checkpointer *c = &k->checkpoints;
    scoped_fd int fd = fdio_open(c->folder, CHECKPOINT_FILE, O_RDONLY, 0);
    int err = fd >= 0 ? last_in_file(c, fd, &c->last, c->last_line) : fd;

    if (err == ERR_NOTFOUND)
        last_in_ledger(k, c);
    else if (err < 0)
        return ERR_IO;
    return chain_has(k->ledger, &c->last) ? 0 : ERR_CRYPTO;
}

int checkpoint_start(struct keeper *k, int folder, const struct sign_key *key)
{
    struct checkpointer *c = &k->checkpoints;

    *c = (struct checkpointer){.folder = folder, .durable = k->config.durable, .key = *key};
    (void)snprintf(c->gateway, sizeof c->gateway, "%s", k->config.gateway);
    c->last_try_ms = fdio_now_ms();
    int err = find_last(k);
    c->fault = err == ERR_IO;
    return err == ERR_IO ? 0 : err;
}

/* Appends a line and flushes it. A half line from a crash is ended first, so that ours is a line of its own. */
static int append(struct checkpointer *c, const struct buf *line, bool *flush_failed)
{
    uint64_t size;
    char last = '\n';
    int err;
    scoped_fd int fd = fdio_open(c->folder, CHECKPOINT_FILE, O_RDWR | O_APPEND | O_CREAT, 0644);

    if (fd < 0)
        return fd;
    if ((err = fdio_size(fd, &size)) < 0 || (size > 0 && (err = fdio_pread(fd, &last, 1, (off_t)size - 1)) < 0) ||
        (last != '\n' && (err = fdio_write(fd, "\n", 1)) < 0) || (err = fdio_write(fd, line->bytes, line->len)) < 0)
        return err;
    crash_point("checkpoint-written");
    *flush_failed = c->durable && (fdio_sync(fd) < 0 || (size == 0 && fdio_sync(c->folder) < 0));
    crash_point("checkpoint-synced");
    return *flush_failed || fdio_close(&fd) < 0 ? ERR_IO : 0;
}

struct checkpoint_op {
    uint64_t count, time_ms;
    char line[CHECKPOINT_LINE_MAX];
};

static int checkpoint_apply(struct keeper *k, struct op *op)
{
    const struct checkpoint_op *o = op->data;

    return ledger_add_checkpoint(k->ledger, o->count, o->time_ms, o->line);
}

static void checkpoint_reply(struct keeper *k, struct op *op)
{
    (void)k;
    (void)op; /* the file has it; the ledger's copy only serves exports */
}

static const struct op_kind kind_checkpoint = {.name = "checkpoint", .apply = checkpoint_apply, .reply = checkpoint_reply};

/* Takes note of a checkpoint that is in the file. */
static void remember(struct keeper *k, const struct chain_checkpoint *next, const struct buf *line)
{
    struct checkpointer *c = &k->checkpoints;
    struct op *op = op_new(&kind_checkpoint, 0, sizeof(struct checkpoint_op));
    struct checkpoint_op *o = op->data;

    c->last = *next;
    digest_of(line->bytes, line->len - 1, c->last_line);
    o->count = next->head.seq;
    o->time_ms = next->time_ms;
    (void)snprintf(o->line, sizeof o->line, "%.*s", (int)line->len - 1, (const char *)line->bytes);
    batch_add(k, op);
}

static bool is_due(const struct keeper *k, const struct chain_head *head, bool now)
{
    const struct checkpointer *c = &k->checkpoints;
    uint64_t waited = fdio_now_ms() - c->last_try_ms;

    if (c->fault)
        return now || waited >= RETRY_MS;
    if (head->seq == c->last.head.seq)
        return false;
    return now || head->seq - c->last.head.seq >= k->config.checkpoint_records || waited >= (uint64_t)k->config.checkpoint_seconds * 1000;
}

void checkpoint_run(struct keeper *k, bool now)
{
    struct checkpointer *c = &k->checkpoints;
    struct chain_checkpoint next = {.head = ledger_head(k->ledger), .time_ms = fdio_wall_ms()};
    scoped_buf line = buf_new(CHECKPOINT_LINE_MAX - 1);
    bool flush_failed = false;

    if (next.head.seq == 0 || !is_due(k, &next.head, now))
        return;
    c->last_try_ms = fdio_now_ms();
    if (c->fault && find_last(k) < 0) /* the folder may be another one by now */
        return;
    (void)snprintf(next.gateway, sizeof next.gateway, "%s", c->gateway);
    memcpy(next.previous, c->last_line, sizeof next.previous);
    int err = chain_checkpoint_put(&line, &next, &c->key);
    if (err == 0)
        err = append(c, &line, &flush_failed);
    if (err < 0) {
        set_fault(k, err_text(err));
        if (flush_failed)
            keeper_end(k, KEEPER_EXIT_FLUSH);
        return;
    }
    remember(k, &next, &line);
    if (c->fault) {
        c->fault = false;
        keeper_event(k, "audit-ok", "", "checkpoints are written again");
        deliver_resume(k);
    }
}
