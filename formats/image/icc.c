/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Colour profiles, made again. Runs in workers over hostile bytes: a profile
 * reaches colour engines in viewers, printers and drivers, so only tags a
 * picture needs are taken, each measured, and private tags, texts, dates and
 * makers are left behind.
 */
#include "icc.h"

#include <string.h>

#include "formats/icc_names.h"
#include "icc_tag.h"

#define HEADER_BYTES 128
#define ENTRY_BYTES 12
#define TAGS_MAX 200 /* of the source */

struct profile {
    const uint8_t *p;
    size_t n;
    uint32_t tags;
    enum icc_space space;
    bool v4;
    const char *name;
};

static const struct {
    char signature[5];
    unsigned channels;
    const char *neutral; /* name when the source's is not a known one */
} spaces[] = {
    [ICC_SPACE_GREY] = {"GRAY", 1, "Gray"},
    [ICC_SPACE_RGB] = {"RGB ", 3, "RGB"},
    [ICC_SPACE_CMYK] = {"CMYK", 4, "CMYK"},
};

static const char *const names[] = {
#define X(name) name,
    ICC_NAME_LIST(X)
#undef X
};

enum way { WAY_TEXT, WAY_XYZ, WAY_MATRIX, WAY_CURVE, WAY_A2B, WAY_B2A };

#define FOR(space) (1u << ICC_SPACE_##space)
#define FOR_ALL (FOR(GREY) | FOR(RGB) | FOR(CMYK))

/* Tags in the order they are written (ICC.1:2010, 8.3 to 8.5 and 9.2). */
static const struct row {
    char signature[5];
    enum way way;
    unsigned spaces; /* it may stand in */
} rows[] = {
    {"desc", WAY_TEXT, FOR_ALL},         {"cprt", WAY_TEXT, FOR_ALL},
    {"wtpt", WAY_XYZ, FOR_ALL},          {"chad", WAY_MATRIX, FOR_ALL},
    {"rXYZ", WAY_XYZ, FOR(RGB)},         {"gXYZ", WAY_XYZ, FOR(RGB)},
    {"bXYZ", WAY_XYZ, FOR(RGB)},         {"rTRC", WAY_CURVE, FOR(RGB)},
    {"gTRC", WAY_CURVE, FOR(RGB)},       {"bTRC", WAY_CURVE, FOR(RGB)},
    {"kTRC", WAY_CURVE, FOR(GREY)},      {"A2B0", WAY_A2B, FOR(RGB) | FOR(CMYK)},
    {"A2B1", WAY_A2B, FOR(RGB) | FOR(CMYK)}, {"A2B2", WAY_A2B, FOR(RGB) | FOR(CMYK)},
    {"B2A0", WAY_B2A, FOR(RGB) | FOR(CMYK)}, {"B2A1", WAY_B2A, FOR(RGB) | FOR(CMYK)},
    {"B2A2", WAY_B2A, FOR(RGB) | FOR(CMYK)},
};
enum { ROW_WTPT = 2, ROW_RXYZ = 4, ROW_BTRC = 9, ROW_KTRC = 10, ROW_A2B0 = 11 };

static const uint8_t *profile_entry(const struct profile *icc, uint32_t i)
{
    return icc->p + HEADER_BYTES + 4 + (size_t)i * ENTRY_BYTES;
}

/* Finds a tag by signature; that its range is inside was checked for all. */
static bool profile_tag(const struct profile *icc, const char *signature, struct icc_tag *tag_out)
{
    for (uint32_t i = 0; i < icc->tags; i++) {
        const uint8_t *entry = profile_entry(icc, i);
        if (memcmp(entry, signature, 4) != 0)
            continue;
        *tag_out = (struct icc_tag){.p = icc->p + icc_u32(entry + 4), .n = icc_u32(entry + 8)};
        return true;
    }
    return false;
}

/* The profile's own name if it is a known one: 'desc' type of version 2, first record of 'mluc' of version 4. */
static const char *profile_name(const struct profile *icc)
{
    char text[ICC_NAME_MAX + 1] = "";
    struct icc_tag tag;
    size_t n = 0;

    if (!profile_tag(icc, "desc", &tag) || tag.n < 12)
        return spaces[icc->space].neutral;
    if (memcmp(tag.p, "desc", 4) == 0) {
        n = icc_u32(tag.p + 8);
        n = n >= 1 && n <= ICC_NAME_MAX + 1 && n <= tag.n - 12 ? n - 1 : 0;
        memcpy(text, tag.p + 12, n);
    } else if (memcmp(tag.p, "mluc", 4) == 0 && tag.n >= 28 && icc_u32(tag.p + 8) >= 1) {
        size_t bytes = icc_u32(tag.p + 20), at = icc_u32(tag.p + 24);
        n = at <= tag.n && bytes <= tag.n - at && bytes / 2 <= ICC_NAME_MAX ? bytes / 2 : 0;
        for (size_t i = 0; i < n; i++)
            text[i] = tag.p[at + 2 * i] == 0 ? (char)tag.p[at + 2 * i + 1] : '\x01';
    }
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strlen(names[i]) == n && memcmp(names[i], text, n) == 0)
            return names[i];
    return spaces[icc->space].neutral;
}

