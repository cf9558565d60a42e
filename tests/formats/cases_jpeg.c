/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cases of the jpeg handler. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "make_jpeg.h"

#define W 61
#define H 43

/* ---- Pictures of every shape ------------------------------------------------------ */

#define SHAPE(name, ...)                                                        \
    static void shape_##name(struct fixture *f)                                 \
    {                                                                           \
        make_jpeg(f, &(struct make_jpeg){.width = W, .height = H, __VA_ARGS__}); \
    }
SHAPE(444, .components = 3)
SHAPE(grey, .components = 1)
SHAPE(420, .h = 2, .v = 2)
SHAPE(422, .h = 2, .v = 1)
SHAPE(440, .h = 1, .v = 2)
SHAPE(411, .h = 4, .v = 1)
SHAPE(grey_2x2, .components = 1, .h = 2, .v = 2)
SHAPE(all_2x2, .h = 2, .v = 2, .all_h = 2, .separate_scans = true)
SHAPE(separate, .h = 2, .v = 2, .separate_scans = true)
SHAPE(progressive, .h = 2, .v = 2, .progressive = true)
SHAPE(progressive_grey, .components = 1, .progressive = true)
SHAPE(restart, .h = 2, .v = 1, .restart = 2)
SHAPE(arithmetic, .arithmetic = true)
SHAPE(arithmetic_progressive, .arithmetic = true, .progressive = true)
SHAPE(cmyk, .components = 4)
SHAPE(cmyk_plain, .components = 4, .no_adobe = true)
SHAPE(ycck, .components = 4, .ycck = true, .h = 2, .v = 2)
SHAPE(rgb, .rgb = true)
SHAPE(rgb_ids, .rgb = true, .no_adobe = true)
SHAPE(quality_100, .quality = 100)
SHAPE(quality_10, .quality = 10)
SHAPE(dpi, .density_unit = 1, .density = 300)
SHAPE(dpcm, .density_unit = 2, .density = 118)
SHAPE(no_jfif, .no_jfif = true)
SHAPE(quant_text, .quant = 1)
SHAPE(quant_zero, .quant = 2)
SHAPE(quant_wide, .quant = 3)

static void shape_one_pixel(struct fixture *f)
{
    make_jpeg(f, &(struct make_jpeg){.width = 1, .height = 1, .h = 2, .v = 2});
}

static void shape_long(struct fixture *f)
{
    make_jpeg(f, &(struct make_jpeg){.width = 2000, .height = 3, .components = 1});
}

static void looks_colour(const uint8_t *out, size_t n)
{
    make_jpeg_compare(out, n, W, H, 3, 8);
}

static void looks_grey(const uint8_t *out, size_t n)
{
    make_jpeg_compare(out, n, W, H, 1, 4);
}

static void looks_ink(const uint8_t *out, size_t n)
{
    make_jpeg_compare(out, n, W, H, 4, 8);
}

static bool has(const uint8_t *out, size_t n, const char *word)
{
    return memmem(out, n, word, strlen(word)) != NULL;
}

/* No Adobe marker may appear where there was none: readers would invert the picture. */
static void stays_without_adobe(const uint8_t *out, size_t n)
{
    looks_ink(out, n);
    assert_false(has(out, n, "Adobe"));
}

static void stays_rgb(const uint8_t *out, size_t n)
{
    looks_colour(out, n);
    assert_true(has(out, n, "Adobe") && !has(out, n, "JFIF"));
}

static void is_300_dpi(const uint8_t *out, size_t n)
{
    assert_memory_equal(out + 6, "JFIF\0\1\1\1\x01\x2c\x01\x2c\0\0", 14);
}

static void is_118_per_cm(const uint8_t *out, size_t n)
{
    assert_memory_equal(out + 6, "JFIF\0\1\1\2\0\x76\0\x76\0\0", 14);
}

static void has_no_text_table(const uint8_t *out, size_t n)
{
    assert_false(has(out, n, "eval") || has(out, n, "php"));
    looks_colour(out, n);
}

/* ---- Metadata ------------------------------------------------------------------------ */

static void plain(struct fixture *f)
{
    shape_420(f);
}

static void add_exif(struct fixture *f, const struct make_exif *recipe)
{
    struct fixture t = {0};

    fixture_add(&t, "Exif\0\0", 6);
    make_exif(&t, recipe);
    make_jpeg_segment(f, 0xe1, t.bytes, t.len);
    fixture_free(&t);
}

