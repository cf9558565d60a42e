/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The digest of a checked output. Inside the checker's sandbox; the bytes are hostile and only hashed. */
#include "lib_sodium.h"

#include <sodium.h>

#include "base/err.h"

int lib_sodium_warm(void)
{
    return sodium_init() < 0 ? ERR_FAULT : 0;
}

void lib_sodium_sha256(const uint8_t *bytes, size_t n, uint8_t sha256_out[32])
{
    (void)crypto_hash_sha256(sha256_out, bytes, n);
}
