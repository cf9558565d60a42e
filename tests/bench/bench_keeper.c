/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small files through keeper and releaser: accept, decide, release, with as
 * many in flight as a busy gateway has. Beside it the same files copied in the
 * plain durable way (write, fsync, rename, fsync of the folder).
 *   bench_keeper [files] [in flight]
 * With "recover N": how long N undecided jobs take to be ready after a crash.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/proto.h"
#include "system/gateway.h"

static double now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

struct cpu {
    double user_ms, system_ms;
};

/* Time a process has used so far. */
static struct cpu cpu_of(pid_t pid)
{
    char path[64], text[1024];
    unsigned long user = 0, system = 0;

    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    scoped_fd int fd = open(path, O_RDONLY);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;
    text[n > 0 ? n : 0] = '\0';
    const char *rest = strrchr(text, ')');
    if (rest)
        (void)sscanf(rest + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
    double tick = 1000.0 / (double)sysconf(_SC_CLK_TCK);
    return (struct cpu){(double)user * tick, (double)system * tick};
}

static double plain_copy(const struct gateway *g, unsigned files)
{
    char name[64], bytes[4096] = {0};
    scoped_fd int folder = open(g->folder, O_RDONLY | O_DIRECTORY);
    double start;

    assert_int_equal(mkdirat(folder, "from", 0700), 0);
    assert_int_equal(mkdirat(folder, "to", 0700), 0);
    scoped_fd int from = openat(folder, "from", O_RDONLY | O_DIRECTORY), to = openat(folder, "to", O_RDONLY | O_DIRECTORY);
    start = now_ms();
    for (unsigned i = 0; i < files; i++) {
        (void)snprintf(name, sizeof name, "%u", i);
        scoped_fd int fd = openat(from, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
        assert_int_equal(fdio_write(fd, bytes, sizeof bytes), 0);
        assert_int_equal(fdio_sync(fd), 0);
        assert_int_equal(renameat(from, name, to, name), 0);
        assert_int_equal(fdio_sync(to), 0);
    }
    return now_ms() - start;
}

static void through(struct gateway *g, unsigned files, unsigned window)
{
    struct known *jobs = calloc(files, sizeof *jobs);
    unsigned sent = 0, decided = 0;

    assert_non_null(jobs);
    for (unsigned i = 0; i < files; i++) {
        char path[64];
        (void)snprintf(path, sizeof path, "d%u/file%u.pdf", i % 8, i);
        known_fill(&jobs[i], i, path, REASON_OK);
        jobs[i].original_n = jobs[i].output_n = 4096;
        digest_of(jobs[i].original, 4096, jobs[i].original_sha256);
        digest_of(jobs[i].output, 4096, jobs[i].output_sha256);
    }
    struct cpu keeper = cpu_of(g->keeper_pid), releaser = cpu_of(g->releaser_pid);
    double start = now_ms();
    while (g->delivered < files) {
        for (; sent < files && sent - decided < window; sent++)
            assert_int_equal(gateway_send_accept(g, &jobs[sent], sent), 0);
        assert_int_equal(gateway_poll(g, 10000), 0);
        if (g->last.type == MSG_KEEPER_ACCEPTED) {
            struct known *j = &jobs[g->last.id];
            struct view v = msg_view(&g->last);
            assert_int_equal(view_u32(&v), 0);
            view_str(&v, j->job, sizeof j->job);
            assert_int_equal(gateway_send_decide(g, j, g->last.id), 0);
        } else if (g->last.type == MSG_KEEPER_DECIDED) {
            decided++;
        }
    }
    double wall = now_ms() - start;
    struct cpu keeper_end = cpu_of(g->keeper_pid), releaser_end = cpu_of(g->releaser_pid);
    (void)printf("accept, decide, release (%u in flight): %.3f ms/file wall; CPU per file, user + system: keeper %.3f + %.3f ms, "
                 "releaser %.3f + %.3f ms\n",
                 window, wall / files, (keeper_end.user_ms - keeper.user_ms) / files, (keeper_end.system_ms - keeper.system_ms) / files,
                 (releaser_end.user_ms - releaser.user_ms) / files, (releaser_end.system_ms - releaser.system_ms) / files);
    free(jobs);
}

static void recovery(struct gateway *g, unsigned count)
{
    struct known *j = calloc(1, sizeof *j);
    unsigned sent = 0, got = 0;

    known_fill(j, 0, "x.pdf", REASON_OK);
    j->original_n = 100;
    j->token[0] = '\0';
    while (got < count) {
        for (; sent < count && sent - got < 64; sent++)
            assert_int_equal(gateway_send_accept(g, j, sent), 0);
        assert_int_equal(gateway_poll(g, 10000), 0);
        got += g->last.type == MSG_KEEPER_ACCEPTED;
    }
    gateway_kill(g);
    g->keeper.durable = true;
    double start = now_ms();
    assert_int_equal(gateway_start(g), 0);
    double ready = now_ms() - start;
    assert_int_equal(g->undecided, count);
    assert_int_equal(msg_send(g->keeper_fd, MSG_KEEPER_PENDING, 0, NULL, NULL, 0), 0);
    start = now_ms();
    for (got = 0; gateway_poll(g, 10000) == 0 && g->last.type == MSG_KEEPER_RESUME;)
        got++;
    assert_int_equal(got, count);
    (void)printf("%u undecided jobs: ready after %.0f ms, all told after %.0f ms more\n", count, ready, now_ms() - start);
    free(j);
}

int main(int argc, char **argv)
{
    static struct gateway g;
    bool recover = argc > 2 && strcmp(argv[1], "recover") == 0;
    unsigned files = argc > 1 && !recover ? (unsigned)atoi(argv[1]) : 1000, window = argc > 2 && !recover ? (unsigned)atoi(argv[2]) : 16;

    gateway_init(&g);
    g.keeper.durable = !recover;
    assert_int_equal(gateway_start(&g), 0);
    if (recover) {
        recovery(&g, (unsigned)atoi(argv[2]));
    } else {
        (void)printf("plain durable copy: %.3f ms/file\n", plain_copy(&g, files) / files);
        through(&g, files, window);
    }
    gateway_stop(&g);
    gateway_clean(&g);
    return 0;
}
