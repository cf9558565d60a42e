/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An in-memory backend for handlers and verifiers. Test code: allocation failures abort. */
#include "inproc.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "formats/detect/detect.h"
#include "formats/list.h"
#include "formats/name_type.h"

#define X(id) extern const struct format_handler fmt_##id; extern const struct format_verifier chk_##id;
HANDLED_LIST(X)
#undef X

static const struct format_handler *const handlers[] = {
#define X(id) &fmt_##id,
    HANDLED_LIST(X)
#undef X
    NULL};
static const struct format_verifier *const verifiers[] = {
#define X(id) &chk_##id,
    HANDLED_LIST(X)
#undef X
    NULL};

const struct format_handler *inproc_handler(const char *name)
{
    for (size_t i = 0; handlers[i]; i++)
        if (strcmp(handlers[i]->name, name) == 0)
            return handlers[i];
    return NULL;
}

const struct format_verifier *inproc_verifier(const char *name)
{
    for (size_t i = 0; verifiers[i]; i++)
        if (strcmp(verifiers[i]->name, name) == 0)
            return verifiers[i];
    return NULL;
}

struct bytes {
    uint8_t *p;
    size_t len, room;
};

static void bytes_put(struct bytes *b, uint64_t offset, const void *p, size_t n)
{
    if (offset + n > b->room) {
        b->room = (offset + n) * 2;
        b->p = realloc(b->p, b->room);
        assert(b->p);
    }
    memcpy(b->p + offset, p, n);
    if (offset + n > b->len)
        b->len = offset + n;
}

struct memory_child {
    struct child_info info;
    char name[CHILD_NAME_MAX];
    struct bytes in;
    struct inproc_result result;
    struct child_result told;
};

struct memory {
    struct bytes out, scratch;
    const struct fmt_options *options;
    struct memory_child *open, *queue[CHILD_WINDOW];
    size_t queued;
    struct inproc_result *result;
    const struct inproc_result *children; /* for verifiers */
};

static int mem_write(void *ctx, uint64_t offset, const void *p, size_t n)
{
    bytes_put(&((struct memory *)ctx)->out, offset, p, n);
    return 0;
}

static int mem_scratch_write(void *ctx, uint64_t offset, const void *p, size_t n)
{
    bytes_put(&((struct memory *)ctx)->scratch, offset, p, n);
    return 0;
}

static int mem_scratch_read(void *ctx, uint64_t offset, void *p, size_t n)
{
    memcpy(p, ((struct memory *)ctx)->scratch.p + offset, n);
    return 0;
}

static int mem_child_open(void *ctx, const struct child_info *info)
{
    struct memory *m = ctx;
    struct memory_child *c = calloc(1, sizeof *c);

    assert(c);
    c->info = *info;
    (void)snprintf(c->name, sizeof c->name, "%s", info->name);
    m->open = c;
    return 0;
}

static int mem_child_write(void *ctx, const void *p, size_t n)
{
    struct memory *m = ctx;

    bytes_put(&m->open->in, m->open->in.len, p, n);
    return 0;
}

/* What the supervisor does with a child, in short: detect, run, verify. */
static enum reason child_process(struct memory *m, struct memory_child *c)
{
    struct fmt_in in = {c->in.p, c->in.len};
    struct fmt_options options = *m->options;
    struct detect_result found;
    char detail[256];

    options.depth++;
    detect_run(&in, c->name, NULL, &found);
    findings_clear(&found.findings); /* about the name: of no use here */
    if (found.reason != REASON_OK)
        return found.reason;
    const struct format_handler *handler = inproc_handler(found.type);
    if (!handler)
        return REASON_UNSUPPORTED_TYPE;
    inproc_run(handler, c->in.p, c->in.len, found.name, &options, &c->result);
    if (c->result.reason != REASON_OK)
        return c->result.reason;
    const struct format_identity *made = registry_find(c->result.out_type);
    if (!made || name_with_type(found.name, made, c->told.name, sizeof c->told.name) < 0)
        return REASON_INTERNAL;
    const struct format_verifier *verifier = inproc_verifier(c->result.out_type);
    return verifier ? inproc_verify(verifier, c->result.out, c->result.out_len, &options, &c->result, detail)
                    : REASON_CHECK_REFUSED;
}

