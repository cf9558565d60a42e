/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_PROBE_H
#define SEKIMORI_PROBE_H

/*
 * What a worker that was taken over would try. Each act is the type of one
 * task; the worker answers with a result: REASON_OK when the act worked,
 * REASON_SANDBOX with the error when it was refused, or dies of it.
 *
 * act, where it is stopped (enum stop) with the filter, and without it
 */
enum stop {
    STOP_REFUSED = 1, /* the call fails */
    STOP_KILLED,      /* the filter kills */
    STOP_LIMIT,       /* the kernel kills at a limit */
    STOP_ANY,         /* refused or killed: depends on the machine */
    STOP_UNTRIED,     /* only the filter stops this one */
};

#define PROBE_LIST(X)                          \
    X(open, KILLED, REFUSED)                   \
    X(open_dev, KILLED, REFUSED)               \
    X(stat, REFUSED, REFUSED)                  \
    X(proc, KILLED, REFUSED)                   \
    X(list_root, KILLED, REFUSED)              \
    X(create, KILLED, REFUSED)                 \
    X(outbound, KILLED, REFUSED)               \
    X(parent_dirs, KILLED, REFUSED)            \
    X(tcp, KILLED, REFUSED)                    \
    X(udp, KILLED, REFUSED)                    \
    X(unix_path, KILLED, REFUSED)              \
    X(unix_abstract, KILLED, REFUSED)          \
    X(raw_socket, KILLED, REFUSED)             \
    X(ptrace, KILLED, REFUSED)                 \
    X(vm_read, KILLED, REFUSED)                \
    X(execve, KILLED, REFUSED)                 \
    X(fork_bomb, KILLED, REFUSED)              \
    X(thread, KILLED, UNTRIED)                 \
    X(memory_bomb, REFUSED, REFUSED)           \
    X(file_bomb, REFUSED, REFUSED)             \
    X(fd_bomb, KILLED, REFUSED)                \
    X(stack_bomb, ANY, ANY)                    \
    X(cpu_spin, LIMIT, LIMIT)                  \
    X(kill_parent, KILLED, REFUSED)            \
    X(kill_group, KILLED, REFUSED)             \
    X(kill_all, KILLED, REFUSED)               \
    X(kill_numbers, KILLED, REFUSED)           \
    X(mount, KILLED, REFUSED)                  \
    X(pivot, KILLED, REFUSED)                  \
    X(chroot, KILLED, REFUSED)                 \
    X(unshare_user, KILLED, REFUSED)           \
    X(unshare_net, KILLED, REFUSED)            \
    X(setns, KILLED, REFUSED)                  \
    X(setuid, KILLED, REFUSED)                 \
    X(host_name, KILLED, REFUSED)              \
    X(raise_limit, REFUSED, REFUSED)            \
    X(limit_others, KILLED, REFUSED)           \
    X(key_ring, KILLED, UNTRIED)               \
    X(bpf, KILLED, UNTRIED)                    \
    X(io_uring, KILLED, UNTRIED)               \
    X(perf, KILLED, UNTRIED)                   \
    X(user_fault, KILLED, UNTRIED)             \
    X(exec_memory, KILLED, UNTRIED)            \
    X(exec_protect, KILLED, UNTRIED)           \
    X(other_abi, KILLED, UNTRIED)              \
    X(x32_abi, KILLED, UNTRIED)                \
    X(unknown_call, KILLED, UNTRIED)           \
    X(clock, KILLED, REFUSED)                  \
    X(shm, KILLED, UNTRIED)                    \
    X(inherited, REFUSED, REFUSED)             \
    X(write_input, REFUSED, REFUSED)           \
    X(map_input, REFUSED, REFUSED)             \
    X(be_traced, KILLED, ANY)

enum probe_id {
#define X(id, with, without) PROBE_##id,
    PROBE_LIST(X)
#undef X
    PROBES
};

/* Limits the test gives with each order. */
#define PROBE_MEMORY ((uint64_t)256 << 20)
#define PROBE_FILE ((uint64_t)4 << 20)

#endif
