/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system call filter: compiled from the profile's names once, by a zygote
 * or service that has not met hostile bytes, and loaded by each child with one
 * system call (libseccomp's own loading would cost more than the fork).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "err.h"
#include "fdio.h"
#include "sandbox_parts.h"

struct seccomp_program {
    struct sock_fprog prog;
    struct sock_filter code[];
};

static void context_free(scmp_filter_ctx *context)
{
    if (*context)
        seccomp_release(*context);
}

/*
 * Calls that are allowed only when the masked bits of one argument are zero:
 * no memory ever becomes executable, and limits are one's own (they can only
 * be lowered: no capability is left to raise them).
 */
static const struct {
    const char *call;
    unsigned arg;
    scmp_datum_t zero;
} guarded[] = {
    {"mmap", 2, PROT_EXEC},
    {"mprotect", 2, PROT_EXEC},
    {"prlimit64", 0, UINT32_MAX},
};

static int add_call(scmp_filter_ctx context, const struct sandbox_calls *group, const char *name)
{
    int call = seccomp_syscall_resolve_name(name);
    uint32_t action = group->errno_value ? SCMP_ACT_ERRNO((uint32_t)group->errno_value) : SCMP_ACT_ALLOW;

    if (call == __NR_SCMP_ERROR)
        return ERR_INVALID;
    if (call < 0)
        return 0; /* a call of other architectures, such as `open` where only `openat` exists */
    for (size_t i = 0; i < ARRAY_LEN(guarded); i++) {
        if (strcmp(name, guarded[i].call) == 0) {
            struct scmp_arg_cmp bare = {guarded[i].arg, SCMP_CMP_MASKED_EQ, guarded[i].zero, 0};
            return seccomp_rule_add_array(context, action, call, 1, &bare) == 0 ? 0 : ERR_INVALID;
        }
    }
    return seccomp_rule_add_array(context, action, call, 0, NULL) == 0 ? 0 : ERR_INVALID;
}

static int add_profile(scmp_filter_ctx context, const struct sandbox_profile *profile)
{
    for (size_t i = 0; profile->calls && profile->calls[i]; i++) {
        for (const char *const *name = profile->calls[i]->calls; *name; name++) {
            int err = add_call(context, profile->calls[i], *name);
            if (err < 0)
                return err;
        }
    }
    return 0;
}

static int read_program(int fd, struct seccomp_program **program_out)
{
    uint64_t bytes;

    if (fdio_size(fd, &bytes) < 0)
        return ERR_IO;
    size_t steps = bytes / sizeof(struct sock_filter);
    if (steps == 0 || steps > BPF_MAXINSNS || bytes % sizeof(struct sock_filter) != 0)
        return ERR_INVALID;
    scoped_free struct seccomp_program *program = malloc(sizeof *program + bytes);
    if (!program)
        return ERR_NOMEM;
    if (fdio_pread(fd, program->code, bytes, 0) < 0)
        return ERR_IO;
    program->prog = (struct sock_fprog){.len = (unsigned short)steps, .filter = program->code};
    *program_out = steal(program);
    return 0;
}

int seccomp_program_new(const struct sandbox_profile *profile, struct seccomp_program **program_out)
{
    scoped(context_free) scmp_filter_ctx context = seccomp_init(SCMP_ACT_KILL_PROCESS);

    if (!context)
        return ERR_NOMEM;
    /* A call by another architecture's number is an escape attempt; 2 asks for a binary tree instead of a chain. */
    if (seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) < 0 ||
        seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2) < 0)
        return ERR_INVALID;
    int err = add_profile(context, profile);
    if (err < 0)
        return err;
    scoped_fd int fd = memfd_create("filter", MFD_CLOEXEC);
    if (fd < 0 || seccomp_export_bpf(context, fd) < 0)
        return ERR_IO;
    return read_program(fd, program_out);
}

void seccomp_program_free(struct seccomp_program **program)
{
    free(*program);
    *program = NULL;
}

int seccomp_program_load(const struct seccomp_program *program)
{
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program->prog) == 0 ? 0 : ERR_IO;
}

bool seccomp_available(void)
{
    uint32_t action = SECCOMP_RET_KILL_PROCESS;

    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}
