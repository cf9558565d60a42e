/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Colour profiles as the image engine writes them, as a positive list of
 * layouts (ICC.1:2010). Runs in the checker; every byte of the profile must be
 * accounted for by a tag, and every tag by its type.
 */
#include "icc.h"

#include <string.h>

#include "formats/icc_names.h"

#define SHARED_MAX 17

static const char *const names[] = {
#define X(name) name,
    ICC_NAME_LIST(X)
#undef X
};

struct tag {
    const uint8_t *p;
    size_t n;
    unsigned device; /* channels of the picture */
    bool v4;
};

static uint32_t u32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t u16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static bool all_zero(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] != 0)
            return false;
    return true;
}

/* A type's signature and four reserved bytes. */
static bool is(const struct tag *t, const char *type)
{
    return t->n >= 12 && memcmp(t->p, type, 4) == 0 && all_zero(t->p + 4, 4);
}

static bool is_known_name(const char *name, size_t n)
{
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strlen(names[i]) == n && memcmp(names[i], name, n) == 0)
            return true;
    return false;
}

/* mluc with one record of plain characters; the text comes back in `text`. */
static bool mluc_text(const struct tag *t, char text[ICC_NAME_MAX], size_t *n_out)
{
    if (!is(t, "mluc") || t->n < 28 || memcmp(t->p + 8, "\0\0\0\1\0\0\0\x0c" "enUS", 12) != 0)
        return false;
    size_t bytes = u32(t->p + 20);
    if (u32(t->p + 24) != 28 || bytes != t->n - 28 || bytes % 2 != 0 || bytes / 2 > ICC_NAME_MAX)
        return false;
    for (size_t i = 0; i < bytes / 2; i++) {
        if (t->p[28 + 2 * i] != 0)
            return false;
        text[i] = (char)t->p[29 + 2 * i];
    }
    *n_out = bytes / 2;
    return true;
}

static bool description(const struct tag *t)
{
    char text[ICC_NAME_MAX];
    size_t n;

    if (t->v4)
        return mluc_text(t, text, &n) && is_known_name(text, n);
    if (!is(t, "desc"))
        return false;
    n = u32(t->p + 8);
    return n >= 1 && n <= ICC_NAME_MAX + 1 && t->n == 12 + n + 78 && is_known_name((const char *)t->p + 12, n - 1) &&
           all_zero(t->p + 12 + n - 1, 79);
}

static bool copyright(const struct tag *t)
{
    char text[ICC_NAME_MAX];
    size_t n;

    if (t->v4)
        return mluc_text(t, text, &n) && n == 4 && memcmp(text, "none", 4) == 0;
    return t->n == 13 && memcmp(t->p, "text\0\0\0\0none\0", 13) == 0;
}

/* Fixed-point numbers from -32 to under 32. */
static bool small(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i += 4) {
        uint32_t whole = u32(p + i) >> 16;
        if (whole >= 32 && whole < 0xffe0)
            return false;
    }
    return true;
}

static bool xyz(const struct tag *t)
{
    return is(t, "XYZ ") && t->n == 20 && small(t->p + 8, 12);
}

static bool matrix(const struct tag *t)
{
    return is(t, "sf32") && t->n == 44 && small(t->p + 8, 36);
}

/* Length of the curve at the head of a tag, 0 when there is none. */
static size_t curve_length(const struct tag *t)
{
    static const size_t numbers[] = {1, 3, 4, 5, 7};
    size_t n = 0;

    if (is(t, "curv") && u32(t->p + 8) <= 65536) {
        n = 12 + 2 * (size_t)u32(t->p + 8);
        for (size_t i = 14; i < n && n <= t->n; i += 2)
            if (u16(t->p + i) < u16(t->p + i - 2))
                return 0;
    } else if (is(t, "para") && u32(t->p + 8) >> 16 < ARRAY_LEN(numbers) && u16(t->p + 10) == 0) {
        n = 12 + 4 * numbers[u32(t->p + 8) >> 16];
        if (n <= t->n && !small(t->p + 12, n - 12))
            return 0;
    }
    return n <= t->n ? n : 0;
}

static bool curve(const struct tag *t)
{
    return t->n >= 12 && curve_length(t) == t->n;
}

