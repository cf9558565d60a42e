/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The structure of cairo's PDFs. Runs in the pdf worker; every offset and number is checked. */
#include "drawn.h"

#include <string.h>

#include "drawn_value.h"

#define TAIL_ROOM ((size_t)2048)
#define NUMBERS_MAX 8000000u
#define XREF_ENTRY 20

void drawn_clear(struct drawn *d)
{
    free(d->objects);
    free(d->by_number);
    free(d->part);
    free(d->pages);
    *d = (struct drawn){0};
}

/* ---- Structure ------------------------------------------------------------------------ */

/* The object a key of another object's dictionary refers to. */
static int follow(const struct drawn *d, uint32_t from, const char *key, uint32_t *number_out)
{
    scoped(drawn_value_clear) struct drawn_value value = {0};

    if (!d->by_number[from])
        return ERR_FAULT;
    int err = drawn_load(d, &d->objects[d->by_number[from] - 1], &value);
    if (err < 0 || (err = drawn_find_key(&value.lex, key)) < 0)
        return err;
    return drawn_read_reference(d, &value.lex, number_out);
}

static int page_add(struct drawn *d, uint32_t number, size_t *room)
{
    struct drawn_page page = {.number = number};
    int err;

    if (d->page_count == *room) {
        size_t more = *room ? *room * 2 : 64;
        struct drawn_page *pages = realloc(d->pages, more * sizeof *pages);
        if (!pages)
            return ERR_NOMEM;
        d->pages = pages;
        *room = more;
    }
    if (d->part[number] || (err = follow(d, number, "Resources", &page.resources)) < 0 ||
        (err = follow(d, number, "Contents", &page.contents)) < 0 || d->part[page.resources])
        return ERR_FAULT;
    d->part[number] = 2 * (d->page_count + 1);
    d->part[page.resources] = 2 * (d->page_count + 1) + 1;
    d->pages[d->page_count++] = page;
    return 0;
}

/* cairo's page tree is flat: one node whose kids are the pages. */
static int read_pages(struct drawn *d)
{
    scoped(drawn_value_clear) struct drawn_value value = {0};
    struct pdf_token t;
    size_t room = 0;
    int err = follow(d, d->catalog, "Pages", &d->tree);

    if (err < 0 || !d->by_number[d->tree])
        return ERR_FAULT;
    err = drawn_load(d, &d->objects[d->by_number[d->tree] - 1], &value);
    if (err < 0 || (err = drawn_find_key(&value.lex, "Kids")) < 0)
        return err == ERR_NOTFOUND ? ERR_FAULT : err;
    struct pdf_lexer l = value.lex;
    pdf_lex_next(&l, &t);
    if (t.kind != PDF_TOKEN_ARRAY)
        return ERR_FAULT;
    for (struct pdf_lexer ahead = l; pdf_lex_next(&ahead, &t), t.kind == PDF_TOKEN_INTEGER; ahead = l) {
        uint32_t number;
        if ((err = drawn_read_reference(d, &l, &number)) < 0 || (err = page_add(d, number, &room)) < 0)
            return err;
    }
    return t.kind == PDF_TOKEN_ARRAY_END && d->page_count > 0 ? 0 : ERR_FAULT;
}

static int by_offset(const void *a, const void *b)
{
    const struct drawn_object *x = a, *y = b;

    return x->at < y->at ? -1 : x->at > y->at;
}

/* Ends, order and index of the objects once their offsets are known. */
static int settle_objects(struct drawn *d, uint64_t xref)
{
    qsort(d->objects, d->count, sizeof *d->objects, by_offset);
    for (size_t i = 0; i < d->count; i++) {
        struct drawn_object *o = &d->objects[i];
        o->end = i + 1 < d->count ? d->objects[i + 1].at : xref;
        if (o->at >= o->end)
            return ERR_FAULT;
        d->by_number[o->number] = (uint32_t)i + 1;
    }
    return 0;
}

