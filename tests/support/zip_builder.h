/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_ZIP_BUILDER_H
#define SEKIMORI_ZIP_BUILDER_H

/*
 * Writes ZIP files for tests byte by byte, good ones and ones no honest
 * program makes. Everything left zero is made right; what is set is written as
 * it is. Test code: failures abort.
 */
#include "formats/cases.h"

/* Bytes of a field, a name, an extra field. `n` 0 and `p` set: the length of the text. */
struct zb_bytes {
    const void *p;
    size_t n;
};
#define ZB(text) {text, sizeof(text) - 1}

enum zb_descriptor {
    ZB_DESCRIPTOR_NONE = 0,
    ZB_DESCRIPTOR_SIGNED, /* with PK\7\8 */
    ZB_DESCRIPTOR_BARE,
    ZB_DESCRIPTOR_WIDE,    /* with signature, 64-bit sizes */
    ZB_DESCRIPTOR_MISSING, /* the flag says so, but nothing follows */
};

struct zb_member {
    const char *name;
    struct zb_bytes data;   /* content; packed by the method */
    uint16_t method;        /* 0, 8, 12, 14, 93, 95 are packed; others keep the bytes */
    struct zb_bytes packed; /* instead of packing */
    uint16_t flags;         /* added to those that follow from the rest */
    uint8_t host;           /* of "version made by" */
    uint32_t attributes;
    struct zb_bytes extra;       /* in both headers */
    struct zb_bytes local_extra; /* in the local one only, behind `extra` */
    const char *comment;
    uint16_t dos_time, dos_date; /* zero: 2024-02-29 12:34:56 */
    enum zb_descriptor descriptor;
    bool zip64;        /* sizes and offset in the 64-bit field */
    /* lies */
    const char *local_name;
    uint64_t say_bytes, say_packed;      /* in both headers */
    int64_t local_bytes, central_bytes;  /* added to one of them */
    uint32_t crc_xor, local_crc_xor;     /* both headers, the local one */
    uint16_t local_flags_xor, local_method_xor;
    int64_t offset;                      /* added to the central offset */
    struct zb_bytes before;              /* foreign bytes before the local header */
    bool no_local;                       /* a directory entry without a record of its own: the offset is that of record `of` */
    unsigned of;
    bool no_central;                     /* a record the directory does not name */
    uint16_t disk;
};

struct zb_end {
    struct zb_bytes comment, suffix, prefix, before_central;
    bool prefix_moves;     /* offsets count from the first byte of the file, prefix included */
    bool zip64;            /* with the 64-bit end record and its locator */
    bool zip64_open;       /* and all values of the short record left open */
    int64_t count, size, start; /* added to what the end record says */
    int64_t zip64_start;        /* added to what the 64-bit record says */
    uint16_t disk;
    unsigned twice;        /* further copies of the end record */
};

/* Writes members and end; `end` may be NULL. */
void zb_make(struct fixture *out, const struct zb_member *members, size_t count, const struct zb_end *end);

/* Packs bytes by a method, malloc'd. */
void zb_pack(uint16_t method, const void *bytes, size_t n, struct fixture *out);

/* LZMA as 7-Zip writes it: without an end mark, so that only the declared size tells where it ends. */
void zb_pack_lzma_bare(const void *bytes, size_t n, struct fixture *out);

/* The CRC-32 of ZIP. */
uint32_t zb_crc32(const void *bytes, size_t n);

#endif
