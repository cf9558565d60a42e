/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The PNG writer. Runs in the image worker on decoded pixels. Filters and
 * levels were chosen by measurement: for palettes and low depths none and
 * level 6; else the best of none, Sub, Up and Paeth for each row and level 4,
 * for very large pictures 2. Output is about as large as libpng's at its
 * default in a third of the time.
 */
#include "png_encode.h"

#include <string.h>

#include "lib_zlib.h"

#define TYPE_IDAT PNG_CHUNK('I', 'D', 'A', 'T')
#define TYPE_FDAT PNG_CHUNK('f', 'd', 'A', 'T')
#define DATA_HEAD 4
#define DATA_BYTES 65536
#define LARGE_PIXELS 8000000

/*
 * Pixels can be drawn so that the packed bytes spell a script, for servers that
 * run what they find in a file. The packed data are cut into chunks wherever
 * more characters than this would stand in a row.
 */
#define TEXT_RUN_MAX 8

enum { FILTER_NONE, FILTER_SUB, FILTER_UP, FILTER_PAETH, FILTERS };

static const uint8_t filter_codes[FILTERS] = {0, 1, 2, 4}; /* Average is not worth its time */

struct png_encoder {
    struct image_sink *sink;
    struct lib_zlib *zlib;
    struct png_shape shape;
    size_t row_bytes, room; /* of this picture's rows; of each buffer */
    unsigned step;          /* bytes back to the same sample of the pixel before */
    bool filtered;
    uint32_t *sequence;
    uint32_t rows_left;
    uint8_t *before;        /* the row above */
    uint8_t *line[FILTERS]; /* filter byte and filtered row */
    size_t used;            /* of the buffer; the first bytes are room for a sequence number */
    uint8_t data[DATA_HEAD + DATA_BYTES];
};

static void store32(uint8_t *to, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++)
        to[i] = (uint8_t)(v >> (24 - 8 * i));
}

int png_put_chunk(struct image_sink *sink, uint32_t type, const void *bytes, size_t n)
{
    uint8_t head[8], sum[4];

    if (n > INT32_MAX)
        return ERR_INVALID;
    store32(head, (uint32_t)n);
    store32(head + 4, type);
    store32(sum, lib_zlib_crc(lib_zlib_crc(0, head + 4, 4), bytes, n));
    int err = sink->write(sink->ctx, head, sizeof head);
    if (err == 0 && n > 0)
        err = sink->write(sink->ctx, bytes, n);
    return err < 0 ? err : sink->write(sink->ctx, sum, sizeof sum);
}

int png_encoder_new(struct image_sink *sink, const struct png_shape *largest, struct png_encoder **encoder_out)
{
    scoped(png_encoder_free) struct png_encoder *e = calloc(1, sizeof *e);
    bool filtered = largest->depth >= 8 && largest->type != PNG_PALETTE;
    int level = !filtered ? 6 : (uint64_t)largest->width * largest->height > LARGE_PIXELS ? 2 : 4;

    if (!e)
        return ERR_NOMEM;
    e->sink = sink;
    e->filtered = filtered;
    e->room = (size_t)png_row_bytes(largest->type, largest->depth, largest->width);
    e->before = malloc(e->room);
    bool ok = e->before != NULL;
    for (unsigned f = 0; f < FILTERS; f++) {
        e->line[f] = malloc(e->room + 1);
        ok = ok && e->line[f];
    }
    if (!ok || lib_zlib_new(level, &e->zlib) < 0)
        return ERR_NOMEM;
    *encoder_out = steal(e);
    return 0;
}

void png_encoder_free(struct png_encoder **encoder)
{
    if (!*encoder)
        return;
    lib_zlib_free(&(*encoder)->zlib);
    free((*encoder)->before);
    for (unsigned f = 0; f < FILTERS; f++)
        free((*encoder)->line[f]);
    free(*encoder);
    *encoder = NULL;
}

int png_encode_begin(struct png_encoder *encoder, const struct png_shape *shape, uint32_t *sequence)
{
    struct png_encoder *e = encoder;

    e->shape = *shape;
    e->row_bytes = (size_t)png_row_bytes(shape->type, shape->depth, shape->width);
    if (e->row_bytes > e->room)
        return ERR_INVALID;
    e->step = (png_channels(shape->type) * shape->depth + 7) / 8;
    e->sequence = sequence;
    e->rows_left = shape->height;
    e->used = DATA_HEAD;
    memset(e->before, 0, e->row_bytes);
    return lib_zlib_restart(e->zlib);
}

/* Writes data[at..end) as one chunk; there is room for a sequence number in front of it. */
static int put_data(struct png_encoder *e, size_t at, size_t end)
{
    if (!e->sequence)
        return png_put_chunk(e->sink, TYPE_IDAT, e->data + at, end - at);
    store32(e->data + at - 4, (*e->sequence)++); /* over bytes already written */
    return png_put_chunk(e->sink, TYPE_FDAT, e->data + at - 4, end - at + 4);
}

