/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One task: its report socket, its clock, its end. A task is over when its
 * process is gone and its report socket is read to the end; only then is its
 * word worth anything.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/log.h"
#include "base/proto.h"
#include "engine_private.h"

struct task *task_find(struct engine *engine, uint64_t id)
{
    for (struct task *t = engine->tasks; t; t = t->next)
        if (t->id == id)
            return t;
    return NULL;
}

static void list_remove(struct task **list, struct task *task)
{
    for (struct task **at = list; *at; at = &(*at)->next) {
        if (*at == task) {
            *at = task->next;
            return;
        }
    }
}

static void task_free(struct task *t)
{
    loop_cancel(t->engine->engines->loop, &t->timer);
    peer_free(&t->report);
    for (unsigned i = 0; i < ARRAY_LEN(t->fds); i++)
        scope_close(&t->fds[i]);
    free(t);
}

static void task_unlink(struct task *t)
{
    if (t->zygote) {
        list_remove(&t->engine->tasks, t);
        return;
    }
    list_remove(&t->engine->waiting, t);
    t->engine->waiting_last = &t->engine->waiting;
    while (*t->engine->waiting_last)
        t->engine->waiting_last = &(*t->engine->waiting_last)->next;
}

/* What the kernel's account of the end says, when the task's own word does not count. */
static enum reason exit_reason(const struct task *t)
{
    if (t->forced != REASON_NONE)
        return t->forced;
    if (t->offence)
        return REASON_SANDBOX;
    if (WIFSIGNALED(t->status)) {
        switch (WTERMSIG(t->status)) {
        case SIGSYS:
            return REASON_SANDBOX;
        case SIGXCPU:
            return REASON_TIMEOUT;
        case SIGXFSZ:
            return REASON_LIMIT_OUTPUT;
        case SIGKILL: /* the hard CPU limit, or the kernel's memory killer */
            return t->end.cpu_us + 500000 >= (uint64_t)t->order.cpu_seconds * 1000000 ? REASON_TIMEOUT : REASON_LIMIT_MEMORY;
        default:
            return REASON_CRASH;
        }
    }
    switch (WIFEXITED(t->status) ? WEXITSTATUS(t->status) : -1) {
    case TASK_EXIT_OK:
        return t->said ? t->end.reason : REASON_CRASH;
    case TASK_EXIT_MEMORY:
        return REASON_LIMIT_MEMORY;
    case TASK_EXIT_SETUP:
        return t->engine->id == PROGRAM_SCANNER ? REASON_SCAN_FAILED : REASON_INTERNAL;
    default:
        return REASON_CRASH;
    }
}

static void task_finish(struct task *t)
{
    struct zygote *z = t->zygote;
    uint64_t now = fdio_now_ms();
    enum reason reason = exit_reason(t);

    if (reason != t->end.reason && t->forced == REASON_NONE)
        (void)snprintf(t->end.detail, sizeof t->end.detail, "%s: status %d%s", program_name(t->engine->id), t->status,
                       t->offence ? ", forbidden message" : "");
    t->end.reason = reason == REASON_NONE ? REASON_INTERNAL : reason;
    t->end.ms = (uint32_t)(now - t->started_ms - t->waited_ms);
    t->engine->figures.tasks++;
    if (t->end.peak_kb > t->engine->figures.peak_kb)
        t->engine->figures.peak_kb = t->end.peak_kb;
    if (t->end.reason == REASON_CRASH || t->end.reason == REASON_SANDBOX)
        t->engine->figures.crashes++;
    task_unlink(t);
    t->events->done(t->arg, &t->end);
    task_free(t);
    if (z)
        zygote_task_gone(z);
}

void task_exited(struct task *t, int status, uint64_t cpu_us, uint64_t peak_kb)
{
    t->exited = true;
    t->status = status;
    t->end.cpu_us = cpu_us;
    t->end.peak_kb = peak_kb;
    if (t->report_closed)
        task_finish(t);
}

/* ---- What a task may say --------------------------------------------------------- */

static int on_finding(void *owner, struct peer *peer, struct msg *m)
{
    struct task *t = owner;
    struct view v = msg_view(m);
    char place[FINDING_PLACE_MAX], note[FINDING_NOTE_MAX];
    uint32_t kind = view_u32(&v), count = view_u32(&v);

    (void)peer;
    view_str(&v, place, sizeof place);
    view_str(&v, note, sizeof note);
    if (view_end(&v) < 0 || kind == FINDING_NONE || kind >= FINDING_KINDS || !t->events->finding || t->said)
        return ERR_PEER;
    t->events->finding(t->arg, (enum finding_kind)kind, count, place, note);
    return 0;
}

