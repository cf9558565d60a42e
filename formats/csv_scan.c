/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scanner of csv.c: several readings of one hostile table at once, one bit
 * for each. Runs in the text worker; has no state but its struct.
 */
#include "csv_scan.h"

#include "base/scope.h"

#define TOKEN_MAX 64 /* characters of a plain number */
#define UNIT_MAX 8   /* of the unit behind it: "+3.5 km/h" */
#define WIDE_UNIT_MAX 16 /* of a Japanese one right behind a digit: "-10円(税込)" is nothing a formula has */

enum phase { PHASE_SIGN, PHASE_CURRENCY, PHASE_BODY, PHASE_EXPONENT, PHASE_UNIT, PHASE_CLOSED, PHASE_FORMULA };

/* ---- Kinds of characters -------------------------------------------------------------- */

enum kind {
    KIND_DIGIT = 1,
    KIND_SIGN = 2,      /* begins a number or a formula */
    KIND_FORMULA = 4,   /* begins a formula only */
    KIND_MARK = 8,      /* comes in numbers, dates, times and telephone numbers */
    KIND_CURRENCY = 16,
    KIND_BLANK = 32,
    KIND_LETTER = 64,
    KIND_UNIT = 128,    /* comes in units; all letters do */
    KIND_DANGER = 256,
    KIND_TAIL = 512,    /* a unit may follow: as after a digit or blank */
};

static const struct {
    uint16_t first, last, kinds;
} wide_kinds[] = {
    {0x00A0, 0x00A0, KIND_BLANK},          {0x00A5, 0x00A5, KIND_CURRENCY},  {0x00B0, 0x00B0, KIND_UNIT},
    {0x00B5, 0x00B5, KIND_UNIT},           {0x061C, 0x061C, KIND_BLANK},     {0x1680, 0x1680, KIND_BLANK},
    {0x2000, 0x200A, KIND_BLANK},          {0x200E, 0x200F, KIND_BLANK}, /* bidi: when policy lets them in */
    {0x202A, 0x202F, KIND_BLANK},          {0x205F, 0x205F, KIND_BLANK},     {0x2066, 0x2069, KIND_BLANK},
    {0x20AC, 0x20AC, KIND_CURRENCY},
    {0x2100, 0x214F, KIND_UNIT},           {0x2212, 0x2212, KIND_SIGN},      {0x2800, 0x2800, KIND_BLANK},
    {0x3000, 0x3000, KIND_BLANK},          {0x301C, 0x301C, KIND_MARK},      {0x3041, 0x30FF, KIND_UNIT},
    {0x3300, 0x33FF, KIND_UNIT},           {0x3400, 0x9FFF, KIND_UNIT},      {0xFE62, 0xFE63, KIND_SIGN},
    {0xFE66, 0xFE66, KIND_FORMULA},        {0xFE6B, 0xFE6B, KIND_FORMULA},   {0xFF01, 0xFF01, KIND_DANGER},
    {0xFF04, 0xFF04, KIND_CURRENCY},       {0xFF05, 0xFF05, KIND_MARK | KIND_TAIL}, {0xFF08, 0xFF08, KIND_MARK},
    {0xFF09, 0xFF09, KIND_MARK | KIND_TAIL}, {0xFF0B, 0xFF0B, KIND_SIGN},    {0xFF0C, 0xFF0C, KIND_MARK},
    {0xFF0D, 0xFF0D, KIND_SIGN},           {0xFF0E, 0xFF0F, KIND_MARK},      {0xFF10, 0xFF19, KIND_DIGIT},
    {0xFF1A, 0xFF1A, KIND_MARK},           {0xFF1D, 0xFF1D, KIND_FORMULA},   {0xFF20, 0xFF20, KIND_FORMULA},
    {0xFF21, 0xFF3A, KIND_LETTER | KIND_UNIT}, {0xFF3C, 0xFF3C, KIND_CURRENCY},
    {0xFF41, 0xFF5A, KIND_LETTER | KIND_UNIT}, {0xFF5C, 0xFF5C, KIND_DANGER}, {0xFF5E, 0xFF5E, KIND_MARK},
    {0xFF66, 0xFF9F, KIND_UNIT},           {0xFFE5, 0xFFE5, KIND_CURRENCY},
};

