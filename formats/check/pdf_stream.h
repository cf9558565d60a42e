/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_CHECK_PDF_STREAM_H
#define SEKIMORI_CHECK_PDF_STREAM_H

/* The bytes of streams, by what each is for. A check refuses with job_fail, or gives ERR_NOMEM or ERR_LIMIT. */
#include "formats/format.h"
#include "lib_qpdf.h"

struct pdf_stream {
    struct fmt_job *job;
    struct qdoc *doc;
    struct qnode dict;   /* its keys were checked */
    struct fmt_in bytes; /* as they stand in the file */
};

/* A picture: exactly as many samples as it has pixels, or a JPEG of that size as ours are written. */
int pdf_stream_image(const struct pdf_stream *stream) must_check;
/* Page content, form, tiling pattern; in a picture PDF only what its pages may hold. */
int pdf_stream_drawing(const struct pdf_stream *stream) must_check;
/* A glyph of a Type 3 font. */
int pdf_stream_glyph(const struct pdf_stream *stream) must_check;
/* A ToUnicode map. */
int pdf_stream_cmap(const struct pdf_stream *stream) must_check;
/* A patch mesh: whole patches. */
int pdf_stream_mesh(const struct pdf_stream *stream) must_check;
/* The font of invisible text: glyphs without outlines. */
int pdf_stream_glyphless(const struct pdf_stream *stream) must_check;
/* A font made from outlines. */
int pdf_stream_cff(const struct pdf_stream *stream) must_check;

#endif
