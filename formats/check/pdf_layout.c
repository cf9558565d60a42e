/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walk over the bytes of a finished PDF. Runs in the checker; own code, strict, never repairs. */
#include "pdf_layout.h"

#include <stdio.h>
#include <string.h>

#define ENTRY 20u
#define NUMBERS_MAX 8000000u
#define DEPTH_MAX 24u
#define SPACES_MAX 4u

static const char header[] = "%PDF-1.7\n%\xE9\x96\xA2\xE5\xAE\x88\n";

void pdf_layout_clear(struct pdf_layout *layout)
{
    free(layout->objects);
    *layout = (struct pdf_layout){0};
}

static int refuse(struct fmt_job *job, const char *what, uint64_t at)
{
    return job_fail(job, REASON_CHECK_REFUSED, "%s at byte %llu", what, (unsigned long long)at);
}

/* ---- Reading ----------------------------------------------------------------------- */

/* A stretch of the file; reading past its end gives 0, which is in no grammar here. */
struct text {
    const uint8_t *bytes;
    uint64_t at, end;
};

static uint8_t peek(const struct text *t)
{
    return t->at < t->end ? t->bytes[t->at] : 0;
}

static bool eat(struct text *t, const char *word)
{
    size_t n = strlen(word);

    if (n > t->end - t->at || memcmp(t->bytes + t->at, word, n) != 0)
        return false;
    t->at += n;
    return true;
}

