/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_PDF_H
#define SEKIMORI_PDF_H

#include "base/scope.h"

/*
 * Loads what the engine keeps for all files: fonts, character maps, the memory
 * allocator's settings. Runs once in the zygote, leaves it with one thread.
 * Draws a page with a Latin and a Japanese font that are not embedded and asks
 * for ink: without the font or poppler-data packages such pages come out blank
 * and nothing says so. ERR_FAULT when they do, ERR_NOMEM.
 *
 * Rendering reads fonts later: /usr/share/fonts, /usr/share/poppler,
 * /etc/fonts, /usr/share/fontconfig, /var/cache/fontconfig and
 * /etc/alternatives must stay readable.
 */
int pdf_warm(void) must_check;

#endif
