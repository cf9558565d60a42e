/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The promises about durability and release, each proven against what is on disk. */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/manifest.h"
#include "gateway.h"
#include "quarantine/ledger.h"
#include "quarantine/store.h"

struct disk {
    const struct gateway *g;
    struct ledger *ledger;
    struct store *store;
    unsigned published;
    char jobs[256][JOB_ID_MAX]; /* of published files */
};

static struct disk *walking; /* nftw has no argument */

/* Every record follows the one before, and the last checkpoint is on the chain. */
static void check_chain(struct disk *d)
{
    struct chain_head head = {0};
    struct chain_record r;
    scoped_buf scratch = buf_new(CHAIN_LINE_MAX);

    while (ledger_next_record(d->ledger, head.seq, &r) == 0)
        if (!chain_follows(&head, &r, &scratch))
            fail_msg("the chain breaks at record %llu", (unsigned long long)r.seq);
    assert_int_equal(head.seq, ledger_head(d->ledger).seq);
}

/* True when the chain has a record "release" for that job with that sequence number. */
static bool has_release_record(struct disk *d, const struct manifest *m)
{
    struct chain_record r;
    char number[64];
    uint64_t at = 0;

    (void)snprintf(number, sizeof number, "\"sequence\":%llu,", (unsigned long long)m->sequence);
    for (; ledger_next_record(d->ledger, at, &r) == 0; at = r.seq)
        if (strcmp(r.event, "release") == 0 && strcmp(r.job, m->job) == 0 && strstr(r.detail, number))
            return true;
    return false;
}

/* One name in outbound/new: a manifest is proven, a file has its manifest and its digest. */
static int check_published(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    struct disk *d = walking;
    char bytes[16384], beside[2048];
    struct manifest m;
    uint8_t sha256[DIGEST_BYTES];
    size_t suffix = strlen(MANIFEST_SUFFIX), n = strlen(path);

    (void)ftw;
    if (flag != FTW_F || (n > suffix && strcmp(path + n - suffix, MANIFEST_SUFFIX) == 0))
        return 0;
    (void)snprintf(beside, sizeof beside, "%s" MANIFEST_SUFFIX, path);
    scoped_fd int manifest = open(beside, O_RDONLY), file = open(path, O_RDONLY);
    if (manifest < 0)
        fail_msg("%s was published without a manifest", path);
    ssize_t got = read(manifest, bytes, sizeof bytes);
    assert_int_equal(manifest_get(bytes, (size_t)got, d->g->public_key, &m), 0);
    assert_int_equal(m.bytes, st->st_size); /* C2: whole */
    got = read(file, bytes, sizeof bytes);
    digest_of(bytes, (size_t)got, sha256);
    assert_memory_equal(sha256, m.sha256, DIGEST_BYTES);
    assert_true(n > strlen(m.path) && strcmp(path + n - strlen(m.path), m.path) == 0);
    if (!has_release_record(d, &m)) /* C5 */
        fail_msg("%s is in outbound without a record", path);
    for (unsigned i = 0; i < d->published; i++) /* C4 */
        if (strcmp(d->jobs[i], m.job) == 0)
            fail_msg("job %s was delivered twice", m.job);
    memcpy(d->jobs[d->published++], m.job, JOB_ID_MAX);
    return 0;
}

static bool is_published(const struct disk *d, const char *job)
{
    for (unsigned i = 0; i < d->published; i++)
        if (strcmp(d->jobs[i], job) == 0)
            return true;
    return false;
}

