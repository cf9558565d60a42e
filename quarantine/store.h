/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_STORE_H
#define SEKIMORI_STORE_H

/*
 * Originals and outputs as encrypted files named by job id.
 *
 *   incoming/<job>.o|p         being written; the list of what a crash left open
 *   originals/YYYYMMDD/<job>   o
 *   outputs/YYYYMMDD/<job>     p
 *   work/                      plaintext too big for memory, unlinked at once
 *
 * A file is written in incoming/ and flushed together with that folder; then
 * the ledger's row is committed; then it is moved into its place. So recovery
 * only looks through incoming/, however much is stored: a file whose row is
 * there moves on, one without was never acknowledged and is removed. The move
 * needs no flush of its own: until it is on disk the file is in incoming/.
 *
 * Each file has its own key, made of the master key, its kind and its job:
 * a file put in another's place does not open.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/lib_sodium.h"
#include "base/record.h"

struct store;

enum store_kind { STORE_ORIGINAL, STORE_OUTPUT, STORE_KINDS };

/* A file that was written and is not yet durable. */
struct store_file {
    enum store_kind kind;
    char job[JOB_ID_MAX];
    int fd; /* -1: none */
    uint64_t bytes;
    uint8_t sha256[DIGEST_BYTES]; /* of the plaintext */
};

/*
 * Opens or makes the folders. The master key is read from key_path, or from
 * keys/master.key when that is ""; it is made only when the store is empty.
 * `durable` false leaves out every flush (tests, benches). ERR_NOTFOUND: the
 * key is missing though files exist. ERR_INVALID: the key file is not one, or
 * others may read it. ERR_IO, ERR_SPACE, ERR_NOMEM.
 */
int store_open(int state_fd, const char *key_path, bool durable, struct store **store_out) must_check;
void store_close(struct store **store);

/* A new job id: UTC time to the millisecond and 128 random bits, never used before. */
void store_job_id(uint64_t now_ms, char id[JOB_ID_MAX]);

/* True for text that has the form of a job id: safe as a file name. */
bool store_is_job_id(const char *text);

/*
 * Copies a regular file into incoming/, encrypted and hashed on the way, and
 * its plaintext into plain_fd unless -1. More than max_bytes is ERR_LIMIT. On
 * error nothing is left behind. On success *file_out holds an open descriptor
 * for store_sync. ERR_REFUSED (source is no regular file), ERR_IO, ERR_SPACE.
 */
int store_write(struct store *store, enum store_kind kind, const char *job, int source_fd, uint64_t max_bytes, int plain_fd,
                struct store_file *file_out) must_check;

/* Starts writing it to disk without waiting, so that one journal commit serves many files. */
void store_start(struct store *store, const struct store_file *file);

/* Flushes and closes. An error is final: see fdio_sync. */
int store_sync(struct store *store, struct store_file *file) must_check;

/* Flushes the names in incoming/: after store_sync of all, before the ledger's commit. */
int store_sync_names(struct store *store) must_check;

/* Moves a file whose row is committed into its place. Best effort: recovery finishes what fails here. */
void store_settle(struct store *store, const struct store_file *file);

/* Removes a file that got no row. */
void store_drop(struct store *store, struct store_file *file);

/*
 * Decrypts into out_fd (from its current offset) and proves length and SHA-256.
 * ERR_NOTFOUND: no such file. ERR_CRYPTO: cut, changed, exchanged, or not the
 * recorded digest: what was written to out_fd must not be used. ERR_IO, ERR_SPACE.
 */
int store_read(struct store *store, enum store_kind kind, const char *job, uint64_t bytes, const uint8_t sha256[DIGEST_BYTES],
               int out_fd) must_check;

/* True when the file of a job is in its place or still in incoming/; what is in it is not looked at. */
bool store_has(struct store *store, enum store_kind kind, const char *job);

/* Removes from wherever it is; a missing file is fine. ERR_IO. */
int store_remove(struct store *store, enum store_kind kind, const char *job) must_check;

/*
 * After a crash: empties work/, and asks for each file in incoming/ whether a
 * committed row has it; the others are removed. The ledger must be open. ERR_IO.
 */
int store_recover(struct store *store, bool (*has_row)(void *arg, enum store_kind kind, const char *job), void *arg,
                  uint64_t *adopted_out, uint64_t *dropped_out) must_check;

struct store_plain {
    int fd;      /* to write to; -1: none */
    int read_fd; /* of a file in work/; -1 for memory */
};

/*
 * A place for plaintext that is handed to another program: in memory up to
 * memory_max bytes, else an unlinked file in work/. store_plain_seal gives back
 * a descriptor through which nobody can change it. ERR_IO, ERR_SPACE.
 */
int store_plain_new(struct store *store, uint64_t bytes, uint64_t memory_max, struct store_plain *out) must_check;
int store_plain_seal(struct store_plain *plain, int *fd_out) must_check;
void store_plain_free(struct store_plain *plain);

/* True when nobody can change the file any more (memory, sealed against writing and resizing). */
bool store_is_sealed(int fd);

/* Free bytes and inodes where the store lives. ERR_IO. */
int store_free_space(struct store *store, uint64_t *bytes_out, uint64_t *inodes_out) must_check;

#endif
