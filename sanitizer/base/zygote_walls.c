/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Raises the walls: first around the zygote, then, in each child, the rest of
 * them. Up to `run` no hostile byte has been read, so a failure here is the
 * machine's and ends the process; nothing is retried with less.
 */
#include "zygote_walls.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "err.h"
#include "log.h"
#include "msg.h"
#include "proto.h"

#define CHILD_CHANNEL_FD 3
#define STACK_BYTES (8u << 20)
#define SPACES (SANDBOX_USERNS | SANDBOX_NETNS | SANDBOX_IPCNS | SANDBOX_UTSNS | SANDBOX_MOUNTNS)

/* A new process namespace can be had only by forking into it. */
static bool can_fork_into(uint32_t layer)
{
    int pidfd = -1, status;
    pid_t pid = ns_fork(layer, &pidfd);

    if (pid == 0)
        _exit(0);
    if (pid < 0)
        return false;
    (void)close(pidfd);
    return waitpid(pid, &status, 0) == pid && status == 0;
}

static void log_missing_paths(const struct zygote_ops *ops)
{
    for (size_t i = 0; ops->profile->ro_paths && ops->profile->ro_paths[i]; i++)
        if (access(ops->profile->ro_paths[i], R_OK | X_OK) < 0)
            log_debug("%s is not there", ops->profile->ro_paths[i]);
}

