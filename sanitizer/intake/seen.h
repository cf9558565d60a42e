/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_SEEN_H
#define SEKIMORI_SEEN_H

#include "spool_claim.h"

/* What is remembered of the files of a lane between two looks, by path. Bounded; what does not fit waits. */
struct seen_entry {
    struct seen_entry *next;
    struct claim_seen seen;
    uint32_t look;  /* the last one that met it */
    bool told;      /* staff know that it cannot be taken */
    bool stuck;     /* stored, but cannot be removed: not offered again before a restart */
    char path[];
};

struct seen {
    struct seen_entry **buckets;
    size_t bucket_count, count;
    uint32_t look;
};

#define SEEN_MAX 65536

/* Begins a look. */
void seen_begin(struct seen *seen);

/* The entry of a path, made when missing; NULL without memory or room. Valid until seen_end. */
struct seen_entry *seen_get(struct seen *seen, const char *path);

/* Ends a look: forgets what it did not meet; all of it was looked at only when `whole`. */
void seen_end(struct seen *seen, bool whole);

/* Forgets everything and gives the memory back; it can be used again. */
void seen_free(struct seen *seen);

#endif
