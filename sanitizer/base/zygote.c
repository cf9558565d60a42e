/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The zygote's loop: takes orders from the supervisor, hands each to a child
 * forked ahead, kills on demand and tells how children ended. It reads frames
 * of the supervisor only; a child's end of its channel is never read, so a
 * child that was taken over has nothing to say here.
 */
#include "zygote.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "err.h"
#include "log.h"
#include "msg.h"
#include "proto.h"
#include "zygote_walls.h"

#define FAILED_SPARES_MAX 3
#define FORK_RETRY_MS 100
#define STATUS_OF_EXIT(code) ((uint32_t)(code) << 8) /* as wait(2) tells it */

enum child_state {
    CHILD_NONE = 0, /* free row */
    CHILD_SPARE,    /* waits for an order */
    CHILD_BUSY,     /* has one */
    CHILD_LOST,     /* died or was ended before it could take one; not reaped yet */
};

struct child {
    enum child_state state;
    pid_t pid;
    int pidfd;
    int channel;   /* our end, while it is a spare; else -1 */
    uint64_t task; /* while busy */
};

struct zygote {
    struct walls walls;
    int signals;
    struct child children[ZYGOTE_TASKS_MAX + ZYGOTE_SPARES_MAX];
    unsigned spares;
    unsigned failed_spares; /* that died before any order, in a row */
    bool fork_failed;       /* wait a little before the next try */
};

static struct msg frame; /* too big for the stack */

/* ---- Children -------------------------------------------------------------------- */

static struct child *find_state(struct zygote *z, enum child_state state)
{
    for (size_t i = 0; i < ARRAY_LEN(z->children); i++)
        if (z->children[i].state == state)
            return &z->children[i];
    return NULL;
}

static struct child *find_task(struct zygote *z, uint64_t task)
{
    for (size_t i = 0; i < ARRAY_LEN(z->children); i++)
        if (z->children[i].state == CHILD_BUSY && z->children[i].task == task)
            return &z->children[i];
    return NULL;
}

static struct child *find_pid(struct zygote *z, pid_t pid)
{
    for (size_t i = 0; i < ARRAY_LEN(z->children); i++)
        if (z->children[i].state != CHILD_NONE && z->children[i].pid == pid)
            return &z->children[i];
    return NULL;
}

/* Forks a spare. The row it is in, or NULL. */
static struct child *spare_new(struct zygote *z)
{
    struct child *c = find_state(z, CHILD_NONE);
    int ends[2], pidfd = -1;

    if (!c || msg_pair(ends) < 0)
        return NULL;
    scoped_fd int ours = ends[0], theirs = ends[1];
    pid_t pid = ns_fork(walls_fork_layers(&z->walls), &pidfd);
    if (pid == 0)
        walls_child(&z->walls, theirs);
    if (pid < 0)
        return NULL;
    *c = (struct child){.state = CHILD_SPARE, .pid = pid, .pidfd = pidfd, .channel = steal_fd(&ours)};
    z->spares++;
    return c;
}

static void child_kill(const struct child *c)
{
    (void)syscall(SYS_pidfd_send_signal, c->pidfd, SIGKILL, NULL, 0);
}

static int say_exit(uint64_t task, uint32_t status, const struct rusage *used)
{
    uint8_t room[32];
    struct buf b = {.bytes = room, .room = sizeof room, .max = sizeof room};
    uint64_t cpu = 0, peak_kb = 0;

    if (used) {
        cpu = (uint64_t)(used->ru_utime.tv_sec + used->ru_stime.tv_sec) * 1000000u +
              (uint64_t)(used->ru_utime.tv_usec + used->ru_stime.tv_usec);
        peak_kb = (uint64_t)used->ru_maxrss;
    }
    buf_u32(&b, status);
    buf_u64(&b, cpu);
    buf_u64(&b, peak_kb);
    return msg_send(ZYGOTE_CHANNEL_FD, MSG_ZYGOTE_EXIT, task, &b, NULL, 0);
}

/* Takes away every child that ended. ERR_FAULT when spares die one after the other. */
static int reap(struct zygote *z)
{
    struct signalfd_siginfo info;
    struct rusage used;
    int status;
    pid_t pid;

    while (read(z->signals, &info, sizeof info) > 0)
        ;
    while ((pid = wait4(-1, &status, WNOHANG, &used)) > 0) {
        struct child *c = find_pid(z, pid);
        if (!c)
            continue;
        if (!WIFEXITED(status) && !WIFSIGNALED(status)) {
            child_kill(c); /* it made itself our tracee and stopped: an attempt to fake its end */
            continue;
        }
        struct child was = *c;
        *c = (struct child){0};
        (void)close(was.pidfd);
        if (was.state == CHILD_SPARE) {
            (void)close(was.channel);
            z->spares--;
            if (++z->failed_spares >= FAILED_SPARES_MAX)
                return ERR_FAULT;
        }
        int err = was.state == CHILD_BUSY ? say_exit(was.task, (uint32_t)status, &used) : 0;
        if (err < 0)
            return err;
    }
    return 0;
}

