/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which encoding a text file is in. Runs in the text worker over hostile bytes.
 * The files come without a label, and a wrong guess hides characters from the
 * rules that follow: so each candidate reads the bytes and pays for every
 * character what it costs in bits under a rough model of Japanese text, and
 * only a clear winner is taken.
 */
#include <string.h>

#include "charset.h"

#define MARGIN_BITS 8       /* the winner is at least 2^8 times as likely as the next */
#define SURE_BITS 64        /* a first look that needs no second */
#define FIRST_LOOK 512u     /* bytes over 0x7F that a look takes in */
#define SECOND_LOOK 65536u
#define INVALID_BITS 30
#define STRANGE_BITS 16     /* on average for a character beyond ASCII: no Japanese text is so rare */
#define ASCII_BITS 6

/* ---- What a character costs ------------------------------------------------------------ */

enum context { AFTER_NOTHING, AFTER_LETTER, AFTER_ASCII, AFTER_HALF_KANA, AFTER_WIDE, AFTER_LATIN, AFTER_SCRIPT };

struct reading {
    uint64_t bits, wide_bits; /* all, and without ASCII */
    uint32_t invalid, wide, kana; /* kana: with the punctuation, full width */
    enum context after, before_kanji;
    bool lone_kanji; /* the last character is a kanji right after ASCII */
};

static bool between(uint32_t c, uint32_t first, uint32_t last)
{
    return c >= first && c <= last;
}

/* Characters by how often they turn up; the first row that fits counts. `again`: after one of the same context. */
static const struct {
    uint32_t first, last;
    uint8_t bits, again;
    enum context context;
} costs[] = {
    {0x3000, 0x3002, 8, 8, AFTER_WIDE},          {0x3041, 0x309F, 7, 6, AFTER_WIDE},
    {0x30FB, 0x30FC, 8, 7, AFTER_WIDE},          {0x30A1, 0x30FF, 9, 8, AFTER_WIDE},
    {0x3003, 0x301F, 9, 9, AFTER_WIDE},          {0xFF66, 0xFF9F, 13, 6, AFTER_HALF_KANA},
    {0xFF61, 0xFF65, 13, 11, AFTER_HALF_KANA},   {0xFF01, 0xFF5E, 12, 10, AFTER_WIDE},
    {0xFFE0, 0xFFE6, 13, 13, AFTER_WIDE},        {0x3400, 0x9FFF, 15, 15, AFTER_WIDE},
    {0xF900, 0xFAFF, 17, 17, AFTER_WIDE},        {0x00A0, 0x00BF, 12, 12, AFTER_LATIN},
    {0x00C0, 0x024F, 14, 11, AFTER_LATIN},       {0x0370, 0x052F, 15, 9, AFTER_SCRIPT},
    {0x0590, 0x0FFF, 15, 9, AFTER_SCRIPT},       {0x2500, 0x257F, 11, 8, AFTER_WIDE},
    {0x2000, 0x2BFF, 13, 12, AFTER_WIDE},        {0xAC00, 0xD7A3, 15, 11, AFTER_SCRIPT},
    {0xE000, 0xF8FF, 22, 18, AFTER_WIDE},        {0x0080, 0x009F, 25, 25, AFTER_NOTHING},
};

static enum context ascii_context(uint32_t c)
{
    if (c == '\n' || c == '\r')
        return AFTER_NOTHING;
    return between(c | 0x20, 'a', 'z') ? AFTER_LETTER : AFTER_ASCII;
}

static bool is_same(enum context after, enum context now)
{
    return after == now || (after == AFTER_LETTER && now == AFTER_LATIN);
}

/* A kanji by itself between letters or blanks is rare in Japanese, and what a misread Latin character looks like. */
static uint32_t loneliness(const struct reading *r, enum context now)
{
    if (!r->lone_kanji || now == AFTER_NOTHING)
        return 0;
    return r->before_kanji == AFTER_LETTER && now == AFTER_LETTER ? 6 : 4;
}

