/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_ZYGOTE_PEER_H
#define SEKIMORI_ZYGOTE_PEER_H

/*
 * The supervisor's end of a zygote's channel, for tests and benches. Every
 * failure that is the test's own aborts; what the zygote does is told.
 */
#include "base/msg.h"
#include "base/proto.h"
#include "base/spawn.h"
#include "base/task.h"
#include "base/zygote.h"

struct zygote_peer {
    struct spawned process;
    int channel;
    uint32_t layers, abi;
    char note[128];
};

struct zygote_ended {
    uint64_t task;
    int status; /* of wait(2) */
    uint64_t cpu_us, peak_kb;
};

/* Starts a zygote program and waits for READY. False when it ended before: its wait status is in *status_out. */
bool zygote_peer_start(struct zygote_peer *z, const struct spawn *base, const char *waived, int *status_out);

/* Takes over a channel whose other end is served already (a fork of the test). The same answers. */
bool zygote_peer_adopt(struct zygote_peer *z, pid_t pid, int channel, int *status_out);

/* True when user "nobody" could run this program: all its folders let others through. */
bool zygote_peer_nobody_can(const char *path);
#define ZYGOTE_PEER_NOBODY 65534

/* Forks and runs a zygote with made-up operations in the child, `before` (may be NULL) first. The same answers. */
bool zygote_peer_fork(struct zygote_peer *z, const struct zygote_ops *ops, const char *waived, void (*before)(void),
                      int *status_out);

/* Sends an order. Returns our end of the report socket; the caller closes it. `extra` may be -1. */
int zygote_peer_task(struct zygote_peer *z, uint64_t id, const struct task_order *order, int input, int output, int extra);

/* Waits for the next MSG_ZYGOTE_EXIT. False when the zygote is gone. */
bool zygote_peer_exit(struct zygote_peer *z, struct zygote_ended *ended_out);

void zygote_peer_kill(struct zygote_peer *z, uint64_t id);

/* Closes the channel and returns the zygote's wait status. */
int zygote_peer_stop(struct zygote_peer *z);

/* An order with generous limits for a type. */
struct task_order zygote_peer_order(enum task_kind kind, const char *type);

/* A temporary file of the given bytes, open for reading only; a fresh one for writing. */
int zygote_peer_input(const void *bytes, size_t n);
int zygote_peer_output(void);

/* Receives frames until RESULT; its reason and detail. False when the socket closed before. */
bool zygote_peer_result(int report, uint32_t *reason_out, char *detail, size_t room);

#endif
