/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The PDF verifier: accepts a finished PDF against a positive list, first byte
 * by byte, then object by object with another library than those that made it.
 * Runs in the checker, on the output of a worker that read hostile bytes.
 */
#include "lib_qpdf.h"
#include "pdf_layout.h"
#include "pdf_tree.h"

static int verify(struct fmt_job *job)
{
    scoped(pdf_layout_clear) struct pdf_layout layout = {0};
    scoped(qdoc_close) struct qdoc *doc = NULL;
    char why[160] = "";
    int err = pdf_layout_read(job, &layout);

    if (err < 0)
        return err;
    if ((err = qdoc_open(job_in(job), &doc, why)) < 0)
        return err == ERR_MALFORMED ? job_fail(job, REASON_CHECK_REFUSED, "%s", why) : err;
    if ((err = pdf_tree_walk(job, doc, &layout)) < 0)
        return err;
    if (qdoc_has_trouble(doc, why))
        return job_fail(job, REASON_CHECK_REFUSED, "%s", why);
    return 0;
}

const struct format_verifier chk_pdf = {
    .name = "pdf",
    .verify = verify,
};
