/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_GATEWAY_H
#define SEKIMORI_GATEWAY_H

/*
 * The running gateway, shared by the files of sekimorid: main.c (start and
 * end), service.c (keeper, releaser, intake as programs), job.c (the way of a
 * job between them), control.c (the command line's socket), notice.c.
 */
#include "base/spawn.h"
#include "pipeline.h"

/* A program that is no zygote. */
struct service {
    struct gateway *gateway;
    enum program_id id;
    struct spawned program;
    struct peer *peer;
    bool ready;
    unsigned failures;
};

enum job_state {
    JOB_NONE = 0,
    JOB_OFFERED,   /* waits for room */
    JOB_ACCEPTING, /* the keeper writes it down */
    JOB_OPENING,   /* after a restart: the keeper decrypts its original */
    JOB_RUNNING,   /* in the pipeline */
    JOB_DECIDING,  /* the keeper writes the verdict down */
    JOB_TELLING,   /* intake writes the notice */
};

/* One job between its offer and its end. */
struct job {
    struct job *next;
    struct gateway *gateway;
    enum job_state state;
    uint64_t call;               /* id of the question that is open */
    uint64_t claim;              /* intake's number for it; 0: none waits */
    struct control *client;      /* a `submit` that waits for its job id */
    struct job_origin origin;
    const struct config_profile *profile;
    int fd;                      /* source while offered and accepting, result while deciding */
    char id[JOB_ID_MAX];
    uint8_t sha256[32];
    uint64_t bytes;
    struct buf decision;         /* payload of MSG_KEEPER_DECIDE, kept until answered */
    enum reason reason;
    struct findings findings;    /* for the notice */
    char out_path[JOB_PATH_MAX];
};

struct control;

struct gateway {
    struct config *config;
    char policy_digest[65];
    struct loop *loop;
    struct pipeline *pipeline;
    unsigned jobs_max;           /* jobs in the pipeline and with the keeper at once */
    struct service keeper, releaser, intake;
    int state_dir, checkpoint_dir, outbound_dir, work_dir, run_dir;
    uint64_t next_call, started_ms;
    struct job *jobs, **jobs_last;
    unsigned active;             /* jobs past JOB_OFFERED */
    bool paused, recovered, stopping, releases_stopped, audit_fault;
    char pause_why[128], keeper_note[128];
    uint8_t release_key[32];
    struct loop_timer *restart;
    struct peer *listener_peers;
    int listener;
    struct control *controls;
    uint64_t counts[VERDICT_BLOCKED + 1], received;
    bool drop;                   /* started as root: services take these ids */
    uid_t service_uid;
    gid_t service_gid;
};

/* ---- service.c ---- */

/* Starts keeper and releaser on a fresh pair, then intake. ERR_*: logged. */
int services_start(struct gateway *g) must_check;
/* Ends them: intake first, so that nothing new comes. */
void services_stop(struct gateway *g);

/* ---- job.c ---- */

/* A file offered by intake or by `submit`. Takes over fd. claim 0 and client NULL where nobody waits. */
void job_offer(struct gateway *g, const struct job_origin *origin, int fd, uint64_t claim, struct control *client);
/* Moves waiting jobs on while there is room. */
void jobs_pump(struct gateway *g);
/* The keeper came up: asks for undecided jobs, repeats open questions. */
void jobs_keeper_ready(struct gateway *g);
/* Intake came up: notices that were not confirmed are told again. */
void jobs_intake_ready(struct gateway *g);
/* The client of a `submit` went away. */
void jobs_forget_client(struct gateway *g, const struct control *client);
void jobs_free(struct gateway *g);

/* Answers of the keeper. Each returns 0 or ERR_PEER. */
int job_on_accepted(struct gateway *g, struct msg *m) must_check;
int job_on_opened(struct gateway *g, struct msg *m) must_check;
int job_on_decided(struct gateway *g, struct msg *m) must_check;
/* One job of the answer to MSG_KEEPER_PENDING, and its end. */
int job_on_resume(struct gateway *g, struct msg *m) must_check;
int job_on_pending_end(struct gateway *g) must_check;
/* Answer of intake. */
int job_on_told(struct gateway *g, struct msg *m) must_check;

/* The pipeline's hooks. */
extern const struct pipeline_hooks job_hooks;

/* ---- control.c ---- */

/* Listens on run/control.sock. ERR_IO, ERR_EXISTS when another gateway runs there. */
int control_listen(struct gateway *g) must_check;
void control_finish(struct gateway *g);
/* Rows and end of a question a client had the keeper asked; false when the id is none of ours. */
bool control_on_keeper(struct gateway *g, const struct msg *m);
/* A `submit` is durable, or refused (err < 0). */
void control_submitted(struct control *client, int err, const char *job, const char *text);
/* The keeper went away: open questions end with an error. */
void control_keeper_lost(struct gateway *g);

/* ---- notice.c ---- */

/*
 * The notice for staff on the internet side, Japanese then English, plain
 * text: what was delivered, removed, held or blocked. It names no rule.
 */
void notice_put(struct buf *b, const char *path, const char *job, enum reason reason, const struct findings *findings,
                const char *out_path);

/* True when staff must be told: not released, or something was removed or changed. */
bool notice_is_due(enum reason reason, const struct findings *findings);

#endif
