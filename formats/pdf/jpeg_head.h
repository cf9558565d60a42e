/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_PDF_JPEG_HEAD_H
#define SEKIMORI_PDF_JPEG_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How finely a JPEG was coded, read from its tables, so that what is encoded
 * again is neither coarser nor larger than it was.
 */
struct jpeg_head {
    unsigned quality; /* 1 to 100 in libjpeg's scale, 0: not known */
    bool subsampled;  /* its colours are coarser than its brightness */
};

/* Looks at the markers of n hostile bytes (ITU-T T.81, Annex B) up to the first scan. Never fails. */
void jpeg_head_read(const uint8_t *bytes, size_t n, struct jpeg_head *head_out);

#endif
