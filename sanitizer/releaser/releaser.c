/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sekimori-releaser: the one program that writes to the outbound spool.
 *
 * SECURITY
 * It acts on signed tickets from the keeper and on nothing else. A ticket
 * names the job, the five stages that passed, and the digest of the file that
 * comes with it as a descriptor; signature, order of numbers and digest are
 * proven before a byte gets a name in new/. It parses no content, follows no
 * link, replaces no file, reads nothing the other side put there but to compare
 * it, and knows no folder but the outbound one. It has no secret: the key it
 * holds is public.
 *
 * DIAGNOSTICS
 * Exit statuses are those of releaser_config.h: 0 supervisor or keeper ended;
 * 64 not started by the supervisor; 65 the outbound folder cannot be used; 70
 * the sandbox could not be closed; 71 out of memory; 74 a flush failed; 76 a
 * peer broke the protocol.
 *
 * BUGS
 * A file that is collected while the machine is down and whose delivery was not
 * yet acknowledged is published a second time, with the same number and bytes:
 * the receiver drops it by its number.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/hook.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/peer.h"
#include "base/proto.h"
#include "base/sandbox.h"
#include "publish.h"
#include "releaser_config.h"
#include "watch.h"

#define WATCH_MOST 5000 /* names looked at in one step */

struct releaser {
    struct releaser_config config;
    struct loop *loop;
    struct peer *supervisor, *keeper;
    struct publisher *publisher;
    struct watches watches;
    struct publish_item items[PUBLISH_MAX];
    unsigned item_count;
    struct loop_timer *timer;
};

static void end(struct releaser *r, enum releaser_exit status)
{
    loop_stop(r->loop, (int)status);
}

/* ---- tickets ------------------------------------------------------------------------------------------------- */

static void say_done(struct releaser *r, const struct publish_item *item, int err)
{
    scoped_buf b = buf_new(512);

    buf_u32(&b, (uint32_t)-err);
    buf_str(&b, err ? item->text : "");
    (void)peer_send(r->keeper, MSG_RELEASE_DONE, item->seq, &b, NULL, 0);
    crash_point("publish-answered");
}

/* Publishes what this round brought. */
static void run_batch(struct releaser *r)
{
    if (r->item_count == 0)
        return;
    int err = publish_run(r->publisher, r->items, r->item_count);
    for (unsigned i = 0; i < r->item_count; i++) {
        struct publish_item *item = &r->items[i];
        if (err < 0)
            item->text = "a flush failed";
        if (item->err < 0)
            log_error("delivery %llu: %s", (unsigned long long)item->seq, item->text);
        say_done(r, item, err < 0 ? err : item->err);
        publish_item_clear(item);
    }
    r->item_count = 0;
    if (err < 0) {
        log_error("the outbound folder could not be flushed");
        end(r, RELEASER_EXIT_FLUSH);
    }
}

static int on_ticket(void *owner, struct peer *peer, struct msg *m)
{
    struct releaser *r = owner;
    struct view v = msg_view(m);
    struct publish_item item = {.seq = m->id, .source = -1, .file_fd = -1, .manifest_fd = -1};
    const uint8_t *manifest = view_blob(&v, &item.manifest_n);

    (void)peer;
    if (view_end(&v) < 0 || !manifest || item.manifest_n > MANIFEST_MAX)
        return ERR_PEER;
    item.manifest = malloc(item.manifest_n + 1);
    if (!item.manifest) {
        end(r, RELEASER_EXIT_MEMORY);
        return 0;
    }
    memcpy(item.manifest, manifest, item.manifest_n);
    item.source = msg_take_fd(m, 0);
    if (r->item_count == PUBLISH_MAX)
        run_batch(r);
    r->items[r->item_count++] = item;
    return 0;
}

static int on_watch(void *owner, struct peer *peer, struct msg *m)
{
    struct releaser *r = owner;
    struct view v = msg_view(m);
    char path[MANIFEST_PATH_MAX];

    (void)peer;
    view_str(&v, path, sizeof path);
    if (view_end(&v) < 0 || !manifest_path_is_safe(path))
        return ERR_PEER;
    if (watch_add(&r->watches, m->id, path) < 0)
        end(r, RELEASER_EXIT_MEMORY);
    return 0;
}

static void on_gone(void *arg, uint64_t seq)
{
    struct releaser *r = arg;

    (void)peer_send(r->keeper, MSG_RELEASE_GONE, seq, NULL, NULL, 0);
}

static void on_timer(void *arg)
{
    struct releaser *r = arg;

    watch_step(&r->watches, r->publisher, WATCH_MOST, r->config.grace_ms, on_gone, r);
    if (loop_after(r->loop, r->config.poll_ms, on_timer, r, &r->timer) < 0)
        end(r, RELEASER_EXIT_MEMORY);
}

