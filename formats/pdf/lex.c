/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PDF tokens, for looking through a hostile file and for reading back what cairo wrote. Runs in the pdf worker. */
#include "lex.h"

#include <string.h>

/* Character classes of ISO 32000-1, 7.2.2. */
static bool is_space(uint8_t c)
{
    return c == 0 || c == '\t' || c == '\n' || c == '\f' || c == '\r' || c == ' ';
}

static bool is_delimiter(uint8_t c)
{
    return c != 0 && strchr("()<>[]{}/%", c) != NULL;
}

static bool is_regular(uint8_t c)
{
    return !is_space(c) && !is_delimiter(c);
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static void skip_space(struct pdf_lexer *l)
{
    while (l->at < l->n) {
        if (is_space(l->bytes[l->at])) {
            l->at++;
        } else if (l->bytes[l->at] == '%') {
            while (l->at < l->n && l->bytes[l->at] != '\n' && l->bytes[l->at] != '\r')
                l->at++;
        } else {
            break;
        }
    }
}

/* Behind the closing parenthesis of a literal string; parentheses nest, a backslash hides the next byte. */
static void skip_literal(struct pdf_lexer *l)
{
    size_t open = 0;

    while (l->at < l->n) {
        uint8_t c = l->bytes[l->at++];
        if (c == '\\' && l->at < l->n)
            l->at++;
        else if (c == '(')
            open++;
        else if (c == ')' && --open == 0)
            return;
    }
}

static void skip_hex(struct pdf_lexer *l)
{
    while (l->at < l->n && l->bytes[l->at++] != '>')
        continue;
}

static void read_name(struct pdf_lexer *l, struct pdf_token *t)
{
    size_t used = 0;

    l->at++;
    while (l->at < l->n && is_regular(l->bytes[l->at])) {
        uint8_t c = l->bytes[l->at++];
        if (c == '#' && l->n - l->at >= 2 && hex_value(l->bytes[l->at]) >= 0 && hex_value(l->bytes[l->at + 1]) >= 0) {
            c = (uint8_t)(hex_value(l->bytes[l->at]) << 4 | hex_value(l->bytes[l->at + 1]));
            l->at += 2;
        }
        if (used + 1 < sizeof t->name)
            t->name[used++] = (char)c;
    }
    t->name[used] = '\0';
}

/* Digits with a sign are an integer, with a point too a real; anything else made of regular characters is a keyword. */
static void read_word(struct pdf_lexer *l, struct pdf_token *t)
{
    size_t from = l->at, digits = 0, points = 0, used = 0;
    bool plain = true, negative = l->bytes[from] == '-';
    int64_t value = 0;

    while (l->at < l->n && is_regular(l->bytes[l->at])) {
        uint8_t c = l->bytes[l->at];
        if (c >= '0' && c <= '9') {
            digits++;
            if (points == 0 && value < INT64_MAX / 10 - 1)
                value = value * 10 + (c - '0');
        } else if (c == '.') {
            points++;
        } else if (!(l->at == from && (c == '-' || c == '+'))) {
            plain = false;
        }
        if (used + 1 < sizeof t->name)
            t->name[used++] = (char)c;
        l->at++;
    }
    t->name[used] = '\0';
    t->integer = negative ? -value : value;
    t->kind = !plain || digits == 0 || points > 1 ? PDF_TOKEN_KEYWORD : points ? PDF_TOKEN_REAL : PDF_TOKEN_INTEGER;
}

static void read_delimiter(struct pdf_lexer *l, struct pdf_token *t)
{
    uint8_t c = l->bytes[l->at];
    bool twice = l->at + 1 < l->n && l->bytes[l->at + 1] == c;

    if (c == '(') {
        t->kind = PDF_TOKEN_STRING;
        skip_literal(l);
    } else if (c == '<' && !twice) {
        t->kind = PDF_TOKEN_STRING;
        skip_hex(l);
    } else if ((c == '<' || c == '>') && twice) {
        t->kind = c == '<' ? PDF_TOKEN_DICT : PDF_TOKEN_DICT_END;
        l->at += 2;
    } else {
        t->kind = c == '[' ? PDF_TOKEN_ARRAY : c == ']' ? PDF_TOKEN_ARRAY_END : PDF_TOKEN_KEYWORD;
        l->at++;
    }
}

void pdf_lex_next(struct pdf_lexer *lexer, struct pdf_token *token_out)
{
    struct pdf_lexer *l = lexer;
    struct pdf_token *t = token_out;

    skip_space(l);
    t->kind = PDF_TOKEN_END;
    t->at = l->at;
    t->integer = 0;
    t->name[0] = '\0';
    if (l->at < l->n && l->bytes[l->at] == '/') {
        t->kind = PDF_TOKEN_NAME;
        read_name(l, t);
    } else if (l->at < l->n && is_regular(l->bytes[l->at])) {
        read_word(l, t);
    } else if (l->at < l->n) {
        read_delimiter(l, t);
    }
    t->n = l->at - t->at;
}
