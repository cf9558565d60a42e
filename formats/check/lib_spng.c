/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libspng: a PNG decoder that shares no code with the producer's. Runs in the checker. */
#include "lib_spng.h"

#include <spng.h>

#define CHUNK_MAX ((size_t)8 << 20)

static void context_free(spng_ctx **ctx)
{
    spng_ctx_free(*ctx);
}

static int decode_rows(spng_ctx *ctx, const struct spng_ihdr *ihdr)
{
    size_t all = 0;
    int err = spng_decoded_image_size(ctx, SPNG_FMT_PNG, &all);
    scoped_free uint8_t *row = err ? NULL : malloc(all / ihdr->height + 1);

    if (err || !row)
        return err ? err : SPNG_EMEM;
    err = spng_decode_image(ctx, NULL, 0, SPNG_FMT_PNG, SPNG_DECODE_PROGRESSIVE);
    while (!err)
        err = spng_decode_row(ctx, row, all / ihdr->height);
    return err == SPNG_EOI ? spng_decode_chunks(ctx) : err;
}

const char *lib_spng_check(const struct fmt_in *in, uint32_t width, uint32_t height)
{
    scoped(context_free) spng_ctx *ctx = spng_ctx_new(0);
    struct spng_ihdr ihdr;
    const uint8_t *bytes;

    if (!ctx || in_borrow(in, 0, in_len(in), &bytes) < 0)
        return "no memory";
    if (spng_set_image_limits(ctx, width, height) || spng_set_chunk_limits(ctx, CHUNK_MAX, CHUNK_MAX) ||
        spng_set_crc_action(ctx, SPNG_CRC_ERROR, SPNG_CRC_ERROR) ||
        spng_set_png_buffer(ctx, bytes, (size_t)in_len(in)))
        return "libspng refused its settings";
    int err = spng_get_ihdr(ctx, &ihdr);
    if (err)
        return spng_strerror(err);
    if (ihdr.width != width || ihdr.height != height || ihdr.interlace_method != 0)
        return "header can be read in two ways";
    err = decode_rows(ctx, &ihdr);
    return err ? spng_strerror(err) : NULL;
}
