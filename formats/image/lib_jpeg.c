/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libjpeg-turbo. Runs in workers; decodes hostile pictures, fed with nothing
 * but frames, tables and scans. Its longjmp never leaves this file: each entry
 * owns a struct task, and the function that calls setjmp has no locals.
 */
#include "lib_jpeg.h"

#include <limits.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>

#include "jpeg_tables.h"
#include "lib_sodium.h"

#define SINK_BYTES 65536
#define ROWS_MAX (MAX_SAMP_FACTOR * DCTSIZE)

/* One plane: a row of blocks of one component, with room for the padding. */
struct plane {
    uint8_t *bytes;
    size_t stride;
    uint32_t width, height; /* of the component, without padding */
    unsigned rows;          /* read at a time */
    JSAMPROW row[ROWS_MAX];
};

struct task {
    struct jpeg_error_mgr errors; /* first: libjpeg hands back its address */
    jmp_buf jump;
    struct jpeg_decompress_struct d;
    struct jpeg_compress_struct c;
    struct jpeg_source_mgr source;
    struct jpeg_destination_mgr destination;
    const struct jpeg_walk *walk;
    const struct lib_jpeg_head *head;
    const struct image_jpeg_limits *limits;
    const struct image_pixels *pixels;
    struct image_sink *sink;
    struct image_jpeg_told told;
    struct image_fail *fail;
    int err;
    unsigned quality, dpi, next_range, shrink, quant_slots;
    bool subsample, gave_end;
    uint32_t cut_row; /* first row of blocks without data, + 1 */
    struct plane plane[4];
    uint8_t buffer[SINK_BYTES];
};

/* ---- Errors ------------------------------------------------------------------ */

static _Noreturn void task_give_up(struct task *t, int err)
{
    t->err = err;
    longjmp(t->jump, 1);
}

/* libjpeg's fatal errors by what they mean to us; the others are bad data. */
static const struct {
    int code;
    enum reason reason;
} meanings[] = {
    {JERR_OUT_OF_MEMORY, REASON_LIMIT_MEMORY},       {JERR_NO_BACKING_STORE, REASON_LIMIT_MEMORY},
    {JERR_WIDTH_OVERFLOW, REASON_LIMIT_MEMORY},      {JERR_BAD_PRECISION, REASON_UNSUPPORTED_TYPE},
    {JERR_SOF_UNSUPPORTED, REASON_UNSUPPORTED_TYPE}, {JERR_NOT_COMPILED, REASON_UNSUPPORTED_TYPE},
    {JERR_BAD_MCU_SIZE, REASON_UNSUPPORTED_TYPE},    {JERR_CCIR601_NOTIMPL, REASON_UNSUPPORTED_TYPE},
};

static void on_error(j_common_ptr info)
{
    struct task *t = (struct task *)info->err;
    enum reason reason = REASON_MALFORMED;
    char text[JMSG_LENGTH_MAX];

    for (size_t i = 0; i < ARRAY_LEN(meanings); i++)
        if (meanings[i].code == info->err->msg_code)
            reason = meanings[i].reason;
    info->err->format_message(info, text);
    task_give_up(t, image_fail_set(t->fail, reason, "libjpeg: %s", text));
}

/* Warnings: the decoder met bad data and goes on. */
static void on_message(j_common_ptr info, int level)
{
    struct task *t = (struct task *)info->err;

    if (level >= 0)
        return;
    if (info->err->msg_code == JWRN_EXTRANEOUS_DATA) {
        t->told.hidden_bytes += (uint64_t)info->err->msg_parm.i[0];
        return;
    }
    if (t->told.damage < UINT32_MAX)
        t->told.damage++;
    /*
     * The coded data ended at a marker that no later data can follow, before
     * the last row of blocks: the rest of the picture is not there.
     */
    if (info->err->msg_code == JWRN_HIT_MARKER && t->cut_row == 0 &&
        (t->d.unread_marker < JPEG_RST0 || t->d.unread_marker > JPEG_RST0 + 7) &&
        t->d.input_iMCU_row + 1 < t->d.total_iMCU_rows)
        t->cut_row = t->d.input_iMCU_row + 1;
}

