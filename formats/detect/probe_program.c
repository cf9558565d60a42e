/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What runs, and what Windows follows, mounts or installs, as far as it is
 * binary. Runs in the detect worker on hostile bytes. A miss here leaves a
 * file unknown and held; a false alarm refuses an honest one.
 */
#include <string.h>

#include "probe.h"

/* [PE] 1 and 2: the old header leads to PE, NE, LE or LX. Without that, DOS still runs what is no text. */
static int probe_pe(const struct probe_view *view, const struct probe *self)
{
    const struct fmt_in *in = view->in;
    uint64_t at = get_le32(in, 60);

    (void)self;
    if (!in_equals(in, 0, "MZ", 2) && !in_equals(in, 0, "ZM", 2))
        return PROBE_NO;
    if (at >= 4 && (in_equals(in, at, "PE\0\0", 4) || in_equals(in, at, "NE", 2) || in_equals(in, at, "LE", 2) ||
                    in_equals(in, at, "LX", 2)))
        return PROBE_CERTAIN;
    return view->text.encoding == TEXT_NONE ? 90 : PROBE_NO;
}

/* Mach-O, one architecture or many; Java classes share the magic of the latter but not its count. */
static int probe_macho(const struct probe_view *view, const struct probe *self)
{
    uint32_t magic = get_be32(view->in, 0);

    (void)self;
    if (magic == 0xFEEDFACE || magic == 0xFEEDFACF || magic == 0xCEFAEDFE || magic == 0xCFFAEDFE)
        return 95;
    if (magic == 0xCAFEBABE || magic == 0xCAFEBABF)
        return get_be32(view->in, 4) > 0 && get_be32(view->in, 4) < 43 ? 95 : PROBE_NO;
    return PROBE_NO;
}

static int probe_java(const struct probe_view *view, const struct probe *self)
{
    (void)self;
    if (get_be32(view->in, 0) == 0xCAFED00D)
        return 90;
    return get_be32(view->in, 0) == 0xCAFEBABE && get_be16(view->in, 6) >= 43 ? 95 : PROBE_NO;
}

/* Compiled Python: a version number, then the CR LF that tells of a damaging transfer. */
static int probe_pyc(const struct probe_view *view, const struct probe *self)
{
    uint16_t version = get_le16(view->in, 0);
    bool old = version >= 20121 && version <= 62300;

    (void)self;
    if (!in_equals(view->in, 2, "\r\n", 2) || view->text.encoding != TEXT_NONE)
        return PROBE_NO;
    return (version >= 3000 && version <= 3999) || old ? 85 : PROBE_NO;
}

/* SWF 19: signature, version, length. */
static int probe_swf(const struct probe_view *view, const struct probe *self)
{
    (void)self;
    if (!in_equals(view->in, 0, "FWS", 3) && !in_equals(view->in, 0, "CWS", 3) && !in_equals(view->in, 0, "ZWS", 3))
        return PROBE_NO;
    return get_byte(view->in, 3) > 0 && get_byte(view->in, 3) <= 60 && view->text.encoding == TEXT_NONE ? 90 : PROBE_NO;
}

/* A fixed VHD has its mark in a footer only: before it may stand anything, also the head of another type. */
static int probe_vhd(const struct probe_view *view, const struct probe *self)
{
    uint64_t n = in_len(view->in);

    (void)self;
    if (in_equals(view->in, 0, "conectix", 8))
        return PROBE_CERTAIN;
    for (uint64_t back = 511; back <= 512; back++)
        if (n >= 1024 && in_equals(view->in, n - back, "conectix\0\0\0", 11))
            return 95;
    return PROBE_NO;
}

const struct probe probes_program[] = {
    {"pe", probe_pe},
    MAGIC("elf", probe_magic, "\x7F" "ELF", 0, PROBE_CERTAIN),
    {"macho", probe_macho},
    {"java", probe_java},
    MAGIC("wasm", probe_magic, "\0asm", 0, PROBE_CERTAIN),
    MAGIC("dex", probe_magic, "dex\n0", 0, 95),
    MAGIC("dex", probe_magic, "dey\n0", 0, 95),
    MAGIC("llvm", probe_magic, "BC\xC0\xDE", 0, 95),
    MAGIC("llvm", probe_magic, "\xDE\xC0\x17\x0B", 0, 95),
    {"pyc", probe_pyc},
    {"swf", probe_swf},
    /* [MS-SHLLINK] 2.1 */
    MAGIC("lnk", probe_magic, "\x4C\0\0\0\x01\x14\x02\0\0\0\0\0\xC0\0\0\0\0\0\0\x46", 0, PROBE_CERTAIN),
    MAGIC("chm", probe_binary, "ITSF", 0, 95),
    MAGIC("chm", probe_magic, "\x3F\x5F\x03\0", 0, 90),
    /* [MS-ONESTORE] 2.3.1: sections, tables of contents, and the older and packaged forms */
    MAGIC("one", probe_magic, "\xE4\x52\x5C\x7B\x8C\xD8\xA7\x4D\xAE\xB1\x53\x78\xD0\x29\x96\xD3", 0, PROBE_CERTAIN),
    MAGIC("one", probe_magic, "\xA1\x2F\xFF\x43\xD9\xEF\x76\x4C\x9E\xE2\x10\xEA\x57\x22\x76\x5F", 0, PROBE_CERTAIN),
    {"vhd", probe_vhd},
    MAGIC("vhdx", probe_magic, "vhdxfile", 0, PROBE_CERTAIN),
    MAGIC("rpm", probe_magic, "\xED\xAB\xEE\xDB", 0, 95),
    MAGIC("pkg", probe_magic, "xar!\0", 0, 95),
    MAGIC("crx", probe_binary, "Cr24", 0, 95),
    {NULL},
};
