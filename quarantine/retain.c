/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Retention rules. The keeper; pure. */
#include "retain.h"

#define DAY_MS ((uint64_t)24 * 3600 * 1000)
#define SILENCE_MAX_MS (60 * DAY_MS)

static bool is_past(uint64_t since_ms, uint32_t days, uint64_t now_ms)
{
    return days > 0 && since_ms > 0 && now_ms > since_ms && now_ms - since_ms >= days * DAY_MS;
}

static bool is_settled(enum job_state state)
{
    return state == JOB_STATE_HELD || state == JOB_STATE_BLOCKED || state == JOB_STATE_DELIVERED ||
           state == JOB_STATE_COLLECTED || state == JOB_STATE_FAULT;
}

unsigned retain_due(const struct retain_job *job, const struct retain_days *days, uint64_t now_ms)
{
    unsigned due = RETAIN_NOTHING;

    if (!is_settled(job->state))
        return due;
    if (job->original && is_past(job->received_ms, days->original, now_ms))
        due |= RETAIN_ORIGINAL;
    if (job->output && is_past(job->decided_ms, days->output, now_ms))
        due |= RETAIN_OUTPUT;
    return due;
}

bool retain_empties(const struct retain_job *job, unsigned due)
{
    bool original = job->original && !(due & RETAIN_ORIGINAL), output = job->output && !(due & RETAIN_OUTPUT);

    return !original && !output && job_state_may(job->state, JOB_STATE_DELETED);
}

bool retain_clock_is_sane(uint64_t believed_ms, uint64_t now_ms)
{
    return believed_ms == 0 || (now_ms + DAY_MS >= believed_ms && now_ms <= believed_ms + SILENCE_MAX_MS);
}
