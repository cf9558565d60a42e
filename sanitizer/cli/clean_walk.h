/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_CLEAN_WALK_H
#define SEKIMORI_CLEAN_WALK_H

#include <stddef.h>

#include "base/scope.h"

/* The files `clean` was asked for, folders walked, in a stable order. */
struct walk_file {
    char *path; /* as the user can open it */
    char *name; /* path of the output below OUTDIR, raw */
};

struct walk {
    struct walk_file *files;
    size_t count, room;
};

/*
 * Adds a path: a file by its last component, a folder with its whole tree
 * beneath its last component. Links inside a folder are listed, never
 * followed; the caller refuses what is no regular file. ERR_NOTFOUND,
 * ERR_NOMEM, ERR_IO with errno.
 */
int walk_add(struct walk *walk, const char *path) must_check;

/* Frees the list. */
void walk_finish(struct walk *walk);

#endif
