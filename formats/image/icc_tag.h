/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_IMAGE_ICC_TAG_H
#define SEKIMORI_IMAGE_ICC_TAG_H

/* The tag types of ICC.1:2010, section 10, that a picture's profile may hold: each read, checked and written anew. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/scope.h"

/* A profile as it grows. Zero-initialise; icc_out_free. */
struct icc_out {
    uint8_t *bytes;
    size_t n, room;
};

/* Appends bytes; NULL appends zeroes. ERR_NOMEM; ERR_LIMIT over twice ICC_BYTES_MAX. */
int icc_put(struct icc_out *out, const void *bytes, size_t n) must_check;
int icc_put32(struct icc_out *out, uint32_t value) must_check;
/* Pads with zeroes to a multiple of four. */
int icc_align(struct icc_out *out) must_check;
/* Overwrites a number already there. */
void icc_patch32(struct icc_out *out, size_t at, uint32_t value);
/* Frees what was written. */
void icc_out_free(struct icc_out *out);

/* Big-endian numbers, as all of ICC.1 clause 4; the caller checked that the bytes are there. */
uint32_t icc_u32(const uint8_t *p);
uint32_t icc_u16(const uint8_t *p);

/* A tag's bytes and the channels a lookup table must have on either side. */
struct icc_tag {
    const uint8_t *p;
    size_t n;
    unsigned in, out;
    bool to_pcs; /* a lookup table from the device's colours (A2B) */
};

/*
 * Each appends the tag as one type and returns 0, ERR_MALFORMED when the bytes
 * are not wholly what the type says, or as icc_put. Only the bytes the type
 * asks for are read; what follows them in the tag is left behind.
 */
int icc_tag_xyz(const struct icc_tag *tag, struct icc_out *out) must_check;
int icc_tag_matrix(const struct icc_tag *tag, struct icc_out *out) must_check; /* sf32, nine numbers */
int icc_tag_curve(const struct icc_tag *tag, struct icc_out *out) must_check;  /* curv or para */
int icc_tag_lut(const struct icc_tag *tag, struct icc_out *out) must_check;    /* mft1, mft2, mAB, mBA */

#endif
