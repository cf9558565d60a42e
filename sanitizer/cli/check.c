/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `sekimori check TYPE FILE`: only the verifier, in the checker's sandbox. For
 * auditors who want to know whether a file is one that may pass.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/fdio.h"
#include "cli.h"
#include "supervisor/engine.h"
#include "supervisor/policy.h"
#include "supervisor/workfile.h"

struct check {
    struct loop *loop;
    struct task_end end;
    bool over;
};

static void on_kept(void *arg, const char *what, uint64_t count)
{
    (void)arg;
    (void)printf("kept %s: %llu\n", what, (unsigned long long)count);
}

static void on_done(void *arg, const struct task_end *end)
{
    struct check *c = arg;

    c->end = *end;
    c->over = true;
    loop_stop(c->loop, 0);
}

static void on_failed(void *arg, enum program_id id, int status)
{
    struct check *c = arg;

    (void)fprintf(stderr, "sekimori check: %s does not start (status %d)\n", program_name(id), status);
    loop_stop(c->loop, 0);
}

static const struct task_events events = {.kept = on_kept, .done = on_done};

static int check_run(struct check *c, const struct config *config, const struct format_identity *type, enum fmt_mode mode, int fd)
{
    struct engines *engines = NULL;
    struct task_order *order = calloc(1, sizeof *order);
    struct task *task;
    int err = order ? loop_new(&c->loop) : ERR_NOMEM;

    if (err == 0)
        err = engines_new(c->loop, config, on_failed, c, &engines);
    if (err == 0) {
        policy_order(config, config_profile_find(config, "standard"), TASK_CHECK, type, mode, "", 0, order);
        err = task_start(engines, PROGRAM_CHECKER, order, fd, -1, -1, config->limits.item_seconds * 1000, &events, c, &task);
    }
    if (err == 0)
        err = loop_run(c->loop);
    engines_free(&engines);
    loop_free(&c->loop);
    free(order);
    return err;
}

int cli_check(const struct cli_word *word, int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {"mode", required_argument, NULL, 'm'}, {"help", no_argument, NULL, 'h'}, {0}};
    scoped_free struct config *config = NULL;
    const char *path = NULL;
    enum fmt_mode mode = FMT_MODE_SANITIZE;
    struct check check = {0};
    uint64_t size;
    int option;

    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "c:m:", options, NULL)) != -1) {
        if (option == 'h')
            return cli_help(word);
        if (option == '?' || (option == 'm' && (mode = config_mode(optarg)) == FMT_MODE_NONE))
            return cli_usage(word, "unknown option or wrong value: %s", argv[optind - 1]);
        if (option == 'c')
            path = optarg;
    }
    if (argc - optind != 2)
        return cli_usage(word, "say TYPE FILE");
    const struct format_identity *type = registry_find(argv[optind]);
    if (!type || type->class != FORMAT_CLASS_HANDLED)
        return cli_usage(word, "there is no verifier for '%s'", argv[optind]);
    int code = cli_load(path, &config);
    if (code != CLI_OK)
        return code;
    scoped_fd int fd = open(argv[optind + 1], O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    scoped_fd int copy = fd < 0 ? -1 : workfile_copy(fd, -1, config->limits.output_mb << 20, &size);
    if (copy < 0)
        return cli_usage(word, "%s: %s", argv[optind + 1], fd < 0 ? strerror(errno) : err_text(copy));
    if (check_run(&check, config, type, mode, copy) < 0 || !check.over)
        return CLI_USAGE;
    (void)printf("%s%s%s\n", check.end.reason == REASON_OK ? "accepted" : "refused", check.end.detail[0] ? ": " : "", check.end.detail);
    return check.end.reason == REASON_OK ? CLI_OK : CLI_NOT_ALL;
}
