/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_PDF_INK_H
#define SEKIMORI_PDF_INK_H

#include "formats/format.h"
#include "lib_poppler.h"
#include "shape.h"

/*
 * A page with text that shows nothing is what a missing font or character map
 * looks like: no error, and a blank page in the hands of the receiver. Such a
 * page holds the file, whatever the cause; text that is only hidden (rendering
 * mode 3 without a picture) is no reason to pass a blank page either. White on
 * white cannot be told from that and is held as well, when nothing else is on
 * the page.
 */

/* Number of characters that leave ink in a font that has them. */
size_t ink_count(const char *text);

/* Records REASON_NO_INK for page i (from 0). */
int ink_fail(struct fmt_job *job, unsigned i);

/*
 * Looks at a page from which neither glyphs nor a picture were seen coming:
 * when it has text, draws it small and asks for anything that is not all one
 * colour. ERR_REFUSED, recorded, when it is blank.
 */
int ink_check(struct fmt_job *job, struct pdf_page *page, unsigned i, const struct shape *shape) must_check;

#endif
