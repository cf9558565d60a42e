/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EXIF in and out. Runs in workers over hostile bytes: every offset is checked,
 * only IFD0 is walked (nested and chained directories are where bombs and loops
 * live), and what leaves is numbers, in a block written from scratch.
 */
#include "exif.h"

#include <string.h>

#define TAG_ORIENTATION 0x0112
#define TAG_X_RESOLUTION 0x011a
#define TAG_Y_RESOLUTION 0x011b
#define TAG_RESOLUTION_UNIT 0x0128
#define TAG_GPS 0x8825
#define TYPE_SHORT 3
#define TYPE_RATIONAL 5
#define ENTRY_BYTES 12

struct tiff {
    const uint8_t *bytes;
    size_t n;
    bool big;
};

/* Both give 0 outside the block; a zero is never acted upon. */
static uint32_t tiff_u16(const struct tiff *t, uint64_t at)
{
    if (at > t->n || t->n - at < 2)
        return 0;
    const uint8_t *p = t->bytes + at;
    return t->big ? (uint32_t)p[0] << 8 | p[1] : (uint32_t)p[1] << 8 | p[0];
}

static uint32_t tiff_u32(const struct tiff *t, uint64_t at)
{
    if (at > t->n || t->n - at < 4)
        return 0;
    return t->big ? tiff_u16(t, at) << 16 | tiff_u16(t, at + 2) : tiff_u16(t, at + 2) << 16 | tiff_u16(t, at);
}

/* The value of a RATIONAL entry, rounded; 0 when it does not fit 16 bits. */
static uint16_t tiff_ratio(const struct tiff *t, uint64_t entry)
{
    uint64_t at = tiff_u32(t, entry + 8);
    uint64_t num = tiff_u32(t, at), den = tiff_u32(t, at + 4);

    if (tiff_u16(t, entry + 2) != TYPE_RATIONAL || tiff_u32(t, entry + 4) != 1 || den == 0)
        return 0;
    uint64_t value = (num + den / 2) / den;
    return value <= UINT16_MAX ? (uint16_t)value : 0;
}

static uint32_t tiff_short(const struct tiff *t, uint64_t entry)
{
    return tiff_u16(t, entry + 2) == TYPE_SHORT && tiff_u32(t, entry + 4) == 1 ? tiff_u16(t, entry + 8) : 0;
}

static void exif_entry(const struct tiff *t, uint64_t entry, struct exif *exif)
{
    uint32_t value = tiff_short(t, entry);

    switch (tiff_u16(t, entry)) {
    case TAG_ORIENTATION:
        exif->orientation = value >= 1 && value <= 8 ? value : 0;
        break;
    case TAG_X_RESOLUTION:
        exif->x = tiff_ratio(t, entry);
        break;
    case TAG_Y_RESOLUTION:
        exif->y = tiff_ratio(t, entry);
        break;
    case TAG_RESOLUTION_UNIT:
        exif->unit = value == 2 ? 1 : value == 3 ? 2 : 0;
        break;
    case TAG_GPS:
        exif->gps = true;
        break;
    default:
        break;
    }
}

void exif_read(const uint8_t *tiff, size_t n, struct exif *exif_out)
{
    struct tiff t = {tiff, n, n > 0 && tiff[0] == 'M'};
    struct exif exif = {0};

    if (n >= 8 && (memcmp(tiff, "II*\0", 4) == 0 || memcmp(tiff, "MM\0*", 4) == 0)) {
        uint64_t at = tiff_u32(&t, 4);
        uint32_t entries = tiff_u16(&t, at);
        for (uint32_t i = 0; i < entries && at + 2 + (uint64_t)(i + 1) * ENTRY_BYTES <= n; i++)
            exif_entry(&t, at + 2 + (uint64_t)i * ENTRY_BYTES, &exif);
        exif.thumbnail = tiff_u32(&t, at + 2 + (uint64_t)entries * ENTRY_BYTES) != 0;
    }
    if (exif.unit == 0)
        exif.unit = 1; /* the default of tag 0x0128 is inches */
    if (exif.x == 0 || exif.y == 0)
        exif.unit = 0, exif.x = 0, exif.y = 0;
    *exif_out = exif;
}

static uint8_t *put16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
    return p + 2;
}

static uint8_t *put32(uint8_t *p, uint32_t v)
{
    return put16(put16(p, v >> 16), v & 0xffff);
}

/* One entry; a SHORT stands left-justified in the value field (TIFF 6.0, section 2). */
static uint8_t *put_entry(uint8_t *p, uint32_t tag, uint32_t type, uint32_t value)
{
    p = put32(put16(put16(p, tag), type), 1);
    return put32(p, type == TYPE_SHORT ? value << 16 : value);
}

size_t exif_write(const struct exif *exif, uint8_t out[EXIF_BLOCK_MAX])
{
    bool turned = exif->orientation >= 2 && exif->orientation <= 8;
    bool density = exif->x != 0 && exif->y != 0;
    uint32_t entries = (turned ? 1 : 0) + (density ? 3 : 0);
    uint32_t values = 8 + 2 + entries * ENTRY_BYTES + 4; /* offset of what does not fit an entry */
    uint8_t *p = out;

    if (entries == 0)
        return 0;
    memcpy(p, "MM\0*", 4);
    p = put16(put32(p + 4, 8), entries);
    if (turned)
        p = put_entry(p, TAG_ORIENTATION, TYPE_SHORT, exif->orientation);
    if (density) {
        p = put_entry(p, TAG_X_RESOLUTION, TYPE_RATIONAL, values);
        p = put_entry(p, TAG_Y_RESOLUTION, TYPE_RATIONAL, values + 8);
        p = put_entry(p, TAG_RESOLUTION_UNIT, TYPE_SHORT, exif->unit == 2 ? 3 : 2);
    }
    p = put32(p, 0); /* no further directory */
    if (density)
        p = put32(put32(put32(put32(p, exif->x), 1), exif->y), 1);
    return (size_t)(p - out);
}
