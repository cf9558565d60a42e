/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libjpeg-turbo: errors, bytes in and out, pixels. Runs in workers; decodes
 * hostile pictures, fed with nothing but frames, tables and scans. Its longjmp
 * never leaves lib_jpeg.c and lib_jpeg_again.c: each entry owns a task, and the
 * function that calls setjmp has no locals.
 */
#include "lib_jpeg_task.h"

const J_COLOR_SPACE jpeg_task_spaces[] = {
    [IMAGE_JPEG_GREY] = JCS_GRAYSCALE, [IMAGE_JPEG_YCBCR] = JCS_YCbCr, [IMAGE_JPEG_RGB] = JCS_RGB,
    [IMAGE_JPEG_CMYK] = JCS_CMYK,      [IMAGE_JPEG_YCCK] = JCS_YCCK,
};

/* ---- Errors ------------------------------------------------------------------ */

_Noreturn void jpeg_task_give_up(struct jpeg_task *t, int err)
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
    struct jpeg_task *t = (struct jpeg_task *)info->err;
    enum reason reason = REASON_MALFORMED;
    char text[JMSG_LENGTH_MAX];

    for (size_t i = 0; i < ARRAY_LEN(meanings); i++)
        if (meanings[i].code == info->err->msg_code)
            reason = meanings[i].reason;
    info->err->format_message(info, text);
    jpeg_task_give_up(t, image_fail_set(t->fail, reason, "libjpeg: %s", text));
}

/* Warnings: the decoder met bad data and goes on. */
static void on_message(j_common_ptr info, int level)
{
    struct jpeg_task *t = (struct jpeg_task *)info->err;

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
     * the last row of blocks: the rest of the picture is not there. Giving up
     * now also spares a huge picture made of a few bytes.
     */
    if (info->err->msg_code == JWRN_HIT_MARKER &&
        (t->d.unread_marker < JPEG_RST0 || t->d.unread_marker > JPEG_RST0 + 7) &&
        t->d.input_iMCU_row + 1 < t->d.total_iMCU_rows)
        jpeg_task_give_up(t, image_fail_set(t->fail, REASON_MALFORMED, "picture data ends in row %u of %u",
                                            t->d.input_iMCU_row * (unsigned)t->d.max_v_samp_factor * DCTSIZE,
                                            t->d.image_height));
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
    struct jpeg_task *t = d->client_data;

    if (t->next_range < t->walk->ranges) {
        const struct jpeg_range *r = &t->walk->range[t->next_range++];
        t->source.next_input_byte = t->walk->bytes + r->at;
        t->source.bytes_in_buffer = r->n;
    } else if (t->walk->no_end && !t->gave_end) {
        t->gave_end = true;
        t->source.next_input_byte = end;
        t->source.bytes_in_buffer = sizeof end;
    } else {
        jpeg_task_give_up(t, image_fail_set(t->fail, REASON_MALFORMED, "picture data ends early"));
    }
    return TRUE;
}

static void source_skip(j_decompress_ptr d, long n)
{
    struct jpeg_task *t = d->client_data;

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
    struct jpeg_task *t = c->client_data;

    t->destination.next_output_byte = t->buffer;
    t->destination.free_in_buffer = sizeof t->buffer;
}

static void sink_write(struct jpeg_task *t, size_t n)
{
    int err = n > 0 ? t->sink->write(t->sink->ctx, t->buffer, n) : 0;

    if (err < 0) {
        enum reason reason = err == ERR_LIMIT   ? REASON_LIMIT_OUTPUT
                             : err == ERR_NOMEM ? REASON_LIMIT_MEMORY
                                                : REASON_IO;
        (void)image_fail_set(t->fail, reason, "JPEG output");
        jpeg_task_give_up(t, err);
    }
}

static boolean sink_flush(j_compress_ptr c)
{
    struct jpeg_task *t = c->client_data;

    sink_write(t, sizeof t->buffer);
    sink_init(c);
    return TRUE;
}

static void sink_end(j_compress_ptr c)
{
    struct jpeg_task *t = c->client_data;

    sink_write(t, sizeof t->buffer - t->destination.free_in_buffer);
}

/* ---- The decoder ------------------------------------------------------------------ */

/* The library must have read the same frame as our walk: two readings are an attack. */
static void task_agree(struct jpeg_task *t)
{
    const struct image_jpeg_info *info = &t->walk->info;
    bool same = t->d.image_width == info->width && t->d.image_height == info->height &&
                (uint32_t)t->d.num_components == info->components;

    for (int i = 0; same && i < t->d.num_components; i++)
        same = t->d.comp_info[i].h_samp_factor == t->walk->component[i].h &&
               t->d.comp_info[i].v_samp_factor == t->walk->component[i].v;
    if (!same)
        jpeg_task_give_up(t, image_fail_set(t->fail, REASON_MALFORMED, "frame header can be read in two ways"));
}