/* Behind the table and inside, and the only one of its name: two would be read as either. */
static bool profile_entry_is_fit(const struct profile *icc, uint32_t i)
{
    const uint8_t *entry = profile_entry(icc, i);
    size_t at = icc_u32(entry + 4), n = icc_u32(entry + 8);

    for (uint32_t j = 0; j < i; j++)
        if (memcmp(entry, profile_entry(icc, j), 4) == 0)
            return false;
    return at >= HEADER_BYTES + 4 + (size_t)icc->tags * ENTRY_BYTES && at <= icc->n && n <= icc->n - at;
}

static bool is_one_of(const uint8_t *p, const char *four_each)
{
    for (; *four_each; four_each += 4)
        if (memcmp(p, four_each, 4) == 0)
            return true;
    return false;
}

/* Header, 7.2, and the shape of the tag table, 7.3. */
static int profile_open(const uint8_t *in, size_t n, enum icc_space space, struct profile *icc_out)
{
    struct profile icc = {.p = in, .space = space};

    if (n < HEADER_BYTES + 4 || n > ICC_BYTES_MAX)
        return ERR_MALFORMED;
    icc.n = icc_u32(in);
    icc.v4 = in[8] == 4;
    icc.tags = icc_u32(in + HEADER_BYTES);
    if (icc.n < HEADER_BYTES + 4 || icc.n > n || (in[8] != 2 && in[8] != 4) ||
        !is_one_of(in + 12, "mntrscnrprtrspac") || memcmp(in + 16, spaces[space].signature, 4) != 0 ||
        !is_one_of(in + 20, "XYZ Lab ") || memcmp(in + 36, "acsp", 4) != 0 || icc_u32(in + 64) > 3 ||
        icc.tags > TAGS_MAX || (size_t)icc.tags * ENTRY_BYTES > icc.n - HEADER_BYTES - 4)
        return ERR_MALFORMED;
    for (uint32_t i = 0; i < icc.tags; i++)
        if (!profile_entry_is_fit(&icc, i))
            return ERR_MALFORMED;
    icc.name = profile_name(&icc);
    *icc_out = icc;
    return 0;
}

static int put_header(const struct profile *icc, struct icc_out *out)
{
    uint8_t h[HEADER_BYTES] = {0};

    h[8] = icc->v4 ? 4 : 2;
    h[9] = icc->v4 ? 0x30 : 0x40;
    memcpy(h + 12, icc->p + 12, 12); /* class, space, connection space: checked words */
    memcpy(h + 24, "\x07\xd0\0\1\0\1\0\0\0\0\0\0", 12); /* 2000-01-01: a date says who made it when */
    memcpy(h + 36, "acsp", 4);
    h[67] = icc->p[67]; /* intent, 0 to 3 */
    memcpy(h + 68, "\0\0\xf6\xd6\0\1\0\0\0\0\xd3\x2d", 12); /* D50, 7.2.16 */
    return icc_put(out, h, sizeof h);
}

/* Version 2: textDescriptionType and textType (ICC.1:2001-04, 6.5.17 and 6.5.18). */
static int put_text_v2(const char *text, bool description, struct icc_out *out)
{
    int err = icc_put(out, description ? "desc\0\0\0\0" : "text\0\0\0\0", 8);

    if (err == 0 && description)
        err = icc_put32(out, (uint32_t)strlen(text) + 1);
    err = err < 0 ? err : icc_put(out, text, strlen(text) + 1);
    return err < 0 || !description ? err : icc_put(out, NULL, 4 + 4 + 2 + 1 + 67);
}

/* Version 4: multiLocalizedUnicodeType with one record, 10.13. */
static int put_text_v4(const char *text, struct icc_out *out)
{
    size_t n = strlen(text);
    int err = icc_put(out, "mluc\0\0\0\0\0\0\0\1\0\0\0\x0c" "enUS", 20);

    err = err < 0 ? err : icc_put32(out, (uint32_t)n * 2);
    err = err < 0 ? err : icc_put32(out, 28);
    for (size_t i = 0; i < n && err == 0; i++)
        err = icc_put(out, (const char[2]){0, text[i]}, 2);
    return err;
}

