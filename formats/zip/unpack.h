/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_UNPACK_H
#define SEKIMORI_UNPACK_H

#include "directory.h"

/* Takes the next unpacked bytes. Any error ends the unpacking and is given on. */
typedef int unpack_sink(void *ctx, const uint8_t *bytes, size_t n);

/*
 * Where a decompressor of a lib_*.c puts what it makes. The declared size is an
 * exact bound: a byte more ends it at once, so that a stream that grows without
 * end costs no more than its header admits.
 */
struct unpack {
    struct fmt_job *job;
    uint64_t declared, done; /* bytes */
    uint32_t crc;
    uint16_t flags; /* of the member, for LZMA */
    unpack_sink *sink;
    void *ctx;
};

enum { UNPACK_STEP = 65536 }; /* bytes a decompressor makes at a time */

/* Counts, checks and gives on n bytes. ERR_MALFORMED over the declared size, ERR_LIMIT, or the sink's error. */
int unpack_put(struct unpack *u, const uint8_t *bytes, size_t n) must_check;

/* True when members packed by this method can be unpacked here. */
bool unpack_is_known(uint16_t method);

/*
 * Unpacks a file member into the sink, in pieces of at most 4 MB. Returns 0
 * only when the data gave exactly the declared bytes with the declared CRC and
 * nothing of it was left over; else the sink's error, or after job_fail:
 * ERR_MALFORMED, ERR_UNSUPPORTED (method), ERR_LIMIT, ERR_NOMEM.
 */
int unpack_member(struct fmt_job *job, const struct fmt_in *in, const struct zip_member *member, unpack_sink *sink,
                  void *ctx) must_check;

#endif
