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

static double bench_zygote(bool own_tmp, uint32_t layers, int (*warm)(void), unsigned flight, double *latency_out)
{
    struct sandbox_profile profile = sandbox_profiles[own_tmp ? SANDBOX_PROFILE_scanner : SANDBOX_PROFILE_text];
    const struct zygote_ops ops = {.name = "bench", .profile = &profile, .spares = 2, .warm = warm, .run = run_empty};
    double values[BATCHES];
    struct zygote_peer z;
    int status;

    profile.layers = layers;
    if (!zygote_peer_fork(&z, &ops, NULL, NULL, &status))
        abort();
    (void)task_batch(&z, flight);
    for (unsigned i = 0; i < BATCHES; i++)
        values[i] = task_batch(&z, flight);
    if (latency_out)
        *latency_out = task_latency(&z, 2000);
    if (zygote_peer_stop(&z) != 0)
        abort();
    return fastest(values, BATCHES);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        uint32_t layers;
    } subsets[] = {
        {"all", SANDBOX_ALL},
        {"no-layer", SANDBOX_NO_NEW_PRIVS},
        {"limits", SANDBOX_NO_NEW_PRIVS | SANDBOX_RLIMITS},
        {"limits-landlock-filter", SANDBOX_NO_NEW_PRIVS | SANDBOX_RLIMITS | SANDBOX_LANDLOCK | SANDBOX_SECCOMP},
        {"user-namespace", SANDBOX_NO_NEW_PRIVS | SANDBOX_USERNS},
        {"user-pid", SANDBOX_NO_NEW_PRIVS | SANDBOX_USERNS | SANDBOX_PIDNS},
    };
    double values[BATCHES], latency, big_latency;

    if (argc > 1 && atoi(argv[1]) > 0)
        rounds = (unsigned)atoi(argv[1]);
    if (argc > 2) { /* one set of layers only, to look at with a profiler */
        for (size_t i = 0; i < ARRAY_LEN(subsets); i++)
            if (strcmp(subsets[i].name, argv[2]) == 0)
                printf("spawn.layers.%s %.0f us\n", argv[2], bench_zygote(false, subsets[i].layers, NULL, 1, NULL));
        return 0;
    }
    for (unsigned i = 0; i < BATCHES; i++)
        values[i] = plain_batch();
    double plain = fastest(values, BATCHES);
    double one = bench_zygote(false, SANDBOX_ALL, NULL, 1, &latency);
    double two = bench_zygote(false, SANDBOX_ALL, NULL, 2, NULL);
    double tmp = bench_zygote(true, SANDBOX_ALL, NULL, 1, NULL);
    double big = bench_zygote(false, SANDBOX_ALL, use_100mb, 1, &big_latency);
    for (size_t i = 0; i < ARRAY_LEN(subsets); i++)
        printf("spawn.layers.%s %.0f us\n", subsets[i].name, bench_zygote(false, subsets[i].layers, NULL, 1, NULL));
    if (use_100mb() < 0)
        return 1;
    for (unsigned i = 0; i < BATCHES; i++)
        values[i] = plain_batch();
    printf("spawn.fork-wait %.0f us\n", plain);
    printf("spawn.fork-wait.100mb %.0f us\n", fastest(values, BATCHES));
    printf("spawn.task %.0f us\n", one);
    printf("spawn.task.ratio %.2f x\n", one / plain);
    printf("spawn.task.latency %.0f us\n", latency);
    printf("spawn.task.sequential %.0f tasks/s\n", 1e6 / one);
    printf("spawn.task.two-in-flight %.0f tasks/s\n", 1e6 / two);
    printf("spawn.task.own-tmp %.0f us\n", tmp);
    printf("spawn.task.100mb %.0f us\n", big);
    printf("spawn.task.100mb.latency %.0f us\n", big_latency);
    return 0;
}
