/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_PDF_LEX_H
#define SEKIMORI_PDF_LEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The tokens of PDF objects (ISO 32000-1, 7.2, 7.3). Takes any bytes, never fails: what fits nothing is a keyword. */
enum pdf_token_kind {
    PDF_TOKEN_END = 0,
    PDF_TOKEN_INTEGER,
    PDF_TOKEN_REAL,
    PDF_TOKEN_NAME,
    PDF_TOKEN_STRING, /* literal or hexadecimal */
    PDF_TOKEN_ARRAY,
    PDF_TOKEN_ARRAY_END,
    PDF_TOKEN_DICT,
    PDF_TOKEN_DICT_END,
    PDF_TOKEN_KEYWORD, /* obj, stream, R, true, null ... */
};

#define PDF_NAME_ROOM 48 /* bytes of a decoded name with NUL; longer ones are cut */

struct pdf_token {
    enum pdf_token_kind kind;
    size_t at, n;              /* its bytes as written */
    int64_t integer;           /* of an integer; saturates */
    char name[PDF_NAME_ROOM];  /* of a name, without the slash and with #xx decoded; a keyword as written */
};

struct pdf_lexer {
    const uint8_t *bytes;
    size_t n, at;
};

/* Reads the next token; comments are skipped. At the end, and after it, gives PDF_TOKEN_END. */
void pdf_lex_next(struct pdf_lexer *lexer, struct pdf_token *token_out);

#endif
