/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the probes share. Runs in the detect worker on hostile bytes. */
#include "probe.h"

#include <string.h>

#include "formats/list.h"

bool text_begins(const char *text, const char *word)
{
    return strncmp(text, word, strlen(word)) == 0;
}

bool is_named(const struct probe_view *view, const char *type)
{
    return registry_has_extension(registry_find(type), view->extension);
}

uint8_t get_byte(const struct fmt_in *in, uint64_t offset)
{
    const uint8_t *p;

    return in_borrow(in, offset, 1, &p) == 0 ? p[0] : 0;
}

uint16_t get_le16(const struct fmt_in *in, uint64_t offset)
{
    const uint8_t *p;

    return in_borrow(in, offset, 2, &p) == 0 ? (uint16_t)(p[0] | p[1] << 8) : 0;
}

uint16_t get_be16(const struct fmt_in *in, uint64_t offset)
{
    const uint8_t *p;

    return in_borrow(in, offset, 2, &p) == 0 ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

uint32_t get_le32(const struct fmt_in *in, uint64_t offset)
{
    const uint8_t *p;

    if (in_borrow(in, offset, 4, &p) < 0)
        return 0;
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

uint32_t get_be32(const struct fmt_in *in, uint64_t offset)
{
    return __builtin_bswap32(get_le32(in, offset));
}

uint64_t get_le64(const struct fmt_in *in, uint64_t offset)
{
    const uint8_t *p;

    return in_borrow(in, offset, 8, &p) == 0 ? get_le32(in, offset) | (uint64_t)get_le32(in, offset + 4) << 32 : 0;
}

int probe_magic(const struct probe_view *view, const struct probe *self)
{
    return in_equals(view->in, self->offset, self->magic, self->magic_len) ? self->sure : PROBE_NO;
}

int probe_binary(const struct probe_view *view, const struct probe *self)
{
    return view->text.encoding == TEXT_NONE ? probe_magic(view, self) : PROBE_NO;
}
