/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Vector redraw: poppler reads, cairo writes. Runs in the pdf worker on hostile bytes. */
#include "redraw.h"

#include <string.h>

#include "assemble.h"
#include "formats/imagepdf/lib_zpack.h"
#include "ink.h"
#include "lib_cairo.h"
#include "losses.h"
#include "shape.h"
#include "uri.h"

#define TEXT_LAYER_MAX ((size_t)64 << 20)

struct redraw {
    struct fmt_job *job;
    struct losses losses;
    struct pdf_doc *doc;
    struct canvas *canvas;
    struct textlayer_font *font;
    struct pdf_bookmarks bookmarks;
    struct assemble_page *pages;
    unsigned count;
    uint64_t drawn; /* bytes in the scratch space */
};

static void redraw_clear(struct redraw *r)
{
    canvas_free(&r->canvas);
    for (unsigned i = 0; r->pages && i < r->count; i++)
        assemble_page_clear(&r->pages[i]);
    free(r->pages);
    pdf_bookmarks_clear(&r->bookmarks);
    textlayer_font_free(&r->font);
    pdf_doc_close(&r->doc);
}

/* What cairo writes is kept beside the output: only the assembler knows the final form. */
static int to_scratch(void *ctx, const void *bytes, size_t n)
{
    struct redraw *r = ctx;
    uint64_t at;
    int err = scratch_append(r->job, bytes, n, &at);

    if (err < 0)
        return err;
    r->drawn += n;
    if (r->drawn > job_options(r->job)->limits.output_bytes)
        return job_fail(r->job, REASON_LIMIT_OUTPUT, "drawing over %llu bytes",
                        (unsigned long long)job_options(r->job)->limits.output_bytes);
    return 0;
}

/* Makes a target safe to write. False: nothing is left of it. */
static bool target_clean(struct pdf_target *target)
{
    char uri[URI_ROOM];

    if (target->kind != PDF_TARGET_URI)
        return target->kind == PDF_TARGET_DEST;
    bool safe = target->uri && uri_clean(target->uri, uri);
    char *clean = safe ? strdup(uri) : NULL;
    free(target->uri);
    target->uri = clean;
    target->kind = clean ? PDF_TARGET_URI : PDF_TARGET_NONE;
    return clean != NULL;
}

/* Destinations are in the space of the page before it was turned; how it was turned poppler does not say. */
static int dest_settle(struct redraw *r, struct pdf_target *target)
{
    scoped(pdf_page_close) struct pdf_page *page = NULL;
    struct pdf_dest *dest = &target->dest;

    if (target->kind != PDF_TARGET_DEST || !(dest->has_left || dest->has_top))
        return 0;
    int err = pdf_page_open(r->doc, dest->page - 1, &page);
    if (err == ERR_NOMEM)
        return err;
    if (err < 0 || !pdf_page_is_upright(page))
        dest->has_left = dest->has_top = false;
    return 0;
}

static int redraw_links(struct redraw *r, struct pdf_page *page, const struct shape *shape, struct pdf_links *links)
{
    size_t kept = 0;
    int err = pdf_page_links(r->doc, page, r->job, links);

    for (size_t i = 0; err == 0 && i < links->n; i++) {
        struct pdf_link link = links->rows[i];
        links->rows[i].target.uri = NULL; /* ours until the row is kept */
        bool meant = link.target.kind != PDF_TARGET_NONE; /* other actions are told by the look at the structure */
        bool placed = link.x1 > -1e5 && link.y1 > -1e5 && link.x2 < 1e5 && link.y2 < 1e5 && link.x1 < link.x2 &&
                      link.y1 < link.y2;
        if (!target_clean(&link.target) || !placed) {
            r->losses.links_dropped += meant;
            free(link.target.uri);
            continue;
        }
        err = dest_settle(r, &link.target);
        double s = shape->scale;
        links->rows[kept++] = (struct pdf_link){link.x1 * s, link.y1 * s, link.x2 * s, link.y2 * s, link.target};
    }
    if (err == 0)
        links->n = kept;
    r->losses.links += kept;
    return err;
}

/*
 * Text that is not shown as glyphs: recognised text laid invisibly over a scan,
 * which poppler does not draw, or outlines of letters. It is written again as
 * a text layer. Told by far more text than glyphs; asked only where that is
 * likely, as reading the text takes a quarter of the time of drawing.
 */
