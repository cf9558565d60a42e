/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables, character classes and decoders of the text encodings. Runs in the
 * text worker; the bytes are hostile. iconv is asked once, before the process
 * is confined, what each double-byte code means: afterwards these tables are
 * all there is, and a code that is not in them is no character.
 */
#include "charset.h"

#include <iconv.h>
#include <string.h>

#define BMP 0x10000u
#define CP932_LEADS (0xFC - 0x81 + 1)
#define CP932_TRAILS (0xFC - 0x40 + 1)

static struct {
    uint8_t info[BMP]; /* class in the low bits, kanji level from bit 4 */
    uint16_t cp932[CP932_LEADS][CP932_TRAILS];
    uint16_t kuten[2][94][94]; /* JIS X 0208, JIS X 0212 */
    bool warm;
} tables;

static const struct {
    uint32_t first, last;
    enum char_class class;
} classes[] = {
    {0x0000, 0x0008, CHAR_CONTROL},   {0x0009, 0x000A, CHAR_BREAK},     {0x000B, 0x000B, CHAR_VTAB},
    {0x000C, 0x000C, CHAR_FEED},      {0x000D, 0x000D, CHAR_BREAK},     {0x000E, 0x001A, CHAR_CONTROL},
    {0x001B, 0x001B, CHAR_ESCAPE},    {0x001C, 0x001F, CHAR_CONTROL},   {0x0020, 0x0020, CHAR_SPACE},
    {0x0021, 0x007E, CHAR_PLAIN},     {0x007F, 0x0084, CHAR_CONTROL},   {0x0085, 0x0085, CHAR_SEPARATOR},
    {0x0086, 0x008F, CHAR_CONTROL},   {0x0090, 0x0090, CHAR_ESCAPE},    {0x0091, 0x0097, CHAR_CONTROL},
    {0x0098, 0x0098, CHAR_ESCAPE},    {0x0099, 0x009A, CHAR_CONTROL},   {0x009B, 0x009B, CHAR_ESCAPE},
    {0x009C, 0x009C, CHAR_CONTROL},   {0x009D, 0x009F, CHAR_ESCAPE},    {0x00A0, 0x00A0, CHAR_SPACE},
    {0x00A1, 0x00AC, CHAR_PLAIN},     {0x00AD, 0x00AD, CHAR_INVISIBLE}, {0x00AE, 0x034E, CHAR_PLAIN},
    {0x034F, 0x034F, CHAR_INVISIBLE}, {0x0350, 0x061B, CHAR_PLAIN},     {0x061C, 0x061C, CHAR_BIDI},
    {0x061D, 0x115E, CHAR_PLAIN},     {0x115F, 0x1160, CHAR_INVISIBLE}, {0x1161, 0x167F, CHAR_PLAIN},
    {0x1680, 0x1680, CHAR_SPACE},     {0x1681, 0x17B3, CHAR_PLAIN},     {0x17B4, 0x17B5, CHAR_INVISIBLE},
    {0x17B6, 0x180A, CHAR_PLAIN},     {0x180B, 0x180D, CHAR_SELECTOR},  {0x180E, 0x180E, CHAR_INVISIBLE},
    {0x180F, 0x180F, CHAR_SELECTOR},  {0x1810, 0x1FFF, CHAR_PLAIN},     {0x2000, 0x200A, CHAR_SPACE},
    {0x200B, 0x200B, CHAR_INVISIBLE}, {0x200C, 0x200D, CHAR_JOINER},    {0x200E, 0x200F, CHAR_BIDI},
    {0x2010, 0x2027, CHAR_PLAIN},     {0x2028, 0x2029, CHAR_SEPARATOR}, {0x202A, 0x202E, CHAR_BIDI},
    {0x202F, 0x202F, CHAR_SPACE},     {0x2030, 0x205E, CHAR_PLAIN},     {0x205F, 0x205F, CHAR_SPACE},
    {0x2060, 0x2065, CHAR_INVISIBLE}, {0x2066, 0x2069, CHAR_BIDI},      {0x206A, 0x206F, CHAR_INVISIBLE},
    {0x2070, 0x27FF, CHAR_PLAIN},     {0x2800, 0x2800, CHAR_SPACE},     {0x2801, 0x2FFF, CHAR_PLAIN},
    {0x3000, 0x3000, CHAR_SPACE},     {0x3001, 0x3163, CHAR_PLAIN},     {0x3164, 0x3164, CHAR_INVISIBLE},
    {0x3165, 0xD7FF, CHAR_PLAIN},     {0xE000, 0xFDCF, CHAR_PLAIN},     {0xFDF0, 0xFDFF, CHAR_PLAIN},
    {0xFE00, 0xFE0F, CHAR_SELECTOR},  {0xFE10, 0xFEFE, CHAR_PLAIN},     {0xFEFF, 0xFEFF, CHAR_INVISIBLE},
    {0xFF00, 0xFF9F, CHAR_PLAIN},     {0xFFA0, 0xFFA0, CHAR_INVISIBLE}, {0xFFA1, 0xFFEF, CHAR_PLAIN},
    {0xFFF9, 0xFFFB, CHAR_INVISIBLE}, {0xFFFC, 0xFFFD, CHAR_PLAIN},
    /* beyond the tables */
    {0x10000, 0x1342F, CHAR_PLAIN},   {0x13430, 0x1343F, CHAR_INVISIBLE}, {0x13440, 0x1BC9F, CHAR_PLAIN},
    {0x1BCA0, 0x1BCA3, CHAR_INVISIBLE}, {0x1BCA4, 0x1D172, CHAR_PLAIN}, {0x1D173, 0x1D17A, CHAR_INVISIBLE},
    {0x1D17B, 0x1FFFD, CHAR_PLAIN},   {0x20000, 0x2FFFD, CHAR_PLAIN},   {0x30000, 0x3FFFD, CHAR_PLAIN},
    {0xE0000, 0xE00FF, CHAR_INVISIBLE}, {0xE0100, 0xE01EF, CHAR_SELECTOR}, {0xE01F0, 0xE0FFF, CHAR_INVISIBLE},
    {0xF0000, 0xFFFFD, CHAR_PLAIN},   {0x100000, 0x10FFFD, CHAR_PLAIN}, /* 外字 of large sets */
};

