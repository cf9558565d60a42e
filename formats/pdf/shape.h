/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_PDF_SHAPE_H
#define SEKIMORI_PDF_SHAPE_H

#include "formats/format.h"
#include "lib_poppler.h"

/* How large a page comes out. */
struct shape {
    double w, h;  /* points of the output page */
    double scale; /* of the drawing: 1 but for pages larger than readers accept */
    uint32_t px_w, px_h; /* as a bitmap at the wanted resolution */
};

/*
 * Measures a page; dpi is lowered for pages that would have more than
 * SHAPE_PIXELS_MAX pixels. Counts the bitmap against the job's pixel budget.
 * ERR_MALFORMED for a page without a size, ERR_LIMIT.
 */
#define SHAPE_PIXELS_MAX 40000000.0 /* A0 at 150 dpi has 35 million */
int shape_of(struct fmt_job *job, const struct pdf_page *page, double dpi, struct shape *shape_out) must_check;

#endif
