/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The central directory of a ZIP and the kind of package it makes. Runs in the
 * detect worker on hostile bytes. Readers find an archive from its end, so it
 * is looked for in every file, and decides by the directory: the first local
 * header is only what the sender wants the first glance to be.
 */
#include "look_zip.h"

#include <string.h>
#include <strings.h>

#include "lib_deflate.h"
#include "probe.h"

#define END_SIZE 22
#define END_SEARCH (END_SIZE + 65535) /* a comment is at most 65535 bytes */
#define ENTRY_SIZE 46
#define DECIDING_MAX (4u << 20) /* bytes of a member that is read to decide */
#define NO_OFFSET UINT64_MAX

/* ---- The end record -------------------------------------------------------- */

struct directory {
    uint64_t at, end; /* of the central directory and of what follows the end record's comment */
    uint64_t prefix;  /* added to the offsets it gives */
};

/* ZIP64: a record before the end record says more (4.3.14, 4.3.15). Returns its offset or NO_OFFSET. */
static uint64_t zip64_end(const struct fmt_in *in, uint64_t end_at)
{
    if (end_at < 20 || !in_equals(in, end_at - 20, "PK\x06\x07", 4))
        return NO_OFFSET;
    uint64_t at = get_le64(in, end_at - 20 + 8);
    if (in_equals(in, at, "PK\x06\x06", 4))
        return at;
    return end_at >= 76 && in_equals(in, end_at - 76, "PK\x06\x06", 4) ? end_at - 76 : NO_OFFSET;
}

/* True when the end record at `at` leads to a directory with something in it. */
static bool end_resolves(const struct fmt_in *in, uint64_t at, struct directory *out)
{
    uint64_t size = get_le32(in, at + 12), offset = get_le32(in, at + 16), before = at;

    if (at > in->len - END_SIZE)
        return false;
    uint64_t big = zip64_end(in, at);
    if (big != NO_OFFSET) {
        size = get_le64(in, big + 40);
        offset = get_le64(in, big + 48);
        before = big;
    }
    out->end = at + END_SIZE + get_le16(in, at + 20);
    if (size > 0 && size <= before && in_equals(in, before - size, "PK\x01\x02", 4)) {
        out->at = before - size;
        out->prefix = out->at >= offset ? out->at - offset : 0;
        return true;
    }
    out->at = offset;
    out->prefix = 0;
    return in_equals(in, offset, "PK\x01\x02", 4);
}

/* The last end record that resolves; `rivals` when a reader that takes the first one in reach sees another archive. */
static bool find_directory(const struct fmt_in *in, struct directory *out, bool *rivals_out)
{
    uint64_t from = in->len > END_SEARCH ? in->len - END_SEARCH : 0, to = in->len;
    uint64_t best_at = 0;
    bool found = false;

    for (int tries = 0; tries < 256; tries++) {
        struct directory one;
        uint64_t at = in->len < END_SIZE ? NO_OFFSET : in_rfind(in, from, to, "PK\x05\x06", 4);
        if (at == NO_OFFSET)
            return found;
        if (!found && end_resolves(in, at, &one)) {
            found = true;
            *out = one;
            best_at = at;
        } else if (found && end_resolves(in, at, &one) && one.end >= best_at + END_SIZE) {
            *rivals_out = true; /* the archive that was found lies in the comment of this one */
        }
        to = at + 3;
    }
    return found;
}

/* ---- Its entries ------------------------------------------------------------ */

/* Members that decide what kind of package it is. */
enum mark {
    MARK_CONTENT_TYPES,
    MARK_CONTENT_PIECES, /* [ECMA-376-2] interleaved pieces: the part exists, but not in one member */
    MARK_MIMETYPE,
    MARK_ODF_MANIFEST,
    MARK_EPUB,
    MARK_JAR,
    MARK_APK,
    MARK_IPA,
    MARK_PAYLOAD,
    MARK_APPX,
    MARK_VSIX,
    MARK_XPI,
    MARK_IWORK,
    MARK_KMZ,
    MARKS
};

enum how { EXACT, PREFIX, SUFFIX, TOP_SUFFIX };

