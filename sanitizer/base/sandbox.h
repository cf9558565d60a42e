/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_SANDBOX_H
#define SEKIMORI_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "scope.h"

/*
 * The walls around every program that sees hostile bytes. A profile is one row
 * of a table that names everything a program may still do; the documentation
 * and `sekimori doctor` print that same table. A layer that the kernel does
 * not have makes the program refuse to start unless the administrator waived
 * it by name: it is never dropped in silence.
 */

/* id, name, what it does */
#define SANDBOX_LAYER_LIST(X)                                                                               \
    X(USERNS, "user-namespace", "own user namespace: no capability over anything outside")                  \
    X(PIDNS, "pid-namespace", "own process namespace: no other process can be named")                       \
    X(MOUNTNS, "mount-namespace", "own root: an empty or read-only tree instead of the machine's files")    \
    X(NETNS, "net-namespace", "own network namespace: no interface is up, loopback included")               \
    X(IPCNS, "ipc-namespace", "own System V and message queue namespace")                                   \
    X(UTSNS, "uts-namespace", "own host name")                                                              \
    X(LANDLOCK, "landlock", "Landlock: files, TCP, abstract sockets and signals outside the own domain")    \
    X(SECCOMP, "seccomp", "system call allow-list, everything else kills the process")                      \
    X(RLIMITS, "rlimits", "CPU time, address space, file size, descriptors, processes, no core file")       \
    X(NO_NEW_PRIVS, "no-new-privs", "no set-user-id program can raise privileges")

enum sandbox_layer_bit {
#define X(id, name, text) SANDBOX_BIT_##id,
    SANDBOX_LAYER_LIST(X)
#undef X
    SANDBOX_LAYERS
};

/* The same as a mask, for masks of active, missing and waived layers. */
enum sandbox_layer {
#define X(id, name, text) SANDBOX_##id = 1 << SANDBOX_BIT_##id,
    SANDBOX_LAYER_LIST(X)
#undef X
    SANDBOX_ALL = (1 << SANDBOX_LAYERS) - 1
};

/* One row per kind of program. */
#define SANDBOX_PROFILE_LIST(X) \
    X(detect)                   \
    X(text)                     \
    X(image)                    \
    X(pdf)                      \
    X(package)                  \
    X(checker)                  \
    X(scanner)                  \
    X(probe)                    \
    X(keeper)                   \
    X(releaser)                 \
    X(intake)                   \
    X(supervisor)

enum sandbox_profile_id {
#define X(id) SANDBOX_PROFILE_##id,
    SANDBOX_PROFILE_LIST(X)
#undef X
    SANDBOX_PROFILES
};

/* System calls that are answered with an error instead of death, or allowed. NULL-ended lists. */
struct sandbox_calls {
    const char *name;           /* for people: "memory" */
    int errno_value;            /* 0: allowed; else the call fails with this error and nothing happens */
    const char *const *calls;   /* names; a name the architecture lacks is passed over */
};

struct sandbox_profile {
    const char *name;
    uint32_t layers;                            /* wanted; a missing one must be waived */
    const struct sandbox_calls *const *calls;   /* NULL-ended; what the filter lets through, threads never */
    const char *const *ro_paths;                /* NULL-ended; the only files in its root, read-only; absent: empty root */
    uint64_t tmpfs_bytes;                       /* size of a private, empty /tmp for each task; 0: none */
    uint32_t tmpfs_files;                       /* files and folders in it */
    uint32_t descriptors;                       /* RLIMIT_NOFILE of a task */
};

/* The table, indexed by SANDBOX_PROFILE_<name>. */
extern const struct sandbox_profile sandbox_profiles[SANDBOX_PROFILES];

/* The row of a name, or NULL. */
const struct sandbox_profile *sandbox_profile_find(const char *name);

/* Name and description of the layer with that bit number (enum sandbox_layer_bit), or "". Static storage. */
const char *sandbox_layer_name(unsigned bit);
const char *sandbox_layer_text(unsigned bit);

/* Appends the names of all layers in a mask, separated by blanks. */
void sandbox_layers_put(struct buf *b, uint32_t layers);

/* Reads names separated by blanks or commas into a mask. ERR_INVALID on an unknown name. */
int sandbox_layers_parse(const char *words, uint32_t *layers_out) must_check;

/* Appends everything the profile allows as lines of text: layers, system calls, paths, sizes. */
void sandbox_profile_put(struct buf *b, const struct sandbox_profile *profile);

/*
 * Tries each layer in a child process of its own and tells which ones work
 * here, and the kernel's Landlock ABI (0: none). Never changes the caller.
 * ERR_IO when no child could be made or it died.
 */
int sandbox_probe(uint32_t *available_out, int *landlock_abi_out) must_check;

/* A folder a service may use, by an open descriptor. Beneath it only, links do not help. */
enum sandbox_access {
    SANDBOX_ACCESS_READ = 1,  /* open and read files and folders */
    SANDBOX_ACCESS_WRITE = 2, /* make, write, rename and remove files and folders; sockets too */
};
struct sandbox_dir {
    int fd;
    unsigned access; /* enum sandbox_access bits */
};

/*
 * For long-running services (keeper, releaser, intake, supervisor): puts the
 * calling, single-threaded process behind its profile's layers, with access to
 * the given folders only. No way back, and no partial success worth keeping:
 * the caller must end on any error. Layers that are missing and waived are
 * left out. *active_out tells what is in force.
 * ERR_UNSUPPORTED: a layer is missing and not waived, *missing_out names it. ERR_IO, ERR_NOMEM.
 */
int sandbox_enter_service(const struct sandbox_profile *profile, uint32_t waived, const struct sandbox_dir *dirs,
                          size_t dir_count, uint32_t *active_out, uint32_t *missing_out) must_check;

#endif
