/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_PDF_EXTRACT_H
#define SEKIMORI_PDF_EXTRACT_H

#include "formats/format.h"

/* The handler's `text`: UTF-8 text of all pages in reading order, LF line ends, an empty line between pages. */
int extract_run(struct fmt_job *job) must_check;

#endif
