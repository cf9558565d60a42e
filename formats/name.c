/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of files and archive members. Runs in the sandboxed detect and package
 * workers; every byte is hostile. A name decides what a person clicks and what
 * a system runs, so it is decoded by evidence and rebuilt from what is allowed.
 */
#include "name.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/utf8.h"
#include "lib_unistring.h"

/* ---- Decoding ------------------------------------------------------------- */

/* In the order they are tried after UTF-8. */
static struct {
    const char *charset;
    iconv_t converter;
    bool open;
} converters[] = {{.charset = "CP932"}, {.charset = "EUC-JP-MS"}};

int name_warm(void)
{
    for (size_t i = 0; i < ARRAY_LEN(converters); i++) {
        if (converters[i].open)
            continue;
        converters[i].converter = iconv_open("UTF-8", converters[i].charset);
        if (converters[i].converter == (iconv_t)-1)
            return ERR_FAULT;
        converters[i].open = true;
    }
    return 0;
}

/* CRC-32 as in ZIP, over a name: short, so no table. */
static uint32_t crc32_of(const uint8_t *p, size_t n)
{
    uint32_t crc = 0xFFFFFFFFu;

    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    }
    return ~crc;
}

/* The name inside a Unicode Path field, or NULL when it is malformed or was made for another name. */
static const char *unicode_name(const struct name_hints *hints, const uint8_t *bytes, size_t n, size_t *len_out)
{
    const uint8_t *p = hints->unicode;

    if (!p || hints->unicode_len <= 5 || p[0] != 1)
        return NULL;
    uint32_t crc = p[1] | (uint32_t)p[2] << 8 | (uint32_t)p[3] << 16 | (uint32_t)p[4] << 24;
    if (crc != crc32_of(bytes, n))
        return NULL;
    *len_out = hints->unicode_len - 5;
    return (const char *)p + 5;
}

static int copy_out(const char *text, size_t n, char *out, size_t room)
{
    if (n >= room)
        return ERR_LIMIT;
    memcpy(out, text, n);
    out[n] = '\0';
    return 0;
}

/* Converters map bytes no encoding defines to C1 controls or private use beyond 外字: then it was the wrong one. */
static bool is_plausible(const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        uint32_t c = 0;
        size_t n = utf8_decode(text, left, &c);
        if (n == 0 || (c >= 0x80 && c < 0xA0) || (c >= 0xF8F0 && c <= 0xF8FF))
            return false;
        text += n;
        left -= n;
    }
    return true;
}

static int convert(iconv_t converter, const char *bytes, size_t n, char *out, size_t room)
{
    char *from = (char *)(uintptr_t)bytes, *to = out; /* iconv's prototype lacks const */
    size_t left = room - 1;

    (void)iconv(converter, NULL, NULL, NULL, NULL);
    if (iconv(converter, &from, &n, &to, &left) == (size_t)-1)
        return errno == E2BIG ? ERR_LIMIT : ERR_MALFORMED;
    if (iconv(converter, NULL, NULL, &to, &left) == (size_t)-1)
        return ERR_LIMIT;
    *to = '\0';
    return is_plausible(out) ? 0 : ERR_MALFORMED;
}

static int decode_legacy(const char *bytes, size_t n, char *out, size_t room)
{
    scoped_free char *made = malloc(room);
    int err = name_warm();

    if (!made)
        return ERR_NOMEM;
    if (err < 0)
        return err;
    err = ERR_MALFORMED;
    for (size_t i = 0; i < ARRAY_LEN(converters) && err == ERR_MALFORMED; i++)
        err = convert(converters[i].converter, bytes, n, made, room);
    return err < 0 ? err : copy_out(made, strlen(made), out, room);
}

int name_decode(const void *bytes, size_t n, const struct name_hints *hints, char *out, size_t room)
{
    static const struct name_hints none;
    const char *text = bytes, *unicode;
    size_t len = 0;
    int err;

    if (!hints)
        hints = &none;
    if (n == 0 || room == 0)
        return n == 0 ? ERR_MALFORMED : ERR_LIMIT;
    unicode = unicode_name(hints, bytes, n, &len);
    if (unicode && utf8_is_valid(unicode, len)) {
        text = unicode;
        n = len;
    }
    if (memchr(text, '\0', n)) /* "a.pdf\0.exe": two readers see two names */
        return ERR_MALFORMED;
    err = utf8_is_valid(text, n) ? copy_out(text, n, out, room) : decode_legacy(text, n, out, room);
    if (err < 0)
        return err;
    for (char *p = out; hints->dos_separators && *p; p++)
        if (*p == '\\')
            *p = '/';
    return 0;
}

/* ---- Cleaning ------------------------------------------------------------- */

/* A component under work. It may grow, as replacements are longer, and is cut only after cleaning. */
struct component {
    char text[4096];
    size_t len;
    uint32_t bidi, changed;
};

