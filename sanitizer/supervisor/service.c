/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeper, releaser and intake as programs: start with exactly the descriptors
 * they need, restart with back-off. Keeper and releaser share a private pair,
 * so that no ticket passes through the supervisor; when one of them ends both
 * start anew, and open questions are asked again.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/log.h"
#include "base/proto.h"
#include "gateway.h"
#include "quarantine/keeper_config.h"
#include "releaser/releaser_config.h"

#define FAILURES_MAX 5

static void on_restart(void *arg);

static void service_reap(struct service *s)
{
    loop_remove(s->gateway->loop, s->program.pidfd);
    peer_free(&s->peer);
    if (s->program.pid > 0) {
        if (spawn_kill(&s->program, SIGKILL) < 0)
            log_debug("%s was gone already", program_name(s->id));
        while (waitpid(s->program.pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    scope_close(&s->program.pidfd);
    s->program.pid = 0;
    s->ready = false;
}

static void restart_later(struct gateway *g, unsigned failures)
{
    uint64_t pause = (uint64_t)50 << (failures < 9 ? failures : 9);

    if (!g->restart && !g->stopping && loop_after(g->loop, pause, on_restart, g, &g->restart) < 0)
        loop_stop(g->loop, 1);
}

static void service_died(struct service *s)
{
    struct gateway *g = s->gateway;
    bool had_been_ready = s->ready;

    if (g->stopping)
        return;
    log_warn("%s ended", program_name(s->id));
    s->failures = had_been_ready ? 1 : s->failures + 1;
    if (s->failures >= FAILURES_MAX) {
        log_error("%s does not start; the gateway ends", program_name(s->id));
        loop_stop(g->loop, 1);
        return;
    }
    if (s->id != PROGRAM_INTAKE) {
        service_reap(&g->keeper);
        service_reap(&g->releaser);
        control_keeper_lost(g);
    } else {
        service_reap(&g->intake);
    }
    restart_later(g, s->failures);
}

static void on_service_closed(void *owner, struct peer *peer, int err)
{
    struct service *s = owner;

    (void)peer;
    if (err == ERR_PEER)
        log_error("%s said what it may not say", program_name(s->id));
    service_died(s);
}

static void on_service_dead(void *arg, unsigned events)
{
    (void)events;
    service_died(arg);
}

/* ---- What they may say ------------------------------------------------------------- */

static struct gateway *of(void *owner)
{
    return ((struct service *)owner)->gateway;
}

static void try_ready(struct gateway *g)
{
    if (g->keeper.ready && g->releaser.ready)
        jobs_keeper_ready(g);
}

static int on_keeper_ready(void *owner, struct peer *peer, struct msg *m)
{
    struct gateway *g = of(owner);
    struct view v = msg_view(m);
    size_t n;

    (void)peer;
    view_str(&v, g->keeper_note, sizeof g->keeper_note);
    uint64_t undecided = view_u64(&v);
    g->releases_stopped = view_u8(&v) != 0;
    const uint8_t *key = view_blob(&v, &n);
    if (view_end(&v) < 0 || n != sizeof g->release_key)
        return ERR_PEER;
    memcpy(g->release_key, key, n);
    g->keeper.ready = true;
    g->keeper.failures = 0;
    log_info("keeper is ready: %s, %llu undecided", g->keeper_note, (unsigned long long)undecided);
    scoped_buf b = buf_new(MSG_PAYLOAD_MAX);
    struct releaser_config config = {.durable = true, .poll_ms = 2000, .grace_ms = 60000};
    memcpy(config.public_key, g->release_key, sizeof config.public_key);
    config.waived = g->config->waived;
    releaser_config_put(&b, &config);
    if (peer_send(g->releaser.peer, MSG_CONFIG, 0, &b, NULL, 0) < 0)
        log_warn("the releaser does not listen");
    try_ready(g);
    return 0;
}

static int on_releaser_ready(void *owner, struct peer *peer, struct msg *m)
{
    (void)peer;
    (void)m;
    of(owner)->releaser.ready = true;
    of(owner)->releaser.failures = 0;
    try_ready(of(owner));
    return 0;
}

static int on_accepted(void *owner, struct peer *peer, struct msg *m)
{
    (void)peer;
    return job_on_accepted(of(owner), m);
}

static int on_opened(void *owner, struct peer *peer, struct msg *m)
{
    (void)peer;
    return job_on_opened(of(owner), m);
}

static int on_decided(void *owner, struct peer *peer, struct msg *m)
{
    (void)peer;
    return job_on_decided(of(owner), m);
}

static int on_resume(void *owner, struct peer *peer, struct msg *m)
{
    (void)peer;
    return job_on_resume(of(owner), m);
}

/* Rows and ends belong to a client's question, or to the recovery's (id 0). */
static int on_row_or_end(void *owner, struct peer *peer, struct msg *m)
{
    (void)peer;
    if (m->id == 0)
        return m->type == MSG_KEEPER_END ? job_on_pending_end(of(owner)) : ERR_PEER;
    (void)control_on_keeper(of(owner), m);
    return 0;
}

static void intake_pause(struct gateway *g, bool pause, const char *why)
{
    scoped_buf b = buf_new(MSG_PAYLOAD_MAX);

    g->paused = pause;
    (void)snprintf(g->pause_why, sizeof g->pause_why, "%s", why);
    buf_u8(&b, pause);
    buf_str(&b, why);
    if (g->intake.ready)
        (void)peer_send(g->intake.peer, MSG_INTAKE_PAUSE, 0, &b, NULL, 0);
}

static int on_event(void *owner, struct peer *peer, struct msg *m)
{
    struct gateway *g = of(owner);
    struct view v = msg_view(m);
    char kind[32], job[JOB_ID_MAX], text[512];

    (void)peer;
    view_str(&v, kind, sizeof kind);
    view_str(&v, job, sizeof job);
    view_str(&v, text, sizeof text);
    if (view_end(&v) < 0)
        return ERR_PEER;
    if (strcmp(kind, "disk-low") == 0)
        intake_pause(g, true, kind);
    else if (strcmp(kind, "disk-ok") == 0)
        intake_pause(g, false, "");
    else if (strncmp(kind, "audit-", 6) == 0)
        g->audit_fault = strcmp(kind, "audit-fault") == 0;
    bool ordinary = strcmp(kind, "delivered") == 0 || strcmp(kind, "collected") == 0;
    log_write(ordinary ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN, "%s %s %s", kind, job, text);
    return 0;
}

static int on_intake_ready(void *owner, struct peer *peer, struct msg *m)
{
    struct gateway *g = of(owner);

    (void)peer;
    (void)m;
    g->intake.ready = true;
    g->intake.failures = 0;
    if (g->paused)
        intake_pause(g, true, g->pause_why);
    jobs_intake_ready(g);
    return 0;
}

static const struct config_lane *lane_find(const struct gateway *g, const char *name)
{
    for (unsigned i = 0; i < g->config->lane_count; i++)
        if (strcmp(g->config->lanes[i].name, name) == 0)
            return &g->config->lanes[i];
    return NULL;
}

static int on_offer(void *owner, struct peer *peer, struct msg *m)
{
    struct gateway *g = of(owner);
    struct view v = msg_view(m);
    struct job_origin origin = {0};
    char lane_name[JOB_WORD_MAX];

    (void)peer;
    view_str(&v, lane_name, sizeof lane_name);
    view_str(&v, origin.path, sizeof origin.path);
    view_str(&v, origin.token, sizeof origin.token);
    view_str(&v, origin.submitter, sizeof origin.submitter);
    origin.mtime = (int64_t)view_u64(&v);
    (void)view_u64(&v);
    const struct config_lane *lane = lane_find(g, lane_name);
    if (view_end(&v) < 0 || !lane || origin.token[0] == '\0' || m->id == 0)
        return ERR_PEER;
    (void)snprintf(origin.lane, sizeof origin.lane, "%s", lane->name);
    (void)snprintf(origin.destination, sizeof origin.destination, "%s", lane->destination);
    (void)snprintf(origin.label, sizeof origin.label, "%s", config_label(lane));
    (void)snprintf(origin.profile, sizeof origin.profile, "%s", lane->profile);
    (void)snprintf(origin.source, sizeof origin.source, "spool");
    (void)snprintf(origin.policy_digest, sizeof origin.policy_digest, "%s", g->policy_digest);
    job_offer(g, &origin, msg_take_fd(m, 0), m->id, NULL);
    return 0;
}

static int on_told(void *owner, struct peer *peer, struct msg *m)
{
    (void)peer;
    return job_on_told(of(owner), m);
}

static const struct msg_rule keeper_rules[] = {
    {MSG_KEEPER_READY, 0, 0, true, on_keeper_ready},
    {MSG_KEEPER_ACCEPTED, 0, 1, false, on_accepted},
    {MSG_KEEPER_OPENED, 0, 1, false, on_opened},
    {MSG_KEEPER_DECIDED, 0, 0, false, on_decided},
    {MSG_KEEPER_RESUME, 0, 0, false, on_resume},
    {MSG_KEEPER_ROW, 0, 0, false, on_row_or_end},
    {MSG_KEEPER_END, 0, 0, false, on_row_or_end},
    {MSG_KEEPER_EVENT, 0, 0, false, on_event},
    {0}};
static const struct msg_rule releaser_rules[] = {{MSG_RELEASE_READY, 0, 0, true, on_releaser_ready}, {0}};
static const struct msg_rule intake_rules[] = {
    {MSG_INTAKE_READY, 0, 0, true, on_intake_ready},
    {MSG_INTAKE_OFFER, 1, 1, false, on_offer},
    {MSG_INTAKE_TOLD, 0, 0, false, on_told},
    {0}};

/* ---- Start ---------------------------------------------------------------------------- */

static int service_start(struct service *s, const struct msg_rule *rules, const struct spawn_fd *more, size_t more_count)
{
    struct gateway *g = s->gateway;
    char path[512], waived[16];
    const char *const argv[] = {program_name(s->id), waived, NULL};
    struct spawn_fd fds[SPAWN_FDS_MAX];
    int pair[2];

    (void)snprintf(waived, sizeof waived, "%x", g->config->waived);
    if (program_path(s->id, path) < 0 || msg_pair(pair) < 0)
        return ERR_NOTFOUND;
    fds[0] = (struct spawn_fd){pair[1], 3};
    for (size_t i = 0; i < more_count; i++)
        fds[i + 1] = more[i];
    struct spawn spawn = {.path = path, .argv = argv, .fds = fds, .fd_count = more_count + 1,
                          .drop = g->drop, .uid = g->service_uid, .gid = g->service_gid};
    int err = spawn_program(&spawn, &s->program);
    (void)close(pair[1]);
    if (err == 0)
        err = peer_new(g->loop, pair[0], rules, s, on_service_closed, &s->peer);
    if (err < 0) {
        (void)close(pair[0]);
        return err;
    }
    return loop_add(g->loop, s->program.pidfd, LOOP_READ, on_service_dead, s);
}

static int keeper_start(struct gateway *g)
{
    scoped_buf b = buf_new(MSG_PAYLOAD_MAX);
    int pair[2];

    if (msg_pair(pair) < 0)
        return ERR_IO;
    const struct spawn_fd keeper[] = {{pair[0], 4}, {g->state_dir, 5}, {g->checkpoint_dir, 6}};
    const struct spawn_fd releaser[] = {{pair[1], 4}, {g->outbound_dir, 5}};
    int err = service_start(&g->keeper, keeper_rules, keeper, ARRAY_LEN(keeper));
    if (err == 0)
        err = service_start(&g->releaser, releaser_rules, releaser, ARRAY_LEN(releaser));
    (void)close(pair[0]);
    (void)close(pair[1]);
    if (err < 0)
        return err;
    struct keeper_config config;
    keeper_config_default(&config);
    config.retain_original_days = config.retain_output_days = (uint32_t)g->config->gateway.retain_days;
    config.floor_bytes = g->config->gateway.disk_floor_mb << 20;
    config.file_bytes = (g->config->limits.file_mb > g->config->limits.output_mb ? g->config->limits.file_mb
                                                                                 : g->config->limits.output_mb)
                        << 20;
    config.waived = g->config->waived;
    (void)gethostname(config.gateway, sizeof config.gateway - 1);
    (void)snprintf(config.version, sizeof config.version, "%s", SEKIMORI_VERSION);
    keeper_config_put(&b, &config);
    return peer_send(g->keeper.peer, MSG_CONFIG, 0, &b, NULL, 0);
}

static int lane_send(struct gateway *g, const struct config_lane *lane)
{
    scoped_buf b = buf_new(MSG_PAYLOAD_MAX);
    scoped_fd int inbound = fdio_open_dir(AT_FDCWD, lane->inbound), results = fdio_open_dir(AT_FDCWD, lane->results);

    if (inbound < 0 || results < 0) {
        log_error("lane %s: %s cannot be opened", lane->name, inbound < 0 ? lane->inbound : lane->results);
        return ERR_NOTFOUND;
    }
    buf_str(&b, lane->name);
    buf_u8(&b, lane->poll);
    buf_u32(&b, (uint32_t)lane->settle_ms);
    buf_u32(&b, (uint32_t)lane->poll_ms);
    buf_u64(&b, g->config->limits.file_mb << 20);
    const int fds[] = {inbound, results};
    return peer_send(g->intake.peer, MSG_INTAKE_LANE, 0, &b, fds, ARRAY_LEN(fds));
}

static int intake_start(struct gateway *g)
{
    scoped_buf b = buf_new(MSG_PAYLOAD_MAX);
    int err = service_start(&g->intake, intake_rules, NULL, 0);

    if (err < 0)
        return err;
    buf_u32(&b, g->config->lane_count);
    err = peer_send(g->intake.peer, MSG_INTAKE_SETUP, 0, &b, NULL, 0);
    for (unsigned i = 0; i < g->config->lane_count && err == 0; i++)
        err = lane_send(g, &g->config->lanes[i]);
    return err;
}

int services_start(struct gateway *g)
{
    int err = 0;

    if (!g->keeper.peer)
        err = keeper_start(g);
    if (err == 0 && !g->intake.peer && g->config->lane_count > 0)
        err = intake_start(g);
    if (err < 0)
        log_error("a service cannot be started: %s", err_text(err));
    return err;
}

static void on_restart(void *arg)
{
    struct gateway *g = arg;

    g->restart = NULL;
    if (services_start(g) < 0)
        loop_stop(g->loop, 1);
}

/* An orderly end: the channel closes, the program finishes what it has and goes. */
static void service_end(struct service *s)
{
    struct timespec pause = {.tv_nsec = 10000000};

    if (s->program.pid <= 0)
        return;
    loop_remove(s->gateway->loop, s->program.pidfd);
    peer_free(&s->peer);
    for (int i = 0; i < 500; i++) {
        if (waitpid(s->program.pid, NULL, WNOHANG) != 0) {
            s->program.pid = 0;
            break;
        }
        (void)nanosleep(&pause, NULL);
    }
    service_reap(s);
}

void services_stop(struct gateway *g)
{
    g->stopping = true;
    loop_cancel(g->loop, &g->restart);
    service_end(&g->intake);
    service_end(&g->keeper);
    service_end(&g->releaser);
}
