/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JPEG and colour profile fixtures. Test code. */
#include "make_jpeg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jpeglib.h>

uint8_t make_jpeg_sample(unsigned x, unsigned y, unsigned c)
{
    unsigned a = (x * 5 + y * 3) % 200, b = (x + y * 2 + c * 40) % 160;

    return (uint8_t)(28 + (a < 100 ? a : 200 - a) / 2 + (b < 80 ? b : 160 - b));
}

void fixture_insert(struct fixture *f, size_t at, const void *bytes, size_t n)
{
    fixture_add(f, bytes, n); /* for the room */
    memmove(f->bytes + at + n, f->bytes + at, f->len - n - at);
    memcpy(f->bytes + at, bytes, n);
}

void fixture_cut(struct fixture *f, size_t at, size_t n)
{
    memmove(f->bytes + at, f->bytes + at + n, f->len - at - n);
    f->len -= n;
}

static void quant_tables(struct jpeg_compress_struct *c, unsigned kind)
{
    unsigned values[64];

    for (unsigned i = 0; i < 64; i++)
        values[i] = kind == 1   ? (unsigned)"<?php eval($x);?>"[i % 17]
                    : kind == 2 ? (i == 5 ? 0 : 16)
                                : 20 + i * 10;
    for (int t = 0; t < 2; t++) {
        jpeg_add_quant_table(c, t, values, 100, FALSE);
        if (kind == 2)
            c->quant_tbl_ptrs[t]->quantval[5] = 1; /* libjpeg will not divide by 0; patched afterwards */
    }
}

static void colours(struct jpeg_compress_struct *c, const struct make_jpeg *r)
{
    unsigned n = r->components ? r->components : 3;

    c->input_components = (int)n;
    c->in_color_space = n == 1 ? JCS_GRAYSCALE : n == 4 ? JCS_CMYK : JCS_RGB;
    jpeg_set_defaults(c);
    if (r->rgb)
        jpeg_set_colorspace(c, JCS_RGB);
    if (r->ycck)
        jpeg_set_colorspace(c, JCS_YCCK);
}

static void shape(struct jpeg_compress_struct *c, const struct make_jpeg *r, jpeg_scan_info scans[4])
{
    jpeg_set_quality(c, r->quality ? (int)r->quality : 75, TRUE);
    for (int i = 0; i < c->num_components; i++) {
        c->comp_info[i].h_samp_factor = i == 0 ? (r->h ? (int)r->h : 1) : r->all_h ? (int)r->all_h : 1;
        c->comp_info[i].v_samp_factor = i == 0 ? (r->v ? (int)r->v : 1) : r->all_h ? (int)r->all_h : 1;
    }
    if (r->quant)
        quant_tables(c, r->quant);
    if (r->progressive)
        jpeg_simple_progression(c);
    if (r->separate_scans) {
        for (int i = 0; i < c->num_components; i++)
            scans[i] = (jpeg_scan_info){.comps_in_scan = 1, .component_index = {i}, .Se = 63};
        c->scan_info = scans;
        c->num_scans = c->num_components;
    }
    c->arith_code = r->arithmetic ? TRUE : FALSE;
    c->restart_interval = r->restart;
    c->density_unit = (UINT8)r->density_unit;
    c->X_density = c->Y_density = (UINT16)(r->density ? r->density : 1);
    if (r->no_adobe)
        c->write_Adobe_marker = FALSE;
    if (r->no_jfif)
        c->write_JFIF_header = FALSE;
}

void make_jpeg(struct fixture *f, const struct make_jpeg *recipe)
{
    struct jpeg_compress_struct c = {0};
    struct jpeg_error_mgr errors;
    jpeg_scan_info scans[4];
    unsigned char *out = NULL;
    unsigned long n = 0;

    c.err = jpeg_std_error(&errors);
    jpeg_create_compress(&c);
    jpeg_mem_dest(&c, &out, &n);
    c.image_width = recipe->width;
    c.image_height = recipe->height;
    colours(&c, recipe);
    shape(&c, recipe, scans);
    jpeg_start_compress(&c, TRUE);
    uint8_t *row = malloc((size_t)recipe->width * 4);
    assert_non_null(row);
    for (unsigned y = 0; y < recipe->height; y++) {
        for (unsigned x = 0; x < recipe->width; x++)
            for (unsigned i = 0; i < (unsigned)c.input_components; i++)
                row[x * (unsigned)c.input_components + i] = make_jpeg_sample(x, y, i);
        (void)jpeg_write_scanlines(&c, &row, 1);
    }
    jpeg_finish_compress(&c);
    jpeg_destroy_compress(&c);
    free(row);
    fixture_add(f, out, n);
    free(out);
    if (recipe->quant == 2) {
        size_t dqt = make_jpeg_find(f, 0xdb);
        f->bytes[dqt + 5 + 7] = 0;
    }
}

