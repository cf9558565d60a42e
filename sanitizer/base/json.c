/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A JSON writer for reports and records. Keeper and CLI; the text may come from hostile files. */
#include "json.h"

#include <string.h>

#include "utf8.h"

/* A comma is due unless the value is the first in its bracket or of the buffer. */
static void json_sep(struct buf *b)
{
    if (b->len == 0)
        return;
    uint8_t last = b->bytes[b->len - 1];
    if (last != '{' && last != '[' && last != ':' && last != '\n')
        buf_u8(b, ',');
}

static void json_text(struct buf *b, const char *text)
{
    size_t left = strlen(text);

    buf_u8(b, '"');
    while (left > 0) {
        uint32_t c;
        size_t n = utf8_decode(text, left, &c);
        if (n == 0) {
            n = 1;
            buf_put(b, "\xEF\xBF\xBD", 3);
        } else if (c == '"' || c == '\\') {
            buf_u8(b, '\\');
            buf_put(b, text, n);
        } else if (utf8_is_printable(c)) {
            buf_put(b, text, n);
        } else if (c <= 0xFFFF) {
            buf_printf(b, "\\u%04x", (unsigned)c);
        } else {
            buf_printf(b, "\\u%04x\\u%04x", 0xD800 + (unsigned)((c - 0x10000) >> 10), 0xDC00 + (unsigned)(c & 0x3FF));
        }
        text += n;
        left -= n;
    }
    buf_u8(b, '"');
}

static void json_key(struct buf *b, const char *key)
{
    json_sep(b);
    if (!key)
        return;
    json_text(b, key);
    buf_u8(b, ':');
}

void json_open(struct buf *b, const char *key, char bracket)
{
    json_key(b, key);
    buf_u8(b, (uint8_t)bracket);
}

void json_close(struct buf *b, char bracket)
{
    buf_u8(b, (uint8_t)bracket);
}

void json_str(struct buf *b, const char *key, const char *text)
{
    json_key(b, key);
    if (text)
        json_text(b, text);
    else
        buf_put(b, "null", 4);
}

void json_u64(struct buf *b, const char *key, uint64_t value)
{
    json_key(b, key);
    buf_printf(b, "%llu", (unsigned long long)value);
}

void json_bool(struct buf *b, const char *key, bool value)
{
    json_key(b, key);
    buf_printf(b, "%s", value ? "true" : "false");
}

void json_hex(struct buf *b, const char *key, const uint8_t *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";

    json_key(b, key);
    buf_u8(b, '"');
    for (size_t i = 0; i < n; i++) {
        char pair[2] = {digits[bytes[i] >> 4], digits[bytes[i] & 15]};
        buf_put(b, pair, sizeof pair);
    }
    buf_u8(b, '"');
}

void json_raw(struct buf *b, const char *key, const char *json)
{
    json_key(b, key);
    buf_put(b, json, strlen(json));
}
