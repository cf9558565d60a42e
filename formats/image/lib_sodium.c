/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes nobody can choose, yet the same for the same picture. Runs in workers over hostile bytes, which are only hashed. */
#include "lib_sodium.h"

#include <sodium.h>

int lib_sodium_image_warm(void)
{
    return sodium_init() < 0 ? ERR_FAULT : 0;
}

void lib_sodium_mix(const struct jpeg_walk *walk, uint8_t *out, size_t n)
{
    uint8_t seed[randombytes_SEEDBYTES];
    crypto_generichash_state state;

    (void)crypto_generichash_init(&state, NULL, 0, sizeof seed);
    for (unsigned i = 0; i < walk->ranges; i++)
        (void)crypto_generichash_update(&state, walk->bytes + walk->range[i].at, walk->range[i].n);
    (void)crypto_generichash_final(&state, seed, sizeof seed);
    randombytes_buf_deterministic(out, n, seed);
}
