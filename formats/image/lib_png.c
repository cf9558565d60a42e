/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libpng, for reading only. Runs in the image worker over hostile pictures.
 * Its longjmp never leaves this file: errors jump to the function that was
 * entered last, which has no locals to lose.
 */
#include "lib_png.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <png.h>

#define TYPE_IDAT PNG_CHUNK('I', 'D', 'A', 'T')
#define TYPE_FDAT PNG_CHUNK('f', 'd', 'A', 'T')
#define STREAM_END_MAX 16 /* an empty last block and the check sum */
/* signature, IHDR, PLTE of 256 colours, tRNS of 256 */
#define HEAD_MAX (8 + 25 + 12 + 768 + 12 + 256)

struct lib_png {
    jmp_buf jump;
    png_structp png;
    png_infop info;
    const struct png_walk *walk;
    struct lib_png_part part;
    struct image_fail *fail; /* of the call under way */
    int err;
    uint32_t next_row;
    uint8_t *rows; /* one row, or all of an interlaced picture */
    size_t row_bytes;
    bool extra;
    /* what libpng reads: bytes of the buffer, then of the input, then the next chunk */
    uint8_t buffer[HEAD_MAX];
    size_t buffer_at, buffer_n;
    const uint8_t *data;
    size_t data_n, at;
    size_t late; /* bytes lent since the last row, in chunks begun since */
    bool rows_done, ended;
};

static _Noreturn void give_up(struct lib_png *p, enum reason reason, const char *text)
{
    p->err = image_fail_set(p->fail, reason, "libpng: %s", text);
    longjmp(p->jump, 1);
}

static _Noreturn void on_error(png_structp png, png_const_charp text)
{
    struct lib_png *p = png_get_error_ptr(png);

    give_up(p, strcmp(text, "Out of memory") == 0 ? REASON_LIMIT_MEMORY : REASON_MALFORMED, text);
}

/* With nothing but the needed chunks there is one thing left to warn of: data behind the last row. */
static void on_warning(png_structp png, png_const_charp text)
{
    struct lib_png *p = png_get_error_ptr(png);

    p->extra = true;
}

/* ---- What libpng reads -------------------------------------------------------------- */

static uint8_t *put32(uint8_t *to, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++)
        to[i] = (uint8_t)(v >> (24 - 8 * i));
    return to + 4;
}

/* A chunk into the buffer; its check sum is not looked at. */
static void buffer_chunk(struct lib_png *p, uint32_t type, const void *bytes, size_t n)
{
    uint8_t *to = p->buffer + p->buffer_n;

    to = put32(put32(to, (uint32_t)n), type);
    if (n)
        memcpy(to, bytes, n);
    (void)put32(to + n, 0);
    p->buffer_n += n + 12;
}

static void buffer_head(struct lib_png *p)
{
    uint8_t ihdr[13];

    memcpy(p->buffer, "\x89PNG\r\n\x1a\n", 8);
    p->buffer_n = 8;
    (void)put32(put32(ihdr, p->part.width), p->part.height);
    ihdr[8] = p->walk->depth;
    ihdr[9] = (uint8_t)p->walk->type;
    ihdr[10] = ihdr[11] = 0;
    ihdr[12] = p->walk->interlaced;
    buffer_chunk(p, PNG_CHUNK('I', 'H', 'D', 'R'), ihdr, sizeof ihdr);
    if (p->walk->type == PNG_PALETTE)
        buffer_chunk(p, PNG_CHUNK('P', 'L', 'T', 'E'), p->walk->palette.p, p->walk->palette.n);
    p->at = p->part.at;
}

/* The next data chunk of the part: a head in the buffer, the bytes from the input. Behind the last one comes the end. */
static void next_chunk(struct lib_png *p)
{
    uint32_t type = p->part.is_frame ? TYPE_FDAT : TYPE_IDAT;
    size_t skip = p->part.is_frame ? 4 : 0; /* the sequence number */

    p->buffer_at = p->buffer_n = 0;
    while (p->at < p->part.end) { /* the walk has seen that chunks follow each other up to here */
        const uint8_t *chunk = p->walk->bytes + p->at;
        size_t n = png_u32(chunk);
        p->at += 12 + n;
        if (png_u32(chunk + 4) != type || n <= skip)
            continue;
        p->data = chunk + 8 + skip;
        p->data_n = n - skip;
        (void)put32(put32(p->buffer, (uint32_t)p->data_n), TYPE_IDAT);
        p->buffer_n = 8;
        p->late += p->rows_done ? p->data_n : 0;
        return;
    }
    if (p->ended)
        give_up(p, REASON_MALFORMED, "picture data end early");
    p->ended = true;
    buffer_chunk(p, PNG_CHUNK('I', 'E', 'N', 'D'), NULL, 0);
}

