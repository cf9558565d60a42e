/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Preloaded into a program under test. SEKIMORI_FAULT=call:N:errno:file lets
 * the N-th call of that name fail (close closes all the same) and writes a byte
 * to the file when it did; SEKIMORI_TRACE=file
 * writes a line for each call that matters for the order of flushes.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char fault_name[32];
static unsigned long fault_at, fault_count;
static int fault_errno, hit_fd = -1, trace_fd = -1;
static char names[1024][64]; /* of open descriptors */

static void *real(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

#define REAL(type, name, ...) ((type(*)(__VA_ARGS__))real(#name))

/* Before the sandbox closes, and far from the descriptors the program expects. */
static int log_open(const char *path)
{
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    return fcntl(fd, F_DUPFD_CLOEXEC, 500);
}

__attribute__((constructor)) static void start(void)
{
    const char *fault = getenv("SEKIMORI_FAULT"), *trace = getenv("SEKIMORI_TRACE");

    char file[512] = "";

    if (fault && sscanf(fault, "%31[^:]:%lu:%d:%511s", fault_name, &fault_at, &fault_errno, file) == 4)
        hit_fd = log_open(file);
    if (trace)
        trace_fd = log_open(trace);
}

/* True when this call is the one to fail; errno is set. */
static int fails(const char *name)
{
    if (fault_at == 0 || strcmp(name, fault_name) != 0 || ++fault_count != fault_at)
        return 0;
    (void)!REAL(ssize_t, write, int, const void *, size_t)(hit_fd, "x", 1);
    errno = fault_errno;
    return 1;
}

static const char *name_of(int fd)
{
    return fd >= 0 && fd < 1024 && names[fd][0] ? names[fd] : "?";
}

static void remember(int fd, const char *path)
{
    if (fd >= 0 && fd < 1024)
        (void)snprintf(names[fd], sizeof names[fd], "%s", path);
}

static void trace(const char *call, const char *a, const char *b)
{
    char line[256];

    if (trace_fd < 0)
        return;
    int saved = errno, n = snprintf(line, sizeof line, "%s %s %s\n", call, a, b);
    (void)!REAL(ssize_t, write, int, const void *, size_t)(trace_fd, line, (size_t)n);
    errno = saved;
}

ssize_t write(int fd, const void *bytes, size_t n)
{
    if (fails("write"))
        return -1;
    return REAL(ssize_t, write, int, const void *, size_t)(fd, bytes, n);
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at)
{
    if (fails("pwrite64"))
        return -1;
    return REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t)(fd, bytes, n, at);
}

int fsync(int fd)
{
    trace("flush", name_of(fd), "");
    return fails("fsync") ? -1 : REAL(int, fsync, int)(fd);
}

int fdatasync(int fd)
{
    struct stat st;

    trace("flush", name_of(fd), "");
    /* SQLite flushes its folder and looks away; the keeper does so itself with fsync. */
    return fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode) && fails("fdatasync") ? -1 : REAL(int, fdatasync, int)(fd);
}

int renameat(int old_dir, const char *from, int new_dir, const char *to)
{
    trace("rename", from, to);
    return fails("renameat") ? -1 : REAL(int, renameat, int, const char *, int, const char *)(old_dir, from, new_dir, to);
}

int renameat2(int old_dir, const char *from, int new_dir, const char *to, unsigned flags)
{
    trace("rename", from, to);
    return fails("renameat2") ? -1
                              : REAL(int, renameat2, int, const char *, int, const char *, unsigned)(old_dir, from, new_dir, to, flags);
}

int unlinkat(int dir, const char *path, int flags)
{
    return fails("unlinkat") ? -1 : REAL(int, unlinkat, int, const char *, int)(dir, path, flags);
}

int mkdirat(int dir, const char *path, mode_t mode)
{
    return fails("mkdirat") ? -1 : REAL(int, mkdirat, int, const char *, mode_t)(dir, path, mode);
}

int memfd_create(const char *name, unsigned flags)
{
    return fails("memfd_create") ? -1 : REAL(int, memfd_create, const char *, unsigned)(name, flags);
}

int close(int fd)
{
    int result = REAL(int, close, int)(fd);

    if (fd >= 0 && fd < 1024)
        names[fd][0] = '\0';
    return fails("close") ? -1 : result;
}

ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
    char type[16] = "?";

    if (m->msg_iovlen > 0 && m->msg_iov[0].iov_len >= 8) { /* magic, version, type */
        unsigned short number;
        memcpy(&number, (const char *)m->msg_iov[0].iov_base + 6, sizeof number);
        (void)snprintf(type, sizeof type, "%u", number);
    }
    trace("send", type, "");
    return REAL(ssize_t, sendmsg, int, const struct msghdr *, int)(fd, m, flags);
}

int open64(const char *path, int flags, ...)
{
    va_list ap;

    va_start(ap, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    if (fails("open"))
        return -1;
    int fd = REAL(int, open64, const char *, int, ...)(path, flags, mode);
    const char *slash = strrchr(path, '/');
    remember(fd, slash ? slash + 1 : path);
    return fd;
}

/* fdio opens with openat2, which has no wrapper in the C library. */
long syscall(long number, ...)
{
    long a[6];
    va_list ap;

    va_start(ap, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(ap, long);
    va_end(ap);
    if (number == SYS_openat2 && fails("openat2"))
        return -1;
    long result = REAL(long, syscall, long, ...)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    if (number == SYS_openat2) {
        const char *path;
        memcpy(&path, &a[1], sizeof path);
        remember((int)result, path);
    }
    return result;
}