/* Decimal digits without a leading zero, up to 10 of them. */
static bool eat_number(struct text *t, uint64_t *value_out)
{
    uint64_t value = 0, from = t->at;

    while (peek(t) >= '0' && peek(t) <= '9' && t->at - from < 10)
        value = value * 10 + (t->bytes[t->at++] - '0');
    if (t->at == from || (t->bytes[from] == '0' && t->at - from > 1))
        return false;
    *value_out = value;
    return true;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* ---- Values -------------------------------------------------------------------------- */

/* One value of an object: where it stands and what was noticed of it. */
struct value {
    struct text t;
    unsigned depth;
    char open[DEPTH_MAX];  /* '[' or '<' */
    bool length_next;      /* the name just read is the outermost dictionary's /Length */
    uint64_t length;       /* its value; UINT64_MAX: none */
    uint32_t length_of;
    uint64_t integer;      /* of a value that is one integer */
    bool is_integer;
};

static bool skip_spaces(struct text *t)
{
    unsigned n = 0;

    while (peek(t) == ' ' || peek(t) == '\n') {
        t->at++;
        n++;
    }
    return n <= SPACES_MAX;
}

static bool read_name(struct value *v)
{
    uint64_t from = v->t.at++;
    bool one = v->depth == 1 && v->open[0] == '<';

    while (is_letter(peek(&v->t)) || is_digit(peek(&v->t)) || (peek(&v->t) && strchr("+-_.", peek(&v->t))))
        v->t.at++;
    size_t n = (size_t)(v->t.at - from);
    v->length_next = one && n == 7 && memcmp(v->t.bytes + from, "/Length", 7) == 0;
    return n > 1 && n < 64;
}

/* A number, or "N 0 R". */
static bool read_number(struct value *v)
{
    struct text *t = &v->t;
    uint64_t from = t->at, value = 0;
    bool sign = eat(t, "-"), plain = !sign;

    if (plain) {
        struct text ahead = *t;
        if (eat_number(&ahead, &value) && eat(&ahead, " 0 R")) {
            v->length_of = v->length_next ? (uint32_t)value : v->length_of;
            *t = ahead;
            v->length_next = false;
            return value > 0;
        }
        value = 0;
    }
    while (is_digit(peek(t))) {
        value = value < 1000000000000u ? value * 10 + (peek(t) - '0') : value;
        t->at++;
    }
    if (peek(t) == '.') {
        plain = false;
        t->at++;
        while (is_digit(peek(t)))
            t->at++;
    }
    if (v->length_next && plain)
        v->length = value;
    v->length_next = false;
    v->is_integer = plain && v->depth == 0;
    v->integer = value;
    return t->at - from > (sign ? 1u : 0u) && t->at - from < 40;
}

/* (text) of printable ASCII without parentheses and escapes, or <hex digits>. */
static bool read_string(struct value *v)
{
    struct text *t = &v->t;
    bool hex = t->bytes[t->at++] == '<';
    uint8_t end = hex ? '>' : ')';

    while (peek(t) && peek(t) != end) {
        uint8_t c = peek(t);
        bool fits = hex ? is_digit(c) || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f')
                        : c >= 0x20 && c < 0x7F && c != '(' && c != '\\';
        if (!fits)
            return false;
        t->at++;
    }
    return t->at < t->end && t->bytes[t->at++] == end;
}

static bool open_close(struct value *v)
{
    struct text *t = &v->t;
    bool opens = peek(t) == '<' || peek(t) == '[';
    char kind = peek(t) == '<' || peek(t) == '>' ? '<' : '[';

    t->at += kind == '<' ? 2 : 1;
    v->length_next = false;
    if (!opens)
        return v->depth > 0 && v->open[--v->depth] == kind;
    if (v->depth == DEPTH_MAX)
        return false;
    v->open[v->depth++] = kind;
    return true;
}

static bool read_token(struct value *v)
{
    struct text *t = &v->t;
    uint8_t c = peek(t), next = t->at + 1 < t->end ? t->bytes[t->at + 1] : 0;

    if (c == '/')
        return read_name(v);
    if (is_digit(c) || c == '-' || c == '.')
        return read_number(v);
    if (c == '[' || c == ']' || (c == '<' && next == '<') || (c == '>' && next == '>'))
        return open_close(v);
    if (c == '(' || c == '<')
        return read_string(v);
    return eat(t, "true") || eat(t, "false") || eat(t, "null");
}

/* One whole value with the blanks behind it. */
static bool read_value(struct value *v)
{
    v->length = UINT64_MAX;
    do {
        if (!read_token(v) || !skip_spaces(&v->t))
            return false;
    } while (v->depth > 0);
    return true;
}

/* ---- Objects --------------------------------------------------------------------------- */

static bool object_enter(struct text *t, uint32_t number)
{
    char head[32];

    (void)snprintf(head, sizeof head, "%u 0 obj\n", (unsigned)number);
    return eat(t, head) && skip_spaces(t);
}

/* The integer that an object of its own holds. */
static bool integer_object(const struct fmt_in *in, const struct pdf_layout *l, uint32_t number, uint64_t *value_out)
{
    if (number == 0 || number >= l->size || !l->objects[number].at)
        return false;
    const struct pdf_object *o = &l->objects[number];
    struct value v = {.t = {in->bytes, o->at, o->end}};
    if (!object_enter(&v.t, number) || !read_value(&v) || !v.is_integer || !eat(&v.t, "endobj\n") || v.t.at != o->end)
        return false;
    *value_out = v.integer;
    return true;
}

/* An object fills its bytes: value, perhaps a stream of the said length, end. */
static int object_read(struct fmt_job *job, struct pdf_layout *l, uint32_t number)
{
    const struct fmt_in *in = job_in(job);
    struct pdf_object *o = &l->objects[number];
    struct value v = {.t = {in->bytes, o->at, o->end}};

    if (!object_enter(&v.t, number) || !read_value(&v))
        return refuse(job, "object not as written by us", v.t.at);
    if (eat(&v.t, "stream\n")) {
        uint64_t n = v.length;
        if (v.length_of && !integer_object(in, l, v.length_of, &n))
            return refuse(job, "stream without a length", o->at);
        if (n > o->end - v.t.at)
            return refuse(job, "stream longer than its object", o->at);
        o->stream = v.t.at;
        o->stream_n = n;
        o->length_of = v.length_of;
        v.t.at += n;
        if (!eat(&v.t, "\nendstream\n"))
            return refuse(job, "stream not as long as it says", v.t.at);
    }
    if (!eat(&v.t, "endobj\n") || v.t.at != o->end)
        return refuse(job, "bytes behind an object", v.t.at);
    return 0;
}

static int by_offset(const void *a, const void *b, void *ctx)
{
    const struct pdf_object *objects = ctx;
    uint64_t x = objects[*(const uint32_t *)a].at, y = objects[*(const uint32_t *)b].at;

    return x < y ? -1 : x > y;
}

/* Each object ends where the next one begins, the last one at the table. */
static int objects_settle(struct fmt_job *job, struct pdf_layout *l, uint64_t xref)
{
    scoped_free uint32_t *order = calloc(l->size, sizeof *order);
    uint32_t count = 0;

    if (!order)
        return ERR_NOMEM;
    for (uint32_t i = 1; i < l->size; i++)
        if (l->objects[i].at)
            order[count++] = i;
    if (count == 0)
        return refuse(job, "no objects", xref);
    qsort_r(order, count, sizeof *order, by_offset, l->objects);
    if (l->objects[order[0]].at != sizeof header - 1)
        return refuse(job, "bytes before the first object", sizeof header - 1);
    for (uint32_t i = 0; i < count; i++) {
        struct pdf_object *o = &l->objects[order[i]];
        o->end = i + 1 < count ? l->objects[order[i + 1]].at : xref;
        if (o->at >= o->end)
            return refuse(job, "objects in the same place", o->at);
    }
    return 0;
}

/* ---- Table and trailer ------------------------------------------------------------------- */

static int entry_read(struct fmt_job *job, struct text *t, uint32_t number, uint64_t xref, uint64_t *at_out)
{
    uint64_t at = 0;

    for (unsigned i = 0; i < 10; i++) {
        if (!is_digit(peek(t)))
            return refuse(job, "damaged table", t->at);
        at = at * 10 + (t->bytes[t->at++] - '0');
    }
    if (eat(t, " 65535 f \n") && at == 0) {
        *at_out = 0;
        return 0;
    }
    if (number == 0 || !eat(t, " 00000 n \n") || at == 0 || at >= xref)
        return refuse(job, "damaged table", t->at);
    *at_out = at;
    return 0;
}

/* "trailer << /Size N /Root R 0 R >> startxref OFFSET %%EOF", to the last byte of the file. */
static int trailer_read(struct fmt_job *job, struct text *t, struct pdf_layout *l, uint64_t xref)
{
    uint64_t size = 0, root = 0, at = 0;
    bool good = eat(t, "trailer\n<< /Size ") && eat_number(t, &size) && eat(t, " /Root ") && eat_number(t, &root) &&
                eat(t, " 0 R >>\nstartxref\n") && eat_number(t, &at) && eat(t, "\n%%EOF\n");

    if (!good || size != l->size || root == 0 || root >= size || at != xref || t->at != t->end)
        return refuse(job, "trailer not as written by us", t->at);
    l->root = (uint32_t)root;
    return 0;
}

static int table_read(struct fmt_job *job, struct pdf_layout *l, uint64_t xref)
{
    const struct fmt_in *in = job_in(job);
    struct text t = {in->bytes, xref, in->len};
    uint64_t size = 0;

    if (!eat(&t, "xref\n0 ") || !eat_number(&t, &size) || !eat(&t, "\n") || size < 2 || size > NUMBERS_MAX ||
        size * ENTRY > t.end - t.at)
        return refuse(job, "table not as written by us", xref);
    int err = job_objects(job, size);
    if (err < 0)
        return err;
    l->size = (uint32_t)size;
    l->objects = calloc(l->size, sizeof *l->objects);
    if (!l->objects)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < l->size; i++)
        if ((err = entry_read(job, &t, i, xref, &l->objects[i].at)) < 0)
            return err;
    return trailer_read(job, &t, l, xref);
}

