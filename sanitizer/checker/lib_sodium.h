/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_CHECKER_LIB_SODIUM_H
#define SEKIMORI_CHECKER_LIB_SODIUM_H

#include <stddef.h>
#include <stdint.h>

#include "base/scope.h"

/* Makes libsodium ready; once, in the zygote. ERR_FAULT. */
int lib_sodium_warm(void) must_check;

/* SHA-256 (FIPS 180-4) of n bytes. */
void lib_sodium_sha256(const uint8_t *bytes, size_t n, uint8_t sha256_out[32]);

#endif
