/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only file that knows poppler-glib. Runs in the pdf worker on hostile
 * bytes; poppler repairs silently, so what it logs is kept as "damage".
 * Nothing is trusted that comes back: numbers may be NaN, pages out of range,
 * strings of any length.
 */
#include "lib_poppler.h"

#include <math.h>
#include <poppler.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

struct pdf_doc {
    PopplerDocument *poppler;
    GBytes *bytes;
    unsigned pages;
    guint log_handler;
    struct pdf_trouble trouble;
};

struct pdf_page {
    PopplerPage *poppler;
    unsigned index;
};

static void gfree_text(gchar **text)
{
    g_free(*text);
}

static void gerror_free(GError **error)
{
    g_clear_error(error);
}

/* A copy in our own memory, cut to what any string of ours may be. NULL stays NULL. */
static char *own_text(const char *text)
{
    size_t n = text ? strnlen(text, PDF_STRING_MAX) : 0;
    char *own = text ? malloc(n + 1) : NULL;

    if (own) {
        memcpy(own, text, n);
        own[n] = '\0';
    }
    return own;
}

/* poppler's words on what it met; warnings are about matters of taste, or about what is not passed on anyway. */
static void on_log(const gchar *domain, GLogLevelFlags level, const gchar *message, gpointer ctx)
{
    struct pdf_trouble *trouble = ctx;

    (void)domain;
    (void)level;
    if (!message || (!g_str_has_prefix(message, "Syntax error") && !g_str_has_prefix(message, "IO error") &&
                     !g_str_has_prefix(message, "Internal error")))
        return;
    if (trouble->count == 0)
        (void)snprintf(trouble->first, sizeof trouble->first, "%s", message);
    if (trouble->count < UINT32_MAX)
        trouble->count++;
}

int pdf_doc_open(const struct fmt_in *in, struct pdf_doc **doc_out)
{
    scoped(pdf_doc_close) struct pdf_doc *doc = calloc(1, sizeof *doc);
    scoped(gerror_free) GError *error = NULL;

    if (!doc)
        return ERR_NOMEM;
    if (in->len > G_MAXINT) /* poppler keeps offsets in long, but page and string lengths in int */
        return ERR_MALFORMED;
    doc->log_handler = g_log_set_handler("Poppler", (GLogLevelFlags)(G_LOG_LEVEL_MASK | G_LOG_FLAG_RECURSION), on_log,
                                         &doc->trouble);
    doc->bytes = g_bytes_new_static(in->bytes, (gsize)in->len);
    doc->poppler = poppler_document_new_from_bytes(doc->bytes, NULL, &error);
    if (!doc->poppler)
        return g_error_matches(error, POPPLER_ERROR, POPPLER_ERROR_ENCRYPTED) ? ERR_LOCKED : ERR_MALFORMED;
    int pages = poppler_document_get_n_pages(doc->poppler);
    if (pages <= 0)
        return ERR_MALFORMED;
    doc->pages = (unsigned)pages;
    *doc_out = steal(doc);
    return 0;
}

void pdf_doc_close(struct pdf_doc **doc)
{
    if (!*doc)
        return;
    if ((*doc)->poppler)
        g_object_unref((*doc)->poppler);
    if ((*doc)->bytes)
        g_bytes_unref((*doc)->bytes);
    if ((*doc)->log_handler)
        g_log_remove_handler("Poppler", (*doc)->log_handler);
    free(*doc);
    *doc = NULL;
}

unsigned pdf_doc_pages(const struct pdf_doc *doc)
{
    return doc->pages;
}

const struct pdf_trouble *pdf_doc_trouble(const struct pdf_doc *doc)
{
    return &doc->trouble;
}

