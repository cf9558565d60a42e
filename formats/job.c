/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The job around a handler: budgets, report, output and children. The limits
 * are enforced here, so that a handler cannot opt out, and again by the
 * supervisor, which trusts none of this.
 */
#include "job.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define DETAIL_MAX 256

struct fmt_job {
    struct fmt_in in;
    struct fmt_options options;
    struct fmt_used used;
    const struct fmt_backend *backend;
    void *ctx;
    void *state;
    char name[CHILD_NAME_MAX];
    enum reason reason; /* first failure, or REASON_NONE */
    char detail[DETAIL_MAX];
    struct findings findings;
    char out_type[16];
    const char *own_type;
    bool finished;
    uint64_t scratch_bytes;
    /* the open child */
    bool child_is_open;
    uint64_t child_bytes, child_packed;
    unsigned children_pending;
};

void fmt_options_default(struct fmt_options *options)
{
    static const enum fmt_switch defaults[FINDING_KINDS] = {
#define X(id, word, def, ja, en) [FINDING_##id] = FMT_SWITCH_##def,
        FINDING_LIST(X)
#undef X
    };

    *options = (struct fmt_options){
        .mode = FMT_MODE_SANITIZE,
        .limits =
            {
                .input_bytes = 200 << 20,
                .output_bytes = 400 << 20,
                .total_bytes = (uint64_t)4 << 30,
                .ratio = 100,
                .ratio_floor = 10 << 20,
                .members = 10000,
                .depth = 10,
                .pages = 5000,
                .pixels = 250000000,
                .objects = 10000000,
                .steps = (uint64_t)1 << 32,
            },
        .dpi = 150,
        .jpeg_quality = 85,
        .parallel = 2,
    };
    memcpy(options->switches, defaults, sizeof defaults);
}

int job_new(const struct fmt_in *in, const struct fmt_options *options, const char *name,
            const struct fmt_backend *backend, void *ctx, struct fmt_job **job_out)
{
    struct fmt_job *job = calloc(1, sizeof *job);

    if (!job)
        return ERR_NOMEM;
    job->in = *in;
    job->options = *options;
    job->backend = backend;
    job->ctx = ctx;
    (void)snprintf(job->name, sizeof job->name, "%s", name ? name : "");
    job->used.input_bytes = in->len;
    if (in->len > options->limits.input_bytes)
        (void)job_fail(job, REASON_LIMIT_BYTES, "input of %llu bytes", (unsigned long long)in->len);
    *job_out = job;
    return 0;
}

void job_free(struct fmt_job **job)
{
    if (!*job)
        return;
    findings_clear(&(*job)->findings);
    free((*job)->state);
    free(*job);
    *job = NULL;
}

/* Turns a handler's return code into a reason when it recorded none itself. */
static void job_settle(struct fmt_job *job, int err)
{
    static const enum reason fallback[] = {
        [-ERR_NOMEM] = REASON_LIMIT_MEMORY,       [-ERR_MALFORMED] = REASON_MALFORMED,
        [-ERR_LOCKED] = REASON_ENCRYPTED,         [-ERR_UNSUPPORTED] = REASON_UNSUPPORTED_TYPE,
        [-ERR_LIMIT] = REASON_LIMIT_STEPS,        [-ERR_REFUSED] = REASON_POLICY,
        [-ERR_TIMEOUT] = REASON_TIMEOUT,          [-ERR_IO] = REASON_IO,
    };
    size_t i = err < 0 ? (size_t)-(long)err : 0;

    if (err == 0 || job->reason != REASON_NONE)
        return;
    job->reason = i < ARRAY_LEN(fallback) && fallback[i] != REASON_NONE ? fallback[i] : REASON_INTERNAL;
    (void)snprintf(job->detail, sizeof job->detail, "%s", err_text(err));
}

static int (*job_method(const struct fmt_job *job, const struct format_handler *handler))(struct fmt_job *)
{
    switch (job->options.mode) {
    case FMT_MODE_SANITIZE:
        return handler->sanitize;
    case FMT_MODE_FLATTEN:
        return handler->flatten;
    case FMT_MODE_TEXT:
        return handler->text;
    case FMT_MODE_NONE:
    case FMT_MODES:
        break;
    }
    return NULL;
}

static int job_state_new(struct fmt_job *job, size_t bytes)
{
    if (bytes == 0)
        return 0;
    free(job->state);
    job->state = calloc(1, bytes);
    return job->state ? 0 : ERR_NOMEM;
}

