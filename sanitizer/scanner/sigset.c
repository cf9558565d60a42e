/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists the signature files of a folder. Scanner and command line; the folder is the administrator's. */
#include "sigset.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/fdio.h"

#define FILES_MAX 1024

int sigset_link(int base_fd, const char *link, char *set_out, size_t room)
{
    char target[64];
    ssize_t n = readlinkat(base_fd, link, target, sizeof target);

    if (n < 0)
        return errno == ENOENT ? ERR_NOTFOUND : errno == EINVAL ? ERR_REFUSED : ERR_IO;
    /* No path: a link elsewhere would let whoever may write here choose what is loaded. */
    if ((size_t)n >= sizeof target || (size_t)n >= room || memchr(target, '/', (size_t)n) ||
        strncmp(target, SIGSET_PREFIX, strlen(SIGSET_PREFIX)) != 0)
        return ERR_REFUSED;
    memcpy(set_out, target, (size_t)n);
    set_out[n] = '\0';
    return 0;
}

int sigset_folder(const char *base, char *path_out, size_t room)
{
    scoped_fd int fd = fdio_open_dir(AT_FDCWD, base);
    char set[64];

    if (fd < 0)
        return fd;
    int err = sigset_link(fd, SIGSET_CURRENT, set, sizeof set);
    if (err < 0 && err != ERR_NOTFOUND)
        return err;
    int n = err == 0 ? snprintf(path_out, room, "%s/%s", base, set) : snprintf(path_out, room, "%s", base);
    return n > 0 && (size_t)n < room ? 0 : ERR_INVALID;
}

void sigset_free(struct sigset *set)
{
    free(set->files);
    *set = (struct sigset){0};
}

static int add(struct sigset *set, const char *name, const struct stat *st)
{
    if (set->count == FILES_MAX)
        return ERR_LIMIT;
    if (set->count == set->room) {
        size_t room = set->room ? set->room * 2 : 16;
        struct sigset_file *files = reallocarray(set->files, room, sizeof *files);
        if (!files)
            return ERR_NOMEM;
        set->files = files;
        set->room = room;
    }
    struct sigset_file *file = &set->files[set->count];
    *file = (struct sigset_file){.form = sigfile_form(name), .rank = sigfile_rank(name), .built = st->st_mtime,
                                 .bytes = (uint64_t)st->st_size};
    (void)snprintf(file->name, sizeof file->name, "%s", name);
    set->count++;
    return 0;
}

static int compare(const void *a, const void *b)
{
    const struct sigset_file *x = a, *y = b;

    return x->rank != y->rank ? (x->rank > y->rank) - (x->rank < y->rank) : strcmp(x->name, y->name);
}

static void scope_closedir(DIR **dir)
{
    if (*dir)
        (void)closedir(*dir);
}

int sigset_read(const char *dir, struct sigset *set_out)
{
    scoped(sigset_free) struct sigset set = {0};
    scoped(scope_closedir) DIR *list = opendir(dir);
    struct stat st;

    if (!list)
        return errno == ENOENT || errno == ENOTDIR ? ERR_NOTFOUND : errno == ENOMEM ? ERR_NOMEM : ERR_IO;
    for (const struct dirent *e = readdir(list); e; e = readdir(list)) {
        if (e->d_name[0] == '.' || sigfile_form(e->d_name) == SIGFILE_UNKNOWN)
            continue;
        if (fstatat(dirfd(list), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
            return ERR_IO;
        if (!S_ISREG(st.st_mode))
            return ERR_REFUSED;
        int err = add(&set, e->d_name, &st);
        if (err < 0)
            return err;
    }
    if (set.count > 0)
        qsort(set.files, set.count, sizeof *set.files, compare);
    *set_out = set;
    set = (struct sigset){0};
    return 0;
}

static bool is_container(const struct sigset_file *file)
{
    return file->form == SIGFILE_SIGNED || file->form == SIGFILE_CONTAINER;
}

static bool same_stem(const char *a, const char *b)
{
    const char *x = strrchr(a, '.'), *y = strrchr(b, '.');

    return x && y && x - a == y - b && strncmp(a, b, (size_t)(x - a)) == 0;
}

/* True when another container of the same name is newer, or as new and comes first. */
static bool is_superseded(const struct sigset *set, size_t i)
{
    const struct sigset_file *file = &set->files[i];

    for (size_t k = 0; k < set->count; k++) {
        const struct sigset_file *other = &set->files[k];
        if (k == i || !is_container(other) || !same_stem(file->name, other->name))
            continue;
        if (other->version > file->version || (other->version == file->version && k < i))
            return true;
    }
    return false;
}

void sigset_drop_older(struct sigset *set)
{
    bool drop[FILES_MAX] = {false};
    size_t kept = 0;

    for (size_t i = 0; i < set->count; i++)
        drop[i] = is_container(&set->files[i]) && is_superseded(set, i);
    for (size_t i = 0; i < set->count; i++)
        if (!drop[i])
            set->files[kept++] = set->files[i];
    set->count = kept;
}

int64_t sigset_newest(const struct sigset *set)
{
    int64_t container = 0, plain = 0;

    for (size_t i = 0; i < set->count; i++) {
        const struct sigset_file *file = &set->files[i];
        int64_t *newest = is_container(file) ? &container : &plain;
        if (file->form != SIGFILE_EXCEPTION && file->built > *newest)
            *newest = file->built;
    }
    return container > 0 ? container : plain;
}

bool sigset_is_fresh(int64_t newest, int64_t now, int64_t max_age)
{
    static const int64_t ahead = 2 * 86400;

    if (newest <= 0 || now <= 0 || max_age <= 0 || newest > INT64_MAX - ahead)
        return false;
    return newest <= now + ahead && (now < newest || now - newest <= max_age);
}
