/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walks the markers of a hostile JPEG. Runs in workers before any library sees
 * the bytes: finds the ranges that are needed to decode, the few values worth
 * keeping, and counts the rest for the report.
 */
#include "jpeg_walk.h"

#include <string.h>

#include "exif.h"

enum {
    M_TEM = 0x01,
    M_SOF0 = 0xc0,
    M_SOF2 = 0xc2,
    M_DHT = 0xc4,
    M_SOF9 = 0xc9,
    M_SOF10 = 0xca,
    M_DAC = 0xcc,
    M_SOF15 = 0xcf,
    M_RST0 = 0xd0,
    M_RST7 = 0xd7,
    M_SOI = 0xd8,
    M_EOI = 0xd9,
    M_SOS = 0xda,
    M_DQT = 0xdb,
    M_DRI = 0xdd,
    M_APP0 = 0xe0,
    M_APP1 = 0xe1,
    M_APP2 = 0xe2,
    M_APP13 = 0xed,
    M_APP14 = 0xee,
    M_APP15 = 0xef,
    M_JPG0 = 0xf0,
    M_JPG13 = 0xfd,
    M_COM = 0xfe,
};

/* One segment with its length field; payload excludes it. */
struct segment {
    uint8_t marker;
    size_t at; /* of the marker's 0xff */
    const uint8_t *p;
    size_t n;
};

static uint32_t u16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static bool starts(const struct segment *s, const char *word, size_t n)
{
    return s->n >= n && memcmp(s->p, word, n) == 0;
}
#define STARTS(s, literal) starts(s, literal, sizeof literal - 1)

/* Adds a range the decoder needs; neighbours grow together. */
static int walk_need(struct jpeg_walk *w, size_t at, size_t n, struct image_fail *fail)
{
    struct jpeg_range *last = w->ranges ? &w->range[w->ranges - 1] : NULL;

    if (last && last->at + last->n == at) {
        last->n += n;
        return 0;
    }
    if (w->ranges == JPEG_WALK_RANGES)
        return image_fail_set(fail, REASON_LIMIT_OBJECTS, "picture data in over %d pieces", JPEG_WALK_RANGES);
    w->range[w->ranges++] = (struct jpeg_range){at, n};
    return 0;
}

static void walk_drop(struct jpeg_walk *w, enum jpeg_dropped kind)
{
    w->dropped[kind]++;
    w->metadata++;
}

static void walk_jfif(struct jpeg_walk *w, const struct segment *s)
{
    struct jpeg_density d;

    if (w->jfif || s->n < 14) { /* a second one could only contradict the first */
        walk_drop(w, JPEG_DROPPED_OTHER);
        return;
    }
    w->jfif = true;
    d = (struct jpeg_density){s->p[7], (uint16_t)u16(s->p + 8), (uint16_t)u16(s->p + 10)};
    if (d.unit <= 2 && d.x != 0 && d.y != 0 && (d.unit != 0 || w->density.x == 0 || w->density.unit == 0))
        w->density = d;
    if (s->n > 14 || s->p[12] != 0 || s->p[13] != 0)
        walk_drop(w, JPEG_DROPPED_THUMBNAIL);
}

static void walk_exif(struct jpeg_walk *w, const struct segment *s)
{
    uint8_t ours[EXIF_BLOCK_MAX];
    struct exif exif;

    exif_read(s->p + 6, s->n - 6, &exif);
    size_t n = exif_write(&exif, ours);
    if (exif.orientation)
        w->orientation = exif.orientation;
    /* JFIF's ratio (unit 0) is no density: EXIF's then says more */
    if (exif.x != 0 && (w->density.x == 0 || w->density.unit == 0))
        w->density = (struct jpeg_density){exif.unit, exif.x, exif.y};
    if (n > 0 && n == s->n - 6 && memcmp(ours, s->p + 6, n) == 0)
        return;
    walk_drop(w, JPEG_DROPPED_EXIF);
    w->dropped[JPEG_DROPPED_GPS] += exif.gps;
    w->dropped[JPEG_DROPPED_THUMBNAIL] += exif.thumbnail;
}

