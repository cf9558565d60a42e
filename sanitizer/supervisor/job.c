/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way of a job: offered, written down by the keeper, through the pipeline,
 * its verdict written down, its owner told. Every arrow is an answer to a
 * question with a number; an answer nobody waits for is dropped, a question
 * whose asker died is asked again, and the keeper answers both times alike.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/json.h"
#include "base/log.h"
#include "base/proto.h"
#include "gateway.h"

static struct job *job_new(struct gateway *g, enum job_state state)
{
    struct job *job = calloc(1, sizeof *job);

    if (!job)
        return NULL;
    *job = (struct job){.gateway = g, .state = state, .fd = -1, .decision = buf_new(MSG_PAYLOAD_MAX)};
    *g->jobs_last = job;
    g->jobs_last = &job->next;
    return job;
}

static void job_free(struct job *job)
{
    struct gateway *g = job->gateway;

    for (struct job **at = &g->jobs; *at; at = &(*at)->next) {
        if (*at == job) {
            *at = job->next;
            break;
        }
    }
    g->jobs_last = &g->jobs;
    while (*g->jobs_last)
        g->jobs_last = &(*g->jobs_last)->next;
    if (job->state != JOB_OFFERED)
        g->active--;
    scope_close(&job->fd);
    buf_free(&job->decision);
    findings_clear(&job->findings);
    free(job);
}

static struct job *job_by_call(struct gateway *g, uint64_t call, enum job_state state)
{
    for (struct job *job = g->jobs; job; job = job->next)
        if (job->call == call && job->state == state)
            return job;
    return NULL;
}

/* ---- Accept ------------------------------------------------------------------------ */

static void tell_taken(struct job *job, int err, const char *text)
{
    struct gateway *g = job->gateway;
    scoped_buf b = buf_new(MSG_PAYLOAD_MAX);

    if (job->client)
        control_submitted(steal(job->client), err, job->id, text);
    if (job->claim == 0 || !g->intake.peer)
        return;
    buf_u32(&b, (uint32_t)-err);
    buf_str(&b, job->id);
    (void)peer_send(g->intake.peer, MSG_INTAKE_TAKEN, job->claim, &b, NULL, 0);
    job->claim = 0;
}

static void ask_accept(struct job *job)
{
    scoped_buf b = buf_new(MSG_PAYLOAD_MAX);

    job->call = ++job->gateway->next_call;
    origin_put(&b, &job->origin);
    (void)peer_send(job->gateway->keeper.peer, MSG_KEEPER_ACCEPT, job->call, &b, &job->fd, 1);
}

static void job_accept(struct job *job)
{
    job->state = JOB_ACCEPTING;
    job->gateway->active++;
    ask_accept(job);
}

void jobs_pump(struct gateway *g)
{
    if (!g->recovered || !g->keeper.ready)
        return;
    for (struct job *job = g->jobs; job && g->active < g->jobs_max; job = job->next)
        if (job->state == JOB_OFFERED)
            job_accept(job);
}

void job_offer(struct gateway *g, const struct job_origin *origin, int fd, uint64_t claim, struct control *client)
{
    for (struct job *job = g->jobs; job; job = job->next) {
        if (strcmp(job->origin.token, origin->token) != 0 || !origin->token[0])
            continue;
        /* Intake came back after a restart and offers what we have already. */
        (void)close(fd);
        job->claim = claim;
        if (job->state > JOB_ACCEPTING)
            tell_taken(job, 0, "");
        return;
    }
    struct job *job = job_new(g, JOB_OFFERED);
    if (!job) {
        (void)close(fd);
        if (client)
            control_submitted(client, ERR_NOMEM, "", "out of memory");
        return;
    }
    job->origin = *origin;
    job->fd = fd;
    job->claim = claim;
    job->client = client;
    job->profile = config_profile_find(g->config, origin->profile);
    jobs_pump(g);
}

/* ---- Through the pipeline ------------------------------------------------------------- */

static void job_decide(struct job *job, const struct job_decision *decision)
{
    job->state = JOB_DECIDING;
    job->reason = decision->reason;
    buf_reset(&job->decision);
    decision_put(&job->decision, decision);
    job->call = ++job->gateway->next_call;
    if (job->gateway->keeper.ready)
        (void)peer_send(job->gateway->keeper.peer, MSG_KEEPER_DECIDE, job->call, &job->decision, &job->fd, job->fd >= 0 ? 1 : 0);
}

