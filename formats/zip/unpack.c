/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unpacks one ZIP member. Runs in the package worker on hostile bytes. The
 * structure was judged by directory.c; here size and checksum are held to.
 * The codecs are called directly and not through an archive library: so each
 * has our memory bound, sees exactly its own bytes and must use up all of them.
 */
#include "unpack.h"

#include "lib_bzip2.h"
#include "lib_deflate.h"
#include "lib_lzma.h"
#include "lib_zlib.h"
#include "lib_zstd.h"

enum { WHOLE_MAX = 4 << 20 }; /* deflated members up to this many bytes are unpacked in one piece */

int unpack_put(struct unpack *u, const uint8_t *bytes, size_t n)
{
    int err = job_steps(u->job, 1 + n / 1024);

    if (err < 0)
        return err;
    if (n > u->declared - u->done)
        return job_fail(u->job, REASON_MALFORMED, "a member holds more than its %llu bytes",
                        (unsigned long long)u->declared);
    u->done += n;
    u->crc = lib_deflate_crc32(u->crc, bytes, n);
    return n > 0 ? u->sink(u->ctx, bytes, n) : 0;
}

static int stored_unpack(const struct fmt_in *packed, struct unpack *u)
{
    for (uint64_t at = 0; at < in_len(packed);) {
        uint64_t left = in_len(packed) - at, n = left < UNPACK_STEP ? left : UNPACK_STEP;
        const uint8_t *bytes;
        int err = in_borrow(packed, at, n, &bytes);
        if (err < 0 || (err = unpack_put(u, bytes, (size_t)n)) < 0)
            return err;
        at += n;
    }
    return 0;
}

/* The quick way for what fits in memory; a member that lies about its size fails in either. */
static int deflated_unpack(const struct fmt_in *packed, struct unpack *u)
{
    if (u->declared > WHOLE_MAX)
        return lib_zlib_inflate(packed, u);
    scoped_free uint8_t *bytes = malloc(u->declared + 1);
    if (!bytes)
        return ERR_NOMEM;
    int err = lib_deflate_unpack(packed, bytes, (size_t)u->declared);
    return err < 0 ? err : unpack_put(u, bytes, (size_t)u->declared);
}

static const struct {
    uint16_t method;
    int (*unpack)(const struct fmt_in *packed, struct unpack *u);
} codecs[] = {
    {ZIP_STORED, stored_unpack}, {ZIP_DEFLATED, deflated_unpack}, {ZIP_BZIP2, lib_bzip2_unpack},
    {ZIP_LZMA, lib_lzma_unpack}, {ZIP_XZ, lib_xz_unpack},         {ZIP_ZSTD, lib_zstd_unpack},
};

bool unpack_is_known(uint16_t method)
{
    for (size_t i = 0; i < ARRAY_LEN(codecs); i++)
        if (codecs[i].method == method)
            return true;
    return false;
}

static int codec_run(uint16_t method, const struct fmt_in *packed, struct unpack *u)
{
    for (size_t i = 0; i < ARRAY_LEN(codecs); i++)
        if (codecs[i].method == method)
            return codecs[i].unpack(packed, u);
    return ERR_UNSUPPORTED;
}

int unpack_member(struct fmt_job *job, const struct fmt_in *in, const struct zip_member *member, unpack_sink *sink,
                  void *ctx)
{
    static const struct {
        int err;
        enum reason reason;
        const char *text;
    } own[] = {{ERR_MALFORMED, REASON_MALFORMED, "damaged data"},
               {ERR_NOMEM, REASON_LIMIT_MEMORY, "needs too much memory"},
               {ERR_UNSUPPORTED, REASON_UNSUPPORTED_TYPE, "packed by a method not supported"}};
    struct unpack u = {.job = job, .declared = member->bytes, .flags = member->flags, .sink = sink, .ctx = ctx};
    struct fmt_in packed;
    int err = in_sub(in, member->data_at, member->packed_bytes, &packed);

    if (err == 0)
        err = codec_run(member->method, &packed, &u);
    if (err == 0 && (u.done != u.declared || u.crc != member->crc))
        err = ERR_MALFORMED;
    for (size_t i = 0; i < ARRAY_LEN(own); i++)
        if (err == own[i].err)
            return job_fail(job, own[i].reason, "\"%.*s\" (method %u): %s", (int)member->name_len,
                            (const char *)member->name, member->method, own[i].text);
    return err;
}