/* ICC.1:2010, B.4: chunk number from 1, number of chunks, a part of the profile. */
static void walk_icc(struct jpeg_walk *w, const struct segment *s)
{
    unsigned seq = s->n >= 14 ? s->p[12] : 0, count = s->n >= 14 ? s->p[13] : 0;

    if (seq == 0 || seq > count || s->n == 14 || (w->icc_count && w->icc_count != count) || w->icc[seq - 1].n != 0) {
        w->icc_broken = true;
        return;
    }
    w->icc_count = count;
    w->icc[seq - 1] = (struct jpeg_range){(size_t)(s->p - w->bytes) + 14, s->n - 14};
}

static void walk_adobe(struct jpeg_walk *w, const struct segment *s)
{
    if (w->info.adobe || s->n < 12) {
        walk_drop(w, JPEG_DROPPED_OTHER);
        return;
    }
    w->info.adobe = true;
    w->transform = s->p[11];
}

/* Sorts a segment no decoder gets. */
static void walk_metadata(struct jpeg_walk *w, const struct segment *s)
{
    if (s->marker == M_COM)
        walk_drop(w, JPEG_DROPPED_COMMENT);
    else if (s->marker == M_APP0 && STARTS(s, "JFIF\0"))
        walk_jfif(w, s);
    else if (s->marker == M_APP0 && STARTS(s, "JFXX\0"))
        walk_drop(w, JPEG_DROPPED_THUMBNAIL);
    else if (s->marker == M_APP1 && STARTS(s, "Exif\0\0"))
        walk_exif(w, s);
    else if (s->marker == M_APP1 && (STARTS(s, "http://ns.adobe.com/xap/1.0/\0") ||
                                     STARTS(s, "http://ns.adobe.com/xmp/extension/\0")))
        walk_drop(w, JPEG_DROPPED_XMP);
    else if (s->marker == M_APP2 && STARTS(s, "ICC_PROFILE\0"))
        walk_icc(w, s);
    else if (s->marker == M_APP2 && STARTS(s, "MPF\0"))
        walk_drop(w, JPEG_DROPPED_MPF);
    else if (s->marker == M_APP13)
        walk_drop(w, JPEG_DROPPED_PHOTOSHOP);
    else if (s->marker == M_APP14 && STARTS(s, "Adobe"))
        walk_adobe(w, s);
    else
        walk_drop(w, JPEG_DROPPED_OTHER);
}

/* Frame header, B.2.2: P, Y, X, Nf, then C, H and V, Tq for each component. */
static int walk_frame(struct jpeg_walk *w, const struct segment *s, struct image_fail *fail)
{
    struct image_jpeg_info *info = &w->info;
    unsigned n = s->n >= 6 ? s->p[5] : 0;

    if (s->marker > M_SOF2 && s->marker != M_SOF9 && s->marker != M_SOF10)
        return image_fail_set(fail, REASON_UNSUPPORTED_TYPE, "JPEG process SOF%d", s->marker - M_SOF0);
    if (info->components != 0 || s->n != 6 + 3 * (size_t)n)
        return image_fail_set(fail, REASON_MALFORMED, "bad frame header");
    if (s->p[0] != 8)
        return image_fail_set(fail, REASON_UNSUPPORTED_TYPE, "%u bits per sample", s->p[0]);
    info->height = u16(s->p + 1);
    info->width = u16(s->p + 3);
    info->progressive = s->marker == M_SOF2 || s->marker == M_SOF10;
    if (info->width == 0 || info->height == 0)
        return image_fail_set(fail, REASON_MALFORMED, "picture of %u x %u", info->width, info->height);
    if (n != 1 && n != 3 && n != 4)
        return image_fail_set(fail, REASON_UNSUPPORTED_TYPE, "%u components", n);
    for (unsigned i = 0; i < n; i++) {
        const uint8_t *c = s->p + 6 + 3 * (size_t)i;
        w->component[i] = (struct jpeg_component){c[0], c[1] >> 4, c[1] & 15};
        bool bad = w->component[i].h == 0 || w->component[i].h > 4 || w->component[i].v == 0 ||
                   w->component[i].v > 4 || c[2] > 3;
        for (unsigned j = 0; j < i; j++)
            bad = bad || w->component[j].id == c[0];
        if (bad)
            return image_fail_set(fail, REASON_MALFORMED, "bad component %u", i);
    }
    info->components = n;
    return 0;
}

