/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a sandboxed worker costs: an empty task through a zygote, from order to
 * told end, against a plain fork and wait in the same run.
 *
 * bench_spawn [ROUNDS [LAYERS]]; prints lines "name value unit".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "support/zygote_peer.h"

#define BATCHES 16 /* the fastest of these is told: the machine has other work */

static unsigned rounds = 50;

static double now_us(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

static double fastest(double *values, size_t n)
{
    qsort(values, n, sizeof *values, compare);
    return values[0];
}

static double median(double *values, size_t n)
{
    qsort(values, n, sizeof *values, compare);
    return values[n / 2];
}

static double plain_batch(void)
{
    double start = now_us();

    for (unsigned i = 0; i < rounds; i++) {
        pid_t pid = fork();
        if (pid == 0)
            _exit(0);
        if (pid < 0 || waitpid(pid, NULL, 0) != pid)
            abort();
    }
    return (now_us() - start) / rounds;
}

static int run_empty(const struct task_order *order, const struct task_fds *fds)
{
    (void)order;
    (void)fds;
    return TASK_EXIT_OK;
}

static int use_100mb(void)
{
    size_t n = (size_t)100 << 20;
    char *p = malloc(n);

    if (!p)
        return -1;
    memset(p, 1, n);
    return ((volatile char *)p)[n / 2] == 1 ? 0 : -1;
}

/* One batch with `flight` tasks under way at any time. */
static double task_batch(struct zygote_peer *z, unsigned flight)
{
    static uint64_t id;
    struct task_order order = zygote_peer_order(TASK_HANDLE, "empty");
    int input = zygote_peer_input("", 0);
    unsigned started = 0;
    double start = now_us();

    for (unsigned ended = 0; ended < rounds; ended++) {
        struct zygote_ended end;
        while (started < rounds && started < ended + flight) {
            (void)close(zygote_peer_task(z, ++id, &order, input, -1, -1));
            started++;
        }
        if (!zygote_peer_exit(z, &end) || end.status != 0)
            abort();
    }
    double us = (now_us() - start) / rounds;
    (void)close(input);
    return us;
}

/* Orders one after the other, with `rest_us` between them, as files come in: until the task's process is told to have ended. */
static double task_latency(struct zygote_peer *z, unsigned rest_us)
{
    enum { TASKS = 101 };
    struct task_order order = zygote_peer_order(TASK_HANDLE, "empty");
    int input = zygote_peer_input("", 0);
    double values[TASKS];

    for (unsigned i = 0; i < TASKS; i++) {
        struct timespec rest = {.tv_nsec = (long)rest_us * 1000};
        uint32_t reason;
        char detail[8];
        (void)nanosleep(&rest, NULL);
        double start = now_us();
        int report = zygote_peer_task(z, 1000000 + i, &order, input, -1, -1);
        (void)zygote_peer_result(report, &reason, detail, sizeof detail); /* until it closes */
        values[i] = now_us() - start;
        (void)close(report);
        struct zygote_ended end;
        if (!zygote_peer_exit(z, &end))
            abort();
    }
    (void)close(input);
    return median(values, TASKS);
}

static void start(struct zygote_peer *z, bool own_tmp, uint32_t layers, int (*warm)(void))
{
    static struct sandbox_profile profile;
    const struct zygote_ops ops = {.name = "bench", .profile = &profile, .spares = 2, .warm = warm, .run = run_empty};
    int status;

    profile = sandbox_profiles[own_tmp ? SANDBOX_PROFILE_scanner : SANDBOX_PROFILE_text];
    profile.layers = layers;
    if (!zygote_peer_fork(z, &ops, NULL, NULL, &status))
        abort();
    (void)task_batch(z, 1);
}

static void stop(struct zygote_peer *z)
{
    if (zygote_peer_stop(z) != 0)
        abort();
}

static void bench_layers(const char *only)
{
    static const struct {
        const char *name;
        uint32_t layers;
    } subsets[] = {
        {"all", SANDBOX_ALL},
        {"no-layer", SANDBOX_NO_NEW_PRIVS},
        {"limits", SANDBOX_NO_NEW_PRIVS | SANDBOX_RLIMITS},
        {"limits-landlock", SANDBOX_NO_NEW_PRIVS | SANDBOX_RLIMITS | SANDBOX_LANDLOCK},
        {"limits-landlock-filter", SANDBOX_NO_NEW_PRIVS | SANDBOX_RLIMITS | SANDBOX_LANDLOCK | SANDBOX_SECCOMP},
        {"user", SANDBOX_NO_NEW_PRIVS | SANDBOX_USERNS},
        {"user-pid", SANDBOX_NO_NEW_PRIVS | SANDBOX_USERNS | SANDBOX_PIDNS},
        {"user-pid-ipc-uts", SANDBOX_NO_NEW_PRIVS | SANDBOX_USERNS | SANDBOX_PIDNS | SANDBOX_IPCNS | SANDBOX_UTSNS},
    };
    struct zygote_peer z[ARRAY_LEN(subsets)];
    double values[ARRAY_LEN(subsets)][BATCHES];

    for (size_t i = 0; i < ARRAY_LEN(subsets); i++)
        if (!only || strcmp(subsets[i].name, only) == 0)
            start(&z[i], false, subsets[i].layers, NULL);
    for (unsigned b = 0; b < BATCHES; b++)
        for (size_t i = 0; i < ARRAY_LEN(subsets); i++)
            if (!only || strcmp(subsets[i].name, only) == 0)
                values[i][b] = task_batch(&z[i], 1);
    for (size_t i = 0; i < ARRAY_LEN(subsets); i++) {
        if (only && strcmp(subsets[i].name, only) != 0)
            continue;
        stop(&z[i]);
        printf("spawn.layers.%s %.0f us\n", subsets[i].name, fastest(values[i], BATCHES));
    }
}

/* The figures are taken in turns, so that all of them see the same machine. */
static void bench_tasks(void)
{
    double plain[BATCHES], one[BATCHES], two[BATCHES], tmp[BATCHES];
    struct zygote_peer z, z_tmp;

    start(&z, false, SANDBOX_ALL, NULL);
    start(&z_tmp, true, SANDBOX_ALL, NULL);
    for (unsigned i = 0; i < BATCHES; i++) {
        plain[i] = plain_batch();
        one[i] = task_batch(&z, 1);
        two[i] = task_batch(&z, 2);
        tmp[i] = task_batch(&z_tmp, 1);
    }
    double plain_us = fastest(plain, BATCHES), one_us = fastest(one, BATCHES);
    printf("spawn.fork-wait %.0f us\n", plain_us);
    printf("spawn.task %.0f us\n", one_us);
    printf("spawn.task.ratio %.2f x\n", one_us / plain_us);
    printf("spawn.task.latency %.0f us\n", task_latency(&z, 2000));
    printf("spawn.task.sequential %.0f tasks/s\n", 1e6 / one_us);
    printf("spawn.task.two-in-flight %.0f tasks/s\n", 1e6 / fastest(two, BATCHES));
    printf("spawn.task.own-tmp %.0f us\n", fastest(tmp, BATCHES));
    stop(&z);
    stop(&z_tmp);
}

static void bench_large(void)
{
    double plain[BATCHES], one[BATCHES];
    struct zygote_peer z;

    start(&z, false, SANDBOX_ALL, use_100mb);
    if (use_100mb() < 0)
        abort();
    for (unsigned i = 0; i < BATCHES; i++) {
        plain[i] = plain_batch();
        one[i] = task_batch(&z, 1);
    }
    printf("spawn.fork-wait.100mb %.0f us\n", fastest(plain, BATCHES));
    printf("spawn.task.100mb %.0f us\n", fastest(one, BATCHES));
    printf("spawn.task.100mb.latency %.0f us\n", task_latency(&z, 2000));
    stop(&z);
}

int main(int argc, char **argv)
{
    if (argc > 1 && atoi(argv[1]) > 0)
        rounds = (unsigned)atoi(argv[1]);
    if (argc > 2) { /* one set of layers only, to look at with a profiler */
        bench_layers(argv[2]);
        return 0;
    }
    bench_tasks();
    bench_layers(NULL);
    bench_large();
    return 0;
}
