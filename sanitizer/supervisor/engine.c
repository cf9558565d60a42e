/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Zygotes: start, hand over orders, restart with back-off. The supervisor's
 * side of the boundary; everything a zygote or a task says is checked against
 * a rule table, and an offence costs that peer its life, never ours.
 */
#include "engine_private.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/log.h"
#include "base/proto.h"
#include "base/zygote.h"

#define START_FAILURES_MAX 3
#define BACKOFF_MS_MAX 30000

static void zygote_end(struct zygote *z);

/* ---- What a zygote may say ------------------------------------------------------ */

static int on_zygote_ready(void *owner, struct peer *peer, struct msg *m)
{
    struct zygote *z = owner;
    struct view v = msg_view(m);

    (void)peer;
    z->engine->figures.layers = view_u32(&v);
    z->engine->figures.landlock_abi = view_u32(&v);
    view_str(&v, z->engine->figures.note, sizeof z->engine->figures.note);
    if (view_end(&v) < 0)
        return ERR_PEER;
    z->ready = true;
    z->engine->failures = 0;
    if (z->engine->next == z) { /* a reload that came up: the old one finishes its tasks and goes */
        struct zygote *old = z->engine->current;
        z->engine->current = z;
        z->engine->next = NULL;
        if (old) {
            old->retiring = true;
            if (old->running == 0)
                zygote_end(old);
        }
    }
    z->engine->figures.ready = true;
    tasks_start_waiting(z->engine);
    return 0;
}

static int on_zygote_exit(void *owner, struct peer *peer, struct msg *m)
{
    struct zygote *z = owner;
    struct view v = msg_view(m);
    uint32_t status = view_u32(&v);
    uint64_t cpu_us = view_u64(&v), peak_kb = view_u64(&v);

    (void)peer;
    if (view_end(&v) < 0)
        return ERR_PEER;
    struct task *task = task_find(z->engine, m->id);
    if (!task || task->zygote != z || task->exited)
        return task ? ERR_PEER : 0; /* an abandoned task ends unseen */
    task_exited(task, (int)status, cpu_us, peak_kb);
    return 0;
}

static const struct msg_rule zygote_rules[] = {
    {MSG_ZYGOTE_READY, 0, 0, true, on_zygote_ready},
    {MSG_ZYGOTE_EXIT, 0, 0, false, on_zygote_exit},
    {0}};

/* ---- Start and end ------------------------------------------------------------------ */

static void zygote_unlink(struct zygote *z)
{
    struct engine *e = z->engine;

    for (struct zygote **at = &e->all; *at; at = &(*at)->sibling) {
        if (*at == z) {
            *at = z->sibling;
            break;
        }
    }
    if (e->current == z) {
        e->current = NULL;
        e->figures.ready = false;
    }
    if (e->next == z)
        e->next = NULL;
}

/* Closes the channel, which ends the program and all its children, and reaps it. */
static int zygote_reap(struct zygote *z)
{
    int status = 0;

    loop_remove(z->engine->engines->loop, z->program.pidfd);
    peer_free(&z->peer);
    if (z->program.pid > 0) {
        if (spawn_kill(&z->program, SIGKILL) < 0)
            log_debug("%s was gone already", program_name(z->engine->id));
        while (waitpid(z->program.pid, &status, 0) < 0 && errno == EINTR)
            ;
    }
    scope_close(&z->program.pidfd);
    return status;
}

static void zygote_end(struct zygote *z)
{
    zygote_unlink(z);
    tasks_lose_zygote(z);
    (void)zygote_reap(z);
    free(z);
}

static void on_restart(void *arg)
{
    struct engine *e = arg;

    e->restart = NULL;
    if (!e->current && engine_start(e->engines, e->id) < 0)
        log_error("%s cannot be started again", program_name(e->id));
}

/* An engine died or could not start: its tasks fail, and it comes back after a growing pause. */
static void zygote_died(struct zygote *z)
{
    struct engine *e = z->engine;
    bool was_current = e->current == z, had_been_ready = z->ready, retired = z->retiring;

    zygote_unlink(z);
    tasks_lose_zygote(z);
    int status = zygote_reap(z);
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    free(z);
    if (retired)
        return;
    log_warn("%s ended with status %d", program_name(e->id), code);
    if (!was_current)
        return;
    e->figures.restarts++;
    if (!had_been_ready && ++e->failures >= START_FAILURES_MAX) {
        tasks_fail_waiting(e);
        e->engines->failed(e->engines->failed_arg, e->id, code);
        return;
    }
    uint64_t pause = (uint64_t)100 << (e->failures < 8 ? e->failures : 8);
    loop_cancel(e->engines->loop, &e->restart);
    if (loop_after(e->engines->loop, pause < BACKOFF_MS_MAX ? pause : BACKOFF_MS_MAX, on_restart, e, &e->restart) < 0)
        tasks_fail_waiting(e);
}

