/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_CASES_H
#define SEKIMORI_CASES_H

/*
 * The case tables of the formats: each tests/formats/cases_<name>.c exports
 * `const struct fmt_case cases_<name>[]`, ended by an empty row. The runner
 * does what the row says and, for every row, the free checks (run_cases.c).
 */
#include "formats/job.h"

/* Bytes made by a fixture; malloc'd. */
struct fixture {
    uint8_t *bytes;
    size_t len;
};

/* Fixture helpers; each aborts the test on failure. */
void fixture_add(struct fixture *f, const void *bytes, size_t n);
void fixture_puts(struct fixture *f, const char *text);
void fixture_free(struct fixture *f);

enum {
    CASE_LOSSY = 1,        /* a second pass need not give the same bytes (JPEG), only no findings */
    CASE_CLEAN_INPUT = 2,  /* the fixture itself is fit to pass: the verifier need not refuse it */
    CASE_NO_TRUNCATE = 4,  /* too slow to truncate at many points */
    CASE_SHORT_IS_FINE = 8 /* a truncated fixture may still be a good file (text) */
};

struct fmt_case {
    const char *name;                           /* words for the log; absent ends the table */
    void (*make)(struct fixture *out);          /* builds the fixture */
    const char *file;                           /* name of the file, for its extension */
    enum fmt_mode mode;                         /* 0: sanitize */
    void (*tune)(struct fmt_options *options);  /* absent: defaults */
    enum reason expect;                         /* REASON_OK or why not */
    const char *findings;                       /* "formula=2 metadata=1": exact, kinds in any order; NULL: none */
    const char *kept;                           /* "pages=2": these must be there; NULL: do not look */
    const char *out_type;                       /* absent: the handler's own name */
    void (*inspect)(const uint8_t *out, size_t n); /* further asserts on the output; absent: none */
    unsigned flags;
};

#endif