static const uint16_t ascii_kinds[128] = {
    ['0' ... '9'] = KIND_DIGIT,
    ['A' ... 'Z'] = KIND_LETTER | KIND_UNIT, ['a' ... 'z'] = KIND_LETTER | KIND_UNIT,
    ['+'] = KIND_SIGN, ['-'] = KIND_SIGN, ['='] = KIND_FORMULA, ['@'] = KIND_FORMULA,
    ['$'] = KIND_CURRENCY, ['\\'] = KIND_CURRENCY,
    ['.'] = KIND_MARK, [','] = KIND_MARK, [':'] = KIND_MARK, [';'] = KIND_MARK, ['/'] = KIND_MARK, ['%'] = KIND_MARK | KIND_TAIL,
    ['('] = KIND_MARK, [')'] = KIND_MARK | KIND_TAIL, ['~'] = KIND_MARK,
    [' '] = KIND_BLANK, ['\t'] = KIND_BLANK, ['\n'] = KIND_BLANK, ['\r'] = KIND_BLANK, ['\v'] = KIND_BLANK,
    ['|'] = KIND_DANGER, ['!'] = KIND_DANGER,
};

static unsigned kinds_of(uint32_t c)
{
    size_t from = 0, to = ARRAY_LEN(wide_kinds);

    if (c < 128)
        return ascii_kinds[c];
    while (from < to) {
        size_t middle = (from + to) / 2;
        if (c > wide_kinds[middle].last)
            from = middle + 1;
        else if (c < wide_kinds[middle].first)
            to = middle;
        else
            return wide_kinds[middle].kinds;
    }
    return 0;
}

/* The readings a separator ends cells in. */
static const uint8_t separates[CSV_SEPARATORS] = {
    CSV_ANY | CSV_COMMA | CSV_LIBRE, CSV_ANY | CSV_SEMICOLON | CSV_LIBRE, CSV_ANY | CSV_TAB | CSV_LIBRE, CSV_ANY | CSV_BAR};

enum meaning { CONTENT = 0, SEPARATOR, QUOTE = SEPARATOR + CSV_SEPARATORS, LINE_END };

static enum meaning meaning_of(uint32_t c)
{
    static const uint8_t meanings[128] = {[','] = SEPARATOR,      [';'] = SEPARATOR + 1, ['\t'] = SEPARATOR + 2,
                                          ['|'] = SEPARATOR + 3,  ['"'] = QUOTE,         ['\n'] = LINE_END,
                                          ['\r'] = LINE_END};

    return c < 128 ? (enum meaning)meanings[c] : CONTENT;
}

/* ---- Hits ------------------------------------------------------------------------------- */

static void hit(struct csv_scan *s, const struct csv_hit *hit)
{
    if (s->hit_count < ARRAY_LEN(s->hits))
        s->hits[s->hit_count++] = *hit;
    else
        s->lost = true;
}

static void hit_waiting(struct csv_scan *s)
{
    for (size_t i = 0; i < s->waiting_count; i++)
        hit(s, &s->waiting[i]);
    s->waiting_count = 0;
}

static void put_off(struct csv_scan *s, const struct csv_hit *place)
{
    if (s->waiting_count == CSV_WAITING_MAX)
        hit_waiting(s);
    s->waiting[s->waiting_count++] = *place;
}

/* The token was no plain number. */
static void token_is_formula(struct csv_scan *s)
{
    s->token.open = false;
    s->token.phase = PHASE_FORMULA;
    if (s->token.strict)
        hit(s, &s->token.hit);
    else
        put_off(s, &s->token.hit);
}

void csv_scan_settle(struct csv_scan *s, uint64_t at)
{
    if (s->token.open && s->token.hit.at == at)
        s->token.open = false;
    for (size_t i = 0; i < s->waiting_count; i++) {
        if (s->waiting[i].at != at)
            continue;
        for (size_t k = i + 1; k < s->waiting_count; k++)
            s->waiting[k - 1] = s->waiting[k];
        s->waiting_count--;
        return;
    }
}

/* ---- Plain numbers ------------------------------------------------------------------------ */

/* The first letter behind a number: of a unit, or an exponent. */
static bool token_unit(struct csv_scan *s, uint32_t c, unsigned kinds, unsigned last)
{
    if (!(kinds & KIND_UNIT) || !(last & (KIND_DIGIT | KIND_BLANK | KIND_TAIL)))
        return false;
    s->token.phase = (c == 'e' || c == 'E') && (last & KIND_DIGIT) ? PHASE_EXPONENT : PHASE_UNIT;
    s->token.unit = 1;
    s->token.wide_unit = c >= 0x80 && !(kinds & KIND_LETTER) && (last & KIND_DIGIT);
    s->token.open = s->token.strict || !s->token.wide_unit;
    return true;
}

/*
 * One more character of what may be a plain number: signs, a currency, digits
 * with marks between them, an exponent, a short unit. Nothing in it can name a
 * function, a cell of another book or a DDE server. False: it is none.
 */
