/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Single objects of cairo's PDF. Runs in the pdf worker; every number is checked. */
#include "drawn_value.h"

#include <string.h>

#define HEAD_ROOM ((size_t)16 << 10)
#define OBJECT_MAX ((size_t)64 << 20) /* of a value without its stream */
#define DEPTH_MAX 32u

void drawn_bytes_free(struct drawn_bytes *bytes)
{
    free(bytes->bytes);
    *bytes = (struct drawn_bytes){0};
}

void drawn_value_clear(struct drawn_value *value)
{
    drawn_bytes_free(&value->head);
}

bool drawn_is_word(const struct pdf_token *token, const char *word)
{
    return token->kind == PDF_TOKEN_KEYWORD && strcmp(token->name, word) == 0;
}

bool drawn_reference_rest(struct pdf_lexer *lex)
{
    struct pdf_lexer ahead = *lex;
    struct pdf_token g, r;

    pdf_lex_next(&ahead, &g);
    pdf_lex_next(&ahead, &r);
    if (g.kind != PDF_TOKEN_INTEGER || g.integer != 0 || !drawn_is_word(&r, "R"))
        return false;
    *lex = ahead;
    return true;
}

/* Behind "N 0 obj". */
static int enter(struct pdf_lexer *l, uint32_t number)
{
    struct pdf_token n, g, word;

    pdf_lex_next(l, &n);
    pdf_lex_next(l, &g);
    pdf_lex_next(l, &word);
    return n.kind == PDF_TOKEN_INTEGER && n.integer == number && g.kind == PDF_TOKEN_INTEGER && g.integer == 0 &&
                   drawn_is_word(&word, "obj")
               ? 0
               : ERR_FAULT;
}

int drawn_skip(struct pdf_lexer *lex, const struct pdf_token *token)
{
    struct pdf_token t = *token;
    unsigned depth = 0;

    for (;;) {
        bool closes = t.kind == PDF_TOKEN_DICT_END || t.kind == PDF_TOKEN_ARRAY_END;
        if (t.kind == PDF_TOKEN_END || (closes && depth == 0))
            return ERR_FAULT;
        if (t.kind == PDF_TOKEN_DICT || t.kind == PDF_TOKEN_ARRAY)
            depth++;
        else if (closes)
            depth--;
        if (depth == 0)
            break;
        if (depth > DEPTH_MAX)
            return ERR_FAULT;
        pdf_lex_next(lex, &t);
    }
    if (t.kind == PDF_TOKEN_INTEGER)
        (void)drawn_reference_rest(lex);
    return 0;
}

int drawn_find_key(struct pdf_lexer *lex, const char *key)
{
    struct pdf_lexer l = *lex;
    struct pdf_token t;

    pdf_lex_next(&l, &t);
    if (t.kind != PDF_TOKEN_DICT)
        return ERR_FAULT;
    for (pdf_lex_next(&l, &t); t.kind == PDF_TOKEN_NAME; pdf_lex_next(&l, &t)) {
        if (strcmp(t.name, key) == 0) {
            *lex = l;
            return 0;
        }
        pdf_lex_next(&l, &t);
        int err = drawn_skip(&l, &t);
        if (err < 0)
            return err;
    }
    return t.kind == PDF_TOKEN_DICT_END ? ERR_NOTFOUND : ERR_FAULT;
}

int drawn_read_reference(const struct drawn *drawn, struct pdf_lexer *lex, uint32_t *number_out)
{
    struct pdf_token t;

    pdf_lex_next(lex, &t);
    if (t.kind != PDF_TOKEN_INTEGER || t.integer <= 0 || t.integer >= drawn->size || !drawn_reference_rest(lex))
        return ERR_FAULT;
    *number_out = (uint32_t)t.integer;
    return 0;
}

static int load_bytes(const struct drawn *drawn, const struct drawn_object *object, size_t room,
                      struct drawn_bytes *out)
{
    uint64_t size = object->end - object->at;
    size_t n = size < room ? (size_t)size : room;
    scoped_free uint8_t *bytes = malloc(n + 1);

    if (!bytes)
        return ERR_NOMEM;
    int err = scratch_read(drawn->job, object->at, bytes, n);
    if (err < 0)
        return err;
    out->bytes = steal(bytes);
    out->n = n;
    return 0;
}

int drawn_load(const struct drawn *drawn, const struct drawn_object *object, struct drawn_value *value_out)
{
    uint64_t size = object->end - object->at;

    for (size_t room = HEAD_ROOM;; room = OBJECT_MAX) { /* most values are short: try with their head first */
        scoped(drawn_value_clear) struct drawn_value value = {0};
        struct pdf_token t;
        int err = load_bytes(drawn, object, room, &value.head);
        if (err < 0)
            return err;
        value.lex = (struct pdf_lexer){.bytes = value.head.bytes, .n = value.head.n};
        if ((err = enter(&value.lex, object->number)) < 0)
            return err;
        struct pdf_lexer end = value.lex;
        pdf_lex_next(&end, &t);
        err = drawn_skip(&end, &t);
        pdf_lex_next(&end, &t);
        if ((err < 0 || t.kind == PDF_TOKEN_END) && room < OBJECT_MAX && size > room)
            continue;
        if (err < 0 || (!drawn_is_word(&t, "stream") && !drawn_is_word(&t, "endobj")))
            return ERR_FAULT;
        *value_out = value;
        value = (struct drawn_value){0};
        return 0;
    }
}
