/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keeper's configuration as bytes. Written by the supervisor, read by the keeper before anything else. */
#include "keeper_config.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"

void keeper_config_default(struct keeper_config *c)
{
    *c = (struct keeper_config){
        .retain_original_days = 14,
        .retain_output_days = 14,
        .retain_audit_days = 400,
        .floor_bytes = (uint64_t)2 << 30,
        .floor_inodes = 10000,
        .file_bytes = (uint64_t)1 << 30,
        .memory_bytes = (uint64_t)64 << 20,
        .checkpoint_records = 1000,
        .checkpoint_seconds = 300,
        .durable = true,
    };
}

void keeper_config_put(struct buf *b, const struct keeper_config *c)
{
    buf_u32(b, c->retain_original_days);
    buf_u32(b, c->retain_output_days);
    buf_u32(b, c->retain_audit_days);
    buf_u64(b, c->floor_bytes);
    buf_u64(b, c->floor_inodes);
    buf_u64(b, c->file_bytes);
    buf_u64(b, c->memory_bytes);
    buf_u32(b, c->checkpoint_records);
    buf_u32(b, c->checkpoint_seconds);
    buf_u8(b, c->durable);
    buf_u32(b, c->waived);
    buf_str(b, c->key_path);
    buf_str(b, c->gateway);
    buf_str(b, c->version);
}

int keeper_config_get(struct view *v, struct keeper_config *out)
{
    struct keeper_config c = {0};

    c.retain_original_days = view_u32(v);
    c.retain_output_days = view_u32(v);
    c.retain_audit_days = view_u32(v);
    c.floor_bytes = view_u64(v);
    c.floor_inodes = view_u64(v);
    c.file_bytes = view_u64(v);
    c.memory_bytes = view_u64(v);
    c.checkpoint_records = view_u32(v);
    c.checkpoint_seconds = view_u32(v);
    uint8_t durable = view_u8(v);
    c.waived = view_u32(v);
    view_str(v, c.key_path, sizeof c.key_path);
    view_str(v, c.gateway, sizeof c.gateway);
    view_str(v, c.version, sizeof c.version);
    if (view_end(v) < 0 || durable > 1 || c.file_bytes == 0 || c.checkpoint_records == 0 || c.checkpoint_seconds == 0 ||
        (c.key_path[0] && c.key_path[0] != '/'))
        return ERR_PEER;
    c.durable = durable == 1;
    *out = c;
    return 0;
}