static void on_text(j_common_ptr info)
{
    (void)info;
}

/* ---- Bytes in and out ----------------------------------------------------------- */

static void source_nothing(j_decompress_ptr d)
{
    (void)d;
}

/* Lends the next range; behind the last one comes an end marker when the file forgot it, once. */
static boolean source_fill(j_decompress_ptr d)
{
    static const JOCTET end[2] = {0xff, JPEG_EOI};
    struct task *t = d->client_data;

    if (t->next_range < t->walk->ranges) {
        const struct jpeg_range *r = &t->walk->range[t->next_range++];
        t->source.next_input_byte = t->walk->bytes + r->at;
        t->source.bytes_in_buffer = r->n;
    } else if (t->walk->no_end && !t->gave_end) {
        t->gave_end = true;
        t->source.next_input_byte = end;
        t->source.bytes_in_buffer = sizeof end;
    } else {
        task_give_up(t, image_fail_set(t->fail, REASON_MALFORMED, "picture data ends early"));
    }
    return TRUE;
}

static void source_skip(j_decompress_ptr d, long n)
{
    struct task *t = d->client_data;

    while (n > 0 && (size_t)n > t->source.bytes_in_buffer) {
        n -= (long)t->source.bytes_in_buffer;
        (void)source_fill(d);
    }
    if (n > 0) {
        t->source.next_input_byte += n;
        t->source.bytes_in_buffer -= (size_t)n;
    }
}

static void sink_init(j_compress_ptr c)
{
    struct task *t = c->client_data;

    t->destination.next_output_byte = t->buffer;
    t->destination.free_in_buffer = sizeof t->buffer;
}

static void sink_write(struct task *t, size_t n)
{
    int err = n > 0 ? t->sink->write(t->sink->ctx, t->buffer, n) : 0;

    if (err < 0) {
        enum reason reason = err == ERR_LIMIT   ? REASON_LIMIT_OUTPUT
                             : err == ERR_NOMEM ? REASON_LIMIT_MEMORY
                                                : REASON_IO;
        (void)image_fail_set(t->fail, reason, "JPEG output");
        task_give_up(t, err);
    }
}

static boolean sink_flush(j_compress_ptr c)
{
    struct task *t = c->client_data;

    sink_write(t, sizeof t->buffer);
    sink_init(c);
    return TRUE;
}

static void sink_end(j_compress_ptr c)
{
    struct task *t = c->client_data;

    sink_write(t, sizeof t->buffer - t->destination.free_in_buffer);
}

/* ---- Decoding -------------------------------------------------------------------- */

/* The library must have read the same frame as our walk: two readings are an attack. */
static void task_agree(struct task *t)
{
    const struct image_jpeg_info *info = &t->walk->info;
    bool same = t->d.image_width == info->width && t->d.image_height == info->height &&
                (uint32_t)t->d.num_components == info->components;

    for (int i = 0; same && i < t->d.num_components; i++)
        same = t->d.comp_info[i].h_samp_factor == t->walk->component[i].h &&
               t->d.comp_info[i].v_samp_factor == t->walk->component[i].v;
    if (!same)
        task_give_up(t, image_fail_set(t->fail, REASON_MALFORMED, "frame header can be read in two ways"));
}

static void task_planes(struct task *t)
{
    for (int i = 0; i < t->d.num_components; i++) {
        const jpeg_component_info *c = &t->d.comp_info[i];
        struct plane *p = &t->plane[i];
        p->rows = (unsigned)c->v_samp_factor * DCTSIZE;
        p->stride = (size_t)c->width_in_blocks * DCTSIZE;
        p->width = c->downsampled_width;
        p->height = c->downsampled_height;
        p->bytes = calloc(p->rows, p->stride);
        if (!p->bytes)
            task_give_up(t, image_fail_set(t->fail, REASON_LIMIT_MEMORY, "a row of blocks"));
        for (unsigned r = 0; r < p->rows; r++)
            p->row[r] = p->bytes + r * p->stride;
    }
}

