/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_MUTATE_H
#define SEKIMORI_MUTATE_H

#include <stddef.h>
#include <stdint.h>

/* Repeatable damage to bytes, for replay.c. */

#define MUTATE_MAX ((size_t)512 << 10) /* largest mutated input in bytes */

/* A starting state that depends on the bytes alone. */
uint64_t mutate_seed(const uint8_t *bytes, size_t n);

/* The next number of a state; advances it. */
uint64_t mutate_next(uint64_t *state);

/*
 * Applies one to four changes to n bytes (room for MUTATE_MAX): cut, bits,
 * bytes, numbers, moved, removed and doubled blocks, pieces of another input.
 * Returns the new length.
 */
size_t mutate(uint64_t *state, uint8_t *bytes, size_t n, const uint8_t *other, size_t other_len);

#endif
