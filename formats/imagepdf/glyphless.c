/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A TrueType font (ISO/IEC 14496-22) of two glyphs without outlines, written
 * table by table: the font of invisible text. Trusts nothing, reads nothing.
 */
#include "textlayer.h"

#include <string.h>

#define TABLES 7u /* in the order of their tags, which is the order readers search them in */

struct table {
    char tag[5];
    uint8_t bytes[64];
    uint32_t n;
};

static void put16(struct table *t, unsigned v)
{
    t->bytes[t->n++] = (uint8_t)(v >> 8);
    t->bytes[t->n++] = (uint8_t)v;
}

static void put32(struct table *t, uint32_t v)
{
    put16(t, v >> 16);
    put16(t, v & 0xFFFF);
}

static void head(struct table *t)
{
    put32(t, 0x00010000); /* version */
    put32(t, 0x00010000); /* revision */
    put32(t, 0);          /* sum of the whole: patched */
    put32(t, 0x5F0F3CF5); /* magic */
    put16(t, 0);          /* flags */
    put16(t, 1000);       /* units per em */
    for (int i = 0; i < 4; i++)
        put32(t, 0); /* created, modified */
    put16(t, 0);
    put16(t, 0xFF38); /* box: 0, -200, 1000, 800 */
    put16(t, 1000);
    put16(t, 800);
    put16(t, 0); /* style */
    put16(t, 8); /* smallest readable size */
    put16(t, 2); /* direction */
    put16(t, 0); /* short loca */
    put16(t, 0);
}

static void hhea(struct table *t)
{
    put32(t, 0x00010000);
    put16(t, 800);    /* ascent */
    put16(t, 0xFF38); /* descent, -200 */
    put16(t, 0);
    put16(t, 1000); /* widest advance */
    for (int i = 0; i < 3; i++)
        put16(t, 0); /* bearings, extent */
    put16(t, 1);     /* upright caret */
    for (int i = 0; i < 7; i++)
        put16(t, 0);
    put16(t, 1); /* advances in hmtx */
}

static void maxp(struct table *t)
{
    put32(t, 0x00010000);
    put16(t, 2); /* glyphs */
    for (int i = 0; i < 4; i++)
        put16(t, 0); /* points, contours */
    put16(t, 1);     /* zones */
    for (int i = 0; i < 8; i++)
        put16(t, 0); /* no instructions */
}

static void hmtx(struct table *t)
{
    put16(t, 1000);
    put16(t, 0);
    put16(t, 0); /* bearing of the second glyph */
}

static void loca(struct table *t)
{
    for (int i = 0; i < 3; i++)
        put16(t, 0); /* both glyphs are empty */
}

static void glyf(struct table *t)
{
    put16(t, 0); /* some readers refuse a table of no bytes */
}

static void cmap(struct table *t)
{
    put16(t, 0);
    put16(t, 1); /* one subtable: Macintosh, format 6 */
    put16(t, 1);
    put16(t, 0);
    put32(t, 12);
    put16(t, 6);
    put16(t, 12); /* its length */
    put16(t, 0);
    put16(t, 32); /* first code: the space */
    put16(t, 1);
    put16(t, 1); /* is glyph 1 */
}

static uint32_t sum_of(const uint8_t *p, size_t n)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (uint32_t)p[i] << (24 - 8 * (i & 3));
    return sum;
}

static void be32(uint8_t *p, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (24 - 8 * i));
}

void textlayer_glyphless(struct buf *out)
{
    struct table t[TABLES] = {{.tag = "cmap"}, {.tag = "glyf"}, {.tag = "head"}, {.tag = "hhea"},
                              {.tag = "hmtx"}, {.tag = "loca"}, {.tag = "maxp"}};
    static void (*const fill[TABLES])(struct table *) = {cmap, glyf, head, hhea, hmtx, loca, maxp};
    uint8_t font[12 + TABLES * 16 + TABLES * 64] = {0};
    uint32_t at = 12 + TABLES * 16, head_at = 0;

    be32(font, 0x00010000);
    be32(font + 4, TABLES << 16 | 64);                /* search range of 4 tables */
    be32(font + 8, 2u << 16 | (TABLES * 16 - 64));    /* entry selector, range shift */
    for (unsigned i = 0; i < TABLES; i++) {
        uint8_t *row = font + 12 + i * 16;
        fill[i](&t[i]);
        memcpy(row, t[i].tag, 4);
        be32(row + 4, sum_of(t[i].bytes, t[i].n));
        be32(row + 8, at);
        be32(row + 12, t[i].n);
        memcpy(font + at, t[i].bytes, t[i].n);
        if (fill[i] == head)
            head_at = at;
        at += (t[i].n + 3) & ~3u;
    }
    be32(font + head_at + 8, 0xB1B0AFBAu - sum_of(font, at));
    buf_put(out, font, at);
}
