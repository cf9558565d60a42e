/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_LIB_CLAMAV_H
#define SEKIMORI_LIB_CLAMAV_H

/*
 * libclamav behind calls that cannot say "clean" by accident. The library
 * does: without a usable temporary folder, with a file cut at a size limit,
 * with a member that could not be unpacked. Here a file is clean only when
 * the engine has signatures of the site, found its canary in this very
 * process, looked into at least one file, complained about nothing, crossed
 * no limit and matched nothing. One engine per process.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/reason.h"
#include "base/scope.h"

struct clamav;

#define CLAMAV_NAME_MAX 128

/* What was loaded. */
struct clamav_info {
    char version[32];       /* of the library */
    uint32_t signatures;    /* of the site; the canary is not among them */
    uint32_t files;         /* signature files loaded */
    int64_t newest;         /* build time of the newest signed or plain set, seconds since 1970; 0: none */
    char problem[256];      /* why the site's signatures could not be loaded, or "" */
};

/* One signature file, for reports. */
struct clamav_file {
    const char *name;
    uint32_t version;       /* of a container, else 0 */
    uint32_t signatures;    /* that this file added */
    int64_t built;          /* header time of a container, else the file's time */
};

/*
 * Loads the engine. `dir` is the signature folder (NULL: none, for warming a process only); `scratch` an existing
 * folder that may be written to and is used for this process's own scans
 * until clamav_scratch. A folder without signatures, or with a file that
 * cannot be loaded, still gives an engine, with the canary only: info->problem
 * says why and every scan answers SCAN_UNAVAILABLE. `each` (may be NULL) is
 * told of every file loaded. Scans the canary once, to warm what is loaded on
 * first use. ERR_FAULT: the library itself cannot work, or a second engine is
 * asked for; ERR_IO: `scratch` cannot be written to; ERR_NOMEM.
 */
int clamav_new(const char *dir, const char *scratch, void (*each)(void *arg, const struct clamav_file *file), void *arg,
               struct clamav **clamav_out) must_check;
void clamav_free(struct clamav **clamav);

/* What was loaded; lives as long as the engine. */
const struct clamav_info *clamav_info(const struct clamav *clamav);

/* The folder for temporary files from now on; it need not exist yet, and scans in it fail until it does. At most 255 bytes (ERR_INVALID). ERR_NOMEM. */
int clamav_scratch(struct clamav *clamav, const char *scratch) must_check;

/*
 * Scans the canary: random text that only this engine's own signature matches.
 * 0 when it is found, ERR_FAULT when not: nothing this process says of a file
 * can be believed then.
 */
int clamav_self_test(struct clamav *clamav) must_check;

/* Ceilings of one scan. Zero means zero, never "unlimited". */
struct clamav_limits {
    uint64_t file_bytes;  /* of the file given; at most CLAMAV_FILE_MAX counts */
    uint64_t total_bytes; /* unpacked, all layers together */
    uint32_t depth;       /* nested archives */
    uint32_t members;     /* files within */
    uint32_t ms;          /* wall clock */
};

/* The library takes no file of 2 GiB or more. */
#define CLAMAV_FILE_MAX 0x7fff0000u

struct clamav_result {
    enum reason reason;          /* never REASON_NONE */
    char name[CLAMAV_NAME_MAX];  /* signature that matched, printable ASCII, or "" */
    char detail[160];            /* for administrators, or "" */
    uint32_t inspected;          /* files looked into, layers counted */
};

/*
 * Scans n bytes. Needs no clamav_self_test before, but is worth nothing
 * without one in the same process. Freshness is the caller's question.
 * Reasons: OK; INFECTED; ENCRYPTED (something inside could not be read, and
 * nothing else is wrong); EMPTY; LIMIT_* and TIMEOUT; SCAN_UNAVAILABLE (no
 * signatures); SCAN_FAILED (everything else).
 */
void clamav_scan(struct clamav *clamav, const void *bytes, size_t n, const struct clamav_limits *limits,
                 struct clamav_result *result_out);

/* Checks the digest and the maker's signature of a .cvd file. ERR_CRYPTO, with the library's word in `complaint`. */
int clamav_verify(const char *path, char complaint[128]) must_check;

#endif
