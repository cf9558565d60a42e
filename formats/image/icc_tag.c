/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tag types of colour profiles. Runs in workers over hostile bytes: colour
 * engines have been broken by sizes and offsets that lie, so each table is
 * measured before it is taken and gets a fresh place in the output.
 */
#include "icc_tag.h"

#include <string.h>

#include "icc.h"

#define CURVE_ENTRIES_MAX 65536
#define LUT_ENTRIES_MAX 4096 /* of mft2 input and output tables, 10.10 */

uint32_t icc_u32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

uint32_t icc_u16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

int icc_put(struct icc_out *out, const void *bytes, size_t n)
{
    if (n > 2 * ICC_BYTES_MAX || out->n + n > 2 * ICC_BYTES_MAX)
        return ERR_LIMIT;
    if (n > out->room - out->n) {
        size_t room = (out->n + n) * 2;
        uint8_t *bigger = realloc(out->bytes, room);
        if (!bigger)
            return ERR_NOMEM;
        out->bytes = bigger;
        out->room = room;
    }
    if (n > 0 && bytes)
        memcpy(out->bytes + out->n, bytes, n);
    else if (n > 0)
        memset(out->bytes + out->n, 0, n);
    out->n += n;
    return 0;
}

int icc_put32(struct icc_out *out, uint32_t value)
{
    uint8_t b[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value};

    return icc_put(out, b, sizeof b);
}

int icc_align(struct icc_out *out)
{
    return icc_put(out, NULL, (4 - out->n % 4) % 4);
}

void icc_patch32(struct icc_out *out, size_t at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        out->bytes[at + i] = (uint8_t)(value >> (24 - 8 * i));
}

void icc_out_free(struct icc_out *out)
{
    free(out->bytes);
    *out = (struct icc_out){0};
}

static bool is_type(const struct icc_tag *tag, const char *type)
{
    return tag->n >= 8 && memcmp(tag->p, type, 4) == 0;
}

/* Signature, four zero bytes, then n bytes of the tag from offset 8. */
static int put_typed(const struct icc_tag *tag, size_t n, struct icc_out *out)
{
    int err = tag->n - 8 < n ? ERR_MALFORMED : icc_put(out, tag->p, 4);

    err = err < 0 ? err : icc_put(out, NULL, 4);
    return err < 0 ? err : icc_put(out, tag->p + 8, n);
}

/* s15Fixed16Numbers of a size that colours have: within 32 either way. */
static bool numbers_fit(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i += 4)
        if (!(p[i] == 0 && p[i + 1] < 32) && !(p[i] == 0xff && p[i + 1] >= 0xe0))
            return false;
    return true;
}

static int put_numbers(const struct icc_tag *tag, const char *type, size_t n, struct icc_out *out)
{
    if (!is_type(tag, type) || tag->n < 8 + n || !numbers_fit(tag->p + 8, n))
        return ERR_MALFORMED;
    return put_typed(tag, n, out);
}

int icc_tag_xyz(const struct icc_tag *tag, struct icc_out *out)
{
    return put_numbers(tag, "XYZ ", 12, out);
}

int icc_tag_matrix(const struct icc_tag *tag, struct icc_out *out)
{
    return put_numbers(tag, "sf32", 36, out);
}

/* No light gets darker when there is more of it; and what only rises cannot spell anything. */
static bool curve_rises(const uint8_t *p, size_t entries)
{
    for (size_t i = 1; i < entries; i++)
        if (icc_u16(p + 2 * i) < icc_u16(p + 2 * i - 2))
            return false;
    return true;
}

/* Bytes of a curve with its head, 0 when it is none. */
static size_t curve_bytes(const struct icc_tag *tag)
{
    static const uint8_t parameters[] = {1, 3, 4, 5, 7}; /* 10.15, table 65 */
    size_t n = 0;

    if (tag->n < 12)
        return 0;
    if (is_type(tag, "curv")) {
        uint32_t entries = icc_u32(tag->p + 8);
        n = entries <= CURVE_ENTRIES_MAX ? 12 + 2 * (size_t)entries : 0;
        if (n > tag->n || !curve_rises(tag->p + 12, n ? entries : 0))
            n = 0;
    } else if (is_type(tag, "para")) {
        uint32_t function = icc_u16(tag->p + 8);
        n = function < ARRAY_LEN(parameters) ? 12 + 4 * (size_t)parameters[function] : 0;
        if (n > tag->n || (n && !numbers_fit(tag->p + 12, n - 12)))
            n = 0;
        if (n > 16 && icc_u32(tag->p + 16) == 0) /* functions 1 to 4 divide by their second number */
            n = 0;
    }
    return n <= tag->n ? n : 0;
}

int icc_tag_curve(const struct icc_tag *tag, struct icc_out *out)
{
    size_t n = curve_bytes(tag), start = out->n;
    int err = n == 0 ? ERR_MALFORMED : put_typed(tag, n - 8, out);

    if (err == 0 && is_type(tag, "para"))
        memset(out->bytes + start + 10, 0, 2); /* reserved */
    return err;
}

