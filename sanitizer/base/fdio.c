/* SPDX-License-Identifier: GPL-2.0-or-later */
/* File input and output with every error looked at. All programs; paths beneath a folder others write to are hostile. */
#include "fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "err.h"

static int open_error(void)
{
    switch (errno) {
    case ENOENT:
    case ENOTDIR:
        return ERR_NOTFOUND;
    case EEXIST:
        return ERR_EXISTS;
    case ELOOP:
    case EXDEV:
        return ERR_REFUSED;
    case ENOSPC:
    case EDQUOT:
        return ERR_SPACE;
    default:
        return ERR_IO;
    }
}

int fdio_open(int dirfd, const char *path, int flags, mode_t mode)
{
    struct open_how how = {
        .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC | O_NOFOLLOW),
        .mode = flags & (O_CREAT | O_TMPFILE) ? mode : 0,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    long fd = syscall(SYS_openat2, dirfd, path, &how, sizeof how);

    return fd >= 0 ? (int)fd : open_error();
}

int fdio_open_dir(int dirfd, const char *path)
{
    if (dirfd != AT_FDCWD)
        return fdio_open(dirfd, path, O_RDONLY | O_DIRECTORY, 0);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 ? fd : open_error();
}

int fdio_make_dirs(int dirfd, const char *path, mode_t mode)
{
    scoped_free char *copy = strdup(path);
    scoped_fd int at = fcntl(dirfd, F_DUPFD_CLOEXEC, 3);
    char *save = NULL;

    if (!copy || at < 0)
        return ERR_IO;
    for (char *part = strtok_r(copy, "/", &save); part; part = strtok_r(NULL, "/", &save)) {
        if (mkdirat(at, part, mode) == 0) {
            if (fdio_sync(at) < 0)
                return ERR_IO;
        } else if (errno != EEXIST) {
            return open_error();
        }
        int next = fdio_open(at, part, O_RDONLY | O_DIRECTORY, 0);
        if (next < 0)
            return next;
        (void)close(at);
        at = next;
    }
    return steal_fd(&at);
}

static int write_error(void)
{
    return errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? ERR_SPACE : ERR_IO;
}

int fdio_write(int fd, const void *bytes, size_t n)
{
    const char *p = bytes;

    while (n > 0) {
        ssize_t done = write(fd, p, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return write_error();
        p += done;
        n -= (size_t)done;
    }
    return 0;
}

int fdio_pwrite(int fd, const void *bytes, size_t n, off_t offset)
{
    const char *p = bytes;

    while (n > 0) {
        ssize_t done = pwrite(fd, p, n, offset);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return write_error();
        p += done;
        offset += done;
        n -= (size_t)done;
    }
    return 0;
}

int fdio_read(int fd, void *bytes, size_t n)
{
    char *p = bytes;

    while (n > 0) {
        ssize_t done = read(fd, p, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return ERR_IO;
        if (done == 0)
            return ERR_CLOSED;
        p += done;
        n -= (size_t)done;
    }
    return 0;
}

int fdio_pread(int fd, void *bytes, size_t n, off_t offset)
{
    char *p = bytes;

    while (n > 0) {
        ssize_t done = pread(fd, p, n, offset);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return ERR_IO;
        if (done == 0)
            return ERR_CLOSED;
        p += done;
        offset += done;
        n -= (size_t)done;
    }
    return 0;
}

int fdio_size(int fd, uint64_t *size_out)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return ERR_IO;
    if (!S_ISREG(st.st_mode))
        return ERR_REFUSED;
    *size_out = (uint64_t)st.st_size;
    return 0;
}

int fdio_sync(int fd)
{
    return fsync(fd) == 0 ? 0 : ERR_IO;
}

int fdio_close(int *fd)
{
    int was = steal_fd(fd);

    return was < 0 || close(was) == 0 ? 0 : ERR_IO;
}

int fdio_rename_new(int old_dir, const char *old_name, int new_dir, const char *new_name)
{
    return renameat2(old_dir, old_name, new_dir, new_name, RENAME_NOREPLACE) == 0 ? 0 : open_error();
}

int fdio_rename(int old_dir, const char *old_name, int new_dir, const char *new_name)
{
    return renameat(old_dir, old_name, new_dir, new_name) == 0 ? 0 : open_error();
}

int fdio_free_space(int fd, uint64_t *bytes_out, uint64_t *inodes_out)
{
    struct statvfs st;

    if (fstatvfs(fd, &st) < 0)
        return ERR_IO;
    *bytes_out = (uint64_t)st.f_bavail * st.f_frsize;
    *inodes_out = st.f_files == 0 ? UINT64_MAX : st.f_favail; /* some file systems do not count inodes */
    return 0;
}

int fdio_copy(int in_fd, int out_fd, uint64_t *copied_out)
{
    uint64_t total = 0;
    off_t at = 0;
    char chunk[1 << 16];

    for (;;) {
        ssize_t n = pread(in_fd, chunk, sizeof chunk, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ERR_IO;
        if (n == 0)
            break;
        int err = fdio_write(out_fd, chunk, (size_t)n);
        if (err < 0)
            return err;
        at += n;
        total += (uint64_t)n;
    }
    *copied_out = total;
    return 0;
}

void fdio_random(void *bytes, size_t n)
{
    char *p = bytes;

    while (n > 0) {
        ssize_t done = getrandom(p, n, 0);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            abort();
        p += done;
        n -= (size_t)done;
    }
}

int fdio_nonblock(int fd, int on)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK) < 0)
        return ERR_IO;
    return 0;
}

static uint64_t clock_ms(clockid_t clock)
{
    struct timespec ts;

    (void)clock_gettime(clock, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

uint64_t fdio_now_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

uint64_t fdio_wall_ms(void)
{
    return clock_ms(CLOCK_REALTIME);
}