enum reason job_run(struct fmt_job *job, const struct format_handler *handler)
{
    int (*method)(struct fmt_job *) = job_method(job, handler);

    job->own_type = handler->name;
    if (job->reason != REASON_NONE)
        return job->reason;
    if (!method)
        (void)job_fail(job, REASON_MODE_UNAVAILABLE, "%s has no such mode", handler->name);
    else if (job->in.len == 0)
        (void)job_fail(job, REASON_EMPTY, "no bytes");
    else if (job_state_new(job, handler->state_bytes) < 0)
        (void)job_fail(job, REASON_LIMIT_MEMORY, "state");
    else
        job_settle(job, method(job));
    if (job->reason == REASON_NONE && (!job->finished || job->children_pending || job->child_is_open))
        (void)job_fail(job, REASON_INTERNAL, "%s left its work unfinished", handler->name);
    if (job->reason == REASON_NONE && job->used.output_bytes == 0)
        (void)job_fail(job, REASON_MALFORMED, "nothing was left to write");
    if (job->reason == REASON_NONE)
        job->reason = REASON_OK;
    return job->reason;
}

int job_help(struct fmt_job *job, const struct format_handler *handler, unsigned index)
{
    if (!handler->helper || index == 0 || job->reason != REASON_NONE)
        return ERR_REFUSED;
    int err = job_state_new(job, handler->state_bytes);
    return err < 0 ? err : handler->helper(job, index);
}

enum reason job_verify(struct fmt_job *job, const struct format_verifier *verifier)
{
    job->own_type = verifier->name;
    if (job->reason != REASON_NONE)
        return job->reason;
    if (job->in.len == 0)
        (void)job_fail(job, REASON_CHECK_REFUSED, "no bytes");
    else if (verifier->verify(job) < 0 && job->reason == REASON_NONE)
        (void)job_fail(job, REASON_CHECK_REFUSED, "%s verifier gave no reason", verifier->name);
    if (job->reason == REASON_NONE)
        job->reason = REASON_OK;
    return job->reason;
}

enum reason job_reason(const struct fmt_job *job)
{
    return job->reason == REASON_NONE ? REASON_INTERNAL : job->reason;
}

const char *job_detail(const struct fmt_job *job)
{
    return job->detail;
}

const char *job_out_type(const struct fmt_job *job)
{
    return job->out_type;
}

const struct findings *job_findings(const struct fmt_job *job)
{
    return &job->findings;
}

const struct fmt_used *job_used(const struct fmt_job *job)
{
    return &job->used;
}

const struct fmt_in *job_in(const struct fmt_job *job)
{
    return &job->in;
}

const struct fmt_options *job_options(const struct fmt_job *job)
{
    return &job->options;
}

const char *job_name(const struct fmt_job *job)
{
    return job->name;
}

void *job_state(struct fmt_job *job)
{
    return job->state;
}

int job_fail(struct fmt_job *job, enum reason reason, const char *detail, ...)
{
    char raw[DETAIL_MAX];
    va_list ap;

    if (reason == REASON_OK || reason == REASON_NONE || (unsigned)reason >= REASON_COUNT)
        reason = REASON_INTERNAL;
    if (job->reason == REASON_NONE || job->reason == REASON_OK) {
        va_start(ap, detail);
        (void)vsnprintf(raw, sizeof raw, detail, ap);
        va_end(ap);
        finding_escape(job->detail, sizeof job->detail, raw);
        job->reason = reason;
    }
    return reason_err(reason);
}

enum fmt_switch job_switch(const struct fmt_job *job, enum finding_kind kind)
{
    enum fmt_switch set = (unsigned)kind < FINDING_KINDS ? job->options.switches[kind] : FMT_SWITCH_UNSET;

    return set == FMT_SWITCH_ALLOW || set == FMT_SWITCH_SANITIZE ? set : FMT_SWITCH_DISALLOW;
}

int job_finding(struct fmt_job *job, enum finding_kind kind, const char *place, uint32_t count, const char *note)
{
    int err = findings_add(&job->findings, kind, place, count, note);

    if (err < 0)
        return job_fail(job, REASON_LIMIT_MEMORY, "findings");
    if (job_switch(job, kind) == FMT_SWITCH_DISALLOW)
        return job_fail(job, REASON_POLICY, "%s is not allowed", finding_word(kind));
    return 0;
}

