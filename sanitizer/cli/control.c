/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words that ask a running gateway: submit, status, jobs, quarantine,
 * audit, releases. A table maps each to the gateway's verb.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "base/err.h"
#include "cli.h"
#include "table.h"

#define ARGUMENTS_MAX 16

static const struct table_column job_columns[] = {{"job", "JOB", 42},     {"state", "STATE", 10}, {"reason", "REASON", 18},
                                                  {"lane", "LANE", 12},   {"type", "TYPE", 7},    {"bytes", "BYTES", 10},
                                                  {"path", "FILE", 0},    {0}};

enum { FILE_NONE = 0, FILE_READ, FILE_WRITE };

/* Two words of the command line, and what they become. */
static const struct control_row {
    const char *word, *sub, *verb;
    unsigned least, most;               /* arguments after the words, options counted */
    const struct table_column *columns; /* a list; absent: objects are printed whole */
    int file;                           /* the last argument names a file to write */
} rows[] = {
    {"status", NULL, "status", 0, 0, NULL, FILE_NONE},
    {"jobs", "list", "jobs.list", 0, 8, job_columns, FILE_NONE},
    {"jobs", "show", "jobs.show", 1, 1, NULL, FILE_NONE},
    {"quarantine", "list", "quarantine.list", 0, 8, job_columns, FILE_NONE},
    {"quarantine", "show", "quarantine.show", 1, 1, NULL, FILE_NONE},
    {"quarantine", "export", "quarantine.export", 3, 3, NULL, FILE_WRITE},
    {"quarantine", "release", "quarantine.release", 2, 2, NULL, FILE_NONE},
    {"quarantine", "delete", "quarantine.delete", 2, 2, NULL, FILE_NONE},
    {"audit", "export", "audit.export", 1, 3, NULL, FILE_WRITE},
    {"audit", "verify", "audit.verify", 0, 0, NULL, FILE_NONE},
    {"releases", "stop", "releases.stop", 1, 1, NULL, FILE_NONE},
    {"releases", "start", "releases.start", 1, 1, NULL, FILE_NONE},
    {"releases", "status", "releases.status", 0, 0, NULL, FILE_NONE},
};

struct printing {
    const struct table_column *columns;
    bool json, any;
};

static void on_row(void *arg, const char *json)
{
    struct printing *p = arg;

    if (p->json) {
        (void)puts(json);
    } else if (p->columns) {
        if (!p->any)
            table_head(p->columns);
        table_row(p->columns, json);
    } else {
        table_object(json);
    }
    p->any = true;
}

static int exit_of(int err)
{
    return err == 0 ? CLI_OK : err == ERR_CLOSED || err == ERR_AGAIN || err == ERR_IO ? CLI_USAGE : CLI_REFUSED;
}

static const struct control_row *row_find(const struct cli_word *word, const char *sub)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcmp(rows[i].word, word->name) == 0 && (!rows[i].sub || (sub && strcmp(rows[i].sub, sub) == 0)))
            return &rows[i];
    return NULL;
}

/* -c, --json and --help come anywhere; the rest stays in order. Returns -1 to go on, else the exit code. */
static int common_options(const struct cli_word *word, int argc, char **argv, const char **config, bool *json,
                          const char **rest, unsigned *count)
{
    *count = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0)
            return cli_help(word);
        if (strcmp(argv[i], "--json") == 0)
            *json = true;
        else if (strcmp(argv[i], "-c") == 0 && i + 1 < argc)
            *config = argv[++i];
        else if (*count < ARGUMENTS_MAX)
            rest[(*count)++] = argv[i];
        else
            return cli_usage(word, "too many arguments");
    }
    return -1;
}

static int control_ask(const struct cli_word *word, const struct config *config, const struct control_row *row,
                       const char *const *arguments, unsigned count, bool json)
{
    struct printing printing = {.columns = row->columns, .json = json};
    scoped_fd int fd = -1;
    char text[512];

    if (row->file == FILE_WRITE) {
        const char *path = arguments[--count];
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0)
            return cli_usage(word, "%s: %s", path, strerror(errno));
    }
    int err = ask(config, row->verb, arguments, count, fd, on_row, &printing, text);
    if (text[0])
        (void)fprintf(err < 0 ? stderr : stdout, "%s%s\n", err < 0 ? "sekimori: " : "", text);
    else if (err < 0)
        (void)fprintf(stderr, "sekimori: %s\n", err_text(err));
    if (err < 0 && fd >= 0)
        (void)unlink(arguments[count]);
    return exit_of(err);
}

int cli_control(const struct cli_word *word, int argc, char **argv)
{
    scoped_free struct config *config = NULL;
    const char *rest[ARGUMENTS_MAX], *path = NULL;
    unsigned count;
    bool json = false;
    int code = common_options(word, argc, argv, &path, &json, rest, &count);

    if (code >= 0)
        return code;
    const struct control_row *row = row_find(word, count > 0 ? rest[0] : NULL);
    if (!row)
        return cli_usage(word, "which of its words?");
    unsigned skip = row->sub ? 1 : 0;
    if (count - skip < row->least || count - skip > row->most)
        return cli_usage(word, "wrong number of arguments");
    code = cli_load(path, &config);
    return code == CLI_OK ? control_ask(word, config, row, rest + skip, count - skip, json) : code;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

int cli_submit(const struct cli_word *word, int argc, char **argv)
{
    scoped_free struct config *config = NULL;
    const char *rest[ARGUMENTS_MAX], *path = NULL;
    struct printing printing = {0};
    unsigned count;
    char text[512];
    int code = common_options(word, argc, argv, &path, &printing.json, rest, &count);

    if (code >= 0)
        return code;
    if (count < 2)
        return cli_usage(word, "say LANE FILE...");
    code = cli_load(path, &config);
    for (unsigned i = 1; i < count && code == CLI_OK; i++) {
        scoped_fd int fd = open(rest[i], O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        const char *const arguments[] = {rest[0], base_name(rest[i])};
        if (fd < 0)
            return cli_usage(word, "%s: %s", rest[i], strerror(errno));
        int err = ask(config, "submit", arguments, ARRAY_LEN(arguments), fd, on_row, &printing, text);
        if (err < 0)
            (void)fprintf(stderr, "sekimori: %s: %s\n", rest[i], text[0] ? text : err_text(err));
        code = exit_of(err);
    }
    return code;
}
