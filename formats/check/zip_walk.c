/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Confirms byte by byte that a ZIP file has the form our writer gives it. Runs
 * in the checker on the output of a worker that may have been taken over; no
 * code is shared with the reader of the package worker.
 */
#include "zip_walk.h"

#include <string.h>

enum { LOCAL = 30, CENTRAL = 46, END = 22, TIMES = 9 };
enum { SHARED = 26 }; /* bytes from "version needed" to the lengths, the same in both headers (APPNOTE 4.3.7, 4.3.12) */

static uint32_t number(const uint8_t *p, unsigned n)
{
    uint32_t v = 0;

    while (n-- > 0)
        v = v << 8 | p[n];
    return v;
}

static int refuse(struct fmt_job *job, const char *what, uint64_t at)
{
    return job_fail(job, REASON_CHECK_REFUSED, "%s at %llu", what, (unsigned long long)at);
}

void walk_clear(struct walk *walk)
{
    free(walk->members);
    *walk = (struct walk){0};
}

/* The end record, where it must be: the last 22 bytes, one disk, no comment. */
static int end_check(struct fmt_job *job, const struct fmt_in *in, uint64_t *start_out, size_t *count_out)
{
    static const uint8_t mark[8] = {'P', 'K', 5, 6};
    const uint8_t *p;

    if (in_len(in) < END || in_borrow(in, in_len(in) - END, END, &p) < 0 || memcmp(p, mark, sizeof mark) != 0)
        return refuse(job, "no end record in the last bytes", in_len(in));
    uint64_t at = in_len(in) - END;
    uint32_t count = number(p + 10, 2), size = number(p + 12, 4), start = number(p + 16, 4);
    if (number(p + 8, 2) != count || count == 0xffff || start == 0xffffffff || number(p + 20, 2) != 0)
        return refuse(job, "end record", at);
    if (start > at || size != at - start)
        return refuse(job, "bytes around the directory", start);
    if (count > job_options(job)->limits.members)
        return job_fail(job, REASON_LIMIT_MEMBERS, "%u members", count);
    if (count == 0 || count > size / CENTRAL)
        return refuse(job, "number of members", at);
    *start_out = start;
    *count_out = count;
    return 0;
}

static bool is_ascii(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)s[i] >= 0x80)
            return false;
    return true;
}

/* The one extra field that may be there: the time of the last change. */
static bool times_fit(const uint8_t *p, size_t n)
{
    static const uint8_t head[5] = {0x55, 0x54, 5, 0, 1};

    return n == 0 || (n == TIMES && memcmp(p, head, sizeof head) == 0);
}

/* Version, flags, method, sizes: the fields both headers share, p at "version needed". */
static bool shared_fits(const uint8_t *p, const struct walk_member *m)
{
    uint32_t method = number(p + 4, 2), flags = is_ascii(m->name, m->name_len) ? 0 : 0x800;

    if (number(p, 2) != 20 || number(p + 2, 2) != flags || (method != 0 && method != 8))
        return false;
    if (method == 0 && m->packed_bytes != m->bytes)
        return false;
    return !m->folder || (method == 0 && m->bytes == 0 && number(p + 10, 4) == 0);
}

/* The fields only the directory has: made by, comment, disk, attributes of a plain file or folder, offset. */
static bool central_fits(const uint8_t *p, const struct walk_member *m, uint64_t at)
{
    static const uint8_t mark[6] = {'P', 'K', 1, 2, 20, 3}, zeros[6];
    uint32_t attributes = m->folder ? (uint32_t)040755 << 16 | 0x10 : (uint32_t)0100644 << 16;

    return memcmp(p, mark, sizeof mark) == 0 && memcmp(p + 32, zeros, sizeof zeros) == 0 &&
           number(p + 38, 4) == attributes && number(p + 42, 4) == at;
}

/* Confirms the record at *at and its directory entry at *entry, and moves both on. */
static int member_check(struct fmt_job *job, const struct fmt_in *in, uint64_t *at, uint64_t *entry, struct walk_member *m)
{
    static const uint8_t mark[4] = {'P', 'K', 3, 4};
    const uint8_t *l, *c;

    if (in_borrow(in, *at, LOCAL, &l) < 0 || memcmp(l, mark, sizeof mark) != 0)
        return refuse(job, "no local header", *at);
    uint64_t tail = (uint64_t)number(l + 26, 2) + number(l + 28, 2);
    if (in_borrow(in, *at, LOCAL + tail, &l) < 0 || in_borrow(in, *entry, CENTRAL + tail, &c) < 0)
        return refuse(job, "header over the end", *at);
    *m = (struct walk_member){.name = (const char *)l + LOCAL, .name_len = (uint16_t)number(l + 26, 2),
                              .packed_bytes = number(l + 18, 4), .bytes = number(l + 22, 4)};
    m->folder = m->name_len > 0 && m->name[m->name_len - 1] == '/';
    if (memcmp(l + 4, c + 6, SHARED) != 0 || memcmp(l + LOCAL, c + CENTRAL, tail) != 0)
        return refuse(job, "header and directory disagree", *at);
    if (!shared_fits(l + 4, m) || !central_fits(c, m, *at) || !times_fit(l + LOCAL + m->name_len, tail - m->name_len))
        return refuse(job, "header of another form", *at);
    *at += LOCAL + tail + m->packed_bytes;
    *entry += CENTRAL + tail;
    return 0;
}

int walk_read(struct fmt_job *job, const struct fmt_in *in, struct walk *walk_out)
{
    scoped(walk_clear) struct walk walk = {0};
    uint64_t start = 0, at = 0;
    int err = end_check(job, in, &start, &walk.count);
    uint64_t entry = start;

    if (err < 0)
        return err;
    walk.members = calloc(walk.count, sizeof *walk.members);
    if (!walk.members)
        return job_fail(job, REASON_LIMIT_MEMORY, "directory");
    for (size_t i = 0; i < walk.count; i++) {
        if ((err = job_objects(job, 1)) < 0 || (err = member_check(job, in, &at, &entry, &walk.members[i])) < 0)
            return err;
        if (at > start)
            return refuse(job, "member over the directory", at);
    }
    if (at != start || entry != in_len(in) - END)
        return refuse(job, "bytes that belong to no member", at);
    *walk_out = walk;
    walk = (struct walk){0};
    return 0;
}
