/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PDF, DocuWorks, older documents, drawings and data files. Runs in the detect worker on hostile bytes. */
#include <string.h>

#include "probe.h"

/* ISO 32000-1 7.5.2. Blanks and a mark before the header are seen in honest files; other bytes are not (polyglot.c). */
static int probe_pdf(const struct probe_view *view, const struct probe *self)
{
    uint64_t at = view->text.mark;

    (void)self;
    while (at < 64 && get_byte(view->in, at) && strchr(" \t\r\n", get_byte(view->in, at)))
        at++;
    if (!in_equals(view->in, at, "%PDF-", 5))
        return PROBE_NO;
    return at == 0 ? PROBE_CERTAIN : 90;
}

/* One BER element: tag, then a length in one byte or in up to four after a count. Gives where it ends, or 0. */
static uint64_t ber_end(const struct fmt_in *in, uint64_t at, uint64_t *content_out)
{
    uint8_t first = get_byte(in, at + 1);
    uint64_t len = first, content = at + 2;

    if (first >= 0x80) {
        len = 0;
        if (first == 0x80 || first > 0x84)
            return 0;
        for (; first > 0x80; first--)
            len = len << 8 | get_byte(in, content++);
    }
    *content_out = content;
    return content + len <= in_len(in) ? content + len : 0;
}

/*
 * DocuWorks: a sequence of BER elements that fills the file, a short [0x60]
 * header first, [0x61] blocks after it. Documents and binders differ only
 * inside; the name tells which. Older versions begin "%XDW".
 */
static int probe_docuworks(const struct probe_view *view, const struct probe *self)
{
    const char *type = strcmp(view->extension, "xbd") == 0 ? "xbd" : "xdw";
    uint64_t content = 0, end;

    if (strcmp(type, self->type) != 0)
        return PROBE_NO;
    if (in_equals(view->in, 0, "%XDW", 4))
        return view->text.encoding == TEXT_NONE ? 90 : PROBE_WEAK;
    if (get_byte(view->in, 0) != 0x60 || view->text.encoding != TEXT_NONE)
        return PROBE_NO;
    end = ber_end(view->in, 0, &content);
    if (end == 0 || end - content < 4 || end - content > 64 || get_byte(view->in, end) != 0x61)
        return PROBE_NO;
    for (int blocks = 0; blocks < 1024 && end > 0 && end + 16 < in_len(view->in); blocks++) {
        if (get_byte(view->in, end) != 0x61)
            return PROBE_NO;
        end = ber_end(view->in, end, &content);
    }
    return end > 0 ? 95 : PROBE_WEAK;
}

/* Ichitaro 4 to 6: "DOC" and a version byte. */
static int probe_old_ichitaro(const struct probe_view *view, const struct probe *self)
{
    uint8_t version = get_byte(view->in, 43);

    (void)self;
    if (!in_equals(view->in, 0, "DOC", 3) || view->text.encoding != TEXT_NONE)
        return PROBE_NO;
    return version >= 0x14 && version <= 0x16 ? 85 : PROBE_NO;
}

/* BIFF before compound files: a BOF record of version 2, 3 or 4. */
static int probe_biff(const struct probe_view *view, const struct probe *self)
{
    uint16_t record = get_le16(view->in, 0), size = get_le16(view->in, 2), kind = get_le16(view->in, 6);

    (void)self;
    if ((record != 0x0009 && record != 0x0209 && record != 0x0409 && record != 0x0809) || size < 4 || size > 16)
        return PROBE_NO;
    return kind == 0x0005 || kind == 0x0010 || kind == 0x0020 || kind == 0x0040 || kind == 0x0100 ? 85 : PROBE_NO;
}

/* Lotus 1-2-3 and Quattro Pro: a BOF record of two bytes with a version. */
static int probe_lotus(const struct probe_view *view, const struct probe *self)
{
    static const uint16_t versions[] = {0x0404, 0x0405, 0x0406, 0x5120, 0x5121, 0x1001, 0x1002, 0x1003, 0x1007};

    (void)self;
    if (in_equals(view->in, 0, "\0\0\x1A\0\0\x10", 6))
        return 90;
    for (size_t i = 0; i < ARRAY_LEN(versions); i++)
        if (in_equals(view->in, 0, "\0\0\x02\0", 4) && get_le16(view->in, 4) == versions[i])
            return 90;
    return PROBE_NO;
}

/* dBASE: version, a date, and a header of 32-byte fields that ends in a carriage return. */
static int probe_dbf(const struct probe_view *view, const struct probe *self)
{
    const struct fmt_in *in = view->in;
    uint8_t month = get_byte(in, 2), day = get_byte(in, 3);
    uint16_t size = get_le16(in, 8);

    (void)self;
    if (!memchr("\x02\x03\x30\x31\x32\x43\x63\x83\x8B\xCB\xF5", get_byte(in, 0), 11) || month < 1 || month > 12 ||
        day < 1 || day > 31 || size < 65 || view->text.encoding != TEXT_NONE)
        return PROBE_NO;
    for (uint64_t at = 32; at < size; at += 32)
        if (get_byte(in, at) == 0x0D)
            return 85;
    return PROBE_NO;
}

