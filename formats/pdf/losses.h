/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_PDF_LOSSES_H
#define SEKIMORI_PDF_LOSSES_H

/* What drawing a document again takes out of it, collected for the report. */
#include "formats/format.h"
#include "lib_poppler.h"
#include "scan.h"

struct losses {
    struct scan scan;
    struct pdf_facts facts;
    struct pdf_annots annots;  /* of all pages */
    unsigned links_dropped;    /* unsafe or leading nowhere */
    unsigned bookmarks_dropped; /* their targets, and bookmarks past the limits */
    uint64_t links, bookmarks; /* kept */
};

/*
 * Opens the document with the reason for failing recorded, counts its pages,
 * looks through the structure and reports what concerns the whole of it, so
 * that a policy that disallows any of it ends the work before a page is drawn.
 */
int losses_begin(struct fmt_job *job, struct losses *losses, struct pdf_doc **doc_out) must_check;

/* Adds a page's annotations. */
void losses_annots(struct losses *losses, const struct pdf_annots *annots);

/* Reports what the pages brought, and what poppler repaired. */
int losses_end(struct fmt_job *job, const struct losses *losses, const struct pdf_doc *doc) must_check;

#endif