static int on_kept(void *owner, struct peer *peer, struct msg *m)
{
    struct task *t = owner;
    struct view v = msg_view(m);
    char what[KEPT_WORD_MAX];

    (void)peer;
    view_str(&v, what, sizeof what);
    uint64_t count = view_u64(&v);
    if (view_end(&v) < 0 || !t->events->kept || t->said)
        return ERR_PEER;
    t->events->kept(t->arg, what, count);
    return 0;
}

static int on_result(void *owner, struct peer *peer, struct msg *m)
{
    struct task *t = owner;
    struct view v = msg_view(m);
    uint32_t reason = view_u32(&v);
    size_t n;

    (void)peer;
    view_str(&v, t->end.detail, sizeof t->end.detail);
    view_str(&v, t->end.out_type, sizeof t->end.out_type);
    t->end.out_bytes = view_u64(&v);
    const uint8_t *digest = view_blob(&v, &n);
    if (view_end(&v) < 0 || reason == REASON_NONE || reason >= REASON_COUNT || (n != 0 && n != sizeof t->end.sha256))
        return ERR_PEER;
    if (n != 0)
        memcpy(t->end.sha256, digest, n);
    t->end.has_sha256 = n != 0;
    t->end.reason = (enum reason)reason;
    t->said = true;
    return 0;
}

static int on_detected(void *owner, struct peer *peer, struct msg *m)
{
    struct task *t = owner;
    struct view v = msg_view(m);
    char type[16], mime[64], name[CHILD_NAME_MAX];

    (void)peer;
    view_str(&v, type, sizeof type);
    view_str(&v, mime, sizeof mime);
    view_str(&v, name, sizeof name);
    uint8_t mismatch = view_u8(&v);
    if (view_end(&v) < 0 || !t->events->detected || t->said)
        return ERR_PEER;
    t->events->detected(t->arg, type, mime, name, mismatch != 0);
    return 0;
}

static int on_scanned(void *owner, struct peer *peer, struct msg *m)
{
    struct task *t = owner;
    struct view v = msg_view(m);
    char signature[160];

    (void)peer;
    view_str(&v, signature, sizeof signature);
    uint64_t time = view_u64(&v);
    uint32_t count = view_u32(&v);
    if (view_end(&v) < 0 || !t->events->scanned || t->said)
        return ERR_PEER;
    t->events->scanned(t->arg, signature, time, count);
    return 0;
}

/* A refused request is the item's end, not an offence: limits are ordinary. */
static int request_result(struct task *t, int err, enum reason reason)
{
    if (err < 0)
        task_kill(t, reason == REASON_NONE ? REASON_INTERNAL : reason, err_text(err));
    return 0;
}

static int on_child(void *owner, struct peer *peer, struct msg *m)
{
    struct task *t = owner;
    struct view v = msg_view(m);
    char name[CHILD_NAME_MAX];
    enum reason reason = REASON_NONE;

    (void)peer;
    view_str(&v, name, sizeof name);
    uint64_t packed = view_u64(&v), hint = view_u64(&v);
    int64_t mtime = (int64_t)view_u64(&v);
    if (view_end(&v) < 0 || !t->events->child || t->said)
        return ERR_PEER;
    if (t->forced != REASON_NONE)
        return 0;
    return request_result(t, t->events->child(t->arg, m->id, name, packed, hint, mtime, &reason), reason);
}

static int on_child_submit(void *owner, struct peer *peer, struct msg *m)
{
    struct task *t = owner;
    struct view v = msg_view(m);
    enum reason reason = REASON_NONE;

    (void)peer;
    if (view_end(&v) < 0 || !t->events->child_submit || t->said)
        return ERR_PEER;
    if (t->forced != REASON_NONE)
        return 0;
    return request_result(t, t->events->child_submit(t->arg, m->id, &reason), reason);
}

static int on_scratch(void *owner, struct peer *peer, struct msg *m)
{
    struct task *t = owner;
    struct view v = msg_view(m);
    enum reason reason = REASON_NONE;

    (void)peer;
    if (view_end(&v) < 0 || !t->events->scratch || t->said)
        return ERR_PEER;
    if (t->forced != REASON_NONE)
        return 0;
    return request_result(t, t->events->scratch(t->arg, &reason), reason);
}

