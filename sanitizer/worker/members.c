/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Child items, seen from a container's worker: ask for a file, fill it, hand
 * it over, wait for what became of it. Inside the sandbox; files come as
 * descriptors from the supervisor, which counts and limits on its own.
 */
#include "members.h"

#include <string.h>

#include "base/msg.h"
#include "base/proto.h"
#include "base/task.h"
#include "input.h"
#include "report.h"

static struct msg frame; /* too big for the stack */

static _Noreturn void peer_is_wrong(void)
{
    _exit(TASK_EXIT_PEER);
}

static struct member *member_find(struct members *m, uint64_t id)
{
    for (unsigned i = 0; i < m->count; i++) {
        struct member *member = &m->queue[(m->first + i) % CHILD_WINDOW];
        if (member->id == id)
            return member;
    }
    return NULL;
}

/* A released member must come with its bytes, another one without. */
static int map_result(struct child_result *result, int fd)
{
    if ((result->verdict == VERDICT_RELEASED) != (fd >= 0))
        return ERR_PEER;
    if (fd < 0)
        return 0;
    struct fmt_in *mapped = malloc(sizeof *mapped);
    int err = mapped ? input_map(fd, mapped) : ERR_NOMEM;
    if (err < 0) {
        free(mapped);
        return err;
    }
    result->bytes = *mapped;
    result->token = mapped;
    return 0;
}

static void on_done(struct members *m, struct msg *got)
{
    struct member *member = member_find(m, got->id);
    struct view v = msg_view(got);
    uint32_t verdict = view_u32(&v), reason = view_u32(&v);
    scoped_fd int fd = msg_take_fd(got, 0);

    if (!member || member->done)
        peer_is_wrong();
    struct child_result *result = &member->result;
    view_str(&v, result->name, sizeof result->name);
    view_str(&v, result->type, sizeof result->type);
    result->mtime = (int64_t)view_u64(&v);
    if (view_end(&v) < 0 || verdict > VERDICT_BLOCKED || reason >= REASON_COUNT ||
        (verdict == VERDICT_RELEASED) != (reason == REASON_OK))
        peer_is_wrong();
    result->verdict = (enum verdict)verdict;
    result->reason = (enum reason)reason;
    int err = map_result(result, fd);
    if (err == ERR_NOMEM)
        _exit(TASK_EXIT_MEMORY);
    if (err < 0)
        peer_is_wrong();
    member->done = true;
}

/* Takes the next frame. Returns the descriptor when it is the file with that id, else -1. */
static int next_frame(struct members *m, uint64_t file_id, bool file_wanted)
{
    int fd = -1;

    if (msg_recv(m->report, &frame) < 0)
        peer_is_wrong();
    if (frame.type == MSG_TASK_CHILD_DONE)
        on_done(m, &frame);
    else if (frame.type != MSG_TASK_FILE || !file_wanted || frame.id != file_id || (fd = msg_take_fd(&frame, 0)) < 0)
        peer_is_wrong();
    msg_close(&frame);
    return fd;
}

static int wait_file(struct members *m, uint64_t id)
{
    int fd;

    do
        fd = next_frame(m, id, true);
    while (fd < 0);
    return fd;
}

int members_open(struct members *m, const struct child_info *info)
{
    scoped_buf b = buf_new(8192);

    buf_str(&b, info->name);
    buf_u64(&b, info->packed_bytes);
    buf_u64(&b, info->size_hint);
    buf_u64(&b, (uint64_t)info->mtime);
    report_say(m->report, MSG_TASK_CHILD, ++m->last, &b);
    m->sink.fd = wait_file(m, m->last);
    m->sink.at = 0;
    m->sink.len = 0;
    m->open = true;
    return 0;
}

int members_write(struct members *m, const void *bytes, size_t n)
{
    return m->open ? sink_write(&m->sink, m->sink.at + m->sink.len, bytes, n) : ERR_INVALID;
}

int members_submit(struct members *m)
{
    if (!m->open || m->count == CHILD_WINDOW)
        return ERR_LIMIT;
    int err = sink_flush(&m->sink);
    m->open = false;
    scope_close(&m->sink.fd);
    if (err < 0)
        return err;
    m->queue[(m->first + m->count++) % CHILD_WINDOW] = (struct member){.id = m->last};
    report_say(m->report, MSG_TASK_CHILD_SUBMIT, m->last, NULL);
    return 0;
}

int members_collect(struct members *m, struct child_result *result_out)
{
    struct member *oldest = &m->queue[m->first];

    if (m->count == 0)
        return ERR_INVALID;
    while (!oldest->done)
        (void)next_frame(m, 0, false);
    *result_out = oldest->result;
    m->first = (m->first + 1) % CHILD_WINDOW;
    m->count--;
    return 0;
}

void members_release(struct child_result *result)
{
    struct fmt_in *mapped = result->token;

    input_unmap(mapped);
    free(mapped);
}

int members_scratch(struct members *m)
{
    report_say(m->report, MSG_TASK_SCRATCH, 0, NULL);
    return wait_file(m, 0);
}
