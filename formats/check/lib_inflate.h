/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_CHECK_LIB_INFLATE_H
#define SEKIMORI_CHECK_LIB_INFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/scope.h"

/* A zlib stream being unpacked piece by piece. */
struct lib_inflate;

/* ERR_NOMEM. The caller frees with lib_inflate_free. */
int lib_inflate_new(struct lib_inflate **z_out) must_check;
void lib_inflate_free(struct lib_inflate **z);

/* Begins another stream. */
int lib_inflate_restart(struct lib_inflate *z) must_check;

/* Sets the packed bytes to take next; they stay the caller's. Only when none are left of those before. */
void lib_inflate_feed(struct lib_inflate *z, const uint8_t *bytes, size_t n);

/* Packed bytes not yet taken. */
size_t lib_inflate_left(const struct lib_inflate *z);

/*
 * Unpacks up to n bytes. *got_out is how many there were: fewer than n when
 * the bytes fed ran out or the stream ended (*end_out, with its check sum
 * right). ERR_MALFORMED for a broken stream, ERR_NOMEM.
 */
int lib_inflate_read(struct lib_inflate *z, uint8_t *to, size_t n, size_t *got_out, bool *end_out) must_check;

/* CRC-32 of n bytes. */
uint32_t lib_inflate_crc(const void *bytes, size_t n);

#endif