static const struct msg_rule detect_rules[] = {
    {MSG_TASK_FINDING, 0, 0, false, on_finding},
    {MSG_TASK_DETECTED, 0, 0, true, on_detected},
    {MSG_TASK_RESULT, 0, 0, true, on_result},
    {0}};
static const struct msg_rule scan_rules[] = {
    {MSG_TASK_SCANNED, 0, 0, true, on_scanned},
    {MSG_TASK_RESULT, 0, 0, true, on_result},
    {0}};
static const struct msg_rule check_rules[] = {
    {MSG_TASK_KEPT, 0, 0, false, on_kept},
    {MSG_TASK_RESULT, 0, 0, true, on_result},
    {0}};
static const struct msg_rule handle_rules[] = {
    {MSG_TASK_FINDING, 0, 0, false, on_finding},
    {MSG_TASK_KEPT, 0, 0, false, on_kept},
    {MSG_TASK_CHILD, 0, 0, false, on_child},
    {MSG_TASK_CHILD_SUBMIT, 0, 0, false, on_child_submit},
    {MSG_TASK_SCRATCH, 0, 0, true, on_scratch},
    {MSG_TASK_RESULT, 0, 0, true, on_result},
    {0}};

static const struct msg_rule *const rules_of[] = {
    [TASK_DETECT] = detect_rules, [TASK_HANDLE] = handle_rules, [TASK_CHECK] = check_rules, [TASK_SCAN] = scan_rules};

static void on_report_closed(void *owner, struct peer *peer, int err)
{
    struct task *t = owner;

    (void)peer;
    t->report_closed = true;
    peer_free(&t->report);
    if (err == ERR_PEER) {
        t->offence = true;
        t->said = false;
        if (t->zygote)
            (void)peer_send(t->zygote->peer, MSG_ZYGOTE_KILL, t->id, NULL, NULL, 0);
    }
    if (t->exited)
        task_finish(t);
}

/* ---- Clock ---------------------------------------------------------------------------- */

static void on_clock(void *arg)
{
    struct task *t = arg;
    uint64_t now = fdio_now_ms(), waited = t->waited_ms + (t->waits ? now - t->waits_since_ms : 0);
    uint64_t used = now - t->started_ms - waited;

    t->timer = NULL;
    if (used >= t->wall_ms) {
        task_kill(t, REASON_TIMEOUT, "wall clock");
        return;
    }
    if (loop_after(t->engine->engines->loop, t->wall_ms - used + 1, on_clock, t, &t->timer) < 0)
        task_kill(t, REASON_INTERNAL, "no timer");
}

void task_waits(struct task *t, bool waits)
{
    uint64_t now = fdio_now_ms();

    if (waits == t->waits)
        return;
    t->waits = waits;
    if (waits)
        t->waits_since_ms = now;
    else
        t->waited_ms += now - t->waits_since_ms;
}

void task_kill(struct task *t, enum reason reason, const char *detail)
{
    if (t->forced != REASON_NONE)
        return;
    t->forced = reason;
    (void)snprintf(t->end.detail, sizeof t->end.detail, "%s", detail);
    if (t->zygote)
        (void)peer_send(t->zygote->peer, MSG_ZYGOTE_KILL, t->id, NULL, NULL, 0);
}

void task_abandon(struct task **task)
{
    struct task *t = steal(*task);

    if (!t)
        return;
    struct zygote *z = t->zygote;
    if (z && !t->exited)
        (void)peer_send(z->peer, MSG_ZYGOTE_KILL, t->id, NULL, NULL, 0);
    task_unlink(t);
    task_free(t);
    if (z)
        zygote_task_gone(z);
}

int task_answer(struct task *t, uint16_t type, uint64_t id, const struct buf *payload, int fd)
{
    if (!t->report)
        return 0; /* it is gone; its end is on the way */
    return peer_send(t->report, type, id, payload, &fd, fd >= 0 ? 1 : 0);
}

/* ---- Start -------------------------------------------------------------------------------- */