/* Layers that are off when the document is opened; poppler does not draw them. */
static unsigned count_hidden_layers(PopplerLayersIter *iter, unsigned depth)
{
    unsigned hidden = 0;

    if (!iter || depth > PDF_BOOKMARK_DEPTH)
        return 0;
    do {
        PopplerLayer *layer = poppler_layers_iter_get_layer(iter);
        hidden += layer && !poppler_layer_is_visible(layer);
        if (layer)
            g_object_unref(layer);
        PopplerLayersIter *child = poppler_layers_iter_get_child(iter);
        hidden += count_hidden_layers(child, depth + 1);
        if (child)
            poppler_layers_iter_free(child);
    } while (poppler_layers_iter_next(iter));
    return hidden;
}

void pdf_doc_facts(struct pdf_doc *doc, struct pdf_facts *facts_out)
{
    PopplerLayersIter *layers = poppler_layers_iter_new(doc->poppler);
    gint signatures = poppler_document_get_n_signatures(doc->poppler);

    *facts_out = (struct pdf_facts){
        .javascript = poppler_document_has_javascript(doc->poppler),
        .attachments = poppler_document_get_n_attachments(doc->poppler),
        .hidden_layers = count_hidden_layers(layers, 0),
        .signatures = signatures > 0 ? (unsigned)signatures : 0,
    };
    if (layers)
        poppler_layers_iter_free(layers);
}

/* ---- Targets ----------------------------------------------------------------- */

static bool is_place(double v)
{
    return v > -1e6 && v < 1e6; /* false for NaN too */
}

static void dest_read(const struct pdf_doc *doc, const PopplerDest *dest, struct pdf_target *out)
{
    if (!dest || dest->page_num < 1 || (unsigned)dest->page_num > doc->pages)
        return;
    bool xyz = dest->type == POPPLER_DEST_XYZ || dest->type == POPPLER_DEST_FITR;
    bool left = xyz || dest->type == POPPLER_DEST_FITV || dest->type == POPPLER_DEST_FITBV;
    bool top = xyz || dest->type == POPPLER_DEST_FITH || dest->type == POPPLER_DEST_FITBH;
    out->kind = PDF_TARGET_DEST;
    out->dest = (struct pdf_dest){
        .page = (unsigned)dest->page_num,
        .has_left = left && (dest->change_left || dest->type == POPPLER_DEST_FITR) && is_place(dest->left),
        .has_top = top && (dest->change_top || dest->type == POPPLER_DEST_FITR) && is_place(dest->top),
        .left = dest->left,
        .top = dest->top,
    };
}

static int target_read(struct pdf_doc *doc, const PopplerAction *action, struct pdf_target *out)
{
    *out = (struct pdf_target){0};
    if (!action)
        return 0;
    if (action->type == POPPLER_ACTION_URI && action->uri.uri) {
        out->uri = own_text(action->uri.uri);
        if (!out->uri)
            return ERR_NOMEM;
        out->kind = PDF_TARGET_URI;
    } else if (action->type == POPPLER_ACTION_GOTO_DEST && action->goto_dest.dest) {
        const PopplerDest *dest = action->goto_dest.dest;
        out->kind = PDF_TARGET_LOST;
        if (dest->type != POPPLER_DEST_NAMED) {
            dest_read(doc, dest, out);
        } else if (dest->named_dest) {
            PopplerDest *found = poppler_document_find_dest(doc->poppler, dest->named_dest);
            dest_read(doc, found, out);
            if (found)
                poppler_dest_free(found);
        }
    }
    return 0;
}

/* ---- Bookmarks ---------------------------------------------------------------- */

void pdf_bookmarks_clear(struct pdf_bookmarks *list)
{
    for (size_t i = 0; i < list->n; i++) {
        free(list->rows[i].title);
        free(list->rows[i].target.uri);
    }
    free(list->rows);
    *list = (struct pdf_bookmarks){0};
}

