/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `sekimori signatures`: import from files, status, going back. The scanner program judges; nothing is parsed here. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "base/err.h"
#include "cli.h"
#include "scanner/signatures.h"
#include "supervisor/programs.h"
#include "table.h"

#define SOURCES_MAX 64

struct signatures_arguments {
    const char *config, *verb;
    bool json, replace, older;
    const char *files[SOURCES_MAX];
    unsigned count;
};

/* Returns -1 to go on, else the exit code. */
static int arguments_read(const struct cli_word *word, int argc, char **argv, struct signatures_arguments *a)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0)
            return cli_help(word);
        if (strcmp(argv[i], "--json") == 0)
            a->json = true;
        else if (strcmp(argv[i], "--replace") == 0)
            a->replace = true;
        else if (strcmp(argv[i], "--older") == 0)
            a->older = true;
        else if (strcmp(argv[i], "-c") == 0 && i + 1 < argc)
            a->config = argv[++i];
        else if (argv[i][0] == '-')
            return cli_usage(word, "unknown option: %s", argv[i]);
        else if (!a->verb)
            a->verb = argv[i];
        else if (a->count < SOURCES_MAX)
            a->files[a->count++] = argv[i];
        else
            return cli_usage(word, "too many files");
    }
    return -1;
}

/* The running gateway, if there is one, loads the new set; without one the next start does. */
static void tell_gateway(const struct config *config)
{
    char text[512];
    int err = ask(config, "signatures.reload", NULL, 0, -1, NULL, NULL, text);

    (void)printf("%s\n", err == 0 ? "the running gateway loads them now" : err == ERR_CLOSED ? "no gateway is running" : text);
}

static int status(const struct config *config, const char *scanner, bool json)
{
    scoped_buf b = buf_new((size_t)1 << 20);
    int err = signatures_status(config->scanner.signatures, scanner, (uint32_t)config->scanner.max_age_days, config->waived, &b);

    if (err < 0) {
        (void)fprintf(stderr, "sekimori signatures: %s: %s\n", config->scanner.signatures, err_text(err));
        return CLI_USAGE;
    }
    if (json)
        (void)puts(buf_text(&b));
    else
        table_object(buf_text(&b));
    return strstr(buf_text(&b), "\"fresh\":true") ? CLI_OK : CLI_NOT_ALL;
}

static int import(const struct cli_word *word, const struct config *config, const char *scanner, const struct signatures_arguments *a)
{
    struct signatures_source sources[SOURCES_MAX];
    struct signatures_result result = {.json = buf_new((size_t)1 << 20)};
    struct signatures_import order = {.base = config->scanner.signatures, .scanner = scanner,
                                      .max_age_days = (uint32_t)config->scanner.max_age_days, .waived = config->waived,
                                      .sources = sources, .count = a->count, .replace = a->replace, .older = a->older};
    unsigned opened = 0;
    int code = CLI_OK;

    for (; opened < a->count && code == CLI_OK; opened++) {
        int fd = open(a->files[opened], O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        sources[opened] = (struct signatures_source){a->files[opened], fd};
        if (fd < 0)
            code = cli_usage(word, "%s: %s", a->files[opened], strerror(errno));
    }
    if (code == CLI_OK) {
        int err = signatures_import(&order, &result);
        if (err < 0) {
            (void)fprintf(stderr, "sekimori signatures: nothing was changed: %s\n", result.problem[0] ? result.problem : err_text(err));
            code = err == ERR_REFUSED || err == ERR_STALE || err == ERR_INVALID ? CLI_NOT_ALL : CLI_USAGE;
        } else {
            (void)printf("imported as %s%s\n", result.set, result.stale ? "; they are too old: files are held until newer ones come" : "");
            tell_gateway(config);
        }
    }
    for (unsigned i = 0; i < opened; i++)
        scope_close(&sources[i].fd);
    buf_free(&result.json);
    return code;
}

int cli_signatures(const struct cli_word *word, int argc, char **argv)
{
    scoped_free struct config *config = NULL;
    struct signatures_arguments a = {0};
    char scanner[512];
    int code = arguments_read(word, argc, argv, &a);

    if (code >= 0)
        return code;
    if (!a.verb)
        return cli_usage(word, "say import FILE..., status or back");
    code = cli_load(a.config, &config);
    if (code != CLI_OK)
        return code;
    if (program_path(PROGRAM_SCANNER, scanner) < 0)
        return cli_usage(word, "sekimori-scanner is not installed");
    if (strcmp(a.verb, "status") == 0 && a.count == 0)
        return status(config, scanner, a.json);
    if (strcmp(a.verb, "import") == 0 && a.count > 0)
        return import(word, config, scanner, &a);
    if (strcmp(a.verb, "back") != 0 || a.count > 0)
        return cli_usage(word, "say import FILE..., status or back");
    int err = signatures_go_back(config->scanner.signatures);
    if (err < 0) {
        (void)fprintf(stderr, "sekimori signatures: %s\n", err_text(err));
        return CLI_NOT_ALL;
    }
    tell_gateway(config);
    return CLI_OK;
}
