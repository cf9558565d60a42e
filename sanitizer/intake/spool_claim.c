/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules of the drop folder. Intake; names and file attributes are hostile, nothing is opened here. */
#include "spool_claim.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char in_work[] = ".無害化中";
static const char refused[] = ".受取不可";

static bool ends_with(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);

    return n >= m && strcasecmp(name + n - m, end) == 0;
}

bool claim_is_own(const char *name)
{
    return ends_with(name, in_work) || ends_with(name, refused);
}

/* Files programs keep beside a document while it is open, unfinished downloads, and what systems leave in folders. */
static bool is_temporary(const char *name)
{
    static const char *const ends[] = {".tmp", ".part", ".partial", ".crdownload", ".filepart", ".swp"};
    static const char *const names[] = {"thumbs.db", "desktop.ini", ".ds_store"};

    if (name[0] == '.' || strncmp(name, "~$", 2) == 0)
        return true;
    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        if (ends_with(name, ends[i]))
            return true;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcasecmp(name, names[i]) == 0)
            return true;
    return false;
}

enum claim_verdict claim_judge(const char *name, const struct stat *st, uint64_t limit_bytes, uint64_t now_ms,
                               uint64_t settle_ms, struct claim_seen *seen, enum reason *reason_out)
{
    int64_t mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;

    if (claim_is_own(name) || is_temporary(name) || S_ISDIR(st->st_mode))
        return CLAIM_IGNORE;
    if (seen->inode != st->st_ino || seen->size != (uint64_t)st->st_size || seen->mtime_ns != mtime_ns || seen->since_ms == 0)
        *seen = (struct claim_seen){(uint64_t)st->st_size, st->st_ino, now_ms ? now_ms : 1, mtime_ns};
    if (now_ms - seen->since_ms < settle_ms)
        return CLAIM_WAIT;
    *reason_out = REASON_NONE;
    if (!S_ISREG(st->st_mode) || st->st_nlink != 1) /* a second name could show us a file that is not the submitter's */
        *reason_out = REASON_NOT_REGULAR;
    else if ((uint64_t)st->st_size > limit_bytes)
        *reason_out = REASON_LIMIT_BYTES;
    return *reason_out == REASON_NONE ? CLAIM_TAKE : CLAIM_REFUSE;
}

/* Cuts at a UTF-8 character, keeping the extension, so that name and suffix fit into a file name. */
static void fit(const char *name, size_t room, char *out)
{
    size_t n = strlen(name);
    const char *dot = strrchr(name, '.');
    size_t extension = dot && dot != name && strlen(dot) <= 16 ? strlen(dot) : 0;

    if (n <= room) {
        memcpy(out, name, n + 1);
        return;
    }
    size_t stem = room - extension;
    while (stem > 0 && ((unsigned char)name[stem] & 0xC0) == 0x80)
        stem--;
    memcpy(out, name, stem);
    memcpy(out + stem, name + n - extension, extension + 1);
}

void claim_name(const char *name, const char *token, char out[CLAIM_NAME_MAX])
{
    fit(name, CLAIM_NAME_MAX - 1 - 1 - CLAIM_TOKEN_LEN - (sizeof in_work - 1), out);
    size_t n = strlen(out);
    (void)snprintf(out + n, CLAIM_NAME_MAX - n, ".%s%s", token, in_work);
}

void claim_refused_name(const char *name, char out[CLAIM_NAME_MAX])
{
    fit(name, CLAIM_NAME_MAX - 1 - (sizeof refused - 1), out);
    size_t n = strlen(out);
    (void)snprintf(out + n, CLAIM_NAME_MAX - n, "%s", refused);
}

bool claim_parse(const char *name, char original[CLAIM_NAME_MAX], char token[CLAIM_TOKEN_LEN + 1])
{
    size_t n = strlen(name), tail = 1 + CLAIM_TOKEN_LEN + sizeof in_work - 1;

    if (n <= tail || n >= CLAIM_NAME_MAX || !ends_with(name, in_work) || name[n - tail] != '.')
        return false;
    const char *digits = name + n - tail + 1;
    if (strspn(digits, "0123456789abcdef") != CLAIM_TOKEN_LEN)
        return false;
    memcpy(token, digits, CLAIM_TOKEN_LEN);
    token[CLAIM_TOKEN_LEN] = '\0';
    memcpy(original, name, n - tail);
    original[n - tail] = '\0';
    return true;
}
