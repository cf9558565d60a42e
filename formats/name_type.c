/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Extensions. Linked by the supervisor, the workers and the CLI; works on
 * cleaned and on raw paths and trusts neither.
 */
#include "name_type.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"

/* The extension of the last component, without what a system ignores at its end; NULL when there is none. */
static const char *extension_of(const char *path, size_t *n_out)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    const char *stream = strchr(name, ':');
    size_t len = stream && stream > name ? (size_t)(stream - name) : strlen(name);

    while (len > 0 && (name[len - 1] == '.' || name[len - 1] == ' '))
        len--;
    const char *dot = memrchr(name, '.', len);
    if (!dot)
        return NULL;
    *n_out = len - (size_t)(dot + 1 - name);
    return *n_out < NAME_EXTENSION_MAX ? dot + 1 : NULL;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

void name_extension(const char *path, char *out)
{
    size_t n = 0;
    const char *extension = extension_of(path, &n);

    for (size_t i = 0; extension && i < n; i++)
        out[i] = lower(extension[i]);
    out[extension ? n : 0] = '\0';
}

int name_with_type(const char *path, const struct format_identity *identity, char *out, size_t room)
{
    char have[NAME_EXTENSION_MAX], want[NAME_EXTENSION_MAX] = "";
    size_t len = strlen(path), n;

    name_extension(path, have);
    if (!registry_has_extension(identity, have)) {
        registry_extension(identity, want, sizeof want);
        if (want[0] == '\0')
            return ERR_INVALID;
        if (have[0] && registry_by_extension(have))
            len = (size_t)(extension_of(path, &n) - 1 - path);
    }
    if (len > 0xFFFF || len + 1 + strlen(want) + 1 > room)
        return ERR_LIMIT;
    (void)snprintf(out, room, "%.*s%s%s", (int)len, path, want[0] ? "." : "", want);
    return 0;
}
