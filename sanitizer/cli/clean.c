/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `sekimori clean`: the pipeline in the foreground, without a daemon, for one
 * user's own files. Same engines, same sandbox, same checks; what is missing
 * is the store and the ledger.
 *
 * SECURITY: opens the user's files and the output folder; parses none of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/log.h"
#include "clean_report.h"
#include "clean_walk.h"
#include "cli.h"
#include "supervisor/workfile.h"

struct clean {
    const struct cli_word *word;
    struct config *config;
    struct loop *loop;
    struct pipeline *pipeline;
    struct walk walk;
    size_t next, over; /* files begun, files done */
    size_t verdicts[VERDICT_BLOCKED + 1];
    unsigned jobs;
    int out_dir;
    const char *out_name;
    enum fmt_mode mode;
    const struct config_profile *profile;
    bool json, force, bar;
    int exit;
};

/* What `done` gets back: which file it was. */
struct clean_file {
    struct walk_file *file;
    int64_t mtime;
};

/* ---- The bar on a terminal ----------------------------------------------------------- */

static void bar_clear(const struct clean *c)
{
    if (c->bar)
        (void)fputs("\r\033[K", stderr);
}

static void bar_draw(const struct clean *c)
{
    enum { WIDTH = 30 };
    char bar[WIDTH + 1];

    if (!c->bar || c->walk.count == 0)
        return;
    size_t filled = c->over * WIDTH / c->walk.count;
    for (size_t i = 0; i < WIDTH; i++)
        bar[i] = i < filled ? '#' : '.';
    bar[WIDTH] = '\0';
    (void)fprintf(stderr, "\r[%s] %zu/%zu  released %zu  held %zu  blocked %zu", bar, c->over, c->walk.count,
                  c->verdicts[VERDICT_RELEASED], c->verdicts[VERDICT_HELD], c->verdicts[VERDICT_BLOCKED]);
}

/* ---- Writing the result -------------------------------------------------------------- */

static int split_path(const char *path, char folder[JOB_PATH_MAX], const char **name_out)
{
    const char *slash = strrchr(path, '/');
    int n = snprintf(folder, JOB_PATH_MAX, "%.*s", slash ? (int)(slash - path) : 0, path);

    *name_out = slash ? slash + 1 : path;
    return n >= 0 && n < JOB_PATH_MAX ? 0 : ERR_LIMIT;
}

/* A whole file or none: written under a temporary name, then renamed. */
static int clean_write(const struct clean *c, const struct outcome *o, int64_t mtime)
{
    char folder[JOB_PATH_MAX], temporary[64];
    const struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_sec = mtime}};
    const char *name;
    uint64_t copied, tag;

    if (split_path(o->out_path, folder, &name) < 0)
        return ERR_LIMIT;
    scoped_fd int dir = fdio_make_dirs(c->out_dir, folder, 0755);
    if (dir < 0)
        return dir;
    fdio_random(&tag, sizeof tag);
    (void)snprintf(temporary, sizeof temporary, ".sekimori-%016llx.tmp", (unsigned long long)tag);
    scoped_fd int out = fdio_open(dir, temporary, O_WRONLY | O_CREAT | O_EXCL, 0644);
    if (out < 0)
        return out;
    int err = fdio_copy(o->out_fd, out, &copied);
    if (err == 0 && copied != o->out_bytes)
        err = ERR_IO;
    (void)futimens(out, times);
    if (err == 0)
        err = fdio_close(&out);
    if (err == 0)
        err = c->force ? fdio_rename(dir, temporary, dir, name) : fdio_rename_new(dir, temporary, dir, name);
    if (err < 0)
        (void)unlinkat(dir, temporary, 0);
    return err;
}

/* The digest of an input no scanner came to see (too large, empty, engine missing). */
static void digest_input(const char *path, struct outcome *o)
{
    scoped_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    crypto_hash_sha256_state state;
    uint8_t chunk[1 << 16];
    uint64_t size;
    ssize_t n;

    if (fd < 0 || fdio_size(fd, &size) < 0)
        return;
    (void)crypto_hash_sha256_init(&state);
    while ((n = read(fd, chunk, sizeof chunk)) > 0)
        (void)crypto_hash_sha256_update(&state, chunk, (size_t)n);
    if (n < 0)
        return;
    (void)crypto_hash_sha256_final(&state, o->in_sha256);
    o->has_in_sha256 = true;
}

