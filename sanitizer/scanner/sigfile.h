/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_SIGFILE_H
#define SEKIMORI_SIGFILE_H

/*
 * The kinds of virus signature files, by extension: which may be imported and
 * in which order they are loaded. Plain data, linked by the scanner and by the
 * command line.
 */
#include <stdbool.h>
#include <stddef.h>

enum sigfile_form {
    SIGFILE_UNKNOWN = 0, /* not ours to load: left alone in a folder, refused by an import */
    SIGFILE_SIGNED,      /* .cvd: a container with a header and the maker's signature */
    SIGFILE_CONTAINER,   /* .cld .cud: a container with a header, unsigned */
    SIGFILE_PLAIN,       /* lines of signatures */
    SIGFILE_EXCEPTION,   /* lines that take signatures or files out again; loaded first, counts for nothing */
};

/* The form of a file name, by its extension (any case). */
enum sigfile_form sigfile_form(const char *name);

/* Rank for sorting: lower is loaded first. Exceptions must be known before the signatures they take out. */
int sigfile_rank(const char *name);

/* Most bytes of a name that can be imported, with NUL. */
#define SIGFILE_NAME_MAX 64

/*
 * Makes the name under which a file may lie in a signature folder: the last
 * component of `path`, letters, digits, `-`, `_`, `.` only (others become
 * `_`), no leading dot, extension in lower case. False when nothing usable is
 * left, it is too long, or the extension is unknown.
 */
bool sigfile_name(const char *path, char name_out[SIGFILE_NAME_MAX]);

#endif
