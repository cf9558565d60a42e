/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The world around a handler, in real sandboxed workers: made-up handlers run
 * behind every layer, the test plays the supervisor.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/fdio.h"
#include "support/zygote_peer.h"
#include "worker/run.h"

/* ---- Handlers ----------------------------------------------------------------------------- */

/* Copies the input in pieces of odd sizes, wrongly at first, and patches it right. */
static int copy(struct fmt_job *job)
{
    const struct fmt_in *in = job_in(job);
    const uint8_t *p;
    uint64_t at = 0;
    int err = 0;

    for (uint64_t n = 1; err == 0 && at < in_len(in); at += n, n = n * 3 % 70001 + 1) {
        if (n > in_len(in) - at)
            n = in_len(in) - at;
        err = in_borrow(in, at, n, &p);
        if (err == 0)
            err = out_append(job, p, (size_t)n);
        if (err == 0)
            err = out_patch(job, at / 2, "wrong", at / 2 + 5 <= out_len(job) ? 5 : 0);
        if (err == 0)
            err = in_borrow(in, at / 2, at / 2 + 5 <= out_len(job) ? 5 : 0, &p);
        if (err == 0)
            err = out_patch(job, at / 2, p, at / 2 + 5 <= out_len(job) ? 5 : 0);
    }
    if (err == 0)
        err = job_finding(job, FINDING_MACRO, "here", 3, "note");
    job_kept(job, "pages", 41);
    return err < 0 ? err : out_finish(job, NULL);
}

/* Hands out members "0".."19" and writes what became of each into the output. */
static int contain(struct fmt_job *job)
{
    char text[CHILD_NAME_MAX + 64];
    struct child_result result = {0};
    unsigned opened = 0;
    int err = 0;

    while (err == 0 && (opened < 20 || child_pending(job) > 0)) {
        if (opened < 20 && child_pending(job) < CHILD_WINDOW) {
            int n = snprintf(text, sizeof text, "%u", opened++);
            struct child_info info = {.name = text, .packed_bytes = 1, .size_hint = (uint64_t)n, .mtime = opened};
            err = child_open(job, &info);
            if (err == 0)
                err = child_append(job, text, (size_t)n);
            if (err == 0)
                err = child_submit(job);
            continue;
        }
        err = child_collect(job, &result);
        if (err < 0)
            break;
        int n = snprintf(text, sizeof text, "%s %s %d %lld:", result.name, result.type, (int)result.verdict,
                         (long long)result.mtime);
        err = out_append(job, text, (size_t)n);
        if (err == 0 && result.bytes.len > 0)
            err = out_append(job, result.bytes.bytes, (size_t)result.bytes.len);
        if (err == 0)
            err = out_append(job, "\n", 1);
        child_release(job, &result);
    }
    return err < 0 ? err : out_finish(job, NULL);
}

/* Through scratch space and back, in reverse order. */
static int reverse(struct fmt_job *job)
{
    const struct fmt_in *in = job_in(job);
    uint64_t at, first = 0;
    int err = 0;

    for (uint64_t i = 0; err == 0 && i < in_len(in); i++) {
        err = scratch_append(job, in->bytes + i, 1, &at);
        if (i == 0)
            first = at;
    }
    for (uint64_t i = in_len(in); err == 0 && i > 0; i--) {
        uint8_t byte;
        err = scratch_read(job, first + i - 1, &byte, 1);
        if (err == 0)
            err = out_append(job, &byte, 1);
    }
    return err < 0 ? err : out_finish(job, NULL);
}

static int big(struct fmt_job *job)
{
    static const uint8_t zeros[1 << 20];
    int err = 0;

    for (unsigned i = 0; err == 0 && i < 16; i++)
        err = out_append(job, zeros, sizeof zeros);
    return err < 0 ? err : out_finish(job, NULL);
}

/* Gathers the helpers' blobs; helper i says "i" i times and a large one. */
static int gather(struct fmt_job *job)
{
    int err = 0;

    for (unsigned i = 1; err == 0 && i <= job_helpers(job); i++) {
        for (;;) {
            scoped_free uint8_t *bytes = NULL;
            size_t n;
            err = helper_receive(job, i, &bytes, &n);
            if (err < 0)
                break;
            err = out_append(job, bytes, n);
            if (err < 0)
                break;
        }
        if (err == ERR_CLOSED)
            err = 0;
    }
    if (err == 0)
        err = out_append(job, ".", 1);
    return err < 0 ? err : out_finish(job, NULL);
}