void make_jpeg_segment(struct fixture *f, uint8_t marker, const void *payload, size_t n)
{
    const uint8_t head[4] = {0xff, marker, (uint8_t)((n + 2) >> 8), (uint8_t)(n + 2)};

    fixture_insert(f, 2, head, sizeof head);
    fixture_insert(f, 2 + sizeof head, payload, n);
}

size_t make_jpeg_find(const struct fixture *f, uint8_t marker)
{
    size_t at = 2;

    while (at + 4 < f->len && f->bytes[at] == 0xff && f->bytes[at + 1] != marker)
        at += 2 + ((size_t)f->bytes[at + 2] << 8 | f->bytes[at + 3]);
    assert_true(at + 4 < f->len && f->bytes[at + 1] == marker);
    return at;
}

static void put(struct fixture *f, bool little, unsigned bytes, uint32_t value)
{
    for (unsigned i = 0; i < bytes; i++) {
        uint8_t b = (uint8_t)(value >> 8 * (little ? i : bytes - 1 - i));
        fixture_add(f, &b, 1);
    }
}

static void put_entry(struct fixture *f, bool little, unsigned tag, unsigned type, uint32_t count, uint32_t value)
{
    put(f, little, 2, tag);
    put(f, little, 2, type);
    put(f, little, 4, count);
    put(f, little, type == 3 ? 2 : 4, value);
    if (type == 3)
        put(f, little, 2, 0);
}

void make_exif(struct fixture *t, const struct make_exif *r)
{
    const char *text = r->text ? r->text : "";
    unsigned entries = (r->text ? 1 : 0) + (r->orientation ? 1 : 0) + (r->dpi ? 3 : 0) + (r->gps ? 1 : 0);
    uint32_t values = 8 + 2 + entries * 12 + 4, text_n = (uint32_t)strlen(text) + 5;
    bool le = r->little;

    fixture_add(t, le ? "II*\0" : "MM\0*", 4);
    put(t, le, 4, 8);
    put(t, le, 2, entries);
    if (r->text)
        put_entry(t, le, 0x010e, 2, text_n, values + 16);
    if (r->orientation)
        put_entry(t, le, 0x0112, 3, 1, r->orientation);
    if (r->dpi) {
        put_entry(t, le, 0x011a, 5, 1, values);
        put_entry(t, le, 0x011b, 5, 1, values + 8);
        put_entry(t, le, 0x0128, 3, 1, 2);
    }
    if (r->gps)
        put_entry(t, le, 0x8825, 4, 1, values);
    put(t, le, 4, r->thumbnail ? values : 0);
    for (unsigned i = 0; i < 2; i++) {
        put(t, le, 4, r->dpi * 10);
        put(t, le, 4, 10);
    }
    fixture_puts(t, text);
    fixture_add(t, "\0\0\0\0\0", 5);
}

void make_jpeg_compare(const uint8_t *bytes, size_t n, unsigned width, unsigned height, unsigned components,
                       double tolerance)
{
    struct jpeg_decompress_struct d = {0};
    struct jpeg_error_mgr errors;
    double total = 0;

    d.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&d);
    jpeg_mem_src(&d, bytes, n);
    (void)jpeg_read_header(&d, TRUE);
    assert_int_equal(d.image_width, width);
    assert_int_equal(d.image_height, height);
    assert_int_equal(d.num_components, components);
    d.out_color_space = components == 1 ? JCS_GRAYSCALE : components == 4 ? JCS_CMYK : JCS_RGB;
    (void)jpeg_start_decompress(&d);
    uint8_t *row = malloc((size_t)width * components);
    assert_non_null(row);
    for (unsigned y = 0; y < height; y++) {
        (void)jpeg_read_scanlines(&d, &row, 1);
        for (unsigned i = 0; i < width * components; i++) {
            int want = make_jpeg_sample(i / components, y, i % components);
            total += want > row[i] ? want - row[i] : row[i] - want;
        }
    }
    (void)jpeg_finish_decompress(&d);
    assert_int_equal(errors.num_warnings, 0);
    jpeg_destroy_decompress(&d);
    free(row);
    total /= (double)width * height * components;
    if (total > tolerance)
        fail_msg("mean error %.2f, over %.2f", total, tolerance);
}

