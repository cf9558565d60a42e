/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each kind of program may still do: the one place. A call is on a list
 * because the named library was seen to need it after its warm-up; anything
 * else kills the process, and the item is held with reason "sandbox". Mapping
 * memory as executable is never allowed (lib_seccomp.c).
 */
#include <errno.h>

#include "sandbox.h"

#define CALLS(id, text, error, ...)                             \
    static const char *const id##_names[] = {__VA_ARGS__, NULL}; \
    static const struct sandbox_calls id = {text, error, id##_names}

CALLS(calls_core, "memory, time and the end", 0, "brk", "clock_gettime", "clock_getres", "exit", "exit_group", "futex",
      "getpid", "getrandom", "gettid", "gettimeofday", "madvise", "mmap", "mprotect", "mremap", "munmap",
      "prlimit64", "restart_syscall", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sched_getaffinity", "sched_yield", "sysinfo",
      "time");

CALLS(calls_io, "descriptors it was given", 0, "close", "fstat", "lseek", "newfstatat", "pread64", "pwrite64", "read",
      "readv", "write", "writev");

CALLS(calls_frames, "frames to and from the core", 0, "poll", "ppoll", "recvmsg", "sendmsg");

/* abort() signals itself; without an answer it stops on an illegal instruction, which is a crash all the same. */
CALLS(calls_quiet, "harmless probing by libraries", ENOTTY, "ioctl");
CALLS(calls_no_signals, "signals", EPERM, "tgkill");

CALLS(calls_tree, "reading files of its own root", 0, "access", "dup", "faccessat", "faccessat2", "fcntl", "fstatfs",
      "getdents64", "getcwd", "openat", "readlink", "readlinkat", "stat", "lstat", "statfs", "statx");

CALLS(calls_ids, "own ids", 0, "getegid", "geteuid", "getgid", "getuid", "uname", "umask");

CALLS(calls_scratch, "files of its own /tmp", 0, "chdir", "chmod", "fchmod", "fdatasync", "fsync", "ftruncate", "mkdir",
      "mkdirat", "open", "rename", "renameat", "renameat2", "rmdir", "unlink", "unlinkat");

CALLS(calls_loop, "waiting for several things", 0, "clock_nanosleep", "epoll_create1", "epoll_ctl", "epoll_pwait",
      "epoll_wait", "eventfd2", "nanosleep", "signalfd4", "timerfd_create", "timerfd_settime");

CALLS(calls_files, "files beneath its folders", 0, "copy_file_range", "fallocate", "fchmod", "fchmodat", "fdatasync",
      "flock", "fsync", "ftruncate", "linkat", "mkdir", "mkdirat", "open", "openat2", "rename", "renameat", "renameat2",
      "rmdir", "sendfile", "sync_file_range", "unlink", "unlinkat", "utimensat");

CALLS(calls_sealed, "sealed memory files and locked keys", 0, "memfd_create", "mlock", "munlock", "msync");

CALLS(calls_watch, "watching folders", 0, "inotify_add_watch", "inotify_init1", "inotify_rm_watch");

#define GROUPS(id, ...) static const struct sandbox_calls *const id[] = {&calls_core, &calls_io, __VA_ARGS__, NULL}

GROUPS(strict, &calls_frames, &calls_quiet, &calls_no_signals);
GROUPS(reader, &calls_frames, &calls_tree, &calls_ids, &calls_quiet, &calls_no_signals);
GROUPS(scanner, &calls_frames, &calls_tree, &calls_ids, &calls_scratch, &calls_quiet, &calls_no_signals);
GROUPS(keeper, &calls_frames, &calls_tree, &calls_ids, &calls_loop, &calls_files, &calls_sealed, &calls_quiet,
       &calls_no_signals);
GROUPS(releaser, &calls_frames, &calls_tree, &calls_ids, &calls_loop, &calls_files, &calls_watch, &calls_quiet,
       &calls_no_signals);
GROUPS(intake, &calls_frames, &calls_tree, &calls_ids, &calls_loop, &calls_files, &calls_watch, &calls_quiet,
       &calls_no_signals);

/* Without these, pages of Chinese, Japanese or Korean text come out blank; alternatives hold the default font links. */
static const char *const font_tree[] = {"/usr/share/fonts",      "/usr/local/share/fonts", "/usr/share/poppler",
                                        "/etc/fonts",            "/usr/share/fontconfig",  "/var/cache/fontconfig",
                                        "/etc/alternatives",     NULL};

#define TASK(id, list) [SANDBOX_PROFILE_##id] = {.name = #id, .layers = SANDBOX_ALL, .calls = list, .descriptors = 64}
#define SERVICE(id, list)                                                                                   \
    [SANDBOX_PROFILE_##id] = {                                                                              \
        .name = #id,                                                                                        \
        .layers = SANDBOX_USERNS | SANDBOX_NETNS | SANDBOX_IPCNS | SANDBOX_UTSNS | SANDBOX_LANDLOCK |       \
                  SANDBOX_SECCOMP | SANDBOX_RLIMITS | SANDBOX_NO_NEW_PRIVS,                                 \
        .calls = list}

const struct sandbox_profile sandbox_profiles[SANDBOX_PROFILES] = {
    TASK(detect, strict),
    TASK(text, strict),
    TASK(image, strict),
    TASK(package, strict),
    TASK(checker, strict),
    TASK(probe, strict),
    [SANDBOX_PROFILE_pdf] = {.name = "pdf",
                             .layers = SANDBOX_ALL,
                             .calls = reader,
                             .ro_paths = font_tree,
                             .descriptors = 128},
    [SANDBOX_PROFILE_scanner] = {.name = "scanner",
                                 .layers = SANDBOX_ALL,
                                 .calls = scanner,
                                 .tmpfs_bytes = (uint64_t)1 << 30,
                                 .tmpfs_files = 16384,
                                 .descriptors = 256},
    SERVICE(keeper, keeper),
    SERVICE(releaser, releaser),
    SERVICE(intake, intake),
    /* Starts the others, so it can have neither a filter nor Landlock: both would bind its children's set-up. */
    [SANDBOX_PROFILE_supervisor] = {.name = "supervisor",
                                    .layers = SANDBOX_NETNS | SANDBOX_IPCNS | SANDBOX_UTSNS | SANDBOX_RLIMITS |
                                              SANDBOX_NO_NEW_PRIVS},
};