static void pay_ascii(struct reading *r, uint32_t c)
{
    enum context now = ascii_context(c);
    uint32_t turn = loneliness(r, now) + (r->after == AFTER_HALF_KANA ? 2 : 0);

    r->bits += ASCII_BITS + turn;
    r->wide_bits += turn;
    r->lone_kanji = false;
    r->after = now;
}

static void pay_wide(struct reading *r, uint32_t c, uint32_t extra)
{
    static const uint8_t level_bits[] = {15, 13, 19};
    uint32_t bits = 15;
    enum context now = AFTER_SCRIPT;

    for (size_t i = 0; i < ARRAY_LEN(costs); i++) {
        if (between(c, costs[i].first, costs[i].last)) {
            now = costs[i].context;
            bits = is_same(r->after, now) ? costs[i].again : costs[i].bits;
            break;
        }
    }
    bool kanji = between(c, 0x4E00, 0x9FFF);
    if (kanji)
        bits = level_bits[charset_kanji_level(c)];
    r->lone_kanji = kanji && (r->after == AFTER_LETTER || r->after == AFTER_ASCII);
    r->before_kanji = r->after;
    r->after = now;
    r->bits += bits + extra;
    r->wide_bits += bits + extra;
    r->kana += between(c, 0x3000, 0x30FF);
    r->wide++;
}

static void pay_invalid(struct reading *r)
{
    r->bits += INVALID_BITS;
    r->wide_bits += INVALID_BITS;
    r->invalid++;
    r->lone_kanji = false;
    r->after = AFTER_NOTHING;
}

/* Codes an encoding has, but hardly any file uses. */
static uint32_t rarity(enum charset charset, const uint8_t *p, size_t n)
{
    if (charset == CHARSET_CP932 && n == 2 && p[0] >= 0xED)
        return 4;
    return charset == CHARSET_EUCJP && n == 3 ? 8 : 0;
}

static const uint8_t *skip_ascii(const uint8_t *p, const uint8_t *end)
{
    uint64_t word;

    for (; end - p >= 8; p += 8) {
        memcpy(&word, p, sizeof word);
        if (word & 0x8080808080808080u)
            break;
    }
    while (p < end && *p < 0x80)
        p++;
    return p;
}

static struct reading read_as(enum charset charset, const uint8_t *p, const uint8_t *end)
{
    struct reading r = {0};

    while (p < end) {
        const uint8_t *high = skip_ascii(p, end);
        if (high > p) {
            pay_ascii(&r, *p);
            r.bits += (uint64_t)(high - p - 1) * ASCII_BITS;
            r.after = ascii_context(high[-1]);
            p = high;
            continue;
        }
        uint32_t c;
        size_t n = charset_decode(charset, p, (size_t)(end - p), &c);
        if (c == CHARSET_INVALID || charset_class(c) == CHAR_REFUSED)
            pay_invalid(&r);
        else
            pay_wide(&r, c, rarity(charset, p, n));
        p += n;
    }
    return r;
}

/* ---- Eight-bit text --------------------------------------------------------------------- */

/* The place after `limit` bytes over 0x7F, or the end. */
static const uint8_t *look_end(const uint8_t *p, const uint8_t *end, uint32_t limit)
{
    while (p < end && limit > 0) {
        p = skip_ascii(p, end);
        if (p < end) {
            p++;
            limit--;
        }
    }
    return p;
}

/*
 * So many bad sequences, or so strange what is between them, that the file is
 * in another encoding or no text: Russian looks like half-width kana, Korean
 * and Chinese like kanji without kana. Strange text without a bad sequence may
 * pass: it comes out as it went in.
 */
static bool is_broken(const struct reading *r, enum charset charset)
{
    uint32_t excused = r->invalid < 2 ? r->invalid : 2;

    if (r->invalid > 8 && r->invalid > (r->wide + r->invalid) / 20)
        return true;
    if (r->invalid == 0 || charset == CHARSET_UTF8)
        return false;
    return r->wide_bits - excused * INVALID_BITS > (uint64_t)r->wide * STRANGE_BITS ||
           (r->wide > 64 && r->kana < r->wide / 20);
}

