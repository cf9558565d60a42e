/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads text for the verifiers. Runs in the checker, on what a worker that met
 * hostile bytes has written: so it believes none of it and shares nothing with
 * formats/charset.c.
 */
#include "codes.h"

#include <string.h>

#include "base/scope.h"

/* ---- Positive list of Unicode --------------------------------------------------------- */

/* Characters that show, and blanks. What is between two rows is not written. */
static const struct {
    uint32_t from, to;
} visible[] = {
    {0x0020, 0x007E},   {0x00A0, 0x00AC},   {0x00AE, 0x034E},   {0x0350, 0x061B},   {0x061D, 0x115E},
    {0x1161, 0x17B3},   {0x17B6, 0x180A},   {0x1810, 0x200A},   {0x2010, 0x2027},   {0x202F, 0x205F},
    {0x2070, 0x3163},   {0x3165, 0xD7FF},   {0xE000, 0xFDCF},   {0xFDF0, 0xFDFF},   {0xFE10, 0xFEFE},
    {0xFF00, 0xFF9F},   {0xFFA1, 0xFFEF},   {0xFFFC, 0xFFFD},   {0x10000, 0x1342F}, {0x13440, 0x1BC9F},
    {0x1BCA4, 0x1D172}, {0x1D17B, 0x1FFFD}, {0x20000, 0x2FFFD}, {0x30000, 0x3FFFD}, {0xF0000, 0xFFFFD},
    {0x100000, 0x10FFFD},
};

static bool is_in(uint32_t c, uint32_t from, uint32_t to)
{
    return c - from <= to - from;
}

static bool is_visible(uint32_t c)
{
    unsigned low = 0, high = ARRAY_LEN(visible);

    while (high - low > 1) {
        unsigned half = low + (high - low) / 2;
        if (c >= visible[half].from)
            low = half;
        else
            high = half;
    }
    return is_in(c, visible[low].from, visible[low].to);
}

static bool is_blank(uint32_t c)
{
    return c == 0x20 || c == 0xA0 || c == 0x1680 || is_in(c, 0x2000, 0x200A) || c == 0x202F || c == 0x205F ||
           c == 0x2800 || c == 0x3000;
}

static bool is_bidi(uint32_t c)
{
    return c == 0x061C || c == 0x200E || c == 0x200F || is_in(c, 0x202A, 0x202E) || is_in(c, 0x2066, 0x2069);
}

/* Variation selectors stand behind one character that shows, those of Mongolian behind a Mongolian letter. */
static bool is_selector(uint32_t c)
{
    return is_in(c, 0xFE00, 0xFE0F) || is_in(c, 0xE0100, 0xE01EF);
}

static bool is_mongolian_selector(uint32_t c)
{
    return is_in(c, 0x180B, 0x180D) || c == 0x180F;
}

/* A zero-width (non-)joiner: behind a letter of a script that joins, or inside an emoji. */
static bool may_follow_joined(uint32_t c)
{
    static const struct {
        uint32_t from, to;
    } scripts[] = {{0x0600, 0x0DFF}, {0x1000, 0x109F}, {0x1780, 0x17FF}, {0x1820, 0x18AF},
                   {0xA8E0, 0xA8FF}, {0xFB50, 0xFDFF}, {0xFE70, 0xFEFC}};

    for (size_t i = 0; i < ARRAY_LEN(scripts); i++)
        if (is_in(c, scripts[i].from, scripts[i].to))
            return true;
    return false;
}

static bool is_pictograph(uint32_t c)
{
    static const struct {
        uint32_t from, to;
    } pictures[] = {{0xA9, 0xA9},     {0xAE, 0xAE},     {0x203C, 0x203C}, {0x2049, 0x2049}, {0x2122, 0x2122},
                    {0x2139, 0x2139}, {0x2190, 0x21FF}, {0x2300, 0x23FF}, {0x25AA, 0x25FE}, {0x2600, 0x27BF},
                    {0x2934, 0x2935}, {0x2B00, 0x2BFF}, {0x3030, 0x3030}, {0x303D, 0x303D}, {0x3297, 0x3297},
                    {0x3299, 0x3299}, {0x1F000, 0x1FAFF}};

    for (size_t i = 0; i < ARRAY_LEN(pictures); i++)
        if (is_in(c, pictures[i].from, pictures[i].to))
            return true;
    return false;
}

