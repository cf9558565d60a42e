/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Import of signature files. Command line and supervisor, as the user that
 * owns the signature folder. Content is copied, never looked at: the scanner
 * program, walled off, decides. A power cut leaves the old set current.
 */
#include "signatures.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "base/fdio.h"
#include "base/json.h"
#include "base/spawn.h"
#include "sigcheck.h"
#include "sigset.h"

#define LOCK_NAME ".lock"
#define NEW_PREFIX ".new-"
#define STATUS_NAME "status.json"
#define REPORT_MAX (512u << 10)
#define DAY 86400

/* ---- The check -------------------------------------------------------------------------- */

static void scope_json(json_t **json)
{
    if (*json)
        json_decref(*json);
}

static int collect(int fd, struct buf *out)
{
    char chunk[4096];

    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? ERR_IO : out->err;
        buf_put(out, chunk, (size_t)n);
    }
}

/* Runs `scanner --check`. Its exit status, or ERR_*; what it printed goes into `json`. */
static int run_check(const char *scanner, const char *dir, uint32_t max_age_days, uint32_t waived, struct buf *json)
{
    char days[16], mask[16];
    const char *argv[] = {"sekimori-scanner", "--check", dir, days, mask, NULL};
    int pipe_fds[2], status;
    struct spawned child;

    (void)snprintf(days, sizeof days, "%u", max_age_days);
    (void)snprintf(mask, sizeof mask, "%x", waived);
    if (pipe2(pipe_fds, O_CLOEXEC) < 0)
        return ERR_IO;
    scoped_fd int from = pipe_fds[0], to = pipe_fds[1];
    const struct spawn_fd fds[] = {{to, STDOUT_FILENO}};
    int err = spawn_program(&(struct spawn){.path = scanner, .argv = argv, .fds = fds, .fd_count = 1}, &child);
    if (err < 0)
        return err;
    scope_close(&to);
    err = collect(from, json);
    scope_close(&from); /* a report without end must not keep it, and us, waiting */
    while (waitpid(child.pid, &status, 0) < 0)
        if (errno != EINTR)
            return ERR_IO;
    scope_close(&child.pidfd);
    return err < 0 ? err : WIFEXITED(status) ? WEXITSTATUS(status) : ERR_FAULT;
}

/* A number and a text of a report of ours. */
static int64_t report_newest(const struct buf *json)
{
    scoped(scope_json) json_t *root = json_loadb((const char *)json->bytes, json->len, 0, NULL);

    return root ? (int64_t)json_integer_value(json_object_get(root, "newest")) : 0;
}

static void report_problem(const struct buf *json, char problem[256])
{
    scoped(scope_json) json_t *root = json_loadb((const char *)json->bytes, json->len, 0, NULL);
    const char *state = root ? json_string_value(json_object_get(root, "state")) : NULL;
    const char *text = root ? json_string_value(json_object_get(root, "problem")) : NULL;

    (void)snprintf(problem, 256, "%s%s%s", state ? state : "no report", text && *text ? ": " : "", text ? text : "");
}

static int read_status(int base_fd, const char *set, struct buf *json)
{
    char path[SIGNATURES_SET_MAX + 16];
    uint64_t size;

    (void)snprintf(path, sizeof path, "%s/%s", set, STATUS_NAME);
    scoped_fd int fd = fdio_open(base_fd, path, O_RDONLY, 0);
    if (fd < 0)
        return fd;
    int err = fdio_size(fd, &size);
    if (err < 0 || size > REPORT_MAX)
        return err < 0 ? err : ERR_LIMIT;
    return collect(fd, json);
}

/* ---- A new set ---------------------------------------------------------------------------- */

struct staging {
    int base_fd, fd;
    char name[SIGNATURES_SET_MAX]; /* of the folder under base, while it is not a set yet */
    char set[SIGNATURES_SET_MAX];
};

static int remove_set(int base_fd, const char *name)
{
    scoped_fd int fd = fdio_open_dir(base_fd, name);
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;

    if (!list)
        return ERR_IO;
    (void)steal_fd(&fd);
    for (const struct dirent *e = readdir(list); e; e = readdir(list))
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            (void)unlinkat(dirfd(list), e->d_name, 0);
    (void)closedir(list);
    return unlinkat(base_fd, name, AT_REMOVEDIR) == 0 ? 0 : ERR_IO;
}

static void staging_end(struct staging *s)
{
    scope_close(&s->fd);
    if (s->name[0])
        (void)remove_set(s->base_fd, s->name);
}

