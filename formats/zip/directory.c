/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The strict reader of a ZIP file's structure: the judge of every ZIP the
 * package worker takes. Trusts nothing; a file that two readers could see in
 * two ways (overlapping records, gaps, two end records, headers that disagree)
 * is refused here before a byte is decompressed.
 */
#include "directory.h"

#include <string.h>
#include <sys/stat.h>

#include "extra.h"
#include "le.h"

enum { END_BYTES = 22, END64_BYTES = 56, LOCATOR_BYTES = 20, CENTRAL_BYTES = 46, LOCAL_BYTES = 30 };
enum { WINDOW_BYTES = 2 * 65536 }; /* where the end record is looked for: a full comment and as much behind it */
enum { FLAG_STRONG = 0x40, FLAG_MASKED = 0x2000, METHOD_AES = 99 };
/* Bits that may be set: deflate and LZMA options, data descriptor, UTF-8. Others change the meaning of a member. */
enum { FLAGS_KNOWN = 0x0006 | ZIP_FLAG_DESCRIPTOR | ZIP_FLAG_UTF8, FLAGS_ENCRYPTED = 1 | FLAG_STRONG | FLAG_MASKED };

static const uint8_t END_MARK[4] = "PK\5\6", END64_MARK[4] = "PK\6\6", LOCATOR_MARK[4] = "PK\6\7";
static const uint8_t CENTRAL_MARK[4] = "PK\1\2", LOCAL_MARK[4] = "PK\3\4", DESCRIPTOR_MARK[4] = "PK\7\10";

/* What the end record (or its ZIP64 form) says. */
struct end {
    uint64_t at;    /* where the central directory must end */
    uint64_t start; /* where it says that the central directory starts */
    uint64_t size, count;
    uint64_t stop; /* past the comment */
    uint16_t comment;
};

static int bad(struct fmt_job *job, const char *what, uint64_t at)
{
    return job_fail(job, REASON_MALFORMED, "%s at %llu", what, (unsigned long long)at);
}

/* A value of the end record against its ZIP64 form: equal, or left open with all bits set. */
static bool agrees(uint64_t small, uint64_t open, uint64_t large)
{
    return small == large || small == open;
}

/* APPNOTE 4.3.14 and 4.3.15: the locator right before the end record, the record right before the locator. */
static bool end64_read(const struct fmt_in *in, uint64_t at, struct end *end)
{
    const uint8_t *l, *r;
    uint64_t locator = at - LOCATOR_BYTES;

    if (in_borrow(in, locator, LOCATOR_BYTES, &l) < 0 || le32(l + 4) != 0 || le32(l + 16) > 1)
        return false;
    uint64_t record = le64(l + 8);
    if (in_borrow(in, record, END64_BYTES, &r) < 0 || record + END64_BYTES != locator ||
        memcmp(r, END64_MARK, 4) != 0 || le64(r + 4) != END64_BYTES - 12)
        return false;
    if (le32(r + 16) != 0 || le32(r + 20) != 0 || le64(r + 24) != le64(r + 32))
        return false;
    if (!agrees(end->count, 0xffff, le64(r + 32)) || !agrees(end->size, 0xffffffff, le64(r + 40)) ||
        !agrees(end->start, 0xffffffff, le64(r + 48)))
        return false;
    end->count = le64(r + 32);
    end->size = le64(r + 40);
    end->start = le64(r + 48);
    end->at = record;
    return true;
}

/* Reads the end record at an offset (APPNOTE 4.3.16); false when it is none or belongs to a set of disks. */
static bool end_read(const struct fmt_in *in, uint64_t at, struct end *end_out)
{
    const uint8_t *p;

    if (in_borrow(in, at, END_BYTES, &p) < 0)
        return false;
    struct end end = {.at = at,
                      .count = le16(p + 10),
                      .size = le32(p + 12),
                      .start = le32(p + 16),
                      .comment = le16(p + 20),
                      .stop = at + END_BYTES + le16(p + 20)};
    if (end.stop > in_len(in) || agrees(le16(p + 4), 0xffff, 0) == false || agrees(le16(p + 6), 0xffff, 0) == false ||
        le16(p + 8) != le16(p + 10))
        return false;
    if (at >= LOCATOR_BYTES && in_equals(in, at - LOCATOR_BYTES, LOCATOR_MARK, 4) && !end64_read(in, at, &end))
        return false;
    *end_out = end;
    return true;
}

