/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The check of embedded fonts. Runs in the checker. Font programs are small
 * machines, and rasterizers run them inside kernels and viewers: what gets
 * through here has nothing to run.
 */
#include "pdf_cff.h"

#include <string.h>

#include "base/scope.h"

#define GLYPHS_MAX 65536u
#define STACK_MAX 48u /* TN 5177, Appendix B */

/* The font as it is read from front to back. */
struct cff {
    const uint8_t *bytes;
    size_t n, at;
};

/* An INDEX (TN 5176, 5): item i is bytes[start + offset(i) .. start + offset(i + 1)). */
struct index {
    uint32_t count;
    unsigned size;
    const uint8_t *offsets;
    const uint8_t *start; /* one before the data: offsets begin at 1 */
};

/* What the Top DICT says, and where; 0: not said. */
struct top {
    uint32_t charset, encoding, charstrings, fd_select, fd_array, private_n, private_at;
    bool ros;
};

static bool take(struct cff *f, size_t n, const uint8_t **out)
{
    if (n > f->n - f->at)
        return false;
    *out = f->bytes + f->at;
    f->at += n;
    return true;
}

static bool take_exactly(struct cff *f, const void *bytes, size_t n)
{
    const uint8_t *p;

    return take(f, n, &p) && memcmp(p, bytes, n) == 0;
}

static uint32_t big(const uint8_t *p, unsigned n)
{
    uint32_t v = 0;

    for (unsigned i = 0; i < n; i++)
        v = v << 8 | p[i];
    return v;
}

static uint32_t index_offset(const struct index *x, uint32_t i)
{
    return big(x->offsets + (size_t)i * x->size, x->size);
}

/* Items stand one behind the other from 1 on; the reader is left behind the last one. */
static bool take_index(struct cff *f, struct index *x)
{
    const uint8_t *p;

    *x = (struct index){0};
    if (!take(f, 2, &p))
        return false;
    x->count = big(p, 2);
    if (x->count == 0)
        return true;
    if (!take(f, 1, &p) || p[0] < 1 || p[0] > 4)
        return false;
    x->size = p[0];
    if (!take(f, ((size_t)x->count + 1) * x->size, &x->offsets) || index_offset(x, 0) != 1)
        return false;
    for (uint32_t i = 0; i < x->count; i++)
        if (index_offset(x, i + 1) < index_offset(x, i))
            return false;
    x->start = f->bytes + f->at - 1;
    return take(f, index_offset(x, x->count) - 1, &p);
}

static const uint8_t *index_item(const struct index *x, uint32_t i, size_t *n_out)
{
    *n_out = index_offset(x, i + 1) - index_offset(x, i);
    return x->start + index_offset(x, i);
}

/* ---- DICTs (TN 5176, 4) ------------------------------------------------------------------ */

/* The operands before an operator. */
struct operands {
    int32_t v[6];
    unsigned n;
};

/* An integer operand; false for anything else (reals are never written). */
static bool read_operand(struct cff *f, int32_t *out)
{
    const uint8_t *p;

    if (!take(f, 1, &p))
        return false;
    uint8_t b = p[0];
    if (b >= 32 && b <= 246) {
        *out = b - 139;
        return true;
    }
    unsigned more = b == 29 ? 4 : b == 28 ? 2 : b >= 247 && b <= 254 ? 1 : 0;
    if (more == 0 || !take(f, more, &p))
        return false;
    *out = more == 4   ? (int32_t)big(p, 4)
           : more == 2 ? (int16_t)big(p, 2)
           : b <= 250  ? (b - 247) * 256 + p[0] + 108
                       : -(b - 251) * 256 - p[0] - 108;
    return true;
}

/* One operator with its operands; two-byte ones are 0x0C00 and the second byte. */
static bool read_entry(struct cff *f, struct operands *o, unsigned *operator_out)
{
    o->n = 0;
    while (f->at < f->n && f->bytes[f->at] > 21) {
        if (o->n == ARRAY_LEN(o->v) || !read_operand(f, &o->v[o->n]))
            return false;
        o->n++;
    }
    const uint8_t *p;
    if (!take(f, 1, &p))
        return false;
    *operator_out = p[0];
    if (p[0] != 12)
        return true;
    if (!take(f, 1, &p))
        return false;
    *operator_out = 0x0C00u | p[0];
    return true;
}

