/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A main for fuzz targets where there is no libFuzzer: runs every seed and
 * bounded, repeatable mutations of it, so that a plain build fuzzes too.
 *
 *   fuzz_TARGET [--seeds PROGRAM TARGET] PATH...
 *
 * A folder's files are seeds, as is what `PROGRAM TARGET DIR` writes into DIR;
 * a file is run as it is, to repeat a crash. A few seeds share a process. An input that ends it, or takes too long, is left as crash-TARGET-N in
 * the working directory. FUZZ_SECONDS (6) is shared by all seeds.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "fuzz.h"
#include "mutate.h"

#define SEED_MAX ((size_t)256 << 10)
#define SEEDS_MAX 2048
#define ROUNDS 300         /* mutations of each seed, at least */
#define ROUNDS_TOTAL 20000 /* of all seeds, at least */
#define INPUT_SECONDS 20
#define CRASHES_MAX 5
#define BATCH 16 /* seeds of one process: at its end a sanitizer's leak check takes its time */

struct seed {
    char name[128];
    uint8_t *bytes;
    size_t len;
};

static struct seed seeds[SEEDS_MAX];
static size_t seed_count;

/* The input a child is at, for the parent to read when it dies. */
static struct current {
    size_t seed;
    unsigned long inputs;
    unsigned round;
    size_t len;
    uint8_t bytes[MUTATE_MAX];
} *current;

static void die(const char *what, const char *about)
{
    (void)fprintf(stderr, "%s %s: %s\n", what, about, strerror(errno));
    exit(2);
}

/* Reads a file as a seed; one that is too large is left out. */
static void seed_add(const char *dir, const char *name)
{
    struct seed *s = &seeds[seed_count];
    char path[4096];
    struct stat st;

    (void)snprintf(path, sizeof path, "%s%s%s", dir, *dir ? "/" : "", name);
    scoped_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0)
        die("open", path);
    if (!S_ISREG(st.st_mode) || (size_t)st.st_size > SEED_MAX || seed_count == SEEDS_MAX)
        return;
    (void)snprintf(s->name, sizeof s->name, "%s", name);
    s->len = (size_t)st.st_size;
    s->bytes = malloc(s->len + 1);
    if (!s->bytes || read(fd, s->bytes, s->len) != (ssize_t)s->len)
        die("read", path);
    seed_count++;
}

