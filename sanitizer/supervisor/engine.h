/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_ENGINE_H
#define SEKIMORI_ENGINE_H

#include <sys/types.h>

#include "base/loop.h"
#include "base/peer.h"
#include "base/task.h"
#include "config.h"
#include "programs.h"

/*
 * The zygotes and the tasks they run. A task is one sandboxed process for one
 * step of one item; what it says arrives through task_events, how it ended
 * through `done`, exactly once.
 */
struct engines;
struct task;

/* How a task ended. Borrowed for the call of `done`. */
struct task_end {
    enum reason reason;     /* REASON_OK only when it said so, exited cleanly and broke no rule */
    char detail[256];
    char out_type[16];
    uint64_t out_bytes;
    uint8_t sha256[32];
    bool has_sha256;
    uint64_t cpu_us, peak_kb;
    uint32_t ms;            /* wall clock from order to end, without waiting for members */
};

/* What a task says. Members it has no business with are absent: saying it then is an offence. */
struct task_events {
    void (*finding)(void *arg, enum finding_kind kind, uint32_t count, const char *place, const char *note);
    void (*kept)(void *arg, const char *what, uint64_t count);
    void (*detected)(void *arg, const char *type, const char *mime, const char *name, bool mismatch);
    void (*scanned)(void *arg, const char *signature, uint64_t signature_time, uint32_t signatures);
    /* Answers are task_answer; negative: the task is ended and held for the reason in *reason_out. */
    int (*child)(void *arg, uint64_t number, const char *name, uint64_t packed, uint64_t hint, int64_t mtime, enum reason *reason_out);
    int (*child_submit)(void *arg, uint64_t number, enum reason *reason_out);
    int (*scratch)(void *arg, enum reason *reason_out);
    void (*done)(void *arg, const struct task_end *end);
};

/* Figures of one engine, for status and benches. */
struct engine_figures {
    bool ready;
    uint32_t layers;
    uint32_t landlock_abi;
    char note[128];
    unsigned running, restarts;
    uint64_t tasks, crashes, peak_kb;
};

/* Nothing is started yet. `failed` is called when an engine cannot be started (its zygote exit status). */
int engines_new(struct loop *loop, const struct config *config, void (*failed)(void *arg, enum program_id id, int status),
                void *arg, struct engines **engines_out) must_check;
/* Ends all zygotes and their tasks; no callbacks. NULL is fine. */
void engines_free(struct engines **engines);

/* When started as root: the ids all zygotes started from now on run with. */
void engines_drop_to(struct engines *engines, uid_t uid, gid_t gid);

/* Starts an engine if it is not running. ERR_NOTFOUND: not built or installed; ERR_IO. `ready` follows in the figures. */
int engine_start(struct engines *engines, enum program_id id) must_check;

/* Starts a second scanner with the signatures as they are now; it takes over once it is ready, else the old one stays. */
int engine_reload(struct engines *engines, enum program_id id) must_check;

/* The figures of an engine, as they are now; lives as long as `engines`. */
const struct engine_figures *engine_figures(const struct engines *engines, enum program_id id);

/*
 * Starts a task, or queues it until the zygote is ready. Descriptors stay the
 * caller's; -1 where a task has none. wall_ms counts from the start of the
 * task; waiting for members does not count. ERR_NOTFOUND, ERR_NOMEM, ERR_IO:
 * there will be no call of `done`.
 */
int task_start(struct engines *engines, enum program_id id, const struct task_order *order, int input, int output,
               int extra, uint64_t wall_ms, const struct task_events *events, void *arg, struct task **task_out) must_check;

/* Sends a frame to the task (MSG_TASK_FILE, MSG_TASK_CHILD_DONE). */
int task_answer(struct task *task, uint16_t type, uint64_t id, const struct buf *payload, int fd);

/* Says that the task waits for members (or works again): its clock stands still meanwhile. */
void task_waits(struct task *task, bool waits);

/* Kills the task; `done` follows with this reason. */
void task_kill(struct task *task, enum reason reason, const char *detail);

/* Kills the task and forgets it: no further callback. NULL is fine. */
void task_abandon(struct task **task);

#endif
