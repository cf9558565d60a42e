/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_CHECK_LIB_SPNG_H
#define SEKIMORI_CHECK_LIB_SPNG_H

#include "formats/format.h"

/*
 * Decodes a whole PNG, every check sum verified. Returns NULL or why not, in
 * words; static storage. Holds two rows; `width` and `height` are what another
 * reading of the header gave.
 */
const char *lib_spng_check(const struct fmt_in *in, uint32_t width, uint32_t height);

#endif