static void on_zygote_closed(void *owner, struct peer *peer, int err)
{
    (void)peer;
    if (err == ERR_PEER)
        log_error("%s said what it may not say", program_name(((struct zygote *)owner)->engine->id));
    zygote_died(owner);
}

static void on_zygote_dead(void *arg, unsigned events)
{
    (void)events;
    zygote_died(arg);
}

/* argv of a zygote: waived layers, and what the engine needs besides. */
static int zygote_spawn(struct engine *e, int channel, struct spawned *out)
{
    const struct config *config = e->engines->config;
    char path[512], waived[16], age[24];
    const char *argv[6] = {program_name(e->id), waived, NULL};
    struct spawn_fd fds[] = {{channel, ZYGOTE_CHANNEL_FD}};
    struct spawn spawn = {.path = path, .argv = argv, .fds = fds, .fd_count = ARRAY_LEN(fds)};

    (void)snprintf(waived, sizeof waived, "%x", config->waived);
    (void)snprintf(age, sizeof age, "%llu", (unsigned long long)config->scanner.max_age_days);
    if (e->id == PROGRAM_SCANNER) {
        argv[2] = config->scanner.signatures;
        argv[3] = age;
    }
    int err = program_path(e->id, path);
    if (err < 0)
        return err;
    if (e->engines->drop) {
        spawn.drop = true;
        spawn.uid = e->engines->uid;
        spawn.gid = e->engines->gid;
    }
    return spawn_program(&spawn, out);
}

static int zygote_start(struct engine *e, struct zygote **zygote_out)
{
    struct zygote *z = calloc(1, sizeof *z);
    int pair[2];

    if (!z || msg_pair(pair) < 0) {
        free(z);
        return ERR_NOMEM;
    }
    *z = (struct zygote){.engine = e, .program = {.pidfd = -1}};
    int err = zygote_spawn(e, pair[1], &z->program);
    (void)close(pair[1]);
    if (err == 0)
        err = peer_new(e->engines->loop, pair[0], zygote_rules, z, on_zygote_closed, &z->peer);
    if (err < 0)
        (void)close(pair[0]);
    else if (z->program.pidfd >= 0)
        err = loop_add(e->engines->loop, z->program.pidfd, LOOP_READ, on_zygote_dead, z);
    if (err < 0) {
        (void)zygote_reap(z);
        free(z);
        return err;
    }
    z->sibling = e->all;
    e->all = z;
    *zygote_out = z;
    return 0;
}

int engine_start(struct engines *engines, enum program_id id)
{
    struct engine *e = &engines->engines[id];

    return e->current ? 0 : zygote_start(e, &e->current);
}

int engine_reload(struct engines *engines, enum program_id id)
{
    struct engine *e = &engines->engines[id];

    if (!e->current)
        return engine_start(engines, id);
    if (e->next)
        zygote_end(e->next);
    return zygote_start(e, &e->next);
}

const struct engine_figures *engine_figures(const struct engines *engines, enum program_id id)
{
    return &engines->engines[id].figures;
}

void zygote_task_gone(struct zygote *z)
{
    z->running--;
    z->engine->figures.running--;
    if (z->retiring && z->running == 0)
        zygote_end(z);
}

int engines_new(struct loop *loop, const struct config *config, void (*failed)(void *arg, enum program_id id, int status),
                void *arg, struct engines **engines_out)
{
    struct engines *engines = calloc(1, sizeof *engines);

    if (!engines)
        return ERR_NOMEM;
    *engines = (struct engines){.loop = loop, .config = config, .failed = failed, .failed_arg = arg, .next_task = 1};
    for (unsigned i = 0; i < PROGRAM_ZYGOTES; i++)
        engines->engines[i] = (struct engine){.engines = engines, .id = (enum program_id)i};
    *engines_out = engines;
    return 0;
}

void engines_drop_to(struct engines *engines, uid_t uid, gid_t gid)
{
    engines->drop = true;
    engines->uid = uid;
    engines->gid = gid;
}

void engines_free(struct engines **engines)
{
    struct engines *all = steal(*engines);

    if (!all)
        return;
    for (unsigned i = 0; i < PROGRAM_ZYGOTES; i++) {
        struct engine *e = &all->engines[i];
        loop_cancel(all->loop, &e->restart);
        tasks_drop(e);
        while (e->all) {
            struct zygote *z = e->all;
            zygote_unlink(z);
            (void)zygote_reap(z);
            free(z);
        }
    }
    free(all);
}
