/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_CHECK_PDF_CONTENT_H
#define SEKIMORI_CHECK_PDF_CONTENT_H

/*
 * The check of content streams (ISO 32000-1, 7.8.2): a list of operators with
 * the operands each may have. Fed in pieces, so that memory does not grow with
 * the stream.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pdf_content_kind {
    PDF_CONTENT_NONE = 0,
    PDF_CONTENT_DRAWING, /* page or form of a redrawn document, or its text layer */
    PDF_CONTENT_GLYPH,   /* glyph of a Type 3 font: may also be an inline bitmap */
    PDF_CONTENT_PICTURE, /* page of a picture PDF: places one picture, then invisible text */
    PDF_CONTENT_CMAP,    /* ToUnicode */
};

#define PDF_CONTENT_OPERANDS 16
#define PDF_CONTENT_WORD 64

struct pdf_content {
    const char *why; /* a refusal in words; NULL: none */
    enum pdf_content_kind kind;
    uint64_t operators;
    int state;                   /* of the tokenizer */
    char word[PDF_CONTENT_WORD]; /* the token being read, with NUL */
    size_t word_n;
    unsigned parentheses; /* open ones in a literal string */
    char operands[PDF_CONTENT_OPERANDS + 1]; /* a letter each: n number, N name, s string, a array, d dictionary */
    char last[PDF_CONTENT_WORD];             /* the last number or name as written */
    char inside;     /* 'a' or 'd' within an array or dictionary operand, else 0 */
    unsigned phase;  /* of a picture page */
    bool in_bitmap;  /* between BI and ID */
    char key[8];     /* of the inline bitmap's dictionary */
    uint64_t bitmap_w, bitmap_h, bitmap_left;
};

/* Starts a check. */
void pdf_content_begin(struct pdf_content *c, enum pdf_content_kind kind);
/* Checks the next bytes. False after a refusal. */
bool pdf_content_feed(struct pdf_content *c, const uint8_t *bytes, size_t n);
/* Ends the stream. False when it is refused or ends within something. */
bool pdf_content_end(struct pdf_content *c);

#endif
