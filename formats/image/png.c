/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PNG pictures and animations. Runs in the image worker: rows are decoded,
 * freed of what they carry unseen, and packed again into chunks written here;
 * of everything else only a few checked numbers and a rebuilt colour profile
 * come through.
 */
#include <stdio.h>
#include <string.h>

#include "exif.h"
#include "flatten.h"
#include "formats/format.h"
#include "icc.h"
#include "lib_png.h"
#include "lib_zlib.h"
#include "png_encode.h"
#include "png_pixels.h"

#define MEMORY_BYTES ((uint64_t)512 << 20)
#define ROW_PIXELS_MAX 8000000
#define PROFILE_NAME "icc"
#define PROFILE_HEAD 5 /* the name, 0, method 0 */

struct work {
    struct fmt_job *job;
    struct png_walk walk;
    struct image_sink sink;
    struct png_encoder *encoder;
    struct png_palette palette;
    struct png_hidden hidden;
    bool keep_hidden;
    uint8_t *profile; /* contents of the iCCP chunk to write */
    size_t profile_n;
    uint8_t exif[EXIF_BLOCK_MAX];
    size_t exif_n;
    uint8_t *rgb;     /* pixels of a page, and how far they are filled */
    size_t rgb_at;
    uint32_t extra;   /* pictures with packed data behind the last row */
};

static int fail(struct work *w, const struct image_fail *why)
{
    return job_fail(w->job, why->reason, "%s", why->detail);
}

static int sink_write(void *ctx, const void *bytes, size_t n)
{
    return out_append(ctx, bytes, n);
}

/* ---- What is left out -------------------------------------------------------------- */

static const struct {
    uint32_t type;
    enum finding_kind kind;
    const char *note;
} dropped_kinds[] = {
    {PNG_CHUNK('t', 'E', 'X', 't'), FINDING_METADATA, "text"},
    {PNG_CHUNK('z', 'T', 'X', 't'), FINDING_METADATA, "text"},
    {PNG_CHUNK('i', 'T', 'X', 't'), FINDING_METADATA, "text, XMP"},
    {PNG_CHUNK('t', 'I', 'M', 'E'), FINDING_METADATA, "time of the last change"},
    {PNG_CHUNK('e', 'X', 'I', 'f'), FINDING_METADATA, "a second EXIF block"},
    {PNG_CHUNK('d', 'S', 'I', 'G'), FINDING_SIGNATURE, ""},
};

static int report_dropped(struct work *w)
{
    int err = 0;

    for (unsigned i = 0; i < w->walk.dropped_types && err == 0; i++) {
        const struct png_dropped *d = &w->walk.dropped[i];
        const char place[5] = {(char)(d->type >> 24), (char)(d->type >> 16), (char)(d->type >> 8), (char)d->type, '\0'};
        enum finding_kind kind = FINDING_UNKNOWN_OBJECT;
        const char *note = "";
        for (size_t k = 0; k < ARRAY_LEN(dropped_kinds); k++)
            if (dropped_kinds[k].type == d->type)
                kind = dropped_kinds[k].kind, note = dropped_kinds[k].note;
        err = job_finding(w->job, kind, place, d->count, note);
    }
    return err;
}

static int report_structure(struct work *w)
{
    uint64_t behind = w->walk.n - w->walk.end;
    char note[48];
    int err = 0;

    if (w->walk.bad)
        err = job_finding(w->job, FINDING_DAMAGE, "", w->walk.bad, "chunks with a wrong check sum or contents");
    if (err == 0 && w->walk.no_end)
        err = job_finding(w->job, FINDING_DAMAGE, "IEND", 1, "no end chunk");
    if (err == 0 && w->walk.animation_broken)
        err = job_finding(w->job, FINDING_ANIMATION, "", 1, "frames that contradict each other");
    if (err == 0 && behind) {
        (void)snprintf(note, sizeof note, "%llu bytes", (unsigned long long)behind);
        err = job_finding(w->job, FINDING_TRAILING_DATA, "", 1, note);
    }
    return err;
}

static int report_pixels(struct work *w)
{
    char note[64];
    int err = 0;

    if (w->extra)
        err = job_finding(w->job, FINDING_TRAILING_DATA, "IDAT", w->extra, "packed data behind the last row");
    if (err == 0 && w->palette.outside)
        err = job_finding(w->job, FINDING_DAMAGE, "PLTE", 1, "pixels of a colour that is not there");
    if (err == 0 && w->palette.hidden)
        err = job_finding(w->job, FINDING_HIDDEN, "tRNS", 1, "colours of transparent pixels");
    if (err == 0 && w->hidden.various) {
        (void)snprintf(note, sizeof note, "%llu transparent pixels with colours", (unsigned long long)w->hidden.pixels);
        err = job_finding(w->job, FINDING_HIDDEN, "", 1, note);
    }
    return err;
}

