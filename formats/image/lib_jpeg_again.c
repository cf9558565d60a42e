/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libjpeg-turbo: a picture decoded and encoded again, plane by plane in the
 * source's subsampling, so that no colour is converted and repeated passes do
 * not drift. Runs in workers on hostile pictures; see lib_jpeg.c.
 */
#include "jpeg_tables.h"
#include "lib_jpeg_task.h"
#include "lib_sodium.h"

/* ---- Decoding ---------------------------------------------------------------------- */

static void task_planes(struct jpeg_task *t)
{
    for (int i = 0; i < t->d.num_components; i++) {
        const jpeg_component_info *c = &t->d.comp_info[i];
        struct jpeg_plane *p = &t->plane[i];
        p->rows = (unsigned)c->v_samp_factor * DCTSIZE;
        p->stride = (size_t)c->width_in_blocks * DCTSIZE;
        p->width = c->downsampled_width;
        p->height = c->downsampled_height;
        p->bytes = calloc(p->rows, p->stride);
        if (!p->bytes)
            jpeg_task_give_up(t, image_fail_set(t->fail, REASON_LIMIT_MEMORY, "a row of blocks"));
        for (unsigned r = 0; r < p->rows; r++)
            p->row[r] = p->bytes + r * p->stride;
    }
}

static void task_open(struct jpeg_task *t)
{
    jpeg_task_head(t);
    t->d.raw_data_out = TRUE;
    t->d.out_color_space = t->d.jpeg_color_space;
    t->d.buffered_image = jpeg_has_multiple_scans(&t->d);
    (void)jpeg_start_decompress(&t->d);
    if (t->d.buffered_image) {
        while (jpeg_consume_input(&t->d) != JPEG_REACHED_EOI)
            continue; /* ends: our source never suspends, and gives up where the input does */
    }
    task_planes(t);
}

/* ---- Encoding ---------------------------------------------------------------------- */

/* The factor all sampling factors share: blocks of a lone component stand alone whatever it says (A.2.2). */
static unsigned task_common_factor(const struct jpeg_task *t)
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
static bool task_quant(struct jpeg_task *t, int i)
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

static void task_quants(struct jpeg_task *t)
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
static void task_huffman_sample(struct jpeg_task *t, int component, struct jpeg_weights *dc, struct jpeg_weights *ac)
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

static void task_huffman_measured(struct jpeg_task *t, int table)
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
static void task_huffman(struct jpeg_task *t)
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

/*
 * Four components are inverted by readers when there is an Adobe marker, so it
 * stays as it was. A file of three says its colours by JFIF or, for RGB, by
 * Adobe; inside another format both are left as the container found them.
 */
static bool task_needs_adobe(const struct jpeg_task *t)
{
    if (t->walk->info.components == 4 || t->head->bare)
        return t->walk->info.adobe;
    return t->walk->info.kind == IMAGE_JPEG_RGB;
}

static void task_begin(struct jpeg_task *t)
{
    const struct image_jpeg_info *info = &t->walk->info;

    jpeg_task_destination(t);
    t->c.image_width = info->width;
    t->c.image_height = info->height;
    t->c.input_components = (int)info->components;
    t->c.in_color_space = jpeg_task_spaces[info->kind];
    jpeg_set_defaults(&t->c);
    jpeg_set_colorspace(&t->c, jpeg_task_spaces[info->kind]);
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
static void plane_pad(struct jpeg_plane *p, uint32_t first_row)
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
static void task_write_rows(struct jpeg_task *t)
{
    JSAMPARRAY image[4];

    for (unsigned k = 0; k < t->shrink && t->c.next_scanline < t->c.image_height; k++) {
        for (int i = 0; i < t->c.num_components; i++)
            image[i] = t->plane[i].row + k * (t->plane[i].rows / t->shrink);
        (void)jpeg_write_raw_data(&t->c, image, (JDIMENSION)t->c.max_v_samp_factor * DCTSIZE);
    }
}

static void task_transcode(struct jpeg_task *t)
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
    jpeg_task_check_whole(t);
}

static void task_reencode(struct jpeg_task *t)
{
    if (setjmp(t->jump))
        return;
    task_open(t);
    task_begin(t);
    task_transcode(t);
}

int lib_jpeg_reencode(const struct jpeg_walk *walk, const struct lib_jpeg_head *head,
                      const struct image_jpeg_limits *limits, unsigned quality, struct image_sink *sink,
                      struct image_jpeg_told *told_out, struct image_fail *fail_out)
{
    struct jpeg_task *t = jpeg_task_new(sink, fail_out);

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
    jpeg_task_free(t);
    return err;
}
