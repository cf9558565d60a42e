/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JPEG streams for every engine: limits, the walk, the library, a buffer for
 * the result. Runs in workers over hostile bytes; every size is checked before
 * anything is allocated for it.
 */
#include "reencode.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib_jpeg.h"

int image_fail_set(struct image_fail *fail_out, enum reason reason, const char *detail, ...)
{
    va_list ap;

    fail_out->reason = reason;
    va_start(ap, detail);
    (void)vsnprintf(fail_out->detail, sizeof fail_out->detail, detail, ap);
    va_end(ap);
    return reason_err(reason);
}

void image_jpeg_limits_default(struct image_jpeg_limits *limits_out)
{
    *limits_out = (struct image_jpeg_limits){
        .pixels = 250000000,
        .memory_bytes = 512 << 20,
        .output_bytes = 400 << 20,
        .work = (uint64_t)1 << 32,
        .scans = 256,
    };
}

/* The result as it grows; doubles, so that a large one is copied a few times only. */
struct growing {
    uint8_t *bytes;
    size_t n, room;
    uint64_t limit;
};

static int growing_write(void *ctx, const void *bytes, size_t n)
{
    struct growing *g = ctx;

    if (n > g->limit || g->n > g->limit - n)
        return ERR_LIMIT;
    if (n > g->room - g->n) {
        size_t room = g->room * 2 > g->n + n ? g->room * 2 : g->n + n;
        uint8_t *bigger = realloc(g->bytes, room);
        if (!bigger)
            return ERR_NOMEM;
        g->bytes = bigger;
        g->room = room;
    }
    memcpy(g->bytes + g->n, bytes, n);
    g->n += n;
    return 0;
}

static void growing_free(struct growing *g)
{
    free(g->bytes);
}

static int limits_check(const struct image_jpeg_info *info, const struct image_jpeg_limits *limits,
                        struct image_fail *fail)
{
    if ((uint64_t)info->width * info->height > limits->pixels)
        return image_fail_set(fail, REASON_LIMIT_PIXELS, "picture of %u x %u", info->width, info->height);
    if (info->scans > limits->scans)
        return image_fail_set(fail, REASON_LIMIT_STEPS, "%u scans", info->scans);
    if (info->work > limits->work)
        return image_fail_set(fail, REASON_LIMIT_STEPS, "%llu blocks", (unsigned long long)info->work);
    return 0;
}

int image_jpeg_reencode(const uint8_t *in, size_t n, const struct image_jpeg_limits *limits, unsigned quality,
                        uint8_t **out, size_t *out_n, struct image_jpeg_told *told_out, struct image_fail *fail_out)
{
    scoped(growing_free) struct growing result = {.limit = limits->output_bytes};
    struct image_sink sink = {growing_write, &result};
    struct lib_jpeg_head head = {.bare = true};
    struct image_jpeg_told told;
    struct jpeg_walk walk;
    int err = jpeg_walk_run(in, n, &walk, fail_out);

    err = err < 0 ? err : limits_check(&walk.info, limits, fail_out);
    err = err < 0 ? err : lib_jpeg_reencode(&walk, &head, limits, quality, &sink, &told, fail_out);
    if (err < 0)
        return err;
    told.metadata = walk.metadata + walk.icc_count;
    told.trailing_bytes = n - walk.end;
    told.damage += (walk.no_end ? 1 : 0) + (walk.stray_bytes ? 1 : 0);
    *told_out = told;
    *out_n = result.n;
    *out = steal(result.bytes);
    return 0;
}

int image_jpeg_encode(const struct image_pixels *pixels, unsigned quality, bool subsample, unsigned dpi,
                      const struct image_jpeg_limits *limits, uint8_t **out, size_t *out_n,
                      struct image_fail *fail_out)
{
    static const uint8_t bytes_per_pixel[] = {
        [IMAGE_ORDER_GREY] = 1, [IMAGE_ORDER_RGB] = 3, [IMAGE_ORDER_BGRX] = 4};
    scoped(growing_free) struct growing result = {.limit = limits->output_bytes};
    struct image_sink sink = {growing_write, &result};

    if ((unsigned)pixels->order >= ARRAY_LEN(bytes_per_pixel) || bytes_per_pixel[pixels->order] == 0 ||
        pixels->width == 0 || pixels->width > 65500 || pixels->height == 0 || pixels->height > 65500 ||
        pixels->stride < (size_t)pixels->width * bytes_per_pixel[pixels->order] || quality < 1 || quality > 100 ||
        dpi > UINT16_MAX) {
        (void)image_fail_set(fail_out, REASON_INTERNAL, "picture of %u x %u cannot be a JPEG", pixels->width,
                             pixels->height);
        return ERR_INVALID;
    }
    if ((uint64_t)pixels->width * pixels->height > limits->pixels)
        return image_fail_set(fail_out, REASON_LIMIT_PIXELS, "picture of %u x %u", pixels->width, pixels->height);
    int err = lib_jpeg_encode(pixels, quality, subsample, dpi, &sink, fail_out);
    if (err < 0)
        return err;
    *out_n = result.n;
    *out = steal(result.bytes);
    return 0;
}
