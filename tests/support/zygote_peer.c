/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A supervisor of a few lines. Test code: what it cannot do aborts. */
#include "zygote_peer.h"

#include <assert.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/zygote.h"
#include "formats/job.h"

static struct msg frame;

static int wait_status(pid_t pid)
{
    int status = -1;
    pid_t got = waitpid(pid, &status, 0);

    assert(got == pid);
    return status;
}

bool zygote_peer_adopt(struct zygote_peer *z, pid_t pid, int channel, int *status_out)
{
    *z = (struct zygote_peer){.process = {.pid = pid, .pidfd = -1}, .channel = channel};
    int err = msg_recv(channel, &frame);
    if (err < 0) {
        (void)close(channel);
        *status_out = wait_status(pid);
        return false;
    }
    struct view v = msg_view(&frame);
    assert(frame.type == MSG_ZYGOTE_READY && frame.fd_count == 0);
    z->layers = view_u32(&v);
    z->abi = view_u32(&v);
    view_str(&v, z->note, sizeof z->note);
    err = view_end(&v);
    assert(err == 0);
    return true;
}

bool zygote_peer_start(struct zygote_peer *z, const struct spawn *base, const char *waived, int *status_out)
{
    int ends[2];
    struct spawn spawn = *base;
    const char *argv[] = {base->path, waived, NULL};
    struct spawned process;
    int err = msg_pair(ends);

    assert(err == 0);
    struct spawn_fd fds[4] = {{ends[1], ZYGOTE_CHANNEL_FD}};
    assert(base->fd_count < ARRAY_LEN(fds));
    for (size_t i = 0; i < base->fd_count; i++)
        fds[i + 1] = base->fds[i];
    spawn.argv = argv;
    spawn.fds = fds;
    spawn.fd_count = base->fd_count + 1;
    err = spawn_program(&spawn, &process);
    if (err < 0)
        fprintf(stderr, "%s: %s\n", base->path, err_text(err));
    assert(err == 0);
    (void)close(ends[1]);
    bool ready = zygote_peer_adopt(z, process.pid, ends[0], status_out);
    if (ready)
        z->process = process;
    else
        (void)close(process.pidfd);
    return ready;
}

bool zygote_peer_nobody_can(const char *path)
{
    char part[4096];
    struct stat st;

    for (size_t n = strspn(path, "/"); path[n]; n += strspn(path + n, "/")) {
        n += strcspn(path + n, "/");
        (void)snprintf(part, sizeof part, "%.*s", (int)n, path);
        if (stat(part, &st) < 0 || !(st.st_mode & S_IXOTH))
            return false;
    }
    return true;
}

bool zygote_peer_fork(struct zygote_peer *z, const struct zygote_ops *ops, const char *waived, void (*before)(void),
                      int *status_out)
{
    char name[] = "test", mask[16];
    char *argv[] = {name, mask, NULL};
    int ends[2];
    int err = msg_pair(ends);

    assert(err == 0);
    (void)snprintf(mask, sizeof mask, "%s", waived ? waived : "0");
    pid_t pid = fork();
    assert(pid >= 0);
    if (pid == 0) {
        for (int signo = 1; signo < _NSIG; signo++)
            (void)signal(signo, SIG_DFL); /* the test runner catches crashes */
        if (before)
            before();
        if (dup2(ends[1], ZYGOTE_CHANNEL_FD) < 0)
            abort();
        for (int fd = ZYGOTE_CHANNEL_FD + 1; fd < 256; fd++)
            (void)close(fd);
        _exit(zygote_main(2, argv, ops));
    }
    (void)close(ends[1]);
    return zygote_peer_adopt(z, pid, ends[0], status_out);
}

int zygote_peer_task(struct zygote_peer *z, uint64_t id, const struct task_order *order, int input, int output, int extra)
{
    scoped_buf inner = buf_new(MSG_PAYLOAD_MAX), b = buf_new(MSG_PAYLOAD_MAX);
    int ends[2];
    int err = msg_pair(ends);

    assert(err == 0);
    task_put(&inner, order);
    buf_blob(&b, inner.bytes, inner.len);
    int fds[] = {input, output >= 0 ? output : ends[1], ends[1], extra};
    err = msg_send(z->channel, MSG_ZYGOTE_START, id, &b, fds, extra >= 0 ? 4 : 3);
    if (err < 0)
        fprintf(stderr, "start: %s\n", err_text(err));
    assert(err == 0);
    (void)close(ends[1]);
    return ends[0];
}

bool zygote_peer_exit(struct zygote_peer *z, struct zygote_ended *ended_out)
{
    if (msg_recv(z->channel, &frame) < 0)
        return false;
    struct view v = msg_view(&frame);
    assert(frame.type == MSG_ZYGOTE_EXIT && frame.fd_count == 0);
    ended_out->task = frame.id;
    ended_out->status = (int)view_u32(&v);
    ended_out->cpu_us = view_u64(&v);
    ended_out->peak_kb = view_u64(&v);
    int err = view_end(&v);
    assert(err == 0);
    return true;
}

void zygote_peer_kill(struct zygote_peer *z, uint64_t id)
{
    int err = msg_send(z->channel, MSG_ZYGOTE_KILL, id, NULL, NULL, 0);

    assert(err == 0);
}

int zygote_peer_stop(struct zygote_peer *z)
{
    scope_close(&z->channel);
    scope_close(&z->process.pidfd);
    return wait_status(z->process.pid);
}

struct task_order zygote_peer_order(enum task_kind kind, const char *type)
{
    struct task_order order = {
        .kind = kind, .cpu_seconds = 10, .memory_bytes = (uint64_t)1 << 30, .file_bytes = (uint64_t)64 << 20};

    (void)snprintf(order.type, sizeof order.type, "%s", type);
    fmt_options_default(&order.options);
    return order;
}

int zygote_peer_input(const void *bytes, size_t n)
{
    char path[64];
    int fd = memfd_create("input", MFD_CLOEXEC);

    assert(fd >= 0);
    ssize_t done = n ? write(fd, bytes, n) : 0;
    assert(done == (ssize_t)n);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int ro = open(path, O_RDONLY | O_CLOEXEC);
    assert(ro >= 0);
    (void)close(fd);
    return ro;
}

int zygote_peer_output(void)
{
    int fd = memfd_create("output", MFD_CLOEXEC);

    assert(fd >= 0);
    return fd;
}

bool zygote_peer_result(int report, uint32_t *reason_out, char *detail, size_t room)
{
    while (msg_recv(report, &frame) == 0) {
        struct view v = msg_view(&frame);
        msg_close(&frame);
        if (frame.type != MSG_TASK_RESULT)
            continue;
        *reason_out = view_u32(&v);
        view_str(&v, detail, room);
        return v.err == 0;
    }
    return false;
}