static int probe_shapefile(const struct probe_view *view, const struct probe *self)
{
    (void)self;
    return get_be32(view->in, 0) == 9994 && get_le32(view->in, 28) == 1000 ? 95 : PROBE_NO;
}

/* OpenType: a version and a sensible number of tables, each named by a printable tag. */
static int probe_sfnt(const struct probe_view *view, const struct probe *self)
{
    uint16_t tables = get_be16(view->in, 4);

    (void)self;
    if (!in_equals(view->in, 0, "\0\x01\0\0", 4) || tables == 0 || tables > 64)
        return PROBE_NO;
    for (uint64_t i = 0; i < 4; i++)
        if (get_byte(view->in, 12 + i) < 0x20 || get_byte(view->in, 12 + i) > 0x7E)
            return PROBE_NO;
    return 85;
}

/* RFC 5652: a SEQUENCE with the id of one of the content types near its beginning. */
static int probe_pkcs7(const struct probe_view *view, const struct probe *self)
{
    (void)self;
    if (get_byte(view->in, 0) != 0x30)
        return PROBE_NO;
    return in_find(view->in, 1, 24, "\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07", 10) != UINT64_MAX ? 95 : PROBE_NO;
}

const struct probe probes_document[] = {
    {"pdf", probe_pdf},
    MAGIC("fdf", probe_magic, "%FDF-", 0, PROBE_CERTAIN),
    MAGIC("postscript", probe_magic, "%!PS", 0, 95),
    MAGIC("postscript", probe_magic, "\x04%!PS", 0, 95),
    MAGIC("postscript", probe_magic, "\xC5\xD0\xD3\xC6", 0, 95),
    {"xdw", probe_docuworks},
    {"xbd", probe_docuworks},
    {"jtd", probe_old_ichitaro},
    {"biff", probe_biff},
    {"lotus", probe_lotus},
    MAGIC("winword2", probe_magic, "\xDB\xA5", 0, PROBE_LIKELY),
    MAGIC("winword2", probe_magic, "\x9B\xA5", 0, PROBE_LIKELY),
    MAGIC("winword2", probe_magic, "\xFE\x37\0", 0, PROBE_LIKELY),
    MAGIC("write", probe_magic, "\x31\xBE\0\0\0\xAB", 0, 90),
    MAGIC("write", probe_magic, "\x32\xBE\0\0\0\xAB", 0, 90),
    MAGIC("wordperfect", probe_magic, "\xFFWPC", 0, 95),
    MAGIC("hwp", probe_binary, "HWP Document File", 0, 90),
    MAGIC("mobi", probe_binary, "BOOKMOBI", 60, 95),
    MAGIC("mobi", probe_binary, "ITOLITLS", 0, 90),
    MAGIC("djvu", probe_binary, "AT&TFORM", 0, 95),
    MAGIC("dwg", probe_binary, "AC10", 0, 90),
    MAGIC("dwg", probe_binary, "AC1.", 0, 85),
    MAGIC("jww", probe_binary, "JwwData.", 0, 95),
    MAGIC("dxf", probe_magic, "AutoCAD Binary DXF\r\n\x1A\0", 0, PROBE_CERTAIN),
    MAGIC("dwf", probe_binary, "(DWF V", 0, 95),
    MAGIC("dgn", probe_magic, "\x08\x09\xFE\x02", 0, 85),
    MAGIC("dgn", probe_magic, "\xC8\x09\xFE\x02", 0, 85),
    {"shapefile", probe_shapefile},
    {"dbf", probe_dbf},
    MAGIC("sqlite", probe_magic, "SQLite format 3\0", 0, PROBE_CERTAIN),
    MAGIC("access", probe_magic, "\0\x01\0\0Standard Jet DB\0", 0, PROBE_CERTAIN),
    MAGIC("access", probe_magic, "\0\x01\0\0Standard ACE DB\0", 0, PROBE_CERTAIN),
    MAGIC("hdf5", probe_magic, "\x89HDF\r\n\x1A\n", 0, PROBE_CERTAIN),
    MAGIC("parquet", probe_binary, "PAR1", 0, 85),
    {"font", probe_sfnt},
    MAGIC("font", probe_binary, "OTTO\0", 0, 90),
    MAGIC("font", probe_binary, "ttcf\0", 0, 90),
    MAGIC("font", probe_binary, "wOFF", 0, 90),
    MAGIC("font", probe_binary, "wOF2", 0, 90),
    MAGIC("pcap", probe_magic, "\xD4\xC3\xB2\xA1", 0, 90),
    MAGIC("pcap", probe_magic, "\xA1\xB2\xC3\xD4", 0, 90),
    MAGIC("pcap", probe_magic, "\x0A\x0D\x0D\x0A\0\0\0", 0, 85),
    {"pkcs7", probe_pkcs7},
    /* What macOS leaves beside files on other systems: AppleDouble (RFC 1740) and the Finder's settings. */
    MAGIC("filemeta", probe_magic, "\0\x05\x16\x07\0\x02\0\0", 0, 95),
    MAGIC("filemeta", probe_magic, "\0\x05\x16\0\0\x02\0\0", 0, 95),
    MAGIC("filemeta", probe_magic, "\0\0\0\x01" "Bud1", 0, 95),
    {NULL},
};
