/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pictures on a page of their own. Runs in the image worker on pixels and streams made there. */
#include "flatten.h"

#include "reencode.h"

#define DPI_UNKNOWN 96.0 /* what viewers take */
#define DPI_MIN 36.0
#define DPI_MAX 4800.0
#define POINTS_PER_INCH 72.0
#define SUBSAMPLE_BELOW 95 /* quality; above, nobody wants coarser colours */

/* Sides of the page in points: from the density where it is sensible, and never over what readers accept. */
static void page_sides(const struct imagepdf_image *image, const struct flatten_place *place, double sides_out[2])
{
    bool known = place->dpi_x >= DPI_MIN && place->dpi_x <= DPI_MAX && place->dpi_y >= DPI_MIN && place->dpi_y <= DPI_MAX;
    double w = image->width * POINTS_PER_INCH / (known ? place->dpi_x : DPI_UNKNOWN);
    double h = image->height * POINTS_PER_INCH / (known ? place->dpi_y : DPI_UNKNOWN);
    double longer = w > h ? w : h;

    if (longer > IMAGEPDF_SIDE_MAX) {
        w *= IMAGEPDF_SIDE_MAX / longer;
        h *= IMAGEPDF_SIDE_MAX / longer;
    }
    sides_out[0] = place->orientation >= 5 ? h : w; /* from 5 on the picture lies on its side */
    sides_out[1] = place->orientation >= 5 ? w : h;
}

int flatten_image(struct fmt_job *job, struct imagepdf_image *image, const struct flatten_place *place)
{
    scoped(imagepdf_free) struct imagepdf *pdf = NULL;
    double sides[2];
    int err = job_pages(job, 1);

    image->orientation = place->orientation;
    page_sides(image, place, sides);
    err = err < 0 ? err : imagepdf_begin(job, &pdf);
    err = err < 0 ? err : imagepdf_page(pdf, sides[0], sides[1], image, NULL);
    err = err < 0 ? err : imagepdf_end(pdf);
    if (err < 0)
        return err;
    job_kept(job, "pages", 1);
    return out_finish(job, "pdf");
}

static int flatten_photo(struct fmt_job *job, const struct image_pixels *pixels, const struct imagepdf_look *look,
                         const struct flatten_place *place)
{
    unsigned quality = job_options(job)->jpeg_quality;
    scoped_free uint8_t *stream = NULL;
    struct image_jpeg_limits limits;
    struct image_fail why;
    size_t n = 0;

    image_jpeg_limits_default(&limits);
    limits.pixels = job_options(job)->limits.pixels;
    limits.output_bytes = job_options(job)->limits.output_bytes;
    int err = image_jpeg_encode(pixels, quality, look->textured && quality < SUBSAMPLE_BELOW, 0, &limits, &stream, &n, &why);
    if (err < 0)
        return job_fail(job, why.reason, "%s", why.detail);
    struct imagepdf_image image = {.coding = IMAGEPDF_JPEG,
                                   .width = pixels->width,
                                   .height = pixels->height,
                                   .components = pixels->order == IMAGE_ORDER_GREY ? 1 : 3,
                                   .bits = 8,
                                   .stream = stream,
                                   .n = n};
    return flatten_image(job, &image, place);
}

static int flatten_packed(struct fmt_job *job, const struct imagepdf_packed *packed, const struct flatten_place *place)
{
    struct imagepdf_image image = {.coding = IMAGEPDF_FLATE,
                                   .width = packed->width,
                                   .height = packed->height,
                                   .components = 1,
                                   .bits = packed->bits,
                                   .palette = packed->palette,
                                   .colours = packed->colours,
                                   .stream = packed->stream,
                                   .n = packed->n};

    return flatten_image(job, &image, place);
}

int flatten_rgb(struct fmt_job *job, const uint8_t *rgb, uint32_t width, uint32_t height,
                const struct flatten_place *place)
{
    scoped(imagepdf_packed_clear) struct imagepdf_packed packed = {0};
    struct imagepdf_pixels px = {rgb, (size_t)width * 3, width, height, IMAGEPDF_RGB};
    scoped_free uint8_t *grey = NULL;
    struct imagepdf_look look;
    int err = imagepdf_pack(&px, &look, &packed);

    if (err < 0)
        return err;
    if (!look.photo)
        return flatten_packed(job, &packed, place);
    struct image_pixels pixels = {rgb, (size_t)width * 3, width, height, IMAGE_ORDER_RGB};
    if (look.grey && (grey = malloc((size_t)width * height))) {
        for (size_t i = 0; i < (size_t)width * height; i++)
            grey[i] = rgb[3 * i];
        pixels = (struct image_pixels){grey, width, width, height, IMAGE_ORDER_GREY};
    }
    return flatten_photo(job, &pixels, &look, place);
}
