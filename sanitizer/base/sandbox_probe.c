/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which sandbox layers work on this machine, found out by using each of them
 * in a child process. For `doctor` and for messages; a program behind a
 * sandbox never relies on this answer, it enters its layers for real.
 */
#include <errno.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "err.h"
#include "sandbox_parts.h"

static int try_namespace(uint32_t layer)
{
    uint32_t entered;

    if (ns_enter(SANDBOX_USERNS | layer, &entered) < 0)
        return ERR_IO;
    return entered & layer ? 0 : ERR_UNSUPPORTED;
}

static int try_mount(uint32_t layer)
{
    int err = try_namespace(layer);

    return err < 0 ? err : ns_swap_root(NULL, false);
}

static int try_process(uint32_t layer)
{
    uint32_t entered;
    int status, pidfd = -1;

    if (ns_enter(SANDBOX_USERNS, &entered) < 0)
        return ERR_IO;
    pid_t pid = ns_fork(layer, &pidfd);
    if (pid == 0)
        _exit(0);
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0 ? 0 : ERR_UNSUPPORTED;
}

static int try_landlock(uint32_t layer)
{
    (void)layer;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return ERR_IO;
    scoped_fd int rules = landlock_new(true);
    return rules < 0 ? rules : landlock_enter(rules);
}

static int try_filter(uint32_t layer)
{
    (void)layer;
    return seccomp_available() ? 0 : ERR_UNSUPPORTED;
}

static int try_limits(uint32_t layer)
{
    struct rlimit none = {0, 0};

    (void)layer;
    return setrlimit(RLIMIT_CORE, &none) == 0 ? 0 : ERR_IO;
}

static int try_privileges(uint32_t layer)
{
    (void)layer;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? 0 : ERR_IO;
}

static int (*const tries[SANDBOX_LAYERS])(uint32_t layer) = {
    [SANDBOX_BIT_USERNS] = try_namespace,   [SANDBOX_BIT_PIDNS] = try_process,   [SANDBOX_BIT_MOUNTNS] = try_mount,
    [SANDBOX_BIT_NETNS] = try_namespace,    [SANDBOX_BIT_IPCNS] = try_namespace, [SANDBOX_BIT_UTSNS] = try_namespace,
    [SANDBOX_BIT_LANDLOCK] = try_landlock,  [SANDBOX_BIT_SECCOMP] = try_filter,  [SANDBOX_BIT_RLIMITS] = try_limits,
    [SANDBOX_BIT_NO_NEW_PRIVS] = try_privileges,
};

int sandbox_probe(uint32_t *available_out, int *landlock_abi_out)
{
    uint32_t available = 0;

    for (unsigned i = 0; i < SANDBOX_LAYERS; i++) {
        int status, got;
        pid_t pid = fork();
        if (pid < 0)
            return ERR_IO;
        if (pid == 0)
            _exit(tries[i]((uint32_t)1 << i) == 0 ? 0 : 1);
        do
            got = (int)waitpid(pid, &status, 0);
        while (got < 0 && errno == EINTR);
        if (got != pid || !WIFEXITED(status))
            return ERR_IO;
        if (WEXITSTATUS(status) == 0)
            available |= (uint32_t)1 << i;
    }
    *available_out = available;
    *landlock_abi_out = landlock_abi();
    return 0;
}
