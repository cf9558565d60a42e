/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_CHECK_PDF_RULES_H
#define SEKIMORI_CHECK_PDF_RULES_H

/* What may be in a finished PDF (names and meanings: ISO 32000-1), as tables. */
#include <stdbool.h>
#include <stddef.h>

/* id, what it is, in words for a refusal */
#define PDF_NODE_LIST(X)                                                                                          \
    X(TRAILER, "trailer") X(CATALOG, "catalog") X(PAGES, "page tree") X(PAGE, "page") X(GROUP, "group")           \
    X(RESOURCES, "resources") X(STATE, "graphics state") X(MASK, "soft mask") X(XOBJECT, "XObject")               \
    X(IMAGE, "picture") X(FORM, "form XObject") X(PATTERN, "pattern") X(TILING, "tiling pattern")                 \
    X(GRADIENT, "shading pattern") X(SHADING, "shading") X(MESH, "mesh") X(FUNCTION, "function")                  \
    X(FONT, "font") X(FONT_TYPE0, "composite font") X(FONT_TYPE1, "simple font") X(FONT_TYPE3, "Type 3 font")     \
    X(CID_FONT, "CID font") X(CID_FONT0, "CID font") X(CID_FONT2, "CID font") X(CID_INFO, "CID system info")      \
    X(DESCRIPTOR, "font descriptor") X(FONT_FILE2, "glyphless font") X(FONT_FILE3, "font program")                \
    X(ENCODING, "encoding") X(GLYPHS, "glyph procedures") X(CONTENT, "content") X(GLYPH, "glyph")                 \
    X(CMAP, "character map") X(OUTLINES, "bookmarks") X(BOOKMARK, "bookmark") X(LINK, "link") X(URI, "URI action") \
    X(LABELS, "page labels") X(LABEL, "page label")

enum pdf_node {
    PDF_NODE_NONE = 0,
#define X(id, words) PDF_NODE_##id,
    PDF_NODE_LIST(X)
#undef X
    PDF_NODES
};

/* How a value is checked. */
enum pdf_rule {
    PDF_RULE_NONE = 0,
    PDF_RULE_NAMES,    /* one of the names in `words` */
    PDF_RULE_INTEGER,  /* within +-2^31 */
    PDF_RULE_NUMBER,
    PDF_RULE_BOOL,
    PDF_RULE_NUMBERS,  /* array of numbers */
    PDF_RULE_BOOLS,
    PDF_RULE_WIDTHS,   /* array of numbers and arrays of numbers */
    PDF_RULE_COLOUR,
    PDF_RULE_FONT_NAME,
    PDF_RULE_WORD,     /* string: one of `words` */
    PDF_RULE_DIFFERENCES,
    PDF_RULE_TITLE,
    PDF_RULE_TARGET,   /* the string of a URI */
    PDF_RULE_VALUES,   /* the rules above look at the value alone */
    PDF_RULE_NODE,     /* of kind `value` */
    PDF_RULE_NODES,    /* array of such */
    PDF_RULE_CONTENTS, /* one or an array */
    PDF_RULE_MAP,      /* dictionary: any plain name to such */
    PDF_RULE_LENGTH,
    PDF_RULE_DEST,
    PDF_RULE_LABELS,   /* array of numbers and page labels by turns */
};

/* What a kind of node may hold; `must` keys must be there. */
struct pdf_row {
    enum pdf_node node;
    const char *key;
    enum pdf_rule rule;
    bool must;
    const char *words;
    enum pdf_node value;
};

/* The row of a key, or NULL: not allowed. */
const struct pdf_row *pdf_rules_find(enum pdf_node node, const char *key);
/* How many keys a node must have. */
size_t pdf_rules_musts(enum pdf_node node);
/* True for kinds that have rows; in a picture PDF only few have. */
bool pdf_rules_allow(enum pdf_node node, bool picture);
/* Choice i of a kind that another key decides; NULL past the last one. A node is of kind `next` when it matches. */
struct pdf_choice {
    enum pdf_node node;
    const char *key, *name; /* name NULL: `number` counts */
    long long number;
    enum pdf_node next;
};
const struct pdf_choice *pdf_rules_choice(size_t i);
/* In words, for refusals. Static storage. */
const char *pdf_rules_words(enum pdf_node node);

#endif