static bool token_takes(struct csv_scan *s, uint32_t c)
{
    unsigned kinds = kinds_of(c), last = s->token.last;
    bool in_number = kinds & (KIND_DIGIT | KIND_MARK | KIND_SIGN | KIND_BLANK);
    bool in_unit = (kinds & (KIND_UNIT | KIND_DIGIT | KIND_BLANK)) || c == '/';

    s->token.last = (uint16_t)kinds;
    if (++s->token.length > TOKEN_MAX)
        return false;
    s->token.digits |= (kinds & KIND_DIGIT) != 0;
    if (c == 0x1B && !s->token.strict && s->token.phase <= PHASE_BODY) {
        s->token.open = false; /* of ISO-2022-JP, when read as ASCII: no formula goes on there */
        return true;
    }
    switch ((enum phase)s->token.phase) {
    case PHASE_SIGN:
        if (kinds & (KIND_SIGN | KIND_BLANK))
            return true;
        s->token.phase = kinds & KIND_CURRENCY ? PHASE_CURRENCY : PHASE_BODY;
        return kinds & (KIND_CURRENCY | KIND_DIGIT | KIND_MARK);
    case PHASE_CURRENCY:
        s->token.phase = PHASE_BODY;
        return kinds & KIND_DIGIT;
    case PHASE_BODY:
        return in_number || (s->token.digits && token_unit(s, c, kinds, last));
    case PHASE_EXPONENT:
        s->token.phase = kinds & (KIND_DIGIT | KIND_SIGN) ? PHASE_BODY : PHASE_UNIT;
        s->token.unit = 2;
        s->token.wide_unit = false;
        return kinds & (KIND_DIGIT | KIND_SIGN | KIND_BLANK | KIND_UNIT);
    case PHASE_UNIT:
        in_unit |= s->token.wide_unit && (kinds & KIND_MARK);
        return in_unit && ++s->token.unit <= (s->token.wide_unit ? WIDE_UNIT_MAX : UNIT_MAX);
    case PHASE_CLOSED:
        return kinds & KIND_BLANK;
    case PHASE_FORMULA:
        break;
    }
    return false;
}

/* The token ended before c (0: the file did). Letters before a bar are a DDE server's name. */
static void token_ends(struct csv_scan *s, uint32_t c)
{
    bool signs_only = s->token.phase == PHASE_SIGN;
    bool named = s->token.phase == PHASE_UNIT || s->token.phase == PHASE_EXPONENT;

    if (s->token.phase == PHASE_CURRENCY || (!signs_only && !s->token.digits) || (named && c == '|'))
        token_is_formula(s);
    s->token.open = false;
}

/*
 * A character with a meaning for the structure while a token is open. It ends
 * an unquoted cell; in a quoted one it is content, where a formula goes on
 * over commas and lines. A quote must be the closing one: "-1+""x""+cmd|..."
 * would hide behind its first.
 */
static void token_meets(struct csv_scan *s, uint32_t c)
{
    if (s->token.phase == PHASE_CLOSED) {
        if (c == '"')
            token_is_formula(s);
        else
            s->token.open = false;
        return;
    }
    if (c == '"') {
        token_ends(s, c);
        s->token.open = s->token.phase != PHASE_FORMULA;
        s->token.phase = PHASE_CLOSED;
    } else if (!s->token.quoted) {
        token_ends(s, c);
    } else if (c == '|' || !token_takes(s, c)) {
        token_is_formula(s);
    }
}

/*
 * A trigger at the start of a cell. While a quoted cell is being read as a
 * number, other readings may see cells begin inside of it: those wait.
 */
static void token_begins(struct csv_scan *s, uint32_t c, uint64_t at, uint8_t tag)
{
    bool strict = (s->lead & s->strict) != 0;
    struct csv_hit place = {.at = at, .row = s->row, .column = s->column, .tag = tag, .readings = s->lead};

    if (s->token.open && !strict) {
        put_off(s, &place);
        return;
    }
    if (s->token.open)
        token_is_formula(s);
    s->name = false;
    s->token.open = true;
    s->token.quoted = (s->lead & s->quoted) != 0;
    s->token.strict = strict;
    s->token.digits = false;
    s->token.phase = PHASE_SIGN;
    s->token.length = 1;
    s->token.last = KIND_SIGN;
    s->token.hit = place;
    if (kinds_of(c) & KIND_FORMULA)
        token_is_formula(s);
}

/* ---- What makes a waiting cell dangerous ---------------------------------------------------- */

