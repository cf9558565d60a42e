/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_PDF_URI_H
#define SEKIMORI_PDF_URI_H

#include <stdbool.h>
#include <stddef.h>

#define URI_ROOM 2048 /* bytes with NUL; longer targets are refused */

/*
 * Rewrites the target of a link (RFC 3986) into out: http, https with a host,
 * or mailto with an address; anything that is not printable ASCII, and every
 * delimiter of PDF strings, percent-encoded. False, and out untouched, for any
 * other scheme, for control characters (browsers skip them, so that
 * "java<TAB>script:" runs), and when it does not fit.
 */
bool uri_clean(const char *text, char out[URI_ROOM]);

#endif
