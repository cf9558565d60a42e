/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line's end of the control socket. Runs as its user; the gateway decides what that user may. */
#include "ask.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/err.h"
#include "base/msg.h"
#include "base/proto.h"

static int ask_connect(const struct config *config)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    scoped_fd int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    int n = snprintf(address.sun_path, sizeof address.sun_path, "%s/control.sock", config->gateway.run);

    if (fd < 0 || n < 0 || (size_t)n >= sizeof address.sun_path ||
        connect(fd, (const struct sockaddr *)&address, sizeof address) < 0)
        return ERR_CLOSED;
    return steal_fd(&fd);
}

static int ask_answer(int fd, struct msg *m, void (*row)(void *arg, const char *json), void *arg, char text[512])
{
    for (;;) {
        int err = msg_recv(fd, m);
        if (err < 0)
            return err;
        msg_close(m);
        if (m->type == MSG_CONTROL_END) {
            struct view v = msg_view(m);
            uint32_t code = view_u32(&v);
            view_str(&v, text, 512);
            return view_end(&v) < 0 ? ERR_PEER : -(int)code;
        }
        if (m->type != MSG_CONTROL_ROW || m->len >= MSG_PAYLOAD_MAX)
            return ERR_PEER;
        m->payload[m->len] = '\0';
        if (row)
            row(arg, (const char *)m->payload);
    }
}

int ask(const struct config *config, const char *verb, const char *const *arguments, unsigned count, int fd,
        void (*row)(void *arg, const char *json), void *arg, char text[512])
{
    scoped_buf b = buf_new(MSG_PAYLOAD_MAX);
    scoped_free struct msg *m = malloc(sizeof *m);
    scoped_fd int socket_fd = ask_connect(config);

    text[0] = '\0';
    if (!m)
        return ERR_NOMEM;
    if (socket_fd < 0) {
        (void)snprintf(text, 512, "no gateway answers at %.400s/control.sock", config->gateway.run);
        return socket_fd;
    }
    buf_str(&b, verb);
    buf_u32(&b, count);
    for (unsigned i = 0; i < count; i++)
        buf_str(&b, arguments[i]);
    int err = msg_send(socket_fd, MSG_CONTROL_ASK, 0, &b, &fd, fd >= 0 ? 1 : 0);
    return err < 0 ? err : ask_answer(socket_fd, m, row, arg, text);
}