/* The offset behind the last "startxref" of the file. */
static int find_table(struct fmt_job *job, uint64_t *xref_out)
{
    const struct fmt_in *in = job_in(job);
    uint64_t from = in->len > 64 ? in->len - 64 : 0;
    uint64_t word = in_rfind(in, from, in->len, "startxref\n", 10), at = 0;
    struct text t = {in->bytes, word, in->len};

    if (word == UINT64_MAX || !eat(&t, "startxref\n") || !eat_number(&t, &at) || at >= in->len)
        return refuse(job, "no table", from);
    *xref_out = at;
    return 0;
}

int pdf_layout_read(struct fmt_job *job, struct pdf_layout *layout_out)
{
    scoped(pdf_layout_clear) struct pdf_layout l = {0};
    const struct fmt_in *in = job_in(job);
    uint64_t xref = 0;
    int err = job_steps(job, in->len);

    if (err < 0)
        return err;
    if (!in_equals(in, 0, header, sizeof header - 1))
        return refuse(job, "header not as written by us", 0);
    if ((err = find_table(job, &xref)) < 0 || (err = table_read(job, &l, xref)) < 0 ||
        (err = objects_settle(job, &l, xref)) < 0)
        return err;
    for (uint32_t i = 1; i < l.size; i++)
        if (l.objects[i].at && (err = object_read(job, &l, i)) < 0)
            return err;
    *layout_out = l;
    l = (struct pdf_layout){0};
    return 0;
}
