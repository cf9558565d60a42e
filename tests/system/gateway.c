/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The supervisor's part, for tests of keeper and releaser. */
#include "gateway.h"

#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/proto.h"
#include "base/sandbox.h"

#define WAIT_MS 20000

void gateway_init(struct gateway *g)
{
    const char *base = getenv("SEKIMORI_TEST_DIR");
    char path[512];

    memset(g, 0, sizeof *g);
    (void)signal(SIGPIPE, SIG_IGN);
    assert_int_equal(crypt_init(), 0);
    (void)snprintf(g->folder, sizeof g->folder, "%s/sekimori-test-XXXXXX", base ? base : "/tmp");
    assert_non_null(mkdtemp(g->folder));
    static const char *const folders[] = {"state", "audit", "outbound"};
    for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
        (void)snprintf(path, sizeof path, "%s/%s", g->folder, folders[i]);
        assert_int_equal(mkdir(path, 0700), 0);
    }
    keeper_config_default(&g->keeper);
    g->keeper.floor_bytes = 1 << 20;
    g->keeper.floor_inodes = 16;
    g->keeper.waived = SANDBOX_ALL; /* what the machine has is used all the same */
    (void)snprintf(g->keeper.gateway, sizeof g->keeper.gateway, "test-gateway");
    (void)snprintf(g->keeper.version, sizeof g->keeper.version, "0.0-test");
    g->releaser = (struct releaser_config){.durable = true, .poll_ms = 30, .grace_ms = 200, .waived = SANDBOX_ALL};
    g->keeper_fd = g->releaser_fd = -1;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    (void)chmod(path, 0700);
    return remove(path);
}

