/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that are two things at once. Runs in the detect worker on hostile
 * bytes. Each reader looks for its format in its own place: a PDF reader in
 * the first KiB, an unzipper from the end, a browser for the first tag; so one
 * file can pass a gate as a picture and be opened as a program behind it.
 */
#include "polyglot.h"

#include <string.h>

#define HEAD 1024           /* how far PDF readers look for the header (ISO 32000-1 H.3.4.1), and browsers for tags */
#define TAIL_MAX (4u << 20) /* bytes after the end that are searched */

/* What may be in each other's bytes by nature. */
static const char *const containers[] = {"archive", "ooxml",    "odf",  "legacy", "package",
                                         "mail",    "japanese", "data", "book",   "cad"};

static bool is_container(const struct format_identity *type)
{
    for (size_t i = 0; type && i < ARRAY_LEN(containers); i++)
        if (strcmp(type->family, containers[i]) == 0)
            return true;
    return false;
}

/* ---- The zip at the end ------------------------------------------------------ */

static const char *find_zip(const struct probe_view *view, const struct format_identity *type)
{
    const struct zip_view *zip = &view->zip;

    if (!zip->resolves)
        return NULL;
    if (zip->rivals)
        return "a second ZIP directory in the comment of the first";
    if (zip->clash)
        return "two kinds of package in one ZIP";
    if (zip->head && zip->prefixed)
        return "data before the ZIP archive";
    if (!zip->head && !is_container(type))
        return "a ZIP archive inside";
    return NULL;
}

/* ---- The PDF in the head ------------------------------------------------------- */

/* A text may speak of "%PDF-1.7"; it is one when objects and a trailer follow. */
static bool has_pdf_body(const struct fmt_in *in, uint64_t from)
{
    static const char *const trailers[] = {"startxref", "trailer", "/Root"};

    if (in_find(in, from, in_len(in), " obj", 4) == UINT64_MAX)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(trailers); i++)
        if (in_find(in, from, in_len(in), trailers[i], strlen(trailers[i])) != UINT64_MAX)
            return true;
    return false;
}

/* Readers repair a PDF whose header is missing: objects, and the end of one. */
static bool has_pdf_end(const struct fmt_in *in)
{
    uint64_t n = in_len(in), from = n > HEAD ? n - HEAD : 0;

    return (in_find(in, from, n, "%%EOF", 5) != UINT64_MAX || in_find(in, from, n, "startxref", 9) != UINT64_MAX ||
            in_find(in, from, n, "/Root", 5) != UINT64_MAX) && has_pdf_body(in, 0);
}

static const char *find_pdf(const struct probe_view *view, const struct format_identity *type)
{
    uint64_t at = in_find(view->in, 0, HEAD + 5, "%PDF-", 5);
    bool claims = strcmp(view->extension, "pdf") == 0;

    if ((type && strcmp(type->family, "pdf") == 0) || (is_container(type) && !claims))
        return NULL;
    if (at != UINT64_MAX && (view->text.encoding == TEXT_NONE || has_pdf_body(view->in, at)))
        return type ? "a PDF header inside" : "data before the PDF header";
    return has_pdf_end(view->in) ? "a PDF without its header" : NULL;
}

/* ---- Markup and scripts in the head ------------------------------------------------- */

static const char *const tags[] = {"<!doctype html", "<html", "<head", "<body", "<script", "<iframe", "<?php",
                                   "<hta:application", "<svg ", "<svg>", "<scriptlet"};

static bool has_tag(const char *head, size_t n)
{
    for (size_t i = 0; i < ARRAY_LEN(tags); i++)
        if (memmem(head, strnlen(head, n), tags[i], strlen(tags[i])))
            return true;
    return false;
}

/*
 * In a PDF only before the first object: later ones may hold such words as data, which the handler judges. Pictures
 * are made again from their pixels, so that markup in their metadata is dropped with it and needs no hold.
 */
static const char *find_markup(const struct probe_view *view, const struct format_identity *type)
{
    bool pdf = type && strcmp(type->name, "pdf") == 0;
    size_t n = HEAD;

    if (!type || (!pdf && strcmp(type->family, "media") != 0))
        return NULL;
    const char *object = pdf ? memmem(view->text.head, strnlen(view->text.head, n), " obj", 4) : NULL;
    if (object)
        n = (size_t)(object - view->text.head);
    return has_tag(view->text.head, n) ? "HTML or a script at the beginning" : NULL;
}

/* ---- Where pictures and PDFs end ------------------------------------------------------ */

/* ISO/IEC 10918-1 annex B: markers with lengths, scans up to the next marker, EOI. 0: no end. */
static uint64_t jpeg_end(const struct fmt_in *in)
{
    uint64_t at = 2, n = in_len(in);

    while (at + 4 <= n) {
        if (in->bytes[at] != 0xFF)
            return 0;
        uint8_t marker = in->bytes[at + 1];
        if (marker == 0xFF) {
            at++;
            continue;
        }
        if (marker == 0xD9)
            return at + 2;
        if (marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8)) {
            at += 2;
            continue;
        }
        at += 2 + (uint64_t)get_be16(in, at + 2);
        while (marker == 0xDA && at + 1 < n) {
            const uint8_t *p = memchr(in->bytes + at, 0xFF, (size_t)(n - at - 1));
            if (!p)
                return 0;
            at = (uint64_t)(p - in->bytes);
            if (p[1] != 0 && p[1] != 0xFF && !(p[1] >= 0xD0 && p[1] <= 0xD7))
                break;
            at += p[1] == 0xFF ? 1 : 2;
        }
    }
    return at + 2 <= n && in_equals(in, at, "\xFF\xD9", 2) ? at + 2 : 0;
}