void job_kept(struct fmt_job *job, const char *what, uint64_t count)
{
    findings_keep(&job->findings, what, count);
}

/* Adds n to a use and tells whether it stays within the limit; sums saturate. */
static bool budget_take(uint64_t *used, uint64_t n, uint64_t limit)
{
    *used = *used > UINT64_MAX - n ? UINT64_MAX : *used + n;
    return *used <= limit;
}

int job_steps(struct fmt_job *job, uint64_t n)
{
    if (budget_take(&job->used.steps, n, job->options.limits.steps))
        return 0;
    return job_fail(job, REASON_LIMIT_STEPS, "over %llu steps", (unsigned long long)job->options.limits.steps);
}

int job_objects(struct fmt_job *job, uint64_t n)
{
    if (budget_take(&job->used.objects, n, job->options.limits.objects))
        return 0;
    return job_fail(job, REASON_LIMIT_OBJECTS, "over %llu objects", (unsigned long long)job->options.limits.objects);
}

int job_pages(struct fmt_job *job, uint64_t n)
{
    if (budget_take(&job->used.pages, n, job->options.limits.pages))
        return 0;
    return job_fail(job, REASON_LIMIT_PAGES, "over %llu pages", (unsigned long long)job->options.limits.pages);
}

int job_pixels(struct fmt_job *job, uint64_t w, uint64_t h)
{
    if (w == 0 || h == 0)
        return job_fail(job, REASON_MALFORMED, "picture of %llu x %llu", (unsigned long long)w, (unsigned long long)h);
    uint64_t area = w > UINT64_MAX / h ? UINT64_MAX : w * h;
    if (area > job->used.pixels)
        job->used.pixels = area;
    if (area <= job->options.limits.pixels)
        return 0;
    return job_fail(job, REASON_LIMIT_PIXELS, "picture of %llu x %llu", (unsigned long long)w, (unsigned long long)h);
}

int out_append(struct fmt_job *job, const void *bytes, size_t n)
{
    uint64_t at = job->used.output_bytes;

    if (job->finished || !job->backend->write)
        return job_fail(job, REASON_INTERNAL, "output is not open");
    if (!budget_take(&job->used.output_bytes, n, job->options.limits.output_bytes))
        return job_fail(job, REASON_LIMIT_OUTPUT, "over %llu bytes", (unsigned long long)job->options.limits.output_bytes);
    if (n > 0 && job->backend->write(job->ctx, at, bytes, n) < 0)
        return job_fail(job, REASON_IO, "output");
    return 0;
}

int out_patch(struct fmt_job *job, uint64_t offset, const void *bytes, size_t n)
{
    if (offset > job->used.output_bytes || n > job->used.output_bytes - offset)
        return ERR_INVALID;
    if (job->finished || !job->backend->write)
        return job_fail(job, REASON_INTERNAL, "output is not open");
    if (n > 0 && job->backend->write(job->ctx, offset, bytes, n) < 0)
        return job_fail(job, REASON_IO, "output");
    return 0;
}

uint64_t out_len(const struct fmt_job *job)
{
    return job->used.output_bytes;
}

int out_finish(struct fmt_job *job, const char *type)
{
    if (job->finished)
        return job_fail(job, REASON_INTERNAL, "output finished twice");
    (void)snprintf(job->out_type, sizeof job->out_type, "%s", type ? type : job->own_type ? job->own_type : "");
    job->finished = true;
    return 0;
}

int scratch_append(struct fmt_job *job, const void *bytes, size_t n, uint64_t *offset_out)
{
    uint64_t at = job->scratch_bytes;

    if (!job->backend->scratch_write)
        return job_fail(job, REASON_INTERNAL, "no scratch space here");
    if (!budget_take(&job->scratch_bytes, n, job->options.limits.total_bytes))
        return job_fail(job, REASON_LIMIT_OUTPUT, "scratch over %llu bytes",
                        (unsigned long long)job->options.limits.total_bytes);
    if (n > 0 && job->backend->scratch_write(job->ctx, at, bytes, n) < 0)
        return job_fail(job, REASON_IO, "scratch");
    *offset_out = at;
    return 0;
}

int scratch_read(struct fmt_job *job, uint64_t offset, void *bytes, size_t n)
{
    if (offset > job->scratch_bytes || n > job->scratch_bytes - offset)
        return ERR_INVALID;
    if (!job->backend->scratch_read)
        return job_fail(job, REASON_INTERNAL, "no scratch space here");
    if (n > 0 && job->backend->scratch_read(job->ctx, offset, bytes, n) < 0)
        return job_fail(job, REASON_IO, "scratch");
    return 0;
}

