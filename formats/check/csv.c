/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Verifier of CSV. Runs in the checker on a finished output; reads it with
 * codes.c and walks over its cells once for every way a spreadsheet may read
 * them. A cell that could act as a formula refuses the whole.
 */
#include <string.h>
#include <strings.h>

#include "codes.h"
#include "formats/format.h"

/* ---- Words about characters -------------------------------------------------------------- */

static bool is_in(uint32_t c, uint32_t from, uint32_t to)
{
    return c - from <= to - from;
}

static bool is_digit(uint32_t c)
{
    return is_in(c, '0', '9') || is_in(c, 0xFF10, 0xFF19);
}

static bool is_latin(uint32_t c)
{
    return is_in(c, 'A', 'Z') || is_in(c, 'a', 'z') || is_in(c, 0xFF21, 0xFF3A) || is_in(c, 0xFF41, 0xFF5A);
}

/* Blanks, and what does not show when policy lets it in: VT and the bidi controls. */
static bool is_space(uint32_t c)
{
    return c == ' ' || c == 0x3000 || c == 0xA0 || is_in(c, 0x2000, 0x200A) || c == 0x205F || c == 0x1680 ||
           c == 0x2800 || c == 0x0B || c == 0x061C || c == 0x200E || c == 0x200F || is_in(c, 0x202A, 0x202F) ||
           is_in(c, 0x2066, 0x2069);
}

static bool is_white(uint32_t c)
{
    return is_space(c) || c == '\t' || c == '\n' || c == '\r';
}

static bool is_sign(uint32_t c)
{
    return c == '+' || c == '-' || c == 0xFF0B || c == 0xFF0D || c == 0x2212 || c == 0xFE62 || c == 0xFE63;
}

static bool is_equals_or_at(uint32_t c)
{
    return c == '=' || c == '@' || c == 0xFF1D || c == 0xFF20 || c == 0xFE66 || c == 0xFE6B;
}

static bool is_currency(uint32_t c)
{
    return c == '$' || c == '\\' || c == 0xA5 || c == 0xFFE5 || c == 0xFF04 || c == 0xFF3C || c == 0x20AC;
}

/* Letters that may stand for a unit. */
static bool is_unit(uint32_t c)
{
    return is_latin(c) || is_in(c, 0x3041, 0x30FF) || is_in(c, 0x3400, 0x9FFF) || is_in(c, 0xFF66, 0xFF9F) ||
           is_in(c, 0x2100, 0x214F) || is_in(c, 0x3300, 0x33FF) || c == 0xB0 || c == 0xB5;
}

static bool is_number_mark(uint32_t c)
{
    switch (c) {
    case '.': case ',': case ':': case ';': case '/': case '%': case '(': case ')': case '~':
    case 0xFF0E: case 0xFF0C: case 0xFF1A: case 0xFF0F: case 0xFF05: case 0xFF08: case 0xFF09: case 0xFF5E: case 0x301C:
        return true;
    default:
        return false;
    }
}

static bool is_separator(uint32_t c)
{
    return c == ',' || c == ';' || c == '\t' || c == '|';
}

/* ---- Plain numbers ------------------------------------------------------------------------- */

#define NUMBER_MAX 64
#define UNIT_MAX 8
#define WIDE_UNIT_MAX 16

/* Behind a quote that must be the closing one: blanks, then the end of the cell. */
static bool closes(struct codes codes)
{
    enum codes_step step;
    uint32_t c = 0;

    do {
        step = codes_next(&codes, &c);
    } while (step == CODES_CHAR && is_space(c));
    return step != CODES_CHAR || c == '\n' || c == '\r' || is_separator(c);
}

struct token {
    uint32_t text[NUMBER_MAX];
    size_t n;
    uint32_t end; /* the separator or line end behind it, 0 for another end */
};

/*
 * The cell's text from its sign on: up to what ends a cell in some view, or,
 * inside quotes, up to the closing quote. False when it is too long, or a
 * quote or bar inside it makes it no number.
 */
static bool collect(struct codes codes, uint32_t first, bool quoted, struct token *token)
{
    uint32_t c = 0;

    *token = (struct token){.text = {first}, .n = 1};
    while (codes_next(&codes, &c) == CODES_CHAR) {
        bool ends = c == '\n' || c == '\r' || is_separator(c);
        if (c == '"')
            return closes(codes);
        if (ends && !quoted) {
            token->end = c;
            break;
        }
        if (c == '|' || token->n == NUMBER_MAX)
            return false;
        token->text[token->n++] = c;
    }
    return true;
}

/*
 * A unit behind a number: few letters, digits, blanks and slashes up to the
 * end. Right behind a digit no formula has a Japanese character: it may have
 * more, and brackets.
 */
static bool is_unit_tail(const uint32_t *text, size_t n, uint32_t end)
{
    bool wide = text[0] >= 0x80 && !is_latin(text[0]) && is_digit(text[-1]);

    if (n > (wide ? WIDE_UNIT_MAX : UNIT_MAX) || end == '|')
        return false;
    for (size_t i = 0; i < n; i++)
        if (!is_unit(text[i]) && !is_digit(text[i]) && !is_white(text[i]) && text[i] != '/' &&
            !(wide && is_number_mark(text[i])))
            return false;
    return true;
}

