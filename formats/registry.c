/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of the types, as data. The supervisor and the CLI link this; no handler and no probe is reachable from it. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/scope.h"
#include "list.h"

static const struct format_identity rows[] = {
#define X(name, family, engine, class, extensions, mime) \
    {name, family, engine, FORMAT_CLASS_##class, extensions, mime},
    FORMAT_LIST(X)
#undef X
};

const struct format_identity *registry_at(unsigned i)
{
    return i < ARRAY_LEN(rows) ? &rows[i] : NULL;
}

const struct format_identity *registry_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

int registry_has_extension(const struct format_identity *identity, const char *extension)
{
    size_t n = strlen(extension);

    for (const char *p = identity->extensions; n > 0 && *p;) {
        size_t len = strcspn(p, " ");
        if (len == n && strncasecmp(p, extension, n) == 0)
            return 1;
        p += len + strspn(p + len, " ");
    }
    return 0;
}

const char *registry_extension(const struct format_identity *identity, char *buf, unsigned room)
{
    (void)snprintf(buf, room, "%.*s", (int)strcspn(identity->extensions, " "), identity->extensions);
    return buf;
}

const struct format_identity *registry_by_extension(const char *extension)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (registry_has_extension(&rows[i], extension))
            return &rows[i];
    return NULL;
}