/* C3: what the row says is what the disk has. */
static void check_row(struct disk *d, const struct ledger_job *j)
{
    struct ledger_delivery delivery;
    bool has = ledger_delivery_of(d->ledger, j->num, &delivery) == 0;

    assert_true(j->state > JOB_STATE_NONE && j->state < JOB_STATES);
    if (j->state != JOB_STATE_FAULT) {
        assert_int_equal(store_has(d->store, STORE_ORIGINAL, j->id), j->original == KEPT);
        assert_int_equal(store_has(d->store, STORE_OUTPUT, j->id), j->output == KEPT);
    }
    if (j->state == JOB_STATE_RELEASED)
        assert_true(has && delivery.state == DELIVERY_QUEUED);
    if (j->state == JOB_STATE_DELIVERED) {
        assert_true(has && delivery.state == DELIVERY_PLACED);
        if (!is_published(d, j->id))
            fail_msg("job %s is recorded as delivered and is not there", j->id);
    }
    if (j->state == JOB_STATE_RECEIVED || j->state == JOB_STATE_HELD || j->state == JOB_STATE_BLOCKED) {
        assert_false(has);
        assert_false(is_published(d, j->id));
    }
}

static void check_known(struct disk *d, const struct known *k)
{
    struct ledger_job j;
    uint8_t got[8192];

    if (!k->accepted)
        return;
    if (ledger_find(d->ledger, k->job, &j) < 0) /* C1 */
        fail_msg("job %s was accepted and is lost", k->job);
    assert_memory_equal(j.sha256, k->original_sha256, 32);
    if (j.original == KEPT && j.state != JOB_STATE_FAULT) {
        scoped_fd int fd = open(d->g->folder, O_RDWR | O_TMPFILE, 0600);
        assert_int_equal(store_read(d->store, STORE_ORIGINAL, j.id, j.bytes, j.sha256, fd), 0);
        assert_int_equal(fdio_pread(fd, got, k->original_n, 0), 0);
        assert_memory_equal(got, k->original, k->original_n);
    }
    if (k->decided && j.decided_ms == 0)
        fail_msg("the decision on job %s was acknowledged and is lost", k->job);
    if (k->decided)
        assert_int_equal(j.reason, k->recorded);
}

/* No gap and no number twice: the far side takes a gap for a loss. */
static void check_numbers(struct disk *d)
{
    struct ledger_delivery delivery;
    uint64_t next, own, at = 0;

    assert_int_equal(ledger_next_numbers(d->ledger, "lgwan", &next, &own), 0);
    assert_int_equal(next, own);
    for (uint64_t seq = 1; seq < next; seq++) {
        assert_int_equal(ledger_delivery(d->ledger, seq, &delivery), 0);
        assert_int_equal(delivery.destination_seq, seq);
        at++;
    }
    assert_int_equal(at + 1, next);
}

static unsigned count_names(const struct gateway *g, const char *folder)
{
    char path[512];
    unsigned n = 0;

    (void)snprintf(path, sizeof path, "%s/%s", g->folder, folder);
    DIR *dir = opendir(path);
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir));)
        n += e->d_name[0] != '.';
    (void)closedir(dir);
    return n;
}

void gateway_check(const struct gateway *g, const struct known *jobs, unsigned count)
{
    struct disk d = {.g = g};
    struct ledger_job j;
    char path[512];
    int64_t at = INT64_MAX;
    scoped_fd int back = open(".", O_RDONLY | O_DIRECTORY), state = -1;
    const struct ledger_filter all = {0};

    (void)snprintf(path, sizeof path, "%s/state", g->folder);
    state = open(path, O_RDONLY | O_DIRECTORY);
    assert_int_equal(count_names(g, "state/incoming"), 0);
    assert_int_equal(count_names(g, "state/work"), 0);
    assert_int_equal(fchdir(state), 0);
    assert_int_equal(store_open(state, g->keeper.key_path, true, &d.store), 0);
    assert_int_equal(ledger_open(true, &d.ledger), 0);
    check_chain(&d);
    walking = &d;
    (void)snprintf(path, sizeof path, "%s/outbound/new", g->folder);
    assert_int_equal(nftw(path, check_published, 16, FTW_PHYS), 0);
    for (; ledger_list(d.ledger, &all, at, &j) == 0; at = j.num)
        check_row(&d, &j);
    for (unsigned i = 0; i < count; i++)
        check_known(&d, &jobs[i]);
    check_numbers(&d);
    ledger_close(&d.ledger);
    store_close(&d.store);
    assert_int_equal(fchdir(back), 0);
}