/* ---- Colour profile and EXIF -------------------------------------------------------- */

/* Packs a profile into the contents of an iCCP chunk. */
static int profile_pack(struct work *w, const uint8_t *icc, size_t n)
{
    scoped(lib_zlib_free) struct lib_zlib *z = NULL;
    size_t room = PROFILE_HEAD + n + n / 8 + 64, used = PROFILE_HEAD, taken;
    bool done = false;

    w->profile = malloc(room);
    if (!w->profile || lib_zlib_new(9, &z) < 0)
        return ERR_NOMEM;
    memcpy(w->profile, PROFILE_NAME "\0", PROFILE_HEAD);
    int err = lib_zlib_pack(z, icc, n, true, w->profile, room, &used, &taken, &done);
    if (err == 0 && !done)
        err = ERR_FAULT; /* there is room for more than any stream of n bytes */
    w->profile_n = used;
    return err;
}

/* The profile inside an iCCP chunk (11.3.2.3), made again. ERR_MALFORMED when it is of no use. */
static int profile_read(struct work *w, bool *same_out)
{
    const struct png_chunk *c = &w->walk.iccp;
    enum icc_space space = w->walk.type == PNG_GREY || w->walk.type == PNG_GREY_ALPHA ? ICC_SPACE_GREY : ICC_SPACE_RGB;
    scoped_free uint8_t *raw = NULL, *icc = NULL;
    size_t raw_n = 0, icc_n = 0, name_n = strnlen((const char *)c->p, c->n < 80 ? c->n : 80);

    if (name_n == 0 || name_n > 79 || c->n < name_n + 3 || c->p[name_n + 1] != 0)
        return ERR_MALFORMED;
    int err = lib_zlib_unpack(c->p + name_n + 2, c->n - name_n - 2, ICC_BYTES_MAX, &raw, &raw_n);
    err = err < 0 ? err : icc_rebuild(raw, raw_n, space, &icc, &icc_n);
    err = err < 0 ? err : profile_pack(w, icc, icc_n);
    if (err == 0)
        *same_out = icc_n == raw_n && memcmp(icc, raw, raw_n) == 0 && strcmp((const char *)c->p, PROFILE_NAME) == 0;
    return err == ERR_LIMIT ? ERR_MALFORMED : err;
}

static int take_profile(struct work *w)
{
    bool same = false;

    if (!w->walk.iccp.p)
        return 0;
    int err = profile_read(w, &same);
    if (err == ERR_NOMEM || err == ERR_FAULT)
        return err;
    if (err < 0)
        return job_finding(w->job, FINDING_COLOR_PROFILE, "iCCP", 1, "");
    job_kept(w->job, "color-profile", 1);
    return same ? 0 : job_finding(w->job, FINDING_METADATA, "iCCP", 1, "texts and private tags of the colour profile");
}

static int take_exif(struct work *w)
{
    const struct png_chunk *c = &w->walk.exif;
    struct exif exif;
    int err = 0;

    if (!c->p)
        return 0;
    exif_read(c->p, c->n, &exif);
    w->exif_n = exif_write(&(struct exif){.orientation = exif.orientation}, w->exif);
    if (w->exif_n > 0)
        job_kept(w->job, "orientation", 1);
    if (w->exif_n == c->n && memcmp(w->exif, c->p, c->n) == 0)
        return 0;
    err = job_finding(w->job, FINDING_METADATA, "eXIf", 1, "");
    if (err == 0 && exif.gps)
        err = job_finding(w->job, FINDING_METADATA, "GPS", 1, "place where the picture was taken");
    if (err == 0 && exif.thumbnail)
        err = job_finding(w->job, FINDING_THUMBNAIL, "", 1, "");
    return err;
}

/* ---- Pictures ------------------------------------------------------------------------ */

static struct lib_png_part main_part(const struct png_walk *walk)
{
    return (struct lib_png_part){walk->width, walk->height, walk->idat_at, walk->idat_end, false};
}

static struct lib_png_part frame_part(const struct png_walk *walk, uint32_t i)
{
    const struct png_frame *f = &walk->frames[i];