static int decide_eight_bit(const uint8_t *p, const uint8_t *end, enum charset *charset_out, const char **why_out)
{
    static const struct {
        enum charset charset;
        uint32_t prior;
    } candidates[] = {{CHARSET_UTF8, 0}, {CHARSET_CP932, 1}, {CHARSET_EUCJP, 8}};
    static const uint32_t looks[] = {FIRST_LOOK, SECOND_LOOK};
    const uint8_t *first = skip_ascii(p, end);

    p = first > p ? first - 1 : p; /* one character for the context */
    for (size_t look = 0; look < ARRAY_LEN(looks); look++) {
        const uint8_t *stop = look_end(p, end, looks[look]);
        uint64_t best = UINT64_MAX, next = UINT64_MAX, wide = 0;
        enum charset winner = CHARSET_NONE;
        bool broken = true;
        for (size_t i = 0; i < ARRAY_LEN(candidates); i++) {
            struct reading r = read_as(candidates[i].charset, p, stop);
            uint64_t bits = r.bits + candidates[i].prior;
            wide += r.wide;
            if (bits < best) {
                next = best;
                best = bits;
                winner = candidates[i].charset;
                broken = is_broken(&r, winner);
            } else if (bits < next) {
                next = bits;
            }
        }
        bool sure = next - best >= (look == 0 && stop < end ? SURE_BITS : MARGIN_BITS);
        if (wide == 0 && stop == end) {
            *charset_out = CHARSET_ASCII; /* stray bytes that mean nothing anywhere */
            return 0;
        }
        if (sure && !broken) {
            *charset_out = winner;
            return 0;
        }
        if (broken)
            *why_out = "no known text encoding";
        else
            *why_out = "text encoding cannot be decided";
        if (stop == end)
            break;
    }
    return ERR_MALFORMED;
}

/* ---- Seven-bit text ---------------------------------------------------------------------- */

/*
 * ISO-2022 announces its character sets with ESC. The designators of
 * ISO-2022-JP make it that; those of other double-byte sets make the file
 * undecodable here. ESC ( B alone also ends every colour on a terminal.
 */
static int decide_seven_bit(const uint8_t *p, const uint8_t *end, enum charset *charset_out, const char **why_out)
{
    enum charset charset = CHARSET_ASCII;

    while (p < end && (p = memchr(p, 0x1B, (size_t)(end - p))) != NULL) {
        size_t left = (size_t)(end - p);
        bool jis = (left >= 3 && p[1] == '$' && (p[2] == '@' || p[2] == 'B')) ||
                   (left >= 4 && memcmp(p + 1, "$(D", 3) == 0) ||
                   (left >= 3 && p[1] == '(' && (p[2] == 'I' || p[2] == 'J'));
        if (jis) {
            charset = CHARSET_JIS;
        } else if (left >= 3 && p[1] == '$') {
            *why_out = "double-byte character set that is not Japanese";
            return ERR_MALFORMED;
        }
        p++;
    }
    *charset_out = charset;
    return 0;
}

/* ---- UTF-16 without a mark ---------------------------------------------------------------- */

static bool is_everyday(uint32_t c)
{
    return c == '\t' || c == '\n' || c == '\r' || between(c, 0x20, 0x7E) || between(c, 0x3000, 0x30FF) ||
           between(c, 0x4E00, 0x9FFF) || between(c, 0xFF01, 0xFF9F);
}

/* Text of ASCII with NULs in it looks like rare kanji; in UTF-16 an eighth of the bytes and more is none. */
static bool is_ascii_with_nuls(const uint8_t *p, uint64_t len)
{
    uint64_t sample = len < 65536 ? len : 65536, other = 0;

    for (uint64_t i = 0; i < sample; i++)
        other += p[i] < 0x20 ? p[i] != '\n' && p[i] != '\r' && p[i] != '\t' : p[i] > 0x7E;
    return other * 8 < sample + 32;
}

