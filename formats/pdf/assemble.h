/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_PDF_ASSEMBLE_H
#define SEKIMORI_PDF_ASSEMBLE_H

/*
 * Makes the final PDF out of what cairo drew: its page contents, pictures and
 * fonts are taken over object by object; catalog, cross-reference table,
 * bookmarks, links, page labels and text layers are written here. (cairo's own
 * links leave an object number without an object, and its trailer a date.)
 */
#include "formats/format.h"
#include "formats/imagepdf/textlayer.h"
#include "lib_poppler.h"

/* What a page gets beside its drawing. */
struct assemble_page {
    double height; /* points */
    struct pdf_links links; /* targets already cleaned */
    char *label;            /* NULL: its number */
    uint8_t *text;          /* deflated operators of an invisible text layer, or NULL */
    size_t text_n;
};

struct assemble {
    struct fmt_job *job;
    uint64_t drawn; /* bytes of cairo's PDF, at the start of the scratch space */
    struct assemble_page *pages;
    unsigned page_count;
    const struct pdf_bookmarks *bookmarks;
    const struct textlayer_font *font; /* of the text layers */
};

/* Frees what a page holds. */
void assemble_page_clear(struct assemble_page *page);

/* Writes the document to the output. ERR_FAULT when cairo's PDF is not as expected, ERR_NOMEM, or the job's errors. */
int assemble_run(const struct assemble *assemble) must_check;

#endif
