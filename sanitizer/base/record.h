/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_RECORD_H
#define SEKIMORI_RECORD_H

/*
 * What the supervisor tells the keeper about a job: where it came from, and
 * what was decided. The keeper writes both into the ledger and the audit
 * chain, and releases nothing whose stages are not all there.
 */
#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "reason.h"

#define JOB_ID_MAX 48      /* bytes with NUL: time and 128 random bits as text */
#define JOB_PATH_MAX 1024  /* path inside a lane, with NUL */
#define JOB_WORD_MAX 64    /* lane, destination, label, actor */
#define JOB_TOKEN_MAX 64   /* intake's claim token; a second accept of the same token gives the same job */
#define JOB_STAGES_MAX 8
#define JOB_REPORT_MAX 49152

struct job_origin {
    char lane[JOB_WORD_MAX];
    char destination[JOB_WORD_MAX];
    char label[JOB_WORD_MAX];      /* confidentiality: 3A 3B 3C 2 1 */
    char source[JOB_WORD_MAX];     /* "spool", "cli" */
    char submitter[JOB_WORD_MAX];  /* user name or uid:N */
    char path[JOB_PATH_MAX];       /* raw path inside the lane, UTF-8 or bytes as they came */
    char token[JOB_TOKEN_MAX];
    char profile[JOB_WORD_MAX];    /* policy profile */
    char policy_digest[65];        /* hex SHA-256 of the effective policy */
    uint32_t mode;                 /* asked for explicitly: enum fmt_mode, 0: as the policy says */
    int64_t mtime;
};

/* Writes an origin into a buffer; errors stay in the buffer. */
void origin_put(struct buf *b, const struct job_origin *origin);
/* ERR_PEER on anything but one whole record (does not call view_end). */
int origin_get(struct view *v, struct job_origin *origin_out) must_check;

/* The stages a released item went through, in order. All five must be there, with the digest each saw. */
enum stage { STAGE_NONE = 0, STAGE_DETECT, STAGE_SCAN_INPUT, STAGE_REBUILD, STAGE_SCAN_OUTPUT, STAGE_CHECK, STAGES };

/* "detect", "scan-input", "rebuild", "scan-output", "check". Static storage. */
const char *stage_word(enum stage stage);

struct job_stage {
    enum stage stage;
    enum reason reason;  /* REASON_OK: passed */
    uint8_t sha256[32];  /* of the bytes this stage vouches for; zero where it saw none of its own */
    uint32_t ms;
};

struct job_decision {
    char job[JOB_ID_MAX];
    enum reason reason;             /* gives the verdict */
    char detail[256];               /* for admins */
    char type[16], out_type[16];
    char out_path[JOB_PATH_MAX];    /* cleaned path with the right extension, "" unless released */
    char mode[16];                  /* "sanitize" ... */
    uint8_t out_sha256[32];
    uint64_t out_bytes;
    uint32_t items, total_ms;
    bool notice;                    /* the submitter is to be told: MSG_KEEPER_TOLD follows */
    struct job_stage stages[JOB_STAGES_MAX];
    uint32_t stage_count;
    const char *report;             /* JSON object: findings, kept, items; borrowed; at most JOB_REPORT_MAX */
};

/* Writes a decision into a buffer; errors stay in the buffer. */
void decision_put(struct buf *b, const struct job_decision *decision);
/* `report` points to NUL-terminated text in report_room (JOB_REPORT_MAX + 1 bytes). ERR_PEER (does not call view_end). */
int decision_get(struct view *v, struct job_decision *decision_out, char *report_room) must_check;

/*
 * True when a decision may be released: reason OK, exactly the five stages in
 * order, each passed, and the last two vouch for out_sha256.
 */
bool decision_is_releasable(const struct job_decision *decision);

/* Roles of an actor, as a bit set (docs: man sekimori.conf, users). */
enum role { ROLE_SUBMITTER = 1, ROLE_APPROVER = 2, ROLE_OPERATOR = 4, ROLE_AUDITOR = 8, ROLE_POLICY = 16 };

#endif
