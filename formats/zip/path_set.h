/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_PATH_SET_H
#define SEKIMORI_PATH_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/scope.h"

/*
 * The paths an archive has used up: two that are one file on Windows or macOS
 * (letter case, normalisation), and a file where another path needs a folder,
 * are found here. Zero-initialise to start.
 */
struct path_slot;
struct path_set {
    struct path_slot *slots;
    size_t count, room;
};

enum { PATH_DEPTH_MAX = 64 }; /* components of one path */

/*
 * Takes a file's path, and the folders above it. ERR_EXISTS when the path is
 * taken or a folder above it is a file; ERR_LIMIT over PATH_DEPTH_MAX or when
 * the path is too long; ERR_MALFORMED when it is no UTF-8; ERR_NOMEM. After an
 * error some of the folders above may stay taken.
 */
int path_set_file(struct path_set *set, const char *path) must_check;

/* The same for a folder, which paths below it may have needed before; ERR_EXISTS when it was itself taken before. */
int path_set_folder(struct path_set *set, const char *path) must_check;

/*
 * Takes a file's path, or the first free of "name (2).ext", "name (3).ext" ...
 * and writes it to out (room bytes with NUL). Errors as path_set_file;
 * ERR_EXISTS only when a folder above is a file.
 */
int path_set_free_name(struct path_set *set, const char *path, char *out, size_t room) must_check;

/* Frees it. */
void path_set_clear(struct path_set *set);

#endif