static int help(struct fmt_job *job, unsigned index)
{
    const struct fmt_in *in = job_in(job);
    char word = (char)('0' + index);
    int err = 0;

    for (unsigned i = 0; err == 0 && i < index; i++)
        err = helper_send(job, &word, 1);
    if (err == 0)
        err = helper_send(job, in->bytes, (size_t)in->len);
    return err;
}

static int help_crashes(struct fmt_job *job, unsigned index)
{
    (void)job;
    if (index == 2)
        __builtin_trap();
    return 0;
}

/* The main process says all is well without asking its helpers. */
static int ignore(struct fmt_job *job)
{
    int err = out_append(job, "fine", 4);

    return err < 0 ? err : out_finish(job, NULL);
}

/* A helper is as closed as the main process. */
static int help_opens(struct fmt_job *job, unsigned index)
{
    (void)job;
    (void)index;
    int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? ERR_IO : 0;
}

static const struct format_handler handlers[] = {
    {.name = "copy", .sanitize = copy},
    {.name = "contain", .sanitize = contain},
    {.name = "reverse", .sanitize = reverse},
    {.name = "big", .sanitize = big},
    {.name = "gather", .flatten = gather, .helper = help},
    {.name = "crash", .flatten = gather, .helper = help_crashes},
    {.name = "ignore", .flatten = ignore, .helper = help_crashes},
    {.name = "opens", .flatten = ignore, .helper = help_opens},
};

static const struct format_handler *find(const struct task_order *order)
{
    for (size_t i = 0; i < ARRAY_LEN(handlers); i++)
        if (strcmp(handlers[i].name, order->type) == 0)
            return &handlers[i];
    return NULL;
}

static int open_it(const struct task_order *order, const struct task_fds *fds)
{
    (void)fds;
    return run_open(find(order), order);
}

static int run_it(const struct task_order *order, const struct task_fds *fds)
{
    return run_handler(find(order), order, fds);
}

static const struct zygote_ops ops = {.name = "test-worker",
                                      .profile = &sandbox_profiles[SANDBOX_PROFILE_text],
                                      .spares = 1,
                                      .open = open_it,
                                      .run = run_it};

/* ---- The supervisor's part ------------------------------------------------------------------ */

static struct msg frame;
static struct zygote_peer z;

struct told {
    bool result;
    enum reason reason;
    char detail[256], out_type[16];
    uint64_t out_bytes;
    unsigned findings, kept;
    uint32_t count; /* of the last finding */
};

/* Members in play: files come at once, results in reverse order, every third one is held. */
struct members_of {
    int files[64];
    uint64_t waiting[64];
    unsigned count, submitted, opened;
};

static void answer(int report, uint64_t id, struct members_of *m)
{
    scoped_buf b = buf_new(4096);
    bool held = id % 3 == 0;
    char name[32];

    (void)snprintf(name, sizeof name, "clean-%llu", (unsigned long long)id);
    buf_u32(&b, held ? VERDICT_HELD : VERDICT_RELEASED);
    buf_u32(&b, held ? REASON_MALFORMED : REASON_OK);
    buf_str(&b, name);
    buf_str(&b, "text");
    buf_u64(&b, id * 10);
    assert_int_equal(msg_send(report, MSG_TASK_CHILD_DONE, id, &b, &m->files[id], held ? 0 : 1), 0);
    scope_close(&m->files[id]);
}

static void flush_answers(int report, struct members_of *m)
{
    while (m->count > 0)
        answer(report, m->waiting[--m->count], m);
}

static void on_frame(int report, struct told *told, struct members_of *m)
{
    struct view v = msg_view(&frame);
    int fd;

    switch (frame.type) {
    case MSG_TASK_FINDING:
        told->findings++;
        (void)view_u32(&v);
        told->count = view_u32(&v);
        break;
    case MSG_TASK_KEPT:
        told->kept++;
        break;
    case MSG_TASK_SCRATCH:
        fd = zygote_peer_output();
        assert_int_equal(msg_send(report, MSG_TASK_FILE, 0, NULL, &fd, 1), 0);
        (void)close(fd);
        break;
    case MSG_TASK_CHILD:
        assert_int_equal(frame.id, ++m->opened);
        m->files[frame.id] = zygote_peer_output();
        assert_int_equal(msg_send(report, MSG_TASK_FILE, frame.id, NULL, &m->files[frame.id], 1), 0);
        break;
    case MSG_TASK_CHILD_SUBMIT:
        m->submitted++;
        m->waiting[m->count++] = frame.id;
        if (m->count == 5 || m->submitted == 20)
            flush_answers(report, m);
        break;
    case MSG_TASK_RESULT:
        assert_false(told->result);
        told->result = true;
        told->reason = (enum reason)view_u32(&v);
        view_str(&v, told->detail, sizeof told->detail);
        view_str(&v, told->out_type, sizeof told->out_type);
        told->out_bytes = view_u64(&v);
        break;
    default:
        fail_msg("frame of type %u", frame.type);
    }
}