/* ---- Making the tables ---------------------------------------------------------- */

static void close_converter(iconv_t *converter)
{
    if (*converter != (iconv_t)-1)
        (void)iconv_close(*converter);
}

/* The one BMP character n bytes convert to, or 0. */
static uint16_t ask(iconv_t converter, const uint8_t *code, size_t n)
{
    char in[3], out[8];
    char *from = in, *to = out;
    size_t left = n, room = sizeof out;

    memcpy(in, code, n);
    (void)iconv(converter, NULL, NULL, NULL, NULL);
    if (iconv(converter, &from, &left, &to, &room) == (size_t)-1 || left > 0 || room != sizeof out - 2)
        return 0;
    uint16_t c = (uint16_t)((uint8_t)out[0] | (uint8_t)out[1] << 8);
    enum char_class class = charset_class(c);
    return c >= 0x80 && (class == CHAR_PLAIN || class == CHAR_SPACE) ? c : 0;
}

static void fill_classes(void)
{
    for (size_t i = 0; i < ARRAY_LEN(classes) && classes[i].last < BMP; i++)
        memset(tables.info + classes[i].first, (int)classes[i].class, classes[i].last - classes[i].first + 1);
}

static void fill_cp932(iconv_t converter)
{
    for (unsigned lead = 0x81; lead <= 0xFC; lead++) {
        for (unsigned trail = 0x40; trail <= 0xFC; trail++) {
            uint8_t code[] = {(uint8_t)lead, (uint8_t)trail};
            bool single = lead >= 0xA0 && lead <= 0xDF;
            tables.cp932[lead - 0x81][trail - 0x40] = single || trail == 0x7F ? 0 : ask(converter, code, 2);
        }
    }
}

