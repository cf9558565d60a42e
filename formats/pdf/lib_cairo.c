/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only file that knows cairo. Runs in the pdf worker; poppler draws a
 * hostile page through it.
 *
 * Taps: poppler hands cairo the coded stream of a picture beside its pixels,
 * and cairo's PDF surface writes that stream byte for byte: comments, metadata
 * and anything appended would survive. The cairo functions defined at the foot
 * of this file stand before the library's (they are exported by the program),
 * take such streams away, and put in their place one made from the pixels.
 */
#include "lib_cairo.h"

#include <cairo-pdf.h>
#include <dlfcn.h>
#include <fontconfig/fontconfig.h>
#include <math.h>
#include <string.h>

#include "formats/image/reencode.h"
#include "jpeg_head.h"
#include "lib_freetype.h"

#define FALLBACK_DPI 300.0 /* of what cairo cannot say in PDF: it becomes a picture */
#define QUALITY_LEAST 30u
#define QUALITY_MOST 95u

struct canvas {
    struct canvas_setup setup;
    cairo_surface_t *surface;
    cairo_t *cr; /* of the open page */
    struct canvas_ink ink;
    int err; /* of the writer */
    bool finished;
};

/* The canvas the taps work for; NULL: calls go through unchanged. */
static struct canvas *tapped;

static cairo_status_t on_write(void *ctx, const unsigned char *bytes, unsigned n)
{
    struct canvas *canvas = ctx;

    if (canvas->err == 0 && !canvas->finished)
        canvas->err = canvas->setup.write(canvas->setup.ctx, bytes, n);
    return canvas->err < 0 ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

static int canvas_status(const struct canvas *canvas, cairo_status_t status)
{
    if (canvas->err < 0)
        return canvas->err;
    return status == CAIRO_STATUS_SUCCESS ? 0 : status == CAIRO_STATUS_NO_MEMORY ? ERR_NOMEM : ERR_FAULT;
}

int canvas_new(const struct canvas_setup *setup, struct canvas **canvas_out)
{
    scoped(canvas_free) struct canvas *canvas = NULL;

    if (tapped)
        return ERR_INVALID;
    canvas = calloc(1, sizeof *canvas);
    if (!canvas)
        return ERR_NOMEM;
    canvas->setup = *setup;
    canvas->surface = cairo_pdf_surface_create_for_stream(on_write, canvas, 1, 1);
    int err = canvas_status(canvas, cairo_surface_status(canvas->surface));
    if (err < 0)
        return err;
    cairo_pdf_surface_restrict_to_version(canvas->surface, CAIRO_PDF_VERSION_1_5);
    /* a fixed date: the same input gives the same bytes (the assembler drops it) */
    cairo_pdf_surface_set_metadata(canvas->surface, CAIRO_PDF_METADATA_CREATE_DATE, "2000-01-01T00:00:00Z");
    tapped = canvas;
    freetype_outlines_only(true);
    *canvas_out = steal(canvas);
    return 0;
}

void canvas_free(struct canvas **canvas)
{
    if (!*canvas)
        return;
    if (tapped == *canvas) {
        tapped = NULL;
        freetype_outlines_only(false);
    }
    (*canvas)->finished = true; /* nothing more is written while cairo tears down */
    if ((*canvas)->cr)
        cairo_destroy((*canvas)->cr);
    if ((*canvas)->surface)
        cairo_surface_destroy((*canvas)->surface);
    free(*canvas);
    *canvas = NULL;
}

int canvas_page(struct canvas *canvas, double w, double h, struct _cairo **cr_out)
{
    double inches = w / 72 * (h / 72);
    double dpi = fmin(FALLBACK_DPI, sqrt((double)canvas->setup.pixels / inches));

    canvas->ink = (struct canvas_ink){0};
    cairo_pdf_surface_set_size(canvas->surface, w, h);
    cairo_surface_set_fallback_resolution(canvas->surface, fmax(dpi, 1), fmax(dpi, 1));
    canvas->cr = cairo_create(canvas->surface);
    int err = canvas_status(canvas, cairo_status(canvas->cr));
    if (err < 0)
        return err;
    *cr_out = canvas->cr;
    return 0;
}

void canvas_scale(struct _cairo *cr, double scale)
{
    cairo_scale(cr, scale, scale);
}

int canvas_page_end(struct canvas *canvas, struct canvas_ink *ink_out)
{
    cairo_status_t drawn = cairo_status(canvas->cr);

    cairo_destroy(canvas->cr);
    canvas->cr = NULL;
    int err = canvas_status(canvas, drawn);
    if (err < 0)
        return err;
    cairo_surface_show_page(canvas->surface);
    err = canvas_status(canvas, cairo_surface_status(canvas->surface));
    if (err < 0)
        return err;
    *ink_out = canvas->ink;
    return 0;
}

int canvas_finish(struct canvas *canvas)
{
    cairo_surface_finish(canvas->surface);
    int err = canvas_status(canvas, cairo_surface_status(canvas->surface));
    canvas->finished = true;
    return err;
}

/* ---- Bitmap --------------------------------------------------------------------- */

struct bitmap {
    cairo_surface_t *surface;
    cairo_t *cr;
};

/* The bitmap being drawn on, for the filter tap. */
static struct bitmap *drawn_on;

int bitmap_new(uint32_t w, uint32_t h, double points_w, double points_h, struct bitmap **bitmap_out)
{
    scoped(bitmap_free) struct bitmap *bitmap = NULL;

    if (w == 0 || h == 0 || w > 32767 || h > 32767) /* cairo's own ceiling */
        return ERR_INVALID;
    bitmap = calloc(1, sizeof *bitmap);
    if (!bitmap)
        return ERR_NOMEM;
    bitmap->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)w, (int)h);
    if (cairo_surface_status(bitmap->surface) != CAIRO_STATUS_SUCCESS)
        return ERR_NOMEM;
    bitmap->cr = cairo_create(bitmap->surface);
    cairo_set_source_rgb(bitmap->cr, 1, 1, 1);
    cairo_paint(bitmap->cr);
    cairo_scale(bitmap->cr, w / points_w, h / points_h);
    if (cairo_status(bitmap->cr) != CAIRO_STATUS_SUCCESS)
        return ERR_FAULT;
    drawn_on = bitmap;
    *bitmap_out = steal(bitmap);
    return 0;
}