/* PNG 5.3: length, type, data, checksum. */
static uint64_t png_end(const struct fmt_in *in)
{
    for (uint64_t at = 8; at + 12 <= in_len(in); at += 12 + (uint64_t)get_be32(in, at))
        if (in_equals(in, at + 4, "IEND", 4))
            return at + 12 + get_be32(in, at);
    return 0;
}

static uint64_t gif_blocks(const struct fmt_in *in, uint64_t at)
{
    while (get_byte(in, at))
        at += 1 + (uint64_t)get_byte(in, at);
    return at + 1;
}

/* GIF89a: colour table, extensions and pictures in sub-blocks, 0x3B. */
static uint64_t gif_end(const struct fmt_in *in)
{
    uint8_t flags = get_byte(in, 10);
    uint64_t at = 13 + (flags & 0x80 ? 3u << ((flags & 7) + 1) : 0);

    while (at < in_len(in)) {
        uint8_t block = get_byte(in, at);
        if (block == 0x3B)
            return at + 1;
        if (block != 0x21 && block != 0x2C)
            return 0;
        flags = block == 0x2C ? get_byte(in, at + 9) : 0;
        at = gif_blocks(in, at + (block == 0x2C ? 11 : 2) + (flags & 0x80 ? 3u << ((flags & 7) + 1) : 0));
    }
    return 0;
}

static uint64_t riff_end(const struct fmt_in *in)
{
    return 8 + (uint64_t)get_le32(in, 4) + (get_le32(in, 4) & 1);
}

static uint64_t bmp_end(const struct fmt_in *in)
{
    return get_le32(in, 2);
}

static uint64_t pdf_end(const struct fmt_in *in)
{
    uint64_t at = in_rfind(in, in_len(in) > TAIL_MAX ? in_len(in) - TAIL_MAX : 0, in_len(in), "%%EOF", 5);

    return at == UINT64_MAX ? 0 : at + 5;
}

static const struct {
    const char *type;
    uint64_t (*end)(const struct fmt_in *in);
} ends[] = {
    {"jpeg", jpeg_end}, {"png", png_end}, {"gif", gif_end}, {"webp", riff_end}, {"bmp", bmp_end}, {"pdf", pdf_end},
};

/* ---- What stands after the end ------------------------------------------------------------ */

/*
 * Signatures that readers find at any distance, so that padding before them
 * does not help to hide. The film that phones append to a photo is none.
 */
static const struct {
    const char *bytes;
    size_t n;
    const char *what;
} anywhere[] = {
    {"Rar!\x1A\x07", 6, "a RAR archive after the end"},
    {"7z\xBC\xAF\x27\x1C", 6, "a 7z archive after the end"},
    {"%PDF-", 5, "a PDF after the end"},
    {"MSCF\0\0\0\0", 8, "a cabinet after the end"},
    {"\x7F" "ELF\x01\x01\x01", 7, "a program after the end"},
    {"\x7F" "ELF\x02\x01\x01", 7, "a program after the end"},
};

static bool is_local_header(const struct fmt_in *in, uint64_t at)
{
    uint16_t name = get_le16(in, at + 26);

    return get_le16(in, at + 4) < 100 && get_le16(in, at + 8) < 100 && name > 0 && name < 512;
}

static const char *tail_signature(const struct fmt_in *in, uint64_t from)
{
    uint64_t to = from + TAIL_MAX;

    for (size_t i = 0; i < ARRAY_LEN(anywhere); i++)
        if (in_find(in, from, to, anywhere[i].bytes, anywhere[i].n) != UINT64_MAX)
            return anywhere[i].what;
    for (uint64_t at = from; (at = in_find(in, at, to, "PK\x03\x04", 4)) != UINT64_MAX; at++)
        if (is_local_header(in, at))
            return "a ZIP member after the end";
    for (uint64_t at = from; (at = in_find(in, at, to, "MZ", 2)) != UINT64_MAX; at++) {
        uint64_t header = get_le32(in, at + 60);
        if (header >= 4 && header < 4096 && in_equals(in, at + header, "PE\0\0", 4))
            return "a program after the end";
    }
    return NULL;
}

/* Tags in any case in the first bytes of the tail; one buffer, for the bytes are const. */
static bool tail_has_tag(const struct fmt_in *in, uint64_t from)
{
    char head[HEAD + 1];
    size_t used = 0;

    for (uint64_t at = from; at < in_len(in) && used < HEAD; at++) {
        uint8_t c = in->bytes[at];
        head[used++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c ? (char)c : ' ';
    }
    head[used] = '\0';
    return has_tag(head, used);
}

static const char *find_tail(const struct probe_view *view, const struct format_identity *type)
{
    const struct fmt_in *in = view->in;
    uint64_t end = 0;

    for (size_t i = 0; type && i < ARRAY_LEN(ends); i++)
        if (strcmp(ends[i].type, type->name) == 0)
            end = ends[i].end(in);
    if (end == 0 || end >= in_len(in))
        return NULL;
    if (tail_has_tag(in, end))
        return "HTML or a script after the end";
    return tail_signature(in, end);
}

const char *polyglot_find(const struct probe_view *view, const struct format_identity *type)
{
    const char *what = find_zip(view, type);

    if (!what)
        what = find_pdf(view, type);
    if (!what)
        what = find_markup(view, type);
    return what ? what : find_tail(view, type);
}
