/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_SINK_H
#define SEKIMORI_SINK_H

#include <stddef.h>
#include <stdint.h>

#include "base/scope.h"

/*
 * A file written mostly in order, in blocks of 64 KB, with patches of earlier
 * bytes. Zero-initialise with the descriptor set; the descriptor stays the
 * owner's.
 */
#define SINK_BLOCK 65536

struct sink {
    int fd;
    uint64_t at;    /* offset of the block */
    size_t len;     /* bytes in it */
    uint8_t *block; /* SINK_BLOCK bytes, from the first write on */
};

/* Writes n bytes at an offset. ERR_NOMEM, ERR_SPACE (also over the file size limit), ERR_IO. */
int sink_write(struct sink *sink, uint64_t offset, const void *bytes, size_t n) must_check;

/* Brings everything into the file. The same errors. */
int sink_flush(struct sink *sink) must_check;

/* Frees the block, unwritten bytes with it. */
void sink_free(struct sink *sink);

#endif
