/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One item's way: identify and scan side by side, rebuild, then scan and check
 * the result side by side. Every step must say yes in so many words; what is
 * not said is no.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/utf8.h"
#include "formats/name_type.h"
#include "pipeline_private.h"

static void item_verify_done(struct item *item);
static void item_identify_done(struct item *item);

struct item *item_new(struct pipeline_job *job, struct item *parent)
{
    struct item *item = calloc(1, sizeof *item);

    if (!item)
        return NULL;
    *item = (struct item){.job = job, .parent = parent, .in_fd = -1, .out_fd = -1, .approved = buf_new((size_t)64 << 20)};
    item->depth = parent ? parent->depth + 1 : 0;
    job->items++;
    if (parent) {
        item->sibling = parent->members;
        parent->members = item;
    }
    return item;
}

void item_free(struct item *item)
{
    while (item->members) {
        struct item *member = item->members;
        item->members = member->sibling;
        item_free(member);
    }
    scope_close(&item->in_fd);
    scope_close(&item->out_fd);
    findings_clear(&item->findings);
    buf_free(&item->approved);
    free(item);
}

void item_ready(struct item *item)
{
    struct pipeline *p = item->job->pipeline;

    item->next_ready = NULL;
    if (item->parent) {
        item->next_ready = p->ready;
        if (!p->ready)
            p->ready_last = &item->next_ready;
        p->ready = item;
    } else {
        *p->ready_last = item;
        p->ready_last = &item->next_ready;
    }
    pipeline_pump(p);
}

static void ready_remove(struct item *item)
{
    struct pipeline *p = item->job->pipeline;

    for (struct item **at = &p->ready; *at; at = &(*at)->next_ready) {
        if (*at == item) {
            *at = item->next_ready;
            break;
        }
    }
    p->ready_last = &p->ready;
    while (*p->ready_last)
        p->ready_last = &(*p->ready_last)->next_ready;
}

void item_stop(struct item *item)
{
    for (struct item *member = item->members; member; member = member->sibling)
        item_stop(member);
    ready_remove(item);
    task_abandon(&item->first);
    task_abandon(&item->second);
    slot_release(item);
    item->phase = ITEM_OVER;
}

void item_end(struct item *item, enum reason reason, const char *detail)
{
    if (item->phase == ITEM_OVER)
        return;
    item_stop(item);
    item->reason = reason == REASON_NONE ? REASON_INTERNAL : reason;
    if (detail && detail[0])
        (void)snprintf(item->detail, sizeof item->detail, "%s", detail);
    if (item->parent)
        member_over(item);
    else
        job_over(item->job);
}

static void stage_note(struct item *item, enum stage stage, enum reason reason, const uint8_t *sha256, uint32_t ms)
{
    item->stages[stage].stage = stage;
    item->stages[stage].reason = reason;
    item->stages[stage].ms += ms;
    if (sha256)
        memcpy(item->stages[stage].sha256, sha256, 32);
}

static int item_task(struct item *item, enum program_id id, enum task_kind kind, const struct format_identity *type,
                     int in, int out, int extra, const struct task_events *events, struct task **task_out)
{
    struct pipeline *p = item->job->pipeline;
    struct task_order *order = calloc(1, sizeof *order);

    if (!order)
        return ERR_NOMEM;
    policy_order(p->config, item->job->profile, kind, type, item->mode, item->name, item->depth, order);
    int err = task_start(p->engines, id, order, in, out, extra, p->config->limits.item_seconds * 1000, events, item, task_out);
    free(order);
    return err;
}

/* ---- Identify: detect and scan ---------------------------------------------------- */

static void on_finding(void *arg, enum finding_kind kind, uint32_t count, const char *place, const char *note)
{
    struct item *item = arg;

    if (findings_add(&item->findings, kind, place, count, note) < 0)
        item->pending = REASON_LIMIT_MEMORY;
}

