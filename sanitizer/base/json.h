/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_JSON_H
#define SEKIMORI_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"

/*
 * Writes JSON (RFC 8259) into a buffer: commas and escapes are its business,
 * nesting the caller's. Text is always valid UTF-8 afterwards: invalid bytes,
 * control, bidi and invisible characters are written as \u escapes or U+FFFD,
 * so that a report shows what a name really is. Errors stay in the buffer.
 */

/* Opens and closes an object or an array; key is NULL at the top and inside arrays. */
void json_open(struct buf *b, const char *key, char bracket); /* '{' or '[' */
void json_close(struct buf *b, char bracket);                 /* '}' or ']' */

/* One member (key) or element (NULL). NULL text is null. */
void json_str(struct buf *b, const char *key, const char *text);
void json_u64(struct buf *b, const char *key, uint64_t value);
void json_bool(struct buf *b, const char *key, bool value);
void json_hex(struct buf *b, const char *key, const uint8_t *bytes, size_t n);
/* Puts in text that is JSON already. */
void json_raw(struct buf *b, const char *key, const char *json);

#endif
