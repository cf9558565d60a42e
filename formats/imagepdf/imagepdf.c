/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The writer of picture PDFs. Runs in the pdf and image workers; everything it
 * writes is made here or in the encoders of those workers. Objects go straight
 * to the output, only their offsets stay in memory.
 */
#include "imagepdf.h"

#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "lib_zpack.h"

/* The first object numbers; pages follow with three each: page, content, picture. */
enum { OBJ_CATALOG = 1, OBJ_PAGES, OBJ_FONT, OBJ_CIDFONT, OBJ_DESCRIPTOR, OBJ_FONTFILE, OBJ_TOUNICODE, OBJ_FIRST };
enum { OBJS_PER_PAGE = 3 };

#define OPS_MAX ((size_t)64 << 20) /* of one page's text layer */
#define OPS_PLAIN 256              /* shorter content is not worth deflating */
#define ZIP_LEVEL 6

struct imagepdf {
    struct fmt_job *job;
    struct textlayer_font *font;
    struct buf ops, line; /* reused */
    uint64_t *offsets;    /* by object number, 0: not written */
    uint32_t room, next;
    uint32_t pages;
};

void imagepdf_free(struct imagepdf **pdf)
{
    if (!*pdf)
        return;
    textlayer_font_free(&(*pdf)->font);
    buf_free(&(*pdf)->ops);
    buf_free(&(*pdf)->line);
    free((*pdf)->offsets);
    free(*pdf);
    *pdf = NULL;
}

int imagepdf_begin(struct fmt_job *job, struct imagepdf **pdf_out)
{
    static const char header[] = "%PDF-1.7\n%\xE9\x96\xA2\xE5\xAE\x88\n";
    scoped(imagepdf_free) struct imagepdf *pdf = calloc(1, sizeof *pdf);

    if (!pdf || textlayer_font_new(&pdf->font) < 0)
        return ERR_NOMEM;
    pdf->job = job;
    pdf->ops = buf_new(OPS_MAX);
    pdf->line = buf_new(OPS_MAX);
    pdf->next = OBJ_FIRST;
    int err = out_append(job, header, sizeof header - 1);
    if (err < 0)
        return err;
    *pdf_out = steal(pdf);
    return 0;
}

/* Makes room for object numbers below `count`. */
static int offsets_room(struct imagepdf *pdf, uint32_t count)
{
    if (count <= pdf->room)
        return 0;
    uint32_t room = count * 2;
    uint64_t *offsets = realloc(pdf->offsets, room * sizeof *offsets);
    if (!offsets)
        return ERR_NOMEM;
    memset(offsets + pdf->room, 0, (room - pdf->room) * sizeof *offsets);
    pdf->offsets = offsets;
    pdf->room = room;
    return 0;
}

/* Writes what is in `line` as an object, with a stream behind it when there is one. */
static int put_object(struct imagepdf *pdf, uint32_t number, const uint8_t *stream, size_t n)
{
    static const char end[] = "\nendobj\n", begin_stream[] = "\nstream\n", end_stream[] = "\nendstream\nendobj\n";
    scoped_buf head = buf_new(64);
    int err = offsets_room(pdf, number + 1);

    if (err < 0)
        return err;
    buf_printf(&head, "%u 0 obj\n", (unsigned)number);
    err = head.err < 0 ? head.err : pdf->line.err;
    if (err < 0)
        return err;
    pdf->offsets[number] = out_len(pdf->job);
    if ((err = out_append(pdf->job, head.bytes, head.len)) < 0 ||
        (err = out_append(pdf->job, pdf->line.bytes, pdf->line.len)) < 0)
        return err;
    if (!stream)
        return out_append(pdf->job, end, sizeof end - 1);
    if ((err = out_append(pdf->job, begin_stream, sizeof begin_stream - 1)) < 0 ||
        (err = out_append(pdf->job, stream, n)) < 0)
        return err;
    return out_append(pdf->job, end_stream, sizeof end_stream - 1);
}

/* A number with three decimals; not %f, whose decimal point depends on the locale. */
static void put_points(struct buf *b, double v)
{
    long thousandths = lround(v * 1000);

    buf_printf(b, "%ld.%03ld", thousandths / 1000, thousandths % 1000);
}

/* Content that is long is deflated; both kinds end up as a stream object. */
static int put_content(struct imagepdf *pdf, uint32_t number, const uint8_t *bytes, size_t n)
{
    scoped_free uint8_t *packed = NULL;
    size_t packed_n = 0;

    buf_reset(&pdf->line);
    if (n <= OPS_PLAIN) {
        buf_printf(&pdf->line, "<< /Length %zu >>", n);
        return put_object(pdf, number, bytes, n);
    }
    int err = zpack(bytes, n, ZIP_LEVEL, &packed, &packed_n);
    if (err < 0)
        return err;
    buf_printf(&pdf->line, "<< /Length %zu /Filter /FlateDecode >>", packed_n);
    return put_object(pdf, number, packed, packed_n);
}

