/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_CODEPAGE_H
#define SEKIMORI_CODEPAGE_H

/*
 * libclamav decodes the text of macros before it looks at it, and looks at
 * nothing when that fails. It asks for strict Shift_JIS where Office means
 * code page 932, so that one circled digit in a comment hides a macro; and in
 * a walled-off process converters that are not loaded yet cannot be loaded.
 * Linking this module replaces iconv_open for the whole program: Shift_JIS is
 * read as code page 932, and what cannot be opened as Latin-1, which keeps
 * every ASCII keyword.
 */

/* Loads the converters that stay in memory. Few: each costs every fork some microseconds. */
void codepage_warm(void);

#endif
