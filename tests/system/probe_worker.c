/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A worker that was taken over: an ordinary engine program with the text
 * engine's list of calls, whose "handler" tries to get out. Compiled a second
 * time without the system call filter (PROBE_WITHOUT_FILTER), to see that the
 * other layers hold by themselves. Never installed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/zygote.h"
#include "probe.h"
#include "worker/report.h"

/* Each act returns 0 when it worked, -1 with errno when it did not. `word` is the order's name. */
#define ACT(id) static int act_##id(const char *word, const struct task_fds *fds)

static int opened(int fd)
{
    return fd >= 0 ? 0 : -1;
}

ACT(open) { (void)word; (void)fds; return opened(open("/etc/passwd", O_RDONLY | O_CLOEXEC)); }
ACT(open_dev) { (void)word; (void)fds; return opened(open("/dev/null", O_RDWR | O_CLOEXEC)); }
ACT(proc) { (void)word; (void)fds; return opened(open("/proc/self/status", O_RDONLY | O_CLOEXEC)); }
ACT(list_root) { (void)word; (void)fds; return opened(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)); }
ACT(create) { (void)word; (void)fds; return opened(open("/tmp/x", O_WRONLY | O_CREAT | O_CLOEXEC, 0600)); }
ACT(outbound) { (void)fds; return opened(open(word, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)); }

ACT(stat)
{
    struct stat st;

    (void)word;
    (void)fds;
    return fstatat(AT_FDCWD, "/etc/passwd", &st, 0);
}

ACT(parent_dirs)
{
    (void)word;
    (void)fds;
    return opened(open("../../../../../../etc/passwd", O_RDONLY | O_CLOEXEC));
}

static int connect_to(int type, const void *to, socklen_t len)
{
    int fd = socket(((const struct sockaddr *)to)->sa_family, type | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    if (type == SOCK_DGRAM)
        return sendto(fd, "x", 1, 0, to, len) < 0 ? -1 : 0;
    return connect(fd, to, len);
}

/* The word is the port of a listener on the loopback interface. */
static struct sockaddr_in loopback(const char *word)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)atoi(word)),
                                .sin_addr = {htonl(INADDR_LOOPBACK)}};
}

ACT(tcp)
{
    struct sockaddr_in to = loopback(word);

    (void)fds;
    return connect_to(SOCK_STREAM, &to, sizeof to);
}

ACT(udp)
{
    struct sockaddr_in to = loopback(word);

    (void)fds;
    return connect_to(SOCK_DGRAM, &to, sizeof to);
}

ACT(unix_path)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};

    (void)fds;
    (void)snprintf(to.sun_path, sizeof to.sun_path, "%s", word);
    return connect_to(SOCK_STREAM, &to, sizeof to);
}

ACT(unix_abstract)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};

    (void)fds;
    (void)snprintf(to.sun_path + 1, sizeof to.sun_path - 1, "%s", word);
    return connect_to(SOCK_STREAM, &to, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(word)));
}

ACT(raw_socket) { (void)word; (void)fds; return opened(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)); }

/* The word is the process id of the test, as its own namespace counts. */
ACT(ptrace)
{
    (void)fds;
    for (pid_t pid = 2; pid < 300; pid++)
        if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) == 0)
            return 0;
    return (int)ptrace(PTRACE_SEIZE, (pid_t)atoi(word), NULL, NULL);
}

ACT(vm_read)
{
    char byte;
    struct iovec here = {&byte, 1}, there = {&byte, 1};

    (void)fds;
    for (pid_t pid = 2; pid < 300; pid++)
        if (process_vm_readv(pid, &here, 1, &there, 1, 0) >= 0 || errno == EFAULT)
            return 0;
    return process_vm_readv((pid_t)atoi(word), &here, 1, &there, 1, 0) < 0 ? -1 : 0;
}

ACT(execve)
{
    char name[] = "/bin/true";
    char *argv[] = {name, NULL};

    (void)word;
    (void)fds;
    return execve(name, argv, argv + 1);
}

/* Worked as soon as there is one process more. */
ACT(fork_bomb)
{
    (void)word;
    (void)fds;
    for (unsigned i = 0; i < 50; i++) {
        pid_t pid = fork();
        if (pid == 0)
            for (;;)
                (void)sleep(60);
        if (pid > 0)
            return 0;
    }
    return -1;
}

