/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Group commit. The keeper. The order of flushes is the whole point: files,
 * their names, the ledger, then answers; a failed flush ends the process,
 * since the kernel may have dropped the pages it could not write.
 */
#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/hook.h"
#include "base/log.h"
#include "keeper.h"

struct op *op_new(const struct op_kind *kind, uint64_t call, size_t size)
{
    struct op *op = calloc(1, sizeof *op);
    void *data = calloc(1, size ? size : 1);

    if (!op || !data) {
        log_error("out of memory");
        _exit(KEEPER_EXIT_MEMORY); /* as after a power cut: what was not answered did not happen */
    }
    *op = (struct op){.kind = kind, .call = call, .source = -1, .file = {.fd = -1}, .plain = -1, .data = data};
    return op;
}

void op_free(struct op *op)
{
    if (op->kind->finish)
        op->kind->finish(op);
    scope_close(&op->source);
    scope_close(&op->file.fd);
    scope_close(&op->plain);
    free(op->data);
    free(op);
}

void batch_add(struct keeper *k, struct op *op)
{
    uint64_t bytes = 0;

    if (op->source >= 0 && fdio_size(op->source, &bytes) < 0)
        bytes = 0; /* not a regular file: its own phase says so */
    if (k->batch_count == BATCH_OPS_MAX || (k->batch_count > 0 && k->batch_bytes + bytes > BATCH_BYTES_MAX))
        batch_run(k);
    k->batch[k->batch_count++] = op;
    k->batch_bytes += bytes;
}

struct op *batch_at(const struct keeper *k, unsigned i)
{
    return i < k->batch_count ? k->batch[i] : NULL;
}

/* Gives every operation the same error that has none yet. */
static void fail_all(struct keeper *k, int err)
{
    for (unsigned i = 0; i < k->batch_count; i++)
        if (k->batch[i]->err == 0)
            k->batch[i]->err = err;
}

static void write_files(struct keeper *k)
{
    for (unsigned i = 0; i < k->batch_count; i++) {
        struct op *op = k->batch[i];
        if (op->kind->write && op->err == 0)
            op->err = op->kind->write(k, op);
        store_start(k->store, &op->file);
    }
}

/* ERR_IO: a flush failed; nothing of this batch counts. */
static int flush_files(struct keeper *k)
{
    bool any = false;

    crash_point("batch-written");
    for (unsigned i = 0; i < k->batch_count; i++) {
        struct op *op = k->batch[i];
        if (op->file.fd < 0)
            continue;
        any = true;
        if (store_sync(k->store, &op->file) < 0) {
            log_error("a file of job %s could not be flushed", op->file.job);
            return ERR_IO;
        }
    }
    return any ? store_sync_names(k->store) : 0;
}

static void apply_one(struct keeper *k, struct op *op)
{
    if (op->kind->apply && op->err == 0)
        op->err = op->kind->apply(k, op);
}

/* True for an error that says "this operation", not "the database". */
static bool is_own_fault(int err)
{
    return err == ERR_NOTFOUND || err == ERR_STALE || err == ERR_PERM || err == ERR_INVALID || err == ERR_REFUSED || err == ERR_LIMIT;
}

/*
 * The whole batch in one transaction. An operation that is refused before it
 * wrote anything is no reason to undo the others; any other error undoes all.
 */
static int apply_all(struct keeper *k)
{
    int err = ledger_begin(k->ledger);

    if (err < 0)
        return err;
    for (unsigned i = 0; i < k->batch_count; i++) {
        struct op *op = k->batch[i];
        int64_t writes = ledger_writes(k->ledger);
        if (op->err < 0)
            continue;
        apply_one(k, op);
        if (op->err < 0 && !(is_own_fault(op->err) && ledger_writes(k->ledger) == writes)) {
            err = op->err;
            op->err = 0;
            ledger_rollback(k->ledger);
            return err;
        }
    }
    return ledger_commit(k->ledger);
}

/* One by one, so that a single bad item does not take the others with it. */
static void apply_each(struct keeper *k)
{
    for (unsigned i = 0; i < k->batch_count && !ledger_is_broken(k->ledger); i++) {
        struct op *op = k->batch[i];
        if (!op->kind->apply || op->err < 0)
            continue;
        int err = ledger_begin(k->ledger);
        if (err == 0) {
            apply_one(k, op);
            err = op->err;
            if (err < 0)
                ledger_rollback(k->ledger);
            else
                err = ledger_commit(k->ledger);
        }
        op->err = err;
    }
}

static void settle(struct keeper *k)
{
    for (unsigned i = 0; i < k->batch_count; i++) {
        struct op *op = k->batch[i];
        if (!op->file.job[0])
            continue;
        if (op->err == 0 && op->keep_file)
            store_settle(k->store, &op->file);
        else
            store_drop(k->store, &op->file);
    }
}

static void reply_all(struct keeper *k)
{
    struct op *done[BATCH_OPS_MAX];
    unsigned n = k->batch_count;

    memcpy(done, k->batch, n * sizeof done[0]);
    k->batch_count = 0; /* replies may add to the next batch */
    k->batch_bytes = 0;
    crash_point("batch-reply");
    for (unsigned i = 0; i < n; i++) {
        done[i]->kind->reply(k, done[i]);
        op_free(done[i]);
    }
}

void batch_run(struct keeper *k)
{
    bool lost = false;

    if (k->batch_count == 0)
        return;
    k->batches++;
    k->floor_room = UINT64_MAX;
    write_files(k);
    if (flush_files(k) < 0) {
        fail_all(k, ERR_IO);
        lost = true;
    } else if (apply_all(k) < 0) {
        log_error("a batch of %u could not be committed: %s", k->batch_count, ledger_error(k->ledger));
        apply_each(k);
    }
    if (ledger_is_broken(k->ledger)) {
        log_error("the ledger cannot be written: %s", ledger_error(k->ledger));
        lost = true;
    }
    if (lost) /* what the ledger did not take may or may not be on disk: recovery looks, nobody here may guess */
        fail_all(k, ERR_IO);
    else
        settle(k);
    reply_all(k);
    if (lost)
        keeper_end(k, KEEPER_EXIT_FLUSH);
}
