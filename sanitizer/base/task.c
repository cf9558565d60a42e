/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order for one task as bytes. Written by the supervisor, read by zygotes before any hostile byte is. */
#include "task.h"

#include "err.h"

/* Every 64-bit limit, in wire order. */
static const size_t limit_offsets[] = {
#define L(member) offsetof(struct fmt_limits, member)
    L(input_bytes), L(output_bytes), L(total_bytes), L(ratio),  L(ratio_floor), L(members),
    L(depth),       L(pages),        L(pixels),      L(objects), L(steps),
#undef L
};
_Static_assert(ARRAY_LEN(limit_offsets) * sizeof(uint64_t) == sizeof(struct fmt_limits), "a limit is missing above");

static uint64_t *limit_at(struct fmt_limits *limits, size_t i)
{
    return (uint64_t *)(void *)((char *)limits + limit_offsets[i]);
}

void task_put(struct buf *b, const struct task_order *order)
{
    struct fmt_limits limits = order->options.limits;

    buf_u8(b, (uint8_t)order->kind);
    buf_str(b, order->type);
    buf_str(b, order->name);
    buf_u8(b, (uint8_t)order->options.mode);
    for (size_t i = 0; i < FINDING_KINDS; i++)
        buf_u8(b, (uint8_t)order->options.switches[i]);
    for (size_t i = 0; i < ARRAY_LEN(limit_offsets); i++)
        buf_u64(b, *limit_at(&limits, i));
    buf_u32(b, order->options.dpi);
    buf_u32(b, order->options.jpeg_quality);
    buf_u32(b, order->options.parallel);
    buf_u32(b, order->options.depth);
    buf_u32(b, order->cpu_seconds);
    buf_u64(b, order->memory_bytes);
    buf_u64(b, order->file_bytes);
}

int task_get(struct view *v, struct task_order *order_out)
{
    struct task_order order = {0};
    uint8_t kind = view_u8(v);

    view_str(v, order.type, sizeof order.type);
    view_str(v, order.name, sizeof order.name);
    uint8_t mode = view_u8(v);
    for (size_t i = 0; i < FINDING_KINDS; i++) {
        uint8_t set = view_u8(v);
        if (set > FMT_SWITCH_DISALLOW)
            return ERR_PEER;
        order.options.switches[i] = (enum fmt_switch)set;
    }
    for (size_t i = 0; i < ARRAY_LEN(limit_offsets); i++)
        *limit_at(&order.options.limits, i) = view_u64(v);
    order.options.dpi = view_u32(v);
    order.options.jpeg_quality = view_u32(v);
    order.options.parallel = view_u32(v);
    order.options.depth = view_u32(v);
    order.cpu_seconds = view_u32(v);
    order.memory_bytes = view_u64(v);
    order.file_bytes = view_u64(v);
    if (view_end(v) < 0 || kind == TASK_NONE || kind > TASK_SCAN || mode == FMT_MODE_NONE || mode >= FMT_MODES)
        return ERR_PEER;
    order.kind = (enum task_kind)kind;
    order.options.mode = (enum fmt_mode)mode;
    *order_out = order;
    return 0;
}
