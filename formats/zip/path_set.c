/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paths in use, by the digest of their folded form: a few bytes for each,
 * whatever the length of a name. Runs in the package worker and the checker;
 * paths are hostile, so the digest is one nobody can make collide.
 */
#include "path_set.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "formats/name.h"
#include "lib_sodium.h"

enum { KEY_BYTES = 16, FOLDED_MAX = 4096 };
enum use { USE_FREE = 0, USE_FILE, USE_NEEDED, USE_FOLDER }; /* needed: a folder above a path that is taken */

struct path_slot {
    uint8_t key[KEY_BYTES];
    enum use use;
    uint32_t next; /* the number the next file of this name is tried with */
};

void path_set_clear(struct path_set *set)
{
    free(set->slots);
    *set = (struct path_set){0};
}

static struct path_slot *slot_of(struct path_slot *slots, size_t room, const uint8_t *key)
{
    size_t at;

    memcpy(&at, key, sizeof at);
    for (at &= room - 1; slots[at].use != USE_FREE && memcmp(slots[at].key, key, KEY_BYTES) != 0;)
        at = (at + 1) & (room - 1);
    return &slots[at];
}

/* Keeps at least half of the slots free. */
static int grow(struct path_set *set)
{
    size_t room = set->room ? set->room * 2 : 1024;

    if (set->count * 2 < set->room)
        return 0;
    struct path_slot *slots = calloc(room, sizeof *slots);
    if (!slots)
        return ERR_NOMEM;
    for (size_t i = 0; i < set->room; i++)
        if (set->slots[i].use != USE_FREE)
            *slot_of(slots, room, set->slots[i].key) = set->slots[i];
    free(set->slots);
    set->slots = slots;
    set->room = room;
    return 0;
}

/* The slot of the first n bytes of a folded path. */
static int find(struct path_set *set, const char *folded, size_t n, struct path_slot **slot_out)
{
    uint8_t key[KEY_BYTES];
    int err = grow(set);

    if (err < 0)
        return err;
    lib_sodium_key(folded, n, key);
    *slot_out = slot_of(set->slots, set->room, key);
    memcpy((*slot_out)->key, key, sizeof key);
    return 0;
}

static void take(struct path_set *set, struct path_slot *slot, enum use use)
{
    if (slot->use == USE_FREE) {
        slot->next = 2;
        set->count++;
    }
    slot->use = use;
}

/* Takes the folders above a path, from the nearest up to the first that is known. */
static int take_parents(struct path_set *set, const char *folded)
{
    unsigned depth = 0;

    for (const char *p = folded; *p; p++)
        if (*p == '/' && ++depth >= PATH_DEPTH_MAX)
            return ERR_LIMIT;
    for (const char *slash = strrchr(folded, '/'); slash; slash = memrchr(folded, '/', (size_t)(slash - folded))) {
        struct path_slot *slot;
        int err = find(set, folded, (size_t)(slash - folded), &slot);
        if (err < 0)
            return err;
        if (slot->use == USE_FILE)
            return ERR_EXISTS;
        if (slot->use != USE_FREE)
            return 0;
        take(set, slot, USE_NEEDED);
    }
    return 0;
}

/* Folds a path, takes its parents and finds its own slot. */
static int prepare(struct path_set *set, const char *path, struct path_slot **slot_out)
{
    char folded[FOLDED_MAX];
    int err = name_fold(path, folded, sizeof folded);

    if (err == 0)
        err = take_parents(set, folded);
    return err < 0 ? err : find(set, folded, strlen(folded), slot_out);
}

int path_set_file(struct path_set *set, const char *path)
{
    struct path_slot *slot;
    int err = prepare(set, path, &slot);

    if (err < 0)
        return err;
    if (slot->use != USE_FREE)
        return ERR_EXISTS;
    take(set, slot, USE_FILE);
    return 0;
}

int path_set_folder(struct path_set *set, const char *path)
{
    struct path_slot *slot;
    int err = prepare(set, path, &slot);

    if (err < 0)
        return err;
    if (slot->use == USE_FILE || slot->use == USE_FOLDER)
        return ERR_EXISTS;
    take(set, slot, USE_FOLDER);
    return 0;
}

/* "dir/name.ext" and 2 make "dir/name (2).ext". */
static bool numbered(const char *path, uint32_t number, char *out, size_t room)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
    size_t stem = dot && dot > name ? (size_t)(dot - path) : strlen(path);
    int n = snprintf(out, room, "%.*s (%u)%s", (int)stem, path, number, path + stem);

    return n > 0 && (size_t)n < room;
}

int path_set_free_name(struct path_set *set, const char *path, char *out, size_t room)
{
    struct path_slot *slot;
    int err = prepare(set, path, &slot);

    if (err < 0)
        return err;
    if (slot->use == USE_FREE) {
        if (strlen(path) >= room)
            return ERR_LIMIT;
        take(set, slot, USE_FILE);
        memcpy(out, path, strlen(path) + 1);
        return 0;
    }
    for (uint32_t number = slot->next;; number++) {
        if (!numbered(path, number, out, room))
            return ERR_LIMIT;
        err = path_set_file(set, out);
        if (err == ERR_EXISTS)
            continue;
        /* The table may have moved: look the slot up again to remember the number. */
        if (err == 0 && (err = prepare(set, path, &slot)) == 0)
            slot->next = number + 1;
        return err;
    }
}