static void clean_over(struct clean *c, const struct clean_file *f, struct outcome *o)
{
    char output[JOB_PATH_MAX * 2];
    bool released = o->reason == REASON_OK;

    if (released) {
        int err = clean_write(c, o, f->mtime);
        if (err < 0) {
            o->reason = err == ERR_EXISTS ? REASON_OUTPUT_EXISTS : REASON_IO;
            o->detail = err_text(err);
            released = false;
        }
    }
    if (!o->has_in_sha256)
        digest_input(f->file->path, o);
    (void)snprintf(output, sizeof output, "%s/%s", c->out_name, o->out_path);
    c->over++;
    c->verdicts[reason_verdict(o->reason)]++;
    bar_clear(c);
    (c->json ? clean_report_json : clean_report_text)(f->file->path, o, released ? output : NULL);
    bar_draw(c);
    if (c->over == c->walk.count)
        loop_stop(c->loop, 0);
}

static void on_done(void *owner, void *arg, struct outcome *o)
{
    struct clean_file *f = arg;

    clean_over(owner, f, o);
    free(f);
}

/* ---- Feeding -------------------------------------------------------------------------- */

/* A file that never enters the pipeline: not regular, unreadable, too large. */
static void clean_refuse(struct clean *c, const struct clean_file *f, enum reason reason, const char *detail, uint64_t bytes)
{
    struct findings none = {0};
    struct outcome o = {.reason = reason, .detail = detail, .type = "", .out_type = "", .mode = "", .out_path = "",
                        .in_bytes = bytes, .out_fd = -1, .findings = &none, .items = 1};

    clean_over(c, f, &o);
}

static void clean_submit(struct clean *c, const struct clean_file *one, int fd, uint64_t size)
{
    struct clean_file *kept = malloc(sizeof *kept);
    struct submission s = {.fd = fd, .bytes = size, .name = one->file->name, .profile = c->profile, .mode = c->mode, .arg = kept};

    if (kept)
        *kept = *one;
    else
        (void)close(fd);
    if (!kept || pipeline_submit(c->pipeline, &s) < 0) {
        free(kept);
        clean_refuse(c, one, REASON_INTERNAL, "out of memory", size);
    }
}

static void clean_begin(struct clean *c, struct walk_file *file)
{
    struct clean_file one = {.file = file};
    scoped_fd int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    uint64_t size = 0;

    if (fd < 0 || fstat(fd, &st) < 0) {
        bool special = errno == ELOOP || errno == ENXIO;
        clean_refuse(c, &one, special ? REASON_NOT_REGULAR : REASON_IO, strerror(errno), 0);
        return;
    }
    if (!S_ISREG(st.st_mode)) {
        clean_refuse(c, &one, REASON_NOT_REGULAR, "no regular file", 0);
        return;
    }
    one.mtime = st.st_mtime;
    int copy = workfile_copy(fd, c->out_dir, c->config->limits.file_mb << 20, &size);
    if (copy < 0)
        clean_refuse(c, &one, copy == ERR_LIMIT ? REASON_LIMIT_BYTES : REASON_IO, err_text(copy), (uint64_t)st.st_size);
    else
        clean_submit(c, &one, copy, size);
}

/* Keeps a few files more in the pipeline than run at once, so that no core waits for a copy. */
static void clean_feed(void *owner)
{
    struct clean *c = owner;

    while (c->next < c->walk.count && pipeline_jobs(c->pipeline) < c->jobs + 2)
        clean_begin(c, &c->walk.files[c->next++]);
}

static void on_failed(void *owner, enum program_id id, int status)
{
    struct clean *c = owner;

    bar_clear(c);
    (void)fprintf(stderr, "sekimori clean: %s does not start (status %d); `sekimori doctor` says what is missing\n",
                  program_name(id), status);
    c->exit = CLI_USAGE;
    loop_stop(c->loop, 0);
}

static void on_interrupt(void *arg, int signo)
{
    struct clean *c = arg;

    (void)signo;
    c->exit = CLI_USAGE;
    loop_stop(c->loop, 0);
}

static const struct pipeline_hooks hooks = {.done = on_done, .room = clean_feed, .failed = on_failed};

static int clean_start(struct clean *c)
{
    static const enum program_id always[] = {PROGRAM_DETECT, PROGRAM_SCANNER, PROGRAM_CHECKER};

    if (loop_new(&c->loop) < 0 || loop_signal(c->loop, SIGINT, on_interrupt, c) < 0 ||
        loop_signal(c->loop, SIGTERM, on_interrupt, c) < 0 ||
        pipeline_new(c->loop, c->config, c->jobs, c->out_dir, &hooks, c, &c->pipeline) < 0) {
        (void)fprintf(stderr, "sekimori clean: cannot start: %s\n", strerror(errno));
        return CLI_USAGE;
    }
    for (size_t i = 0; i < ARRAY_LEN(always); i++) {
        int err = engine_start(pipeline_engines(c->pipeline), always[i]);
        if (err < 0) {
            (void)fprintf(stderr, "sekimori clean: %s: %s\n", program_name(always[i]), err_text(err));
            return CLI_USAGE;
        }
    }
    return CLI_OK;
}

