/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_ZIP_LIB_SODIUM_H
#define SEKIMORI_ZIP_LIB_SODIUM_H

#include <stddef.h>
#include <stdint.h>

/* Digests of libsodium for the ZIP handler and its verifier. None of these can fail. */

/* 16 bytes of BLAKE2b: nobody finds two names with the same. */
void lib_sodium_key(const void *bytes, size_t n, uint8_t key[16]);

/* SHA-256 (FIPS 180-4) in pieces: begin, add any number of times, end. */
struct lib_sodium_sha256 {
    uint64_t state[16];
};
void lib_sodium_sha256_begin(struct lib_sodium_sha256 *sha256);
void lib_sodium_sha256_add(struct lib_sodium_sha256 *sha256, const void *bytes, size_t n);
void lib_sodium_sha256_end(struct lib_sodium_sha256 *sha256, uint8_t digest[32]);

#endif
