/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages to pictures. Runs in the pdf worker and its helpers on hostile bytes; a helper's blob is hostile too. */
#include "flat_page.h"

#include <stdio.h>
#include <string.h>

#include "formats/image/reencode.h"
#include "ink.h"
#include "lib_cairo.h"
#include "shape.h"

void flat_page_clear(struct flat_page *page)
{
    free(page->stream);
    free(page->chars);
    *page = (struct flat_page){0};
}

/* Grey rows of a bitmap without colour: a third of the work for the JPEG encoder. */
static uint8_t *grey_rows(const struct imagepdf_pixels *px)
{
    uint8_t *grey = malloc((size_t)px->width * px->height), *to = grey;

    for (uint32_t y = 0; grey && y < px->height; y++) {
        const uint8_t *row = px->rows + y * px->stride;
        for (uint32_t x = 0; x < px->width; x++) {
            uint32_t pixel;
            memcpy(&pixel, row + (size_t)x * sizeof pixel, sizeof pixel);
            *to++ = (uint8_t)pixel;
        }
    }
    return grey;
}

static int code_jpeg(struct fmt_job *job, const struct imagepdf_pixels *px, const struct imagepdf_look *look,
                     struct flat_page *page)
{
    scoped_free uint8_t *grey = look->grey ? grey_rows(px) : NULL;
    struct image_pixels pixels = {
        .rows = grey ? grey : px->rows,
        .stride = grey ? px->width : px->stride,
        .width = px->width,
        .height = px->height,
        .order = grey ? IMAGE_ORDER_GREY : IMAGE_ORDER_BGRX,
    };
    struct image_jpeg_limits limits;
    struct image_fail fail = {0};
    size_t n = 0;

    image_jpeg_limits_default(&limits);
    int err = image_jpeg_encode(&pixels, job_options(job)->jpeg_quality, look->textured, 0, &limits, &page->stream, &n,
                                &fail);
    if (err < 0)
        return err;
    page->image = (struct imagepdf_image){
        .coding = IMAGEPDF_JPEG,
        .width = px->width,
        .height = px->height,
        .components = grey ? 1 : 3,
        .bits = 8,
        .n = n,
    };
    return 0;
}

static void take_packed(struct imagepdf_packed *packed, struct flat_page *page)
{
    page->image = (struct imagepdf_image){
        .coding = IMAGEPDF_FLATE,
        .width = packed->width,
        .height = packed->height,
        .components = 1,
        .bits = packed->bits,
        .colours = packed->colours,
        .n = packed->n,
    };
    memcpy(page->palette, packed->palette, sizeof page->palette);
    page->stream = steal(packed->stream);
}

static int code_bitmap(struct fmt_job *job, struct bitmap *bitmap, const struct shape *shape, struct flat_page *page,
                       bool *blank_out)
{
    struct imagepdf_pixels px = {.width = shape->px_w, .height = shape->px_h, .order = IMAGEPDF_BGRX};
    scoped(imagepdf_packed_clear) struct imagepdf_packed packed = {0};
    struct imagepdf_look look;
    int err = bitmap_rows(bitmap, &px.rows, &px.stride);

    if (err < 0 || (err = imagepdf_pack(&px, &look, &packed)) < 0)
        return err;
    *blank_out = look.blank;
    if (look.photo)
        return code_jpeg(job, &px, &look, page);
    take_packed(&packed, page);
    return 0;
}

static int take_text(struct pdf_page *page, const struct shape *shape, struct flat_page *out)
{
    int err = pdf_page_chars(page, &out->chars, &out->n);

    if (err < 0)
        return err;
    if (out->n > FLAT_CHARS_MAX)
        out->n = FLAT_CHARS_MAX;
    for (size_t i = 0; i < out->n; i++) {
        out->chars[i].x1 *= (float)shape->scale;
        out->chars[i].y1 *= (float)shape->scale;
        out->chars[i].x2 *= (float)shape->scale;
        out->chars[i].y2 *= (float)shape->scale;
    }
    return 0;
}

