/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_CLI_H
#define SEKIMORI_CLI_H

#include <stdbool.h>

#include "supervisor/config.h"

/*
 * The words of the command line. Each is a row with its function, its usage
 * and its help; `sekimori WORD --help` prints both.
 */

/* Exit codes of every word (man sekimori). */
enum cli_exit {
    CLI_OK = 0,      /* done; clean: everything released */
    CLI_NOT_ALL = 1, /* clean: something held or blocked; check, verify, doctor: the answer is no */
    CLI_USAGE = 2,   /* usage, configuration or environment */
    CLI_REFUSED = 3, /* the gateway said no: a missing role, an unknown job, a rule */
};

struct cli_word {
    const char *name;
    int (*run)(const struct cli_word *word, int argc, char **argv); /* argv[0] is the word; returns enum cli_exit */
    const char *usage; /* arguments after the word */
    const char *help;
};

/* The functions behind the words; each returns enum cli_exit. */
int cli_clean(const struct cli_word *word, int argc, char **argv);
int cli_config(const struct cli_word *word, int argc, char **argv);
int cli_control(const struct cli_word *word, int argc, char **argv); /* status jobs quarantine audit releases */
int cli_check(const struct cli_word *word, int argc, char **argv);
int cli_signatures(const struct cli_word *word, int argc, char **argv);
int cli_doctor(const struct cli_word *word, int argc, char **argv);
int cli_submit(const struct cli_word *word, int argc, char **argv);

/* Prints "sekimori WORD: complaint" and a pointer to --help on standard error; returns CLI_USAGE. */
int cli_usage(const struct cli_word *word, const char *complaint, ...) printf_like(2, 3);

/* Prints the usage and help of a word on standard output; returns CLI_OK. */
int cli_help(const struct cli_word *word);

/*
 * Loads the configuration: `path`, else /etc/sekimori/sekimori.conf when it is
 * there, else the built-in defaults. Complains on standard error and returns
 * CLI_USAGE when it is wrong. Caller frees.
 */
int cli_load(const char *path, struct config **config_out) must_check;

#endif