/* The directory ends exactly where the end record begins. */
static bool end_resolves(const struct end *end)
{
    return end->start <= end->at && end->size == end->at - end->start;
}

/* The directory is there, but its offsets count from some later byte: a ZIP behind something else. */
static bool end_is_shifted(const struct fmt_in *in, const struct end *end)
{
    return end->size >= CENTRAL_BYTES && end->size <= end->at && end->start < end->at - end->size &&
           in_equals(in, end->at - end->size, CENTRAL_MARK, 4);
}

/*
 * Finds the one end record. A second one behind it (in the comment, in bytes
 * after the end) or inside the directory is what some reader would follow.
 */
static int end_find(struct fmt_job *job, const struct fmt_in *in, struct end *end_out)
{
    uint64_t len = in_len(in), floor = len > WINDOW_BYTES ? len - WINDOW_BYTES : 0, to = len;
    unsigned strays = 0;
    bool shifted = false;
    struct end end;

    for (;;) {
        uint64_t at = in_rfind(in, floor, to, END_MARK, 4);
        if (at == UINT64_MAX)
            break;
        if (end_read(in, at, &end) && end_resolves(&end)) {
            if (strays > 0 || in_find(in, end.start, at, END_MARK, 4) != UINT64_MAX)
                return job_fail(job, REASON_AMBIGUOUS_TYPE, "more than one end record");
            *end_out = end;
            return 0;
        }
        shifted |= end_read(in, at, &end) && end_is_shifted(in, &end);
        if (++strays > 64 || at < floor + 1)
            break;
        to = at + 3;
    }
    if (shifted)
        return job_fail(job, REASON_AMBIGUOUS_TYPE, "bytes before the archive");
    return job_fail(job, REASON_MALFORMED, "no end record that fits");
}

/*
 * Puts the 64-bit values of the ZIP64 field in the place of those left open
 * (APPNOTE 4.5.3). Exactly the open ones must be there; a local header may
 * carry both sizes anyway.
 */
static bool zip64_apply(const struct zip_extra *extra, uint64_t *values[], unsigned n)
{
    unsigned at = 0;

    for (unsigned i = 0; i < n; i++) {
        if (*values[i] != 0xffffffff)
            continue;
        if (!extra->zip64 || extra->zip64_len < at + 8)
            return false;
        *values[i] = le64(extra->zip64 + at);
        at += 8;
    }
    return true;
}

/* APPNOTE 4.4.2: FAT, NTFS (10, and 11 of Info-ZIP), VFAT. */
static bool host_is_dos(uint8_t host)
{
    return host == 0 || host == 10 || host == 11 || host == 14;
}

static enum zip_kind kind_of(const struct zip_member *m, const struct zip_extra *extra)
{
    unsigned type = m->attributes >> 16 & S_IFMT;
    bool slash = m->name_len > 0 && m->name[m->name_len - 1] == '/';

    if (extra->link || (m->dos && (m->attributes & 0x400))) /* 0x400: reparse point */
        return ZIP_KIND_LINK;
    if (type != 0 && type != S_IFREG && type != S_IFDIR)
        return ZIP_KIND_LINK;
    return slash || type == S_IFDIR || (m->attributes & 0x10) ? ZIP_KIND_FOLDER : ZIP_KIND_FILE;
}

static int flags_check(struct fmt_job *job, const struct zip_member *m, const struct zip_extra *extra)
{
    if ((m->flags & FLAGS_ENCRYPTED) || m->method == METHOD_AES || extra->encrypted)
        return job_fail(job, REASON_ENCRYPTED, "member \"%.*s\"", (int)m->name_len, (const char *)m->name);
    if (m->flags & ~FLAGS_KNOWN)
        return job_fail(job, REASON_MALFORMED, "unknown flags %#x", m->flags);
    if (m->name_len == 0 || memchr(m->name, '\0', m->name_len))
        return job_fail(job, REASON_UNSAFE_NAME, "a member's name is empty or holds a zero byte");
    return 0;
}

