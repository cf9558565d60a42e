/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is this text? Runs in the detect worker over every byte of hostile input.
 * Strict but for a little damage, as logs cut off in the middle of a character
 * have it: the text engine reports and drops those bytes. A NUL, or more bytes
 * without a meaning, make it something else.
 */
#include "look_text.h"

#include <string.h>

#include "base/utf8.h"

/* Control characters that old text files do hold; others count as odd. */
static bool is_odd(uint32_t c)
{
    return (c < 0x20 && !(c >= 7 && c <= 13) && c != 0x1B) || c == 0x7F;
}

/* Steps over one character: how many bytes it takes (0: invalid) and what it is, as far as that matters here. */
static size_t step_ascii(const uint8_t *p, size_t n, uint32_t *c_out)
{
    (void)n;
    *c_out = p[0];
    return p[0] < 0x80;
}

static size_t step_utf8(const uint8_t *p, size_t n, uint32_t *c_out)
{
    return utf8_decode((const char *)p, n, c_out);
}

/* JIS X 0208 with the vendors' rows 13, 89 to 92 and 115 to 119, and user-defined rows F0 to F9. */
static size_t step_cp932(const uint8_t *p, size_t n, uint32_t *c_out)
{
    uint8_t a = p[0];
    uint8_t b = n > 1 ? p[1] : 0;

    *c_out = a < 0x80 ? a : 0x3000;
    if (a < 0x80 || (a >= 0xA1 && a <= 0xDF))
        return 1;
    if (a == 0x80 || a == 0xA0 || a > 0xFC || a == 0x85 || a == 0x86 || a == 0xEB || a == 0xEC)
        return 0;
    return b >= 0x40 && b <= 0xFC && b != 0x7F ? 2 : 0;
}

static size_t step_eucjp(const uint8_t *p, size_t n, uint32_t *c_out)
{
    size_t len = p[0] == 0x8F ? 3 : 2;

    *c_out = p[0] < 0x80 ? p[0] : 0x3000;
    if (p[0] < 0x80)
        return 1;
    if (n < len || (p[0] != 0x8E && p[0] != 0x8F && (p[0] < 0xA1 || p[0] == 0xFF)))
        return 0;
    for (size_t i = 1; i < len; i++)
        if (p[i] < 0xA1 || p[i] == 0xFF || (p[0] == 0x8E && p[i] > 0xDF))
            return 0;
    return len;
}

static size_t step_utf16(const uint8_t *p, size_t n, uint32_t *c_out, unsigned high)
{
    if (n < 2)
        return 0;
    uint32_t a = (uint32_t)p[high] << 8 | p[1 - high];
    if (a >= 0xD800 && a <= 0xDBFF && n >= 4) {
        uint32_t b = (uint32_t)p[2 + high] << 8 | p[3 - high];
        *c_out = 0x10000 + ((a & 0x3FF) << 10) + (b & 0x3FF);
        return b >= 0xDC00 && b <= 0xDFFF ? 4 : 0;
    }
    *c_out = a;
    return (a >= 0xD800 && a <= 0xDFFF) || (a & 0xFFFE) == 0xFFFE ? 0 : 2;
}

static size_t step_utf16le(const uint8_t *p, size_t n, uint32_t *c_out)
{
    return step_utf16(p, n, c_out, 1);
}

static size_t step_utf16be(const uint8_t *p, size_t n, uint32_t *c_out)
{
    return step_utf16(p, n, c_out, 0);
}

static const struct encoding {
    size_t (*step)(const uint8_t *p, size_t n, uint32_t *c_out);
} encodings[] = {
    [TEXT_ASCII] = {step_ascii},     [TEXT_UTF8] = {step_utf8},   [TEXT_UTF16LE] = {step_utf16le},
    [TEXT_UTF16BE] = {step_utf16be}, [TEXT_CP932] = {step_cp932}, [TEXT_EUCJP] = {step_eucjp},
};

struct tally {
    uint64_t characters, letters; /* letters: printable ASCII and line ends */
    uint64_t odd, bad;            /* control characters; bytes that are no character */
};

/* How many bytes from p on are plain letters in every encoding but UTF-16: most of most files. */
static uint64_t plain_run(const uint8_t *p, uint64_t n)
{
    uint64_t i = 0;

    while (i < n && ((p[i] >= 0x20 && p[i] < 0x7F) || p[i] == '\n' || p[i] == '\r' || p[i] == '\t'))
        i++;
    return i;
}

/*
 * Reads n bytes as one encoding. False at a NUL character, and as soon as there
 * is so much else that is no text that a large binary file need not be read to
 * its end. A DOS end mark may stand last.
 */
static bool read_as(enum text_encoding as, const uint8_t *p, uint64_t n, struct tally *tally)
{
    const struct encoding *encoding = &encodings[as];
    bool wide = as == TEXT_UTF16LE || as == TEXT_UTF16BE;

    *tally = (struct tally){0};
    while (n > 0) {
        uint64_t run = wide ? 0 : plain_run(p, n);
        tally->characters += run;
        tally->letters += run;
        p += run;
        n -= run;
        if (n == 0)
            break;
        uint32_t c = 0;
        size_t len = encoding->step(p, n > 8 ? 8 : (size_t)n, &c);
        if (c == 0 && len > 0)
            return false;
        tally->characters++;
        tally->bad += len == 0;
        tally->odd += len > 0 && is_odd(c) && !(c == 0x1A && n == len);
        tally->letters += len > 0 && ((c >= 0x20 && c < 0x7F) || (c >= 9 && c <= 13));
        if (tally->odd + tally->bad > 16 && tally->odd + tally->bad > tally->characters / 8)
            return false;
        if (len == 0)
            len = wide && n > 1 ? 2 : 1;
        p += len;
        n -= len;
    }
    return true;
}

