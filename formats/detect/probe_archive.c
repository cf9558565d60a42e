/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Archives, compressed files and disk images. Runs in the detect worker on hostile bytes. */
#include <string.h>

#include "probe.h"

/* A plain ZIP by its directory, or by its head when it was cut off: then the handler says so. */
static int probe_zip(const struct probe_view *view, const struct probe *self)
{
    const struct zip_view *zip = &view->zip;

    (void)self;
    if (!zip->head || (zip->resolves && zip->package))
        return PROBE_NO;
    return zip->resolves ? PROBE_CERTAIN : 90;
}

static bool octal(const struct fmt_in *in, uint64_t at, size_t n, uint32_t *value_out)
{
    uint32_t value = 0;
    bool any = false;

    for (size_t i = 0; i < n; i++) {
        uint8_t c = get_byte(in, at + i);
        if (c == ' ' && !any)
            continue;
        if (c < '0' || c > '7')
            break;
        value = value << 3 | (uint32_t)(c - '0');
        any = true;
    }
    *value_out = value;
    return any;
}

/* POSIX.1 pax, ustar header block: the sum of its bytes with the sum field as blanks, signed or not in old tars. */
static int probe_tar(const struct probe_view *view, const struct probe *self)
{
    const uint8_t *p;
    uint32_t want, plain = 0;
    int32_t with_sign = 0;

    (void)self;
    if (in_borrow(view->in, 0, 512, &p) < 0 || p[0] == 0 || !octal(view->in, 148, 8, &want))
        return PROBE_NO;
    for (size_t i = 0; i < 512; i++) {
        uint8_t c = i >= 148 && i < 156 ? ' ' : p[i];
        plain += c;
        with_sign += (int8_t)c;
    }
    if (want == plain || (int64_t)want == with_sign)
        return 95;
    return memcmp(p + 257, "ustar", 5) == 0 ? PROBE_LIKELY : PROBE_NO;
}

/* Header of LHA: method "-lh5-" and the like at 2, level at 20. */
static int probe_lzh(const struct probe_view *view, const struct probe *self)
{
    const uint8_t *p;

    (void)self;
    if (view->text.encoding != TEXT_NONE || in_borrow(view->in, 0, 22, &p) < 0 || p[2] != '-' || p[6] != '-' ||
        p[20] > 3)
        return PROBE_NO;
    return memcmp(p + 3, "lh", 2) == 0 || memcmp(p + 3, "lz", 2) == 0 || memcmp(p + 3, "pm", 2) == 0 ? 95 : PROBE_NO;
}

/* The portable cpio headers are digits only, as a date in a text may be: all of the header must be. */
static int probe_cpio(const struct probe_view *view, const struct probe *self)
{
    const uint8_t *p;
    bool old = in_equals(view->in, 0, "070707", 6);
    size_t n = old ? 76 : 110;

    (void)self;
    if (!old && !in_equals(view->in, 0, "070701", 6) && !in_equals(view->in, 0, "070702", 6))
        return PROBE_NO;
    if (in_borrow(view->in, 0, n, &p) < 0)
        return PROBE_NO;
    for (size_t i = 6; i < n; i++)
        if (!memchr(old ? "01234567" : "0123456789abcdefABCDEF", p[i], old ? 8 : 22))
            return PROBE_NO;
    return 95;
}

static int probe_old_cpio(const struct probe_view *view, const struct probe *self)
{
    bool little = get_le16(view->in, 0) == 070707;
    uint32_t name = little ? get_le16(view->in, 20) : get_be16(view->in, 20);

    (void)self;
    if (!little && get_be16(view->in, 0) != 070707)
        return PROBE_NO;
    return name > 1 && name < 1024 && get_byte(view->in, 26 + name - 1) == 0 ? 85 : PROBE_WEAK;
}

static int probe_bz2(const struct probe_view *view, const struct probe *self)
{
    const uint8_t *p;

    (void)self;
    if (in_borrow(view->in, 0, 10, &p) < 0 || memcmp(p, "BZh", 3) != 0 || p[3] < '1' || p[3] > '9')
        return PROBE_NO;
    return memcmp(p + 4, "1AY&SY", 6) == 0 || memcmp(p + 4, "\x17\x72\x45\x38\x50\x90", 6) == 0 ? 95 : PROBE_NO;
}

/* RFC 1952 2.3.1: method 8, no reserved flag. */
static int probe_gz(const struct probe_view *view, const struct probe *self)
{
    (void)self;
    return in_equals(view->in, 0, "\x1F\x8B\x08", 3) && (get_byte(view->in, 3) & 0xE0) == 0 ? 95 : PROBE_NO;
}

