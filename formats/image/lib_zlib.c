/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zlib. Runs in workers; what it unpacks is hostile and never larger than the caller says. */
#include "lib_zlib.h"

#include <limits.h>

#define ZLIB_CONST
#include <zlib.h>

#define FIRST_ROOM 65536

uint32_t lib_zlib_crc(uint32_t crc, const void *bytes, size_t n)
{
    return n ? (uint32_t)crc32_z(crc, bytes, n) : crc; /* zlib begins anew at NULL */
}

struct unpacking {
    z_stream z;
    uint8_t *bytes;
    bool begun;
};

static void unpacking_end(struct unpacking *u)
{
    if (u->begun)
        (void)inflateEnd(&u->z);
    free(u->bytes);
}

/* More room, up to one byte over the limit: that one tells of a bomb. */
static int unpacking_grow(struct unpacking *u, size_t most)
{
    size_t have = u->z.total_out, room = have ? have * 2 : FIRST_ROOM;
    uint8_t *bigger;

    if (have > most)
        return ERR_LIMIT;
    if (room > most + 1)
        room = most + 1;
    bigger = realloc(u->bytes, room);
    if (!bigger)
        return ERR_NOMEM;
    u->bytes = bigger;
    u->z.next_out = bigger + have;
    u->z.avail_out = (uInt)(room - have);
    return 0;
}

int lib_zlib_unpack(const uint8_t *in, size_t n, size_t most, uint8_t **out, size_t *out_n)
{
    scoped(unpacking_end) struct unpacking u = {0};
    int state = Z_OK, err = 0;

    if (n > UINT_MAX || most >= UINT_MAX)
        return ERR_LIMIT;
    u.begun = inflateInit(&u.z) == Z_OK;
    if (!u.begun)
        return ERR_NOMEM;
    u.z.next_in = in;
    u.z.avail_in = (uInt)n;
    while (err == 0 && state == Z_OK) {
        if (u.z.avail_out == 0)
            err = unpacking_grow(&u, most);
        if (err == 0)
            state = inflate(&u.z, Z_NO_FLUSH);
    }
    if (err < 0)
        return err;
    if (state != Z_STREAM_END)
        return state == Z_MEM_ERROR ? ERR_NOMEM : ERR_MALFORMED;
    if (u.z.total_out > most)
        return ERR_LIMIT;
    *out_n = u.z.total_out;
    *out = steal(u.bytes);
    return 0;
}

struct lib_zlib {
    z_stream z;
};

int lib_zlib_new(int level, struct lib_zlib **z_out)
{
    scoped_free struct lib_zlib *z = calloc(1, sizeof *z);

    if (!z || deflateInit(&z->z, level) != Z_OK)
        return ERR_NOMEM;
    *z_out = steal(z);
    return 0;
}

void lib_zlib_free(struct lib_zlib **z)
{
    if (!*z)
        return;
    (void)deflateEnd(&(*z)->z);
    free(*z);
    *z = NULL;
}

int lib_zlib_pack(struct lib_zlib *z, const uint8_t *bytes, size_t n, bool finish, uint8_t *buffer, size_t room,
                  size_t *used, size_t *taken_out, bool *done_out)
{
    if (n > UINT_MAX || room - *used > UINT_MAX)
        return ERR_INVALID;
    z->z.next_in = bytes;
    z->z.avail_in = (uInt)n;
    z->z.next_out = buffer + *used;
    z->z.avail_out = (uInt)(room - *used);
    int state = deflate(&z->z, finish ? Z_FINISH : Z_NO_FLUSH);
    if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR)
        return ERR_FAULT;
    *used = room - z->z.avail_out;
    *taken_out = n - z->z.avail_in;
    *done_out = state == Z_STREAM_END;
    return 0;
}

int lib_zlib_restart(struct lib_zlib *z)
{
    return deflateReset(&z->z) == Z_OK ? 0 : ERR_FAULT;
}
