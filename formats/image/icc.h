/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_IMAGE_ICC_H
#define SEKIMORI_IMAGE_ICC_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/scope.h"

enum icc_space {
    ICC_SPACE_GREY = 0,
    ICC_SPACE_RGB,
    ICC_SPACE_CMYK,
};

#define ICC_BYTES_MAX ((size_t)4 << 20) /* the largest print profiles are under 3 MB */

/*
 * Reads a colour profile of n hostile bytes (ICC.1:2010, section 7) and writes
 * a new one from what a picture needs: header, white point, primaries, curves
 * and lookup tables, each checked and laid out anew, with our own texts. Its
 * colour space must be the picture's. ERR_MALFORMED when the profile is
 * unusable, ERR_NOMEM. *out is malloc'd and the caller's to free. A rebuilt
 * profile comes out of a second call byte for byte.
 */
int icc_rebuild(const uint8_t *in, size_t n, enum icc_space space, uint8_t **out, size_t *out_n) must_check;

#endif
