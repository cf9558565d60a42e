/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes the seeds of a fuzz target: make_seeds TARGET DIR. They come from the
 * case tables and from our own writers, so that no binary file lies in the
 * tree and new cases are fuzzed from the day they are written.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#include "base/msg.h"
#include "base/record.h"
#include "base/task.h"
#include "formats/cases.h"
#include "formats/list.h"
#include "fuzz.h"
#include "supervisor/config.h"
#include "support/inproc.h"

#define SEED_MAX ((size_t)256 << 10)

#define X(id) extern const struct fmt_case cases_##id[];
HANDLED_LIST(X)
#undef X

static const struct {
    const char *name;
    const struct fmt_case *rows;
} tables[] = {
#define X(id) {#id, cases_##id},
    HANDLED_LIST(X)
#undef X
    {NULL, NULL}};

static const char *folder;
static unsigned written;

/* Writes one seed: a head (may be empty) and bytes. What is too large to be mutated is left out. */
static void seed(const char *name, const void *head, size_t head_len, const void *bytes, size_t n)
{
    char path[4096], word[80];
    size_t i = 0;

    if (head_len + n > SEED_MAX)
        return;
    for (; name[i] && i < sizeof word - 1; i++)
        word[i] = strchr(" /.", name[i]) ? '_' : name[i];
    word[i] = '\0';
    (void)snprintf(path, sizeof path, "%s/%03u_%s", folder, written++, word);
    scoped_fd int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0 || write(fd, head, head_len) != (ssize_t)head_len || write(fd, bytes, n) != (ssize_t)n) {
        perror(path);
        exit(2);
    }
}

/* Both parities of length, since a target reads its policy from that. */
static void seed_twice(const char *name, struct fixture *f)
{
    seed(name, "", 0, f->bytes, f->len);
    fixture_add(f, "\n", 1);
    seed(name, "", 0, f->bytes, f->len);
}

static void seeds_format(const char *format)
{
    for (size_t t = 0; tables[t].name; t++)
        for (const struct fmt_case *row = tables[t].rows; row->name && strcmp(tables[t].name, format) == 0; row++) {
            struct fixture f = {0};
            row->make(&f);
            seed_twice(row->name, &f);
            fixture_free(&f);
        }
}

/* What any handler makes that is of this type. */
static void seeds_check(const char *type)
{
    struct fmt_options options;

    for (size_t t = 0; tables[t].name; t++)
        for (const struct fmt_case *row = tables[t].rows; row->name; row++) {
            struct fixture f = {0};
            struct inproc_result r;
            if (strcmp(row->out_type ? row->out_type : tables[t].name, type) != 0)
                continue;
            fmt_options_default(&options);
            options.mode = row->mode ? row->mode : FMT_MODE_SANITIZE;
            row->make(&f);
            inproc_run(inproc_handler(tables[t].name), f.bytes, f.len, row->file, &options, &r);
            seed(row->name, "", 0, f.bytes, f.len);
            if (r.reason == REASON_OK)
                seed(row->name, "", 0, r.out, r.out_len);
            inproc_finish(&r);
            fixture_free(&f);
        }
}

static void seeds_detect(const char *unused)
{
    (void)unused;
    for (size_t t = 0; tables[t].name; t++)
        for (const struct fmt_case *row = tables[t].rows; row->name; row++) {
            struct fixture f = {0};
            row->make(&f);
            seed(row->name, row->file, strlen(row->file) + 1, f.bytes, f.len);
            fixture_free(&f);
        }
}

static void seed_buf(const char *name, uint8_t kind, const struct buf *b)
{
    seed(name, &kind, 1, b->bytes, b->len);
}

static void seeds_msg(const char *unused)
{
    struct task_order order = {.kind = TASK_HANDLE, .type = "jpeg", .name = "a/b.jpg", .cpu_seconds = 60};
    const struct job_origin origin = {.lane = "a", .path = "dir/file.pdf", .token = "t", .mtime = 1, .mode = 1};
    struct job_decision decision = {.job = "job", .reason = REASON_OK, .out_path = "a.pdf", .report = "{}", .out_bytes = 1};
    scoped_buf a = buf_new(1 << 20);
    scoped_buf b = buf_new(1 << 20);
    scoped_buf c = buf_new(1 << 20);

    (void)unused;
    fmt_options_default(&order.options);
    for (unsigned i = STAGE_DETECT; i < STAGES; i++)
        decision.stages[decision.stage_count++] = (struct job_stage){.stage = (enum stage)i, .reason = REASON_OK};
    task_put(&a, &order);
    origin_put(&b, &origin);
    decision_put(&c, &decision);
    seed_buf("task", 0, &a);
    seed_buf("origin", 1, &b);
    seed_buf("decision", 2, &c);
}

static void seeds_frame(const char *unused)
{
    static struct msg m; /* for its size */
    struct {
        uint32_t magic;
        uint16_t version, type;
        uint64_t id;
        uint32_t len, fd_count;
    } head = {MSG_MAGIC, MSG_VERSION, 1, 1, 8, 0};

    (void)unused;
    seed("short", &head, sizeof head, "12345678", 8);
    head.len = 0;
    seed("empty", &head, sizeof head, "", 0);
    head.len = MSG_PAYLOAD_MAX;
    seed("long", &head, sizeof head, m.payload, sizeof m.payload);
}

static void seeds_conf(const char *unused)
{
    scoped_free struct config *config = NULL;
    scoped_free char *text = NULL;
    size_t len = 0;
    char complaint[256];
    FILE *out = open_memstream(&text, &len);

    (void)unused;
    if (!out || config_load(NULL, complaint, &config) < 0)
        exit(2);
    config_print(config, out);
    if (fclose(out) != 0)
        exit(2);
    seed("defaults", "", 0, text, len);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *prefix;
        void (*make)(const char *rest);
    } kinds[] = {{"format_", seeds_format}, {"check_", seeds_check}, {"detect", seeds_detect},
                 {"msg", seeds_msg},        {"frame", seeds_frame},  {"conf", seeds_conf}};

    if (argc != 3)
        return 2;
    folder = argv[2];
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        size_t n = strlen(kinds[i].prefix);
        if (strncmp(argv[1], kinds[i].prefix, n) == 0)
            kinds[i].make(argv[1] + n);
    }
    return 0; /* other targets live from their corpus alone */
}
