/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verifier of JPEG pictures. Runs in the checker over what the image worker wrote. */
#include "jpeg_stream.h"

static int verify(struct fmt_job *job)
{
    scoped_free struct check_jpeg *j = malloc(sizeof *j);

    if (!j)
        return job_fail(job, REASON_LIMIT_MEMORY, "JPEG tables");
    if (check_jpeg_head(job_in(job), false, j) < 0)
        return job_fail(job, REASON_CHECK_REFUSED, "%s", j->why);
    if (job_pixels(job, j->width, j->height) < 0 || job_steps(job, j->blocks) < 0)
        return ERR_LIMIT;
    if (check_jpeg_coded(j) < 0)
        return job_fail(job, REASON_CHECK_REFUSED, "%s", j->why);
    return 0;
}

const struct format_verifier chk_jpeg = {
    .name = "jpeg",
    .verify = verify,
};