static void fill_kuten(iconv_t converter)
{
    for (unsigned row = 0; row < 94; row++) {
        for (unsigned cell = 0; cell < 94; cell++) {
            uint8_t code[] = {0x8F, (uint8_t)(row + 0xA1), (uint8_t)(cell + 0xA1)};
            tables.kuten[0][row][cell] = ask(converter, code + 1, 2);
            tables.kuten[1][row][cell] = ask(converter, code, 3);
        }
    }
}

/*
 * Rows 89 to 92 are user-defined in eucJP-ms and the NEC-selected IBM
 * characters in CP51932, CP50221 and every browser: there the latter are read.
 */
static void fill_nec_selected(void)
{
    for (unsigned row = 88; row < 92; row++) {
        for (unsigned cell = 0; cell < 94; cell++) {
            unsigned lead = 0xED + (row - 88) / 2;
            unsigned trail = row % 2 ? cell + 0x9F : cell + (cell >= 63 ? 0x41 : 0x40);
            uint16_t c = tables.cp932[lead - 0x81][trail - 0x40];
            if (c)
                tables.kuten[0][row][cell] = c;
        }
    }
}

static void fill_levels(void)
{
    for (unsigned row = 15; row < 84; row++) {
        for (unsigned cell = 0; cell < 94; cell++) {
            uint16_t c = tables.kuten[0][row][cell];
            if (c)
                tables.info[c] |= row < 47 ? 1 << 4 : 2 << 4;
        }
    }
}

int charset_warm(void)
{
    if (tables.warm)
        return 0;
    scoped(close_converter) iconv_t cp932 = iconv_open("UTF-16LE", "CP932");
    scoped(close_converter) iconv_t eucjp = iconv_open("UTF-16LE", "EUC-JP-MS");
    if (cp932 == (iconv_t)-1 || eucjp == (iconv_t)-1)
        return ERR_FAULT;
    fill_classes();
    fill_cp932(cp932);
    fill_kuten(eucjp);
    fill_nec_selected();
    fill_levels();
    /* A converter that opens and knows nothing would make every text malformed. */
    if (charset_kuten(1, 0x30, 0x21) != 0x4E9C || tables.cp932[0x88 - 0x81][0x9F - 0x40] != 0x4E9C)
        return ERR_FAULT;
    tables.warm = true;
    return 0;
}

const char *charset_name(enum charset charset)
{
    static const char *const names[CHARSETS] = {
        [CHARSET_ASCII] = "ASCII",       [CHARSET_UTF8] = "UTF-8",   [CHARSET_UTF16LE] = "UTF-16LE",
        [CHARSET_UTF16BE] = "UTF-16BE",  [CHARSET_CP932] = "CP932",  [CHARSET_EUCJP] = "EUC-JP",
        [CHARSET_JIS] = "ISO-2022-JP",
    };

    return (unsigned)charset < CHARSETS && names[charset] ? names[charset] : "unknown";
}

/* ---- Classes ------------------------------------------------------------------------ */

enum char_class charset_class(uint32_t c)
{
    size_t from = 0, to = ARRAY_LEN(classes);

    if (c < BMP)
        return (enum char_class)(tables.info[c] & 0x0F);
    while (from < to) {
        size_t middle = (from + to) / 2;
        if (c > classes[middle].last)
            from = middle + 1;
        else if (c < classes[middle].first)
            to = middle;
        else
            return classes[middle].class;
    }
    return CHAR_REFUSED;
}

unsigned charset_kanji_level(uint32_t c)
{
    return c < BMP ? tables.info[c] >> 4 : 0;
}

uint32_t charset_kuten(unsigned plane, uint8_t b1, uint8_t b2)
{
    if (plane < 1 || plane > 2 || b1 < 0x21 || b1 > 0x7E || b2 < 0x21 || b2 > 0x7E)
        return 0;
    return tables.kuten[plane - 1][b1 - 0x21][b2 - 0x21];
}

/* ---- Decoders ------------------------------------------------------------------------ */

static size_t decode_seven_bit(const uint8_t *p, size_t left, uint32_t *c_out)
{
    (void)left;
    *c_out = p[0] < 0x80 ? p[0] : CHARSET_INVALID;
    return 1;
}