void jpeg_task_head(struct jpeg_task *t)
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
    t->d.do_block_smoothing = FALSE; /* needs state of other rows and invents detail */
    t->d.dct_method = JDCT_ISLOW;
}

void jpeg_task_check_whole(struct jpeg_task *t)
{
    if (t->walk->no_end && t->walk->info.scans > 1)
        jpeg_task_give_up(t, image_fail_set(t->fail, REASON_MALFORMED, "scans are missing at the end"));
}

/* ---- The encoder ------------------------------------------------------------------ */

void jpeg_task_destination(struct jpeg_task *t)
{
    jpeg_create_compress(&t->c);
    t->c.client_data = t;
    t->destination = (struct jpeg_destination_mgr){
        .init_destination = sink_init, .empty_output_buffer = sink_flush, .term_destination = sink_end};
    t->c.dest = &t->destination;
}

/* ---- Pixels ------------------------------------------------------------------------ */

/* CMYK to RGB; with an Adobe marker inks are stored inverted by custom. */
static void ink_row(const uint8_t *cmyk, uint32_t width, bool inverted, uint8_t *rgb)
{
    for (uint32_t x = 0; x < width; x++, cmyk += 4, rgb += 3)
        for (unsigned i = 0; i < 3; i++) {
            unsigned light = inverted ? cmyk[i] : 255u - cmyk[i], black = inverted ? cmyk[3] : 255u - cmyk[3];
            rgb[i] = (uint8_t)((light * black + 127) / 255);
        }
}

static void task_decode_rows(struct jpeg_task *t)
{
    const struct image_jpeg_info *info = &t->walk->info;

    jpeg_task_head(t);
    t->d.jpeg_color_space = jpeg_task_spaces[info->kind];
    t->d.out_color_space = info->components == 4 ? JCS_CMYK : JCS_RGB;
    (void)jpeg_start_decompress(&t->d);
    t->plane[0].bytes = calloc(info->width, 4);
    if (!t->plane[0].bytes)
        jpeg_task_give_up(t, image_fail_set(t->fail, REASON_LIMIT_MEMORY, "a row"));
    while (t->d.output_scanline < t->d.output_height) {
        JSAMPROW row = t->rgb + (size_t)t->d.output_scanline * info->width * 3;
        JSAMPROW to = info->components == 4 ? t->plane[0].bytes : row;
        (void)jpeg_read_scanlines(&t->d, &to, 1);
        if (info->components == 4)
            ink_row(to, info->width, info->adobe, row);
    }
    (void)jpeg_finish_decompress(&t->d);
    jpeg_task_check_whole(t);
}

static void task_pixels(struct jpeg_task *t)
{
    static const struct {
        J_COLOR_SPACE space;
        int bytes;
    } orders[] = {[IMAGE_ORDER_GREY] = {JCS_GRAYSCALE, 1}, [IMAGE_ORDER_RGB] = {JCS_RGB, 3},
                  [IMAGE_ORDER_BGRX] = {JCS_EXT_BGRX, 4}};
    const struct image_pixels *px = t->pixels;

    jpeg_task_destination(t);
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

struct jpeg_task *jpeg_task_new(struct image_sink *sink, struct image_fail *fail)
{
    struct jpeg_task *t = calloc(1, sizeof *t);

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

void jpeg_task_free(struct jpeg_task *t)
{
    jpeg_destroy_compress(&t->c); /* fine on one never created: it is zeroed */
    jpeg_destroy_decompress(&t->d);
    for (size_t i = 0; i < ARRAY_LEN(t->plane); i++)
        free(t->plane[i].bytes);
    free(t);
}

static void task_decode(struct jpeg_task *t)
{
    if (setjmp(t->jump))
        return;
    task_decode_rows(t);
}

static void task_encode(struct jpeg_task *t)
{
    if (setjmp(t->jump))
        return;
    task_pixels(t);
}

int lib_jpeg_decode(const struct jpeg_walk *walk, const struct image_jpeg_limits *limits, uint8_t *rgb,
                    struct image_jpeg_told *told_out, struct image_fail *fail_out)
{
    struct jpeg_task *t = jpeg_task_new(NULL, fail_out);

    if (!t)
        return image_fail_set(fail_out, REASON_LIMIT_MEMORY, "JPEG decoder");
    t->walk = walk;
    t->limits = limits;
    t->rgb = rgb;
    task_decode(t);
    int err = t->err;
    if (err == 0)
        *told_out = t->told;
    jpeg_task_free(t);
    return err;
}

int lib_jpeg_encode(const struct image_pixels *pixels, unsigned quality, bool subsample, unsigned dpi,
                    struct image_sink *sink, struct image_fail *fail_out)
{
    struct jpeg_task *t = jpeg_task_new(sink, fail_out);

    if (!t)
        return image_fail_set(fail_out, REASON_LIMIT_MEMORY, "JPEG encoder");
    t->pixels = pixels;
    t->quality = quality;
    t->subsample = subsample;
    t->dpi = dpi;
    task_encode(t);
    int err = t->err;
    jpeg_task_free(t);
    return err;
}