/* The plain call: the C library's would refuse before the kernel is asked. */
ACT(thread)
{
    (void)word;
    (void)fds;
    return syscall(SYS_clone, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD, NULL, NULL, NULL, 0) < 0 ? -1 : 0;
}

/* Worked when four times the limit could be had and used. */
ACT(memory_bomb)
{
    (void)word;
    (void)fds;
    for (uint64_t got = 0; got < 4 * PROBE_MEMORY; got += 16u << 20) {
        void *p = mmap(NULL, 16u << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (p == MAP_FAILED)
            return -1;
        for (size_t i = 0; i < 16u << 20; i += 4096)
            ((volatile char *)p)[i] = 1;
    }
    return 0;
}

ACT(file_bomb)
{
    static char zeros[1 << 20];

    (void)word;
    for (uint64_t at = 0; at < 4 * PROBE_FILE; at += sizeof zeros)
        if (pwrite(fds->output, zeros, sizeof zeros, (off_t)at) < 0)
            return -1;
    return 0;
}

ACT(fd_bomb)
{
    (void)word;
    for (unsigned i = 0; i < 4096; i++)
        if (dup(fds->input) < 0)
            return -1;
    return 0;
}

static int use_stack(unsigned n)
{
    volatile char room[4096];

    room[0] = (char)n;
    return n == 0 ? room[0] : use_stack(n - 1) + room[0];
}

ACT(stack_bomb)
{
    (void)fds;
    return use_stack(65536) == atoi(word) - 12345 ? 0 : -1;
}

ACT(cpu_spin)
{
    (void)word;
    (void)fds;
    for (volatile unsigned long i = 0;; i++)
        ;
    return 0;
}

ACT(kill_parent)
{
    pid_t parent = getppid();

    (void)fds;
    if (parent == 0) { /* it has no number here */
        errno = ESRCH;
        parent = (pid_t)atoi(word);
    }
    return kill(parent, SIGKILL);
}

/* Worked when somebody else than we was hit; the test looks whether it is still there. */
ACT(kill_group)
{
    (void)word;
    (void)fds;
    if (signal(SIGTERM, SIG_IGN) == SIG_ERR)
        return -1;
    (void)kill(0, SIGTERM);
    (void)kill(0, SIGUSR1);
    errno = EPERM;
    return -1;
}

ACT(kill_all) { (void)word; (void)fds; return kill(-1, SIGKILL); }

ACT(kill_numbers)
{
    (void)word;
    (void)fds;
    for (pid_t pid = 2; pid < 4000; pid++)
        if (kill(pid, SIGUSR1) == 0)
            return 0;
    return -1;
}

ACT(mount) { (void)word; (void)fds; return mount("x", "/", "tmpfs", 0, NULL); }
ACT(pivot) { (void)word; (void)fds; return (int)syscall(SYS_pivot_root, ".", "."); }
ACT(chroot) { (void)word; (void)fds; return chroot("."); }
ACT(unshare_user) { (void)word; (void)fds; return unshare(CLONE_NEWUSER); }
ACT(unshare_net) { (void)word; (void)fds; return unshare(CLONE_NEWNET); }
ACT(setns) { (void)word; return setns(fds->input, 0); }
ACT(setuid) { (void)word; (void)fds; return setuid(geteuid() == 0 ? 1 : 0); }
ACT(host_name) { (void)word; (void)fds; return sethostname("x", 1); }

ACT(raise_limit)
{
    struct rlimit more = {1u << 30, 1u << 30};

    (void)word;
    (void)fds;
    return setrlimit(RLIMIT_CPU, &more);
}

ACT(limit_others)
{
    struct rlimit none = {0, 0};

    (void)fds;
    for (pid_t pid = 2; pid < 300; pid++)
        if (prlimit(pid, RLIMIT_CPU, &none, NULL) == 0)
            return 0;
    return prlimit((pid_t)atoi(word), RLIMIT_CPU, &none, NULL);
}

ACT(key_ring) { (void)word; (void)fds; return syscall(SYS_keyctl, 0, -3, 1) < 0 ? -1 : 0; }
ACT(bpf) { (void)word; (void)fds; return (int)syscall(SYS_bpf, 0, NULL, 0); }
ACT(io_uring) { (void)word; (void)fds; return (int)syscall(SYS_io_uring_setup, 1, NULL); }
ACT(perf) { (void)word; (void)fds; return (int)syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0); }
ACT(user_fault) { (void)word; (void)fds; return (int)syscall(SYS_userfaultfd, 0); }
ACT(unknown_call) { (void)word; (void)fds; return (int)syscall(4242); }

