/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sandbox from inside: a worker that was taken over tries each way out in
 * a task of its own. Every try must be stopped, and the next ordinary task
 * must be served. Twice: as the engines run, and without the system call
 * filter, so that no layer is there for show.
 *
 * test_inside PROBE-WORKER PROBE-WORKER-WITHOUT-FILTER
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/fdio.h"
#include "base/sandbox.h"
#include "formats/job.h"
#include "probe.h"
#include "support/zygote_peer.h"

static char programs[2][4096]; /* absolute: they start in "/" */
static struct zygote_peer z;
static char folder[] = "/tmp/inside-test-XXXXXX";
static int stderr_file = -1, tcp_socket = -1, udp_socket = -1, path_socket = -1, abstract_socket = -1;
static char port_word[2][16], path_word[64], abstract_word[64], outbound_word[64], pid_word[16];

/* The kernel does not count root's processes; the service never runs so. */
static bool runs_as_root;

static const struct {
    const char *name;
    enum stop with, without;
} probes[PROBES] = {
#define X(id, with, without) [PROBE_##id] = {#id, STOP_##with, STOP_##without},
    PROBE_LIST(X)
#undef X
};

static const char *word_of(size_t probe)
{
    static const struct {
        enum probe_id id;
        const char *word;
    } words[] = {
        {PROBE_tcp, port_word[0]},           {PROBE_udp, port_word[1]},      {PROBE_unix_path, path_word},
        {PROBE_unix_abstract, abstract_word}, {PROBE_outbound, outbound_word},
    };

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (words[i].id == probe)
            return words[i].word;
    return pid_word;
}

struct told {
    struct zygote_ended ended;
    bool result;
    uint32_t reason;
    char detail[128];
};

static struct told run(const char *type, const char *word, int output)
{
    static uint64_t id;
    struct task_order order = zygote_peer_order(TASK_HANDLE, type);
    struct told told = {0};
    scoped_fd int input = zygote_peer_input("hostile", 7);

    order.cpu_seconds = 1;
    order.memory_bytes = PROBE_MEMORY;
    order.file_bytes = PROBE_FILE;
    (void)snprintf(order.name, sizeof order.name, "%s", word);
    scoped_fd int report = zygote_peer_task(&z, ++id, &order, input, output, -1);
    told.result = zygote_peer_result(report, &told.reason, told.detail, sizeof told.detail);
    if (!zygote_peer_exit(&z, &told.ended))
        fail_msg("%s: the zygote is gone", type);
    assert_int_equal(told.ended.task, id);
    return told;
}

static void run_normal(const char *after)
{
    char bytes[8] = "";
    scoped_fd int output = zygote_peer_output();
    struct told told = run("normal", "", output);

    if (told.ended.status != 0 || !told.result || told.reason != REASON_OK || pread(output, bytes, 7, 0) != 7 ||
        strcmp(bytes, "rebuilt") != 0)
        fail_msg("after %s an ordinary task is not served: status 0x%x", after, (unsigned)told.ended.status);
}

static enum stop stop_of(const struct told *told)
{
    if (WIFSIGNALED(told->ended.status))
        return WTERMSIG(told->ended.status) == SIGSYS    ? STOP_KILLED
               : WTERMSIG(told->ended.status) == SIGKILL ? STOP_LIMIT
                                                         : STOP_ANY;
    return told->result && told->reason == REASON_SANDBOX ? STOP_REFUSED : 0;
}

static const char *stop_text(enum stop stop)
{
    static const char *const texts[] = {"not stopped", "refused", "killed by the filter", "killed at a limit", "crashed", "-"};

    return texts[stop];
}

static bool is_tried_here(size_t probe)
{
#ifdef SEKIMORI_SANITIZED
    /* A sanitizer's runtime needs more address space than a limit would leave, and makes its own of a crash. */
    if (probe == PROBE_memory_bomb || probe == PROBE_stack_bomb || probe == PROBE_be_traced)
        return false;
#endif
    return probe != PROBE_fork_bomb || !runs_as_root;
}

static void run_probes(bool filter)
{
    for (size_t i = 0; i < PROBES; i++) {
        enum stop expect = filter ? probes[i].with : probes[i].without;
        if (expect == STOP_UNTRIED || !is_tried_here(i))
            continue;
        scoped_fd int output = zygote_peer_output();
        struct told told = run(probes[i].name, word_of(i), output);
        enum stop stop = stop_of(&told);
        print_message("    %-16s %s %s\n", probes[i].name, stop_text(stop),
                      stop == STOP_REFUSED ? strerror(atoi(told.detail)) : "");
        if (stop == 0 || (expect != STOP_ANY && stop != expect))
            fail_msg("%s: %s, expected %s (status 0x%x, %s)", probes[i].name, stop_text(stop), stop_text(expect),
                     (unsigned)told.ended.status, told.detail);
        run_normal(probes[i].name);
    }
}

