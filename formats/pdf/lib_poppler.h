/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_LIB_POPPLER_H
#define SEKIMORI_LIB_POPPLER_H

/*
 * poppler: reads a hostile PDF, draws its pages and tells what else is there.
 * Strings that come out are UTF-8 of the sender's choice: malloc'd, the
 * caller's to free, at most PDF_STRING_MAX bytes, not yet cleaned.
 */
#include "formats/format.h"
#include "formats/imagepdf/textlayer.h"

struct _cairo;

#define PDF_STRING_MAX 4096

struct pdf_doc;
struct pdf_page;

/*
 * Opens a document over bytes that must outlive it. ERR_LOCKED when it needs a
 * password, ERR_MALFORMED when it cannot be read or has no page, ERR_NOMEM.
 */
int pdf_doc_open(const struct fmt_in *in, struct pdf_doc **doc_out) must_check;
void pdf_doc_close(struct pdf_doc **doc);

/* Number of pages, at least 1. */
unsigned pdf_doc_pages(const struct pdf_doc *doc);

/* What poppler had to repair or could not do since the document was opened. */
struct pdf_trouble {
    uint32_t count;
    char first[160]; /* its first word on it */
};
const struct pdf_trouble *pdf_doc_trouble(const struct pdf_doc *doc);

/* What is in the document beside its pages, as far as poppler says. */
struct pdf_facts {
    bool javascript;
    unsigned attachments, hidden_layers, signatures;
};
void pdf_doc_facts(struct pdf_doc *doc, struct pdf_facts *facts_out);

/* A place inside the document. */
struct pdf_dest {
    unsigned page; /* 1-based */
    bool has_left, has_top;
    double left, top; /* in points from the lower left corner of the page's crop box, not turned */
};

enum pdf_target_kind {
    PDF_TARGET_NONE = 0, /* no action, or one that is not passed on */
    PDF_TARGET_LOST,     /* a place that does not exist */
    PDF_TARGET_DEST,
    PDF_TARGET_URI,
};

/* What a link or bookmark leads to. */
struct pdf_target {
    enum pdf_target_kind kind;
    struct pdf_dest dest;
    char *uri;
};

/* One bookmark; children follow their parent one level deeper. */
struct pdf_bookmark {
    unsigned depth; /* 0: top level */
    bool open;
    char *title;
    struct pdf_target target;
};

#define PDF_BOOKMARK_DEPTH 32
#define PDF_BOOKMARKS_MAX 20000

struct pdf_bookmarks {
    struct pdf_bookmark *rows;
    size_t n, room;
    size_t dropped; /* past the limits above: also what a cycle ends in */
};

/* Reads the bookmarks. Counts each as a step of the job. ERR_LIMIT, ERR_NOMEM. Free with pdf_bookmarks_clear. */
int pdf_doc_bookmarks(struct pdf_doc *doc, struct fmt_job *job, struct pdf_bookmarks *out) must_check;
void pdf_bookmarks_clear(struct pdf_bookmarks *list);

/* Opens page i (from 0). ERR_MALFORMED when the document has no readable page there. */
int pdf_page_open(struct pdf_doc *doc, unsigned i, struct pdf_page **page_out) must_check;
void pdf_page_close(struct pdf_page **page);

/* Width and height in points of the page as shown: crop box, turned. ERR_MALFORMED unless both are over 0. */
int pdf_page_size(const struct pdf_page *page, double *w_out, double *h_out) must_check;

/* True when the page is shown as its crop box lies, as far as poppler lets one tell. */
bool pdf_page_is_upright(const struct pdf_page *page);

/* The page's label, or NULL when it has none or it is just its number. */
char *pdf_page_label(const struct pdf_page *page);

struct pdf_link {
    double x1, y1, x2, y2; /* points from the lower left corner of the page as shown */
    struct pdf_target target;
};

struct pdf_links {
    struct pdf_link *rows;
    size_t n, room;
};

/* The page's links in reading order of the file; counts objects of the job. ERR_LIMIT, ERR_NOMEM. */
int pdf_page_links(struct pdf_doc *doc, struct pdf_page *page, struct fmt_job *job, struct pdf_links *out) must_check;
void pdf_links_clear(struct pdf_links *list);

/* Annotations that lose their activity when the page is drawn. Links are told by pdf_page_links. */
enum pdf_annot_class {
    PDF_ANNOT_OTHER = 0,  /* not carried over: watermark, printer's mark, unknown, RichMedia */
    PDF_ANNOT_COMMENT,    /* notes, highlights, stamps and the like: drawn */
    PDF_ANNOT_POPUP,      /* the window of a comment */
    PDF_ANNOT_ATTACHMENT, /* a file's icon: drawn */
    PDF_ANNOT_MEDIA,      /* film, sound, 3D, screen */
    PDF_ANNOT_WIDGET,     /* a form field: drawn with its value */
    PDF_ANNOT_CLASSES
};

struct pdf_annots {
    unsigned count[PDF_ANNOT_CLASSES];
    unsigned hidden; /* of them not shown on screen: not drawn */
};

/*
 * Counts the page's annotations and makes those print that are shown on
 * screen and no others, so that pdf_page_draw(.., true) draws what a reader
 * sees. Counts objects of the job: ERR_LIMIT.
 */
int pdf_page_prepare(struct pdf_page *page, struct fmt_job *job, struct pdf_annots *annots_out) must_check;

/*
 * Draws the page in points from its top left corner. `printing`: full image
 * resolution and no screen adjustment, for vector output; else for a bitmap,
 * and the text of the page is then known without a second pass.
 */
void pdf_page_draw(struct pdf_page *page, struct _cairo *cr, bool printing);

/* The text in reading order, lines ended by \n; "" when there is none. Not limited by PDF_STRING_MAX. ERR_NOMEM. */
int pdf_page_text(struct pdf_page *page, char **text_out) must_check;

/* The characters with their boxes, in the same order. *chars_out is malloc'd, NULL when there are none. ERR_NOMEM. */
int pdf_page_chars(struct pdf_page *page, struct textlayer_char **chars_out, size_t *n_out) must_check;

#endif
