/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ZIP writer. Runs in the package worker; its input are rebuilt members and
 * cleaned names. Each member is packed and written when it arrives, so that
 * memory stays bounded whatever the archive holds; only the directory is kept.
 */
#include "writer.h"

#include <string.h>

#include "lib_deflate.h"
#include "lib_zlib.h"

enum { WHOLE_MAX = 16 << 20 }; /* members up to this many bytes are packed in one piece */
enum { TRIAL_BYTES = 1 << 20 }; /* of larger ones the first so many tell whether packing is worth it */
enum { STORED = 0, DEFLATED = 8, FLAG_UTF8 = 0x800, VERSION = 20, HOST_UNIX = 3, MEMBERS_MAX = 65534 };
enum { DIRECTORY_MAX = 256 << 20 };

/* The fields local header and central entry share (APPNOTE 4.3.7, 4.3.12). */
struct record {
    uint64_t at, packed_bytes, bytes;
    uint32_t crc;
    uint16_t method;
};

struct zip_writer zip_writer_new(struct fmt_job *job)
{
    return (struct zip_writer){.job = job, .central = buf_new(DIRECTORY_MAX)};
}

void zip_writer_clear(struct zip_writer *writer)
{
    buf_free(&writer->central);
}

static void put16(struct buf *b, unsigned v)
{
    buf_u8(b, (uint8_t)v);
    buf_u8(b, (uint8_t)(v >> 8));
}

static bool is_ascii(const char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s >= 0x80)
            return false;
    return true;
}

/* Info-ZIP extended timestamp: the time of the last change only. */
static void put_times(struct buf *b, const struct zip_entry *entry)
{
    if (!entry->has_mtime)
        return;
    put16(b, 0x5455);
    put16(b, 5);
    buf_u8(b, 1);
    buf_u32(b, (uint32_t)entry->mtime);
}

/* From "version needed" to the lengths: the part both headers have word for word. */
static void put_shared(struct buf *b, const struct zip_entry *entry, const struct record *r)
{
    put16(b, VERSION);
    put16(b, is_ascii(entry->path) ? 0 : FLAG_UTF8);
    put16(b, r->method);
    put16(b, entry->dos_time);
    put16(b, entry->dos_date);
    buf_u32(b, r->crc);
    buf_u32(b, (uint32_t)r->packed_bytes);
    buf_u32(b, (uint32_t)r->bytes);
    put16(b, (unsigned)strlen(entry->path) + entry->folder);
    put16(b, entry->has_mtime ? 9 : 0);
}

static void put_name(struct buf *b, const struct zip_entry *entry)
{
    buf_put(b, entry->path, strlen(entry->path));
    if (entry->folder)
        buf_put(b, "/", 1);
}

static void local_header(struct buf *b, const struct zip_entry *entry, const struct record *r)
{
    buf_put(b, "PK\3\4", 4);
    put_shared(b, entry, r);
    put_name(b, entry);
    put_times(b, entry);
}

static void central_entry(struct buf *b, const struct zip_entry *entry, const struct record *r)
{
    buf_put(b, "PK\1\2", 4);
    buf_u8(b, VERSION);
    buf_u8(b, HOST_UNIX);
    put_shared(b, entry, r);
    put16(b, 0); /* no comment, first disk, no internal attributes */
    put16(b, 0);
    put16(b, 0);
    buf_u32(b, entry->folder ? (uint32_t)040755 << 16 | 0x10 : (uint32_t)0100644 << 16);
    buf_u32(b, (uint32_t)r->at);
    put_name(b, entry);
    put_times(b, entry);
}

static int header_write(struct zip_writer *w, const struct zip_entry *entry, const struct record *r)
{
    scoped_buf b = buf_new(2 * CHILD_NAME_MAX);

    local_header(&b, entry, r);
    return b.err ? job_fail(w->job, REASON_INTERNAL, "header of a member") : out_append(w->job, b.bytes, b.len);
}

static int sink_append(void *ctx, const uint8_t *bytes, size_t n)
{
    return out_append(ctx, bytes, n);
}

static int sink_count(void *ctx, const uint8_t *bytes, size_t n)
{
    (void)bytes;
    *(uint64_t *)ctx += n;
    return 0;
}

/* True when packing to this size saves a 64th or more. */
static bool is_worth(uint64_t packed, uint64_t bytes)
{
    return packed > 0 && packed < bytes - bytes / 64;
}

/* True when it saves so much that the next gateway would take the result for a bomb: such members are stored. */
static bool is_bomb(const struct fmt_job *job, uint64_t packed, uint64_t bytes)
{
    const struct fmt_limits *limits = &job_options(job)->limits;

    return bytes > limits->ratio_floor && bytes / packed > limits->ratio;
}

