/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The detect worker: what is this file, and what may its name be? Content and
 * name are hostile; both are looked at behind the sandbox only.
 */
#include "formats/detect/detect.h"

#include "base/zygote.h"
#include "formats/name.h"
#include "input.h"
#include "report.h"

static struct detect_magic *magic;

static int detect_warm(void)
{
    int err = name_warm();

    return err < 0 ? err : detect_magic_new(&magic);
}

static int detect_task(const struct task_order *order, const struct task_fds *fds)
{
    static struct detect_result result; /* with names and findings: large */
    struct fmt_in in = {0};

    if (order->kind != TASK_DETECT)
        return TASK_EXIT_PEER;
    int err = input_map(fds->input, &in);
    if (err < 0)
        return err == ERR_NOMEM ? TASK_EXIT_MEMORY : TASK_EXIT_PEER;
    detect_run(&in, order->name, magic, &result);
    report_findings(fds->report, &result.findings);
    report_detected(fds->report, result.type, result.mime, result.name, result.mismatch);
    report_result(fds->report, result.reason, result.detail, result.type, 0, NULL);
    findings_clear(&result.findings);
    return TASK_EXIT_OK;
}

static const struct zygote_ops ops = {
    .name = "sekimori-worker-detect",
    .profile = &sandbox_profiles[SANDBOX_PROFILE_detect],
    .spares = 2,
    .warm = detect_warm,
    .run = detect_task,
};

int main(int argc, char **argv)
{
    return zygote_main(argc, argv, &ops);
}