static void task_open(struct task *t)
{
    jpeg_create_decompress(&t->d);
    t->d.client_data = t;
    t->d.mem->max_memory_to_use = t->limits->memory_bytes > LONG_MAX ? LONG_MAX
                                  : t->limits->memory_bytes > 0      ? (long)t->limits->memory_bytes
                                                                     : 1; /* its zero means no limit */
    t->source = (struct jpeg_source_mgr){.init_source = source_nothing,
                                         .fill_input_buffer = source_fill,
                                         .skip_input_data = source_skip,
                                         .resync_to_restart = jpeg_resync_to_restart,
                                         .term_source = source_nothing};
    t->d.src = &t->source;
    (void)jpeg_read_header(&t->d, TRUE);
    task_agree(t);
    t->d.raw_data_out = TRUE;
    t->d.out_color_space = t->d.jpeg_color_space;
    t->d.do_block_smoothing = FALSE; /* needs state of other rows and invents detail */
    t->d.dct_method = JDCT_ISLOW;
    t->d.buffered_image = jpeg_has_multiple_scans(&t->d);
    (void)jpeg_start_decompress(&t->d);
    if (t->d.buffered_image) {
        while (jpeg_consume_input(&t->d) != JPEG_REACHED_EOI)
            continue; /* ends: our source never suspends, and gives up where the input does */
    }
    task_planes(t);
}

/* ---- Encoding -------------------------------------------------------------------- */

static void task_destination(struct task *t)
{
    jpeg_create_compress(&t->c);
    t->c.client_data = t;
    t->destination = (struct jpeg_destination_mgr){
        .init_destination = sink_init, .empty_output_buffer = sink_flush, .term_destination = sink_end};
    t->c.dest = &t->destination;
}

/* The factor all sampling factors share: blocks of a lone component stand alone whatever it says (A.2.2). */
static unsigned task_common_factor(const struct task *t)
{
    for (unsigned f = MAX_SAMP_FACTOR; f > 1; f--) {
        bool common = true;
        for (unsigned i = 0; i < t->walk->info.components; i++)
            common = common && t->walk->component[i].h % f == 0 && t->walk->component[i].v % f == 0;
        if (common)
            return f;
    }
    return 1;
}

/* Gives component i its source's table, in a slot shared with those that have the same. False when it is unusable. */
static bool task_quant(struct task *t, int i)
{
    const JQUANT_TBL *from = t->d.comp_info[i].quant_table;
    UINT16 clean[DCTSIZE2];
    unsigned slot = 0;

    if (!from)
        return false;
    memcpy(clean, from->quantval, sizeof clean);
    if (!jpeg_quant_clean(clean))
        return false;
    while (slot < t->quant_slots && memcmp(t->c.quant_tbl_ptrs[slot]->quantval, clean, sizeof clean) != 0)
        slot++;
    if (!t->c.quant_tbl_ptrs[slot]) /* at most one for each of four components, as many as there are */
        t->c.quant_tbl_ptrs[slot] = jpeg_alloc_quant_table((j_common_ptr)&t->c);
    memcpy(t->c.quant_tbl_ptrs[slot]->quantval, clean, sizeof clean);
    t->quant_slots = slot == t->quant_slots ? slot + 1 : t->quant_slots;
    t->c.comp_info[i].quant_tbl_no = (int)slot;
    return true;
}

static void task_quants(struct task *t)
{
    bool usable = true;

    for (int i = 0; i < t->c.num_components; i++)
        usable = usable && task_quant(t, i);
    if (usable)
        return;
    t->told.damage++;
    jpeg_set_quality(&t->c, (int)t->quality, TRUE);
    for (int i = 0; i < t->c.num_components; i++)
        t->c.comp_info[i].quant_tbl_no = t->c.comp_info[i].dc_tbl_no;
}

