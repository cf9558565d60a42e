/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Landlock rule sets. Runs in zygotes, their children and services before they
 * meet hostile bytes. The constants are our own: the build host's headers may
 * stop at ABI 2 while the kernel knows more, so each right carries the ABI
 * that brought it and the set is cut to what this kernel says it knows
 * (kernel documentation, userspace-api/landlock.rst).
 */
#include <errno.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <sys/syscall.h>

#include "err.h"
#include "sandbox_parts.h"

enum {
    FS_EXECUTE = 1 << 0,
    FS_WRITE_FILE = 1 << 1,
    FS_READ_FILE = 1 << 2,
    FS_READ_DIR = 1 << 3,
    FS_REMOVE_DIR = 1 << 4,
    FS_REMOVE_FILE = 1 << 5,
    FS_MAKE_DIR = 1 << 7,
    FS_MAKE_REG = 1 << 8,
    FS_MAKE_SOCK = 1 << 9,
    FS_REFER = 1 << 13,    /* ABI 2 */
    FS_TRUNCATE = 1 << 14, /* ABI 3 */

    FS_READ = FS_READ_FILE | FS_READ_DIR,
    FS_WRITE = FS_WRITE_FILE | FS_REMOVE_DIR | FS_REMOVE_FILE | FS_MAKE_DIR | FS_MAKE_REG | FS_MAKE_SOCK | FS_REFER |
               FS_TRUNCATE,
};

/* struct landlock_ruleset_attr as of ABI 6; older kernels take a shorter one. */
struct ruleset_attr {
    uint64_t fs, net, scoped;
};

/* All rights by the ABI that brought them: fs bits 0-12; REFER; TRUNCATE; bind and connect TCP; device ioctl; scopes. */
static const struct {
    int abi;
    uint64_t fs, net, scoped;
    size_t size;
} steps[] = {
    {1, (1u << 13) - 1, 0, 0, offsetof(struct ruleset_attr, net)},
    {2, 1u << 13, 0, 0, offsetof(struct ruleset_attr, net)},
    {3, 1u << 14, 0, 0, offsetof(struct ruleset_attr, net)},
    {4, 0, 3, 0, offsetof(struct ruleset_attr, scoped)},
    {5, 1u << 15, 0, 0, offsetof(struct ruleset_attr, scoped)},
    {6, 0, 0, 3, sizeof(struct ruleset_attr)}, /* ABI 7 adds logging flags only */
};

int landlock_abi(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

    return abi > 0 ? (int)abi : 0;
}

/* What this kernel knows of the table above; the size of its attribute, 0 without Landlock. */
static size_t known_rights(struct ruleset_attr *attr_out)
{
    int abi = landlock_abi();
    size_t size = 0;

    *attr_out = (struct ruleset_attr){0};
    for (size_t i = 0; i < ARRAY_LEN(steps) && steps[i].abi <= abi; i++) {
        attr_out->fs |= steps[i].fs;
        attr_out->net |= steps[i].net;
        attr_out->scoped |= steps[i].scoped;
        size = steps[i].size;
    }
    return size;
}

int landlock_new(bool net)
{
    struct ruleset_attr attr;
    size_t size = known_rights(&attr);

    if (size == 0) {
        errno = ENOSYS;
        return ERR_IO;
    }
    if (!net)
        attr.net = 0;
    long fd = syscall(SYS_landlock_create_ruleset, &attr, size, 0);
    return fd >= 0 ? (int)fd : ERR_IO;
}

int landlock_allow(int rules, int dirfd, unsigned access)
{
    struct ruleset_attr known;
    struct landlock_path_beneath_attr beneath = {.parent_fd = dirfd};

    (void)known_rights(&known);
    if (access & SANDBOX_ACCESS_READ)
        beneath.allowed_access |= FS_READ;
    if (access & SANDBOX_ACCESS_WRITE)
        beneath.allowed_access |= FS_WRITE;
    beneath.allowed_access &= known.fs;
    if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) == 0)
        return 0;
    return ERR_IO;
}

int landlock_enter(int rules)
{
    return syscall(SYS_landlock_restrict_self, rules, 0) == 0 ? 0 : ERR_IO;
}
