/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_WATCH_H
#define SEKIMORI_WATCH_H

/* The delivered names whose collection is waited for. */
#include <stddef.h>
#include <stdint.h>

#include "publish.h"

struct watch {
    uint64_t seq;
    char *path;
    uint64_t left_ms; /* monotonic time since which only the manifest lies there; 0: not so */
};

struct watches {
    struct watch *all; /* by sequence number */
    size_t count, room, next;
};

/* Adds one; a number that is watched already changes nothing. ERR_NOMEM. */
int watch_add(struct watches *w, uint64_t seq, const char *path) __attribute__((warn_unused_result));

/*
 * Looks at the next `most` names and calls gone(arg, seq) for each whose file
 * was collected and whose manifest is gone too or was left for grace_ms. It is
 * forgotten then.
 */
void watch_step(struct watches *w, struct publisher *p, size_t most, uint64_t grace_ms, void (*gone)(void *arg, uint64_t seq), void *arg);

/* Forgets all names. */
void watch_free(struct watches *w);

#endif
