/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_CHECK_LIB_UNZLIB_H
#define SEKIMORI_CHECK_LIB_UNZLIB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/scope.h"

/*
 * Unpacks a zlib stream (RFC 1950) that is exactly n bytes long, and hands the
 * bytes on in pieces; `take` returns 0 or an ERR_* that ends it. ERR_MALFORMED
 * when the stream is damaged, ends early or has bytes behind its end, ERR_LIMIT
 * past `max` bytes, ERR_NOMEM, or what `take` gave.
 */
int unzlib_run(const uint8_t *bytes, size_t n, uint64_t max, int (*take)(void *ctx, const uint8_t *bytes, size_t n),
               void *ctx) must_check;

#endif