static int staging_new(int base_fd, struct staging *s)
{
    uint32_t random;
    char stamp[32];
    struct tm tm;
    time_t now = time(NULL);

    fdio_random(&random, sizeof random);
    if (!gmtime_r(&now, &tm) || strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%S", &tm) == 0)
        return ERR_IO;
    (void)snprintf(s->set, sizeof s->set, "%s%s-%08x", SIGSET_PREFIX, stamp, random);
    (void)snprintf(s->name, sizeof s->name, "%s%s-%08x", NEW_PREFIX, stamp, random);
    s->base_fd = base_fd;
    if (mkdirat(base_fd, s->name, 0755) < 0) {
        s->name[0] = '\0';
        return errno == ENOSPC || errno == EDQUOT ? ERR_SPACE : ERR_IO;
    }
    s->fd = fdio_open_dir(base_fd, s->name);
    /* Signatures are no secret, and the scanner runs as another user than who imports. */
    return s->fd < 0 ? s->fd : fchmod(s->fd, 0755) < 0 ? ERR_IO : 0;
}

/* Copies one file, with its time: that is the age of a plain signature file. */
static int copy_file(int in_fd, int dir_fd, const char *name)
{
    struct stat st;
    uint64_t copied;

    if (fstat(in_fd, &st) < 0)
        return ERR_IO;
    if (!S_ISREG(st.st_mode))
        return ERR_INVALID;
    scoped_fd int fd = fdio_open(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL, 0644);
    if (fd < 0)
        return fd == ERR_EXISTS ? ERR_INVALID : fd;
    int err = fdio_copy(in_fd, fd, &copied);
    const struct timespec times[2] = {st.st_mtim, st.st_mtim};
    if (err == 0 && (fchmod(fd, 0644) < 0 || futimens(fd, times) < 0))
        err = ERR_IO;
    return err == 0 ? fdio_sync(fd) : err;
}

static int add_sources(const struct signatures_import *import, struct staging *s, char problem[256])
{
    for (size_t i = 0; i < import->count; i++) {
        char name[SIGFILE_NAME_MAX];
        if (!sigfile_name(import->sources[i].name, name)) {
            (void)snprintf(problem, 256, "file %zu: no name of a signature file", i + 1);
            return ERR_INVALID;
        }
        int err = copy_file(import->sources[i].fd, s->fd, name);
        if (err < 0) {
            (void)snprintf(problem, 256, "%s: %s", name, err == ERR_INVALID ? "no regular file, or given twice" : err_text(err));
            return err;
        }
    }
    return 0;
}

/* True when the new set has this file, or the same container in another form (daily.cvd replaces daily.cld). */
static bool is_replaced(const struct signatures_import *import, const struct sigset_file *old)
{
    for (size_t i = 0; i < import->count; i++) {
        char name[SIGFILE_NAME_MAX];
        if (!sigfile_name(import->sources[i].name, name))
            continue;
        const char *dot = strrchr(name, '.'), *old_dot = strrchr(old->name, '.');
        bool container = (old->form == SIGFILE_SIGNED || old->form == SIGFILE_CONTAINER) &&
                         (sigfile_form(name) == SIGFILE_SIGNED || sigfile_form(name) == SIGFILE_CONTAINER);
        bool same_stem = dot && old_dot && dot - name == old_dot - old->name &&
                         strncmp(name, old->name, (size_t)(dot - name)) == 0;
        if (strcmp(name, old->name) == 0 || (container && same_stem))
            return true;
    }
    return false;
}

/* Takes over what the active set has besides. Sets never change, so that a link is as good as a copy. */
static int add_active(const struct signatures_import *import, struct staging *s)
{
    char path[4096];
    scoped(sigset_free) struct sigset set = {0};

    int err = sigset_folder(import->base, path, sizeof path);
    if (err < 0)
        return err;
    err = sigset_read(path, &set);
    if (err < 0)
        return err;
    scoped_fd int dir = fdio_open_dir(AT_FDCWD, path);
    if (dir < 0)
        return dir;
    bool is_set = strcmp(path, import->base) != 0;
    for (size_t i = 0; i < set.count; i++) {
        const char *name = set.files[i].name;
        if (is_replaced(import, &set.files[i]) || (is_set && linkat(dir, name, s->fd, name, 0) == 0))
            continue;
        scoped_fd int fd = fdio_open(dir, name, O_RDONLY, 0);
        err = fd < 0 ? fd : copy_file(fd, s->fd, name);
        if (err < 0)
            return err;
    }
    return 0;
}

static int write_status(const struct staging *s, const struct buf *json)
{
    scoped_fd int fd = fdio_open(s->fd, STATUS_NAME, O_WRONLY | O_CREAT | O_EXCL, 0644);

    if (fd < 0)
        return fd;
    int err = fdio_write(fd, json->bytes, json->len);
    if (err == 0)
        err = fdio_sync(fd);
    return err;
}

/* ---- Links -------------------------------------------------------------------------------- */

static int set_link(int base_fd, const char *link, const char *set)
{
    char temporary[64];

    (void)snprintf(temporary, sizeof temporary, ".%s.new", link);
    (void)unlinkat(base_fd, temporary, 0);
    if (symlinkat(set, base_fd, temporary) < 0)
        return errno == ENOSPC || errno == EDQUOT ? ERR_SPACE : ERR_IO;
    return fdio_rename(base_fd, temporary, base_fd, link);
}

static int switch_to(struct staging *s)
{
    char old[SIGNATURES_SET_MAX];
    bool has_old = sigset_link(s->base_fd, SIGSET_CURRENT, old, sizeof old) == 0;

    int err = fdio_sync(s->fd);
    if (err == 0)
        err = fdio_rename_new(s->base_fd, s->name, s->base_fd, s->set);
    if (err < 0)
        return err;
    memcpy(s->name, s->set, sizeof s->name);
    err = fdio_sync(s->base_fd);
    if (err == 0 && has_old)
        err = set_link(s->base_fd, SIGSET_PREVIOUS, old);
    if (err == 0)
        err = set_link(s->base_fd, SIGSET_CURRENT, s->set);
    if (err < 0)
        return err;
    s->name[0] = '\0'; /* it is in use: keep it whatever comes */
    return fdio_sync(s->base_fd);
}

/* Sets that no link names any more, and what an import cut short left behind. */
static void remove_old(int base_fd)
{
    char current[SIGNATURES_SET_MAX] = "", previous[SIGNATURES_SET_MAX] = "";
    scoped_fd int fd = fdio_open_dir(base_fd, ".");
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;

    if (!list)
        return;
    (void)steal_fd(&fd);
    bool known = sigset_link(base_fd, SIGSET_CURRENT, current, sizeof current) == 0;
    int err = sigset_link(base_fd, SIGSET_PREVIOUS, previous, sizeof previous);
    known = known && (err == 0 || err == ERR_NOTFOUND);
    for (const struct dirent *e = readdir(list); e && known; e = readdir(list)) {
        bool set = strncmp(e->d_name, SIGSET_PREFIX, strlen(SIGSET_PREFIX)) == 0;
        bool half = strncmp(e->d_name, NEW_PREFIX, strlen(NEW_PREFIX)) == 0;
        if ((set || half) && strcmp(e->d_name, current) != 0 && strcmp(e->d_name, previous) != 0)
            (void)remove_set(base_fd, e->d_name);
    }
    (void)closedir(list);
}

/* One import at a time. */
static int lock_base(const char *base, int *base_fd_out, int *lock_fd_out)
{
    scoped_fd int fd = fdio_open_dir(AT_FDCWD, base);

    if (fd < 0)
        return fd;
    scoped_fd int lock = fdio_open(fd, LOCK_NAME, O_RDWR | O_CREAT, 0600);
    if (lock < 0)
        return lock;
    if (flock(lock, LOCK_EX | LOCK_NB) < 0)
        return errno == EWOULDBLOCK ? ERR_AGAIN : ERR_IO;
    *base_fd_out = steal_fd(&fd);
    *lock_fd_out = steal_fd(&lock);
    return 0;
}

/* ---- The verbs ------------------------------------------------------------------------------ */

static bool is_older(int base_fd, const struct buf *json)
{
    char set[SIGNATURES_SET_MAX];
    scoped_buf old = buf_new(REPORT_MAX);

    if (sigset_link(base_fd, SIGSET_CURRENT, set, sizeof set) < 0 || read_status(base_fd, set, &old) < 0)
        return false; /* nothing to compare with */
    return report_newest(json) < report_newest(&old);
}

/* Has the set checked. 0 when it may be used. */
static int check_set(const struct signatures_import *import, const struct staging *s, struct signatures_result *result)
{
    char path[4096];
    int n = snprintf(path, sizeof path, "%s/%s", import->base, s->name);

    if (n < 0 || (size_t)n >= sizeof path)
        return ERR_INVALID;
    int status = run_check(import->scanner, path, import->max_age_days, import->waived, &result->json);
    if (status < 0)
        return status;
    result->check = status;
    result->stale = status == SIGCHECK_STALE;
    if (status == SIGCHECK_OK || status == SIGCHECK_STALE)
        return 0;
    report_problem(&result->json, result->problem);
    return status == SIGCHECK_FAULT || status == SIGCHECK_USAGE ? ERR_FAULT : ERR_REFUSED;
}

static int import_locked(const struct signatures_import *import, int base_fd, struct signatures_result *result)
{
    scoped(staging_end) struct staging s = {.fd = -1};

    int err = staging_new(base_fd, &s);
    if (err == 0)
        err = add_sources(import, &s, result->problem);
    if (err == 0 && !import->replace)
        err = add_active(import, &s);
    if (err == 0)
        err = fdio_sync(s.fd);
    if (err == 0)
        err = check_set(import, &s, result);
    if (err < 0)
        return err;
    if (!import->older && is_older(base_fd, &result->json)) {
        (void)snprintf(result->problem, sizeof result->problem, "older than the set in use");
        return ERR_STALE;
    }
    err = write_status(&s, &result->json);
    if (err == 0)
        err = switch_to(&s);
    if (err < 0)
        return err;
    memcpy(result->set, s.set, sizeof result->set);
    remove_old(base_fd);
    return 0;
}

int signatures_import(const struct signatures_import *import, struct signatures_result *result_out)
{
    scoped_fd int base_fd = -1, lock = -1;

    *result_out = (struct signatures_result){.check = -1, .json = buf_new(REPORT_MAX)};
    if (import->count == 0 || import->base[0] != '/')
        return ERR_INVALID;
    int err = lock_base(import->base, &base_fd, &lock);
    if (err == 0)
        err = import_locked(import, base_fd, result_out);
    if (err < 0 && result_out->problem[0] == '\0')
        (void)snprintf(result_out->problem, sizeof result_out->problem, "%s", err_text(err));
    return err;
}

int signatures_go_back(const char *base)
{
    scoped_fd int base_fd = -1, lock = -1;
    char set[SIGNATURES_SET_MAX];

    int err = lock_base(base, &base_fd, &lock);
    if (err == 0)
        err = sigset_link(base_fd, SIGSET_PREVIOUS, set, sizeof set);
    if (err < 0)
        return err;
    if (renameat2(base_fd, SIGSET_CURRENT, base_fd, SIGSET_PREVIOUS, RENAME_EXCHANGE) < 0)
        return errno == ENOENT ? ERR_NOTFOUND : ERR_IO;
    return fdio_sync(base_fd);
}

int signatures_status(const char *base, const char *scanner, uint32_t max_age_days, uint32_t waived, struct buf *json_out)
{
    scoped_fd int fd = fdio_open_dir(AT_FDCWD, base);
    scoped_buf report = buf_new(REPORT_MAX);
    char set[SIGNATURES_SET_MAX] = "", previous[SIGNATURES_SET_MAX] = "";

    if (fd < 0)
        return fd;
    int err = sigset_link(fd, SIGSET_CURRENT, set, sizeof set);
    if (err == 0)
        err = read_status(fd, set, &report);
    else if (err == ERR_NOTFOUND)
        err = run_check(scanner, base, max_age_days, waived, &report);
    if (err < 0)
        return err;
    if (sigset_link(fd, SIGSET_PREVIOUS, previous, sizeof previous) < 0)
        previous[0] = '\0'; /* nothing to go back to */
    scoped(scope_json) json_t *root = json_loadb((const char *)report.bytes, report.len, 0, NULL);
    if (!root)
        return ERR_FAULT;
    int64_t newest = (int64_t)json_integer_value(json_object_get(root, "newest")), now = time(NULL);
    int64_t age = newest > 0 && now > newest ? (now - newest) / DAY : 0;
    json_open(json_out, NULL, '{');
    json_str(json_out, "set", set);
    json_str(json_out, "previous", previous);
    json_bool(json_out, "fresh", sigset_is_fresh(newest, now, (int64_t)max_age_days * DAY));
    json_u64(json_out, "age_days", (uint64_t)age);
    json_u64(json_out, "max_age_days", max_age_days);
    json_raw(json_out, "check", buf_text(&report));
    json_close(json_out, '}');
    return json_out->err;
}