/* ---- The supervisor's orders -------------------------------------------------------- */

static int on_start(struct zygote *z, struct msg *m)
{
    struct buf order = {.bytes = m->payload, .len = m->len, .room = sizeof m->payload, .max = sizeof m->payload};

    if (m->fd_count < 3 || find_task(z, m->id))
        return ERR_PEER;
    for (;;) {
        struct child *c = find_state(z, CHILD_SPARE);
        if (!c)
            c = spare_new(z);
        if (!c)
            return say_exit(m->id, STATUS_OF_EXIT(TASK_EXIT_SETUP), NULL);
        int err = msg_send(c->channel, MSG_ZYGOTE_START, m->id, &order, m->fds, m->fd_count);
        scope_close(&c->channel);
        z->spares--;
        if (err == 0) {
            c->state = CHILD_BUSY;
            c->task = m->id;
            z->failed_spares = 0;
            return 0;
        }
        c->state = CHILD_LOST; /* it died while it waited: the next one */
        child_kill(c);
        if (++z->failed_spares >= FAILED_SPARES_MAX)
            return ERR_FAULT;
    }
}

static int on_kill(struct zygote *z, struct msg *m)
{
    struct child *c = find_task(z, m->id);

    if (m->fd_count > 0 || m->len > 0)
        return ERR_PEER;
    if (c) /* else it ended meanwhile, and its end is on the way */
        child_kill(c);
    return 0;
}

static const struct {
    uint16_t type;
    int (*fn)(struct zygote *z, struct msg *m);
} rules[] = {
    {MSG_ZYGOTE_START, on_start},
    {MSG_ZYGOTE_KILL, on_kill},
};

static int handle(struct zygote *z, struct msg *m)
{
    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        if (rules[i].type == m->type)
            return rules[i].fn(z, m);
    return ERR_PEER;
}

/* Everything that waits on the channel. ERR_AGAIN is the good end. */
static int drain(struct zygote *z)
{
    for (;;) {
        int err = msg_recv_nowait(ZYGOTE_CHANNEL_FD, &frame);
        if (err < 0)
            return err;
        err = handle(z, &frame);
        msg_close(&frame);
        explicit_bzero(frame.payload, frame.len); /* the next child is a copy of us: no name of one file may reach another */
        if (err < 0)
            return err;
    }
}

/* Forks one spare at a time, so that an order that came meanwhile is first. True when there may be more to do. */
static bool refill(struct zygote *z)
{
    unsigned wanted = z->walls.ops->spares;

    if (wanted < 1 || wanted > ZYGOTE_SPARES_MAX)
        wanted = 1;
    if (z->spares >= wanted || z->fork_failed)
        return false;
    z->fork_failed = spare_new(z) == NULL;
    return !z->fork_failed;
}

static int serve(struct zygote *z)
{
    struct pollfd fds[] = {{.fd = ZYGOTE_CHANNEL_FD, .events = POLLIN}, {.fd = z->signals, .events = POLLIN}};

    for (;;) {
        int err = drain(z);
        if (err != ERR_AGAIN)
            return err;
        err = reap(z);
        if (err < 0)
            return err;
        if (refill(z))
            continue;
        if (poll(fds, ARRAY_LEN(fds), z->fork_failed ? FORK_RETRY_MS : -1) < 0 && errno != EINTR)
            return ERR_IO;
        z->fork_failed = false;
    }
}

static void end_children(struct zygote *z)
{
    for (size_t i = 0; i < ARRAY_LEN(z->children); i++)
        if (z->children[i].state != CHILD_NONE)
            child_kill(&z->children[i]);
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
        ;
}

/* ---- Start ---------------------------------------------------------------------------- */

/* Libraries that started a thread would leave its locks behind in each child. */
static bool is_single_threaded(void)
{
    unsigned n = 0;
    DIR *dir = opendir("/proc/self/task");

    for (const struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir))
        n += e->d_name[0] != '.';
    if (dir)
        (void)closedir(dir);
    return n == 1;
}

static void log_layers(enum log_level level, const char *what, uint32_t layers)
{
    for (unsigned i = 0; i < SANDBOX_LAYERS; i++)
        if (layers >> i & 1)
            log_write(level, "%s: %s (%s)", what, sandbox_layer_name(i), sandbox_layer_text(i));
}

