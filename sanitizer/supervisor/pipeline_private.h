/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_PIPELINE_PRIVATE_H
#define SEKIMORI_PIPELINE_PRIVATE_H

/* Shared by pipeline.c (jobs), item.c (steps of one item) and member.c (members of containers) only. */
#include "formats/list.h"
#include "pipeline.h"
#include "policy.h"
#include "workfile.h"

enum item_phase { ITEM_NEW = 0, ITEM_IDENTIFY, ITEM_REBUILD, ITEM_VERIFY, ITEM_OVER };

struct item {
    struct pipeline_job *job;
    struct item *parent;
    struct item *next_ready;   /* in the ready list */
    struct item *sibling, *members; /* members of a container, newest first */
    uint64_t number;           /* the parent's name for it */
    unsigned depth;
    enum item_phase phase;
    bool submitted, has_slot;
    char name[CHILD_NAME_MAX]; /* raw, then cleaned */
    int64_t mtime;
    uint64_t packed_bytes, bytes;
    int in_fd, out_fd;
    const struct format_identity *type, *out_type;
    enum fmt_mode mode;
    enum reason reason, pending; /* result; what identification said, while the scan still runs */
    char detail[256];
    struct task *first, *second; /* detect or rebuild or check; scan */
    char detected_type[16];
    bool has_in_sha256;
    uint8_t in_sha256[32], out_sha256[32], checked_sha256[32];
    uint64_t out_bytes;
    struct findings findings;
    struct buf approved;         /* SHA-256 of each released member */
    unsigned members_open, members_held, members_blocked;
    bool members_infected;
    struct job_stage stages[STAGES]; /* indexed by enum stage */
    uint32_t scan_ms;
};

struct pipeline_job {
    struct pipeline_job *next;
    struct pipeline *pipeline;
    struct item *top;
    const struct config_profile *profile;
    enum fmt_mode mode;
    void *arg;
    uint64_t started_ms, members, total_bytes, items;
    struct loop_timer *timer;
};

struct pipeline {
    struct loop *loop;
    const struct config *config;
    struct engines *engines;
    unsigned slots, busy, job_count;
    int work_dir;
    const struct pipeline_hooks *hooks;
    void *owner;
    struct pipeline_job *jobs;
    struct item *ready, **ready_last;
    struct loop_timer *pump;
};

/* item.c */
struct item *item_new(struct pipeline_job *job, struct item *parent);
void item_free(struct item *item);
/* Puts an item into the ready list; members go first, so that what was begun is ended. */
void item_ready(struct item *item);
/* Begins the next phase of an item that has a slot. */
void item_begin(struct item *item);
/* Ends the item with a reason. The item is told to its parent or its job, and freed by them. */
void item_end(struct item *item, enum reason reason, const char *detail);
/* The rebuild task is over. */
void item_rebuilt(struct item *item, const struct task_end *end);
/* Stops everything below an item without further callbacks. */
void item_stop(struct item *item);

/* member.c */
extern const struct task_events handle_events;
void member_over(struct item *member);
/* What the members force upon their container, whatever its worker says. REASON_OK: nothing. */
enum reason members_verdict(const struct item *item);

/* pipeline.c */
void pipeline_pump(struct pipeline *pipeline);
void job_over(struct pipeline_job *job);
void slot_release(struct item *item);

#endif
