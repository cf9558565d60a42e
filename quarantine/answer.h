/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_ANSWER_H
#define SEKIMORI_ANSWER_H

/*
 * Long answers: lists, exports, walks over the whole chain. Each goes on a
 * few steps per round of the loop, and only while the supervisor reads what
 * was sent, so that a list of a hundred thousand jobs delays no file.
 */
#include <stdint.h>

#include "ledger.h"

#define ANSWERS_MAX 16 /* at once */

struct keeper;
struct answer;

/* Does one step: 1 there is more, 0 it is complete, or ERR_*. May send a row, may set `text`. */
typedef int answer_step(struct keeper *k, struct answer *a);

struct answer {
    struct answer *next;
    uint64_t call;
    answer_step *step;
    int fd;                      /* to write to; -1: none; closed at the end */
    int64_t at;                  /* where it has come to */
    uint64_t left;               /* rows that may still be sent */
    uint64_t to, count;          /* last record wanted; steps done */
    struct ledger_filter filter;
    bool short_rows;             /* without what submitters need not know */
    struct chain_head head;      /* of a walk along the chain */
    struct buf scratch;
    char text[200];              /* for people, sent with the end */
};

struct answers {
    struct answer *first;
    unsigned count;
};

/* A new answer to a call, to be filled in; it starts with the next round. NULL when there are too many. */
struct answer *answer_new(struct keeper *k, uint64_t call, answer_step *step);

/* Goes on with all answers. */
void answers_run(struct keeper *k);
void answers_free(struct keeper *k);

/* Sends the end of an answer. */
void answer_end(struct keeper *k, uint64_t call, int err, const char *text);

/* Sends a row of JSON. */
void answer_row(struct keeper *k, uint64_t call, const struct buf *json);

/* Writes a job as a JSON object; `whole` with its report, `inner` with what a submitter need not know. */
int answer_job(struct keeper *k, struct buf *b, const struct ledger_job *job, bool inner, bool whole) must_check;

/* The steps. */
answer_step answer_list, answer_pending, answer_export, answer_verify;

#endif
