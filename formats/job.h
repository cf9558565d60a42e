/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_JOB_H
#define SEKIMORI_JOB_H

/*
 * The core's side of struct fmt_job: what the process around a handler (the
 * worker, the checker, a test) provides and reads back. Handlers and verifiers
 * include format.h only.
 */
#include "format.h"

/*
 * The outside world as functions; ctx is theirs. Each returns 0 or ERR_*.
 * An absent member makes the calls that need it fail with ERR_REFUSED.
 */
struct fmt_backend {
    /* Writes n bytes of the output at offset; also used for patches. */
    int (*write)(void *ctx, uint64_t offset, const void *bytes, size_t n);
    /* The same for the scratch space, and back. */
    int (*scratch_write)(void *ctx, uint64_t offset, const void *bytes, size_t n);
    int (*scratch_read)(void *ctx, uint64_t offset, void *bytes, size_t n);
    /* One member: begin, bytes, hand over. */
    int (*child_open)(void *ctx, const struct child_info *info);
    int (*child_write)(void *ctx, const void *bytes, size_t n);
    int (*child_submit)(void *ctx);
    /* Waits for the oldest handed-over member; release undoes the mapping. */
    int (*child_collect)(void *ctx, struct child_result *result_out);
    void (*child_release)(void *ctx, struct child_result *result);
    bool (*is_approved)(void *ctx, const uint8_t sha256[32]);
    int (*helper_send)(void *ctx, const void *bytes, size_t n);
    int (*helper_receive)(void *ctx, unsigned i, uint8_t **bytes_out, size_t *n_out);
    unsigned helpers;
};

/* How much of each budget an item used. */
struct fmt_used {
    uint64_t input_bytes, output_bytes, total_bytes, members, depth, pages, pixels, objects, steps;
};

/*
 * Makes a job over an input the caller keeps alive and unchanged. `name` is
 * copied. Fails with ERR_NOMEM; ERR_LIMIT when the input is over its budget is
 * recorded in the job and told by job_run, so that *job_out is still made.
 */
int job_new(const struct fmt_in *in, const struct fmt_options *options, const char *name,
            const struct fmt_backend *backend, void *ctx, struct fmt_job **job_out) must_check;
void job_free(struct fmt_job **job);

/*
 * Runs a handler in the mode of the options, or a verifier. Afterwards
 * job_reason tells the result: REASON_OK only when the handler returned 0,
 * finished its output, and nothing was recorded against it; an empty output is
 * REASON_MALFORMED.
 */
enum reason job_run(struct fmt_job *job, const struct format_handler *handler);
enum reason job_verify(struct fmt_job *job, const struct format_verifier *verifier);

/*
 * Runs a handler's helper part in a helper process (index 1..). Returns what
 * it returns; of the rest of the job nothing counts here.
 */
int job_help(struct fmt_job *job, const struct format_handler *handler, unsigned index) must_check;

enum reason job_reason(const struct fmt_job *job);
/* One line for admins, printable UTF-8; "" when there is none. */
const char *job_detail(const struct fmt_job *job);
/* The type named by out_finish; "" before. */
const char *job_out_type(const struct fmt_job *job);
const struct findings *job_findings(const struct fmt_job *job);
const struct fmt_used *job_used(const struct fmt_job *job);

/* The defaults of docs/formats.md: strict switches, standard limits, sanitize. */
void fmt_options_default(struct fmt_options *options);

#endif
