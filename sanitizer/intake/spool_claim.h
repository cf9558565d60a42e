/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_SPOOL_CLAIM_H
#define SEKIMORI_SPOOL_CLAIM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/reason.h"
#include "base/scope.h"

/* Pure rules of the drop folder: whether a file is taken, and what it is called while it is in work. */

#define CLAIM_TOKEN_LEN 16 /* hex digits */
#define CLAIM_NAME_MAX 256 /* a file name with NUL */

enum claim_verdict {
    CLAIM_IGNORE = 0, /* none of our business: our own names, temporary files of programs, the system's own */
    CLAIM_WAIT,       /* may still be written */
    CLAIM_TAKE,
    CLAIM_REFUSE,     /* never taken: set aside, with a notice */
};

/* What was seen of a file the last time it changed. */
struct claim_seen {
    uint64_t size, inode, since_ms; /* since when it stands still */
    int64_t mtime_ns;
};

/*
 * Judges a directory entry (lstat result). `seen` is updated; zeroed for a
 * new file. settle_ms: how long size and time must stand still. On
 * CLAIM_REFUSE *reason_out says why.
 */
enum claim_verdict claim_judge(const char *name, const struct stat *st, uint64_t limit_bytes, uint64_t now_ms,
                               uint64_t settle_ms, struct claim_seen *seen, enum reason *reason_out);

/*
 * The name of a claimed file: "名前.TOKEN.無害化中". A name too long for that
 * loses the end of its stem, not its extension.
 */
void claim_name(const char *name, const char *token, char out[CLAIM_NAME_MAX]);

/* The name of a refused file: "名前.受取不可". */
void claim_refused_name(const char *name, char out[CLAIM_NAME_MAX]);

/* True when the name is a claim; gives the original name and the token back. */
bool claim_parse(const char *name, char original[CLAIM_NAME_MAX], char token[CLAIM_TOKEN_LEN + 1]);

/* True for names we gave: claims, refused files, notices being written. */
bool claim_is_own(const char *name);

#endif
