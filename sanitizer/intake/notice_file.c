/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Notices as files. Intake; the names come from whoever dropped the file, and
 * the results folder may be written to by others, so each step is relative to
 * an open folder and nothing is ever replaced.
 */
#include "notice_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/utf8.h"
#include "spool_claim.h"

#define PATH_MAX_BYTES 1024
#define NAME_BYTES 200 /* leaves room for verdict, number and ".txt" */
#define NUMBERS_MAX 1000

static const char replacement[] = "\xEF\xBF\xBD";

/* `windows`: also what a Windows PC could not open. */
static void clean(const char *text, size_t n, bool windows, char *out, size_t room)
{
    size_t at = 0;

    while (n > 0) {
        uint32_t c;
        size_t used = utf8_decode(text, n, &c);
        bool bad = used == 0 || !utf8_is_printable(c) || (windows && c < 0x80 && strchr("\\:*?\"<>|", (int)c));
        const char *put = bad ? windows && used ? "_" : replacement : text;
        size_t len = bad ? strlen(put) : used;
        if (at + len >= room)
            break;
        memcpy(out + at, put, len);
        at += len;
        used = used ? used : 1;
        text += used;
        n -= used;
    }
    out[at] = '\0';
}

void notice_file_clean(const char *text, char *out, size_t room)
{
    clean(text, strlen(text), false, out, room);
}

/* One name of a path, so that it is a name of a file here and on a PC. */
static void clean_name(const char *text, size_t n, char out[CLAIM_NAME_MAX])
{
    char whole[CLAIM_NAME_MAX * 3 + 1];

    clean(text, n < CLAIM_NAME_MAX ? n : CLAIM_NAME_MAX, true, whole, sizeof whole);
    claim_fit(whole, NAME_BYTES, out);
    size_t end = strlen(out);
    while (end > 0 && (out[end - 1] == '.' || out[end - 1] == ' ')) /* Windows drops these in silence */
        out[--end] = '\0';
    if (end == 0)
        (void)snprintf(out, CLAIM_NAME_MAX, "_");
}

/* Opens the folder of a path beneath results, making it, and gives the cleaned last name. */
static int open_folder(int results, const char *path, char name[CLAIM_NAME_MAX])
{
    char folder[PATH_MAX_BYTES * 3] = "", part[CLAIM_NAME_MAX];
    size_t at = 0;

    for (const char *slash = strchr(path, '/'); slash; path = slash + 1, slash = strchr(path, '/')) {
        if (slash == path)
            continue;
        clean_name(path, (size_t)(slash - path), part);
        int n = snprintf(folder + at, sizeof folder - at, "%s%s", at ? "/" : "", part);
        if (n < 0 || (size_t)n >= sizeof folder - at)
            return ERR_LIMIT;
        at += (size_t)n;
    }
    clean_name(path, strlen(path), name);
    return fdio_make_dirs(results, folder, 0755);
}

static int write_text(int dir, const char *name, const char *text)
{
    static const char mark[] = "\xEF\xBB\xBF"; /* so that every editor on an office PC reads it as UTF-8 */
    scoped_fd int fd = fdio_open(dir, name, O_WRONLY | O_CREAT | O_EXCL, 0644);

    if (fd < 0)
        return fd;
    int err = fdio_write(fd, mark, sizeof mark - 1);
    if (err == 0)
        err = fdio_write(fd, text, strlen(text));
    if (err == 0)
        err = fdio_sync(fd);
    return err < 0 ? err : fdio_close(&fd);
}

/* "名前.保留.txt", then "名前.保留 (2).txt" ... */
static int place(int dir, const char *temporary, const char *name, enum verdict verdict)
{
    char final[CLAIM_NAME_MAX + 64];

    for (unsigned i = 1; i <= NUMBERS_MAX; i++) {
        if (i == 1)
            (void)snprintf(final, sizeof final, "%s.%s.txt", name, verdict_text_ja(verdict));
        else
            (void)snprintf(final, sizeof final, "%s.%s (%u).txt", name, verdict_text_ja(verdict), i);
        int err = fdio_rename_new(dir, temporary, dir, final);
        if (err != ERR_EXISTS)
            return err < 0 ? err : fdio_sync(dir);
    }
    return ERR_EXISTS;
}

int notice_file_put(int results, const char *path, enum verdict verdict, const char *text)
{
    char name[CLAIM_NAME_MAX], temporary[48];
    uint64_t random;
    scoped_fd int dir = open_folder(results, path, name);

    if (dir < 0)
        return dir;
    fdio_random(&random, sizeof random);
    (void)snprintf(temporary, sizeof temporary, ".sekimori-%016llx.tmp", (unsigned long long)random);
    int err = write_text(dir, temporary, text);
    if (err == 0)
        err = place(dir, temporary, name, verdict);
    if (err < 0)
        (void)unlinkat(dir, temporary, 0);
    return err;
}