static void put_palette(struct buf *b, const struct imagepdf_image *image)
{
    buf_printf(b, "[/Indexed /DeviceRGB %u <", image->colours - 1);
    for (unsigned i = 0; i < image->colours * 3; i++)
        buf_printf(b, "%02X", image->palette[i]);
    buf_printf(b, ">]");
}

static int put_image(struct imagepdf *pdf, uint32_t number, const struct imagepdf_image *image)
{
    struct buf *b = &pdf->line;

    buf_reset(b);
    buf_printf(b, "<< /Type /XObject /Subtype /Image /Width %u /Height %u /BitsPerComponent %u /ColorSpace ",
               (unsigned)image->width, (unsigned)image->height, image->bits);
    if (image->palette)
        put_palette(b, image);
    else
        buf_printf(b, image->components == 1 ? "/DeviceGray" : "/DeviceRGB");
    const char *filter = image->coding == IMAGEPDF_JPEG ? "/DCTDecode" : "/FlateDecode";
    buf_printf(b, " /Filter %s /Length %zu >>", filter, image->n);
    return put_object(pdf, number, image->stream, image->n);
}

/*
 * Where a picture's unit square goes so that it stands upright: EXIF 2.3, tag
 * 0x0112. Columns: image x axis, image y axis, origin, in units of the page.
 */
static void put_placement(struct buf *ops, double w, double h, unsigned orientation)
{
    static const int8_t turns[9][6] = {
        {1, 0, 0, 1, 0, 0},  {1, 0, 0, 1, 0, 0},   {-1, 0, 0, 1, 1, 0}, {-1, 0, 0, -1, 1, 1}, {1, 0, 0, -1, 0, 1},
        {0, -1, -1, 0, 1, 1}, {0, -1, 1, 0, 0, 1}, {0, 1, 1, 0, 0, 0},  {0, 1, -1, 0, 1, 0},
    };
    const int8_t *t = turns[orientation];
    const double side[6] = {w, h, w, h, w, h};

    buf_printf(ops, "q ");
    for (unsigned i = 0; i < 6; i++) {
        if (t[i] < 0)
            buf_printf(ops, "-");
        put_points(ops, t[i] ? side[i] : 0);
        buf_printf(ops, " ");
    }
    buf_printf(ops, "cm /i Do Q\n");
}

static bool image_is_sane(const struct imagepdf_image *image)
{
    bool bits = image->bits == 1 || image->bits == 2 || image->bits == 4 || image->bits == 8;

    if (image->width == 0 || image->height == 0 || image->n == 0 || !image->stream || image->orientation > 8)
        return false;
    if (image->coding == IMAGEPDF_JPEG)
        return image->bits == 8 && !image->palette && (image->components == 1 || image->components == 3);
    if (image->palette)
        return bits && image->components == 1 && image->colours >= 1 && image->colours <= 1u << image->bits;
    return image->coding == IMAGEPDF_FLATE && bits && (image->components == 1 || image->components == 3);
}

static double side_of(double v)
{
    return !(v >= 1) ? 1 : v > IMAGEPDF_SIDE_MAX ? IMAGEPDF_SIDE_MAX : v;
}

int imagepdf_page(struct imagepdf *pdf, double width, double height, const struct imagepdf_image *image,
                  const struct textlayer *text)
{
    double w = side_of(width), h = side_of(height);
    uint32_t page = pdf->next;
    int err;

    if (!image_is_sane(image))
        return ERR_INVALID;
    buf_reset(&pdf->ops);
    put_placement(&pdf->ops, w, h, image->orientation);
    size_t drawn = pdf->ops.len;
    if (text && (err = textlayer_write(pdf->font, text, h, &pdf->ops)) < 0)
        return err;
    if (pdf->ops.err < 0)
        return pdf->ops.err;
    buf_reset(&pdf->line);
    buf_printf(&pdf->line, "<< /Type /Page /Parent %u 0 R /MediaBox [0 0 ", (unsigned)OBJ_PAGES);
    put_points(&pdf->line, w);
    buf_printf(&pdf->line, " ");
    put_points(&pdf->line, h);
    buf_printf(&pdf->line, "] /Contents %u 0 R /Resources << /XObject << /i %u 0 R >>", (unsigned)page + 1,
               (unsigned)page + 2);
    if (pdf->ops.len > drawn)
        buf_printf(&pdf->line, " /Font << /t %u 0 R >>", (unsigned)OBJ_FONT);
    buf_printf(&pdf->line, " >> >>");
    if ((err = put_object(pdf, page, NULL, 0)) < 0 ||
        (err = put_content(pdf, page + 1, pdf->ops.bytes, pdf->ops.len)) < 0 ||
        (err = put_image(pdf, page + 2, image)) < 0)
        return err;
    pdf->next += OBJS_PER_PAGE;
    pdf->pages++;
    return 0;
}

