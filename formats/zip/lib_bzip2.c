/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only file that includes libbz2. Runs in the package worker on hostile bytes. */
#include "lib_bzip2.h"

#include <bzlib.h>
#include <limits.h>

static void stream_end(bz_stream *bz)
{
    (void)BZ2_bzDecompressEnd(bz);
}

static void feed(bz_stream *bz, const struct fmt_in *in, uint64_t *at)
{
    uint64_t left = in_len(in) - *at, n = left < INT_MAX ? left : INT_MAX;

    if (bz->avail_in > 0)
        return;
    bz->next_in = (char *)(uintptr_t)(in->bytes + *at); /* read only, whatever its type says */
    bz->avail_in = (unsigned)n;
    *at += n;
}

int lib_bzip2_unpack(const struct fmt_in *packed, struct unpack *u)
{
    scoped(stream_end) bz_stream bz = {0};
    scoped_free char *out = malloc(UNPACK_STEP);
    uint64_t at = 0;
    int r = BZ_OK;

    if (!out || BZ2_bzDecompressInit(&bz, 0, 0) != BZ_OK)
        return ERR_NOMEM;
    while (r != BZ_STREAM_END) {
        feed(&bz, packed, &at);
        bz.next_out = out;
        bz.avail_out = UNPACK_STEP;
        r = BZ2_bzDecompress(&bz);
        if (r == BZ_MEM_ERROR)
            return ERR_NOMEM;
        size_t made = UNPACK_STEP - bz.avail_out;
        if ((r != BZ_OK && r != BZ_STREAM_END) || (made == 0 && r == BZ_OK && bz.avail_in == 0 && at == in_len(packed)))
            return ERR_MALFORMED;
        int err = unpack_put(u, (const uint8_t *)out, made);
        if (err < 0)
            return err;
    }
    return bz.avail_in == 0 && at == in_len(packed) ? 0 : ERR_MALFORMED;
}
