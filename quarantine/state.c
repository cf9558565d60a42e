/* SPDX-License-Identifier: GPL-2.0-or-later */
/* States of a job and the steps between them. The keeper; pure. */
#include "state.h"

#include <string.h>

static const char *const words[JOB_STATES] = {
    [JOB_STATE_NONE] = "none",
#define X(id, number, word) [JOB_STATE_##id] = word,
    JOB_STATE_LIST(X)
#undef X
};

#define BIT(id) (1u << JOB_STATE_##id)
static const unsigned steps[JOB_STATES] = {
    [JOB_STATE_RECEIVED] = BIT(HELD) | BIT(BLOCKED) | BIT(RELEASED) | BIT(FAULT),
    [JOB_STATE_HELD] = BIT(RELEASED) | BIT(DELETED) | BIT(FAULT),
    [JOB_STATE_BLOCKED] = BIT(DELETED) | BIT(FAULT),
    [JOB_STATE_RELEASED] = BIT(DELIVERED) | BIT(FAULT),
    [JOB_STATE_DELIVERED] = BIT(COLLECTED),
    [JOB_STATE_FAULT] = BIT(DELETED),
};

const char *job_state_word(enum job_state state)
{
    return words[(unsigned)state < JOB_STATES ? state : JOB_STATE_NONE];
}

enum job_state job_state_find(const char *word)
{
    for (unsigned i = JOB_STATE_NONE + 1; i < JOB_STATES; i++)
        if (strcmp(words[i], word) == 0)
            return (enum job_state)i;
    return JOB_STATE_NONE;
}

bool job_state_may(enum job_state from, enum job_state to)
{
    return (unsigned)from < JOB_STATES && (unsigned)to < JOB_STATES && (steps[from] & 1u << to) != 0;
}
