/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_REPORT_H
#define SEKIMORI_REPORT_H

/*
 * What a task says to the supervisor, frame by frame (MSG_TASK_* of proto.h).
 * A supervisor that does not listen any more ends the process with
 * TASK_EXIT_PEER: there is nobody left to work for.
 */
#include "base/buf.h"
#include "formats/finding.h"
#include "formats/job.h"

/* All findings and kept rows of a list. The checker passes kept rows only: findings are not its business. */
void report_findings(int fd, const struct findings *list);
void report_kept(int fd, const struct findings *list);

/* Detection's answer. */
void report_detected(int fd, const char *type, const char *mime, const char *name, bool mismatch);

/* The last word. sha256 is 32 bytes, or NULL where the task has none. */
void report_result(int fd, enum reason reason, const char *detail, const char *out_type, uint64_t out_bytes,
                   const uint8_t *sha256);

/* A frame with any payload, for the dialogue about members. */
void report_say(int fd, uint16_t type, uint64_t id, const struct buf *payload);

#endif
