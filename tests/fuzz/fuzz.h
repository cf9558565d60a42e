/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_FUZZ_H
#define SEKIMORI_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "formats/job.h"

/*
 * What every fuzz target exports, for libFuzzer or for replay.c. Returns 0;
 * whatever a target finds wrong, it says on stderr and aborts.
 */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* What must hold whatever the input was. */
#define FUZZ_REQUIRE(holds, ...)                      \
    do {                                              \
        if (!(holds)) {                               \
            (void)fprintf(stderr, "\nFUZZ " __VA_ARGS__); \
            (void)fprintf(stderr, " (%s)\n", #holds); \
            abort();                                  \
        }                                             \
    } while (0)

/* Budgets that keep one input short, times a factor. */
static inline void fuzz_limits(struct fmt_limits *limits, uint64_t factor)
{
    *limits = (struct fmt_limits){
        .input_bytes = factor << 20, .output_bytes = factor << 23, .total_bytes = factor << 24, .ratio = 100,
        .ratio_floor = factor << 20, .members = factor * 50, .depth = factor * 3, .pages = factor * 4,
        .pixels = factor << 18, .objects = factor * 20000, .steps = factor << 24};
}

/*
 * The default options (fmt_options_default) with those budgets. Inputs of odd
 * length allow every feature, so that the code that keeps things is reached.
 */
static inline void fuzz_options(struct fmt_options *options, size_t n)
{
    fmt_options_default(options);
    for (unsigned k = 1; n % 2 == 1 && k < FINDING_KINDS; k++)
        options->switches[k] = FMT_SWITCH_ALLOW;
    fuzz_limits(&options->limits, 1);
    options->dpi = 72;
}

#endif
