/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_LIB_SODIUM_H
#define SEKIMORI_LIB_SODIUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scope.h"

/*
 * What we use of libsodium: SHA-256, Ed25519 signatures, encryption at rest,
 * base64. Call crypt_init once, before the sandbox is entered.
 */
#define DIGEST_BYTES 32
#define DIGEST_HEX (2 * DIGEST_BYTES + 1)
#define SIGN_BYTES 64
#define SIGN_PUBLIC_BYTES 32
#define SIGN_SEED_BYTES 32
#define CIPHER_KEY_BYTES 32
#define CIPHER_HEAD_BYTES 24
#define CIPHER_EXTRA 17 /* bytes each sealed chunk is longer than its plaintext */

/* ERR_FAULT when the library cannot start. */
int crypt_init(void) must_check;

/* A running SHA-256 (FIPS 180-4). */
struct digest {
    uint64_t state[14];
};

/* Begins one, and takes in n bytes. */
void digest_init(struct digest *d);
void digest_add(struct digest *d, const void *bytes, size_t n);
/* Ends it; the state cannot be used on. */
void digest_end(struct digest *d, uint8_t out[DIGEST_BYTES]);
/* All at once. */
void digest_of(const void *bytes, size_t n, uint8_t out[DIGEST_BYTES]);
/* Writes 64 lower-case digits and a NUL. */
void digest_hex(const uint8_t digest[DIGEST_BYTES], char hex[DIGEST_HEX]);
/* Reads exactly 64 lower-case digits. False leaves the output untouched. */
bool digest_parse(const char *hex, size_t n, uint8_t out[DIGEST_BYTES]);

/* An Ed25519 key pair (RFC 8032). */
struct sign_key {
    uint8_t secret[64];
    uint8_t public[SIGN_PUBLIC_BYTES];
};

/* The pair that belongs to 32 random bytes. */
void sign_key_from_seed(const uint8_t seed[SIGN_SEED_BYTES], struct sign_key *key_out);
void sign_bytes(const struct sign_key *key, const void *bytes, size_t n, uint8_t signature_out[SIGN_BYTES]);
bool sign_is_valid(const uint8_t public[SIGN_PUBLIC_BYTES], const void *bytes, size_t n, const uint8_t signature[SIGN_BYTES]);

/*
 * Encryption of one file in chunks (secretstream, XChaCha20-Poly1305). Order
 * and end are authenticated, and the key is made for one name: a cut,
 * reordered or exchanged file does not open.
 */
struct cipher {
    uint64_t state[7];
};

/* The key for one purpose and name, from a master key. */
void cipher_key(const uint8_t master[CIPHER_KEY_BYTES], const char *purpose, const char *name, uint8_t key_out[CIPHER_KEY_BYTES]);
void cipher_seal_start(struct cipher *c, const uint8_t key[CIPHER_KEY_BYTES], uint8_t head_out[CIPHER_HEAD_BYTES]);
/* Seals n bytes into n + CIPHER_EXTRA. The last chunk (maybe of no bytes) says so. */
void cipher_seal(struct cipher *c, const void *bytes, size_t n, bool last, void *out);
/* ERR_CRYPTO when the head cannot be one. */
int cipher_open_start(struct cipher *c, const uint8_t key[CIPHER_KEY_BYTES], const uint8_t head[CIPHER_HEAD_BYTES]) must_check;
/* Opens n sealed bytes into n - CIPHER_EXTRA. ERR_CRYPTO on anything that was not sealed so. */
int cipher_open(struct cipher *c, const void *bytes, size_t n, void *out, bool *last_out) must_check;

/* Overwrites secrets in a way the compiler keeps. */
void crypt_wipe(void *bytes, size_t n);

/* Base64 (RFC 4648, with padding). out needs base64_room(n) bytes; NUL is written. */
#define base64_room(n) (((n) + 2) / 3 * 4 + 1)
void base64_put(const void *bytes, size_t n, char *out, size_t room);
/* Decodes exactly n bytes from text of text_n characters. False on anything else. */
bool base64_parse(const char *text, size_t text_n, void *out, size_t n);

#endif