static int bookmark_add(struct pdf_doc *doc, PopplerIndexIter *iter, unsigned depth, struct pdf_bookmarks *out)
{
    PopplerAction *action = poppler_index_iter_get_action(iter);
    struct pdf_bookmark row = {.depth = depth, .open = poppler_index_iter_is_open(iter)};
    int err = 0;

    if (out->n == out->room) {
        size_t room = out->room ? out->room * 2 : 64;
        struct pdf_bookmark *rows = realloc(out->rows, room * sizeof *rows);
        err = rows ? 0 : ERR_NOMEM;
        out->rows = rows ? rows : out->rows;
        out->room = rows ? room : out->room;
    }
    if (err == 0)
        err = target_read(doc, action, &row.target);
    if (err == 0) {
        row.title = own_text(action && action->any.title ? action->any.title : "");
        err = row.title ? 0 : ERR_NOMEM;
    }
    if (action)
        poppler_action_free(action);
    if (err < 0)
        free(row.target.uri);
    else
        out->rows[out->n++] = row;
    return err;
}

static int bookmarks_walk(struct pdf_doc *doc, struct fmt_job *job, PopplerIndexIter *iter, unsigned depth,
                          struct pdf_bookmarks *out)
{
    do {
        int err = job_steps(job, 1);
        if (err < 0)
            return err;
        if (out->n >= PDF_BOOKMARKS_MAX || depth >= PDF_BOOKMARK_DEPTH) {
            out->dropped++;
            return 0;
        }
        if ((err = bookmark_add(doc, iter, depth, out)) < 0)
            return err;
        PopplerIndexIter *child = poppler_index_iter_get_child(iter);
        err = child ? bookmarks_walk(doc, job, child, depth + 1, out) : 0;
        if (child)
            poppler_index_iter_free(child);
        if (err < 0)
            return err;
    } while (poppler_index_iter_next(iter));
    return 0;
}

int pdf_doc_bookmarks(struct pdf_doc *doc, struct fmt_job *job, struct pdf_bookmarks *out)
{
    scoped(pdf_bookmarks_clear) struct pdf_bookmarks list = {0};
    PopplerIndexIter *iter = poppler_index_iter_new(doc->poppler);

    if (iter) {
        int err = bookmarks_walk(doc, job, iter, 0, &list);
        poppler_index_iter_free(iter);
        if (err < 0)
            return err;
    }
    *out = list;
    list = (struct pdf_bookmarks){0};
    return 0;
}

/* ---- Pages ---------------------------------------------------------------------- */

int pdf_page_open(struct pdf_doc *doc, unsigned i, struct pdf_page **page_out)
{
    scoped(pdf_page_close) struct pdf_page *page = calloc(1, sizeof *page);

    if (!page)
        return ERR_NOMEM;
    page->index = i;
    page->poppler = i < doc->pages ? poppler_document_get_page(doc->poppler, (int)i) : NULL;
    if (!page->poppler)
        return ERR_MALFORMED;
    *page_out = steal(page);
    return 0;
}

void pdf_page_close(struct pdf_page **page)
{
    if (!*page)
        return;
    if ((*page)->poppler)
        g_object_unref((*page)->poppler);
    free(*page);
    *page = NULL;
}

int pdf_page_size(const struct pdf_page *page, double *w_out, double *h_out)
{
    double w = 0, h = 0;

    poppler_page_get_size(page->poppler, &w, &h);
    if (!(w > 0 && h > 0 && isfinite(w) && isfinite(h)))
        return ERR_MALFORMED;
    *w_out = w;
    *h_out = h;
    return 0;
}

bool pdf_page_is_upright(const struct pdf_page *page)
{
    PopplerRectangle crop = {0};
    double w = 0, h = 0;

    poppler_page_get_crop_box(page->poppler, &crop);
    poppler_page_get_size(page->poppler, &w, &h);
    return fabs(crop.x2 - crop.x1 - w) < 0.5 && fabs(crop.y2 - crop.y1 - h) < 0.5;
}