static const struct {
    const char *name; /* lower case */
    enum how how;
    enum mark mark;
} mark_names[] = {
    {"[content_types].xml", EXACT, MARK_CONTENT_TYPES},
    {"[content_types].xml/", PREFIX, MARK_CONTENT_PIECES},
    {"mimetype", EXACT, MARK_MIMETYPE},
    {"meta-inf/manifest.xml", EXACT, MARK_ODF_MANIFEST},
    {"meta-inf/container.xml", EXACT, MARK_EPUB},
    {"meta-inf/manifest.mf", EXACT, MARK_JAR},
    {"androidmanifest.xml", EXACT, MARK_APK},
    {"classes.dex", EXACT, MARK_APK},
    {"base/manifest/androidmanifest.xml", EXACT, MARK_APK},
    {".app/info.plist", SUFFIX, MARK_IPA},
    {"payload/", PREFIX, MARK_PAYLOAD},
    {"appxmanifest.xml", EXACT, MARK_APPX},
    {"appxblockmap.xml", EXACT, MARK_APPX},
    {"appxmetadata/appxbundlemanifest.xml", EXACT, MARK_APPX},
    {"extension.vsixmanifest", EXACT, MARK_VSIX},
    {".nuspec", TOP_SUFFIX, MARK_VSIX},
    {"install.rdf", EXACT, MARK_XPI},
    {"meta-inf/mozilla.rsa", EXACT, MARK_XPI},
    {"index/document.iwa", EXACT, MARK_IWORK},
    {"index.apxl", EXACT, MARK_IWORK},
    {"buildversionhistory.plist", EXACT, MARK_IWORK},
    {"doc.kml", EXACT, MARK_KMZ},
};

struct entries {
    uint64_t lowest;           /* offset of the first member */
    uint32_t count[MARKS];     /* members of each mark */
    uint64_t entry[MARKS];     /* directory entry of the last one */
};

/* Compares a member's name as Windows programs do: any case, either separator, a leading one ignored. */
static bool name_is(const uint8_t *name, size_t n, const char *want, enum how how)
{
    size_t len = strlen(want);

    while (n > 0 && (*name == '/' || *name == '\\')) {
        name++;
        n--;
    }
    if (n < len || (how == EXACT && n > len) || (how == TOP_SUFFIX && memchr(name, '/', n)))
        return false;
    if (how == SUFFIX || how == TOP_SUFFIX)
        name += n - len;
    for (size_t i = 0; i < len; i++) {
        uint8_t c = name[i] >= 'A' && name[i] <= 'Z' ? (uint8_t)(name[i] - 'A' + 'a') : name[i];
        if ((c == '\\' ? '/' : c) != (uint8_t)want[i])
            return false;
    }
    return true;
}

static void mark_name(struct entries *entries, uint64_t entry, const uint8_t *name, size_t n)
{
    for (size_t i = 0; i < ARRAY_LEN(mark_names); i++) {
        if (!name_is(name, n, mark_names[i].name, mark_names[i].how))
            continue;
        entries->count[mark_names[i].mark]++;
        entries->entry[mark_names[i].mark] = entry;
    }
}

/* The second name a member may have, which some readers prefer: extra field 0x7075 (4.6.9). */
static void mark_extra(struct entries *entries, uint64_t entry, const uint8_t *extra, size_t n)
{
    while (n >= 4) {
        size_t len = extra[2] | (size_t)extra[3] << 8;
        if (len > n - 4)
            return;
        if (extra[0] == 0x75 && extra[1] == 0x70 && len > 5)
            mark_name(entries, entry, extra + 4 + 5, len - 5);
        extra += 4 + len;
        n -= 4 + len;
    }
}

static void read_entries(const struct fmt_in *in, const struct directory *directory, struct entries *out)
{
    const uint8_t *name, *extra;
    uint64_t at = directory->at;

    *out = (struct entries){.lowest = at};
    while (in_equals(in, at, "PK\x01\x02", 4)) {
        size_t n = get_le16(in, at + 28), more = get_le16(in, at + 30);
        uint64_t offset = get_le32(in, at + 42);
        if (in_borrow(in, at + ENTRY_SIZE, n, &name) < 0 || in_borrow(in, at + ENTRY_SIZE + n, more, &extra) < 0)
            return;
        if (offset < 0xFFFFFFFF && offset + directory->prefix < out->lowest)
            out->lowest = offset + directory->prefix;
        struct entries before = *out;
        mark_name(out, at, name, n);
        if (memcmp(before.count, out->count, sizeof before.count) == 0)
            mark_extra(out, at, extra, more);
        at += ENTRY_SIZE + n + more + get_le16(in, at + 32);
    }
}

/* ---- Deciding members ---------------------------------------------------------- */

