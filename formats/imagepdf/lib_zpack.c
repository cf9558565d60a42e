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

static void decompressor_free(struct libdeflate_decompressor **d)
{
    if (*d)
        libdeflate_free_decompressor(*d);
}

int zunpack(const uint8_t *bytes, size_t n, size_t max, uint8_t **out, size_t *n_out)
{
    scoped(decompressor_free) struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
    scoped_free uint8_t *plain = NULL;
    size_t used = 0, len = 0, room = n < max / 8 ? n * 8 + 1024 : max;

    for (;;) { /* the size is not known: a larger try each time, up to max */
        room = room < max ? room : max;
        free(plain);
        plain = malloc(room + 1);
        if (!d || !plain)
            return ERR_NOMEM;
        enum libdeflate_result result = libdeflate_zlib_decompress_ex(d, bytes, n, plain, room, &used, &len);
        if (result == LIBDEFLATE_SUCCESS)
            break;
        if (result != LIBDEFLATE_INSUFFICIENT_SPACE)
            return ERR_MALFORMED;
        if (room == max)
            return ERR_LIMIT;
        room = room < max / 4 ? room * 4 : max;
    }
    *out = steal(plain);
    *n_out = len;
    return 0;
}
