/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_TASK_H
#define SEKIMORI_TASK_H

/*
 * The order a zygote gets for one task, and the limits the kernel enforces on
 * it. The same shape for detect, handlers, scans and checks; plain values.
 */
#include <stdint.h>

#include "buf.h"
#include "formats/format.h"

enum task_kind {
    TASK_NONE = 0,
    TASK_DETECT, /* input -> DETECTED */
    TASK_HANDLE, /* input -> findings, children, output */
    TASK_CHECK,  /* finished output -> accepted or refused, and its digest */
    TASK_SCAN,   /* any file -> clean or not, and its digest */
};

struct task_order {
    enum task_kind kind;
    char type[16];             /* handler or verifier to run; "" for detect and scan */
    char name[CHILD_NAME_MAX]; /* raw name for detect, cleaned one for handlers */
    struct fmt_options options;
    uint32_t cpu_seconds;      /* RLIMIT_CPU */
    uint64_t memory_bytes;     /* RLIMIT_AS, on top of what the zygote takes */
    uint64_t file_bytes;       /* RLIMIT_FSIZE */
};

/* Writes an order into a buffer; errors stay in the buffer. */
void task_put(struct buf *b, const struct task_order *order);

/* Reads an order. ERR_PEER when the bytes are anything else than one whole order with values in range. */
int task_get(struct view *v, struct task_order *order_out) must_check;

/* Exit codes of a task process; anything else, and any signal, is a crash. */
enum task_exit {
    TASK_EXIT_OK = 0,      /* it said its result, whatever that is */
    TASK_EXIT_SETUP = 70,  /* the sandbox could not be closed: nothing was read */
    TASK_EXIT_MEMORY = 71, /* out of memory */
    TASK_EXIT_PEER = 72,   /* the supervisor said something it may not, or is gone */
};

#endif
