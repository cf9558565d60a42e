/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_CHECK_PDF_LAYOUT_H
#define SEKIMORI_CHECK_PDF_LAYOUT_H

/*
 * The bytes of a finished PDF from the first to the last: header, objects one
 * behind the other, one cross-reference table, one trailer, the end (ISO
 * 32000-1, 7.5). Nothing may stand between, before or behind them, and objects
 * are written in the plain way our writers use: no comment, no escape.
 */
#include "formats/format.h"

struct pdf_object {
    uint64_t at, end;          /* its bytes; at 0: a free number */
    uint64_t stream, stream_n; /* its stream's bytes; stream 0: none */
    uint32_t length_of;        /* number of the object that holds its /Length, 0: direct */
};

struct pdf_layout {
    struct pdf_object *objects; /* by number */
    uint32_t size;              /* numbers are below */
    uint32_t root;
};

/*
 * Reads the layout of the job's input; counts its bytes as steps and its
 * objects. Refuses (job_fail with REASON_CHECK_REFUSED) whatever is not as
 * described. ERR_NOMEM. Free with pdf_layout_clear.
 */
int pdf_layout_read(struct fmt_job *job, struct pdf_layout *layout_out) must_check;
void pdf_layout_clear(struct pdf_layout *layout);

#endif
