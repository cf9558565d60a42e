/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The checker: reads a finished output with other parsers than its producer's
 * and accepts only what is on the type's positive list. It never sees the
 * original. The digest it tells is of exactly the bytes it looked at; the
 * releaser lets nothing else out. The output is treated as hostile: its
 * producer parsed hostile bytes.
 */
#include <string.h>

#include "approved.h"
#include "base/zygote.h"
#include "formats/job.h"
#include "formats/list.h"
#include "lib_sodium.h"
#include "worker/input.h"
#include "worker/report.h"
#include "worker/warm.h"

#define X(id) extern const struct format_verifier chk_##id;
HANDLED_LIST(X)
#undef X

static const struct format_verifier *const verifiers[] = {
#define X(id) &chk_##id,
    HANDLED_LIST(X)
#undef X
    NULL};

static bool check_is_approved(void *ctx, const uint8_t sha256[32])
{
    return approved_has(ctx, sha256);
}

static const struct fmt_backend backend = {.is_approved = check_is_approved};

static const struct format_verifier *find_verifier(const char *type)
{
    for (size_t i = 0; verifiers[i]; i++)
        if (strcmp(verifiers[i]->name, type) == 0)
            return verifiers[i];
    return NULL;
}

static int check_warm(void)
{
    int err = lib_sodium_warm();

    return err < 0 ? err : worker_warm();
}

static void check_job(struct fmt_job *job, const struct format_verifier *verifier, const struct fmt_in *in, int report)
{
    uint8_t sha256[32];
    enum reason reason = job_verify(job, verifier);

    lib_sodium_sha256(in->bytes, (size_t)in->len, sha256);
    report_kept(report, job_findings(job));
    report_result(report, reason, job_detail(job), verifier->name, in->len, sha256);
}

static int check_task(const struct task_order *order, const struct task_fds *fds)
{
    const struct format_verifier *verifier = find_verifier(order->type);
    struct fmt_in in = {0};
    struct fmt_job *job = NULL;
    scoped(approved_free) struct approved approved = {0};

    if (order->kind != TASK_CHECK)
        return TASK_EXIT_PEER;
    if (!verifier) {
        report_result(fds->report, REASON_CHECK_REFUSED, "there is no verifier for this type", "", 0, NULL);
        return TASK_EXIT_OK;
    }
    /* An output may be larger than an input; its own ceiling applies. */
    struct fmt_options options = order->options;
    if (options.limits.input_bytes < options.limits.output_bytes)
        options.limits.input_bytes = options.limits.output_bytes;
    int err = fds->extra >= 0 ? approved_load(&approved, fds->extra) : 0;
    if (err == 0)
        err = input_map(fds->input, &in);
    if (err == 0)
        err = job_new(&in, &options, order->name, &backend, &approved, &job);
    if (err < 0)
        return err == ERR_NOMEM ? TASK_EXIT_MEMORY : TASK_EXIT_PEER;
    check_job(job, verifier, &in, fds->report);
    job_free(&job);
    return TASK_EXIT_OK;
}

static const struct zygote_ops ops = {
    .name = "sekimori-checker",
    .profile = &sandbox_profiles[SANDBOX_PROFILE_checker],
    .spares = 2,
    .warm = check_warm,
    .run = check_task,
};

int main(int argc, char **argv)
{
    return zygote_main(argc, argv, &ops);
}