static bool control_may_be(const struct codes *codes, uint32_t c)
{
    return c == '\t' || c == '\n' || c == '\r' || (c == 0x0C && codes->allow.feed) || (c == 0x0B && codes->allow.vtab);
}

/* The positive list with its neighbourhood. An emoji's joiner is checked again when its right side comes. */
static bool unicode_may_be(const struct codes *codes, uint32_t c)
{
    uint32_t before = codes->before;
    bool after_zwj = before == 0x200D && is_pictograph(codes->base);

    if (after_zwj && !is_pictograph(c))
        return false;
    if (c < 0x20)
        return control_may_be(codes, c);
    if (is_visible(c))
        return true;
    if (is_selector(c))
        return before != 0 && is_visible(before) && !is_blank(before);
    if (is_mongolian_selector(c))
        return is_in(before, 0x1820, 0x18AF);
    if (c == 0x200D && is_pictograph(codes->base))
        return before == codes->base || before == 0xFE0F;
    if (c == 0x200C || c == 0x200D)
        return may_follow_joined(before);
    return codes->allow.bidi && is_bidi(c);
}

/* ---- UTF-8: a table of states (RFC 3629, section 4) --------------------------------------- */

enum utf8_state { U_START, U_ONE, U_TWO, U_THREE, U_E0, U_ED, U_F0, U_F4, U_BAD };

static enum utf8_state utf8_lead(uint8_t byte)
{
    static const struct {
        uint8_t to;
        uint8_t state;
    } leads[] = {{0x7F, U_START}, {0xC1, U_BAD}, {0xDF, U_ONE}, {0xE0, U_E0},    {0xEC, U_TWO}, {0xED, U_ED},
                 {0xEF, U_TWO},   {0xF0, U_F0},  {0xF3, U_THREE}, {0xF4, U_F4}, {0xFF, U_BAD}};
    size_t i = 0;

    while (byte > leads[i].to)
        i++;
    return (enum utf8_state)leads[i].state;
}

static enum utf8_state utf8_trail(enum utf8_state state, uint8_t byte)
{
    static const struct {
        uint8_t from, to, next;
    } trails[] = {
        [U_ONE] = {0x80, 0xBF, U_START}, [U_TWO] = {0x80, 0xBF, U_ONE},  [U_THREE] = {0x80, 0xBF, U_TWO},
        [U_E0] = {0xA0, 0xBF, U_ONE},    [U_ED] = {0x80, 0x9F, U_ONE},   [U_F0] = {0x90, 0xBF, U_TWO},
        [U_F4] = {0x80, 0x8F, U_TWO},
    };

    return byte >= trails[state].from && byte <= trails[state].to ? (enum utf8_state)trails[state].next : U_BAD;
}

static enum codes_step next_utf8(struct codes *codes, uint32_t *c_out)
{
    static const uint8_t bits[] = {[U_START] = 0x7F, [U_ONE] = 0x1F, [U_TWO] = 0x0F, [U_THREE] = 0x07, [U_E0] = 0x0F,
                                   [U_ED] = 0x0F,    [U_F0] = 0x07,  [U_F4] = 0x07};
    enum utf8_state state = utf8_lead(*codes->at);

    if (state == U_BAD)
        return CODES_BAD;
    uint32_t c = *codes->at++ & bits[state];
    while (state != U_START) {
        state = codes->at < codes->end ? utf8_trail(state, *codes->at) : U_BAD;
        if (state == U_BAD)
            return CODES_BAD;
        c = c << 6 | (*codes->at++ & 0x3F);
    }
    *c_out = c;
    return CODES_CHAR;
}

/* ---- UTF-16 (RFC 2781) --------------------------------------------------------------------- */

static enum codes_step next_utf16(struct codes *codes, uint32_t *c_out)
{
    unsigned high = codes->set == CODES_UTF16LE ? 1 : 0;
    uint32_t unit[2] = {0, 0};

