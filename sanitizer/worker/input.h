/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_INPUT_H
#define SEKIMORI_INPUT_H

#include "formats/format.h"

/*
 * Maps a whole regular file for reading. An empty file gives a view of length
 * 0. ERR_REFUSED: no regular file; ERR_NOMEM: over the address space limit;
 * ERR_IO. Undone by input_unmap.
 */
int input_map(int fd, struct fmt_in *in_out) must_check;

/* Safe on a zeroed and on an empty view. */
void input_unmap(struct fmt_in *in);

#endif
