/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Verifier of PNG pictures and animations. Runs in the checker over what the
 * image worker wrote: each chunk has one place, one length and few values,
 * pixels are unpacked by own code to the last bit, and libspng must read the
 * whole file too.
 */
#include <string.h>

#include "icc.h"
#include "lib_spng.h"
#include "png_check.h"

#define DATA_FULL 65536
#define TEXT_RUN_MAX 8
#define ROW_PIXELS_MAX 8000000
#define PROFILE_MAX ((size_t)4 << 20)

/* The order chunks stand in; IDAT to IEND are the pictures. */
enum stage {
    STAGE_IHDR, STAGE_ACTL, STAGE_CICP, STAGE_ICCP, STAGE_SRGB, STAGE_GAMA, STAGE_CHRM, STAGE_SBIT, STAGE_PLTE,
    STAGE_TRNS, STAGE_BKGD, STAGE_PHYS, STAGE_EXIF, STAGE_PICTURES, STAGES
};

struct chunk {
    const uint8_t *type, *p;
    size_t n;
};

struct reader {
    struct fmt_job *job;
    struct check_png png;
    const struct fmt_in *in;
    uint64_t at;
    enum stage stage;
    bool has[STAGES];
    uint32_t frames, announced, sequence;
    bool first_seen; /* the picture in IDAT */
};

static uint32_t u32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t u16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static bool is(const struct chunk *c, const char *type)
{
    return memcmp(c->type, type, 4) == 0;
}

static const char *ihdr(struct reader *r, const struct chunk *c)
{
    static const uint32_t depths[7] = {1 << 1 | 1 << 2 | 1 << 4 | 1 << 8 | 1 << 16, 0, 1 << 8 | 1 << 16,
                                       1 << 1 | 1 << 2 | 1 << 4 | 1 << 8, 1 << 8 | 1 << 16, 0, 1 << 8 | 1 << 16};

    if (c->n != 13 || c->p[8] > 16 || c->p[9] > 6 || !(depths[c->p[9]] >> c->p[8] & 1) ||
        memcmp(c->p + 10, "\0\0\0", 3) != 0)
        return "header of an unknown shape, or interlaced";
    r->png.width = u32(c->p);
    r->png.height = u32(c->p + 4);
    r->png.depth = c->p[8];
    r->png.type = c->p[9];
    if (r->png.width == 0 || r->png.height == 0)
        return "picture without pixels";
    if (job_pixels(r->job, r->png.width, r->png.height) < 0 || r->png.width > ROW_PIXELS_MAX)
        return "picture too large";
    return NULL;
}

static const char *actl(struct reader *r, const struct chunk *c)
{
    if (c->n != 8 || u32(c->p) == 0 || u32(c->p) > 10000 || u32(c->p + 4) > INT32_MAX)
        return "animation header of an unknown shape";
    r->announced = u32(c->p);
    return NULL;
}

static const char *cicp(struct reader *r, const struct chunk *c)
{
    bool fine = c->n == 4 && c->p[0] >= 1 && c->p[0] <= 22 && c->p[1] >= 1 && c->p[1] <= 18 && c->p[2] == 0 &&
                c->p[3] <= 1;
    return fine ? NULL : "cICP out of range";
}

static const char *iccp(struct reader *r, const struct chunk *c)
{
    scoped(lib_inflate_free) struct lib_inflate *z = NULL;
    scoped_free uint8_t *profile = malloc(PROFILE_MAX);
    bool grey = r->png.type == 0 || r->png.type == 4, end = false;
    size_t n = 0, got = 1;

    if (c->n < 6 || memcmp(c->p, "icc\0\0", 5) != 0)
        return "colour profile of another name";
    if (!profile || lib_inflate_new(&z) < 0)
        return "no memory for the colour profile";
    lib_inflate_feed(z, c->p + 5, c->n - 5);
    while (!end && got > 0 && n < PROFILE_MAX) {
        if (lib_inflate_read(z, profile + n, PROFILE_MAX - n, &got, &end) < 0)
            return "colour profile that cannot be unpacked";
        n += got;
    }
    if (!end || lib_inflate_left(z) > 0)
        return "colour profile with bytes behind it, or too large";
    return check_icc(&(struct fmt_in){profile, n}, grey ? 1 : 3);
}

