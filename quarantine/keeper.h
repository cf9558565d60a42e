/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_KEEPER_H
#define SEKIMORI_KEEPER_H

/*
 * What the parts of the keeper share. One round of the loop is one batch: all
 * that was asked since the last round is written, then flushed together, then
 * committed in one transaction, then answered. Nothing is answered before it
 * is durable; nothing is delivered before its record is.
 */
#include "answer.h"
#include "base/loop.h"
#include "base/manifest.h"
#include "base/msg.h"
#include "base/peer.h"
#include "base/proto.h"
#include "checkpoint.h"
#include "deliver.h"
#include "keeper_config.h"
#include "keys.h"
#include "ledger.h"
#include "release.h"
#include "retain.h"
#include "store.h"

#define BATCH_OPS_MAX 64
#define BATCH_BYTES_MAX ((uint64_t)64 << 20) /* of files; more and the batch is run at once */

struct keeper;
struct op;

/*
 * What an operation does in each phase. Absent: nothing to do. A phase that
 * fails sets the error with which `reply` answers; phases after it are skipped.
 */
struct op_kind {
    const char *name;
    int (*write)(struct keeper *k, struct op *op);  /* files, before the flush; may set op->file */
    int (*apply)(struct keeper *k, struct op *op);  /* ledger, inside the transaction; run again alone when the whole failed */
    void (*reply)(struct keeper *k, struct op *op); /* always, after the commit or the failure: op->err */
    void (*finish)(struct op *op);                  /* frees `data` beyond free() */
};

struct op {
    const struct op_kind *kind;
    uint64_t call; /* id of the frame to answer */
    int err;
    int source;             /* descriptor that came with it, -1: none */
    struct store_file file; /* written in this batch; fd -1: none */
    bool keep_file;         /* the ledger has a row for it after the commit */
    int plain;              /* sealed plaintext to hand on, -1: none */
    void *data;             /* of the kind; freed with the operation */
};

struct keeper {
    struct keeper_config config;
    enum keeper_exit status; /* with which it ends */
    struct loop *loop;
    struct peer *supervisor, *releaser;
    struct store *store;
    struct ledger *ledger;
    struct checkpointer checkpoints;
    struct deliverer deliver;
    struct answers answers;
    struct sign_key release_key;
    struct loop_timer *clock_timer, *sweep_timer;
    struct op *batch[BATCH_OPS_MAX];
    unsigned batch_count;
    uint64_t batch_bytes;
    uint64_t floor_room;  /* bytes that may still be accepted in this batch; UINT64_MAX: not asked yet */
    bool disk_low;
    bool releases_stopped; /* by an admin; in the ledger */
    int64_t clock_offset_ms; /* wall clock less monotonic clock when last looked */
    int64_t sweep_at;        /* job the retention sweep has come to */
    uint64_t doubt_ms;       /* monotonic time since which the clock is not believed; 0: it is */
    uint64_t started_ms, accepted, decided, batches;
};

/* ---- batch.c ------------------------------------------------------------------------------------- */

/* A new operation with `size` zeroed bytes of data. Ends the process without memory. */
struct op *op_new(const struct op_kind *kind, uint64_t call, size_t size);
/* Frees one that was not given to batch_add, with its descriptors. */
void op_free(struct op *op);
/* Takes the operation into this round's batch. */
void batch_add(struct keeper *k, struct op *op);
/* Operation i of the batch being gathered or run, NULL past its end: to see twins. */
struct op *batch_at(const struct keeper *k, unsigned i);
/* Writes, flushes, commits and answers what was gathered. Called before each wait. */
void batch_run(struct keeper *k);

/* ---- the kinds' entries: message handlers of the rule table ----------------------------------------- */

/* Each takes one question of the supervisor into a batch or answers it at once. ERR_PEER ends the channel. */
int on_accept(void *owner, struct peer *peer, struct msg *m);
int on_decide(void *owner, struct peer *peer, struct msg *m);
int on_open(void *owner, struct peer *peer, struct msg *m);
int on_pending(void *owner, struct peer *peer, struct msg *m);
int on_told(void *owner, struct peer *peer, struct msg *m);
int on_note(void *owner, struct peer *peer, struct msg *m);
int on_ask(void *owner, struct peer *peer, struct msg *m);

/* An audit record of the keeper's own, in the next batch. `detail` is copied. */
void keeper_note(struct keeper *k, const char *actor, const char *event, const char *job, const char *detail);

/*
 * Writes the release of a job's output into the transaction at hand: numbers,
 * name, signed manifest, audit record. The job's row is moved by the caller.
 * `actor` and `why` are the approver and his reason, or "gateway" and "".
 */
int release_record(struct keeper *k, const struct ledger_job *job, const char *stages_json, const char *actor, const char *why,
                   struct ledger_delivery *delivery_out, struct buf *manifest_out) must_check;

/* Chooses a free name for a delivery and signs its manifest. */
int release_place(struct keeper *k, const struct ledger_job *job, struct ledger_delivery *d, uint64_t time_ms, unsigned first,
                  struct buf *manifest_out) must_check;

/* ---- keeper.c --------------------------------------------------------------------------------------- */

/* Tells the supervisor something happened. */
void keeper_event(struct keeper *k, const char *kind, const char *job, const char *text);
/* Ends the loop with that exit status; the first failure counts. */
void keeper_end(struct keeper *k, enum keeper_exit status);
/* True when nothing may be delivered now: stopped by an admin, or the audit trail cannot be written. */
bool keeper_holds_back(const struct keeper *k);
/* Moves a job whose content is missing or damaged to "fault" in the next batch, with its record and an event. */
void keeper_fault(struct keeper *k, const struct ledger_job *job, const char *why);

/* ---- sweep.c, recover.c ------------------------------------------------------------------------------- */

/* One step of the retention sweep; true when there is more to do at once. */
bool sweep_step(struct keeper *k);
/* Finishes deletions that a crash interrupted. ERR_IO, ERR_FAULT. */
int sweep_finish_leaving(struct keeper *k) must_check;
/* Brings store and ledger to one state after a crash, before the first message. */
int recover(struct keeper *k, uint64_t *undecided_out) must_check;

#endif