static struct zygote_ended run(const struct task_order *order, const void *bytes, size_t n, int output, struct told *told)
{
    static uint64_t id;
    struct members_of members = {0};
    struct zygote_ended ended = {0};
    scoped_fd int input = zygote_peer_input(bytes, n);
    scoped_fd int report = zygote_peer_task(&z, ++id, order, input, output, -1);

    *told = (struct told){0};
    while (msg_recv(report, &frame) == 0) {
        on_frame(report, told, &members);
        msg_close(&frame);
    }
    assert_true(zygote_peer_exit(&z, &ended));
    assert_int_equal(ended.task, id);
    return ended;
}

static struct task_order order_of(const char *type, enum fmt_mode mode, uint32_t parallel)
{
    struct task_order order = zygote_peer_order(TASK_HANDLE, type);

    order.options.mode = mode;
    order.options.parallel = parallel;
    return order;
}

static void assert_file(int fd, const void *bytes, size_t n)
{
    uint64_t size;
    scoped_free uint8_t *back = malloc(n + 1);

    assert_int_equal(fdio_size(fd, &size), 0);
    assert_int_equal(size, n);
    assert_non_null(back);
    assert_int_equal(fdio_pread(fd, back, n, 0), 0);
    assert_memory_equal(back, bytes, n);
}

/* ---- Tests ------------------------------------------------------------------------------------ */

static void test_copy(void **state)
{
    static uint8_t bytes[777777];
    struct task_order order = order_of("copy", FMT_MODE_SANITIZE, 1);
    struct told told;

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * i >> 7);
    scoped_fd int output = zygote_peer_output();
    assert_int_equal(run(&order, bytes, sizeof bytes, output, &told).status, 0);
    assert_true(told.result);
    assert_int_equal(told.reason, REASON_OK);
    assert_string_equal(told.out_type, "copy");
    assert_int_equal(told.out_bytes, sizeof bytes);
    assert_int_equal(told.findings, 1);
    assert_int_equal(told.count, 3);
    assert_int_equal(told.kept, 1);
    assert_file(output, bytes, sizeof bytes);
}

static void test_empty_and_unknown(void **state)
{
    struct task_order order = order_of("copy", FMT_MODE_SANITIZE, 1), unknown = order_of("nothing", FMT_MODE_SANITIZE, 1),
                      mode = order_of("copy", FMT_MODE_TEXT, 1);
    struct told told;

    (void)state;
    scoped_fd int output = zygote_peer_output();
    assert_int_equal(run(&order, "", 0, output, &told).status, 0);
    assert_int_equal(told.reason, REASON_EMPTY);
    assert_int_equal(run(&unknown, "x", 1, output, &told).status, 0);
    assert_int_equal(told.reason, REASON_UNSUPPORTED_TYPE);
    assert_int_equal(run(&mode, "x", 1, output, &told).status, 0);
    assert_int_equal(told.reason, REASON_MODE_UNAVAILABLE);
}

static void test_members(void **state)
{
    struct task_order order = order_of("contain", FMT_MODE_SANITIZE, 1);
    scoped_buf expect = buf_new(65536);
    struct told told;

    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        bool held = (i + 1) % 3 == 0;
        buf_printf(&expect, "clean-%u text %d %u:", i + 1, held ? VERDICT_HELD : VERDICT_RELEASED, (i + 1) * 10);
        if (!held)
            buf_printf(&expect, "%u", i);
        buf_printf(&expect, "\n");
    }
    scoped_fd int output = zygote_peer_output();
    assert_int_equal(run(&order, "x", 1, output, &told).status, 0);
    assert_int_equal(told.reason, REASON_OK);
    assert_file(output, expect.bytes, expect.len);
}

static void test_scratch(void **state)
{
    struct task_order order = order_of("reverse", FMT_MODE_SANITIZE, 1);
    struct told told;

    (void)state;
    scoped_fd int output = zygote_peer_output();
    assert_int_equal(run(&order, "sekimori", 8, output, &told).status, 0);
    assert_int_equal(told.reason, REASON_OK);
    assert_file(output, "iromikes", 8);
}

