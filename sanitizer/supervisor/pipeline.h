/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_PIPELINE_H
#define SEKIMORI_PIPELINE_H

#include "base/record.h"
#include "engine.h"

/*
 * The way of a file through the engines: identify and scan, rebuild (with its
 * members as items of their own), scan and check the result. The daemon and
 * `sekimori clean` run this same code. It opens no content.
 */
struct pipeline;
struct pipeline_job;

struct submission {
    int fd;                                /* frozen file; taken over, also on failure */
    uint64_t bytes;
    const char *name;                      /* raw path as it came */
    const struct config_profile *profile;  /* lives as long as the pipeline */
    enum fmt_mode mode;                    /* asked for explicitly, or FMT_MODE_NONE */
    void *arg;
};

/* What became of a job. Borrowed for the call of `done`; take the descriptor with steal_fd. */
struct outcome {
    enum reason reason;             /* reason_verdict() gives the verdict */
    const char *detail;             /* for admins */
    const char *type, *out_type;    /* "" when unknown */
    const char *mode;               /* "sanitize" ...; "" when nothing was rebuilt */
    const char *out_path;           /* cleaned path with the right extension; "" unless released */
    uint64_t in_bytes, out_bytes;
    bool has_in_sha256;
    uint8_t in_sha256[32], out_sha256[32];
    int out_fd;                     /* frozen; -1 unless released */
    struct job_stage stages[JOB_STAGES_MAX];
    uint32_t stage_count;
    const struct findings *findings; /* of the file and all its members */
    uint32_t items;
    uint32_t detect_ms, scan_ms, rebuild_ms, check_ms, total_ms;
};

struct pipeline_hooks {
    /* A job is over. */
    void (*done)(void *owner, void *arg, struct outcome *outcome);
    /* There is room for further jobs. */
    void (*room)(void *owner);
    /* An engine cannot be started at all (zygote exit status). */
    void (*failed)(void *owner, enum program_id id, int status);
};

/*
 * A pipeline that treats `slots` items at the same time. work_dir: folder
 * descriptor for large work files, stays the caller's. ERR_NOMEM, ERR_IO.
 */
int pipeline_new(struct loop *loop, const struct config *config, unsigned slots, int work_dir,
                 const struct pipeline_hooks *hooks, void *owner, struct pipeline **pipeline_out) must_check;
void pipeline_free(struct pipeline **pipeline);

/* The engines behind it, for starting ahead, figures and reload. Borrowed. */
struct engines *pipeline_engines(struct pipeline *pipeline);

/* Begins a job. ERR_NOMEM; `done` follows in every other case. */
int pipeline_submit(struct pipeline *pipeline, const struct submission *submission) must_check;

/* Jobs begun and not over. */
unsigned pipeline_jobs(const struct pipeline *pipeline);

/* Writes findings, kept, items and times as members of the open JSON object in b. */
void outcome_report(struct buf *b, const struct outcome *outcome);

#endif
