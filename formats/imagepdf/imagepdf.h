/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_IMAGEPDF_H
#define SEKIMORI_IMAGEPDF_H

/*
 * Writes a PDF (ISO 32000-1) whose pages hold one picture each and, where text
 * is known, an invisible text layer: what `flatten` gives for every type with
 * pages or pictures. Shared by the pdf and image engines; knows no renderer
 * and no codec but deflate.
 */
#include "formats/format.h"
#include "pack.h"
#include "textlayer.h"

enum imagepdf_coding {
    IMAGEPDF_CODING_NONE = 0,
    IMAGEPDF_JPEG,  /* a baseline JPEG made by us (DCTDecode), grey or YCbCr */
    IMAGEPDF_FLATE, /* zlib over rows that begin at a byte (FlateDecode) */
};

/* One picture. Borrowed during the call. */
struct imagepdf_image {
    enum imagepdf_coding coding;
    uint32_t width, height;
    unsigned components; /* 1 or 3; 1 with a palette */
    unsigned bits;       /* per component: 1, 2, 4 or 8; JPEG: 8 */
    const uint8_t *palette; /* RGB triples, or NULL */
    unsigned colours;       /* of the palette: 1 to 256 */
    const uint8_t *stream;
    size_t n;
    unsigned orientation; /* as in EXIF: 1 to 8; 0 is read as 1 */
};

#define IMAGEPDF_SIDE_MAX 14400.0 /* points: the largest page readers accept (ISO 32000-1, Annex C.2) */

/* A document being written to the output of a job. */
struct imagepdf;

/* Starts one; writes the header. ERR_NOMEM, or what out_append gives. The caller frees with imagepdf_free. */
int imagepdf_begin(struct fmt_job *job, struct imagepdf **pdf_out) must_check;

/*
 * Writes one page of width x height points (cut to 1 .. IMAGEPDF_SIDE_MAX)
 * that the picture fills. `text` may be NULL; its boxes are in points from the
 * top left corner of the page. The caller counts pages and pixels. ERR_INVALID
 * when the picture contradicts itself, ERR_LIMIT over 65,535 distinct characters
 * in one document, ERR_NOMEM, or what out_append gives.
 */
int imagepdf_page(struct imagepdf *pdf, double width, double height, const struct imagepdf_image *image,
                  const struct textlayer *text) must_check;

/* The same from rows packed by imagepdf_pack. */
int imagepdf_packed_page(struct imagepdf *pdf, double width, double height, const struct imagepdf_packed *packed,
                         unsigned orientation, const struct textlayer *text) must_check;

/* Writes the page tree, fonts and the end. The caller then says out_finish(job, "pdf"). ERR_INVALID without a page. */
int imagepdf_end(struct imagepdf *pdf) must_check;

/* Frees the document, finished or not; what was appended to the output stays. */
void imagepdf_free(struct imagepdf **pdf);

#endif
