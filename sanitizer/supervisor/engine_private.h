/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_ENGINE_PRIVATE_H
#define SEKIMORI_ENGINE_PRIVATE_H

/* Shared by engine.c (zygotes) and engine_task.c (tasks) only. */
#include <sys/types.h>

#include "base/spawn.h"
#include "engine.h"

struct zygote {
    struct zygote *sibling;
    struct engine *engine;
    struct spawned program;
    struct peer *peer;
    bool ready, retiring;
    unsigned running;
};

struct engine {
    struct engines *engines;
    enum program_id id;
    struct zygote *current, *next, *all; /* in use; coming up after a reload; every one alive */
    struct loop_timer *restart;
    unsigned failures; /* starts in a row that never became ready */
    struct engine_figures figures;
    struct task *tasks;              /* running */
    struct task *waiting, **waiting_last; /* until the zygote is ready */
};

struct engines {
    struct loop *loop;
    const struct config *config;
    void (*failed)(void *arg, enum program_id id, int status);
    void *failed_arg;
    uint64_t next_task;
    bool drop;
    uid_t uid;
    gid_t gid;
    struct engine engines[PROGRAM_ZYGOTES];
};

struct task {
    struct task *next;
    struct engine *engine;
    struct zygote *zygote; /* NULL while waiting */
    uint64_t id;
    const struct task_events *events;
    void *arg;
    struct task_order order;
    int fds[3]; /* own duplicates while waiting; -1 afterwards */
    struct peer *report;
    struct loop_timer *timer;
    uint64_t wall_ms, started_ms, waited_ms, waits_since_ms;
    bool waits, said, exited, report_closed, offence;
    int status;
    enum reason forced; /* why we killed it */
    struct task_end end;
};

/* The task of a number, or NULL. */
struct task *task_find(struct engine *engine, uint64_t id);
/* The zygote told that a task process ended. */
void task_exited(struct task *task, int status, uint64_t cpu_us, uint64_t peak_kb);
/* Hands all waiting tasks to the zygote that became ready. */
void tasks_start_waiting(struct engine *engine);
/* Ends waiting tasks as faults: the engine will not come up. */
void tasks_fail_waiting(struct engine *engine);
/* Ends the running tasks of a zygote that is gone. */
void tasks_lose_zygote(struct zygote *zygote);
/* Frees all tasks without callbacks. */
void tasks_drop(struct engine *engine);
/* A task left its zygote. May free the zygote. */
void zygote_task_gone(struct zygote *zygote);

#endif
