/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looking and claiming. Intake; others write into these folders while we
 * look, so every step is made relative to an open folder, without links, and
 * what was judged is compared with what was opened and with what was renamed.
 */
#include "lane.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/fdio.h"

#define BATCH_MAX 64         /* claims of one folder that share one flush */
#define AGAIN_MS 200         /* a file that changed under our hands, or is open for writing */
#define ASIDE_NUMBERS_MAX 1000
#define FOLDER_PATH_MAX (LANE_PATH_MAX - CLAIM_NAME_MAX - 1) /* so that every name in it fits */

struct look {
    struct lane *lane;
    const struct lane_hooks *hooks;
    void *owner;
    struct claim_now now;
    uint64_t next_ms;
    unsigned room;
    bool hungry;   /* something was left for want of room */
    bool stopped;  /* the walk was cut short */
};

/* One folder of the walk. */
struct place {
    struct look *look;
    int dir;
    const char *path; /* inside the lane, "" at the top */
    unsigned depth;
    unsigned entries; /* that were found in it, whatever they are */
    struct claim *batch; /* made with the first one */
    unsigned batched;
};

static void look_again_in(struct look *look, uint64_t ms)
{
    if (ms < look->next_ms)
        look->next_ms = ms;
}

static int join(const char *folder, const char *name, char out[LANE_PATH_MAX])
{
    int n = snprintf(out, LANE_PATH_MAX, "%s%s%s", folder, folder[0] ? "/" : "", name);

    return n > 0 && n < LANE_PATH_MAX ? 0 : ERR_LIMIT;
}

/* ---- Claiming ---------------------------------------------------------------------------- */

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

static void make_token(char token[CLAIM_TOKEN_LEN + 1])
{
    uint8_t random[CLAIM_TOKEN_LEN / 2];

    fdio_random(random, sizeof random);
    for (size_t i = 0; i < sizeof random; i++)
        (void)snprintf(token + 2 * i, 3, "%02x", random[i]);
}

/* Tells staff once of something that cannot even be set aside, and leaves it. */
static void tell_once(struct place *place, const char *name, enum reason reason)
{
    struct look *look = place->look;
    char path[LANE_PATH_MAX];

    if (join(place->path, name, path) < 0)
        return;
    struct seen_entry *seen = seen_get(&look->lane->seen, path);
    if (!seen || seen->told)
        return;
    seen->told = true;
    look->hooks->refused(look->owner, look->lane, path, reason, LANE_LEFT_AS_IT_WAS);
}

/* Our sandbox may move neither links nor pipes; whoever swaps in a file of his own at the last moment loses that. */
static bool remove_special(const struct place *place, const char *name, mode_t mode)
{
    return !S_ISREG(mode) && !S_ISDIR(mode) && unlinkat(place->dir, name, 0) == 0;
}

static void refuse(struct place *place, const char *name, mode_t mode, enum reason reason)
{
    struct look *look = place->look;
    char aside[CLAIM_NAME_MAX], path[LANE_PATH_MAX];
    enum lane_left left = LANE_LEFT_ASIDE;
    int err = ERR_EXISTS;

    for (unsigned i = 1; err == ERR_EXISTS && i <= ASIDE_NUMBERS_MAX; i++) {
        claim_refused_name(name, i, aside);
        err = fdio_rename_new(place->dir, name, place->dir, aside);
    }
    if (err < 0 && remove_special(place, name, mode)) {
        left = LANE_LEFT_REMOVED;
        err = 0;
    }
    if (err < 0)
        tell_once(place, name, reason);
    else if (join(place->path, name, path) == 0)
        look->hooks->refused(look->owner, look->lane, path, reason, left);
}

/* Renames it and makes sure that it is what was opened. False when not, with everything as it was. */
static bool rename_claim(struct place *place, const char *name, const struct claim *claim)
{
    const char *slash = strrchr(claim->claimed, '/'), *claimed = slash ? slash + 1 : claim->claimed;
    struct stat now;

    if (fdio_rename_new(place->dir, name, place->dir, claimed) < 0) {
        tell_once(place, name, REASON_IO); /* readable, but not ours to move */
        return false;
    }
    if (fstatat(place->dir, claimed, &now, AT_SYMLINK_NOFOLLOW) == 0 && is_same_file(&claim->st, &now))
        return true;
    /* Another file was slipped in under the name: give it back; else it is found as a claim nobody knows of. */
    if (fdio_rename_new(place->dir, claimed, place->dir, name) < 0)
        look_again_in(place->look, AGAIN_MS);
    return false;
}