char *pdf_page_label(const struct pdf_page *page)
{
    scoped(gfree_text) gchar *label = poppler_page_get_label(page->poppler);
    char number[16];

    (void)snprintf(number, sizeof number, "%u", page->index + 1);
    return label && label[0] && strcmp(label, number) != 0 ? own_text(label) : NULL;
}

void pdf_links_clear(struct pdf_links *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->rows[i].target.uri);
    free(list->rows);
    *list = (struct pdf_links){0};
}

static int links_fill(struct pdf_doc *doc, const GList *found, struct fmt_job *job, struct pdf_links *out)
{
    for (const GList *at = found; at; at = at->next) {
        const PopplerLinkMapping *mapping = at->data;
        const PopplerRectangle *r = &mapping->area;
        struct pdf_link *row = &out->rows[out->n];
        int err = job_objects(job, 1);
        if (err < 0 || (err = target_read(doc, mapping->action, &row->target)) < 0)
            return err;
        *row = (struct pdf_link){r->x1, r->y1, r->x2, r->y2, row->target};
        out->n++;
    }
    return 0;
}

int pdf_page_links(struct pdf_doc *doc, struct pdf_page *page, struct fmt_job *job, struct pdf_links *out)
{
    scoped(pdf_links_clear) struct pdf_links list = {0};
    GList *found = g_list_reverse(poppler_page_get_link_mapping(page->poppler));
    int err = 0;

    list.room = g_list_length(found);
    list.rows = calloc(list.room + 1, sizeof *list.rows);
    err = list.rows ? links_fill(doc, found, job, &list) : ERR_NOMEM;
    poppler_page_free_link_mapping(found);
    if (err < 0)
        return err;
    *out = list;
    list = (struct pdf_links){0};
    return 0;
}

/* What has no row here is PDF_ANNOT_OTHER. */
static enum pdf_annot_class annot_class(PopplerAnnotType type)
{
    static const enum pdf_annot_class classes[] = {
        [POPPLER_ANNOT_TEXT] = PDF_ANNOT_COMMENT,
        [POPPLER_ANNOT_FREE_TEXT] = PDF_ANNOT_COMMENT,
        [POPPLER_ANNOT_LINE] = PDF_ANNOT_COMMENT,
        [POPPLER_ANNOT_SQUARE] = PDF_ANNOT_COMMENT,
        [POPPLER_ANNOT_CIRCLE] = PDF_ANNOT_COMMENT,
        [POPPLER_ANNOT_POLYGON] = PDF_ANNOT_COMMENT,
        [POPPLER_ANNOT_POLY_LINE] = PDF_ANNOT_COMMENT,
        [POPPLER_ANNOT_HIGHLIGHT] = PDF_ANNOT_COMMENT,
        [POPPLER_ANNOT_UNDERLINE] = PDF_ANNOT_COMMENT,
        [POPPLER_ANNOT_SQUIGGLY] = PDF_ANNOT_COMMENT,
        [POPPLER_ANNOT_STRIKE_OUT] = PDF_ANNOT_COMMENT,
        [POPPLER_ANNOT_STAMP] = PDF_ANNOT_COMMENT,
        [POPPLER_ANNOT_CARET] = PDF_ANNOT_COMMENT,
        [POPPLER_ANNOT_INK] = PDF_ANNOT_COMMENT,
        [POPPLER_ANNOT_POPUP] = PDF_ANNOT_POPUP,
        [POPPLER_ANNOT_FILE_ATTACHMENT] = PDF_ANNOT_ATTACHMENT,
        [POPPLER_ANNOT_SOUND] = PDF_ANNOT_MEDIA,
        [POPPLER_ANNOT_MOVIE] = PDF_ANNOT_MEDIA,
        [POPPLER_ANNOT_SCREEN] = PDF_ANNOT_MEDIA,
        [POPPLER_ANNOT_3D] = PDF_ANNOT_MEDIA,
        [POPPLER_ANNOT_WIDGET] = PDF_ANNOT_WIDGET,
    };

