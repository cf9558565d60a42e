/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes the structure of a redrawn document. Runs in the pdf worker; text of the sender's is written as hex only. */
#include "structure.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "formats/imagepdf/lib_zpack.h"

#define LINE_MAX ((size_t)256 << 20)
#define TITLE_MAX 512 /* characters */

void structure_clear(struct structure *out)
{
    for (unsigned i = 0; out->page_annots && i < out->in->page_count; i++)
        free(out->page_annots[i]);
    free(out->page_annots);
    free(out->page_text);
    free(out->offsets);
    buf_free(&out->line);
    *out = (struct structure){0};
}

int structure_begin(struct structure *out, uint32_t number)
{
    char head[32];

    if (number >= out->room) {
        uint32_t room = number * 2 + 64;
        uint64_t *offsets = realloc(out->offsets, room * sizeof *offsets);
        if (!offsets)
            return ERR_NOMEM;
        memset(offsets + out->room, 0, (room - out->room) * sizeof *offsets);
        out->offsets = offsets;
        out->room = room;
    }
    if (number >= out->size)
        out->size = number + 1;
    out->offsets[number] = out_len(out->in->job);
    int n = snprintf(head, sizeof head, "%u 0 obj\n", (unsigned)number);
    return out_append(out->in->job, head, (size_t)n);
}

/* Writes what is in `line` as object `number`; with a stream behind it when there is one. */
static int put_object(struct structure *out, uint32_t number, const uint8_t *stream, size_t n)
{
    struct fmt_job *job = out->in->job;
    int err = out->line.err < 0 ? out->line.err : structure_begin(out, number);

    if (err < 0 || (err = out_append(job, out->line.bytes, out->line.len)) < 0)
        return err;
    buf_reset(&out->line);
    if (stream && ((err = out_append(job, "\nstream\n", 8)) < 0 || (err = out_append(job, stream, n)) < 0 ||
                   (err = out_append(job, "\nendstream", 10)) < 0))
        return err;
    return out_append(job, "\nendobj\n", 8);
}

static int put_stream(struct structure *out, uint32_t number, const void *bytes, size_t n, bool deflated,
                      const char *more)
{
    buf_printf(&out->line, "<< /Length %zu %s%s>>", n, deflated ? "/Filter /FlateDecode " : "", more);
    return put_object(out, number, bytes, n);
}

/* A number with two decimals; not %f, whose decimal point depends on the locale. */
static void put_number(struct buf *b, double v)
{
    long hundredths = lround(v * 100);
    long rest = labs(hundredths) % 100;

    buf_printf(b, rest ? "%s%ld.%02ld" : "%s%ld", hundredths < 0 ? "-" : "", labs(hundredths) / 100, rest);
}

/* A text string (7.9.2.2) in UTF-16 without what cannot be seen, cut at TITLE_MAX characters. */
static void put_title(struct buf *b, const char *text)
{
    size_t left = strlen(text);
    unsigned count = 0;

    buf_printf(b, "<FEFF");
    while (left > 0 && count < TITLE_MAX) {
        uint32_t c = 0;
        size_t n = utf8_decode(text, left, &c);
        text += n ? n : 1;
        left -= n ? n : 1;
        if (n == 0 || !utf8_is_printable(c))
            continue;
        count++;
        if (c < 0x10000)
            buf_printf(b, "%04X", (unsigned)c);
        else
            buf_printf(b, "%04X%04X", (unsigned)(0xD800 + ((c - 0x10000) >> 10)), (unsigned)(0xDC00 + (c & 0x3FF)));
    }
    buf_printf(b, ">");
}