/* No NUL character, and nearly all of the text is ASCII and everyday Japanese. */
static bool is_utf16(const uint8_t *p, uint64_t len, enum charset charset)
{
    uint64_t units = len / 2 < 32768 ? len / 2 : 32768, everyday = 0, ascii = 0, chars = 0;
    const uint8_t *end = p + units * 2;

    while (p < end) {
        uint32_t c;
        p += charset_decode(charset, p, (size_t)(end - p), &c);
        if (c == CHARSET_INVALID ? end - p >= 2 : charset_class(c) == CHAR_REFUSED || c == 0)
            return false;
        chars++;
        ascii += c < 0x80;
        everyday += is_everyday(c);
    }
    return ascii > 0 && everyday >= chars - chars / 10;
}

static int decide_with_nuls(const struct fmt_in *in, struct charset_guess *guess_out, const char **why_out)
{
    *why_out = "NUL bytes: not a text file";
    if (in->len % 2 || is_ascii_with_nuls(in->bytes, in->len))
        return ERR_MALFORMED;
    bool little = is_utf16(in->bytes, in->len, CHARSET_UTF16LE);
    bool big = is_utf16(in->bytes, in->len, CHARSET_UTF16BE);
    if (little == big)
        return ERR_MALFORMED;
    *guess_out = (struct charset_guess){.charset = little ? CHARSET_UTF16LE : CHARSET_UTF16BE};
    return 0;
}

/* ---- All together --------------------------------------------------------------------------- */

/* Marks at the start of a file (Unicode, 23.8); those of encodings that are not read are here to be refused. */
static const struct {
    const char *mark;
    uint8_t n;
    enum charset charset;
    const char *why;
} marks[] = {
    {"\xFF\xFE\0\0", 4, CHARSET_NONE, "UTF-32 is not read"},
    {"\0\0\xFE\xFF", 4, CHARSET_NONE, "UTF-32 is not read"},
    {"\xEF\xBB\xBF", 3, CHARSET_UTF8, NULL},
    {"\xFF\xFE", 2, CHARSET_UTF16LE, NULL},
    {"\xFE\xFF", 2, CHARSET_UTF16BE, NULL},
    {"+/v8", 4, CHARSET_NONE, "UTF-7 is not read"},
    {"+/v9", 4, CHARSET_NONE, "UTF-7 is not read"},
    {"+/v+", 4, CHARSET_NONE, "UTF-7 is not read"},
    {"+/v/", 4, CHARSET_NONE, "UTF-7 is not read"},
    {"\x84\x31\x95\x33", 4, CHARSET_NONE, "GB 18030 is not read"},
};

static int decide_unmarked(const struct fmt_in *in, struct charset_guess *guess_out, const char **why_out)
{
    const uint8_t *p = in->bytes, *end = p + in->len;
    enum charset charset = CHARSET_NONE;
    int err;

    if (memchr(p, 0, in->len))
        return decide_with_nuls(in, guess_out, why_out);
    bool eight_bit = skip_ascii(p, end) < end;
    err = decide_seven_bit(p, end, &charset, why_out);
    if (err < 0)
        return err;
    if (eight_bit && charset == CHARSET_JIS && in_find(in, 0, in->len, "\x1B$", 2) != UINT64_MAX) {
        *why_out = "eight-bit text with the escapes of ISO-2022-JP";
        return ERR_MALFORMED;
    }
    if (eight_bit) {
        err = decide_eight_bit(p, end, &charset, why_out);
        if (err < 0)
            return err;
    }
    *guess_out = (struct charset_guess){.charset = charset};
    return 0;
}

int charset_decide(const struct fmt_in *in, struct charset_guess *guess_out, const char **why_out)
{
    if (charset_warm() < 0) {
        *why_out = "no tables of character sets";
        return ERR_FAULT;
    }
    for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
        if (!in_equals(in, 0, marks[i].mark, marks[i].n))
            continue;
        if (marks[i].charset == CHARSET_NONE) {
            *why_out = marks[i].why;
            return ERR_MALFORMED;
        }
        *guess_out = (struct charset_guess){.charset = marks[i].charset, .mark = marks[i].n};
        return 0;
    }
    return decide_unmarked(in, guess_out, why_out);
}