    if (i == 0 && walk->first_is_frame)
        return main_part(walk);
    return (struct lib_png_part){f->width, f->height, f->at, f->end, true};
}

/* Calls `row` for each row of a part. */
static int each_row(struct work *w, const struct lib_png_part *part, int (*row)(struct work *w, uint8_t *row, uint32_t width))
{
    scoped(lib_png_free) struct lib_png *png = NULL;
    struct image_fail why;
    bool extra = false;
    uint8_t *bytes;
    int err = 0;

    if (lib_png_open(&w->walk, part, MEMORY_BYTES, &png, &why) < 0)
        return fail(w, &why);
    for (uint32_t y = 0; y < part->height && err == 0; y++) {
        if (lib_png_row(png, &bytes, &why) < 0)
            return fail(w, &why);
        err = row(w, bytes, part->width);
    }
    if (err < 0)
        return err;
    if (lib_png_end(png, &extra, &why) < 0)
        return fail(w, &why);
    w->extra += extra;
    return 0;
}

static int row_encode(struct work *w, uint8_t *row, uint32_t width)
{
    const struct png_walk *walk = &w->walk;
    size_t n = (size_t)png_row_bytes(walk->type, walk->depth, width);

    if (walk->type == PNG_PALETTE)
        png_palette_map(&w->palette, row, n, walk->depth);
    png_row_pad(row, n, (uint64_t)width * png_channels(walk->type) * walk->depth);
    if (!w->keep_hidden)
        png_row_hide(row, width, walk->type, walk->depth, &w->hidden);
    return png_encode_row(w->encoder, row);
}

static bool *palette_used(struct work *w)
{
    return job_state(w->job);
}

static int row_use(struct work *w, uint8_t *row, uint32_t width)
{
    png_palette_use(row, width, w->walk.depth, palette_used(w));
    return 0;
}

/* Looks at all pictures for the colours they use: the palette stands in front of the first. */
static int make_palette(struct work *w)
{
    struct lib_png_part part = main_part(&w->walk);
    int err;

    if (w->walk.type != PNG_PALETTE)
        return 0;
    err = each_row(w, &part, row_use);
    for (uint32_t i = w->walk.first_is_frame ? 1 : 0; i < w->walk.frame_count && err == 0; i++) {
        part = frame_part(&w->walk, i);
        err = each_row(w, &part, row_use);
    }
    if (w->walk.bkgd.p)
        palette_used(w)[w->walk.bkgd.p[0]] = true;
    png_palette_make(&w->walk, palette_used(w), w->keep_hidden, &w->palette);
    w->extra = 0; /* found again on the second reading */
    return err;
}

static int put(struct work *w, uint32_t type, const void *bytes, size_t n)
{
    return png_put_chunk(&w->sink, type, bytes, n);
}

static void store32(uint8_t *to, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++)
        to[i] = (uint8_t)(v >> (24 - 8 * i));
}

static int encode_part(struct work *w, const struct lib_png_part *part, uint32_t *sequence)
{
    struct png_shape shape = {part->width, part->height, w->walk.depth, w->walk.type};
    int err = png_encode_begin(w->encoder, &shape, part->is_frame ? sequence : NULL);

    err = err < 0 ? err : each_row(w, part, row_encode);
    return err < 0 ? err : png_encode_end(w->encoder);
}

static int encode_frame(struct work *w, uint32_t i, uint32_t *sequence)
{
    const struct png_frame *f = &w->walk.frames[i];
    struct lib_png_part part = frame_part(&w->walk, i);
    uint8_t b[26];

    store32(b, (*sequence)++);
    store32(b + 4, f->width);
    store32(b + 8, f->height);
    store32(b + 12, f->x);
    store32(b + 16, f->y);
    store32(b + 20, (uint32_t)f->delay_num << 16 | f->delay_den);
    b[24] = f->dispose;
    b[25] = f->blend;
    int err = put(w, PNG_CHUNK('f', 'c', 'T', 'L'), b, sizeof b);
    return err < 0 ? err : encode_part(w, &part, sequence);
}

static int encode_pictures(struct work *w)
{
    struct png_shape shape = {w->walk.width, w->walk.height, w->walk.depth, w->walk.type};
    struct lib_png_part part = main_part(&w->walk);
    uint32_t sequence = 0;
    int err = png_encoder_new(&w->sink, &shape, &w->encoder);

    if (err == 0 && !w->walk.first_is_frame)
        err = encode_part(w, &part, NULL);
    for (uint32_t i = 0; i < w->walk.frame_count && err == 0; i++)
        err = encode_frame(w, i, &sequence);
    return err;
}

