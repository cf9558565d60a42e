/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_MEMBERS_H
#define SEKIMORI_MEMBERS_H

/*
 * The dialogue with the supervisor about child items and scratch space. What
 * comes back is checked for form; a supervisor that breaks it, or is gone,
 * ends the process with TASK_EXIT_PEER.
 */
#include "formats/job.h"
#include "sink.h"

struct member {
    uint64_t id;
    bool done;
    struct child_result result;
};

struct members {
    int report;
    uint64_t last;                      /* number of the youngest member */
    bool open;
    struct sink sink;                   /* of the open member */
    struct member queue[CHILD_WINDOW];  /* handed over, oldest first */
    unsigned first, count;
};

/* Asks for a member's file. */
int members_open(struct members *m, const struct child_info *info) must_check;
/* Adds bytes to it. ERR_NOMEM, ERR_SPACE, ERR_IO. */
int members_write(struct members *m, const void *bytes, size_t n) must_check;
/* Hands it over. The same errors; ERR_LIMIT when CHILD_WINDOW are in flight. */
int members_submit(struct members *m) must_check;
/* Waits for the oldest. Its bytes are mapped; ERR_NOMEM. */
int members_collect(struct members *m, struct child_result *result_out) must_check;
/* Unmaps them. */
void members_release(struct child_result *result);

/* Asks for the scratch file; once. The descriptor is the caller's. */
int members_scratch(struct members *m) must_check;

#endif
