/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeper and releaser as programs: the way of a file, the rules, the quarantine, the outbound folder in hostile hands. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/manifest.h"
#include "base/proto.h"
#include "gateway.h"

static int setup(void **state)
{
    struct gateway *g = calloc(1, sizeof *g);

    gateway_init(g);
    *state = g;
    return 0;
}

static int teardown(void **state)
{
    struct gateway *g = *state;

    gateway_kill(g);
    gateway_clean(g);
    free(g);
    return 0;
}

static bool exited_well(int status)
{
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void test_the_way_of_a_file(void **state)
{
    struct gateway *g = *state;
    static struct known jobs[5];
    static const enum reason wishes[5] = {REASON_OK, REASON_OK, REASON_MALFORMED, REASON_INFECTED, REASON_POLICY};

    assert_int_equal(gateway_start(g), 0);
    assert_int_equal(g->undecided, 0);
    for (unsigned i = 0; i < 5; i++)
        known_fill(&jobs[i], i, "2026/議案.pdf", wishes[i]);
    assert_int_equal(gateway_push(g, jobs, 5), 0);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(jobs[i].recorded, wishes[i]);
    assert_string_equal(jobs[0].delivered, "lgwan/2026/議案.pdf");
    assert_string_equal(jobs[1].delivered, "lgwan/2026/議案 (2).pdf");
    assert_int_equal(jobs[0].seq, 1);
    assert_int_equal(jobs[1].seq, 2);
    assert_true(gateway_delivered(g, 2, 5000));
    gateway_stop(g);
    assert_true(exited_well(g->keeper_status));
    assert_true(exited_well(g->releaser_status));
    gateway_check(g, jobs, 5);
}

static void test_a_token_is_one_job(void **state)
{
    struct gateway *g = *state;
    static struct known a, again;

    assert_int_equal(gateway_start(g), 0);
    known_fill(&a, 1, "a.pdf", REASON_OK);
    assert_int_equal(gateway_accept(g, &a), 0);
    again = a;
    assert_int_equal(gateway_accept(g, &again), 0); /* take_accepted compares the ids */
    assert_int_equal(gateway_decide(g, &a), 0);
    assert_true(gateway_delivered(g, 1, 5000));
    assert_int_equal(gateway_accept(g, &again), 0);
    assert_true(again.decided);
    assert_int_equal(again.recorded, REASON_OK);
    /* A second decision changes nothing. */
    again.wish = REASON_INFECTED;
    assert_int_equal(gateway_decide(g, &again), 0);
    assert_int_equal(again.recorded, REASON_OK);
    gateway_stop(g);
    gateway_check(g, &a, 1);
}

static void test_survives_a_restart(void **state)
{
    struct gateway *g = *state;
    static struct known jobs[3];

    assert_int_equal(gateway_start(g), 0);
    for (unsigned i = 0; i < 3; i++) {
        known_fill(&jobs[i], i, "x.pdf", REASON_OK);
        assert_int_equal(gateway_accept(g, &jobs[i]), 0);
    }
    assert_int_equal(gateway_decide(g, &jobs[0]), 0);
    gateway_kill(g);
    assert_int_equal(gateway_start(g), 0);
    assert_int_equal(g->undecided, 2);
    assert_int_equal(msg_send(g->keeper_fd, MSG_KEEPER_PENDING, 0, NULL, NULL, 0), 0);
    for (unsigned i = 0; i < 3; i++) { /* the decided one is untold */
        struct job_origin origin;
        char job[JOB_ID_MAX], path[1200];
        size_t n;
        assert_int_equal(gateway_wait(g, MSG_KEEPER_RESUME), 0);
        struct view v = msg_view(&g->last);
        view_str(&v, job, sizeof job);
        assert_memory_equal(view_blob(&v, &n), jobs[i].original_sha256, 32);
        assert_int_equal(view_u64(&v), jobs[i].original_n);
        assert_int_equal(view_u32(&v), i == 0 ? REASON_OK : 0);
        view_str(&v, path, sizeof path);
        assert_int_equal(origin_get(&v, &origin), 0);
        assert_int_equal(view_end(&v), 0);
        assert_string_equal(job, jobs[i].job);
        assert_string_equal(origin.token, jobs[i].token);
        assert_string_equal(origin.path, "x.pdf");
    }
    assert_int_equal(gateway_wait(g, MSG_KEEPER_END), 0);
    assert_int_equal(gateway_open_original(g, &jobs[1]), 0);
    assert_int_equal(gateway_open_original(g, &jobs[0]), ERR_STALE); /* decided: no way to its plaintext but an export */
    assert_int_equal(gateway_decide(g, &jobs[1]), 0);
    assert_int_equal(gateway_decide(g, &jobs[2]), 0);
    assert_true(gateway_delivered(g, 2, 5000));
    gateway_stop(g);
    gateway_check(g, jobs, 3);
}

/* Sends a decision changed by `spoil`; the reason that was recorded. */
static enum reason decide_spoilt(struct gateway *g, struct known *j, void (*spoil)(struct job_decision *d), const void *output, size_t n)
{
    scoped_buf b = buf_new(MSG_PAYLOAD_MAX);
    struct job_decision d = {.reason = REASON_OK, .out_bytes = j->output_n, .stage_count = 5, .report = "{}", .notice = true};
    scoped_fd int fd = open(g->folder, O_RDWR | O_TMPFILE, 0600);

    assert_int_equal(gateway_accept(g, j), 0);
    (void)snprintf(d.job, sizeof d.job, "%s", j->job);
    (void)snprintf(d.out_type, sizeof d.out_type, "pdf");
    (void)snprintf(d.out_path, sizeof d.out_path, "%s", j->path);
    memcpy(d.out_sha256, j->output_sha256, 32);
    for (unsigned s = 0; s < 5; s++) {
        d.stages[s] = (struct job_stage){.stage = (enum stage)(s + 1), .reason = REASON_OK};
        memcpy(d.stages[s].sha256, j->output_sha256, 32);
    }
    if (spoil)
        spoil(&d);
    assert_int_equal(fdio_write(fd, output, n), 0);
    decision_put(&b, &d);
    assert_int_equal(msg_send(g->keeper_fd, MSG_KEEPER_DECIDE, 7, &b, &fd, n ? 1 : 0), 0);
    assert_int_equal(gateway_wait(g, MSG_KEEPER_DECIDED), 0);
    struct view v = msg_view(&g->last);
    assert_int_equal(view_u32(&v), 0);
    (void)view_u32(&v);
    return (enum reason)view_u32(&v);
}

static void spoil_stage(struct job_decision *d)
{
    d->stage_count = 4;
}

static void spoil_order(struct job_decision *d)
{
    struct job_stage first = d->stages[0];

    d->stages[0] = d->stages[1];
    d->stages[1] = first;
}

static void spoil_check(struct job_decision *d)
{
    d->stages[4].sha256[0] ^= 1;
}

static void spoil_climb(struct job_decision *d)
{
    (void)snprintf(d->out_path, sizeof d->out_path, "../../etc/x.pdf");
}

static void spoil_manifest(struct job_decision *d)
{
    (void)snprintf(d->out_path, sizeof d->out_path, "a.pdf.Manifest");
}

static void test_nothing_leaves_without_everything(void **state)
{
    struct gateway *g = *state;
    static struct known j[8];
    void (*const spoils[])(struct job_decision *) = {spoil_stage, spoil_order, spoil_check, spoil_climb, spoil_manifest};
    static const enum reason want[] = {REASON_INTERNAL, REASON_INTERNAL, REASON_INTERNAL, REASON_UNSAFE_NAME, REASON_UNSAFE_NAME};

    assert_int_equal(gateway_start(g), 0);
    for (unsigned i = 0; i < 8; i++)
        known_fill(&j[i], i, "a.pdf", REASON_OK);
    for (unsigned i = 0; i < ARRAY_LEN(spoils); i++)
        assert_int_equal(decide_spoilt(g, &j[i], spoils[i], j[i].output, j[i].output_n), want[i]);
    j[5].output[100] ^= 1; /* not the bytes that were checked */
    assert_int_equal(decide_spoilt(g, &j[5], NULL, j[5].output, j[5].output_n), REASON_CHECK_REFUSED);
    assert_int_equal(decide_spoilt(g, &j[6], NULL, j[6].output, j[6].output_n - 1), REASON_CHECK_REFUSED);
    assert_int_equal(decide_spoilt(g, &j[7], NULL, "", 0), REASON_INTERNAL);
    assert_false(gateway_delivered(g, 1, 300));
    for (unsigned i = 0; i < 8; i++) /* and no approver can let it go */
        assert_int_equal(gateway_ask(g, "sato", ROLE_APPROVER, NULL, -1, "quarantine.release", j[i].job, "確認済み", NULL), ERR_PERM);
    gateway_stop(g);
    gateway_check(g, j, 8);
}

static void test_quarantine(void **state)
{
    struct gateway *g = *state;
    static struct known held, policy;
    scoped_buf rows = buf_new(1 << 20);
    uint8_t got[8192];

    assert_int_equal(gateway_start(g), 0);
    known_fill(&held, 1, "held.pdf", REASON_MALFORMED);
    known_fill(&policy, 2, "policy.pdf", REASON_POLICY);
    assert_int_equal(gateway_accept(g, &held), 0);
    assert_int_equal(gateway_accept(g, &policy), 0);
    assert_int_equal(gateway_decide(g, &held), 0);
    assert_int_equal(gateway_decide(g, &policy), 0);
    assert_int_equal(gateway_ask(g, "sato", ROLE_OPERATOR, &rows, -1, "quarantine.list", NULL), 0);
    assert_non_null(strstr(buf_text(&rows), held.job));
    assert_non_null(strstr(buf_text(&rows), policy.job));

    scoped_fd int out = open(g->folder, O_RDWR | O_TMPFILE, 0600);
    assert_int_equal(gateway_ask(g, "sato", ROLE_OPERATOR, NULL, out, "quarantine.export", held.job, "調査", NULL), ERR_PERM);
    assert_int_equal(gateway_ask(g, "tanaka", ROLE_APPROVER, NULL, out, "quarantine.export", held.job, "調査", NULL), ERR_PERM);
    assert_int_equal(gateway_ask(g, "sato", ROLE_APPROVER, NULL, out, "quarantine.export", held.job, " ", NULL), ERR_INVALID);
    assert_int_equal(lseek(out, 0, SEEK_END), 0); /* not a byte before */
    assert_int_equal(gateway_ask(g, "sato", ROLE_APPROVER, NULL, out, "quarantine.export", held.job, "調査", NULL), 0);
    assert_int_equal(fdio_pread(out, got, held.original_n, 0), 0);
    assert_memory_equal(got, held.original, held.original_n);

    assert_int_equal(gateway_ask(g, "sato", ROLE_APPROVER, NULL, -1, "quarantine.release", held.job, "確認済み", NULL), ERR_PERM);
    assert_int_equal(gateway_ask(g, "tanaka", ROLE_APPROVER, NULL, -1, "quarantine.release", policy.job, "確認済み", NULL), ERR_PERM);
    assert_int_equal(gateway_ask(g, "sato", ROLE_APPROVER, NULL, -1, "quarantine.release", policy.job, "確認済み", NULL), 0);
    assert_true(gateway_delivered(g, 1, 5000));
    assert_int_equal(gateway_read(g, "outbound/new/lgwan/policy.pdf", got, sizeof got), (ssize_t)policy.output_n);
    assert_memory_equal(got, policy.output, policy.output_n);
    assert_int_equal(gateway_ask(g, "sato", ROLE_APPROVER, NULL, -1, "quarantine.release", policy.job, "もう一度", NULL), ERR_STALE);

    assert_int_equal(gateway_ask(g, "ito", ROLE_OPERATOR, NULL, -1, "quarantine.delete", held.job, "期限切れ", NULL), 0);
    assert_int_equal(gateway_ask(g, "sato", ROLE_APPROVER, NULL, out, "quarantine.export", held.job, "調査", NULL), ERR_STALE);
    assert_int_equal(gateway_ask(g, "ito", ROLE_OPERATOR, NULL, -1, "no.such", NULL), ERR_INVALID);

    scoped_fd int audit = open(g->folder, O_RDWR | O_TMPFILE, 0600);
    static char text[1 << 18];
    assert_int_equal(gateway_ask(g, "kansa", ROLE_AUDITOR, NULL, audit, "audit.export", NULL), 0);
    ssize_t n = pread(audit, text, sizeof text - 1, 0);
    assert_true(n > 0);
    text[n] = '\0';
    assert_non_null(strstr(text, "\"event\":\"quarantine-export\""));
    assert_non_null(strstr(text, "\"event\":\"denied\""));
    assert_non_null(strstr(text, "\"actor\":\"sato\",\"event\":\"release\""));
    assert_int_equal(gateway_ask(g, "kansa", ROLE_AUDITOR, NULL, -1, "audit.verify", NULL), 0);
    gateway_stop(g);
    gateway_check(g, &policy, 1);
}

static void test_stopped_releases_wait(void **state)
{
    struct gateway *g = *state;
    static struct known j[2];

    assert_int_equal(gateway_start(g), 0);
    assert_int_equal(gateway_ask(g, "sato", ROLE_APPROVER, NULL, -1, "releases.stop", "訓練", NULL), 0);
    for (unsigned i = 0; i < 2; i++)
        known_fill(&j[i], i, "a.pdf", REASON_OK);
    assert_int_equal(gateway_push(g, j, 2), 0);
    assert_int_equal(j[0].recorded, REASON_OK);
    assert_false(gateway_delivered(g, 1, 300));
    gateway_kill(g);
    assert_int_equal(gateway_start(g), 0);
    assert_true(g->stopped);
    assert_false(gateway_delivered(g, 1, 300));
    assert_int_equal(gateway_ask(g, "sato", ROLE_APPROVER, NULL, -1, "releases.start", "訓練終了", NULL), ERR_PERM);
    assert_int_equal(gateway_ask(g, "ito", ROLE_OPERATOR, NULL, -1, "releases.start", "訓練終了", NULL), 0);
    assert_true(gateway_delivered(g, 2, 5000));
    gateway_stop(g);
    gateway_check(g, j, 2);
}

static void test_collection(void **state)
{
    struct gateway *g = *state;
    static struct known j[2], same;
    char path[2][1600];

    assert_int_equal(gateway_start(g), 0);
    for (unsigned i = 0; i < 2; i++)
        known_fill(&j[i], i, i ? "tree/b.pdf" : "a.pdf", REASON_OK);
    assert_int_equal(gateway_push(g, j, 2), 0);
    assert_true(gateway_delivered(g, 2, 5000));
    gateway_kill(g);
    assert_int_equal(gateway_start(g), 0); /* deliveries of earlier runs are watched too */
    for (unsigned i = 0; i < 2; i++) {
        (void)snprintf(path[i], sizeof path[i], "%s/outbound/new/%s", g->folder, j[i].delivered);
        assert_int_equal(unlink(path[i]), 0);
    }
    (void)snprintf(path[0], sizeof path[0], "%s/outbound/new/%s.manifest", g->folder, j[0].delivered);
    assert_int_equal(unlink(path[0]), 0); /* of the other the manifest is left lying */
    for (uint64_t until = fdio_now_ms() + 5000; g->collected < 2 && fdio_now_ms() < until;)
        (void)!gateway_poll(g, 50);
    assert_int_equal(g->collected, 2);
    (void)snprintf(path[1], sizeof path[1], "%s/outbound/new/lgwan/tree", g->folder);
    assert_int_equal(access(path[1], F_OK), -1); /* tidied: manifest and folder */
    known_fill(&same, 9, "a.pdf", REASON_OK);
    assert_int_equal(gateway_push(g, &same, 1), 0);
    assert_string_equal(same.delivered, "lgwan/a.pdf"); /* the name is free again */
    gateway_stop(g);
}

static void test_hostile_outbound(void **state)
{
    struct gateway *g = *state;
    static struct known j[3];
    char path[1024], target[1024];
    uint8_t got[8192];

    assert_int_equal(gateway_start(g), 0);
    (void)snprintf(path, sizeof path, "%s/outbound/new/lgwan", g->folder);
    assert_int_equal(mkdir(path, 0770), 0);
    /* A file, a link and a pipe in the place of deliveries, and a link in the place of a folder. */
    (void)snprintf(path, sizeof path, "%s/outbound/new/lgwan/a.pdf", g->folder);
    (void)snprintf(target, sizeof target, "%s/state/ledger.db", g->folder);
    assert_int_equal(symlink(target, path), 0);
    (void)snprintf(path, sizeof path, "%s/outbound/new/lgwan/b.pdf", g->folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    (void)snprintf(path, sizeof path, "%s/outbound/new/lgwan/c", g->folder);
    (void)snprintf(target, sizeof target, "%s/state", g->folder);
    assert_int_equal(symlink(target, path), 0);
    known_fill(&j[0], 0, "a.pdf", REASON_OK);
    known_fill(&j[1], 1, "b.pdf", REASON_OK);
    known_fill(&j[2], 2, "c/d.pdf", REASON_OK);
    assert_int_equal(gateway_push(g, j, 3), 0);
    assert_true(gateway_delivered(g, 2, 5000));
    assert_int_equal(gateway_read(g, "outbound/new/lgwan/a (2).pdf", got, sizeof got), (ssize_t)j[0].output_n);
    assert_memory_equal(got, j[0].output, j[0].output_n);
    assert_int_equal(gateway_read(g, "outbound/new/lgwan/b (2).pdf", got, sizeof got), (ssize_t)j[1].output_n);
    (void)snprintf(path, sizeof path, "%s/state/d.pdf", g->folder);
    assert_int_equal(access(path, F_OK), -1); /* the link was not followed */
    for (uint64_t until = fdio_now_ms() + 5000; g->failed == 0 && fdio_now_ms() < until;)
        (void)!gateway_poll(g, 50);
    assert_true(g->failed > 0); /* told, not lost: it goes out when the way is free */
    (void)snprintf(path, sizeof path, "%s/outbound/new/lgwan/c", g->folder);
    assert_int_equal(unlink(path), 0);
    assert_true(gateway_delivered(g, 3, 8000));
    assert_int_equal(gateway_read(g, "outbound/new/lgwan/c/d.pdf", got, sizeof got), (ssize_t)j[2].output_n);
    gateway_stop(g);
}

static void test_damaged_store(void **state)
{
    struct gateway *g = *state;
    static struct known j[2];
    char path[1024];

    assert_int_equal(gateway_start(g), 0);
    for (unsigned i = 0; i < 2; i++) {
        known_fill(&j[i], i, "a.pdf", REASON_OK);
        assert_int_equal(gateway_accept(g, &j[i]), 0);
    }
    (void)snprintf(path, sizeof path, "%s/state/originals/%.8s/%s", g->folder, j[0].job, j[0].job);
    scoped_fd int fd = open(path, O_RDWR);
    uint8_t byte;
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &byte, 1, 2000), 1);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, 2000), 1); /* T6: one bit */
    assert_int_equal(gateway_open_original(g, &j[0]), ERR_CRYPTO);
    for (uint64_t until = fdio_now_ms() + 3000; g->faults == 0 && fdio_now_ms() < until;)
        (void)!gateway_poll(g, 50);
    assert_int_equal(g->faults, 1);
    gateway_kill(g);
    (void)snprintf(path, sizeof path, "%s/state/originals/%.8s/%s", g->folder, j[1].job, j[1].job);
    assert_int_equal(unlink(path), 0); /* gone while nobody looked */
    assert_int_equal(gateway_start(g), 0);
    assert_int_equal(g->undecided, 0);
    assert_int_equal(gateway_decide(g, &j[1]), 0); /* answered with what is recorded: nothing was released */
    assert_true(j[1].recorded != REASON_OK);
    gateway_stop(g);
}