/* points^in x out, 0 when it does not fit the tag anyway. */
static size_t grid(const uint8_t *points, size_t step, unsigned in, unsigned out, size_t most)
{
    size_t total = out;

    for (unsigned i = 0; i < in; i++) {
        if (points[i * step] < 2 || total > most / points[i * step])
            return 0;
        total *= points[i * step];
    }
    return total;
}

static bool lut_flat(const struct tag *t, unsigned in, unsigned out)
{
    bool wide = is(t, "mft2");

    if (!(wide || is(t, "mft1")) || t->n < 52 || t->p[8] != in || t->p[9] != out || t->p[11] != 0)
        return false;
    size_t ins = wide ? u16(t->p + 48) : 256, outs = wide ? u16(t->p + 50) : 256;
    size_t cells = grid(t->p + 10, 0, in, out, t->n);
    return cells != 0 && ins >= 2 && ins <= 4096 && outs >= 2 && outs <= 4096 &&
           t->n == (wide ? 52 + 2 * (ins * in + cells + outs * out) : 48 + ins * in + cells + outs * out);
}

/* Steps over `count` curves, each padded to four bytes. */
static bool step_curves(const struct tag *t, size_t *at, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct tag rest = {.p = t->p + *at, .n = t->n - *at};
        size_t n = curve_length(&rest), padded = (n + 3) / 4 * 4;
        if (n == 0 || padded > rest.n || !all_zero(rest.p + n, padded - n))
            return false;
        *at += padded;
    }
    return true;
}

static bool step_clut(const struct tag *t, size_t *at, unsigned in, unsigned out)
{
    const uint8_t *p = t->p + *at;

    if (t->n - *at < 20 || !all_zero(p + in, 16 - in) || p[16] < 1 || p[16] > 2 || !all_zero(p + 17, 3))
        return false;
    size_t n = grid(p, 1, in, out, t->n) * p[16], padded = (n + 3) / 4 * 4;
    if (n == 0 || padded > t->n - *at - 20 || !all_zero(p + 20 + n, padded - n))
        return false;
    *at += 20 + padded;
    return true;
}

/* mAB and mBA with their parts in one order and no gap: B, matrix, M, CLUT, A. */
static bool lut_parts(const struct tag *t, unsigned in, unsigned out, bool to_pcs)
{
    unsigned device = to_pcs ? in : out, pcs = to_pcs ? out : in;
    size_t at = 32;
    uint32_t place[5];

    if (!is(t, to_pcs ? "mAB " : "mBA ") || t->n < 32 || t->p[8] != in || t->p[9] != out || !all_zero(t->p + 10, 2))
        return false;
    for (unsigned i = 0; i < 5; i++)
        place[i] = u32(t->p + 12 + 4 * (size_t)i);
    if (place[0] != 32 || !place[1] != !place[2] || !place[3] != !place[4] || (!place[3] && in != out))
        return false;
    if (!step_curves(t, &at, pcs))
        return false;
    if (place[1]) {
        if (place[1] != at || t->n - at < 48 || place[2] != at + 48)
            return false;
        at += 48;
        if (!step_curves(t, &at, pcs))
            return false;
    }
    if (place[3] && (place[3] != at || !step_clut(t, &at, in, out) || place[4] != at || !step_curves(t, &at, device)))
        return false;
    return at == t->n;
}

static bool to_pcs(const struct tag *t)
{
    return lut_flat(t, t->device, 3) || lut_parts(t, t->device, 3, true);
}

static bool from_pcs(const struct tag *t)
{
    return lut_flat(t, 3, t->device) || lut_parts(t, 3, t->device, false);
}

#define GREY 1u
#define RGB 2u
#define CMYK 4u