static void on_detected(void *arg, const char *type, const char *mime, const char *name, bool mismatch)
{
    struct item *item = arg;

    (void)mime;
    (void)mismatch;
    (void)snprintf(item->detected_type, sizeof item->detected_type, "%s", type);
    (void)snprintf(item->name, sizeof item->name, "%s", name);
}

static bool finding_disallowed(const struct item *item)
{
    for (size_t i = 0; i < item->findings.count; i++)
        if (item->job->profile->switches[item->findings.rows[i].kind] == FMT_SWITCH_DISALLOW)
            return true;
    return false;
}

/* A name is data for paths and terminals: what the detect worker calls clean is looked at once more. */
static bool name_is_clean(const char *name)
{
    size_t left = strlen(name);

    if (left == 0 || name[0] == '/' || name[left - 1] == '/' || strstr(name, "//"))
        return false;
    for (const char *part = name; part;) {
        size_t n = strcspn(part, "/");
        if ((n == 1 && part[0] == '.') || (n == 2 && part[0] == '.' && part[1] == '.') || n > 255)
            return false;
        part = part[n] ? part + n + 1 : NULL;
    }
    for (uint32_t c; left > 0;) {
        size_t n = utf8_decode(name, left, &c);
        if (n == 0 || !utf8_is_printable(c) || c == '\\')
            return false;
        name += n;
        left -= n;
    }
    return true;
}

static void on_detect_done(void *arg, const struct task_end *end)
{
    struct item *item = arg;
    enum reason reason = end->reason;

    item->first = NULL;
    item->type = registry_find(item->detected_type);
    if (reason == REASON_OK && (!item->type || item->type->class != FORMAT_CLASS_HANDLED || !item->type->engine))
        reason = REASON_UNSUPPORTED_TYPE;
    if (reason == REASON_OK && !name_is_clean(item->name))
        reason = REASON_UNSAFE_NAME;
    if (reason == REASON_OK && finding_disallowed(item))
        reason = REASON_POLICY;
    stage_note(item, STAGE_DETECT, reason, NULL, end->ms);
    if (reason != REASON_OK || item->pending == REASON_NONE)
        item->pending = reason;
    if (reason != REASON_OK)
        (void)snprintf(item->detail, sizeof item->detail, "%s", end->detail);
    item_identify_done(item);
}

static void on_scanned(void *arg, const char *signature, uint64_t signature_time, uint32_t signatures)
{
    struct item *item = arg;

    (void)signature_time;
    (void)signatures;
    if (signature[0])
        (void)snprintf(item->detail, sizeof item->detail, "%s", signature);
}

/* What a scan of the input may say without holding the file: the handler meets the encryption itself. */
static bool scan_passes(enum reason reason, bool input)
{
    return reason == REASON_OK || (input && reason == REASON_ENCRYPTED);
}

static void on_scan_input_done(void *arg, const struct task_end *end)
{
    struct item *item = arg;
    enum reason reason = scan_passes(end->reason, true) ? REASON_OK : end->reason;

    item->second = NULL;
    item->scan_ms += end->ms;
    if (end->has_sha256) {
        memcpy(item->in_sha256, end->sha256, 32);
        item->has_in_sha256 = true;
    } else if (reason == REASON_OK) {
        reason = REASON_SCAN_FAILED;
    }
    stage_note(item, STAGE_SCAN_INPUT, reason, item->in_sha256, end->ms);
    if (reason != REASON_OK && item->detail[0] == '\0')
        (void)snprintf(item->detail, sizeof item->detail, "%s", end->detail);
    item_identify_done(item);
}

static const struct task_events detect_events = {.finding = on_finding, .detected = on_detected, .done = on_detect_done};
static const struct task_events scan_input_events = {.scanned = on_scanned, .done = on_scan_input_done};