static int redraw_text(struct redraw *r, struct pdf_page *page, const struct shape *shape,
                       const struct canvas_ink *ink, struct assemble_page *out)
{
    scoped_buf ops = buf_new(TEXT_LAYER_MAX);
    scoped_free struct textlayer_char *chars = NULL;
    size_t n = 0;

    if (!ink->image && ink->glyphs > 0)
        return 0;
    int err = pdf_page_chars(page, &chars, &n);
    if (err < 0 || n == 0 || (ink->glyphs > 0 && n <= ink->glyphs * 4 + 8))
        return err;
    for (size_t i = 0; i < n; i++) {
        chars[i].x1 *= (float)shape->scale;
        chars[i].x2 *= (float)shape->scale;
        chars[i].y1 *= (float)shape->scale;
        chars[i].y2 *= (float)shape->scale;
    }
    struct textlayer layer = {chars, n};
    buf_printf(&ops, "Q\n"); /* undoes what cairo's content left of the graphics state */
    if ((err = textlayer_write(r->font, &layer, shape->h, &ops)) < 0)
        return err;
    return zpack(ops.bytes, ops.len, 6, &out->text, &out->text_n);
}

static int redraw_page(struct redraw *r, unsigned i)
{
    scoped(pdf_page_close) struct pdf_page *page = NULL;
    struct assemble_page *out = &r->pages[i];
    struct pdf_annots annots;
    struct canvas_ink ink;
    struct shape shape;
    struct _cairo *cr;
    int err = job_steps(r->job, 1);

    if (err < 0)
        return err;
    if ((err = pdf_page_open(r->doc, i, &page)) < 0)
        return err == ERR_MALFORMED ? job_fail(r->job, REASON_MALFORMED, "page %u cannot be read", i + 1) : err;
    if ((err = shape_of(r->job, page, 72, &shape)) < 0 || (err = pdf_page_prepare(page, r->job, &annots)) < 0 ||
        (err = canvas_page(r->canvas, shape.w, shape.h, &cr)) < 0)
        return err;
    losses_annots(&r->losses, &annots);
    canvas_scale(cr, shape.scale);
    pdf_page_draw(page, cr, true);
    if ((err = canvas_page_end(r->canvas, &ink)) < 0)
        return err == ERR_FAULT ? job_fail(r->job, REASON_MALFORMED, "page %u cannot be drawn", i + 1) : err;
    if (!ink.image && ink.glyphs == 0 && (err = ink_check(r->job, page, i, &shape)) < 0)
        return err;
    out->height = shape.h;
    out->label = pdf_page_label(page);
    if ((err = redraw_links(r, page, &shape, &out->links)) < 0)
        return err;
    return redraw_text(r, page, &shape, &ink, out);
}

static int redraw_bookmarks(struct redraw *r)
{
    int err = pdf_doc_bookmarks(r->doc, r->job, &r->bookmarks);

    for (size_t i = 0; err == 0 && i < r->bookmarks.n; i++) {
        struct pdf_target *target = &r->bookmarks.rows[i].target;
        bool meant = target->kind != PDF_TARGET_NONE;
        if (!target_clean(target))
            r->losses.bookmarks_dropped += meant;
        err = dest_settle(r, target);
    }
    r->losses.bookmarks = r->bookmarks.n;
    r->losses.bookmarks_dropped += (unsigned)r->bookmarks.dropped;
    return err;
}

static int redraw_pages(struct redraw *r)
{
    const struct fmt_options *options = job_options(r->job);
    struct canvas_setup setup = {
        .write = to_scratch,
        .ctx = r,
        .jpeg_quality = options->jpeg_quality,
        .pixels = (uint64_t)SHAPE_PIXELS_MAX,
    };
    int err;

    r->pages = calloc(r->count, sizeof *r->pages);
    if (!r->pages)
        return ERR_NOMEM;
    if ((err = textlayer_font_new(&r->font)) < 0 || (err = canvas_new(&setup, &r->canvas)) < 0)
        return err;
    for (unsigned i = 0; i < r->count; i++)
        if ((err = redraw_page(r, i)) < 0)
            return err;
    if ((err = canvas_finish(r->canvas)) < 0)
        return err;
    canvas_free(&r->canvas);
    return 0;
}

int redraw_run(struct fmt_job *job)
{
    scoped(redraw_clear) struct redraw r = {.job = job};
    int err = losses_begin(job, &r.losses, &r.doc);

    if (err < 0)
        return err;
    r.count = pdf_doc_pages(r.doc);
    if ((err = redraw_pages(&r)) < 0 || (err = redraw_bookmarks(&r)) < 0 ||
        (err = losses_end(job, &r.losses, r.doc)) < 0)
        return err;
    struct assemble all = {
        .job = job,
        .drawn = r.drawn,
        .pages = r.pages,
        .page_count = r.count,
        .bookmarks = &r.bookmarks,
        .font = r.font,
    };
    if ((err = assemble_run(&all)) < 0)
        return err;
    return out_finish(job, NULL);
}
