/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_LIB_ZSTD_H
#define SEKIMORI_LIB_ZSTD_H

#include "unpack.h"

/*
 * Unpacks Zstandard frames (APPNOTE 4.4.5, method 93) with libzstd, windows of
 * at most 64 MB. ERR_MALFORMED, ERR_NOMEM, or unpack_put's error.
 */
int lib_zstd_unpack(const struct fmt_in *packed, struct unpack *u) must_check;

#endif
