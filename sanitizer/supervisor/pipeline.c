/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Jobs and slots. Supervisor and CLI; decides when, never what. */
#include "pipeline.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/json.h"
#include "pipeline_private.h"

static void on_engine_failed(void *arg, enum program_id id, int status)
{
    struct pipeline *p = arg;

    p->hooks->failed(p->owner, id, status);
}

int pipeline_new(struct loop *loop, const struct config *config, unsigned slots, int work_dir,
                 const struct pipeline_hooks *hooks, void *owner, struct pipeline **pipeline_out)
{
    struct pipeline *p = calloc(1, sizeof *p);

    if (!p)
        return ERR_NOMEM;
    *p = (struct pipeline){.loop = loop, .config = config, .slots = slots, .work_dir = work_dir, .hooks = hooks,
                           .owner = owner, .ready_last = &p->ready};
    int err = engines_new(loop, config, on_engine_failed, p, &p->engines);
    if (err < 0) {
        free(p);
        return err;
    }
    *pipeline_out = p;
    return 0;
}

static void job_free(struct pipeline_job *job)
{
    loop_cancel(job->pipeline->loop, &job->timer);
    if (job->top) {
        item_stop(job->top);
        item_free(job->top);
    }
    free(job);
}

void pipeline_free(struct pipeline **pipeline)
{
    struct pipeline *p = steal(*pipeline);

    if (!p)
        return;
    while (p->jobs) {
        struct pipeline_job *job = p->jobs;
        p->jobs = job->next;
        job_free(job);
    }
    loop_cancel(p->loop, &p->pump);
    engines_free(&p->engines);
    free(p);
}

struct engines *pipeline_engines(struct pipeline *p)
{
    return p->engines;
}

unsigned pipeline_jobs(const struct pipeline *p)
{
    return p->job_count;
}

void slot_release(struct item *item)
{
    if (!item->has_slot)
        return;
    item->has_slot = false;
    item->job->pipeline->busy--;
    pipeline_pump(item->job->pipeline);
}

/* Runs from the loop, never inside an item's own step. */
static void on_pump(void *arg)
{
    struct pipeline *p = arg;

    p->pump = NULL;
    while (p->ready && p->busy < p->slots) {
        struct item *item = p->ready;
        p->ready = item->next_ready;
        if (!p->ready)
            p->ready_last = &p->ready;
        item->next_ready = NULL;
        if (!item->has_slot) {
            item->has_slot = true;
            p->busy++;
        }
        item_begin(item);
    }
}

void pipeline_pump(struct pipeline *p)
{
    if (p->ready && !p->pump && loop_after(p->loop, 0, on_pump, p, &p->pump) < 0)
        on_pump(p); /* out of memory: better at once than never */
}

static void on_job_clock(void *arg)
{
    struct pipeline_job *job = arg;

    job->timer = NULL;
    item_end(job->top, REASON_TIMEOUT, "time for the whole file");
}

int pipeline_submit(struct pipeline *p, const struct submission *s)
{
    scoped_fd int fd = s->fd;
    struct pipeline_job *job = calloc(1, sizeof *job);

    if (!job)
        return ERR_NOMEM;
    *job = (struct pipeline_job){.pipeline = p, .profile = s->profile, .mode = s->mode, .arg = s->arg,
                                 .started_ms = fdio_now_ms()};
    job->top = item_new(job, NULL);
    if (!job->top || loop_after(p->loop, p->config->limits.job_seconds * 1000, on_job_clock, job, &job->timer) < 0) {
        free(job->top);
        free(job);
        return ERR_NOMEM;
    }
    job->next = p->jobs;
    p->jobs = job;
    p->job_count++;
    job->top->in_fd = steal_fd(&fd);
    job->top->bytes = s->bytes;
    (void)snprintf(job->top->name, sizeof job->top->name, "%s", s->name);
    if (s->bytes == 0)
        item_end(job->top, REASON_EMPTY, "no bytes");
    else if (s->bytes > p->config->limits.file_mb << 20)
        item_end(job->top, REASON_LIMIT_BYTES, "file over its limit");
    else if (strlen(s->name) >= sizeof job->top->name)
        item_end(job->top, REASON_UNSAFE_NAME, "path too long");
    else
        item_ready(job->top);
    return 0;
}

static void outcome_stages(struct outcome *o, const struct item *item)
{
    for (unsigned i = STAGE_DETECT; i < STAGES; i++)
        if (item->stages[i].stage != STAGE_NONE)
            o->stages[o->stage_count++] = item->stages[i];
}

void job_over(struct pipeline_job *job)
{
    struct pipeline *p = job->pipeline;
    struct item *item = job->top;
    bool released = item->reason == REASON_OK;
    struct outcome o = {
        .reason = item->reason,
        .detail = item->detail,
        .type = item->type ? item->type->name : item->detected_type,
        .out_type = released ? item->out_type->name : "",
        .mode = item->stages[STAGE_REBUILD].stage ? config_mode_word(item->mode) : "",
        .out_path = released ? item->name : "",
        .in_bytes = item->bytes,
        .out_bytes = released ? item->out_bytes : 0,
        .has_in_sha256 = item->has_in_sha256,
        .out_fd = released ? item->out_fd : -1,
        .findings = &item->findings,
        .items = (uint32_t)job->items,
        .detect_ms = item->stages[STAGE_DETECT].ms,
        .scan_ms = item->scan_ms,
        .rebuild_ms = item->stages[STAGE_REBUILD].ms,
        .check_ms = item->stages[STAGE_CHECK].ms,
        .total_ms = (uint32_t)(fdio_now_ms() - job->started_ms),
    };

    memcpy(o.in_sha256, item->in_sha256, 32);
    memcpy(o.out_sha256, item->out_sha256, 32);
    outcome_stages(&o, item);
    for (struct pipeline_job **at = &p->jobs; *at; at = &(*at)->next) {
        if (*at == job) {
            *at = job->next;
            break;
        }
    }
    p->job_count--;
    p->hooks->done(p->owner, job->arg, &o);
    if (released)
        item->out_fd = o.out_fd; /* -1 when it was taken */
    job_free(job);
    pipeline_pump(p);
    if (p->hooks->room)
        p->hooks->room(p->owner);
}

void outcome_report(struct buf *b, const struct outcome *o)
{
    json_open(b, "findings", '[');
    for (size_t i = 0; i < o->findings->count; i++) {
        const struct finding *f = &o->findings->rows[i];
        json_open(b, NULL, '{');
        json_str(b, "kind", finding_word(f->kind));
        json_str(b, "place", f->place);
        json_u64(b, "count", f->count);
        json_str(b, "note", f->note);
        json_close(b, '}');
    }
    json_close(b, ']');
    json_open(b, "kept", '{');
    for (size_t i = 0; i < o->findings->kept_count; i++)
        json_u64(b, o->findings->kept[i].what, o->findings->kept[i].count);
    json_close(b, '}');
    json_u64(b, "items", o->items);
    json_open(b, "ms", '{');
    json_u64(b, "detect", o->detect_ms);
    json_u64(b, "scan", o->scan_ms);
    json_u64(b, "rebuild", o->rebuild_ms);
    json_u64(b, "check", o->check_ms);
    json_u64(b, "total", o->total_ms);
    json_close(b, '}');
}
