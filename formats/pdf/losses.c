/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From counts to findings. Runs in the pdf worker. */
#include "losses.h"

/* One line of the report; nothing when the count is 0. */
static int tell(struct fmt_job *job, enum finding_kind kind, const char *place, uint64_t count, const char *note)
{
    return count ? job_finding(job, kind, place, count < UINT32_MAX ? (uint32_t)count : UINT32_MAX, note) : 0;
}

static uint64_t more_than(uint64_t count, uint64_t told)
{
    return count > told ? count - told : 0;
}

static int open_document(struct fmt_job *job, struct pdf_doc **doc_out)
{
    int err = pdf_doc_open(job_in(job), doc_out);

    if (err == ERR_LOCKED)
        return job_fail(job, REASON_ENCRYPTED, "a password is needed to open it");
    if (err == ERR_MALFORMED)
        return job_fail(job, REASON_MALFORMED, "no readable document, or no page in it");
    return err;
}

int losses_begin(struct fmt_job *job, struct losses *losses, struct pdf_doc **doc_out)
{
    scoped(pdf_doc_close) struct pdf_doc *doc = NULL;
    const struct pdf_facts *facts = &losses->facts;
    int err = open_document(job, &doc);

    if (err < 0 || (err = job_pages(job, pdf_doc_pages(doc))) < 0 || (err = scan_run(job, &losses->scan)) < 0)
        return err;
    pdf_doc_facts(doc, &losses->facts);
    /* what poppler sees and the look at the structure did not (encrypted object streams) */
    const uint32_t *seen = losses->scan.count;
    if ((err = scan_report(job, &losses->scan)) < 0 ||
        (err = tell(job, FINDING_SCRIPT, "JavaScript", facts->javascript && !seen[SCAN_JAVASCRIPT], "")) < 0 ||
        (err = tell(job, FINDING_EMBEDDED_FILE, "embedded file", more_than(facts->attachments, seen[SCAN_EMBEDDED]),
                    "")) < 0 ||
        (err = tell(job, FINDING_HIDDEN, "layers", facts->hidden_layers, "not shown when the file is opened")) < 0)
        return err;
    *doc_out = steal(doc);
    return 0;
}

void losses_annots(struct losses *losses, const struct pdf_annots *annots)
{
    for (unsigned i = 0; i < PDF_ANNOT_CLASSES; i++)
        losses->annots.count[i] += annots->count[i];
    losses->annots.hidden += annots->hidden;
}

int losses_end(struct fmt_job *job, const struct losses *losses, const struct pdf_doc *doc)
{
    const unsigned *count = losses->annots.count;
    const uint32_t *seen = losses->scan.count;
    const struct pdf_trouble *trouble = pdf_doc_trouble(doc);
    uint64_t media = (uint64_t)count[PDF_ANNOT_OTHER] + count[PDF_ANNOT_MEDIA];
    int err;

    if ((err = tell(job, FINDING_FORM, "form fields", count[PDF_ANNOT_WIDGET], "drawn with their values")) < 0 ||
        (err = tell(job, FINDING_COMMENT, "comments", count[PDF_ANNOT_COMMENT], "drawn as shown on the page")) < 0 ||
        (err = tell(job, FINDING_HIDDEN, "annotations", losses->annots.hidden, "not shown on screen")) < 0 ||
        (err = tell(job, FINDING_UNKNOWN_OBJECT, "annotations", more_than(media, seen[SCAN_MEDIA]), "")) < 0 ||
        (err = tell(job, FINDING_EMBEDDED_FILE, "file attachment",
                    more_than(count[PDF_ANNOT_ATTACHMENT], seen[SCAN_EMBEDDED]), "")) < 0 ||
        (err = tell(job, FINDING_HYPERLINK, "links", losses->links_dropped, "unsafe or leading nowhere")) < 0 ||
        (err = tell(job, FINDING_HYPERLINK, "bookmarks", losses->bookmarks_dropped, "unsafe or too many")) < 0 ||
        (err = tell(job, FINDING_DAMAGE, "structure", trouble->count, trouble->first)) < 0)
        return err;
    job_kept(job, "pages", pdf_doc_pages(doc));
    if (losses->links)
        job_kept(job, "links", losses->links);
    if (losses->bookmarks)
        job_kept(job, "bookmarks", losses->bookmarks);
    return 0;
}