static int put_row(const struct profile *icc, const struct row *row, struct icc_tag *tag, struct icc_out *out)
{
    bool description = memcmp(row->signature, "desc", 4) == 0;
    const char *text = description ? icc->name : "none";

    tag->to_pcs = row->way == WAY_A2B;
    tag->in = tag->to_pcs ? spaces[icc->space].channels : 3;
    tag->out = tag->to_pcs ? 3 : spaces[icc->space].channels;
    switch (row->way) {
    case WAY_TEXT:
        return icc->v4 ? put_text_v4(text, out) : put_text_v2(text, description, out);
    case WAY_XYZ:
        return icc_tag_xyz(tag, out);
    case WAY_MATRIX:
        return icc_tag_matrix(tag, out);
    case WAY_CURVE:
        return icc_tag_curve(tag, out);
    case WAY_A2B:
    case WAY_B2A:
        break;
    }
    return icc_tag_lut(tag, out);
}

/* What must be there to say what the colours are: 8.3 to 8.5, less what only a printer needs. */
static bool is_usable(const struct profile *icc, const bool has[ARRAY_LEN(rows)])
{
    bool matrix = memcmp(icc->p + 20, "XYZ ", 4) == 0;

    if (!has[ROW_WTPT])
        return false;
    if (icc->space == ICC_SPACE_GREY)
        return has[ROW_KTRC];
    for (unsigned i = ROW_RXYZ; i <= ROW_BTRC; i++)
        matrix = matrix && has[i];
    return matrix || has[ROW_A2B0];
}

/* Bytes of an earlier tag that says the same are shared, as the three curves of most profiles are. */
static size_t shared(const struct icc_out *out, size_t at, size_t n, unsigned row, const size_t place[],
                     const size_t length[])
{
    for (unsigned i = 0; i < row; i++)
        if (length[i] == n && memcmp(out->bytes + place[i], out->bytes + at, n) == 0)
            return place[i];
    return at;
}

/* Writes the tags behind a table with room for `used` of them, then the table. */
static int put_tags(const struct profile *icc, const bool has[ARRAY_LEN(rows)], struct icc_out *out)
{
    size_t place[ARRAY_LEN(rows)] = {0}, length[ARRAY_LEN(rows)] = {0}, entry = HEADER_BYTES + 4;
    int err = 0;

    for (unsigned i = 0; i < ARRAY_LEN(rows) && err == 0; i++) {
        struct icc_tag tag = {0};
        if (!has[i])
            continue;
        (void)profile_tag(icc, rows[i].signature, &tag);
        size_t at = out->n;
        err = put_row(icc, &rows[i], &tag, out);
        if (err < 0)
            return err;
        length[i] = out->n - at;
        place[i] = shared(out, at, length[i], i, place, length);
        if (place[i] != at)
            out->n = at;
        err = icc_align(out);
        memcpy(out->bytes + entry, rows[i].signature, 4);
        icc_patch32(out, entry + 4, (uint32_t)place[i]);
        icc_patch32(out, entry + 8, (uint32_t)length[i]);
        entry += ENTRY_BYTES;
    }
    return err;
}

int icc_rebuild(const uint8_t *in, size_t n, enum icc_space space, uint8_t **out, size_t *out_n)
{
    scoped(icc_out_free) struct icc_out o = {0};
    bool has[ARRAY_LEN(rows)] = {false};
    struct profile icc;
    struct icc_tag tag;
    uint32_t used = 0;
    int err = profile_open(in, n, space, &icc);

    if (err < 0)
        return err;
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        has[i] = rows[i].way == WAY_TEXT ||
                 (rows[i].spaces & 1u << space && profile_tag(&icc, rows[i].signature, &tag));
        used += has[i];
    }
    if (!is_usable(&icc, has))
        return ERR_MALFORMED;
    err = put_header(&icc, &o);
    err = err < 0 ? err : icc_put32(&o, used);
    err = err < 0 ? err : icc_put(&o, NULL, (size_t)used * ENTRY_BYTES);
    err = err < 0 ? err : put_tags(&icc, has, &o);
    if (err < 0)
        return err == ERR_LIMIT ? ERR_MALFORMED : err;
    if (o.n > ICC_BYTES_MAX)
        return ERR_MALFORMED;
    icc_patch32(&o, 0, (uint32_t)o.n);
    *out_n = o.n;
    *out = steal(o.bytes);
    return 0;
}
