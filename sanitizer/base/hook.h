/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_HOOK_H
#define SEKIMORI_HOOK_H

/*
 * Places where a system test can cut the power: with SEKIMORI_CRASH=name:N in
 * the environment the process kills itself when it passes crash_point("name")
 * for the N-th time. In a product build the macro is nothing, not even the
 * name is left in the binary.
 */
#ifdef SEKIMORI_TEST_HOOKS
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline void crash_point_(const char *name)
{
    static unsigned long passed; /* per translation unit and name asked for: each name is used in one file */
    const char *asked = getenv("SEKIMORI_CRASH"), *colon = asked ? strrchr(asked, ':') : NULL;

    if (!colon || strlen(name) != (size_t)(colon - asked) || strncmp(asked, name, strlen(name)) != 0)
        return;
    if (++passed == strtoul(colon + 1, NULL, 10))
        (void)kill(getpid(), SIGKILL);
}
#define crash_point(name) crash_point_(name)
#else
#define crash_point(name) ((void)0)
#endif

#endif
