/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names and descriptions of the sandbox's layers and profiles, for logs,
 * settings, `doctor` and the documentation. Every program; plain tables.
 */
#include "sandbox.h"

#include <string.h>

#include "err.h"
#include "sandbox_parts.h"

static const struct {
    const char *name, *text;
} layers_table[SANDBOX_LAYERS] = {
#define X(id, name, text) [SANDBOX_BIT_##id] = {name, text},
    SANDBOX_LAYER_LIST(X)
#undef X
};

const struct sandbox_profile *sandbox_profile_find(const char *name)
{
    for (size_t i = 0; i < SANDBOX_PROFILES; i++)
        if (strcmp(sandbox_profiles[i].name, name) == 0)
            return &sandbox_profiles[i];
    return NULL;
}

const char *sandbox_layer_name(unsigned bit)
{
    return bit < SANDBOX_LAYERS ? layers_table[bit].name : "";
}

const char *sandbox_layer_text(unsigned bit)
{
    return bit < SANDBOX_LAYERS ? layers_table[bit].text : "";
}

uint32_t sandbox_wanted(const struct sandbox_profile *profile)
{
#ifdef SEKIMORI_SANITIZED
    return profile->layers & ~(uint32_t)SANDBOX_SECCOMP;
#else
    return profile->layers;
#endif
}

void sandbox_layers_put(struct buf *b, uint32_t layers)
{
    const char *gap = "";

    for (unsigned i = 0; i < SANDBOX_LAYERS; i++) {
        if (layers >> i & 1) {
            buf_printf(b, "%s%s", gap, layers_table[i].name);
            gap = " ";
        }
    }
}

int sandbox_layers_parse(const char *words, uint32_t *layers_out)
{
    static const char gaps[] = " ,\t";
    uint32_t layers = 0;

    for (const char *p = words + strspn(words, gaps); *p; p += strspn(p, gaps)) {
        size_t n = strcspn(p, gaps);
        unsigned bit = 0;
        while (bit < SANDBOX_LAYERS &&
               (strlen(layers_table[bit].name) != n || strncmp(layers_table[bit].name, p, n) != 0))
            bit++;
        if (bit == SANDBOX_LAYERS)
            return ERR_INVALID;
        layers |= (uint32_t)1 << bit;
        p += n;
    }
    *layers_out = layers;
    return 0;
}

static void put_calls(struct buf *b, const struct sandbox_calls *group)
{
    if (group->errno_value == 0)
        buf_printf(b, "  allowed, %s:", group->name);
    else
        buf_printf(b, "  refused with \"%s\", %s:", strerror(group->errno_value), group->name);
    for (const char *const *call = group->calls; *call; call++)
        buf_printf(b, " %s", *call);
    buf_printf(b, "\n");
}

void sandbox_profile_put(struct buf *b, const struct sandbox_profile *profile)
{
    buf_printf(b, "%s\n  layers: ", profile->name);
    sandbox_layers_put(b, profile->layers);
    buf_printf(b, "\n");
    for (size_t i = 0; profile->calls && profile->calls[i]; i++)
        put_calls(b, profile->calls[i]);
    for (size_t i = 0; profile->ro_paths && profile->ro_paths[i]; i++)
        buf_printf(b, "  read only: %s\n", profile->ro_paths[i]);
    if (profile->tmpfs_bytes > 0)
        buf_printf(b, "  private /tmp: %llu MB, %u files\n", (unsigned long long)(profile->tmpfs_bytes >> 20),
                   profile->tmpfs_files);
    if (profile->descriptors > 0)
        buf_printf(b, "  descriptors: %u\n", profile->descriptors);
}