static void exif_gps(struct fixture *f)
{
    plain(f);
    add_exif(f, &(struct make_exif){.text = "secret owner", .gps = true, .little = true});
}

static void exif_thumbnail(struct fixture *f)
{
    plain(f);
    add_exif(f, &(struct make_exif){.orientation = 1, .thumbnail = true, .text = "secret"});
}

static void exif_resolution(struct fixture *f)
{
    shape_no_jfif(f);
    add_exif(f, &(struct make_exif){.dpi = 300, .little = true});
}

/* RGB may have no JFIF, so its density goes into the EXIF block */
static void exif_resolution_rgb(struct fixture *f)
{
    shape_rgb(f);
    add_exif(f, &(struct make_exif){.orientation = 6, .dpi = 200, .text = "secret"});
}

static void exif_broken(struct fixture *f)
{
    plain(f);
    make_jpeg_segment(f, 0xe1, "Exif\0\0II*\0\xff\xff\xff\x7fsecret", 20);
}

static void exif_orientation_9(struct fixture *f)
{
    plain(f);
    add_exif(f, &(struct make_exif){.orientation = 9});
}

static const uint8_t our_exif[] = "\xff\xe1\0\x22" "Exif\0\0MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0";

static void turned(const uint8_t *out, size_t n, unsigned orientation)
{
    const uint8_t *at = memmem(out, n, our_exif, sizeof our_exif - 1);

    assert_int_equal(at != NULL, orientation != 1);
    if (at)
        assert_int_equal(at[sizeof our_exif - 1], orientation);
    assert_false(has(out, n, "secret"));
}

#define ORIENTATION(o)                                                                                    \
    static void orientation_##o(struct fixture *f)                                                        \
    {                                                                                                     \
        plain(f);                                                                                         \
        add_exif(f, &(struct make_exif){.orientation = o, .text = "secret", .little = o % 2 == 0});       \
    }                                                                                                     \
    static void turned_##o(const uint8_t *out, size_t n)                                                  \
    {                                                                                                     \
        turned(out, n, o);                                                                                \
    }
ORIENTATION(1)
ORIENTATION(2)
ORIENTATION(3)
ORIENTATION(4)
ORIENTATION(5)
ORIENTATION(6)
ORIENTATION(7)
ORIENTATION(8)

static void rgb_keeps_dpi(const uint8_t *out, size_t n)
{
    static const uint8_t ours[] = "Exif\0\0MM\0*\0\0\0\x08\0\4\x01\x12\0\3\0\0\0\1\0\6\0\0\x01\x1a";

    assert_non_null(memmem(out, n, ours, sizeof ours - 1));
    assert_non_null(memmem(out, n, "\0\0\0\xc8\0\0\0\1\0\0\0\xc8\0\0\0\1", 16));
    assert_false(has(out, n, "secret"));
}

static void no_secret(const uint8_t *out, size_t n)
{
    assert_false(has(out, n, "secret") || has(out, n, "PK\x03\x04") || has(out, n, "http"));
    looks_colour(out, n);
}

#define SEGMENT(name, marker, payload)                              \
    static void name(struct fixture *f)                             \
    {                                                               \
        plain(f);                                                   \
        make_jpeg_segment(f, marker, payload, sizeof payload - 1);  \
    }
SEGMENT(jfif_thumbnail, 0xe0, "JFIF\0\1\2\1\0\x48\0\x48\1\1abc secret")
SEGMENT(jfxx, 0xe0, "JFXX\0\x10\xff\xd8 secret")
SEGMENT(xmp, 0xe1, "http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>secret</x:xmpmeta>")
SEGMENT(xmp_extended, 0xe1, "http://ns.adobe.com/xmp/extension/\0secret")
SEGMENT(iptc, 0xed, "Photoshop 3.0\0" "8BIM\4\4\0\0\0\0\0\x0bsecret")
SEGMENT(comment, 0xfe, "secret <script>")
SEGMENT(app5, 0xe5, "secret")
SEGMENT(jpg7, 0xf7, "secret")
SEGMENT(app14_short, 0xee, "Adobe\0secre")
SEGMENT(mpf, 0xe2, "MPF\0II*\0secret")

