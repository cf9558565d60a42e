/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_WRITER_H
#define SEKIMORI_WRITER_H

#include "base/buf.h"
#include "formats/format.h"

/*
 * Writes a ZIP file to the job's output, member by member, in the one plain
 * form the verifier accepts: stored or deflated at level 6, no descriptors, no
 * ZIP64, no comments, UTF-8 names. The same members give the same bytes.
 */
struct zip_writer {
    struct fmt_job *job;
    struct buf central; /* the directory so far */
    uint32_t count;
};

/* What a member is called and when it was changed. */
struct zip_entry {
    const char *path; /* UTF-8, relative, "/" between components, none at the end; folders get theirs */
    bool folder;
    uint16_t dos_date, dos_time; /* as in the header; {0x21, 0}: 1980-01-01 */
    bool has_mtime;              /* write an extended timestamp too */
    int32_t mtime;
};

/* Begins an archive; nothing may have been written before. Free with zip_writer_clear. */
struct zip_writer zip_writer_new(struct fmt_job *job);

/*
 * Writes a file or folder. The bytes are stored when packing them saves less
 * than a 64th. Errors are recorded in the job: ERR_LIMIT over the output
 * budget, over 2 GB or 65,534 members; ERR_NOMEM; ERR_IO.
 */
int zip_writer_add(struct zip_writer *writer, const struct zip_entry *entry, const struct fmt_in *bytes) must_check;

/* Writes the directory and the end record. The caller still says out_finish. */
int zip_writer_finish(struct zip_writer *writer) must_check;

/* Frees the directory. */
void zip_writer_clear(struct zip_writer *writer);

#endif