/* RFC 3629; a bad sequence is skipped up to the byte that cannot continue it (Unicode, 3.9, maximal subparts). */
static size_t decode_utf8(const uint8_t *p, size_t left, uint32_t *c_out)
{
    unsigned len = p[0] < 0x80 ? 1 : p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : p[0] < 0xF5 ? 4 : 0;
    uint32_t c = len > 1 ? p[0] & (0xFFu >> (len + 1)) : p[0];
    uint8_t low = p[0] == 0xE0 ? 0xA0 : p[0] == 0xF0 ? 0x90 : 0x80;  /* overlong forms */
    uint8_t high = p[0] == 0xED ? 0x9F : p[0] == 0xF4 ? 0x8F : 0xBF; /* surrogates, over U+10FFFF */

    *c_out = CHARSET_INVALID;
    if (len == 0)
        return 1;
    for (unsigned i = 1; i < len; i++) {
        if (i >= left || p[i] < low || p[i] > high)
            return i;
        c = c << 6 | (p[i] & 0x3F);
        low = 0x80;
        high = 0xBF;
    }
    *c_out = c;
    return len;
}

static size_t decode_utf16(const uint8_t *p, size_t left, unsigned swap, uint32_t *c_out)
{
    *c_out = CHARSET_INVALID;
    if (left < 2)
        return left;
    uint32_t c = (uint32_t)p[1 - swap] << 8 | p[swap];
    if (c < 0xD800 || c > 0xDFFF) {
        *c_out = c;
        return 2;
    }
    if (c >= 0xDC00 || left < 4)
        return 2;
    uint32_t low = (uint32_t)p[3 - swap] << 8 | p[2 + swap];
    if (low < 0xDC00 || low > 0xDFFF)
        return 2;
    *c_out = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
    return 4;
}

static size_t decode_utf16le(const uint8_t *p, size_t left, uint32_t *c_out)
{
    return decode_utf16(p, left, 0, c_out);
}

static size_t decode_utf16be(const uint8_t *p, size_t left, uint32_t *c_out)
{
    return decode_utf16(p, left, 1, c_out);
}

static size_t decode_cp932(const uint8_t *p, size_t left, uint32_t *c_out)
{
    *c_out = CHARSET_INVALID;
    if (p[0] < 0x80) {
        *c_out = p[0];
        return 1;
    }
    if (p[0] >= 0xA1 && p[0] <= 0xDF) {
        *c_out = 0xFF61u + p[0] - 0xA1;
        return 1;
    }
    bool lead = p[0] >= 0x81 && p[0] <= 0xFC && p[0] != 0xA0;
    if (!lead || left < 2 || p[1] < 0x40 || p[1] > 0xFC || p[1] == 0x7F)
        return 1;
    uint16_t c = tables.cp932[p[0] - 0x81][p[1] - 0x40];
    if (c)
        *c_out = c;
    return c || p[1] >= 0x80 ? 2 : 1;
}

static size_t decode_eucjp(const uint8_t *p, size_t left, uint32_t *c_out)
{
    uint32_t c = 0;

    *c_out = CHARSET_INVALID;
    if (p[0] < 0x80) {
        *c_out = p[0];
        return 1;
    }
    if (left >= 2 && p[0] == 0x8E && p[1] >= 0xA1 && p[1] <= 0xDF) {
        *c_out = 0xFF61u + p[1] - 0xA1;
        return 2;
    }
    bool three = p[0] == 0x8F;
    if (left < (three ? 3 : 2) || (!three && p[0] < 0xA1) || p[1] < 0xA1 || (three && p[2] < 0xA1))
        return 1;
    if (three)
        c = charset_kuten(2, p[1] & 0x7F, p[2] & 0x7F);
    else
        c = charset_kuten(1, p[0] & 0x7F, p[1] & 0x7F);
    if (c)
        *c_out = c;
    return p[0] == 0xFF || p[1] == 0xFF ? 1 : three ? 3 : 2;
}

