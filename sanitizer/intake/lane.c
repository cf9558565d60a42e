/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Watching and claiming. Intake; others write into these folders while we
 * look, so every step is made relative to an open folder, without links, and
 * what was judged is compared with what was opened.
 */
#include "lane.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>

#include "base/err.h"
#include "base/fdio.h"

#define CANDIDATES_MAX 65536 /* files remembered at once; further ones are looked at when these are gone */

struct lane_candidate {
    struct lane_candidate *next;
    struct claim_seen seen;
    bool alive; /* met in this look */
    char path[];
};

struct lane_watch {
    int wd;
    dev_t dev;
    ino_t inode;
};

struct look {
    struct lane *lane;
    int inotify_fd;
    const struct lane_hooks *hooks;
    void *owner;
    uint64_t now_ms;
    bool waiting;
};

static struct lane_candidate *candidate_find(struct lane *lane, const char *path)
{
    for (struct lane_candidate *c = lane->candidates; c; c = c->next)
        if (strcmp(c->path, path) == 0)
            return c;
    return NULL;
}

/* New candidates go to the front, and looks come in the same order: the search is short in practice. */
static struct lane_candidate *candidate_get(struct lane *lane, const char *path)
{
    struct lane_candidate *c = candidate_find(lane, path);
    size_t n = strlen(path) + 1;

    if (c || lane->candidate_count >= CANDIDATES_MAX)
        return c;
    c = calloc(1, sizeof *c + n);
    if (!c)
        return NULL;
    memcpy(c->path, path, n);
    c->next = lane->candidates;
    lane->candidates = c;
    lane->candidate_count++;
    return c;
}

static void candidates_sweep(struct lane *lane)
{
    for (struct lane_candidate **at = &lane->candidates; *at;) {
        struct lane_candidate *c = *at;
        if (c->alive) {
            c->alive = false;
            at = &c->next;
            continue;
        }
        *at = c->next;
        lane->candidate_count--;
        free(c);
    }
}

/* ---- Watching ------------------------------------------------------------------------- */

static void watch_folder(struct look *look, int dir)
{
    struct lane *lane = look->lane;
    struct stat st;
    char path[40];

    if (look->inotify_fd < 0 || lane->poll_only || fstat(dir, &st) < 0)
        return;
    for (size_t i = 0; i < lane->watch_count; i++)
        if (lane->watches[i].dev == st.st_dev && lane->watches[i].inode == st.st_ino)
            return;
    if (lane->watch_count == lane->watch_room) {
        size_t room = lane->watch_room ? lane->watch_room * 2 : 16;
        struct lane_watch *watches = reallocarray(lane->watches, room, sizeof *watches);
        if (!watches)
            return; /* the slow look finds it all the same */
        lane->watches = watches;
        lane->watch_room = room;
    }
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", dir);
    int wd = inotify_add_watch(look->inotify_fd, path, IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_MODIFY | IN_ONLYDIR);
    if (wd >= 0)
        lane->watches[lane->watch_count++] = (struct lane_watch){wd, st.st_dev, st.st_ino};
}

/* ---- Claiming -------------------------------------------------------------------------- */

/* True while another process of this host has the file open for writing, where we may ask. */
static bool is_being_written(int fd)
{
    if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0) {
        (void)fcntl(fd, F_SETLEASE, F_UNLCK);
        return false;
    }
    return errno == EAGAIN;
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size && a->st_nlink == b->st_nlink &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && S_ISREG(b->st_mode);
}

static int join(const char *folder, const char *name, char out[LANE_PATH_MAX])
{
    int n = snprintf(out, LANE_PATH_MAX, "%s%s%s", folder, folder[0] ? "/" : "", name);

    return n > 0 && n < LANE_PATH_MAX ? 0 : ERR_LIMIT;
}

static void make_token(char token[CLAIM_TOKEN_LEN + 1])
{
    uint8_t random[CLAIM_TOKEN_LEN / 2];

    fdio_random(random, sizeof random);
    for (size_t i = 0; i < sizeof random; i++)
        (void)snprintf(token + 2 * i, 3, "%02x", random[i]);
}

