/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ZIP writer that can lie. Test code only; the packers are those of the real libraries. */
#include "zip_builder.h"

#include <bzlib.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

static void need(bool ok)
{
    if (!ok)
        abort();
}

static void put(struct fixture *f, uint64_t v, unsigned n)
{
    uint8_t p[8];

    for (unsigned i = 0; i < n; i++)
        p[i] = (uint8_t)(v >> 8 * i);
    fixture_add(f, p, n);
}

static size_t len_of(struct zb_bytes b)
{
    return b.n || !b.p ? b.n : strlen(b.p);
}

static void put_bytes(struct fixture *f, struct zb_bytes b)
{
    fixture_add(f, b.p, len_of(b));
}

uint32_t zb_crc32(const void *bytes, size_t n)
{
    return (uint32_t)crc32(0, bytes, (uInt)n);
}

/* ---- Packing ------------------------------------------------------------------ */

static size_t pack_deflate(const void *bytes, size_t n, uint8_t *out, size_t room)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)bytes, .avail_in = (uInt)n, .next_out = out, .avail_out = (uInt)room};

    need(deflateInit2(&z, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    need(deflate(&z, Z_FINISH) == Z_STREAM_END);
    (void)deflateEnd(&z);
    return z.total_out;
}

static size_t pack_bzip2(const void *bytes, size_t n, uint8_t *out, size_t room)
{
    unsigned made = (unsigned)room;

    need(BZ2_bzBuffToBuffCompress((char *)out, &made, (char *)(uintptr_t)bytes, (unsigned)n, 1, 0, 0) == BZ_OK);
    return made;
}

/* The header of ZIP (version, length of the properties, properties), then raw LZMA without end mark. */
static size_t pack_lzma(const void *bytes, size_t n, uint8_t *out, size_t room)
{
    lzma_options_lzma options;
    lzma_stream z = LZMA_STREAM_INIT;
    uint8_t head[13];

    need(!lzma_lzma_preset(&options, 1) && room > 64);
    need(lzma_alone_encoder(&z, &options) == LZMA_OK);
    z.next_in = bytes;
    z.avail_in = n;
    z.next_out = head;
    z.avail_out = sizeof head;
    while (z.avail_out > 0)
        need(lzma_code(&z, LZMA_RUN) == LZMA_OK);
    memcpy(out, "\x05\x04\x05\x00", 4);
    memcpy(out + 4, head, 5);
    z.next_out = out + 9;
    z.avail_out = room - 9;
    while (lzma_code(&z, LZMA_FINISH) == LZMA_OK)
        need(z.avail_out > 0);
    size_t made = room - z.avail_out;
    lzma_end(&z);
    return made;
}

static size_t pack_xz(const void *bytes, size_t n, uint8_t *out, size_t room)
{
    size_t made = 0;

    need(lzma_easy_buffer_encode(1, LZMA_CHECK_CRC32, NULL, bytes, n, out, &made, room) == LZMA_OK);
    return made;
}

static size_t pack_zstd(const void *bytes, size_t n, uint8_t *out, size_t room)
{
    size_t made = ZSTD_compress(out, room, bytes, n, 3);

    need(!ZSTD_isError(made));
    return made;
}

void zb_pack_lzma_bare(const void *bytes, size_t n, struct fixture *out)
{
    lzma_options_lzma options;
    lzma_filter filters[] = {{LZMA_FILTER_LZMA1EXT, &options}, {LZMA_VLI_UNKNOWN, NULL}};
    size_t room = n + n / 8 + 4096, made = 0;
    uint8_t *packed = malloc(room);
    static const uint8_t head[] = {5, 4, 5, 0, 0x5d};

    need(packed && !lzma_lzma_preset(&options, 1));
    options.ext_flags = 0;
    lzma_set_ext_size(options, n);
    need(lzma_raw_buffer_encode(filters, NULL, bytes, n, packed, &made, room) == LZMA_OK);
    fixture_add(out, head, sizeof head); /* lc 3, lp 0, pb 2 */
    for (unsigned i = 0; i < 4; i++)
        fixture_add(out, &(uint8_t){(uint8_t)(options.dict_size >> 8 * i)}, 1);
    fixture_add(out, packed, made);
    free(packed);
}

void zb_pack(uint16_t method, const void *bytes, size_t n, struct fixture *out)
{
    static const struct {
        uint16_t method;
        size_t (*pack)(const void *bytes, size_t n, uint8_t *out, size_t room);
    } packers[] = {{8, pack_deflate}, {12, pack_bzip2}, {14, pack_lzma}, {93, pack_zstd}, {95, pack_xz}};
    size_t room = n + n / 8 + 4096;

    for (size_t i = 0; i < ARRAY_LEN(packers); i++)
        if (packers[i].method == method) {
            uint8_t *made = malloc(room);
            need(made != NULL);
            fixture_add(out, made, packers[i].pack(bytes ? bytes : "", n, made, room));
            free(made);
            return;
        }
    fixture_add(out, bytes, n);
}

/* ---- Records ----------------------------------------------------------------- */

/* What one member's headers say. */
struct said {
    uint64_t bytes, packed, at;
    uint32_t crc;
    uint16_t flags;
    struct fixture data;
};

static struct said said_of(const struct zb_member *m)
{
    struct said s = {.crc = zb_crc32(m->data.p, len_of(m->data)) ^ m->crc_xor, .flags = m->flags};

    if (m->packed.p)
        put_bytes(&s.data, m->packed);
    else
        zb_pack(m->method, m->data.p, len_of(m->data), &s.data);
    s.bytes = m->say_bytes ? m->say_bytes : len_of(m->data);
    s.packed = m->say_packed ? m->say_packed : s.data.len;
    if (m->descriptor != ZB_DESCRIPTOR_NONE)
        s.flags |= 8;
    if (m->method == 14)
        s.flags |= 2; /* liblzma writes the end mark */
    return s;
}

/* CRC, sizes, lengths of the name and the extra fields. */
static void put_sizes(struct fixture *f, const struct zb_member *m, uint32_t crc, uint64_t packed, uint64_t bytes,
                      size_t name, size_t extra)
{
    put(f, crc, 4);
    put(f, m->zip64 ? 0xffffffff : packed, 4);
    put(f, m->zip64 ? 0xffffffff : bytes, 4);
    put(f, name, 2);
    put(f, extra, 2);
}

static void put_clock(struct fixture *f, const struct zb_member *m)
{
    put(f, m->dos_time || m->dos_date ? m->dos_time : 12 << 11 | 34 << 5 | 56 / 2, 2);
    put(f, m->dos_time || m->dos_date ? m->dos_date : 44 << 9 | 2 << 5 | 29, 2);
}

static void put_descriptor(struct fixture *f, const struct zb_member *m, const struct said *s)
{
    unsigned width = m->descriptor == ZB_DESCRIPTOR_WIDE ? 8 : 4;

    if (m->descriptor == ZB_DESCRIPTOR_NONE || m->descriptor == ZB_DESCRIPTOR_MISSING)
        return;
    if (m->descriptor != ZB_DESCRIPTOR_BARE)
        fixture_add(f, "PK\7\10", 4);
    put(f, s->crc, 4);
    put(f, s->packed, width);
    put(f, s->bytes, width);
}

static void put_local(struct fixture *f, const struct zb_member *m, struct said *s)
{
    const char *name = m->local_name ? m->local_name : m->name;
    size_t extra = len_of(m->extra) + len_of(m->local_extra) + (m->zip64 ? 20 : 0);
    bool later = m->descriptor != ZB_DESCRIPTOR_NONE && m->descriptor != ZB_DESCRIPTOR_MISSING;
    uint64_t bytes = s->bytes + (uint64_t)m->local_bytes;

    put_bytes(f, m->before);
    s->at = f->len;
    fixture_add(f, "PK\3\4", 4);
    put(f, 20, 2);
    put(f, s->flags ^ m->local_flags_xor, 2);
    put(f, m->method ^ m->local_method_xor, 2);
    put_clock(f, m);
    put_sizes(f, m, later ? 0 : s->crc ^ m->local_crc_xor, later ? 0 : s->packed, later ? 0 : bytes, strlen(name), extra);
    fixture_puts(f, name);
    put_bytes(f, m->extra);
    put_bytes(f, m->local_extra);
    if (m->zip64) {
        put(f, 1, 2);
        put(f, 16, 2);
        put(f, later ? 0 : bytes, 8);
        put(f, later ? 0 : s->packed, 8);
    }
    fixture_add(f, s->data.bytes, s->data.len);
    put_descriptor(f, m, s);
}

static void put_central(struct fixture *f, const struct zb_member *m, const struct said *s, uint64_t at)
{
    const char *comment = m->comment ? m->comment : "";
    uint64_t bytes = s->bytes + (uint64_t)m->central_bytes;

    at += (uint64_t)m->offset;
    fixture_add(f, "PK\1\2", 4);
    put(f, 20, 1);
    put(f, m->host, 1);
    put(f, 20, 2);
    put(f, s->flags, 2);
    put(f, m->method, 2);
    put_clock(f, m);
    put_sizes(f, m, s->crc, s->packed, bytes, strlen(m->name), len_of(m->extra) + (m->zip64 ? 28 : 0));
    put(f, strlen(comment), 2);
    put(f, m->disk, 2);
    put(f, 0, 2);
    put(f, m->attributes, 4);
    put(f, m->zip64 ? 0xffffffff : at, 4);
    fixture_puts(f, m->name);
    put_bytes(f, m->extra);
    if (m->zip64) {
        put(f, 1, 2);
        put(f, 24, 2);
        put(f, bytes, 8);
        put(f, s->packed, 8);
        put(f, at, 8);
    }
    fixture_puts(f, comment);
}

static void put_end64(struct fixture *f, const struct zb_end *end, uint64_t count, uint64_t size, uint64_t start)
{
    uint64_t at = f->len;

    fixture_add(f, "PK\6\6", 4);
    put(f, 44, 8);
    put(f, 45, 2);
    put(f, 45, 2);
    put(f, 0, 8); /* this disk and that of the directory */
    put(f, count, 8);
    put(f, count, 8);
    put(f, size, 8);
    put(f, start + (uint64_t)end->zip64_start, 8);
    fixture_add(f, "PK\6\7", 4);
    put(f, 0, 4);
    put(f, at, 8);
    put(f, 1, 4);
}

static void put_end(struct fixture *f, const struct zb_end *end, uint64_t count, uint64_t size, uint64_t start)
{
    if (end->zip64)
        put_end64(f, end, count, size, start);
    bool open = end->zip64_open;
    for (unsigned i = 0; i <= end->twice; i++) {
        fixture_add(f, "PK\5\6", 4);
        put(f, end->disk, 2);
        put(f, end->disk, 2);
        put(f, open ? 0xffff : count + (uint64_t)end->count, 2);
        put(f, open ? 0xffff : count + (uint64_t)end->count, 2);
        put(f, open ? 0xffffffff : size + (uint64_t)end->size, 4);
        put(f, open ? 0xffffffff : start + (uint64_t)end->start, 4);
        put(f, len_of(end->comment), 2);
        put_bytes(f, end->comment);
    }
    put_bytes(f, end->suffix);
}

void zb_make(struct fixture *out, const struct zb_member *members, size_t count, const struct zb_end *end)
{
    static const struct zb_end plain;
    struct said *said = calloc(count + 1, sizeof *said);
    uint64_t named = 0, base;

    need(said != NULL);
    end = end ? end : &plain;
    put_bytes(out, end->prefix);
    base = end->prefix_moves ? 0 : out->len;
    for (size_t i = 0; i < count; i++) {
        said[i] = said_of(&members[i]);
        if (!members[i].no_local)
            put_local(out, &members[i], &said[i]);
    }
    put_bytes(out, end->before_central);
    uint64_t start = out->len;
    for (size_t i = 0; i < count; i++) {
        if (members[i].no_central)
            continue;
        put_central(out, &members[i], &said[i], (members[i].no_local ? said[members[i].of].at : said[i].at) - base);
        named++;
    }
    put_end(out, end, named, out->len - start, start - base);
    for (size_t i = 0; i < count; i++)
        fixture_free(&said[i].data);
    free(said);
}
