/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_LOOP_H
#define SEKIMORI_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "scope.h"

/*
 * One epoll loop per program: descriptors, timers and signals call back. A
 * callback may add and remove anything, itself included.
 */
struct loop;
struct loop_timer;

enum { LOOP_READ = 1, LOOP_WRITE = 2 };

/* ERR_IO, ERR_NOMEM. */
int loop_new(struct loop **loop_out) must_check;
void loop_free(struct loop **loop);

/*
 * Calls fn(arg, events) whenever fd is ready for the asked events; hang-up
 * counts as both. The descriptor stays the caller's: remove it before closing.
 */
int loop_add(struct loop *loop, int fd, unsigned events, void (*fn)(void *arg, unsigned events), void *arg) must_check;
int loop_change(struct loop *loop, int fd, unsigned events) must_check;
void loop_remove(struct loop *loop, int fd);

/* Calls fn(arg) once after ms milliseconds. The handle dies with the call or with loop_cancel (which nulls it; NULL is fine). */
int loop_after(struct loop *loop, uint64_t ms, void (*fn)(void *arg), void *arg, struct loop_timer **timer_out) must_check;
void loop_cancel(struct loop *loop, struct loop_timer **timer);

/* Calls fn(arg, signo) for a signal, which is blocked for the process (signalfd). */
int loop_signal(struct loop *loop, int signo, void (*fn)(void *arg, int signo), void *arg) must_check;

/* Calls fn(arg) before each wait: for work gathered over one round (group commits). One function per loop. */
void loop_idle(struct loop *loop, void (*fn)(void *arg), void *arg);

/* Runs until loop_stop, then returns the code given there; ERR_IO when the kernel fails us. */
int loop_run(struct loop *loop);
void loop_stop(struct loop *loop, int code);

#endif
