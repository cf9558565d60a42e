/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Image PDFs of PDFs. Runs in the pdf worker and its helper processes. */
#include "flatten.h"

#include <stdio.h>

#include "flat_page.h"
#include "losses.h"

/* Opens the document, or gives up with the reason recorded; the main process has looked at it already. */
static int helper_open(struct fmt_job *job, struct pdf_doc **doc_out)
{
    int err = pdf_doc_open(job_in(job), doc_out);

    return err == 0 || err == ERR_NOMEM ? err : ERR_MALFORMED;
}

/* Which reason a failure in a helper is told as; the job of a helper keeps its own to itself. */
static enum reason reason_of(int err)
{
    static const struct {
        int err;
        enum reason reason;
    } rows[] = {
        {ERR_NOMEM, REASON_LIMIT_MEMORY}, {ERR_MALFORMED, REASON_MALFORMED}, {ERR_LIMIT, REASON_LIMIT_PIXELS},
        {ERR_REFUSED, REASON_NO_INK},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].err == err)
            return rows[i].reason;
    return REASON_INTERNAL;
}

static int send_page(struct fmt_job *job, const struct flat_page *page)
{
    scoped_buf blob = buf_new(FLAT_BLOB_MAX);
    int err = flat_page_write(page, &blob);

    return err < 0 ? err : helper_send(job, blob.bytes, blob.len);
}

/* Tells the main process why there is no page, and ends. */
static int send_failure(struct fmt_job *job, unsigned i, int err)
{
    struct flat_page none = {.reason = reason_of(err)};

    (void)snprintf(none.detail, sizeof none.detail, "page %u: %s", i + 1, err_text(err));
    int sent = send_page(job, &none);
    return sent < 0 ? sent : err;
}

int flatten_helper(struct fmt_job *job, unsigned index)
{
    scoped(pdf_doc_close) struct pdf_doc *doc = NULL;
    unsigned step = job_helpers(job) + 1;
    int err = helper_open(job, &doc);

    if (err < 0)
        return send_failure(job, index, err);
    for (unsigned i = index; i < pdf_doc_pages(doc); i += step) {
        scoped(flat_page_clear) struct flat_page page = {0};
        if ((err = flat_page_make(job, doc, i, &page)) < 0)
            return send_failure(job, i, err);
        if ((err = send_page(job, &page)) < 0)
            return err;
    }
    return 0;
}

/* The page of a helper, in the order it was sent. */
static int receive_page(struct fmt_job *job, unsigned helper, struct flat_page *page_out)
{
    scoped_free uint8_t *blob = NULL;
    size_t n = 0;
    int err = helper_receive(job, helper, &blob, &n);

    if (err < 0)
        return job_fail(job, REASON_CRASH, "a helper process ended early");
    err = flat_page_read(blob, n, page_out);
    if (err == ERR_FAULT)
        return job_fail(job, REASON_CRASH, "a helper process sent no page");
    if (err == 0 && page_out->reason != REASON_OK)
        return job_fail(job, page_out->reason, "%s", page_out->detail);
    return err;
}

static int write_page(struct imagepdf *pdf, struct flat_page *page)
{
    struct textlayer text = {page->chars, page->n};
    struct imagepdf_image image = page->image;

    image.stream = page->stream;
    image.palette = image.colours ? page->palette : NULL;
    return imagepdf_page(pdf, page->w, page->h, &image, page->n ? &text : NULL);
}

/* Counts what is on the page for the report; drawing needs none of it. */
static int count_annots(struct fmt_job *job, struct pdf_doc *doc, unsigned i, struct losses *losses)
{
    scoped(pdf_page_close) struct pdf_page *page = NULL;
    struct pdf_annots annots;
    int err = pdf_page_open(doc, i, &page);

    if (err < 0)
        return err == ERR_MALFORMED ? job_fail(job, REASON_MALFORMED, "page %u cannot be read", i + 1) : err;
    if ((err = pdf_page_prepare(page, job, &annots)) < 0)
        return err;
    losses_annots(losses, &annots);
    return 0;
}

static int flatten_pages(struct fmt_job *job, struct pdf_doc *doc, struct imagepdf *pdf, struct losses *losses)
{
    unsigned step = job_helpers(job) + 1;

    for (unsigned i = 0; i < pdf_doc_pages(doc); i++) {
        scoped(flat_page_clear) struct flat_page page = {0};
        int err = job_steps(job, 1);
        if (err < 0 || (err = count_annots(job, doc, i, losses)) < 0)
            return err;
        err = i % step == 0 ? flat_page_make(job, doc, i, &page) : receive_page(job, i % step, &page);
        if (err < 0 || (err = job_pixels(job, page.image.width, page.image.height)) < 0 ||
            (err = write_page(pdf, &page)) < 0)
            return err;
    }
    return 0;
}

int flatten_run(struct fmt_job *job)
{
    scoped(pdf_doc_close) struct pdf_doc *doc = NULL;
    scoped(imagepdf_free) struct imagepdf *pdf = NULL;
    struct losses losses = {0};
    int err = losses_begin(job, &losses, &doc);

    if (err < 0 || (err = imagepdf_begin(job, &pdf)) < 0 || (err = flatten_pages(job, doc, pdf, &losses)) < 0 ||
        (err = imagepdf_end(pdf)) < 0 || (err = losses_end(job, &losses, doc)) < 0)
        return err;
    return out_finish(job, "pdf");
}
