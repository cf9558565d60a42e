/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_LEDGER_H
#define SEKIMORI_LEDGER_H

/*
 * The ledger: jobs, deliveries and the audit chain in one database, so that a
 * decision and its record are one transaction. One connection, one user. All
 * calls that change something belong between ledger_begin and ledger_commit;
 * nothing is true before ledger_commit returned 0.
 *
 * Errors besides those named: ERR_SPACE (nothing was changed), ERR_IO (and
 * ledger_is_broken: answer what is open with an error and end the process),
 * ERR_NOMEM, ERR_FAULT.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/record.h"
#include "chain.h"
#include "state.h"

struct ledger;

/*
 * Opens or creates ledger.db in the working directory, brings it to the
 * current schema, and reads the chain's last records back. ERR_MALFORMED: the
 * file is damaged or newer than this program. ERR_CRYPTO: the chain's end does
 * not verify. ERR_REFUSED: a setting that durability needs did not take.
 */
int ledger_open(bool durable, struct ledger **ledger_out) must_check;
void ledger_close(struct ledger **ledger);

/* Begins a transaction; there is one at a time. ERR_IO, ERR_SPACE. */
int ledger_begin(struct ledger *l) must_check;
/* Durable when it returns 0. On error everything since ledger_begin is undone. */
int ledger_commit(struct ledger *l) must_check;
void ledger_rollback(struct ledger *l);

/* Empties the database's log when it is full; for moments when nobody waits for an answer. ERR_IO: broken. */
int ledger_tidy(struct ledger *l) must_check;

/* A read, write or flush failed: see db_is_broken. */
bool ledger_is_broken(const struct ledger *l);
/* Grows with every row written: tells whether a step that failed had begun to write. */
int64_t ledger_writes(const struct ledger *l);
/* Text of the last error, for the log. */
const char *ledger_error(const struct ledger *l);

/* ---- jobs --------------------------------------------------------------------------------------- */

enum keep { KEPT_NOT = 0, KEPT = 1, KEPT_LEAVING = 2 }; /* leaving: the record is written, the file may still be there */

struct ledger_job {
    int64_t num; /* order of arrival; 0: none */
    char id[JOB_ID_MAX];
    enum job_state state;
    uint64_t received_ms;
    struct job_origin origin;
    uint64_t bytes;
    uint8_t sha256[DIGEST_BYTES];
    enum keep original, output;
    uint64_t decided_ms; /* 0 and empty below until decided */
    enum reason reason;
    char detail[256], type[16], out_type[16], out_path[JOB_PATH_MAX], mode[16];
    uint64_t out_bytes;
    uint8_t out_sha256[DIGEST_BYTES];
    uint32_t items, total_ms;
};

/* Adds a received job (id, received_ms, origin, bytes, sha256). ERR_EXISTS: the token or id is known. */
int ledger_add(struct ledger *l, const struct ledger_job *job, int64_t *num_out) must_check;

/* ERR_NOTFOUND. */
int ledger_find(struct ledger *l, const char *id, struct ledger_job *out) must_check;
int ledger_find_num(struct ledger *l, int64_t num, struct ledger_job *out) must_check;
int ledger_find_token(struct ledger *l, const char *token, struct ledger_job *out) must_check;

/* The report and the stages of a job, as JSON text appended with NUL-free bytes. ERR_NOTFOUND before the decision. */
int ledger_report(struct ledger *l, int64_t num, struct buf *report_out, struct buf *stages_out) must_check;

/*
 * Writes a decision on a received job: everything but the state's own fields
 * comes from `decision`; reason and detail are what the keeper made of it.
 * ERR_STALE: it is not received any more.
 */
int ledger_decide(struct ledger *l, int64_t num, const struct job_decision *decision, const char *stages_json, enum reason reason,
                  const char *detail, enum job_state state, enum keep output, uint64_t now_ms) must_check;

/* Moves a job to another state. ERR_STALE when it is not in `from`; ERR_INVALID for a step that does not exist. */
int ledger_move(struct ledger *l, int64_t num, enum job_state from, enum job_state to) must_check;
/* Records what of a job's content is in the store. */
int ledger_set_kept(struct ledger *l, int64_t num, enum keep original, enum keep output) must_check;

/* Which jobs a list wants; zero values want all. */
struct ledger_filter {
    unsigned states; /* bits 1 << enum job_state; 0: any */
    char lane[JOB_WORD_MAX];
    char submitter[JOB_WORD_MAX], submitter_uid[JOB_WORD_MAX]; /* either of the two */
    uint64_t since_ms;
};

