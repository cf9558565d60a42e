/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Work files. The supervisor and the CLI make and freeze them; the bytes are
 * never looked at here. Freezing closes the time between check and use: what
 * was scanned is what is rebuilt, what was checked is what is released.
 */
#include "workfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>

#include "base/err.h"
#include "base/fdio.h"

static int disk_file(int work_dir)
{
    int fd = openat(work_dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    return fd >= 0 ? fd : errno == ENOSPC ? ERR_SPACE : ERR_IO;
}

int workfile_new(int work_dir, uint64_t size_hint)
{
    if (size_hint > WORKFILE_MEMORY_MAX && work_dir >= 0)
        return disk_file(work_dir);
    int fd = memfd_create("item", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    return fd >= 0 ? fd : ERR_IO;
}

/* The same file behind a descriptor that cannot write. */
static int reopen_read_only(int fd)
{
    char path[40];

    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int read_only = open(path, O_RDONLY | O_CLOEXEC);
    return read_only >= 0 ? read_only : ERR_IO;
}

int workfile_freeze(int *fd, int work_dir, bool writer_alive, uint64_t *size_out)
{
    scoped_fd int file = steal_fd(fd);
    uint64_t size;

    if (fdio_size(file, &size) < 0)
        return ERR_IO;
    if (fcntl(file, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0) {
        *size_out = size;
        return steal_fd(&file);
    }
    if (errno == EBUSY) /* a writable mapping: the writer means to change it later */
        return ERR_REFUSED;
    if (writer_alive) {
        scoped_fd int copy = disk_file(work_dir);
        if (copy < 0)
            return copy;
        int err = fdio_copy(file, copy, &size);
        if (err < 0)
            return err;
        (void)close(steal_fd(&file));
        file = steal_fd(&copy);
    }
    *size_out = size;
    return reopen_read_only(file);
}

int workfile_copy(int source, int work_dir, uint64_t limit, uint64_t *size_out)
{
    uint64_t size, copied;
    int err = fdio_size(source, &size);

    if (err < 0)
        return err;
    if (size > limit)
        return ERR_LIMIT;
    int fd = workfile_new(work_dir, size);
    if (fd < 0)
        return fd;
    err = fdio_copy(source, fd, &copied);
    if (err < 0 || copied > limit) { /* it may have grown while it was read */
        (void)close(fd);
        return err < 0 ? err : ERR_LIMIT;
    }
    return workfile_freeze(&fd, work_dir, false, size_out);
}