/* A bar, a "!", or a bracket after a name. */
static void watch(struct csv_scan *s, uint32_t c)
{
    unsigned kinds = kinds_of(c);

    if ((kinds & KIND_DANGER) || ((c == '(' || c == 0xFF08) && s->name))
        hit_waiting(s);
    if (kinds & KIND_LETTER)
        s->name = true;
    else if (!(kinds & (KIND_DIGIT | KIND_BLANK)) && c != '_' && c != '.')
        s->name = false;
}

/* ---- Structure -------------------------------------------------------------------------------- */

void csv_scan_start(struct csv_scan *s, uint8_t strict)
{
    s->strict = strict;
    s->start = s->lead = CSV_ALL;
    s->row = s->column = 1;
}

const uint8_t *csv_scan_stops(bool fresh)
{
    static const uint8_t stops[2][256] = {
        {[','] = 1, [';'] = 1, ['|'] = 1, ['"'] = 1},
        {[','] = 1, [';'] = 1, ['|'] = 1, ['"'] = 1, [' '] = 1, ['='] = 1, ['+'] = 1, ['-'] = 1, ['@'] = 1},
    };

    return stops[fresh ? 1 : 0];
}

/* A line end: what waits is harmless, unless a quote holds the line of one of the readings open. */
static void drop_waiting(struct csv_scan *s)
{
    uint8_t readings = 0;

    for (size_t i = 0; i < s->waiting_count; i++)
        readings |= s->waiting[i].readings;
    if (!(readings & s->quoted))
        s->waiting_count = 0;
}

static void end_row(struct csv_scan *s, uint32_t c)
{
    uint8_t ends = CSV_ALL & (uint8_t)~s->quoted;
    bool pair = c == '\n' && s->cr;

    s->start = ends;
    s->closing = 0;
    s->lead |= ends;
    s->name = false;
    drop_waiting(s);
    if ((ends & CSV_ANY) && !pair) {
        s->row++;
        s->column = 1;
        s->row_open = false;
    }
}

static void end_cell(struct csv_scan *s, size_t which, uint32_t c)
{
    uint8_t ends = separates[which] & (uint8_t)~s->quoted;

    s->start = ends;
    s->closing = 0;
    s->lead = (uint8_t)(ends | (c == '\t' ? s->lead : 0));
    s->row_open = true;
    if (ends & CSV_ANY) {
        s->column++;
        s->separators[which]++;
    }
}

static void quote(struct csv_scan *s)
{
    uint8_t quoted = s->quoted;

    s->quoted = s->start | s->closing;
    s->closing = quoted;
    s->start = 0;
    s->row_open = true;
}

static void ordinary(struct csv_scan *s, uint32_t c, uint64_t at, uint8_t tag)
{
    s->start = s->closing = 0;
    s->row_open = true;
    if (!s->lead)
        return;
    unsigned kinds = kinds_of(c);
    if (kinds & KIND_BLANK)
        return;
    if (kinds & (KIND_SIGN | KIND_FORMULA))
        token_begins(s, c, at, tag);
    s->lead = 0;
}

void csv_scan_run(struct csv_scan *s)
{
    s->start = s->closing = s->lead = 0;
    s->row_open = true;
    s->name = false; /* only asked when something waits, and then no runs come */
    s->cr = false;
}

void csv_scan_char(struct csv_scan *s, uint32_t c, uint64_t at, uint8_t tag)
{
    enum meaning meaning = meaning_of(c);

    if (s->token.open && meaning != CONTENT)
        token_meets(s, c);
    else if (s->token.open && !token_takes(s, c))
        token_is_formula(s);
    if (s->waiting_count > 0 || s->token.open)
        watch(s, c);
    if (meaning == LINE_END)
        end_row(s, c);
    else if (meaning == QUOTE)
        quote(s);
    else if (meaning == CONTENT)
        ordinary(s, c, at, tag);
    else
        end_cell(s, meaning - SEPARATOR, c);
    s->cr = c == '\r';
}

void csv_scan_decide(struct csv_scan *s, bool hits)
{
    if (s->token.open && hits)
        token_is_formula(s);
    else if (s->token.open && s->token.phase != PHASE_CLOSED)
        token_ends(s, 0);
    s->token.open = false;
    if (hits)
        hit_waiting(s);
    s->waiting_count = 0;
}

uint64_t csv_scan_rows(const struct csv_scan *s)
{
    return s->row - (s->row_open ? 0 : 1);
}

uint64_t csv_scan_cells(const struct csv_scan *s, bool tabs)
{
    uint64_t most = 0;

    for (size_t i = 0; i < CSV_SEPARATORS; i++)
        if (s->separators[i] > most)
            most = s->separators[i];
    return csv_scan_rows(s) + (tabs ? s->separators[2] : most);
}