    return (size_t)type < ARRAY_LEN(classes) ? classes[type] : PDF_ANNOT_OTHER;
}

/*
 * Poppler draws for print what has the print flag, and all form fields. A
 * reader sees what is neither hidden nor "no view": that becomes the print flag.
 */
static bool annot_prepare(PopplerAnnot *annot)
{
    unsigned flags = poppler_annot_get_flags(annot);
    const unsigned unseen = POPPLER_ANNOT_FLAG_HIDDEN | POPPLER_ANNOT_FLAG_NO_VIEW | POPPLER_ANNOT_FLAG_INVISIBLE;
    bool hidden = (flags & (POPPLER_ANNOT_FLAG_HIDDEN | POPPLER_ANNOT_FLAG_NO_VIEW)) != 0;
    unsigned want = hidden ? (flags & ~(unsigned)POPPLER_ANNOT_FLAG_PRINT) | POPPLER_ANNOT_FLAG_HIDDEN
                           : (flags & ~unseen) | POPPLER_ANNOT_FLAG_PRINT;

    if (want != flags)
        poppler_annot_set_flags(annot, (PopplerAnnotFlag)want);
    return hidden;
}

int pdf_page_prepare(struct pdf_page *page, struct fmt_job *job, struct pdf_annots *annots_out)
{
    GList *found = poppler_page_get_annot_mapping(page->poppler);
    struct pdf_annots counts = {0};
    int err = 0;

    for (const GList *at = found; at && err == 0; at = at->next) {
        PopplerAnnot *annot = ((const PopplerAnnotMapping *)at->data)->annot;
        PopplerAnnotType type = poppler_annot_get_annot_type(annot);
        bool hidden = annot_prepare(annot);
        err = job_objects(job, 1);
        if (type == POPPLER_ANNOT_LINK)
            continue;
        counts.count[annot_class(type)]++;
        counts.hidden += hidden && type != POPPLER_ANNOT_POPUP;
    }
    poppler_page_free_annot_mapping(found);
    if (err < 0)
        return err;
    *annots_out = counts;
    return 0;
}

void pdf_page_draw(struct pdf_page *page, struct _cairo *cr, bool printing)
{
    if (printing)
        poppler_page_render_for_printing(page->poppler, cr);
    else
        poppler_page_render(page->poppler, cr);
}

int pdf_page_text(struct pdf_page *page, char **text_out)
{
    scoped(gfree_text) gchar *text = poppler_page_get_text(page->poppler);
    char *own = strdup(text ? text : "");

    if (!own)
        return ERR_NOMEM;
    *text_out = own;
    return 0;
}

int pdf_page_chars(struct pdf_page *page, struct textlayer_char **chars_out, size_t *n_out)
{
    scoped(gfree_text) gchar *text = poppler_page_get_text(page->poppler);
    PopplerRectangle *boxes = NULL;
    guint count = 0;
    size_t left = text ? strlen(text) : 0, n = 0;

    if (left == 0 || !poppler_page_get_text_layout(page->poppler, &boxes, &count) || count == 0) {
        g_free(boxes);
        *chars_out = NULL;
        *n_out = 0;
        return 0;
    }
    struct textlayer_char *chars = calloc(count, sizeof *chars);
    for (const char *p = text; chars && left > 0 && n < count; n++) {
        uint32_t c = 0;
        size_t len = utf8_decode(p, left, &c);
        const PopplerRectangle *r = &boxes[n];
        chars[n] = (struct textlayer_char){len ? c : 0, (float)r->x1, (float)r->y1, (float)r->x2, (float)r->y2};
        p += len ? len : 1;
        left -= len ? len : 1;
    }
    g_free(boxes);
    if (!chars)
        return ERR_NOMEM;
    *chars_out = chars;
    *n_out = n;
    return 0;
}
