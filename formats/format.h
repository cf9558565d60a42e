/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_FORMAT_H
#define SEKIMORI_FORMAT_H

/*
 * What a format handler and a verifier see of the world: a bounded input, a
 * bounded output, budgets they cannot opt out of, a report, and child items.
 * No descriptor, no path, no FILE.
 *
 * A handler runs in the sandboxed worker of its engine, a verifier in the
 * checker. Adding a format: docs/formats.md.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/reason.h"
#include "base/scope.h"
#include "finding.h"

/* The three methods the ministry's guideline names (サニタイズ処理, 画像PDF化, テキスト抽出). */
enum fmt_mode {
    FMT_MODE_NONE = 0, /* never valid */
    FMT_MODE_SANITIZE,
    FMT_MODE_FLATTEN,
    FMT_MODE_TEXT,
    FMT_MODES
};

enum fmt_switch {
    FMT_SWITCH_UNSET = 0, /* zero is never permission: read as disallow */
    FMT_SWITCH_ALLOW,     /* leave it in, where the handler can */
    FMT_SWITCH_SANITIZE,  /* take it out, report it */
    FMT_SWITCH_DISALLOW,  /* hold the file */
};

/* Ceilings; crossing one holds the item. Zero means zero: nothing is unlimited. */
struct fmt_limits {
    uint64_t input_bytes;   /* size of the item */
    uint64_t output_bytes;  /* size of what the handler writes */
    uint64_t total_bytes;   /* all that comes out of a container, at all depths */
    uint64_t ratio;         /* expansion of one member above ratio_floor bytes */
    uint64_t ratio_floor;
    uint64_t members;       /* of the whole job */
    uint64_t depth;         /* nesting; the submitted file is depth 0 */
    uint64_t pages;
    uint64_t pixels;        /* of one image, or one page */
    uint64_t objects;       /* nodes, chunks, PDF objects, cells: what a handler counts */
    uint64_t steps;         /* loop rounds a handler reports */
};

/* The policy as it applies to one item. Copied into the worker; plain values only. */
struct fmt_options {
    enum fmt_mode mode;
    enum fmt_switch switches[FINDING_KINDS];
    struct fmt_limits limits;
    uint32_t dpi;          /* flatten: 72 to 600 */
    uint32_t jpeg_quality; /* 30 to 100, for images that need a new quality */
    uint32_t parallel;     /* processes that may work on one item, the main one included: 1 to 16 */
    uint32_t depth;        /* of this item */
};

/* ---- Input --------------------------------------------------------------- */

/* A read-only range of bytes. Use the calls; the members are for io.c and tests. */
struct fmt_in {
    const uint8_t *bytes;
    uint64_t len;
};

/* The length in bytes. */
static inline uint64_t in_len(const struct fmt_in *in)
{
    return in->len;
}

/*
 * Borrows n bytes at offset. Returns 0 and a pointer to exactly n readable
 * bytes that lives as long as the job, or ERR_MALFORMED when the range is not
 * wholly inside; never short.
 */
int in_borrow(const struct fmt_in *in, uint64_t offset, uint64_t n, const uint8_t **bytes_out) must_check;

/* Makes a sub-range. Returns 0 or ERR_MALFORMED when it is not wholly inside. */
int in_sub(const struct fmt_in *in, uint64_t offset, uint64_t n, struct fmt_in *sub_out) must_check;

/* True when the bytes at offset are exactly these. */
bool in_equals(const struct fmt_in *in, uint64_t offset, const void *bytes, size_t n);

/* The offset of the first (last) occurrence of a pattern in [from, to), or UINT64_MAX. `to` is cut to the length. */
uint64_t in_find(const struct fmt_in *in, uint64_t from, uint64_t to, const void *pattern, size_t n);
uint64_t in_rfind(const struct fmt_in *in, uint64_t from, uint64_t to, const void *pattern, size_t n);

/* ---- The job a handler or a verifier works on ------------------------------ */

struct fmt_job;

/* The item itself, and the policy as it applies to it; both live as long as the job. */
const struct fmt_in *job_in(const struct fmt_job *job);
const struct fmt_options *job_options(const struct fmt_job *job);

/* The cleaned, UTF-8 path of the item inside the job ("sub/report.csv"), for its extension only. Never NULL. */
const char *job_name(const struct fmt_job *job);

/* Zeroed private state of handler->state_bytes, freed by the core. */
void *job_state(struct fmt_job *job);

/*
 * Records why the item is not released and returns the matching ERR_* (never
 * 0), so that `return job_fail(...)` is the idiom. The first call wins.
 * REASON_OK and REASON_NONE are read as REASON_INTERNAL.
 */
int job_fail(struct fmt_job *job, enum reason reason, const char *detail, ...) printf_like(3, 4);

/*
 * Reports a removal. Returns 0, or ERR_REFUSED after recording REASON_POLICY
 * when the policy disallows this kind: the handler must then give up.
 */
int job_finding(struct fmt_job *job, enum finding_kind kind, const char *place, uint32_t count, const char *note) must_check;

/* Reports things left in: silence is no proof. */
void job_kept(struct fmt_job *job, const char *what, uint64_t count);

/* The switch for a kind; FMT_SWITCH_UNSET never comes back (it is read as disallow). */
enum fmt_switch job_switch(const struct fmt_job *job, enum finding_kind kind);

/* Budgets: each adds what is about to be used and returns 0, or ERR_LIMIT after recording the matching reason. */
int job_steps(struct fmt_job *job, uint64_t n) must_check;
int job_objects(struct fmt_job *job, uint64_t n) must_check;
int job_pages(struct fmt_job *job, uint64_t n) must_check;
/* One image or page of w x h. Zero sides are ERR_MALFORMED. */
int job_pixels(struct fmt_job *job, uint64_t w, uint64_t h) must_check;

