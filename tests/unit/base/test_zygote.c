/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The zygote's loop, driven from the supervisor's end. Each zygote is a fork
 * of the test with made-up engines, so that set-up failures and children that
 * misbehave before they have an order can be played.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/zygote.h"
#include "support/zygote_peer.h"

#define EXITED(code) ((code) << 8)

/* ---- Engines ------------------------------------------------------------------------ */

/* Looks for the marker that an earlier task had in its name, in everything that a program's variables are in. */
static int remembers(void)
{
    extern char __data_start[], _end[];
    char marker[8];

    (void)snprintf(marker, sizeof marker, "%s%s", "SEC", "RET");
    return memmem(__data_start, (size_t)(_end - __data_start), marker, 6) ? 99 : TASK_EXIT_OK;
}

/* The task's type says what it does; the name may hold an exit code. */
static int run_by_type(const struct task_order *order, const struct task_fds *fds)
{
    char byte;

    if (strcmp(order->type, "crash") == 0)
        __builtin_trap();
    if (strcmp(order->type, "abort") == 0)
        abort();
    if (strcmp(order->type, "code") == 0)
        return atoi(order->name);
    if (strcmp(order->type, "remember") == 0)
        return remembers();
    if (strcmp(order->type, "wait") == 0) /* for the other end to close */
        (void)!read(fds->report, &byte, 1);
    if (strcmp(order->type, "spin") == 0)
        for (volatile unsigned long i = 0;; i++)
            ;
    return TASK_EXIT_OK;
}

static int prepare_fails(void)
{
    return ERR_FAULT;
}

/* A child that closes its channel before it has an order: only after the trial, which has no channel. */
static int prepare_hangs_up(void)
{
    (void)close(3);
    return 0;
}

/* Floods its end of the channel with garbage that looks like an answer. */
static int prepare_talks(void)
{
    uint8_t room[20] = {0};
    struct buf b = {.bytes = room, .len = sizeof room, .room = sizeof room, .max = sizeof room};

    for (unsigned i = 0; i < 8; i++) {
        (void)!send(3, "garbage", 7, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (msg_send(3, MSG_ZYGOTE_EXIT, 7, &b, NULL, 0) < 0)
            break;
    }
    return 0;
}

/* ---- Harness -------------------------------------------------------------------------- */

static struct zygote_ops ops_of(int (*prepare)(void))
{
    return (struct zygote_ops){.name = "test-zygote",
                               .profile = &sandbox_profiles[SANDBOX_PROFILE_text],
                               .spares = 2,
                               .prepare = prepare,
                               .run = run_by_type};
}

/* Makes unshare(2) fail with EPERM from here on, as on a machine where user namespaces are turned off. */
static void forbid_unshare(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_unshare, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog prog = {ARRAY_LEN(code), code};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) < 0)
        abort();
}

/* Starts a task of a type, waits for its end. */
static struct zygote_ended run(struct zygote_peer *z, uint64_t id, const char *type, const char *name)
{
    struct task_order order = zygote_peer_order(TASK_HANDLE, type);
    struct zygote_ended ended = {0};
    scoped_fd int input = zygote_peer_input("x", 1), output = zygote_peer_output();

    (void)snprintf(order.name, sizeof order.name, "%s", name);
    scoped_fd int report = zygote_peer_task(z, id, &order, input, output, -1);
    assert_true(report >= 0);
    assert_true(zygote_peer_exit(z, &ended));
    assert_int_equal(ended.task, id);
    return ended;
}

/* ---- Tests ------------------------------------------------------------------------------ */

static void test_ready_tells_layers(void **state)
{
    struct zygote_ops ops = ops_of(NULL);
    struct zygote_peer z;
    int status;

    (void)state;
    assert_true(zygote_peer_fork(&z, &ops, NULL, NULL, &status));
#ifdef SEKIMORI_SANITIZED
    assert_int_equal(z.layers, SANDBOX_ALL & ~SANDBOX_SECCOMP);
#else
    assert_int_equal(z.layers, SANDBOX_ALL);
#endif
    assert_true(z.abi > 0);
    assert_int_equal(zygote_peer_stop(&z), EXITED(ZYGOTE_EXIT_OK));
}

