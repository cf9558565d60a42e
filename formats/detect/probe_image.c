/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pictures. Runs in the detect worker on hostile bytes. */
#include <string.h>

#include "probe.h"

/* BITMAPFILEHEADER and the size, planes and depth of the header after it. */
static int probe_bmp(const struct probe_view *view, const struct probe *self)
{
    static const uint32_t sizes[] = {12, 16, 40, 52, 56, 64, 108, 124};
    uint32_t size = get_le32(view->in, 14);
    uint16_t planes = size == 12 ? get_le16(view->in, 22) : get_le16(view->in, 26);

    (void)self;
    if (!in_equals(view->in, 0, "BM", 2) || view->text.encoding != TEXT_NONE)
        return PROBE_NO;
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
        if (sizes[i] == size)
            return planes == 1 ? 95 : PROBE_LIKELY;
    return PROBE_NO;
}

/* TIFF 6.0 section 2, and BigTIFF. The first directory must lie inside. */
static int probe_tiff(const struct probe_view *view, const struct probe *self)
{
    const struct fmt_in *in = view->in;
    bool little = in_equals(in, 0, "II", 2);
    uint64_t at = little ? get_le32(in, 4) : get_be32(in, 4);

    (void)self;
    if (in_equals(in, 0, "II\x2B\0\x08\0\0\0", 8) || in_equals(in, 0, "MM\0\x2B\0\x08\0\0", 8))
        return 95;
    if (!in_equals(in, 0, "II\x2A\0", 4) && !in_equals(in, 0, "MM\0\x2A", 4))
        return PROBE_NO;
    return at >= 8 && at < in_len(in) ? 95 : PROBE_LIKELY;
}

/* ISO/IEC 14496-12 4.3: the brands of the file type box tell pictures from films. */
static bool has_brand(const struct fmt_in *in, const char *brand)
{
    uint64_t size = get_be32(in, 0);

    for (uint64_t at = 8; at + 4 <= size && at < 512; at += at == 8 ? 8 : 4)
        if (in_equals(in, at, brand, 4))
            return true;
    return false;
}

static bool is_heic(const struct fmt_in *in)
{
    static const char *const brands[] = {"heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"};

    for (size_t i = 0; i < ARRAY_LEN(brands); i++)
        if (has_brand(in, brands[i]))
            return true;
    return false;
}

static int probe_ftyp(const struct probe_view *view, const struct probe *self)
{
    bool avif = has_brand(view->in, "avif") || has_brand(view->in, "avis");
    const char *type = avif ? "avif" : is_heic(view->in) ? "heic" : "mp4";

    if (!in_equals(view->in, 4, "ftyp", 4) || get_be32(view->in, 0) < 16 || view->text.encoding != TEXT_NONE)
        return PROBE_NO;
    return strcmp(type, self->type) == 0 ? 95 : PROBE_NO;
}

/* Icons and cursors: a directory whose first picture lies inside. */
static int probe_ico(const struct probe_view *view, const struct probe *self)
{
    const struct fmt_in *in = view->in;
    uint16_t count = get_le16(in, 4);
    uint64_t at = get_le32(in, 18), size = get_le32(in, 14);

    (void)self;
    if (!in_equals(in, 0, "\0\0\x01\0", 4) && !in_equals(in, 0, "\0\0\x02\0", 4))
        return PROBE_NO;
    if (count == 0 || count > 256 || at < 6 + 16 * (uint64_t)count || size == 0)
        return PROBE_NO;
    return at + size <= in_len(in) ? 90 : PROBE_WEAK;
}

static int probe_emf(const struct probe_view *view, const struct probe *self)
{
    (void)self;
    return get_le32(view->in, 0) == 1 && in_equals(view->in, 40, " EMF", 4) ? PROBE_CERTAIN : PROBE_NO;
}