static bool job_needs_notice(const struct job *job, enum reason reason)
{
    return strcmp(job->origin.source, "spool") == 0 && notice_is_due(reason, &job->findings);
}

/* A job that cannot even enter the pipeline is held, in writing. */
static void job_hold(struct job *job, enum reason reason, const char *detail)
{
    struct job_decision decision = {.reason = reason, .items = 1, .report = "{}", .notice = job_needs_notice(job, reason)};

    scope_close(&job->fd);
    (void)snprintf(decision.job, sizeof decision.job, "%s", job->id);
    (void)snprintf(decision.detail, sizeof decision.detail, "%s", detail);
    job_decide(job, &decision);
}

static void job_run(struct job *job, int fd)
{
    struct submission s = {.fd = fd, .bytes = job->bytes, .name = job->origin.path, .profile = job->profile,
                           .mode = (enum fmt_mode)job->origin.mode, .arg = job};

    scope_close(&job->fd);
    job->state = JOB_RUNNING;
    if (!job->profile) {
        (void)close(fd);
        job_hold(job, REASON_POLICY, "its policy profile is gone from the configuration");
    } else if (pipeline_submit(job->gateway->pipeline, &s) < 0) {
        job_hold(job, REASON_INTERNAL, "out of memory");
    }
}

static void findings_move(struct findings *to, const struct findings *from)
{
    for (size_t i = 0; i < from->count; i++)
        if (findings_add(to, from->rows[i].kind, from->rows[i].place, from->rows[i].count, from->rows[i].note) < 0)
            return; /* the notice is shorter then; the ledger has all */
}

static void on_done(void *owner, void *arg, struct outcome *o)
{
    struct gateway *g = owner;
    struct job *job = arg;
    scoped_buf report = buf_new(JOB_REPORT_MAX);
    struct job_decision d = {.reason = o->reason, .out_bytes = o->out_bytes, .items = o->items, .total_ms = o->total_ms,
                             .stage_count = o->stage_count};

    (void)g;
    if (o->reason == REASON_OK && memcmp(o->in_sha256, job->sha256, 32) != 0) {
        /* What was scanned is not what the keeper wrote down: an incident, not a file to pass on. */
        d.reason = REASON_INTERNAL;
        (void)snprintf(d.detail, sizeof d.detail, "the scanned bytes are not the stored ones");
        log_error("job %s: %s", job->id, d.detail);
    } else {
        (void)snprintf(d.detail, sizeof d.detail, "%s", o->detail);
    }
    (void)snprintf(d.job, sizeof d.job, "%s", job->id);
    (void)snprintf(d.type, sizeof d.type, "%s", o->type);
    (void)snprintf(d.out_type, sizeof d.out_type, "%s", o->out_type);
    (void)snprintf(d.out_path, sizeof d.out_path, "%s", o->out_path);
    (void)snprintf(d.mode, sizeof d.mode, "%s", o->mode);
    memcpy(d.out_sha256, o->out_sha256, 32);
    memcpy(d.stages, o->stages, sizeof d.stages);
    json_open(&report, NULL, '{');
    outcome_report(&report, o);
    json_close(&report, '}');
    d.report = report.err < 0 ? "{\"findings\":\"too many to list\"}" : buf_text(&report);
    findings_move(&job->findings, o->findings);
    if (d.reason == REASON_OK)
        job->fd = steal_fd(&o->out_fd);
    d.notice = job_needs_notice(job, d.reason);
    job_decide(job, &d);
}

static void on_room(void *owner)
{
    jobs_pump(owner);
}

static void on_failed(void *owner, enum program_id id, int status)
{
    struct gateway *g = owner;

    log_error("%s does not start (status %d); see `sekimori doctor`", program_name(id), status);
    loop_stop(g->loop, 1);
}

const struct pipeline_hooks job_hooks = {.done = on_done, .room = on_room, .failed = on_failed};

/* ---- Answers of the keeper ------------------------------------------------------------------ */

static void job_tell(struct job *job);

struct accepted {
    uint32_t err, verdict, reason;
    bool known;
    char path[JOB_PATH_MAX];
};

