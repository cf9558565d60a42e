/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_ZYGOTE_WALLS_H
#define SEKIMORI_ZYGOTE_WALLS_H

#include <stdbool.h>

#include "sandbox_parts.h"
#include "zygote.h"

/* What a zygote made ready for its children. */
struct walls {
    const struct zygote_ops *ops;
    uint32_t active; /* layers in force, here or in each child */
    int abi;         /* Landlock's */
    int rules;       /* Landlock rule set, when it is the same for all children; else -1 */
    struct seccomp_program *filter;
    uint64_t base_bytes; /* address space of the zygote: a task's memory is counted on top of it */
};

/*
 * Zygote: enters namespaces, swaps the root, compiles the filter. Layers that
 * are missing are in *missing_out; the caller decides. ERR_* when a layer
 * broke half-way.
 */
int walls_raise(struct walls *walls, const struct zygote_ops *ops, uint32_t *missing_out) must_check;

/* Layers to fork a child with. */
uint32_t walls_fork_layers(const struct walls *walls);

/*
 * The child's whole life: closes itself in, waits for its order on `channel`,
 * runs it, ends. A trial child has no channel (-1) and ends before the order.
 */
_Noreturn void walls_child(const struct walls *walls, int channel);

#endif
