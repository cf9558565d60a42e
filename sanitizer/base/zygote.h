/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_ZYGOTE_H
#define SEKIMORI_ZYGOTE_H

#include "sandbox.h"
#include "scope.h"
#include "task.h"

/*
 * The program around one engine: it loads what the engine needs once, walls
 * itself off, and forks one closed child per task. Children are forked ahead
 * and used once, so that making a sandbox is no part of a task's waiting time
 * and nothing of one file can reach the next.
 *
 * Channel: descriptor 3, frames of proto.h (MSG_ZYGOTE_*). The zygote reads
 * nothing but the supervisor's frames; hostile bytes are first touched in
 * `run`, behind every layer.
 */

/* A task's descriptors; -1 when absent. They are the child's own. */
struct task_fds {
    int input;  /* read */
    int output; /* write; tasks without an output get the report socket's number again: ignore it */
    int report; /* frames MSG_TASK_* */
    int extra;  /* the checker's digests; often absent */
};

struct zygote_ops {
    const char *name; /* of the program, for its log lines */
    const struct sandbox_profile *profile;
    unsigned spares; /* children forked ahead, 1 to ZYGOTE_SPARES_MAX */

    /*
     * Zygote, once, first: files can still be read. Loads databases, fonts and
     * converters; must leave a single thread. Negative: the program ends with
     * ZYGOTE_EXIT_WARM. Absent: nothing to load.
     */
    int (*warm)(void);

    /*
     * Each child, walled off but for limits and system call filter, before it
     * has an order: /tmp of its own is there when the profile has one. The
     * place for a self-test. Negative: the child ends with TASK_EXIT_SETUP.
     * Absent: nothing.
     */
    int (*prepare)(void);

    /*
     * Each child, with its order and before limits and filter close: the only
     * place where it may fork. Every process that returns 0 from here is
     * closed in the same way and then calls `run`. Must not read the input.
     * Negative: TASK_EXIT_SETUP. Absent: nothing.
     */
    int (*open)(const struct task_order *order, const struct task_fds *fds);

    /* The child, fully closed: does the task, says its result, returns enum task_exit. */
    int (*run)(const struct task_order *order, const struct task_fds *fds);

    /* A short text for MSG_ZYGOTE_READY (versions, signature time); after warm. Absent: "". */
    const char *(*note)(void);
};

#define ZYGOTE_CHANNEL_FD 3
#define ZYGOTE_SPARES_MAX 16
#define ZYGOTE_TASKS_MAX 64 /* tasks at once; further ones end at once with TASK_EXIT_SETUP */

/* Exit statuses of a zygote program. */
enum zygote_exit {
    ZYGOTE_EXIT_OK = 0,     /* the channel was closed: the ordinary end */
    ZYGOTE_EXIT_USAGE = 64, /* wrong arguments, or no channel at descriptor 3 */
    ZYGOTE_EXIT_LAYER = 65, /* a sandbox layer is missing and not waived; the log names it */
    ZYGOTE_EXIT_WARM = 66,  /* the engine could not be loaded */
    ZYGOTE_EXIT_TRIAL = 67, /* a child could not be closed, or its self-test failed */
    ZYGOTE_EXIT_PEER = 68,  /* the supervisor said what it may not say */
    ZYGOTE_EXIT_FAULT = 69, /* the system failed us */
};

/*
 * The whole program: `return zygote_main(argc, argv, &ops);`. argv[1], when
 * there, is the mask of waived layers in hexadecimal (no other channel exists:
 * neither environment nor file is read for it); further arguments are the
 * engine's own. Before it says READY one trial child goes through all layers
 * and `prepare`. Returns enum zygote_exit, or ends the
 * process with it.
 */
int zygote_main(int argc, char **argv, const struct zygote_ops *ops);

#endif