/* Unpacks the member of a directory entry, at most DECIDING_MAX bytes; malloc'd with a NUL added. NULL: no way. */
static char *read_member(const struct fmt_in *in, const struct directory *directory, uint64_t entry, size_t *n_out)
{
    uint64_t packed = get_le32(in, entry + 20), size = get_le32(in, entry + 24);
    uint64_t local = get_le32(in, entry + 42) + directory->prefix;
    unsigned method = get_le16(in, entry + 10), n = get_le16(in, entry + 28);
    const uint8_t *name, *bytes;

    if (size > DECIDING_MAX || (get_le16(in, entry + 8) & 1) || !in_equals(in, local, "PK\x03\x04", 4) ||
        in_borrow(in, entry + ENTRY_SIZE, n, &name) < 0 || get_le16(in, local + 26) != n ||
        !in_equals(in, local + 30, name, n))
        return NULL; /* a local header that says something else is for the handler to refuse */
    if (in_borrow(in, local + 30 + n + get_le16(in, local + 28), packed, &bytes) < 0)
        return NULL;
    scoped_free char *out = malloc(size + 1);
    if (!out)
        return NULL;
    if (method == 0 && packed == size)
        memcpy(out, bytes, size);
    else if (method != 8 || deflate_unpack(bytes, packed, out, size) < 0)
        return NULL;
    out[size] = '\0';
    *n_out = size;
    return steal(out);
}

/* Media types of main parts ([ECMA-376-1] 11.3, 12.3, 13.3; [MS-OFFMACRO2] 2.2), lower case. */
static const struct {
    const char *type, *package;
} main_parts[] = {
#define DOC "application/vnd.openxmlformats-officedocument."
#define MS "application/vnd.ms-"
    {DOC "wordprocessingml.document.main+xml", "docx"},
    {MS "word.document.macroenabled.main+xml", "docm"},
    {DOC "wordprocessingml.template.main+xml", "dotx"},
    {MS "word.template.macroenabledtemplate.main+xml", "dotm"},
    {DOC "spreadsheetml.sheet.main+xml", "xlsx"},
    {MS "excel.sheet.macroenabled.main+xml", "xlsm"},
    {DOC "spreadsheetml.template.main+xml", "xltx"},
    {MS "excel.template.macroenabled.main+xml", "xltm"},
    {MS "excel.sheet.binary.macroenabled.main", "xlsb"},
    {MS "excel.addin.macroenabled.main+xml", "xlam"},
    {DOC "presentationml.presentation.main+xml", "pptx"},
    {MS "powerpoint.presentation.macroenabled.main+xml", "pptm"},
    {DOC "presentationml.template.main+xml", "potx"},
    {MS "powerpoint.template.macroenabled.main+xml", "potm"},
    {DOC "presentationml.slideshow.main+xml", "ppsx"},
    {MS "powerpoint.slideshow.macroenabled.main+xml", "ppsm"},
    {MS "powerpoint.addin.macroenabled.main+xml", "ppam"},
    {MS "visio.drawing.main+xml", "vsdx"},
    {MS "visio.drawing.macroenabled.main+xml", "vsdx"},
    {MS "visio.stencil.main+xml", "vsdx"},
    {MS "visio.stencil.macroenabled.main+xml", "vsdx"},
    {MS "visio.template.main+xml", "vsdx"},
    {MS "visio.template.macroenabled.main+xml", "vsdx"},
    {MS "package.xps-fixeddocumentsequence+xml", "xps"},
#undef DOC
#undef MS
};

/* The value of a character reference at p ("&#x6D;"), with its length; 0 when it is none. */
static size_t reference(const char *p, char *c_out)
{
    char *end = NULL;

    if (p[0] != '&' || p[1] != '#')
        return 0;
    bool hex = p[2] == 'x';
    unsigned long c = strtoul(p + (hex ? 3 : 2), &end, hex ? 16 : 10);
    *c_out = c > 0 && c < 0x7F ? (char)c : '\x7F';
    return *end == ';' ? (size_t)(end + 1 - p) : 0;
}

/* Lower-case ASCII of an XML part in UTF-8 or UTF-16, references resolved, in place: else "ma&#x63;ro" hides one. */
static void flatten(char *text, size_t n)
{
    size_t used = 0;

    for (size_t i = 0; i < n; i++)
        if (text[i] != '\0')
            text[used++] = text[i];
    text[used] = '\0';
    n = used;
    used = 0;
    for (size_t i = 0; i < n;) {
        char c = text[i];
        size_t step = reference(text + i, &c);
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        text[used++] = c;
        i += step ? step : 1;
    }
    text[used] = '\0';
}

/* Office Open XML by its content types. Add-ins win, whatever else is said; two main types are no honest file. */
static const char *ooxml_type(char *types, size_t n, bool *clash_out)
{
    const char *found = NULL;

    flatten(types, n);
    if (strstr(types, "<!"))
        return "ooxml"; /* a DOCTYPE may say anything in entities */
    for (size_t i = 0; i < ARRAY_LEN(main_parts); i++) {
        const char *package = main_parts[i].package;
        if (!strstr(types, main_parts[i].type))
            continue;
        if (strcmp(package, "xlam") == 0 || strcmp(package, "ppam") == 0)
            return package;
        if (found && strcmp(found, package) != 0)
            *clash_out = true;
        found = package;
    }
    return found ? found : "ooxml";
}

