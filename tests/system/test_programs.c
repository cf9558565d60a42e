/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The real engine programs, started as the supervisor starts them: each comes
 * up behind every layer, answers orders it cannot fill, and survives tasks
 * that are not meant for it.
 *
 * test_programs DETECT CHECKER WORKER...
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <cmocka.h>
#include <sodium.h>

#include "base/sandbox.h"
#include "formats/job.h"
#include "support/zygote_peer.h"

static char programs[16][4096];
static unsigned program_count;
static struct zygote_peer z;
static struct msg frame;
static uint64_t last_id;

static void start(const char *program)
{
    struct spawn spawn = {.path = program, .uid = ZYGOTE_PEER_NOBODY, .gid = ZYGOTE_PEER_NOBODY};
    int status = 0;

    spawn.drop = geteuid() == 0 && zygote_peer_nobody_can(program);
    if (!zygote_peer_start(&z, &spawn, "0", &status))
        fail_msg("%s: status 0x%x", program, (unsigned)status);
#ifdef SEKIMORI_SANITIZED
    assert_int_equal(z.layers, SANDBOX_ALL & ~SANDBOX_SECCOMP);
#else
    assert_int_equal(z.layers, SANDBOX_ALL);
#endif
}

struct told {
    bool result, detected;
    uint32_t reason;
    char detail[256], type[16];
    size_t sha256_len;
    uint8_t sha256[32];
    int status;
};

static void on_frame(struct told *told)
{
    struct view v = msg_view(&frame);

    if (frame.type == MSG_TASK_DETECTED) {
        told->detected = true;
        view_str(&v, told->type, sizeof told->type);
    }
    if (frame.type != MSG_TASK_RESULT)
        return;
    assert_false(told->result);
    told->result = true;
    told->reason = view_u32(&v);
    view_str(&v, told->detail, sizeof told->detail);
    view_str(&v, told->type, sizeof told->type);
    (void)view_u64(&v);
    const uint8_t *sha256 = view_blob(&v, &told->sha256_len);
    assert_int_equal(view_end(&v), 0);
    if (told->sha256_len == sizeof told->sha256)
        memcpy(told->sha256, sha256, sizeof told->sha256);
}

static struct told run(enum task_kind kind, const char *type, const char *text, int extra)
{
    struct task_order order = zygote_peer_order(kind, type);
    struct zygote_ended ended;
    struct told told = {0};
    scoped_fd int input = zygote_peer_input(text, strlen(text)), output = zygote_peer_output();

    (void)snprintf(order.name, sizeof order.name, "note.txt");
    scoped_fd int report = zygote_peer_task(&z, ++last_id, &order, input, output, extra);
    while (msg_recv(report, &frame) == 0) {
        on_frame(&told);
        msg_close(&frame);
    }
    assert_true(zygote_peer_exit(&z, &ended));
    assert_int_equal(ended.task, last_id);
    told.status = ended.status;
    return told;
}

static void stop(void)
{
    assert_int_equal(zygote_peer_stop(&z), 0);
}

static void test_detect(void **state)
{
    struct told told;

    (void)state;
    start(programs[0]);
    told = run(TASK_DETECT, "", "A plain note.\n", -1);
    assert_int_equal(told.status, 0);
    assert_true(told.detected && told.result);
    assert_int_equal(told.reason, REASON_OK);
    assert_string_equal(told.type, "text");
    told = run(TASK_DETECT, "", "", -1);
    assert_int_equal(told.reason, REASON_EMPTY);
    told = run(TASK_HANDLE, "text", "A plain note.\n", -1);
    assert_int_equal(told.status, TASK_EXIT_PEER << 8);
    assert_false(told.result);
    stop();
}

static void test_checker(void **state)
{
    static const char text[] = "certainly no picture";
    uint8_t sha256[32];
    struct told told;

    (void)state;
    assert_true(sodium_init() >= 0);
    (void)crypto_hash_sha256(sha256, (const uint8_t *)text, sizeof text - 1);
    start(programs[1]);
    told = run(TASK_CHECK, "jpeg", text, -1);
    assert_int_equal(told.status, 0);
    assert_int_equal(told.reason, REASON_CHECK_REFUSED);
    assert_int_equal(told.sha256_len, 32);
    assert_memory_equal(told.sha256, sha256, 32);
    told = run(TASK_CHECK, "nothing", text, -1);
    assert_int_equal(told.reason, REASON_CHECK_REFUSED);
    assert_int_equal(told.sha256_len, 0);
    told = run(TASK_CHECK, "", text, -1);
    assert_int_equal(told.reason, REASON_CHECK_REFUSED);
    scoped_fd int no_list = zygote_peer_input("not thirty-two bytes", 20);
    told = run(TASK_CHECK, "jpeg", text, no_list);
    assert_int_equal(told.status, TASK_EXIT_PEER << 8);
    assert_false(told.result);
    told = run(TASK_HANDLE, "jpeg", text, -1);
    assert_int_equal(told.status, TASK_EXIT_PEER << 8);
    assert_false(told.result);
    stop();
}

/* Each engine refuses what is not its own, by every kind of order. */
static void test_workers(void **state)
{
    static const enum task_kind kinds[] = {TASK_DETECT, TASK_HANDLE, TASK_CHECK, TASK_SCAN};

    (void)state;
    for (unsigned i = 2; i < program_count; i++) {
        start(programs[i]);
        for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
            struct told told = run(kinds[k], kinds[k] == TASK_HANDLE ? "nothing" : "jpeg", "text", -1);
            assert_int_equal(told.status, 0);
            assert_int_equal(told.reason, REASON_UNSUPPORTED_TYPE);
        }
        stop();
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_detect), cmocka_unit_test(test_checker),
                                       cmocka_unit_test(test_workers)};

    for (int i = 1; i < argc && program_count < ARRAY_LEN(programs); i++)
        if (!realpath(argv[i], programs[program_count++]))
            return 2;
    if (program_count < 3)
        return 2;
    return cmocka_run_group_tests_name("programs", tests, NULL, NULL);
}
