/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_DETECT_LIB_DEFLATE_H
#define SEKIMORI_DETECT_LIB_DEFLATE_H

#include <stddef.h>

#include "base/scope.h"

/*
 * Unpacks raw deflate (RFC 1951) of `packed` bytes that must give exactly
 * `size` bytes: no more room is ever written, so a bomb ends here. 0, ERR_NOMEM
 * or ERR_MALFORMED.
 */
int deflate_unpack(const void *bytes, size_t packed, void *out, size_t size) must_check;

#endif
