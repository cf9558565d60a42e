/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The record of a release: numbers, a free name, the signed manifest, the
 * audit record. The keeper, inside the transaction that makes it true.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/json.h"
#include "formats/name.h"
#include "keeper.h"

/* Sets path and fold to the first name from `first` on that nothing queued or in outbound has. */
static int choose_place(struct keeper *k, const struct ledger_job *job, struct ledger_delivery *d, unsigned first)
{
    char wish[MANIFEST_PATH_MAX];

    if (snprintf(wish, sizeof wish, "%s/%s", d->destination, job->out_path) >= (int)sizeof wish || !manifest_path_is_safe(wish))
        return ERR_INVALID;
    for (unsigned n = first; n <= RELEASE_NAMES_MAX; n++) {
        if (!release_name(wish, n, job->id, d->path, sizeof d->path) || name_fold(d->path, d->fold, sizeof d->fold) < 0)
            return ERR_INVALID;
        int taken = ledger_place_is_taken(k->ledger, d->fold, d->seq);
        if (taken <= 0)
            return taken;
    }
    return ERR_EXISTS; /* even the name with the job's own id: not by accident */
}

int release_place(struct keeper *k, const struct ledger_job *job, struct ledger_delivery *d, uint64_t time_ms, unsigned first,
                  struct buf *manifest_out)
{
    struct manifest m = {.sequence = d->seq, .destination_sequence = d->destination_seq, .bytes = job->out_bytes, .time_ms = time_ms};
    int err = choose_place(k, job, d, first);

    if (err < 0)
        return err;
    (void)snprintf(m.job, sizeof m.job, "%s", job->id);
    (void)snprintf(m.gateway, sizeof m.gateway, "%s", k->config.gateway);
    (void)snprintf(m.lane, sizeof m.lane, "%s", job->origin.lane);
    (void)snprintf(m.destination, sizeof m.destination, "%s", d->destination);
    (void)snprintf(m.label, sizeof m.label, "%s", job->origin.label);
    (void)snprintf(m.path, sizeof m.path, "%s", d->path);
    (void)snprintf(m.type, sizeof m.type, "%s", job->out_type);
    (void)snprintf(m.mode, sizeof m.mode, "%s", job->mode);
    (void)snprintf(m.policy, sizeof m.policy, "%s", job->origin.policy_digest);
    memcpy(m.sha256, job->out_sha256, sizeof m.sha256);
    memcpy(m.original_sha256, job->sha256, sizeof m.original_sha256);
    manifest_set_passed(&m);
    err = manifest_put(manifest_out, &m, &k->release_key);
    d->manifest = manifest_out->bytes;
    d->manifest_n = manifest_out->len;
    return err;
}

static int release_audit(struct keeper *k, const struct ledger_job *job, const struct ledger_delivery *d, const char *stages_json,
                         const char *actor, const char *why, uint64_t now_ms)
{
    scoped_buf detail = buf_new(CHAIN_DETAIL_MAX);

    json_open(&detail, NULL, '{');
    json_u64(&detail, "sequence", d->seq);
    json_str(&detail, "destination", d->destination);
    json_u64(&detail, "destination_sequence", d->destination_seq);
    json_str(&detail, "path", d->path);
    json_str(&detail, "type", job->type);
    json_str(&detail, "out_type", job->out_type);
    json_str(&detail, "mode", job->mode);
    json_u64(&detail, "bytes", job->out_bytes);
    json_hex(&detail, "sha256", job->out_sha256, sizeof job->out_sha256);
    json_hex(&detail, "original_sha256", job->sha256, sizeof job->sha256);
    json_str(&detail, "policy", job->origin.policy_digest);
    json_raw(&detail, "stages", stages_json);
    json_str(&detail, "version", k->config.version);
    if (why[0])
        json_str(&detail, "why", why);
    json_close(&detail, '}');
    const char *text = buf_text(&detail);
    if (detail.err < 0)
        return detail.err;
    return ledger_audit(k->ledger, now_ms, actor, "release", job->id, text);
}

int release_record(struct keeper *k, const struct ledger_job *job, const char *stages_json, const char *actor, const char *why,
                   struct ledger_delivery *delivery_out, struct buf *manifest_out)
{
    struct ledger_delivery d = {.num = job->num, .state = DELIVERY_QUEUED};
    uint64_t now_ms = fdio_wall_ms();

    buf_reset(manifest_out);
    (void)snprintf(d.destination, sizeof d.destination, "%s", job->origin.destination);
    int err = ledger_next_numbers(k->ledger, d.destination, &d.seq, &d.destination_seq);
    if (err == 0)
        err = release_place(k, job, &d, now_ms, 1, manifest_out);
    if (err == 0)
        err = ledger_add_delivery(k->ledger, &d);
    if (err == 0)
        err = release_audit(k, job, &d, stages_json, actor, why, now_ms);
    if (err == 0)
        *delivery_out = d;
    return err;
}