/* The kernel's file size limit holds where the job's own did not. */
static void test_file_limit(void **state)
{
    struct task_order order = order_of("big", FMT_MODE_SANITIZE, 1);
    struct told told;
    uint64_t size;

    (void)state;
    order.file_bytes = 3 << 20;
    scoped_fd int output = zygote_peer_output();
    (void)run(&order, "x", 1, output, &told);
    assert_true(told.reason != REASON_OK);
    assert_int_equal(fdio_size(output, &size), 0);
    assert_in_range(size, 1, 3 << 20);
}

static void test_helpers(void **state)
{
    static uint8_t bytes[3000000];
    struct task_order order = order_of("gather", FMT_MODE_FLATTEN, 4), alone = order_of("gather", FMT_MODE_FLATTEN, 1);
    scoped_buf expect = buf_new(64u << 20);
    struct told told;

    (void)state;
    memset(bytes, 'b', sizeof bytes);
    for (unsigned i = 1; i <= 3; i++) {
        for (unsigned k = 0; k < i; k++)
            buf_printf(&expect, "%u", i);
        buf_put(&expect, bytes, sizeof bytes);
    }
    buf_printf(&expect, ".");
    scoped_fd int output = zygote_peer_output(), other = zygote_peer_output();
    assert_int_equal(run(&order, bytes, sizeof bytes, output, &told).status, 0);
    assert_int_equal(told.reason, REASON_OK);
    assert_file(output, expect.bytes, expect.len);
    assert_int_equal(run(&alone, bytes, sizeof bytes, other, &told).status, 0);
    assert_file(other, ".", 1);
}

static void test_helper_fault(void **state)
{
    struct told told;

    (void)state;
    static const char *const types[] = {"crash", "ignore", "opens"};
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        struct task_order order = order_of(types[i], FMT_MODE_FLATTEN, 4);
        scoped_fd int output = zygote_peer_output();
        (void)run(&order, "x", 1, output, &told);
        assert_true(told.result);
        assert_true(told.reason != REASON_OK);
    }
}

/* A supervisor that breaks off the talk ends the task. */
static void test_supervisor_gone(void **state)
{
    struct task_order order = order_of("contain", FMT_MODE_SANITIZE, 1);
    struct zygote_ended ended;

    (void)state;
    scoped_fd int input = zygote_peer_input("x", 1), output = zygote_peer_output();
    int report = zygote_peer_task(&z, 500, &order, input, output, -1);
    assert_int_equal(msg_recv(report, &frame), 0);
    assert_int_equal(frame.type, MSG_TASK_CHILD);
    (void)close(report);
    assert_true(zygote_peer_exit(&z, &ended));
    assert_int_equal(ended.status, TASK_EXIT_PEER << 8);
}

/* And so does one that says what it may not: bytes for a member that was held. */
static void test_supervisor_wrong(void **state)
{
    struct task_order order = order_of("contain", FMT_MODE_SANITIZE, 1);
    struct zygote_ended ended;
    scoped_buf b = buf_new(4096);

    (void)state;
    scoped_fd int input = zygote_peer_input("x", 1), output = zygote_peer_output();
    scoped_fd int report = zygote_peer_task(&z, 501, &order, input, output, -1);
    for (unsigned submitted = 0; submitted == 0;) {
        assert_int_equal(msg_recv(report, &frame), 0);
        if (frame.type == MSG_TASK_CHILD)
            assert_int_equal(msg_send(report, MSG_TASK_FILE, frame.id, NULL, &output, 1), 0);
        submitted += frame.type == MSG_TASK_CHILD_SUBMIT;
    }
    buf_u32(&b, VERDICT_HELD);
    buf_u32(&b, REASON_MALFORMED);
    buf_str(&b, "x");
    buf_str(&b, "text");
    buf_u64(&b, 0);
    assert_int_equal(msg_send(report, MSG_TASK_CHILD_DONE, 1, &b, &input, 1), 0);
    assert_true(zygote_peer_exit(&z, &ended));
    assert_int_equal(ended.status, TASK_EXIT_PEER << 8);
}

static int start(void **state)
{
    int status;

    (void)state;
    return zygote_peer_fork(&z, &ops, NULL, NULL, &status) ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    return zygote_peer_stop(&z);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copy),         cmocka_unit_test(test_empty_and_unknown),
        cmocka_unit_test(test_members),      cmocka_unit_test(test_scratch),
        cmocka_unit_test(test_file_limit),   cmocka_unit_test(test_helpers),
        cmocka_unit_test(test_helper_fault), cmocka_unit_test(test_supervisor_gone),
        cmocka_unit_test(test_supervisor_wrong),
    };

    return cmocka_run_group_tests_name("worker", tests, start, stop);
}
