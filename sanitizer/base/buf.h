/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_BUF_H
#define SEKIMORI_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scope.h"

/*
 * A bounded byte buffer for writing messages, and a view for reading them.
 * Both keep the first error: write or read a whole record, then ask once.
 * Numbers are little-endian; text and bytes carry a 32-bit length.
 */
struct buf {
    uint8_t *bytes;
    size_t len, room, max;
    int err; /* 0, ERR_NOMEM, or ERR_LIMIT past max */
};

#define scoped_buf scoped(buf_free) struct buf

/* A buffer that may grow to max bytes. */
static inline struct buf buf_new(size_t max)
{
    return (struct buf){.max = max};
}
/* Frees the bytes; the buffer can be used again. */
void buf_free(struct buf *b);
/* Empties it, keeping memory, and forgets the error. */
void buf_reset(struct buf *b);

void buf_put(struct buf *b, const void *bytes, size_t n); /* raw, no length */
void buf_u8(struct buf *b, uint8_t v);
void buf_u32(struct buf *b, uint32_t v);
void buf_u64(struct buf *b, uint64_t v);
void buf_str(struct buf *b, const char *text); /* NULL is written as "" */
void buf_blob(struct buf *b, const void *bytes, size_t n);
/* Appends formatted text without a length, for building text in a buffer. */
void buf_printf(struct buf *b, const char *format, ...) printf_like(2, 3);
/* Appends a NUL that does not count, so that bytes can be read as text. Returns it, or "" after an error. */
const char *buf_text(struct buf *b);

/* A reader over borrowed bytes. */
struct view {
    const uint8_t *bytes;
    size_t left;
    int err; /* 0 or ERR_PEER: ran out, over-long text, bad text */
};

static inline struct view view_of(const void *bytes, size_t n)
{
    return (struct view){.bytes = bytes, .left = n};
}
/* Numbers; 0 after an error. */
uint8_t view_u8(struct view *v);
uint32_t view_u32(struct view *v);
uint64_t view_u64(struct view *v);
/* Reads text into dst (room bytes with NUL). Text that does not fit, or holds a NUL, is an error; dst is then "". */
void view_str(struct view *v, char *dst, size_t room);
/* Borrows n raw bytes, or NULL after an error. */
const uint8_t *view_raw(struct view *v, size_t n);
/* Borrows a length-prefixed blob; *n_out is 0 after an error. */
const uint8_t *view_blob(struct view *v, size_t *n_out);
/* 0 when everything was read without error and nothing is left over, else ERR_PEER. */
int view_end(const struct view *v) must_check;

#endif
