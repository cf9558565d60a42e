/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Helper processes and their blobs. Inside the sandbox; both ends have read
 * the same hostile bytes, so the main process believes no length it was told.
 */
#include "helpers.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/fdio.h"

#define END_MARK UINT32_MAX

/* In a new helper: keeps its own end only. */
static void helper_keep(struct helpers *helpers, unsigned index, int own)
{
    for (unsigned i = 0; i < index; i++)
        scope_close(&helpers->fds[i]);
    helpers->fds[0] = own;
    helpers->index = index;
}

int helpers_fork(struct helpers *helpers, unsigned count)
{
    *helpers = (struct helpers){.count = count < HELPERS_MAX ? count : HELPERS_MAX};
    for (unsigned i = 0; i < helpers->count; i++) {
        int ends[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
            return ERR_IO;
        helpers->fds[i] = ends[0];
        pid_t pid = fork();
        if (pid < 0)
            return ERR_IO;
        if (pid == 0) {
            helper_keep(helpers, i + 1, ends[1]);
            /* It dies with the process namespace; this is for machines where that layer is waived. */
            return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 ? ERR_IO : 0;
        }
        (void)close(ends[1]);
    }
    return 0;
}

static int send_all(int fd, const void *bytes, size_t n)
{
    union {
        const void *in;
        void *out; /* iovec takes it so, and sendmsg changes nothing */
    } at = {bytes};
    struct iovec part = {at.out, n};
    struct msghdr hdr = {.msg_iov = &part, .msg_iovlen = 1};

    while (part.iov_len > 0) {
        ssize_t sent = sendmsg(fd, &hdr, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return errno == EPIPE || errno == ECONNRESET ? ERR_CLOSED : ERR_IO;
        part.iov_base = (char *)part.iov_base + sent;
        part.iov_len -= (size_t)sent;
    }
    return 0;
}

int helpers_send(const struct helpers *helpers, const void *bytes, size_t n)
{
    uint32_t len = (uint32_t)n;

    if (helpers->index == 0)
        return ERR_REFUSED;
    if (n > HELPER_BLOB_MAX)
        return ERR_LIMIT;
    int err = send_all(helpers->fds[0], &len, sizeof len);
    return err < 0 ? err : send_all(helpers->fds[0], bytes, n);
}

int helpers_send_end(const struct helpers *helpers)
{
    uint32_t mark = END_MARK;

    return helpers->index == 0 ? ERR_REFUSED : send_all(helpers->fds[0], &mark, sizeof mark);
}

int helpers_receive(struct helpers *helpers, unsigned i, uint8_t **bytes_out, size_t *n_out)
{
    uint32_t len;

    if (helpers->index != 0 || i == 0 || i > helpers->count)
        return ERR_REFUSED;
    if (helpers->ended >> i & 1)
        return ERR_CLOSED;
    int fd = helpers->fds[i - 1];
    if (fdio_read(fd, &len, sizeof len) < 0)
        return ERR_FAULT;
    if (len == END_MARK) {
        helpers->ended |= (uint32_t)1 << i;
        return ERR_CLOSED;
    }
    if (len > HELPER_BLOB_MAX)
        return ERR_FAULT;
    scoped_free uint8_t *bytes = malloc(len ? len : 1);
    if (!bytes)
        return ERR_NOMEM;
    if (fdio_read(fd, bytes, len) < 0)
        return ERR_FAULT;
    *bytes_out = steal(bytes);
    *n_out = len;
    return 0;
}

int helpers_join(struct helpers *helpers)
{
    for (unsigned i = 1; i <= helpers->count; i++) {
        int err;
        do {
            scoped_free uint8_t *bytes = NULL;
            size_t n;
            err = helpers_receive(helpers, i, &bytes, &n);
        } while (err == 0);
        if (err != ERR_CLOSED)
            return err;
    }
    return 0;
}
