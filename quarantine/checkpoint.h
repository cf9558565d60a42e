/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_CHECKPOINT_H
#define SEKIMORI_CHECKPOINT_H

/*
 * Signed checkpoints of the audit chain, appended to a file in a folder of its
 * own: by them a cut tail or a ledger that was set back is seen. While they
 * cannot be written nothing is delivered.
 */
#include <stdbool.h>
#include <stdint.h>

#include "chain.h"

#define CHECKPOINT_FILE "checkpoints.jsonl"
#define CHECKPOINT_LINE_MAX 1024

struct keeper;

struct checkpointer {
    int folder;
    bool durable;
    bool fault;                     /* the last try failed: deliveries wait */
    struct sign_key key;
    char gateway[64];
    struct chain_checkpoint last;   /* head.seq 0: none yet */
    uint8_t last_line[DIGEST_BYTES]; /* SHA-256 of its line */
    uint64_t last_try_ms;           /* monotonic */
};

/*
 * Reads the last checkpoint back and compares it with the chain: ERR_CRYPTO
 * when the file holds a checkpoint of more records than the ledger has, or of
 * another chain: the ledger was set back or exchanged. An unreadable folder is
 * a fault, not an error.
 */
int checkpoint_start(struct keeper *k, int folder, const struct sign_key *key) must_check;

/* Writes one when it is due, or at once when `now`. A failed flush ends the keeper. */
void checkpoint_run(struct keeper *k, bool now);

#endif
