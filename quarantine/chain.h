/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_CHAIN_H
#define SEKIMORI_CHAIN_H

/*
 * The audit chain: records each of which carries the SHA-256 of the one
 * before, and signed checkpoints (how many, head, time) that are written where
 * the gateway cannot rewrite them. What is hashed is the record's own line of
 * JSON, byte by byte, so that a verifier needs no JSON library and no rules of
 * ours to repeat:
 *
 *   record      {"seq":N,...,"prev":"<hex>","hash":"<hex>"}
 *               hash = SHA-256 of the line with ,"hash":"..." taken out
 *   checkpoint  {"checkpoint":1,...,"signature":"<base64>"}
 *               signed: the same way, with ,"signature":"..." taken out
 *
 * The form of both is fixed for ever: changing it would make every chain
 * written before unverifiable.
 */
#include <stdint.h>

#include "base/buf.h"
#include "base/lib_sodium.h"

#define CHAIN_DETAIL_MAX 16384 /* bytes of a record's detail */
#define CHAIN_LINE_MAX (CHAIN_DETAIL_MAX + 4096)

struct chain_record {
    uint64_t seq, time_ms; /* seq from 1 without gap; time since 1970 */
    const char *actor;     /* who: user name, "gateway" */
    const char *event;     /* what: "received", "release" ... */
    const char *job;       /* "" when it is about none */
    const char *detail;    /* a JSON object on one line */
    uint8_t prev[DIGEST_BYTES], hash[DIGEST_BYTES];
};

/* Where the chain ends: seq 0 and zeros before the first record. */
struct chain_head {
    uint64_t seq;
    uint8_t hash[DIGEST_BYTES];
};

/*
 * Makes the record follow the head: sets seq, prev and hash, and moves the head
 * on. `scratch` is emptied and used. ERR_LIMIT over CHAIN_LINE_MAX, ERR_NOMEM:
 * record and head are as before.
 */
int chain_append(struct chain_head *head, struct chain_record *r, struct buf *scratch) must_check;

/* Writes the exported line with its newline; errors stay in the buffer. */
void chain_put(struct buf *b, const struct chain_record *r);

/* True when the record's hash belongs to its content and it follows the head; the head then moves on. */
bool chain_follows(struct chain_head *head, const struct chain_record *r, struct buf *scratch);

struct chain_checkpoint {
    struct chain_head head;          /* number of records and last hash */
    uint64_t time_ms;
    char gateway[64];
    uint8_t previous[DIGEST_BYTES];  /* SHA-256 of the checkpoint line before, without newline; zeros for the first */
};

/* Writes a signed checkpoint line with its newline. ERR_LIMIT, ERR_NOMEM. */
int chain_checkpoint_put(struct buf *b, const struct chain_checkpoint *c, const struct sign_key *key) must_check;

/* Reads a line of n bytes without newline. ERR_MALFORMED, ERR_CRYPTO. */
int chain_checkpoint_get(const char *line, size_t n, const uint8_t public[SIGN_PUBLIC_BYTES], struct chain_checkpoint *out) must_check;

#endif
