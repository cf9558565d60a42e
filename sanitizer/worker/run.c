/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The world around a handler, made of descriptors: input mapped read-only,
 * output and scratch as files, members and the report over one socket. Runs
 * behind every layer of the sandbox. The handler parses hostile bytes in this
 * very process, so nothing said from here is believed by the supervisor, which
 * counts and limits again.
 */
#include "run.h"

#include <string.h>

#include "base/fdio.h"
#include "base/task.h"
#include "helpers.h"
#include "input.h"
#include "members.h"
#include "report.h"
#include "sink.h"

struct run {
    struct sink out, scratch;
    struct members members;
};

/* Made by run_open, for run_handler of the same process. */
static struct helpers helpers;

static int run_write(void *ctx, uint64_t offset, const void *bytes, size_t n)
{
    return sink_write(&((struct run *)ctx)->out, offset, bytes, n);
}

static int run_scratch_write(void *ctx, uint64_t offset, const void *bytes, size_t n)
{
    struct run *run = ctx;

    if (run->scratch.fd < 0)
        run->scratch.fd = members_scratch(&run->members);
    return sink_write(&run->scratch, offset, bytes, n);
}

static int run_scratch_read(void *ctx, uint64_t offset, void *bytes, size_t n)
{
    struct run *run = ctx;
    int err = run->scratch.fd < 0 ? ERR_INVALID : sink_flush(&run->scratch);

    return err < 0 ? err : fdio_pread(run->scratch.fd, bytes, n, (off_t)offset);
}

static int run_child_open(void *ctx, const struct child_info *info)
{
    return members_open(&((struct run *)ctx)->members, info);
}

static int run_child_write(void *ctx, const void *bytes, size_t n)
{
    return members_write(&((struct run *)ctx)->members, bytes, n);
}

static int run_child_submit(void *ctx)
{
    return members_submit(&((struct run *)ctx)->members);
}

static int run_child_collect(void *ctx, struct child_result *result_out)
{
    return members_collect(&((struct run *)ctx)->members, result_out);
}

static void run_child_release(void *ctx, struct child_result *result)
{
    (void)ctx;
    members_release(result);
}

static int run_helper_send(void *ctx, const void *bytes, size_t n)
{
    (void)ctx;
    return helpers_send(&helpers, bytes, n);
}

static int run_helper_receive(void *ctx, unsigned i, uint8_t **bytes_out, size_t *n_out)
{
    (void)ctx;
    return helpers_receive(&helpers, i, bytes_out, n_out);
}

static const struct fmt_backend main_backend = {
    .write = run_write,
    .scratch_write = run_scratch_write,
    .scratch_read = run_scratch_read,
    .child_open = run_child_open,
    .child_write = run_child_write,
    .child_submit = run_child_submit,
    .child_collect = run_child_collect,
    .child_release = run_child_release,
    .helper_receive = run_helper_receive,
};
static const struct fmt_backend helper_backend = {.helper_send = run_helper_send};

int run_open(const struct format_handler *handler, const struct task_order *order)
{
    if (!handler || !handler->helper || order->options.mode != FMT_MODE_FLATTEN || order->options.parallel < 2)
        return 0;
    return helpers_fork(&helpers, order->options.parallel - 1);
}

/* A handler's word is good only with its output in the file and all its helpers ended well. */
static enum reason run_finish(struct run *run, enum reason reason)
{
    if (reason != REASON_OK)
        return reason;
    if (helpers_join(&helpers) < 0)
        return REASON_CRASH;
    int err = sink_flush(&run->out);
    return err == 0 ? REASON_OK : err == ERR_SPACE ? REASON_LIMIT_OUTPUT : REASON_IO;
}

static void run_job(struct fmt_job *job, const struct format_handler *handler, struct run *run, int report)
{
    enum reason reason = run_finish(run, job_run(job, handler));

    report_findings(report, job_findings(job));
    report_kept(report, job_findings(job));
    report_result(report, reason, job_detail(job), job_out_type(job), job_used(job)->output_bytes, NULL);
}

static int run_helper(struct fmt_job *job, const struct format_handler *handler)
{
    int err = job_help(job, handler, helpers.index);

    if (err < 0 || helpers_send_end(&helpers) < 0)
        return TASK_EXIT_PEER;
    return TASK_EXIT_OK;
}

/* Helpers have no business with the output, the report and the list of members. */
static void helper_close(const struct task_fds *fds)
{
    const int theirs[] = {fds->output, fds->report, fds->extra};

    for (size_t i = 0; i < ARRAY_LEN(theirs); i++)
        if (theirs[i] >= 0)
            (void)close(theirs[i]);
}

int run_handler(const struct format_handler *handler, const struct task_order *order, const struct task_fds *fds)
{
    static struct run run; /* with the queue of members: large */
    struct fmt_backend backend = helpers.index == 0 ? main_backend : helper_backend;
    struct fmt_in in = {0};
    struct fmt_job *job = NULL;

    if (helpers.index != 0)
        helper_close(fds);
    if (!handler) {
        report_result(fds->report, REASON_UNSUPPORTED_TYPE, "this engine has no such handler", "", 0, NULL);
        return TASK_EXIT_OK;
    }
    run.out.fd = fds->output;
    run.scratch.fd = -1;
    run.members.report = fds->report;
    backend.helpers = helpers.count;
    int err = input_map(fds->input, &in);
    if (err == 0)
        err = job_new(&in, &order->options, order->name, &backend, &run, &job);
    if (err < 0)
        return err == ERR_NOMEM ? TASK_EXIT_MEMORY : TASK_EXIT_PEER;
    int code = TASK_EXIT_OK;
    if (helpers.index == 0)
        run_job(job, handler, &run, fds->report);
    else
        code = run_helper(job, handler);
    job_free(&job);
    return code;
}
