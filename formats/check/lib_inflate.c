/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zlib for the checker: unpacks what a worker wrote, never more than asked for. */
#include "lib_inflate.h"

#include <limits.h>

#define ZLIB_CONST
#include <zlib.h>

struct lib_inflate {
    z_stream z;
    const uint8_t *more; /* what does not fit zlib's counter */
    size_t more_n;
};

int lib_inflate_new(struct lib_inflate **z_out)
{
    scoped_free struct lib_inflate *z = calloc(1, sizeof *z);

    if (!z || inflateInit(&z->z) != Z_OK)
        return ERR_NOMEM;
    *z_out = steal(z);
    return 0;
}

void lib_inflate_free(struct lib_inflate **z)
{
    if (!*z)
        return;
    (void)inflateEnd(&(*z)->z);
    free(*z);
    *z = NULL;
}

int lib_inflate_restart(struct lib_inflate *z)
{
    lib_inflate_feed(z, NULL, 0);
    return inflateReset(&z->z) == Z_OK ? 0 : ERR_FAULT;
}

void lib_inflate_feed(struct lib_inflate *z, const uint8_t *bytes, size_t n)
{
    uInt now = n > UINT_MAX ? UINT_MAX : (uInt)n;

    z->z.next_in = bytes;
    z->z.avail_in = now;
    z->more = n > now ? bytes + now : NULL;
    z->more_n = n - now;
}

size_t lib_inflate_left(const struct lib_inflate *z)
{
    return z->z.avail_in + z->more_n;
}

int lib_inflate_read(struct lib_inflate *z, uint8_t *to, size_t n, size_t *got_out, bool *end_out)
{
    uInt want = n > UINT_MAX ? UINT_MAX : (uInt)n;
    int state;

    if (z->z.avail_in == 0 && z->more_n)
        lib_inflate_feed(z, z->more, z->more_n);
    z->z.next_out = to;
    z->z.avail_out = want;
    state = inflate(&z->z, Z_NO_FLUSH);
    if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR)
        return state == Z_MEM_ERROR ? ERR_NOMEM : ERR_MALFORMED;
    *got_out = want - z->z.avail_out;
    *end_out = state == Z_STREAM_END;
    return 0;
}

uint32_t lib_inflate_crc(const void *bytes, size_t n)
{
    return (uint32_t)crc32_z(0, bytes, n);
}
