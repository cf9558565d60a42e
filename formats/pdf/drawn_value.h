/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_PDF_DRAWN_VALUE_H
#define SEKIMORI_PDF_DRAWN_VALUE_H

/* Values of cairo's objects: loading, finding, following. */
#include "drawn.h"
#include "lex.h"

/* An object's bytes in memory. */
struct drawn_bytes {
    uint8_t *bytes;
    size_t n;
};
void drawn_bytes_free(struct drawn_bytes *bytes);

/* A value with its object's head in memory; read on with lex. */
struct drawn_value {
    struct drawn_bytes head;
    struct pdf_lexer lex; /* behind "N 0 obj" */
};
void drawn_value_clear(struct drawn_value *value);

/*
 * Loads an object up to the end of its value (the stream is left out) and
 * checks its number. ERR_FAULT, ERR_NOMEM.
 */
int drawn_load(const struct drawn *drawn, const struct drawn_object *object, struct drawn_value *value_out) must_check;

/* True when the token is this keyword. */
bool drawn_is_word(const struct pdf_token *token, const char *word);

/* True, and the lexer behind it, when the "0 R" of a reference follows the integer just read. */
bool drawn_reference_rest(struct pdf_lexer *lex);

/* Skips the value that begins with a token already read. ERR_FAULT. */
int drawn_skip(struct pdf_lexer *lex, const struct pdf_token *token) must_check;

/* Puts the lexer before the value of a key of the dictionary that comes next. ERR_NOTFOUND, ERR_FAULT. */
int drawn_find_key(struct pdf_lexer *lex, const char *key) must_check;

/* Reads a reference to a number the document has. ERR_FAULT. */
int drawn_read_reference(const struct drawn *drawn, struct pdf_lexer *lex, uint32_t *number_out) must_check;

#endif
