/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checks of streams. Runs in the checker; streams are read piece by piece, but for fonts, which are small. */
#include "pdf_stream.h"

#include <string.h>

#include "base/buf.h"
#include "jpeg_stream.h"
#include "lib_unzlib.h"
#include "pdf_cff.h"
#include "pdf_content.h"

#define CONTENT_MAX ((uint64_t)2 << 30)
#define FONT_MAX ((size_t)64 << 20)
#define GLYPHLESS_MAX 400u

static int refuse(const struct pdf_stream *s, const char *what)
{
    return job_fail(s->job, REASON_CHECK_REFUSED, "stream: %s", what);
}

static bool key_is(const struct pdf_stream *s, const char *key, const char *name)
{
    struct qnode v = qdoc_get(s->doc, s->dict, key);
    bool is = strcmp(qdoc_name(s->doc, v), name) == 0;

    qdoc_drop(s->doc, &v);
    return is;
}

static bool has_key(const struct pdf_stream *s, const char *key)
{
    struct qnode v = qdoc_get(s->doc, s->dict, key);
    bool has = qdoc_kind(s->doc, v) != QKIND_NONE;

    qdoc_drop(s->doc, &v);
    return has;
}

static long long key_integer(const struct pdf_stream *s, const char *key)
{
    struct qnode v = qdoc_get(s->doc, s->dict, key);
    long long value = qdoc_integer(s->doc, v);

    qdoc_drop(s->doc, &v);
    return value;
}

/* Hands on the decoded bytes in pieces. */
static int decode(const struct pdf_stream *s, uint64_t max, int (*take)(void *ctx, const uint8_t *bytes, size_t n),
                  void *ctx)
{
    if (!has_key(s, "/Filter"))
        return s->bytes.len > max ? ERR_LIMIT : take(ctx, s->bytes.bytes, s->bytes.len);
    int err = key_is(s, "/Filter", "/FlateDecode") ? unzlib_run(s->bytes.bytes, s->bytes.len, max, take, ctx)
                                                   : ERR_MALFORMED;
    return err == ERR_MALFORMED ? refuse(s, "not the packed bytes it should be") : err;
}

/* ---- Pictures -------------------------------------------------------------------------- */

static int count_bytes(void *ctx, const uint8_t *bytes, size_t n)
{
    uint64_t *total = ctx;

    (void)bytes;
    *total += n;
    return 0;
}

/* Samples per pixel by colour space: a palette and grey have one. */
static unsigned image_components(const struct pdf_stream *s)
{
    return key_is(s, "/ColorSpace", "/DeviceRGB") ? 3 : 1;
}

static int image_jpeg(const struct pdf_stream *s, uint64_t w, uint64_t h)
{
    scoped_free struct check_jpeg *head = calloc(1, sizeof *head);
    unsigned components = image_components(s);
    bool device = components == 3 || key_is(s, "/ColorSpace", "/DeviceGray");

    if (!head)
        return ERR_NOMEM;
    int err = check_jpeg_head(&s->bytes, true, head);
    if (err == 0)
        err = check_jpeg_coded(head);
    if (err == ERR_REFUSED)
        return refuse(s, head->why ? head->why : "JPEG not as written by us");
    if (err < 0)
        return err;
    if (head->width != w || head->height != h || head->components != components || head->icc_n || !device ||
        has_key(s, "/Decode") || has_key(s, "/ImageMask") || key_integer(s, "/BitsPerComponent") != 8)
        return refuse(s, "JPEG of another size or colour than the picture says");
    return 0;
}

int pdf_stream_image(const struct pdf_stream *s)
{
    long long w = key_integer(s, "/Width"), h = key_integer(s, "/Height"), bits = key_integer(s, "/BitsPerComponent");
    bool mask = has_key(s, "/ImageMask");
    uint64_t total = 0;
    int err;

    if (w <= 0 || h <= 0 || (bits != 1 && bits != 2 && bits != 4 && bits != 8) || (mask && bits != 1) ||
        mask == has_key(s, "/ColorSpace"))
        return refuse(s, "picture not as written by us");
    if ((err = job_pixels(s->job, (uint64_t)w, (uint64_t)h)) < 0)
        return err;
    if (key_is(s, "/Filter", "/DCTDecode"))
        return image_jpeg(s, (uint64_t)w, (uint64_t)h);
    uint64_t row = ((uint64_t)w * (unsigned)bits * image_components(s) + 7) / 8, want = row * (uint64_t)h;
    err = decode(s, want, count_bytes, &total);
    if (err == ERR_LIMIT || (err == 0 && total != want))
        return refuse(s, "more or fewer samples than the picture has");
    return err;
}

