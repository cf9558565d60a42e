/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libdeflate, for the one member of a package that says what it is. Runs in the detect worker on hostile bytes. */
#include "lib_deflate.h"

#include <libdeflate.h>

#include "base/err.h"

int deflate_unpack(const void *bytes, size_t packed, void *out, size_t size)
{
    struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
    enum libdeflate_result result;

    if (!decompressor)
        return ERR_NOMEM;
    result = libdeflate_deflate_decompress(decompressor, bytes, packed, out, size, NULL);
    libdeflate_free_decompressor(decompressor);
    return result == LIBDEFLATE_SUCCESS ? 0 : ERR_MALFORMED;
}
