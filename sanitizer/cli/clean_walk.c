/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walks the folders `clean` is given. Runs as the user, reads names only. */
#include "clean_walk.h"

#include <errno.h>
#include <fts.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"

static int walk_put(struct walk *walk, const char *path, const char *name)
{
    if (walk->count == walk->room) {
        size_t room = walk->room ? walk->room * 2 : 64;
        struct walk_file *files = reallocarray(walk->files, room, sizeof *files);
        if (!files)
            return ERR_NOMEM;
        walk->files = files;
        walk->room = room;
    }
    scoped_free char *path_copy = strdup(path), *name_copy = strdup(name);
    if (!path_copy || !name_copy)
        return ERR_NOMEM;
    walk->files[walk->count++] = (struct walk_file){steal(path_copy), steal(name_copy)};
    return 0;
}

/* Where the last component of a path without trailing slash starts; "." and ".." give none: the tree has no name then. */
static size_t last_component(const char *path, size_t len)
{
    size_t at = len;

    while (at > 0 && path[at - 1] != '/')
        at--;
    size_t n = len - at;
    bool dots = (n == 1 && path[at] == '.') || (n == 2 && path[at] == '.' && path[at + 1] == '.');
    return dots ? len : at;
}

static int compare(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static void fts_free(FTS **tree)
{
    if (*tree)
        (void)fts_close(*tree);
}

static int walk_folder(struct walk *walk, char *path, size_t base)
{
    char *const roots[] = {path, NULL};
    scoped(fts_free) FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, compare);

    if (!tree)
        return ERR_IO;
    for (FTSENT *e = fts_read(tree); e; e = fts_read(tree)) {
        if (e->fts_info == FTS_D || e->fts_info == FTS_DP || e->fts_info == FTS_DOT)
            continue;
        const char *name = e->fts_path + base;
        int err = walk_put(walk, e->fts_path, name + strspn(name, "/"));
        if (err < 0)
            return err;
    }
    return 0;
}

int walk_add(struct walk *walk, const char *path)
{
    scoped_free char *copy = strdup(path);
    struct stat st;

    if (!copy)
        return ERR_NOMEM;
    if (stat(path, &st) < 0)
        return errno == ENOENT || errno == ENOTDIR ? ERR_NOTFOUND : ERR_IO;
    size_t len = strlen(copy);
    while (len > 1 && copy[len - 1] == '/')
        copy[--len] = '\0';
    size_t base = last_component(copy, len);
    return S_ISDIR(st.st_mode) ? walk_folder(walk, copy, base) : walk_put(walk, path, copy + base);
}

void walk_finish(struct walk *walk)
{
    for (size_t i = 0; i < walk->count; i++) {
        free(walk->files[i].path);
        free(walk->files[i].name);
    }
    free(walk->files);
    *walk = (struct walk){0};
}