static bool is_clean(const struct tally *tally)
{
    return tally->bad == 0 && tally->odd * 50 <= tally->characters;
}

static bool is_little_damaged(const struct tally *tally)
{
    return (tally->bad + tally->odd) * 50 <= tally->characters;
}

static const struct {
    const char *bytes;
    size_t n;
    enum text_encoding encoding;
} marks[] = {{"\xEF\xBB\xBF", 3, TEXT_UTF8}, {"\xFF\xFE", 2, TEXT_UTF16LE}, {"\xFE\xFF", 2, TEXT_UTF16BE}};

/*
 * UTF-16 without a mark only when half of it is ASCII and it is long enough:
 * pairs of bytes of about anything else are some CJK character, too.
 */
static bool is_bare_utf16(enum text_encoding encoding, const struct fmt_in *in)
{
    struct tally tally;

    return in->len >= 16 && in->len % 2 == 0 && read_as(encoding, in->bytes, in->len, &tally) && is_clean(&tally) &&
           tally.odd == 0 && tally.letters >= tally.characters / 2;
}

static enum text_encoding encoding_of(const struct fmt_in *in, size_t *mark_out)
{
    static const enum text_encoding order[] = {TEXT_ASCII, TEXT_UTF8, TEXT_CP932, TEXT_EUCJP};
    enum text_encoding least = TEXT_NONE;
    uint64_t least_bad = UINT64_MAX;
    struct tally tally;

    for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
        if (!in_equals(in, 0, marks[i].bytes, marks[i].n))
            continue;
        *mark_out = marks[i].n;
        return read_as(marks[i].encoding, in->bytes + marks[i].n, in->len - marks[i].n, &tally) &&
                       is_little_damaged(&tally)
                   ? marks[i].encoding
                   : TEXT_NONE;
    }
    for (size_t i = 0; i < ARRAY_LEN(order); i++) {
        if (!read_as(order[i], in->bytes, in->len, &tally))
            continue;
        if (is_clean(&tally))
            return order[i];
        if (is_little_damaged(&tally) && tally.bad < least_bad) {
            least = order[i];
            least_bad = tally.bad;
        }
    }
    if (least != TEXT_NONE)
        return least;
    if (is_bare_utf16(TEXT_UTF16LE, in))
        return TEXT_UTF16LE;
    return is_bare_utf16(TEXT_UTF16BE, in) ? TEXT_UTF16BE : TEXT_NONE;
}

/* Lower-case ASCII; the 7-bit halves of JIS characters between escapes are no letters. */
static void fill_head(const struct fmt_in *in, struct text_view *view)
{
    const struct encoding *encoding = view->encoding != TEXT_NONE ? &encodings[view->encoding] : NULL;
    const uint8_t *p = in->bytes + view->mark;
    uint64_t left = in->len - view->mark;
    size_t used = 0;
    bool wide = false;

    while (left > 0 && used + 1 < sizeof view->head) {
        uint32_t c = p[0];
        size_t len = encoding ? encoding->step(p, left > 8 ? 8 : (size_t)left, &c) : 1;
        if (c == 0x1B && left > 2)
            wide = p[1] == '$' || (wide && p[1] != '(');
        else if (c == '\n')
            wide = false; /* RFC 1468: a line ends in ASCII; else an escape would hide the rest from us */
        if (c >= 'A' && c <= 'Z')
            c += 'a' - 'A';
        view->head[used++] = c == 0 || c > 0x7F || (wide && c > 0x20) ? '\x7F' : (char)c;
        p += len ? len : 1;
        left -= len ? len : 1;
    }
    view->head[used] = '\0';
}

static void fill_first(struct text_view *view)
{
    size_t n;

    view->begin = view->head + strspn(view->head, " \t\r\n\f\v");
    n = strcspn(view->begin, "\r\n");
    if (n >= sizeof view->first)
        n = sizeof view->first - 1;
    while (n > 0 && (view->begin[n - 1] == ' ' || view->begin[n - 1] == '\t'))
        n--;
    memcpy(view->first, view->begin, n);
    view->first[n] = '\0';
}

void look_text(const struct fmt_in *in, struct text_view *view_out)
{
    view_out->mark = 0;
    view_out->encoding = encoding_of(in, &view_out->mark);
    fill_head(in, view_out);
    fill_first(view_out);
}

bool look_text_has_line(const struct text_view *text, const char *word)
{
    size_t n = strlen(word);

    for (const char *line = text->head; *line;) {
        line += strspn(line, " \t");
        if (strncmp(line, word, n) == 0)
            return true;
        line += strcspn(line, "\r\n");
        line += strspn(line, "\r\n");
    }
    return false;
}
