/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text extraction. Runs in the pdf worker; what poppler reads out of fonts is the sender's choice of characters. */
#include "extract.h"

#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "losses.h"

#define PAGE_TEXT_MAX ((size_t)64 << 20)

/* Characters that were left out, by why. */
struct dropped {
    uint64_t control, bidi, invisible;
};

/* Keeps printable characters, tabs and line feeds. */
static void put_clean(struct buf *out, const char *text, struct dropped *dropped)
{
    size_t left = strlen(text);

    while (left > 0) {
        uint32_t c = 0;
        size_t n = utf8_decode(text, left, &c);
        if (n > 0 && (c == '\n' || c == '\t' || utf8_is_printable(c)))
            buf_put(out, text, n);
        else if (n > 0 && utf8_is_bidi(c))
            dropped->bidi++;
        else if (n > 0 && utf8_is_invisible(c))
            dropped->invisible++;
        else
            dropped->control++;
        text += n ? n : 1;
        left -= n ? n : 1;
    }
}

static int extract_page(struct fmt_job *job, struct pdf_doc *doc, unsigned i, struct dropped *dropped, bool *any)
{
    scoped(pdf_page_close) struct pdf_page *page = NULL;
    scoped_buf clean = buf_new(PAGE_TEXT_MAX);
    scoped_free char *text = NULL;
    int err = job_steps(job, 1);

    if (err < 0)
        return err;
    if ((err = pdf_page_open(doc, i, &page)) < 0)
        return err == ERR_MALFORMED ? job_fail(job, REASON_MALFORMED, "page %u cannot be read", i + 1) : err;
    if ((err = pdf_page_text(page, &text)) < 0)
        return err;
    put_clean(&clean, text, dropped);
    while (clean.len > 0 && clean.bytes[clean.len - 1] == '\n')
        clean.len--;
    if (clean.err < 0 || clean.len == 0)
        return clean.err;
    /* pages are parted by an empty line: a form feed would be a control character */
    if (*any && (err = out_append(job, "\n", 1)) < 0)
        return err;
    *any = true;
    buf_put(&clean, "\n", 1);
    return clean.err < 0 ? clean.err : out_append(job, clean.bytes, clean.len);
}

static int tell(struct fmt_job *job, enum finding_kind kind, uint64_t count)
{
    return count ? job_finding(job, kind, "text", count < UINT32_MAX ? (uint32_t)count : UINT32_MAX, "") : 0;
}

int extract_run(struct fmt_job *job)
{
    scoped(pdf_doc_close) struct pdf_doc *doc = NULL;
    struct dropped dropped = {0};
    struct losses losses = {0};
    bool any = false;
    int err = losses_begin(job, &losses, &doc);

    for (unsigned i = 0; err == 0 && i < pdf_doc_pages(doc); i++)
        err = extract_page(job, doc, i, &dropped, &any);
    if (err < 0)
        return err;
    if (!any)
        return job_fail(job, REASON_MODE_UNAVAILABLE, "no page has text");
    if ((err = tell(job, FINDING_CONTROL_CHARS, dropped.control)) < 0 ||
        (err = tell(job, FINDING_BIDI, dropped.bidi)) < 0 ||
        (err = tell(job, FINDING_HIDDEN, dropped.invisible)) < 0 || (err = losses_end(job, &losses, doc)) < 0)
        return err;
    return out_finish(job, "text");
}
