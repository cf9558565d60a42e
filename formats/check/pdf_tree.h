/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_CHECK_PDF_TREE_H
#define SEKIMORI_CHECK_PDF_TREE_H

/*
 * The object graph of a finished PDF against tables of what may be in it: each
 * object is of one known kind, has known keys only, and every value is checked.
 * What no table names is refused.
 */
#include "formats/format.h"
#include "lib_qpdf.h"
#include "pdf_layout.h"

/* Walks everything that can be reached. Refuses with job_fail. ERR_NOMEM, ERR_LIMIT. */
int pdf_tree_walk(struct fmt_job *job, struct qdoc *doc, const struct pdf_layout *layout) must_check;

#endif