int imagepdf_packed_page(struct imagepdf *pdf, double width, double height, const struct imagepdf_packed *packed,
                         unsigned orientation, const struct textlayer *text)
{
    struct imagepdf_image image = {
        .coding = IMAGEPDF_FLATE,
        .width = packed->width,
        .height = packed->height,
        .components = 1,
        .bits = packed->bits,
        .palette = packed->palette,
        .colours = packed->colours,
        .stream = packed->stream,
        .n = packed->n,
        .orientation = orientation,
    };

    return imagepdf_page(pdf, width, height, &image, text);
}

/* One object whose dictionary is a plain text. */
static int put_text_object(struct imagepdf *pdf, uint32_t number, const char *text)
{
    buf_reset(&pdf->line);
    buf_put(&pdf->line, text, strlen(text));
    return put_object(pdf, number, NULL, 0);
}

static int put_fontfile(struct imagepdf *pdf)
{
    scoped_buf font = buf_new(4096);

    textlayer_glyphless(&font);
    if (font.err < 0)
        return font.err;
    buf_reset(&pdf->line);
    buf_printf(&pdf->line, "<< /Length %zu /Length1 %zu >>", font.len, font.len);
    return put_object(pdf, OBJ_FONTFILE, font.bytes, font.len);
}

/* The one font of invisible text (ISO 32000-1, 9.7): every code shows the glyph without outline. */
static int put_font(struct imagepdf *pdf)
{
    scoped_buf cmap = buf_new(OPS_MAX);
    int err = textlayer_cmap(pdf->font, &cmap);

    if (err < 0)
        return err;
    if ((err = put_text_object(pdf, OBJ_FONT,
                               "<< /Type /Font /Subtype /Type0 /BaseFont /Invisible /Encoding /Identity-H "
                               "/DescendantFonts [4 0 R] /ToUnicode 7 0 R >>")) < 0 ||
        (err = put_text_object(pdf, OBJ_CIDFONT,
                               "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Invisible /CIDSystemInfo "
                               "<< /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /FontDescriptor 5 0 R "
                               "/DW 1000 >>")) < 0 ||
        (err = put_text_object(pdf, OBJ_DESCRIPTOR,
                               "<< /Type /FontDescriptor /FontName /Invisible /Flags 5 /FontBBox [0 -200 1000 800] "
                               "/ItalicAngle 0 /Ascent 800 /Descent -200 /CapHeight 800 /StemV 80 "
                               "/FontFile2 6 0 R >>")) < 0 ||
        (err = put_fontfile(pdf)) < 0)
        return err;
    return put_content(pdf, OBJ_TOUNICODE, cmap.bytes, cmap.len);
}

static int put_tree(struct imagepdf *pdf)
{
    struct buf *b = &pdf->line;

    buf_reset(b);
    buf_printf(b, "<< /Type /Pages /Count %u /Kids [", (unsigned)pdf->pages);
    for (uint32_t i = 0; i < pdf->pages; i++)
        buf_printf(b, "%s%u 0 R", i ? " " : "", (unsigned)(OBJ_FIRST + i * OBJS_PER_PAGE));
    buf_printf(b, "] >>");
    int err = put_object(pdf, OBJ_PAGES, NULL, 0);
    return err < 0 ? err : put_text_object(pdf, OBJ_CATALOG, "<< /Type /Catalog /Pages 2 0 R >>");
}

/* Cross-reference table (7.5.4) and trailer. Numbers of unused font objects are free entries. */
static int put_end(struct imagepdf *pdf)
{
    uint64_t at = out_len(pdf->job);
    struct buf *b = &pdf->line;

    buf_reset(b);
    buf_printf(b, "xref\n0 %u\n0000000000 65535 f \n", (unsigned)pdf->next);
    for (uint32_t i = 1; i < pdf->next; i++) {
        bool free_entry = i >= pdf->room || pdf->offsets[i] == 0;
        buf_printf(b, "%010llu %05u %c \n", free_entry ? 0ULL : (unsigned long long)pdf->offsets[i],
                   free_entry ? 65535u : 0u, free_entry ? 'f' : 'n');
    }
    buf_printf(b, "trailer\n<< /Size %u /Root 1 0 R >>\nstartxref\n%llu\n%%%%EOF\n", (unsigned)pdf->next,
               (unsigned long long)at);
    return b->err < 0 ? b->err : out_append(pdf->job, b->bytes, b->len);
}

int imagepdf_end(struct imagepdf *pdf)
{
    int err;

    if (pdf->pages == 0)
        return ERR_INVALID;
    if (textlayer_font_is_used(pdf->font) && (err = put_font(pdf)) < 0)
        return err;
    if ((err = put_tree(pdf)) < 0)
        return err;
    return put_end(pdf);
}