static const char *srgb(struct reader *r, const struct chunk *c)
{
    return r->has[STAGE_ICCP] || c->n != 1 || c->p[0] > 3 ? "sRGB out of range or beside a profile" : NULL;
}

static const char *gama(struct reader *r, const struct chunk *c)
{
    return c->n != 4 || u32(c->p) < 1000 || u32(c->p) > 1000000 ? "gamma out of range" : NULL;
}

static const char *chrm(struct reader *r, const struct chunk *c)
{
    bool fine = c->n == 32 && u32(c->p + 4) != 0;

    for (unsigned i = 0; fine && i < 32; i += 4)
        fine = u32(c->p + i) <= 200000;
    return fine ? NULL : "chromaticities out of range";
}

static const char *sbit(struct reader *r, const struct chunk *c)
{
    unsigned n = r->png.type == 3 ? 3 : check_png_channels(r->png.type), top = r->png.type == 3 ? 8 : r->png.depth;
    bool fine = c->n == n;

    for (unsigned i = 0; fine && i < n; i++)
        fine = c->p[i] >= 1 && c->p[i] <= top;
    return fine ? NULL : "significant bits out of range";
}

static const char *plte(struct reader *r, const struct chunk *c)
{
    if (r->png.type != 3 || c->n == 0 || c->n % 3 != 0 || c->n / 3 > 1u << r->png.depth)
        return "palette of an unknown shape";
    r->png.colours = (unsigned)(c->n / 3);
    memcpy(r->png.palette, c->p, c->n);
    memset(r->png.alpha, 255, sizeof r->png.alpha);
    return NULL;
}

/* Samples of two bytes each, none over what the depth holds. */
static bool samples_fit(const struct reader *r, const struct chunk *c, size_t n)
{
    uint32_t top = r->png.depth == 16 ? 0xffff : (1u << r->png.depth) - 1;
    bool fine = c->n == n;

    for (size_t i = 0; fine && i < n; i += 2)
        fine = u16(c->p + i) <= top;
    return fine;
}

static const char *trns(struct reader *r, const struct chunk *c)
{
    if (r->png.type == 0 || r->png.type == 2)
        return samples_fit(r, c, r->png.type == 0 ? 2 : 6) ? NULL : "transparent colour out of range";
    if (r->png.type != 3 || c->n == 0 || c->n > r->png.colours || c->p[c->n - 1] == 255)
        return "transparency of an unknown shape";
    memcpy(r->png.alpha, c->p, c->n);
    return NULL;
}

static const char *bkgd(struct reader *r, const struct chunk *c)
{
    if (r->png.type != 3)
        return samples_fit(r, c, r->png.type == 2 || r->png.type == 6 ? 6 : 2) ? NULL : "background out of range";
    if (c->n != 1 || c->p[0] >= r->png.colours)
        return "background out of range";
    r->png.used[c->p[0]] = true;
    return NULL;
}

static const char *phys(struct reader *r, const struct chunk *c)
{
    bool fine = c->n == 9 && u32(c->p) - 1 < 1000000 && u32(c->p + 4) - 1 < 1000000 && c->p[8] <= 1;

    return fine ? NULL : "resolution out of range";
}

/* A TIFF block of one directory with one entry, the orientation. */
static const char *exif(struct reader *r, const struct chunk *c)
{
    static const uint8_t before[] = "MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0";
    bool fine = c->n == 26 && memcmp(c->p, before, 19) == 0 && c->p[19] >= 2 && c->p[19] <= 8 &&
                memcmp(c->p + 20, "\0\0\0\0\0\0", 6) == 0;

    return fine ? NULL : "EXIF block with more than an orientation";
}