static int setup_process(struct zygote *z)
{
    sigset_t ended;
    int type;
    socklen_t len = sizeof type;

    if (getsockopt(ZYGOTE_CHANNEL_FD, SOL_SOCKET, SO_TYPE, &type, &len) < 0 || type != SOCK_SEQPACKET ||
        fcntl(ZYGOTE_CHANNEL_FD, F_SETFD, FD_CLOEXEC) < 0)
        return ERR_INVALID;
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            return ERR_INVALID;
    sigemptyset(&ended);
    sigaddset(&ended, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &ended, NULL) < 0)
        return ERR_IO;
    z->signals = signalfd(-1, &ended, SFD_NONBLOCK | SFD_CLOEXEC);
    return z->signals < 0 ? ERR_IO : 0;
}

/* One child goes all the way, so that READY means: it works. */
static int trial(struct zygote *z)
{
    int pidfd = -1, status;
    pid_t pid = ns_fork(walls_fork_layers(&z->walls), &pidfd);

    if (pid == 0)
        walls_child(&z->walls, -1);
    if (pid < 0)
        return ERR_IO;
    (void)close(pidfd);
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return ERR_IO;
    if (status == 0)
        return 0;
    log_error("trial child ended with status 0x%x", (unsigned)status);
    return ERR_FAULT;
}

static int say_ready(const struct zygote *z)
{
    const struct zygote_ops *ops = z->walls.ops;
    scoped_buf b = buf_new(4096);

    buf_u32(&b, z->walls.active);
    buf_u32(&b, (uint32_t)z->walls.abi);
    buf_str(&b, ops->note ? ops->note() : "");
    return msg_send(ZYGOTE_CHANNEL_FD, MSG_ZYGOTE_READY, 0, &b, NULL, 0);
}

static int raise_walls(struct zygote *z, const struct zygote_ops *ops, uint32_t waived)
{
    uint32_t missing = 0;
    int err = walls_raise(&z->walls, ops, &missing);

    if (err < 0) {
        log_error("the sandbox could not be set up: %s", err == ERR_IO ? strerror(errno) : err_text(err));
        return ZYGOTE_EXIT_LAYER;
    }
    if (ops->profile->tmpfs_bytes > 0)
        waived &= ~(uint32_t)SANDBOX_MOUNTNS; /* its /tmp would be everybody's */
    log_layers(LOG_LEVEL_ERROR, "sandbox layer missing on this machine and not (to be) waived", missing & ~waived);
    log_layers(LOG_LEVEL_WARN, "sandbox layer missing, waived by the administrator", missing & waived);
    return missing & ~waived ? ZYGOTE_EXIT_LAYER : 0;
}

static int parse_waived(int argc, char **argv, uint32_t *waived_out)
{
    char *end;

    *waived_out = 0;
    if (argc < 2)
        return 0;
    errno = 0;
    unsigned long value = strtoul(argv[1], &end, 16);
    if (errno || end == argv[1] || *end || value > SANDBOX_ALL)
        return ERR_INVALID;
    *waived_out = (uint32_t)value;
    return 0;
}

static int exit_status(int err)
{
    if (err == ERR_CLOSED)
        return ZYGOTE_EXIT_OK;
    log_error("ends: %s", err == ERR_FAULT ? "children die before they have an order" : err_text(err));
    return err == ERR_PEER ? ZYGOTE_EXIT_PEER : ZYGOTE_EXIT_FAULT;
}

int zygote_main(int argc, char **argv, const struct zygote_ops *ops)
{
    static struct zygote z;
    uint32_t waived;

    log_init(ops->name, LOG_LEVEL_INFO);
    if (parse_waived(argc, argv, &waived) < 0 || setup_process(&z) < 0) {
        log_error("is started by the supervisor: [WAIVED-LAYERS] with a channel at descriptor 3");
        return ZYGOTE_EXIT_USAGE;
    }
    if (ops->warm && ops->warm() < 0) {
        log_error("the engine could not be loaded");
        return ZYGOTE_EXIT_WARM;
    }
    if (!is_single_threaded()) {
        log_error("the engine started a thread");
        return ZYGOTE_EXIT_WARM;
    }
    int status = raise_walls(&z, ops, waived);
    if (status != 0)
        return status;
    if (trial(&z) < 0)
        return ZYGOTE_EXIT_TRIAL;
    int err = say_ready(&z);
    if (err == 0)
        err = serve(&z);
    end_children(&z);
    _exit(exit_status(err)); /* exit handlers of libraries and of sanitizers expect the files of an ordinary process */
}
