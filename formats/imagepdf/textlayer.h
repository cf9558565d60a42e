/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_TEXTLAYER_H
#define SEKIMORI_TEXTLAYER_H

/*
 * The invisible text over a picture of a page (text rendering mode 3, ISO
 * 32000-1, 9.3.6), so that the result can be searched and copied from. The
 * sender chooses the characters, but only characters: nothing of his strings
 * reaches the content stream except numbers given out here.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/scope.h"

/* One character and its box, in points from the top left corner of the page as it is shown. */
struct textlayer_char {
    uint32_t c;
    float x1, y1, x2, y2;
};

struct textlayer {
    const struct textlayer_char *chars;
    size_t n;
};

/* Which characters a document uses: gives each a number (CID) of the one font. */
struct textlayer_font;

/* A font without characters; ERR_NOMEM. The caller frees it. */
int textlayer_font_new(struct textlayer_font **font_out) must_check;
void textlayer_font_free(struct textlayer_font **font);
/* True when any character got a number. */
bool textlayer_font_is_used(const struct textlayer_font *font);

/*
 * Appends the operators that lay the text over a page of the given height in
 * points; the font is named /t. Characters that are not text (control, bidi
 * overrides, noncharacters) are left out. Words become one string each, placed
 * exactly; lines that run down the page are turned. ERR_LIMIT when the
 * document has over 65,535 distinct characters, ERR_NOMEM or the buffer's error.
 */
int textlayer_write(struct textlayer_font *font, const struct textlayer *text, double page_height,
                    struct buf *ops) must_check;

/* Appends the ToUnicode CMap of the font (ISO 32000-1, 9.10.3), not compressed. */
int textlayer_cmap(const struct textlayer_font *font, struct buf *out) must_check;

/*
 * The bytes of a TrueType font whose two glyphs have no outline, so that no
 * reader substitutes a font of its own. Deterministic.
 */
void textlayer_glyphless(struct buf *out);

#endif
