/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_ZIP_WALK_H
#define SEKIMORI_ZIP_WALK_H

#include "formats/format.h"

/*
 * The one plain form of ZIP that our handlers write, and nothing else: local
 * records side by side from the first byte, in the order of the directory,
 * each header equal to its directory entry, then the end record to the last
 * byte. Offsets and lengths are never searched for, only confirmed.
 */
struct walk_member {
    const char *name; /* borrowed, not ended by NUL; a folder's ends with "/" */
    uint16_t name_len;
    bool folder;
    uint64_t packed_bytes, bytes;
};

struct walk {
    struct walk_member *members;
    size_t count;
};

/*
 * Walks the whole file. Returns 0, or after job_fail(REASON_CHECK_REFUSED) or
 * a limit's reason an ERR_*. The caller frees with walk_clear.
 */
int walk_read(struct fmt_job *job, const struct fmt_in *in, struct walk *walk_out) must_check;

/* Frees the members. */
void walk_clear(struct walk *walk);

#endif