/* ---- Colour profiles ------------------------------------------------------------- */

struct tags {
    struct fixture table, data;
    unsigned count, base;
};

static void tag(struct tags *t, const char *signature, const void *bytes, size_t n)
{
    fixture_puts(&t->table, signature);
    put(&t->table, false, 4, t->base + (uint32_t)t->data.len);
    put(&t->table, false, 4, (uint32_t)n);
    fixture_add(&t->data, bytes, n);
    fixture_add(&t->data, "\0\0\0", (4 - n % 4) % 4);
    t->count++;
}

/* mft1, or mft2 with tables of 3 and 2, of 2 grid points a side */
static void lut_flat(struct tags *t, const char *signature, unsigned in, unsigned out, bool wide)
{
    struct fixture f = {0};
    uint8_t head[52] = "mft1";
    unsigned cells = out;

    head[8] = (uint8_t)in;
    head[9] = (uint8_t)out;
    head[10] = 2;
    for (unsigned i = 0; i < in; i++)
        cells *= 2;
    if (wide)
        head[3] = '2', head[49] = 3, head[51] = 2;
    fixture_add(&f, head, wide ? 52 : 48);
    for (unsigned i = 0; i < (wide ? 2 * (3 * in + cells + 2 * out) : 256 * in + cells + 256 * out); i++)
        put(&f, false, 1, i & 255);
    tag(t, signature, f.bytes, f.len);
    fixture_free(&f);
}

/* mAB with all five parts, laid out backwards: ours come in another order */
static void lut_parts(struct tags *t, const char *signature, unsigned in, unsigned out)
{
    struct fixture f = {0};
    uint8_t head[32] = "mAB ", clut[20] = {0};
    unsigned cells = out, curve = 12;

    for (unsigned i = 0; i < in; i++) {
        cells *= 2;
        clut[i] = 2;
    }
    clut[16] = 1;
    unsigned clut_n = (20 + cells + 3) / 4 * 4;
    unsigned place[5] = {0}, at = 32;
    place[4] = at, at += in * curve;
    place[3] = at, at += clut_n;
    place[2] = at, at += out * curve;
    place[1] = at, at += 48;
    place[0] = at;
    head[8] = (uint8_t)in;
    head[9] = (uint8_t)out;
    for (unsigned i = 0; i < 5; i++)
        head[12 + 4 * i + 3] = (uint8_t)place[i], head[12 + 4 * i + 2] = (uint8_t)(place[i] >> 8);
    fixture_add(&f, head, sizeof head);
    for (unsigned i = 0; i < in; i++)
        fixture_add(&f, "curv\0\0\0\0\0\0\0\0", 12);
    fixture_add(&f, clut, sizeof clut);
    for (unsigned i = 0; i < clut_n - 20; i++)
        put(&f, false, 1, i < cells ? i & 255 : 0);
    for (unsigned i = 0; i < out; i++)
        fixture_add(&f, "curv\0\0\0\0\0\0\0\0", 12);
    for (unsigned i = 0; i < 12; i++)
        put(&f, false, 4, i % 4 == 0 ? 0x10000 : 0);
    for (unsigned i = 0; i < out; i++)
        fixture_add(&f, "curv\0\0\0\0\0\0\0\0", 12);
    tag(t, signature, f.bytes, f.len);
    fixture_free(&f);
}

static void text_tags(struct tags *t, const struct make_icc *r)
{
    const char *name = r->name ? r->name : "Somebody's monitor";
    struct fixture f = {0};

    if (r->v4) {
        fixture_add(&f, "mluc\0\0\0\0\0\0\0\1\0\0\0\x0c" "jaJP", 20);
        put(&f, false, 4, (uint32_t)strlen(name) * 2);
        put(&f, false, 4, 28);
        for (const char *c = name; *c; c++)
            put(&f, false, 2, (uint32_t)*c);
    } else {
        fixture_add(&f, "desc\0\0\0\0", 8);
        put(&f, false, 4, (uint32_t)strlen(name) + 1);
        fixture_add(&f, name, strlen(name) + 1);
        for (unsigned i = 0; i < 78; i++)
            put(&f, false, 1, 0);
    }
    tag(t, "desc", f.bytes, f.len);
    fixture_free(&f);
    tag(t, "cprt", "text\0\0\0\0Copyright of somebody", 30);
}

