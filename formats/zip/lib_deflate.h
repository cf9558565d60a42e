/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_LIB_DEFLATE_H
#define SEKIMORI_LIB_DEFLATE_H

#include "formats/format.h"

/* Whole-buffer deflate and CRC-32 of libdeflate: twice the speed of zlib, for what fits in memory. */

/* The CRC-32 of ZIP (APPNOTE 4.4.7) over more bytes; starts at 0. */
uint32_t lib_deflate_crc32(uint32_t crc, const uint8_t *bytes, size_t n);

/*
 * Unpacks raw deflate (RFC 1951) that gives exactly n bytes and uses up all of
 * its input. ERR_MALFORMED when it does not, ERR_NOMEM.
 */
int lib_deflate_unpack(const struct fmt_in *packed, uint8_t *out, size_t n) must_check;

/*
 * Packs bytes to raw deflate at level 6 into room bytes. Gives the length, 0
 * when it does not fit. ERR_NOMEM.
 */
int lib_deflate_pack(const struct fmt_in *bytes, uint8_t *out, size_t room, size_t *n_out) must_check;

#endif
