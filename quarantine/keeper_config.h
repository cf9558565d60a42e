/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_KEEPER_CONFIG_H
#define SEKIMORI_KEEPER_CONFIG_H

/* What the supervisor tells the keeper first (MSG_CONFIG), and how the keeper ends. */
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* Descriptors the keeper is started with. */
enum keeper_fd {
    KEEPER_FD_SUPERVISOR = 3,  /* frames */
    KEEPER_FD_RELEASER = 4,    /* frames, the other end of the releaser's */
    KEEPER_FD_STATE = 5,       /* folder: ledger, store, keys */
    KEEPER_FD_CHECKPOINTS = 6, /* folder for signed checkpoints; may be the same as 5, should be on another volume */
};

struct keeper_config {
    uint32_t retain_original_days, retain_output_days, retain_audit_days; /* 0: for ever */
    uint64_t floor_bytes, floor_inodes; /* below this much free space nothing new is accepted */
    uint64_t file_bytes;                /* largest original or output */
    uint64_t memory_bytes;              /* plaintext up to this size is handed over in memory, larger in an unlinked file */
    uint32_t checkpoint_records, checkpoint_seconds; /* a signed checkpoint after so many records, or so long after one */
    bool durable;                       /* false leaves out every flush: tests and benches only */
    uint32_t waived;                    /* sandbox layers (enum sandbox_layer) that may be missing */
    char key_path[512];                 /* absolute path of the master key; "": keys/master.key in the state folder */
    char gateway[64];                   /* host name, printed in manifests and checkpoints */
    char version[32];                   /* of the product */
};

/* The values a new gateway starts from. */
void keeper_config_default(struct keeper_config *c);

/* Writes a configuration into a buffer; errors stay in the buffer. */
void keeper_config_put(struct buf *b, const struct keeper_config *c);
/* ERR_PEER on anything but one whole configuration with values in range. */
int keeper_config_get(struct view *v, struct keeper_config *out) must_check;

/* Exit statuses. A supervisor starts it again after LEDGER, FLUSH and PEER, with a pause; the rest needs a person. */
enum keeper_exit {
    KEEPER_EXIT_OK = 0,       /* asked to end, or the supervisor is gone */
    KEEPER_EXIT_USAGE = 64,   /* started by hand, or without its descriptors */
    KEEPER_EXIT_LEDGER = 65,  /* the ledger, the chain or the store does not verify or cannot be opened */
    KEEPER_EXIT_KEY = 66,     /* a key is missing or readable by others while data exists */
    KEEPER_EXIT_SANDBOX = 70, /* the sandbox could not be closed */
    KEEPER_EXIT_MEMORY = 71,
    KEEPER_EXIT_FLUSH = 74,   /* a write or flush failed; what was open has been answered with an error */
    KEEPER_EXIT_PEER = 76,    /* the releaser is gone, or a peer said what it may not: both are started anew */
};

#endif
