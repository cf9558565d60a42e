/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sekimori: the command line. A table of words; each runs as its user and
 * asks the gateway over its control socket, which decides by the user's role.
 *
 * DIAGNOSTICS: exit codes are enum cli_exit (cli.h).
 */
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli.h"

static const struct cli_word words[] = {
    {"clean", cli_clean, "[-c CONF] [-m sanitize|flatten|text] [-p PROFILE] [-j N] [--json] [--force] -o OUTDIR PATH...",
     "Makes files harmless without a running gateway. Folders are walked and their tree kept below OUTDIR.\n"
     "  -c CONF      configuration (default: /etc/sekimori/sekimori.conf, else built-in values)\n"
     "  -m MODE      sanitize, flatten (image PDF) or text; default: as the profile says\n"
     "  -p PROFILE   policy profile (default: standard)\n"
     "  -j N         items treated at the same time (default: one for each core)\n"
     "  --json       one JSON object for each input file and line\n"
     "  --force      replace existing outputs\n"
     "Exit: 0 all released, 1 something held or blocked, 2 usage, configuration or environment."},
    {"config", cli_config, "[-c CONF] check|print",
     "Checks the configuration as a whole, or prints the effective values.\nExit: 0 good, 2 not."},
    {"check", cli_check, "[-c CONF] [-m MODE] TYPE FILE",
     "Runs only the verifier of a type over a file, in the checker's sandbox. An archive is always refused: its members\n"
     "are known to be clean only together with the run that made them.\nExit: 0 accepted, 1 refused, 2 usage or environment."},
    {"signatures", cli_signatures, "[-c CONF] [--json] import [--replace] [--older] FILE... | status | back",
     "Virus signatures from files: import checks them in the scanner's sandbox and switches over as a whole; back undoes\n"
     "the last import. A running gateway loads them without a gap.\n"
     "Exit: 0 good (status: fresh), 1 refused or too old, 2 usage or environment."},
    {"doctor", cli_doctor, "[-c CONF] [--json]",
     "Tries the sandbox layers, the folders' modes, every engine, an EICAR file and a clean file; asks a running gateway\n"
     "whether the audit chain is intact. Shows what is waived.\nExit: 0 all is well, 1 something is not, 2 configuration."},
    {"submit", cli_submit, "[-c CONF] [--json] LANE FILE...",
     "Hands files to the running gateway, as if dropped into the lane's inbound folder, and prints their job numbers.\n"
     "Exit: 0 all are safely stored, 2 usage or no gateway, 3 refused."},
    {"status", cli_control, "[-c CONF] [--json]",
     "What the running gateway is doing.\nExit: 0, 2 no gateway answers, 3 refused."},
    {"jobs", cli_control, "[-c CONF] [--json] list [--state S] [--lane L] [--since MS] [--limit N] | show JOB",
     "Submitted files and what became of them.\n"
     "States: received, held, blocked, released, delivered, collected, deleted.\n"
     "Exit: 0, 2 usage or no gateway, 3 refused or unknown job."},
    {"quarantine", cli_control,
     "[-c CONF] [--json] list | show JOB | export JOB REASON FILE | release JOB REASON | delete JOB REASON",
     "Held and blocked files. Export decrypts an original into a new FILE; release delivers a result that passed the\n"
     "final check and was held by policy; both and delete need a reason, go into the audit log, and are not for the\n"
     "person who submitted the file.\nExit: 0, 2 usage or no gateway, 3 refused."},
    {"audit", cli_control, "[-c CONF] export [FROM TO] FILE | verify",
     "The chained log of every decision. Export writes JSON lines with the checkpoints and the public key into a new\n"
     "FILE, for sekimori-verify; FROM and TO are milliseconds since 1970.\nExit: 0, 2 usage or no gateway, 3 refused or broken."},
    {"releases", cli_control, "[-c CONF] stop REASON | start REASON | status",
     "The kill switch: stop keeps everything back, over restarts, until start.\nExit: 0, 2 usage or no gateway, 3 refused."},
};

int cli_usage(const struct cli_word *word, const char *complaint, ...)
{
    va_list ap;

    (void)fprintf(stderr, "sekimori %s: ", word->name);
    va_start(ap, complaint);
    (void)vfprintf(stderr, complaint, ap);
    va_end(ap);
    (void)fprintf(stderr, "\nsekimori %s --help says more\n", word->name);
    return CLI_USAGE;
}

int cli_help(const struct cli_word *word)
{
    (void)printf("usage: sekimori %s %s\n\n%s\n", word->name, word->usage, word->help);
    return CLI_OK;
}

static int usage(FILE *out)
{
    (void)fputs("usage: sekimori WORD ...\n\n", out);
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        (void)fprintf(out, "  %s %s\n", words[i].name, words[i].usage);
    (void)fputs("\nsekimori WORD --help says more; man sekimori says all.\n", out);
    return out == stdout ? CLI_OK : CLI_USAGE;
}

int main(int argc, char **argv)
{
    (void)setlocale(LC_ALL, "C.UTF-8");
    log_init("sekimori", LOG_LEVEL_WARN);
    if (argc < 2)
        return usage(stderr);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
        return usage(stdout);
    if (strcmp(argv[1], "--version") == 0)
        return printf("sekimori %s\n", SEKIMORI_VERSION) > 0 ? CLI_OK : CLI_USAGE;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcmp(words[i].name, argv[1]) == 0)
            return words[i].run(&words[i], argc - 1, argv + 1);
    (void)fprintf(stderr, "sekimori: unknown word '%s'\n", argv[1]);
    return usage(stderr);
}
