/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_RELEASE_H
#define SEKIMORI_RELEASE_H

/*
 * Who may do what, and what may leave. Pure rules, tested cell by cell. There
 * is no rule, role or reason by which an original reaches the outbound spool:
 * the only thing a release can deliver is an output that went through all five
 * stages and has the digest the last two vouched for.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/record.h"
#include "state.h"

/* What to do with a decision. */
struct release_outcome {
    enum reason reason;   /* recorded; OK only when it is delivered */
    const char *detail;   /* for admins; the decision's own or why the keeper disagrees */
    bool deliver;         /* store the output, write the release record, issue the ticket */
    bool keep_output;     /* store the output of a held job: an approver may release it */
};

/*
 * Judges a decision. `seen` is the SHA-256 of the output as the keeper read it
 * and `seen_bytes` its length; NULL when no output came. A decision "ok" with
 * anything missing becomes held, never less.
 */
void release_judge(const struct job_decision *decision, const uint8_t *seen, uint64_t seen_bytes,
                   struct release_outcome *out);

/*
 * True when the decision, were it not held for a reason an approver may lift,
 * could be released as it is: all stages passed, and only the policy or the
 * name's extension made it wait. An output is stored only for these.
 */
bool release_is_approvable(const struct job_decision *decision);

/* The state a recorded reason leads to. */
enum job_state release_state(const struct release_outcome *outcome);

/*
 * The n-th name to try for a delivery: n 1 is the path itself, then
 * "name (2).ext" and so on; from RELEASE_NAMES_MAX on the job's id takes the
 * number's place and the name is as unique as the id. The last component
 * stays within 246 bytes (room for the manifest's suffix). False when it does
 * not fit into room.
 */
#define RELEASE_NAMES_MAX 50
bool release_name(const char *path, unsigned n, const char *job, char *out, size_t room);

/* One verb an admin may ask. */
struct ask_rule {
    const char *verb;
    uint32_t roles;       /* any of these; a set without one of them is refused */
    uint8_t args_min, args_max;
    bool job;             /* first argument is a job id */
    bool reason;          /* second argument (first without a job) is a reason and may not be blank */
    bool fd;              /* comes with a descriptor */
    bool not_own;         /* never by the job's own submitter */
    bool own;             /* a pure submitter sees only his own jobs */
    const char *event;    /* audit record written before the answer; NULL: none */
};

/* The rule of a verb, or NULL: there is no such verb. */
const struct ask_rule *release_rule(const char *verb);
/* Row i of the table, NULL past its end: for tests and documents. */
const struct ask_rule *release_rule_at(unsigned i);

struct ask_actor {
    const char *name;
    uint32_t uid, roles;
};

/* True when the actor is the submitter: by name or as "uid:N". An unknown ("") submitter may be anyone, so it is true. */
bool release_is_own(const struct ask_actor *actor, const char *submitter);

/*
 * 0, or ERR_PERM when the role is missing or it is the actor's own file.
 * `submitter` is NULL for verbs without a job.
 */
int release_may(const struct ask_rule *rule, const struct ask_actor *actor, const char *submitter);

/* True when the actor's roles let him see only his own jobs. */
bool release_sees_own_only(const struct ask_rule *rule, const struct ask_actor *actor);

/* True for a reason of at least two characters, valid UTF-8 on one line, up to 500 bytes. */
bool release_reason_is_given(const char *text);

#endif