static int clean_run(struct clean *c)
{
    if (clean_start(c) != CLI_OK)
        return CLI_USAGE;
    bar_draw(c);
    clean_feed(c);
    if (c->over < c->walk.count && loop_run(c->loop) < 0)
        return CLI_USAGE;
    bar_clear(c);
    if (c->exit != CLI_OK)
        return c->exit;
    if (!c->json)
        (void)printf("%zu released, %zu held, %zu blocked\n", c->verdicts[VERDICT_RELEASED], c->verdicts[VERDICT_HELD],
                     c->verdicts[VERDICT_BLOCKED]);
    return c->verdicts[VERDICT_RELEASED] == c->walk.count ? CLI_OK : CLI_NOT_ALL;
}

/* ---- Arguments --------------------------------------------------------------------------- */

static const struct option long_options[] = {
    {"config", required_argument, NULL, 'c'},  {"mode", required_argument, NULL, 'm'},
    {"jobs", required_argument, NULL, 'j'},    {"output", required_argument, NULL, 'o'},
    {"profile", required_argument, NULL, 'p'}, {"json", no_argument, NULL, 'J'},
    {"force", no_argument, NULL, 'F'},         {"help", no_argument, NULL, 'h'},
    {0}};

struct clean_arguments {
    const char *values[128]; /* by option letter */
};

/* Returns -1 when the run may go on, else the exit code. */
static int clean_parse(struct clean *c, int argc, char **argv, struct clean_arguments *a)
{
    int option;
    char *end = NULL;

    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "c:m:j:o:p:", long_options, NULL)) != -1) {
        if (option == '?' || option >= 128)
            return cli_usage(c->word, "unknown option or missing value: %s", argv[optind - 1]);
        if (option == 'h')
            return cli_help(c->word);
        a->values[option] = optarg ? optarg : "";
    }
    c->json = a->values['J'] != NULL;
    c->force = a->values['F'] != NULL;
    unsigned long jobs = a->values['j'] ? strtoul(a->values['j'], &end, 10) : 0;
    if (a->values['j'] && (*end || jobs < 1 || jobs > 256))
        return cli_usage(c->word, "-j wants a number from 1 to 256");
    c->jobs = (unsigned)jobs;
    if (a->values['m'] && (c->mode = config_mode(a->values['m'])) == FMT_MODE_NONE)
        return cli_usage(c->word, "-m wants sanitize, flatten or text");
    if (!a->values['o'])
        return cli_usage(c->word, "-o OUTDIR is missing");
    return optind < argc ? -1 : cli_usage(c->word, "no PATH given");
}

/* The output folder with its missing parents, as the user's umask allows. */
static int make_parents(const char *path)
{
    scoped_free char *copy = strdup(path);

    if (!copy)
        return ERR_NOMEM;
    for (char *at = copy + 1; *copy && *at; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        if (mkdir(copy, 0755) < 0 && errno != EEXIST)
            return ERR_IO;
        *at = '/';
    }
    return mkdir(path, 0755) == 0 || errno == EEXIST ? 0 : ERR_IO;
}

static int clean_prepare(struct clean *c, const struct clean_arguments *a, char **paths)
{
    const char *profile = a->values['p'] ? a->values['p'] : "standard";
    int err = cli_load(a->values['c'], &c->config);

    if (err != CLI_OK)
        return err;
    c->profile = config_profile_find(c->config, profile);
    if (!c->profile)
        return cli_usage(c->word, "no profile is called '%s'", profile);
    if (c->jobs == 0)
        c->jobs = (unsigned)(c->config->gateway.workers ? c->config->gateway.workers
                                                        : (uint64_t)sysconf(_SC_NPROCESSORS_ONLN));
    c->out_name = a->values['o'];
    for (; *paths; paths++) {
        err = walk_add(&c->walk, *paths);
        if (err < 0)
            return cli_usage(c->word, "%s: %s", *paths, err_text(err));
    }
    if (make_parents(c->out_name) < 0)
        return cli_usage(c->word, "%s: %s", c->out_name, strerror(errno));
    c->out_dir = fdio_open_dir(AT_FDCWD, c->out_name);
    return c->out_dir >= 0 ? CLI_OK : cli_usage(c->word, "%s: not a folder that can be opened", c->out_name);
}

int cli_clean(const struct cli_word *word, int argc, char **argv)
{
    struct clean c = {.word = word, .out_dir = -1};
    struct clean_arguments arguments = {0};
    int code = clean_parse(&c, argc, argv, &arguments);

    if (code >= 0)
        return code;
    c.bar = !c.json && isatty(STDERR_FILENO);
    code = sodium_init() < 0 ? CLI_USAGE : clean_prepare(&c, &arguments, argv + optind);
    if (code == CLI_OK)
        code = clean_run(&c);
    pipeline_free(&c.pipeline);
    loop_free(&c.loop);
    walk_finish(&c.walk);
    scope_close(&c.out_dir);
    free(c.config);
    return code;
}
