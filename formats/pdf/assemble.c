/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Puts the redrawn document together. Runs in the pdf worker. cairo's PDF is
 * our own product, but drawn under a sender's direction: it is read with every
 * bound checked, and what is not where cairo 1.16 puts it is a fault.
 */
#include "assemble.h"

#include <stdio.h>
#include <string.h>

#include "drawn.h"
#include "structure.h"

#define COPY_ROOM ((size_t)64 << 10)

void assemble_page_clear(struct assemble_page *page)
{
    pdf_links_clear(&page->links);
    free(page->label);
    free(page->text);
    *page = (struct assemble_page){0};
}

/* One run: where objects came from and where they went. */
struct assembly {
    const struct assemble *in;
    struct drawn drawn;
    struct structure out;
};

static void assembly_clear(struct assembly *a)
{
    drawn_clear(&a->drawn);
    structure_clear(&a->out);
}

/* Copies bytes of the scratch space as they are. */
static int copy_bytes(struct assembly *a, uint64_t from, uint64_t n)
{
    scoped_free uint8_t *chunk = malloc(COPY_ROOM);

    if (!chunk)
        return ERR_NOMEM;
    while (n > 0) {
        size_t part = n < COPY_ROOM ? (size_t)n : COPY_ROOM;
        int err = scratch_read(a->in->job, from, chunk, part);
        if (err < 0 || (err = out_append(a->in->job, chunk, part)) < 0)
            return err;
        from += part;
        n -= part;
    }
    return 0;
}

static int copy_stream(struct assembly *a, const struct drawn_object *object)
{
    int err = out_append(a->in->job, "\nstream\n", 8);

    if (err < 0 || (err = copy_bytes(a, object->stream, object->stream_n)) < 0)
        return err;
    return out_append(a->in->job, "\nendstream\nendobj\n", 18);
}

static int copy_object(struct assembly *a, const struct drawn_object *object)
{
    struct drawn_edit edit = {0};
    struct buf *text = &a->out.line;
    uint32_t part = a->drawn.part[object->number];
    unsigned index = part ? part / 2 - 1 : 0;
    bool resources = part & 1;
    const struct assemble_page *page = part ? &a->in->pages[index] : NULL;

    buf_reset(text);
    if (page && resources && page->text)
        edit.font = a->out.font;
    if (page && !resources) {
        edit.annots = a->out.page_annots[index];
        edit.before = page->text ? a->out.save : 0;
        edit.after = page->text ? a->out.page_text[index] : 0;
    }
    int err = drawn_rewrite(&a->drawn, object, &edit, text);
    if (err < 0 || (err = structure_begin(&a->out, object->number)) < 0 ||
        (err = out_append(a->in->job, text->bytes, text->len)) < 0)
        return err;
    if (object->stream)
        return copy_stream(a, object);
    return out_append(a->in->job, "\nendobj\n", 8);
}

static int copy_objects(struct assembly *a)
{
    for (size_t i = 0; i < a->drawn.count; i++) {
        const struct drawn_object *object = &a->drawn.objects[i];
        int err = object->used ? copy_object(a, object) : 0;
        if (err < 0)
            return err;
    }
    return 0;
}

int assemble_run(const struct assemble *assemble)
{
    scoped(assembly_clear) struct assembly a = {.in = assemble};
    int err = drawn_open(assemble->job, assemble->drawn, &a.drawn);

    if (err < 0)
        return err;
    if (a.drawn.page_count != assemble->page_count)
        return ERR_FAULT;
    if ((err = structure_open(assemble, &a.drawn, &a.out)) < 0 || (err = copy_objects(&a)) < 0)
        return err;
    return structure_finish(&a.out);
}