static int accepted_get(struct msg *m, struct job *job, struct accepted *out)
{
    static char report[JOB_REPORT_MAX + 1];
    struct view v = msg_view(m);
    size_t n;

    out->err = view_u32(&v);
    view_str(&v, job->id, sizeof job->id);
    const uint8_t *digest = view_blob(&v, &n);
    job->bytes = view_u64(&v);
    out->known = view_u8(&v) != 0;
    out->verdict = view_u32(&v);
    out->reason = view_u32(&v);
    view_str(&v, out->path, sizeof out->path);
    view_str(&v, report, sizeof report);
    if (view_end(&v) < 0 || (n != 0 && n != sizeof job->sha256) || out->reason >= REASON_COUNT)
        return ERR_PEER;
    if (n != 0)
        memcpy(job->sha256, digest, n);
    return 0;
}

static void ask_open(struct job *job)
{
    scoped_buf b = buf_new(MSG_PAYLOAD_MAX);

    job->state = JOB_OPENING;
    job->call = ++job->gateway->next_call;
    buf_str(&b, job->id);
    (void)peer_send(job->gateway->keeper.peer, MSG_KEEPER_OPEN, job->call, &b, NULL, 0);
}

int job_on_accepted(struct gateway *g, struct msg *m)
{
    struct job *job = job_by_call(g, m->id, JOB_ACCEPTING);
    struct accepted a = {0};

    if (!job)
        return 0;
    if (accepted_get(m, job, &a) < 0)
        return ERR_PEER;
    if (a.err != 0) {
        tell_taken(job, -(int)a.err, "the keeper did not take it");
        job_free(job);
        return 0;
    }
    g->received++;
    tell_taken(job, 0, "");
    if (a.known && a.verdict != VERDICT_UNDECIDED) {
        /* Decided before a crash: only its owner may not know yet. */
        job->reason = (enum reason)a.reason;
        memcpy(job->out_path, a.path, sizeof job->out_path);
        scope_close(&job->fd);
        job_tell(job);
    } else if (m->fd_count == 0) {
        ask_open(job);
    } else {
        job_run(job, msg_take_fd(m, 0));
    }
    return 0;
}

int job_on_opened(struct gateway *g, struct msg *m)
{
    struct job *job = job_by_call(g, m->id, JOB_OPENING);
    struct view v = msg_view(m);
    uint32_t err = view_u32(&v);

    if (view_end(&v) < 0 || (err == 0) != (m->fd_count == 1))
        return ERR_PEER;
    if (!job)
        return 0;
    if (err != 0) {
        job_hold(job, REASON_IO, "the stored original cannot be read");
        return 0;
    }
    int fd = msg_take_fd(m, 0);
    if (fdio_size(fd, &job->bytes) < 0) {
        (void)close(fd);
        job_hold(job, REASON_IO, "the stored original has no size");
        return 0;
    }
    job_run(job, fd);
    return 0;
}

/* ---- The end -------------------------------------------------------------------------------- */

static void job_tell(struct job *job)
{
    struct gateway *g = job->gateway;
    scoped_buf b = buf_new(MSG_PAYLOAD_MAX), text = buf_new(MSG_PAYLOAD_MAX / 2);

    job->state = JOB_TELLING;
    g->counts[reason_verdict(job->reason)]++;
    if (!job_needs_notice(job, job->reason)) {
        job_free(job);
        jobs_pump(g);
        return;
    }
    notice_put(&text, job->origin.path, job->id, job->reason, &job->findings, job->out_path);
    buf_str(&b, job->origin.lane);
    buf_str(&b, job->origin.path);
    buf_str(&b, job->id);
    buf_u32(&b, (uint32_t)reason_verdict(job->reason));
    buf_u32(&b, (uint32_t)job->reason);
    buf_str(&b, buf_text(&text));
    job->call = ++g->next_call;
    buf_reset(&job->decision);
    buf_put(&job->decision, b.bytes, b.len);
    if (g->intake.ready)
        (void)peer_send(g->intake.peer, MSG_INTAKE_RESULT, job->call, &job->decision, NULL, 0);
}

