/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a started program finds: its descriptors, environment, signals and ids, told by a shell. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/spawn.h"

static char said[8192];

/* Runs a shell command with `fds` besides a pipe at 5; its words are in `said`. Returns the wait status. */
static int run(const char *command, const struct spawn *base)
{
    const char *argv[] = {"sh", "-c", command, NULL};
    struct spawn_fd fds[SPAWN_FDS_MAX];
    struct spawn spawn = base ? *base : (struct spawn){0};
    struct spawned child;
    int ends[2], status;
    size_t used = 0;
    ssize_t n;

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    for (size_t i = 0; i < spawn.fd_count; i++)
        fds[i] = spawn.fds[i];
    fds[spawn.fd_count++] = (struct spawn_fd){ends[1], 5};
    spawn.fds = fds;
    spawn.path = "/bin/sh";
    spawn.argv = argv;
    assert_int_equal(spawn_program(&spawn, &child), 0);
    (void)close(ends[1]);
    while (used < sizeof said - 1 && (n = read(ends[0], said + used, sizeof said - 1 - used)) > 0)
        used += (size_t)n;
    said[used] = '\0';
    (void)close(ends[0]);
    assert_int_equal(waitpid(child.pid, &status, 0), child.pid);
    (void)close(child.pidfd);
    return status;
}

static void test_descriptors(void **state)
{
    /* crossed on purpose: each is the other's source */
    scoped_fd int a = open("/dev/zero", O_RDONLY), b = open("/dev/full", O_RDONLY);
    scoped_fd int hidden = open("/etc/passwd", O_RDONLY); /* not close-on-exec: a careless caller's */
    struct spawn_fd fds[] = {{a, b}, {b, a}};
    struct spawn spawn = {.fds = fds, .fd_count = 2};
    char expect[64];

    (void)state;
    assert_true(a >= 0 && b >= 0 && hidden >= 0 && a != 5 && b != 5);
    assert_int_equal(run("for f in /proc/$$/fd/*; do w=$(readlink $f); echo \"${f##*/}=$w\" >&5; done", &spawn), 0);
    (void)snprintf(expect, sizeof expect, "\n%d=/dev/zero\n", b);
    assert_non_null(strstr(said, expect));
    (void)snprintf(expect, sizeof expect, "\n%d=/dev/full\n", a);
    assert_non_null(strstr(said, expect));
    assert_non_null(strstr(said, "0=/dev/null\n1=/dev/null\n"));
    assert_non_null(strstr(said, "\n2="));
    assert_null(strstr(said, "passwd"));
}

static void test_surroundings(void **state)
{
    static const char *const env[] = {"ONLY=this", NULL};
    struct spawn spawn = {.env = env};
    sigset_t blocked;

    (void)state;
    assert_int_equal(setenv("SECRET", "1", 1), 0);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGCHLD);
    sigaddset(&blocked, SIGTERM);
    assert_int_equal(sigprocmask(SIG_BLOCK, &blocked, NULL), 0);
    assert_true(signal(SIGINT, SIG_IGN) != SIG_ERR);
    assert_int_equal(run("umask >&5; pwd >&5; tr '\\000' '\\n' </proc/self/environ >&5; cat /proc/self/status >&5", &spawn), 0);
    assert_int_equal(sigprocmask(SIG_UNBLOCK, &blocked, NULL), 0);
    assert_non_null(strstr(said, "0077\n/\n"));
    assert_non_null(strstr(said, "ONLY=this"));
    assert_null(strstr(said, "SECRET"));
    assert_non_null(strstr(said, "SigBlk:\t0000000000000000"));
    assert_non_null(strstr(said, "SigIgn:\t0000000000000000"));
}

static void test_failures(void **state)
{
    const char *argv[] = {"x", NULL};
    struct spawn_fd twice[] = {{0, 3}, {1, 3}}, far[] = {{0, 99}};
    struct spawn spawn = {.path = "/no/such/program", .argv = argv};
    struct spawned child = {.pid = 77};

    (void)state;
    assert_int_equal(spawn_program(&spawn, &child), ERR_NOTFOUND);
    spawn.path = "/etc/passwd";
    assert_int_equal(spawn_program(&spawn, &child), ERR_PERM);
    spawn.path = "/bin/true";
    spawn.fds = twice;
    spawn.fd_count = 2;
    assert_int_equal(spawn_program(&spawn, &child), ERR_INVALID);
    spawn.fds = far;
    spawn.fd_count = 1;
    assert_int_equal(spawn_program(&spawn, &child), ERR_INVALID);
    assert_int_equal(child.pid, 77);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no zombie is left */
    assert_int_equal(errno, ECHILD);
}

static void test_ids(void **state)
{
    struct spawn spawn = {.drop = true, .uid = 65534, .gid = 65534};

    (void)state;
    if (geteuid() != 0) {
        const char *argv[] = {"true", NULL};
        struct spawned child;
        spawn.path = "/bin/true";
        spawn.argv = argv;
        spawn.uid = 0;
        assert_int_equal(spawn_program(&spawn, &child), ERR_PERM);
        return;
    }
    assert_int_equal(run("grep -E '^(Uid|Gid|Groups|CapEff)' /proc/self/status >&5", &spawn), 0);
    assert_non_null(strstr(said, "Uid:\t65534\t65534\t65534\t65534\nGid:\t65534\t65534\t65534\t65534\nGroups:\t\n") ?
                        said : strstr(said, "Groups:\t \n"));
    assert_non_null(strstr(said, "CapEff:\t0000000000000000"));
}

static void test_kill(void **state)
{
    const char *argv[] = {"sleep", "60", NULL};
    struct spawn spawn = {.path = "/bin/sleep", .argv = argv};
    struct spawned child;
    int status;

    (void)state;
    assert_int_equal(spawn_program(&spawn, &child), 0);
    assert_int_equal(spawn_kill(&child, SIGTERM), 0);
    assert_int_equal(waitpid(child.pid, &status, 0), child.pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    assert_int_equal(spawn_kill(&child, SIGTERM), ERR_IO);
    (void)close(child.pidfd);
}

/* The program goes with the process that started it, however that one ends. */
static void test_dies_with_parent(void **state)
{
    const char *argv[] = {"sleep", "60", NULL};
    int ends[2], status;
    char byte;

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t middle = fork();
    assert_true(middle >= 0);
    if (middle == 0) {
        struct spawn_fd fds[] = {{ends[1], 4}};
        struct spawn spawn = {.path = "/bin/sleep", .argv = argv, .fds = fds, .fd_count = 1};
        struct spawned child;
        _exit(spawn_program(&spawn, &child) == 0 ? 0 : 1);
    }
    (void)close(ends[1]);
    assert_int_equal(waitpid(middle, &status, 0), middle);
    assert_int_equal(status, 0);
    assert_int_equal(read(ends[0], &byte, 1), 0); /* the last holder of the other end is gone */
    (void)close(ends[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_descriptors), cmocka_unit_test(test_surroundings),
        cmocka_unit_test(test_failures),    cmocka_unit_test(test_ids),
        cmocka_unit_test(test_kill),        cmocka_unit_test(test_dies_with_parent),
    };

    return cmocka_run_group_tests_name("spawn", tests, NULL, NULL);
}