static void second_jfif(struct fixture *f)
{
    plain(f);
    make_jpeg_segment(f, 0xe0, "JFIF\0\1\1\1\1\0\1\0\0\0", 14);
    make_jpeg_segment(f, 0xe0, "JFIF\0\1\1\1\0\x48\0\x48\0\0", 14);
}

static void everything(struct fixture *f)
{
    plain(f);
    make_jpeg_segment(f, 0xfe, "secret", 6);
    make_jpeg_segment(f, 0xed, "Photoshop 3.0\0secret", 20);
    add_exif(f, &(struct make_exif){.orientation = 3, .gps = true, .thumbnail = true, .text = "secret"});
    fixture_puts(f, "PK\x03\x04secret");
}

/* ---- Behind and between ------------------------------------------------------------------ */

static void mpf_second_picture(struct fixture *f)
{
    struct fixture second = {0};

    mpf(f);
    make_jpeg(&second, &(struct make_jpeg){.width = 8, .height = 8});
    fixture_add(f, second.bytes, second.len);
    fixture_free(&second);
}

static void trailing_zip(struct fixture *f)
{
    plain(f);
    fixture_add(f, "PK\x03\x04\x14\0secret.exePK\x05\x06", 20);
}

static void trailing_zero(struct fixture *f)
{
    plain(f);
    fixture_add(f, "", 1);
}

static void hidden_in_scan(struct fixture *f)
{
    plain(f);
    fixture_insert(f, f->len - 2, "secret behind the last block", 28);
}

static void stray_bytes(struct fixture *f)
{
    plain(f);
    fixture_insert(f, make_jpeg_find(f, 0xdb), "secret\xff\0", 8);
}

static void fill_bytes(struct fixture *f)
{
    plain(f);
    fixture_insert(f, make_jpeg_find(f, 0xdb), "\xff\xff\xff", 3);
}

/* Coded data that spells a script: the codes that spelled it are not the ones written. */
static void text_in_scan(struct fixture *f)
{
    static const char text[] = "<script>alert('secret secret secret');</script>";

    make_jpeg(f, &(struct make_jpeg){.width = 512, .height = 8, .components = 1, .quality = 95});
    size_t scan = make_jpeg_find(f, 0xda) + 10;
    fixture_cut(f, scan, f->len - scan - 2);
    for (unsigned i = 0; i < 3; i++)
        fixture_insert(f, scan, text, sizeof text - 1);
}

static void has_no_text(const uint8_t *out, size_t n)
{
    assert_false(has(out, n, "secr") || has(out, n, "scri") || has(out, n, "alert"));
}

/* ---- Colour profiles ------------------------------------------------------------------------ */

static void with_icc(struct fixture *f, const struct make_icc *recipe, size_t piece, unsigned missing)
{
    struct fixture icc = {0};

    make_icc(&icc, recipe);
    make_jpeg_icc(f, &icc, piece, missing);
    fixture_free(&icc);
}

#define ICC(name, picture, piece, missing, ...)                                      \
    static void icc_##name(struct fixture *f)                                        \
    {                                                                                \
        picture(f);                                                                  \
        with_icc(f, &(struct make_icc){__VA_ARGS__}, piece, missing);                \
    }
ICC(good, plain, 65519, 0, .channels = 3, .name = "Display P3")
ICC(v4, plain, 65519, 0, .channels = 3, .name = "sRGB", .v4 = true)
ICC(unknown_name, plain, 65519, 0, .channels = 3)
ICC(private, plain, 65519, 0, .channels = 3, .private_tag = true)
ICC(parts, plain, 65519, 0, .channels = 3, .lut_parts = true, .v4 = true)
ICC(grey, shape_grey, 65519, 0, .channels = 1)
ICC(cmyk, shape_cmyk, 65519, 0, .channels = 4, .name = "Japan Color 2001 Coated")
ICC(chunks, plain, 700, 0, .channels = 3, .padding = 3000)
ICC(chunk_missing, plain, 700, 3, .channels = 3, .padding = 3000)
ICC(wrong_space, plain, 65519, 0, .channels = 1)
ICC(huge, shape_grey, 65519, 0, .channels = 1, .padding = 5 << 20)
ICC(outside, plain, 65519, 0, .channels = 3, .private_outside = true)
ICC(twice, plain, 65519, 0, .channels = 3, .twice = true)
ICC(bad_curve, plain, 65519, 0, .channels = 3, .bad_curve = true)
ICC(no_white, plain, 65519, 0, .channels = 3, .no_white = true)
ICC(bad_class, plain, 65519, 0, .channels = 3, .bad_class = true)

