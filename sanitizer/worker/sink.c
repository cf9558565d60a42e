/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gathers small writes. Inside the sandbox; the offsets come from the job's own count, the bytes from a handler. */
#include "sink.h"

#include <string.h>

#include "base/err.h"
#include "base/fdio.h"

int sink_flush(struct sink *sink)
{
    int err = sink->len ? fdio_pwrite(sink->fd, sink->block, sink->len, (off_t)sink->at) : 0;

    if (err < 0)
        return err;
    sink->at += sink->len;
    sink->len = 0;
    return 0;
}

/* True when the bytes lie in the block, or follow it closely and fit. */
static int fits_block(const struct sink *sink, uint64_t offset, size_t n)
{
    return offset >= sink->at && offset - sink->at <= sink->len && n <= SINK_BLOCK - (size_t)(offset - sink->at);
}

int sink_write(struct sink *sink, uint64_t offset, const void *bytes, size_t n)
{
    if (n == 0)
        return 0;
    if (offset > INT64_MAX - n)
        return ERR_INVALID;
    if (!sink->block && !(sink->block = malloc(SINK_BLOCK)))
        return ERR_NOMEM;
    if (offset + n <= sink->at) /* a patch of what is in the file already */
        return fdio_pwrite(sink->fd, bytes, n, (off_t)offset);
    if (!fits_block(sink, offset, n)) {
        int err = sink_flush(sink);
        if (err == 0 && n >= SINK_BLOCK)
            err = fdio_pwrite(sink->fd, bytes, n, (off_t)offset);
        if (err < 0)
            return err;
        sink->at = n >= SINK_BLOCK ? offset + n : offset;
        if (n >= SINK_BLOCK)
            return 0;
    }
    size_t from = (size_t)(offset - sink->at);
    memcpy(sink->block + from, bytes, n);
    if (from + n > sink->len)
        sink->len = from + n;
    return 0;
}

void sink_free(struct sink *sink)
{
    scope_free(&sink->block);
    sink->len = 0;
}