static void test_no_key_no_start(void **state)
{
    struct gateway *g = *state;
    static struct known j;
    char path[1024];

    assert_int_equal(gateway_start(g), 0);
    known_fill(&j, 1, "a.pdf", REASON_OK);
    assert_int_equal(gateway_accept(g, &j), 0);
    gateway_stop(g);
    static const char *const keys[] = {"master", "audit", "release"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        char aside[1100];
        (void)snprintf(path, sizeof path, "%s/state/keys/%s.key", g->folder, keys[i]);
        (void)snprintf(aside, sizeof aside, "%s.aside", path);
        assert_int_equal(rename(path, aside), 0);
        assert_true(gateway_start(g) < 0);
        gateway_stop(g);
        assert_int_equal(WEXITSTATUS(g->keeper_status), KEEPER_EXIT_KEY);
        assert_int_equal(access(path, F_OK), -1); /* none was made in its place */
        assert_int_equal(rename(aside, path), 0);
        assert_int_equal(chmod(path, 0640), 0);
        assert_true(gateway_start(g) < 0);
        gateway_stop(g);
        assert_int_equal(WEXITSTATUS(g->keeper_status), KEEPER_EXIT_KEY);
        assert_int_equal(chmod(path, 0600), 0);
    }
    assert_int_equal(gateway_start(g), 0);
    gateway_stop(g);
    gateway_check(g, &j, 1);
}

