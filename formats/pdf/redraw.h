/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_PDF_REDRAW_H
#define SEKIMORI_PDF_REDRAW_H

#include "formats/format.h"

/*
 * The handler's `sanitize`: draws every page again as vectors and text, and
 * adds the links, bookmarks and page labels that are safe. No object, stream
 * or font program of the input is carried over.
 */
int redraw_run(struct fmt_job *job) must_check;

#endif
