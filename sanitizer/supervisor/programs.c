/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process table. Supervisor and CLI; data only. */
#include "programs.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"

#ifndef SEKIMORI_LIBEXECDIR
#define SEKIMORI_LIBEXECDIR "/usr/libexec/sekimori"
#endif

static const struct {
    const char *name, *folder, *profile;
} rows[PROGRAMS] = {
#define X(id, name, folder, profile, zygote) [PROGRAM_##id] = {name, folder, profile},
    PROGRAM_LIST(X)
#undef X
};

const char *program_name(enum program_id id)
{
    return rows[id].name;
}

const char *program_profile(enum program_id id)
{
    return rows[id].profile;
}

enum program_id program_of_engine(const char *engine)
{
    for (unsigned i = 0; i < PROGRAM_ZYGOTES; i++)
        if (strcmp(rows[i].profile, engine) == 0)
            return (enum program_id)i;
    return PROGRAMS;
}

/* In a build tree the running program is <build>/sanitizer/{cli,supervisor}/NAME. */
static int build_tree(char root[512])
{
    static const char *const places[] = {"/sanitizer/cli", "/sanitizer/supervisor"};
    ssize_t n = readlink("/proc/self/exe", root, 511);

    if (n <= 0)
        return ERR_NOTFOUND;
    root[n] = '\0';
    char *slash = strrchr(root, '/');
    if (!slash)
        return ERR_NOTFOUND;
    *slash = '\0';
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        size_t have = strlen(root), want = strlen(places[i]);
        if (have > want && strcmp(root + have - want, places[i]) == 0) {
            root[have - want] = '\0';
            return 0;
        }
    }
    return ERR_NOTFOUND;
}

int program_path(enum program_id id, char path[512])
{
    char root[512];
    int n = build_tree(root) == 0 ? snprintf(path, 512, "%s/%s/%s", root, rows[id].folder, rows[id].name)
                                  : snprintf(path, 512, "%s/%s", SEKIMORI_LIBEXECDIR, rows[id].name);

    return n > 0 && n < 512 && access(path, X_OK) == 0 ? 0 : ERR_NOTFOUND;
}
