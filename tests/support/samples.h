/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_SAMPLES_H
#define SEKIMORI_SAMPLES_H

/*
 * Small containers made in memory, for tests of what looks into them. The
 * well-known test file of virus scanners is put together at run time: no
 * source file of ours shall be taken for an infection.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define SAMPLE_MAX (64u << 20)

/* The 68 bytes of the EICAR test file. Static storage. */
const char *sample_eicar(void);

struct sample_member {
    const char *name;
    const void *bytes;
    size_t len;
    uint16_t flags; /* zip: general purpose bits; 1: says it is encrypted */
};

/* A zip of stored members. */
void sample_zip(struct buf *out, const struct sample_member *members, size_t count);
/* A ustar archive. */
void sample_tar(struct buf *out, const struct sample_member *members, size_t count);
/* A PDF of one empty page with one attached file. */
void sample_pdf(struct buf *out, const struct sample_member *attached);
/* A message with a text and one attachment in base64. */
void sample_mail(struct buf *out, const struct sample_member *attached);

#endif