/* Makes a table whose codes are as long as the source's: its encoder knew the picture, ours sees one row at a time. */
static void task_huffman_like(JHUFF_TBL *to, const JHUFF_TBL *from, bool ac)
{
    struct jpeg_weights weights;

    if (!from)
        return;
    jpeg_huffman_weigh(from->bits, from->huffval, ac, &weights);
    jpeg_huffman_make(&weights, to->bits, to->huffval);
}

#define SAMPLE_ROWS 64

/*
 * Tables for a picture that came in several scans: all of it is in memory, so
 * some rows of blocks tell how often each symbol will be needed. The
 * coefficients are counted here, never passed on.
 */
static void task_huffman_sample(struct task *t, int component, struct jpeg_weights *dc, struct jpeg_weights *ac)
{
    const jpeg_component_info *c = &t->d.comp_info[component];
    jvirt_barray_ptr blocks = jpeg_read_coefficients(&t->d)[component];
    JDIMENSION step = c->height_in_blocks / SAMPLE_ROWS + 1;

    for (JDIMENSION y = 0; y < c->height_in_blocks; y += step) {
        JBLOCKARRAY row = t->d.mem->access_virt_barray((j_common_ptr)&t->d, blocks, y, 1, FALSE);
        for (JDIMENSION x = 0; x < c->width_in_blocks; x++)
            jpeg_huffman_count(row[0][x], x ? row[0][x - 1][0] : 0, dc, ac);
    }
}

static void task_huffman_measured(struct task *t, int table)
{
    static const uint8_t none[256];
    struct jpeg_weights dc, ac;

    jpeg_huffman_weigh(none, none, false, &dc);
    jpeg_huffman_weigh(none, none, true, &ac);
    for (int i = 0; i < t->d.num_components; i++)
        if (t->c.comp_info[i].dc_tbl_no == table)
            task_huffman_sample(t, i, &dc, &ac);
    jpeg_huffman_make(&dc, t->c.dc_huff_tbl_ptrs[table]->bits, t->c.dc_huff_tbl_ptrs[table]->huffval);
    jpeg_huffman_make(&ac, t->c.ac_huff_tbl_ptrs[table]->bits, t->c.ac_huff_tbl_ptrs[table]->huffval);
}

/* Code lengths to suit the picture, then codes nobody can foresee: see jpeg_huffman_shuffle. */
static void task_huffman(struct task *t)
{
    uint8_t random[4][256];

    lib_sodium_mix(t->walk, random[0], sizeof random);
    for (int i = 0; i < 2; i++) {
        JHUFF_TBL *dc = t->c.dc_huff_tbl_ptrs[i], *ac = t->c.ac_huff_tbl_ptrs[i];
        const jpeg_component_info *from = &t->d.comp_info[i < t->d.num_components ? i : 0];
        if (t->d.buffered_image) {
            task_huffman_measured(t, i);
        } else if (!t->d.arith_code) {
            task_huffman_like(dc, t->d.dc_huff_tbl_ptrs[from->dc_tbl_no], false);
            task_huffman_like(ac, t->d.ac_huff_tbl_ptrs[from->ac_tbl_no], true);
        }
        jpeg_huffman_shuffle(dc->bits, dc->huffval, random[i]);
        jpeg_huffman_shuffle(ac->bits, ac->huffval, random[2 + i]);
    }
}

static const J_COLOR_SPACE spaces[] = {
    [IMAGE_JPEG_GREY] = JCS_GRAYSCALE, [IMAGE_JPEG_YCBCR] = JCS_YCbCr, [IMAGE_JPEG_RGB] = JCS_RGB,
    [IMAGE_JPEG_CMYK] = JCS_CMYK,      [IMAGE_JPEG_YCCK] = JCS_YCCK,
};

/*
 * Four components are inverted by readers when there is an Adobe marker, so it
 * stays as it was. A file of three says its colours by JFIF or, for RGB, by
 * Adobe; inside another format both are left as the container found them.
 */
static bool task_needs_adobe(const struct task *t)
{
    if (t->walk->info.components == 4 || t->head->bare)
        return t->walk->info.adobe;
    return t->walk->info.kind == IMAGE_JPEG_RGB;
}

