/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_MAKE_JPEG_H
#define SEKIMORI_MAKE_JPEG_H

/* Builds JPEG fixtures with libjpeg and by hand. Test code: failures abort. */
#include "cases.h"

/* A picture of a soft pattern, see make_jpeg_sample. Zeroes give 4:4:4 baseline at quality 75. */
struct make_jpeg {
    unsigned width, height;
    unsigned components; /* 1, 3 (YCbCr) or 4 (CMYK); 0: 3 */
    unsigned h, v;       /* sampling factors of the first component, 0: 1 */
    unsigned all_h;      /* factors of the others, 0: 1 */
    unsigned quality;    /* 0: 75 */
    unsigned restart;    /* MCUs */
    bool progressive, arithmetic, separate_scans;
    bool rgb;            /* three components without YCbCr, Adobe transform 0 */
    bool ycck, no_adobe, no_jfif;
    unsigned density_unit, density;
    unsigned quant; /* 1: text, 2: zeroes, 3: values over 255 */
};

void make_jpeg(struct fixture *f, const struct make_jpeg *recipe);

/* What sample c of the pattern is at a place: 0 to 255. */
uint8_t make_jpeg_sample(unsigned x, unsigned y, unsigned c);

/* Inserts a segment (marker, length, payload) behind SOI. */
void make_jpeg_segment(struct fixture *f, uint8_t marker, const void *payload, size_t n);

/* Inserts or removes bytes anywhere. */
void fixture_insert(struct fixture *f, size_t at, const void *bytes, size_t n);
void fixture_cut(struct fixture *f, size_t at, size_t n);

/* Offset of the first segment of a marker, by a walk over the header. */
size_t make_jpeg_find(const struct fixture *f, uint8_t marker);

/* A TIFF block as cameras write it. */
struct make_exif {
    unsigned orientation, dpi;
    bool gps, thumbnail, little;
    const char *text; /* in ImageDescription */
};
void make_exif(struct fixture *tiff, const struct make_exif *recipe);

/* Fails the test unless the bytes decode to the pattern, within a mean error. 4 components are compared as they are. */
void make_jpeg_compare(const uint8_t *bytes, size_t n, unsigned width, unsigned height, unsigned components,
                       double tolerance);

/* Colour profiles: a good one of matrix (RGB), curve (grey) or table (CMYK) type, and what may be wrong with it. */
struct make_icc {
    unsigned channels; /* 1, 3, 4 */
    bool v4, lut_parts, lut_wide; /* tables as mAB, as mft2; else, for four channels, mft1 */
    const char *name;
    bool private_tag, private_outside, twice, bad_curve, no_white, bad_class;
    size_t padding; /* bytes at the end */
};
void make_icc(struct fixture *icc, const struct make_icc *recipe);

/* Puts a profile into APP2 segments of at most `piece` bytes each, `missing` (1-based) left out. */
void make_jpeg_icc(struct fixture *f, const struct fixture *icc, size_t piece, unsigned missing);

#endif
