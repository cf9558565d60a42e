/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_IMAGE_LIB_ZLIB_H
#define SEKIMORI_IMAGE_LIB_ZLIB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/scope.h"

/* CRC-32 as PNG, zlib and ZIP have it; start with 0. */
uint32_t lib_zlib_crc(uint32_t crc, const void *bytes, size_t n);

/*
 * Unpacks a zlib stream of hostile bytes into at most `most` bytes, growing as
 * they come. ERR_LIMIT over that, ERR_MALFORMED when the stream is broken or
 * not complete, ERR_NOMEM. *out is malloc'd and the caller's to free.
 */
int lib_zlib_unpack(const uint8_t *in, size_t n, size_t most, uint8_t **out, size_t *out_n) must_check;

/* A zlib stream being packed. */
struct lib_zlib;

/* Level 1 to 9. ERR_NOMEM. The caller frees with lib_zlib_free. */
int lib_zlib_new(int level, struct lib_zlib **z_out) must_check;
void lib_zlib_free(struct lib_zlib **z);

/*
 * Packs bytes (and, with `finish`, the end) into buffer[0..room). `*used` is
 * where the buffer is filled to and grows; `*taken_out` tells how many of the
 * bytes were consumed. `*done_out` when the end is written; until then call
 * again with an emptied buffer and the rest.
 */
int lib_zlib_pack(struct lib_zlib *z, const uint8_t *bytes, size_t n, bool finish, uint8_t *buffer, size_t room,
                  size_t *used, size_t *taken_out, bool *done_out) must_check;

/* Begins another stream. */
int lib_zlib_restart(struct lib_zlib *z) must_check;

#endif