static const struct {
    char type[5];
    const char *(*check)(struct reader *r, const struct chunk *c);
} stages[STAGE_PICTURES] = {
    [STAGE_IHDR] = {"IHDR", ihdr}, [STAGE_ACTL] = {"acTL", actl}, [STAGE_CICP] = {"cICP", cicp},
    [STAGE_ICCP] = {"iCCP", iccp}, [STAGE_SRGB] = {"sRGB", srgb}, [STAGE_GAMA] = {"gAMA", gama},
    [STAGE_CHRM] = {"cHRM", chrm}, [STAGE_SBIT] = {"sBIT", sbit}, [STAGE_PLTE] = {"PLTE", plte},
    [STAGE_TRNS] = {"tRNS", trns}, [STAGE_BKGD] = {"bKGD", bkgd}, [STAGE_PHYS] = {"pHYs", phys},
    [STAGE_EXIF] = {"eXIf", exif},
};

/* Reads the chunk at the place reached, without moving on. */
static const char *peek(struct reader *r, struct chunk *chunk_out)
{
    const uint8_t *p;

    if (in_borrow(r->in, r->at, 12, &p) < 0 || in_borrow(r->in, r->at, 12 + (uint64_t)u32(p), &p) < 0)
        return "chunk longer than the file";
    *chunk_out = (struct chunk){.type = p + 4, .p = p + 8, .n = u32(p)};
    if (job_objects(r->job, 1) < 0)
        return "too many chunks";
    return lib_inflate_crc(p + 4, chunk_out->n + 4) == u32(p + 8 + chunk_out->n) ? NULL : "wrong check sum";
}

static void pass(struct reader *r, const struct chunk *c)
{
    r->at += 12 + c->n;
}

/* Chunks in front of the pictures. */
static const char *read_head(struct reader *r)
{
    struct chunk c;
    const char *why = peek(r, &c);

    while (!why && !is(&c, "IDAT") && !is(&c, "fcTL")) {
        while (r->stage < STAGE_PICTURES && !is(&c, stages[r->stage].type))
            r->stage++;
        if (r->stage == STAGE_PICTURES || (!r->has[STAGE_IHDR] && r->stage != STAGE_IHDR))
            return "chunk that may not be here";
        why = stages[r->stage].check(r, &c);
        r->has[r->stage++] = true;
        pass(r, &c);
        why = why ? why : peek(r, &c);
    }
    if (!why && (!r->has[STAGE_IHDR] || (r->png.type == 3) != r->has[STAGE_PLTE]))
        why = "header or palette missing";
    return why;
}

/* Alpha first, then value, no two the same: the order is ours, not a message. */
static const char *check_palette(const struct reader *r)
{
    const struct check_png *png = &r->png;

    for (unsigned i = 0; i < png->colours; i++) {
        const uint8_t *rgb = png->palette + 3 * (size_t)i;
        if (!png->keep_hidden && png->alpha[i] == 0 && memcmp(rgb, "\0\0\0", 3) != 0)
            return "transparent palette entry with a colour";
        if (i == 0)
            continue;
        int alpha = png->alpha[i - 1] - png->alpha[i];
        if (alpha > 0 || (alpha == 0 && memcmp(rgb - 3, rgb, 3) >= 0))
            return "palette in another order";
    }
    return NULL;
}

/* Where the data of a picture may be cut: at full buffers, and where text would go on. */
struct cuts {
    size_t filled; /* of the buffer the chunk came from */
    unsigned run;  /* printable characters at the end of the chunk before */
    bool any;
};