int child_open(struct fmt_job *job, const struct child_info *info)
{
    const struct fmt_limits *limits = &job->options.limits;

    if (!job->backend->child_open || job->child_is_open)
        return job_fail(job, REASON_INTERNAL, "no child may be opened here");
    if (job->options.depth + 1 > job->used.depth)
        job->used.depth = job->options.depth + 1;
    if (job->options.depth >= limits->depth)
        return job_fail(job, REASON_LIMIT_DEPTH, "deeper than %llu", (unsigned long long)limits->depth);
    if (!budget_take(&job->used.members, 1, limits->members))
        return job_fail(job, REASON_LIMIT_MEMBERS, "over %llu members", (unsigned long long)limits->members);
    if (strlen(info->name) >= CHILD_NAME_MAX)
        return job_fail(job, REASON_UNSAFE_NAME, "path of %zu bytes", strlen(info->name));
    int err = job->backend->child_open(job->ctx, info);
    if (err < 0)
        return job_fail(job, REASON_INTERNAL, "child: %s", err_text(err));
    job->child_is_open = true;
    job->child_bytes = 0;
    job->child_packed = info->packed_bytes;
    return 0;
}

int child_append(struct fmt_job *job, const void *bytes, size_t n)
{
    const struct fmt_limits *limits = &job->options.limits;

    if (!job->child_is_open)
        return job_fail(job, REASON_INTERNAL, "no child is open");
    if (!budget_take(&job->child_bytes, n, limits->input_bytes))
        return job_fail(job, REASON_LIMIT_BYTES, "member over %llu bytes", (unsigned long long)limits->input_bytes);
    uint64_t packed = job->child_packed ? job->child_packed : 1;
    if (job->child_bytes > limits->ratio_floor && job->child_bytes / packed > limits->ratio)
        return job_fail(job, REASON_LIMIT_RATIO, "member grows over %llu times", (unsigned long long)limits->ratio);
    if (!budget_take(&job->used.total_bytes, n, limits->total_bytes))
        return job_fail(job, REASON_LIMIT_RATIO, "members over %llu bytes", (unsigned long long)limits->total_bytes);
    if (n > 0 && job->backend->child_write(job->ctx, bytes, n) < 0)
        return job_fail(job, REASON_IO, "child");
    return 0;
}

int child_submit(struct fmt_job *job)
{
    if (!job->child_is_open || job->children_pending >= CHILD_WINDOW)
        return job_fail(job, REASON_INTERNAL, "no child to submit");
    job->child_is_open = false;
    int err = job->backend->child_submit(job->ctx);
    if (err < 0)
        return job_fail(job, REASON_INTERNAL, "child: %s", err_text(err));
    job->children_pending++;
    return 0;
}

unsigned child_pending(const struct fmt_job *job)
{
    return job->children_pending;
}

int child_collect(struct fmt_job *job, struct child_result *result_out)
{
    if (job->children_pending == 0)
        return ERR_INVALID;
    int err = job->backend->child_collect(job->ctx, result_out);
    if (err < 0)
        return job_fail(job, REASON_INTERNAL, "child: %s", err_text(err));
    job->children_pending--;
    return 0;
}

void child_release(struct fmt_job *job, struct child_result *result)
{
    if (result->token && job->backend->child_release)
        job->backend->child_release(job->ctx, result);
    result->bytes = (struct fmt_in){0};
    result->token = NULL;
}

bool job_is_approved(const struct fmt_job *job, const uint8_t sha256[32])
{
    return job->backend->is_approved && job->backend->is_approved(job->ctx, sha256);
}

unsigned job_helpers(const struct fmt_job *job)
{
    return job->backend->helpers;
}

int helper_send(struct fmt_job *job, const void *bytes, size_t n)
{
    return job->backend->helper_send ? job->backend->helper_send(job->ctx, bytes, n) : ERR_REFUSED;
}

int helper_receive(struct fmt_job *job, unsigned i, uint8_t **bytes_out, size_t *n_out)
{
    if (i == 0 || i > job->backend->helpers || !job->backend->helper_receive)
        return ERR_REFUSED;
    return job->backend->helper_receive(job->ctx, i, bytes_out, n_out);
}