static int mem_child_submit(void *ctx)
{
    struct memory *m = ctx;
    struct memory_child *c = m->open;

    m->open = NULL;
    c->told.reason = child_process(m, c);
    c->told.verdict = reason_verdict(c->told.reason);
    c->told.mtime = c->info.mtime;
    c->told.token = c;
    if (c->told.verdict == VERDICT_RELEASED) {
        (void)snprintf(c->told.type, sizeof c->told.type, "%s", c->result.out_type);
        c->told.bytes = (struct fmt_in){c->result.out, c->result.out_len};
        struct inproc_result *r = m->result;
        r->approved = realloc(r->approved, (r->approved_count + 1) * sizeof *r->approved);
        assert(r->approved);
        crypto_hash_sha256(r->approved[r->approved_count++], c->result.out, c->result.out_len);
    }
    m->queue[m->queued++] = c;
    return 0;
}

static int mem_child_collect(void *ctx, struct child_result *result_out)
{
    struct memory *m = ctx;
    struct memory_child *c = m->queue[0];

    memmove(m->queue, m->queue + 1, --m->queued * sizeof *m->queue);
    *result_out = c->told;
    return 0;
}

static void child_free(struct memory_child *c)
{
    if (!c)
        return;
    free(c->in.p);
    inproc_finish(&c->result);
    free(c);
}

static void mem_child_release(void *ctx, struct child_result *result)
{
    (void)ctx;
    child_free(result->token);
}

static bool mem_is_approved(void *ctx, const uint8_t sha256[32])
{
    const struct inproc_result *r = ((struct memory *)ctx)->children;

    for (size_t i = 0; r && i < r->approved_count; i++)
        if (memcmp(r->approved[i], sha256, 32) == 0)
            return true;
    return false;
}

static const struct fmt_backend backend = {
    .write = mem_write,
    .scratch_write = mem_scratch_write,
    .scratch_read = mem_scratch_read,
    .child_open = mem_child_open,
    .child_write = mem_child_write,
    .child_submit = mem_child_submit,
    .child_collect = mem_child_collect,
    .child_release = mem_child_release,
};
static const struct fmt_backend check_backend = {.is_approved = mem_is_approved};

static void findings_copy(struct findings *dst, const struct findings *src)
{
    *dst = *src;
    dst->room = src->count;
    dst->rows = calloc(src->count + 1, sizeof *dst->rows);
    assert(dst->rows);
    if (src->count)
        memcpy(dst->rows, src->rows, src->count * sizeof *dst->rows);
}

void inproc_run(const struct format_handler *handler, const uint8_t *bytes, size_t n, const char *name,
                const struct fmt_options *options, struct inproc_result *result_out)
{
    struct memory m = {.options = options, .result = result_out};
    struct fmt_in in = {bytes, n};
    struct fmt_job *job = NULL;
    int err = job_new(&in, options, name, &backend, &m, &job);

    assert(err == 0);
    *result_out = (struct inproc_result){0};
    result_out->reason = job_run(job, handler);
    (void)snprintf(result_out->detail, sizeof result_out->detail, "%s", job_detail(job));
    (void)snprintf(result_out->out_type, sizeof result_out->out_type, "%s", job_out_type(job));
    findings_copy(&result_out->findings, job_findings(job));
    result_out->used = *job_used(job);
    result_out->out = m.out.p;
    result_out->out_len = m.out.len;
    job_free(&job);
    free(m.scratch.p);
    if (m.open)
        child_free(m.open);
    for (size_t i = 0; i < m.queued; i++)
        child_free(m.queue[i]);
}

enum reason inproc_verify(const struct format_verifier *verifier, const uint8_t *bytes, size_t n,
                          const struct fmt_options *options, const struct inproc_result *children, char detail[256])
{
    struct memory m = {.options = options, .children = children};
    struct fmt_in in = {bytes, n};
    struct fmt_options own = *options;
    struct fmt_job *job = NULL;

    if (own.limits.input_bytes < own.limits.output_bytes)
        own.limits.input_bytes = own.limits.output_bytes;
    int err = job_new(&in, &own, "", &check_backend, &m, &job);
    assert(err == 0);
    enum reason reason = job_verify(job, verifier);
    (void)snprintf(detail, 256, "%s", job_detail(job));
    job_free(&job);
    return reason;
}

void inproc_finish(struct inproc_result *result)
{
    free(result->out);
    free(result->approved);
    findings_clear(&result->findings);
    *result = (struct inproc_result){0};
}
