/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blank pages that should not be blank. Runs in the pdf worker. */
#include "ink.h"

#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "lib_cairo.h"

#define LOOK_DPI 50.0
#define LOOK_SIDE 1500.0 /* pixels */

size_t ink_count(const char *text)
{
    size_t left = strlen(text), count = 0;

    while (left > 0) {
        uint32_t c = 0;
        size_t n = utf8_decode(text, left, &c);
        count += n > 0 && utf8_is_printable(c) && c != ' ' && c != 0xA0 && c != 0x3000;
        text += n ? n : 1;
        left -= n ? n : 1;
    }
    return count;
}

int ink_fail(struct fmt_job *job, unsigned i)
{
    return job_fail(job, REASON_NO_INK, "page %u has text but came out blank", i + 1);
}

static bool rows_are_blank(const uint8_t *rows, size_t stride, uint32_t w, uint32_t h)
{
    uint32_t first = 0, differ = 0, pixel;

    memcpy(&first, rows, sizeof first);
    for (uint32_t y = 0; y < h && !(differ & 0xFFFFFF); y++)
        for (uint32_t x = 0; x < w; x++) {
            memcpy(&pixel, rows + y * stride + x * sizeof pixel, sizeof pixel);
            differ |= pixel ^ first;
        }
    return (differ & 0xFFFFFF) == 0;
}

int ink_check(struct fmt_job *job, struct pdf_page *page, unsigned i, const struct shape *shape)
{
    scoped(bitmap_free) struct bitmap *bitmap = NULL;
    scoped_free char *text = NULL;
    double dpi = fmin(LOOK_DPI, LOOK_SIDE * 72 / fmax(shape->w, shape->h));
    uint32_t w = (uint32_t)(shape->w * dpi / 72) + 1, h = (uint32_t)(shape->h * dpi / 72) + 1;
    const uint8_t *rows;
    size_t stride;
    int err = pdf_page_text(page, &text);

    if (err < 0 || ink_count(text) == 0)
        return err;
    if ((err = bitmap_new(w, h, shape->w / shape->scale, shape->h / shape->scale, &bitmap)) < 0)
        return err;
    pdf_page_draw(page, bitmap_context(bitmap), false);
    if ((err = bitmap_rows(bitmap, &rows, &stride)) < 0)
        return err;
    return rows_are_blank(rows, stride, w, h) ? ink_fail(job, i) : 0;
}
