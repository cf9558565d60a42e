/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting for files to be collected. The releaser; all it learns from the other side is that a name is gone. */
#include "watch.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/fdio.h"

/* Where the number is or belongs. */
static size_t place_of(const struct watches *w, uint64_t seq)
{
    size_t low = 0, high = w->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (w->all[middle].seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int watch_add(struct watches *w, uint64_t seq, const char *path)
{
    size_t at = place_of(w, seq);

    if (at < w->count && w->all[at].seq == seq)
        return 0;
    if (w->count == w->room) {
        size_t room = w->room ? w->room * 2 : 256;
        struct watch *all = reallocarray(w->all, room, sizeof *all);
        if (!all)
            return ERR_NOMEM;
        w->all = all;
        w->room = room;
    }
    char *copy = strdup(path);
    if (!copy)
        return ERR_NOMEM;
    memmove(w->all + at + 1, w->all + at, (w->count - at) * sizeof *w->all);
    w->all[at] = (struct watch){.seq = seq, .path = copy};
    w->count++;
    return 0;
}

static void watch_remove(struct watches *w, size_t at)
{
    free(w->all[at].path);
    memmove(w->all + at, w->all + at + 1, (--w->count - at) * sizeof *w->all);
}

/* True when the name's story is over. */
static bool is_over(struct watch *one, struct publisher *p, uint64_t grace_ms)
{
    enum publish_fate fate = publish_look(p, one->path);

    if (fate == PUBLISH_THERE) {
        one->left_ms = 0;
        return false;
    }
    if (fate == PUBLISH_MANIFEST_LEFT) {
        uint64_t now = fdio_now_ms();
        if (one->left_ms == 0)
            one->left_ms = now;
        if (now - one->left_ms < grace_ms)
            return false;
    }
    publish_tidy(p, one->path);
    return true;
}

void watch_step(struct watches *w, struct publisher *p, size_t most, uint64_t grace_ms, void (*gone)(void *arg, uint64_t seq), void *arg)
{
    for (size_t i = 0, n = w->count < most ? w->count : most; i < n && w->count > 0; i++) {
        if (w->next >= w->count)
            w->next = 0;
        uint64_t seq = w->all[w->next].seq;
        if (!is_over(&w->all[w->next], p, grace_ms)) {
            w->next++;
            continue;
        }
        watch_remove(w, w->next);
        gone(arg, seq);
    }
}

void watch_free(struct watches *w)
{
    for (size_t i = 0; i < w->count; i++)
        free(w->all[i].path);
    free(w->all);
    *w = (struct watches){0};
}
