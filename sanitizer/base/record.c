/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Job records as bytes. Written by the supervisor, read by the keeper, which checks the stages itself. */
#include "record.h"

#include <string.h>

#include "err.h"

static const char *const stage_words[STAGES] = {
    [STAGE_NONE] = "none",           [STAGE_DETECT] = "detect",           [STAGE_SCAN_INPUT] = "scan-input",
    [STAGE_REBUILD] = "rebuild",     [STAGE_SCAN_OUTPUT] = "scan-output", [STAGE_CHECK] = "check",
};

const char *stage_word(enum stage stage)
{
    return stage_words[(unsigned)stage < STAGES ? stage : STAGE_NONE];
}

void origin_put(struct buf *b, const struct job_origin *o)
{
    const char *const texts[] = {o->lane, o->destination, o->label, o->source, o->submitter,
                                 o->path, o->token,       o->profile, o->policy_digest};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        buf_str(b, texts[i]);
    buf_u32(b, o->mode);
    buf_u64(b, (uint64_t)o->mtime);
}

int origin_get(struct view *v, struct job_origin *origin_out)
{
    struct job_origin o = {0};

    view_str(v, o.lane, sizeof o.lane);
    view_str(v, o.destination, sizeof o.destination);
    view_str(v, o.label, sizeof o.label);
    view_str(v, o.source, sizeof o.source);
    view_str(v, o.submitter, sizeof o.submitter);
    view_str(v, o.path, sizeof o.path);
    view_str(v, o.token, sizeof o.token);
    view_str(v, o.profile, sizeof o.profile);
    view_str(v, o.policy_digest, sizeof o.policy_digest);
    o.mode = view_u32(v);
    o.mtime = (int64_t)view_u64(v);
    if (v->err < 0 || o.lane[0] == '\0' || o.path[0] == '\0')
        return ERR_PEER;
    *origin_out = o;
    return 0;
}

void decision_put(struct buf *b, const struct job_decision *d)
{
    buf_str(b, d->job);
    buf_u32(b, (uint32_t)d->reason);
    buf_str(b, d->detail);
    buf_str(b, d->type);
    buf_str(b, d->out_type);
    buf_str(b, d->out_path);
    buf_str(b, d->mode);
    buf_put(b, d->out_sha256, sizeof d->out_sha256);
    buf_u64(b, d->out_bytes);
    buf_u32(b, d->items);
    buf_u32(b, d->total_ms);
    buf_u8(b, d->notice);
    buf_u32(b, d->stage_count);
    for (uint32_t i = 0; i < d->stage_count && i < JOB_STAGES_MAX; i++) {
        buf_u32(b, (uint32_t)d->stages[i].stage);
        buf_u32(b, (uint32_t)d->stages[i].reason);
        buf_put(b, d->stages[i].sha256, sizeof d->stages[i].sha256);
        buf_u32(b, d->stages[i].ms);
    }
    buf_str(b, d->report);
}

static void view_digest(struct view *v, uint8_t digest[32])
{
    const uint8_t *p = view_raw(v, 32);

    if (p)
        memcpy(digest, p, 32);
}

int decision_get(struct view *v, struct job_decision *decision_out, char *report_room)
{
    struct job_decision d = {0};

    view_str(v, d.job, sizeof d.job);
    uint32_t reason = view_u32(v);
    view_str(v, d.detail, sizeof d.detail);
    view_str(v, d.type, sizeof d.type);
    view_str(v, d.out_type, sizeof d.out_type);
    view_str(v, d.out_path, sizeof d.out_path);
    view_str(v, d.mode, sizeof d.mode);
    view_digest(v, d.out_sha256);
    d.out_bytes = view_u64(v);
    d.items = view_u32(v);
    d.total_ms = view_u32(v);
    d.notice = view_u8(v) != 0;
    d.stage_count = view_u32(v);
    if (d.stage_count > JOB_STAGES_MAX || reason >= REASON_COUNT)
        return ERR_PEER;
    d.reason = (enum reason)reason;
    for (uint32_t i = 0; i < d.stage_count; i++) {
        uint32_t stage = view_u32(v), stage_reason = view_u32(v);
        if (stage >= STAGES || stage_reason >= REASON_COUNT)
            return ERR_PEER;
        d.stages[i].stage = (enum stage)stage;
        d.stages[i].reason = (enum reason)stage_reason;
        view_digest(v, d.stages[i].sha256);
        d.stages[i].ms = view_u32(v);
    }
    view_str(v, report_room, JOB_REPORT_MAX + 1);
    if (v->err < 0)
        return ERR_PEER;
    d.report = report_room;
    *decision_out = d;
    return 0;
}

bool decision_is_releasable(const struct job_decision *d)
{
    static const enum stage order[] = {STAGE_DETECT, STAGE_SCAN_INPUT, STAGE_REBUILD, STAGE_SCAN_OUTPUT, STAGE_CHECK};

    if (d->reason != REASON_OK || d->stage_count != ARRAY_LEN(order) || d->out_bytes == 0 || d->out_path[0] == '\0')
        return false;
    for (size_t i = 0; i < ARRAY_LEN(order); i++) {
        if (d->stages[i].stage != order[i] || d->stages[i].reason != REASON_OK)
            return false;
        if (order[i] >= STAGE_SCAN_OUTPUT && memcmp(d->stages[i].sha256, d->out_sha256, 32) != 0)
            return false;
    }
    return true;
}