/* entries^channels x outputs, or 0 when it is over the limit. */
static size_t grid_size(const uint8_t *sides, bool same, unsigned channels, unsigned outputs)
{
    size_t total = outputs;

    for (unsigned i = 0; i < channels; i++) {
        unsigned side = sides[same ? 0 : i];
        if (side < 2 || total > ICC_BYTES_MAX / side)
            return 0;
        total *= side;
    }
    return total;
}

/* mft1 (10.9) and mft2 (10.8): channels, grid, matrix, then tables without any gap. */
static int put_mft(const struct icc_tag *tag, bool wide, struct icc_out *out)
{
    size_t head = wide ? 52 : 48, unit = wide ? 2 : 1, start = out->n;

    if (tag->n < head || tag->p[8] != tag->in || tag->p[9] != tag->out)
        return ERR_MALFORMED;
    size_t ins = wide ? icc_u16(tag->p + 48) : 256, outs = wide ? icc_u16(tag->p + 50) : 256;
    size_t grid = grid_size(tag->p + 10, true, tag->in, tag->out);
    if (grid == 0 || ins < 2 || ins > LUT_ENTRIES_MAX || outs < 2 || outs > LUT_ENTRIES_MAX)
        return ERR_MALFORMED;
    size_t n = head + unit * (ins * tag->in + grid + outs * tag->out);
    int err = n > tag->n ? ERR_MALFORMED : put_typed(tag, n - 8, out);
    if (err == 0)
        out->bytes[start + 11] = 0; /* padding */
    return err;
}

/* The parts of a lutAToBType or lutBToAType (10.10, 10.11) in the order we write them. */
enum part { PART_B, PART_MATRIX, PART_M, PART_CLUT, PART_A, PARTS };

static int put_curves(const struct icc_tag *tag, size_t at, unsigned count, struct icc_out *out)
{
    for (unsigned i = 0; i < count; i++) {
        struct icc_tag curve = {.p = tag->p + at, .n = tag->n - at};
        size_t n = curve_bytes(&curve);
        int err = icc_tag_curve(&curve, out);
        err = err < 0 ? err : icc_align(out);
        if (err < 0)
            return err;
        n += (4 - n % 4) % 4;
        if (n > curve.n && i + 1 < count)
            return ERR_MALFORMED;
        at += n > curve.n ? curve.n : n;
    }
    return 0;
}

static int put_clut(const struct icc_tag *tag, size_t at, struct icc_out *out)
{
    const uint8_t *p = tag->p + at;
    uint8_t head[20] = {0};

    if (tag->n - at < sizeof head || p[16] < 1 || p[16] > 2)
        return ERR_MALFORMED;
    size_t n = grid_size(p, false, tag->in, tag->out) * p[16];
    if (n == 0 || n > tag->n - at - sizeof head)
        return ERR_MALFORMED;
    memcpy(head, p, tag->in);
    head[16] = p[16];
    int err = icc_put(out, head, sizeof head);
    err = err < 0 ? err : icc_put(out, p + sizeof head, n);
    return err < 0 ? err : icc_align(out);
}

static int put_part(const struct icc_tag *tag, enum part part, size_t at, struct icc_out *out)
{
    unsigned device = tag->to_pcs ? tag->in : tag->out, pcs = tag->to_pcs ? tag->out : tag->in;

    if (at < 32 || at > tag->n)
        return ERR_MALFORMED;
    if (part == PART_CLUT)
        return put_clut(tag, at, out);
    if (part == PART_MATRIX)
        return tag->n - at < 48 ? ERR_MALFORMED : icc_put(out, tag->p + at, 48);
    return put_curves(tag, at, part == PART_A ? device : pcs, out);
}

static int put_mab(const struct icc_tag *tag, struct icc_out *out)
{
    size_t start = out->n;

    if (tag->n < 32 || tag->p[8] != tag->in || tag->p[9] != tag->out)
        return ERR_MALFORMED;
    bool has[PARTS];
    for (unsigned i = 0; i < PARTS; i++)
        has[i] = icc_u32(tag->p + 12 + 4 * (size_t)i) != 0;
    if (!has[PART_B] || has[PART_A] != has[PART_CLUT] || has[PART_M] != has[PART_MATRIX] ||
        (!has[PART_CLUT] && tag->in != tag->out))
        return ERR_MALFORMED;
    int err = icc_put(out, tag->p, 4);
    err = err < 0 ? err : icc_put(out, NULL, 4);
    err = err < 0 ? err : icc_put(out, tag->p + 8, 2);
    err = err < 0 ? err : icc_put(out, NULL, 22);
    for (unsigned i = 0; i < PARTS && err == 0; i++) {
        if (!has[i])
            continue;
        icc_patch32(out, start + 12 + 4 * (size_t)i, (uint32_t)(out->n - start));
        err = put_part(tag, (enum part)i, icc_u32(tag->p + 12 + 4 * (size_t)i), out);
    }
    return err;
}

int icc_tag_lut(const struct icc_tag *tag, struct icc_out *out)
{
    if (is_type(tag, "mft1"))
        return put_mft(tag, false, out);
    if (is_type(tag, "mft2"))
        return put_mft(tag, true, out);
    return is_type(tag, tag->to_pcs ? "mAB " : "mBA ") ? put_mab(tag, out) : ERR_MALFORMED;
}
