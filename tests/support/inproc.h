/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_INPROC_H
#define SEKIMORI_INPROC_H

/*
 * Runs handlers and verifiers inside the test process, on memory: for case
 * tables, fuzz targets and sanitizer builds. Children go through detection,
 * handler and verifier in the same way, one after the other.
 */
#include "formats/job.h"

struct inproc_result {
    enum reason reason;
    char detail[256];
    char out_type[16];
    uint8_t *out;
    size_t out_len;
    struct findings findings;
    struct fmt_used used;
    uint8_t (*approved)[32]; /* SHA-256 of each released child */
    size_t approved_count;
};

/* The handler or verifier of a handled type, or NULL. */
const struct format_handler *inproc_handler(const char *name);
const struct format_verifier *inproc_verifier(const char *name);

/* Runs a handler over bytes. Always fills the result; free it with inproc_finish. */
void inproc_run(const struct format_handler *handler, const uint8_t *bytes, size_t n, const char *name,
                const struct fmt_options *options, struct inproc_result *result_out);

/* Runs a verifier over bytes; `children` may be NULL or the result whose approved list counts. */
enum reason inproc_verify(const struct format_verifier *verifier, const uint8_t *bytes, size_t n,
                          const struct fmt_options *options, const struct inproc_result *children, char detail[256]);

void inproc_finish(struct inproc_result *result);

#endif
