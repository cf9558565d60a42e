/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only file of the ZIP handler that includes zlib. Runs in the package worker; what it unpacks is hostile. */
#include "lib_zlib.h"

#include <limits.h>
#include <zlib.h>

static void unpack_end(z_stream *z)
{
    (void)inflateEnd(z);
}

static void pack_end(z_stream *z)
{
    (void)deflateEnd(z);
}

/* Gives zlib the next piece of the input; zlib counts it in 32 bits. */
static void feed(z_stream *z, const struct fmt_in *in, uint64_t *at)
{
    uint64_t left = in_len(in) - *at, n = left < INT_MAX ? left : INT_MAX;

    if (z->avail_in > 0)
        return;
    z->next_in = (z_const Bytef *)(uintptr_t)(in->bytes + *at);
    z->avail_in = (uInt)n;
    *at += n;
}

int lib_zlib_inflate(const struct fmt_in *packed, struct unpack *u)
{
    scoped(unpack_end) z_stream z = {0};
    scoped_free uint8_t *out = malloc(UNPACK_STEP);
    uint64_t at = 0;
    int r = Z_OK;

    if (!out || inflateInit2(&z, -MAX_WBITS) != Z_OK)
        return ERR_NOMEM;
    while (r != Z_STREAM_END) {
        feed(&z, packed, &at);
        z.next_out = out;
        z.avail_out = UNPACK_STEP;
        r = inflate(&z, Z_NO_FLUSH);
        if (r == Z_MEM_ERROR)
            return ERR_NOMEM;
        size_t made = UNPACK_STEP - z.avail_out;
        if ((r != Z_OK && r != Z_STREAM_END) || (made == 0 && r == Z_OK && z.avail_in == 0 && at == in_len(packed)))
            return ERR_MALFORMED;
        int err = unpack_put(u, out, made);
        if (err < 0)
            return err;
    }
    return z.avail_in == 0 && at == in_len(packed) ? 0 : ERR_MALFORMED;
}

int lib_zlib_deflate(const struct fmt_in *bytes, zlib_sink *sink, void *ctx)
{
    scoped(pack_end) z_stream z = {0};
    scoped_free uint8_t *out = malloc(UNPACK_STEP);
    uint64_t at = 0;
    int r = Z_OK;

    if (!out || deflateInit2(&z, 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return ERR_NOMEM;
    while (r != Z_STREAM_END) {
        feed(&z, bytes, &at);
        z.next_out = out;
        z.avail_out = UNPACK_STEP;
        r = deflate(&z, at == in_len(bytes) ? Z_FINISH : Z_NO_FLUSH);
        if (r != Z_OK && r != Z_STREAM_END)
            return ERR_FAULT;
        int err = sink(ctx, out, UNPACK_STEP - z.avail_out);
        if (err < 0)
            return err;
    }
    return 0;
}