    for (unsigned i = 0; i < 2; i++) {
        if (codes->end - codes->at < 2)
            return CODES_BAD;
        unit[i] = codes->at[high] * 256u + codes->at[1 - high];
        codes->at += 2;
        if (i == 0 && !is_in(unit[0], 0xD800, 0xDFFF)) {
            *c_out = unit[0];
            return CODES_CHAR;
        }
        if (i == 0 && unit[0] > 0xDBFF)
            return CODES_BAD;
    }
    *c_out = 0x10000 + (unit[0] - 0xD800) * 0x400 + (unit[1] - 0xDC00);
    return is_in(unit[1], 0xDC00, 0xDFFF) ? CODES_CHAR : CODES_BAD;
}

/* ---- The Japanese sets ---------------------------------------------------------------------- */

/* Rows 1 and 3 of JIS X 0208: the signs and letters a rule may look at. The marks of kana count as kana. */
static uint32_t of_row(unsigned row, unsigned cell)
{
    static const uint8_t kana_marks[] = {6, 11, 12, 19, 20, 21, 22, 28};
    static const struct {
        uint8_t cell;
        uint16_t c;
    } signs[] = {{1, 0x3000},  {4, 0xFF0C},  {5, 0xFF0E},  {7, 0xFF1A},  {10, 0xFF01}, {31, 0xFF0F}, {33, 0xFF5E},
                 {35, 0xFF5C}, {42, 0xFF08}, {43, 0xFF09}, {60, 0xFF0B}, {61, 0xFF0D}, {65, 0xFF1D}, {79, 0xFFE5},
                 {80, 0xFF04}, {83, 0xFF05}, {87, 0xFF20}, {32, 0xFF3C}, {75, 0x00B0}, {78, 0x2103}};

    if (row == 3 && cell >= 16)
        return 0xFF10 + cell - 16;
    for (size_t i = 0; row == 1 && i < ARRAY_LEN(signs); i++)
        if (signs[i].cell == cell)
            return signs[i].c;
    if ((row == 1 && memchr(kana_marks, (int)cell, sizeof kana_marks)) || (row == 2 && cell == 82)) /* Å */
        return CODES_IDEOGRAPH;
    return row >= 1 && row <= 2 ? 0x25CB : CODES_IDEOGRAPH;
}

static enum codes_step next_cp932(struct codes *codes, uint32_t *c_out)
{
    uint8_t lead = *codes->at++;

    *c_out = lead;
    if (lead < 0x80)
        return CODES_CHAR;
    if (lead >= 0xA1 && lead <= 0xDF) {
        *c_out = 0xFF61u + (lead - 0xA1u);
        return CODES_CHAR;
    }
    if (lead == 0x80 || lead == 0xA0 || lead > 0xFC || codes->at == codes->end)
        return CODES_BAD;
    uint8_t trail = *codes->at++;
    if (trail < 0x40 || trail == 0x7F || trail > 0xFC)
        return CODES_BAD;
    unsigned row = (lead < 0xA0 ? lead - 0x81u : lead - 0xC1u) * 2 + (trail >= 0x9F ? 2 : 1);
    unsigned cell = trail >= 0x9F ? trail - 0x9Eu : trail - 0x3Fu - (trail > 0x7F ? 1 : 0);
    *c_out = of_row(row, cell);
    return CODES_CHAR;
}

static enum codes_step next_eucjp(struct codes *codes, uint32_t *c_out)
{
    uint8_t lead = *codes->at++;
    unsigned more = lead == 0x8F ? 2 : 1;

    *c_out = lead;
    if (lead < 0x80)
        return CODES_CHAR;
    if ((lead < 0xA1 && lead != 0x8E && lead != 0x8F) || lead == 0xFF || (size_t)(codes->end - codes->at) < more)
        return CODES_BAD;
    for (unsigned i = 0; i < more; i++)
        if (codes->at[i] < 0xA1 || codes->at[i] == 0xFF)
            return CODES_BAD;
    uint8_t trail = codes->at[0];
    codes->at += more;
    if (lead == 0x8E) {
        *c_out = 0xFF61u + (trail - 0xA1u);
        return trail <= 0xDF ? CODES_CHAR : CODES_BAD;
    }
    *c_out = lead == 0x8F ? CODES_IDEOGRAPH : of_row(lead - 0xA0u, trail - 0xA0u);
    return CODES_CHAR;
}

