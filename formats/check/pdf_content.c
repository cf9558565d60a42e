/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Content streams, token by token, against tables of what may be said. Runs in the checker on any bytes. */
#include "pdf_content.h"

#include <stdlib.h>
#include <string.h>

#include "base/scope.h"

enum { AT_SPACE = 0, AT_WORD, AT_NAME, AT_LITERAL, AT_ESCAPE, AT_LESS, AT_HEX, AT_GREATER, AT_BITMAP, AT_BITMAP_END };

/* What may be drawn: operator, its operands, whether it belongs to glyphs only. */
static const struct {
    const char *operator, *operands;
    bool glyph;
} drawing[] = {
    {"B", "", false}, {"B*", "", false}, {"BDC", "Nd", false}, {"BT", "", false}, {"CS", "N", false},
    {"Do", "N", false}, {"EMC", "", false}, {"ET", "", false}, {"G", "n", false}, {"J", "n", false},
    {"M", "n", false}, {"Q", "", false}, {"RG", "nnn", false}, {"S", "", false}, {"SCN", "N", false},
    {"TJ", "a", false}, {"Td", "nn", false}, {"Tf", "Nn", false}, {"Tj", "s", false}, {"Tm", "nnnnnn", false},
    {"Tr", "n", false}, {"W", "", false}, {"W*", "", false}, {"c", "nnnnnn", false}, {"cm", "nnnnnn", false},
    {"cs", "N", false}, {"d", "an", false}, {"d0", "nn", true}, {"d1", "nnnnnn", true}, {"f", "", false},
    {"f*", "", false}, {"g", "n", false}, {"gs", "N", false}, {"h", "", false}, {"j", "n", false},
    {"l", "nn", false}, {"m", "nn", false}, {"n", "", false}, {"q", "", false}, {"re", "nnnn", false},
    {"rg", "nnn", false}, {"scn", "N", false}, {"sh", "N", false}, {"w", "n", false},
};

/* The one order of things on a picture page: from each phase, which operator leads on. */
static const struct {
    unsigned phase, next;
    const char *operator, *operands, *last; /* the last operand as written; NULL: any */
} picture[] = {
    {0, 1, "q", "", NULL}, {1, 2, "cm", "nnnnnn", NULL}, {2, 3, "Do", "N", "/i"}, {3, 4, "Q", "", NULL},
    {4, 5, "BT", "", NULL}, {5, 6, "Tr", "n", "3"}, {6, 7, "Tf", "Nn", "1"}, {7, 8, "Tm", "nnnnnn", NULL},
    {8, 7, "Tj", "s", NULL}, {7, 9, "ET", "", NULL},
};

/* Every word and name of a ToUnicode CMap (Adobe TN 5411). */
static const char *const cmap_words[] = {
    "/Adobe-Identity-UCS", "/CIDInit", "/CIDSystemInfo", "/CMap", "/CMapName", "/CMapType", "/Ordering", "/ProcSet",
    "/Registry", "/Supplement", "CMapName", "begin", "beginbfchar", "beginbfrange", "begincmap", "begincodespacerange",
    "currentdict", "def", "defineresource", "dict", "end", "endbfchar", "endbfrange", "endcmap", "endcodespacerange",
    "findresource", "pop",
};

static bool refuse(struct pdf_content *c, const char *why)
{
    if (!c->why)
        c->why = why;
    return false;
}

static bool operand(struct pdf_content *c, char kind)
{
    size_t n = strlen(c->operands);

    if (c->inside || c->kind == PDF_CONTENT_CMAP)
        return true;
    if (n == PDF_CONTENT_OPERANDS)
        return refuse(c, "too many operands");
    c->operands[n] = kind;
    c->operands[n + 1] = '\0';
    return true;
}

/* ---- Operators ------------------------------------------------------------------------ */

static bool picture_operator(struct pdf_content *c)
{
    for (size_t i = 0; i < ARRAY_LEN(picture); i++) {
        if (picture[i].phase != c->phase || strcmp(picture[i].operator, c->word) != 0)
            continue;
        if (strcmp(picture[i].operands, c->operands) != 0 ||
            (picture[i].last && strcmp(picture[i].last, c->last) != 0))
            break;
        c->phase = picture[i].next;
        return true;
    }
    return refuse(c, "more than a picture and its text");
}

static bool drawing_operator(struct pdf_content *c)
{
    for (size_t i = 0; i < ARRAY_LEN(drawing); i++) {
        if (strcmp(drawing[i].operator, c->word) != 0)
            continue;
        bool visible = strcmp(c->word, "Tr") != 0 || strcmp(c->last, "3") == 0;
        bool good = strcmp(drawing[i].operands, c->operands) == 0 && visible &&
                    (!drawing[i].glyph || c->kind == PDF_CONTENT_GLYPH);
        return good ? true : refuse(c, "operator with other operands");
    }
    return refuse(c, "unknown operator");
}

