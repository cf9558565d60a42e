/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the configuration to a worker's order. Supervisor and CLI; pure. */
#include "policy.h"

#include <stdio.h>
#include <string.h>

#define MB ((uint64_t)1 << 20)
#define STEPS_MAX ((uint64_t)1 << 34) /* a backstop behind the clocks */

enum fmt_mode policy_mode(const struct config_profile *profile, const struct format_identity *type, enum fmt_mode asked)
{
    enum fmt_mode mode = asked;

    for (unsigned i = 0; mode == FMT_MODE_NONE && i < profile->type_count; i++)
        if (strcmp(profile->types[i].type, type->name) == 0)
            mode = profile->types[i].mode;
    if (mode == FMT_MODE_NONE)
        mode = profile->mode;
    if (mode == FMT_MODE_FLATTEN && strcmp(type->family, "text") == 0)
        mode = FMT_MODE_SANITIZE;
    return mode;
}

static void policy_limits(const struct config_limits *l, struct fmt_limits *out)
{
    *out = (struct fmt_limits){
        .input_bytes = l->file_mb * MB,
        .output_bytes = l->output_mb * MB,
        .total_bytes = l->total_mb * MB,
        .ratio = l->ratio,
        .ratio_floor = l->ratio_floor_mb * MB,
        .members = l->members,
        .depth = l->depth,
        .pages = l->pages,
        .pixels = l->megapixels * 1000000,
        .objects = l->objects,
        .steps = STEPS_MAX,
    };
}

void policy_order(const struct config *config, const struct config_profile *profile, enum task_kind kind,
                  const struct format_identity *type, enum fmt_mode mode, const char *name, unsigned depth,
                  struct task_order *order_out)
{
    const struct config_limits *l = &config->limits;
    struct task_order order = {
        .kind = kind,
        .cpu_seconds = (uint32_t)l->item_cpu_seconds,
        .memory_bytes = l->memory_mb * MB,
        .file_bytes = (l->output_mb > l->file_mb ? l->output_mb : l->file_mb) * MB,
        .options =
            {
                .mode = mode == FMT_MODE_NONE ? FMT_MODE_SANITIZE : mode,
                .dpi = (uint32_t)profile->dpi,
                .jpeg_quality = (uint32_t)profile->jpeg_quality,
                .parallel = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN),
                .depth = depth,
            },
    };

    policy_limits(l, &order.options.limits);
    if (kind == TASK_CHECK || kind == TASK_SCAN) /* these read results, which may be larger than a file may be */
        order.options.limits.input_bytes = order.file_bytes;
    if (kind == TASK_SCAN) /* it maps the whole file */
        order.memory_bytes += order.file_bytes;
    if (kind == TASK_HANDLE && type && strcmp(type->family, "archive") == 0)
        order.file_bytes = l->total_mb * MB; /* scratch space holds all rebuilt members */
    memcpy(order.options.switches, profile->switches, sizeof order.options.switches);
    (void)snprintf(order.type, sizeof order.type, "%s", type ? type->name : "");
    (void)snprintf(order.name, sizeof order.name, "%s", name);
    *order_out = order;
}
