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

enum claim_kind {
    CLAIM_PLAIN = 0,
    CLAIM_IN_WORK,    /* has the form of a claim */
    CLAIM_SET_ASIDE,  /* refused before: staff were told */
    CLAIM_SYSTEM,     /* what programs and systems leave beside documents: never taken, needs no word */
    CLAIM_UNFINISHED, /* named as downloads and copies are before they are complete */
};

/* What a name says. A name that ends like a claim and is none is plain. */
enum claim_kind claim_kind(const char *name);

enum claim_verdict {
    CLAIM_IGNORE = 0,
    CLAIM_WAIT,   /* may still be written */
    CLAIM_TAKE,
    CLAIM_REFUSE, /* never taken: set aside, with a notice */
};

struct claim_rules {
    uint64_t limit_bytes;
    uint64_t settle_ms;     /* how long a file must stand still */
    uint64_t unfinished_ms; /* after so long a file with an unfinished name gets a notice */
    bool own_clock;         /* the file system keeps this host's time (not a network mount) */
};

struct claim_now {
    uint64_t mono_ms; /* never 0 */
    int64_t wall_ms;
};

/* What was seen of a file before, where its own times do not help. Zeroed for a new one. */
struct claim_seen {
    uint64_t size, inode, since_ms; /* since when it stands still */
    int64_t mtime_ns;
};

/*
 * Judges a directory entry (lstat result). Standing still is measured by the
 * inode's change time, which no submitter can set, or where that is another
 * machine's, by `seen`, which is updated. On CLAIM_WAIT *wait_ms_out is when
 * to look again; on CLAIM_REFUSE *reason_out says why.
 */
enum claim_verdict claim_judge(const char *name, const struct stat *st, const struct claim_rules *rules,
                               const struct claim_now *now, struct claim_seen *seen, uint64_t *wait_ms_out,
                               enum reason *reason_out);

/*
 * The name of a claimed file: "名前.TOKEN.無害化中". A name too long for that
 * loses the end of its stem, not its extension.
 */
void claim_name(const char *name, const char *token, char out[CLAIM_NAME_MAX]);

/* The name of a refused file: "名前.受取不可"; from the second try on "名前 (2).受取不可". */
void claim_refused_name(const char *name, unsigned number, char out[CLAIM_NAME_MAX]);

/* True when the name is a claim; gives the original name and the token back. */
bool claim_parse(const char *name, char original[CLAIM_NAME_MAX], char token[CLAIM_TOKEN_LEN + 1]);

/*
 * Cuts a name to at most room - 1 bytes, between characters, keeping a short
 * extension. `out` has that room; room is at least 32.
 */
void claim_fit(const char *name, size_t room, char *out);

#endif