/* sign, blanks and more signs; a currency before a digit; digits with marks; an exponent; a unit. */
static bool is_number(const struct token *token)
{
    const uint32_t *text = token->text;
    size_t n = token->n, i = 1;
    bool digits = false;

    while (i < n && (is_sign(text[i]) || is_white(text[i])))
        i++;
    if (i == n)
        return true;
    if (is_currency(text[i]) && (++i == n || !is_digit(text[i])))
        return false;
    if (is_unit(text[i]))
        return false;
    for (; i < n; i++) {
        uint32_t c = text[i], last = text[i - 1], next = i + 1 < n ? text[i + 1] : 0;
        digits |= is_digit(c);
        if (is_digit(c) || is_sign(c) || is_white(c) || is_number_mark(c))
            continue;
        bool behind_number = is_digit(last) || is_white(last) || last == '%' || last == ')' || last == 0xFF05 || last == 0xFF09;
        if (!digits || !is_unit(c) || !behind_number)
            return false;
        if ((c == 'e' || c == 'E') && is_digit(last) && (is_digit(next) || is_sign(next)))
            continue;
        return is_unit_tail(text + i, n - i, token->end);
    }
    return digits;
}

/*
 * Where no view is strict: signs, a number and a Japanese unit right behind
 * it, or an ESC of ISO-2022-JP. A formula cannot go on from there.
 */
static bool cannot_go_on(struct codes codes, uint32_t c)
{
    struct token token = {.text = {c}, .n = 1};
    bool digits = false;
    uint32_t last = c;

    while (token.n < NUMBER_MAX && codes_next(&codes, &c) == CODES_CHAR) {
        if (c == 0x1B || (digits && is_digit(last) && c >= 0x80 && is_unit(c) && !is_latin(c)))
            return true;
        if (!is_sign(c) && !is_digit(c) && !is_white(c) && !is_number_mark(c) && !is_currency(c) && (c | 0x20) != 'e')
            return false;
        digits |= is_digit(c);
        last = c;
        token.n++;
    }
    return false;
}

/* ---- Cells ------------------------------------------------------------------------------------ */

/*
 * The ways to read a table, one bit each: by any separator, by each of them
 * alone, by those of LibreOffice. In the strict one whatever is no number is
 * refused, in the others what could do something.
 */
#define VIEW_ANY 1u
#define VIEWS 63u

/* The views a character separates cells in. */
static unsigned views_of(uint32_t c)
{
    static const uint8_t views[128] = {[','] = 1 | 2 | 32, [';'] = 1 | 4 | 32, ['\t'] = 1 | 8 | 32, ['|'] = 1 | 16};

    return c < 128 ? views[c] : 0;
}

/* Where in a cell each view is: in one of three sets, or inside of text. */
struct table {
    struct codes codes;
    unsigned start, quotes, closed;
    unsigned fresh; /* only blanks and quotes in this cell so far */
};

/* A table on its way, and how far nothing dangerous was found ahead of it, for cells of these views. */
struct walk {
    struct table here, ahead;
    unsigned strict, views;
};

static void walk_start(struct walk *walk, const struct codes *codes, unsigned strict)
{
    struct table first = {.codes = *codes, .start = VIEWS, .fresh = VIEWS};

    *walk = (struct walk){.here = first, .ahead = first, .strict = strict};
}

static void table_take(struct table *t, uint32_t c)
{
    unsigned outside = VIEWS & ~t->quotes, ended = c == '\n' || c == '\r' ? outside : outside & views_of(c);

    if (c == '"') {
        unsigned inside = t->start | t->closed;
        t->closed = t->quotes;
        t->quotes = inside;
        t->start = 0;
        return;
    }
    t->start = ended;
    t->closed = 0;
    t->fresh = ended | (is_white(c) ? t->fresh : 0);
}

/*
 * What follows in the line holds a call, a DDE bar or a reference to another
 * book. The line ends where one does outside the quotes of the views of all
 * cells in question. What was looked through is not looked through again.
 */
static bool rest_is_dangerous(struct walk *walk, uint32_t c, unsigned views)
{
    struct table *t = &walk->ahead;
    bool name = false;

    if (t->codes.at <= walk->here.codes.at) {
        *t = walk->here;
        table_take(t, c);
        walk->views = views;
    } else {
        walk->views |= views;
        if (!(t->quotes & walk->views))
            return false;
    }
    while (codes_next(&t->codes, &c) == CODES_CHAR) {
        if (c == '|' || c == '!' || c == 0xFF5C || c == 0xFF01 || ((c == '(' || c == 0xFF08) && name))
            return true;
        if (is_latin(c))
            name = true;
        else if (!is_digit(c) && c != '_' && c != '.' && !is_space(c))
            name = false;
        table_take(t, c);
        if ((c == '\n' || c == '\r') && !(t->quotes & walk->views))
            break;
    }
    return false;
}

