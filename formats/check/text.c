/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Verifier of plain text. Runs in the checker on a finished output, also of
 * the text mode of other formats; reads it with codes.c and accepts it only if
 * every byte has its place in one encoding and every character may be there.
 */
#include <string.h>

#include "codes.h"
#include "formats/format.h"

static int verify(struct fmt_job *job)
{
    const struct fmt_in *in = job_in(job);
    const struct codes_allow allow = {
        .feed = true,
        .vtab = job_switch(job, FINDING_CONTROL_CHARS) == FMT_SWITCH_ALLOW,
        .bidi = job_switch(job, FINDING_BIDI) == FMT_SWITCH_ALLOW,
    };
    struct codes found[CODES_MAX];

    int err = job_steps(job, in->len / 4096 + 1);
    if (err < 0)
        return err;
    if (in->len >= 4 && memcmp(in->bytes, "+/v", 3) == 0 && strchr("89+/", in->bytes[3]))
        return job_fail(job, REASON_CHECK_REFUSED, "mark of UTF-7");
    if (codes_open(in->bytes, in->len, &allow, found) == 0)
        return job_fail(job, REASON_CHECK_REFUSED, "a byte that has no place in the text");
    return 0;
}

const struct format_verifier chk_text = {.name = "text", .verify = verify};