/* ---- Content ------------------------------------------------------------------------------ */

struct content {
    const struct pdf_stream *stream;
    struct pdf_content tokens;
};

static int feed_content(void *ctx, const uint8_t *bytes, size_t n)
{
    struct content *c = ctx;
    int err = job_steps(c->stream->job, n);

    if (err < 0)
        return err;
    return pdf_content_feed(&c->tokens, bytes, n) ? 0 : refuse(c->stream, c->tokens.why);
}

static int content_check(const struct pdf_stream *s, enum pdf_content_kind kind)
{
    struct content c = {.stream = s};

    pdf_content_begin(&c.tokens, kind);
    int err = decode(s, CONTENT_MAX, feed_content, &c);
    if (err < 0)
        return err;
    return pdf_content_end(&c.tokens) ? 0 : refuse(s, c.tokens.why ? c.tokens.why : "content ends early");
}

int pdf_stream_drawing(const struct pdf_stream *s)
{
    return content_check(s, job_options(s->job)->mode == FMT_MODE_FLATTEN ? PDF_CONTENT_PICTURE : PDF_CONTENT_DRAWING);
}

int pdf_stream_glyph(const struct pdf_stream *s)
{
    return content_check(s, PDF_CONTENT_GLYPH);
}

int pdf_stream_cmap(const struct pdf_stream *s)
{
    return content_check(s, PDF_CONTENT_CMAP);
}

/* ---- The rest -------------------------------------------------------------------------------- */

/*
 * Patches as cairo writes them (8.7.4.5.8): a flag byte, 16 points of two
 * 32-bit coordinates, 4 colours of one or three bytes.
 */
int pdf_stream_mesh(const struct pdf_stream *s)
{
    uint64_t total = 0, patch = 1 + 16 * 8 + 4 * (key_is(s, "/ColorSpace", "/DeviceRGB") ? 3u : 1u);
    int err = decode(s, CONTENT_MAX, count_bytes, &total);

    if (err < 0)
        return err;
    return total % patch == 0 ? 0 : refuse(s, "mesh of incomplete patches");
}

static int collect(void *ctx, const uint8_t *bytes, size_t n)
{
    struct buf *b = ctx;

    buf_put(b, bytes, n);
    return b->err;
}

static uint32_t big(const uint8_t *p, unsigned n)
{
    uint32_t v = 0;

    for (unsigned i = 0; i < n; i++)
        v = v << 8 | p[i];
    return v;
}

/* Tables of the sfnt (ISO/IEC 14496-22) by length; glyf and loca hold zeroes only, and there is no room for more. */
int pdf_stream_glyphless(const struct pdf_stream *s)
{
    static const struct {
        const char *tag;
        uint32_t n;
        bool zeroes;
    } tables[] = {{"cmap", 24, false}, {"glyf", 2, true},  {"head", 54, false}, {"hhea", 36, false},
                  {"hmtx", 6, false},  {"loca", 6, true},  {"maxp", 32, false}};
    const uint8_t *p = s->bytes.bytes;
    uint32_t at = 12 + ARRAY_LEN(tables) * 16;

    if (has_key(s, "/Filter") || s->bytes.len < at || s->bytes.len > GLYPHLESS_MAX || big(p, 4) != 0x00010000 ||
        big(p + 4, 2) != ARRAY_LEN(tables) || (uint64_t)key_integer(s, "/Length1") != s->bytes.len)
        return refuse(s, "another font than that of invisible text");
    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        const uint8_t *row = p + 12 + i * 16;
        uint32_t sum = 0;
        if (memcmp(row, tables[i].tag, 4) != 0 || big(row + 8, 4) != at || big(row + 12, 4) != tables[i].n ||
            at + tables[i].n > s->bytes.len)
            return refuse(s, "another font than that of invisible text");
        for (uint32_t b = 0; b < tables[i].n; b++)
            sum |= p[at + b];
        if (tables[i].zeroes && sum)
            return refuse(s, "invisible text that could be seen");
        at = (at + tables[i].n + 3) & ~3u;
    }
    return at == s->bytes.len ? 0 : refuse(s, "bytes behind the font");
}

int pdf_stream_cff(const struct pdf_stream *s)
{
    scoped_buf font = buf_new(FONT_MAX);
    int err = decode(s, FONT_MAX, collect, &font);

    if (err < 0)
        return err;
    if ((err = job_steps(s->job, font.len)) < 0)
        return err;
    const char *why = pdf_cff_check(font.bytes, font.len, key_is(s, "/Subtype", "/CIDFontType0C"));
    return why ? refuse(s, why) : 0;
}
