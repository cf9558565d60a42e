/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tries a signature folder before the gateway uses it. Runs as the importing
 * administrator; the files may come from anywhere, so they are loaded by a
 * child behind walls, and a child that dies makes them broken.
 */
#include "sigcheck.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "base/fdio.h"
#include "base/json.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "lib_clamav.h"
#include "sigset.h"

#define LOAD_CPU_SECONDS 900
#define REPORT_MAX (256u << 10)

static const struct {
    enum sigcheck_exit status;
    const char *word;
} states[] = {
    {SIGCHECK_OK, "ok"},         {SIGCHECK_NONE, "none"},   {SIGCHECK_BROKEN, "broken"},
    {SIGCHECK_CANARY, "canary"}, {SIGCHECK_STALE, "stale"}, {SIGCHECK_FAULT, "fault"},
};

static const char *const form_words[] = {
    [SIGFILE_UNKNOWN] = "unknown", [SIGFILE_SIGNED] = "signed",       [SIGFILE_CONTAINER] = "container",
    [SIGFILE_PLAIN] = "plain",     [SIGFILE_EXCEPTION] = "exception",
};

struct check {
    const char *dir, *scratch;
    int64_t max_age, now;
    struct buf files; /* JSON elements */
    char problem[256];
};

static const char *state_word(enum sigcheck_exit status)
{
    for (size_t i = 0; i < ARRAY_LEN(states); i++)
        if (states[i].status == status)
            return states[i].word;
    return "fault";
}

static void report(const struct check *check, enum sigcheck_exit status, const struct clamav_info *info)
{
    static const struct clamav_info nothing;
    scoped_buf b = buf_new(REPORT_MAX);

    if (!info)
        info = &nothing;
    int64_t age = info->newest > 0 && check->now > info->newest ? (check->now - info->newest) / 86400 : 0;
    json_open(&b, NULL, '{');
    json_str(&b, "state", state_word(status));
    json_str(&b, "engine", info->version);
    json_u64(&b, "signatures", info->signatures);
    json_u64(&b, "newest", (uint64_t)info->newest);
    json_u64(&b, "age_days", (uint64_t)age);
    json_str(&b, "problem", check->problem);
    json_open(&b, "files", '[');
    if (check->files.len > 0)
        buf_put(&b, check->files.bytes, check->files.len);
    json_close(&b, ']');
    json_close(&b, '}');
    buf_printf(&b, "\n");
    if (b.err < 0 || check->files.err < 0 || fdio_write(STDOUT_FILENO, b.bytes, b.len) < 0)
        log_error("the result could not be written");
}

static void on_file(void *arg, const struct clamav_file *file)
{
    struct check *check = arg;

    json_open(&check->files, NULL, '{');
    json_str(&check->files, "name", file->name);
    json_str(&check->files, "form", form_words[sigfile_form(file->name)]);
    json_u64(&check->files, "version", file->version);
    json_u64(&check->files, "built", file->built > 0 ? (uint64_t)file->built : 0);
    json_u64(&check->files, "signatures", file->signatures);
    json_close(&check->files, '}');
}

/* The maker's signature of every signed container, besides what loading checks. */
static int verify_signed(struct check *check, const struct sigset *set)
{
    for (size_t i = 0; i < set->count; i++) {
        char path[4096], complaint[128];
        if (set->files[i].form != SIGFILE_SIGNED)
            continue;
        int n = snprintf(path, sizeof path, "%s/%s", check->dir, set->files[i].name);
        if (n < 0 || (size_t)n >= sizeof path || clamav_verify(path, complaint) < 0) {
            (void)snprintf(check->problem, sizeof check->problem, "%.100s: the maker's signature does not verify",
                           set->files[i].name);
            return ERR_CRYPTO;
        }
    }
    return 0;
}

static enum sigcheck_exit judge(struct check *check, const struct sigset *set, struct clamav *engine)
{
    const struct clamav_info *info = clamav_info(engine);

    if (set->count == 0)
        return SIGCHECK_NONE;
    if (info->problem[0]) {
        (void)snprintf(check->problem, sizeof check->problem, "%s", info->problem);
        return SIGCHECK_BROKEN;
    }
    if (clamav_self_test(engine) < 0)
        return SIGCHECK_CANARY;
    if (verify_signed(check, set) < 0)
        return SIGCHECK_BROKEN;
    return sigset_is_fresh(info->newest, check->now, check->max_age) ? SIGCHECK_OK : SIGCHECK_STALE;
}

