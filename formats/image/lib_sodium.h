/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_IMAGE_LIB_SODIUM_H
#define SEKIMORI_IMAGE_LIB_SODIUM_H

#include "jpeg_walk.h"

/* Once, in the zygote: makes hashing fast. Without it all results are the same. ERR_FAULT. */
int lib_sodium_image_warm(void) must_check;

/* Fills out with n bytes that depend on every byte of the walk's ranges and on nothing else (BLAKE2b, ChaCha20). */
void lib_sodium_mix(const struct jpeg_walk *walk, uint8_t *out, size_t n);

#endif
