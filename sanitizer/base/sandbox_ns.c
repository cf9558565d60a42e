/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Namespaces, the empty root and capabilities. Runs in zygotes and services
 * before they meet hostile bytes, with or without root: everything is done
 * with the capabilities of an own user namespace.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "err.h"
#include "sandbox_parts.h"

static const char root_options[] = "mode=0755,size=256k,nr_inodes=512";

/* Order matters: the user namespace gives the capabilities for the rest. */
static const struct {
    uint32_t layer;
    int flag;
} namespaces[] = {
    {SANDBOX_USERNS, CLONE_NEWUSER}, {SANDBOX_MOUNTNS, CLONE_NEWNS},  {SANDBOX_NETNS, CLONE_NEWNET},
    {SANDBOX_IPCNS, CLONE_NEWIPC},   {SANDBOX_UTSNS, CLONE_NEWUTS},   {SANDBOX_PIDNS, CLONE_NEWPID},
};

static int write_text(const char *path, const char *text)
{
    scoped_fd int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return ERR_IO;
    return write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : ERR_IO;
}

/* Both ids stay what they were, and no other id exists inside. */
static int map_ids(uid_t uid, gid_t gid)
{
    char text[64];

    if (write_text("/proc/self/setgroups", "deny") < 0)
        return ERR_IO;
    (void)snprintf(text, sizeof text, "%u %u 1", (unsigned)uid, (unsigned)uid);
    if (write_text("/proc/self/uid_map", text) < 0)
        return ERR_IO;
    (void)snprintf(text, sizeof text, "%u %u 1", (unsigned)gid, (unsigned)gid);
    return write_text("/proc/self/gid_map", text);
}

int ns_enter(uint32_t layers, uint32_t *entered_out)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();
    uint32_t entered = 0;

    for (size_t i = 0; i < ARRAY_LEN(namespaces); i++) {
        if (!(layers & namespaces[i].layer) || namespaces[i].layer == SANDBOX_PIDNS ||
            unshare(namespaces[i].flag) < 0)
            continue;
        if (namespaces[i].layer == SANDBOX_USERNS && map_ids(uid, gid) < 0)
            return ERR_IO;
        entered |= namespaces[i].layer;
    }
    *entered_out = entered;
    return 0;
}

/* mkdir -p beneath the new root. */
static int make_folders(int root, const char *path)
{
    char part[256];

    for (size_t n = strspn(path, "/"); path[n]; n += strspn(path + n, "/")) {
        n += strcspn(path + n, "/");
        if (n >= sizeof part)
            return ERR_INVALID;
        memcpy(part, path, n);
        part[n] = '\0';
        if (mkdirat(root, part + strspn(part, "/"), 0755) < 0 && errno != EEXIST)
            return ERR_IO;
    }
    return 0;
}

/* Hangs a copy of one tree of the old root into the new one. A tree that is not there is left out. */
static int bind_tree(int root, const char *path)
{
    scoped_fd int tree = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);

    if (tree < 0)
        return errno == ENOENT ? 0 : ERR_IO;
    int err = make_folders(root, path);
    if (err < 0)
        return err;
    return move_mount(tree, "", root, path + strspn(path, "/"), MOVE_MOUNT_F_EMPTY_PATH) == 0 ? 0 : ERR_IO;
}

/* Makes the new root somewhere: any folder that surely exists is as good as another, it vanishes at once. */
static int open_new_root(void)
{
    static const char *const places[] = {"/tmp", "/run", "/proc"};

    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        if (mount("tmpfs", places[i], "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, root_options) < 0)
            continue;
        int fd = open(places[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
        return fd >= 0 ? fd : ERR_IO;
    }
    return ERR_IO;
}

int ns_swap_root(const char *const *ro_paths, bool tmp_folder)
{
    struct mount_attr closed = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC};

    if (mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL) < 0)
        return ERR_IO;
    scoped_fd int root = open_new_root();
    if (root < 0)
        return ERR_IO;
    for (size_t i = 0; ro_paths && ro_paths[i]; i++) {
        int err = bind_tree(root, ro_paths[i]);
        if (err < 0)
            return err;
    }
    if (tmp_folder && mkdirat(root, "tmp", 0755) < 0 && errno != EEXIST)
        return ERR_IO;
    if (mount_setattr(root, "", AT_EMPTY_PATH | AT_RECURSIVE, &closed, sizeof closed) < 0 || fchdir(root) < 0 ||
        syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
        return ERR_IO;
    return 0;
}

int ns_mount_tmp(uint64_t bytes, uint32_t files)
{
    char options[96];

    (void)snprintf(options, sizeof options, "mode=0700,size=%llu,nr_inodes=%u", (unsigned long long)bytes, files);
    return mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, options) == 0 ? 0 : ERR_IO;
}

pid_t ns_fork(uint32_t layers, int *pidfd_out)
{
    int pidfd = -1;
    struct clone_args args = {
        .flags = CLONE_PIDFD,
        .pidfd = (uint64_t)(uintptr_t)&pidfd,
        .exit_signal = SIGCHLD,
    };

    for (size_t i = 0; i < ARRAY_LEN(namespaces); i++)
        if (layers & namespaces[i].layer)
            args.flags |= (uint64_t)namespaces[i].flag;
    long pid = syscall(SYS_clone3, &args, sizeof args);
    if (pid < 0)
        return ERR_IO;
    if (pid > 0)
        *pidfd_out = pidfd;
    return (pid_t)pid;
}

int ns_drop_user(void)
{
    return unshare(CLONE_NEWUSER) == 0 ? 0 : ERR_IO;
}

int ns_drop_caps(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};

    /* Ambient and bounding sets need no touch: no_new_privs is on and nothing is executed any more. */
    return syscall(SYS_capset, &head, none) == 0 ? 0 : ERR_IO;
}