/* What Windows forbids or changes in a name, and the form a Japanese reader takes for the same. */
static const struct {
    uint32_t from, to;
} replacements[] = {
    {'<', 0xFF1C}, {'>', 0xFF1E}, {':', 0xFF1A},  {'"', 0xFF02},     {'|', 0xFF5C},
    {'?', 0xFF1F}, {'*', 0xFF0A}, {'\\', 0xFF3C}, {0x00A5, 0xFFE5},
};

/* Characters with no ink that utf8_is_invisible leaves in running text, where scripts and emoji need them. */
static bool is_hidden(uint32_t c)
{
    return c == 0x034F || c == 0x115F || c == 0x1160 || c == 0x17B4 || c == 0x17B5 || (c >= 0x180B && c <= 0x180F) ||
           c == 0x200D || c == 0x2065 || c == 0x3164 || c == 0xFFA0 || c == 0x2800 || (c >= 0xFFF0 && c <= 0xFFF8);
}

static bool is_mark(uint32_t c)
{
    return (c >= 0x0300 && c <= 0x036F) || c == 0x3099 || c == 0x309A || (c >= 0xFE00 && c <= 0xFE0F) ||
           c == 0xFF9E || c == 0xFF9F || (c >= 0xE0100 && c <= 0xE01EF);
}

static uint32_t replaced(uint32_t c)
{
    for (size_t i = 0; i < ARRAY_LEN(replacements); i++)
        if (replacements[i].from == c)
            return replacements[i].to;
    return c;
}

/* Keeps what may stay of n bytes, character by character. */
static int filter(const char *text, size_t n, struct component *part)
{
    while (n > 0) {
        uint32_t c = 0;
        size_t step = utf8_decode(text, n, &c);
        if (step == 0)
            return ERR_MALFORMED;
        if (part->len + 4 > sizeof part->text)
            return ERR_LIMIT;
        if (utf8_is_bidi(c)) {
            part->bidi++;
        } else if (!utf8_is_printable(c) || is_hidden(c)) {
            part->changed++;
        } else {
            uint32_t to = replaced(c);
            part->changed += to != c;
            part->len += utf8_encode(to, part->text + part->len);
        }
        text += step;
        n -= step;
    }
    return 0;
}

static bool keeps_its_form(uint32_t c)
{
    return (c >= 0x2000 && c <= 0x2FFF) || (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FAFF);
}

/* NFC of the runs between the characters that keep their form. */
static int normalise(struct component *part)
{
    struct component in = *part;
    size_t from = 0;

    part->len = 0;
    for (size_t at = 0; at <= in.len;) {
        uint32_t c = 0;
        size_t step = at < in.len ? utf8_decode(in.text + at, in.len - at, &c) : 0;
        if (at < in.len && !keeps_its_form(c)) {
            at += step;
            continue;
        }
        long made = unistring_nfc(in.text + from, at - from, part->text + part->len, sizeof part->text - part->len - 4);
        if (made < 0)
            return (int)made;
        part->len += (size_t)made;
        if (sizeof part->text - part->len < 8)
            return ERR_LIMIT;
        memcpy(part->text + part->len, in.text + at, step);
        part->len += step;
        at += step;
        from = at;
        if (step == 0)
            break;
    }
    return 0;
}

static bool ends_badly(const struct component *part)
{
    return part->len > 0 && (part->text[part->len - 1] == '.' || part->text[part->len - 1] == ' ');
}

static void trim(struct component *part)
{
    while (ends_badly(part)) {
        part->len--;
        part->changed++;
    }
    if (part->len == 0) {
        part->text[part->len++] = '_';
        part->changed++;
    }
}

/* Device names of Windows: the part before the first dot, blanks before it not counting. */
static bool is_reserved(const struct component *part)
{
    static const char *const words[] = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"};
    static const char *const ports[] = {"COM", "LPT"};
    static const char *const digits[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "¹", "²", "³"};
    const char *dot = memchr(part->text, '.', part->len);
    size_t n = dot ? (size_t)(dot - part->text) : part->len;

    while (n > 0 && part->text[n - 1] == ' ')
        n--;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strlen(words[i]) == n && strncasecmp(part->text, words[i], n) == 0)
            return true;
    for (size_t i = 0; i < ARRAY_LEN(ports); i++)
        for (size_t d = 0; n > 3 && d < ARRAY_LEN(digits); d++)
            if (strncasecmp(part->text, ports[i], 3) == 0 && n - 3 == strlen(digits[d]) &&
                memcmp(part->text + 3, digits[d], n - 3) == 0)
                return true;
    return false;
}

/*
 * "report.{00000000-0000-0000-0000-000000000000}": Windows opens such a file or
 * folder as that class says, and does not show the end of its name.
 */
