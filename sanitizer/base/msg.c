/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames between programs. Every program; the other end is never trusted to keep the rules. */
#include "msg.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "err.h"

struct head {
    uint32_t magic;
    uint16_t version, type;
    uint64_t id;
    uint32_t len, fd_count;
};

int msg_pair(int fds_out[2])
{
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds_out) == 0 ? 0 : ERR_IO;
}

static int send_error(void)
{
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS)
        return ERR_AGAIN;
    if (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN)
        return ERR_CLOSED;
    return ERR_IO;
}

int msg_send(int fd, uint16_t type, uint64_t id, const struct buf *payload, const int *fds, unsigned fd_count)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(MSG_FDS_MAX * sizeof(int))];
    } control;
    size_t len = payload ? payload->len : 0;
    struct head head = {MSG_MAGIC, MSG_VERSION, type, id, (uint32_t)len, fd_count};
    struct iovec parts[2] = {{&head, sizeof head}, {payload ? payload->bytes : NULL, len}};
    struct msghdr hdr = {.msg_iov = parts, .msg_iovlen = len ? 2 : 1};

    if (len > MSG_PAYLOAD_MAX || fd_count > MSG_FDS_MAX || (payload && payload->err < 0))
        return ERR_LIMIT;
    if (fd_count > 0) {
        memset(&control, 0, sizeof control);
        hdr.msg_control = control.room;
        hdr.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
        struct cmsghdr *c = CMSG_FIRSTHDR(&hdr);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
        memcpy(CMSG_DATA(c), fds, fd_count * sizeof(int));
    }
    ssize_t sent;
    do
        sent = sendmsg(fd, &hdr, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent < 0)
        return send_error();
    return (size_t)sent == sizeof head + len ? 0 : ERR_IO;
}

/* Moves received descriptors into the message; more than fit are closed by the kernel (MSG_CTRUNC). */
static void take_fds(struct msghdr *hdr, struct msg *m)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(hdr); c; c = CMSG_NXTHDR(hdr, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < n; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof fd);
            if (m->fd_count < MSG_FDS_MAX)
                m->fds[m->fd_count++] = fd;
            else
                (void)close(fd);
        }
    }
}

static int recv_frame(int fd, struct msg *m, int flags)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(MSG_FDS_MAX * sizeof(int))];
    } control;
    struct head head;
    struct iovec parts[2] = {{&head, sizeof head}, {m->payload, sizeof m->payload}};
    struct msghdr hdr = {.msg_iov = parts, .msg_iovlen = 2, .msg_control = control.room, .msg_controllen = sizeof control.room};
    ssize_t got;

    m->fd_count = 0;
    for (unsigned i = 0; i < MSG_FDS_MAX; i++)
        m->fds[i] = -1;
    do
        got = recvmsg(fd, &hdr, flags | MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK ? ERR_AGAIN : errno == ECONNRESET ? ERR_CLOSED : ERR_IO;
    take_fds(&hdr, m);
    if (got == 0) {
        msg_close(m);
        return ERR_CLOSED;
    }
    if ((size_t)got < sizeof head || head.magic != MSG_MAGIC || head.version != MSG_VERSION ||
        head.len != (size_t)got - sizeof head || head.fd_count != m->fd_count ||
        hdr.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
        msg_close(m);
        return ERR_PEER;
    }
    m->type = head.type;
    m->id = head.id;
    m->len = head.len;
    return 0;
}

int msg_recv(int fd, struct msg *m)
{
    return recv_frame(fd, m, 0);
}

int msg_recv_nowait(int fd, struct msg *m)
{
    return recv_frame(fd, m, MSG_DONTWAIT);
}

int msg_take_fd(struct msg *m, unsigned i)
{
    return i < MSG_FDS_MAX ? steal_fd(&m->fds[i]) : -1;
}

void msg_close(struct msg *m)
{
    for (unsigned i = 0; i < MSG_FDS_MAX; i++)
        scope_close(&m->fds[i]);
}
