/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_PDF_STRUCTURE_H
#define SEKIMORI_PDF_STRUCTURE_H

/* The objects of a redrawn document that are not drawing: catalog, links, bookmarks, labels, text layers, the table. */
#include "assemble.h"
#include "drawn.h"

struct structure {
    const struct assemble *in;
    const struct drawn *drawn;
    struct buf line;       /* the value being written; for copied objects too */
    uint64_t *offsets;     /* by number, 0: free */
    uint32_t size, room;   /* numbers given out */
    uint32_t font, save;   /* objects of text layers: the font, and the stream that saves the graphics state; 0: none */
    uint32_t *page_text;   /* by page: its text layer's object, 0: none */
    char **page_annots;    /* by page: the /Annots array, NULL: none */
};

/*
 * Writes the header and everything that pages refer to, with numbers from
 * drawn->size up, so that page_text and page_annots can be used. ERR_NOMEM or
 * what the job's calls give; structure_clear is due in any case.
 */
int structure_open(const struct assemble *in, const struct drawn *drawn, struct structure *out) must_check;

/* Writes "N 0 obj" and notes the offset. */
int structure_begin(struct structure *out, uint32_t number) must_check;

/* Writes bookmarks, labels, the catalog, the table and the end. */
int structure_finish(struct structure *out) must_check;

/* Frees everything; safe after any failure. */
void structure_clear(struct structure *out);

#endif
