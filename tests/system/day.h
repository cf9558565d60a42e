/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_TEST_DAY_H
#define SEKIMORI_TEST_DAY_H

/* A day's work for keeper and releaser, to be disturbed and then finished. */
#include "gateway.h"

#define DAY_JOBS 7

struct day {
    struct gateway g;
    struct known jobs[DAY_JOBS];
};

struct day *day_new(void);
void day_free(struct day *d);

/*
 * Accepts, decisions of every kind, an approved release, an export, a
 * deletion, all deliveries. 0 when everything went through; what is done
 * already is passed over, so that it can be called again.
 */
int day_work(struct day *d);

/* Starts undisturbed, does what is left, stops, and proves every promise. */
void day_finish(struct day *d);

#endif
