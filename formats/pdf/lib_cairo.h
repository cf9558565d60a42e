/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_LIB_CAIRO_H
#define SEKIMORI_LIB_CAIRO_H

/*
 * cairo: what pages are drawn on. A vector canvas becomes a PDF, a bitmap is
 * read back as pixels. While a vector canvas exists this process's copy of some
 * cairo and FreeType functions stands before the libraries' (taps, below), so
 * only one may exist at a time.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/scope.h"

struct _cairo;

/* ---- Vector canvas ------------------------------------------------------------ */

struct canvas;

struct canvas_setup {
    int (*write)(void *ctx, const void *bytes, size_t n); /* takes the PDF as it grows; 0 or ERR_* */
    void *ctx;
    unsigned jpeg_quality; /* for pictures whose own quality is not known */
    uint64_t pixels;       /* ceiling of what one page may be turned into when it cannot stay vectors */
};

/* What was seen going onto a page. */
struct canvas_ink {
    uint64_t glyphs; /* glyphs shown by calls in which at least one had an outline */
    bool image;      /* a picture that is not all one colour */
};

/* Starts a document. ERR_NOMEM; ERR_INVALID when a vector canvas exists. */
int canvas_new(const struct canvas_setup *setup, struct canvas **canvas_out) must_check;
/* Ends without writing the rest, unless finished. */
void canvas_free(struct canvas **canvas);

/* Begins a page of w x h points; *cr_out draws on it and lives until canvas_page_end. */
int canvas_page(struct canvas *canvas, double w, double h, struct _cairo **cr_out) must_check;

/* Scales what is drawn from now on. */
void canvas_scale(struct _cairo *cr, double scale);

/* Ends the page and tells what went onto it. The error of the writer, ERR_NOMEM, or ERR_FAULT when cairo gave up. */
int canvas_page_end(struct canvas *canvas, struct canvas_ink *ink_out) must_check;

/* Writes the rest of the document. Errors as above. */
int canvas_finish(struct canvas *canvas) must_check;

/* ---- Bitmap --------------------------------------------------------------------- */

struct bitmap;

/*
 * While one exists (one at a time), pictures that shrink to no less than half
 * are drawn with the bilinear filter, six times as fast as cairo's own choice
 * and, up to that, as good. A white picture of w x h pixels whose context is scaled so
 * that `points_w` x `points_h` fill it. ERR_NOMEM, ERR_INVALID.
 */
int bitmap_new(uint32_t w, uint32_t h, double points_w, double points_h, struct bitmap **bitmap_out) must_check;
/* Safe on NULL. */
void bitmap_free(struct bitmap **bitmap);

/* What draws on it; lives as long as the bitmap. */
struct _cairo *bitmap_context(struct bitmap *bitmap);

/* Ends drawing. Gives the rows (0x00RRGGBB words, the top byte undefined), alive until bitmap_free. ERR_FAULT. */
int bitmap_rows(struct bitmap *bitmap, const uint8_t **rows_out, size_t *stride_out) must_check;

/* ---- Start-up -------------------------------------------------------------------- */

/* Makes the next page a reading of cached fonts only: fontconfig's files are read now. ERR_FAULT without any font. */
int canvas_warm(void) must_check;

#endif