static void icc_after_frame(struct fixture *f)
{
    struct fixture g = {0};

    icc_good(&g);
    size_t n = 2 + ((size_t)g.bytes[4] << 8 | g.bytes[5]);
    fixture_add(f, g.bytes, g.len);
    fixture_cut(f, 2, n);
    fixture_insert(f, make_jpeg_find(f, 0xda), g.bytes + 2, n);
    fixture_free(&g);
}

static void keeps_name(const uint8_t *out, size_t n)
{
    assert_true(has(out, n, "Display P3") && has(out, n, "ICC_PROFILE"));
    assert_false(has(out, n, "somebody") || has(out, n, "MSFT"));
}

static void keeps_ink_name(const uint8_t *out, size_t n)
{
    assert_true(has(out, n, "Japan Color 2001 Coated"));
    looks_ink(out, n);
}

static void loses_name(const uint8_t *out, size_t n)
{
    assert_true(has(out, n, "ICC_PROFILE"));
    assert_false(has(out, n, "omebody") || has(out, n, "secret") || has(out, n, "XPLT"));
}

static void loses_profile(const uint8_t *out, size_t n)
{
    assert_false(has(out, n, "ICC_PROFILE"));
    looks_colour(out, n);
}

/* ---- Damage and bombs -------------------------------------------------------------------------- */

static void bad_codes(struct fixture *f)
{
    shape_restart(f);
    size_t scan = make_jpeg_find(f, 0xda);
    memset(f->bytes + scan + 40, 0xfe, 12);
}

static void lost_end(struct fixture *f)
{
    plain(f);
    f->len -= 2;
}

static void cut_short(struct fixture *f)
{
    plain(f);
    f->len = (make_jpeg_find(f, 0xda) + f->len) / 2;
}

static void cut_short_with_end(struct fixture *f)
{
    cut_short(f);
    fixture_add(f, "\xff\xd9", 2);
}

static void cut_progressive(struct fixture *f)
{
    shape_progressive(f);
    f->len = f->len * 3 / 4;
}

static void sized(struct fixture *f, unsigned w, unsigned h)
{
    plain(f);
    uint8_t *frame = f->bytes + make_jpeg_find(f, 0xc0);
    frame[5] = (uint8_t)(h >> 8), frame[6] = (uint8_t)h;
    frame[7] = (uint8_t)(w >> 8), frame[8] = (uint8_t)w;
}

static void pixel_bomb(struct fixture *f)
{
    sized(f, 65500, 65500);
}

static void no_width(struct fixture *f)
{
    sized(f, 0, H);
}

static void no_height(struct fixture *f)
{
    sized(f, W, 0);
}

/* A few bytes a scan, each a pass over the whole picture. */
static void scan_bomb(struct fixture *f)
{
    static const uint8_t scan[] = "\xff\xda\0\x08\1\1\0\0\0\x10";

    shape_progressive_grey(f);
    f->len -= 2;
    for (unsigned i = 0; i < 300; i++)
        fixture_add(f, scan, 10);
    fixture_add(f, "\xff\xd9", 2);
}

/* Comments between tables, so that the picture falls into more pieces than anyone needs. */
static void many_pieces(struct fixture *f)
{
    plain(f);
    size_t at = make_jpeg_find(f, 0xc4), n = 2 + ((size_t)f->bytes[at + 2] << 8 | f->bytes[at + 3]);
    struct fixture g = {0};
    fixture_add(&g, f->bytes, at);
    for (unsigned i = 0; i < 600; i++) {
        fixture_add(&g, f->bytes + at, n);
        fixture_add(&g, "\xff\xfe\0\2", 4);
    }
    fixture_add(&g, f->bytes + at, f->len - at);
    fixture_free(f);
    *f = g;
}

static void frame_byte(struct fixture *f, size_t at, uint8_t value)
{
    plain(f);
    f->bytes[make_jpeg_find(f, 0xc0) + at] = value;
}

static void lossless(struct fixture *f)
{
    frame_byte(f, 1, 0xc3);
}

static void twelve_bits(struct fixture *f)
{
    frame_byte(f, 4, 12);
}

static void frame_too_long(struct fixture *f)
{
    frame_byte(f, 9, 4);
}

