/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_PUBLISH_H
#define SEKIMORI_PUBLISH_H

/*
 * Puts files into outbound/new on signed tickets. A ticket is a manifest; what
 * lies in new/ afterwards is the file it names, byte for byte, and beside it
 * the manifest. Both are whole before they have a name there: they are written
 * and flushed in tmp/ and then renamed, the manifest first, and never over
 * anything that is there already.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/manifest.h"

#define PUBLISH_MAX 64 /* tickets at once */

struct publisher;

struct publish_item {
    uint64_t seq;        /* as the keeper called it */
    uint8_t *manifest;   /* as received; owned */
    size_t manifest_n;
    int source;          /* the file; owned */
    /* filled in by publish_run */
    struct manifest m;
    int file_fd, manifest_fd; /* in tmp/ */
    int err;             /* ERR_CRYPTO, ERR_MALFORMED, ERR_REFUSED, ERR_STALE: never; ERR_EXISTS: another name; rest: later */
    const char *text;    /* why, static storage */
};

/*
 * Opens tmp/ and new/ beneath the outbound folder, empties tmp/ of what a
 * crash left, and reads the list of sequence numbers seen. ERR_MALFORMED: that
 * list is damaged. ERR_REFUSED: tmp/ and new/ are not on one file system, or
 * one is a link. ERR_NOTFOUND, ERR_IO, ERR_NOMEM.
 */
int publish_open(int outbound, const uint8_t public_key[SIGN_PUBLIC_BYTES], bool durable, struct publisher **out) must_check;
void publish_close(struct publisher **publisher);

/*
 * Publishes a batch: writes all, flushes all, renames all, flushes each folder
 * once. Each item's err tells; ERR_IO when a flush failed or the list of numbers
 * could not be written: then no item of the batch counts and the process must
 * end.
 */
int publish_run(struct publisher *p, struct publish_item *items, unsigned count) must_check;

/* Frees what an item owns. */
void publish_item_clear(struct publish_item *item);

/* What became of a delivered name. */
enum publish_fate { PUBLISH_THERE = 0, PUBLISH_MANIFEST_LEFT, PUBLISH_GONE };
enum publish_fate publish_look(struct publisher *p, const char *path);

/* Removes a manifest whose file was collected, and folders beneath the destination that became empty. */
void publish_tidy(struct publisher *p, const char *path);

#endif
