/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_PROGRAMS_H
#define SEKIMORI_PROGRAMS_H

#include <stdint.h>

#include "base/scope.h"

/*
 * The process table: every program the gateway is made of. Nothing is started
 * that is not a row here.
 *
 * id, program, folder in a build tree, sandbox profile, zygote?, start with `clean`?
 */
#define PROGRAM_LIST(X)                                                       \
    X(DETECT, "sekimori-worker-detect", "sanitizer/worker", "detect", 1)      \
    X(SCANNER, "sekimori-scanner", "sanitizer/scanner", "scanner", 1)         \
    X(CHECKER, "sekimori-checker", "sanitizer/checker", "checker", 1)         \
    X(TEXT, "sekimori-worker-text", "sanitizer/worker", "text", 1)            \
    X(IMAGE, "sekimori-worker-image", "sanitizer/worker", "image", 1)         \
    X(PDF, "sekimori-worker-pdf", "sanitizer/worker", "pdf", 1)               \
    X(PACKAGE, "sekimori-worker-package", "sanitizer/worker", "package", 1)   \
    X(KEEPER, "sekimori-keeper", "quarantine", "keeper", 0)                   \
    X(RELEASER, "sekimori-releaser", "sanitizer/releaser", "releaser", 0)     \
    X(INTAKE, "sekimori-intake", "sanitizer/intake", "intake", 0)

enum program_id {
#define X(id, name, folder, profile, zygote) PROGRAM_##id,
    PROGRAM_LIST(X)
#undef X
    PROGRAMS
};
#define PROGRAM_ZYGOTES PROGRAM_KEEPER /* the rows before are zygotes */

/* Name of the executable ("sekimori-scanner") and of its sandbox profile. Static storage. */
const char *program_name(enum program_id id);
const char *program_profile(enum program_id id);

/* The zygote of an engine word of list.h ("image"), or PROGRAMS when there is none. */
enum program_id program_of_engine(const char *engine);

/*
 * The absolute path of a program: beside the running one in a build tree,
 * else where it is installed. Neither environment nor configuration is asked:
 * nobody can make the gateway run something else. ERR_NOTFOUND.
 */
int program_path(enum program_id id, char path[512]) must_check;

#endif