/* BI and ID of an inline bitmap (8.9.7): a stencil whose size tells how many bytes follow. */
static bool bitmap_operator(struct pdf_content *c)
{
    if (!c->in_bitmap) {
        c->in_bitmap = true;
        c->bitmap_w = c->bitmap_h = 0;
        c->key[0] = '\0';
        return c->operands[0] ? refuse(c, "bitmap with operands") : true;
    }
    if (strcmp(c->word, "ID") != 0 || c->bitmap_w - 1 > 65534 || c->bitmap_h - 1 > 65534) /* 0 wraps */
        return refuse(c, "bitmap not as written by us");
    c->in_bitmap = false;
    c->bitmap_left = (c->bitmap_w + 7) / 8 * c->bitmap_h;
    c->state = AT_BITMAP;
    return true;
}

/* Entries of the bitmap's dictionary: /IM true /W n /H n /BPC 1 /D [1 0]. */
static bool bitmap_entry(struct pdf_content *c, bool name)
{
    if (name) {
        bool known = strcmp(c->word, "/IM") == 0 || strcmp(c->word, "/W") == 0 || strcmp(c->word, "/H") == 0 ||
                     strcmp(c->word, "/BPC") == 0 || strcmp(c->word, "/D") == 0;
        memcpy(c->key, known ? c->word : "", known ? strlen(c->word) + 1 : 1);
        return known ? true : refuse(c, "bitmap with another entry");
    }
    if (strcmp(c->key, "/W") == 0)
        c->bitmap_w = strtoul(c->word, NULL, 10);
    else if (strcmp(c->key, "/H") == 0)
        c->bitmap_h = strtoul(c->word, NULL, 10);
    else if ((strcmp(c->key, "/BPC") == 0 && strcmp(c->word, "1") != 0) || c->key[0] == '\0')
        return refuse(c, "bitmap with another depth");
    return true;
}

static bool cmap_word(struct pdf_content *c)
{
    for (size_t i = 0; i < ARRAY_LEN(cmap_words); i++)
        if (strcmp(cmap_words[i], c->word) == 0)
            return true;
    return refuse(c, "unknown word in a character map");
}

static bool on_operator(struct pdf_content *c)
{
    bool good;

    c->operators++;
    if (c->kind == PDF_CONTENT_CMAP)
        return cmap_word(c);
    if (c->in_bitmap && strcmp(c->word, "true") == 0 && strcmp(c->key, "/IM") == 0)
        return true;
    if (c->inside)
        return refuse(c, "operator within an operand");
    if (c->in_bitmap || (c->kind == PDF_CONTENT_GLYPH && strcmp(c->word, "BI") == 0))
        good = bitmap_operator(c);
    else
        good = c->kind == PDF_CONTENT_PICTURE ? picture_operator(c) : drawing_operator(c);
    c->operands[0] = '\0';
    return good;
}

/* ---- Tokens ------------------------------------------------------------------------------ */

static bool is_number(const char *w)
{
    size_t digits = 0, points = 0;

    if (*w == '-')
        w++;
    for (; *w; w++) {
        if (*w == '.')
            points++;
        else if (*w >= '0' && *w <= '9')
            digits++;
        else
            return false;
    }
    return digits > 0 && points <= 1;
}

static bool on_word(struct pdf_content *c)
{
    c->word[c->word_n] = '\0';
    if (!is_number(c->word))
        return on_operator(c);
    if (c->inside == 'd')
        return refuse(c, "number in marked content");
    memcpy(c->last, c->word, c->word_n + 1);
    if (c->in_bitmap && !c->inside)
        return bitmap_entry(c, false);
    return operand(c, 'n');
}

static bool on_name(struct pdf_content *c)
{
    c->word[c->word_n] = '\0';
    if (c->kind == PDF_CONTENT_CMAP)
        return cmap_word(c);
    if (c->inside == 'a' || (c->inside == 'd' && strcmp(c->word, "/ActualText") != 0))
        return refuse(c, "name within an operand");
    memcpy(c->last, c->word, c->word_n + 1);
    if (c->in_bitmap)
        return bitmap_entry(c, true);
    return operand(c, 'N');
}

static bool on_string(struct pdf_content *c)
{
    return c->in_bitmap ? refuse(c, "string in a bitmap") : operand(c, 's');
}

static bool on_bracket(struct pdf_content *c, uint8_t b)
{
    if (c->kind == PDF_CONTENT_CMAP)
        return b == '<' || b == '>' ? true : refuse(c, "array in a character map");
    if (b == '[' || b == '<') {
        if (c->inside || (b == '<' && c->in_bitmap))
            return refuse(c, "nested operand");
        c->inside = b == '[' ? 'a' : 'd';
        return true;
    }
    char kind = b == ']' ? 'a' : 'd';
    if (c->inside != kind)
        return refuse(c, "unmatched bracket");
    c->inside = 0;
    return c->in_bitmap ? true : operand(c, kind);
}

