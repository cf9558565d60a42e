/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Extra fields of ZIP headers. Runs in the package worker on hostile bytes.
 * Few fields are understood, all others are counted and never copied.
 */
#include "extra.h"

#include <sys/stat.h>

#include "le.h"

static int read_zip64(const uint8_t *body, uint16_t n, struct zip_extra *extra)
{
    if (extra->zip64)
        return ERR_MALFORMED; /* two sizes for one member: readers take the first or the last */
    extra->zip64 = body;
    extra->zip64_len = n;
    return 0;
}

static int read_unicode(const uint8_t *body, uint16_t n, struct zip_extra *extra)
{
    if (extra->unicode)
        return ERR_MALFORMED;
    extra->unicode = body;
    extra->unicode_len = n;
    return 0;
}

/* Info-ZIP extended timestamp: flags, then the times the flags name; the first is that of the last change. */
static int read_times(const uint8_t *body, uint16_t n, struct zip_extra *extra)
{
    if (n < 1)
        return ERR_MALFORMED;
    if (extra->has_mtime || !(body[0] & 1) || n < 5) {
        extra->dropped_fields++;
        return 0;
    }
    extra->has_mtime = true;
    extra->mtime = (int32_t)le32(body + 1);
    extra->dropped_fields += body[0] != 1 || n != 5; /* access and creation time go */
    return 0;
}

static int read_encryption(const uint8_t *body, uint16_t n, struct zip_extra *extra)
{
    (void)body;
    (void)n;
    extra->encrypted = true;
    return 0;
}

/* ASi Unix: CRC, mode, then what a link points at. */
static int read_asi_unix(const uint8_t *body, uint16_t n, struct zip_extra *extra)
{
    if (n >= 6) {
        unsigned type = le16(body + 4) & S_IFMT;
        extra->link |= type != 0 && type != S_IFREG && type != S_IFDIR;
    }
    extra->dropped_fields++;
    return 0;
}

/* PKWARE Unix: two times, two owners, then a link's target or a device's numbers. */
static int read_pkware_unix(const uint8_t *body, uint16_t n, struct zip_extra *extra)
{
    (void)body;
    extra->link |= n > 12;
    extra->dropped_fields++;
    return 0;
}

static const struct {
    uint16_t id;
    int (*read)(const uint8_t *body, uint16_t n, struct zip_extra *extra);
} fields[] = {
    {0x0001, read_zip64},      {0x7075, read_unicode},  {0x5455, read_times},       {0x9901, read_encryption},
    {0x0017, read_encryption}, {0x756e, read_asi_unix}, {0x000d, read_pkware_unix},
};

static int read_field(uint16_t id, const uint8_t *body, uint16_t n, struct zip_extra *extra)
{
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        if (fields[i].id == id)
            return fields[i].read(body, n, extra);
    extra->dropped_fields++;
    return 0;
}

int zip_extra_read(const uint8_t *bytes, uint16_t n, struct zip_extra *extra_out)
{
    struct zip_extra extra = {0};
    unsigned at = 0;

    while (n - at >= 4) {
        uint16_t id = le16(bytes + at), len = le16(bytes + at + 2);
        if (len > n - at - 4)
            return ERR_MALFORMED;
        if (read_field(id, bytes + at + 4, len, &extra) < 0)
            return ERR_MALFORMED;
        at += 4u + len;
    }
    *extra_out = extra;
    return 0;
}
