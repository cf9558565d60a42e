/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Puts a long-running service behind its profile, once, before it reads
 * anything from others. What is trusted here: the profile table and the
 * folders the program opened from the administrator's settings.
 */
#include <sys/prctl.h>
#include <sys/resource.h>

#include "err.h"
#include "sandbox_parts.h"

#define NAMESPACES (SANDBOX_USERNS | SANDBOX_NETNS | SANDBOX_IPCNS | SANDBOX_UTSNS | SANDBOX_MOUNTNS)

static void filter_free(struct seccomp_program **program)
{
    seccomp_program_free(program);
}

static int enter_landlock(const struct sandbox_dir *dirs, size_t dir_count)
{
    scoped_fd int rules = landlock_new(true);

    if (rules < 0)
        return rules;
    for (size_t i = 0; i < dir_count; i++) {
        int err = landlock_allow(rules, dirs[i].fd, dirs[i].access);
        if (err < 0)
            return err;
    }
    return landlock_enter(rules);
}

int sandbox_enter_service(const struct sandbox_profile *profile, uint32_t waived, const struct sandbox_dir *dirs,
                          size_t dir_count, uint32_t *active_out, uint32_t *missing_out)
{
    uint32_t wanted = sandbox_wanted(profile), active = 0;
    uint32_t spaces = wanted & NAMESPACES;
    struct rlimit no_core = {0, 0};
    scoped(filter_free) struct seccomp_program *filter = NULL;
    bool drop = geteuid() != 0 || wanted & SANDBOX_USERNS;

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return ERR_IO;
    active |= SANDBOX_NO_NEW_PRIVS;
    /* Without root the other namespaces are to be had from inside a user namespace only. */
    if (spaces && geteuid() != 0)
        spaces |= SANDBOX_USERNS;
    if (ns_enter(spaces, &spaces) < 0)
        return ERR_IO;
    active |= spaces & wanted;
    if (wanted & SANDBOX_RLIMITS && setrlimit(RLIMIT_CORE, &no_core) == 0)
        active |= SANDBOX_RLIMITS;
    if (wanted & SANDBOX_LANDLOCK && landlock_abi() > 0)
        active |= SANDBOX_LANDLOCK;
    if (wanted & SANDBOX_SECCOMP && seccomp_available())
        active |= SANDBOX_SECCOMP;
    if (wanted & ~active & ~waived) {
        *missing_out = wanted & ~active & ~waived;
        return ERR_UNSUPPORTED;
    }
    if (active & SANDBOX_SECCOMP) {
        int err = seccomp_program_new(profile, &filter);
        if (err < 0)
            return err;
    }
    if (drop && ns_drop_caps() < 0)
        return ERR_IO;
    /* Nobody may trace us or read our memory. A program that starts others stays as it is: they write their id maps. */
    if (wanted & SANDBOX_LANDLOCK && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
        return ERR_IO;
    if (active & SANDBOX_LANDLOCK) {
        int err = enter_landlock(dirs, dir_count);
        if (err < 0)
            return err;
    }
    if (filter && seccomp_program_load(filter) < 0)
        return ERR_IO;
    *active_out = active;
    return 0;
}
