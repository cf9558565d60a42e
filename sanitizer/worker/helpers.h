/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_HELPERS_H
#define SEKIMORI_HELPERS_H

/*
 * Helper processes of one task: forked before anything hostile is read, closed
 * exactly like the main process, with nothing but the input and one socket to
 * the main process each. They carry blobs of at most HELPER_BLOB_MAX bytes.
 */
#include "formats/job.h"

#define HELPERS_MAX 15
#define HELPER_BLOB_MAX (256u << 20)

struct helpers {
    unsigned count; /* the same in all processes */
    unsigned index; /* 0: the main process; else 1 to count */
    uint32_t ended;       /* main: bit per helper that said its end */
    int fds[HELPERS_MAX]; /* main: one per helper; helper: fds[0] to the main process */
};

/*
 * Forks `count` helpers. Returns in each process; helpers->index tells which
 * one. ERR_IO: nothing may go on.
 */
int helpers_fork(struct helpers *helpers, unsigned count) must_check;

/* Helper: one blob to the main process. ERR_CLOSED when that is gone, ERR_LIMIT when it is too long, ERR_IO. */
int helpers_send(const struct helpers *helpers, const void *bytes, size_t n) must_check;

/* Helper: tells that it ends well. Without this word its end is a fault. */
int helpers_send_end(const struct helpers *helpers) must_check;

/*
 * Main: the next blob of helper i (1-based), malloc'd. ERR_CLOSED: it ended
 * well; ERR_FAULT: it died or broke the rules; ERR_NOMEM.
 */
int helpers_receive(struct helpers *helpers, unsigned i, uint8_t **bytes_out, size_t *n_out) must_check;

/* Main: reads on until every helper ended well. ERR_FAULT when one did not; ERR_NOMEM. */
int helpers_join(struct helpers *helpers) must_check;

#endif