/* ---- Head ------------------------------------------------------------------------------- */

static int put_kept(struct work *w, uint32_t type, const struct png_chunk *c)
{
    return c->p ? put(w, type, c->p, c->n) : 0;
}

static int put_ihdr(struct work *w)
{
    uint8_t b[13] = {0};

    store32(b, w->walk.width);
    store32(b + 4, w->walk.height);
    b[8] = w->walk.depth;
    b[9] = (uint8_t)w->walk.type;
    int err = sink_write(w->job, "\x89PNG\r\n\x1a\n", 8);
    return err < 0 ? err : put(w, PNG_CHUNK('I', 'H', 'D', 'R'), b, sizeof b);
}

static int put_actl(struct work *w)
{
    uint8_t b[8];

    if (w->walk.frame_count == 0)
        return 0;
    store32(b, w->walk.frame_count);
    store32(b + 4, w->walk.plays);
    return put(w, PNG_CHUNK('a', 'c', 'T', 'L'), b, sizeof b);
}

static int put_colours(struct work *w)
{
    int err = put_kept(w, PNG_CHUNK('c', 'I', 'C', 'P'), &w->walk.cicp);

    if (err == 0 && w->profile)
        err = put(w, PNG_CHUNK('i', 'C', 'C', 'P'), w->profile, w->profile_n);
    if (err == 0 && !w->profile) /* not both (11.3.2.3) */
        err = put_kept(w, PNG_CHUNK('s', 'R', 'G', 'B'), &w->walk.srgb);
    err = err < 0 ? err : put_kept(w, PNG_CHUNK('g', 'A', 'M', 'A'), &w->walk.gama);
    err = err < 0 ? err : put_kept(w, PNG_CHUNK('c', 'H', 'R', 'M'), &w->walk.chrm);
    return err < 0 ? err : put_kept(w, PNG_CHUNK('s', 'B', 'I', 'T'), &w->walk.sbit);
}

static int put_palette(struct work *w)
{
    const struct png_palette *p = &w->palette;

    if (w->walk.type != PNG_PALETTE) {
        int err = put_kept(w, PNG_CHUNK('t', 'R', 'N', 'S'), &w->walk.trns);
        return err < 0 ? err : put_kept(w, PNG_CHUNK('b', 'K', 'G', 'D'), &w->walk.bkgd);
    }
    int err = put(w, PNG_CHUNK('P', 'L', 'T', 'E'), p->rgb, 3 * (size_t)p->count);
    if (err == 0 && p->alpha_count)
        err = put(w, PNG_CHUNK('t', 'R', 'N', 'S'), p->alpha, p->alpha_count);
    if (err == 0 && w->walk.bkgd.p)
        err = put(w, PNG_CHUNK('b', 'K', 'G', 'D'), &p->map[w->walk.bkgd.p[0]], 1);
    return err;
}

static int put_head(struct work *w)
{
    int err = put_ihdr(w);

    err = err < 0 ? err : put_actl(w);
    err = err < 0 ? err : put_colours(w);
    err = err < 0 ? err : put_palette(w);
    err = err < 0 ? err : put_kept(w, PNG_CHUNK('p', 'H', 'Y', 's'), &w->walk.phys);
    if (err == 0 && w->exif_n)
        err = put(w, PNG_CHUNK('e', 'X', 'I', 'f'), w->exif, w->exif_n);
    return err;
}

/* ---- The handler -------------------------------------------------------------------------- */

static int budget(struct work *w)
{
    uint64_t rows = w->walk.height, area = (uint64_t)w->walk.width * rows;
    int err = job_objects(w->job, w->walk.chunks);

    err = err < 0 ? err : job_pixels(w->job, w->walk.width, w->walk.height);
    if (err == 0 && w->walk.width > ROW_PIXELS_MAX) /* some rows are held at a time */
        err = job_fail(w->job, REASON_LIMIT_MEMORY, "rows of %u pixels", w->walk.width);
    for (uint32_t i = w->walk.first_is_frame ? 1 : 0; i < w->walk.frame_count && err == 0; i++)
        area += (uint64_t)w->walk.frames[i].width * w->walk.frames[i].height;
    return err < 0 ? err : job_steps(w->job, area);
}

