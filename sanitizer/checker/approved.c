/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which members may be inside a container. Inside the checker's sandbox; the list is the supervisor's. */
#include "approved.h"

#include <string.h>

#include "base/fdio.h"

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

int approved_load(struct approved *list, int fd)
{
    uint64_t bytes;
    int err = fdio_size(fd, &bytes);

    if (err < 0)
        return err == ERR_REFUSED ? ERR_PEER : err;
    if (bytes % 32 != 0 || bytes / 32 > APPROVED_MAX)
        return ERR_PEER;
    scoped_free uint8_t(*digests)[32] = malloc(bytes ? (size_t)bytes : 1);
    if (!digests)
        return ERR_NOMEM;
    if (fdio_pread(fd, digests, (size_t)bytes, 0) < 0)
        return ERR_IO;
    qsort(digests, (size_t)bytes / 32, 32, compare);
    *list = (struct approved){steal(digests), (size_t)bytes / 32};
    return 0;
}

bool approved_has(const struct approved *list, const uint8_t sha256[32])
{
    return list->count > 0 && bsearch(sha256, list->digests, list->count, 32, compare) != NULL;
}

void approved_free(struct approved *list)
{
    free(list->digests);
    *list = (struct approved){0};
}
