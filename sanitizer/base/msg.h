/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_MSG_H
#define SEKIMORI_MSG_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"

/*
 * One frame between two programs, over a SOCK_SEQPACKET Unix socket: a fixed
 * header (magic, version, type, id, length), a payload, and up to
 * MSG_FDS_MAX descriptors. The socket keeps frames whole; the header is
 * checked all the same, since either end may be taken over.
 *
 * File bodies travel as descriptors, never as bytes.
 */
#define MSG_MAGIC 0x31494b53u /* "SKI1" */
#define MSG_VERSION 2         /* bump on every change of proto.h's payloads */
#define MSG_PAYLOAD_MAX 65536
#define MSG_FDS_MAX 4

struct msg {
    uint16_t type; /* enum msg_type in proto.h */
    uint64_t id;   /* correlates an answer with its question; the asker chooses */
    uint32_t len;
    int fds[MSG_FDS_MAX]; /* -1 where unused; owned by the message */
    unsigned fd_count;
    uint8_t payload[MSG_PAYLOAD_MAX];
};

/* Makes a connected pair of frame sockets, close-on-exec. ERR_IO. */
int msg_pair(int fds_out[2]) must_check;

/*
 * Sends one frame; the descriptors stay the caller's. ERR_AGAIN when a
 * non-blocking socket is full, ERR_CLOSED when the peer is gone, ERR_LIMIT
 * when the payload is too long or its buffer holds an error, ERR_IO.
 * `payload` may be NULL.
 */
int msg_send(int fd, uint16_t type, uint64_t id, const struct buf *payload, const int *fds, unsigned fd_count) must_check;

/*
 * Receives one frame into a caller's message (64 KB: not on a small stack).
 * Descriptors arrive close-on-exec and belong to the message until
 * msg_take_fd; call msg_close before reusing it. ERR_AGAIN on an empty
 * non-blocking socket, ERR_CLOSED at the end, ERR_PEER on a frame that breaks
 * the header rules (its descriptors are closed), ERR_IO.
 */
int msg_recv(int fd, struct msg *m) must_check;

/* Like msg_recv, but never waits (ERR_AGAIN). */
int msg_recv_nowait(int fd, struct msg *m) must_check;

/* Takes descriptor i out of the message: the caller owns it. -1 when there is none. */
int msg_take_fd(struct msg *m, unsigned i);

/* Closes what was not taken. */
void msg_close(struct msg *m);

/* A reader over the payload. */
static inline struct view msg_view(const struct msg *m)
{
    return view_of(m->payload, m->len);
}

#endif