static void task_begin(struct task *t)
{
    const struct image_jpeg_info *info = &t->walk->info;

    task_destination(t);
    t->c.image_width = info->width;
    t->c.image_height = info->height;
    t->c.input_components = (int)info->components;
    t->c.in_color_space = spaces[info->kind];
    jpeg_set_defaults(&t->c);
    jpeg_set_colorspace(&t->c, spaces[info->kind]);
    t->shrink = task_common_factor(t);
    for (int i = 0; i < t->c.num_components; i++) {
        t->c.comp_info[i].h_samp_factor = t->walk->component[i].h / (int)t->shrink;
        t->c.comp_info[i].v_samp_factor = t->walk->component[i].v / (int)t->shrink;
    }
    task_quants(t);
    task_huffman(t);
    t->c.raw_data_in = TRUE;
    t->c.dct_method = JDCT_ISLOW;
    t->c.write_JFIF_header = t->head->jfif ? TRUE : FALSE;
    t->c.density_unit = t->head->density.x ? t->head->density.unit : 0;
    t->c.X_density = t->head->density.x ? t->head->density.x : 1;
    t->c.Y_density = t->head->density.x ? t->head->density.y : 1;
    t->c.write_Adobe_marker = task_needs_adobe(t) ? TRUE : FALSE;
    jpeg_start_compress(&t->c, TRUE);
    if (t->head->exif)
        jpeg_write_marker(&t->c, JPEG_APP0 + 1, t->head->exif, (unsigned)t->head->exif_n);
    if (t->head->icc)
        jpeg_write_icc_profile(&t->c, t->head->icc, (unsigned)t->head->icc_n);
}

/*
 * Samples of the last blocks beyond the picture's edge are nobody's pixels:
 * fill them from the edge, so that they carry nothing.
 */
static void plane_pad(struct plane *p, uint32_t first_row)
{
    unsigned real = p->height > first_row ? p->height - first_row : 1;

    for (unsigned r = 0; r < p->rows; r++) {
        if (r >= real)
            memcpy(p->row[r], p->row[real - 1], p->stride);
        else if (p->stride > p->width)
            memset(p->row[r] + p->width, p->row[r][p->width - 1], p->stride - p->width);
    }
}

/* One row of the decoder's blocks, as `shrink` rows of the encoder's. */
static void task_write_rows(struct task *t)
{
    JSAMPARRAY image[4];

    for (unsigned k = 0; k < t->shrink && t->c.next_scanline < t->c.image_height; k++) {
        for (int i = 0; i < t->c.num_components; i++)
            image[i] = t->plane[i].row + k * (t->plane[i].rows / t->shrink);
        (void)jpeg_write_raw_data(&t->c, image, (JDIMENSION)t->c.max_v_samp_factor * DCTSIZE);
    }
}

static void task_transcode(struct task *t)
{
    JSAMPARRAY image[4];

    for (int i = 0; i < t->d.num_components; i++)
        image[i] = t->plane[i].row;
    if (t->d.buffered_image)
        (void)jpeg_start_output(&t->d, t->d.input_scan_number);
    for (uint32_t block_row = 0; t->d.output_scanline < t->d.output_height; block_row++) {
        (void)jpeg_read_raw_data(&t->d, image, (JDIMENSION)t->d.max_v_samp_factor * DCTSIZE);
        for (int i = 0; i < t->d.num_components; i++)
            plane_pad(&t->plane[i], block_row * t->plane[i].rows);
        task_write_rows(t);
    }
    jpeg_finish_compress(&t->c);
    if (t->d.buffered_image)
        (void)jpeg_finish_output(&t->d);
    (void)jpeg_finish_decompress(&t->d);
    if (t->cut_row)
        task_give_up(t, image_fail_set(t->fail, REASON_MALFORMED, "picture data ends in row %u of %u",
                                       (t->cut_row - 1) * (unsigned)t->d.max_v_samp_factor * DCTSIZE,
                                       t->d.image_height));
    if (t->walk->no_end && t->walk->info.scans > 1)
        task_give_up(t, image_fail_set(t->fail, REASON_MALFORMED, "scans are missing at the end"));
}