static void defuse_class_id(struct component *part)
{
    char *end = part->text + part->len;

    if (part->len < 39 || end[-39] != '.' || end[-38] != '{' || end[-1] != '}')
        return;
    for (const char *p = end - 37; p < end - 1; p++)
        if (!memchr("0123456789abcdefABCDEF-", *p, 23))
            return;
    end[-39] = '_';
    part->changed++;
}

/* The longest prefix of at most n bytes that ends between characters and not before a combining mark. */
static size_t cut_at(const struct component *part, size_t n)
{
    while (n > 0) {
        uint32_t c = 0;
        bool starts = ((unsigned char)part->text[n] & 0xC0) != 0x80;
        if (starts && utf8_decode(part->text + n, part->len - n, &c) > 0 && !is_mark(c))
            break;
        n--;
    }
    return n;
}

/* Cuts a long component, keeping an extension of a sane length. */
static void shorten(struct component *part)
{
    char extension[32];
    const char *dot = memrchr(part->text, '.', part->len);
    size_t n = dot ? part->len - (size_t)(dot - part->text) : 0;

    if (part->len <= NAME_COMPONENT_MAX)
        return;
    if (n > sizeof extension)
        n = 0;
    memcpy(extension, part->text + part->len - n, n);
    part->len = cut_at(part, NAME_COMPONENT_MAX - n);
    part->changed++;
    if (part->len == 0 || ends_badly(part))
        trim(part);
    memcpy(part->text + part->len, extension, n);
    part->len += n;
}

static int clean_component(const char *text, size_t n, struct component *part)
{
    int err = filter(text, n, part);

    if (err == 0)
        err = normalise(part);
    if (err < 0)
        return err;
    trim(part);
    if (is_reserved(part)) {
        memmove(part->text + 1, part->text, part->len); /* filter and normalise leave 4 bytes of room */
        part->text[0] = '_';
        part->len++;
        part->changed++;
    }
    defuse_class_id(part);
    shorten(part);
    return 0;
}

/* True when one of the pieces between backslashes is "..". A cleaner that only looks at "/" is what that is for. */
static bool climbs(const char *text, size_t n)
{
    for (size_t from = 0; from <= n;) {
        const char *back = memchr(text + from, '\\', n - from);
        size_t len = back ? (size_t)(back - text) - from : n - from;
        if (len == 2 && memcmp(text + from, "..", 2) == 0)
            return true;
        from += len + 1;
    }
    return false;
}

static bool is_absolute(const char *path)
{
    bool letter = (path[0] >= 'A' && path[0] <= 'Z') || (path[0] >= 'a' && path[0] <= 'z');

    return path[0] == '/' || path[0] == '\\' ||
           (letter && path[1] == ':' && (path[2] == '/' || path[2] == '\\' || path[2] == '\0'));
}

static int report(struct findings *findings, const char *path, uint32_t bidi, uint32_t changed)
{
    int err = 0;

    if (!findings)
        return 0;
    if (bidi > 0)
        err = findings_add(findings, FINDING_BIDI, path, bidi, "text direction characters in the name");
    if (err == 0 && changed > 0)
        err = findings_add(findings, FINDING_NAME, path, 1, "the name was changed");
    return err;
}

int name_clean(const char *path, char *out, size_t room, struct findings *findings)
{
    scoped_free char *made = malloc(room ? room : 1);
    scoped_free struct component *part = malloc(sizeof *part);
    uint32_t bidi = 0, changed = 0;
    size_t used = 0;

    if (!made || !part)
        return ERR_NOMEM;
    if (is_absolute(path))
        return ERR_REFUSED;
    for (const char *p = path; *p;) {
        size_t n = strcspn(p, "/");
        if (climbs(p, n))
            return ERR_REFUSED;
        if (n > 0 && !(n == 1 && *p == '.')) {
            *part = (struct component){0};
            int err = clean_component(p, n, part);
            if (err < 0)
                return err;
            if (used + part->len + 2 > room)
                return ERR_LIMIT;
            if (used > 0)
                made[used++] = '/';
            memcpy(made + used, part->text, part->len);
            used += part->len;
            bidi += part->bidi;
            changed += part->changed;
        } else {
            changed++;
        }
        p += n + (p[n] == '/');
    }
    if (used == 0)
        return ERR_REFUSED;
    int err = report(findings, path, bidi, changed);
    if (err < 0)
        return err;
    return copy_out(made, used, out, room);
}

/* ---- Comparing -------------------------------------------------------------- */

int name_fold(const char *path, char *out, size_t room)
{
    scoped_free char *made = malloc(room ? room : 1);

    if (!made)
        return ERR_NOMEM;
    if (!utf8_is_valid(path, strlen(path)))
        return ERR_MALFORMED;
    long n = unistring_fold(path, strlen(path), made, room);
    return n < 0 ? (int)n : copy_out(made, (size_t)n, out, room);
}
