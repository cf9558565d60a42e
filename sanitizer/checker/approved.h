/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_APPROVED_H
#define SEKIMORI_APPROVED_H

#include "formats/format.h"

/* The digests of the members that were released: a sorted set of SHA-256 values. Zero-initialise; empty approves nothing. */
struct approved {
    uint8_t (*digests)[32];
    size_t count;
};

/*
 * Reads a file of 32-byte digests, one after the other, in any order.
 * ERR_PEER when its length is no multiple of 32 or over APPROVED_MAX of them,
 * ERR_NOMEM, ERR_IO.
 */
#define APPROVED_MAX 1000000
int approved_load(struct approved *list, int fd) must_check;

/* True when the digest is in the set. */
bool approved_has(const struct approved *list, const uint8_t sha256[32]);

/* Frees the digests and empties the set. */
void approved_free(struct approved *list);

#endif