int flat_page_make(struct fmt_job *job, struct pdf_doc *doc, unsigned i, struct flat_page *page_out)
{
    scoped(pdf_page_close) struct pdf_page *page = NULL;
    scoped(bitmap_free) struct bitmap *bitmap = NULL;
    scoped(flat_page_clear) struct flat_page made = {.reason = REASON_OK};
    scoped_free char *text = NULL;
    struct shape shape;
    bool blank = false;
    int err = pdf_page_open(doc, i, &page);

    if (err < 0)
        return err == ERR_MALFORMED ? job_fail(job, REASON_MALFORMED, "page %u cannot be read", i + 1) : err;
    if ((err = shape_of(job, page, job_options(job)->dpi, &shape)) < 0 ||
        (err = bitmap_new(shape.px_w, shape.px_h, shape.w / shape.scale, shape.h / shape.scale, &bitmap)) < 0)
        return err;
    pdf_page_draw(page, bitmap_context(bitmap), false);
    err = code_bitmap(job, bitmap, &shape, &made, &blank);
    if (err == ERR_FAULT)
        return job_fail(job, REASON_MALFORMED, "page %u cannot be drawn", i + 1);
    if (err < 0 || (err = take_text(page, &shape, &made)) < 0)
        return err;
    if (blank && ((err = pdf_page_text(page, &text)) < 0 || ink_count(text) > 0))
        return err < 0 ? err : ink_fail(job, i);
    made.w = shape.w;
    made.h = shape.h;
    *page_out = made;
    made = (struct flat_page){0};
    return 0;
}

/* ---- Between processes ------------------------------------------------------------- */

static void put_double(struct buf *out, double v)
{
    buf_put(out, &v, sizeof v);
}

static double get_double(struct view *v)
{
    const uint8_t *p = view_raw(v, sizeof(double));
    double value = 0;

    if (p)
        memcpy(&value, p, sizeof value);
    return value;
}

int flat_page_write(const struct flat_page *page, struct buf *out)
{
    const struct imagepdf_image *image = &page->image;

    buf_u32(out, (uint32_t)page->reason);
    buf_str(out, page->detail);
    if (page->reason != REASON_OK)
        return out->err;
    put_double(out, page->w);
    put_double(out, page->h);
    buf_u32(out, (uint32_t)image->coding);
    buf_u32(out, image->width);
    buf_u32(out, image->height);
    buf_u32(out, image->components);
    buf_u32(out, image->bits);
    buf_u32(out, image->colours);
    buf_blob(out, page->palette, (size_t)image->colours * 3);
    buf_blob(out, page->stream, image->n);
    buf_blob(out, page->chars, page->n * sizeof *page->chars);
    return out->err;
}

static int read_bytes(struct view *v, struct flat_page *page)
{
    size_t colours = 0, n = 0, chars = 0;
    const uint8_t *palette = view_blob(v, &colours), *stream = view_blob(v, &n), *text = view_blob(v, &chars);

    if (view_end(v) < 0 || colours != (size_t)page->image.colours * 3 || colours > sizeof page->palette || n == 0 ||
        chars % sizeof *page->chars || chars / sizeof *page->chars > FLAT_CHARS_MAX)
        return ERR_FAULT;
    page->stream = malloc(n);
    page->chars = malloc(chars + 1);
    if (!page->stream || !page->chars)
        return ERR_NOMEM;
    if (colours)
        memcpy(page->palette, palette, colours);
    memcpy(page->stream, stream, n);
    if (chars)
        memcpy(page->chars, text, chars);
    page->image.n = n;
    page->n = chars / sizeof *page->chars;
    return 0;
}

int flat_page_read(const uint8_t *bytes, size_t n, struct flat_page *page_out)
{
    scoped(flat_page_clear) struct flat_page page = {0};
    struct view v = view_of(bytes, n);
    int err = 0;

    page.reason = (enum reason)view_u32(&v);
    view_str(&v, page.detail, sizeof page.detail);
    if (v.err < 0 || page.reason == REASON_NONE || (unsigned)page.reason >= REASON_COUNT)
        return ERR_FAULT;
    if (page.reason == REASON_OK) {
        page.w = get_double(&v);
        page.h = get_double(&v);
        page.image.coding = (enum imagepdf_coding)view_u32(&v);
        page.image.width = view_u32(&v);
        page.image.height = view_u32(&v);
        page.image.components = view_u32(&v);
        page.image.bits = view_u32(&v);
        page.image.colours = view_u32(&v);
        err = read_bytes(&v, &page);
    } else {
        err = view_end(&v) < 0 ? ERR_FAULT : 0;
    }
    if (err < 0)
        return err;
    *page_out = page;
    page = (struct flat_page){0};
    return 0;
}
