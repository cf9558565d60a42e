/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The second opinion as a table. Runs in the detect worker; the answers come from libmagic's parse of hostile bytes. */
#include "veto.h"

#include <string.h>

#include "base/scope.h"

/* Answers that say nothing; beginnings of words. */
static const char *const weak[] = {"application/octet-stream", "inode/",          "text/",    "application/json",
                                   "application/x-ndjson",     "application/csv", "message/", "application/javascript"};

/* What libmagic may say of a type we found; beginnings of words. Anything else, but the weak ones, is a veto. */
static const struct {
    const char *type, *mime;
} agreed[] = {
    {"jpeg", "image/jpeg"},
    {"png", "image/png"},
    {"png", "image/vnd.mozilla.apng"},
    {"png", "image/apng"},
    {"pdf", "application/pdf"},
    {"zip", "application/zip"},
    {"zip", "application/x-zip"},
};

/* What is no text, whatever it looks like; beginnings of words. */
static const char *const binaries[] = {
    "application/x-dosexec",
    "application/vnd.microsoft.portable-executable",
    "application/x-executable",
    "application/x-pie-executable",
    "application/x-sharedlib",
    "application/x-object",
    "application/x-mach-binary",
    "application/x-java-applet",
    "application/java-archive",
    "application/x-shockwave-flash",
    "application/x-ms-shortcut",
    "application/x-msi",
    "application/pdf",
    "application/zip",
    "application/gzip",
    "application/x-bzip2",
    "application/x-xz",
    "application/x-7z-compressed",
    "application/x-rar",
    "application/vnd.rar",
    "application/x-tar",
    "application/vnd.ms-cab-compressed",
    "application/x-ole-storage",
    "application/CDFV2",
    "application/vnd.openxmlformats",
    "application/vnd.oasis",
    "application/vnd.sqlite3",
    "application/x-rpm",
    "application/vnd.debian",
    "image/jpeg",
    "image/png",
    "image/gif",
    "image/tiff",
    "image/webp",
    "image/heic",
    "image/avif",
    "image/vnd",
    "video/",
};

static bool begins(const char *mime, const char *word)
{
    return strncmp(mime, word, strlen(word)) == 0;
}

static bool in_list(const char *mime, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (begins(mime, list[i]))
            return true;
    return false;
}

bool veto_of(const struct format_identity *type, const char *mime)
{
    bool listed = false;

    if (type->class != FORMAT_CLASS_HANDLED || mime[0] == '\0')
        return false;
    if (strcmp(type->family, "text") == 0)
        return in_list(mime, binaries, ARRAY_LEN(binaries));
    if (in_list(mime, weak, ARRAY_LEN(weak)))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(agreed); i++) {
        if (strcmp(agreed[i].type, type->name) != 0)
            continue;
        listed = true;
        if (begins(mime, agreed[i].mime))
            return false;
    }
    /* A type nobody has put into the table has its own MIME type to agree with. */
    return listed || strcmp(mime, type->mime) != 0;
}