ACT(exec_memory)
{
    (void)word;
    (void)fds;
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0;
}

ACT(exec_protect)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)word;
    (void)fds;
    return mprotect(p, 4096, PROT_READ | PROT_EXEC);
}

/* The 32-bit entry has other numbers: 20 is getpid there, and writev here. */
ACT(other_abi)
{
#ifdef __x86_64__
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory", "r8", "r9", "r10", "r11");
    (void)word;
    (void)fds;
    return result > 0 ? 0 : -1;
#else
    (void)word;
    (void)fds;
    return (int)syscall(4242); /* no second entry here: die as the other machines do */
#endif
}

ACT(x32_abi) { (void)word; (void)fds; return syscall(0x40000000 + 39) > 0 ? 0 : -1; }

ACT(clock)
{
    struct timespec now = {.tv_sec = 1000000000};

    (void)word;
    (void)fds;
    return clock_settime(CLOCK_REALTIME, &now);
}

ACT(shm) { (void)word; (void)fds; return opened(shmget(IPC_PRIVATE, 4096, 0600)); }

/* Any descriptor besides the standard ones (/dev/null) and the order's. */
ACT(inherited)
{
    struct stat st;

    (void)word;
    for (int fd = 3; fd < 1024; fd++)
        if (fd != fds->input && fd != fds->output && fd != fds->report && fd != fds->extra && fstat(fd, &st) == 0)
            return 0;
#ifdef SEKIMORI_SANITIZED
    const int standard = 2; /* the runtime keeps the third */
#else
    const int standard = 3;
#endif
    for (int fd = 0; fd < standard; fd++)
        if (fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode))
            return 0;
    errno = EBADF;
    return -1;
}

ACT(write_input) { (void)word; return pwrite(fds->input, "x", 1, 0) < 0 ? -1 : 0; }

ACT(map_input)
{
    (void)word;
    return mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fds->input, 0) == MAP_FAILED ? -1 : 0;
}

/* Makes the zygote its tracer and stops, so that the zygote's wait answers with a status of our making. */
ACT(be_traced)
{
    (void)word;
    (void)fds;
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
        return -1;
    (void)raise(SIGUSR1);
    return 0;
}

static const struct {
    const char *name;
    int (*fn)(const char *word, const struct task_fds *fds);
} acts[] = {
#define X(id, with, without) {#id, act_##id},
    PROBE_LIST(X)
#undef X
};

static int probe_run(const struct task_order *order, const struct task_fds *fds)
{
    static const char forged[] = "sekimorid[1]: info: released everything\n";
    char detail[128] = "";
    enum reason reason = REASON_INTERNAL;

    (void)!write(STDERR_FILENO, forged, sizeof forged - 1);
    if (strcmp(order->type, "normal") == 0)
        reason = pwrite(fds->output, "rebuilt", 7, 0) == 7 ? REASON_OK : REASON_IO;
    for (size_t i = 0; i < ARRAY_LEN(acts); i++) {
        if (strcmp(order->type, acts[i].name) != 0)
            continue;
        errno = 0;
        reason = acts[i].fn(order->name, fds) == 0 ? REASON_OK : REASON_SANDBOX;
        (void)snprintf(detail, sizeof detail, "%d", errno);
    }
    report_result(fds->report, reason, detail, "", 0, NULL);
    return TASK_EXIT_OK;
}

#ifdef PROBE_WITHOUT_FILTER
static const struct sandbox_profile profile = {
    .name = "probe without filter", .layers = SANDBOX_ALL & ~SANDBOX_SECCOMP, .descriptors = 64};
#define PROBE_PROFILE (&profile)
#else
#define PROBE_PROFILE (&sandbox_profiles[SANDBOX_PROFILE_probe])
#endif

static const struct zygote_ops ops = {.name = "probe-worker", .profile = PROBE_PROFILE, .spares = 2, .run = probe_run};

/* `--outside ACT WORD`: no sandbox at all, to show that an act is one that works. */
static int outside(const char *act, const char *word)
{
    struct task_fds fds = {-1, -1, -1, -1};

    for (size_t i = 0; i < ARRAY_LEN(acts); i++)
        if (strcmp(acts[i].name, act) == 0)
            return acts[i].fn(word, &fds) == 0 ? 0 : 1;
    return 2;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "--outside") == 0)
        return outside(argv[2], argv[3]);
    return zygote_main(argc, argv, &ops);
}