enum {
    OP_FULL_NAME = 2, OP_FAMILY_NAME = 3, OP_BBOX = 5, OP_CHARSET = 15, OP_ENCODING = 16, OP_CHARSTRINGS = 17,
    OP_PRIVATE = 18, OP_ROS = 0x0C1E, OP_CID_COUNT = 0x0C22, OP_FD_ARRAY = 0x0C24, OP_FD_SELECT = 0x0C25,
};

/* Entries that may stand in a Top DICT, how many operands each has, and where its last one goes. */
static const struct {
    unsigned operator, operands;
    size_t member; /* of struct top; SIZE_MAX: not kept */
} top_rows[] = {
    {OP_FULL_NAME, 1, SIZE_MAX},
    {OP_FAMILY_NAME, 1, SIZE_MAX},
    {OP_BBOX, 4, SIZE_MAX},
    {OP_ROS, 3, SIZE_MAX},
    {OP_CID_COUNT, 1, SIZE_MAX},
    {OP_CHARSET, 1, offsetof(struct top, charset)},
    {OP_ENCODING, 1, offsetof(struct top, encoding)},
    {OP_CHARSTRINGS, 1, offsetof(struct top, charstrings)},
    {OP_FD_SELECT, 1, offsetof(struct top, fd_select)},
    {OP_FD_ARRAY, 1, offsetof(struct top, fd_array)},
    {OP_PRIVATE, 2, offsetof(struct top, private_at)},
};

static bool read_top(const uint8_t *bytes, size_t n, struct top *top)
{
    struct cff f = {.bytes = bytes, .n = n};
    struct operands o;
    unsigned op;

    *top = (struct top){0};
    while (f.at < f.n) {
        size_t row = 0;
        if (!read_entry(&f, &o, &op))
            return false;
        while (row < ARRAY_LEN(top_rows) && top_rows[row].operator != op)
            row++;
        if (row == ARRAY_LEN(top_rows) || o.n != top_rows[row].operands || (op != OP_BBOX && o.v[o.n - 1] < 0))
            return false;
        uint32_t last = (uint32_t)o.v[o.n - 1];
        if (top_rows[row].member != SIZE_MAX)
            memcpy((char *)top + top_rows[row].member, &last, sizeof last);
        if (op == OP_PRIVATE)
            top->private_n = (uint32_t)o.v[0];
        top->ros |= op == OP_ROS;
    }
    return true;
}

/* ---- Charstrings (TN 5177) ------------------------------------------------------------------ */

enum { CS_RLINETO = 5, CS_RRCURVETO = 8, CS_ENDCHAR = 14, CS_RMOVETO = 21 };

static unsigned operands_of(uint8_t op)
{
    return op == CS_RRCURVETO ? 6 : op == CS_ENDCHAR ? 0 : 2;
}

/* Numbers and the four operators above; a width may stand before the first one; "endchar" is the end. */
static bool charstring_check(const uint8_t *bytes, size_t n)
{
    unsigned stack = 0;
    bool first = true;

    for (size_t i = 0; i < n; i++) {
        uint8_t b = bytes[i];
        if (b >= 32 || b == 28) {
            size_t more = b == 255 ? 4 : b >= 247 ? 1 : b == 28 ? 2 : 0;
            if (more > n - i - 1 || ++stack > STACK_MAX || (b == 255 && (bytes[i + 3] || bytes[i + 4])))
                return false;
            i += more;
            continue;
        }
        if ((b != CS_RLINETO && b != CS_RRCURVETO && b != CS_ENDCHAR && b != CS_RMOVETO) ||
            stack != operands_of(b) + (first ? 1u : 0u))
            return false;
        if (b == CS_ENDCHAR)
            return i + 1 == n;
        first = false;
        stack = 0;
    }
    return false;
}

/* ---- The font -------------------------------------------------------------------------------- */

/* Names that cairo made: letters, digits, hyphens. */
static bool name_is_plain(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool letter = (p[i] >= 'a' && p[i] <= 'z') || (p[i] >= 'A' && p[i] <= 'Z');
        if (!letter && !(p[i] >= '0' && p[i] <= '9') && p[i] != '-')
            return false;
    }
    return n > 0 && n <= 40;
}

