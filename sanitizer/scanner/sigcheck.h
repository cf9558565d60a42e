/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_SIGCHECK_H
#define SEKIMORI_SIGCHECK_H

#include <stdint.h>

#include "base/scope.h"

/* Exit statuses of `sekimori-scanner --check`. */
enum sigcheck_exit {
    SIGCHECK_OK = 0,      /* loads, canary found, signed files verified, fresh */
    SIGCHECK_USAGE = 64,
    SIGCHECK_FAULT = 69,  /* the machine failed: nothing is known about the signatures */
    SIGCHECK_NONE = 80,   /* no signatures in the folder */
    SIGCHECK_BROKEN = 81, /* a file cannot be loaded, or the maker's signature is wrong */
    SIGCHECK_CANARY = 82, /* loads, but does not find what it must find: it would call everything clean */
    SIGCHECK_STALE = 83,  /* loads and works, but is older than allowed */
};

/*
 * Loads the folder behind walls of its own (no network, this folder and a
 * scratch folder only, system call filter), and prints one JSON object on
 * standard output: {"state": "ok|none|broken|canary|stale", "engine",
 * "signatures", "newest" (seconds since 1970), "age_days", "problem",
 * "files": [{"name", "form", "version", "built", "signatures"}]}.
 * `waived`: sandbox layers that may be missing. Returns enum sigcheck_exit.
 */
int sigcheck_main(const char *dir, int64_t max_age, uint32_t waived);

#endif
