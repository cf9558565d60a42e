/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_SANDBOX_PARTS_H
#define SEKIMORI_SANDBOX_PARTS_H

/*
 * The single layers, for the programs of base/ that put them together (zygote,
 * services, probe). Everything returns 0 or ERR_*; ERR_IO with errno means
 * that the kernel refused this layer.
 */
#include <sys/types.h>

#include "sandbox.h"

/* What the profile wants in this build: a sanitizer's runtime cannot live under the system call filter. */
uint32_t sandbox_wanted(const struct sandbox_profile *profile);

/* ---- Namespaces (sandbox_ns.c) --------------------------------------------- */

/*
 * Leaves the given namespaces (USERNS, NETNS, IPCNS, UTSNS, MOUNTNS), one by
 * one; the own uid and gid stay the same numbers. Those that worked are in
 * *entered_out. PIDNS is not for this call. Always 0 or ERR_IO when the ids
 * could not be mapped (then nothing may go on).
 */
int ns_enter(uint32_t layers, uint32_t *entered_out) must_check;

/*
 * In an own mount namespace: swaps the root for a read-only tmpfs that holds
 * read-only, nodev, nosuid, noexec binds of the given paths (NULL-ended, may be NULL; those
 * that do not exist are left out) and an empty folder /tmp when asked. The old
 * root is gone afterwards.
 */
int ns_swap_root(const char *const *ro_paths, bool tmp_folder) must_check;

/* Mounts a private tmpfs of that size on /tmp, for the own uid. */
int ns_mount_tmp(uint64_t bytes, uint32_t files) must_check;

/*
 * Forks with the namespaces of the mask (PIDNS, MOUNTNS, IPCNS, UTSNS) made
 * new. Returns the pid (0 in the child) or ERR_IO. *pidfd_out is the parent's.
 * No fork handler of the C library runs: the caller must be single-threaded.
 */
pid_t ns_fork(uint32_t layers, int *pidfd_out) must_check;

/* A user namespace without any mapping or capability of use, for good. */
int ns_drop_user(void) must_check;

/* Gives up every capability, and the way to get them back. */
int ns_drop_caps(void) must_check;

/* ---- Landlock (sandbox_landlock.c) ------------------------------------------- */

/* The kernel's ABI version, 0 when there is none. */
int landlock_abi(void);

/*
 * A rule set that denies everything this kernel's Landlock knows: files, TCP
 * bind and connect (when `net`), abstract sockets and signals outside the domain. Returns
 * a descriptor.
 */
int landlock_new(bool net) must_check;

/* Allows access (enum sandbox_access bits) beneath an open folder. */
int landlock_allow(int rules, int dirfd, unsigned access) must_check;

/* Puts the process behind the rules; no_new_privs must be on. */
int landlock_enter(int rules) must_check;

/* ---- System call filter (lib_seccomp.c) ---------------------------------------- */

struct seccomp_program;

/* Compiles the profile's list. ERR_INVALID when a name is unknown to libseccomp, ERR_NOMEM, ERR_IO. */
int seccomp_program_new(const struct sandbox_profile *profile, struct seccomp_program **program_out) must_check;
void seccomp_program_free(struct seccomp_program **program);

/* Loads it into the calling process for good; no_new_privs must be on. Allocates nothing. */
int seccomp_program_load(const struct seccomp_program *program) must_check;

/* True when the kernel can kill a whole process by filter. */
bool seccomp_available(void);

#endif
