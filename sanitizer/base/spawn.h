/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_SPAWN_H
#define SEKIMORI_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "scope.h"

/*
 * Starts another of our programs. The one place that forks and executes, and
 * the one place that drops privileges. The new program gets what is listed
 * here and nothing else: no inherited descriptor, no environment, no signal
 * setting. It dies with the caller.
 */
struct spawn_fd {
    int from; /* the caller's; stays open there */
    int to;   /* number in the new program */
};

struct spawn {
    const char *path;             /* absolute */
    const char *const *argv;      /* NULL-ended, with argv[0] */
    const char *const *env;       /* NULL-ended "NAME=value"; NULL: only LC_ALL=C.UTF-8 */
    const struct spawn_fd *fds;   /* 0 and 1 are /dev/null and 2 is inherited unless named here */
    size_t fd_count;              /* at most SPAWN_FDS_MAX */
    bool drop;                    /* take the ids below and leave all groups; needs root */
    uid_t uid;
    gid_t gid;
};

#define SPAWN_FDS_MAX 16

struct spawned {
    pid_t pid;
    int pidfd; /* the caller's to close; readable when the program ended; -1 never */
};

/*
 * Starts it: umask 077, working directory "/", all signals at their default
 * and unblocked, no core files, killed when the calling thread's process ends.
 * Returns when the program really runs. ERR_NOTFOUND: no such program;
 * ERR_PERM: it may not be run or the ids may not be taken; ERR_INVALID: a
 * wrong descriptor list; ERR_IO with errno. The caller reaps the pid.
 */
int spawn_program(const struct spawn *spawn, struct spawned *out) must_check;

/* Sends a signal by pidfd: never hits a recycled process id. */
int spawn_kill(const struct spawned *spawned, int signo) must_check;

#endif