static void on_read(png_structp png, png_bytep to, size_t n)
{
    struct lib_png *p = png_get_io_ptr(png);

    while (n > 0) {
        size_t have = p->buffer_n - p->buffer_at, take = have ? have : p->data_n;
        take = take < n ? take : n;
        if (have) {
            memcpy(to, p->buffer + p->buffer_at, take);
            p->buffer_at += take;
        } else if (take) {
            memcpy(to, p->data, take);
            p->data += take;
            p->data_n -= take;
            if (p->data_n == 0) /* then the check sum, not looked at */
                p->buffer_at = 0, p->buffer_n = 4;
        } else {
            next_chunk(p);
            continue;
        }
        to += take;
        n -= take;
    }
}

/* ---- Decoding ------------------------------------------------------------------------- */

static void read_head(struct lib_png *p)
{
    if (setjmp(p->jump))
        return;
    p->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, p, on_error, on_warning);
    p->info = p->png ? png_create_info_struct(p->png) : NULL;
    if (!p->info)
        give_up(p, REASON_LIMIT_MEMORY, "no memory");
    png_set_user_limits(p->png, p->part.width, p->part.height);
    png_set_crc_action(p->png, PNG_CRC_QUIET_USE, PNG_CRC_QUIET_USE);
    png_set_benign_errors(p->png, 1);
    png_set_read_fn(p->png, p, on_read);
    png_read_info(p->png, p->info);
    if (png_get_image_width(p->png, p->info) != p->part.width ||
        png_get_image_height(p->png, p->info) != p->part.height ||
        png_get_bit_depth(p->png, p->info) != p->walk->depth ||
        png_get_color_type(p->png, p->info) != (png_byte)p->walk->type ||
        png_get_rowbytes(p->png, p->info) != p->row_bytes)
        give_up(p, REASON_MALFORMED, "header can be read in two ways");
}

/* Seven passes into the same rows (8.2). */
static void read_interlaced(struct lib_png *p)
{
    if (setjmp(p->jump))
        return;
    for (int pass = png_set_interlace_handling(p->png); pass > 0; pass--)
        for (uint32_t y = 0; y < p->part.height; y++)
            png_read_row(p->png, p->rows + (size_t)y * p->row_bytes, NULL);
}

static void read_row(struct lib_png *p)
{
    if (setjmp(p->jump))
        return;
    png_read_row(p->png, p->rows, NULL);
}

static void read_end(struct lib_png *p)
{
    if (setjmp(p->jump))
        return;
    png_read_end(p->png, NULL);
}

static int open_rows(struct lib_png *p, uint64_t memory_bytes)
{
    uint64_t n = p->walk->interlaced ? p->row_bytes * (uint64_t)p->part.height : p->row_bytes;

    if (n > memory_bytes)
        return image_fail_set(p->fail, REASON_LIMIT_MEMORY, "picture of %llu bytes", (unsigned long long)n);
    p->rows = calloc(1, (size_t)n);
    if (!p->rows)
        return image_fail_set(p->fail, REASON_LIMIT_MEMORY, "picture of %llu bytes", (unsigned long long)n);
    if (p->walk->interlaced)
        read_interlaced(p);
    return p->err;
}

int lib_png_open(const struct png_walk *walk, const struct lib_png_part *part, uint64_t memory_bytes,
                 struct lib_png **png_out, struct image_fail *fail_out)
{
    scoped(lib_png_free) struct lib_png *p = calloc(1, sizeof *p);

    if (!p)
        return image_fail_set(fail_out, REASON_LIMIT_MEMORY, "PNG decoder");
    p->walk = walk;
    p->part = *part;
    p->fail = fail_out;
    p->row_bytes = (size_t)png_row_bytes(walk->type, walk->depth, part->width);
    buffer_head(p);
    read_head(p);
    int err = p->err < 0 ? p->err : open_rows(p, memory_bytes);
    if (err < 0)
        return err;
    *png_out = steal(p);
    return 0;
}

int lib_png_row(struct lib_png *png, uint8_t **row_out, struct image_fail *fail_out)
{
    struct lib_png *p = png;

    p->fail = fail_out;
    if (p->next_row == p->part.height)
        return ERR_INVALID;
    if (!p->walk->interlaced)
        read_row(p);
    if (p->err < 0)
        return p->err;
    *row_out = p->rows + (p->walk->interlaced ? (size_t)p->next_row * p->row_bytes : 0);
    p->next_row++;
    return 0;
}

int lib_png_end(struct lib_png *png, bool *extra_out, struct image_fail *fail_out)
{
    png->fail = fail_out;
    png->rows_done = true;
    read_end(png);
    if (png->err < 0)
        return png->err;
    /* libpng skips whole chunks behind the stream without a word; its end may take a few bytes of a new one */
    *extra_out = png->extra || png->late > STREAM_END_MAX;
    return 0;
}

void lib_png_free(struct lib_png **png)
{
    if (!*png)
        return;
    if ((*png)->png)
        png_destroy_read_struct(&(*png)->png, &(*png)->info, NULL);
    free((*png)->rows);
    free(*png);
    *png = NULL;
}