/* Nothing of what was tried left a trace outside. */
static void check_outside(void)
{
    struct stat st;
    char bytes[256];

    assert_int_equal(stat(outbound_word, &st), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(accept(tcp_socket, NULL, NULL), -1);
    assert_int_equal(accept(path_socket, NULL, NULL), -1);
    assert_int_equal(accept(abstract_socket, NULL, NULL), -1);
    assert_int_equal(recv(udp_socket, bytes, sizeof bytes, 0), -1);
    ssize_t n = pread(stderr_file, bytes, sizeof bytes - 1, 0);
    assert_true(n >= 0);
    bytes[n] = '\0';
#ifndef SEKIMORI_SANITIZED /* there the children keep it, for the sanitizer's report */
    assert_null(strstr(bytes, "released everything"));
#endif
}

/* Runs the probes with a zygote started as `uid` (or as we are). */
static void run_program(const char *program, bool filter, bool drop)
{
    struct spawn_fd fds[] = {{stderr_file, 2}};
    struct spawn spawn = {.path = program, .fds = fds, .fd_count = 1, .drop = drop, .uid = ZYGOTE_PEER_NOBODY, .gid = ZYGOTE_PEER_NOBODY};
    int status = 0;

    if (!zygote_peer_start(&z, &spawn, "0", &status))
        fail_msg("%s: status 0x%x", program, (unsigned)status);
    assert_int_equal(z.layers, filter ? SANDBOX_ALL : SANDBOX_ALL & ~SANDBOX_SECCOMP);
    run_normal("the start");
    run_probes(filter);
    check_outside();
    assert_int_equal(zygote_peer_stop(&z), 0);
}

static void test_filter(void **state)
{
    (void)state;
#ifdef SEKIMORI_SANITIZED
    skip(); /* has no filter */
#endif
    run_program(programs[0], true, false);
}

/* As the service runs: without root, and without the one layer that stops most. */
static void test_without_filter(void **state)
{
    (void)state;
    bool drop = geteuid() == 0 && zygote_peer_nobody_can(programs[1]);
    runs_as_root = geteuid() == 0 && !drop;
    run_program(programs[1], false, drop);
}

/* The acts are real: without a sandbox they work. (Those that would hurt the machine are not tried.) */
static void test_outside(void **state)
{
    static const enum probe_id harmless[] = {
        PROBE_open, PROBE_open_dev, PROBE_stat,      PROBE_proc,          PROBE_list_root,   PROBE_outbound, PROBE_parent_dirs,
        PROBE_tcp,  PROBE_udp,      PROBE_unix_path, PROBE_unix_abstract, PROBE_exec_memory, PROBE_exec_protect,
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(harmless); i++) {
        const char *argv[] = {"probe", "--outside", probes[harmless[i]].name, word_of(harmless[i]), NULL};
        struct spawn spawn = {.path = programs[0], .argv = argv};
        struct spawned child;
        int status;
        assert_int_equal(spawn_program(&spawn, &child), 0);
        assert_int_equal(waitpid(child.pid, &status, 0), child.pid);
        (void)close(child.pidfd);
        if (status != 0)
            fail_msg("%s does not even work outside: status 0x%x", probes[harmless[i]].name, (unsigned)status);
    }
    assert_int_equal(unlink(outbound_word), 0);
    for (int from; (from = accept(tcp_socket, NULL, NULL)) >= 0 || (from = accept(path_socket, NULL, NULL)) >= 0 ||
                   (from = accept(abstract_socket, NULL, NULL)) >= 0;)
        (void)close(from);
    char byte;
    assert_int_equal(recv(udp_socket, &byte, 1, 0), 1);
}

static int listen_at(int type, const void *at, socklen_t len)
{
    int fd = socket(((const struct sockaddr *)at)->sa_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0 || bind(fd, at, len) < 0 || (type == SOCK_STREAM && listen(fd, 16) < 0))
        return -1;
    return fd;
}

static int listen_loopback(int type, char word[16])
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof at;
    int fd = listen_at(type, &at, len);

    if (fd < 0 || getsockname(fd, (struct sockaddr *)&at, &len) < 0)
        return -1;
    (void)snprintf(word, 16, "%u", (unsigned)ntohs(at.sin_port));
    return fd;
}

/* A folder anybody may write to, sockets anybody may connect to: only the sandbox keeps the worker off. */
static int set_up(void **state)
{
    struct sockaddr_un path = {.sun_family = AF_UNIX}, abstract = {.sun_family = AF_UNIX};

    (void)state;
    if (!mkdtemp(folder) || chmod(folder, 0777) < 0)
        return -1;
    (void)snprintf(outbound_word, sizeof outbound_word, "%s/outbound", folder);
    (void)snprintf(path_word, sizeof path_word, "%s/socket", folder);
    (void)snprintf(abstract_word, sizeof abstract_word, "inside-test-%d", (int)getpid());
    (void)snprintf(pid_word, sizeof pid_word, "%d", (int)getpid());
    (void)snprintf(path.sun_path, sizeof path.sun_path, "%s", path_word);
    (void)snprintf(abstract.sun_path + 1, sizeof abstract.sun_path - 1, "%s", abstract_word);
    path_socket = listen_at(SOCK_STREAM, &path, sizeof path);
    abstract_socket = listen_at(SOCK_STREAM, &abstract,
                                (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(abstract_word)));
    tcp_socket = listen_loopback(SOCK_STREAM, port_word[0]);
    udp_socket = listen_loopback(SOCK_DGRAM, port_word[1]);
    stderr_file = memfd_create("stderr", MFD_CLOEXEC);
    return path_socket < 0 || abstract_socket < 0 || tcp_socket < 0 || udp_socket < 0 || stderr_file < 0 ||
                   chmod(path_word, 0777) < 0
               ? -1
               : 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlink(path_word);
    return rmdir(folder);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_outside), cmocka_unit_test(test_filter),
                                       cmocka_unit_test(test_without_filter)};

    if (argc != 3 || !realpath(argv[1], programs[0]) || !realpath(argv[2], programs[1]))
        return 2;
    return cmocka_run_group_tests_name("inside", tests, set_up, tear_down);
}