/* Blocks of one component in a scan, padding of interleaved ones left out. */
static uint64_t walk_blocks(const struct jpeg_walk *w, unsigned i)
{
    unsigned hmax = 1, vmax = 1;

    for (unsigned c = 0; c < w->info.components; c++) {
        hmax = w->component[c].h > hmax ? w->component[c].h : hmax;
        vmax = w->component[c].v > vmax ? w->component[c].v : vmax;
    }
    uint64_t across = ((uint64_t)w->info.width * w->component[i].h + 8 * hmax - 1) / (8 * hmax);
    uint64_t down = ((uint64_t)w->info.height * w->component[i].v + 8 * vmax - 1) / (8 * vmax);
    return across * down;
}

/* Scan header, B.2.3, then the coded data up to the next marker. */
static int walk_scan(struct jpeg_walk *w, const struct segment *s, struct image_fail *fail)
{
    unsigned n = s->n >= 1 ? s->p[0] : 0;
    size_t at = (size_t)(s->p - w->bytes) + s->n;

    if (w->info.components == 0 || n == 0 || n > 4 || s->n != 4 + 2 * (size_t)n)
        return image_fail_set(fail, REASON_MALFORMED, "bad scan header");
    for (unsigned i = 0; i < n; i++) {
        unsigned c = 0;
        while (c < w->info.components && w->component[c].id != s->p[1 + 2 * i])
            c++;
        if (c == w->info.components)
            return image_fail_set(fail, REASON_MALFORMED, "scan of an unknown component");
        w->info.work += walk_blocks(w, c);
    }
    w->info.scans++;
    for (;;) {
        const uint8_t *ff = at < w->n ? memchr(w->bytes + at, 0xff, w->n - at) : NULL;
        at = ff ? (size_t)(ff - w->bytes) + 1 : w->n;
        if (!ff || at >= w->n)
            break; /* no marker up to the end of the file */
        uint8_t next = w->bytes[at];
        if (next != 0 && next != 0xff && (next < M_RST0 || next > M_RST7)) {
            at--;
            break;
        }
        at += next == 0xff ? 0 : 1;
    }
    return walk_need(w, s->at, at - s->at, fail);
}

static int walk_segment(struct jpeg_walk *w, const struct segment *s, struct image_fail *fail)
{
    if (s->marker == M_SOS)
        return walk_scan(w, s, fail);
    if (s->marker >= M_APP0) {
        walk_metadata(w, s);
        return 0;
    }
    if (s->marker == M_DHT || s->marker == M_DAC || s->marker == M_DQT || s->marker == M_DRI)
        return walk_need(w, s->at, s->n + 4, fail);
    if (s->marker >= M_SOF0 && s->marker <= M_SOF15) { /* DHT and DAC are gone; JPG is among what no frame may be */
        int err = walk_frame(w, s, fail);
        return err < 0 ? err : walk_need(w, s->at, s->n + 4, fail);
    }
    return image_fail_set(fail, REASON_UNSUPPORTED_TYPE, "marker 0x%02x", s->marker); /* DNL, DHP, EXP */
}