static int no_dots(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Adds the files of a folder, in the order of their names; with `drop`, removes them and the folder. */
static void seeds_from(const char *dir, bool drop)
{
    struct dirent **list = NULL;
    int n = scandir(dir, &list, no_dots, alphasort);

    if (n < 0)
        die("open", dir);
    for (int i = 0; i < n; i++) {
        char path[4096];
        seed_add(dir, list[i]->d_name);
        (void)snprintf(path, sizeof path, "%s/%s", dir, list[i]->d_name);
        if (drop && unlink(path) < 0)
            die("remove", path);
        free(list[i]);
    }
    free(list);
    if (drop && rmdir(dir) < 0)
        die("remove", dir);
}

static void seeds_made(const char *program, const char *target)
{
    char dir[] = "/tmp/sekimori-fuzz-XXXXXX";
    int status = 0;

    if (!mkdtemp(dir))
        die("make", dir);
    pid_t pid = fork();
    if (pid == 0) {
        (void)execl(program, program, target, dir, (char *)NULL);
        _exit(127);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
        die("run", program);
    seeds_from(dir, true);
}

/* Runs the current input from memory of its exact size, so that a sanitizer sees a read past the end. */
static void run_current(void)
{
    uint8_t *exact = malloc(current->len ? current->len : 1);

    if (!exact)
        die("copy", "an input");
    memcpy(exact, current->bytes, current->len);
    (void)alarm(INPUT_SECONDS);
    (void)LLVMFuzzerTestOneInput(exact, current->len);
    free(exact);
}

static double now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* One seed and its mutations, until the time of this seed is over. */
static void run_seed(const struct seed *s, unsigned rounds, double until)
{
    uint64_t random = mutate_seed(s->bytes, s->len);

    for (unsigned round = 0; round <= rounds && (round == 0 || now() < until); round++) {
        const struct seed *other = &seeds[mutate_next(&random) % seed_count];
        memcpy(current->bytes, s->bytes, s->len);
        current->len = s->len;
        current->round = round;
        current->inputs++;
        if (round > 0)
            current->len = mutate(&random, current->bytes, s->len, other->bytes, other->len);
        run_current();
    }
}

/* Keeps the input a child died on. */
static void report_crash(const char *target, const struct seed *s, int status, unsigned crash)
{
    char path[256];

    (void)snprintf(path, sizeof path, "crash-%s-%u", target, crash);
    scoped_fd int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0 || write(fd, current->bytes, current->len) != (ssize_t)current->len)
        die("write", path);
    (void)fprintf(stderr, "%s: %s, mutation %u: %s %d; the input is in %s\n", target, s->name, current->round,
                  WIFSIGNALED(status) ? "signal" : "exit", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
                  path);
}

/* The inputs were fine, the end of the process was not. */
static void report_leak(const char *target, size_t from, unsigned crash)
{
    (void)fprintf(stderr, "%s: the process of the seeds from %s on (%zu) ended badly after the last input: a leak? (%u)\n",
                  target, seeds[from].name, from, crash);
}

/* In a child: the seeds from one on, as many as a batch has. */
static void run_batch(size_t from, double start, double seconds)
{
    size_t rounds = seed_count * ROUNDS < ROUNDS_TOTAL ? ROUNDS_TOTAL / seed_count : ROUNDS;

    for (size_t i = from; i < seed_count && i < from + BATCH; i++) {
        current->seed = i;
        run_seed(&seeds[i], (unsigned)rounds, start + seconds * (double)(i + 1) / (double)seed_count);
    }
    current->seed = from + BATCH;
}

/* A batch that dies goes on behind the seed it died on. */
static unsigned run_all(const char *target, double seconds)
{
    double start = now();
    unsigned crashes = 0;

    for (size_t i = 0; i < seed_count && crashes < CRASHES_MAX; i = current->seed) {
        int status = 0;
        (void)fflush(NULL);
        pid_t pid = fork();
        if (pid == 0) {
            run_batch(i, start, seconds);
            exit(0); /* not _exit: here the leak check runs */
        }
        if (pid < 0 || waitpid(pid, &status, 0) != pid)
            die("run", seeds[i].name);
        if (status != 0 && current->seed < i + BATCH)
            report_crash(target, &seeds[current->seed++], status, ++crashes);
        else if (status != 0)
            report_leak(target, i, ++crashes);
    }
    return crashes;
}

int main(int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '/'), *target = slash ? slash + 1 : argv[0];
    const char *seconds = getenv("FUZZ_SECONDS");
    struct stat st;

    current = mmap(NULL, sizeof *current, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (current == MAP_FAILED)
        die("map", "the input");
    (void)LLVMFuzzerTestOneInput((const uint8_t *)"", 0); /* loads what stays loaded */
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--seeds") == 0 && i + 2 < argc) {
            seeds_made(argv[i + 1], argv[i + 2]);
            i += 2;
        } else if (stat(argv[i], &st) == 0 && S_ISREG(st.st_mode)) {
            seed_add("", argv[i]);
            run_seed(&seeds[--seed_count], 0, 0);
        } else {
            seeds_from(argv[i], false);
        }
    }
    unsigned crashes = run_all(target, seconds ? strtod(seconds, NULL) : 6);
    (void)printf("%s: %zu seeds, %lu inputs, %u crashes\n", target, seed_count, current->inputs, crashes);
    return crashes > 0 || current->inputs == 0;
}
