/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_WATCH_H
#define SEKIMORI_WATCH_H

#include "base/scope.h"

/*
 * inotify over the folders of all lanes. A hint to look sooner, never more:
 * what is missed or was overflowed is found by the next look.
 */
struct watch;

/* ERR_IO when the kernel gives no instance, ERR_NOMEM. */
int watch_new(struct watch **watch_out) must_check;
void watch_free(struct watch **watch);

/* To be polled for reading. */
int watch_fd(const struct watch *watch);

/* Watches an open folder for a lane; doing so again is no error. ERR_LIMIT: the user's watches are used up; ERR_IO, ERR_NOMEM. */
int watch_add(struct watch *watch, int dir, unsigned lane) must_check;

/* Reads all events; touched(arg, lane) for each that matters, with lane = WATCH_ALL after an overflow. */
#define WATCH_ALL (~0u)
void watch_read(struct watch *watch, void (*touched)(void *arg, unsigned lane), void *arg);

#endif
