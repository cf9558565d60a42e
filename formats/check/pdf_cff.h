/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_CHECK_PDF_CFF_H
#define SEKIMORI_CHECK_PDF_CFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Accepts a CFF font (Adobe TN 5176) only in the one layout cairo gives a font
 * it made from outlines: every byte accounted for, no subroutines, no hints, no
 * arithmetic, charstrings (TN 5177) of moves, lines and curves. Returns NULL or
 * why not, in words; static storage.
 */
const char *pdf_cff_check(const uint8_t *bytes, size_t n, bool cid);

#endif
