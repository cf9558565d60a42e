/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_LIB_UNISTRING_H
#define SEKIMORI_LIB_UNISTRING_H

#include <stddef.h>

#include "base/scope.h"

/*
 * Unicode normalisation form C (UAX #15) of n bytes of valid UTF-8 into out
 * (room bytes, no NUL is added). Returns the length or ERR_LIMIT / ERR_NOMEM.
 */
long unistring_nfc(const char *text, size_t n, char *out, size_t room) must_check;

/* Full case folding (Unicode 3.13, D144) of n bytes of valid UTF-8, then NFC; else as unistring_nfc. */
long unistring_fold(const char *text, size_t n, char *out, size_t room) must_check;

#endif