static void test_a_set_back_ledger_is_seen(void **state)
{
    struct gateway *g = *state;
    static struct known j;
    char command[2048];

    assert_int_equal(gateway_start(g), 0);
    gateway_stop(g);
    (void)snprintf(command, sizeof command, "cp -r %s/state %s/old", g->folder, g->folder);
    assert_int_equal(system(command), 0);
    assert_int_equal(gateway_start(g), 0);
    known_fill(&j, 1, "a.pdf", REASON_OK);
    assert_int_equal(gateway_push(g, &j, 1), 0);
    gateway_stop(g);
    (void)snprintf(command, sizeof command, "rm -rf %s/state && mv %s/old %s/state", g->folder, g->folder, g->folder);
    assert_int_equal(system(command), 0);
    assert_true(gateway_start(g) < 0);
    gateway_stop(g);
    assert_int_equal(WEXITSTATUS(g->keeper_status), KEEPER_EXIT_LEDGER);
}

/* T12: while checkpoints cannot be written nothing leaves; afterwards all of it does. */
static void test_no_audit_no_release(void **state)
{
    struct gateway *g = *state;
    static struct known j[2];
    char path[1024], aside[1024];

    g->keeper.checkpoint_records = 1;
    assert_int_equal(gateway_start(g), 0);
    known_fill(&j[0], 0, "a.pdf", REASON_OK);
    known_fill(&j[1], 1, "b.pdf", REASON_OK);
    /* A folder where the file belongs: opening it for writing fails for anyone, root too. */
    (void)snprintf(path, sizeof path, "%s/audit/checkpoints.jsonl", g->folder);
    (void)snprintf(aside, sizeof aside, "%s/audit/aside", g->folder);
    assert_int_equal(rename(path, aside), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(gateway_accept(g, &j[0]), 0); /* its checkpoint fails */
    for (uint64_t until = fdio_now_ms() + 3000; g->audit_faults == 0 && fdio_now_ms() < until;)
        (void)!gateway_poll(g, 50);
    assert_int_equal(g->audit_faults, 1);
    assert_int_equal(gateway_decide(g, &j[0]), 0);
    assert_int_equal(gateway_push(g, &j[1], 1), 0);
    assert_false(gateway_delivered(g, 1, 500));
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rename(aside, path), 0);
    assert_true(gateway_delivered(g, 2, 15000));
    gateway_stop(g);
    gateway_check(g, j, 2);
}

