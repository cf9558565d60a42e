/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_RELEASER_CONFIG_H
#define SEKIMORI_RELEASER_CONFIG_H

/* What the supervisor tells the releaser first (MSG_CONFIG), and how the releaser ends. */
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* Descriptors the releaser is started with. */
enum releaser_fd {
    RELEASER_FD_SUPERVISOR = 3, /* frames: MSG_CONFIG in, MSG_RELEASE_READY out, nothing else */
    RELEASER_FD_KEEPER = 4,     /* frames, the other end of the keeper's */
    RELEASER_FD_OUTBOUND = 5,   /* folder with tmp/ and new/ */
};

struct releaser_config {
    uint8_t public_key[32]; /* of the keeper's release key: MSG_KEEPER_READY */
    bool durable;           /* false leaves out every flush: tests and benches only */
    uint32_t poll_ms;       /* between looks at what was collected */
    uint32_t grace_ms;      /* after a file is gone its manifest may stay so long before it is removed */
    uint32_t waived;        /* sandbox layers (enum sandbox_layer) that may be missing */
};

/* Writes a configuration into a buffer; errors stay in the buffer. */
void releaser_config_put(struct buf *b, const struct releaser_config *c);
/* ERR_PEER on anything but one whole configuration with values in range. */
int releaser_config_get(struct view *v, struct releaser_config *out) must_check;

enum releaser_exit {
    RELEASER_EXIT_OK = 0,       /* asked to end: supervisor or keeper are gone */
    RELEASER_EXIT_USAGE = 64,   /* started by hand, or without its descriptors */
    RELEASER_EXIT_SPOOL = 65,   /* the outbound folder cannot be used */
    RELEASER_EXIT_SANDBOX = 70, /* the sandbox could not be closed */
    RELEASER_EXIT_MEMORY = 71,
    RELEASER_EXIT_FLUSH = 74,   /* a flush failed; what was open has been answered with an error */
    RELEASER_EXIT_PEER = 76,    /* a peer said what it may not */
};

#endif
