/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Single values of a finished PDF. Runs in the checker; the values may be the sender's by now. */
#include "pdf_value.h"

#include <math.h>
#include <string.h>

#include "base/utf8.h"

#define NUMBERS_MAX 70000u /* of one array */

static bool words_have(const char *words, const char *word)
{
    size_t n = strlen(word);

    for (const char *p = words; n > 0 && *p;) {
        size_t len = strcspn(p, " ");
        if (len == n && memcmp(p, word, n) == 0)
            return true;
        p += len + strspn(p + len, " ");
    }
    return false;
}

bool pdf_value_is_number(struct qdoc *doc, struct qnode v)
{
    enum qkind kind = qdoc_kind(doc, v);
    double d = qdoc_real(doc, v);

    return (kind == QKIND_INTEGER || kind == QKIND_REAL) && isfinite(d) && fabs(d) < 1e10;
}

/* Every item passes the test. */
static bool all_items(struct qdoc *doc, struct qnode array, bool (*test)(struct qdoc *, struct qnode))
{
    unsigned n = qdoc_items(doc, array);

    if (qdoc_kind(doc, array) != QKIND_ARRAY || n > NUMBERS_MAX)
        return false;
    for (unsigned i = 0; i < n; i++) {
        struct qnode item = qdoc_item(doc, array, i);
        bool good = test(doc, item) && !qdoc_number(doc, item);
        qdoc_drop(doc, &item);
        if (!good)
            return false;
    }
    return true;
}

static bool is_bool(struct qdoc *doc, struct qnode v)
{
    return qdoc_kind(doc, v) == QKIND_BOOL;
}

static bool is_width(struct qdoc *doc, struct qnode v)
{
    return pdf_value_is_number(doc, v) || all_items(doc, v, pdf_value_is_number);
}

/* Glyph names are numbers here: /0, /1 ... */
static bool is_difference(struct qdoc *doc, struct qnode v)
{
    const char *name = qdoc_name(doc, v);

    bool digits = name[0] == '/' && name[1] && strspn(name + 1, "0123456789") == strlen(name + 1);
    return digits || pdf_value_is_number(doc, v);
}

/* ABCDEF+CairoFont-0-0, or the font of invisible text. */
static bool is_font_name(struct qdoc *doc, struct qnode v)
{
    const char *name = qdoc_name(doc, v), *p = name + 1;

    if (strcmp(name, "/Invisible") == 0)
        return true;
    if (strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 6 || strncmp(p + 6, "+CairoFont-", 11) != 0)
        return false;
    p += 17;
    size_t first = strspn(p, "0123456789");
    size_t second = p[first] == '-' ? strspn(p + first + 1, "0123456789") : 0;
    return first > 0 && second > 0 && p[first + 1 + second] == '\0';
}

/* Device colours, or a palette of them. */
static bool is_colour(struct qdoc *doc, struct qnode v)
{
    if (qdoc_kind(doc, v) == QKIND_NAME)
        return words_have("/DeviceGray /DeviceRGB", qdoc_name(doc, v));
    if (qdoc_items(doc, v) != 4)
        return false;
    struct qnode item[4];
    size_t n = 0;
    for (unsigned i = 0; i < 4; i++)
        item[i] = qdoc_item(doc, v, i);
    bool good = strcmp(qdoc_name(doc, item[0]), "/Indexed") == 0 && strcmp(qdoc_name(doc, item[1]), "/DeviceRGB") == 0;
    long long most = qdoc_integer(doc, item[2]);
    (void)qdoc_string(doc, item[3], &n);
    good = good && most >= 0 && most <= 255 && n == (size_t)(most + 1) * 3;
    for (unsigned i = 0; i < 4; i++)
        qdoc_drop(doc, &item[i]);
    return good;
}

/* UTF-16 with its mark, of characters that can be seen. */
static bool is_title(struct qdoc *doc, struct qnode v)
{
    size_t n = 0;
    const uint8_t *p = (const uint8_t *)qdoc_string(doc, v, &n);

    if (n < 2 || n % 2 || n > 4096 || p[0] != 0xFE || p[1] != 0xFF)
        return false;
    for (size_t i = 2; i < n; i += 2) {
        uint32_t c = (uint32_t)p[i] << 8 | p[i + 1];
        if (c >= 0xD800 && c < 0xDC00 && i + 3 < n) {
            uint32_t low = (uint32_t)p[i + 2] << 8 | p[i + 3];
            if (low < 0xDC00 || low > 0xDFFF)
                return false;
            c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
            i += 2;
        }
        if ((c >= 0xD800 && c <= 0xDFFF) || !utf8_is_printable(c))
            return false;
    }
    return true;
}

/* A web address with a host, or a mail address; printable ASCII without blanks and quotes. */
static bool is_target(struct qdoc *doc, struct qnode v)
{
    static const char *const schemes[] = {"http://", "https://", "mailto:"};
    size_t n = 0, scheme = 0;
    const char *p = qdoc_string(doc, v, &n);

    for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
        if (strncmp(p, schemes[i], strlen(schemes[i])) == 0)
            scheme = strlen(schemes[i]);
    if (scheme == 0 || n <= scheme || n > 2048 || strchr("/?#@:", p[scheme]))
        return false;
    for (size_t i = 0; i < n; i++)
        if (p[i] <= 0x20 || p[i] >= 0x7F || strchr("()<>\"\\^`{|}", p[i]))
            return false;
    return true;
}

bool pdf_value_is(struct qdoc *doc, const struct pdf_row *row, struct qnode v)
{
    size_t n = 0;
    const char *text;

    switch (row->rule) {
    case PDF_RULE_NAMES:
        return words_have(row->words, qdoc_name(doc, v));
    case PDF_RULE_INTEGER:
        return qdoc_kind(doc, v) == QKIND_INTEGER && llabs(qdoc_integer(doc, v)) < 1LL << 31;
    case PDF_RULE_NUMBER:
        return pdf_value_is_number(doc, v);
    case PDF_RULE_BOOL:
        return is_bool(doc, v);
    case PDF_RULE_NUMBERS:
        return all_items(doc, v, pdf_value_is_number);
    case PDF_RULE_BOOLS:
        return all_items(doc, v, is_bool);
    case PDF_RULE_WIDTHS:
        return all_items(doc, v, is_width);
    case PDF_RULE_COLOUR:
        return is_colour(doc, v);
    case PDF_RULE_FONT_NAME:
        return is_font_name(doc, v);
    case PDF_RULE_WORD:
        text = qdoc_string(doc, v, &n);
        return n > 0 && n == strlen(text) && words_have(row->words, text);
    case PDF_RULE_DIFFERENCES:
        return all_items(doc, v, is_difference);
    case PDF_RULE_TITLE:
        return is_title(doc, v);
    case PDF_RULE_TARGET:
        return is_target(doc, v);
    default:
        return false;
    }
}
