/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The PDF handler: sanitize by drawing again as vectors, flatten to pictures,
 * text. Runs in the pdf worker on hostile bytes; the renderer is trusted with
 * nothing but drawing.
 */
#include "pdf.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "flatten.h"
#include "formats/format.h"
#include "lib_cairo.h"
#include "lib_poppler.h"
#include "redraw.h"
#include "extract.h"

/*
 * A page of 200 x 100 points: Latin in Helvetica on the lower half, Japanese
 * in a font and a character map that are not embedded on the upper one. poppler
 * rebuilds the missing cross-reference table.
 */
static const char trial[] =
    "%PDF-1.4\n"
    "1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj\n"
    "2 0 obj << /Type /Pages /Kids [3 0 R] /Count 1 >> endobj\n"
    "3 0 obj << /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] /Contents 4 0 R\n"
    "/Resources << /Font << /L 5 0 R /J 6 0 R >> >> >> endobj\n"
    "4 0 obj << /Length 74 >> stream\n"
    "BT /L 30 Tf 10 10 Td (Latin) Tj ET BT /J 30 Tf 10 60 Td <8AD6967B> Tj ET  \n"
    "endstream endobj\n"
    "5 0 obj << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> endobj\n"
    "6 0 obj << /Type /Font /Subtype /Type0 /BaseFont /Ryumin-Light /Encoding /90ms-RKSJ-H\n"
    "/DescendantFonts [7 0 R] >> endobj\n"
    "7 0 obj << /Type /Font /Subtype /CIDFontType0 /BaseFont /Ryumin-Light /FontDescriptor 8 0 R\n"
    "/CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 2 >> >> endobj\n"
    "8 0 obj << /Type /FontDescriptor /FontName /Ryumin-Light /Flags 6 /FontBBox [0 -200 1000 900]\n"
    "/ItalicAngle 0 /Ascent 800 /Descent -200 /CapHeight 700 /StemV 80 >> endobj\n"
    "trailer << /Root 1 0 R /Size 9 >>\n"
    "%%EOF\n";

enum { TRIAL_W = 200, TRIAL_H = 100 };

static bool half_has_ink(const uint8_t *rows, size_t stride, uint32_t from)
{
    uint32_t pixel, dark = 0;

    for (uint32_t y = from; y < from + TRIAL_H / 2; y++)
        for (uint32_t x = 0; x < TRIAL_W; x++) {
            memcpy(&pixel, rows + y * stride + x * sizeof pixel, sizeof pixel);
            dark += (pixel & 0xFF) < 0x80;
        }
    return dark > 20;
}

/* The document stays open for good: with it poppler's tables do. */
static int draw_trial(void)
{
    static const struct fmt_in in = {(const uint8_t *)trial, sizeof trial - 1};
    static struct pdf_doc *kept;
    scoped(pdf_page_close) struct pdf_page *page = NULL;
    scoped(bitmap_free) struct bitmap *bitmap = NULL;
    const uint8_t *rows;
    size_t stride;
    int err = kept ? 0 : pdf_doc_open(&in, &kept);

    if (err < 0 || (err = pdf_page_open(kept, 0, &page)) < 0 ||
        (err = bitmap_new(TRIAL_W, TRIAL_H, TRIAL_W, TRIAL_H, &bitmap)) < 0)
        return err == ERR_NOMEM ? err : ERR_FAULT;
    pdf_page_draw(page, bitmap_context(bitmap), false);
    if ((err = bitmap_rows(bitmap, &rows, &stride)) < 0)
        return err;
    return half_has_ink(rows, stride, 0) && half_has_ink(rows, stride, TRIAL_H / 2) ? 0 : ERR_FAULT;
}

int pdf_warm(void)
{
    int err = canvas_warm();

    if (err < 0)
        return err;
    /* Pictures are taken and given back page by page: from the heap, not by a mapping each, whose pages fault anew. */
    (void)mallopt(M_MMAP_THRESHOLD, 1 << 30);
    (void)mallopt(M_TRIM_THRESHOLD, 256 << 20);
    return draw_trial();
}

const struct format_handler fmt_pdf = {
    .name = "pdf",
    .sanitize = redraw_run,
    .flatten = flatten_run,
    .text = extract_run,
    .helper = flatten_helper,
};
