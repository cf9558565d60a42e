/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inflate for verifiers, by zlib. Runs in the checker on any bytes; memory does not grow with the stream. */
#include "lib_unzlib.h"

#define ZLIB_CONST /* input is read only */
#include <zlib.h>

#define PIECE ((size_t)64 << 10)

/* Room and state of one run. */
struct unzlib {
    z_stream z;
    bool open;
    uint8_t piece[PIECE];
};

static void unzlib_close(struct unzlib **u)
{
    if (*u && (*u)->open)
        (void)inflateEnd(&(*u)->z);
    free(*u);
}

int unzlib_run(const uint8_t *bytes, size_t n, uint64_t max, int (*take)(void *ctx, const uint8_t *bytes, size_t n),
               void *ctx)
{
    scoped(unzlib_close) struct unzlib *u = calloc(1, sizeof *u);
    uint64_t total = 0;
    int status = Z_OK;

    if (!u || inflateInit(&u->z) != Z_OK)
        return ERR_NOMEM;
    u->open = true;
    u->z.next_in = bytes;
    while (status == Z_OK) {
        size_t left = n - (size_t)(u->z.next_in - bytes);
        u->z.avail_in = (uInt)(left < PIECE ? left : PIECE);
        u->z.next_out = u->piece;
        u->z.avail_out = PIECE;
        status = inflate(&u->z, Z_NO_FLUSH);
        size_t got = PIECE - u->z.avail_out;
        total += got;
        if (total > max)
            return ERR_LIMIT;
        int err = got ? take(ctx, u->piece, got) : 0;
        if (err < 0)
            return err;
    }
    if (status == Z_MEM_ERROR)
        return ERR_NOMEM;
    return status == Z_STREAM_END && (size_t)(u->z.next_in - bytes) == n ? 0 : ERR_MALFORMED;
}
