/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starts programs with exactly what they were meant to have. Runs in the
 * supervisor and the command line; trusts its caller's lists.
 */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "err.h"

#define TARGETS_END 32 /* target descriptors are below this, everything in transit above */

static bool fds_are_valid(const struct spawn *spawn)
{
    if (spawn->fd_count > SPAWN_FDS_MAX)
        return false;
    for (size_t i = 0; i < spawn->fd_count; i++) {
        if (spawn->fds[i].from < 0 || spawn->fds[i].to < 0 || spawn->fds[i].to >= TARGETS_END)
            return false;
        for (size_t j = 0; j < i; j++)
            if (spawn->fds[j].to == spawn->fds[i].to)
                return false;
    }
    return true;
}

static bool is_target(const struct spawn *spawn, int fd)
{
    for (size_t i = 0; i < spawn->fd_count; i++)
        if (spawn->fds[i].to == fd)
            return true;
    return false;
}

/* First out of the way, so that no target overwrites a source; then everything else closes on exec. */
static int place_fds(const struct spawn *spawn)
{
    int moved[SPAWN_FDS_MAX];
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (null_fd < 0)
        return ERR_IO;
    for (size_t i = 0; i < spawn->fd_count; i++) {
        moved[i] = fcntl(spawn->fds[i].from, F_DUPFD_CLOEXEC, TARGETS_END);
        if (moved[i] < 0)
            return ERR_IO;
    }
    for (int fd = 0; fd <= 1; fd++)
        if (!is_target(spawn, fd) && null_fd != fd && dup2(null_fd, fd) < 0)
            return ERR_IO;
    if (close_range(3, ~0u, CLOSE_RANGE_CLOEXEC) < 0)
        return ERR_IO;
    for (size_t i = 0; i < spawn->fd_count; i++)
        if (dup2(moved[i], spawn->fds[i].to) < 0)
            return ERR_IO;
    return 0;
}

static void reset_signals(void)
{
    sigset_t none;

    for (int signo = 1; signo < _NSIG; signo++)
        (void)signal(signo, SIG_DFL); /* refused for SIGKILL, SIGSTOP and the C library's own: those have no setting */
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static int drop_ids(const struct spawn *spawn)
{
    if (setgroups(0, NULL) < 0 || setresgid(spawn->gid, spawn->gid, spawn->gid) < 0 ||
        setresuid(spawn->uid, spawn->uid, spawn->uid) < 0)
        return ERR_PERM;
    return 0;
}

/* In the child. Returns only on failure, with errno. */
static void become(const struct spawn *spawn, pid_t parent)
{
    static const char *const plain[] = {"LC_ALL=C.UTF-8", NULL};
    struct rlimit none = {0, 0};
    const char *const *env = spawn->env ? spawn->env : plain;

    reset_signals();
    (void)umask(077);
    if (place_fds(spawn) < 0 || chdir("/") < 0 || setrlimit(RLIMIT_CORE, &none) < 0)
        return;
    if (spawn->drop && drop_ids(spawn) < 0)
        return;
    /* After the ids: a change of them clears this setting. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
        return;
    if (getppid() != parent)
        _exit(127);
    union {
        const char *const *in;
        char *const *out; /* execve takes it so, and changes nothing */
    } argv = {spawn->argv}, envp = {env};
    (void)execve(spawn->path, argv.out, envp.out);
}

static int exec_error(int number)
{
    errno = number;
    if (number == ENOENT || number == ENOTDIR)
        return ERR_NOTFOUND;
    return number == EACCES || number == EPERM ? ERR_PERM : ERR_IO;
}

/* Waits until the pipe closes by the exec (0) or brings the child's errno. */
static int await_exec(int pipe_fd, pid_t pid)
{
    int number = 0;
    ssize_t got;

    do
        got = read(pipe_fd, &number, sizeof number);
    while (got < 0 && errno == EINTR);
    if (got == 0)
        return 0;
    (void)kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return got == (ssize_t)sizeof number ? exec_error(number) : ERR_IO;
}

int spawn_program(const struct spawn *spawn, struct spawned *out)
{
    int ends[2];
    pid_t parent = getpid();

    if (!fds_are_valid(spawn))
        return ERR_INVALID;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return ERR_IO;
    scoped_fd int tell = ends[1], hear = ends[0];
    pid_t pid = fork();
    if (pid < 0)
        return ERR_IO;
    if (pid == 0) {
        /* Above the targets, or a target would overwrite it. */
        int told = fcntl(tell, F_DUPFD_CLOEXEC, TARGETS_END);
        if (told >= 0) {
            (void)close(tell);
            become(spawn, parent);
        }
        int number = errno;
        (void)!write(told >= 0 ? told : tell, &number, sizeof number);
        _exit(127);
    }
    scope_close(&tell);
    scoped_fd int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (pidfd < 0) {
        (void)kill(pid, SIGKILL);
        (void)waitpid(pid, NULL, 0);
        return ERR_IO;
    }
    int err = await_exec(hear, pid);
    if (err < 0)
        return err;
    *out = (struct spawned){pid, steal_fd(&pidfd)};
    return 0;
}

int spawn_kill(const struct spawned *spawned, int signo)
{
    return syscall(SYS_pidfd_send_signal, spawned->pidfd, signo, NULL, 0) == 0 ? 0 : ERR_IO;
}
