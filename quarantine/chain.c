/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The audit chain as bytes. The keeper; texts in a record may come from
 * hostile names, so the JSON writer's escapes are what keeps one record one line.
 */
#include "chain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"

/* The line that is hashed. */
static void put_hashed(struct buf *b, const struct chain_record *r)
{
    json_open(b, NULL, '{');
    json_u64(b, "seq", r->seq);
    json_u64(b, "time_ms", r->time_ms);
    json_str(b, "actor", r->actor);
    json_str(b, "event", r->event);
    json_str(b, "job", r->job);
    json_raw(b, "detail", r->detail);
    json_hex(b, "prev", r->prev, sizeof r->prev);
    json_close(b, '}');
}

/* Puts one more member before the closing brace that ends the buffer. */
static void reopen(struct buf *b)
{
    if (b->err == 0)
        b->len--;
}

static int hash_of(const struct chain_record *r, struct buf *scratch, uint8_t hash[DIGEST_BYTES])
{
    buf_reset(scratch);
    put_hashed(scratch, r);
    if (scratch->err < 0)
        return scratch->err;
    if (scratch->len > CHAIN_LINE_MAX)
        return ERR_LIMIT;
    digest_of(scratch->bytes, scratch->len, hash);
    return 0;
}

int chain_append(struct chain_head *head, struct chain_record *r, struct buf *scratch)
{
    struct chain_record next = *r;

    next.seq = head->seq + 1;
    memcpy(next.prev, head->hash, sizeof next.prev);
    int err = hash_of(&next, scratch, next.hash);
    if (err < 0)
        return err;
    head->seq = next.seq;
    memcpy(head->hash, next.hash, sizeof head->hash);
    *r = next;
    return 0;
}

void chain_put(struct buf *b, const struct chain_record *r)
{
    put_hashed(b, r);
    reopen(b);
    json_hex(b, "hash", r->hash, sizeof r->hash);
    buf_put(b, "}\n", 2);
}

bool chain_follows(struct chain_head *head, const struct chain_record *r, struct buf *scratch)
{
    uint8_t hash[DIGEST_BYTES];

    if (r->seq != head->seq + 1 || memcmp(r->prev, head->hash, sizeof hash) != 0 || hash_of(r, scratch, hash) < 0 ||
        memcmp(hash, r->hash, sizeof hash) != 0)
        return false;
    head->seq = r->seq;
    memcpy(head->hash, hash, sizeof hash);
    return true;
}

static void put_signed(struct buf *b, const struct chain_checkpoint *c)
{
    json_open(b, NULL, '{');
    json_u64(b, "checkpoint", 1);
    json_u64(b, "count", c->head.seq);
    json_hex(b, "head", c->head.hash, sizeof c->head.hash);
    json_u64(b, "time_ms", c->time_ms);
    json_str(b, "gateway", c->gateway);
    json_hex(b, "previous", c->previous, sizeof c->previous);
    json_close(b, '}');
}

int chain_checkpoint_put(struct buf *b, const struct chain_checkpoint *c, const struct sign_key *key)
{
    scoped_buf line = buf_new(4096);
    uint8_t signature[SIGN_BYTES];
    char base64[base64_room(SIGN_BYTES)];

    put_signed(&line, c);
    if (line.err < 0)
        return line.err;
    sign_bytes(key, line.bytes, line.len, signature);
    base64_put(signature, sizeof signature, base64, sizeof base64);
    reopen(&line);
    json_str(&line, "signature", base64);
    buf_put(&line, "}\n", 2);
    if (line.err < 0)
        return line.err;
    buf_put(b, line.bytes, line.len);
    return b->err;
}

/* Reads `name` at *at and moves on; false when it is not there. */
static bool skip(const char **at, const char *end, const char *name)
{
    size_t n = strlen(name);

    if ((size_t)(end - *at) < n || memcmp(*at, name, n) != 0)
        return false;
    *at += n;
    return true;
}

static bool get_number(const char **at, const char *end, uint64_t *out)
{
    uint64_t value = 0;
    const char *p = *at;

    while (p < end && *p >= '0' && *p <= '9' && p - *at < 19)
        value = value * 10 + (uint64_t)(*p++ - '0');
    if (p == *at)
        return false;
    *at = p;
    *out = value;
    return true;
}

static bool get_digest(const char **at, const char *end, uint8_t out[DIGEST_BYTES])
{
    if (end - *at < DIGEST_HEX - 1 || !digest_parse(*at, DIGEST_HEX - 1, out))
        return false;
    *at += DIGEST_HEX - 1;
    return true;
}

/* A gateway name is a host name: nothing in it is ever escaped. */
static bool get_word(const char **at, const char *end, char *out, size_t room)
{
    const char *quote = memchr(*at, '"', (size_t)(end - *at));
    size_t n = quote ? (size_t)(quote - *at) : room;

    if (n >= room || memchr(*at, '\\', n))
        return false;
    memcpy(out, *at, n);
    out[n] = '\0';
    *at = quote;
    return true;
}

static bool get_signed(const char *line, size_t n, struct chain_checkpoint *c)
{
    const char *at = line, *end = line + n;

    return skip(&at, end, "{\"checkpoint\":1,\"count\":") && get_number(&at, end, &c->head.seq) &&
           skip(&at, end, ",\"head\":\"") && get_digest(&at, end, c->head.hash) &&
           skip(&at, end, "\",\"time_ms\":") && get_number(&at, end, &c->time_ms) &&
           skip(&at, end, ",\"gateway\":\"") && get_word(&at, end, c->gateway, sizeof c->gateway) &&
           skip(&at, end, "\",\"previous\":\"") && get_digest(&at, end, c->previous) && skip(&at, end, "\"") && at == end;
}

int chain_checkpoint_get(const char *line, size_t n, const uint8_t public[SIGN_PUBLIC_BYTES], struct chain_checkpoint *out)
{
    static const char head[] = ",\"signature\":\"", foot[] = "\"}";
    const size_t base64 = base64_room(SIGN_BYTES) - 1, tail = sizeof head - 1 + base64 + sizeof foot - 1;
    struct chain_checkpoint c = {0};
    uint8_t signature[SIGN_BYTES];
    char text[2048];

    if (n <= tail || n >= sizeof text)
        return ERR_MALFORMED;
    size_t body = n - tail;
    if (memcmp(line + body, head, sizeof head - 1) != 0 || memcmp(line + n - 2, foot, 2) != 0 ||
        !base64_parse(line + body + sizeof head - 1, base64, signature, sizeof signature) || !get_signed(line, body, &c))
        return ERR_MALFORMED;
    memcpy(text, line, body);
    text[body] = '}';
    if (!sign_is_valid(public, text, body + 1, signature))
        return ERR_CRYPTO;
    *out = c;
    return 0;
}
