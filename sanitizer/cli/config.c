/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `sekimori config check|print`: the configuration as the gateway understands it. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "cli.h"

#define DEFAULT_CONFIG "/etc/sekimori/sekimori.conf"

int cli_load(const char *path, struct config **config_out)
{
    char complaint[256];
    const char *from = path ? path : access(DEFAULT_CONFIG, F_OK) == 0 ? DEFAULT_CONFIG : NULL;
    int err = config_load(from, complaint, config_out);

    if (err == 0)
        return CLI_OK;
    (void)fprintf(stderr, "sekimori: %s\n", complaint[0] ? complaint : err_text(err));
    return CLI_USAGE;
}

int cli_config(const struct cli_word *word, int argc, char **argv)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'}, {"help", no_argument, NULL, 'h'}, {0}};
    scoped_free struct config *config = NULL;
    const char *path = NULL;
    int option;

    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
        if (option == 'h')
            return cli_help(word);
        if (option != 'c')
            return cli_usage(word, "unknown option or missing value: %s", argv[optind - 1]);
        path = optarg;
    }
    if (argc - optind != 1 || (strcmp(argv[optind], "check") != 0 && strcmp(argv[optind], "print") != 0))
        return cli_usage(word, "say check or print");
    int code = cli_load(path, &config);
    if (code != CLI_OK)
        return code;
    if (strcmp(argv[optind], "print") == 0)
        config_print(config, stdout);
    else
        (void)puts("the configuration is good");
    return CLI_OK;
}