int job_on_decided(struct gateway *g, struct msg *m)
{
    struct job *job = job_by_call(g, m->id, JOB_DECIDING);
    struct view v = msg_view(m);
    char path[JOB_PATH_MAX];
    uint32_t err = view_u32(&v), verdict = view_u32(&v), reason = view_u32(&v);

    view_str(&v, path, sizeof path);
    (void)view_u64(&v);
    if (view_end(&v) < 0 || verdict > VERDICT_BLOCKED || reason >= REASON_COUNT)
        return ERR_PEER;
    if (!job)
        return 0;
    if (err != 0) { /* nothing is recorded: the same question again, a little later, from jobs_keeper_ready */
        log_warn("job %s: the keeper could not record its verdict: %s", job->id, err_text(-(int)err));
        return 0;
    }
    job->reason = (enum reason)reason;
    memcpy(job->out_path, path, sizeof job->out_path);
    scope_close(&job->fd);
    job_tell(job);
    return 0;
}

int job_on_told(struct gateway *g, struct msg *m)
{
    struct job *job = job_by_call(g, m->id, JOB_TELLING);
    struct view v = msg_view(m);

    if (view_end(&v) < 0)
        return ERR_PEER;
    if (!job)
        return 0;
    scoped_buf b = buf_new(MSG_PAYLOAD_MAX);
    buf_str(&b, job->id);
    if (g->keeper.ready)
        (void)peer_send(g->keeper.peer, MSG_KEEPER_TOLD, 0, &b, NULL, 0);
    job_free(job);
    jobs_pump(g);
    return 0;
}

/* ---- Recovery ------------------------------------------------------------------------------------ */

void jobs_intake_ready(struct gateway *g)
{
    for (struct job *job = g->jobs; job; job = job->next)
        if (job->state == JOB_TELLING)
            (void)peer_send(g->intake.peer, MSG_INTAKE_RESULT, job->call, &job->decision, NULL, 0);
}

void jobs_keeper_ready(struct gateway *g)
{
    scoped_buf none = buf_new(16);

    for (struct job *job = g->jobs; job; job = job->next) {
        if (job->state == JOB_ACCEPTING)
            ask_accept(job);
        else if (job->state == JOB_OPENING)
            ask_open(job);
        else if (job->state == JOB_DECIDING)
            (void)peer_send(g->keeper.peer, MSG_KEEPER_DECIDE, job->call, &job->decision, &job->fd, job->fd >= 0 ? 1 : 0);
    }
    if (g->recovered)
        jobs_pump(g);
    else
        (void)peer_send(g->keeper.peer, MSG_KEEPER_PENDING, 0, &none, NULL, 0);
}

/* A job of before the restart: undecided, or decided and its owner not told. */
int job_on_resume(struct gateway *g, struct msg *m)
{
    struct job resumed = {0};
    struct view v = msg_view(m);
    size_t n;

    view_str(&v, resumed.id, sizeof resumed.id);
    const uint8_t *digest = view_blob(&v, &n);
    resumed.bytes = view_u64(&v);
    uint32_t reason = view_u32(&v);
    view_str(&v, resumed.out_path, sizeof resumed.out_path);
    if (origin_get(&v, &resumed.origin) < 0 || view_end(&v) < 0 || n != sizeof resumed.sha256 || reason >= REASON_COUNT)
        return ERR_PEER;
    struct job *job = job_new(g, JOB_OPENING);
    if (!job)
        return 0; /* it stays pending and is found by the next start */
    g->active++;
    memcpy(job->id, resumed.id, sizeof job->id);
    memcpy(job->sha256, digest, sizeof job->sha256);
    memcpy(job->out_path, resumed.out_path, sizeof job->out_path);
    job->origin = resumed.origin;
    job->bytes = resumed.bytes;
    job->reason = (enum reason)reason;
    job->profile = config_profile_find(g->config, job->origin.profile);
    if (job->reason != REASON_NONE)
        job_tell(job);
    else
        ask_open(job);
    return 0;
}

int job_on_pending_end(struct gateway *g)
{
    g->recovered = true;
    jobs_pump(g);
    return 0;
}

void jobs_forget_client(struct gateway *g, const struct control *client)
{
    for (struct job *job = g->jobs; job; job = job->next)
        if (job->client == client)
            job->client = NULL;
}

void jobs_free(struct gateway *g)
{
    while (g->jobs)
        job_free(g->jobs);
}