/* Writes what the buffer holds, in as many chunks as text in it asks for. */
static int flush_data(struct png_encoder *e)
{
    size_t start = DATA_HEAD;
    unsigned run = 0;
    int err = 0;

    for (size_t i = DATA_HEAD; i < e->used && err == 0; i++) {
        bool text = e->data[i] >= 0x20 && e->data[i] < 0x7f;
        run = text ? run + 1 : 0;
        if (run > TEXT_RUN_MAX) {
            err = put_data(e, start, i);
            start = i;
            run = 1;
        }
    }
    err = err < 0 ? err : put_data(e, start, e->used);
    e->used = DATA_HEAD;
    return err;
}

static int pack(struct png_encoder *e, const uint8_t *bytes, size_t n, bool finish)
{
    bool done = false;
    int err = 0;

    while (err == 0 && (n > 0 || (finish && !done))) {
        size_t taken = 0;
        if (e->used == sizeof e->data)
            err = flush_data(e);
        if (err == 0)
            err = lib_zlib_pack(e->zlib, bytes, n, finish, e->data, sizeof e->data, &e->used, &taken, &done);
        if (err < 0)
            break;
        bytes += taken;
        n -= taken;
    }
    return err;
}

/* Sum of the filtered bytes' distances from 0: small ones pack well (12.8). */
static uint64_t row_weight(const uint8_t *line, size_t n)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < n;) {
        size_t end = n - i < 65536 ? n : i + 65536; /* so that 32 bits hold a part */
        uint32_t part = 0;
        for (; i < end; i++)
            part += line[i] < 128 ? line[i] : 256u - line[i];
        sum += part;
    }
    return sum;
}

static void filter_sub(const uint8_t *restrict row, size_t n, size_t step, uint8_t *restrict to)
{
    memcpy(to, row, step);
    for (size_t i = step; i < n; i++)
        to[i] = (uint8_t)((unsigned)row[i] - row[i - step]);
}

static void filter_up(const uint8_t *restrict row, const uint8_t *restrict above, size_t n, uint8_t *restrict to)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (uint8_t)((unsigned)row[i] - above[i]);
}

static inline unsigned distance(unsigned a, unsigned b)
{
    return a > b ? a - b : b - a;
}

/* 9.4: the neighbour nearest to left + above - upper left; in unsigned numbers, which compilers make wide. */
static inline uint8_t paeth(unsigned left, unsigned above, unsigned corner)
{
    unsigned to_left = distance(above, corner), to_above = distance(left, corner);
    bool same_side = (above >= corner) == (left >= corner);
    unsigned to_corner = same_side ? to_left + to_above : distance(to_left, to_above);
    unsigned other = to_above <= to_corner ? above : corner;

    return (uint8_t)(to_left <= to_above && to_left <= to_corner ? left : other);
}

static void filter_paeth(const uint8_t *restrict row, const uint8_t *restrict above, size_t n, size_t step,
                         uint8_t *restrict to)
{
    filter_up(row, above, step, to); /* the first pixel has nothing to its left */
    for (size_t i = step; i < n; i++)
        to[i] = (uint8_t)((unsigned)row[i] - paeth(row[i - step], above[i], above[i - step]));
}

static unsigned choose_filter(struct png_encoder *e, const uint8_t *row)
{
    size_t n = e->row_bytes;
    uint64_t best;
    unsigned chosen = FILTER_NONE;

    memcpy(e->line[FILTER_NONE] + 1, row, n);
    if (!e->filtered)
        return FILTER_NONE;
    filter_sub(row, n, e->step, e->line[FILTER_SUB] + 1);
    filter_up(row, e->before, n, e->line[FILTER_UP] + 1);
    filter_paeth(row, e->before, n, e->step, e->line[FILTER_PAETH] + 1);
    best = row_weight(e->line[FILTER_NONE] + 1, n);
    for (unsigned f = FILTER_SUB; f < FILTERS; f++) {
        uint64_t weight = row_weight(e->line[f] + 1, n);
        if (weight < best) {
            best = weight;
            chosen = f;
        }
    }
    memcpy(e->before, row, n);
    return chosen;
}

int png_encode_row(struct png_encoder *encoder, const uint8_t *row)
{
    struct png_encoder *e = encoder;

    if (e->rows_left == 0)
        return ERR_INVALID;
    e->rows_left--;
    unsigned f = choose_filter(e, row);
    e->line[f][0] = filter_codes[f];
    return pack(e, e->line[f], e->row_bytes + 1, false);
}

int png_encode_end(struct png_encoder *encoder)
{
    int err = encoder->rows_left ? ERR_INVALID : pack(encoder, encoder->line[0], 0, true);

    return err < 0 ? err : flush_data(encoder);
}