/* The newest job before `before` (0: from the newest on) that fits. ERR_NOTFOUND at the end. */
int ledger_list(struct ledger *l, const struct ledger_filter *filter, int64_t before, struct ledger_job *out) must_check;
/* The oldest job after `after` in a state. ERR_NOTFOUND at the end. */
int ledger_next(struct ledger *l, enum job_state state, int64_t after, struct ledger_job *out) must_check;
/* The oldest job after `after` that is undecided, or decided and its submitter does not know. ERR_NOTFOUND at the end. */
int ledger_next_untold(struct ledger *l, int64_t after, struct ledger_job *out) must_check;
/* The submitter of a decided job knows. Nothing happens for any other. */
int ledger_set_told(struct ledger *l, const char *id) must_check;
/* The oldest job received after num `after` at or before received_ms that has content in the store. ERR_NOTFOUND. */
int ledger_next_kept(struct ledger *l, uint64_t received_ms, int64_t after, struct ledger_job *out) must_check;
/* Any job whose content is leaving the store. ERR_NOTFOUND. */
int ledger_next_leaving(struct ledger *l, int64_t after, struct ledger_job *out) must_check;
/* Forgets settled jobs without content that were received before a time; at most `most` at once. Their audit records stay. */
int ledger_forget(struct ledger *l, uint64_t before_ms, unsigned most, uint64_t *forgotten_out) must_check;

/* Jobs in each state. */
int ledger_counts(struct ledger *l, uint64_t counts[JOB_STATES]) must_check;

/* ---- deliveries ----------------------------------------------------------------------------------- */

enum delivery_state { DELIVERY_NONE = 0, DELIVERY_QUEUED, DELIVERY_PLACED, DELIVERY_COLLECTED, DELIVERY_FAILED };

struct ledger_delivery {
    uint64_t seq; /* of the gateway, from 1, no gap */
    int64_t num;
    char destination[JOB_WORD_MAX];
    uint64_t destination_seq;
    char path[JOB_WORD_MAX + JOB_PATH_MAX];
    char fold[3 * (JOB_WORD_MAX + JOB_PATH_MAX)];
    enum delivery_state state;
    const uint8_t *manifest; /* borrowed by ledger_add_delivery; NULL when read back: see ledger_manifest */
    size_t manifest_n;
    uint64_t delivered_ms;
};

/* The numbers the next delivery to a destination gets; taken by ledger_add_delivery. */
int ledger_next_numbers(struct ledger *l, const char *destination, uint64_t *seq_out, uint64_t *destination_seq_out) must_check;
/* True (1) when a delivery that is queued or in outbound has the folded path, other than `seq`. */
int ledger_place_is_taken(struct ledger *l, const char *fold, uint64_t seq) must_check;
/* ERR_EXISTS: the path is taken, or the job has a delivery. */
int ledger_add_delivery(struct ledger *l, const struct ledger_delivery *d) must_check;
/* Another path and manifest for a queued delivery. ERR_STALE. */
int ledger_rename_delivery(struct ledger *l, const struct ledger_delivery *d) must_check;
int ledger_set_delivery(struct ledger *l, uint64_t seq, enum delivery_state from, enum delivery_state to, uint64_t now_ms) must_check;

/* The delivery of a sequence number. ERR_NOTFOUND. */
int ledger_delivery(struct ledger *l, uint64_t seq, struct ledger_delivery *out) must_check;
/* The delivery of a job. ERR_NOTFOUND. */
int ledger_delivery_of(struct ledger *l, int64_t num, struct ledger_delivery *out) must_check;
/* The delivery in a state with the lowest number above `after`. ERR_NOTFOUND at the end. */
int ledger_next_delivery(struct ledger *l, enum delivery_state state, uint64_t after, struct ledger_delivery *out) must_check;
/* Appends the signed manifest. ERR_NOTFOUND. */
int ledger_manifest(struct ledger *l, uint64_t seq, struct buf *out) must_check;

/* ---- the audit chain ------------------------------------------------------------------------------ */

/* Appends a record about a job ("" none). `detail` is one JSON object on one line. */
int ledger_audit(struct ledger *l, uint64_t now_ms, const char *actor, const char *event, const char *job, const char *detail) must_check;

/* The end of the chain as it will be when the open transaction commits. */
struct chain_head ledger_head(const struct ledger *l);

/*
 * The record after `after`: texts are borrowed until the next call. ERR_NOTFOUND
 * at the end, ERR_MALFORMED when a column is not what it must be.
 */
int ledger_next_record(struct ledger *l, uint64_t after, struct chain_record *out) must_check;

/* The first record with a time at or after the given one; 0 when there is none. */
int ledger_record_at(struct ledger *l, uint64_t time_ms, uint64_t *seq_out) must_check;

/* Keeps a signed checkpoint line about the first `count` records. */
int ledger_add_checkpoint(struct ledger *l, uint64_t count, uint64_t time_ms, const char *line) must_check;
/* The checkpoint with the lowest count above `after`. ERR_NOTFOUND. */
int ledger_next_checkpoint(struct ledger *l, uint64_t after, uint64_t *count_out, char *line, size_t room) must_check;
/* The newest checkpoint made before a time: what the chain may be cut to. ERR_NOTFOUND. */
int ledger_checkpoint_before(struct ledger *l, uint64_t time_ms, uint64_t *count_out) must_check;
/* Removes records up to and with `through` (a checkpoint's count), at most `most` at once. */
int ledger_cut_chain(struct ledger *l, uint64_t through, unsigned most, uint64_t *removed_out) must_check;

/* ---- settings that outlive a restart ---------------------------------------------------------------- */

/* ERR_NOTFOUND. */
int ledger_get(struct ledger *l, const char *name, char *value, size_t room) must_check;
int ledger_set(struct ledger *l, const char *name, const char *value) must_check;

#endif