static const char *check_cut(struct cuts *cuts, const uint8_t *p, size_t n)
{
    bool full = cuts->filled == DATA_FULL, text = p[0] >= 0x20 && p[0] < 0x7f;

    if (cuts->any && !full && !(cuts->run == TEXT_RUN_MAX && text))
        return "picture data cut in another place";
    cuts->filled = full ? n : cuts->filled + n;
    if (cuts->filled > DATA_FULL)
        return "picture data in larger pieces";
    cuts->any = true;
    cuts->run = 0;
    for (size_t i = 0; i < n; i++) {
        cuts->run = p[i] >= 0x20 && p[i] < 0x7f ? cuts->run + 1 : 0;
        if (cuts->run > TEXT_RUN_MAX)
            return "picture data that can be read as text";
    }
    return NULL;
}

/* Data chunks of one picture. */
static const char *read_data(struct reader *r, const char *type, uint32_t width, uint32_t height)
{
    size_t skip = type[0] == 'f' ? 4 : 0;
    struct cuts cuts = {0};
    struct chunk c;
    const char *why = check_png_begin(&r->png, width, height);

    if (!why && job_steps(r->job, (uint64_t)width * height) < 0)
        return "too many pixels";
    while (!why) {
        why = peek(r, &c);
        if (why || !is(&c, type))
            break;
        if (c.n <= skip)
            return "chunk of no data";
        if (skip && u32(c.p) != r->sequence++)
            return "frames out of order";
        why = check_cut(&cuts, c.p + skip, c.n - skip);
        why = why ? why : check_png_data(&r->png, c.p + skip, c.n - skip);
        pass(r, &c);
    }
    return why ? why : check_png_end(&r->png);
}

static const char *read_frame(struct reader *r, const struct chunk *c)
{
    const uint8_t *p = c->p;

    if (c->n != 26 || r->frames++ == r->announced || u32(p) != r->sequence++)
        return "frame that was not announced, or out of order";
    uint32_t w = u32(p + 4), h = u32(p + 8), x = u32(p + 12), y = u32(p + 16);
    if (w == 0 || w > r->png.width || x > r->png.width - w || h == 0 || h > r->png.height || y > r->png.height - h ||
        p[24] > 2 || p[25] > 1)
        return "frame outside the picture";
    pass(r, c);
    if (r->first_seen)
        return read_data(r, "fdAT", w, h);
    r->first_seen = true;
    return w == r->png.width && h == r->png.height ? read_data(r, "IDAT", w, h) : "first frame of another size";
}

static const char *read_pictures(struct reader *r)
{
    struct chunk c;
    const char *why = peek(r, &c);

    while (!why && !is(&c, "IEND")) {
        if (is(&c, "fcTL")) {
            why = read_frame(r, &c);
        } else if (is(&c, "IDAT") && !r->first_seen) {
            r->first_seen = true;
            why = read_data(r, "IDAT", r->png.width, r->png.height);
        } else {
            why = "chunk that may not be here";
        }
        why = why ? why : peek(r, &c);
    }
    if (why)
        return why;
    pass(r, &c);
    if (c.n != 0 || r->at != in_len(r->in))
        return "bytes behind the end";
    if (!r->first_seen || r->frames != r->announced)
        return "pictures missing";
    for (unsigned i = 0; i < r->png.colours; i++)
        if (!r->png.used[i])
            return "palette entry that no pixel uses";
    return NULL;
}

static void reader_finish(struct reader *r)
{
    check_png_finish(&r->png);
}

static int verify(struct fmt_job *job)
{
    scoped(reader_finish) struct reader r = {.job = job, .in = job_in(job), .at = 8};
    const char *why = NULL;

    r.png.keep_hidden = job_switch(job, FINDING_HIDDEN) == FMT_SWITCH_ALLOW;
    if (!in_equals(r.in, 0, "\x89PNG\r\n\x1a\n", 8))
        why = "no PNG signature";
    why = why ? why : read_head(&r);
    why = why ? why : check_palette(&r);
    why = why ? why : read_pictures(&r);
    why = why ? why : lib_spng_check(r.in, r.png.width, r.png.height);
    return why ? job_fail(job, REASON_CHECK_REFUSED, "%s", why) : 0;
}

const struct format_verifier chk_png = {
    .name = "png",
    .verify = verify,
};
