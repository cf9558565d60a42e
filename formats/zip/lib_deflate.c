/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only file that includes libdeflate. Runs in the package worker; what it unpacks is hostile, the bound exact. */
#include "lib_deflate.h"

#include <libdeflate.h>

static void unpacker_free(struct libdeflate_decompressor **d)
{
    libdeflate_free_decompressor(*d);
}

static void packer_free(struct libdeflate_compressor **c)
{
    libdeflate_free_compressor(*c);
}

uint32_t lib_deflate_crc32(uint32_t crc, const uint8_t *bytes, size_t n)
{
    return n > 0 ? libdeflate_crc32(crc, bytes, n) : crc;
}

int lib_deflate_unpack(const struct fmt_in *packed, uint8_t *out, size_t n)
{
    scoped(unpacker_free) struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
    size_t used = 0;

    if (!d)
        return ERR_NOMEM;
    /* Without a place for the length, libdeflate itself refuses fewer bytes than n; more never fit. */
    enum libdeflate_result r = libdeflate_deflate_decompress_ex(d, packed->bytes, packed->len, out, n, &used, NULL);
    return r == LIBDEFLATE_SUCCESS && used == packed->len ? 0 : ERR_MALFORMED;
}

int lib_deflate_pack(const struct fmt_in *bytes, uint8_t *out, size_t room, size_t *n_out)
{
    scoped(packer_free) struct libdeflate_compressor *c = libdeflate_alloc_compressor(6);

    if (!c)
        return ERR_NOMEM;
    *n_out = libdeflate_deflate_compress(c, bytes->bytes, bytes->len, out, room);
    return 0;
}
