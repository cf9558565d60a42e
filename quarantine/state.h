/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_STATE_H
#define SEKIMORI_STATE_H

#include <stdbool.h>

/*
 * The states of a job on disk. A job is in exactly one; what the supervisor
 * is doing with a received one is not on disk and is lost, harmlessly, in a
 * crash. Numbers are written in the ledger: never reuse one.
 */
#define JOB_STATE_LIST(X)                                                       \
    X(RECEIVED, 1, "received")   /* stored, undecided */                        \
    X(HELD, 2, "held")           /* in quarantine, for a person to look at */   \
    X(BLOCKED, 3, "blocked")     /* refused for good */                         \
    X(RELEASED, 4, "released")   /* decided and recorded, not yet in outbound */ \
    X(DELIVERED, 5, "delivered") /* in outbound/new */                          \
    X(COLLECTED, 6, "collected") /* gone from there: the far side has it */     \
    X(DELETED, 7, "deleted")     /* content removed, by a person or by age */   \
    X(FAULT, 8, "fault")         /* its content is missing or damaged */

enum job_state {
    JOB_STATE_NONE = 0,
#define X(id, number, word) JOB_STATE_##id = number,
    JOB_STATE_LIST(X)
#undef X
    JOB_STATES
};

/* The word of a state; "none" for anything else. Static storage. */
const char *job_state_word(enum job_state state);

/* The state of a word, or JOB_STATE_NONE. */
enum job_state job_state_find(const char *word);

/* True when a job may go from one state to the other. Nothing leaves blocked, deleted or fault towards release. */
bool job_state_may(enum job_state from, enum job_state to);

#endif
