/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_IMAGE_FLATTEN_H
#define SEKIMORI_IMAGE_FLATTEN_H

/* Pictures as a PDF of one page (画像PDF化), for the picture handlers. */
#include "formats/format.h"
#include "formats/imagepdf/imagepdf.h"

/* How a picture lies on its page. */
struct flatten_place {
    double dpi_x, dpi_y;  /* 0: not known */
    unsigned orientation; /* EXIF, 1 to 8 */
};

/* Counts the page and writes the document around one coded picture; image->orientation is set from the place. */
int flatten_image(struct fmt_job *job, struct imagepdf_image *image, const struct flatten_place *place) must_check;

/*
 * The same from RGB pixels, 3 bytes each without a gap: few colours are packed
 * as they are, photographs become JPEG in the policy's quality.
 */
int flatten_rgb(struct fmt_job *job, const uint8_t *rgb, uint32_t width, uint32_t height,
                const struct flatten_place *place) must_check;

#endif
