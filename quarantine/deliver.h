/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_DELIVER_H
#define SEKIMORI_DELIVER_H

/*
 * Tickets to the releaser, and what it says of them. The queue is the ledger:
 * a ticket is sent only when its record is committed, in the order of the
 * sequence numbers, and again after a crash, with the same bytes. A few fresh
 * ones are kept at hand with their plaintext so that it is not decrypted anew.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/loop.h"
#include "base/peer.h"

#define DELIVER_WINDOW 64                          /* tickets the releaser has at once */
#define DELIVER_WINDOW_BYTES ((uint64_t)128 << 20) /* of their files */
#define DELIVER_RETRY_MS 2000

struct keeper;

struct ticket {
    uint64_t seq, bytes;
    int fd; /* sealed plaintext while it waits here; -1 once sent */
    struct buf manifest;
};

struct deliverer {
    struct ticket fresh[DELIVER_WINDOW]; /* waiting, in order */
    unsigned fresh_count;
    struct ticket sent[DELIVER_WINDOW];  /* with the releaser */
    unsigned sent_count;
    uint64_t sent_bytes;
    uint64_t last_sent; /* sequence number */
    bool behind;        /* the ledger has queued deliveries after last_sent that are not in fresh */
    uint64_t watched;   /* sequence number up to which placed deliveries were handed over for watching */
    bool watching_all;
    struct loop_timer *retry, *watch;
};

/* Starts with whatever the ledger has queued and placed. */
void deliver_start(struct keeper *k);
void deliver_finish(struct keeper *k);

/* A delivery whose record was just committed. Takes the descriptor and the manifest. */
void deliver_add(struct keeper *k, uint64_t seq, struct buf *manifest, uint64_t bytes, int *fd);

/* Sends what may be sent. Called after each batch. */
void deliver_pump(struct keeper *k);

/* Deliveries queued but not with the releaser are looked up anew: releases were started again. */
void deliver_resume(struct keeper *k);

/* What the releaser may say. */
extern const struct msg_rule deliver_rules[];

#endif