static enum codes_step next_swallow(struct codes *codes, uint32_t *c_out)
{
    uint8_t lead = *codes->at++;
    bool takes = (lead >= 0x81 && lead <= 0x9F) || (lead >= 0xE0 && lead <= 0xFC);

    if (takes && codes->at < codes->end)
        codes->at++;
    *c_out = lead < 0x80 ? lead : CODES_IDEOGRAPH;
    return CODES_CHAR;
}

/* ---- ISO-2022-JP (RFC 1468) ------------------------------------------------------------------- */

enum { SHIFT_ASCII, SHIFT_ROMAN, SHIFT_KANA, SHIFT_78, SHIFT_83, SHIFT_0212 };

/* Takes in a designator. It must change the set, and a character of that set must have come since the last. */
static bool jis_shift(struct codes *codes)
{
    static const struct {
        const char *code;
        uint8_t len, shift;
    } known[] = {{"\x1B(B", 3, SHIFT_ASCII}, {"\x1B(J", 3, SHIFT_ROMAN}, {"\x1B(I", 3, SHIFT_KANA},
                 {"\x1B$@", 3, SHIFT_78},    {"\x1B$B", 3, SHIFT_83},    {"\x1B$(D", 4, SHIFT_0212}};

    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if ((size_t)(codes->end - codes->at) < known[i].len || memcmp(codes->at, known[i].code, known[i].len) != 0)
            continue;
        bool useful = known[i].shift != codes->shift && !codes->shifted;
        codes->at += known[i].len;
        codes->shift = known[i].shift;
        codes->shifted = true;
        return useful;
    }
    return false;
}

static enum codes_step next_jis(struct codes *codes, uint32_t *c_out)
{
    while (*codes->at == 0x1B) {
        if (!jis_shift(codes))
            return CODES_BAD;
        if (codes->at == codes->end)
            return codes->shift == SHIFT_ASCII ? CODES_END : CODES_BAD;
    }
    uint8_t byte = *codes->at++;
    codes->shifted = false;
    *c_out = byte;
    if (byte > 0x7E)
        return CODES_BAD;
    if (codes->shift == SHIFT_ASCII || codes->shift == SHIFT_ROMAN) {
        if (codes->shift == SHIFT_ROMAN && byte == 0x5C)
            *c_out = 0xA5;
    } else if (byte < 0x21) {
        return CODES_BAD;
    } else if (codes->shift == SHIFT_KANA) {
        *c_out = 0xFF61u + (byte - 0x21u);
        return byte <= 0x5F ? CODES_CHAR : CODES_BAD;
    } else {
        if (codes->at == codes->end || *codes->at < 0x21 || *codes->at > 0x7E)
            return CODES_BAD;
        uint8_t second = *codes->at++;
        *c_out = codes->shift == SHIFT_0212 ? CODES_IDEOGRAPH : of_row(byte - 0x20u, second - 0x20u);
    }
    return CODES_CHAR;
}

/* ---- Reading ------------------------------------------------------------------------------------ */

enum codes_step codes_next(struct codes *codes, uint32_t *c_out)
{
    static enum codes_step (*const readers[CODES_SETS])(struct codes *, uint32_t *) = {
        [CODES_UTF8] = next_utf8,   [CODES_UTF16LE] = next_utf16, [CODES_UTF16BE] = next_utf16,
        [CODES_CP932] = next_cp932, [CODES_EUCJP] = next_eucjp,   [CODES_JIS] = next_jis,
        [CODES_SWALLOW] = next_swallow,
    };
    uint32_t c = 0;