/* What both methods begin with. */
static int walk(struct work *w)
{
    struct image_fail why;

    if (png_walk_run(job_in(w->job)->bytes, (size_t)in_len(job_in(w->job)), &w->walk, &why) < 0)
        return fail(w, &why);
    int err = budget(w);
    err = err < 0 ? err : report_dropped(w);
    return err < 0 ? err : report_structure(w);
}

static int rebuild(struct work *w)
{
    int err = walk(w);

    err = err < 0 ? err : take_profile(w);
    err = err < 0 ? err : take_exif(w);
    err = err < 0 ? err : make_palette(w);
    err = err < 0 ? err : put_head(w);
    err = err < 0 ? err : encode_pictures(w);
    err = err < 0 ? err : put(w, PNG_CHUNK('I', 'E', 'N', 'D'), NULL, 0);
    err = err < 0 ? err : report_pixels(w);
    return err < 0 ? err : out_finish(w->job, NULL);
}

/* ---- Flatten ------------------------------------------------------------------------------- */

static int row_flatten(struct work *w, uint8_t *row, uint32_t width)
{
    png_row_rgb(&w->walk, row, width, w->rgb + w->rgb_at);
    w->rgb_at += (size_t)width * 3;
    return 0;
}

/* From dots per metre, to a tenth: 2835 means 72. */
static double dots_per_inch(uint32_t per_metre)
{
    uint64_t tenths = ((uint64_t)per_metre * 254 + 500) / 1000;

    return (double)tenths / 10;
}

/* Density and orientation; the walk let a metre have at most a million dots. */
static struct flatten_place place_of(const struct png_walk *walk)
{
    struct flatten_place place = {.orientation = 1};
    struct exif exif = {0};

    if (walk->exif.p)
        exif_read(walk->exif.p, walk->exif.n, &exif);
    if (exif.orientation)
        place.orientation = exif.orientation;
    if (walk->phys.p && walk->phys.p[8] == 1) {
        place.dpi_x = dots_per_inch(png_u32(walk->phys.p));
        place.dpi_y = dots_per_inch(png_u32(walk->phys.p + 4));
    }
    return place;
}

/* What a page cannot hold, beside what sanitizing leaves out too. */
static int report_flat(struct work *w)
{
    int err = 0;

    if (w->walk.frame_count)
        err = job_finding(w->job, FINDING_ANIMATION, "", 1, "a page shows the first picture");
    if (err == 0 && w->walk.iccp.p)
        err = job_finding(w->job, FINDING_COLOR_PROFILE, "iCCP", 1, "a page has none");
    return err < 0 ? err : take_exif(w);
}

static int flat(struct work *w)
{
    struct lib_png_part part = main_part(&w->walk);
    size_t n = (size_t)w->walk.width * w->walk.height * 3;
    struct flatten_place place = place_of(&w->walk);
    int err = report_flat(w);

    if (err < 0)
        return err;
    w->rgb = n <= MEMORY_BYTES ? malloc(n) : NULL;
    if (!w->rgb)
        return job_fail(w->job, REASON_LIMIT_MEMORY, "%zu bytes of pixels", n);
    err = each_row(w, &part, row_flatten);
    err = err < 0 ? err : flatten_rgb(w->job, w->rgb, w->walk.width, w->walk.height, &place);
    return err < 0 ? err : report_pixels(w);
}

/* ---- Entries --------------------------------------------------------------------------------- */

static void work_finish(struct work *w)
{
    free(w->rgb);
    png_walk_finish(&w->walk);
    png_encoder_free(&w->encoder);
    free(w->profile);
}

static int sanitize(struct fmt_job *job)
{
    scoped(work_finish) struct work w = {
        .job = job,
        .sink = {sink_write, job},
        .keep_hidden = job_switch(job, FINDING_HIDDEN) == FMT_SWITCH_ALLOW,
    };
    int err = rebuild(&w);

    if (err == 0 && w.walk.frame_count)
        job_kept(job, "frames", w.walk.frame_count);
    else if (err == 0)
        job_kept(job, "pictures", 1);
    if (err == 0 && w.walk.phys.p && w.walk.phys.p[8] == 1)
        job_kept(job, "resolution", 1);
    return err;
}

static int flatten(struct fmt_job *job)
{
    scoped(work_finish) struct work w = {.job = job};
    int err = walk(&w);

    return err < 0 ? err : flat(&w);
}

const struct format_handler fmt_png = {
    .name = "png",
    .sanitize = sanitize,
    .flatten = flatten,
    .state_bytes = 256 * sizeof(bool), /* the colours in use */
};