static int allow_paths(int rules, const char *const *paths)
{
    for (size_t i = 0; paths && paths[i]; i++) {
        scoped_fd int dir = open(paths[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (dir < 0 && errno == ENOENT)
            continue;
        int err = dir < 0 ? ERR_IO : landlock_allow(rules, dir, SANDBOX_ACCESS_READ);
        if (err < 0)
            return err;
    }
    return 0;
}

/* Everything denied but the profile's read-only paths and, once it is mounted, the child's own /tmp. */
static int make_rules(const struct sandbox_profile *profile)
{
    static const char tmp[] = "/tmp";
    scoped_fd int rules = landlock_new(true);

    if (rules < 0)
        return rules;
    int err = allow_paths(rules, profile->ro_paths);
    if (err == 0 && profile->tmpfs_bytes > 0) {
        scoped_fd int dir = open(tmp, O_PATH | O_DIRECTORY | O_CLOEXEC);
        err = dir < 0 ? ERR_IO : landlock_allow(rules, dir, SANDBOX_ACCESS_READ | SANDBOX_ACCESS_WRITE);
    }
    return err < 0 ? err : steal_fd(&rules);
}

/* True when each child needs a rule set and a mount namespace of its own. */
static bool has_own_tmp(const struct sandbox_profile *profile)
{
    return profile->tmpfs_bytes > 0;
}

static int raise_filter(struct walls *walls, uint32_t wanted)
{
    if (!(wanted & SANDBOX_SECCOMP) || !seccomp_available())
        return 0;
    int err = seccomp_program_new(walls->ops->profile, &walls->filter);
    if (err == 0)
        walls->active |= SANDBOX_SECCOMP;
    return err;
}

static int raise_landlock(struct walls *walls, uint32_t wanted)
{
    walls->abi = landlock_abi();
    if (!(wanted & SANDBOX_LANDLOCK) || walls->abi == 0)
        return 0;
    walls->active |= SANDBOX_LANDLOCK;
    if (has_own_tmp(walls->ops->profile)) /* each child's /tmp is another one */
        return 0;
    walls->rules = make_rules(walls->ops->profile);
    return walls->rules < 0 ? walls->rules : 0;
}

/* 0 without /proc: limits are then tighter, never wider. */
static uint64_t address_space(void)
{
    unsigned long long pages = 0;
    FILE *in = fopen("/proc/self/statm", "re");

    if (!in)
        return 0;
    if (fscanf(in, "%llu", &pages) != 1)
        pages = 0;
    (void)fclose(in);
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

int walls_raise(struct walls *walls, const struct zygote_ops *ops, uint32_t *missing_out)
{
    uint32_t wanted = sandbox_wanted(ops->profile), entered = 0;

    *walls = (struct walls){.ops = ops, .rules = -1, .base_bytes = address_space()};
    log_missing_paths(ops);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return ERR_IO;
    walls->active = (SANDBOX_NO_NEW_PRIVS | SANDBOX_RLIMITS) & wanted;
    int err = raise_filter(walls, wanted);
    if (err < 0)
        return err;
    if (ns_enter(wanted & SPACES, &entered) < 0)
        return ERR_IO;
    if (entered & SANDBOX_MOUNTNS && ns_swap_root(ops->profile->ro_paths, has_own_tmp(ops->profile)) < 0)
        return ERR_IO;
    walls->active |= entered;
    if (wanted & SANDBOX_PIDNS && can_fork_into(SANDBOX_PIDNS))
        walls->active |= SANDBOX_PIDNS;
    err = raise_landlock(walls, wanted);
    if (err < 0)
        return err;
    /* A key ring of our own: the session's may hold the administrator's keys. Kernels without rings have none to lose. */
    (void)syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
    /* No core file, and no other process of this user may trace us or read our memory. */
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
        return ERR_IO;
    *missing_out = wanted & ~walls->active;
    return 0;
}

/*
 * Each child has processes, IPC objects and a host name of its own. The root
 * it shares with the zygote's other children, without a capability over it: a
 * read-only tree is no place to meet, and a mount namespace costs more than
 * the others together. A private /tmp needs one.
 */
uint32_t walls_fork_layers(const struct walls *walls)
{
    uint32_t layers = SANDBOX_PIDNS | SANDBOX_IPCNS | SANDBOX_UTSNS;

    if (has_own_tmp(walls->ops->profile))
        layers |= SANDBOX_MOUNTNS;
    return walls->active & layers;
}

/* ---- The child ------------------------------------------------------------------ */

static _Noreturn void child_fail(const char *what)
{
    log_error("sandbox: %s: %s", what, strerror(errno));
    _exit(TASK_EXIT_SETUP);
}

#define must(call)            \
    do {                      \
        if ((call) < 0)       \
            child_fail(#call); \
    } while (0)

static int child_landlock(const struct walls *walls)
{
    if (walls->rules >= 0)
        return landlock_enter(walls->rules);
    scoped_fd int rules = make_rules(walls->ops->profile);
    return rules < 0 ? rules : landlock_enter(rules);
}

/*
 * All layers that need no order. The mount namespace and /tmp belong to the
 * zygote's user namespace, and the child then leaves that one: whatever it
 * becomes, it has no capability over its own root, processes or network.
 */
static void child_close_in(const struct walls *walls, int channel)
{
    const struct sandbox_profile *profile = walls->ops->profile;
    sigset_t none;

    must(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0));
    must(setsid()); /* kill(0, ...) reaches the caller's process group, in whatever process namespace its members are */
    sigemptyset(&none);
    must(sigprocmask(SIG_SETMASK, &none, NULL));
    if (has_own_tmp(profile) && walls->active & SANDBOX_MOUNTNS)
        must(ns_mount_tmp(profile->tmpfs_bytes, profile->tmpfs_files));
    if (walls->active & SANDBOX_USERNS)
        must(ns_drop_user());
    must(ns_drop_caps());
    if (walls->active & SANDBOX_LANDLOCK)
        must(child_landlock(walls));
    if (channel >= 0 && channel != CHILD_CHANNEL_FD)
        must(dup3(channel, CHILD_CHANNEL_FD, O_CLOEXEC));
    must(close_range(channel >= 0 ? CHILD_CHANNEL_FD + 1 : CHILD_CHANNEL_FD, ~0u, 0));
}

static void limit(__rlimit_resource_t which, uint64_t value)
{
    struct rlimit both = {value, value};

    must(setrlimit(which, &both));
}

/* What the kernel counts; soft equals hard, so that nothing can be raised again. */
static void child_limits(const struct walls *walls, const struct task_order *order)
{
    if (!(walls->active & SANDBOX_RLIMITS))
        return;
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_CPU, order->cpu_seconds);
    limit(RLIMIT_FSIZE, order->file_bytes);
    limit(RLIMIT_NOFILE, walls->ops->profile->descriptors);
    limit(RLIMIT_NPROC, 0);
    limit(RLIMIT_MEMLOCK, 0);
    limit(RLIMIT_MSGQUEUE, 0);
    limit(RLIMIT_STACK, STACK_BYTES);
#ifndef SEKIMORI_SANITIZED
    uint64_t room = UINT64_MAX - walls->base_bytes;
    limit(RLIMIT_AS, walls->base_bytes + (order->memory_bytes < room ? order->memory_bytes : room));
#endif
}

/*
 * The filter: after it the child may still take its order and lower its
 * limits. It is loaded before the order comes, where that is no waiting time;
 * only engines with helper processes must fork first.
 */
static void child_filter(const struct walls *walls)
{
#ifndef SEKIMORI_SANITIZED
    /* A task taken over must not be able to write lines into the service's log. */
    must(dup2(STDIN_FILENO, STDERR_FILENO));
#endif
    if (walls->active & SANDBOX_SECCOMP)
        must(seccomp_program_load(walls->filter));
}

/* Waits for the order. The zygote's end closing means that it will never come. */
static void child_order(struct task_order *order_out, struct task_fds *fds_out)
{
    static struct msg m; /* 64 KB, of which only the used pages ever exist */
    int err = msg_recv(CHILD_CHANNEL_FD, &m);

    if (err == ERR_CLOSED)
        _exit(TASK_EXIT_OK);
    struct view v = msg_view(&m);
    size_t n = 0;
    const uint8_t *bytes = err == 0 ? view_blob(&v, &n) : NULL;
    struct view blob = view_of(bytes, n);
    if (err < 0 || m.type != MSG_ZYGOTE_START || view_end(&v) < 0 || m.fd_count < 3 || task_get(&blob, order_out) < 0)
        _exit(TASK_EXIT_PEER);
    fds_out->input = msg_take_fd(&m, 0);
    fds_out->output = msg_take_fd(&m, 1);
    fds_out->report = msg_take_fd(&m, 2);
    fds_out->extra = msg_take_fd(&m, 3);
    (void)close(CHILD_CHANNEL_FD);
}

_Noreturn void walls_child(const struct walls *walls, int channel)
{
    const struct zygote_ops *ops = walls->ops;
    struct task_order order = {.cpu_seconds = 60, .memory_bytes = (uint64_t)4 << 30}; /* a trial's limits */
    struct task_fds fds = {-1, -1, -1, -1};

    child_close_in(walls, channel);
    if (ops->prepare && ops->prepare() < 0) {
        log_error("the self-test of a child failed");
        _exit(TASK_EXIT_SETUP);
    }
    if (!ops->open)
        child_filter(walls);
    if (channel >= 0) {
        child_order(&order, &fds);
        if (ops->open && ops->open(&order, &fds) < 0)
            child_fail("helpers");
    }
    if (ops->open)
        child_filter(walls);
    child_limits(walls, &order);
    _exit(channel >= 0 ? ops->run(&order, &fds) : TASK_EXIT_OK);
}
