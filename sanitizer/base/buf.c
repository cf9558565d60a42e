/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bounded buffers for messages. Every program; the view reads bytes of untrusted peers. */
#include "buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "err.h"

void buf_free(struct buf *b)
{
    free(b->bytes);
    *b = buf_new(b->max);
}

void buf_reset(struct buf *b)
{
    b->len = 0;
    b->err = 0;
}

/* Room for n more bytes, or records the error. */
static bool buf_room(struct buf *b, size_t n)
{
    if (b->err < 0)
        return false;
    if (b->len > b->max || n > b->max - b->len) {
        b->err = ERR_LIMIT;
        return false;
    }
    if (b->len + n + 1 > b->room) {
        size_t room = (b->len + n + 1) * 2;
        uint8_t *bytes = realloc(b->bytes, room);
        if (!bytes) {
            b->err = ERR_NOMEM;
            return false;
        }
        b->bytes = bytes;
        b->room = room;
    }
    return true;
}

void buf_put(struct buf *b, const void *bytes, size_t n)
{
    if (!buf_room(b, n))
        return;
    if (n > 0)
        memcpy(b->bytes + b->len, bytes, n);
    b->len += n;
}

void buf_u8(struct buf *b, uint8_t v)
{
    buf_put(b, &v, 1);
}

void buf_u32(struct buf *b, uint32_t v)
{
    uint8_t p[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24)};
    buf_put(b, p, sizeof p);
}

void buf_u64(struct buf *b, uint64_t v)
{
    buf_u32(b, (uint32_t)v);
    buf_u32(b, (uint32_t)(v >> 32));
}

void buf_blob(struct buf *b, const void *bytes, size_t n)
{
    if (n > UINT32_MAX) {
        b->err = ERR_LIMIT;
        return;
    }
    buf_u32(b, (uint32_t)n);
    buf_put(b, bytes, n);
}

void buf_str(struct buf *b, const char *text)
{
    buf_blob(b, text ? text : "", text ? strlen(text) : 0);
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    int n = vsnprintf(NULL, 0, format, ap);
    va_end(ap);
    if (n < 0 || !buf_room(b, (size_t)n))
        return;
    va_start(ap, format);
    (void)vsnprintf((char *)b->bytes + b->len, (size_t)n + 1, format, ap);
    va_end(ap);
    b->len += (size_t)n;
}

const char *buf_text(struct buf *b)
{
    if (!buf_room(b, 0))
        return "";
    b->bytes[b->len] = '\0';
    return (const char *)b->bytes;
}

const uint8_t *view_raw(struct view *v, size_t n)
{
    if (v->err < 0 || n > v->left) {
        v->err = ERR_PEER;
        return NULL;
    }
    const uint8_t *bytes = v->bytes;
    v->bytes += n;
    v->left -= n;
    return bytes;
}

uint8_t view_u8(struct view *v)
{
    const uint8_t *p = view_raw(v, 1);
    return p ? p[0] : 0;
}

uint32_t view_u32(struct view *v)
{
    const uint8_t *p = view_raw(v, 4);
    return p ? (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24 : 0;
}

uint64_t view_u64(struct view *v)
{
    uint64_t low = view_u32(v);
    return low | (uint64_t)view_u32(v) << 32;
}

const uint8_t *view_blob(struct view *v, size_t *n_out)
{
    size_t n = view_u32(v);
    const uint8_t *bytes = view_raw(v, n);

    *n_out = bytes ? n : 0;
    return bytes;
}

void view_str(struct view *v, char *dst, size_t room)
{
    size_t n;
    const uint8_t *bytes = view_blob(v, &n);

    dst[0] = '\0';
    if (!bytes)
        return;
    if (n >= room || (n > 0 && memchr(bytes, '\0', n))) {
        v->err = ERR_PEER;
        return;
    }
    if (n > 0)
        memcpy(dst, bytes, n);
    dst[n] = '\0';
}

int view_end(const struct view *v)
{
    return v->err == 0 && v->left == 0 ? 0 : ERR_PEER;
}