/* OpenDocument 1.3 part 2, 3.3 and the like: a member that holds the media type. */
static const struct {
    const char *type, *package;
} mimetypes[] = {
#define ODF "application/vnd.oasis.opendocument."
    {ODF "text", "odt"},
    {ODF "text-template", "ott"},
    {ODF "spreadsheet", "ods"},
    {ODF "spreadsheet-template", "ots"},
    {ODF "presentation", "odp"},
    {ODF "presentation-template", "otp"},
    {ODF "graphics", "odg"},
    {ODF "graphics-template", "otg"},
#undef ODF
    {"application/epub+zip", "epub"},
    {"application/hwp+zip", "hwp"},
};

static const char *mimetype_type(const char *text)
{
    size_t n = strcspn(text, " \t\r\n");

    for (size_t i = 0; i < ARRAY_LEN(mimetypes); i++)
        if (strlen(mimetypes[i].type) == n && strncasecmp(mimetypes[i].type, text, n) == 0)
            return mimetypes[i].package;
    if (strncasecmp(text, "application/vnd.oasis.opendocument.", 35) == 0 ||
        strncasecmp(text, "application/vnd.sun.xml.", 24) == 0)
        return "odf";
    return NULL;
}

/* Marks of programs; they settle the matter, for such a file runs whatever else is in it. */
static const struct {
    enum mark mark, also;
    const char *package;
} settling[] = {
    {MARK_APPX, MARK_APPX, "appx"}, {MARK_VSIX, MARK_VSIX, "vsix"}, {MARK_APK, MARK_APK, "apk"},
    {MARK_IPA, MARK_PAYLOAD, "ipa"}, {MARK_JAR, MARK_JAR, "jar"}, {MARK_XPI, MARK_XPI, "xpi"},
};
static const struct {
    enum mark mark;
    const char *package;
} fallbacks[] = {
    {MARK_EPUB, "epub"}, {MARK_ODF_MANIFEST, "odf"}, {MARK_IWORK, "iwork"}, {MARK_KMZ, "kmz"},
};

static const char *package_of(const struct fmt_in *in, const struct directory *directory, const struct entries *entries,
                              bool *clash_out)
{
    scoped_free char *types = NULL;
    scoped_free char *mimetype = NULL;
    const char *by_mimetype = NULL;
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_LEN(settling); i++)
        if (entries->count[settling[i].mark] && entries->count[settling[i].also])
            return settling[i].package;
    if (entries->count[MARK_CONTENT_TYPES] > 1 || entries->count[MARK_MIMETYPE] > 1)
        *clash_out = true;
    if (entries->count[MARK_MIMETYPE] && (mimetype = read_member(in, directory, entries->entry[MARK_MIMETYPE], &n)))
        by_mimetype = mimetype_type(mimetype);
    if (entries->count[MARK_CONTENT_TYPES] + entries->count[MARK_CONTENT_PIECES]) {
        if (by_mimetype || entries->count[MARK_ODF_MANIFEST])
            *clash_out = true;
        if (entries->count[MARK_CONTENT_TYPES])
            types = read_member(in, directory, entries->entry[MARK_CONTENT_TYPES], &n);
        return types ? ooxml_type(types, n, clash_out) : "ooxml";
    }
    if (by_mimetype)
        return by_mimetype;
    for (size_t i = 0; i < ARRAY_LEN(fallbacks); i++)
        if (entries->count[fallbacks[i].mark])
            return fallbacks[i].package;
    return NULL;
}

void look_zip(const struct fmt_in *in, struct zip_view *view_out)
{
    struct directory directory = {0};
    struct entries entries;

    *view_out = (struct zip_view){0};
    /* A marker of an archive that was to be split stands before the first member (8.5.3, 8.5.4). */
    bool marker = in_equals(in, 0, "PK\x07\x08PK\x03\x04", 8) || in_equals(in, 0, "PK00PK\x03\x04", 8);
    view_out->head = marker || in_equals(in, 0, "PK\x03\x04", 4) ||
                     (in_equals(in, 0, "PK\x05\x06\0\0\0\0\0\0\0\0", 12) && in->len >= END_SIZE);
    view_out->resolves = find_directory(in, &directory, &view_out->rivals);
    if (!view_out->resolves)
        return;
    read_entries(in, &directory, &entries);
    view_out->prefixed = entries.lowest != (marker ? 4 : 0);
    view_out->package = package_of(in, &directory, &entries, &view_out->clash);
}
