/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Digests for the package worker and the checker; the only file of the two that includes libsodium. */
#include "lib_sodium.h"

#include <sodium.h>

_Static_assert(sizeof(crypto_hash_sha256_state) <= sizeof(struct lib_sodium_sha256), "room for the state");
_Static_assert(_Alignof(crypto_hash_sha256_state) <= _Alignof(struct lib_sodium_sha256), "alignment of the state");

static crypto_hash_sha256_state *state_of(struct lib_sodium_sha256 *sha256)
{
    return (crypto_hash_sha256_state *)(void *)sha256->state;
}

void lib_sodium_key(const void *bytes, size_t n, uint8_t key[16])
{
    (void)crypto_generichash(key, 16, bytes, n, NULL, 0); /* fails for impossible lengths only */
}

void lib_sodium_sha256_begin(struct lib_sodium_sha256 *sha256)
{
    (void)crypto_hash_sha256_init(state_of(sha256));
}

void lib_sodium_sha256_add(struct lib_sodium_sha256 *sha256, const void *bytes, size_t n)
{
    (void)crypto_hash_sha256_update(state_of(sha256), bytes, n);
}

void lib_sodium_sha256_end(struct lib_sodium_sha256 *sha256, uint8_t digest[32])
{
    (void)crypto_hash_sha256_final(state_of(sha256), digest);
}