size_t charset_decode(enum charset charset, const uint8_t *p, size_t left, uint32_t *c_out)
{
    static size_t (*const decoders[CHARSETS])(const uint8_t *, size_t, uint32_t *) = {
        [CHARSET_ASCII] = decode_seven_bit,     [CHARSET_UTF8] = decode_utf8,   [CHARSET_UTF16LE] = decode_utf16le,
        [CHARSET_UTF16BE] = decode_utf16be, [CHARSET_CP932] = decode_cp932, [CHARSET_EUCJP] = decode_eucjp,
    };

    if ((unsigned)charset < CHARSETS && decoders[charset])
        return decoders[charset](p, left, c_out);
    *c_out = CHARSET_INVALID;
    return 1;
}

/* ---- Runs of plain text -------------------------------------------------------------- */

#define EACH(byte) (0x0101010101010101u * (byte))

/* The first byte from p that is not printable ASCII, or flagged. */
static const uint8_t *run_ascii(const uint8_t *p, const uint8_t *end, const uint8_t *stops)
{
    uint64_t w;

    for (; !stops && end - p >= 8; p += 8) {
        memcpy(&w, p, sizeof w);
        uint64_t below = (w - EACH(0x20)) & ~w, del = ((w ^ EACH(0x7F)) - EACH(0x01)) & ~(w ^ EACH(0x7F));
        if ((w | below | del) & EACH(0x80))
            break;
    }
    while (p < end && *p >= 0x20 && *p < 0x7F && !(stops && stops[*p]))
        p++;
    return p;
}

/* Decoding inlined into the loop: each instance below becomes a loop of its own. */
static inline __attribute__((always_inline)) const uint8_t *
run_of(size_t (*decode)(const uint8_t *, size_t, uint32_t *), size_t unit, const uint8_t *p, const uint8_t *end,
       const uint8_t *stops, struct charset_span *span_out)
{
    struct charset_span span = {0};

    while (p < end) {
        uint32_t c;
        if (unit == 1 && *p < 0x80) {
            const uint8_t *stop = run_ascii(p, end, stops);
            if (stop == p)
                break;
            span.chars += (uint64_t)(stop - p);
            span.last = stop - 1;
            p = stop;
            continue;
        }
        size_t n = decode(p, (size_t)(end - p), &c);
        if (c == CHARSET_INVALID || (c < 0x80 && stops && stops[c]))
            break;
        unsigned class = c < BMP ? tables.info[c] & 0x0F : charset_class(c);
        if (class != CHAR_PLAIN && class != CHAR_SPACE)
            break;
        span.chars++;
        span.wide += c >= 0x80;
        span.last = p;
        p += n;
    }
    if (span.chars > 0)
        *span_out = span;
    return p;
}

#define RUN(name, unit)                                                                                          \
    static const uint8_t *run_##name(const uint8_t *p, const uint8_t *end, const uint8_t *stops,                 \
                                     struct charset_span *span_out)                                              \
    {                                                                                                            \
        return run_of(decode_##name, unit, p, end, stops, span_out);                                             \
    }
RUN(seven_bit, 1)
RUN(utf8, 1)
RUN(utf16le, 2)
RUN(utf16be, 2)
RUN(cp932, 1)
RUN(eucjp, 1)
#undef RUN

const uint8_t *charset_run(enum charset charset, const uint8_t *p, const uint8_t *end, const uint8_t *stops,
                           struct charset_span *span_out)
{
    static const uint8_t *(*const runs[CHARSETS])(const uint8_t *, const uint8_t *, const uint8_t *,
                                                  struct charset_span *) = {
        [CHARSET_ASCII] = run_seven_bit,    [CHARSET_UTF8] = run_utf8,   [CHARSET_UTF16LE] = run_utf16le,
        [CHARSET_UTF16BE] = run_utf16be, [CHARSET_CP932] = run_cp932, [CHARSET_EUCJP] = run_eucjp,
    };

    return (unsigned)charset < CHARSETS && runs[charset] ? runs[charset](p, end, stops, span_out) : p;
}
