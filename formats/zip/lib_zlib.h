/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_LIB_ZLIB_H
#define SEKIMORI_LIB_ZLIB_H

#include "unpack.h"

/* Unpacks raw deflate (RFC 1951) with zlib, a piece at a time. ERR_MALFORMED, ERR_NOMEM, or unpack_put's error. */
int lib_zlib_inflate(const struct fmt_in *packed, struct unpack *u) must_check;

/* Takes the next packed bytes. Any error ends the packing and is given on. */
typedef int zlib_sink(void *ctx, const uint8_t *bytes, size_t n);

/* Packs bytes to raw deflate at level 6, a piece at a time. ERR_NOMEM, ERR_FAULT, or the sink's error. */
int lib_zlib_deflate(const struct fmt_in *bytes, zlib_sink *sink, void *ctx) must_check;

#endif