/* A sign, "=" or "@" that begins a cell in one view at least. */
static bool cell_is_formula(struct walk *walk, uint32_t c)
{
    const struct table *t = &walk->here;
    bool strict = t->fresh & walk->strict, quoted = t->fresh & t->quotes;
    struct token token;

    if (!t->fresh)
        return false;
    bool number = is_sign(c) && collect(t->codes, c, quoted, &token) && is_number(&token);
    if (number || (!strict && is_sign(c) && cannot_go_on(t->codes, c)))
        return false;
    return strict || rest_is_dangerous(walk, c, t->fresh);
}

static bool table_is_safe(struct walk *walk)
{
    struct table *t = &walk->here;
    static const uint8_t content[256] = {
        [0x20 ... 0x21] = 1, [0x23 ... 0x2B] = 1, [0x2D ... 0x3A] = 1, [0x3C ... 0x7B] = 1, [0x7D ... 0x7E] = 1};
    bool quiet = false;
    uint32_t c = 0;

    while (codes_next(&t->codes, &c) == CODES_CHAR) {
        bool structure = c == '"' || c == '\n' || c == '\r' || is_separator(c);
        if (quiet && !structure)
            continue;
        if ((is_sign(c) || is_equals_or_at(c)) && cell_is_formula(walk, c))
            return false;
        table_take(t, c);
        quiet = !(t->start | t->closed | t->fresh);
        if (quiet)
            codes_skip(&t->codes, content);
    }
    return true;
}

/* ---- The first line ------------------------------------------------------------------------------- */

/* "sep=" names a separator: one of ours alone in its line, or it is no separator line. */
static bool separator_line_is_safe(struct codes codes)
{
    char line[16] = "";
    size_t n = 0;
    uint32_t c = 0;

    while (n + 1 < sizeof line && codes_next(&codes, &c) == CODES_CHAR && c != '\n' && c != '\r')
        line[n++] = c < 0x80 ? (char)c : is_space(c) ? ' ' : 'x';
    size_t blanks = strspn(line, " \t\"");
    if (strncasecmp(line + blanks, "sep=", 4) != 0)
        return true;
    static const char *const known[] = {"sep=,", "sep=;", "sep=|", "sep=\t", "\"sep=,\"", "\"sep=;\"", "\"sep=|\"", "\"sep=\t\""};
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (strcasecmp(line, known[i]) == 0)
            return true;
    return false;
}

/* "ID" alone in the first cell is the first record of a SYLK file. */
static bool is_sylk(struct codes codes)
{
    uint32_t c[3] = {0, 0, 0};

    for (size_t i = 0; i < 3; i++)
        if (codes_next(&codes, &c[i]) != CODES_CHAR)
            return false;
    return c[0] == 'I' && c[1] == 'D' && (c[2] == ';' || c[2] == '\n' || c[2] == '\r');
}

/* ---- Verifier ----------------------------------------------------------------------------------------- */

/* Without a mark Japanese Excel takes the bytes for CP932. */
static bool is_misread(const struct codes *codes, const uint8_t *start)
{
    bool unmarked = codes->set == CODES_UTF8 && codes->at == start;

    return codes->set == CODES_EUCJP || codes->set == CODES_JIS || (unmarked && !codes_is_ascii(codes));
}

/* What is wrong with the table in this encoding, or NULL. */
static const char *fault(const struct codes *codes, const uint8_t *start, bool formulas)
{
    struct walk walk;

    if (is_sylk(*codes))
        return "begins as a SYLK file";
    if (formulas)
        return NULL;
    if (!separator_line_is_safe(*codes))
        return "separator line with a strange separator";
    walk_start(&walk, codes, VIEW_ANY);
    if (!table_is_safe(&walk))
        return "a cell that acts as a formula";
    if (!is_misread(codes, start))
        return NULL;
    struct codes misread = {.at = codes->at, .end = codes->end, .set = CODES_SWALLOW};
    walk_start(&walk, &misread, 0);
    return table_is_safe(&walk) ? NULL : "a formula when read as CP932";
}

/* CP932 and EUC-JP can both fit a short table; it need be safe only in the one it is in, which nobody here knows. */
static int verify(struct fmt_job *job)
{
    const struct fmt_in *in = job_in(job);
    const struct codes_allow allow = {
        .vtab = job_switch(job, FINDING_CONTROL_CHARS) == FMT_SWITCH_ALLOW,
        .bidi = job_switch(job, FINDING_BIDI) == FMT_SWITCH_ALLOW,
    };
    bool formulas = job_switch(job, FINDING_FORMULA) == FMT_SWITCH_ALLOW;
    const char *why = "a byte that has no place in the text";
    struct codes found[CODES_MAX];
    int err = job_steps(job, in->len / 4096 + 1);

    if (err < 0)
        return err;
    unsigned count = codes_open(in->bytes, in->len, &allow, found);
    for (unsigned i = 0; i < count && why; i++)
        why = fault(&found[i], in->bytes, formulas);
    return why ? job_fail(job, REASON_CHECK_REFUSED, "%s", why) : 0;
}

const struct format_verifier chk_csv = {.name = "csv", .verify = verify};