void bitmap_free(struct bitmap **bitmap)
{
    if (!*bitmap)
        return;
    if (drawn_on == *bitmap)
        drawn_on = NULL;
    if ((*bitmap)->cr)
        cairo_destroy((*bitmap)->cr);
    if ((*bitmap)->surface)
        cairo_surface_destroy((*bitmap)->surface);
    free(*bitmap);
    *bitmap = NULL;
}

struct _cairo *bitmap_context(struct bitmap *bitmap)
{
    return bitmap->cr;
}

int bitmap_rows(struct bitmap *bitmap, const uint8_t **rows_out, size_t *stride_out)
{
    cairo_surface_flush(bitmap->surface);
    if (cairo_status(bitmap->cr) != CAIRO_STATUS_SUCCESS ||
        cairo_surface_status(bitmap->surface) != CAIRO_STATUS_SUCCESS)
        return ERR_FAULT;
    *rows_out = cairo_image_surface_get_data(bitmap->surface);
    *stride_out = (size_t)cairo_image_surface_get_stride(bitmap->surface);
    return 0;
}

/* ---- Pictures on the vector canvas ------------------------------------------------ */

/* One row as 0x00RRGGBB words; the pixels of image surfaces are aligned. */
static const uint32_t *surface_row(cairo_surface_t *image, int y)
{
    const void *row = cairo_image_surface_get_data(image) + (ptrdiff_t)y * cairo_image_surface_get_stride(image);

    return row;
}

static bool surface_is_flat(cairo_surface_t *image)
{
    int w = cairo_image_surface_get_width(image), h = cairo_image_surface_get_height(image);
    uint32_t first = surface_row(image, 0)[0], differ = 0;

    for (int y = 0; y < h && !(differ & 0xFFFFFF); y++) {
        const uint32_t *row = surface_row(image, y);
        for (int x = 0; x < w; x++)
            differ |= row[x] ^ first;
    }
    return (differ & 0xFFFFFF) == 0;
}

