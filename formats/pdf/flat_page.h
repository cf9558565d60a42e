/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_PDF_FLAT_PAGE_H
#define SEKIMORI_PDF_FLAT_PAGE_H

/* One page as a coded picture and its text: made in any process of the job, written by the main one. */
#include "base/buf.h"
#include "formats/imagepdf/imagepdf.h"
#include "lib_poppler.h"

struct flat_page {
    double w, h; /* points */
    struct imagepdf_image image; /* stream and palette point to the two below */
    uint8_t palette[256 * 3];
    uint8_t *stream;
    struct textlayer_char *chars;
    size_t n;
    enum reason reason; /* REASON_OK, or why there is no page */
    char detail[128];
};

/* Frees what it holds and zeroes it. */
void flat_page_clear(struct flat_page *page);

/*
 * Renders page i (from 0) at the resolution of the job's options and codes it.
 * Failures that have a reason are recorded in the job. ERR_LIMIT, ERR_REFUSED
 * (text without ink), ERR_MALFORMED, ERR_NOMEM, ERR_FAULT.
 */
int flat_page_make(struct fmt_job *job, struct pdf_doc *doc, unsigned i, struct flat_page *page_out) must_check;

/* Writes a page, or only the reason why there is none, as a blob for the main process. The buffer's error. */
int flat_page_write(const struct flat_page *page, struct buf *out) must_check;

/* Reads such a blob; all sizes are checked, the bytes are copied. ERR_FAULT when it is not well formed, ERR_NOMEM. */
int flat_page_read(const uint8_t *bytes, size_t n, struct flat_page *page_out) must_check;

#define FLAT_BLOB_MAX ((size_t)192 << 20) /* of one page; its bitmap has at most 160 MB */
#define FLAT_CHARS_MAX 300000u            /* characters of one page's text layer; more are left out */

#endif
