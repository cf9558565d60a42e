/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes over cairo's objects, token by token. Runs in the pdf worker. */
#include <string.h>

#include "drawn_value.h"

#define DEPTH_MAX 24u

/* The keys of one dictionary so far, as hashes. */
struct keys {
    uint64_t *hash;
    size_t n, room;
};

static void keys_free(struct keys *k)
{
    free(k->hash);
}

/* Adds a key; *twice_out when it was there. */
static int keys_add(struct keys *k, const uint8_t *name, size_t n, bool *twice_out)
{
    uint64_t h = 1469598103934665603u;

    for (size_t i = 0; i < n; i++)
        h = (h ^ name[i]) * 1099511628211u;
    *twice_out = false;
    for (size_t i = 0; i < k->n && !*twice_out; i++)
        *twice_out = k->hash[i] == h;
    if (*twice_out)
        return 0;
    if (k->n == k->room) {
        size_t room = k->room ? k->room * 2 : 16;
        uint64_t *hash = realloc(k->hash, room * sizeof *hash);
        if (!hash)
            return ERR_NOMEM;
        k->hash = hash;
        k->room = room;
    }
    k->hash[k->n++] = h;
    return 0;
}

/* Where the rewriting stands. */
struct rewrite {
    struct pdf_lexer l;
    struct buf *text; /* NULL while a value is skipped */
    const struct drawn_object *object;
    const struct drawn_edit *edit;
};

static void put_raw(struct rewrite *w, const struct pdf_token *t)
{
    if (!w->text)
        return;
    buf_put(w->text, w->l.bytes + t->at, t->n);
    buf_put(w->text, " ", 1);
}

static void put_text(struct rewrite *w, const char *text)
{
    if (w->text)
        buf_put(w->text, text, strlen(text));
}

static int rewrite_value(struct rewrite *w, const struct pdf_token *t, unsigned depth);

static int rewrite_array(struct rewrite *w, unsigned depth)
{
    struct pdf_token t;

    put_text(w, "[ ");
    for (pdf_lex_next(&w->l, &t); t.kind != PDF_TOKEN_ARRAY_END; pdf_lex_next(&w->l, &t)) {
        int err = rewrite_value(w, &t, depth + 1);
        if (err < 0)
            return err;
    }
    put_text(w, "]\n");
    return 0;
}

/* An entry that is changed: writes it and returns 1, or 0 when it is to be taken as it is. */
static int rewrite_edited(struct rewrite *w, const char *key)
{
    const struct drawn_edit *edit = w->edit;
    struct pdf_token t;

    if (edit->font && strcmp(key, "Font") == 0) {
        pdf_lex_next(&w->l, &t);
        if (t.kind != PDF_TOKEN_DICT)
            return ERR_FAULT;
        buf_printf(w->text, "/Font << /t %u 0 R ", (unsigned)edit->font);
        return 2; /* the rest of the dictionary follows */
    }
    if (w->object->stream && strcmp(key, "Length") == 0) {
        pdf_lex_next(&w->l, &t);
        buf_printf(w->text, "/Length %llu ", (unsigned long long)w->object->stream_n);
        return drawn_skip(&w->l, &t) < 0 ? ERR_FAULT : 1;
    }
    if (edit->before && strcmp(key, "Contents") == 0) {
        pdf_lex_next(&w->l, &t);
        if (t.kind != PDF_TOKEN_INTEGER || !drawn_reference_rest(&w->l))
            return ERR_FAULT;
        buf_printf(w->text, "/Contents [%u 0 R %lld 0 R %u 0 R]\n", (unsigned)edit->before, (long long)t.integer,
                   (unsigned)edit->after);
        return 1;
    }
    return 0;
}

static int rewrite_pairs(struct rewrite *w, unsigned depth, bool *font_out)
{
    scoped(keys_free) struct keys keys = {0};
    struct pdf_token t;

    for (pdf_lex_next(&w->l, &t); t.kind != PDF_TOKEN_DICT_END; pdf_lex_next(&w->l, &t)) {
        bool twice;
        if (t.kind != PDF_TOKEN_NAME)
            return ERR_FAULT;
        int err = keys_add(&keys, w->l.bytes + t.at, t.n, &twice);
        if (err < 0)
            return err;
        struct buf *text = w->text;
        int edited = depth == 0 && !twice ? rewrite_edited(w, t.name) : 0;
        if (edited < 0)
            return edited;
        if (edited == 2) {
            *font_out = true;
            err = rewrite_pairs(w, depth + 1, font_out);
            put_text(w, ">>\n");
        } else if (edited == 0) {
            w->text = twice ? NULL : text;
            put_raw(w, &t);
            pdf_lex_next(&w->l, &t);
            err = rewrite_value(w, &t, depth + 1);
            w->text = text;
        }
        if (err < 0)
            return err;
    }
    return 0;
}

static int rewrite_dict(struct rewrite *w, unsigned depth)
{
    bool font = false;

    put_text(w, "<< ");
    int err = rewrite_pairs(w, depth, &font);
    if (err < 0)
        return err;
    if (depth == 0 && w->edit->font && !font)
        buf_printf(w->text, "/Font << /t %u 0 R >>\n", (unsigned)w->edit->font);
    if (depth == 0 && w->edit->annots)
        buf_printf(w->text, "/Annots %s\n", w->edit->annots);
    put_text(w, ">>\n");
    return 0;
}

static int rewrite_value(struct rewrite *w, const struct pdf_token *t, unsigned depth)
{
    if (depth > DEPTH_MAX)
        return ERR_FAULT;
    if (t->kind == PDF_TOKEN_DICT)
        return rewrite_dict(w, depth);
    if (t->kind == PDF_TOKEN_ARRAY)
        return rewrite_array(w, depth);
    if (t->kind == PDF_TOKEN_END || t->kind == PDF_TOKEN_ARRAY_END || t->kind == PDF_TOKEN_DICT_END)
        return ERR_FAULT;
    put_raw(w, t);
    if (t->kind == PDF_TOKEN_INTEGER && drawn_reference_rest(&w->l))
        put_text(w, "0 R ");
    return 0;
}

int drawn_rewrite(const struct drawn *drawn, const struct drawn_object *object, const struct drawn_edit *edit,
                  struct buf *text)
{
    scoped(drawn_value_clear) struct drawn_value value = {0};
    struct pdf_token t;
    int err = drawn_load(drawn, object, &value);

    if (err < 0)
        return err;
    struct rewrite w = {.l = value.lex, .text = text, .object = object, .edit = edit};
    pdf_lex_next(&w.l, &t);
    if ((err = rewrite_value(&w, &t, 0)) < 0)
        return err;
    return text->err;
}