static void same_ids(struct fixture *f)
{
    frame_byte(f, 13, 1);
}

static void factor_0(struct fixture *f)
{
    frame_byte(f, 11, 0x02);
}

static void scan_of_unknown(struct fixture *f)
{
    plain(f);
    f->bytes[make_jpeg_find(f, 0xda) + 5] = 77;
}

static void no_scan(struct fixture *f)
{
    plain(f);
    f->len = make_jpeg_find(f, 0xda);
    fixture_add(f, "\xff\xd9", 2);
}

static void second_frame(struct fixture *f)
{
    plain(f);
    size_t at = make_jpeg_find(f, 0xc0);
    uint8_t frame[19];
    memcpy(frame, f->bytes + at, sizeof frame);
    fixture_insert(f, at, frame, sizeof frame);
}

static void second_start(struct fixture *f)
{
    plain(f);
    fixture_insert(f, make_jpeg_find(f, 0xdb), "\xff\xd8", 2);
}

static void hierarchical(struct fixture *f)
{
    plain(f);
    fixture_insert(f, make_jpeg_find(f, 0xc0), "\xff\xde\0\2", 4);
}

static void segment_too_long(struct fixture *f)
{
    plain(f);
    size_t at = make_jpeg_find(f, 0xdb);
    f->bytes[at + 2] = 0xff;
}

static void not_jpeg(struct fixture *f)
{
    fixture_puts(f, "GIF89a is no JPEG");
}

/* ---- Pages -------------------------------------------------------------------------------------------- */

static void is_jpeg_page(const uint8_t *out, size_t n)
{
    assert_true(has(out, n, "/DCTDecode") && !has(out, n, "secret") && !has(out, n, "Exif"));
}

static void lies_on_its_side(const uint8_t *out, size_t n)
{
    is_jpeg_page(out, n);
    assert_true(has(out, n, "[0 0 32.250 45.750]")); /* 61 x 43 at 96 dpi, turned */
}

/* ---- Policy ---------------------------------------------------------------------------------------- */

static void no_metadata_allowed(struct fmt_options *options)
{
    options->switches[FINDING_METADATA] = FMT_SWITCH_DISALLOW;
}

static void no_damage_allowed(struct fmt_options *options)
{
    options->switches[FINDING_DAMAGE] = FMT_SWITCH_DISALLOW;
}

#define FINE(label, fn, look) \
    {.name = label, .make = fn, .file = "a.jpg", .expect = REASON_OK, .inspect = look, .flags = CASE_LOSSY | CASE_CLEAN_INPUT}
#define MADE(label, fn, found, look) \
    {.name = label, .make = fn, .file = "a.jpg", .expect = REASON_OK, .findings = found, .inspect = look, .flags = CASE_LOSSY}
#define PAGE(label, fn, found, look)                                                                    \
    {.name = label, .make = fn, .file = "a.jpg", .mode = FMT_MODE_FLATTEN, .expect = REASON_OK,         \
     .findings = found, .out_type = "pdf", .inspect = look, .flags = CASE_LOSSY}
#define HELD(label, fn, why) {.name = label, .make = fn, .file = "a.jpg", .expect = REASON_##why, .flags = CASE_LOSSY}