static enum sigcheck_exit report_folder(struct check *check, int err)
{
    (void)snprintf(check->problem, sizeof check->problem, "signature folder: %s", err_text(err));
    report(check, SIGCHECK_NONE, NULL);
    return SIGCHECK_NONE;
}

static enum sigcheck_exit load_and_judge(struct check *check)
{
    scoped(clamav_free) struct clamav *engine = NULL;
    scoped(sigset_free) struct sigset set = {0};

    int err = sigset_read(check->dir, &set);
    if (err < 0)
        return report_folder(check, err);
    err = clamav_new(check->dir, check->scratch, on_file, check, &engine);
    if (err < 0) {
        (void)snprintf(check->problem, sizeof check->problem, "engine: %s", err_text(err));
        report(check, SIGCHECK_FAULT, NULL);
        return SIGCHECK_FAULT;
    }
    enum sigcheck_exit status = judge(check, &set, engine);
    report(check, status, clamav_info(engine));
    return status;
}

/* The scan task's system calls, and two folders. */
static int wall_off(const struct check *check, uint32_t waived)
{
    const struct sandbox_profile profile = {
        .name = "signature check",
        .layers = SANDBOX_USERNS | SANDBOX_NETNS | SANDBOX_IPCNS | SANDBOX_UTSNS | SANDBOX_LANDLOCK | SANDBOX_SECCOMP |
                  SANDBOX_RLIMITS | SANDBOX_NO_NEW_PRIVS,
        .calls = sandbox_profiles[SANDBOX_PROFILE_scanner].calls,
    };
    struct rlimit cpu = {LOAD_CPU_SECONDS, LOAD_CPU_SECONDS};
    scoped_fd int dir = fdio_open_dir(AT_FDCWD, check->dir), scratch = fdio_open_dir(AT_FDCWD, check->scratch);
    const struct sandbox_dir dirs[] = {{dir, SANDBOX_ACCESS_READ}, {scratch, SANDBOX_ACCESS_READ | SANDBOX_ACCESS_WRITE}};
    uint32_t active, missing = 0;

    if (dir < 0 || scratch < 0 || setrlimit(RLIMIT_CPU, &cpu) < 0)
        return ERR_IO;
    int err = sandbox_enter_service(&profile, waived, dirs, ARRAY_LEN(dirs), &active, &missing);
    for (unsigned i = 0; err == ERR_UNSUPPORTED && i < SANDBOX_LAYERS; i++)
        if (missing >> i & 1)
            log_error("sandbox layer missing and not waived: %s", sandbox_layer_name(i));
    return err;
}

/* What the library reads from the machine on first use, while files can still be read. */
static int warm(const char *scratch)
{
    scoped(clamav_free) struct clamav *engine = NULL;

    return clamav_new(NULL, scratch, NULL, NULL, &engine);
}

static enum sigcheck_exit child(struct check *check, uint32_t waived)
{
    if (warm(check->scratch) < 0 || wall_off(check, waived) < 0) {
        log_error("the check could not be walled off");
        return SIGCHECK_FAULT;
    }
    return load_and_judge(check);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

int sigcheck_main(const char *dir, int64_t max_age, uint32_t waived)
{
    char scratch[] = "/tmp/sekimori-check.XXXXXX", folder[4096];
    bool has_folder = sigset_folder(dir, folder, sizeof folder) == 0;
    struct check check = {.dir = has_folder ? folder : dir, .scratch = scratch, .max_age = max_age, .now = time(NULL),
                          .files = buf_new(REPORT_MAX)};
    int status;

    if (!has_folder)
        return report_folder(&check, ERR_NOTFOUND);
    if (!mkdtemp(scratch)) {
        log_error("no scratch folder in /tmp");
        return SIGCHECK_FAULT;
    }
    pid_t pid = fork();
    if (pid == 0)
        _exit(child(&check, waived));
    bool ended = pid > 0 && waitpid(pid, &status, 0) == pid;
    (void)nftw(scratch, remove_one, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
    if (!ended)
        return SIGCHECK_FAULT;
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    (void)snprintf(check.problem, sizeof check.problem, "loading ended with signal %d", WTERMSIG(status));
    report(&check, SIGCHECK_BROKEN, NULL);
    return SIGCHECK_BROKEN;
}