static bool surface_is_grey(cairo_surface_t *image)
{
    int w = cairo_image_surface_get_width(image), h = cairo_image_surface_get_height(image);
    uint32_t coloured = 0;

    for (int y = 0; y < h && !(coloured & 0xFFFF); y++) {
        const uint32_t *row = surface_row(image, y);
        for (int x = 0; x < w; x++)
            coloured |= row[x] ^ row[x] >> 8;
    }
    return (coloured & 0xFFFF) == 0;
}

static uint8_t *surface_grey(cairo_surface_t *image)
{
    int w = cairo_image_surface_get_width(image), h = cairo_image_surface_get_height(image);
    uint8_t *grey = malloc((size_t)w * (size_t)h), *to = grey;

    for (int y = 0; grey && y < h; y++) {
        const uint32_t *row = surface_row(image, y);
        for (int x = 0; x < w; x++)
            *to++ = (uint8_t)row[x];
    }
    return grey;
}

/* Codes the pixels of an image surface. Any failure means: no coded stream, cairo then deflates the pixels. */
static int surface_jpeg(const struct canvas *canvas, cairo_surface_t *image, const struct jpeg_head *head,
                        uint8_t **out, size_t *n_out)
{
    scoped_free uint8_t *grey = surface_is_grey(image) ? surface_grey(image) : NULL;
    struct image_pixels pixels = {
        .rows = grey ? grey : cairo_image_surface_get_data(image),
        .width = (uint32_t)cairo_image_surface_get_width(image),
        .height = (uint32_t)cairo_image_surface_get_height(image),
        .order = grey ? IMAGE_ORDER_GREY : IMAGE_ORDER_BGRX,
    };
    unsigned quality = head->quality ? head->quality : canvas->setup.jpeg_quality;
    struct image_jpeg_limits limits;
    struct image_fail fail = {0};

    pixels.stride = grey ? pixels.width : (size_t)cairo_image_surface_get_stride(image);
    quality = quality < QUALITY_LEAST ? QUALITY_LEAST : quality > QUALITY_MOST ? QUALITY_MOST : quality;
    image_jpeg_limits_default(&limits);
    return image_jpeg_encode(&pixels, quality, head->subsampled, 0, &limits, out, n_out, &fail);
}

/* ---- Taps ---------------------------------------------------------------------------- */

/* The library's own function behind ours. POSIX says that an object pointer holds a function. */
static void *behind(const char *name)
{
    void *function = dlsym(RTLD_NEXT, name);

    if (!function)
        abort(); /* a build that cannot have this library behind it: fail closed */
    return function;
}

static cairo_status_t library_set_mime_data(cairo_surface_t *surface, const char *mime, const unsigned char *bytes,
                                            unsigned long n, cairo_destroy_func_t destroy, void *closure)
{
    static cairo_status_t (*library)(cairo_surface_t *, const char *, const unsigned char *, unsigned long,
                                     cairo_destroy_func_t, void *);

    if (!library)
        *(void **)&library = behind("cairo_surface_set_mime_data");
    return library(surface, mime, bytes, n, destroy, closure);
}

/* Images poppler decoded to pixels; pixels under an alpha channel are premultiplied, which is not what a JPEG holds. */
static bool is_picture(cairo_surface_t *image, bool opaque)
{
    if (cairo_surface_get_type(image) != CAIRO_SURFACE_TYPE_IMAGE ||
        cairo_surface_status(image) != CAIRO_STATUS_SUCCESS ||
        cairo_image_surface_get_width(image) < 1 || cairo_image_surface_get_height(image) < 1)
        return false;
    cairo_format_t format = cairo_image_surface_get_format(image);
    return format == CAIRO_FORMAT_RGB24 || (!opaque && format == CAIRO_FORMAT_ARGB32);
}

/* Codes a picture anew when it came as a JPEG or JPEG 2000 stream; others are deflated by cairo. */
static void tap_picture(const struct canvas *canvas, cairo_surface_t *image, const char *mime,
                        const unsigned char *bytes, size_t n)
{
    bool jpeg = strcmp(mime, CAIRO_MIME_TYPE_JPEG) == 0;
    struct jpeg_head head = {0};
    uint8_t *coded = NULL;
    size_t coded_n = 0;

    if (!is_picture(image, true) || (!jpeg && strcmp(mime, CAIRO_MIME_TYPE_JP2) != 0))
        return;
    if (jpeg)
        jpeg_head_read(bytes, n, &head);
    if (surface_jpeg(canvas, image, &head, &coded, &coded_n) < 0)
        return;
    if (library_set_mime_data(image, CAIRO_MIME_TYPE_JPEG, coded, coded_n, free, coded) != CAIRO_STATUS_SUCCESS)
        free(coded);
}