/* Reads one central entry at *at and moves on (APPNOTE 4.3.12). */
static int central_read(struct fmt_job *job, const struct fmt_in *in, uint64_t *at, uint64_t stop, struct zip_member *m)
{
    const uint8_t *p, *tail;
    struct zip_extra extra;

    if (stop - *at < CENTRAL_BYTES || in_borrow(in, *at, CENTRAL_BYTES, &p) < 0 || memcmp(p, CENTRAL_MARK, 4) != 0)
        return bad(job, "no central entry", *at);
    uint16_t name_len = le16(p + 28), extra_len = le16(p + 30), comment_len = le16(p + 32);
    uint64_t rest = (uint64_t)name_len + extra_len + comment_len;
    if (rest > stop - *at - CENTRAL_BYTES || in_borrow(in, *at + CENTRAL_BYTES, rest, &tail) < 0)
        return bad(job, "central entry over the end", *at);
    *m = (struct zip_member){
        .name = tail, .name_len = name_len, .flags = le16(p + 8), .method = le16(p + 10), .dos_time = le16(p + 12),
        .dos_date = le16(p + 14), .crc = le32(p + 16), .packed_bytes = le32(p + 20), .bytes = le32(p + 24),
        .attributes = le32(p + 38), .header_at = le32(p + 42), .comment_bytes = comment_len};
    if (zip_extra_read(tail + name_len, extra_len, &extra) < 0)
        return bad(job, "damaged extra field", *at);
    uint64_t *open[] = {&m->bytes, &m->packed_bytes, &m->header_at};
    uint16_t disk = le16(p + 34);
    if (!zip64_apply(&extra, open, 3) || (disk != 0 && disk != 0xffff))
        return bad(job, "sizes that cannot be", *at);
    m->unicode = extra.unicode;
    m->unicode_len = extra.unicode_len;
    m->has_mtime = extra.has_mtime;
    m->mtime = extra.mtime;
    m->dropped_fields = extra.dropped_fields;
    m->dos = host_is_dos(p[5]);
    m->kind = kind_of(m, &extra);
    *at += CENTRAL_BYTES + rest;
    return flags_check(job, m, &extra);
}

/* Sizes and checksum of the local header: the central ones, or zero when they come after the data. */
static bool local_agrees(const uint8_t *p, const struct zip_extra *extra, const struct zip_member *m)
{
    uint64_t packed = le32(p + 18), bytes = le32(p + 22);
    uint64_t *open[] = {&bytes, &packed};
    bool later = m->flags & ZIP_FLAG_DESCRIPTOR;

    if ((packed == 0xffffffff || bytes == 0xffffffff) && !zip64_apply(extra, open, 2))
        return false;
    return (le32(p + 14) == m->crc || (later && le32(p + 14) == 0)) &&
           (packed == m->packed_bytes || (later && packed == 0)) && (bytes == m->bytes || (later && bytes == 0));
}

