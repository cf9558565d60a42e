/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_TEST_GATEWAY_H
#define SEKIMORI_TEST_GATEWAY_H

/*
 * Plays the supervisor against a real keeper and a real releaser in a folder
 * of its own. Every call that asks something waits for the answer; when a
 * program dies meanwhile it returns ERR_CLOSED.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/lib_sodium.h"
#include "base/msg.h"
#include "base/record.h"
#include "quarantine/keeper_config.h"
#include "releaser/releaser_config.h"

struct gateway {
    char folder[256];
    struct keeper_config keeper;
    struct releaser_config releaser;
    const char *keeper_env, *releaser_env; /* one "NAME=value" each, or NULL */
    const char *preload;                   /* LD_PRELOAD of both, or NULL */
    pid_t keeper_pid, releaser_pid;
    int keeper_fd, releaser_fd; /* supervisor's ends */
    int keeper_status, releaser_status; /* wait statuses after gateway_stop */
    uint64_t call;
    uint64_t undecided; /* as the keeper said when it was ready */
    bool stopped;       /* releases, as the keeper said */
    uint8_t public_key[32];
    unsigned delivered, collected, failed, faults, audit_faults, disk_lows; /* events seen */
    struct msg last;
};

/* A job as the test knows it. */
struct known {
    char token[JOB_TOKEN_MAX], path[64], job[JOB_ID_MAX], delivered[1200];
    uint8_t original[8192], output[8192], original_sha256[32], output_sha256[32];
    size_t original_n, output_n;
    bool accepted; /* the keeper said so */
    bool decided;  /* the keeper said so */
    enum reason wish, recorded;
    uint64_t seq;
};

/* Makes the folder (in TMPDIR or /tmp) and fills in a configuration. */
void gateway_init(struct gateway *g);
/* Removes it. */
void gateway_clean(struct gateway *g);

/* Starts both; 0 when both are ready, ERR_CLOSED when one ended instead. */
int gateway_start(struct gateway *g);
/* Closes the channels and waits for both to end. */
void gateway_stop(struct gateway *g);
/* kill -9, and waits. */
void gateway_kill(struct gateway *g);

/* Fills a job with content of its own. */
void known_fill(struct known *j, unsigned number, const char *path, enum reason wish);

/* Sends without waiting. */
int gateway_send_accept(struct gateway *g, const struct known *j, uint64_t call);
int gateway_send_decide(struct gateway *g, const struct known *j, uint64_t call);
/* Waits for the next frame of a type that is no event; events are counted on the way. */
int gateway_wait(struct gateway *g, uint16_t type);
/* Looks at what is there without waiting longer than ms; counts events. */
int gateway_poll(struct gateway *g, int ms);

/* Sends and waits. The error the keeper answered (0 or ERR_*), or ERR_CLOSED. */
int gateway_accept(struct gateway *g, struct known *j);
int gateway_decide(struct gateway *g, struct known *j);
/* A job's original from the store, compared with what the test knows. */
int gateway_open_original(struct gateway *g, const struct known *j);

/* Many at once: accepts, then decides, all that are not answered yet. ERR_CLOSED when the keeper died on the way. */
int gateway_push(struct gateway *g, struct known *jobs, unsigned count);

/* Asks a verb; args end with NULL. The rows are appended to `rows` (may be NULL), one per line. */
int gateway_ask(struct gateway *g, const char *actor, uint32_t roles, struct buf *rows, int fd, const char *verb, ...);

/* Waits until so many deliveries were reported, at most ms. False when not. */
bool gateway_delivered(struct gateway *g, unsigned count, int ms);

/*
 * With both programs ended: proves every promise against the disk. Ends the
 * test with a message when one does not hold. `after_recovery` false for a
 * disk that a crash just left.
 */
void gateway_check(const struct gateway *g, const struct known *jobs, unsigned count);

/* Reads a whole file beneath the gateway's folder into out; its length, or -1. */
ssize_t gateway_read(const struct gateway *g, const char *path, void *out, size_t room);

#endif
