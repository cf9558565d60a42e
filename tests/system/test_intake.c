/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The intake program with a supervisor of a few lines. argv[1]:
 * sekimori-intake.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/msg.h"
#include "base/proto.h"
#include "base/reason.h"
#include "base/spawn.h"

#define SETTLE_MS 60
#define NEVER_MS 600000 /* a poll that does not come within a test */

static const char *program;
static char home[64];
static struct spawned process;
static int channel = -1;
static uint64_t next_call;

struct offer {
    uint64_t id;
    char lane[64], path[1100], token[64], owner[64];
    uint64_t mtime, bytes;
    char content[64]; /* its beginning */
};

/* ---- Files --------------------------------------------------------------------------- */

static const char *in_home(const char *folder, const char *name)
{
    static char paths[4][2048];
    static unsigned next;
    char *out = paths[next++ % 4];

    (void)snprintf(out, sizeof paths[0], "%s/%s/%.1800s", home, folder, name);
    return out;
}

static void put(const char *folder, const char *name, const char *text)
{
    scoped_fd int fd = open(in_home(folder, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    assert_true(fd >= 0);
    assert_int_equal(fdio_write(fd, text, strlen(text)), 0);
}

static bool exists(const char *folder, const char *name)
{
    struct stat st;

    return lstat(in_home(folder, name), &st) == 0;
}

static bool appears(const char *folder, const char *name)
{
    const struct timespec pause = {.tv_nsec = 10000000};

    for (int i = 0; i < 300; i++) {
        if (exists(folder, name))
            return true;
        (void)nanosleep(&pause, NULL);
    }
    return false;
}

static unsigned count_files(const char *folder)
{
    char command[256], line[32] = "";

    (void)snprintf(command, sizeof command, "find '%s/%s' -type f | wc -l", home, folder);
    FILE *out = popen(command, "r");
    assert_non_null(out);
    assert_non_null(fgets(line, sizeof line, out));
    (void)pclose(out);
    return (unsigned)strtoul(line, NULL, 10);
}

static void sleep_ms(long ms)
{
    const struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    (void)nanosleep(&t, NULL);
}

/* ---- The supervisor's part --------------------------------------------------------------- */

static void start_program(void)
{
    const char *argv[] = {"sekimori-intake", "0", NULL};
    int ends[2];

    assert_int_equal(msg_pair(ends), 0);
    const struct spawn_fd fds[] = {{ends[1], 3}};
    assert_int_equal(spawn_program(&(struct spawn){.path = program, .argv = argv, .fds = fds, .fd_count = 1}, &process), 0);
    (void)close(ends[1]);
    channel = ends[0];
}

static void send_setup(uint32_t lanes)
{
    scoped_buf b = buf_new(64);

    buf_u32(&b, lanes);
    assert_int_equal(msg_send(channel, MSG_INTAKE_SETUP, 0, &b, NULL, 0), 0);
}

static void send_lane(const char *name, bool poll_only, uint32_t poll_ms, uint64_t limit)
{
    scoped_buf b = buf_new(256);
    char inbound[64], results[64];

    (void)snprintf(inbound, sizeof inbound, "%s-in", name);
    (void)snprintf(results, sizeof results, "%s-results", name);
    (void)mkdir(in_home(inbound, ""), 0700);
    (void)mkdir(in_home(results, ""), 0700);
    scoped_fd int in = open(in_home(inbound, ""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    scoped_fd int out = open(in_home(results, ""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(in >= 0 && out >= 0);
    buf_str(&b, name);
    buf_u8(&b, poll_only);
    buf_u32(&b, SETTLE_MS);
    buf_u32(&b, poll_ms);
    buf_u64(&b, limit);
    const int fds[] = {in, out};
    assert_int_equal(msg_send(channel, MSG_INTAKE_LANE, 0, &b, fds, 2), 0);
}

static bool receive(struct msg *m, int timeout_ms)
{
    struct pollfd p = {.fd = channel, .events = POLLIN};

    return poll(&p, 1, timeout_ms) == 1 && msg_recv(channel, m) == 0;
}

static void expect_ready(void)
{
    static struct msg m;

    assert_true(receive(&m, 5000));
    assert_int_equal(m.type, MSG_INTAKE_READY);
}

static void start(void)
{
    start_program();
    send_setup(1);
    send_lane("a", false, NEVER_MS, 1 << 20);
    expect_ready();
}

static bool next_offer(struct offer *o, int timeout_ms)
{
    static struct msg m;

    *o = (struct offer){0};
    if (!receive(&m, timeout_ms))
        return false;
    assert_int_equal(m.type, MSG_INTAKE_OFFER);
    struct view v = msg_view(&m);
    o->id = m.id;
    view_str(&v, o->lane, sizeof o->lane);
    view_str(&v, o->path, sizeof o->path);
    view_str(&v, o->token, sizeof o->token);
    view_str(&v, o->owner, sizeof o->owner);
    o->mtime = view_u64(&v);
    o->bytes = view_u64(&v);
    assert_int_equal(view_end(&v), 0);
    scoped_fd int fd = msg_take_fd(&m, 0);
    assert_true(fd >= 0);
    assert_true(pread(fd, o->content, sizeof o->content - 1, 0) >= 0);
    return true;
}

static void answer(const struct offer *o, int err)
{
    scoped_buf b = buf_new(256);

    buf_u32(&b, (uint32_t)-err);
    buf_str(&b, err == 0 ? "job-1" : "");
    assert_int_equal(msg_send(channel, MSG_INTAKE_TAKEN, o->id, &b, NULL, 0), 0);
}

static void pause_intake(bool on)
{
    scoped_buf b = buf_new(256);

    buf_u8(&b, on);
    buf_str(&b, on ? "disk floor" : "");
    assert_int_equal(msg_send(channel, MSG_INTAKE_PAUSE, 0, &b, NULL, 0), 0);
}

/* Ends the program by hanging up; its exit status. */
static int stop(void)
{
    int status = -1;

    if (channel < 0)
        return 0;
    scope_close(&channel);
    assert_int_equal(waitpid(process.pid, &status, 0), process.pid);
    scope_close(&process.pidfd);
    return status;
}

static int setup(void **state)
{
    (void)state;
    (void)snprintf(home, sizeof home, "/tmp/test-intake.XXXXXX");
    return mkdtemp(home) ? 0 : -1;
}

static int teardown(void **state)
{
    char command[128];

    (void)state;
    (void)stop();
    (void)snprintf(command, sizeof command, "rm -rf '%s'", home);
    return system(command);
}

/* ---- Tests --------------------------------------------------------------------------------- */

static void files_are_offered_and_removed(void **state)
{
    struct offer o;
    struct stat st;

    (void)state;
    start();
    put("a-in", "議事録.txt", "text");
    assert_int_equal(stat(in_home("a-in", "議事録.txt"), &st), 0);
    assert_true(next_offer(&o, 3000));
    assert_string_equal(o.lane, "a");
    assert_string_equal(o.path, "議事録.txt");
    assert_string_equal(o.content, "text");
    assert_int_equal(o.bytes, 4);
    assert_int_equal(o.mtime, st.st_mtim.tv_sec);
    assert_int_equal(strlen(o.token), 16);
    char expected[32], claimed[128];
    (void)snprintf(expected, sizeof expected, "uid:%u", (unsigned)st.st_uid);
    assert_string_equal(o.owner, expected);
    (void)snprintf(claimed, sizeof claimed, "議事録.txt.%s.無害化中", o.token);
    assert_true(exists("a-in", claimed));
    assert_int_equal(count_files("a-in"), 1);
    answer(&o, 0);
    for (int i = 0; i < 100 && count_files("a-in") > 0; i++)
        sleep_ms(10);
    assert_int_equal(count_files("a-in"), 0);
    assert_false(next_offer(&o, 200));
    assert_int_equal(stop(), 0);
}

static void a_slow_writer_is_waited_for(void **state)
{
    struct offer o;

    (void)state;
    start();
    scoped_fd int fd = open(in_home("a-in", "slow.txt"), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(fdio_write(fd, "12345678", 8), 0);
        assert_false(next_offer(&o, SETTLE_MS + 40)); /* it pauses for longer than the settle time, but holds the file open */
    }
    scope_close(&fd);
    assert_true(next_offer(&o, 3000));
    assert_int_equal(o.bytes, 64);
}

static void files_come_in_every_way(void **state)
{
    struct offer o;
    char name[256];

    (void)state;
    start();
    assert_int_equal(mkdir(in_home("aside", ""), 0700), 0);
    put("aside", "moved.txt", "moved");
    assert_int_equal(rename(in_home("aside", "moved.txt"), in_home("a-in", "moved.txt")), 0);
    assert_true(next_offer(&o, 3000));
    assert_string_equal(o.content, "moved");

    assert_int_equal(mkdir(in_home("a-in", "総務課"), 0700), 0);
    sleep_ms(100); /* the new folder is watched by now */
    assert_int_equal(mkdir(in_home("a-in", "総務課/五月"), 0700), 0);
    put("a-in", "総務課/五月/deep.txt", "deep");
    assert_true(next_offer(&o, 3000));
    assert_string_equal(o.path, "総務課/五月/deep.txt");

    assert_int_equal(mkdir(in_home("aside", "tree"), 0700), 0);
    put("aside", "tree/inside.txt", "inside");
    assert_int_equal(rename(in_home("aside", "tree"), in_home("a-in", "tree")), 0);
    assert_true(next_offer(&o, 3000));
    assert_string_equal(o.path, "tree/inside.txt");

    put("a-in", "download.pdf.crdownload", "whole");
    assert_false(next_offer(&o, 250));
    assert_int_equal(rename(in_home("a-in", "download.pdf.crdownload"), in_home("a-in", "download.pdf")), 0);
    assert_true(next_offer(&o, 3000));
    assert_string_equal(o.path, "download.pdf");

    for (size_t at = 0; at + 4 < sizeof name - 4; at += 3)
        (void)snprintf(name + at, sizeof name - at, "長");
    (void)snprintf(name + strlen(name), sizeof name - strlen(name), ".txt");
    put("a-in", name, "long");
    assert_true(next_offer(&o, 3000));
    assert_string_equal(o.path, name);
    assert_string_equal(o.content, "long");
    answer(&o, 0);
}

static void what_is_not_taken_is_told(void **state)
{
    struct offer o;
    char text[2048] = "";

    (void)state;
    start();
    assert_int_equal(symlink("/etc/passwd", in_home("a-in", "link.txt")), 0);
    assert_int_equal(mkfifo(in_home("a-in", "fifo"), 0600), 0);
    put("a-in", "big.bin", "");
    assert_int_equal(truncate(in_home("a-in", "big.bin"), (1 << 20) + 1), 0);
    assert_true(appears("a-results", "link.txt.保留.txt"));
    assert_true(appears("a-results", "fifo.保留.txt"));
    assert_true(appears("a-results", "big.bin.保留.txt"));
    assert_false(exists("a-in", "link.txt")); /* there was nothing in it that could be lost */
    assert_false(exists("a-in", "fifo"));
    assert_int_equal(count_files("a-in"), 1);
    assert_true(exists("a-in", "big.bin.受取不可"));
    scoped_fd int fd = open(in_home("a-results", "big.bin.保留.txt"), O_RDONLY | O_CLOEXEC);
    assert_true(read(fd, text, sizeof text - 1) > 0);
    assert_memory_equal(text, "\xEF\xBB\xBF", 3);
    assert_non_null(strstr(text, "big.bin"));
    assert_non_null(strstr(text, reason_text_ja(REASON_LIMIT_BYTES)));
    assert_non_null(strstr(text, reason_text_en(REASON_LIMIT_BYTES)));
    assert_null(strstr(text, "\n\n")); /* lines end as on a PC */
    assert_false(next_offer(&o, 200));
}

static void results_are_written_and_confirmed(void **state)
{
    static struct msg m;
    scoped_buf b = buf_new(4096);

    (void)state;
    start();
    buf_str(&b, "a");
    buf_str(&b, "総務課/a.docx");
    buf_str(&b, "job-1");
    buf_u32(&b, VERDICT_BLOCKED);
    buf_u32(&b, REASON_INFECTED);
    buf_str(&b, "notice\r\n");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(msg_send(channel, MSG_INTAKE_RESULT, ++next_call, &b, NULL, 0), 0);
        assert_true(receive(&m, 3000));
        assert_int_equal(m.type, MSG_INTAKE_TOLD);
        assert_int_equal(m.id, next_call);
    }
    assert_true(exists("a-results", "総務課/a.docx.拒否.txt"));
    assert_true(exists("a-results", "総務課/a.docx.拒否 (2).txt"));
    assert_int_equal(count_files("a-results"), 2);
}

static double cpu_ms(void)
{
    char path[64], line[512] = "";
    unsigned long user = 0, system = 0;

    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)process.pid);
    FILE *in = fopen(path, "re");
    assert_non_null(in);
    assert_non_null(fgets(line, sizeof line, in));
    (void)fclose(in);
    (void)sscanf(strrchr(line, ')') + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
    return (double)(user + system) * 1e3 / (double)sysconf(_SC_CLK_TCK);
}

static void two_thousand_at_once(void **state)
{
    enum { N = 2000 };
    static bool met[N];
    struct offer o;
    char name[64];
    unsigned offered = 0;

    (void)state;
    memset(met, 0, sizeof met);
    start();
    (void)kill(process.pid, SIGSTOP);
    for (int i = 0; i < N; i++) {
        (void)snprintf(name, sizeof name, "資料%04d.txt", i);
        put("a-in", name, "x");
    }
    double before = cpu_ms();
    uint64_t from = fdio_now_ms();
    (void)kill(process.pid, SIGCONT);
    while (offered < N && next_offer(&o, 10000)) {
        unsigned i = (unsigned)strtoul(o.path + strlen("資料"), NULL, 10);
        assert_true(i < N && !met[i]);
        met[i] = true;
        offered++;
        answer(&o, 0);
    }
    assert_int_equal(offered, N);
    for (int i = 0; i < 200 && count_files("a-in") > 0; i++)
        sleep_ms(10);
    assert_int_equal(count_files("a-in"), 0);
    double each = (cpu_ms() - before) / N;
    print_message("%d files in %llu ms, %.3f ms CPU each\n", N, (unsigned long long)(fdio_now_ms() - from), each);
    assert_true(each < 0.5); /* about a tenth of that on a quiet machine */
    assert_false(next_offer(&o, 100));
}

static void polling_needs_no_events(void **state)
{
    struct offer o;

    (void)state;
    start_program();
    send_setup(1);
    send_lane("a", true, 100, 1000);
    expect_ready();
    put("a-in", "a.txt", "text");
    assert_true(next_offer(&o, 3000));
    assert_string_equal(o.path, "a.txt");
}

static void nothing_is_lost_or_doubled_over_a_restart(void **state)
{
    enum { N = 20 };
    static struct offer first[N];
    struct offer o;
    char name[32];
    int status;

    (void)state;
    start();
    for (int i = 0; i < N; i++) {
        (void)snprintf(name, sizeof name, "f%02d.txt", i);
        put("a-in", name, name);
    }
    for (int i = 0; i < N; i++)
        assert_true(next_offer(&first[i], 5000));
    for (int i = 0; i < N / 2; i++)
        answer(&first[i], 0); /* stored; whether the removal came to pass is open */
    (void)kill(process.pid, SIGKILL);
    assert_int_equal(waitpid(process.pid, &status, 0), process.pid);
    scope_close(&process.pidfd);
    scope_close(&channel);
    put("a-in", "new.txt", "new");
    start();
    unsigned again = 0, fresh = 0;
    while (next_offer(&o, 800)) {
        bool known = false;
        for (int i = 0; i < N && !known; i++)
            known = strcmp(o.token, first[i].token) == 0 && strcmp(o.path, first[i].path) == 0;
        if (known)
            again++;
        else
            fresh++;
        answer(&o, 0);
    }
    assert_int_equal(fresh, 1);
    assert_in_range(again, N / 2, N);
    assert_int_equal(count_files("a-in"), 0);
}

static void files_are_given_back_and_pauses_kept(void **state)
{
    struct offer o, second;

    (void)state;
    start_program();
    send_setup(1);
    send_lane("a", false, 150, 1000);
    expect_ready();
    put("a-in", "a.txt", "text");
    assert_true(next_offer(&o, 3000));
    pause_intake(true);
    answer(&o, ERR_SPACE);
    assert_true(appears("a-in", "a.txt"));
    assert_false(next_offer(&second, 500));
    pause_intake(false);
    assert_true(next_offer(&second, 3000));
    assert_string_equal(second.path, "a.txt");
    answer(&second, ERR_AGAIN);
    assert_true(next_offer(&second, 3000));
    answer(&second, 0);
}

/* A dump into one lane must not keep the others waiting. */
static void lanes_take_turns(void **state)
{
    struct offer o;
    char name[32];
    unsigned before = 0;

    (void)state;
    start_program();
    (void)kill(process.pid, SIGSTOP);
    send_setup(2);
    send_lane("a", false, NEVER_MS, 1000);
    send_lane("b", false, NEVER_MS, 1000);
    for (int i = 0; i < 600; i++) {
        (void)snprintf(name, sizeof name, "f%03d.txt", i);
        put("a-in", name, "x");
    }
    put("b-in", "urgent.txt", "x");
    sleep_ms(SETTLE_MS * 2);
    (void)kill(process.pid, SIGCONT);
    expect_ready();
    while (next_offer(&o, 3000) && strcmp(o.lane, "b") != 0) {
        before++;
        answer(&o, 0);
    }
    assert_string_equal(o.path, "urgent.txt");
    assert_true(before <= 200);
    answer(&o, 0);
    while (next_offer(&o, 1000))
        answer(&o, 0), before++;
    assert_int_equal(before, 600);
}

/* Events are lost when too many come at once: everything is looked at again. */
static void an_overflow_loses_nothing(void **state)
{
    struct offer o;
    unsigned long queue = 0;
    FILE *in = fopen("/proc/sys/fs/inotify/max_queued_events", "re");

    (void)state;
    if (!in || fscanf(in, "%lu", &queue) != 1 || queue > 100000)
        skip();
    (void)fclose(in);
    start();
    (void)kill(process.pid, SIGSTOP);
    for (unsigned long i = 0; i < queue / 2 + 100; i++) { /* two events each, and none is like the one before */
        scoped_fd int fd = open(in_home("a-in", i % 2 ? ".x" : ".y"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        assert_true(fd >= 0);
        scope_close(&fd);
        (void)unlink(in_home("a-in", i % 2 ? ".x" : ".y"));
    }
    put("a-in", "after.txt", "text"); /* its own events are lost */
    (void)kill(process.pid, SIGCONT);
    assert_true(next_offer(&o, 3000));
    assert_string_equal(o.path, "after.txt");
}

static void offences_end_it(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        int status;
        start_program();
        if (i == 0)
            send_lane("a", false, NEVER_MS, 1000); /* before the setup */
        else if (i == 1)
            send_setup(0);
        else if (i == 2)
            send_setup(100000);
        else {
            send_setup(2);
            send_lane("a", false, NEVER_MS, 1000);
            send_lane("a", false, NEVER_MS, 1000); /* twice */
        }
        assert_int_equal(waitpid(process.pid, &status, 0), process.pid);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 76);
        scope_close(&process.pidfd);
        scope_close(&channel);
    }
}

#define IN_HOME(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        IN_HOME(files_are_offered_and_removed),
        IN_HOME(a_slow_writer_is_waited_for),
        IN_HOME(files_come_in_every_way),
        IN_HOME(what_is_not_taken_is_told),
        IN_HOME(results_are_written_and_confirmed),
        IN_HOME(two_thousand_at_once),
        IN_HOME(polling_needs_no_events),
        IN_HOME(nothing_is_lost_or_doubled_over_a_restart),
        IN_HOME(files_are_given_back_and_pauses_kept),
        IN_HOME(lanes_take_turns),
        IN_HOME(an_overflow_loses_nothing),
        IN_HOME(offences_end_it),
    };

    program = argc == 2 ? realpath(argv[1], NULL) : NULL;
    return program ? cmocka_run_group_tests(tests, NULL, NULL) : 64;
}
