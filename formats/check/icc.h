/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_CHECK_ICC_H
#define SEKIMORI_CHECK_ICC_H

#include "formats/format.h"

/*
 * Accepts a colour profile only in the layout ours are written in: known tags
 * in a fixed order, one behind the other without a gap, own texts, zeroes
 * where nothing is said. `channels`: 1, 3 or 4, the picture's. Returns NULL or
 * why not, in words; static storage.
 */
const char *check_icc(const struct fmt_in *in, unsigned channels);

#endif
