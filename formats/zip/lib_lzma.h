/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_LIB_LZMA_H
#define SEKIMORI_LIB_LZMA_H

#include "unpack.h"

/*
 * Unpacks raw LZMA behind the ZIP properties header (APPNOTE 5.8, method 14)
 * and one .xz stream (method 95) with liblzma, in at most 256 MB.
 * ERR_MALFORMED, ERR_NOMEM when it would need more, or unpack_put's error.
 */
int lib_lzma_unpack(const struct fmt_in *packed, struct unpack *u) must_check;
int lib_xz_unpack(const struct fmt_in *packed, struct unpack *u) must_check;

#endif
