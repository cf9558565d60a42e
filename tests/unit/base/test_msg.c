/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames: whole ones arrive with their descriptors, broken ones are refused and leave no descriptor open. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/msg.h"

static struct msg m;

/* The head of a frame as msg.h describes it, for breaking. */
struct head {
    uint32_t magic;
    uint16_t version, type;
    uint64_t id;
    uint32_t len, fd_count;
};

static unsigned open_fds(void)
{
    unsigned n = 0;

    for (int fd = 0; fd < 256; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static void send_raw(int fd, const void *bytes, size_t n, const int *fds, unsigned fd_count)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(16 * sizeof(int))];
    } control = {0};
    union {
        const void *in;
        void *out;
    } at = {bytes};
    struct iovec part = {at.out, n};
    struct msghdr hdr = {.msg_iov = &part, .msg_iovlen = 1};

    if (fd_count > 0) {
        hdr.msg_control = control.room;
        hdr.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
        struct cmsghdr *c = CMSG_FIRSTHDR(&hdr);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
        memcpy(CMSG_DATA(c), fds, fd_count * sizeof(int));
    }
    assert_int_equal(sendmsg(fd, &hdr, 0), n);
}

static void test_round_trip(void **state)
{
    int ends[2];
    scoped_buf b = buf_new(MSG_PAYLOAD_MAX);

    (void)state;
    assert_int_equal(msg_pair(ends), 0);
    scoped_fd int one = ends[0], two = ends[1];
    unsigned before = open_fds();
    int fds[] = {0, 1, 2, one};
    buf_str(&b, "hello");
    assert_int_equal(msg_send(one, 7, 99, &b, fds, 4), 0);
    assert_int_equal(msg_recv(two, &m), 0);
    assert_int_equal(m.type, 7);
    assert_int_equal(m.id, 99);
    assert_int_equal(m.fd_count, 4);
    assert_memory_equal(m.payload, b.bytes, b.len);
    int taken = msg_take_fd(&m, 3);
    assert_true(taken >= 0 && fcntl(taken, F_GETFD) == FD_CLOEXEC);
    assert_int_equal(msg_take_fd(&m, 3), -1);
    msg_close(&m);
    (void)close(taken);
    assert_int_equal(open_fds(), before);
    assert_int_equal(msg_recv_nowait(two, &m), ERR_AGAIN);
    scope_close(&one);
    assert_int_equal(msg_recv(two, &m), ERR_CLOSED);
    assert_int_equal(msg_send(two, 7, 1, NULL, NULL, 0), ERR_CLOSED);
}

static void test_limits(void **state)
{
    int ends[2], fds[5] = {0};
    scoped_buf big = buf_new(MSG_PAYLOAD_MAX + 1), broken = buf_new(1);
    static uint8_t zeros[MSG_PAYLOAD_MAX + 1];

    (void)state;
    assert_int_equal(msg_pair(ends), 0);
    scoped_fd int one = ends[0], two = ends[1];
    buf_put(&big, zeros, MSG_PAYLOAD_MAX);
    assert_int_equal(msg_send(one, 1, 1, &big, NULL, 0), 0);
    assert_int_equal(msg_recv(two, &m), 0);
    assert_int_equal(m.len, MSG_PAYLOAD_MAX);
    buf_u8(&big, 0);
    assert_int_equal(msg_send(one, 1, 1, &big, NULL, 0), ERR_LIMIT);
    buf_u32(&broken, 1);
    assert_int_equal(msg_send(one, 1, 1, &broken, NULL, 0), ERR_LIMIT);
    assert_int_equal(msg_send(one, 1, 1, NULL, fds, 5), ERR_LIMIT);
}

static void test_broken_frames(void **state)
{
    const struct head good = {MSG_MAGIC, MSG_VERSION, 1, 1, 0, 0};
    struct head bad[6];
    int ends[2], fds[] = {0, 0, 0, 0, 0, 0};

    (void)state;
    assert_int_equal(msg_pair(ends), 0);
    scoped_fd int one = ends[0], two = ends[1];
    unsigned before = open_fds();
    for (unsigned i = 0; i < ARRAY_LEN(bad); i++)
        bad[i] = good;
    bad[0].magic++;
    bad[1].version++;
    bad[2].len = 1;          /* says more than there is */
    bad[3].fd_count = 1;     /* and a descriptor that is not there */
    for (unsigned i = 0; i < 4; i++) {
        send_raw(one, &bad[i], sizeof bad[i], NULL, 0);
        assert_int_equal(msg_recv(two, &m), ERR_PEER);
    }
    send_raw(one, &bad[4], sizeof bad[4], fds, 2); /* has descriptors it does not speak of */
    assert_int_equal(msg_recv(two, &m), ERR_PEER);
    bad[5].fd_count = 6;
    send_raw(one, &bad[5], sizeof bad[5], fds, 6); /* more than a frame may have */
    assert_int_equal(msg_recv(two, &m), ERR_PEER);
    send_raw(one, "short", 5, NULL, 0);
    assert_int_equal(msg_recv(two, &m), ERR_PEER);
    assert_int_equal(open_fds(), before);
    send_raw(one, &good, sizeof good, NULL, 0);
    assert_int_equal(msg_recv(two, &m), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_limits), cmocka_unit_test(test_broken_frames)};

    return cmocka_run_group_tests_name("msg", tests, NULL, NULL);
}
