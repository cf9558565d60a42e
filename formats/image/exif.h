/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_IMAGE_EXIF_H
#define SEKIMORI_IMAGE_EXIF_H

/*
 * EXIF (CIPA DC-008; TIFF 6.0): reads the few values a picture needs to be
 * shown the same, and writes them in a fresh block. Nothing else gets through.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an EXIF block says, as far as it could be read; zero: not said. */
struct exif {
    unsigned orientation; /* 1 to 8 */
    uint8_t unit;         /* of the resolution: 1 per inch, 2 per cm */
    uint16_t x, y;        /* resolution */
    bool gps, thumbnail;
};

/* Reads a TIFF block of n hostile bytes, without the leading "Exif\0\0". Never fails: what cannot be read is not said. */
void exif_read(const uint8_t *tiff, size_t n, struct exif *exif_out);

#define EXIF_BLOCK_MAX 78

/*
 * Writes a TIFF block with the orientation (2 to 8; else left out) and, when x
 * is not 0, the resolution. Returns its length, or 0 when there is nothing to
 * say. The bytes depend on the values alone.
 */
size_t exif_write(const struct exif *exif, uint8_t out[EXIF_BLOCK_MAX]);

#endif
