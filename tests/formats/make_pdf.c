/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PDF fixtures, as text and by qpdf. Runs in test programs. */
#include "make_pdf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <qpdf/qpdf-c.h>

#include "support/inproc.h"

enum { FIRST = 10, NUMBERS = FIRST + MAKE_PDF_OBJECTS };

static const char *or_else(const char *text, const char *usual)
{
    return text ? text : usual;
}

/* ---- Writing ------------------------------------------------------------------------ */

struct writer {
    struct fixture *f;
    size_t start; /* of the header: offsets count from here */
    size_t at[NUMBERS];
};

static void put(struct writer *w, const char *format, ...) printf_like(2, 3);
static void put(struct writer *w, const char *format, ...)
{
    char text[8192];
    va_list ap;

    va_start(ap, format);
    int n = vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    assert_true(n >= 0 && (size_t)n < sizeof text);
    fixture_add(w->f, text, (size_t)n);
}

static void begin(struct writer *w, unsigned number)
{
    w->at[number] = w->f->len - w->start;
    put(w, "%u 0 obj\n", number);
}

static void put_page(struct writer *w, const struct make_pdf *r)
{
    begin(w, 3);
    put(w, "<< /Type /Page /Parent 2 0 R /MediaBox [%s] /Contents 4 0 R %s\n", or_else(r->media, "0 0 200 200"),
        or_else(r->page, ""));
    put(w, "/Resources << /Font << /F 5 0 R /J 6 0 R %s >> %s >> >>\nendobj\n", or_else(r->fonts, ""),
        or_else(r->resources, ""));
}

