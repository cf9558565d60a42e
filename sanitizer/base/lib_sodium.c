/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libsodium behind our names. Keeper and releaser; sees digests and ciphertext, interprets no content. */
#include "lib_sodium.h"

#include <sodium.h>
#include <string.h>

#include "err.h"

_Static_assert(sizeof(crypto_hash_sha256_state) <= sizeof(struct digest), "room for the SHA-256 state");
_Static_assert(sizeof(crypto_secretstream_xchacha20poly1305_state) <= sizeof(struct cipher), "room for the cipher state");
_Static_assert(crypto_secretstream_xchacha20poly1305_ABYTES == CIPHER_EXTRA, "chunk overhead");
_Static_assert(crypto_secretstream_xchacha20poly1305_HEADERBYTES == CIPHER_HEAD_BYTES, "cipher head");
_Static_assert(crypto_secretstream_xchacha20poly1305_KEYBYTES == CIPHER_KEY_BYTES, "cipher key");
_Static_assert(crypto_sign_SECRETKEYBYTES == sizeof(((struct sign_key *)0)->secret), "secret key");

int crypt_init(void)
{
    return sodium_init() >= 0 ? 0 : ERR_FAULT;
}

static crypto_hash_sha256_state *sha_state(struct digest *d)
{
    return (crypto_hash_sha256_state *)(void *)d->state;
}

void digest_init(struct digest *d)
{
    (void)crypto_hash_sha256_init(sha_state(d));
}

void digest_add(struct digest *d, const void *bytes, size_t n)
{
    (void)crypto_hash_sha256_update(sha_state(d), bytes, n);
}

void digest_end(struct digest *d, uint8_t out[DIGEST_BYTES])
{
    (void)crypto_hash_sha256_final(sha_state(d), out);
}

void digest_of(const void *bytes, size_t n, uint8_t out[DIGEST_BYTES])
{
    (void)crypto_hash_sha256(out, bytes, n);
}

void digest_hex(const uint8_t digest[DIGEST_BYTES], char hex[DIGEST_HEX])
{
    (void)sodium_bin2hex(hex, DIGEST_HEX, digest, DIGEST_BYTES);
}

bool digest_parse(const char *hex, size_t n, uint8_t out[DIGEST_BYTES])
{
    uint8_t bytes[DIGEST_BYTES];

    if (n != 2 * DIGEST_BYTES || sodium_hex2bin(bytes, sizeof bytes, hex, n, NULL, NULL, NULL) != 0)
        return false;
    for (size_t i = 0; i < n; i++)
        if (hex[i] >= 'A' && hex[i] <= 'F') /* one spelling only: signed text is compared byte by byte */
            return false;
    memcpy(out, bytes, sizeof bytes);
    return true;
}

void sign_key_from_seed(const uint8_t seed[SIGN_SEED_BYTES], struct sign_key *key_out)
{
    (void)crypto_sign_seed_keypair(key_out->public, key_out->secret, seed);
}

void sign_bytes(const struct sign_key *key, const void *bytes, size_t n, uint8_t signature_out[SIGN_BYTES])
{
    (void)crypto_sign_detached(signature_out, NULL, bytes, n, key->secret);
}

bool sign_is_valid(const uint8_t public[SIGN_PUBLIC_BYTES], const void *bytes, size_t n, const uint8_t signature[SIGN_BYTES])
{
    return crypto_sign_verify_detached(signature, bytes, n, public) == 0;
}

void cipher_key(const uint8_t master[CIPHER_KEY_BYTES], const char *purpose, const char *name, uint8_t key_out[CIPHER_KEY_BYTES])
{
    crypto_generichash_state state;

    (void)crypto_generichash_init(&state, master, CIPHER_KEY_BYTES, CIPHER_KEY_BYTES);
    (void)crypto_generichash_update(&state, (const uint8_t *)purpose, strlen(purpose) + 1); /* with NUL: no two pairs run together */
    (void)crypto_generichash_update(&state, (const uint8_t *)name, strlen(name) + 1);
    (void)crypto_generichash_final(&state, key_out, CIPHER_KEY_BYTES);
    sodium_memzero(&state, sizeof state);
}

static crypto_secretstream_xchacha20poly1305_state *stream_state(struct cipher *c)
{
    return (crypto_secretstream_xchacha20poly1305_state *)(void *)c->state;
}

void cipher_seal_start(struct cipher *c, const uint8_t key[CIPHER_KEY_BYTES], uint8_t head_out[CIPHER_HEAD_BYTES])
{
    (void)crypto_secretstream_xchacha20poly1305_init_push(stream_state(c), head_out, key);
}

void cipher_seal(struct cipher *c, const void *bytes, size_t n, bool last, void *out)
{
    (void)crypto_secretstream_xchacha20poly1305_push(stream_state(c), out, NULL, bytes, n, NULL, 0,
                                                     last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : 0);
}

int cipher_open_start(struct cipher *c, const uint8_t key[CIPHER_KEY_BYTES], const uint8_t head[CIPHER_HEAD_BYTES])
{
    return crypto_secretstream_xchacha20poly1305_init_pull(stream_state(c), head, key) == 0 ? 0 : ERR_CRYPTO;
}

int cipher_open(struct cipher *c, const void *bytes, size_t n, void *out, bool *last_out)
{
    unsigned char tag = 0;

    if (n < CIPHER_EXTRA ||
        crypto_secretstream_xchacha20poly1305_pull(stream_state(c), out, NULL, &tag, bytes, n, NULL, 0) != 0)
        return ERR_CRYPTO;
    *last_out = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    return 0;
}

void crypt_wipe(void *bytes, size_t n)
{
    sodium_memzero(bytes, n);
}

void base64_put(const void *bytes, size_t n, char *out, size_t room)
{
    (void)sodium_bin2base64(out, room, bytes, n, sodium_base64_VARIANT_ORIGINAL);
}

bool base64_parse(const char *text, size_t text_n, void *out, size_t n)
{
    uint8_t bytes[128];
    size_t got = 0;

    if (n > sizeof bytes || text_n != base64_room(n) - 1 ||
        sodium_base642bin(bytes, sizeof bytes, text, text_n, NULL, &got, NULL, sodium_base64_VARIANT_ORIGINAL) != 0 || got != n)
        return false;
    memcpy(out, bytes, n);
    return true;
}
