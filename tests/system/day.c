/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The work that crash and fault tests disturb. */
#include "day.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"

static const enum reason wishes[DAY_JOBS] = {REASON_OK,     REASON_OK,       REASON_MALFORMED, REASON_OK,
                                             REASON_POLICY, REASON_INFECTED, REASON_MALFORMED};
static const char *const paths[DAY_JOBS] = {"a.pdf", "a.pdf", "b.pdf", "tree/議案.pdf", "p.pdf", "v.pdf", "old.pdf"};

struct day *day_new(void)
{
    struct day *d = calloc(1, sizeof *d);

    assert_non_null(d);
    gateway_init(&d->g);
    d->g.keeper.checkpoint_records = 4;
    for (unsigned i = 0; i < DAY_JOBS; i++)
        known_fill(&d->jobs[i], i, paths[i], wishes[i]);
    return d;
}

void day_free(struct day *d)
{
    gateway_kill(&d->g);
    gateway_clean(&d->g);
    free(d);
}

/* Waits until nothing is on its way out any more. */
static int wait_delivered(struct gateway *g)
{
    for (unsigned i = 0; i < 300; i++) {
        scoped_buf rows = buf_new(1 << 16);
        int err = gateway_ask(g, "ito", ROLE_OPERATOR, &rows, -1, "jobs.list", "--state", "released", NULL);
        if (err < 0 || rows.len == 0)
            return err;
        (void)!gateway_poll(g, 30);
    }
    return ERR_TIMEOUT;
}

/* An answer that says it was done already is as good. */
static int done(int err)
{
    return err == ERR_STALE ? 0 : err;
}

int day_work(struct day *d)
{
    struct gateway *g = &d->g;
    scoped_fd int out = open(g->folder, O_RDWR | O_TMPFILE, 0600);
    int err = gateway_push(g, d->jobs, DAY_JOBS);

    if (err == 0)
        err = done(gateway_ask(g, "sato", ROLE_APPROVER, NULL, -1, "quarantine.release", d->jobs[4].job, "確認済み", NULL));
    if (err == 0)
        err = done(gateway_ask(g, "sato", ROLE_APPROVER, NULL, out, "quarantine.export", d->jobs[2].job, "調査", NULL));
    if (err == 0)
        err = done(gateway_ask(g, "ito", ROLE_OPERATOR, NULL, -1, "quarantine.delete", d->jobs[2].job, "不要", NULL));
    return err < 0 ? err : wait_delivered(g);
}

void day_finish(struct day *d)
{
    d->g.keeper_env = d->g.releaser_env = d->g.preload = NULL;
    assert_int_equal(gateway_start(&d->g), 0);
    assert_int_equal(day_work(d), 0);
    gateway_stop(&d->g);
    assert_true(WIFEXITED(d->g.keeper_status) && WEXITSTATUS(d->g.keeper_status) == 0);
    gateway_check(&d->g, d->jobs, DAY_JOBS);
}
