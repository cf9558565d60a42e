/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_LIB_FREETYPE_H
#define SEKIMORI_LIB_FREETYPE_H

#include <stdbool.h>

/* While on, no library in this process gets at the tables of a font, only at the outlines of its glyphs. */
void freetype_outlines_only(bool on);

#endif