/* An explicit destination (12.3.2.2) on one of our pages. */
static void put_dest(struct structure *out, const struct pdf_dest *dest)
{
    struct buf *b = &out->line;

    buf_printf(b, "/Dest [%u 0 R /XYZ ", (unsigned)out->drawn->pages[dest->page - 1].number);
    if (dest->has_left)
        put_number(b, dest->left);
    else
        buf_printf(b, "null");
    buf_printf(b, " ");
    if (dest->has_top)
        put_number(b, dest->top);
    else
        buf_printf(b, "null");
    buf_printf(b, " null] ");
}

/* Targets come cleaned: a URI holds nothing that ends or escapes a string. */
static void put_target(struct structure *out, const struct pdf_target *target)
{
    if (target->kind == PDF_TARGET_DEST && target->dest.page >= 1 && target->dest.page <= out->in->page_count)
        put_dest(out, &target->dest);
    else if (target->kind == PDF_TARGET_URI)
        buf_printf(&out->line, "/A << /S /URI /URI (%s) >> ", target->uri);
}

/* ---- Before the pages ------------------------------------------------------------------ */

static int put_links(struct structure *out, unsigned page)
{
    const struct pdf_links *links = &out->in->pages[page].links;
    scoped_buf annots = buf_new(LINE_MAX);

    if (links->n == 0)
        return 0;
    buf_printf(&annots, "[");
    for (size_t i = 0; i < links->n; i++) {
        const struct pdf_link *link = &links->rows[i];
        const double side[] = {link->x1, link->y1, link->x2, link->y2};
        uint32_t number = out->size++;
        buf_printf(&out->line, "<< /Type /Annot /Subtype /Link /Border [0 0 0] /Rect [");
        for (size_t s = 0; s < ARRAY_LEN(side); s++) {
            put_number(&out->line, side[s]);
            buf_printf(&out->line, s + 1 < ARRAY_LEN(side) ? " " : "] ");
        }
        put_target(out, &link->target);
        buf_printf(&out->line, ">>");
        int err = put_object(out, number, NULL, 0);
        if (err < 0)
            return err;
        buf_printf(&annots, "%s%u 0 R", i ? " " : "", (unsigned)number);
    }
    buf_printf(&annots, "]");
    if (annots.err < 0)
        return annots.err;
    out->page_annots[page] = strdup(buf_text(&annots));
    return out->page_annots[page] ? 0 : ERR_NOMEM;
}

static int put_text_layer(struct structure *out, unsigned page)
{
    const struct assemble_page *p = &out->in->pages[page];

    if (!p->text)
        return 0;
    out->page_text[page] = out->size++;
    return put_stream(out, out->page_text[page], p->text, p->text_n, true, "");
}

/* The font of text layers, as in picture PDFs: numbers are mapped to characters, glyphs have no outline. */
static int put_font(struct structure *out)
{
    scoped_buf cmap = buf_new(LINE_MAX), file = buf_new(4096);
    scoped_free uint8_t *packed = NULL;
    size_t packed_n = 0;
    uint32_t cid = out->size++, descriptor = out->size++, font_file = out->size++, unicode = out->size++;
    char length[32];
    int err = textlayer_cmap(out->in->font, &cmap);

    textlayer_glyphless(&file);
    if (err < 0 || file.err < 0)
        return err < 0 ? err : file.err;
    if ((err = zpack(cmap.bytes, cmap.len, 6, &packed, &packed_n)) < 0)
        return err;
    buf_printf(&out->line,
               "<< /Type /Font /Subtype /Type0 /BaseFont /Invisible /Encoding /Identity-H /DescendantFonts [%u 0 R] "
               "/ToUnicode %u 0 R >>", (unsigned)cid, (unsigned)unicode);
    if ((err = put_object(out, out->font, NULL, 0)) < 0)
        return err;
    buf_printf(&out->line,
               "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Invisible /CIDSystemInfo << /Registry (Adobe) "
               "/Ordering (Identity) /Supplement 0 >> /FontDescriptor %u 0 R /DW 1000 >>", (unsigned)descriptor);
    if ((err = put_object(out, cid, NULL, 0)) < 0)
        return err;
    buf_printf(&out->line,
               "<< /Type /FontDescriptor /FontName /Invisible /Flags 5 /FontBBox [0 -200 1000 800] /ItalicAngle 0 "
               "/Ascent 800 /Descent -200 /CapHeight 800 /StemV 80 /FontFile2 %u 0 R >>", (unsigned)font_file);
    if ((err = put_object(out, descriptor, NULL, 0)) < 0)
        return err;
    (void)snprintf(length, sizeof length, "/Length1 %zu ", file.len);
    if ((err = put_stream(out, font_file, file.bytes, file.len, false, length)) < 0)
        return err;
    return put_stream(out, unicode, packed, packed_n, true, "");
}

