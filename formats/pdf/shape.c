/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sizes of pages, from boxes the sender chose. Runs in the pdf worker. */
#include "shape.h"

#include <math.h>

#include "formats/imagepdf/imagepdf.h"

static uint32_t pixels_of(double points, double dpi)
{
    double v = ceil(points * dpi / 72 - 0.01);

    return v < 1 ? 1 : (uint32_t)v;
}

int shape_of(struct fmt_job *job, const struct pdf_page *page, double dpi, struct shape *shape_out)
{
    struct shape shape = {.scale = 1};
    int err = pdf_page_size(page, &shape.w, &shape.h);

    if (err < 0)
        return job_fail(job, REASON_MALFORMED, "page without a size");
    double longest = fmax(shape.w, shape.h);
    if (longest > IMAGEPDF_SIDE_MAX)
        shape.scale = IMAGEPDF_SIDE_MAX / longest;
    shape.w = fmax(shape.w * shape.scale, 1);
    shape.h = fmax(shape.h * shape.scale, 1);
    double area = shape.w / 72 * (shape.h / 72);
    dpi = fmin(dpi, sqrt(SHAPE_PIXELS_MAX / area));
    dpi = fmin(dpi, 32000 * 72 / fmax(shape.w, shape.h)); /* cairo's bitmaps end at 32,767 */
    shape.px_w = pixels_of(shape.w, dpi);
    shape.px_h = pixels_of(shape.h, dpi);
    err = job_pixels(job, shape.px_w, shape.px_h);
    if (err < 0)
        return err;
    *shape_out = shape;
    return 0;
}