/* Holds the local header against the central entry (APPNOTE 4.3.7) and finds the data. */
static int local_read(struct fmt_job *job, const struct fmt_in *in, struct zip_member *m)
{
    const uint8_t *p, *tail;
    struct zip_extra extra;

    if (in_borrow(in, m->header_at, LOCAL_BYTES, &p) < 0 || memcmp(p, LOCAL_MARK, 4) != 0)
        return bad(job, "no local header", m->header_at);
    uint16_t name_len = le16(p + 26), extra_len = le16(p + 28);
    if (in_borrow(in, m->header_at + LOCAL_BYTES, (uint64_t)name_len + extra_len, &tail) < 0)
        return bad(job, "local header over the end", m->header_at);
    if (name_len != m->name_len || memcmp(tail, m->name, name_len) != 0)
        return bad(job, "two names for one member", m->header_at);
    if (le16(p + 6) != m->flags || le16(p + 8) != m->method)
        return bad(job, "two methods for one member", m->header_at);
    if (zip_extra_read(tail + name_len, extra_len, &extra) < 0)
        return bad(job, "damaged extra field", m->header_at);
    if (!local_agrees(p, &extra, m))
        return bad(job, "two sizes for one member", m->header_at);
    if (extra.unicode && (!m->unicode || extra.unicode_len != m->unicode_len ||
                          memcmp(extra.unicode, m->unicode, m->unicode_len) != 0))
        return bad(job, "two Unicode names for one member", m->header_at);
    if (extra.link)
        m->kind = ZIP_KIND_LINK;
    m->dropped_fields += extra.dropped_fields;
    m->data_at = m->header_at + LOCAL_BYTES + name_len + extra_len;
    if (m->packed_bytes > in_len(in) - m->data_at)
        return bad(job, "member over the end", m->header_at);
    return 0;
}

/* The length of the descriptor in [at, next), or UINT64_MAX when the bytes there are none (APPNOTE 4.3.9). */
static uint64_t descriptor_len(const struct fmt_in *in, const struct zip_member *m, uint64_t at, uint64_t next)
{
    uint64_t len = next - at, skip = len == 16 || len == 24 ? 4 : 0;
    const uint8_t *p;

    if (!(m->flags & ZIP_FLAG_DESCRIPTOR) || (len != 12 && len != 16 && len != 20 && len != 24) ||
        in_borrow(in, at, len, &p) < 0 || (skip && memcmp(p, DESCRIPTOR_MARK, 4) != 0))
        return UINT64_MAX;
    p += skip;
    bool wide = len - skip == 20;
    uint64_t packed = wide ? le64(p + 4) : le32(p + 4), bytes = wide ? le64(p + 12) : le32(p + 8);
    return le32(p) == m->crc && packed == m->packed_bytes && bytes == m->bytes ? len : UINT64_MAX;
}

static int by_name(const void *a, const void *b)
{
    const struct zip_member *x = *(struct zip_member *const *)a, *y = *(struct zip_member *const *)b;

    if (x->name_len != y->name_len)
        return x->name_len < y->name_len ? -1 : 1;
    return memcmp(x->name, y->name, x->name_len);
}

static int by_offset(const void *a, const void *b)
{
    const struct zip_member *x = *(struct zip_member *const *)a, *y = *(struct zip_member *const *)b;

    return x->header_at < y->header_at ? -1 : x->header_at > y->header_at;
}

/* Two members of one name: some readers take the first, some the last. */
static int names_check(struct fmt_job *job, struct zip_member **order, size_t count)
{
    qsort(order, count, sizeof(struct zip_member *), by_name);
    for (size_t i = 1; i < count; i++)
        if (by_name(&order[i - 1], &order[i]) == 0)
            return bad(job, "two members of one name", order[i]->header_at);
    return 0;
}

/* An archive that was to be split, and then was not, begins with a mark of four bytes (APPNOTE 8.5.3, 8.5.4). */
static uint64_t split_marker(const struct fmt_in *in)
{
    return in_equals(in, 0, "PK00PK\3\4", 8) || in_equals(in, 0, "PK\7\10PK\3\4", 8) ? 4 : 0;
}

/*
 * Every byte before the directory belongs to exactly one member. Overlapping
 * members make a bomb out of one deflate stream; bytes between members are
 * what another reader, scanning for headers, would unpack.
 */
static int records_check(struct fmt_job *job, const struct fmt_in *in, struct zip_member **order, size_t count,
                         uint64_t stop)
{
    uint64_t at = split_marker(in);

    qsort(order, count, sizeof(struct zip_member *), by_offset);
    if ((count > 0 ? order[0]->header_at : stop) != at)
        return job_fail(job, REASON_AMBIGUOUS_TYPE, "bytes before the archive");
    for (size_t i = 0; i < count; i++) {
        struct zip_member *m = order[i];
        uint64_t next = i + 1 < count ? order[i + 1]->header_at : stop;
        if (m->header_at != at)
            return bad(job, "member out of place", m->header_at);
        at = m->data_at + m->packed_bytes;
        if (at > next)
            return bad(job, "overlapping members", m->header_at);
        if (at < next) {
            uint64_t len = descriptor_len(in, m, at, next);
            if (len == UINT64_MAX)
                return bad(job, "bytes between members", at);
            at += len;
        }
        m->end_at = at;
    }
    return 0;
}

