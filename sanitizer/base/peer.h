/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_PEER_H
#define SEKIMORI_PEER_H

#include "loop.h"
#include "msg.h"

/*
 * The other end of a socket, and the table of what it may say. A message that
 * is not in the table, has the wrong number of descriptors, or whose handler
 * finds it malformed closes that peer; the receiver lives on.
 */
struct peer;

struct msg_rule {
    uint16_t type;        /* 0 ends the table */
    uint8_t fds_min, fds_max;
    bool once;            /* a second one is an offence */
    /* Reads the payload. Negative: the peer broke the rules and is closed. May take descriptors. May close the peer itself. */
    int (*fn)(void *owner, struct peer *peer, struct msg *m);
};

/*
 * Takes over fd (non-blocking from now on) and watches it. `closed` is called
 * once when the peer is gone or was closed for an offence (ERR_CLOSED,
 * ERR_PEER, ERR_LIMIT: it did not read its queue); it must not be NULL, and
 * may free the peer.
 */
int peer_new(struct loop *loop, int fd, const struct msg_rule *rules, void *owner,
             void (*closed)(void *owner, struct peer *peer, int err), struct peer **peer_out) must_check;

/* Closes the socket and frees; no callback. NULL is fine. Safe inside the peer's own handlers. */
void peer_free(struct peer **peer);

/*
 * Sends or queues one frame; descriptors are duplicated when queued, so they
 * stay the caller's. Never waits. A queue past its bound counts as a dead
 * peer: `closed` follows from the loop. Errors need no answer: 0 or ERR_*.
 */
int peer_send(struct peer *peer, uint16_t type, uint64_t id, const struct buf *payload, const int *fds, unsigned fd_count);

/* Frames queued because the other end does not read fast enough: senders of long answers pause on it. */
size_t peer_backlog(const struct peer *peer);

#endif
