/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a terminal control sequence ends (ECMA-48, 5.3 to 5.6, and what xterm
 * and the Linux console add). Runs in the text worker. A sequence is left out
 * whole: taking away the ESC alone would leave its parameters as text, and a
 * title or clipboard string would show up in the middle of a line.
 */
#include "charset.h"

#define STRING_MAX (1u << 20) /* characters of a control string that are looked through for its end */
#define NO_CHAR CHARSET_INVALID

struct cursor {
    const struct charset_reader *r;
    const uint8_t *p;
};

/* The character here, or NO_CHAR; *next_out is the place after it. */
static uint32_t look(const struct cursor *at, const uint8_t **next_out)
{
    uint32_t c = NO_CHAR;

    if (at->p >= at->r->end)
        return NO_CHAR;
    if (at->r->charset == CHARSET_JIS)
        *next_out = at->p + charset_decode(CHARSET_ASCII, at->p, 1, &c);
    else
        *next_out = at->p + charset_decode(at->r->charset, at->p, (size_t)(at->r->end - at->p), &c);
    return c;
}

static bool skip_one(struct cursor *at, uint32_t first, uint32_t last)
{
    const uint8_t *next;
    uint32_t c = look(at, &next);

    if (c == NO_CHAR || c < first || c > last)
        return false;
    at->p = next;
    return true;
}

static void skip_all(struct cursor *at, uint32_t first, uint32_t last)
{
    while (skip_one(at, first, last))
        ;
}

static bool is_hex(uint32_t c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* CSI: parameters, intermediates, a final. The function keys of the Linux console come as CSI [ and one more. */
static void skip_csi(struct cursor *at)
{
    if (skip_one(at, '[', '[')) {
        (void)skip_one(at, 0x20, 0x7E);
        return;
    }
    skip_all(at, 0x20, 0x3F);
    (void)skip_one(at, 0x40, 0x7E);
}

/*
 * A control string up to ST, or BEL where xterm takes it. Without an end it is
 * cut at the line: else one ESC would swallow the rest of a file.
 */
static void skip_string(struct cursor *at, bool bel)
{
    struct cursor here = *at;
    const uint8_t *next = NULL, *line = NULL;

    for (unsigned n = 0; n < STRING_MAX; n++) {
        uint32_t c = look(&here, &next);
        if (here.p >= at->r->end)
            break;
        if (c == 0x9C || (bel && c == 0x07)) {
            at->p = next;
            return;
        }
        struct cursor after = {here.r, next};
        if (c == 0x1B && skip_one(&after, '\\', '\\')) {
            at->p = after.p;
            return;
        }
        if (c != CHARSET_INVALID && charset_class(c) == CHAR_ESCAPE)
            break; /* the next sequence; also keeps many without an end from being looked through each for all */
        if (!line && (c == '\n' || c == '\r'))
            line = here.p;
        here.p = next;
    }
    at->p = line ? line : here.p;
}

static void skip_osc(struct cursor *at)
{
    const uint8_t *next;

    if (skip_one(at, 'R', 'R')) /* Linux: reset the palette */
        return;
    if (!skip_one(at, 'P', 'P')) { /* Linux: set a colour, seven digits and no end */
        skip_string(at, true);
        return;
    }
    for (unsigned n = 0; n < 7 && is_hex(look(at, &next)); n++)
        at->p = next;
}

static void skip_two(struct cursor *at)
{
    (void)skip_one(at, 0x20, 0x7E);
}

static void skip_to_st(struct cursor *at)
{
    skip_string(at, false);
}

/* What follows ESC and this byte. */
static const struct {
    char byte;
    void (*skip)(struct cursor *at);
} kinds[] = {
    {'[', skip_csi},   {']', skip_osc},   {'P', skip_to_st}, {'X', skip_to_st}, {'^', skip_to_st},
    {'_', skip_to_st}, {'k', skip_to_st}, {'N', skip_two},   {'O', skip_two},
};

const uint8_t *charset_skip_escape(const struct charset_reader *r, const uint8_t *p, uint32_t c)
{
    struct cursor at = {r, p};
    uint32_t byte;
    const uint8_t *next;

    if (c == 0x1B) {
        byte = look(&at, &next);
        if (byte >= 0x20 && byte <= 0x2F) {
            skip_all(&at, 0x20, 0x2F);
            (void)skip_one(&at, 0x30, 0x7E);
            return at.p;
        }
        if (!skip_one(&at, 0x30, 0x7E))
            return p;
    } else {
        byte = c - 0x40; /* C1: the same as ESC and this byte (ECMA-48, 5.3) */
    }
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if ((uint32_t)kinds[i].byte == byte) {
            kinds[i].skip(&at);
            break;
        }
    }
    return at.p;
}
