/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Turns characters with boxes into operators of invisible text. Runs in the
 * pdf worker; characters and boxes come from a renderer that read hostile
 * bytes, so every number is checked and no character is written as itself.
 */
#include "textlayer.h"

#include <math.h>
#include <string.h>

#include "base/utf8.h"

#define CIDS_MAX 65535u
#define SLOTS (1u << 17) /* over twice CIDS_MAX */
#define RUN_MAX 120u     /* characters in one string */
#define POINTS_MAX 15000.0f

struct textlayer_font {
    uint32_t *chars; /* by CID - 1 */
    uint16_t *slots; /* hash of the character: CID, 0: free */
    uint32_t used, room;
};

int textlayer_font_new(struct textlayer_font **font_out)
{
    struct textlayer_font *font = calloc(1, sizeof *font);

    if (!font)
        return ERR_NOMEM;
    *font_out = font;
    return 0;
}

void textlayer_font_free(struct textlayer_font **font)
{
    if (!*font)
        return;
    free((*font)->chars);
    free((*font)->slots);
    free(*font);
    *font = NULL;
}

bool textlayer_font_is_used(const struct textlayer_font *font)
{
    return font->used > 0;
}

static int font_grow(struct textlayer_font *font)
{
    uint32_t room = font->room ? font->room * 2 : 256;
    uint32_t *chars = realloc(font->chars, room * sizeof *chars);

    if (!chars)
        return ERR_NOMEM;
    font->chars = chars;
    font->room = room;
    if (!font->slots)
        font->slots = calloc(SLOTS, sizeof *font->slots);
    return font->slots ? 0 : ERR_NOMEM;
}

/* The number of a character, given out in the order of first use. */
static int font_cid(struct textlayer_font *font, uint32_t c, unsigned *cid_out)
{
    if (font->used == font->room && font->used < CIDS_MAX && font_grow(font) < 0)
        return ERR_NOMEM;
    uint32_t at = (c * 2654435761u) >> 15 & (SLOTS - 1);
    while (font->slots[at] && font->chars[font->slots[at] - 1] != c)
        at = (at + 1) & (SLOTS - 1);
    if (!font->slots[at]) {
        if (font->used >= CIDS_MAX)
            return ERR_LIMIT;
        font->chars[font->used++] = c;
        font->slots[at] = (uint16_t)font->used;
    }
    *cid_out = font->slots[at];
    return 0;
}

/* Which way a line runs on the page. */
enum way { WAY_RIGHT, WAY_DOWN, WAY_UP };

/* Characters that follow each other: one string. */
struct run {
    const struct textlayer_char *first;
    size_t n;
    enum way way;
};

static bool box_is_sane(const struct textlayer_char *c)
{
    const float v[] = {c->x1, c->y1, c->x2, c->y2};

    for (size_t i = 0; i < ARRAY_LEN(v); i++)
        if (!(v[i] > -POINTS_MAX && v[i] < POINTS_MAX))
            return false;
    return c->x2 >= c->x1 && c->y2 >= c->y1;
}

/* Text that may be copied: no controls, no bidi overrides, nothing that cannot be seen but the blank. */
static bool char_is_wanted(const struct textlayer_char *c)
{
    return utf8_is_printable(c->c) && box_is_sane(c);
}

static bool is_blank(uint32_t c)
{
    return c == ' ' || c == 0xA0 || c == 0x3000;
}

/* True when b's box follows a's in this direction, without a gap wider than half its height. */
static bool follows(const struct textlayer_char *a, const struct textlayer_char *b, enum way way)
{
    float ah = a->y2 - a->y1, aw = a->x2 - a->x1;
    float gap = way == WAY_RIGHT ? b->x1 - a->x2 : way == WAY_DOWN ? b->y1 - a->y2 : a->y1 - b->y2;
    float drift = way == WAY_RIGHT ? b->y2 - a->y2 : b->x1 - a->x1;
    float size = way == WAY_RIGHT ? ah : aw;

    return fabsf(gap) <= size * 0.5f && fabsf(drift) <= size * 0.3f;
}

/* Two neighbours whose widths differ this much would be placed badly in one evenly spaced string. */
static bool is_even(const struct textlayer_char *a, const struct textlayer_char *b, enum way way)
{
    float wa = way == WAY_RIGHT ? a->x2 - a->x1 : a->y2 - a->y1;
    float wb = way == WAY_RIGHT ? b->x2 - b->x1 : b->y2 - b->y1;
    bool wide_a = a->c >= 0x2E80, wide_b = b->c >= 0x2E80;

    return wide_a == wide_b && wa < wb * 6 && wb < wa * 6;
}

/* Cuts the next run off the front of the characters: a word with the blank behind it. */
static struct run run_next(const struct textlayer_char *c, size_t left)
{
    struct run run = {.first = c, .n = 1, .way = WAY_RIGHT};