/* ---- Output (handlers only) ------------------------------------------------ */

/* Appends bytes. ERR_LIMIT over the output budget, ERR_IO when the write fails; both are recorded. */
int out_append(struct fmt_job *job, const void *bytes, size_t n) must_check;

/* Overwrites bytes already appended (a length field, a checksum). ERR_INVALID when the range is not wholly inside. */
int out_patch(struct fmt_job *job, uint64_t offset, const void *bytes, size_t n) must_check;

/* Bytes appended so far. */
uint64_t out_len(const struct fmt_job *job);

/* Ends the output and names its type ("jpeg"; NULL: the handler's own). Without this call nothing is released. */
int out_finish(struct fmt_job *job, const char *type) must_check;

/*
 * Scratch space beside the output, for handlers that must hold rebuilt parts
 * until the end (a ZIP writer): appended to, then read back by offset. Counts
 * against total_bytes, never released. scratch_append gives the offset.
 */
int scratch_append(struct fmt_job *job, const void *bytes, size_t n, uint64_t *offset_out) must_check;
int scratch_read(struct fmt_job *job, uint64_t offset, void *bytes, size_t n) must_check;

/* ---- Child items (containers only) ----------------------------------------- */

/*
 * A member is handed to the core and comes back rebuilt or refused:
 *
 *     child_open, child_append*, child_submit   (up to CHILD_WINDOW in flight)
 *     child_collect (oldest first), child_release
 *
 * The core counts depth, members, expansion and total bytes of the whole job.
 */
#define CHILD_WINDOW 16
#define CHILD_NAME_MAX 1024 /* bytes of a path with NUL */

struct child_info {
    const char *name;      /* UTF-8 path inside the container, "/" between components; at most CHILD_NAME_MAX */
    uint64_t packed_bytes; /* its size inside the container, for the expansion ratio */
    uint64_t size_hint;    /* expected size in bytes; a wrong one costs speed only */
    int64_t mtime;         /* seconds since 1970, 0 when unknown */
};

struct child_result {
    enum verdict verdict;      /* anything but VERDICT_RELEASED: there are no bytes */
    enum reason reason;
    char name[CHILD_NAME_MAX]; /* cleaned path with the extension of the result */
    char type[16];             /* "jpeg" */
    int64_t mtime;             /* as given */
    struct fmt_in bytes;       /* the rebuilt file; borrowed until child_release */
    void *token;               /* for the core */
};

/* Begins a member. ERR_LIMIT: too many members. ERR_REFUSED: this job may have no children. */
int child_open(struct fmt_job *job, const struct child_info *info) must_check;
/* Adds bytes to the open member. ERR_LIMIT on ratio, size or total; recorded. */
int child_append(struct fmt_job *job, const void *bytes, size_t n) must_check;
/* Hands the open member to the core and returns without waiting. */
int child_submit(struct fmt_job *job) must_check;
/* Members submitted and not yet collected. */
unsigned child_pending(const struct fmt_job *job);
/* Waits for the oldest pending member. ERR_INVALID when none is pending. */
int child_collect(struct fmt_job *job, struct child_result *result_out) must_check;
/* Unmaps the bytes of a result. Safe on a zeroed result. */
void child_release(struct fmt_job *job, struct child_result *result);

/*
 * Verifiers of containers: true when a rebuilt child with this SHA-256 was
 * itself released. The container's worker read hostile bytes and packed the
 * result, so each member must prove where it came from.
 */
bool job_is_approved(const struct fmt_job *job, const uint8_t sha256[32]);

/* ---- Helper processes ------------------------------------------------------- */

/*
 * A handler with `.helper` gets options.parallel - 1 sandboxed helper processes
 * when it flattens; they are forked before the input is parsed and each sees
 * the same input. A helper runs handler->helper(job,
 * index) with index 1..job_helpers and sends blobs of up to 256 MB; it has no
 * output and no members. A helper that returns an error or dies makes the item
 * fail, whatever the handler does next.
 */
unsigned job_helpers(const struct fmt_job *job);
/* Helper side: sends one blob to the main process. ERR_CLOSED when it is gone. */
int helper_send(struct fmt_job *job, const void *bytes, size_t n) must_check;
/* Main side: waits for the next blob of helper i (1-based); *bytes_out is malloc'd, caller frees. ERR_CLOSED at its good end, ERR_FAULT. */
int helper_receive(struct fmt_job *job, unsigned i, uint8_t **bytes_out, size_t *n_out) must_check;

/* ---- The two structs a format is ---------------------------------------------- */

struct format_handler {
    const char *name;                        /* mandatory: id in list.h */
    int (*sanitize)(struct fmt_job *job);    /* absent: the mode is not available, the file is held */
    int (*flatten)(struct fmt_job *job);     /* writes an image PDF and says out_finish(job, "pdf") */
    int (*text)(struct fmt_job *job);        /* writes UTF-8 text and says out_finish(job, "text") */
    int (*helper)(struct fmt_job *job, unsigned index); /* absent: no helper processes */
    size_t state_bytes;                      /* zeroed private state, 0: none */
};

struct format_verifier {
    const char *name; /* mandatory: id in list.h */
    /*
     * Accepts (0) or refuses (job_fail with REASON_CHECK_REFUSED) a finished
     * output against a positive list, with another parser than the producer's.
     * job_options()->mode tells which method made it. Writes nothing.
     */
    int (*verify)(struct fmt_job *job);
};

#endif