__attribute__((visibility("default"))) cairo_status_t
cairo_surface_set_mime_data(cairo_surface_t *surface, const char *mime, const unsigned char *bytes, unsigned long n,
                            cairo_destroy_func_t destroy, void *closure)
{
    struct canvas *canvas = tapped;

    if (canvas && !canvas->ink.image && is_picture(surface, false))
        canvas->ink.image = !surface_is_flat(surface);
    /* The id is poppler's own text with an object number; with it a picture shown on many pages is written once. */
    if (!canvas || strcmp(mime, CAIRO_MIME_TYPE_UNIQUE_ID) == 0)
        return library_set_mime_data(surface, mime, bytes, n, destroy, closure);
    tap_picture(canvas, surface, mime, bytes, n);
    if (destroy)
        destroy(closure);
    return CAIRO_STATUS_SUCCESS;
}

/* Notes glyphs with an outline: a font that could not be loaded shows none. Asked only until the page has ink. */
static void tap_glyphs(cairo_t *cr, const cairo_glyph_t *glyphs, int n)
{
    cairo_text_extents_t box;

    if (!tapped || n <= 0)
        return;
    if (tapped->ink.glyphs == 0) {
        cairo_glyph_extents(cr, glyphs, n, &box);
        if (!(box.width > 0 && box.height > 0))
            return;
    }
    tapped->ink.glyphs += (unsigned)n;
}

__attribute__((visibility("default"))) void cairo_show_glyphs(cairo_t *cr, const cairo_glyph_t *glyphs, int n)
{
    static void (*library)(cairo_t *, const cairo_glyph_t *, int);

    if (!library)
        *(void **)&library = behind("cairo_show_glyphs");
    tap_glyphs(cr, glyphs, n);
    library(cr, glyphs, n);
}

__attribute__((visibility("default"))) void
cairo_show_text_glyphs(cairo_t *cr, const char *utf8, int utf8_n, const cairo_glyph_t *glyphs, int n,
                       const cairo_text_cluster_t *clusters, int clusters_n, cairo_text_cluster_flags_t flags)
{
    static void (*library)(cairo_t *, const char *, int, const cairo_glyph_t *, int, const cairo_text_cluster_t *, int,
                           cairo_text_cluster_flags_t);

    if (!library)
        *(void **)&library = behind("cairo_show_text_glyphs");
    tap_glyphs(cr, glyphs, n);
    library(cr, utf8, utf8_n, glyphs, n, clusters, clusters_n, flags);
}

/* True when a picture shrinks to no less than half, and is not much enlarged, under the bitmap's matrix. */
static bool is_near_size(cairo_t *cr, cairo_surface_t *image)
{
    cairo_matrix_t m;

    cairo_get_matrix(cr, &m);
    double x = cairo_image_surface_get_width(image) / hypot(m.xx, m.yx);
    double y = cairo_image_surface_get_height(image) / hypot(m.xy, m.yy);
    return x < 2 && y < 2 && x > 0.25 && y > 0.25;
}

__attribute__((visibility("default"))) void cairo_pattern_set_filter(cairo_pattern_t *pattern, cairo_filter_t filter)
{
    static void (*library)(cairo_pattern_t *, cairo_filter_t);
    cairo_surface_t *image = NULL;

    if (!library)
        *(void **)&library = behind("cairo_pattern_set_filter");
    if (drawn_on && filter == CAIRO_FILTER_GOOD && cairo_pattern_get_surface(pattern, &image) == CAIRO_STATUS_SUCCESS &&
        cairo_surface_get_type(image) == CAIRO_SURFACE_TYPE_IMAGE && is_near_size(drawn_on->cr, image))
        filter = CAIRO_FILTER_BILINEAR;
    library(pattern, filter);
}

/* ---- Start-up ------------------------------------------------------------------------ */

int canvas_warm(void)
{
    if (!FcInit())
        return ERR_FAULT;
    FcFontSet *fonts = FcConfigGetFonts(NULL, FcSetSystem);
    return fonts && fonts->nfont > 0 ? 0 : ERR_FAULT;
}