void gateway_clean(struct gateway *g)
{
    (void)nftw(g->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static int open_folder(const struct gateway *g, const char *name)
{
    char path[512];

    (void)snprintf(path, sizeof path, "%s/%s", g->folder, name);
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* fds[i] becomes 3 + i. */
static pid_t start(const char *program, const int *fds, unsigned count, const char *env, const char *preload)
{
    pid_t pid = fork();

    if (pid != 0)
        return pid;
    for (unsigned i = 0; i < count; i++)
        if (fcntl(fds[i], F_DUPFD, 100) != (int)(100 + i))
            _exit(99);
    for (unsigned i = 0; i < count; i++)
        if (dup2((int)(100 + i), (int)(3 + i)) < 0)
            _exit(99);
    for (int fd = 3 + (int)count; fd < 1024; fd++)
        (void)close(fd);
    if (env)
        (void)putenv(strdup(env));
    if (preload)
        (void)setenv("LD_PRELOAD", preload, 1);
    if (!getenv("SEKIMORI_TEST_LOUD")) {
        int null = open("/dev/null", O_WRONLY);
        (void)dup2(null, 2);
    }
    execl(program, program, (char *)NULL);
    _exit(98);
}

static int receive(struct gateway *g, int fd, int ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    msg_close(&g->last);
    int n = poll(&p, 1, ms);
    if (n <= 0)
        return ERR_TIMEOUT;
    return msg_recv(fd, &g->last);
}

static int wait_ready(struct gateway *g, int fd, uint16_t type)
{
    int err = receive(g, fd, WAIT_MS);

    return err < 0 ? err : g->last.type == type ? 0 : ERR_PEER;
}

static int start_keeper(struct gateway *g, int releaser_end)
{
    int pair[2], err;
    const char *program = getenv("SEKIMORI_KEEPER");
    scoped_fd int state = open_folder(g, "state"), audit = open_folder(g, "audit");
    scoped_buf config = buf_new(4096);

    assert_non_null(program);
    assert_int_equal(msg_pair(pair), 0);
    const int fds[] = {pair[1], releaser_end, state, audit};
    g->keeper_pid = start(program, fds, ARRAY_LEN(fds), g->keeper_env, g->preload);
    (void)close(pair[1]);
    g->keeper_fd = pair[0];
    keeper_config_put(&config, &g->keeper);
    if ((err = msg_send(g->keeper_fd, MSG_CONFIG, 0, &config, NULL, 0)) < 0)
        return err;
    do /* events of the recovery come first */
        err = receive(g, g->keeper_fd, WAIT_MS);
    while (err == 0 && g->last.type == MSG_KEEPER_EVENT);
    if (err < 0 || g->last.type != MSG_KEEPER_READY)
        return err < 0 ? err : ERR_PEER;
    struct view v = msg_view(&g->last);
    char note[256];
    size_t n;
    view_str(&v, note, sizeof note);
    g->undecided = view_u64(&v);
    g->stopped = view_u8(&v) != 0;
    const uint8_t *key = view_blob(&v, &n);
    assert_int_equal(view_end(&v), 0);
    assert_int_equal(n, sizeof g->public_key);
    memcpy(g->public_key, key, n);
    return 0;
}

static int start_releaser(struct gateway *g, int keeper_end)
{
    int pair[2], err;
    const char *program = getenv("SEKIMORI_RELEASER");
    scoped_fd int outbound = open_folder(g, "outbound");
    scoped_buf config = buf_new(4096);

    assert_non_null(program);
    assert_int_equal(msg_pair(pair), 0);
    const int fds[] = {pair[1], keeper_end, outbound};
    g->releaser_pid = start(program, fds, ARRAY_LEN(fds), g->releaser_env, g->preload);
    (void)close(pair[1]);
    g->releaser_fd = pair[0];
    memcpy(g->releaser.public_key, g->public_key, sizeof g->public_key);
    releaser_config_put(&config, &g->releaser);
    if ((err = msg_send(g->releaser_fd, MSG_CONFIG, 0, &config, NULL, 0)) < 0)
        return err;
    return wait_ready(g, g->releaser_fd, MSG_RELEASE_READY);
}

int gateway_start(struct gateway *g)
{
    int pair[2];

    g->delivered = g->collected = g->failed = g->faults = g->audit_faults = g->disk_lows = 0;
    for (unsigned i = 0; i < MSG_FDS_MAX; i++)
        g->last.fds[i] = -1;
    assert_int_equal(msg_pair(pair), 0);
    int err = start_keeper(g, pair[0]);
    (void)close(pair[0]);
    if (err == 0)
        err = start_releaser(g, pair[1]);
    (void)close(pair[1]);
    return err;
}

static void reap(struct gateway *g, int signo)
{
    if (signo && g->keeper_pid > 0)
        (void)kill(g->keeper_pid, signo);
    if (signo && g->releaser_pid > 0)
        (void)kill(g->releaser_pid, signo);
    msg_close(&g->last);
    scope_close(&g->keeper_fd);
    if (g->keeper_pid > 0)
        (void)waitpid(g->keeper_pid, &g->keeper_status, 0);
    scope_close(&g->releaser_fd);
    if (g->releaser_pid > 0)
        (void)waitpid(g->releaser_pid, &g->releaser_status, 0);
    g->keeper_pid = g->releaser_pid = 0;
}

void gateway_stop(struct gateway *g)
{
    reap(g, 0);
}

void gateway_kill(struct gateway *g)
{
    reap(g, SIGKILL);
}

void known_fill(struct known *j, unsigned number, const char *path, enum reason wish)
{
    memset(j, 0, sizeof *j);
    (void)snprintf(j->token, sizeof j->token, "token-%u", number);
    (void)snprintf(j->path, sizeof j->path, "%s", path);
    j->wish = wish;
    j->original_n = 4096 + number;
    j->output_n = 3000 + number;
    for (size_t i = 0; i < j->original_n; i++)
        j->original[i] = (uint8_t)(i * 7 + number);
    for (size_t i = 0; i < j->output_n; i++)
        j->output[i] = (uint8_t)(i * 11 + number + 1);
    digest_of(j->original, j->original_n, j->original_sha256);
    digest_of(j->output, j->output_n, j->output_sha256);
}

static int memory_file(const void *bytes, size_t n)
{
    int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    assert_true(fd >= 0);
    assert_int_equal(fdio_write(fd, bytes, n), 0);
    return fd;
}

int gateway_send_accept(struct gateway *g, const struct known *j, uint64_t call)
{
    scoped_buf b = buf_new(MSG_PAYLOAD_MAX);
    scoped_fd int fd = memory_file(j->original, j->original_n);
    struct job_origin o = {.mtime = 1700000000};

    (void)snprintf(o.lane, sizeof o.lane, "kikaku");
    (void)snprintf(o.destination, sizeof o.destination, "lgwan");
    (void)snprintf(o.label, sizeof o.label, "2");
    (void)snprintf(o.source, sizeof o.source, "spool");
    (void)snprintf(o.submitter, sizeof o.submitter, "tanaka");
    (void)snprintf(o.path, sizeof o.path, "%s", j->path);
    (void)snprintf(o.token, sizeof o.token, "%s", j->token);
    (void)snprintf(o.profile, sizeof o.profile, "standard");
    digest_hex(j->original_sha256, o.policy_digest);
    origin_put(&b, &o);
    return msg_send(g->keeper_fd, MSG_KEEPER_ACCEPT, call, &b, &fd, 1);
}

/* A decision as the supervisor makes it for the job's wish. */
static void decision_of(const struct known *j, struct job_decision *d)
{
    *d = (struct job_decision){.reason = j->wish, .out_bytes = j->output_n, .items = 1, .total_ms = 12, .notice = true, .report = "{\"kept\":[]}"};
    (void)snprintf(d->job, sizeof d->job, "%s", j->job);
    (void)snprintf(d->type, sizeof d->type, "pdf");
    (void)snprintf(d->out_type, sizeof d->out_type, "pdf");
    (void)snprintf(d->mode, sizeof d->mode, "sanitize");
    bool passed = j->wish == REASON_OK || j->wish == REASON_POLICY;
    if (!passed) {
        d->stage_count = 1;
        d->stages[0] = (struct job_stage){.stage = STAGE_DETECT, .reason = j->wish};
        d->out_bytes = 0;
        return;
    }
    (void)snprintf(d->out_path, sizeof d->out_path, "%s", j->path);
    memcpy(d->out_sha256, j->output_sha256, 32);
    for (unsigned s = STAGE_DETECT; s < STAGES; s++) {
        struct job_stage *stage = &d->stages[d->stage_count++];
        *stage = (struct job_stage){.stage = (enum stage)s, .reason = REASON_OK, .ms = s};
        memcpy(stage->sha256, s >= STAGE_SCAN_OUTPUT ? j->output_sha256 : j->original_sha256, 32);
    }
}

int gateway_send_decide(struct gateway *g, const struct known *j, uint64_t call)
{
    scoped_buf b = buf_new(MSG_PAYLOAD_MAX);
    struct job_decision d;
    scoped_fd int fd = memory_file(j->output, j->output_n);

    decision_of(j, &d);
    decision_put(&b, &d);
    return msg_send(g->keeper_fd, MSG_KEEPER_DECIDE, call, &b, &fd, d.out_path[0] ? 1 : 0);
}

static void count_event(struct gateway *g)
{
    struct view v = msg_view(&g->last);
    char kind[32], job[JOB_ID_MAX], text[2048];

    view_str(&v, kind, sizeof kind);
    view_str(&v, job, sizeof job);
    view_str(&v, text, sizeof text);
    assert_int_equal(view_end(&v), 0);
    g->delivered += strcmp(kind, "delivered") == 0;
    g->collected += strcmp(kind, "collected") == 0;
    g->failed += strcmp(kind, "delivery-failed") == 0;
    g->faults += strcmp(kind, "store-fault") == 0;
    g->audit_faults += strcmp(kind, "audit-fault") == 0;
    g->disk_lows += strcmp(kind, "disk-low") == 0;
}

int gateway_wait(struct gateway *g, uint16_t type)
{
    for (;;) {
        int err = receive(g, g->keeper_fd, WAIT_MS);
        if (err < 0)
            return err;
        if (g->last.type == MSG_KEEPER_EVENT)
            count_event(g);
        else
            return g->last.type == type ? 0 : ERR_PEER;
    }
}

int gateway_poll(struct gateway *g, int ms)
{
    int err = receive(g, g->keeper_fd, ms);

    if (err == 0 && g->last.type == MSG_KEEPER_EVENT)
        count_event(g);
    return err;
}

bool gateway_delivered(struct gateway *g, unsigned count, int ms)
{
    uint64_t until = fdio_now_ms() + (uint64_t)ms;

    while (g->delivered < count && fdio_now_ms() < until) {
        int err = gateway_poll(g, 50);
        if (err < 0 && err != ERR_TIMEOUT)
            return false;
    }
    return g->delivered >= count;
}

/* Reads an ACCEPTED into the job. */
static int take_accepted(struct gateway *g, struct known *j)
{
    struct view v = msg_view(&g->last);
    char job[JOB_ID_MAX], path[1200], report[JOB_REPORT_MAX + 1];
    size_t n;
    int err = -(int)view_u32(&v);

    view_str(&v, job, sizeof job);
    const uint8_t *sha256 = view_blob(&v, &n);
    uint64_t bytes = view_u64(&v);
    bool known = view_u8(&v) != 0;
    (void)view_u32(&v);
    uint32_t reason = view_u32(&v);
    view_str(&v, path, sizeof path);
    view_str(&v, report, sizeof report);
    assert_int_equal(view_end(&v), 0);
    if (err < 0)
        return err;
    assert_int_equal(n, 32);
    assert_int_equal(bytes, j->original_n);
    assert_memory_equal(sha256, j->original_sha256, 32);
    if (j->accepted)
        assert_string_equal(job, j->job); /* one token, one job, for ever */
    assert_int_equal(g->last.fd_count, known ? 0 : 1);
    if (!known) {
        uint8_t got[8192];
        assert_int_equal(fdio_pread(g->last.fds[0], got, j->original_n, 0), 0);
        assert_memory_equal(got, j->original, j->original_n);
        assert_true(pwrite(g->last.fds[0], "x", 1, 0) < 0);
    }
    if (reason) {
        j->decided = true;
        j->recorded = (enum reason)reason;
    }
    (void)snprintf(j->job, sizeof j->job, "%s", job);
    j->accepted = true;
    return 0;
}

static int take_decided(struct gateway *g, struct known *j)
{
    struct view v = msg_view(&g->last);
    char path[1200];
    int err = -(int)view_u32(&v);

    (void)view_u32(&v);
    uint32_t reason = view_u32(&v);
    view_str(&v, path, sizeof path);
    uint64_t seq = view_u64(&v);
    assert_int_equal(view_end(&v), 0);
    if (err < 0)
        return err;
    if (j->seq)
        assert_int_equal(j->seq, seq); /* the same number whenever it is asked */
    j->seq = seq;
    j->decided = true;
    j->recorded = (enum reason)reason;
    (void)snprintf(j->delivered, sizeof j->delivered, "%s", path);
    return 0;
}

int gateway_accept(struct gateway *g, struct known *j)
{
    int err = gateway_send_accept(g, j, ++g->call);

    if (err == 0)
        err = gateway_wait(g, MSG_KEEPER_ACCEPTED);
    return err < 0 ? err : take_accepted(g, j);
}

int gateway_decide(struct gateway *g, struct known *j)
{
    int err = gateway_send_decide(g, j, ++g->call);

    if (err == 0)
        err = gateway_wait(g, MSG_KEEPER_DECIDED);
    return err < 0 ? err : take_decided(g, j);
}

int gateway_open_original(struct gateway *g, const struct known *j)
{
    scoped_buf b = buf_new(256);
    uint8_t got[8192];

    buf_str(&b, j->job);
    int err = msg_send(g->keeper_fd, MSG_KEEPER_OPEN, ++g->call, &b, NULL, 0);
    if (err == 0)
        err = gateway_wait(g, MSG_KEEPER_OPENED);
    if (err < 0)
        return err;
    struct view v = msg_view(&g->last);
    err = -(int)view_u32(&v);
    assert_int_equal(view_end(&v), 0);
    if (err < 0)
        return err;
    assert_int_equal(g->last.fd_count, 1);
    assert_int_equal(fdio_pread(g->last.fds[0], got, j->original_n, 0), 0);
    assert_memory_equal(got, j->original, j->original_n);
    return 0;
}

int gateway_push(struct gateway *g, struct known *jobs, unsigned count)
{
    unsigned waiting = 0;
    int err = 0, first = 0;

    for (unsigned i = 0; i < count && err == 0; i++) {
        if (jobs[i].accepted)
            continue;
        if ((err = gateway_send_accept(g, &jobs[i], 1000 + i)) == 0)
            waiting++;
    }
    for (; waiting > 0 && err == 0; waiting--)
        if ((err = gateway_wait(g, MSG_KEEPER_ACCEPTED)) == 0) {
            int one = take_accepted(g, &jobs[g->last.id - 1000]);
            first = first < 0 ? first : one;
        }
    for (unsigned i = 0; i < count && err == 0; i++) {
        if (!jobs[i].accepted || jobs[i].decided)
            continue;
        if ((err = gateway_send_decide(g, &jobs[i], 1000 + i)) == 0)
            waiting++;
    }
    for (; waiting > 0 && err == 0; waiting--)
        if ((err = gateway_wait(g, MSG_KEEPER_DECIDED)) == 0) {
            int one = take_decided(g, &jobs[g->last.id - 1000]);
            first = first < 0 ? first : one;
        }
    return err < 0 ? err : first;
}

int gateway_ask(struct gateway *g, const char *actor, uint32_t roles, struct buf *rows, int fd, const char *verb, ...)
{
    scoped_buf b = buf_new(MSG_PAYLOAD_MAX);
    const char *args[8];
    uint32_t n = 0;
    va_list ap;

    va_start(ap, verb);
    for (const char *arg; n < 8 && (arg = va_arg(ap, const char *)); n++)
        args[n] = arg;
    va_end(ap);
    buf_str(&b, verb);
    buf_u32(&b, 4711);
    buf_str(&b, actor);
    buf_u32(&b, roles);
    buf_u32(&b, n);
    for (uint32_t i = 0; i < n; i++)
        buf_str(&b, args[i]);
    int err = msg_send(g->keeper_fd, MSG_KEEPER_ASK, ++g->call, &b, &fd, fd >= 0 ? 1 : 0);
    while (err == 0) {
        if ((err = receive(g, g->keeper_fd, WAIT_MS)) < 0)
            break;
        if (g->last.type == MSG_KEEPER_EVENT) {
            count_event(g);
        } else if (g->last.type == MSG_KEEPER_ROW) {
            if (rows)
                buf_printf(rows, "%.*s\n", (int)g->last.len, (const char *)g->last.payload);
        } else if (g->last.type == MSG_KEEPER_END) {
            struct view v = msg_view(&g->last);
            char text[512];
            err = -(int)view_u32(&v);
            view_str(&v, text, sizeof text);
            assert_int_equal(view_end(&v), 0);
            return err;
        } else {
            return ERR_PEER;
        }
    }
    return err;
}

ssize_t gateway_read(const struct gateway *g, const char *path, void *out, size_t room)
{
    char full[2048];

    (void)snprintf(full, sizeof full, "%s/%s", g->folder, path);
    scoped_fd int fd = open(full, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    return fd < 0 ? -1 : read(fd, out, room);
}