/* ---- Bytes --------------------------------------------------------------------------------- */

static bool is_space(uint8_t b)
{
    return b == ' ' || b == '\n' || b == '\r' || b == '\t';
}

static bool is_regular(uint8_t b)
{
    return b > ' ' && b < 0x7F && !strchr("()<>[]{}/%", b);
}

static bool is_hex(uint8_t b)
{
    return (b >= '0' && b <= '9') || (b >= 'a' && b <= 'f') || (b >= 'A' && b <= 'F');
}

static bool word_add(struct pdf_content *c, uint8_t b)
{
    if (c->word_n + 1 >= sizeof c->word)
        return refuse(c, "long word");
    c->word[c->word_n++] = (char)b;
    return true;
}

/* A byte between tokens: begins one. */
static bool begin_token(struct pdf_content *c, uint8_t b)
{
    c->state = AT_SPACE;
    c->word_n = 0;
    if (is_space(b))
        return true;
    if (b == '(') {
        c->state = AT_LITERAL;
        c->parentheses = 1;
        return true;
    }
    if (b == '<' || b == '>') {
        c->state = b == '<' ? AT_LESS : AT_GREATER;
        return true;
    }
    if (b == '[' || b == ']')
        return on_bracket(c, b);
    if (b != '/' && !is_regular(b))
        return refuse(c, "byte that begins nothing");
    c->state = b == '/' ? AT_NAME : AT_WORD;
    return word_add(c, b);
}

static bool in_literal(struct pdf_content *c, uint8_t b)
{
    if (c->state == AT_ESCAPE) {
        c->state = AT_LITERAL;
        return true;
    }
    if (b == '\\')
        c->state = AT_ESCAPE;
    else if (b == '(')
        c->parentheses++;
    else if (b == ')' && --c->parentheses == 0) {
        c->state = AT_SPACE;
        return on_string(c);
    }
    return true;
}

static bool in_hex(struct pdf_content *c, uint8_t b)
{
    if (c->state == AT_LESS && b == '<') {
        c->state = AT_SPACE;
        return on_bracket(c, '<');
    }
    c->state = AT_HEX;
    if (b == '>') {
        c->state = AT_SPACE;
        return on_string(c);
    }
    return is_hex(b) || b == '\n' ? true : refuse(c, "byte in a string");
}

/* The bytes of an inline bitmap, then "\nEI" and a line end. */
static bool in_bitmap(struct pdf_content *c, uint8_t b)
{
    static const char end[] = "\nEI\n";

    if (c->state == AT_BITMAP) {
        if (--c->bitmap_left == 0) {
            c->state = AT_BITMAP_END;
            c->word_n = 0;
        }
        return true;
    }
    if (b != (uint8_t)end[c->word_n++])
        return refuse(c, "bytes behind a bitmap");
    if (end[c->word_n] == '\0')
        c->state = AT_SPACE;
    return true;
}

static bool feed_byte(struct pdf_content *c, uint8_t b)
{
    switch (c->state) {
    case AT_WORD:
    case AT_NAME:
        if (is_regular(b))
            return word_add(c, b);
        if (!(c->state == AT_WORD ? on_word(c) : on_name(c)))
            return false;
        if (c->state == AT_BITMAP) /* one blank stands between ID and the bytes */
            return b == ' ' ? true : refuse(c, "bitmap not as written by us");
        return begin_token(c, b);
    case AT_LITERAL:
    case AT_ESCAPE:
        return in_literal(c, b);
    case AT_LESS:
    case AT_HEX:
        return in_hex(c, b);
    case AT_GREATER:
        c->state = AT_SPACE;
        return b == '>' ? on_bracket(c, '>') : refuse(c, "unmatched bracket");
    case AT_BITMAP:
    case AT_BITMAP_END:
        return in_bitmap(c, b);
    default:
        return begin_token(c, b);
    }
}

void pdf_content_begin(struct pdf_content *c, enum pdf_content_kind kind)
{
    *c = (struct pdf_content){.kind = kind};
}

bool pdf_content_feed(struct pdf_content *c, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!feed_byte(c, bytes[i]))
            return false;
    return true;
}

bool pdf_content_end(struct pdf_content *c)
{
    if (c->state == AT_WORD && !on_word(c))
        return false;
    if ((c->state != AT_SPACE && c->state != AT_WORD) || c->inside || c->in_bitmap || c->operands[0])
        return refuse(c, "content ends within something");
    if (c->kind == PDF_CONTENT_PICTURE && c->phase != 4 && c->phase != 9)
        return refuse(c, "page without its picture");
    return !c->why;
}
