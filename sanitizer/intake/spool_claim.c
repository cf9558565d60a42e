/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules of the drop folder. Intake; names and file attributes are hostile, nothing is opened here. */
#include "spool_claim.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define EXTENSION_MAX 16

static const char in_work[] = ".無害化中";
static const char refused[] = ".受取不可";

static bool ends_with(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);

    return n >= m && strcasecmp(name + n - m, end) == 0;
}

/* Left by systems in every folder, and beside a document while it is open. */
static bool is_system(const char *name)
{
    static const char *const names[] = {"thumbs.db", "desktop.ini", ".ds_store", ".keep"};
    static const char *const starts[] = {"~$", ".~lock.", "._", ".nfs"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcasecmp(name, names[i]) == 0)
            return true;
    for (size_t i = 0; i < ARRAY_LEN(starts); i++)
        if (strncmp(name, starts[i], strlen(starts[i])) == 0)
            return true;
    return false;
}

static bool is_unfinished(const char *name)
{
    static const char *const ends[] = {".tmp", ".temp", ".part", ".partial", ".crdownload", ".download", ".filepart", ".swp"};

    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        if (ends_with(name, ends[i]))
            return true;
    return name[0] == '.'; /* copying programs hide a file until it is whole */
}

enum claim_kind claim_kind(const char *name)
{
    char original[CLAIM_NAME_MAX], token[CLAIM_TOKEN_LEN + 1];

    if (claim_parse(name, original, token))
        return CLAIM_IN_WORK;
    if (ends_with(name, refused))
        return CLAIM_SET_ASIDE;
    if (is_system(name))
        return CLAIM_SYSTEM;
    return is_unfinished(name) ? CLAIM_UNFINISHED : CLAIM_PLAIN;
}

/* For how long the file stands still, as far as can be told. */
static uint64_t still_ms(const struct stat *st, const struct claim_rules *rules, const struct claim_now *now,
                         struct claim_seen *seen)
{
    int64_t mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
    int64_t age = now->wall_ms - ((int64_t)st->st_ctim.tv_sec * 1000 + st->st_ctim.tv_nsec / 1000000);

    if (seen->inode != st->st_ino || seen->size != (uint64_t)st->st_size || seen->mtime_ns != mtime_ns || seen->since_ms == 0)
        *seen = (struct claim_seen){(uint64_t)st->st_size, st->st_ino, now->mono_ms, mtime_ns};
    uint64_t watched = now->mono_ms - seen->since_ms;
    return rules->own_clock && age > 0 && (uint64_t)age > watched ? (uint64_t)age : watched;
}

enum claim_verdict claim_judge(const char *name, const struct stat *st, const struct claim_rules *rules,
                               const struct claim_now *now, struct claim_seen *seen, uint64_t *wait_ms_out,
                               enum reason *reason_out)
{
    enum claim_kind kind = claim_kind(name);
    uint64_t wanted = kind == CLAIM_UNFINISHED ? rules->unfinished_ms : rules->settle_ms;

    if (kind == CLAIM_SET_ASIDE || kind == CLAIM_SYSTEM || S_ISDIR(st->st_mode))
        return CLAIM_IGNORE;
    uint64_t still = still_ms(st, rules, now, seen);
    if (still < wanted) {
        *wait_ms_out = wanted - still;
        return CLAIM_WAIT;
    }
    enum reason reason = REASON_NONE;
    if (!S_ISREG(st->st_mode) || st->st_nlink != 1) /* a second name could show us a file that is not the submitter's */
        reason = REASON_NOT_REGULAR;
    else if ((uint64_t)st->st_size > rules->limit_bytes)
        reason = REASON_LIMIT_BYTES;
    else if (kind == CLAIM_UNFINISHED)
        reason = REASON_INCOMPLETE;
    if (reason == REASON_NONE)
        return CLAIM_TAKE;
    *reason_out = reason;
    return CLAIM_REFUSE;
}

void claim_fit(const char *name, size_t room, char *out)
{
    size_t n = strlen(name);
    const char *dot = strrchr(name, '.');
    size_t extension = dot && dot != name && strlen(dot) <= EXTENSION_MAX ? strlen(dot) : 0;

    if (n < room) {
        memcpy(out, name, n + 1);
        return;
    }
    size_t stem = room - 1 - extension;
    while (stem > 0 && ((unsigned char)name[stem] & 0xC0) == 0x80)
        stem--;
    memcpy(out, name, stem);
    memcpy(out + stem, name + n - extension, extension + 1);
}

void claim_name(const char *name, const char *token, char out[CLAIM_NAME_MAX])
{
    claim_fit(name, CLAIM_NAME_MAX - 1 - CLAIM_TOKEN_LEN - (sizeof in_work - 1), out);
    size_t n = strlen(out);
    (void)snprintf(out + n, CLAIM_NAME_MAX - n, ".%s%s", token, in_work);
}

void claim_refused_name(const char *name, unsigned number, char out[CLAIM_NAME_MAX])
{
    char count[16] = "";

    if (number > 1)
        (void)snprintf(count, sizeof count, " (%u)", number);
    claim_fit(name, CLAIM_NAME_MAX - strlen(count) - (sizeof refused - 1), out);
    size_t n = strlen(out);
    (void)snprintf(out + n, CLAIM_NAME_MAX - n, "%s%s", count, refused);
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
