/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of the PDF verifier: data, and how to look things up in it. Runs in the checker. */
#include "pdf_rules.h"

#include <string.h>

#include "base/scope.h"

#define ROW(n, k, r, ...) {.node = PDF_NODE_##n, .key = "/" k, .rule = PDF_RULE_##r, __VA_ARGS__}
#define MUST .must = true
#define OF(id) .value = PDF_NODE_##id
#define STREAM(n) ROW(n, "Length", LENGTH, MUST), ROW(n, "Filter", NAMES, .words = "/FlateDecode")

static const struct pdf_row rows[] = {
    ROW(TRAILER, "Size", INTEGER, MUST),
    ROW(TRAILER, "Root", NODE, MUST, OF(CATALOG)),

    ROW(CATALOG, "Type", NAMES, MUST, .words = "/Catalog"),
    ROW(CATALOG, "Pages", NODE, MUST, OF(PAGES)),
    ROW(CATALOG, "Outlines", NODE, OF(OUTLINES)),
    ROW(CATALOG, "PageLabels", NODE, OF(LABELS)),

    ROW(PAGES, "Type", NAMES, MUST, .words = "/Pages"),
    ROW(PAGES, "Count", INTEGER, MUST),
    ROW(PAGES, "Kids", NODES, MUST, OF(PAGE)),

    ROW(PAGE, "Type", NAMES, MUST, .words = "/Page"),
    ROW(PAGE, "Parent", NODE, MUST, OF(PAGES)),
    ROW(PAGE, "MediaBox", NUMBERS, MUST),
    ROW(PAGE, "Contents", CONTENTS, MUST, OF(CONTENT)),
    ROW(PAGE, "Group", NODE, OF(GROUP)),
    ROW(PAGE, "Resources", NODE, MUST, OF(RESOURCES)),
    ROW(PAGE, "Annots", NODES, OF(LINK)),

    ROW(GROUP, "Type", NAMES, MUST, .words = "/Group"),
    ROW(GROUP, "S", NAMES, MUST, .words = "/Transparency"),
    ROW(GROUP, "I", BOOL),
    ROW(GROUP, "K", BOOL),
    ROW(GROUP, "CS", NAMES, .words = "/DeviceRGB /DeviceGray"),

    ROW(RESOURCES, "ExtGState", MAP, OF(STATE)),
    ROW(RESOURCES, "Pattern", MAP, OF(PATTERN)),
    ROW(RESOURCES, "Shading", MAP, OF(SHADING)),
    ROW(RESOURCES, "XObject", MAP, OF(XOBJECT)),
    ROW(RESOURCES, "Font", MAP, OF(FONT)),

    ROW(STATE, "Type", NAMES, .words = "/ExtGState"),
    ROW(STATE, "CA", NUMBER),
    ROW(STATE, "ca", NUMBER),
    ROW(STATE, "AIS", BOOL),
    ROW(STATE, "SMask", NODE, OF(MASK)),
    ROW(STATE, "BM", NAMES,
        .words = "/Normal /Multiply /Screen /Overlay /Darken /Lighten /ColorDodge /ColorBurn /HardLight /SoftLight "
                 "/Difference /Exclusion /Hue /Saturation /Color /Luminosity"),

    ROW(MASK, "Type", NAMES, MUST, .words = "/Mask"),
    ROW(MASK, "S", NAMES, MUST, .words = "/Alpha /Luminosity"),
    ROW(MASK, "G", NODE, MUST, OF(FORM)),

    ROW(IMAGE, "Type", NAMES, MUST, .words = "/XObject"),
    ROW(IMAGE, "Subtype", NAMES, MUST, .words = "/Image"),
    ROW(IMAGE, "Width", INTEGER, MUST),
    ROW(IMAGE, "Height", INTEGER, MUST),
    ROW(IMAGE, "BitsPerComponent", INTEGER, MUST),
    ROW(IMAGE, "ColorSpace", COLOUR),
    ROW(IMAGE, "Interpolate", BOOL),
    ROW(IMAGE, "ImageMask", BOOL),
    ROW(IMAGE, "Decode", NUMBERS),
    ROW(IMAGE, "SMask", NODE, OF(IMAGE)),
    ROW(IMAGE, "Length", LENGTH, MUST),
    ROW(IMAGE, "Filter", NAMES, MUST, .words = "/FlateDecode /DCTDecode"),

    ROW(FORM, "Type", NAMES, MUST, .words = "/XObject"),
    ROW(FORM, "Subtype", NAMES, MUST, .words = "/Form"),
    ROW(FORM, "FormType", INTEGER),
    ROW(FORM, "BBox", NUMBERS, MUST),
    ROW(FORM, "Matrix", NUMBERS),
    ROW(FORM, "Group", NODE, OF(GROUP)),
    ROW(FORM, "Resources", NODE, OF(RESOURCES)),
    STREAM(FORM),

    ROW(TILING, "Type", NAMES, .words = "/Pattern"),
    ROW(TILING, "PatternType", INTEGER, MUST),
    ROW(TILING, "PaintType", INTEGER, MUST),
    ROW(TILING, "TilingType", INTEGER, MUST),
    ROW(TILING, "BBox", NUMBERS, MUST),
    ROW(TILING, "XStep", NUMBER, MUST),
    ROW(TILING, "YStep", NUMBER, MUST),
    ROW(TILING, "Matrix", NUMBERS),
    ROW(TILING, "Resources", NODE, OF(RESOURCES)),
    STREAM(TILING),

    ROW(GRADIENT, "Type", NAMES, .words = "/Pattern"),
    ROW(GRADIENT, "PatternType", INTEGER, MUST),
    ROW(GRADIENT, "Matrix", NUMBERS),
    ROW(GRADIENT, "Shading", NODE, MUST, OF(SHADING)),

    ROW(SHADING, "ShadingType", INTEGER, MUST),
    ROW(SHADING, "ColorSpace", NAMES, MUST, .words = "/DeviceRGB /DeviceGray"),
    ROW(SHADING, "Coords", NUMBERS, MUST),
    ROW(SHADING, "Domain", NUMBERS),
    ROW(SHADING, "Extend", BOOLS),
    ROW(SHADING, "Function", NODE, MUST, OF(FUNCTION)),

    ROW(MESH, "ShadingType", INTEGER, MUST),
    ROW(MESH, "ColorSpace", NAMES, MUST, .words = "/DeviceRGB /DeviceGray"),
    ROW(MESH, "BitsPerCoordinate", INTEGER, MUST),
    ROW(MESH, "BitsPerComponent", INTEGER, MUST),
    ROW(MESH, "BitsPerFlag", INTEGER, MUST),
    ROW(MESH, "Decode", NUMBERS, MUST),
    STREAM(MESH),

    ROW(FUNCTION, "FunctionType", INTEGER, MUST),
    ROW(FUNCTION, "Domain", NUMBERS, MUST),
    ROW(FUNCTION, "C0", NUMBERS),
    ROW(FUNCTION, "C1", NUMBERS),
    ROW(FUNCTION, "N", NUMBER),
    ROW(FUNCTION, "Functions", NODES, OF(FUNCTION)),
    ROW(FUNCTION, "Bounds", NUMBERS),
    ROW(FUNCTION, "Encode", NUMBERS),

    ROW(FONT_TYPE0, "Type", NAMES, MUST, .words = "/Font"),
    ROW(FONT_TYPE0, "Subtype", NAMES, MUST, .words = "/Type0"),
    ROW(FONT_TYPE0, "BaseFont", FONT_NAME, MUST),
    ROW(FONT_TYPE0, "Encoding", NAMES, MUST, .words = "/Identity-H"),
    ROW(FONT_TYPE0, "DescendantFonts", NODES, MUST, OF(CID_FONT)),
    ROW(FONT_TYPE0, "ToUnicode", NODE, OF(CMAP)),

    ROW(CID_FONT0, "Type", NAMES, MUST, .words = "/Font"),
    ROW(CID_FONT0, "Subtype", NAMES, MUST, .words = "/CIDFontType0"),
    ROW(CID_FONT0, "BaseFont", FONT_NAME, MUST),
    ROW(CID_FONT0, "CIDSystemInfo", NODE, MUST, OF(CID_INFO)),
    ROW(CID_FONT0, "FontDescriptor", NODE, MUST, OF(DESCRIPTOR)),
    ROW(CID_FONT0, "W", WIDTHS),
    ROW(CID_FONT0, "DW", NUMBER),

    ROW(CID_FONT2, "Type", NAMES, MUST, .words = "/Font"),
    ROW(CID_FONT2, "Subtype", NAMES, MUST, .words = "/CIDFontType2"),
    ROW(CID_FONT2, "BaseFont", NAMES, MUST, .words = "/Invisible"),
    ROW(CID_FONT2, "CIDSystemInfo", NODE, MUST, OF(CID_INFO)),
    ROW(CID_FONT2, "FontDescriptor", NODE, MUST, OF(DESCRIPTOR)),
    ROW(CID_FONT2, "DW", NUMBER, MUST),

    ROW(CID_INFO, "Registry", WORD, MUST, .words = "Adobe"),
    ROW(CID_INFO, "Ordering", WORD, MUST, .words = "Identity"),
    ROW(CID_INFO, "Supplement", INTEGER, MUST),

    ROW(DESCRIPTOR, "Type", NAMES, MUST, .words = "/FontDescriptor"),
    ROW(DESCRIPTOR, "FontName", FONT_NAME, MUST),
    ROW(DESCRIPTOR, "Flags", INTEGER, MUST),
    ROW(DESCRIPTOR, "FontBBox", NUMBERS, MUST),
    ROW(DESCRIPTOR, "ItalicAngle", NUMBER, MUST),
    ROW(DESCRIPTOR, "Ascent", NUMBER, MUST),
    ROW(DESCRIPTOR, "Descent", NUMBER, MUST),
    ROW(DESCRIPTOR, "CapHeight", NUMBER),
    ROW(DESCRIPTOR, "StemV", NUMBER, MUST),
    ROW(DESCRIPTOR, "StemH", NUMBER),
    ROW(DESCRIPTOR, "FontFile2", NODE, OF(FONT_FILE2)),
    ROW(DESCRIPTOR, "FontFile3", NODE, OF(FONT_FILE3)),

    ROW(FONT_FILE2, "Length", LENGTH, MUST),
    ROW(FONT_FILE2, "Length1", INTEGER, MUST),

    ROW(FONT_FILE3, "Subtype", NAMES, MUST, .words = "/Type1C /CIDFontType0C"),
    STREAM(FONT_FILE3),

    ROW(FONT_TYPE1, "Type", NAMES, MUST, .words = "/Font"),
    ROW(FONT_TYPE1, "Subtype", NAMES, MUST, .words = "/Type1"),
    ROW(FONT_TYPE1, "BaseFont", FONT_NAME, MUST),
    ROW(FONT_TYPE1, "FirstChar", INTEGER, MUST),
    ROW(FONT_TYPE1, "LastChar", INTEGER, MUST),
    ROW(FONT_TYPE1, "Widths", NUMBERS, MUST),
    ROW(FONT_TYPE1, "FontDescriptor", NODE, MUST, OF(DESCRIPTOR)),
    ROW(FONT_TYPE1, "Encoding", NAMES, .words = "/WinAnsiEncoding"),
    ROW(FONT_TYPE1, "ToUnicode", NODE, OF(CMAP)),

    ROW(FONT_TYPE3, "Type", NAMES, MUST, .words = "/Font"),
    ROW(FONT_TYPE3, "Subtype", NAMES, MUST, .words = "/Type3"),
    ROW(FONT_TYPE3, "FontBBox", NUMBERS, MUST),
    ROW(FONT_TYPE3, "FontMatrix", NUMBERS, MUST),
    ROW(FONT_TYPE3, "Encoding", NODE, MUST, OF(ENCODING)),
    ROW(FONT_TYPE3, "CharProcs", NODE, MUST, OF(GLYPHS)),
    ROW(FONT_TYPE3, "FirstChar", INTEGER, MUST),
    ROW(FONT_TYPE3, "LastChar", INTEGER, MUST),
    ROW(FONT_TYPE3, "Widths", NUMBERS, MUST),
    ROW(FONT_TYPE3, "ToUnicode", NODE, OF(CMAP)),
    ROW(FONT_TYPE3, "Resources", NODE, OF(RESOURCES)),

    ROW(ENCODING, "Type", NAMES, MUST, .words = "/Encoding"),
    ROW(ENCODING, "Differences", DIFFERENCES, MUST),

    STREAM(CONTENT),
    STREAM(GLYPH),
    STREAM(CMAP),

    ROW(OUTLINES, "Type", NAMES, MUST, .words = "/Outlines"),
    ROW(OUTLINES, "First", NODE, MUST, OF(BOOKMARK)),
    ROW(OUTLINES, "Last", NODE, MUST, OF(BOOKMARK)),
    ROW(OUTLINES, "Count", INTEGER),

    ROW(BOOKMARK, "Title", TITLE, MUST),
    ROW(BOOKMARK, "Parent", NODE, MUST), /* the bookmarks or another one: any node seen already */
    ROW(BOOKMARK, "Prev", NODE, OF(BOOKMARK)),
    ROW(BOOKMARK, "Next", NODE, OF(BOOKMARK)),
    ROW(BOOKMARK, "First", NODE, OF(BOOKMARK)),
    ROW(BOOKMARK, "Last", NODE, OF(BOOKMARK)),
    ROW(BOOKMARK, "Count", INTEGER),
    ROW(BOOKMARK, "Dest", DEST),
    ROW(BOOKMARK, "A", NODE, OF(URI)),

    ROW(LINK, "Type", NAMES, MUST, .words = "/Annot"),
    ROW(LINK, "Subtype", NAMES, MUST, .words = "/Link"),
    ROW(LINK, "Border", NUMBERS, MUST),
    ROW(LINK, "Rect", NUMBERS, MUST),
    ROW(LINK, "Dest", DEST),
    ROW(LINK, "A", NODE, OF(URI)),

    ROW(URI, "S", NAMES, MUST, .words = "/URI"),
    ROW(URI, "URI", TARGET, MUST),

    ROW(LABELS, "Nums", LABELS, MUST),
    ROW(LABEL, "S", NAMES, .words = "/D"),
    ROW(LABEL, "St", INTEGER),
    ROW(LABEL, "P", TITLE),
};

