/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sequence numbers seen. The releaser; the file lies where only it writes. */
#include "sequence.h"

#include <fcntl.h>
#include <string.h>

#include "base/err.h"
#include "base/fdio.h"
#include "base/lib_sodium.h"

struct slot {
    uint64_t seq; /* host order: the file never leaves the machine */
    uint8_t job[DIGEST_BYTES];
};
_Static_assert(sizeof(struct slot) == 40, "slots have no holes");

struct sequence {
    int fd;
    bool durable, dirty;
    uint64_t highest;
    struct slot slots[SEQUENCE_SLOTS];
};

static int load(struct sequence *s)
{
    uint64_t size;
    int err = fdio_size(s->fd, &size);

    if (err < 0)
        return err;
    if (size == 0) { /* new: written out in full, so that a note never needs room */
        err = fdio_pwrite(s->fd, s->slots, sizeof s->slots, 0);
        return err < 0 ? err : s->durable ? fdio_sync(s->fd) : 0;
    }
    if (size != sizeof s->slots)
        return ERR_MALFORMED;
    if ((err = fdio_pread(s->fd, s->slots, sizeof s->slots, 0)) < 0)
        return err;
    for (unsigned i = 0; i < SEQUENCE_SLOTS; i++) {
        if (s->slots[i].seq != 0 && s->slots[i].seq % SEQUENCE_SLOTS != i)
            return ERR_MALFORMED;
        if (s->slots[i].seq > s->highest)
            s->highest = s->slots[i].seq;
    }
    return 0;
}

int sequence_open(int folder, const char *name, bool durable, struct sequence **out)
{
    scoped(sequence_close) struct sequence *s = calloc(1, sizeof *s);

    if (!s)
        return ERR_NOMEM;
    s->durable = durable;
    s->fd = fdio_open(folder, name, O_RDWR | O_CREAT, 0600);
    if (s->fd < 0)
        return s->fd;
    int err = load(s);
    if (err < 0)
        return err;
    *out = steal(s);
    return 0;
}

void sequence_close(struct sequence **sequence)
{
    struct sequence *s = steal(*sequence);

    if (!s)
        return;
    scope_close(&s->fd);
    free(s);
}

int sequence_use(struct sequence *s, uint64_t seq, const char *job)
{
    unsigned i = (unsigned)(seq % SEQUENCE_SLOTS);
    struct slot slot = {.seq = seq};

    digest_of(job, strlen(job), slot.job);
    if (s->slots[i].seq == seq)
        return memcmp(s->slots[i].job, slot.job, sizeof slot.job) == 0 ? 0 : ERR_STALE;
    if (seq <= s->highest)
        return ERR_STALE;
    int err = fdio_pwrite(s->fd, &slot, sizeof slot, (off_t)(i * sizeof slot));
    if (err < 0)
        return err;
    s->slots[i] = slot;
    s->highest = seq;
    s->dirty = true;
    return 0;
}

int sequence_flush(struct sequence *s)
{
    if (!s->dirty || !s->durable)
        return 0;
    s->dirty = false;
    return fdatasync(s->fd) == 0 ? 0 : ERR_IO;
}
