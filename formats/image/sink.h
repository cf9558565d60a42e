/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_IMAGE_SINK_H
#define SEKIMORI_IMAGE_SINK_H

#include <stddef.h>

/* Where encoded bytes go. write returns 0 or ERR_*, which ends the encoding. */
struct image_sink {
    int (*write)(void *ctx, const void *bytes, size_t n);
    void *ctx;
};

#endif
