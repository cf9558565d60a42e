/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_MANIFEST_H
#define SEKIMORI_MANIFEST_H

/*
 * The signed manifest of one delivery: the ticket on which the releaser acts,
 * and the file beside the delivered one by which the far side knows it. Lines
 * of "key: value" in one fixed order, the last one the Ed25519 signature over
 * all bytes before it. There is one way to write a manifest, and only that is
 * read back: what is signed cannot mean two things.
 */
#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "lib_sodium.h"
#include "record.h"

#define MANIFEST_MAX 8192 /* bytes of a whole manifest */
#define MANIFEST_PATH_MAX (JOB_WORD_MAX + JOB_PATH_MAX)
#define MANIFEST_SUFFIX ".manifest" /* name beside the delivered file */

struct manifest {
    uint64_t sequence;             /* of this gateway, from 1, no gap */
    uint64_t destination_sequence; /* of this destination, from 1, no gap */
    char job[JOB_ID_MAX];
    char gateway[JOB_WORD_MAX];
    char lane[JOB_WORD_MAX], destination[JOB_WORD_MAX], label[JOB_WORD_MAX];
    char path[MANIFEST_PATH_MAX]; /* beneath outbound/new; begins with the destination */
    char type[16], mode[16];
    uint64_t bytes;
    uint8_t sha256[DIGEST_BYTES], original_sha256[DIGEST_BYTES];
    char policy[65];  /* hex SHA-256 of the policy that was applied */
    char stages[96];  /* "detect,scan-input,rebuild,scan-output,check" */
    char verdict[16]; /* "released" */
    uint64_t time_ms; /* of the decision, since 1970 */
};

/*
 * Fills in stages and verdict of a decision that went through everything; the
 * caller has asked decision_is_releasable.
 */
void manifest_set_passed(struct manifest *m);

/*
 * Writes the signed manifest. ERR_INVALID when a value has no place in a line
 * (control characters, an unsafe path), ERR_LIMIT over MANIFEST_MAX, ERR_NOMEM.
 */
int manifest_put(struct buf *b, const struct manifest *m, const struct sign_key *key) must_check;

/*
 * Reads and proves one: ERR_CRYPTO when the signature is not by that key,
 * ERR_MALFORMED when it is written in another way, ERR_REFUSED when it is
 * signed but does not name all five stages and the verdict "released".
 */
int manifest_get(const void *bytes, size_t n, const uint8_t public[SIGN_PUBLIC_BYTES], struct manifest *out) must_check;

/*
 * True for a relative path that stays where it is put: valid UTF-8 without
 * control, bidi or invisible characters, no empty, "." or ".." component, none
 * over 255 bytes with the manifest's suffix, and none that ends like a manifest.
 */
bool manifest_path_is_safe(const char *path);

#endif
