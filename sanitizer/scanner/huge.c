/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Huge pages for a big, unchanging heap. The scanner's zygote, before it walls itself off; reads its own map only. */
#include "huge.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/scope.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* Linux 6.1; newer than the headers */
#endif

#define PAGE ((uintptr_t)2 << 20)
#define REGIONS_MAX 4096

#ifndef SEKIMORI_SANITIZED /* the sanitizers' shadow memory is terabytes of it */

struct region {
    uintptr_t from, to;
};

/* A writable private mapping without a file behind it; the heap is one. */
static bool parse_region(const char *line, struct region *region_out)
{
    unsigned long from, to, inode;
    char access[8], name[64] = "";

    if (sscanf(line, "%lx-%lx %7s %*x %*s %lu %63s", &from, &to, access, &inode, name) < 4 || inode != 0 ||
        access[1] != 'w' || access[3] != 'p')
        return false;
    if (name[0] && strcmp(name, "[heap]") != 0 && strncmp(name, "[anon", 5) != 0)
        return false;
    *region_out = (struct region){(from + PAGE - 1) & ~(PAGE - 1), to & ~(PAGE - 1)};
    return region_out->from < region_out->to;
}

static void scope_fclose(FILE **file)
{
    if (*file)
        (void)fclose(*file);
}

static size_t list_regions(struct region regions[REGIONS_MAX])
{
    scoped(scope_fclose) FILE *maps = fopen("/proc/self/maps", "re");
    char line[512];
    size_t n = 0;

    while (maps && n < REGIONS_MAX && fgets(line, sizeof line, maps))
        n += parse_region(line, &regions[n]);
    return n;
}

uint64_t huge_collapse(void)
{
    static struct region regions[REGIONS_MAX]; /* static: listing must not change what it lists */
    uint64_t moved = 0;
    size_t n = list_regions(regions);

    for (size_t i = 0; i < n; i++) {
        /* One page after the other: a call for all stops at the first that cannot be moved. */
        for (uintptr_t at = regions[i].from; at < regions[i].to; at += PAGE) {
            void *page = (void *)at; /* NOLINT: from the kernel's own map */
            if (madvise(page, PAGE, MADV_HUGEPAGE) == 0 && madvise(page, PAGE, MADV_COLLAPSE) == 0)
                moved += PAGE;
        }
    }
    return moved;
}

#else

uint64_t huge_collapse(void)
{
    return 0;
}

#endif