static void test_disk_floor(void **state)
{
    struct gateway *g = *state;
    static struct known j[2];

    assert_int_equal(gateway_start(g), 0);
    known_fill(&j[0], 0, "a.pdf", REASON_OK);
    known_fill(&j[1], 1, "b.pdf", REASON_OK);
    assert_int_equal(gateway_accept(g, &j[0]), 0);
    gateway_stop(g);
    g->keeper.floor_bytes = (uint64_t)1 << 60;
    assert_int_equal(gateway_start(g), 0);
    assert_int_equal(gateway_accept(g, &j[1]), ERR_SPACE);
    assert_int_equal(g->disk_lows, 1);
    assert_int_equal(gateway_decide(g, &j[0]), 0); /* what was accepted goes on */
    assert_true(gateway_delivered(g, 1, 5000));
    gateway_stop(g);
    g->keeper.floor_bytes = 1;
    assert_int_equal(gateway_start(g), 0);
    assert_int_equal(gateway_accept(g, &j[1]), 0);
    gateway_stop(g);
    gateway_check(g, j, 2);
}

static void test_large_file(void **state)
{
    struct gateway *g = *state;
    static struct known j;

    g->keeper.memory_bytes = 1000; /* everything counts as large */
    assert_int_equal(gateway_start(g), 0);
    known_fill(&j, 1, "a.pdf", REASON_OK);
    assert_int_equal(gateway_push(g, &j, 1), 0); /* take_accepted: right bytes, not writable */
    assert_true(gateway_delivered(g, 1, 5000));
    gateway_stop(g);
    gateway_check(g, &j, 1);
}

