/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_LANE_H
#define SEKIMORI_LANE_H

#include "seen.h"
#include "spool_claim.h"

/*
 * One lane: its inbound tree is looked through and claimed from. Everything is
 * relative to an open folder; links are never followed.
 */
#define LANE_NAME_MAX 64
#define LANE_PATH_MAX 1024
#define LANE_DEPTH_MAX 32 /* folders in folders; a deeper one is set aside */

struct lane {
    char name[LANE_NAME_MAX];
    bool poll_only;
    uint32_t poll_ms;
    uint64_t empty_ms; /* a folder without anything in it is removed after so long */
    struct claim_rules rules;
    int inbound, results;
    struct seen seen;
};

/* A claimed file, ready to be offered. The claim survives a power cut. */
struct claim {
    struct lane *lane;
    char path[LANE_PATH_MAX];      /* inside the lane, original name */
    char claimed[LANE_PATH_MAX];   /* inside the lane, as it is called now */
    char token[CLAIM_TOKEN_LEN + 1];
    struct stat st;
    int fd;                        /* the receiver's to close */
};

/* What became of something that is not taken. */
enum lane_left {
    LANE_LEFT_ASIDE = 1, /* where it was, with a mark in its name */
    LANE_LEFT_REMOVED,   /* a link or pipe, which has no content of its own */
    LANE_LEFT_AS_IT_WAS, /* it can be neither marked nor removed; told once */
};

struct lane_hooks {
    /* How many more claims this lane may make now; what is not claimed stays where it is. */
    unsigned (*room)(void *owner, const struct lane *lane);
    /* True when the claim of that name is under way. */
    bool (*is_offered)(void *owner, const struct lane *lane, const char *claimed);
    /* A file was claimed; takes claim->fd over. */
    void (*claimed)(void *owner, const struct claim *claim);
    /* Something is not taken and staff must be told. */
    void (*refused)(void *owner, struct lane *lane, const char *path, enum reason reason, enum lane_left left);
    /* A folder of the lane, to be watched. Called on every look. */
    void (*folder)(void *owner, struct lane *lane, int dir);
};

struct lane_outcome {
    uint64_t next_ms; /* when to look again, if nothing happens before */
    bool hungry;      /* there is more than room() allowed: look again as soon as there is room */
};

/* Looks through the tree once: claims what is complete, remembers what is not, tidies up. */
struct lane_outcome lane_look(struct lane *lane, const struct lane_hooks *hooks, void *owner);

/*
 * The claimed file is safely stored: removes it. Not flushed: a removal that a
 * power cut undoes is offered again with its token, and known. ERR_IO when it
 * stays; it is left alone until the next start.
 */
int lane_done(struct lane *lane, const char *claimed) must_check;

/* Gives a claimed file its name back. ERR_EXISTS when that is taken: it is offered again in the next look. */
int lane_return(struct lane *lane, const char *claimed, const char *path) must_check;

/* Closes the folders and forgets everything. */
void lane_free(struct lane *lane);

#endif
