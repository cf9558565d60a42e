/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_LANE_H
#define SEKIMORI_LANE_H

#include "base/loop.h"
#include "spool_claim.h"

/*
 * One lane: its inbound tree is watched and claimed from, its results folder
 * takes the notices. Everything is relative to two folder descriptors; links
 * are never followed.
 */
#define LANE_NAME_MAX 64
#define LANE_PATH_MAX 1024
#define LANE_DEPTH_MAX 32

struct lane_candidate;
struct lane_watch;

struct lane {
    char name[LANE_NAME_MAX];
    bool poll_only;
    uint32_t settle_ms, poll_ms;
    uint64_t limit_bytes;
    int inbound, results;
    struct lane_candidate *candidates; /* files that must stand still for a while, hashed by path */
    size_t candidate_count;
    struct lane_watch *watches;        /* folders under inotify */
    size_t watch_count, watch_room;
    bool leftovers_offered;
    bool denied;                       /* a file could not be renamed: the folder's rights are wrong */
};

/* A claimed file, ready to be offered. */
struct claim {
    struct lane *lane;
    char path[LANE_PATH_MAX];      /* inside the lane, original name */
    char claimed[LANE_PATH_MAX];   /* inside the lane, as it is called now */
    char token[CLAIM_TOKEN_LEN + 1];
    struct stat st;
    int fd;                        /* the receiver's to close */
};

struct lane_hooks {
    /* True while another claim may be made: what is not claimed stays where it is. */
    bool (*room)(void *owner);
    /* A file was claimed; takes claim->fd over. */
    void (*claimed)(void *owner, const struct claim *claim);
    /* A file was set aside for good. */
    void (*refused)(void *owner, struct lane *lane, const char *path, enum reason reason);
};

/*
 * Looks through the tree once: claims what is complete, remembers what is not.
 * inotify_fd: -1 without. Returns the milliseconds until the next look is due
 * (poll_ms when nothing waits).
 */
uint64_t lane_look(struct lane *lane, int inotify_fd, const struct lane_hooks *hooks, void *owner);

/* The claimed file is safely stored: removes it. ERR_IO when it stays: it is offered again after a restart, as known. */
int lane_done(struct lane *lane, const char *claimed) must_check;

/* Gives a claimed file its name back. */
int lane_return(struct lane *lane, const char *claimed, const char *path) must_check;

/*
 * Writes a notice into the results folder, in the same tree: "名前.保留.txt",
 * with a growing number when the name is taken. Durable on return. ERR_IO, ERR_SPACE.
 */
int lane_notice(struct lane *lane, const char *path, enum verdict verdict, const char *text) must_check;

#endif
