/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The changes replay.c makes to a seed. Same state, same damage: a failure can
 * be repeated. Positions are drawn towards the start and the end, where the
 * headers and directories of most formats are.
 */
#include "mutate.h"

#include <string.h>

#include "base/scope.h"

struct edit {
    uint64_t *state;
    uint8_t *bytes;
    size_t len;
    const uint8_t *other;
    size_t other_len;
};

uint64_t mutate_seed(const uint8_t *bytes, size_t n)
{
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */

    for (size_t i = 0; i < n; i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3u;
    return hash;
}

uint64_t mutate_next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u; /* splitmix64 */

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static size_t below(struct edit *e, size_t n)
{
    return n ? mutate_next(e->state) % n : 0;
}

/* A position: one in four near the start, one in four near the end. */
static size_t place(struct edit *e)
{
    size_t near = e->len < 64 ? e->len : 64;

    switch (below(e, 4)) {
    case 0: return below(e, near);
    case 1: return e->len - near + below(e, near);
    default: return below(e, e->len);
    }
}

/* A length from `at` on, short ones more often. */
static size_t extent(struct edit *e, size_t at)
{
    size_t room = e->len - at, most = (size_t)1 << below(e, 14);

    return below(e, (room < most ? room : most) + 1);
}

static void edit_cut(struct edit *e)
{
    e->len = place(e);
}

static void edit_bit(struct edit *e)
{
    if (e->len)
        e->bytes[place(e)] ^= (uint8_t)(1u << below(e, 8));
}

static void edit_byte(struct edit *e)
{
    static const uint8_t values[] = {0x00, 0xff, 0x7f, 0x80, 0x01, 0x0a, 0x0d, 0x20, '"', '\\', '<', '/', '(', '='};

    if (e->len)
        e->bytes[place(e)] = below(e, 2) ? values[below(e, sizeof values)] : (uint8_t)below(e, 256);
}

static void edit_number(struct edit *e)
{
    static const uint32_t values[] = {0, 1, 0x7f, 0xff, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff};
    uint32_t v = values[below(e, ARRAY_LEN(values))];
    size_t width = (size_t)1 << (1 + below(e, 2)), at = place(e);

    if (at + width > e->len)
        return;
    if (below(e, 2))
        v = __builtin_bswap32(v) >> (width == 2 ? 16 : 0);
    memcpy(e->bytes + at, &v, width);
}

static void edit_swap(struct edit *e)
{
    size_t a = place(e), n = extent(e, a), b = place(e);

    for (size_t i = 0; i < n && a + i < e->len && b + i < e->len; i++) {
        uint8_t kept = e->bytes[a + i];
        e->bytes[a + i] = e->bytes[b + i];
        e->bytes[b + i] = kept;
    }
}

static void edit_remove(struct edit *e)
{
    size_t at = place(e), n = extent(e, at);

    memmove(e->bytes + at, e->bytes + at + n, e->len - at - n);
    e->len -= n;
}

/* Puts n bytes in at a position, moving what follows. */
static void insert(struct edit *e, size_t at, const uint8_t *bytes, size_t n)
{
    if (e->len + n > MUTATE_MAX)
        return;
    memmove(e->bytes + at + n, e->bytes + at, e->len - at);
    memcpy(e->bytes + at, bytes, n);
    e->len += n;
}

static void edit_double(struct edit *e)
{
    uint8_t block[8192];
    size_t from = place(e), n = extent(e, from);

    n = n < sizeof block ? n : sizeof block;
    memcpy(block, e->bytes + from, n);
    insert(e, place(e), block, n);
}

static void edit_splice(struct edit *e)
{
    size_t from = below(e, e->other_len), n = below(e, e->other_len - from + 1), at = place(e);

    if (below(e, 2))
        insert(e, at, e->other + from, n);
    else
        memcpy(e->bytes + at, e->other + from, n < e->len - at ? n : e->len - at);
}

size_t mutate(uint64_t *state, uint8_t *bytes, size_t n, const uint8_t *other, size_t other_len)
{
    static void (*const edits[])(struct edit *e) = {edit_cut,  edit_bit,    edit_bit,    edit_byte,  edit_byte,
                                                    edit_number, edit_number, edit_swap, edit_remove, edit_double,
                                                    edit_splice};
    struct edit e = {state, bytes, n, other, other_len};

    for (size_t changes = 1 + below(&e, 4); changes > 0; changes--)
        edits[below(&e, ARRAY_LEN(edits))](&e);
    return e.len;
}