static void item_identify(struct item *item)
{
    item->phase = ITEM_IDENTIFY;
    int err = item_task(item, PROGRAM_DETECT, TASK_DETECT, NULL, item->in_fd, -1, -1, &detect_events, &item->first);
    if (err == 0)
        err = item_task(item, PROGRAM_SCANNER, TASK_SCAN, NULL, item->in_fd, -1, -1, &scan_input_events, &item->second);
    if (err < 0)
        item_end(item, REASON_INTERNAL, err_text(err));
}

/* ---- Rebuild -------------------------------------------------------------------------- */

static void item_rebuild(struct item *item)
{
    struct pipeline *p = item->job->pipeline;
    bool container = strcmp(item->type->family, "archive") == 0;

    item->phase = ITEM_REBUILD;
    item->mode = policy_mode(item->job->profile, item->type, item->job->mode);
    item->out_fd = workfile_new(p->work_dir, container && item->bytes > (WORKFILE_MEMORY_MAX >> 2) ? UINT64_MAX : item->bytes);
    if (item->out_fd < 0) {
        item_end(item, REASON_IO, "no work file");
        return;
    }
    if (container) /* it waits for its members most of the time: they need the slot */
        slot_release(item);
    int err = item_task(item, program_of_engine(item->type->engine), TASK_HANDLE, item->type, item->in_fd, item->out_fd,
                        -1, &handle_events, &item->first);
    if (err < 0)
        item_end(item, REASON_INTERNAL, err_text(err));
    pipeline_pump(p);
}

/* Precedence: a virus, then what identification said, then a scan that did not pass. */
static void item_identify_done(struct item *item)
{
    enum reason scan = item->stages[STAGE_SCAN_INPUT].reason;

    if (item->first || item->second || item->phase != ITEM_IDENTIFY)
        return;
    if (scan == REASON_INFECTED)
        item_end(item, scan, NULL);
    else if (item->pending != REASON_OK)
        item_end(item, item->pending, NULL);
    else if (scan != REASON_OK)
        item_end(item, scan, NULL);
    else
        item_rebuild(item);
}

/* ---- Verify: scan and check the result ------------------------------------------------------- */

static void on_scan_output_done(void *arg, const struct task_end *end)
{
    struct item *item = arg;
    enum reason reason = scan_passes(end->reason, false) ? REASON_OK : end->reason;

    item->second = NULL;
    item->scan_ms += end->ms;
    if (reason == REASON_OK && !end->has_sha256)
        reason = REASON_SCAN_FAILED;
    if (reason == REASON_OK)
        memcpy(item->out_sha256, end->sha256, 32);
    else if (item->detail[0] == '\0')
        (void)snprintf(item->detail, sizeof item->detail, "%s", end->detail);
    stage_note(item, STAGE_SCAN_OUTPUT, reason, end->sha256, end->ms);
    item_verify_done(item);
}

static void on_check_done(void *arg, const struct task_end *end)
{
    struct item *item = arg;
    enum reason reason = end->reason;

    item->first = NULL;
    if (reason == REASON_OK && !end->has_sha256)
        reason = REASON_CHECK_REFUSED;
    if (reason != REASON_OK) {
        (void)snprintf(item->detail, sizeof item->detail, "check: %.240s", end->detail);
        if (reason_verdict(reason) != VERDICT_HELD || reason_err(reason) == ERR_REFUSED)
            reason = REASON_CHECK_REFUSED;
    }
    stage_note(item, STAGE_CHECK, reason, end->sha256, end->ms);
    item_verify_done(item);
}

static void on_check_kept(void *arg, const char *what, uint64_t count)
{
    (void)arg;
    (void)what;
    (void)count; /* the handler's report stands; a verifier only says yes or no */
}

static const struct task_events scan_output_events = {.scanned = on_scanned, .done = on_scan_output_done};
static const struct task_events check_events = {.kept = on_check_kept, .done = on_check_done};

