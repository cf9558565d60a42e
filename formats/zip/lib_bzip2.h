/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_LIB_BZIP2_H
#define SEKIMORI_LIB_BZIP2_H

#include "unpack.h"

/* Unpacks one bzip2 stream (APPNOTE 4.4.5, method 12) with libbz2. ERR_MALFORMED, ERR_NOMEM, or unpack_put's error. */
int lib_bzip2_unpack(const struct fmt_in *packed, struct unpack *u) must_check;

#endif
