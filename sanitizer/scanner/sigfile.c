/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of signature files. Scanner and command line; pure rules over names
 * that an administrator gives. Bytecode, rules of foreign engines and files
 * that switch detections off by module are on purpose not in the table.
 */
#include "sigfile.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/scope.h"

static const struct {
    const char *extension;
    enum sigfile_form form;
    int rank;
} kinds[] = {
    {"ign2", SIGFILE_EXCEPTION, 0}, {"ign", SIGFILE_EXCEPTION, 0}, {"fp", SIGFILE_EXCEPTION, 1},
    {"sfp", SIGFILE_EXCEPTION, 1},  {"cvd", SIGFILE_SIGNED, 3},    {"cld", SIGFILE_CONTAINER, 3},
    {"cud", SIGFILE_CONTAINER, 3},  {"hdb", SIGFILE_PLAIN, 4},     {"hdu", SIGFILE_PLAIN, 4},
    {"hsb", SIGFILE_PLAIN, 4},      {"hsu", SIGFILE_PLAIN, 4},     {"mdb", SIGFILE_PLAIN, 4},
    {"mdu", SIGFILE_PLAIN, 4},      {"msb", SIGFILE_PLAIN, 4},     {"msu", SIGFILE_PLAIN, 4},
    {"ndb", SIGFILE_PLAIN, 4},      {"ndu", SIGFILE_PLAIN, 4},     {"ldb", SIGFILE_PLAIN, 4},
    {"ldu", SIGFILE_PLAIN, 4},      {"cdb", SIGFILE_PLAIN, 4},     {"crb", SIGFILE_PLAIN, 4},
    {"idb", SIGFILE_PLAIN, 4},      {"imp", SIGFILE_PLAIN, 4},
};
#define RANK_DAILY 2 /* the official daily set carries the exceptions for the main one */

static int find_kind(const char *name)
{
    const char *dot = strrchr(name, '.');

    for (size_t i = 0; dot && i < ARRAY_LEN(kinds); i++)
        if (strcasecmp(dot + 1, kinds[i].extension) == 0)
            return (int)i;
    return -1;
}

enum sigfile_form sigfile_form(const char *name)
{
    int i = find_kind(name);

    return i < 0 ? SIGFILE_UNKNOWN : kinds[i].form;
}

int sigfile_rank(const char *name)
{
    int i = find_kind(name);

    if (i >= 0 && kinds[i].rank == 3 && strncasecmp(name, "daily.", 6) == 0)
        return RANK_DAILY;
    return i < 0 ? 9 : kinds[i].rank;
}

bool sigfile_name(const char *path, char name_out[SIGFILE_NAME_MAX])
{
    const char *slash = strrchr(path, '/'), *from = slash ? slash + 1 : path;
    char name[SIGFILE_NAME_MAX];
    size_t n = strlen(from);

    if (n == 0 || n >= sizeof name || from[0] == '.' || find_kind(from) < 0)
        return false;
    for (size_t i = 0; i <= n; i++) {
        unsigned char c = (unsigned char)from[i];
        bool plain = c < 0x80 && (isalnum(c) || c == '-' || c == '_' || c == '.');
        name[i] = c == '\0' || plain ? from[i] : '_';
    }
    char *dot = strrchr(name, '.');
    if (!dot || dot == name)
        return false;
    for (char *p = dot; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    memcpy(name_out, name, n + 1);
    return true;
}