static int probe_lzma(const struct probe_view *view, const struct probe *self)
{
    uint32_t dictionary = get_le32(view->in, 1);

    (void)self;
    if (get_byte(view->in, 0) != 0x5D || dictionary < 4096 || (dictionary & (dictionary - 1)))
        return PROBE_NO;
    return get_le32(view->in, 9) == 0 || get_le32(view->in, 9) == 0xFFFFFFFF ? 70 : PROBE_WEAK;
}

static int probe_arj(const struct probe_view *view, const struct probe *self)
{
    uint16_t size = get_le16(view->in, 2);
    uint8_t first = get_byte(view->in, 4);

    (void)self;
    if (!in_equals(view->in, 0, "\x60\xEA", 2) || size < 30 || size > 2600 || first < 30 || first > 64)
        return PROBE_NO;
    return 90;
}

static int probe_iso(const struct probe_view *view, const struct probe *self)
{
    (void)self;
    return in_equals(view->in, 0x8001, "CD001", 5) || in_equals(view->in, 0x8001, "BEA01", 5) ? 95 : PROBE_NO;
}

static int probe_dmg(const struct probe_view *view, const struct probe *self)
{
    uint64_t n = in_len(view->in);

    (void)self;
    return n >= 512 && in_equals(view->in, n - 512, "koly\0\0\0\x04", 8) ? 95 : PROBE_NO;
}

static int probe_ar(const struct probe_view *view, const struct probe *self)
{
    bool deb = in_equals(view->in, 8, "debian-binary", 13);

    if (!in_equals(view->in, 0, "!<arch>\n", 8))
        return PROBE_NO;
    return deb == (strcmp(self->type, "deb") == 0) ? 95 : PROBE_NO;
}

const struct probe probes_archive[] = {
    {"zip", probe_zip},
    MAGIC("7z", probe_magic, "7z\xBC\xAF\x27\x1C", 0, PROBE_CERTAIN),
    MAGIC("rar", probe_magic, "Rar!\x1A\x07\0", 0, PROBE_CERTAIN),
    MAGIC("rar", probe_magic, "Rar!\x1A\x07\x01\0", 0, PROBE_CERTAIN),
    MAGIC("rar", probe_binary, "RE~^", 0, 85),
    {"lzh", probe_lzh},
    MAGIC("cab", probe_binary, "MSCF\0\0\0\0", 0, 95),
    MAGIC("cab", probe_binary, "ISc(", 0, 85),
    {"tar", probe_tar},
    {"gz", probe_gz},
    {"bz2", probe_bz2},
    MAGIC("xz", probe_magic, "\xFD" "7zXZ\0", 0, PROBE_CERTAIN),
    {"lzma", probe_lzma},
    MAGIC("zst", probe_magic, "\x28\xB5\x2F\xFD", 0, 95),
    MAGIC("lz4", probe_magic, "\x04\x22\x4D\x18", 0, 90),
    MAGIC("lzip", probe_binary, "LZIP\x01", 0, 90),
    MAGIC("lzop", probe_magic, "\x89LZO\0\r\n\x1A\n", 0, PROBE_CERTAIN),
    MAGIC("compress", probe_magic, "\x1F\x9D", 0, 70),
    {"iso", probe_iso},
    {"arj", probe_arj},
    {"cpio", probe_cpio},
    {"cpio", probe_old_cpio},
    {"ar", probe_ar},
    {"deb", probe_ar},
    MAGIC("zoo", probe_magic, "\xDC\xA7\xC4\xFD", 20, 90),
    MAGIC("ace", probe_binary, "**ACE**", 7, 90),
    MAGIC("alz", probe_binary, "ALZ\x01", 0, 85),
    MAGIC("alz", probe_binary, "EGGA", 0, 85),
    MAGIC("stuffit", probe_binary, "StuffIt (c)", 0, 90),
    MAGIC("stuffit", probe_binary, "rLau", 10, 85),
    MAGIC("wim", probe_binary, "MSWIM\0\0\0", 0, 95),
    {"dmg", probe_dmg},
    MAGIC("squashfs", probe_binary, "hsqs", 0, 85),
    MAGIC("vmdisk", probe_binary, "KDMV", 0, 90),
    MAGIC("vmdisk", probe_magic, "QFI\xFB", 0, 90),
    MAGIC("vmdisk", probe_magic, "<<< Oracle VM VirtualBox Disk Image >>>", 0, 95),
    MAGIC("vmdisk", probe_magic, "# Disk DescriptorFile", 0, 95),
    {NULL},
};
