/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_EXTRA_H
#define SEKIMORI_EXTRA_H

#include "formats/format.h"

/* What the extra fields of one header say (APPNOTE 4.5); pointers borrow the input. */
struct zip_extra {
    const uint8_t *zip64; /* body of 0x0001, or NULL */
    uint16_t zip64_len;
    const uint8_t *unicode; /* body of 0x7075, or NULL */
    uint16_t unicode_len;
    bool has_mtime;
    int32_t mtime;
    bool encrypted;         /* 0x9901 or 0x0017 */
    bool link;              /* a Unix field that names a link or a device */
    uint32_t dropped_fields;
};

/*
 * Reads the extra fields of a header. Returns 0, or ERR_MALFORMED for a field
 * over the end or two fields that cannot both be true. Fewer than four bytes
 * at the end are padding.
 */
int zip_extra_read(const uint8_t *bytes, uint16_t n, struct zip_extra *extra_out) must_check;

#endif
