/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Deliveries in the ledger: numbers, names and what became of them. The keeper. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "ledger_private.h"

#define COUNTER_ALL "deliveries"

static int counter_last(struct ledger *l, const char *name, uint64_t *last_out)
{
    struct db_stmt *q = l->q[Q_COUNTER];
    int err = db_run(q, V_TEXT(name));

    if (err < 0)
        return err;
    *last_out = err == 1 ? (uint64_t)db_int(q, 0) : 0;
    db_done(q);
    return 0;
}

static void counter_name(const char *destination, char out[JOB_WORD_MAX + 8])
{
    (void)snprintf(out, JOB_WORD_MAX + 8, "to %s", destination); /* with a blank: never the name of another counter */
}

int ledger_next_numbers(struct ledger *l, const char *destination, uint64_t *seq_out, uint64_t *destination_seq_out)
{
    char name[JOB_WORD_MAX + 8];
    uint64_t all, own;

    counter_name(destination, name);
    int err = counter_last(l, COUNTER_ALL, &all);
    if (err == 0)
        err = counter_last(l, name, &own);
    if (err < 0)
        return err;
    *seq_out = all + 1;
    *destination_seq_out = own + 1;
    return 0;
}

int ledger_place_is_taken(struct ledger *l, const char *fold, uint64_t seq)
{
    struct db_stmt *q = l->q[Q_PLACE];
    int err = db_run(q, V_TEXT(fold));

    if (err != 1)
        return err;
    bool other = (uint64_t)db_int(q, 0) != seq;
    db_done(q);
    return other ? 1 : 0;
}

int ledger_add_delivery(struct ledger *l, const struct ledger_delivery *d)
{
    char name[JOB_WORD_MAX + 8];

    counter_name(d->destination, name);
    int err = ledger_do(db_run(l->q[Q_DELIVERY_ADD], V_INT(d->seq), V_INT(d->num), V_TEXT(d->destination), V_INT(d->destination_seq),
                               V_TEXT(d->path), V_TEXT(d->fold), V_BLOB(d->manifest, d->manifest_n)));
    if (err == 0)
        err = ledger_do(db_run(l->q[Q_COUNTER_SET], V_TEXT(COUNTER_ALL), V_INT(d->seq)));
    if (err == 0)
        err = ledger_do(db_run(l->q[Q_COUNTER_SET], V_TEXT(name), V_INT(d->destination_seq)));
    return err;
}

int ledger_rename_delivery(struct ledger *l, const struct ledger_delivery *d)
{
    return ledger_changed_one(l, db_run(l->q[Q_DELIVERY_RENAME], V_INT(d->seq), V_TEXT(d->path), V_TEXT(d->fold),
                                        V_BLOB(d->manifest, d->manifest_n)));
}

int ledger_set_delivery(struct ledger *l, uint64_t seq, enum delivery_state from, enum delivery_state to, uint64_t now_ms)
{
    static const enum ledger_statement by_state[] = {
        [DELIVERY_PLACED] = Q_DELIVERY_PLACED, [DELIVERY_COLLECTED] = Q_DELIVERY_COLLECTED, [DELIVERY_FAILED] = Q_DELIVERY_FAILED};

    if (to < DELIVERY_PLACED || to > DELIVERY_FAILED)
        return ERR_INVALID;
    return ledger_changed_one(l, db_run(l->q[by_state[to]], V_INT(seq), V_INT(from), V_INT(now_ms)));
}

static int get_delivery(struct db_stmt *q, int err, struct ledger_delivery *out)
{
    struct ledger_delivery d = {0};

    if (err != 1)
        return err < 0 ? err : ERR_NOTFOUND;
    d.seq = (uint64_t)db_int(q, 0);
    d.num = db_int(q, 1);
    d.destination_seq = (uint64_t)db_int(q, 3);
    d.state = (enum delivery_state)db_int(q, 6);
    d.delivered_ms = (uint64_t)db_int(q, 7);
    bool good = db_text(q, 2, d.destination, sizeof d.destination);
    good = db_text(q, 4, d.path, sizeof d.path) && good;
    good = db_text(q, 5, d.fold, sizeof d.fold) && good;
    db_done(q);
    if (!good)
        return ERR_MALFORMED;
    *out = d;
    return 0;
}

int ledger_delivery(struct ledger *l, uint64_t seq, struct ledger_delivery *out)
{
    struct db_stmt *q = l->q[Q_DELIVERY_BY_SEQ];

    return get_delivery(q, db_run(q, V_INT(seq)), out);
}

int ledger_delivery_of(struct ledger *l, int64_t num, struct ledger_delivery *out)
{
    struct db_stmt *q = l->q[Q_DELIVERY_OF];

    return get_delivery(q, db_run(q, V_INT(num)), out);
}

int ledger_next_delivery(struct ledger *l, enum delivery_state state, uint64_t after, struct ledger_delivery *out)
{
    struct db_stmt *q = l->q[Q_DELIVERY_NEXT];

    return get_delivery(q, db_run(q, V_INT(state), V_INT(after)), out);
}

int ledger_manifest(struct ledger *l, uint64_t seq, struct buf *out)
{
    struct db_stmt *q = l->q[Q_MANIFEST];
    int err = db_run(q, V_INT(seq));
    size_t n;

    if (err != 1)
        return err < 0 ? err : ERR_NOTFOUND;
    const void *bytes = db_borrow(q, 0, &n);
    buf_put(out, bytes, n);
    db_done(q);
    return out->err;
}
