/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_IMAGE_JPEG_WALK_H
#define SEKIMORI_IMAGE_JPEG_WALK_H

/*
 * The marker structure of a JPEG (ITU-T T.81, Annex B): which byte ranges a
 * decoder needs, and what else lies around. The decoder is fed those ranges
 * only, so no library ever parses an APPn or COM segment.
 */
#include "reencode.h"

enum jpeg_dropped {
    JPEG_DROPPED_COMMENT,   /* COM */
    JPEG_DROPPED_EXIF,      /* APP1 Exif, but for a block that says nothing more than ours */
    JPEG_DROPPED_XMP,       /* APP1, both XMP namespaces */
    JPEG_DROPPED_PHOTOSHOP, /* APP13: image resources, IPTC */
    JPEG_DROPPED_MPF,       /* APP2 MPF: index of further pictures behind the end */
    JPEG_DROPPED_THUMBNAIL, /* in JFIF, JFXX or EXIF */
    JPEG_DROPPED_GPS,       /* an EXIF block names a place */
    JPEG_DROPPED_OTHER,     /* any other APPn, and JPGn */
    JPEG_DROPPED_KINDS
};

/* A range of the input by offset. */
struct jpeg_range {
    size_t at, n;
};

struct jpeg_component {
    uint8_t id, h, v;
};

/* Pixel density as JFIF says it: unit 0 (ratio only), 1 (per inch), 2 (per cm). x 0: not known. */
struct jpeg_density {
    uint8_t unit;
    uint16_t x, y;
};

#define JPEG_WALK_RANGES 512 /* pieces of input between dropped segments */
#define JPEG_WALK_ICC 255    /* ICC.1:2010 B.4: chunks are counted in one byte */

/* About 13 KB: keep it off deep stacks. */
struct jpeg_walk {
    const uint8_t *bytes;
    size_t n;
    struct image_jpeg_info info;
    struct jpeg_component component[4];
    bool jfif, no_end;
    uint8_t transform;           /* of the Adobe marker */
    struct jpeg_density density; /* JFIF's, else EXIF's */
    unsigned orientation;        /* 1 to 8 (EXIF), 1 when not said */
    uint64_t segments;           /* markers seen */
    uint64_t stray_bytes;        /* between segments */
    size_t end;                  /* offset behind EOI */
    uint32_t dropped[JPEG_DROPPED_KINDS];
    uint32_t metadata;           /* segments a decoder does not get, rebuilt ones (JFIF, Adobe, ICC) left out */
    struct jpeg_range icc[JPEG_WALK_ICC]; /* profile bytes of chunk i + 1; n 0: missing */
    unsigned icc_count;          /* chunks the profile says it has; 0: none */
    bool icc_broken;             /* chunks contradict each other */
    struct jpeg_range range[JPEG_WALK_RANGES];
    unsigned ranges;
};

/* Fills *walk_out from the bytes, which must outlive it. Fails as image_jpeg_inspect does; *walk_out is then of no use. */
int jpeg_walk_run(const uint8_t *in, size_t n, struct jpeg_walk *walk_out, struct image_fail *fail_out) must_check;

#endif