/* A member packed in memory. */
static int add_whole(struct zip_writer *w, const struct zip_entry *entry, const struct fmt_in *bytes, struct record *r)
{
    size_t room = (size_t)in_len(bytes), n = 0;
    scoped_free uint8_t *packed = malloc(room + 1);

    if (!packed || (room > 0 && lib_deflate_pack(bytes, packed, room, &n) < 0))
        return job_fail(w->job, REASON_LIMIT_MEMORY, "packing a member");
    bool worth = is_worth(n, room) && !is_bomb(w->job, n, room);
    r->method = worth ? DEFLATED : STORED;
    r->packed_bytes = worth ? n : room;
    int err = header_write(w, entry, r);
    return err < 0 || r->packed_bytes == 0 ? err : out_append(w->job, worth ? packed : bytes->bytes, r->packed_bytes);
}

/* Puts the bytes themselves where their much shorter packed form was written. */
static int unpack_again(struct zip_writer *w, const struct fmt_in *bytes, uint64_t start)
{
    uint64_t written = out_len(w->job) - start;

    if (written > in_len(bytes))
        return job_fail(w->job, REASON_INTERNAL, "a bomb that packs to more than itself");
    int err = out_patch(w->job, start, bytes->bytes, (size_t)written);
    return err < 0 ? err : out_append(w->job, bytes->bytes + written, (size_t)(in_len(bytes) - written));
}

/* Packs while writing. *packed_out is the length written. */
static int stream_write(struct zip_writer *w, const struct fmt_in *bytes, uint64_t *packed_out)
{
    uint64_t start = out_len(w->job);
    int err = lib_zlib_deflate(bytes, sink_append, w->job);

    *packed_out = out_len(w->job) - start;
    return err == ERR_NOMEM || err == ERR_FAULT ? job_fail(w->job, REASON_LIMIT_MEMORY, "packing a member") : err;
}

/* A member packed while it is written; its header is written again when its packed size is known. */
static int add_stream(struct zip_writer *w, const struct zip_entry *entry, const struct fmt_in *bytes, struct record *r)
{
    scoped_buf b = buf_new(2 * CHILD_NAME_MAX);
    struct fmt_in head = {bytes->bytes, TRIAL_BYTES};
    uint64_t packed = 0;

    if (lib_zlib_deflate(&head, sink_count, &packed) < 0)
        return job_fail(w->job, REASON_LIMIT_MEMORY, "packing a member");
    r->method = STORED;
    r->packed_bytes = in_len(bytes);
    int err = header_write(w, entry, r);
    uint64_t start = out_len(w->job);
    if (err < 0)
        return err;
    if (!is_worth(packed, TRIAL_BYTES))
        return out_append(w->job, bytes->bytes, (size_t)in_len(bytes));
    if ((err = stream_write(w, bytes, &packed)) < 0)
        return err;
    if (is_bomb(w->job, packed, in_len(bytes)))
        return unpack_again(w, bytes, start);
    r->method = DEFLATED;
    r->packed_bytes = packed;
    local_header(&b, entry, r);
    return b.err ? job_fail(w->job, REASON_INTERNAL, "header of a member") : out_patch(w->job, r->at, b.bytes, b.len);
}

int zip_writer_add(struct zip_writer *writer, const struct zip_entry *entry, const struct fmt_in *bytes)
{
    struct record r = {.at = out_len(writer->job), .bytes = in_len(bytes)};

    if (strlen(entry->path) + 1 >= CHILD_NAME_MAX)
        return job_fail(writer->job, REASON_UNSAFE_NAME, "path of %zu bytes", strlen(entry->path));
    if (writer->count >= MEMBERS_MAX)
        return job_fail(writer->job, REASON_LIMIT_MEMBERS, "over %d members", MEMBERS_MAX);
    /* The 64-bit forms are never written: one form, one reading. */
    if (r.bytes >= UINT32_MAX / 2 || r.at >= UINT32_MAX / 2)
        return job_fail(writer->job, REASON_LIMIT_OUTPUT, "an archive over 2 GB");
    r.crc = lib_deflate_crc32(0, bytes->bytes, (size_t)r.bytes);
    int err = r.bytes <= WHOLE_MAX ? add_whole(writer, entry, bytes, &r) : add_stream(writer, entry, bytes, &r);
    if (err < 0)
        return err;
    central_entry(&writer->central, entry, &r);
    writer->count++;
    return writer->central.err ? job_fail(writer->job, REASON_LIMIT_MEMORY, "directory") : 0;
}

int zip_writer_finish(struct zip_writer *writer)
{
    uint64_t at = out_len(writer->job), size = writer->central.len;
    struct buf *b = &writer->central;

    buf_put(b, "PK\5\6", 4);
    buf_u32(b, 0); /* one disk */
    put16(b, writer->count);
    put16(b, writer->count);
    buf_u32(b, (uint32_t)size);
    buf_u32(b, (uint32_t)at);
    put16(b, 0); /* no comment */
    if (b->err || at >= UINT32_MAX - size)
        return job_fail(writer->job, REASON_LIMIT_OUTPUT, "directory of %llu bytes", (unsigned long long)size);
    return out_append(writer->job, b->bytes, b->len);
}
