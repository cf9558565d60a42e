/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Folder events. Intake; names in events are hostile and only compared with the forms of our own. */
#include "watch.h"

#include <errno.h>
#include <stdio.h>
#include <sys/inotify.h>

#include "base/err.h"
#include "spool_claim.h"

#define EVENTS (IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_ONLYDIR)

struct row {
    int wd; /* 0: free */
    unsigned lane;
};

struct watch {
    int fd;
    struct row *rows; /* open hash by watch descriptor */
    size_t count, room;
};

static struct row *row_find(struct row *rows, size_t room, int wd)
{
    size_t i = (size_t)wd * 2654435761u & (room - 1);

    while (rows[i].wd != 0 && rows[i].wd != wd)
        i = (i + 1) & (room - 1);
    return &rows[i];
}

static int rehash(struct watch *w, size_t room, int without)
{
    struct row *rows = calloc(room, sizeof *rows);

    if (!rows)
        return ERR_NOMEM;
    w->count = 0;
    for (size_t i = 0; i < w->room; i++) {
        if (w->rows[i].wd == 0 || w->rows[i].wd == without)
            continue;
        *row_find(rows, room, w->rows[i].wd) = w->rows[i];
        w->count++;
    }
    free(w->rows);
    w->rows = rows;
    w->room = room;
    return 0;
}

int watch_new(struct watch **watch_out)
{
    scoped(watch_free) struct watch *w = calloc(1, sizeof *w);

    if (!w)
        return ERR_NOMEM;
    w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (w->fd < 0)
        return ERR_IO;
    if (rehash(w, 64, 0) < 0)
        return ERR_NOMEM;
    *watch_out = steal(w);
    return 0;
}

void watch_free(struct watch **watch)
{
    struct watch *w = steal(*watch);

    if (!w)
        return;
    scope_close(&w->fd);
    free(w->rows);
    free(w);
}

int watch_fd(const struct watch *watch)
{
    return watch->fd;
}

int watch_add(struct watch *watch, int dir, unsigned lane)
{
    char path[40];

    if (watch->count * 2 >= watch->room && rehash(watch, watch->room * 2, 0) < 0)
        return ERR_NOMEM;
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", dir);
    int wd = inotify_add_watch(watch->fd, path, EVENTS);
    if (wd <= 0)
        return errno == ENOSPC ? ERR_LIMIT : ERR_IO;
    struct row *row = row_find(watch->rows, watch->room, wd);
    watch->count += row->wd == 0;
    *row = (struct row){wd, lane};
    return 0;
}

/* A folder that is gone: its descriptor may be given to another one. */
static void forget(struct watch *watch, int wd)
{
    if (row_find(watch->rows, watch->room, wd)->wd != 0 && rehash(watch, watch->room, wd) < 0)
        return; /* a stale row costs a needless look at most */
}

static void on_event(struct watch *watch, const struct inotify_event *event, void (*touched)(void *arg, unsigned lane),
                     void *arg)
{
    if (event->mask & IN_Q_OVERFLOW) {
        touched(arg, WATCH_ALL);
        return;
    }
    if (event->mask & IN_IGNORED) {
        forget(watch, event->wd);
        return;
    }
    enum claim_kind kind = event->len > 0 ? claim_kind(event->name) : CLAIM_PLAIN;
    if (kind == CLAIM_IN_WORK || kind == CLAIM_SET_ASIDE || kind == CLAIM_SYSTEM)
        return; /* our own renames */
    const struct row *row = row_find(watch->rows, watch->room, event->wd);
    if (row->wd != 0)
        touched(arg, row->lane);
}

void watch_read(struct watch *watch, void (*touched)(void *arg, unsigned lane), void *arg)
{
    char room[16384] __attribute__((aligned(__alignof__(struct inotify_event))));
    ssize_t n;

    while ((n = read(watch->fd, room, sizeof room)) > 0) {
        for (char *at = room; at < room + n;) {
            const struct inotify_event *event = (const void *)at;
            on_event(watch, event, touched, arg);
            at += sizeof *event + event->len;
        }
    }
}