static int task_launch(struct task *t, struct zygote *z)
{
    scoped_buf b = buf_new(MSG_PAYLOAD_MAX), order = buf_new(MSG_PAYLOAD_MAX);
    struct loop *loop = t->engine->engines->loop;
    int pair[2];

    if (msg_pair(pair) < 0)
        return ERR_IO;
    int fds[4] = {t->fds[0], t->fds[1] >= 0 ? t->fds[1] : pair[1], pair[1], t->fds[2]};
    task_put(&order, &t->order);
    buf_blob(&b, order.bytes, order.len);
    int err = order.err < 0 ? order.err : peer_send(z->peer, MSG_ZYGOTE_START, t->id, &b, fds, t->fds[2] >= 0 ? 4 : 3);
    (void)close(pair[1]);
    if (err == 0)
        err = peer_new(loop, pair[0], rules_of[t->order.kind], t, on_report_closed, &t->report);
    if (err < 0) {
        (void)close(pair[0]);
        return err;
    }
    for (unsigned i = 0; i < ARRAY_LEN(t->fds); i++)
        scope_close(&t->fds[i]);
    t->zygote = z;
    t->started_ms = fdio_now_ms();
    z->running++;
    z->engine->figures.running++;
    return loop_after(loop, t->wall_ms, on_clock, t, &t->timer);
}

static int task_dup(struct task *t, int input, int output, int extra)
{
    const int from[] = {input, output, extra};

    for (unsigned i = 0; i < ARRAY_LEN(from); i++) {
        t->fds[i] = from[i] < 0 ? -1 : fcntl(from[i], F_DUPFD_CLOEXEC, 3);
        if (from[i] >= 0 && t->fds[i] < 0)
            return ERR_IO;
    }
    return 0;
}

int task_start(struct engines *engines, enum program_id id, const struct task_order *order, int input, int output,
               int extra, uint64_t wall_ms, const struct task_events *events, void *arg, struct task **task_out)
{
    struct engine *e = &engines->engines[id];
    struct task *t = calloc(1, sizeof *t);

    if (!t)
        return ERR_NOMEM;
    *t = (struct task){.engine = e, .id = engines->next_task++, .events = events, .arg = arg, .order = *order,
                       .fds = {-1, -1, -1}, .wall_ms = wall_ms};
    int err = e->failures >= 3 ? ERR_NOTFOUND : engine_start(engines, id);
    if (err == 0 || (err < 0 && e->restart))
        err = task_dup(t, input, output, extra);
    if (err == 0 && e->current && e->current->ready) {
        err = task_launch(t, e->current);
        if (t->zygote) {
            t->next = e->tasks;
            e->tasks = t;
        }
    } else if (err == 0) {
        if (!e->waiting_last || !e->waiting)
            e->waiting_last = &e->waiting;
        *e->waiting_last = t;
        e->waiting_last = &t->next;
    }
    if (err < 0) {
        if (t->zygote)
            task_abandon(&t);
        else
            task_free(t);
        return err;
    }
    *task_out = t;
    return 0;
}

static void task_fault(struct task *t, const char *why)
{
    task_kill(t, REASON_INTERNAL, why);
    task_finish(t);
}

void tasks_start_waiting(struct engine *e)
{
    while (e->waiting && e->current && e->current->ready) {
        struct task *t = e->waiting;
        e->waiting = t->next;
        t->next = NULL;
        int err = task_launch(t, e->current);
        if (t->zygote) {
            t->next = e->tasks;
            e->tasks = t;
        } else {
            t->next = e->waiting; /* so that task_finish finds it where it looks */
            e->waiting = t;
        }
        if (err < 0)
            task_fault(t, err_text(err));
    }
    e->waiting_last = &e->waiting;
    while (*e->waiting_last)
        e->waiting_last = &(*e->waiting_last)->next;
}

void tasks_fail_waiting(struct engine *e)
{
    while (e->waiting)
        task_fault(e->waiting, "the engine does not start");
}

void tasks_lose_zygote(struct zygote *z)
{
    struct task *t = z->engine->tasks;

    while (t) {
        if (t->zygote != z) {
            t = t->next;
            continue;
        }
        t->zygote = NULL; /* it is being freed by our caller */
        list_remove(&z->engine->tasks, t);
        t->next = z->engine->waiting;
        z->engine->waiting = t;
        z->running--;
        z->engine->figures.running--;
        task_kill(t, REASON_CRASH, "the engine died");
        task_finish(t);
        t = z->engine->tasks; /* callbacks may have changed the list */
    }
}

void tasks_drop(struct engine *e)
{
    while (e->tasks) {
        struct task *t = e->tasks;
        e->tasks = t->next;
        task_free(t);
    }
    while (e->waiting) {
        struct task *t = e->waiting;
        e->waiting = t->next;
        task_free(t);
    }
}