/* Kinds that another key decides: the node is then of the kind in `next`. */
static const struct pdf_choice choices[] = {
    {PDF_NODE_XOBJECT, "/Subtype", "/Image", 0, PDF_NODE_IMAGE},
    {PDF_NODE_XOBJECT, "/Subtype", "/Form", 0, PDF_NODE_FORM},
    {PDF_NODE_FONT, "/Subtype", "/Type0", 0, PDF_NODE_FONT_TYPE0},
    {PDF_NODE_FONT, "/Subtype", "/Type1", 0, PDF_NODE_FONT_TYPE1},
    {PDF_NODE_FONT, "/Subtype", "/Type3", 0, PDF_NODE_FONT_TYPE3},
    {PDF_NODE_CID_FONT, "/Subtype", "/CIDFontType0", 0, PDF_NODE_CID_FONT0},
    {PDF_NODE_CID_FONT, "/Subtype", "/CIDFontType2", 0, PDF_NODE_CID_FONT2},
    {PDF_NODE_PATTERN, "/PatternType", NULL, 1, PDF_NODE_TILING},
    {PDF_NODE_PATTERN, "/PatternType", NULL, 2, PDF_NODE_GRADIENT},
    {PDF_NODE_SHADING, "/ShadingType", NULL, 7, PDF_NODE_MESH},
};