/* The entries of the table: "oooooooooo ggggg n" and an end of line. */
static int read_entries(struct drawn *d, const uint8_t *entries, uint64_t xref)
{
    for (uint32_t number = 0; number < d->size; number++) {
        const uint8_t *e = entries + (size_t)number * XREF_ENTRY;
        uint64_t at = 0;
        for (unsigned i = 0; i < 10; i++) {
            if (e[i] < '0' || e[i] > '9')
                return ERR_FAULT;
            at = at * 10 + (e[i] - '0');
        }
        if (e[17] == 'f' || number == 0)
            continue;
        if (e[17] != 'n' || at >= xref)
            return ERR_FAULT;
        d->objects[d->count++] = (struct drawn_object){.number = number, .at = at};
    }
    return settle_objects(d, xref);
}

static int read_table(struct drawn *d, uint64_t xref, uint64_t bytes)
{
    uint64_t most = bytes - xref;
    scoped_free uint8_t *table = NULL;
    struct pdf_token t;

    if (most > (uint64_t)NUMBERS_MAX * XREF_ENTRY)
        return ERR_LIMIT;
    table = malloc((size_t)most + 1);
    if (!table)
        return ERR_NOMEM;
    int err = scratch_read(d->job, xref, table, (size_t)most);
    if (err < 0)
        return err;
    struct pdf_lexer l = {.bytes = table, .n = (size_t)most};
    pdf_lex_next(&l, &t);
    if (!drawn_is_word(&t, "xref"))
        return ERR_FAULT;
    pdf_lex_next(&l, &t);
    pdf_lex_next(&l, &t);
    if (t.kind != PDF_TOKEN_INTEGER || t.integer < 1 || t.integer > NUMBERS_MAX || l.at + 1 > l.n ||
        (uint64_t)t.integer * XREF_ENTRY > l.n - l.at - 1)
        return ERR_FAULT;
    d->size = (uint32_t)t.integer;
    d->objects = calloc(d->size, sizeof *d->objects);
    d->by_number = calloc(d->size, sizeof *d->by_number);
    d->part = calloc(d->size, sizeof *d->part);
    if (!d->objects || !d->by_number || !d->part)
        return ERR_NOMEM;
    if ((err = read_entries(d, table + l.at + 1, xref)) < 0)
        return err;
    l.at += 1 + (size_t)d->size * XREF_ENTRY;
    pdf_lex_next(&l, &t);
    struct pdf_lexer info = l;
    if (!drawn_is_word(&t, "trailer") || drawn_find_key(&l, "Root") < 0 || drawn_read_reference(d, &l, &d->catalog) < 0)
        return ERR_FAULT;
    if (drawn_find_key(&info, "Info") == 0 && drawn_read_reference(d, &info, &d->info) < 0)
        return ERR_FAULT;
    return 0;
}

/* ---- What is used ----------------------------------------------------------------------- */

/* Numbers found while walking, each once. */
struct queue {
    uint32_t *numbers;
    size_t head, tail;
};

static void queue_free(struct queue *q)
{
    free(q->numbers);
}

static int use(struct drawn *d, struct queue *q, uint32_t number)
{
    if (!d->by_number[number])
        return ERR_FAULT;
    struct drawn_object *o = &d->objects[d->by_number[number] - 1];
    if (!o->used)
        q->numbers[q->tail++] = number;
    o->used = true;
    return 0;
}

/* The number an object that holds nothing else says. */
static int read_integer(const struct drawn *d, uint32_t number, uint64_t *value_out)
{
    scoped(drawn_value_clear) struct drawn_value value = {0};
    struct pdf_token t;

    if (!d->by_number[number])
        return ERR_FAULT;
    int err = drawn_load(d, &d->objects[d->by_number[number] - 1], &value);
    if (err < 0)
        return err;
    pdf_lex_next(&value.lex, &t);
    if (t.kind != PDF_TOKEN_INTEGER || t.integer < 0)
        return ERR_FAULT;
    *value_out = (uint64_t)t.integer;
    return 0;
}

static int read_length(const struct drawn *d, const struct drawn_value *value, uint64_t *n_out)
{
    struct pdf_lexer l = value->lex;
    struct pdf_token t;

    if (drawn_find_key(&l, "Length") < 0)
        return ERR_FAULT;
    pdf_lex_next(&l, &t);
    if (t.kind != PDF_TOKEN_INTEGER || t.integer < 0)
        return ERR_FAULT;
    if (drawn_reference_rest(&l))
        return t.integer < d->size ? read_integer(d, (uint32_t)t.integer, n_out) : ERR_FAULT;
    *n_out = (uint64_t)t.integer;
    return 0;
}

