/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_CODES_H
#define SEKIMORI_CODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The verifiers' own reading of text: byte by byte after the grammar of each
 * encoding, no converter, no table of the handlers. A reading walks over the
 * bytes and stops at the first code that is not on its positive list.
 */

enum codes_set {
    CODES_NONE = 0,
    CODES_UTF8,
    CODES_UTF16LE,
    CODES_UTF16BE,
    CODES_CP932,
    CODES_EUCJP,
    CODES_JIS,
    CODES_SWALLOW, /* CP932 in which a lead byte takes any byte: what Excel makes of other encodings; never fails */
    CODES_SETS
};

/* What policy may add to the positive list. */
struct codes_allow {
    bool feed, vtab, bidi;
};

struct codes {
    const uint8_t *at, *end;
    enum codes_set set;
    struct codes_allow allow;
    uint32_t before, base; /* the last character, and the last that is no selector or joiner */
    uint8_t shift;         /* designated set of ISO-2022-JP */
    bool shifted;          /* and nothing has come in it yet */
    bool checked;          /* read to the end before: the positive list need not be asked again */
};

#define CODES_MAX 2

/*
 * The encodings in which all n bytes are what may be written. Returns how many
 * (0: refuse), each ready to be read from its start, behind the mark.
 * Marks, NUL, ESC, valid UTF-8 and the kana of EUC-JP decide; else CP932 and
 * EUC-JP can both fit.
 */
unsigned codes_open(const uint8_t *bytes, size_t n, const struct codes_allow *allow, struct codes found_out[CODES_MAX]);

enum codes_step { CODES_BAD = -1, CODES_END = 0, CODES_CHAR = 1 };

/*
 * The next character. The code is Unicode for Unicode, ASCII and half-width
 * kana; of double-byte characters only rows 1 and 3 (signs, digits, letters)
 * have theirs, all others are CODES_IDEOGRAPH.
 */
enum codes_step codes_next(struct codes *codes, uint32_t *c_out);

#define CODES_IDEOGRAPH 0x4E9Cu

/* True when no byte from here on is over 0x7F. */
bool codes_is_ascii(const struct codes *codes);

/* Passes over ASCII characters flagged in `plain` (256 flags), which must all be printable. May pass over none. */
void codes_skip(struct codes *codes, const uint8_t *plain);

#endif