/* The only nodes a picture PDF has. */
static const enum pdf_node picture_nodes[] = {
    PDF_NODE_TRAILER, PDF_NODE_CATALOG, PDF_NODE_PAGES, PDF_NODE_PAGE, PDF_NODE_RESOURCES, PDF_NODE_IMAGE,
    PDF_NODE_FONT_TYPE0, PDF_NODE_CID_FONT2, PDF_NODE_CID_INFO, PDF_NODE_DESCRIPTOR, PDF_NODE_FONT_FILE2,
    PDF_NODE_CONTENT, PDF_NODE_CMAP,
};

const struct pdf_row *pdf_rules_find(enum pdf_node node, const char *key)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].node == node && strcmp(rows[i].key, key) == 0)
            return &rows[i];
    return NULL;
}

size_t pdf_rules_musts(enum pdf_node node)
{
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        n += rows[i].node == node && rows[i].must;
    return n;
}

bool pdf_rules_allow(enum pdf_node node, bool is_picture)
{
    bool known = false;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        known |= rows[i].node == node;
    if (!known || !is_picture)
        return known;
    for (size_t i = 0; i < ARRAY_LEN(picture_nodes); i++)
        if (picture_nodes[i] == node)
            return true;
    return false;
}

const struct pdf_choice *pdf_rules_choice(size_t i)
{
    return i < ARRAY_LEN(choices) ? &choices[i] : NULL;
}

const char *pdf_rules_words(enum pdf_node node)
{
    static const char *const words[PDF_NODES] = {
        [PDF_NODE_NONE] = "node",
#define X(id, text) [PDF_NODE_##id] = text,
        PDF_NODE_LIST(X)
#undef X
    };

    return words[node];
}