static int members_read(struct fmt_job *job, const struct fmt_in *in, const struct end *end, struct zip_directory *d)
{
    uint64_t at = end->start;

    for (; d->count < end->count; d->count++) {
        int err = central_read(job, in, &at, end->at, &d->members[d->count]);
        if (err < 0)
            return err;
    }
    if (at != end->at)
        return bad(job, "more in the directory than it counts", at);
    for (size_t i = 0; i < d->count; i++) {
        int err = local_read(job, in, &d->members[i]);
        if (err < 0)
            return err;
    }
    scoped_free struct zip_member **order = calloc(d->count + 1, sizeof *order);
    if (!order)
        return job_fail(job, REASON_LIMIT_MEMORY, "directory");
    for (size_t i = 0; i < d->count; i++)
        order[i] = &d->members[i];
    int err = records_check(job, in, order, d->count, end->start);
    return err < 0 ? err : names_check(job, order, d->count);
}

int zip_directory_read(struct fmt_job *job, const struct fmt_in *in, struct zip_directory *directory_out)
{
    scoped(zip_directory_clear) struct zip_directory d = {0};
    struct end end = {0};
    int err = end_find(job, in, &end);

    if (err < 0)
        return err;
    if (end.count > job_options(job)->limits.members)
        return job_fail(job, REASON_LIMIT_MEMBERS, "%llu members", (unsigned long long)end.count);
    if (end.count > end.size / CENTRAL_BYTES)
        return job_fail(job, REASON_MALFORMED, "%llu members in %llu bytes", (unsigned long long)end.count,
                        (unsigned long long)end.size);
    if ((err = job_objects(job, end.count)) < 0 || (err = job_steps(job, 2 * end.count)) < 0)
        return err;
    d.members = calloc(end.count + 1, sizeof *d.members);
    if (!d.members)
        return job_fail(job, REASON_LIMIT_MEMORY, "directory");
    d.comment_bytes = end.comment;
    d.trailing_bytes = in_len(in) - end.stop;
    if ((err = members_read(job, in, &end, &d)) < 0)
        return err;
    *directory_out = d;
    d = (struct zip_directory){0};
    return 0;
}

void zip_directory_clear(struct zip_directory *directory)
{
    free(directory->members);
    *directory = (struct zip_directory){0};
}

/* Days from 1970-01-01 to a date of the proleptic Gregorian calendar. Own arithmetic: timegm reads files of the system. */
static int64_t days_of(int64_t year, unsigned month, unsigned day)
{
    static const uint16_t before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    int64_t past = year - 1;

    return 365 * (year - 1970) + (past / 4 - past / 100 + past / 400) - (1969 / 4 - 1969 / 100 + 1969 / 400) +
           before[month - 1] + (leap && month > 2) + day - 1;
}

bool zip_clock_is_valid(uint16_t date, uint16_t clock)
{
    unsigned month = date >> 5 & 15, day = date & 31;

    return month >= 1 && month <= 12 && day >= 1 && clock >> 11 <= 23 && (clock >> 5 & 63) <= 59 && (clock & 31) <= 29;
}

int64_t zip_member_time(const struct zip_member *member)
{
    unsigned date = member->dos_date, clock = member->dos_time;

    if (member->has_mtime)
        return member->mtime;
    if (!zip_clock_is_valid(member->dos_date, member->dos_time))
        return 0;
    return days_of(1980 + (date >> 9), date >> 5 & 15, date & 31) * 86400 + (clock >> 11) * 3600 + (clock >> 5 & 63) * 60 +
           (clock & 31) * 2;
}
