/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_SEQUENCE_H
#define SEKIMORI_SEQUENCE_H

/*
 * The sequence numbers that were seen, each with its job, in a file of fixed
 * size in outbound/tmp: an old ticket for another job, or one from before the
 * window, is a replay. The same ticket again is a redelivery after a crash.
 */
#include <stdbool.h>
#include <stdint.h>

#define SEQUENCE_SLOTS 65536 /* deliveries that may still be repeated */

struct sequence;

/* Reads or makes the file. ERR_MALFORMED: it has another size. ERR_IO, ERR_SPACE, ERR_NOMEM. */
int sequence_open(int folder, const char *name, bool durable, struct sequence **out) __attribute__((warn_unused_result));
void sequence_close(struct sequence **sequence);

/*
 * Takes note of a ticket. ERR_STALE: the number was used for another job, or
 * is not above all seen and no longer on the list. ERR_IO, ERR_SPACE: it could
 * not be noted; use no later one, or this one will be stale.
 */
int sequence_use(struct sequence *s, uint64_t seq, const char *job) __attribute__((warn_unused_result));

/* Makes the notes durable: before any of their files gets its name. ERR_IO is final. */
int sequence_flush(struct sequence *s) __attribute__((warn_unused_result));

#endif