/*
 * The bytes of a stream. The length of a transparency group counts the line end
 * behind the packed bytes, others do not: "endstream" then follows at once.
 */
static int find_stream(struct drawn *d, struct drawn_object *o, const struct drawn_value *value, size_t keyword)
{
    static const char end[] = "\nendstream";
    uint8_t behind[sizeof end];
    uint64_t n = 0, at = o->at + keyword + 7;
    int err = read_length(d, value, &n);

    if (err < 0)
        return err;
    if (o->end < at || n > o->end - at || o->end - at - n < sizeof end || n == 0)
        return ERR_FAULT;
    if ((err = scratch_read(d->job, at + n - 1, behind, sizeof behind)) < 0)
        return err;
    bool counted = memcmp(behind, end, sizeof end - 1) == 0;
    if (!counted && memcmp(behind + 1, end, sizeof end - 1) != 0)
        return ERR_FAULT;
    o->stream = at;
    o->stream_n = counted ? n - 1 : n;
    return 0;
}

/* Marks what an object refers to, but for the object that holds its stream's length, and finds that stream. */
static int walk_object(struct drawn *d, struct queue *q, uint32_t number)
{
    scoped(drawn_value_clear) struct drawn_value value = {0};
    struct drawn_object *o = &d->objects[d->by_number[number] - 1];
    struct pdf_token t;
    bool length = false;
    int err = drawn_load(d, o, &value);

    if (err < 0)
        return err;
    struct pdf_lexer l = value.lex;
    for (pdf_lex_next(&l, &t); t.kind != PDF_TOKEN_END; pdf_lex_next(&l, &t)) {
        if (drawn_is_word(&t, "stream"))
            return find_stream(d, o, &value, t.at);
        if (drawn_is_word(&t, "endobj"))
            return 0;
        bool object = t.kind == PDF_TOKEN_INTEGER && t.integer > 0 && t.integer < d->size;
        if (object && drawn_reference_rest(&l) && !length && (err = use(d, q, (uint32_t)t.integer)) < 0)
            return err;
        length = t.kind == PDF_TOKEN_NAME && strcmp(t.name, "Length") == 0;
    }
    return ERR_FAULT;
}

static int find_used(struct drawn *d)
{
    scoped(queue_free) struct queue q = {.numbers = calloc(d->size, sizeof *q.numbers)};
    int err = q.numbers ? use(d, &q, d->tree) : ERR_NOMEM;

    while (err == 0 && q.head < q.tail) {
        if ((err = job_objects(d->job, 1)) == 0)
            err = walk_object(d, &q, q.numbers[q.head++]);
    }
    return err;
}

int drawn_open(struct fmt_job *job, uint64_t bytes, struct drawn *drawn_out)
{
    scoped(drawn_clear) struct drawn d = {.job = job};
    uint8_t tail[TAIL_ROOM];
    size_t n = bytes < sizeof tail ? (size_t)bytes : sizeof tail;
    struct fmt_in view = {tail, n};
    struct pdf_token t;
    int err = scratch_read(job, bytes - n, tail, n);

    if (err < 0)
        return err;
    uint64_t word = in_rfind(&view, 0, n, "startxref", 9);
    if (word == UINT64_MAX)
        return ERR_FAULT;
    struct pdf_lexer l = {.bytes = tail, .n = n, .at = (size_t)word + 9};
    pdf_lex_next(&l, &t);
    if (t.kind != PDF_TOKEN_INTEGER || t.integer < 0 || (uint64_t)t.integer >= bytes)
        return ERR_FAULT;
    if ((err = read_table(&d, (uint64_t)t.integer, bytes)) < 0 || (err = read_pages(&d)) < 0 ||
        (err = find_used(&d)) < 0)
        return err;
    *drawn_out = d;
    d = (struct drawn){0};
    return 0;
}