static void test_ends_are_told(void **state)
{
    struct zygote_ops ops = ops_of(NULL);
    struct zygote_peer z;
    int status;

    (void)state;
    assert_true(zygote_peer_fork(&z, &ops, NULL, NULL, &status));
    assert_int_equal(run(&z, 1, "empty", "").status, EXITED(TASK_EXIT_OK));
    assert_int_equal(run(&z, 2, "code", "71").status, EXITED(TASK_EXIT_MEMORY));
    assert_int_equal(run(&z, 3, "code", "1").status, EXITED(1));
#ifndef SEKIMORI_SANITIZED /* there these two print and exit */
    assert_true(WIFSIGNALED(run(&z, 4, "crash", "").status));
    assert_true(WIFSIGNALED(run(&z, 5, "abort", "").status));
#endif
    struct zygote_ended ended = run(&z, 6, "empty", "");
    assert_int_equal(ended.status, EXITED(TASK_EXIT_OK));
    assert_true(ended.peak_kb > 0);
    assert_int_equal(zygote_peer_stop(&z), EXITED(ZYGOTE_EXIT_OK));
}

/* Nothing of one task is in the next one's process. */
static void test_no_memory_of_others(void **state)
{
    struct zygote_ops ops = ops_of(NULL);
    struct zygote_peer z;
    int status;
    char name[8];

    (void)state;
#ifdef SEKIMORI_SANITIZED
    skip(); /* looking through all variables is what a sanitizer stops */
#endif
    (void)snprintf(name, sizeof name, "%s%s", "SEC", "RET");
    assert_true(zygote_peer_fork(&z, &ops, NULL, NULL, &status));
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(run(&z, 2 * i + 1, "empty", name).status, EXITED(TASK_EXIT_OK));
        assert_int_equal(run(&z, 2 * i + 2, "remember", "").status, EXITED(TASK_EXIT_OK));
    }
    assert_int_equal(zygote_peer_stop(&z), EXITED(ZYGOTE_EXIT_OK));
}

static void test_kill(void **state)
{
    struct zygote_ops ops = ops_of(NULL);
    struct task_order order = zygote_peer_order(TASK_HANDLE, "spin");
    struct zygote_ended ended;
    struct zygote_peer z;
    int status;

    (void)state;
    assert_true(zygote_peer_fork(&z, &ops, NULL, NULL, &status));
    scoped_fd int input = zygote_peer_input("", 0);
    scoped_fd int report = zygote_peer_task(&z, 9, &order, input, -1, -1);
    assert_true(report >= 0);
    zygote_peer_kill(&z, 8); /* nobody: ignored */
    zygote_peer_kill(&z, 9);
    assert_true(zygote_peer_exit(&z, &ended));
    assert_int_equal(ended.task, 9);
    assert_int_equal(ended.status, SIGKILL);
    assert_int_equal(run(&z, 10, "empty", "").status, EXITED(TASK_EXIT_OK));
    assert_int_equal(zygote_peer_stop(&z), EXITED(ZYGOTE_EXIT_OK));
}

static void test_cpu_limit(void **state)
{
    struct zygote_ops ops = ops_of(NULL);
    struct task_order order = zygote_peer_order(TASK_HANDLE, "spin");
    struct zygote_ended ended;
    struct zygote_peer z;
    int status;

    (void)state;
    order.cpu_seconds = 1;
    assert_true(zygote_peer_fork(&z, &ops, NULL, NULL, &status));
    scoped_fd int input = zygote_peer_input("", 0);
    scoped_fd int report = zygote_peer_task(&z, 1, &order, input, -1, -1);
    assert_true(report >= 0);
    assert_true(zygote_peer_exit(&z, &ended));
    assert_int_equal(ended.status, SIGKILL);
    assert_in_range(ended.cpu_us, 500000, 2000000); /* the limit counts ticks, this counts time: they differ on a busy machine */
    assert_int_equal(zygote_peer_stop(&z), EXITED(ZYGOTE_EXIT_OK));
}

