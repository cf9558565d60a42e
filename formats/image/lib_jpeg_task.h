/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_IMAGE_LIB_JPEG_TASK_H
#define SEKIMORI_IMAGE_LIB_JPEG_TASK_H

/*
 * What lib_jpeg.c and lib_jpeg_again.c share, the only two files that see
 * libjpeg-turbo: a decoder, an encoder and the jump out of both.
 */
#include <limits.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>

#include "lib_jpeg.h"

#define JPEG_SINK_BYTES 65536
#define JPEG_ROWS_MAX (MAX_SAMP_FACTOR * DCTSIZE)

/* One plane: a row of blocks of one component, with room for the padding. */
struct jpeg_plane {
    uint8_t *bytes;
    size_t stride;
    uint32_t width, height; /* of the component, without padding */
    unsigned rows;          /* read at a time */
    JSAMPROW row[JPEG_ROWS_MAX];
};

struct jpeg_task {
    struct jpeg_error_mgr errors; /* first: libjpeg hands back its address */
    jmp_buf jump;
    struct jpeg_decompress_struct d;
    struct jpeg_compress_struct c;
    struct jpeg_source_mgr source;
    struct jpeg_destination_mgr destination;
    const struct jpeg_walk *walk;
    const struct lib_jpeg_head *head;
    const struct image_jpeg_limits *limits;
    const struct image_pixels *pixels;
    uint8_t *rgb;
    struct image_sink *sink;
    struct image_jpeg_told told;
    struct image_fail *fail;
    int err;
    unsigned quality, dpi, next_range, shrink, quant_slots;
    bool subsample, gave_end;
    struct jpeg_plane plane[4];
    uint8_t buffer[JPEG_SINK_BYTES];
};

/* What the components are to libjpeg, by enum image_jpeg_kind. */
extern const J_COLOR_SPACE jpeg_task_spaces[];

/* A zeroed task with error handling set up; NULL without memory. jpeg_task_free takes every state of it. */
struct jpeg_task *jpeg_task_new(struct image_sink *sink, struct image_fail *fail);
void jpeg_task_free(struct jpeg_task *t);

/* Leaves all calls below the last setjmp of t->jump; t->err becomes err. */
_Noreturn void jpeg_task_give_up(struct jpeg_task *t, int err);

/* Opens the decoder on the walk's ranges and reads the head of the picture. */
void jpeg_task_head(struct jpeg_task *t);

/* Gives up when scans of a decoded picture may be missing. Missing rows end the decoding as they are met. */
void jpeg_task_check_whole(struct jpeg_task *t);

/* Opens the encoder on the sink. */
void jpeg_task_destination(struct jpeg_task *t);

#endif
