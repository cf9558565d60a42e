/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The root directory of a compound file ([MS-CFB]): which application it is
 * for, and whether the document is encrypted. Runs in the detect worker on
 * hostile bytes; every chain of sectors is bounded, every offset checked.
 */
#include "look_cfb.h"

#include <string.h>
#include <strings.h>

#include "probe.h"

#define SIGNATURE "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"
#define ENTRY_SIZE 128
#define DIRECTORY_MAX 4096  /* sectors of the directory that are looked at */
#define SIBLINGS_MAX 8192   /* entries of the root that are looked at */
#define LAST_SECTOR 0xFFFFFFFAu
#define NO_ENTRY 0xFFFFFFFFu

struct cfb {
    const struct fmt_in *in;
    unsigned shift; /* log2 of the sector size: 9 or 12 */
    uint32_t directory[DIRECTORY_MAX], directory_len;
    uint32_t mini_start, mini_fat, cutoff;
};

static uint64_t sector_at(const struct cfb *cfb, uint32_t sector)
{
    return ((uint64_t)sector + 1) << cfb->shift;
}

/* The sector that holds entry i of the allocation table (2.5): the header lists 109, a chain the rest. */
static uint32_t fat_sector(const struct cfb *cfb, uint32_t i)
{
    uint32_t per = (1u << cfb->shift) / 4 - 1, next = get_le32(cfb->in, 68);

    if (i < 109)
        return get_le32(cfb->in, 76 + 4 * (uint64_t)i);
    for (i -= 109; i >= per && next < LAST_SECTOR; i -= per)
        next = get_le32(cfb->in, sector_at(cfb, next) + 4 * (uint64_t)per);
    return next < LAST_SECTOR ? get_le32(cfb->in, sector_at(cfb, next) + 4 * (uint64_t)i) : LAST_SECTOR;
}

static uint32_t next_sector(const struct cfb *cfb, uint32_t sector)
{
    uint32_t per = (1u << cfb->shift) / 4;
    uint32_t table;

    if (sector_at(cfb, sector) >= cfb->in->len)
        return LAST_SECTOR; /* also what bounds the walk along the chain of tables */
    table = fat_sector(cfb, sector / per);
    return table < LAST_SECTOR ? get_le32(cfb->in, sector_at(cfb, table) + 4 * (uint64_t)(sector % per)) : LAST_SECTOR;
}

/* Where entry i of the directory is, or 0: no entry stands in the header. */
static uint64_t entry_at(const struct cfb *cfb, uint32_t i)
{
    uint32_t per = (1u << cfb->shift) / ENTRY_SIZE;

    if (i / per >= cfb->directory_len)
        return 0;
    return sector_at(cfb, cfb->directory[i / per]) + (uint64_t)(i % per) * ENTRY_SIZE;
}

static bool cfb_open(const struct fmt_in *in, struct cfb *out)
{
    uint32_t sector = get_le32(in, 48);

    out->in = in;
    out->shift = get_le16(in, 30);
    out->cutoff = get_le32(in, 56);
    out->mini_fat = get_le32(in, 60);
    out->directory_len = 0;
    if (out->shift != 9 && out->shift != 12)
        return false;
    while (sector < LAST_SECTOR && out->directory_len < DIRECTORY_MAX && sector_at(out, sector) < in->len) {
        out->directory[out->directory_len++] = sector;
        sector = next_sector(out, sector);
    }
    out->mini_start = get_le32(in, entry_at(out, 0) + 116);
    return out->directory_len > 0;
}

/* Where a stream begins: in a sector, or when it is short in the root's stream of 64-byte pieces (2.4). */
static uint64_t stream_at(const struct cfb *cfb, uint64_t entry)
{
    uint32_t start = get_le32(cfb->in, entry + 116), sector = cfb->mini_start;

    if (get_le32(cfb->in, entry + 120) >= cfb->cutoff)
        return sector_at(cfb, start);
    uint64_t offset = (uint64_t)start * 64;
    for (uint64_t i = offset >> cfb->shift; i > 0 && i < DIRECTORY_MAX && sector < LAST_SECTOR; i--)
        sector = next_sector(cfb, sector);
    return sector_at(cfb, sector) + (offset & ((1u << cfb->shift) - 1));
}

/* [MS-DOC] 2.5.2: fEncrypted. */
static bool doc_is_encrypted(const struct cfb *cfb, uint64_t entry)
{
    uint64_t at = stream_at(cfb, entry);

    return get_le16(cfb->in, at) == 0xA5EC && (get_le16(cfb->in, at + 10) & 0x0100);
}

/* [MS-XLS] 2.4.117: FilePass stands near the beginning of the workbook. */
static bool xls_is_encrypted(const struct cfb *cfb, uint64_t entry)
{
    uint64_t at = stream_at(cfb, entry), end = at + 480;

    for (int records = 0; records < 16 && at < end; records++) {
        if (get_le16(cfb->in, at) == 0x002F)
            return true;
        at += 4 + (uint64_t)get_le16(cfb->in, at + 2);
    }
    return false;
}