int structure_open(const struct assemble *in, const struct drawn *drawn, struct structure *out)
{
    static const char header[] = "%PDF-1.7\n%\xE9\x96\xA2\xE5\xAE\x88\n";
    int err = out_append(in->job, header, sizeof header - 1);

    *out = (struct structure){.in = in, .drawn = drawn, .size = drawn->size, .line = buf_new(LINE_MAX)};
    out->page_text = calloc(in->page_count, sizeof *out->page_text);
    out->page_annots = calloc(in->page_count, sizeof *out->page_annots);
    if (err < 0 || !out->page_text || !out->page_annots)
        return err < 0 ? err : ERR_NOMEM;
    for (unsigned i = 0; i < in->page_count; i++)
        if ((err = job_steps(in->job, 1)) < 0 || (err = put_links(out, i)) < 0 || (err = put_text_layer(out, i)) < 0)
            return err;
    if (!in->font || !textlayer_font_is_used(in->font))
        return 0;
    out->font = out->size++;
    out->save = out->size++;
    err = put_stream(out, out->save, "q\n", 2, false, "");
    return err < 0 ? err : put_font(out);
}

/* ---- Behind the pages ------------------------------------------------------------------- */

/* The neighbours of bookmark i in the tree its depths describe, as indices; SIZE_MAX: none. */
struct kin {
    size_t parent, next, previous, first, last;
    size_t children;
};

/* A child is at most one level under the row before it, as pdf_doc_bookmarks gives them. */
static void kin_find(const struct pdf_bookmarks *list, struct kin *kin)
{
    size_t latest[PDF_BOOKMARK_DEPTH] = {0}; /* the last row seen at each depth */
    size_t last_top = SIZE_MAX;

    for (size_t i = 0; i < list->n; i++) {
        unsigned depth = list->rows[i].depth;
        kin[i] = (struct kin){SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX, 0};
        if (depth > 0) {
            size_t parent = latest[depth - 1];
            kin[i].parent = parent;
            kin[i].previous = kin[parent].last;
            kin[parent].last = i;
            kin[parent].children++;
            if (kin[parent].first == SIZE_MAX)
                kin[parent].first = i;
        } else {
            kin[i].previous = last_top;
            last_top = i;
        }
        if (kin[i].previous != SIZE_MAX)
            kin[kin[i].previous].next = i;
        latest[depth] = i;
    }
}

static void put_kin(struct structure *out, const char *key, size_t row, uint32_t base)
{
    if (row != SIZE_MAX)
        buf_printf(&out->line, "/%s %zu 0 R ", key, base + row);
}

static int put_bookmark(struct structure *out, size_t i, const struct kin *kin, uint32_t root, uint32_t base)
{
    const struct pdf_bookmark *row = &out->in->bookmarks->rows[i];

    buf_printf(&out->line, "<< /Title ");
    put_title(&out->line, row->title);
    buf_printf(&out->line, " ");
    if (kin->parent == SIZE_MAX)
        buf_printf(&out->line, "/Parent %u 0 R ", (unsigned)root);
    put_kin(out, "Parent", kin->parent, base);
    put_kin(out, "Prev", kin->previous, base);
    put_kin(out, "Next", kin->next, base);
    put_kin(out, "First", kin->first, base);
    put_kin(out, "Last", kin->last, base);
    if (kin->children)
        buf_printf(&out->line, "/Count %s%zu ", row->open ? "" : "-", kin->children);
    put_target(out, &row->target);
    buf_printf(&out->line, ">>");
    return put_object(out, base + (uint32_t)i, NULL, 0);
}

