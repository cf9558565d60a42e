/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory of a lane's files between looks. Intake; paths are hostile in number and length, so both are bounded. */
#include "seen.h"

#include <stdlib.h>
#include <string.h>

#include "base/fdio.h"

#define FIRST_BUCKETS 256

/* Seeded, so that nobody can choose names that all fall into one bucket. */
static size_t hash(const char *path)
{
    static uint64_t seed;

    if (seed == 0)
        fdio_random(&seed, sizeof seed);
    uint64_t h = 0xcbf29ce484222325u ^ seed;

    for (; *path; path++)
        h = (h ^ (unsigned char)*path) * 0x100000001b3u;
    return (size_t)(h ^ h >> 32);
}

static bool grow(struct seen *s)
{
    size_t n = s->bucket_count ? s->bucket_count * 4 : FIRST_BUCKETS;
    struct seen_entry **buckets = calloc(n, sizeof *buckets);

    if (!buckets)
        return false;
    for (size_t i = 0; i < s->bucket_count; i++) {
        while (s->buckets[i]) {
            struct seen_entry *e = s->buckets[i];
            s->buckets[i] = e->next;
            struct seen_entry **at = &buckets[hash(e->path) & (n - 1)];
            e->next = *at;
            *at = e;
        }
    }
    free(s->buckets);
    s->buckets = buckets;
    s->bucket_count = n;
    return true;
}

void seen_begin(struct seen *seen)
{
    seen->look++;
}

struct seen_entry *seen_get(struct seen *seen, const char *path)
{
    size_t n = strlen(path) + 1;

    if (seen->count >= seen->bucket_count && !grow(seen))
        return NULL;
    struct seen_entry **at = &seen->buckets[hash(path) & (seen->bucket_count - 1)];
    for (struct seen_entry *e = *at; e; e = e->next) {
        if (strcmp(e->path, path) == 0) {
            e->look = seen->look;
            return e;
        }
    }
    struct seen_entry *e = seen->count < SEEN_MAX ? calloc(1, sizeof *e + n) : NULL;
    if (!e)
        return NULL;
    memcpy(e->path, path, n);
    e->look = seen->look;
    e->next = *at;
    *at = e;
    seen->count++;
    return e;
}

void seen_end(struct seen *seen, bool whole)
{
    for (size_t i = 0; i < seen->bucket_count && whole; i++) {
        for (struct seen_entry **at = &seen->buckets[i]; *at;) {
            struct seen_entry *e = *at;
            if (e->look == seen->look) {
                at = &e->next;
                continue;
            }
            *at = e->next;
            seen->count--;
            free(e);
        }
    }
}

void seen_free(struct seen *seen)
{
    seen->look++;
    seen_end(seen, true);
    free(seen->buckets);
    *seen = (struct seen){0};
}