/* [MS-PPT] 2.3.2: headerToken of the current user. */
static bool ppt_is_encrypted(const struct cfb *cfb, uint64_t entry)
{
    return get_le32(cfb->in, stream_at(cfb, entry) + 12) == 0xF3D1C4DF;
}

static bool always(const struct cfb *cfb, uint64_t entry)
{
    (void)cfb;
    (void)entry;
    return true;
}

/* Children of the root that only one application makes. No type: it only tells of encryption. */
static const struct {
    const char *name, *type;
    bool (*encrypted)(const struct cfb *cfb, uint64_t entry);
} children[] = {
    {"WordDocument", "doc", doc_is_encrypted},
    {"Workbook", "xls", xls_is_encrypted},
    {"Book", "xls", xls_is_encrypted},
    {"PowerPoint Document", "ppt", NULL},
    {"PP40", "ppt", NULL},
    {"Current User", NULL, ppt_is_encrypted},
    {"EncryptedSummary", NULL, always},
    {"EncryptedPackage", "ooxml-enc", always},
    {"\tDRMContent", NULL, always},
    {"__properties_version1.0", "msg", NULL},
    {"VisioDocument", "vsd", NULL},
    {"Quill", "pub", NULL},
    {"MatOST", "works", NULL},
    {"MN0", "works", NULL},
    {"\004JSRV_SegmentInformation", "jtd", NULL},
    {"DocumentText", "jtd", NULL},
    {"\005HwpSummaryInformation", "hwp", NULL},
};

/* Class ids of the root (Data1 is enough with the shape of the rest): installers have no telling stream names. */
static const struct {
    uint32_t id;
    const char *type;
} classes[] = {
    {0x000C1084, "msi"}, {0x000C1082, "msi"}, {0x000C1086, "msi"}, {0x74B78F3A, "mpp"},
};

/* Which of two types stays. Beside an encrypted package Office puts a document that tells old versions so: no clash. */
static int rank(const char *type)
{
    return strcmp(type, "msi") == 0 ? 2 : strcmp(type, "ooxml-enc") == 0 ? 1 : 0;
}

static void found(struct cfb_view *view, const char *type)
{
    if (view->type && strcmp(view->type, type) != 0 && rank(view->type) != 1 && rank(type) != 1)
        view->clash = true;
    if (!view->type || rank(type) > rank(view->type))
        view->type = type;
}

static void look_at_entry(const struct cfb *cfb, uint64_t entry, struct cfb_view *view)
{
    unsigned units = get_le16(cfb->in, entry + 64) / 2;
    char name[33] = "";

    for (unsigned i = 0; i < 32 && i + 1 < units; i++) {
        uint16_t c = get_le16(cfb->in, entry + 2 * i);
        name[i] = c < 0x7F ? (char)c : '\x7F';
        if (i == 0 && c >= 0x3800 && c <= 0x4840 && get_le16(cfb->in, entry + 2) >= 0x3800)
            found(view, "msi"); /* names of an installer's tables are packed into that range */
    }
    for (size_t i = 0; i < ARRAY_LEN(children); i++) {
        if (strcasecmp(name, children[i].name) != 0)
            continue;
        if (children[i].type)
            found(view, children[i].type);
        if (children[i].encrypted && children[i].encrypted(cfb, entry))
            view->encrypted = true;
    }
}

/* Visits the tree of siblings below the root (2.6.4); the count bounds it when it is no tree. */
static void walk_root(const struct cfb *cfb, struct cfb_view *view)
{
    uint32_t stack[64], depth = 0;

    stack[depth++] = get_le32(cfb->in, entry_at(cfb, 0) + 76);
    for (uint32_t seen = 0; depth > 0 && seen < SIBLINGS_MAX; seen++) {
        uint32_t i = stack[--depth];
        uint64_t entry = i != NO_ENTRY ? entry_at(cfb, i) : 0;
        if (entry == 0)
            continue;
        look_at_entry(cfb, entry, view);
        if (depth + 2 > ARRAY_LEN(stack))
            return;
        stack[depth++] = get_le32(cfb->in, entry + 68);
        stack[depth++] = get_le32(cfb->in, entry + 72);
    }
}

void look_cfb(const struct fmt_in *in, struct cfb_view *view_out)
{
    *view_out = (struct cfb_view){.head = in_equals(in, 0, SIGNATURE, 8)};
    if (!view_out->head)
        return;
    scoped_free struct cfb *cfb = malloc(sizeof *cfb);
    if (cfb && cfb_open(in, cfb)) {
        uint32_t id = get_le32(in, entry_at(cfb, 0) + 80);
        for (size_t i = 0; i < ARRAY_LEN(classes); i++)
            if (classes[i].id == id)
                found(view_out, classes[i].type);
        walk_root(cfb, view_out);
    }
    if (!view_out->type)
        view_out->type = "cfb";
}
