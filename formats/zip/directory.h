/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_DIRECTORY_H
#define SEKIMORI_DIRECTORY_H

#include "formats/format.h"

/*
 * The structure of a ZIP file, read strictly: one end record, central entries
 * and local headers that say the same, records side by side from the first
 * byte to the last. Readers disagree about anything else, so anything else is
 * held. "APPNOTE" is PKWARE's .ZIP File Format Specification 6.3.
 */
enum zip_kind {
    ZIP_KIND_NONE = 0,
    ZIP_KIND_FILE,
    ZIP_KIND_FOLDER,
    ZIP_KIND_LINK, /* link, device, pipe, socket, reparse point */
};

/* One central entry that agrees with its local header. Pointers borrow the input. */
struct zip_member {
    const uint8_t *name; /* raw bytes in no known encoding */
    const uint8_t *unicode; /* body of the Info-ZIP Unicode path field (0x7075), or NULL */
    uint16_t name_len, unicode_len, method, flags, dos_time, dos_date;
    enum zip_kind kind;
    bool dos; /* made on FAT or NTFS, where "\" separates too */
    uint64_t header_at, data_at, packed_bytes, bytes;
    uint64_t end_at; /* past the data and its descriptor */
    uint32_t crc, attributes;
    int32_t mtime; /* of the extended timestamp (0x5455), seconds since 1970 */
    bool has_mtime;
    uint32_t dropped_fields; /* extra fields that say nothing needed to rebuild: owners, other clocks, unknown */
    uint16_t comment_bytes;
};

struct zip_directory {
    struct zip_member *members; /* in the order of the central directory */
    size_t count;
    uint64_t comment_bytes;  /* of the archive */
    uint64_t trailing_bytes; /* after the end record and its comment */
};

enum { ZIP_FLAG_ENCRYPTED = 1, ZIP_FLAG_LZMA_END = 2, ZIP_FLAG_DESCRIPTOR = 8, ZIP_FLAG_UTF8 = 0x800 };
enum {
    ZIP_STORED = 0,
    ZIP_DEFLATED = 8,
    ZIP_BZIP2 = 12,
    ZIP_LZMA = 14,
    ZIP_ZSTD = 93,
    ZIP_XZ = 95,
};

/*
 * Reads the whole structure. Returns 0, or after job_fail: ERR_MALFORMED;
 * ERR_REFUSED for bytes before the archive or a second end record (ambiguous);
 * ERR_LOCKED for an encrypted member; ERR_LIMIT for too many members;
 * ERR_NOMEM. The caller frees with zip_directory_clear; the members point into
 * the job's input.
 */
int zip_directory_read(struct fmt_job *job, const struct fmt_in *in, struct zip_directory *directory_out) must_check;

/* Frees the members and zeroes the directory. */
void zip_directory_clear(struct zip_directory *directory);

/* True when a DOS date and time (APPNOTE 4.4.6) name a month, a day, an hour, a minute and a second. */
bool zip_clock_is_valid(uint16_t date, uint16_t clock);

/* The time of a member in seconds since 1970, its DOS clock read as UTC when it has no other; 0 when neither is valid. */
int64_t zip_member_time(const struct zip_member *member);

#endif