static void test_rows_for_the_submitter(void **state)
{
    struct gateway *g = *state;
    static struct known j;
    scoped_buf own = buf_new(1 << 16), other = buf_new(1 << 16), one = buf_new(1 << 16);

    assert_int_equal(gateway_start(g), 0);
    known_fill(&j, 1, "a.pdf", REASON_MALFORMED);
    assert_int_equal(gateway_push(g, &j, 1), 0);
    assert_int_equal(gateway_ask(g, "tanaka", ROLE_SUBMITTER, &own, -1, "jobs.list", NULL), 0);
    assert_non_null(strstr(buf_text(&own), j.job));
    assert_null(strstr(buf_text(&own), "\"detail\"")); /* nothing about the rules */
    assert_null(strstr(buf_text(&own), "\"policy\""));
    assert_int_equal(gateway_ask(g, "suzuki", ROLE_SUBMITTER, &other, -1, "jobs.list", NULL), 0);
    assert_int_equal(other.len, 0);
    assert_int_equal(gateway_ask(g, "suzuki", ROLE_SUBMITTER, NULL, -1, "jobs.show", j.job, NULL), ERR_NOTFOUND);
    assert_int_equal(gateway_ask(g, "tanaka", ROLE_SUBMITTER, &one, -1, "jobs.show", j.job, NULL), 0);
    assert_non_null(strstr(buf_text(&one), "\"report\":{"));
    assert_int_equal(gateway_ask(g, "ito", ROLE_OPERATOR, NULL, -1, "jobs.list", "--state", "nonsense", NULL), ERR_INVALID);
    assert_int_equal(gateway_ask(g, "ito", ROLE_OPERATOR, NULL, -1, "stats", NULL), 0);
    gateway_stop(g);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_the_way_of_a_file),
        T(test_a_token_is_one_job),
        T(test_survives_a_restart),
        T(test_nothing_leaves_without_everything),
        T(test_quarantine),
        T(test_stopped_releases_wait),
        T(test_collection),
        T(test_hostile_outbound),
        T(test_damaged_store),
        T(test_no_key_no_start),
        T(test_a_set_back_ledger_is_seen),
        T(test_no_audit_no_release),
        T(test_disk_floor),
        T(test_large_file),
        T(test_rows_for_the_submitter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
