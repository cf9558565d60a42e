/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_LIB_ZPACK_H
#define SEKIMORI_LIB_ZPACK_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/scope.h"

/*
 * Packs n bytes to a zlib stream (RFC 1950) at level 1 to 12. *out is malloc'd
 * and the caller's. ERR_NOMEM. The bytes depend on the input and the level alone.
 */
int zpack(const uint8_t *bytes, size_t n, int level, uint8_t **out, size_t *n_out) must_check;

/*
 * Unpacks a zlib stream of n bytes, which may be followed by others, to at
 * most `max` bytes. *out is malloc'd and the caller's. ERR_MALFORMED when it is
 * damaged, ERR_LIMIT past max, ERR_NOMEM.
 */
int zunpack(const uint8_t *bytes, size_t n, size_t max, uint8_t **out, size_t *n_out) must_check;

#endif
