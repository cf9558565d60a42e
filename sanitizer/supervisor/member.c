/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Members of containers. The container's worker hands bytes over and gets them
 * back rebuilt; depth, count, size and expansion of the whole job are counted
 * here, where no worker can reach, and a bad member's fate binds its container
 * whatever the worker makes of it.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/proto.h"
#include "pipeline_private.h"

static void on_finding(void *arg, enum finding_kind kind, uint32_t count, const char *place, const char *note)
{
    struct item *item = arg;

    if (findings_add(&item->findings, kind, place, count, note) < 0)
        item->pending = REASON_LIMIT_MEMORY;
}

static void on_kept(void *arg, const char *what, uint64_t count)
{
    findings_keep(&((struct item *)arg)->findings, what, count);
}

static struct item *member_find(const struct item *item, uint64_t number)
{
    for (struct item *m = item->members; m; m = m->sibling)
        if (m->number == number)
            return m;
    return NULL;
}

/* The worker's clock stands still while it can only wait for us. */
static void member_count(struct item *item, int change)
{
    item->members_open = (unsigned)((int)item->members_open + change);
    if (item->first)
        task_waits(item->first, item->members_open > 0);
}

static int on_child(void *arg, uint64_t number, const char *name, uint64_t packed, uint64_t hint, int64_t mtime,
                    enum reason *reason_out)
{
    struct item *item = arg;
    struct pipeline *p = item->job->pipeline;
    const struct config_limits *limits = &p->config->limits;

    if (item->depth >= limits->depth) {
        *reason_out = REASON_LIMIT_DEPTH;
        return ERR_LIMIT;
    }
    if (++item->job->members > limits->members) {
        *reason_out = REASON_LIMIT_MEMBERS;
        return ERR_LIMIT;
    }
    if (item->members_open > CHILD_WINDOW || member_find(item, number) || name[0] == '\0')
        return ERR_PEER;
    struct item *member = item_new(item->job, item);
    if (!member)
        return ERR_NOMEM;
    member->number = number;
    member->packed_bytes = packed;
    member->mtime = mtime;
    (void)snprintf(member->name, sizeof member->name, "%s", name);
    member->in_fd = workfile_new(p->work_dir, hint);
    if (member->in_fd < 0)
        return ERR_IO;
    member_count(item, 1);
    return task_answer(item->first, MSG_TASK_FILE, number, NULL, member->in_fd);
}

static int on_child_submit(void *arg, uint64_t number, enum reason *reason_out)
{
    struct item *item = arg, *member = member_find(item, number);
    const struct config_limits *limits = &item->job->pipeline->config->limits;

    if (!member || member->submitted)
        return ERR_PEER;
    member->submitted = true;
    member->in_fd = workfile_freeze(&member->in_fd, item->job->pipeline->work_dir, true, &member->bytes);
    if (member->in_fd < 0)
        return ERR_REFUSED;
    uint64_t packed = member->packed_bytes ? member->packed_bytes : 1;
    item->job->total_bytes += member->bytes;
    if (member->bytes > limits->file_mb << 20)
        *reason_out = REASON_LIMIT_BYTES;
    else if (item->job->total_bytes > limits->total_mb << 20 ||
             (member->bytes > limits->ratio_floor_mb << 20 && member->bytes / packed > limits->ratio))
        *reason_out = REASON_LIMIT_RATIO;
    if (*reason_out != REASON_NONE)
        return ERR_LIMIT;
    item_ready(member);
    return 0;
}

static int on_scratch(void *arg, enum reason *reason_out)
{
    struct item *item = arg;
    uint64_t hint = item->bytes > WORKFILE_MEMORY_MAX >> 2 ? UINT64_MAX : item->bytes;
    scoped_fd int fd = workfile_new(item->job->pipeline->work_dir, hint);

    (void)reason_out;
    return fd < 0 ? fd : task_answer(item->first, MSG_TASK_FILE, 0, NULL, fd);
}

static void on_handle_done(void *arg, const struct task_end *end)
{
    struct item *item = arg;

    item->first = NULL;
    item_rebuilt(item, end);
}

const struct task_events handle_events = {
    .finding = on_finding,
    .kept = on_kept,
    .child = on_child,
    .child_submit = on_child_submit,
    .scratch = on_scratch,
    .done = on_handle_done,
};

/* "folder/member: place", so that a report names the way to the spot. */
static void findings_lift(struct item *item, const struct item *member)
{
    char place[FINDING_PLACE_MAX * 4 + CHILD_NAME_MAX];

    for (size_t i = 0; i < member->findings.count; i++) {
        const struct finding *f = &member->findings.rows[i];
        (void)snprintf(place, sizeof place, "%s%s%s", member->name, f->place[0] ? ": " : "", f->place);
        if (findings_add(&item->findings, f->kind, place, f->count, f->note) < 0)
            item->pending = REASON_LIMIT_MEMORY;
    }
    for (size_t i = 0; i < member->findings.kept_count; i++)
        findings_keep(&item->findings, member->findings.kept[i].what, member->findings.kept[i].count);
}

static int member_tell(struct item *item, const struct item *member)
{
    scoped_buf b = buf_new(MSG_PAYLOAD_MAX);
    bool released = member->reason == REASON_OK;

    buf_u32(&b, (uint32_t)reason_verdict(member->reason));
    buf_u32(&b, (uint32_t)member->reason);
    buf_str(&b, member->name);
    buf_str(&b, released ? member->out_type->name : "");
    buf_u64(&b, (uint64_t)member->mtime);
    return task_answer(item->first, MSG_TASK_CHILD_DONE, member->number, &b, released ? member->out_fd : -1);
}

static void member_unlink(struct item *member)
{
    for (struct item **at = &member->parent->members; *at; at = &(*at)->sibling) {
        if (*at == member) {
            *at = member->sibling;
            return;
        }
    }
}

void member_over(struct item *member)
{
    struct item *item = member->parent;
    int err = 0;

    if (member->reason == REASON_OK)
        buf_put(&item->approved, member->out_sha256, 32);
    else if (member->reason == REASON_INFECTED || member->members_infected)
        item->members_infected = true;
    else if (reason_verdict(member->reason) == VERDICT_BLOCKED)
        item->members_blocked++;
    else
        item->members_held++;
    if (member->reason != REASON_OK && item->detail[0] == '\0')
        (void)snprintf(item->detail, sizeof item->detail, "%.150s: %s: %.60s", member->name, reason_code(member->reason),
                       member->detail);
    findings_lift(item, member);
    if (item->first)
        err = member_tell(item, member);
    member_unlink(member);
    item_free(member);
    member_count(item, -1);
    if (err < 0 && item->first)
        task_kill(item->first, REASON_INTERNAL, "a member's result could not be told");
}

enum reason members_verdict(const struct item *item)
{
    if (item->members_infected)
        return REASON_INFECTED;
    if (item->job->profile->switches[FINDING_MEMBER] != FMT_SWITCH_SANITIZE) {
        if (item->members_blocked > 0)
            return REASON_MEMBER_BLOCKED;
        if (item->members_held > 0)
            return REASON_MEMBER_HELD;
    }
    return REASON_OK;
}