/* Finds the next marker from *at; bytes that are none are counted and left out. False at the end of the input. */
static bool walk_marker(struct jpeg_walk *w, size_t *at, uint8_t *marker_out)
{
    size_t p = *at;

    while (p + 1 < w->n) {
        if (w->bytes[p] == 0xff && w->bytes[p + 1] == 0xff) {
            p++; /* fill byte, B.1.1.2 */
        } else if (w->bytes[p] != 0xff) {
            w->stray_bytes++, p++;
        } else if (w->bytes[p + 1] <= M_TEM || (w->bytes[p + 1] >= M_RST0 && w->bytes[p + 1] <= M_RST7)) {
            w->stray_bytes += 2, p += 2;
        } else {
            *at = p;
            *marker_out = w->bytes[p + 1];
            return true;
        }
    }
    return false;
}

static enum image_jpeg_kind walk_kind(const struct jpeg_walk *w)
{
    const struct jpeg_component *c = w->component;

    if (w->info.components == 1)
        return IMAGE_JPEG_GREY;
    if (w->info.components == 4)
        return w->info.adobe && w->transform != 0 ? IMAGE_JPEG_YCCK : IMAGE_JPEG_CMYK;
    if (w->jfif)
        return IMAGE_JPEG_YCBCR;
    if (w->info.adobe)
        return w->transform == 0 ? IMAGE_JPEG_RGB : IMAGE_JPEG_YCBCR;
    return c[0].id == 'R' && c[1].id == 'G' && c[2].id == 'B' ? IMAGE_JPEG_RGB : IMAGE_JPEG_YCBCR;
}

static int walk_all(struct jpeg_walk *w, struct image_fail *fail)
{
    size_t at = 2;
    uint8_t marker;
    int err;

    while (walk_marker(w, &at, &marker)) {
        struct segment s = {.marker = marker, .at = at};
        w->segments++;
        if (marker == M_EOI) {
            w->end = at + 2;
            return walk_need(w, at, 2, fail);
        }
        if (marker < M_SOF0 || marker == M_SOI || marker == 0xff)
            return image_fail_set(fail, REASON_MALFORMED, "marker 0x%02x at %zu", marker, at);
        size_t n = w->n - at >= 4 ? u16(w->bytes + at + 2) : 0;
        if (n < 2 || n > w->n - at - 2)
            return image_fail_set(fail, REASON_MALFORMED, "segment 0x%02x at %zu does not fit", marker, at);
        s.p = w->bytes + at + 4;
        s.n = n - 2;
        err = walk_segment(w, &s, fail);
        if (err < 0)
            return err;
        at += 2 + n;
        if (marker == M_SOS) /* the coded data was taken with the scan */
            at = w->range[w->ranges - 1].at + w->range[w->ranges - 1].n;
    }
    w->end = w->n;
    w->no_end = true;
    return 0;
}

int jpeg_walk_run(const uint8_t *in, size_t n, struct jpeg_walk *walk_out, struct image_fail *fail_out)
{
    struct jpeg_walk *w = walk_out;
    int err;

    *w = (struct jpeg_walk){.bytes = in, .n = n, .orientation = 1};
    if (n < 4 || in[0] != 0xff || in[1] != M_SOI)
        return image_fail_set(fail_out, REASON_MALFORMED, "no start of image");
    err = walk_need(w, 0, 2, fail_out);
    err = err < 0 ? err : walk_all(w, fail_out);
    if (err < 0)
        return err;
    if (w->info.scans == 0)
        return image_fail_set(fail_out, REASON_MALFORMED, "no picture data");
    w->info.kind = walk_kind(w);
    return 0;
}

int image_jpeg_inspect(const uint8_t *in, size_t n, struct image_jpeg_info *info_out, struct image_fail *fail_out)
{
    struct jpeg_walk walk;
    int err = jpeg_walk_run(in, n, &walk, fail_out);

    if (err == 0)
        *info_out = walk.info;
    return err;
}
