/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_LOOK_TEXT_H
#define SEKIMORI_LOOK_TEXT_H

#include "formats/format.h"

enum text_encoding {
    TEXT_NONE = 0, /* not a text */
    TEXT_ASCII,    /* 7 bits: also ISO-2022-JP */
    TEXT_UTF8,
    TEXT_UTF16LE,
    TEXT_UTF16BE,
    TEXT_CP932,
    TEXT_EUCJP,
};

#define TEXT_HEAD_MAX 32768

/* Whether the whole file is text, and its beginning in a form that markers can be searched in. */
struct text_view {
    enum text_encoding encoding;
    size_t mark;               /* bytes of the byte order mark */
    char head[TEXT_HEAD_MAX];  /* lower-case ASCII with NUL; every other character is "\x7F" */
    const char *begin;         /* in head: past blanks */
    char first[256];           /* the first line with something on it, without blanks around it */
};

/*
 * Tests whether every byte is valid in one of the encodings. A NUL character,
 * or more than one control character or broken one in fifty, is no text. Always
 * fills *view_out; for a binary file the head holds its bytes, as an HTML or script
 * engine that is not strict would see them.
 */
void look_text(const struct fmt_in *in, struct text_view *view_out);

/* True when a line of the head begins with the word (lower case), blanks before it not counting. */
bool look_text_has_line(const struct text_view *text, const char *word);

#endif
