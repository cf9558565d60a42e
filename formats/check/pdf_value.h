/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_CHECK_PDF_VALUE_H
#define SEKIMORI_CHECK_PDF_VALUE_H

#include "lib_qpdf.h"
#include "pdf_rules.h"

/* Finite and of a size that means something on a page. */
bool pdf_value_is_number(struct qdoc *doc, struct qnode v);

/* True when a value is what its row says; for rules before PDF_RULE_VALUES, false for others. */
bool pdf_value_is(struct qdoc *doc, const struct pdf_row *row, struct qnode v);

#endif