static void colour_tags(struct tags *t, const struct make_icc *r)
{
    static const uint8_t xyz[20] = "XYZ \0\0\0\0\0\0\xf6\xd6\0\1\0\0\0\0\xd3\x2d";
    static const uint8_t gamma[14] = "curv\0\0\0\0\0\0\0\1\2\x33";
    static const uint8_t broken[14] = "curv\0\0\0\0\0\xff\xff\xff\2\x33";
    static const char *const three[] = {"rXYZ", "gXYZ", "bXYZ", "rTRC", "gTRC", "bTRC"};

    if (!r->no_white)
        tag(t, "wtpt", xyz, sizeof xyz);
    if (r->channels == 1)
        tag(t, "kTRC", r->bad_curve ? broken : gamma, sizeof gamma);
    for (unsigned i = 0; r->channels == 3 && i < 6; i++)
        tag(t, three[i], i < 3 ? xyz : r->bad_curve ? broken : gamma, i < 3 ? sizeof xyz : sizeof gamma);
    if (r->lut_parts)
        lut_parts(t, "A2B0", r->channels, 3);
    else if (r->channels == 4)
        lut_flat(t, "A2B0", 4, 3, r->lut_wide);
    if (r->channels == 4)
        lut_flat(t, "B2A0", 3, 4, r->lut_wide);
}

void make_icc(struct fixture *icc, const struct make_icc *r)
{
    static const char *const spaces[] = {[1] = "GRAY", [3] = "RGB ", [4] = "CMYK"};
    uint8_t head[128] = {0};
    struct tags t = {.base = 4096}; /* room for any table; a gap is not against the rules */

    text_tags(&t, r);
    colour_tags(&t, r);
    if (r->private_tag)
        tag(&t, "XPLT", "data\0\0\0\0secret payload", 22);
    if (r->twice)
        tag(&t, "wtpt", "XYZ \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
    if (r->private_outside) {
        tag(&t, "chad", "sf32", 4);
        memset(t.table.bytes + t.table.len - 8, 0x7f, 8);
    }
    uint32_t size = 4096 + (uint32_t)t.data.len + (uint32_t)r->padding;
    for (unsigned i = 0; i < 4; i++)
        head[i] = (uint8_t)(size >> (24 - 8 * i));
    memcpy(head + 4, "none", 4);
    head[8] = r->v4 ? 4 : 2;
    head[9] = 0x10;
    memcpy(head + 12, r->bad_class ? "link" : "mntr", 4);
    memcpy(head + 16, spaces[r->channels], 4);
    memcpy(head + 20, r->channels == 4 ? "Lab " : "XYZ ", 4);
    memcpy(head + 36, "acspMSFT", 8);
    memcpy(head + 48, "SBDY", 4);
    fixture_add(icc, head, sizeof head);
    put(icc, false, 4, t.count);
    fixture_add(icc, t.table.bytes, t.table.len);
    while (icc->len < 4096)
        put(icc, false, 1, 0);
    fixture_add(icc, t.data.bytes, t.data.len);
    uint8_t *padding = calloc(1, r->padding + 1);
    assert_non_null(padding);
    memset(padding, 'x', r->padding);
    fixture_add(icc, padding, r->padding);
    free(padding);
    fixture_free(&t.table);
    fixture_free(&t.data);
}

void make_jpeg_icc(struct fixture *f, const struct fixture *icc, size_t piece, unsigned missing)
{
    unsigned count = (unsigned)((icc->len + piece - 1) / piece);

    for (unsigned i = count; i > 0; i--) { /* each goes in front of the one before */
        struct fixture part = {0};
        size_t at = (i - 1) * piece, n = icc->len - at < piece ? icc->len - at : piece;
        fixture_add(&part, "ICC_PROFILE", 12);
        put(&part, false, 1, i);
        put(&part, false, 1, count);
        fixture_add(&part, icc->bytes + at, n);
        if (i != missing)
            make_jpeg_segment(f, 0xe2, part.bytes, part.len);
        fixture_free(&part);
    }
}