static void task_pixels(struct task *t)
{
    static const struct {
        J_COLOR_SPACE space;
        int bytes;
    } orders[] = {[IMAGE_ORDER_GREY] = {JCS_GRAYSCALE, 1}, [IMAGE_ORDER_RGB] = {JCS_RGB, 3},
                  [IMAGE_ORDER_BGRX] = {JCS_EXT_BGRX, 4}};
    const struct image_pixels *px = t->pixels;

    task_destination(t);
    t->c.image_width = px->width;
    t->c.image_height = px->height;
    t->c.input_components = orders[px->order].bytes;
    t->c.in_color_space = orders[px->order].space;
    jpeg_set_defaults(&t->c);
    jpeg_set_quality(&t->c, (int)t->quality, TRUE);
    if (t->c.num_components == 3 && !t->subsample)
        t->c.comp_info[0].h_samp_factor = t->c.comp_info[0].v_samp_factor = 1;
    t->c.dct_method = JDCT_ISLOW;
    t->c.density_unit = t->dpi ? 1 : 0;
    t->c.X_density = t->c.Y_density = (UINT16)(t->dpi ? t->dpi : 1);
    jpeg_start_compress(&t->c, TRUE);
    for (size_t row = 0; row < px->height; row++) {
        union { /* libjpeg's rows are not const, though it only reads them */
            const uint8_t *from;
            JSAMPROW to;
        } line = {px->rows + row * px->stride};
        (void)jpeg_write_scanlines(&t->c, &line.to, 1);
    }
    jpeg_finish_compress(&t->c);
}

/* ---- Entries ---------------------------------------------------------------------- */

static struct task *task_new(struct image_sink *sink, struct image_fail *fail)
{
    struct task *t = calloc(1, sizeof *t);

    if (!t)
        return NULL;
    (void)jpeg_std_error(&t->errors);
    t->errors.error_exit = on_error;
    t->errors.emit_message = on_message;
    t->errors.output_message = on_text;
    t->d.err = t->c.err = &t->errors;
    t->sink = sink;
    t->fail = fail;
    return t;
}

static void task_free(struct task *t)
{
    jpeg_destroy_compress(&t->c); /* fine on one never created: it is zeroed */
    jpeg_destroy_decompress(&t->d);
    for (size_t i = 0; i < ARRAY_LEN(t->plane); i++)
        free(t->plane[i].bytes);
    free(t);
}

static void task_reencode(struct task *t)
{
    if (setjmp(t->jump))
        return;
    task_open(t);
    task_begin(t);
    task_transcode(t);
}

static void task_encode(struct task *t)
{
    if (setjmp(t->jump))
        return;
    task_pixels(t);
}

int lib_jpeg_reencode(const struct jpeg_walk *walk, const struct lib_jpeg_head *head,
                      const struct image_jpeg_limits *limits, unsigned quality, struct image_sink *sink,
                      struct image_jpeg_told *told_out, struct image_fail *fail_out)
{
    struct task *t = task_new(sink, fail_out);

    if (!t)
        return image_fail_set(fail_out, REASON_LIMIT_MEMORY, "JPEG decoder");
    t->walk = walk;
    t->head = head;
    t->limits = limits;
    t->quality = quality;
    task_reencode(t);
    int err = t->err;
    if (err == 0)
        *told_out = t->told;
    task_free(t);
    return err;
}

int lib_jpeg_encode(const struct image_pixels *pixels, unsigned quality, bool subsample, unsigned dpi,
                    struct image_sink *sink, struct image_fail *fail_out)
{
    struct task *t = task_new(sink, fail_out);

    if (!t)
        return image_fail_set(fail_out, REASON_LIMIT_MEMORY, "JPEG encoder");
    t->pixels = pixels;
    t->quality = quality;
    t->subsample = subsample;
    t->dpi = dpi;
    task_encode(t);
    int err = t->err;
    task_free(t);
    return err;
}
