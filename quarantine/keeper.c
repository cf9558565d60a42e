/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sekimori-keeper: the ledger, the store, the audit chain and the release key.
 * The only program that reads or writes any of them.
 *
 * SECURITY
 * It takes frames from two peers, the supervisor and the releaser, through
 * tables of what each may say; a frame outside its table ends the keeper. File
 * bodies come as descriptors and are hashed and encrypted, never parsed; it
 * links no parser of any format. It believes no verdict: an output is released
 * only with all five stages named and with the digest it computed itself while
 * storing it. It runs without network, sees no folder but its state and the
 * checkpoints', and drops everything else before the first frame is read.
 *
 * DIAGNOSTICS
 * Exit statuses are those of keeper_config.h: 0 asked to end; 64 not started
 * by the supervisor; 65 ledger, chain or store do not verify; 66 a key is
 * missing; 70 the sandbox could not be closed; 71 out of memory; 74 a write or
 * flush failed; 76 the releaser is gone or broke the protocol. After 65, 66 and
 * 70 a person has to look; it does not repair evidence.
 *
 * BUGS
 * A file larger than memory_bytes is handed over in an unlinked file in work/,
 * in the clear: put the state folder on an encrypted volume, or raise the limit.
 * Export gives the original in the clear to the approver's own file.
 * One chain of records, so one keeper for a gateway.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/json.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "json_check.h"
#include "keeper.h"

#define CLOCK_MS 2000
#define CLOCK_STEP_MS 2000 /* smaller corrections are the time daemon's daily work */
#ifdef SEKIMORI_TEST_HOOKS
#define SWEEP_FIRST_MS 100
#else
#define SWEEP_FIRST_MS 60000
#endif
#define SWEEP_MS 3600000

/* ---- records and events --------------------------------------------------------------------------------- */

struct note {
    char actor[JOB_WORD_MAX], event[JOB_WORD_MAX], job[JOB_ID_MAX];
    char *detail;
};

static int note_apply(struct keeper *k, struct op *op)
{
    const struct note *n = op->data;

    return ledger_audit(k->ledger, fdio_wall_ms(), n->actor, n->event, n->job, n->detail);
}

static void note_reply(struct keeper *k, struct op *op)
{
    const struct note *n = op->data;

    (void)k;
    if (op->err < 0)
        log_error("the record \"%s\" could not be written: %s", n->event, err_text(op->err));
}

static void note_finish(struct op *op)
{
    struct note *n = op->data;

    free(n->detail);
}

static const struct op_kind kind_note = {.name = "note", .apply = note_apply, .reply = note_reply, .finish = note_finish};

void keeper_note(struct keeper *k, const char *actor, const char *event, const char *job, const char *detail)
{
    struct op *op = op_new(&kind_note, 0, sizeof(struct note));
    struct note *n = op->data;

    (void)snprintf(n->actor, sizeof n->actor, "%s", actor);
    (void)snprintf(n->event, sizeof n->event, "%s", event);
    (void)snprintf(n->job, sizeof n->job, "%s", job);
    n->detail = strdup(detail);
    if (!n->detail) {
        op_free(op);
        return;
    }
    batch_add(k, op);
}

void keeper_event(struct keeper *k, const char *kind, const char *job, const char *text)
{
    scoped_buf b = buf_new(MSG_PAYLOAD_MAX);

    if (!k->supervisor)
        return;
    buf_str(&b, kind);
    buf_str(&b, job);
    buf_str(&b, text);
    (void)peer_send(k->supervisor, MSG_KEEPER_EVENT, 0, &b, NULL, 0);
}

