/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_RETAIN_H
#define SEKIMORI_RETAIN_H

/*
 * How long content is kept. Pure rules: they name what may go, and nothing
 * here or after it ever releases anything.
 */
#include <stdbool.h>
#include <stdint.h>

#include "state.h"

/* Days of 24 hours; 0 keeps for ever. */
struct retain_days {
    uint32_t original, output, audit;
};

struct retain_job {
    enum job_state state;
    uint64_t received_ms, decided_ms;
    bool original, output; /* still in the store */
};

enum retain_due { RETAIN_NOTHING = 0, RETAIN_ORIGINAL = 1, RETAIN_OUTPUT = 2 };

/*
 * Bits of what has reached its end. Never anything of a job that is undecided
 * or on its way out, whatever its age: age is no decision.
 */
unsigned retain_due(const struct retain_job *job, const struct retain_days *days, uint64_t now_ms);

/* True when a held or blocked job is without any content once `due` is gone: it is then deleted. */
bool retain_empties(const struct retain_job *job, unsigned due);

/*
 * False when the clock says that more than 60 days went by since it was last
 * believed (0: never), or that time ran backwards by more than a day: a wrong
 * clock must not be able to delete everything at once.
 */
bool retain_clock_is_sane(uint64_t believed_ms, uint64_t now_ms);

/* How long a clock that is not sane must go on steadily before it is believed after all: time for a person to mend it. */
#define RETAIN_DOUBT_MS ((uint64_t)72 * 3600 * 1000)

#endif
