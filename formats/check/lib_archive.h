/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_LIB_ARCHIVE_H
#define SEKIMORI_LIB_ARCHIVE_H

#include "formats/format.h"

/* A ZIP file as libarchive sees it: the second parser of the container verifiers. */

/* What libarchive says of one member. */
struct archive_member {
    const char *path; /* UTF-8; borrowed until the next member */
    bool regular, folder, link, encrypted;
    int64_t bytes; /* declared; -1 unknown */
};

/* Each may end the reading with an error, which is given on. */
struct archive_visitor {
    int (*member)(void *ctx, const struct archive_member *member);
    int (*data)(void *ctx, const uint8_t *bytes, size_t n);
    int (*end)(void *ctx); /* of a member's data, which had the right checksum */
};

/*
 * Makes libarchive do without files: loads the UTF-8 locale and makes UTC the
 * time zone of this process. Call once before the process is confined.
 * ERR_FAULT.
 */
int lib_archive_warm(void) must_check;

/*
 * Reads all members by the central directory, in the order of their offsets.
 * Whatever libarchive warns of is ERR_MALFORMED; ERR_NOMEM; ERR_FAULT without
 * its locale; or the visitor's error.
 */
int lib_archive_read_zip(const struct fmt_in *in, const struct archive_visitor *visitor, void *ctx) must_check;

#endif