static void on_round(void *arg)
{
    run_batch(arg);
}

/* ---- start and end ---------------------------------------------------------------------------------------------- */

static const struct msg_rule keeper_rules[] = {
    {.type = MSG_RELEASE_TICKET, .fds_min = 1, .fds_max = 1, .fn = on_ticket},
    {.type = MSG_RELEASE_WATCH, .fn = on_watch},
    {0},
};

static const struct msg_rule supervisor_rules[] = {{0}}; /* after its configuration it has nothing to say */

static void on_closed(void *owner, struct peer *peer, int err)
{
    struct releaser *r = owner;

    (void)peer;
    if (err != ERR_CLOSED)
        log_error("a channel failed: %s", err_text(err));
    end(r, err == ERR_CLOSED ? RELEASER_EXIT_OK : RELEASER_EXIT_PEER);
}

static void on_terminate(void *arg, int signo)
{
    (void)signo;
    end(arg, RELEASER_EXIT_OK);
}

static int read_config(struct releaser_config *out)
{
    struct msg *m = malloc(sizeof *m);
    int err = m ? msg_recv(RELEASER_FD_SUPERVISOR, m) : ERR_NOMEM;

    if (err == 0) {
        struct view v = msg_view(m);
        err = m->type == MSG_CONFIG ? releaser_config_get(&v, out) : ERR_PEER;
        msg_close(m);
    }
    free(m);
    return err;
}

static int close_sandbox(const struct releaser *r)
{
    const struct sandbox_dir dirs[] = {{RELEASER_FD_OUTBOUND, SANDBOX_ACCESS_READ | SANDBOX_ACCESS_WRITE}};
    uint32_t active = 0, missing = 0;
    int err = sandbox_enter_service(&sandbox_profiles[SANDBOX_PROFILE_releaser], r->config.waived, dirs, ARRAY_LEN(dirs), &active, &missing);

    if (err < 0)
        log_error("sandbox: %s (missing layers %#x)", err_text(err), (unsigned)missing);
    return err < 0 ? RELEASER_EXIT_SANDBOX : RELEASER_EXIT_OK;
}

static int start_loop(struct releaser *r)
{
    if (loop_new(&r->loop) < 0 || loop_signal(r->loop, SIGTERM, on_terminate, r) < 0 || loop_signal(r->loop, SIGINT, on_terminate, r) < 0 ||
        peer_new(r->loop, RELEASER_FD_SUPERVISOR, supervisor_rules, r, on_closed, &r->supervisor) < 0 ||
        peer_new(r->loop, RELEASER_FD_KEEPER, keeper_rules, r, on_closed, &r->keeper) < 0 ||
        loop_after(r->loop, r->config.poll_ms, on_timer, r, &r->timer) < 0)
        return RELEASER_EXIT_MEMORY;
    loop_idle(r->loop, on_round, r);
    return RELEASER_EXIT_OK;
}

static int run(struct releaser *r)
{
    int status, err;

    if ((status = close_sandbox(r)) != RELEASER_EXIT_OK)
        return status;
    if ((err = publish_open(RELEASER_FD_OUTBOUND, r->config.public_key, r->config.durable, &r->publisher)) < 0) {
        log_error("outbound folder: %s", err_text(err));
        return RELEASER_EXIT_SPOOL;
    }
    if ((status = start_loop(r)) != RELEASER_EXIT_OK)
        return status;
    (void)peer_send(r->supervisor, MSG_RELEASE_READY, 0, NULL, NULL, 0);
    return loop_run(r->loop);
}

int main(void)
{
    static struct releaser r;
    struct stat st;

    log_init("sekimori-releaser", LOG_LEVEL_INFO);
    for (int fd = RELEASER_FD_SUPERVISOR; fd <= RELEASER_FD_OUTBOUND; fd++)
        if (fstat(fd, &st) < 0) {
            log_error("this program is started by sekimorid");
            return RELEASER_EXIT_USAGE;
        }
    (void)umask(007); /* the collecting group reads and removes; others see nothing */
    if (crypt_init() < 0 || read_config(&r.config) < 0) {
        log_error("no configuration came");
        return RELEASER_EXIT_USAGE;
    }
    int status = run(&r);
    for (unsigned i = 0; i < r.item_count; i++)
        publish_item_clear(&r.items[i]);
    watch_free(&r.watches);
    peer_free(&r.supervisor);
    peer_free(&r.keeper);
    loop_free(&r.loop);
    publish_close(&r.publisher);
    return status;
}