/* Names, old and new. A claim keeps its token: after a restart, or when its folder was renamed, it is the same job. */
static int name_claim(struct place *place, const char *name, struct claim *claim)
{
    char original[CLAIM_NAME_MAX], claimed[CLAIM_NAME_MAX];

    if (claim_parse(name, original, claim->token)) {
        (void)snprintf(claimed, sizeof claimed, "%s", name);
    } else {
        (void)snprintf(original, sizeof original, "%s", name);
        make_token(claim->token);
        claim_name(name, claim->token, claimed);
    }
    int err = join(place->path, original, claim->path);
    return err == 0 ? join(place->path, claimed, claim->claimed) : err;
}

/*
 * Opens, makes sure it is what was judged and nobody writes it, and renames
 * it. Whoever makes up the name of a claim with somebody else's token wins
 * nothing: that token was offered first, and the copy counts as known.
 */
static void claim_file(struct place *place, const char *name, const struct stat *judged)
{
    bool in_work = claim_kind(name) == CLAIM_IN_WORK;
    scoped_fd int fd = fdio_open(place->dir, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);

    if (fd == ERR_IO && (errno == EACCES || errno == EPERM)) {
        tell_once(place, name, REASON_IO);
        return;
    }
    if (!place->batch && !(place->batch = calloc(BATCH_MAX, sizeof *place->batch)))
        return;
    struct claim *claim = &place->batch[place->batched];
    *claim = (struct claim){.lane = place->look->lane, .fd = -1};
    if (fd < 0 || fstat(fd, &claim->st) < 0 || !is_same_file(judged, &claim->st) || is_being_written(fd)) {
        look_again_in(place->look, AGAIN_MS);
        return;
    }
    if (name_claim(place, name, claim) < 0 || (!in_work && !rename_claim(place, name, claim)))
        return;
    claim->fd = steal_fd(&fd);
    place->batched++;
    place->look->room--;
}

/* The new names must outlive a power cut before anybody is told of them, or the file would be taken twice. */
static void offer_batch(struct place *place)
{
    struct look *look = place->look;
    bool durable = place->batched == 0 || fdio_sync(place->dir) == 0 || errno == EINVAL; /* not every file system can flush a folder */

    for (unsigned i = 0; i < place->batched; i++) {
        struct claim *claim = &place->batch[i];
        if (durable) {
            look->hooks->claimed(look->owner, claim);
            continue;
        }
        scope_close(&claim->fd);
        if (lane_return(look->lane, claim->claimed, claim->path) < 0)
            look_again_in(look, AGAIN_MS);
    }
    place->batched = 0;
}

/* ---- The walk ------------------------------------------------------------------------------- */

static void judge_entry(struct place *place, const char *name, const struct stat *st)
{
    struct look *look = place->look;
    struct claim_seen none = {0};
    enum reason reason = REASON_NONE;
    uint64_t wait_ms = 0;
    char path[LANE_PATH_MAX];

    if (join(place->path, name, path) < 0)
        return;
    struct seen_entry *seen = look->lane->rules.own_clock ? NULL : seen_get(&look->lane->seen, path);
    switch (claim_judge(name, st, &look->lane->rules, &look->now, seen ? &seen->seen : &none, &wait_ms, &reason)) {
    case CLAIM_IGNORE:
        break;
    case CLAIM_WAIT:
        look_again_in(look, wait_ms + 1);
        break;
    case CLAIM_REFUSE:
        refuse(place, name, st->st_mode, reason);
        break;
    case CLAIM_TAKE:
        if (look->room == 0) {
            look->hungry = look->stopped = true;
            break;
        }
        if (place->batched == BATCH_MAX)
            offer_batch(place);
        claim_file(place, name, st);
        break;
    }
}

/* True for a claim that is under way, or that is stored and cannot be removed. */
static bool is_known_claim(struct place *place, const char *name)
{
    struct look *look = place->look;
    char path[LANE_PATH_MAX];

    if (join(place->path, name, path) < 0 || look->hooks->is_offered(look->owner, look->lane, path))
        return true;
    const struct seen_entry *seen = seen_get(&look->lane->seen, path);
    return !seen || seen->stuck;
}

