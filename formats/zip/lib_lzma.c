/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only file of the ZIP handler that includes liblzma. Runs in the package worker on hostile bytes. */
#include "lib_lzma.h"

#include <lzma.h>
#include <string.h>

#define MEMORY_MAX ((uint64_t)256 << 20) /* a dictionary is up to the sender, 4 GB by its field */

static void stream_end(lzma_stream *z)
{
    lzma_end(z);
}

/* Runs a decoder over the rest of the input; it must end with it. */
static int stream_run(lzma_stream *z, const uint8_t *bytes, size_t n, struct unpack *u)
{
    scoped_free uint8_t *out = malloc(UNPACK_STEP);
    lzma_ret r = LZMA_OK;

    if (!out)
        return ERR_NOMEM;
    z->next_in = bytes;
    z->avail_in = n;
    while (r != LZMA_STREAM_END) {
        z->next_out = out;
        z->avail_out = UNPACK_STEP;
        r = lzma_code(z, LZMA_FINISH);
        if (r == LZMA_MEM_ERROR || r == LZMA_MEMLIMIT_ERROR)
            return ERR_NOMEM;
        if (r != LZMA_OK && r != LZMA_STREAM_END)
            return ERR_MALFORMED;
        int err = unpack_put(u, out, UNPACK_STEP - z->avail_out);
        if (err < 0)
            return err;
    }
    return z->avail_in == 0 ? 0 : ERR_MALFORMED;
}

int lib_lzma_unpack(const struct fmt_in *packed, struct unpack *u)
{
    scoped(stream_end) lzma_stream z = LZMA_STREAM_INIT;
    uint64_t size = u->flags & ZIP_FLAG_LZMA_END ? UINT64_MAX : u->declared;
    uint8_t head[13]; /* the header of an .lzma file: properties, size */
    uint8_t none;     /* without room for output liblzma does not look at the header */
    const uint8_t *p;

    /* Version (2 bytes), length of the properties (always 5), properties. */
    if (in_borrow(packed, 0, 9, &p) < 0 || p[2] != 5 || p[3] != 0)
        return ERR_MALFORMED;
    memcpy(head, p + 4, 5);
    for (unsigned i = 0; i < 8; i++)
        head[5 + i] = (uint8_t)(size >> 8 * i);
    if (lzma_alone_decoder(&z, MEMORY_MAX) != LZMA_OK)
        return ERR_NOMEM;
    z.next_in = head;
    z.avail_in = sizeof head;
    z.next_out = &none;
    z.avail_out = 1;
    lzma_ret r = lzma_code(&z, LZMA_RUN);
    if (r == LZMA_MEMLIMIT_ERROR || r == LZMA_MEM_ERROR)
        return ERR_NOMEM;
    if (r != LZMA_OK || z.avail_in != 0 || z.avail_out != 1)
        return ERR_MALFORMED;
    return stream_run(&z, packed->bytes + 9, packed->len - 9, u);
}

int lib_xz_unpack(const struct fmt_in *packed, struct unpack *u)
{
    scoped(stream_end) lzma_stream z = LZMA_STREAM_INIT;

    if (lzma_stream_decoder(&z, MEMORY_MAX, 0) != LZMA_OK)
        return ERR_NOMEM;
    return stream_run(&z, packed->bytes, packed->len, u);
}