static bool names_check(const struct index *x, uint32_t most)
{
    for (uint32_t i = 0; i < x->count; i++) {
        size_t n;
        const uint8_t *p = index_item(x, i, &n);
        if (!name_is_plain(p, n))
            return false;
    }
    return x->count <= most;
}

/* Encoding of format 0 and charset of format 0: a code and a name number for each glyph but the first. */
static bool latin_maps(struct cff *f, const struct top *top, uint32_t *glyphs_out)
{
    const uint8_t *p, *sids;

    if (f->at != top->encoding || !take(f, 2, &p) || p[0] != 0)
        return false;
    uint32_t codes = p[1];
    *glyphs_out = codes + 1;
    if (!take(f, codes, &p) || f->at != top->charset || !take(f, 1, &sids) || sids[0] != 0 ||
        !take(f, (size_t)2 * codes, &sids))
        return false;
    for (uint32_t i = 0; i < codes; i++)
        if (big(sids + 2 * i, 2) > 400) /* 391 standard strings and a few own ones */
            return false;
    return true;
}

/* Charset of format 2 with one range, FDSelect of format 3 with one range: glyph i is CID i of font 0. */
static bool cid_maps(struct cff *f, const struct top *top, uint32_t *glyphs_out)
{
    const uint8_t *p;

    if (f->at != top->charset || !take(f, 5, &p) || p[0] != 2 || big(p + 1, 2) != 1)
        return false;
    uint32_t glyphs = (big(p + 3, 2) + 2) & 0xFFFF; /* a lone .notdef wraps */
    if (f->at != top->fd_select || !take_exactly(f, "\x03\0\x01\0\0\0", 6) || !take(f, 2, &p) || big(p, 2) != glyphs)
        return false;
    *glyphs_out = glyphs;
    return true;
}

/* FDArray: one DICT that says "Private: nothing, at the end". */
static bool cid_private(struct cff *f, const struct top *top)
{
    struct index fds;
    struct operands o;
    unsigned op;
    size_t n;

    if (f->at != top->fd_array || !take_index(f, &fds) || fds.count != 1)
        return false;
    const uint8_t *p = index_item(&fds, 0, &n);
    struct cff dict = {.bytes = p, .n = n};
    return read_entry(&dict, &o, &op) && dict.at == n && op == OP_PRIVATE && o.n == 2 && o.v[0] == 0 &&
           o.v[1] >= 0 && (size_t)o.v[1] == f->n;
}

static const char *glyphs_check(struct cff *f, const struct top *top, uint32_t glyphs)
{
    struct index x;

    if (f->at != top->charstrings || !take_index(f, &x) || x.count != glyphs || glyphs > GLYPHS_MAX)
        return "glyphs not as written by cairo";
    for (uint32_t i = 0; i < x.count; i++) {
        size_t n;
        const uint8_t *p = index_item(&x, i, &n);
        if (!charstring_check(p, n))
            return "a glyph that is more than an outline";
    }
    return NULL;
}

const char *pdf_cff_check(const uint8_t *bytes, size_t n, bool cid)
{
    struct cff f = {.bytes = bytes, .n = n};
    struct index names, tops, strings, global;
    struct top top;
    uint32_t glyphs = 0;
    size_t top_n;

    if (!take_exactly(&f, "\x01\0\x04\x04", 4) || !take_index(&f, &names) || names.count != 1 ||
        !names_check(&names, 1) || !take_index(&f, &tops) || tops.count != 1)
        return "font head not as written by cairo";
    const uint8_t *dict = index_item(&tops, 0, &top_n);
    if (!read_top(dict, top_n, &top) || top.ros != cid || !take_index(&f, &strings) || !names_check(&strings, 4) ||
        !take_index(&f, &global) || global.count != 0)
        return "font dictionary not as written by cairo";
    if (!(cid ? cid_maps(&f, &top, &glyphs) : latin_maps(&f, &top, &glyphs)))
        return "font maps not as written by cairo";
    const char *why = glyphs_check(&f, &top, glyphs);
    if (why)
        return why;
    bool end = cid ? cid_private(&f, &top) : top.private_n == 0 && top.private_at == n;
    return end && f.at == n ? NULL : "bytes behind the font";
}