static int probe_dicom(const struct probe_view *view, const struct probe *self)
{
    (void)self;
    return in_equals(view->in, 128, "DICM", 4) && view->text.encoding == TEXT_NONE ? 90 : PROBE_NO;
}

static int probe_tga(const struct probe_view *view, const struct probe *self)
{
    (void)self;
    if (in_len(view->in) > 26 && in_equals(view->in, in_len(view->in) - 18, "TRUEVISION-XFILE.\0", 18))
        return view->text.encoding == TEXT_NONE ? 70 : PROBE_NO;
    return strcmp(view->extension, "tga") == 0 && view->text.encoding == TEXT_NONE ? PROBE_WEAK : PROBE_NO;
}

/* Netpbm: P1 to P7, PF and Pf, a blank, then a number or a comment. The plain ones are text. */
static int probe_pnm(const struct probe_view *view, const struct probe *self)
{
    const char *first = view->text.first;

    (void)self;
    if (first[0] != 'p' || !first[1] || !strchr("1234567f", first[1]))
        return PROBE_NO;
    if (view->text.encoding == TEXT_NONE)
        return (first[2] == '\0' || first[2] == ' ') && strchr("4567f", first[1]) ? 85 : PROBE_NO;
    if (first[2] != '\0' || !strchr("123", first[1]))
        return PROBE_NO;
    const char *second = view->text.begin + 2 + strspn(view->text.begin + 2, " \t\r\n");
    return *second == '#' || (*second >= '0' && *second <= '9') ? 85 : PROBE_NO;
}

const struct probe probes_image[] = {
    MAGIC("jpeg", probe_magic, "\xFF\xD8\xFF", 0, 95),
    MAGIC("png", probe_magic, "\x89PNG\r\n\x1A\n", 0, PROBE_CERTAIN),
    MAGIC("gif", probe_binary, "GIF87a", 0, 95),
    MAGIC("gif", probe_binary, "GIF89a", 0, 95),
    {"bmp", probe_bmp},
    {"tiff", probe_tiff},
    {"heic", probe_ftyp},
    {"avif", probe_ftyp},
    {"mp4", probe_ftyp},
    {"ico", probe_ico},
    {"emf", probe_emf},
    MAGIC("wmf", probe_magic, "\xD7\xCD\xC6\x9A\0\0", 0, 95),
    MAGIC("wmf", probe_magic, "\x01\0\x09\0\0\x03", 0, 85),
    MAGIC("wmf", probe_magic, "\x02\0\x09\0\0\x03", 0, 85),
    MAGIC("jp2", probe_magic, "\0\0\0\x0CjP  \r\n\x87\n", 0, PROBE_CERTAIN),
    MAGIC("jp2", probe_magic, "\xFF\x4F\xFF\x51", 0, 90),
    MAGIC("jxl", probe_magic, "\0\0\0\x0CJXL \r\n\x87\n", 0, PROBE_CERTAIN),
    MAGIC("jxl", probe_magic, "\xFF\x0A", 0, PROBE_WEAK),
    MAGIC("jxr", probe_magic, "II\xBC", 0, 85),
    MAGIC("psd", probe_binary, "8BPS\0", 0, 95),
    MAGIC("xcf", probe_binary, "gimp xcf ", 0, 95),
    MAGIC("dds", probe_binary, "DDS |\0\0\0", 0, 95),
    MAGIC("exr", probe_magic, "\x76\x2F\x31\x01", 0, 90),
    MAGIC("icns", probe_binary, "icns\0", 0, 90),
    MAGIC("fli", probe_magic, "\x11\xAF", 4, PROBE_WEAK),
    MAGIC("fli", probe_magic, "\x12\xAF", 4, PROBE_WEAK),
    MAGIC("pcx", probe_magic, "\x0A\x05\x01", 0, PROBE_WEAK),
    {"dicom", probe_dicom},
    {"tga", probe_tga},
    {"pnm", probe_pnm},
    {NULL},
};
