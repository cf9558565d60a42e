/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bounded views of hostile bytes. Runs in workers and the checker; every offset is checked without overflow. */
#include <string.h>

#include "format.h"

int in_borrow(const struct fmt_in *in, uint64_t offset, uint64_t n, const uint8_t **bytes_out)
{
    if (offset > in->len || n > in->len - offset)
        return ERR_MALFORMED;
    *bytes_out = in->bytes + offset;
    return 0;
}

int in_sub(const struct fmt_in *in, uint64_t offset, uint64_t n, struct fmt_in *sub_out)
{
    const uint8_t *bytes;

    if (in_borrow(in, offset, n, &bytes) < 0)
        return ERR_MALFORMED;
    *sub_out = (struct fmt_in){bytes, n};
    return 0;
}

bool in_equals(const struct fmt_in *in, uint64_t offset, const void *bytes, size_t n)
{
    const uint8_t *p;

    return in_borrow(in, offset, n, &p) == 0 && (n == 0 || memcmp(p, bytes, n) == 0);
}

uint64_t in_find(const struct fmt_in *in, uint64_t from, uint64_t to, const void *pattern, size_t n)
{
    if (to > in->len)
        to = in->len;
    if (from > to || n == 0)
        return UINT64_MAX;
    const uint8_t *hit = memmem(in->bytes + from, (size_t)(to - from), pattern, n);
    return hit ? (uint64_t)(hit - in->bytes) : UINT64_MAX;
}

uint64_t in_rfind(const struct fmt_in *in, uint64_t from, uint64_t to, const void *pattern, size_t n)
{
    if (to > in->len)
        to = in->len;
    if (n == 0 || from > to || to - from < n)
        return UINT64_MAX;
    for (uint64_t at = to - n;; at--) {
        if (memcmp(in->bytes + at, pattern, n) == 0)
            return at;
        if (at == from)
            return UINT64_MAX;
    }
}
