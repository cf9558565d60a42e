/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_HOOK_H
#define SEKIMORI_HOOK_H

/*
 * Places where a system test can cut the power: with SEKIMORI_CRASH=name:N in
 * the environment the process dies when it passes crash_point("name") for the
 * N-th time: on an illegal instruction, as sudden as kill -9, and without a
 * system call that the sandbox would forbid. In a product build the macro is nothing, not even the
 * name is left in the binary.
 */
#ifdef SEKIMORI_TEST_HOOKS
#include <stdlib.h>
#include <string.h>

static inline void crash_point_(const char *name)
{
    static unsigned long passed; /* per translation unit and name asked for: each name is used in one file */
    const char *asked = getenv("SEKIMORI_CRASH"), *colon = asked ? strrchr(asked, ':') : NULL;

    if (!colon || strlen(name) != (size_t)(colon - asked) || strncmp(asked, name, strlen(name)) != 0)
        return;
    if (++passed == strtoul(colon + 1, NULL, 10))
        __builtin_trap();
}
#define crash_point(name) crash_point_(name)
#else
#define crash_point(name) ((void)0)
#endif

#endif
