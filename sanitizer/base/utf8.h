/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_UTF8_H
#define SEKIMORI_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Decodes one strict UTF-8 character (RFC 3629: no overlong forms, no
 * surrogates, at most U+10FFFF). Returns its length 1 to 4 and the code
 * point, or 0 when the n bytes do not start with one.
 */
size_t utf8_decode(const char *s, size_t n, uint32_t *c_out);

/* Encodes a code point into out (4 bytes of room). Returns 1 to 4, or 0 for surrogates and values over U+10FFFF. */
size_t utf8_encode(uint32_t c, char *out);

/* True when all n bytes are strict UTF-8. */
bool utf8_is_valid(const char *s, size_t n);

/* True for bidi embeddings, overrides, isolates and marks (UAX #9, section 2): they make a name read as another. */
bool utf8_is_bidi(uint32_t c);

/* True for zero-width and invisible format characters that are not bidi (ZWSP, BOM, soft hyphen, tags ...); ZWJ and variation selectors are not among them. */
bool utf8_is_invisible(uint32_t c);

/* False for C0, DEL, C1, line separators, bidi, invisible, noncharacters: what may not reach a terminal or a report. */
bool utf8_is_printable(uint32_t c);

#endif