const struct fmt_case cases_jpeg[] = {
    FINE("4:4:4", shape_444, looks_colour),
    FINE("grey", shape_grey, looks_grey),
    FINE("4:2:0", shape_420, looks_colour),
    FINE("4:2:2", shape_422, looks_colour),
    FINE("4:4:0", shape_440, looks_colour),
    FINE("4:1:1", shape_411, looks_colour),
    FINE("one pixel", shape_one_pixel, NULL),
    FINE("long and flat", shape_long, NULL),
    FINE("quality 100", shape_quality_100, looks_colour),
    FINE("quality 10", shape_quality_10, NULL),
    FINE("CMYK with Adobe marker", shape_cmyk, looks_ink),
    FINE("CMYK without", shape_cmyk_plain, stays_without_adobe),
    FINE("YCCK 4:2:0", shape_ycck, looks_ink),
    FINE("RGB", shape_rgb, stays_rgb),
    FINE("300 dpi", shape_dpi, is_300_dpi),
    FINE("118 per cm", shape_dpcm, is_118_per_cm),
    MADE("RGB by its ids", shape_rgb_ids, NULL, stays_rgb),
    MADE("no JFIF", shape_no_jfif, NULL, looks_colour),
    MADE("grey with factors of 2", shape_grey_2x2, NULL, looks_grey),
    MADE("all factors 2", shape_all_2x2, NULL, looks_colour),
    MADE("a scan for each component", shape_separate, NULL, looks_colour),
    MADE("progressive", shape_progressive, NULL, looks_colour),
    MADE("progressive grey", shape_progressive_grey, NULL, looks_grey),
    MADE("restart markers", shape_restart, NULL, looks_colour),
    MADE("arithmetic coding", shape_arithmetic, NULL, looks_colour),
    MADE("arithmetic progressive", shape_arithmetic_progressive, NULL, looks_colour),
    MADE("text in the quantisation tables", shape_quant_text, NULL, has_no_text_table),
    MADE("zero in the quantisation tables", shape_quant_zero, "damage=1", NULL),
    MADE("16-bit quantisation", shape_quant_wide, NULL, NULL),
    MADE("EXIF with position", exif_gps, "metadata=2", no_secret),
    MADE("EXIF with thumbnail", exif_thumbnail, "metadata=1 thumbnail=1", no_secret),
    MADE("EXIF resolution alone", exif_resolution, "metadata=1", is_300_dpi),
    MADE("EXIF resolution of RGB", exif_resolution_rgb, "metadata=1", rgb_keeps_dpi),
    MADE("EXIF that points outside", exif_broken, "metadata=1", no_secret),
    MADE("EXIF orientation 9", exif_orientation_9, "metadata=1", NULL),
    MADE("orientation 1", orientation_1, "metadata=1", turned_1),
    MADE("orientation 2", orientation_2, "metadata=1", turned_2),
    MADE("orientation 3", orientation_3, "metadata=1", turned_3),
    MADE("orientation 4", orientation_4, "metadata=1", turned_4),
    MADE("orientation 5", orientation_5, "metadata=1", turned_5),
    MADE("orientation 6", orientation_6, "metadata=1", turned_6),
    MADE("orientation 7", orientation_7, "metadata=1", turned_7),
    MADE("orientation 8", orientation_8, "metadata=1", turned_8),
    MADE("JFIF thumbnail", jfif_thumbnail, "thumbnail=1 unknown-object=1", no_secret),
    MADE("JFXX thumbnail", jfxx, "thumbnail=1", no_secret),
    MADE("two JFIF headers", second_jfif, "unknown-object=2", NULL),
    MADE("XMP", xmp, "metadata=1", no_secret),
    MADE("extended XMP", xmp_extended, "metadata=1", no_secret),
    MADE("IPTC", iptc, "metadata=1", no_secret),
    MADE("comment", comment, "comment=1", no_secret),
    MADE("APP5", app5, "unknown-object=1", no_secret),
    MADE("JPG7", jpg7, "unknown-object=1", no_secret),
    MADE("Adobe marker cut short", app14_short, "unknown-object=1", no_secret),
    MADE("MPF with a second picture", mpf_second_picture, "metadata=1 trailing-data=1", no_secret),
    MADE("everything at once", everything, "comment=1 metadata=3 thumbnail=1 trailing-data=1", turned_3),
    MADE("zip behind the end", trailing_zip, "trailing-data=1", no_secret),
    MADE("one byte behind the end", trailing_zero, "trailing-data=1", NULL),
    MADE("bytes behind the last block", hidden_in_scan, "trailing-data=1", no_secret),
    MADE("bytes between segments", stray_bytes, "damage=1", no_secret),
    MADE("fill bytes", fill_bytes, NULL, looks_colour),
    MADE("script in the coded data", text_in_scan, "damage=1", has_no_text),
    MADE("good profile", icc_good, "metadata=1", keeps_name),
    MADE("good profile of version 4", icc_v4, "metadata=1", NULL),
    MADE("profile of an unknown name", icc_unknown_name, "metadata=1", loses_name),
    MADE("profile with a private tag", icc_private, "metadata=1", loses_name),
    MADE("profile with a table in parts", icc_parts, "metadata=1", loses_name),
    MADE("grey profile", icc_grey, "metadata=1", looks_grey),
    MADE("CMYK profile", icc_cmyk, "metadata=1", keeps_ink_name),
    MADE("profile in chunks", icc_chunks, "metadata=1", loses_name),
    MADE("profile behind the frame", icc_after_frame, "metadata=1", keeps_name),
    MADE("profile with a chunk missing", icc_chunk_missing, "color-profile=1", loses_profile),
    MADE("profile of another colour space", icc_wrong_space, "color-profile=1", loses_profile),
    MADE("profile with a tag outside", icc_outside, "color-profile=1", loses_profile),
    MADE("profile with a tag twice", icc_twice, "color-profile=1", loses_profile),
    MADE("profile with a lying curve", icc_bad_curve, "color-profile=1", loses_profile),
    MADE("profile without a white point", icc_no_white, "color-profile=1", loses_profile),
    MADE("profile of class link", icc_bad_class, "color-profile=1", loses_profile),
    {.name = "huge profile", .make = icc_huge, .file = "a.jpg", .expect = REASON_OK, .findings = "color-profile=1",
     .flags = CASE_LOSSY | CASE_NO_TRUNCATE},
    MADE("bad codes", bad_codes, "damage=2 trailing-data=1", NULL),
    MADE("no end marker", lost_end, "damage=1", looks_colour),
    HELD("cut short", cut_short, MALFORMED),
    HELD("cut short, then an end marker", cut_short_with_end, MALFORMED),
    HELD("progressive cut short", cut_progressive, MALFORMED),
    HELD("65500 x 65500", pixel_bomb, LIMIT_PIXELS),
    HELD("no width", no_width, MALFORMED),
    HELD("no height", no_height, MALFORMED),
    HELD("300 scans", scan_bomb, LIMIT_STEPS),
    {.name = "600 pieces", .make = many_pieces, .file = "a.jpg", .expect = REASON_LIMIT_OBJECTS,
     .flags = CASE_LOSSY | CASE_NO_TRUNCATE},
    HELD("lossless", lossless, UNSUPPORTED_TYPE),
    HELD("12 bits", twelve_bits, UNSUPPORTED_TYPE),
    HELD("hierarchical", hierarchical, UNSUPPORTED_TYPE),
    HELD("frame header of another length", frame_too_long, MALFORMED),
    HELD("components of one name", same_ids, MALFORMED),
    HELD("sampling factor 0", factor_0, MALFORMED),
    HELD("scan of an unknown component", scan_of_unknown, MALFORMED),
    HELD("no scan", no_scan, MALFORMED),
    HELD("two frames", second_frame, MALFORMED),
    HELD("two starts", second_start, MALFORMED),
    HELD("segment past the end", segment_too_long, MALFORMED),
    HELD("no JPEG", not_jpeg, MALFORMED),
    PAGE("page of 4:2:0", shape_420, NULL, is_jpeg_page),
    PAGE("page of grey", shape_grey, NULL, is_jpeg_page),
    PAGE("page of progressive", shape_progressive, NULL, is_jpeg_page),
    PAGE("page of CMYK", shape_cmyk, NULL, NULL),
    PAGE("page of YCCK", shape_ycck, NULL, NULL),
    PAGE("page of RGB", shape_rgb, NULL, NULL),
    PAGE("page of a picture on its side", orientation_6, "metadata=1", lies_on_its_side),
    PAGE("page of everything at once", everything, "comment=1 metadata=3 thumbnail=1 trailing-data=1", is_jpeg_page),
    PAGE("page of a picture with a profile", icc_good, "color-profile=1", is_jpeg_page),
    PAGE("page of bad codes", bad_codes, "damage=2 trailing-data=1", is_jpeg_page),
    {.name = "page of a picture cut short", .make = cut_short, .file = "a.jpg", .mode = FMT_MODE_FLATTEN,
     .expect = REASON_MALFORMED},
    {.name = "page of 65500 x 65500", .make = pixel_bomb, .file = "a.jpg", .mode = FMT_MODE_FLATTEN,
     .expect = REASON_LIMIT_PIXELS},
    {.name = "text of a picture", .make = shape_grey, .file = "a.jpg", .mode = FMT_MODE_TEXT,
     .expect = REASON_MODE_UNAVAILABLE},
    {.name = "metadata not allowed", .make = exif_gps, .file = "a.jpg", .tune = no_metadata_allowed,
     .expect = REASON_POLICY, .flags = CASE_LOSSY},
    {.name = "damage not allowed", .make = lost_end, .file = "a.jpg", .tune = no_damage_allowed,
     .expect = REASON_POLICY, .flags = CASE_LOSSY},
    {.name = NULL},
};