static void look_at_file(struct place *place, const char *name)
{
    enum claim_kind kind = claim_kind(name);
    struct stat st;

    if (kind == CLAIM_SYSTEM || kind == CLAIM_SET_ASIDE)
        return;
    if (kind == CLAIM_IN_WORK && is_known_claim(place, name))
        return;
    if (fstatat(place->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        judge_entry(place, name, &st);
}

static void look_at_folder(struct look *look, int fd, const char *path, unsigned depth, unsigned *entries_out);

/* Removes a folder that submitters left empty; the kernel refuses when something came in meanwhile. */
static void tidy(struct place *place, const char *name, const struct stat *st)
{
    const struct look *look = place->look;
    int64_t age = look->now.wall_ms - (int64_t)st->st_mtim.tv_sec * 1000;

    if (age > 0 && (uint64_t)age >= look->lane->empty_ms)
        (void)unlinkat(place->dir, name, AT_REMOVEDIR);
}

static void look_below(struct place *place, const char *name)
{
    struct look *look = place->look;
    char path[LANE_PATH_MAX];
    struct stat st;
    unsigned entries = 1;

    if (claim_kind(name) == CLAIM_SET_ASIDE || join(place->path, name, path) < 0)
        return;
    if (place->depth == LANE_DEPTH_MAX || strlen(path) > FOLDER_PATH_MAX) {
        refuse(place, name, S_IFDIR, REASON_LIMIT_DEPTH);
        return;
    }
    scoped_fd int fd = fdio_open(place->dir, name, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0 || fstat(fd, &st) < 0) {
        if (fd == ERR_IO && errno == EACCES)
            tell_once(place, name, REASON_IO);
        return;
    }
    look_at_folder(look, steal_fd(&fd), path, place->depth + 1, &entries);
    if (entries == 0)
        tidy(place, name, &st);
}

static bool is_folder(int dir, const struct dirent *e)
{
    struct stat st;

    if (e->d_type != DT_UNKNOWN)
        return e->d_type == DT_DIR;
    return fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

static void dir_close(DIR **dir)
{
    if (*dir)
        (void)closedir(*dir);
}

/* Owns fd. */
static void look_at_folder(struct look *look, int fd, const char *path, unsigned depth, unsigned *entries_out)
{
    scoped(dir_close) DIR *dir = fdopendir(fd);
    struct place place = {.look = look, .path = path, .depth = depth};

    if (!dir) {
        (void)close(fd);
        look->stopped = true;
        return;
    }
    place.dir = dirfd(dir);
    look->hooks->folder(look->owner, look->lane, place.dir);
    for (const struct dirent *e = readdir(dir); e && !look->stopped; e = readdir(dir)) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        place.entries++;
        if (is_folder(place.dir, e))
            look_below(&place, e->d_name);
        else
            look_at_file(&place, e->d_name);
    }
    offer_batch(&place);
    free(place.batch);
    *entries_out = place.entries;
}

struct lane_outcome lane_look(struct lane *lane, const struct lane_hooks *hooks, void *owner)
{
    struct look look = {.lane = lane, .hooks = hooks, .owner = owner, .next_ms = lane->poll_ms,
                        .now = {fdio_now_ms(), (int64_t)fdio_wall_ms()}, .room = hooks->room(owner, lane)};
    unsigned entries;
    int fd = fdio_open(lane->inbound, ".", O_RDONLY | O_DIRECTORY, 0);

    if (fd < 0)
        return (struct lane_outcome){lane->poll_ms, false};
    if (look.now.mono_ms == 0)
        look.now.mono_ms = 1;
    seen_begin(&lane->seen);
    look_at_folder(&look, fd, "", 0, &entries);
    seen_end(&lane->seen, !look.stopped);
    return (struct lane_outcome){look.next_ms, look.hungry};
}

/* ---- After the offer ------------------------------------------------------------------------ */

/* The folder of a path, opened, and the name in it. */
static int open_folder(int root, const char *path, char name[CLAIM_NAME_MAX])
{
    char folder[LANE_PATH_MAX];
    const char *slash = strrchr(path, '/');
    int n = snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) : 0, path);
    int m = snprintf(name, CLAIM_NAME_MAX, "%s", slash ? slash + 1 : path);

    if (n < 0 || (size_t)n >= sizeof folder || m <= 0 || m >= CLAIM_NAME_MAX)
        return ERR_LIMIT;
    return fdio_open(root, folder[0] ? folder : ".", O_RDONLY | O_DIRECTORY, 0);
}

int lane_done(struct lane *lane, const char *claimed)
{
    char name[CLAIM_NAME_MAX];
    scoped_fd int dir = open_folder(lane->inbound, claimed, name);

    if (dir == ERR_NOTFOUND)
        return 0;
    if (dir >= 0 && (unlinkat(dir, name, 0) == 0 || errno == ENOENT))
        return 0;
    struct seen_entry *seen = seen_get(&lane->seen, claimed);
    if (seen)
        seen->stuck = true;
    return ERR_IO;
}

int lane_return(struct lane *lane, const char *claimed, const char *path)
{
    char from[CLAIM_NAME_MAX], to[CLAIM_NAME_MAX];
    scoped_fd int dir = open_folder(lane->inbound, claimed, from);
    const char *slash = strrchr(path, '/');

    if (dir < 0)
        return dir;
    (void)snprintf(to, sizeof to, "%s", slash ? slash + 1 : path);
    return fdio_rename_new(dir, from, dir, to);
}

void lane_free(struct lane *lane)
{
    scope_close(&lane->inbound);
    scope_close(&lane->results);
    seen_free(&lane->seen);
}
