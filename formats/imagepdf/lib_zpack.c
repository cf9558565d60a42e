/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Deflate for the streams of PDFs we write, by libdeflate. Runs in the pdf and
 * image workers on bytes made by ourselves.
 */
#include "lib_zpack.h"

#include <libdeflate.h>

static void compressor_free(struct libdeflate_compressor **c)
{
    if (*c)
        libdeflate_free_compressor(*c);
}

int zpack(const uint8_t *bytes, size_t n, int level, uint8_t **out, size_t *n_out)
{
    scoped(compressor_free) struct libdeflate_compressor *c = libdeflate_alloc_compressor(level);
    scoped_free uint8_t *packed = NULL;

    if (!c)
        return ERR_NOMEM;
    size_t room = libdeflate_zlib_compress_bound(c, n);
    packed = malloc(room);
    if (!packed)
        return ERR_NOMEM;
    size_t len = libdeflate_zlib_compress(c, bytes, n, packed, room);
    if (len == 0)
        return ERR_FAULT;
    uint8_t *fit = realloc(packed, len); /* the bound is larger than the input: give the rest back */
    if (fit)
        packed = fit;
    *out = steal(packed);
    *n_out = len;
    return 0;
}
