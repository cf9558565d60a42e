/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Peers and their rule tables. Long-running programs; what arrives here may come from a worker taken over. */
#include "peer.h"

#include <fcntl.h>
#include <string.h>

#include "err.h"
#include "fdio.h"
#include "log.h"

#define QUEUE_FRAMES_MAX 65536
#define QUEUE_BYTES_MAX (64u << 20)
#define FRAMES_PER_ROUND 32 /* so that one talkative peer cannot starve the others */
#define RULES_MAX 64

struct frame {
    struct frame *next;
    uint16_t type;
    uint64_t id;
    int fds[MSG_FDS_MAX];
    unsigned fd_count;
    struct buf payload;
};

struct peer {
    struct loop *loop;
    int fd;
    const struct msg_rule *rules;
    void *owner;
    void (*closed)(void *owner, struct peer *peer, int err);
    uint64_t said; /* bit per rule, for `once` */
    struct frame *first, **last;
    size_t frames, bytes;
    bool busy, dead; /* inside a handler; freed while inside */
    int failed;
    struct loop_timer *failing;
};

static struct msg incoming; /* one at a time: programs are single-threaded and a frame is too big for a stack */
static bool incoming_used;

static void frame_free(struct frame *f)
{
    for (unsigned i = 0; i < f->fd_count; i++)
        scope_close(&f->fds[i]);
    buf_free(&f->payload);
    free(f);
}

static void peer_destroy(struct peer *p)
{
    while (p->first) {
        struct frame *next = p->first->next;
        frame_free(p->first);
        p->first = next;
    }
    free(p);
}

void peer_free(struct peer **peer)
{
    struct peer *p = steal(*peer);

    if (!p || p->dead)
        return;
    loop_cancel(p->loop, &p->failing);
    loop_remove(p->loop, p->fd);
    scope_close(&p->fd);
    p->dead = true;
    if (!p->busy)
        peer_destroy(p);
}

/* Tells the owner; the peer may be gone afterwards. */
static void peer_fail(struct peer *p, int err)
{
    loop_remove(p->loop, p->fd);
    p->closed(p->owner, p, err);
}

static int peer_handle(struct peer *p, struct msg *m)
{
    for (unsigned i = 0; i < RULES_MAX && p->rules[i].type; i++) {
        const struct msg_rule *rule = &p->rules[i];
        uint64_t bit = (uint64_t)1 << i;
        if (rule->type != m->type)
            continue;
        if (m->fd_count < rule->fds_min || m->fd_count > rule->fds_max || (rule->once && p->said & bit))
            return ERR_PEER;
        p->said |= bit;
        return rule->fn(p->owner, p, m);
    }
    return ERR_PEER;
}

static void peer_read(struct peer *p)
{
    int err = 0;

    for (unsigned i = 0; i < FRAMES_PER_ROUND && err == 0 && !p->dead; i++) {
        sk_assert(!incoming_used);
        err = msg_recv_nowait(p->fd, &incoming);
        if (err < 0)
            break;
        incoming_used = true;
        err = peer_handle(p, &incoming);
        if (err < 0 && !p->dead)
            err = ERR_PEER;
        msg_close(&incoming);
        incoming_used = false;
    }
    if (!p->dead && err < 0 && err != ERR_AGAIN)
        peer_fail(p, err);
}

static void peer_flush(struct peer *p)
{
    while (p->first) {
        struct frame *f = p->first;
        int err = msg_send(p->fd, f->type, f->id, &f->payload, f->fds, f->fd_count);
        if (err == ERR_AGAIN)
            return;
        if (err < 0) {
            peer_fail(p, err);
            return;
        }
        p->first = f->next;
        if (!p->first)
            p->last = &p->first;
        p->frames--;
        p->bytes -= f->payload.len;
        frame_free(f);
    }
    if (loop_change(p->loop, p->fd, LOOP_READ) < 0)
        peer_fail(p, ERR_IO);
}

static void on_ready(void *arg, unsigned events)
{
    struct peer *p = arg;

    p->busy = true;
    if (events & LOOP_WRITE && p->first)
        peer_flush(p);
    if (events & LOOP_READ && !p->dead)
        peer_read(p);
    p->busy = false;
    if (p->dead)
        peer_destroy(p);
}

int peer_new(struct loop *loop, int fd, const struct msg_rule *rules, void *owner,
             void (*closed)(void *owner, struct peer *peer, int err), struct peer **peer_out)
{
    scoped_free struct peer *p = calloc(1, sizeof *p);

    if (!p)
        return ERR_NOMEM;
    *p = (struct peer){.loop = loop, .fd = fd, .rules = rules, .owner = owner, .closed = closed, .last = &p->first};
    if (fdio_nonblock(fd, 1) < 0 || loop_add(loop, fd, LOOP_READ, on_ready, p) < 0)
        return ERR_IO;
    *peer_out = steal(p);
    return 0;
}

static void on_failed(void *arg)
{
    struct peer *p = arg;

    p->failing = NULL;
    p->busy = true;
    peer_fail(p, p->failed);
    p->busy = false;
    if (p->dead)
        peer_destroy(p);
}

/* The owner is told from the loop, never from inside its own call. */
static int fail_later(struct peer *p, int err)
{
    if (!p->failing && loop_after(p->loop, 0, on_failed, p, &p->failing) == 0)
        p->failed = err;
    return err;
}

static int peer_queue(struct peer *p, uint16_t type, uint64_t id, const struct buf *payload, const int *fds, unsigned fd_count)
{
    size_t n = payload ? payload->len : 0;
    struct frame *f = calloc(1, sizeof *f);

    if (!f)
        return ERR_NOMEM;
    *f = (struct frame){.type = type, .id = id, .fd_count = fd_count, .payload = buf_new(MSG_PAYLOAD_MAX)};
    for (unsigned i = 0; i < fd_count; i++)
        f->fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 3);
    if (n > 0)
        buf_put(&f->payload, payload->bytes, n);
    *p->last = f;
    p->last = &f->next;
    p->frames++;
    p->bytes += n;
    return loop_change(p->loop, p->fd, LOOP_READ | LOOP_WRITE);
}

int peer_send(struct peer *peer, uint16_t type, uint64_t id, const struct buf *payload, const int *fds, unsigned fd_count)
{
    if (peer->dead || peer->failing)
        return ERR_CLOSED;
    if (fd_count > MSG_FDS_MAX || (payload && (payload->err < 0 || payload->len > MSG_PAYLOAD_MAX)))
        return ERR_LIMIT;
    if (!peer->first) {
        int err = msg_send(peer->fd, type, id, payload, fds, fd_count);
        if (err == 0)
            return 0;
        if (err != ERR_AGAIN)
            return fail_later(peer, err);
    }
    if (peer->frames >= QUEUE_FRAMES_MAX || peer->bytes >= QUEUE_BYTES_MAX)
        return fail_later(peer, ERR_LIMIT);
    return peer_queue(peer, type, id, payload, fds, fd_count);
}

size_t peer_backlog(const struct peer *peer)
{
    return peer->frames;
}
