/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only file that includes libzstd. Runs in the package worker on hostile bytes. */
#include "lib_zstd.h"

#include <zstd.h>

enum { WINDOW_LOG = 26 };

static void stream_free(ZSTD_DCtx **z)
{
    (void)ZSTD_freeDCtx(*z);
}

int lib_zstd_unpack(const struct fmt_in *packed, struct unpack *u)
{
    scoped(stream_free) ZSTD_DCtx *z = ZSTD_createDCtx();
    scoped_free uint8_t *out = malloc(UNPACK_STEP);
    ZSTD_inBuffer in = {packed->bytes, packed->len, 0};
    size_t r = 1;

    if (!z || !out || ZSTD_isError(ZSTD_DCtx_setParameter(z, ZSTD_d_windowLogMax, WINDOW_LOG)))
        return ERR_NOMEM;
    while (r != 0 || in.pos < in.size) {
        ZSTD_outBuffer o = {out, UNPACK_STEP, 0};
        size_t was = in.pos;
        r = ZSTD_decompressStream(z, &o, &in);
        if (ZSTD_isError(r) || (o.pos == 0 && in.pos == was))
            return ERR_MALFORMED;
        int err = unpack_put(u, out, o.pos);
        if (err < 0)
            return err;
    }
    return 0;
}