/* The outline tree (12.3.3). Gives the number of its root, 0 when there are no bookmarks. */
static int put_bookmarks(struct structure *out, uint32_t *root_out)
{
    const struct pdf_bookmarks *list = out->in->bookmarks;
    scoped_free struct kin *kin = calloc(list->n + 1, sizeof *kin);
    uint32_t root = out->size, base = root + 1;
    size_t last = 0, top = 0;

    *root_out = 0;
    if (list->n == 0)
        return 0;
    if (!kin)
        return ERR_NOMEM;
    out->size += 1 + (uint32_t)list->n;
    kin_find(list, kin);
    for (size_t i = 0; i < list->n; i++) {
        int err = put_bookmark(out, i, &kin[i], root, base);
        if (err < 0)
            return err;
        if (kin[i].parent == SIZE_MAX) {
            last = i;
            top++;
        }
    }
    buf_printf(&out->line, "<< /Type /Outlines /First %u 0 R /Last %zu 0 R /Count %zu >>", (unsigned)base, base + last,
               top);
    *root_out = root;
    return put_object(out, root, NULL, 0);
}

/* Page labels (12.4.2): a prefix for each page that has its own, decimal numbers from there on for the others. */
static void put_labels(struct structure *out)
{
    bool any = false, decimal = false;

    for (unsigned i = 0; i < out->in->page_count; i++)
        any |= out->in->pages[i].label != NULL;
    if (!any)
        return;
    buf_printf(&out->line, "/PageLabels << /Nums [");
    for (unsigned i = 0; i < out->in->page_count; i++) {
        const char *label = out->in->pages[i].label;
        if (label) {
            buf_printf(&out->line, "%u << /P ", i);
            put_title(&out->line, label);
            buf_printf(&out->line, " >> ");
        } else if (!decimal) {
            buf_printf(&out->line, "%u << /S /D /St %u >> ", i, i + 1);
        }
        decimal = !label;
    }
    buf_printf(&out->line, "] >> ");
}

static int put_table(struct structure *out)
{
    uint64_t at = out_len(out->in->job);
    struct buf *b = &out->line;

    buf_printf(b, "xref\n0 %u\n0000000000 65535 f \n", (unsigned)out->size);
    for (uint32_t i = 1; i < out->size; i++) {
        bool used = i < out->room && out->offsets[i];
        buf_printf(b, "%010llu %05u %c \n", used ? (unsigned long long)out->offsets[i] : 0ULL, used ? 0u : 65535u,
                   used ? 'n' : 'f');
    }
    buf_printf(b, "trailer\n<< /Size %u /Root %u 0 R >>\nstartxref\n%llu\n%%%%EOF\n", (unsigned)out->size,
               (unsigned)out->drawn->catalog, (unsigned long long)at);
    return b->err < 0 ? b->err : out_append(out->in->job, b->bytes, b->len);
}

int structure_finish(struct structure *out)
{
    uint32_t outlines = 0;
    int err;

    buf_reset(&out->line);
    if ((err = put_bookmarks(out, &outlines)) < 0)
        return err;
    buf_printf(&out->line, "<< /Type /Catalog /Pages %u 0 R ", (unsigned)out->drawn->tree);
    if (outlines)
        buf_printf(&out->line, "/Outlines %u 0 R ", (unsigned)outlines);
    put_labels(out);
    buf_printf(&out->line, ">>");
    if ((err = put_object(out, out->drawn->catalog, NULL, 0)) < 0)
        return err;
    return put_table(out);
}