    if (codes->at >= codes->end) {
        bool whole = codes->set != CODES_JIS || codes->shift == SHIFT_ASCII;
        bool joined = codes->before == 0x200D && is_pictograph(codes->base);
        return whole && !joined ? CODES_END : CODES_BAD;
    }
    if ((unsigned)codes->set >= CODES_SETS || !readers[codes->set])
        return CODES_BAD;
    enum codes_step step = readers[codes->set](codes, &c);
    if (step != CODES_CHAR)
        return step;
    if (codes->set != CODES_SWALLOW && !codes->checked) {
        bool unicode = codes->set <= CODES_UTF16BE;
        bool fine = unicode ? unicode_may_be(codes, c) : c < 0x20 ? control_may_be(codes, c) : c != 0x7F;
        if (!fine)
            return CODES_BAD;
        codes->before = c;
        if (!is_selector(c) && !is_mongolian_selector(c) && c != 0x200C && c != 0x200D)
            codes->base = c;
    }
    *c_out = c;
    return CODES_CHAR;
}

bool codes_is_ascii(const struct codes *codes)
{
    const uint8_t *p = codes->at;

    while (p < codes->end && *p < 0x80)
        p++;
    return p == codes->end;
}

void codes_skip(struct codes *codes, const uint8_t *plain)
{
    const uint8_t *p = codes->at;
    bool bytes = codes->set != CODES_UTF16LE && codes->set != CODES_UTF16BE && codes->set != CODES_NONE;

    if (!bytes || codes->shift != SHIFT_ASCII || codes->before == 0x200D)
        return;
    while (p < codes->end && plain[*p])
        p++;
    if (p == codes->at)
        return;
    codes->before = codes->base = p[-1];
    codes->shifted = false;
    codes->at = p;
}

/* True when the bytes are UTF-8 by structure alone. */
static bool is_utf8(const uint8_t *p, const uint8_t *end)
{
    enum utf8_state state = U_START;

    for (; p < end && state != U_BAD; p++)
        state = state == U_START ? *p < 0x80 ? U_START : utf8_lead(*p) : utf8_trail(state, *p);
    return state == U_START;
}

static bool reads_whole(struct codes codes)
{
    static const uint8_t printable[256] = {[0x20 ... 0x7E] = 1};
    enum codes_step step;
    uint32_t c;

    do {
        codes_skip(&codes, printable);
        step = codes_next(&codes, &c);
    } while (step == CODES_CHAR);
    return step == CODES_END;
}

/* Hiragana or katakana in EUC-JP (rows 4 and 5): as CP932 those bytes would be commas between half-width kana. */
static bool has_euc_kana(struct codes codes)
{
    uint32_t c;
    const uint8_t *at = codes.at;

    while (codes_next(&codes, &c) == CODES_CHAR) {
        if (codes.at - at == 2 && (*at == 0xA4 || *at == 0xA5))
            return true;
        at = codes.at;
    }
    return false;
}

unsigned codes_open(const uint8_t *bytes, size_t n, const struct codes_allow *allow, struct codes found_out[CODES_MAX])
{
    static const enum codes_set legacy[] = {CODES_CP932, CODES_EUCJP};
    struct codes codes = {.at = bytes, .end = bytes + n, .allow = *allow};
    unsigned found = 0;

    if (n >= 2 && bytes[0] == 0xFF && bytes[1] == 0xFE) {
        codes.set = CODES_UTF16LE;
        codes.at += 2;
    } else if (n >= 2 && bytes[0] == 0xFE && bytes[1] == 0xFF) {
        codes.set = CODES_UTF16BE;
        codes.at += 2;
    } else if (n >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0) {
        codes.set = CODES_UTF8;
        codes.at += 3;
    } else if (memchr(bytes, 0x1B, n)) {
        codes.set = CODES_JIS;
    } else if (is_utf8(bytes, bytes + n)) {
        codes.set = CODES_UTF8; /* a character refused there is not let through as CP932 */
    }
    if (codes.set != CODES_NONE) {
        found_out[0] = codes;
        found_out[0].checked = reads_whole(codes);
        return found_out[0].checked ? 1 : 0;
    }
    for (size_t i = 0; i < ARRAY_LEN(legacy); i++) {
        codes.set = legacy[i];
        if (!reads_whole(codes))
            continue;
        found_out[found] = codes;
        found_out[found++].checked = true;
    }
    if (found == 2 && has_euc_kana(found_out[1])) {
        found_out[0] = found_out[1];
        found = 1;
    }
    return found;
}