/* More at once than there are spares, and more than a zygote takes: the rest is told to have failed, none is lost. */
static void test_many(void **state)
{
    enum { MANY = ZYGOTE_TASKS_MAX + ZYGOTE_SPARES_MAX + 8 };
    struct zygote_ops ops = ops_of(NULL);
    struct task_order order = zygote_peer_order(TASK_HANDLE, "wait");
    int reports[MANY], status;
    unsigned ended_ok = 0, refused = 0;
    struct zygote_ended ended;
    struct zygote_peer z;

    (void)state;
    assert_true(zygote_peer_fork(&z, &ops, NULL, NULL, &status));
    scoped_fd int input = zygote_peer_input("", 0);
    for (unsigned i = 0; i < MANY; i++)
        reports[i] = zygote_peer_task(&z, i + 1, &order, input, -1, -1);
    for (unsigned i = 0; i < MANY; i++)
        (void)close(reports[i]);
    for (unsigned i = 0; i < MANY; i++) {
        assert_true(zygote_peer_exit(&z, &ended));
        ended_ok += ended.status == EXITED(TASK_EXIT_OK);
        refused += ended.status == EXITED(TASK_EXIT_SETUP);
    }
    assert_int_equal(ended_ok + refused, MANY);
    assert_true(ended_ok >= ZYGOTE_TASKS_MAX);
    for (unsigned i = 0; i < 300; i++)
        assert_int_equal(run(&z, 1000 + i, "empty", "").status, EXITED(TASK_EXIT_OK));
    assert_int_equal(zygote_peer_stop(&z), EXITED(ZYGOTE_EXIT_OK));
}

static void test_garbage_order(void **state)
{
    struct zygote_ops ops = ops_of(NULL);
    scoped_buf b = buf_new(4096);
    struct zygote_ended ended;
    struct zygote_peer z;
    int status;

    (void)state;
    assert_true(zygote_peer_fork(&z, &ops, NULL, NULL, &status));
    scoped_fd int input = zygote_peer_input("", 0);
    int fds[] = {input, input, input};
    buf_blob(&b, "no order", 8);
    assert_int_equal(msg_send(z.channel, MSG_ZYGOTE_START, 1, &b, fds, 3), 0);
    assert_true(zygote_peer_exit(&z, &ended));
    assert_int_equal(ended.status, EXITED(TASK_EXIT_PEER));
    assert_int_equal(run(&z, 2, "empty", "").status, EXITED(TASK_EXIT_OK));
    /* a frame that no supervisor says */
    assert_int_equal(msg_send(z.channel, MSG_KEEPER_ACCEPT, 1, NULL, NULL, 0), 0);
    assert_false(zygote_peer_exit(&z, &ended));
    assert_int_equal(zygote_peer_stop(&z), EXITED(ZYGOTE_EXIT_PEER));
}

static void test_same_task_twice(void **state)
{
    struct zygote_ops ops = ops_of(NULL);
    struct task_order order = zygote_peer_order(TASK_HANDLE, "wait");
    struct zygote_ended ended;
    struct zygote_peer z;
    int status;

    (void)state;
    assert_true(zygote_peer_fork(&z, &ops, NULL, NULL, &status));
    scoped_fd int input = zygote_peer_input("", 0);
    scoped_fd int one = zygote_peer_task(&z, 5, &order, input, -1, -1);
    scoped_fd int two = zygote_peer_task(&z, 5, &order, input, -1, -1);
    assert_true(one >= 0 && two >= 0);
    assert_false(zygote_peer_exit(&z, &ended));
    assert_int_equal(zygote_peer_stop(&z), EXITED(ZYGOTE_EXIT_PEER));
}

