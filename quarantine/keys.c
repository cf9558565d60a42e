/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Key files. The keeper, before its sandbox closes; trusts the folder's owner. */
#include "keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/fdio.h"

/* Writes a file that is whole or not there, and will still be after a power cut. */
static int write_whole(int dirfd, const char *name, const void *bytes, size_t n, mode_t mode)
{
    char temporary[256];
    int err;

    if (snprintf(temporary, sizeof temporary, "%s.new", name) >= (int)sizeof temporary)
        return ERR_INVALID;
    (void)unlinkat(dirfd, temporary, 0);
    scoped_fd int fd = openat(dirfd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0)
        return ERR_IO;
    if ((err = fdio_write(fd, bytes, n)) < 0 || (err = fdio_sync(fd)) < 0 || (err = fdio_close(&fd)) < 0 ||
        (err = fdio_rename(dirfd, temporary, dirfd, name)) < 0)
        return err;
    return fdio_sync(dirfd);
}

/* The folder a key lies in: its own descriptor, and the name in it. */
static int key_folder(int dirfd, const char *path, char *name, size_t room)
{
    char folder[1024];
    const char *slash = strrchr(path, '/');

    if (snprintf(name, room, "%s", slash ? slash + 1 : path) >= (int)room || name[0] == '\0')
        return ERR_INVALID;
    if (!slash)
        return fcntl(dirfd, F_DUPFD_CLOEXEC, 3);
    if (snprintf(folder, sizeof folder, "%.*s/", (int)(slash - path), path) >= (int)sizeof folder)
        return ERR_INVALID;
    return fdio_open_dir(path[0] == '/' ? AT_FDCWD : dirfd, folder);
}

static int key_read(int fd, uint8_t key_out[KEY_BYTES])
{
    uint8_t bytes[KEY_BYTES + 1];
    struct stat st;

    if (fstat(fd, &st) < 0)
        return ERR_IO;
    if (!S_ISREG(st.st_mode) || st.st_size != KEY_BYTES || (st.st_mode & 077) != 0)
        return ERR_INVALID;
    int err = fdio_read(fd, bytes, KEY_BYTES);
    if (err < 0)
        return err;
    memcpy(key_out, bytes, KEY_BYTES);
    crypt_wipe(bytes, sizeof bytes);
    return 0;
}

int key_load(int dirfd, const char *path, bool may_make, uint8_t key_out[KEY_BYTES])
{
    char name[128];
    uint8_t fresh[KEY_BYTES];
    scoped_fd int folder = key_folder(dirfd, path, name, sizeof name);

    if (folder < 0)
        return folder == -1 ? ERR_IO : folder;
    scoped_fd int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0)
        return key_read(fd, key_out);
    if (errno != ENOENT)
        return ERR_IO;
    if (!may_make)
        return ERR_NOTFOUND;
    fdio_random(fresh, sizeof fresh);
    int err = write_whole(folder, name, fresh, sizeof fresh, 0600);
    if (err == 0)
        memcpy(key_out, fresh, sizeof fresh);
    crypt_wipe(fresh, sizeof fresh);
    return err;
}

void key_public_line(const char *name, const uint8_t public[SIGN_PUBLIC_BYTES], char *out, size_t room)
{
    char base64[base64_room(SIGN_PUBLIC_BYTES)];

    base64_put(public, SIGN_PUBLIC_BYTES, base64, sizeof base64);
    (void)snprintf(out, room, "sekimori-%s %s\n", name, base64);
}

int key_load_signer(int dirfd, const char *name, bool may_make, struct sign_key *key_out)
{
    char path[64], line[160];
    uint8_t seed[SIGN_SEED_BYTES];
    struct stat st;

    (void)snprintf(path, sizeof path, "%s.key", name);
    int err = key_load(dirfd, path, may_make, seed);
    if (err < 0)
        return err;
    sign_key_from_seed(seed, key_out);
    crypt_wipe(seed, sizeof seed);
    (void)snprintf(path, sizeof path, "%s.pub", name);
    if (fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0)
        return 0;
    key_public_line(name, key_out->public, line, sizeof line);
    return write_whole(dirfd, path, line, strlen(line), 0644);
}