/* The supervisor's events carry its name, so that none can pass for one of the keeper's own. */
int on_note(void *owner, struct peer *peer, struct msg *m)
{
    struct view v = msg_view(m);
    char event[JOB_WORD_MAX - 16], named[JOB_WORD_MAX], detail[CHAIN_DETAIL_MAX / 2];
    scoped_buf text = buf_new(CHAIN_DETAIL_MAX);

    (void)peer;
    view_str(&v, event, sizeof event);
    view_str(&v, detail, sizeof detail);
    if (view_end(&v) < 0 || event[0] == '\0' || strspn(event, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(event))
        return ERR_PEER;
    (void)snprintf(named, sizeof named, "supervisor:%s", event);
    if (!json_is_object(detail)) {
        json_open(&text, NULL, '{');
        json_str(&text, "text", detail);
        json_close(&text, '}');
        keeper_note(owner, "supervisor", named, "", buf_text(&text));
    } else {
        keeper_note(owner, "supervisor", named, "", detail);
    }
    return 0;
}

struct told {
    char job[JOB_ID_MAX];
};

static int told_apply(struct keeper *k, struct op *op)
{
    const struct told *t = op->data;

    return ledger_set_told(k->ledger, t->job);
}

static void told_reply(struct keeper *k, struct op *op)
{
    (void)k;
    (void)op; /* a lost one is told twice */
}

static const struct op_kind kind_told = {.name = "told", .apply = told_apply, .reply = told_reply};

int on_told(void *owner, struct peer *peer, struct msg *m)
{
    struct view v = msg_view(m);
    char job[JOB_ID_MAX];

    (void)peer;
    view_str(&v, job, sizeof job);
    if (view_end(&v) < 0)
        return ERR_PEER;
    struct op *op = op_new(&kind_told, 0, sizeof(struct told));
    memcpy(((struct told *)op->data)->job, job, sizeof job);
    batch_add(owner, op);
    return 0;
}

struct fault {
    char job[JOB_ID_MAX], why[200];
};

static int fault_apply(struct keeper *k, struct op *op)
{
    const struct fault *f = op->data;
    scoped_buf detail = buf_new(CHAIN_DETAIL_MAX);
    struct ledger_delivery d;
    struct ledger_job job;
    int err = ledger_find(k->ledger, f->job, &job);

    if (err < 0)
        return err;
    if (!job_state_may(job.state, JOB_STATE_FAULT))
        return ERR_STALE;
    if (job.state == JOB_STATE_RELEASED && ledger_delivery_of(k->ledger, job.num, &d) == 0 && d.state == DELIVERY_QUEUED &&
        (err = ledger_set_delivery(k->ledger, d.seq, DELIVERY_QUEUED, DELIVERY_FAILED, fdio_wall_ms())) < 0)
        return err;
    json_open(&detail, NULL, '{');
    json_str(&detail, "was", job_state_word(job.state));
    json_str(&detail, "why", f->why);
    json_close(&detail, '}');
    if ((err = ledger_move(k->ledger, job.num, job.state, JOB_STATE_FAULT)) < 0)
        return err;
    return ledger_audit(k->ledger, fdio_wall_ms(), "gateway", "store-fault", job.id, buf_text(&detail));
}

static void fault_reply(struct keeper *k, struct op *op)
{
    const struct fault *f = op->data;

    log_error("job %s: %s", f->job, f->why);
    if (op->err == 0)
        keeper_event(k, "store-fault", f->job, f->why);
}

static const struct op_kind kind_fault = {.name = "fault", .apply = fault_apply, .reply = fault_reply};

void keeper_fault(struct keeper *k, const struct ledger_job *job, const char *why)
{
    struct op *op = op_new(&kind_fault, 0, sizeof(struct fault));
    struct fault *f = op->data;

    (void)snprintf(f->job, sizeof f->job, "%s", job->id);
    (void)snprintf(f->why, sizeof f->why, "%s", why);
    batch_add(k, op);
}

bool keeper_holds_back(const struct keeper *k)
{
    return k->releases_stopped || k->checkpoints.fault;
}

void keeper_end(struct keeper *k, enum keeper_exit status)
{
    if (k->status == KEEPER_EXIT_OK)
        k->status = status;
    loop_stop(k->loop, (int)status);
}

/* ---- the loop ---------------------------------------------------------------------------------------------- */

static const struct msg_rule supervisor_rules[] = {
    {.type = MSG_KEEPER_ACCEPT, .fds_min = 1, .fds_max = 1, .fn = on_accept},
    {.type = MSG_KEEPER_OPEN, .fn = on_open},
    {.type = MSG_KEEPER_PENDING, .fn = on_pending},
    {.type = MSG_KEEPER_DECIDE, .fds_max = 1, .fn = on_decide},
    {.type = MSG_KEEPER_TOLD, .fn = on_told},
    {.type = MSG_KEEPER_ASK, .fds_max = 1, .fn = on_ask},
    {.type = MSG_KEEPER_NOTE, .fn = on_note},
    {0},
};

static void on_supervisor_gone(void *owner, struct peer *peer, int err)
{
    struct keeper *k = owner;

    (void)peer;
    if (err != ERR_CLOSED)
        log_error("the supervisor's channel failed: %s", err_text(err));
    keeper_end(k, err == ERR_CLOSED ? KEEPER_EXIT_OK : KEEPER_EXIT_PEER);
}

static void on_releaser_gone(void *owner, struct peer *peer, int err)
{
    (void)peer;
    log_error("the releaser's channel failed: %s", err_text(err));
    keeper_end(owner, KEEPER_EXIT_PEER);
}

static void on_terminate(void *arg, int signo)
{
    (void)signo;
    keeper_end(arg, KEEPER_EXIT_OK);
}

/* A step of the wall clock is a record: times in the chain are only worth what the clock is. */
static void look_at_clock(struct keeper *k)
{
    int64_t offset = (int64_t)fdio_wall_ms() - (int64_t)fdio_now_ms(), step = offset - k->clock_offset_ms;
    char detail[64];

    if (step > -CLOCK_STEP_MS && step < CLOCK_STEP_MS)
        return;
    k->clock_offset_ms = offset;
    (void)snprintf(detail, sizeof detail, "{\"by_ms\":%lld}", (long long)step);
    keeper_note(k, "gateway", "clock-step", "", detail);
    keeper_event(k, "clock-step", "", detail);
}

static void on_clock(void *arg)
{
    struct keeper *k = arg;

    look_at_clock(k);
    checkpoint_run(k, false);
    if (loop_after(k->loop, CLOCK_MS, on_clock, k, &k->clock_timer) < 0)
        keeper_end(k, KEEPER_EXIT_MEMORY);
}

static void on_sweep(void *arg)
{
    struct keeper *k = arg;
    uint64_t wait = sweep_step(k) ? 50 : SWEEP_MS;

    if (loop_after(k->loop, wait, on_sweep, k, &k->sweep_timer) < 0)
        keeper_end(k, KEEPER_EXIT_MEMORY);
}

/* What one round gathered becomes durable here. */
static void on_round(void *arg)
{
    struct keeper *k = arg;

    batch_run(k);
    deliver_pump(k);
    checkpoint_run(k, false);
    answers_run(k);
    batch_run(k); /* records the steps above have written of themselves */
    int err = ledger_tidy(k->ledger);
    if (err < 0 && err != ERR_SPACE) { /* on a full disk the log just grows on, and the next round tries again */
        log_error("the ledger cannot be flushed: %s", ledger_error(k->ledger));
        keeper_end(k, KEEPER_EXIT_FLUSH);
    }
}

/* ---- start and end ------------------------------------------------------------------------------------------- */

static int read_config(struct keeper_config *out)
{
    struct msg *m = malloc(sizeof *m);
    int err = m ? msg_recv(KEEPER_FD_SUPERVISOR, m) : ERR_NOMEM;

    if (err == 0) {
        struct view v = msg_view(m);
        err = m->type == MSG_CONFIG ? keeper_config_get(&v, out) : ERR_PEER;
        msg_close(m);
    }
    free(m);
    return err;
}

/* Opens keys, ledger and store: everything that has a path. The exit status on failure. */
static int open_all(struct keeper *k, struct sign_key *audit_key)
{
    struct stat st;
    bool fresh = fstatat(KEEPER_FD_STATE, "ledger.db", &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;
    scoped_fd int keys = fdio_make_dirs(KEEPER_FD_STATE, "keys", 0700);
    int err = keys < 0 ? ERR_IO : store_open(KEEPER_FD_STATE, k->config.key_path, k->config.durable, &k->store);

    if (err == 0)
        err = key_load_signer(keys, "audit", fresh, audit_key);
    if (err == 0)
        err = key_load_signer(keys, "release", fresh, &k->release_key);
    if (err < 0) {
        log_error("store or keys: %s", err == ERR_NOTFOUND ? "a key is missing though there is data; put it back" : err_text(err));
        return err == ERR_NOTFOUND || err == ERR_INVALID ? KEEPER_EXIT_KEY : KEEPER_EXIT_LEDGER;
    }
    err = fchdir(KEEPER_FD_STATE) < 0 ? ERR_IO : ledger_open(k->config.durable, &k->ledger);
    if (err == 0 && k->config.durable) /* SQLite flushes its files' names too, but ignores a failure */
        err = fdio_sync(KEEPER_FD_STATE);
    if (err < 0) {
        log_error("ledger: %s", err_text(err));
        return KEEPER_EXIT_LEDGER;
    }
    return KEEPER_EXIT_OK;
}

static int close_sandbox(const struct keeper *k)
{
    const struct sandbox_dir dirs[] = {{KEEPER_FD_STATE, SANDBOX_ACCESS_READ | SANDBOX_ACCESS_WRITE},
                                       {KEEPER_FD_CHECKPOINTS, SANDBOX_ACCESS_READ | SANDBOX_ACCESS_WRITE}};
    uint32_t active = 0, missing = 0;
    int err = sandbox_enter_service(&sandbox_profiles[SANDBOX_PROFILE_keeper], k->config.waived, dirs, ARRAY_LEN(dirs), &active, &missing);

    if (err < 0)
        log_error("sandbox: %s (missing layers %#x)", err_text(err), (unsigned)missing);
    return err < 0 ? KEEPER_EXIT_SANDBOX : KEEPER_EXIT_OK;
}

static int start_loop(struct keeper *k)
{
    if (loop_new(&k->loop) < 0 || loop_signal(k->loop, SIGTERM, on_terminate, k) < 0 || loop_signal(k->loop, SIGINT, on_terminate, k) < 0 ||
        peer_new(k->loop, KEEPER_FD_SUPERVISOR, supervisor_rules, k, on_supervisor_gone, &k->supervisor) < 0 ||
        peer_new(k->loop, KEEPER_FD_RELEASER, deliver_rules, k, on_releaser_gone, &k->releaser) < 0 ||
        loop_after(k->loop, CLOCK_MS, on_clock, k, &k->clock_timer) < 0 ||
        loop_after(k->loop, SWEEP_FIRST_MS, on_sweep, k, &k->sweep_timer) < 0)
        return KEEPER_EXIT_MEMORY;
    loop_idle(k->loop, on_round, k);
    return KEEPER_EXIT_OK;
}

static void say_ready(struct keeper *k, uint64_t undecided)
{
    scoped_buf b = buf_new(1024);
    char note[128];

    (void)snprintf(note, sizeof note, "%llu audit records%s%s", (unsigned long long)ledger_head(k->ledger).seq,
                   k->config.durable ? "" : "; NOT DURABLE: flushes are off", k->checkpoints.fault ? "; checkpoints cannot be written" : "");
    buf_str(&b, note);
    buf_u64(&b, undecided);
    buf_u8(&b, k->releases_stopped);
    buf_blob(&b, k->release_key.public, sizeof k->release_key.public);
    (void)peer_send(k->supervisor, MSG_KEEPER_READY, 0, &b, NULL, 0);
}

static int run(struct keeper *k)
{
    struct sign_key audit_key;
    uint64_t undecided = 0;
    int status, err;

    k->floor_room = UINT64_MAX;
    k->clock_offset_ms = (int64_t)fdio_wall_ms() - (int64_t)fdio_now_ms();
    if ((status = open_all(k, &audit_key)) != KEEPER_EXIT_OK || (status = close_sandbox(k)) != KEEPER_EXIT_OK ||
        (status = start_loop(k)) != KEEPER_EXIT_OK)
        return status;
    err = checkpoint_start(k, KEEPER_FD_CHECKPOINTS, &audit_key);
    crypt_wipe(&audit_key, sizeof audit_key);
    if (err < 0) {
        log_error("the checkpoints speak of another chain than the ledger's: it was set back or exchanged");
        return KEEPER_EXIT_LEDGER;
    }
    if ((err = recover(k, &undecided)) < 0) {
        log_error("recovery: %s", err_text(err));
        return KEEPER_EXIT_LEDGER;
    }
    say_ready(k, undecided);
    deliver_start(k);
    if (loop_run(k->loop) < 0)
        return KEEPER_EXIT_MEMORY;
    if (k->status == KEEPER_EXIT_OK) {
        keeper_note(k, "gateway", "stopped", "", "{}");
        batch_run(k);
        checkpoint_run(k, true);
        batch_run(k);
    }
    return (int)k->status;
}

static void finish(struct keeper *k)
{
    if (k->loop)
        deliver_finish(k);
    answers_free(k);
    peer_free(&k->supervisor);
    peer_free(&k->releaser);
    loop_free(&k->loop);
    ledger_close(&k->ledger);
    store_close(&k->store);
    crypt_wipe(&k->release_key, sizeof k->release_key);
}

int main(void)
{
    static struct keeper k;
    struct stat st;

    log_init("sekimori-keeper", LOG_LEVEL_INFO);
    for (int fd = KEEPER_FD_SUPERVISOR; fd <= KEEPER_FD_CHECKPOINTS; fd++)
        if (fstat(fd, &st) < 0) {
            log_error("this program is started by sekimorid");
            return KEEPER_EXIT_USAGE;
        }
    tzset();
    if (crypt_init() < 0 || read_config(&k.config) < 0) {
        log_error("no configuration came");
        return KEEPER_EXIT_USAGE;
    }
    int status = run(&k);
    finish(&k);
    return status;
}