/* Children of a zygote that ends are gone: each holds the other end of its report socket. */
static void test_no_child_is_left(void **state)
{
    struct zygote_ops ops = ops_of(NULL);
    struct task_order order = zygote_peer_order(TASK_HANDLE, "spin");
    struct zygote_peer z;
    int status;
    char byte;

    (void)state;
    for (unsigned killed = 0; killed <= 1; killed++) {
        assert_true(zygote_peer_fork(&z, &ops, NULL, NULL, &status));
        scoped_fd int input = zygote_peer_input("", 0);
        scoped_fd int report = zygote_peer_task(&z, 1, &order, input, -1, -1);
        struct zygote_ended ended;
        assert_int_equal(run(&z, 2, "empty", "").status, 0); /* so the first surely runs */
        if (killed) {
            assert_int_equal(kill(z.process.pid, SIGKILL), 0);
            assert_false(zygote_peer_exit(&z, &ended));
        }
        assert_int_equal(zygote_peer_stop(&z), killed ? SIGKILL : EXITED(ZYGOTE_EXIT_OK));
        assert_int_equal(read(report, &byte, 1), 0);
    }
}

static void test_failing_self_test(void **state)
{
    struct zygote_ops ops = ops_of(prepare_fails);
    struct zygote_peer z;
    int status = 0;

    (void)state;
    assert_false(zygote_peer_fork(&z, &ops, NULL, NULL, &status));
    assert_int_equal(status, EXITED(ZYGOTE_EXIT_TRIAL));
}

static void test_hostile_children(void **state)
{
    struct zygote_ops all = ops_of(prepare_hangs_up), talks = ops_of(prepare_talks);
    struct zygote_ended ended;
    struct zygote_peer z;
    int status;

    (void)state;
    assert_true(zygote_peer_fork(&z, &all, NULL, NULL, &status));
    assert_false(zygote_peer_exit(&z, &ended));
    assert_int_equal(zygote_peer_stop(&z), EXITED(ZYGOTE_EXIT_FAULT));
    /* what a child says on its end of the channel is never read, let alone passed on */
    assert_true(zygote_peer_fork(&z, &talks, NULL, NULL, &status));
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(run(&z, 100 + i, "empty", "").status, EXITED(TASK_EXIT_OK));
    assert_int_equal(zygote_peer_stop(&z), EXITED(ZYGOTE_EXIT_OK));
}

static void test_missing_layer(void **state)
{
    struct zygote_ops ops = ops_of(NULL);
    struct zygote_peer z;
    int status = 0;
    const uint32_t waived = SANDBOX_USERNS | SANDBOX_MOUNTNS | SANDBOX_NETNS | SANDBOX_IPCNS | SANDBOX_UTSNS | SANDBOX_PIDNS;
    char mask[16];

    (void)state;
    assert_false(zygote_peer_fork(&z, &ops, NULL, forbid_unshare, &status));
    assert_int_equal(status, EXITED(ZYGOTE_EXIT_LAYER));
    assert_false(zygote_peer_fork(&z, &ops, "1", forbid_unshare, &status)); /* one waived, others missing too */
    assert_int_equal(status, EXITED(ZYGOTE_EXIT_LAYER));
    (void)snprintf(mask, sizeof mask, "%x", (unsigned)waived);
    assert_true(zygote_peer_fork(&z, &ops, mask, forbid_unshare, &status));
    assert_int_equal(z.layers & waived & ~(uint32_t)SANDBOX_PIDNS, 0); /* told as it is */
    assert_int_equal(run(&z, 1, "empty", "").status, EXITED(TASK_EXIT_OK));
    assert_int_equal(zygote_peer_stop(&z), EXITED(ZYGOTE_EXIT_OK));
    assert_false(zygote_peer_fork(&z, &ops, "junk", NULL, &status));
    assert_int_equal(status, EXITED(ZYGOTE_EXIT_USAGE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ready_tells_layers), cmocka_unit_test(test_ends_are_told),
        cmocka_unit_test(test_no_memory_of_others),
        cmocka_unit_test(test_kill),               cmocka_unit_test(test_cpu_limit),
        cmocka_unit_test(test_many),               cmocka_unit_test(test_garbage_order),
        cmocka_unit_test(test_same_task_twice),    cmocka_unit_test(test_no_child_is_left),
        cmocka_unit_test(test_failing_self_test),  cmocka_unit_test(test_hostile_children),
        cmocka_unit_test(test_missing_layer),
    };

    return cmocka_run_group_tests_name("zygote", tests, NULL, NULL);
}
