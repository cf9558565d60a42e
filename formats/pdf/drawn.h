/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_PDF_DRAWN_H
#define SEKIMORI_PDF_DRAWN_H

/* Reads back the PDF that cairo wrote to the scratch space: a classic file of numbered objects (ISO 32000-1, 7.5). */
#include "base/buf.h"
#include "formats/format.h"

struct drawn_object {
    uint32_t number;
    bool used;        /* something that is taken over refers to it */
    uint64_t at, end; /* in the scratch space; end is where the next object begins */
    uint64_t stream, stream_n; /* its stream's bytes, 0: none */
};

struct drawn_page {
    uint32_t number, resources, contents; /* object numbers */
};

struct drawn {
    struct fmt_job *job;
    struct drawn_object *objects; /* in the order of the file */
    uint32_t *by_number;          /* 1 + index into objects, 0: free */
    uint32_t *part;               /* by number: 2 * (page + 1) for a page, 1 more for its resources, 0: neither */
    size_t count;
    uint32_t size; /* numbers are below */
    uint32_t catalog, info, tree;
    struct drawn_page *pages; /* in reading order */
    unsigned page_count;
};

/* What is changed in an object that is taken over. Zero: nothing. */
struct drawn_edit {
    uint32_t font;          /* resources: add this object as font /t */
    uint32_t before, after; /* page: content streams around its own */
    const char *annots;     /* page: text of the /Annots array, NULL: none */
};

/*
 * Reads structure and page tree of `bytes` bytes of scratch space, and finds
 * what the pages use: cairo also writes objects nothing refers to. Counts the
 * objects of the job. ERR_FAULT when anything is not as cairo writes it,
 * ERR_NOMEM, ERR_LIMIT.
 */
int drawn_open(struct fmt_job *job, uint64_t bytes, struct drawn *drawn_out) must_check;
void drawn_clear(struct drawn *drawn);

/*
 * Appends the object's value to text, rewritten token by token: a key that
 * appears twice in a dictionary (cairo does that in resources) is written once,
 * the length of a stream as a number. Errors as above.
 */
int drawn_rewrite(const struct drawn *drawn, const struct drawn_object *object, const struct drawn_edit *edit,
                  struct buf *text) must_check;

#endif