/* Opens, makes sure it is what was judged and nobody writes it, and renames it. */
static void claim_file(struct look *look, int dir, const char *folder, const char *name, const struct stat *judged)
{
    struct claim claim = {.lane = look->lane, .fd = -1};
    char claimed[CLAIM_NAME_MAX];
    scoped_fd int fd = fdio_open(dir, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);

    if (fd < 0 || fstat(fd, &claim.st) < 0 || !is_same_file(judged, &claim.st) || is_being_written(fd)) {
        look->waiting = true;
        return;
    }
    make_token(claim.token);
    claim_name(name, claim.token, claimed);
    if (join(folder, name, claim.path) < 0 || join(folder, claimed, claim.claimed) < 0)
        return;
    struct stat now;
    int err = fdio_rename_new(dir, name, dir, claimed);
    look->lane->denied = err == ERR_IO && (errno == EACCES || errno == EPERM || errno == EROFS);
    if (err < 0 || fstatat(dir, claimed, &now, AT_SYMLINK_NOFOLLOW) < 0)
        return;
    if (!is_same_file(&claim.st, &now)) { /* another file was slipped in under the name */
        if (fdio_rename_new(dir, claimed, dir, name) < 0)
            look->waiting = true;
        return;
    }
    claim.fd = steal_fd(&fd);
    look->hooks->claimed(look->owner, &claim);
}

static void offer_leftover(struct look *look, int dir, const char *folder, const char *name)
{
    struct claim claim = {.lane = look->lane, .fd = -1};
    char original[CLAIM_NAME_MAX];

    if (!claim_parse(name, original, claim.token) || join(folder, original, claim.path) < 0 ||
        join(folder, name, claim.claimed) < 0)
        return;
    scoped_fd int fd = fdio_open(dir, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
    if (fd < 0 || fstat(fd, &claim.st) < 0 || !S_ISREG(claim.st.st_mode) || claim.st.st_nlink != 1)
        return;
    claim.fd = steal_fd(&fd);
    look->hooks->claimed(look->owner, &claim);
}

static void refuse_file(struct look *look, int dir, const char *folder, const char *name, enum reason reason)
{
    char aside[CLAIM_NAME_MAX], path[LANE_PATH_MAX];

    claim_refused_name(name, aside);
    if (join(folder, name, path) < 0 || fdio_rename_new(dir, name, dir, aside) < 0)
        return;
    look->hooks->refused(look->owner, look->lane, path, reason);
}

static void look_at_entry(struct look *look, int dir, const char *folder, const char *name, const struct stat *st)
{
    struct lane *lane = look->lane;
    char path[LANE_PATH_MAX];
    enum reason reason = REASON_NONE;

    if (!lane->leftovers_offered) { /* after a start: first what was in work already, then new files */
        look->waiting = true;
        if (S_ISREG(st->st_mode) && look->hooks->room(look->owner))
            offer_leftover(look, dir, folder, name);
        return;
    }
    if (claim_is_own(name) || join(folder, name, path) < 0)
        return;
    struct lane_candidate *c = candidate_get(lane, path);
    struct claim_seen none = {0};
    switch (claim_judge(name, st, lane->limit_bytes, look->now_ms, lane->settle_ms, c ? &c->seen : &none, &reason)) {
    case CLAIM_IGNORE:
        return;
    case CLAIM_WAIT:
        look->waiting = true;
        break;
    case CLAIM_TAKE:
        if (look->hooks->room(look->owner))
            claim_file(look, dir, folder, name, st);
        else
            look->waiting = true;
        break;
    case CLAIM_REFUSE:
        refuse_file(look, dir, folder, name, reason);
        break;
    }
    if (c)
        c->alive = true;
}

static void dir_close(DIR **dir)
{
    if (*dir)
        (void)closedir(*dir);
}

static void look_at_folder(struct look *look, int fd, const char *folder, unsigned depth)
{
    scoped(dir_close) DIR *dir = fdopendir(fd);
    char path[LANE_PATH_MAX];

    if (!dir) {
        (void)close(fd);
        return;
    }
    watch_folder(look, dirfd(dir));
    for (const struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        struct stat st;
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
            fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
            continue;
        if (!S_ISDIR(st.st_mode)) {
            look_at_entry(look, dirfd(dir), folder, e->d_name, &st);
            continue;
        }
        if (depth == LANE_DEPTH_MAX || e->d_name[0] == '.' || join(folder, e->d_name, path) < 0)
            continue;
        int below = fdio_open(dirfd(dir), e->d_name, O_RDONLY | O_DIRECTORY, 0);
        if (below >= 0)
            look_at_folder(look, below, path, depth + 1);
    }
}

uint64_t lane_look(struct lane *lane, int inotify_fd, const struct lane_hooks *hooks, void *owner)
{
    struct look look = {.lane = lane, .inotify_fd = inotify_fd, .hooks = hooks, .owner = owner, .now_ms = fdio_now_ms()};
    int fd = fdio_open(lane->inbound, ".", O_RDONLY | O_DIRECTORY, 0);
    uint64_t soon = lane->settle_ms / 2 + 20;
    bool leftovers = !lane->leftovers_offered;

    if (fd < 0)
        return lane->poll_ms;
    look_at_folder(&look, fd, "", 0);
    candidates_sweep(lane);
    if (leftovers && hooks->room(owner))
        lane->leftovers_offered = true;
    return leftovers ? 50 : look.waiting && soon < lane->poll_ms ? soon : lane->poll_ms;
}

/* ---- After the offer ------------------------------------------------------------------------ */

/* The folder of a path, opened, and the name in it. */
static int open_folder(int root, const char *path, char name[CLAIM_NAME_MAX], bool make)
{
    char folder[LANE_PATH_MAX];
    const char *slash = strrchr(path, '/');
    int n = snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) : 0, path);
    int m = snprintf(name, CLAIM_NAME_MAX, "%s", slash ? slash + 1 : path);

    if (n < 0 || (size_t)n >= sizeof folder || m <= 0 || m >= CLAIM_NAME_MAX)
        return ERR_LIMIT;
    if (make)
        return fdio_make_dirs(root, folder, 0755);
    return fdio_open(root, folder[0] ? folder : ".", O_RDONLY | O_DIRECTORY, 0);
}

