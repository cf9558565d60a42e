/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_KEYS_H
#define SEKIMORI_KEYS_H

/* Secret keys as files of 32 raw bytes, readable by their owner only, and public keys as one line of text. */
#include <stdbool.h>
#include <stdint.h>

#include "base/lib_sodium.h"

#define KEY_BYTES 32

/*
 * Reads a key from `path` beneath dirfd (or absolute, then dirfd does not
 * matter). A missing one is made, durably, when `may_make`: only a new gateway
 * makes keys, since a new key beside old data would hide that the old one is
 * lost. ERR_NOTFOUND: missing. ERR_INVALID: not 32 bytes, or group or others
 * may read it. ERR_IO, ERR_SPACE.
 */
int key_load(int dirfd, const char *path, bool may_make, uint8_t key_out[KEY_BYTES]) must_check;

/*
 * Loads or makes an Ed25519 key `<name>.key` and keeps `<name>.pub` beside it:
 * one line "sekimori-<name> <base64>". Errors as key_load.
 */
int key_load_signer(int dirfd, const char *name, bool may_make, struct sign_key *key_out) must_check;

/* The text of a public key file, with newline. */
void key_public_line(const char *name, const uint8_t public[SIGN_PUBLIC_BYTES], char *out, size_t room);

#endif