static void put_fonts(struct writer *w, const struct make_pdf *r)
{
    begin(w, 5);
    put(w, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>\nendobj\n");
    begin(w, 6);
    put(w, "<< /Type /Font /Subtype /Type0 /BaseFont /Ryumin-Light /Encoding %s /DescendantFonts [7 0 R] >>\nendobj\n",
        or_else(r->encoding, "/90ms-RKSJ-H"));
    begin(w, 7);
    put(w, "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /Ryumin-Light /FontDescriptor 8 0 R\n"
           "/CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 2 >> >>\nendobj\n");
    begin(w, 8);
    put(w, "<< /Type /FontDescriptor /FontName /Ryumin-Light /Flags 6 /FontBBox [0 -200 1000 900] /ItalicAngle 0\n"
           "/Ascent 800 /Descent -200 /CapHeight 700 /StemV 80 >>\nendobj\n");
}

static void put_stream(struct writer *w, const struct make_pdf *r)
{
    struct fixture bytes = {0};

    r->stream(&bytes);
    begin(w, 9);
    put(w, "<< %s /Length %zu >>\nstream\n", r->stream_dict, bytes.len);
    fixture_add(w->f, bytes.bytes, bytes.len);
    put(w, "\nendstream\nendobj\n");
    fixture_free(&bytes);
}

static void put_table(struct writer *w, const struct make_pdf *r)
{
    size_t table = w->f->len - w->start;

    put(w, "xref\n0 %u\n0000000000 65535 f \n", (unsigned)NUMBERS);
    for (unsigned i = 1; i < NUMBERS; i++)
        put(w, "%010zu %05u %c \n", r->broken_table ? 7 : w->at[i], w->at[i] ? 0u : 65535u, w->at[i] ? 'n' : 'f');
    put(w, "trailer\n<< /Size %u /Root 1 0 R %s >>\nstartxref\n%zu\n%%%%EOF\n", (unsigned)NUMBERS,
        or_else(r->trailer, ""), table);
}

void make_pdf(struct fixture *f, const struct make_pdf *recipe)
{
    const struct make_pdf *r = recipe;
    const char *content = or_else(r->content, "BT /F 24 Tf 20 100 Td (Visible) Tj ET");
    struct writer w = {.f = f};
    unsigned pages = r->pages == MAKE_PDF_NO_PAGES ? 0 : r->pages ? r->pages : 1;

    fixture_puts(f, or_else(r->before, ""));
    w.start = f->len;
    put(&w, "%%PDF-1.7\n");
    begin(&w, 1);
    put(&w, "<< /Type /Catalog /Pages 2 0 R %s >>\nendobj\n", or_else(r->catalog, ""));
    begin(&w, 2);
    put(&w, "<< /Type /Pages /Count %u /Kids [", pages);
    for (unsigned i = 0; i < pages; i++)
        put(&w, "3 0 R ");
    put(&w, "] >>\nendobj\n");
    put_page(&w, r);
    begin(&w, 4);
    put(&w, "<< /Length %zu >>\nstream\n", strlen(content));
    fixture_puts(f, content);
    put(&w, "\nendstream\nendobj\n");
    put_fonts(&w, r);
    if (r->stream)
        put_stream(&w, r);
    for (unsigned i = 0; i < MAKE_PDF_OBJECTS && r->objects[i]; i++) {
        begin(&w, FIRST + i);
        fixture_puts(f, r->objects[i]);
        put(&w, "\nendobj\n");
    }
    put_table(&w, r);
    fixture_puts(f, or_else(r->after, ""));
}

void make_pdf_update(struct fixture *f, unsigned number, const char *value)
{
    static const char word[] = "startxref\n";
    struct writer w = {.f = f};
    const uint8_t *last = NULL;

    for (const uint8_t *p = f->bytes; (p = memmem(p, f->len - (size_t)(p - f->bytes), word, sizeof word - 1)); p++)
        last = p;
    assert_non_null(last);
    unsigned long previous = strtoul((const char *)last + sizeof word - 1, NULL, 10);
    begin(&w, number);
    put(&w, "%s\nendobj\n", value);
    size_t table = f->len;
    put(&w, "xref\n%u 1\n%010zu 00000 n \ntrailer\n<< /Size %u /Root 1 0 R /Prev %lu >>\nstartxref\n%zu\n%%%%EOF\n", number,
        w.at[number], (unsigned)NUMBERS, previous, table);
}

/* ---- qpdf ------------------------------------------------------------------------------- */

static qpdf_data open_bytes(const uint8_t *bytes, size_t n)
{
    qpdf_data q = qpdf_init();
    const void *p = bytes;

    qpdf_silence_errors(q);
    qpdf_set_suppress_warnings(q, QPDF_TRUE);
    assert_int_equal(qpdf_read_memory(q, "fixture", p, n, NULL) & QPDF_ERRORS, 0);
    assert_int_equal(qpdf_init_write_memory(q) & QPDF_ERRORS, 0);
    return q;
}

static void take_written(qpdf_data q, struct fixture *out)
{
    assert_int_equal(qpdf_write(q) & QPDF_ERRORS, 0);
    fixture_add(out, qpdf_get_buffer(q), qpdf_get_buffer_length(q));
    qpdf_cleanup(&q);
}

void make_pdf_rewrite(struct fixture *f, enum make_pdf_rewrite how, const char *user_password)
{
    struct fixture out = {0};
    qpdf_data q = open_bytes(f->bytes, f->len);

    qpdf_set_static_ID(q, QPDF_TRUE);
    qpdf_set_object_stream_mode(q, how == MAKE_PDF_PACKED ? qpdf_o_generate : qpdf_o_disable);
    if (how == MAKE_PDF_RC4)
        qpdf_set_r3_encryption_parameters_insecure(q, user_password, "owner", QPDF_TRUE, QPDF_TRUE, QPDF_TRUE, QPDF_TRUE,
                                                   QPDF_TRUE, QPDF_TRUE, qpdf_r3p_full);
    if (how == MAKE_PDF_AES256) {
        qpdf_set_static_aes_IV(q, QPDF_TRUE);
        qpdf_set_r6_encryption_parameters2(q, user_password, "owner", QPDF_TRUE, QPDF_TRUE, QPDF_TRUE, QPDF_TRUE,
                                           QPDF_TRUE, QPDF_TRUE, qpdf_r3p_full, QPDF_TRUE);
    }
    take_written(q, &out);
    fixture_free(f);
    *f = out;
}

void make_pdf_plain(const uint8_t *bytes, size_t n, struct fixture *plain)
{
    qpdf_data q = open_bytes(bytes, n);

    qpdf_set_qdf_mode(q, QPDF_TRUE);
    qpdf_set_static_ID(q, QPDF_TRUE);
    qpdf_set_stream_data_mode(q, qpdf_s_uncompress);
    qpdf_set_suppress_original_object_IDs(q, QPDF_TRUE);
    take_written(q, plain);
}

/* ---- Looking ------------------------------------------------------------------------------ */

/* A text in one of the ways it can be written. */
static size_t spell(const char *text, unsigned how, char *out)
{
    size_t n = 0;

    for (const char *p = text; *p; p++) {
        if (how == 1 || how == 3) /* UTF-16, as bytes or as hex */
            n += how == 1 ? (size_t)(out[n] = '\0', 1) : (size_t)sprintf(out + n, "00");
        if (how >= 2)
            n += (size_t)sprintf(out + n, how == 4 ? "%02X" : "%02x", (unsigned char)*p);
        else
            out[n++] = *p;
    }
    return n;
}

static void no_mark_in(const uint8_t *bytes, size_t n, const char *where)
{
    char spelled[256];

    for (unsigned how = 0; how <= 4; how++) {
        size_t len = spell(MARK, how, spelled);
        if (memmem(bytes, n, spelled, len))
            fail_msg("the mark is in the output (%s, spelling %u)", where, how);
    }
}

void make_pdf_no_mark(const uint8_t *bytes, size_t n)
{
    struct fixture plain = {0};

    no_mark_in(bytes, n, "as it is");
    make_pdf_plain(bytes, n, &plain);
    no_mark_in(plain.bytes, plain.len, "unpacked");
    fixture_free(&plain);
}

bool make_pdf_holds(const uint8_t *bytes, size_t n, const char *text)
{
    struct fixture plain = {0};

    make_pdf_plain(bytes, n, &plain);
    bool holds = memmem(plain.bytes, plain.len, text, strlen(text)) != NULL;
    fixture_free(&plain);
    return holds;
}

void make_pdf_says(const uint8_t *bytes, size_t n, const char *text)
{
    struct inproc_result r;
    struct fmt_options options;

    fmt_options_default(&options);
    options.mode = FMT_MODE_TEXT;
    inproc_run(inproc_handler("pdf"), bytes, n, "again.pdf", &options, &r);
    if (r.reason != REASON_OK || !memmem(r.out, r.out_len, text, strlen(text)))
        fail_msg("the output does not say \"%s\" but \"%.*s\" (%s)", text, (int)r.out_len, (const char *)r.out, r.detail);
    inproc_finish(&r);
}

/* ---- A font ---------------------------------------------------------------------------------- */

static void be(struct fixture *f, uint32_t v, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        fixture_add(f, &(uint8_t){(uint8_t)(v >> (8 * (n - 1 - i)))}, 1);
}

static void be16s(struct fixture *f, size_t n, const int *v)
{
    for (size_t i = 0; i < n; i++)
        be(f, (uint32_t)v[i] & 0xFFFF, 2);
}
#define BE16(f, ...) be16s(f, sizeof (int[]){__VA_ARGS__} / sizeof(int), (const int[]){__VA_ARGS__})

/* Bytes a font program can push, and then forget. */
static void push_mark(struct fixture *f)
{
    be(f, 0x40, 1);
    be(f, sizeof MARK - 1, 1);
    fixture_puts(f, MARK);
    be(f, 0x22, 1); /* CLEAR */
}

static void glyph_square(struct fixture *f)
{
    BE16(f, 1, 100, 0, 900, 700, 3, sizeof MARK + 2);
    push_mark(f);
    for (int i = 0; i < 4; i++)
        be(f, 1, 1); /* on the curve, both deltas in words */
    BE16(f, 100, 800, 0, -800, 0, 0, 700, 0);
    if (f->len % 2)
        be(f, 0, 1);
}

void make_pdf_font(struct fixture *font)
{
    static const char *const tags[] = {"cmap", "cvt ", "fpgm", "glyf", "head", "hhea", "hmtx", "loca", "maxp", "name", "prep"};
    struct fixture t[ARRAY_LEN(tags)] = {0}, glyph = {0};
    size_t at = 12 + ARRAY_LEN(tags) * 16;

    glyph_square(&glyph);
    BE16(&t[0], 0, 1, 1, 0, 0, 12, 6, 12, 0, 65, 1, 1);
    fixture_puts(&t[1], MARK "!"); /* an even number of bytes */
    push_mark(&t[2]);
    fixture_add(&t[3], glyph.bytes, glyph.len);
    be(&t[4], 0x00010000, 4), be(&t[4], 0, 4), be(&t[4], 0, 4), be(&t[4], 0x5F0F3CF5, 4);
    BE16(&t[4], 0, 1000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1000, 1000, 0, 8, 2, 0, 0);
    be(&t[5], 0x00010000, 4);
    BE16(&t[5], 800, -200, 0, 1000, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2);
    BE16(&t[6], 1000, 0, 1000, 100);
    BE16(&t[7], 0, 0, (int)(glyph.len / 2));
    be(&t[8], 0x00010000, 4);
    BE16(&t[8], 2, 4, 1, 0, 0, 1, 0, 0, 0, 0, 64, 64, 0, 0);
    BE16(&t[9], 0, 1, 18, 1, 0, 0, 1, sizeof MARK - 1, 0);
    fixture_puts(&t[9], MARK);
    push_mark(&t[10]);
    be(font, 0x00010000, 4);
    BE16(font, ARRAY_LEN(tags), 128, 3, 48);
    for (size_t i = 0; i < ARRAY_LEN(tags); i++) {
        fixture_add(font, tags[i], 4);
        be(font, 0, 4);
        be(font, (uint32_t)at, 4);
        be(font, (uint32_t)t[i].len, 4);
        at += (t[i].len + 3) & ~(size_t)3;
    }
    for (size_t i = 0; i < ARRAY_LEN(tags); i++) {
        while (t[i].len % 4)
            be(&t[i], 0, 1);
        fixture_add(font, t[i].bytes, t[i].len);
        fixture_free(&t[i]);
    }
    fixture_free(&glyph);
}
