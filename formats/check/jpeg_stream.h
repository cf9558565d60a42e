/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_CHECK_JPEG_STREAM_H
#define SEKIMORI_CHECK_JPEG_STREAM_H

/*
 * Accepts exactly the JPEG streams formats/image writes: a baseline picture in
 * one scan, down to the last bit. Own code throughout; for picture files and
 * for streams inside other formats (PDF).
 */
#include "formats/format.h"

/* A Huffman table ready to decode (ITU-T T.81, F.2.2.3). */
struct check_huffman {
    bool set, used;
    uint16_t fast[1024];   /* by the next ten bits: length << 8 | symbol, 0: longer */
    uint32_t end[17];      /* first code beyond those of a length, left-justified to 16 bits */
    int32_t offset[17];    /* index of a symbol is (code >> (16 - length)) + offset */
    uint8_t symbols[256];
};

struct check_component {
    uint8_t id, h, v, quant;
    uint32_t across, down; /* blocks that hold pixels */
    const struct check_huffman *dc, *ac;
};

/* What stands before the coded data. About 10 KB. */
struct check_jpeg {
    const char *why; /* a refusal in words; NULL: none yet */
    bool bare, jfif, adobe;
    uint8_t transform;
    uint32_t width, height, components;
    struct check_component component[4];
    uint32_t mcus_across, mcus_down;
    uint64_t blocks; /* in the scan, dummies included */
    bool quant_set[4], quant_used[4];
    struct check_huffman table[2][2]; /* DC and AC, 0 and 1 */
    struct fmt_in coded;              /* from behind the scan header to the end of the input */
    uint32_t icc_n;                   /* bytes of the profile, 0: none; its segments were checked */
};

/*
 * Checks everything before the coded data. `bare`: a stream inside another
 * format, where JFIF and Adobe markers may be missing, EXIF and ICC must be.
 * ERR_REFUSED with the words in head_out->why.
 */
int check_jpeg_head(const struct fmt_in *in, bool bare, struct check_jpeg *head_out) must_check;

/*
 * Decodes the scan to its last bit: as many blocks as the picture has, blocks
 * outside it empty, ones up to the byte, the end marker, nothing more.
 * ERR_REFUSED with the words in head->why.
 */
int check_jpeg_coded(struct check_jpeg *head) must_check;

/* Both in one. *why_out is a static string on ERR_REFUSED. */
int check_jpeg_stream(const struct fmt_in *in, bool bare, const char **why_out) must_check;

#endif
