/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The releaser's configuration as bytes. Written by the supervisor, read by the releaser before anything else. */
#include "releaser_config.h"

#include <string.h>

#include "base/err.h"

void releaser_config_put(struct buf *b, const struct releaser_config *c)
{
    buf_blob(b, c->public_key, sizeof c->public_key);
    buf_u8(b, c->durable);
    buf_u32(b, c->poll_ms);
    buf_u32(b, c->grace_ms);
    buf_u32(b, c->waived);
}

int releaser_config_get(struct view *v, struct releaser_config *out)
{
    struct releaser_config c = {0};
    size_t n;
    const uint8_t *key = view_blob(v, &n);

    if (key && n == sizeof c.public_key)
        memcpy(c.public_key, key, n);
    uint8_t durable = view_u8(v);
    c.poll_ms = view_u32(v);
    c.grace_ms = view_u32(v);
    c.waived = view_u32(v);
    if (view_end(v) < 0 || n != sizeof c.public_key || durable > 1 || c.poll_ms < 10 || c.grace_ms > 24 * 3600 * 1000)
        return ERR_PEER;
    c.durable = durable == 1;
    *out = c;
    return 0;
}
