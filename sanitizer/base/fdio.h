/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_FDIO_H
#define SEKIMORI_FDIO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "scope.h"

/*
 * The one way to open, read, write and flush files. Opens are relative to a
 * directory descriptor, never follow links, never cross out of the directory
 * (openat2 RESOLVE_BENEATH where the kernel has it), and close on exec.
 * Every call returns 0 (or a value >= 0) or ERR_IO with errno set, unless it
 * says otherwise.
 */

/* Opens beneath dirfd without following any link. ERR_NOTFOUND, ERR_EXISTS, ERR_REFUSED (a link or climbing path), ERR_IO. */
int fdio_open(int dirfd, const char *path, int flags, mode_t mode) must_check;

/* Opens a directory beneath dirfd (or absolute when dirfd is AT_FDCWD, links allowed in the administrator's own path). */
int fdio_open_dir(int dirfd, const char *path) must_check;

/* Makes a directory beneath dirfd with its missing parents, mode 0700 & flush of each parent, and opens it. */
int fdio_make_dirs(int dirfd, const char *path, mode_t mode) must_check;

/* Writes all n bytes, retrying short writes. ERR_SPACE on a full disk or quota. */
int fdio_write(int fd, const void *bytes, size_t n) must_check;
int fdio_pwrite(int fd, const void *bytes, size_t n, off_t offset) must_check;

/* Reads exactly n bytes. ERR_CLOSED when the file ends before. */
int fdio_read(int fd, void *bytes, size_t n) must_check;
int fdio_pread(int fd, void *bytes, size_t n, off_t offset) must_check;

/* Size of a regular file. ERR_REFUSED when it is something else. */
int fdio_size(int fd, uint64_t *size_out) must_check;

/*
 * fsync. A failure is final for this file: the kernel may have dropped the
 * dirty pages, and a second fsync would lie. Never call it again on the same
 * descriptor after an error; write the file anew from its source.
 */
int fdio_sync(int fd) must_check;

/* close that reports late write errors. Always leaves -1 in *fd. */
int fdio_close(int *fd) must_check;

/* renameat that refuses to replace (RENAME_NOREPLACE). ERR_EXISTS when the new name is taken. */
int fdio_rename_new(int old_dir, const char *old_name, int new_dir, const char *new_name) must_check;
/* renameat that replaces. */
int fdio_rename(int old_dir, const char *old_name, int new_dir, const char *new_name) must_check;

/* Bytes and inodes an unprivileged user may still use on the file system of fd. */
int fdio_free_space(int fd, uint64_t *bytes_out, uint64_t *inodes_out) must_check;

/* Copies all of a regular file (from its start) to out_fd's current offset. Returns ERR_IO, ERR_SPACE. */
int fdio_copy(int in_fd, int out_fd, uint64_t *copied_out) must_check;

/* n random bytes from the kernel. Aborts when the kernel has none: nothing here may go on without. */
void fdio_random(void *bytes, size_t n);

/* Sets or clears O_NONBLOCK. */
int fdio_nonblock(int fd, int on) must_check;

/* Milliseconds of CLOCK_MONOTONIC, and of the wall clock since 1970. */
uint64_t fdio_now_ms(void);
uint64_t fdio_wall_ms(void);

#endif