static const struct {
    char signature[5];
    bool (*check)(const struct tag *t);
    unsigned in; /* which profiles may have it */
} rows[] = {
    {"desc", description, GREY | RGB | CMYK}, {"cprt", copyright, GREY | RGB | CMYK},
    {"wtpt", xyz, GREY | RGB | CMYK},         {"chad", matrix, GREY | RGB | CMYK},
    {"rXYZ", xyz, RGB},                       {"gXYZ", xyz, RGB},
    {"bXYZ", xyz, RGB},                       {"rTRC", curve, RGB},
    {"gTRC", curve, RGB},                     {"bTRC", curve, RGB},
    {"kTRC", curve, GREY},                    {"A2B0", to_pcs, RGB | CMYK},
    {"A2B1", to_pcs, RGB | CMYK},             {"A2B2", to_pcs, RGB | CMYK},
    {"B2A0", from_pcs, RGB | CMYK},           {"B2A1", from_pcs, RGB | CMYK},
    {"B2A2", from_pcs, RGB | CMYK},
};

static bool word_in(const uint8_t *p, const char *words)
{
    while (*words && memcmp(p, words, 4) != 0)
        words += 4;
    return *words != '\0';
}

static const char *check_header(const uint8_t *p, size_t n, const char *space)
{
    if (u32(p) != n || (memcmp(p + 8, "\2\x40\0\0", 4) != 0 && memcmp(p + 8, "\4\x30\0\0", 4) != 0))
        return "colour profile of another length or version";
    if (!word_in(p + 12, "mntrscnrprtrspac") || memcmp(p + 16, space, 4) != 0 || !word_in(p + 20, "XYZ Lab "))
        return "colour profile of another class or colour space";
    if (!all_zero(p + 4, 4) || memcmp(p + 24, "\x07\xd0\0\1\0\1\0\0\0\0\0\0acsp", 16) != 0 || !all_zero(p + 40, 24) ||
        u32(p + 64) > 3 || memcmp(p + 68, "\0\0\xf6\xd6\0\1\0\0\0\0\xd3\x2d", 12) != 0 || !all_zero(p + 80, 48))
        return "colour profile header with more than ours";
    return NULL;
}

struct placed {
    size_t at, n;
};

/* True when an earlier tag of the same kind of content lies exactly there. */
static bool is_shared(const struct placed *placed, unsigned count, size_t at, size_t n)
{
    for (unsigned i = 0; i < count; i++)
        if (placed[i].at == at && placed[i].n == n)
            return true;
    return false;
}

static const char *check_tags(const uint8_t *p, size_t n, unsigned channels, uint32_t kind)
{
    struct placed placed[SHARED_MAX];
    uint32_t count = u32(p + 128), row = 0;
    size_t next = 132 + (size_t)count * 12;

    if (count < 3 || count > ARRAY_LEN(rows) || next > n)
        return "colour profile with another number of tags";
    for (uint32_t i = 0; i < count; i++, row++) {
        const uint8_t *entry = p + 132 + (size_t)i * 12;
        size_t at = u32(entry + 4), length = u32(entry + 8);
        while (row < ARRAY_LEN(rows) && memcmp(entry, rows[row].signature, 4) != 0)
            row++;
        if (row == ARRAY_LEN(rows) || !(rows[row].in & kind))
            return "colour profile with a tag that may not be there, or out of order";
        if (at > n || length > n - at || (at != next && !is_shared(placed, i, at, length)))
            return "colour profile with a gap or an overlap";
        if (!rows[row].check(&(struct tag){p + at, length, channels, p[8] == 4}))
            return "colour profile with a tag of the wrong shape";
        placed[i] = (struct placed){at, length};
        if (at != next)
            continue;
        next = (at + length + 3) / 4 * 4;
        if (next > n || !all_zero(p + at + length, next - at - length))
            return "colour profile with filled padding";
    }
    return next == n ? NULL : "colour profile with bytes at its end";
}

const char *check_icc(const struct fmt_in *in, unsigned channels)
{
    static const char *const spaces[] = {[1] = "GRAY", [3] = "RGB ", [4] = "CMYK"};
    static const uint32_t kinds[] = {[1] = GREY, [3] = RGB, [4] = CMYK};
    const uint8_t *p;
    const char *why;

    if (channels >= ARRAY_LEN(spaces) || !spaces[channels] || in_borrow(in, 0, in_len(in), &p) < 0 || in_len(in) < 132)
        return "colour profile that is too short";
    why = check_header(p, (size_t)in_len(in), spaces[channels]);
    return why ? why : check_tags(p, (size_t)in_len(in), channels, kinds[channels]);
}
