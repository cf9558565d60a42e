/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a scan costs through the scanner program: start, latency of one file
 * after the other, rate with several under way, CPU of child and zygote,
 * memory. Takes signature folders of different sizes in one run, or files to
 * scan, which tells how the engine gets on with them.
 *
 *   bench_scan SCANNER FOLDER...
 *   bench_scan SCANNER FOLDER --files FILE...
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "base/fdio.h"
#include "base/reason.h"
#include "base/zygote.h"
#include "support/zygote_peer.h"

#define FILE_BYTES 4096
#define SINGLES 300
#define PARALLEL 8
#define BATCH 800

static const char *program;

static double now_ms(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static bool start(struct zygote_peer *z, const char *dir)
{
    const char *argv[] = {"sekimori-scanner", "0", dir, "3650", NULL};
    int ends[2], status;

    if (msg_pair(ends) < 0)
        return false;
    const struct spawn_fd fds[] = {{ends[1], ZYGOTE_CHANNEL_FD}};
    struct spawned process;
    if (spawn_program(&(struct spawn){.path = program, .argv = argv, .fds = fds, .fd_count = 1}, &process) < 0)
        return false;
    (void)close(ends[1]);
    if (!zygote_peer_adopt(z, process.pid, ends[0], &status))
        return false;
    z->process = process;
    return true;
}

/* CPU of the zygote itself, forks included, in ms. */
static double zygote_cpu(const struct zygote_peer *z)
{
    char path[64], line[512] = "";
    unsigned long user = 0, system = 0;

    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)z->process.pid);
    FILE *in = fopen(path, "re");
    if (in) {
        if (fgets(line, sizeof line, in))
            (void)sscanf(strrchr(line, ')') + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
        (void)fclose(in);
    }
    return (double)(user + system) * 1e3 / (double)sysconf(_SC_CLK_TCK);
}

static long memory_mb(const struct zygote_peer *z)
{
    char path[64];
    long pages = 0;

    (void)snprintf(path, sizeof path, "/proc/%d/statm", (int)z->process.pid);
    FILE *in = fopen(path, "re");
    if (in) {
        (void)!fscanf(in, "%*d %ld", &pages);
        (void)fclose(in);
    }
    return pages * sysconf(_SC_PAGESIZE) >> 20;
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static void one(struct zygote_peer *z, int input, uint32_t *reason, char detail[256])
{
    static uint64_t id = BATCH;
    struct task_order order = zygote_peer_order(TASK_SCAN, "");

    *reason = REASON_NONE;
    detail[0] = '\0';
    scoped_fd int report = zygote_peer_task(z, ++id, &order, input, -1, -1);
    (void)zygote_peer_result(report, reason, detail, 256);
}

static void latency(struct zygote_peer *z, int input)
{
    static double ms[SINGLES];
    struct zygote_ended ended;
    uint64_t cpu = 0;
    uint32_t reason;
    char detail[256];
    double zygote = zygote_cpu(z);

    for (size_t i = 0; i < SINGLES; i++) {
        struct timespec pause = {.tv_nsec = 15000000}; /* so that a spare is ready, as between two files of a quiet day */
        (void)nanosleep(&pause, NULL);
        double from = now_ms();
        one(z, input, &reason, detail);
        ms[i] = now_ms() - from;
        if (reason != REASON_OK || !zygote_peer_exit(z, &ended)) {
            printf("  failed: %s (%s)\n", reason_code((enum reason)reason), detail);
            return;
        }
        cpu += ended.cpu_us;
    }
    qsort(ms, SINGLES, sizeof *ms, compare);
    printf("  one after the other: median %.2f ms, 90%% %.2f ms; CPU of a child %.2f ms, of the zygote %.2f ms a scan\n",
           ms[SINGLES / 2], ms[SINGLES * 9 / 10], (double)cpu / 1e3 / SINGLES, (zygote_cpu(z) - zygote) / SINGLES);
}

static void rate(struct zygote_peer *z, int input)
{
    static int reports[BATCH];
    struct task_order order = zygote_peer_order(TASK_SCAN, "");
    struct zygote_ended ended;
    unsigned started = 0, done = 0;
    double from = now_ms(), zygote = zygote_cpu(z);
    uint64_t cpu = 0;

    while (done < BATCH) {
        for (; started < BATCH && started < done + PARALLEL; started++)
            reports[started] = zygote_peer_task(z, started, &order, input, -1, -1);
        if (!zygote_peer_exit(z, &ended))
            return;
        (void)close(reports[ended.task]);
        cpu += ended.cpu_us;
        done++;
    }
    printf("  %d under way: %.0f scans a second; CPU of a child %.2f ms, of the zygote %.2f ms\n", PARALLEL,
           BATCH * 1e3 / (now_ms() - from), (double)cpu / 1e3 / BATCH, (zygote_cpu(z) - zygote) / BATCH);
}

static int measure(const char *dir)
{
    struct zygote_peer z;
    char text[FILE_BYTES];
    double from = now_ms();

    for (size_t i = 0; i < sizeof text; i++)
        text[i] = "An ordinary line of a small note.\n"[i % 34];
    if (!start(&z, dir)) {
        fprintf(stderr, "%s: the scanner did not start\n", dir);
        return 1;
    }
    printf("%s\n  %s\n  ready after %.1f s, %ld MB\n", dir, z.note, (now_ms() - from) / 1e3, memory_mb(&z));
    scoped_fd int input = zygote_peer_input(text, sizeof text);
    latency(&z, input);
    rate(&z, input);
    (void)fflush(stdout);
    return zygote_peer_stop(&z);
}

static int scan_files(const char *dir, char **files, int count)
{
    struct zygote_peer z;
    unsigned by_reason[REASON_COUNT] = {0};

    if (!start(&z, dir))
        return 1;
    for (int i = 0; i < count; i++) {
        struct zygote_ended ended = {0};
        uint32_t reason;
        char detail[256];
        scoped_fd int input = open(files[i], O_RDONLY | O_CLOEXEC);
        if (input < 0)
            continue;
        double from = now_ms();
        one(&z, input, &reason, detail);
        if (!zygote_peer_exit(&z, &ended))
            return 1;
        double ms = now_ms() - from;
        by_reason[reason < REASON_COUNT ? reason : REASON_NONE]++;
        if (ended.status != 0 || reason == REASON_SCAN_FAILED || ms > 2000)
            printf("%s: status 0x%x, %s (%s), %.0f ms, %llu KB\n", files[i], (unsigned)ended.status,
                   reason == REASON_NONE ? "nothing said" : reason_code((enum reason)reason), detail, ms,
                   (unsigned long long)ended.peak_kb);
    }
    for (unsigned i = 0; i < REASON_COUNT; i++)
        if (by_reason[i] > 0)
            printf("%6u %s\n", by_reason[i], i == REASON_NONE ? "nothing said" : reason_code((enum reason)i));
    return zygote_peer_stop(&z);
}

int main(int argc, char **argv)
{
    int failed = 0;

    if (argc < 3 || !(program = realpath(argv[1], NULL))) {
        fprintf(stderr, "usage: bench_scan SCANNER FOLDER... | SCANNER FOLDER --files FILE...\n");
        return 64;
    }
    if (argc > 4 && strcmp(argv[3], "--files") == 0)
        return scan_files(argv[2], argv + 4, argc - 4);
    for (int i = 2; i < argc; i++)
        failed |= measure(argv[i]);
    return failed;
}