int lane_done(struct lane *lane, const char *claimed)
{
    char name[CLAIM_NAME_MAX];
    scoped_fd int dir = open_folder(lane->inbound, claimed, name, false);

    if (dir < 0)
        return dir;
    return unlinkat(dir, name, 0) == 0 || errno == ENOENT ? 0 : ERR_IO;
}

int lane_return(struct lane *lane, const char *claimed, const char *path)
{
    char from[CLAIM_NAME_MAX], to[CLAIM_NAME_MAX];
    scoped_fd int dir = open_folder(lane->inbound, claimed, from, false);
    const char *slash = strrchr(path, '/');

    if (dir < 0)
        return dir;
    (void)snprintf(to, sizeof to, "%s", slash ? slash + 1 : path);
    return fdio_rename_new(dir, from, dir, to);
}

static int notice_write(int dir, const char *text, const char *temporary)
{
    static const char mark[] = "\xEF\xBB\xBF"; /* so that every editor on an office PC reads it as UTF-8 */
    scoped_fd int fd = fdio_open(dir, temporary, O_WRONLY | O_CREAT | O_EXCL, 0644);
    int err;

    if (fd < 0)
        return fd;
    err = fdio_write(fd, mark, sizeof mark - 1);
    if (err == 0)
        err = fdio_write(fd, text, strlen(text));
    if (err == 0)
        err = fdio_sync(fd);
    return err < 0 ? err : fdio_close(&fd);
}

/* "名前.保留.txt", then "名前.保留 (2).txt" ... */
static int notice_place(int dir, const char *temporary, const char *name, enum verdict verdict)
{
    char stem[CLAIM_NAME_MAX], final[CLAIM_NAME_MAX + 64];
    size_t n = strlen(name);

    if (n > 200)
        for (n = 200; n > 0 && ((unsigned char)name[n] & 0xC0) == 0x80; n--)
            ;
    (void)snprintf(stem, sizeof stem, "%.*s", (int)n, name);
    for (unsigned i = 1; i < 1000; i++) {
        if (i == 1)
            (void)snprintf(final, sizeof final, "%s.%s.txt", stem, verdict_text_ja(verdict));
        else
            (void)snprintf(final, sizeof final, "%s.%s (%u).txt", stem, verdict_text_ja(verdict), i);
        int err = fdio_rename_new(dir, temporary, dir, final);
        if (err != ERR_EXISTS)
            return err < 0 ? err : fdio_sync(dir);
    }
    return ERR_EXISTS;
}

int lane_notice(struct lane *lane, const char *path, enum verdict verdict, const char *text)
{
    char name[CLAIM_NAME_MAX], temporary[48], token[CLAIM_TOKEN_LEN + 1];
    scoped_fd int dir = open_folder(lane->results, path, name, true);

    if (dir < 0)
        return dir;
    make_token(token);
    (void)snprintf(temporary, sizeof temporary, ".sekimori-%s.tmp", token);
    int err = notice_write(dir, text, temporary);
    if (err == 0)
        err = notice_place(dir, temporary, name, verdict);
    if (err < 0)
        (void)unlinkat(dir, temporary, 0);
    return err;
}
