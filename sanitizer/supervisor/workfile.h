/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_WORKFILE_H
#define SEKIMORI_WORKFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/scope.h"

/*
 * Nameless files that hold an item's bytes between two steps. Small ones live
 * in memory, large ones unlinked on disk beneath a work folder, so that memory
 * stays bounded however large the input.
 */
#define WORKFILE_MEMORY_MAX ((uint64_t)64 << 20)

/*
 * A new, empty, writable file for about size_hint bytes. work_dir is a folder
 * descriptor for the large ones (-1: memory only). Returns a descriptor or
 * ERR_IO, ERR_SPACE.
 */
int workfile_new(int work_dir, uint64_t size_hint) must_check;

/*
 * Turns a written file into one that nobody can change any more, the writer's
 * own descriptors included, and returns a read-only descriptor for it; *fd is
 * closed in any case. A file in memory is sealed; one on disk is copied when
 * the writer still lives (writer_alive), since nothing else takes its
 * descriptor away. ERR_REFUSED when the writer still holds it mapped.
 */
int workfile_freeze(int *fd, int work_dir, bool writer_alive, uint64_t *size_out) must_check;

/*
 * Copies a source (a regular file others may write to) into a frozen file of
 * at most limit bytes. ERR_LIMIT over it, ERR_REFUSED for anything but a
 * regular file. Returns a descriptor.
 */
int workfile_copy(int source, int work_dir, uint64_t limit, uint64_t *size_out) must_check;

#endif