    if (left > 1 && char_is_wanted(&c[1]) && !follows(&c[0], &c[1], WAY_RIGHT))
        run.way = follows(&c[0], &c[1], WAY_DOWN) ? WAY_DOWN : follows(&c[0], &c[1], WAY_UP) ? WAY_UP : WAY_RIGHT;
    while (run.n < left && run.n < RUN_MAX && char_is_wanted(&c[run.n])) {
        const struct textlayer_char *a = &c[run.n - 1], *b = &c[run.n];
        if (is_blank(a->c) || !follows(a, b, run.way) || (!is_blank(b->c) && !is_even(a, b, run.way)))
            break;
        run.n++;
    }
    return run;
}

static float least(float floor, float v)
{
    return v > floor ? v : floor;
}

/*
 * A number with two decimals. Not printf's %f: its decimal point depends on the
 * locale.
 */
static void put_number(struct buf *ops, double v)
{
    long hundredths = lround(v * 100);
    long whole = labs(hundredths) / 100, rest = labs(hundredths) % 100;

    buf_printf(ops, rest ? "%s%ld.%02ld " : "%s%ld ", hundredths < 0 ? "-" : "", whole, rest);
}

/* The text matrix: one em wide glyphs become as wide as the run's mean character, and as high as its highest box. */
static void put_matrix(struct buf *ops, const struct run *run, double page_height)
{
    const struct textlayer_char *a = run->first, *z = a + run->n - 1;
    float x1 = a->x1, x2 = a->x2, y1 = a->y1, y2 = a->y2;

    for (size_t i = 1; i < run->n; i++) {
        x1 = fminf(x1, a[i].x1);
        x2 = fmaxf(x2, a[i].x2);
        y1 = fminf(y1, a[i].y1);
        y2 = fmaxf(y2, a[i].y2);
    }
    float n = (float)run->n, along, across;
    double m[6];
    if (run->way == WAY_RIGHT) { /* baseline a fifth above the bottom of the box, as the font's descent says */
        along = least(0.1f, (z->x2 - a->x1) / n);
        across = least(0.5f, y2 - y1);
        double right[6] = {along, 0, 0, across, a->x1, page_height - y2 + 0.2f * across};
        memcpy(m, right, sizeof m);
    } else if (run->way == WAY_DOWN) { /* turned clockwise; the baseline is on the left */
        along = least(0.1f, (z->y2 - a->y1) / n);
        across = least(0.5f, x2 - x1);
        double down[6] = {0, -along, across, 0, x1 + 0.2f * across, page_height - a->y1};
        memcpy(m, down, sizeof m);
    } else {
        along = least(0.1f, (a->y2 - z->y1) / n);
        across = least(0.5f, x2 - x1);
        double up[6] = {0, along, -across, 0, x2 - 0.2f * across, page_height - a->y2};
        memcpy(m, up, sizeof m);
    }
    for (size_t i = 0; i < ARRAY_LEN(m); i++)
        put_number(ops, m[i]);
    buf_put(ops, "Tm <", 4);
}

static int put_run(struct textlayer_font *font, const struct run *run, double page_height, struct buf *ops)
{
    static const char hex[] = "0123456789ABCDEF";

    put_matrix(ops, run, page_height);
    for (size_t i = 0; i < run->n; i++) {
        unsigned cid;
        int err = font_cid(font, run->first[i].c, &cid);
        if (err < 0)
            return err;
        char code[4] = {hex[cid >> 12 & 15], hex[cid >> 8 & 15], hex[cid >> 4 & 15], hex[cid & 15]};
        buf_put(ops, code, sizeof code);
    }
    buf_put(ops, "> Tj\n", 5);
    return ops->err;
}

int textlayer_write(struct textlayer_font *font, const struct textlayer *text, double page_height, struct buf *ops)
{
    bool open = false;

    for (size_t i = 0; i < text->n;) {
        if (!char_is_wanted(&text->chars[i]) || is_blank(text->chars[i].c)) { /* readers see gaps as blanks */
            i++;
            continue;
        }
        struct run run = run_next(&text->chars[i], text->n - i);
        if (!open)
            buf_printf(ops, "BT 3 Tr /t 1 Tf\n");
        open = true;
        int err = put_run(font, &run, page_height, ops);
        if (err < 0)
            return err;
        i += run.n;
    }
    if (open)
        buf_printf(ops, "ET\n");
    return ops->err;
}

static void put_utf16(struct buf *out, uint32_t c)
{
    if (c < 0x10000)
        buf_printf(out, "%04X", (unsigned)c);
    else
        buf_printf(out, "%04X%04X", (unsigned)(0xD800 + ((c - 0x10000) >> 10)), (unsigned)(0xDC00 + (c & 0x3FF)));
}

int textlayer_cmap(const struct textlayer_font *font, struct buf *out)
{
    buf_printf(out, "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
                    "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
                    "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
                    "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n");
    for (uint32_t i = 0; i < font->used; i++) {
        uint32_t left = font->used - i;
        if (i % 100 == 0)
            buf_printf(out, "%u beginbfchar\n", left < 100 ? (unsigned)left : 100u);
        buf_printf(out, "<%04X> <", (unsigned)(i + 1));
        put_utf16(out, font->chars[i]);
        buf_printf(out, ">\n");
        if (i % 100 == 99 || i + 1 == font->used)
            buf_printf(out, "endbfchar\n");
    }
    buf_printf(out, "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n");
    return out->err;
}