/* A work file with the digests of the released members, for the checker; -1 when there are none. */
static int approved_file(struct item *item, int *fd_out)
{
    uint64_t size;

    *fd_out = -1;
    if (item->approved.len == 0)
        return 0;
    int fd = workfile_new(-1, item->approved.len);
    if (fd < 0)
        return fd;
    int err = item->approved.err < 0 ? item->approved.err : fdio_write(fd, item->approved.bytes, item->approved.len);
    if (err < 0) {
        (void)close(fd);
        return err;
    }
    *fd_out = workfile_freeze(&fd, -1, false, &size);
    return *fd_out < 0 ? *fd_out : 0;
}

static void item_verify(struct item *item)
{
    scoped_fd int approved = -1;

    item->phase = ITEM_VERIFY;
    int err = approved_file(item, &approved);
    if (err == 0)
        err = item_task(item, PROGRAM_CHECKER, TASK_CHECK, item->out_type, item->out_fd, -1, approved, &check_events, &item->first);
    if (err == 0)
        err = item_task(item, PROGRAM_SCANNER, TASK_SCAN, NULL, item->out_fd, -1, -1, &scan_output_events, &item->second);
    if (err < 0)
        item_end(item, REASON_INTERNAL, err_text(err));
}

static void item_verify_done(struct item *item)
{
    enum reason scan = item->stages[STAGE_SCAN_OUTPUT].reason, check = item->stages[STAGE_CHECK].reason;

    if (item->first || item->second || item->phase != ITEM_VERIFY)
        return;
    if (scan != REASON_OK)
        item_end(item, scan, NULL);
    else if (check != REASON_OK)
        item_end(item, check, NULL);
    else if (memcmp(item->stages[STAGE_CHECK].sha256, item->out_sha256, 32) != 0)
        item_end(item, REASON_CHECK_REFUSED, "scanner and checker saw different bytes");
    else
        item_end(item, REASON_OK, NULL);
}

/* ---- Rebuild's end ------------------------------------------------------------------------------ */

static enum reason rebuilt_reason(struct item *item, const struct task_end *end)
{
    enum reason forced = members_verdict(item);

    if (forced != REASON_OK)
        return forced;
    if (end->reason != REASON_OK)
        return end->reason;
    if (item->members_open > 0 || item->pending != REASON_OK)
        return REASON_INTERNAL;
    item->out_type = registry_find(end->out_type);
    if (!item->out_type || item->out_type->class != FORMAT_CLASS_HANDLED)
        return REASON_INTERNAL;
    return finding_disallowed(item) ? REASON_POLICY : REASON_OK;
}

static int item_rename(struct item *item)
{
    char name[CHILD_NAME_MAX];
    int err = name_with_type(item->name, item->out_type, name, sizeof name);

    if (err == 0)
        memcpy(item->name, name, sizeof name);
    return err;
}

void item_rebuilt(struct item *item, const struct task_end *end)
{
    enum reason reason = rebuilt_reason(item, end);

    stage_note(item, STAGE_REBUILD, reason, NULL, end->ms);
    if (reason != REASON_OK) {
        if (item->detail[0] == '\0')
            (void)snprintf(item->detail, sizeof item->detail, "%s", end->detail);
        item_end(item, reason, NULL);
        return;
    }
    item->out_fd = workfile_freeze(&item->out_fd, item->job->pipeline->work_dir, false, &item->out_bytes);
    if (item->out_fd < 0 || item->out_bytes == 0 || item->out_bytes != end->out_bytes) {
        item_end(item, REASON_INTERNAL, "the output is not what its worker said");
        return;
    }
    if (item_rename(item) < 0) {
        item_end(item, REASON_UNSAFE_NAME, "the name has no room for its extension");
        return;
    }
    if (item->has_slot)
        item_begin(item);
    else
        item_ready(item); /* a container gave its slot to its members */
}

void item_begin(struct item *item)
{
    if (item->phase == ITEM_NEW)
        item_identify(item);
    else
        item_verify(item);
}
