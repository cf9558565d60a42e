/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a frame on a socket between two programs: whole and by the rules, or refused. */
#include <string.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/msg.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static struct msg m;
    int ends[2];

    if (n == 0 || msg_pair(ends) < 0)
        return 0;
    scoped_fd int near = ends[0];
    scoped_fd int far = ends[1];
    if (send(near, bytes, n, MSG_DONTWAIT) != (ssize_t)n)
        return 0; /* more than a socket takes at once */
    int err = msg_recv_nowait(far, &m);
    FUZZ_REQUIRE(err == 0 || err == ERR_PEER, "error %d", err);
    FUZZ_REQUIRE(err < 0 || (m.len <= n && m.fd_count == 0 && memcmp(m.payload, bytes + n - m.len, m.len) == 0),
                 "a payload of %u bytes", m.len);
    FUZZ_REQUIRE(msg_recv_nowait(far, &m) == ERR_AGAIN, "a second frame");
    return 0;
}
