/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JPEG pictures. Runs in the image worker: samples are decoded and encoded
 * again behind markers written here; of everything else in the file only the
 * density, the orientation and a rebuilt colour profile come through.
 * Progressive, arithmetic and restarting pictures come out as one baseline
 * scan, the only kind the verifier accepts; subsampling, quantisation and the
 * lengths of the codes stay, so size and quality do.
 */
#include <stdio.h>
#include <string.h>

#include "exif.h"
#include "flatten.h"
#include "formats/format.h"
#include "icc.h"
#include "lib_jpeg.h"

#define MEMORY_BYTES ((uint64_t)512 << 20)
#define SCANS_MAX 256
#define EXIF_NAME "Exif\0\0"
#define EXIF_NAME_BYTES 6

/* What the new file says besides the picture. */
struct extras {
    uint8_t exif[EXIF_NAME_BYTES + EXIF_BLOCK_MAX];
    uint8_t *icc;
    struct lib_jpeg_head head;
};

static void extras_free(struct extras *x)
{
    free(x->icc);
}

static int fail(struct fmt_job *job, const struct image_fail *why)
{
    return job_fail(job, why->reason, "%s", why->detail);
}

static int note_bytes(struct fmt_job *job, enum finding_kind kind, const char *place, uint64_t bytes)
{
    char note[48];

    if (bytes == 0)
        return 0;
    (void)snprintf(note, sizeof note, "%llu bytes", (unsigned long long)bytes);
    return job_finding(job, kind, place, 1, note);
}

/* What the walk left out. */
static int report_dropped(struct fmt_job *job, const struct jpeg_walk *walk)
{
    static const struct {
        enum finding_kind kind;
        const char *place, *note;
    } rows[JPEG_DROPPED_KINDS] = {
        [JPEG_DROPPED_COMMENT] = {FINDING_COMMENT, "COM", ""},
        [JPEG_DROPPED_EXIF] = {FINDING_METADATA, "EXIF", ""},
        [JPEG_DROPPED_XMP] = {FINDING_METADATA, "XMP", ""},
        [JPEG_DROPPED_PHOTOSHOP] = {FINDING_METADATA, "APP13", "Photoshop, IPTC"},
        [JPEG_DROPPED_MPF] = {FINDING_METADATA, "MPF", "index of further pictures"},
        [JPEG_DROPPED_THUMBNAIL] = {FINDING_THUMBNAIL, "", ""},
        [JPEG_DROPPED_GPS] = {FINDING_METADATA, "GPS", "place where the picture was taken"},
        [JPEG_DROPPED_OTHER] = {FINDING_UNKNOWN_OBJECT, "APPn", ""},
    };
    int err = 0;

    for (unsigned i = 0; i < JPEG_DROPPED_KINDS && err == 0; i++)
        if (walk->dropped[i])
            err = job_finding(job, rows[i].kind, rows[i].place, walk->dropped[i], rows[i].note);
    return err < 0 ? err : note_bytes(job, FINDING_TRAILING_DATA, "", walk->n - walk->end);
}

static int report_decoded(struct fmt_job *job, const struct jpeg_walk *walk, const struct image_jpeg_told *told)
{
    uint32_t damage = told->damage + (walk->no_end ? 1 : 0) + (walk->stray_bytes ? 1 : 0);
    int err = note_bytes(job, FINDING_TRAILING_DATA, "coded data", told->hidden_bytes);

    if (err == 0 && damage)
        err = job_finding(job, FINDING_DAMAGE, "", damage, walk->no_end ? "no end marker" : "faults in the coded data");
    return err;
}

/* Joins the profile's chunks. Returns the length, 0 when they do not make one; *bytes_out is the caller's to free. */
static size_t icc_join(const struct jpeg_walk *walk, uint8_t **bytes_out)
{
    size_t n = 0, at = 0;

    for (unsigned i = 0; i < walk->icc_count; i++) {
        if (walk->icc[i].n == 0)
            return 0; /* a chunk is missing */
        n += walk->icc[i].n;
    }
    if (walk->icc_broken || n == 0 || n > ICC_BYTES_MAX)
        return 0;
    *bytes_out = malloc(n);
    if (!*bytes_out)
        return 0;
    for (unsigned i = 0; i < walk->icc_count; i++) {
        memcpy(*bytes_out + at, walk->bytes + walk->icc[i].at, walk->icc[i].n);
        at += walk->icc[i].n;
    }
    return n;
}

static int extras_icc(struct fmt_job *job, const struct jpeg_walk *walk, struct extras *x)
{
    static const enum icc_space spaces[] = {[1] = ICC_SPACE_GREY, [3] = ICC_SPACE_RGB, [4] = ICC_SPACE_CMYK};
    scoped_free uint8_t *profile = NULL;
    size_t n;

    if (walk->icc_count == 0 && !walk->icc_broken)
        return 0;
    n = icc_join(walk, &profile);
    int err = n ? icc_rebuild(profile, n, spaces[walk->info.components], &x->icc, &x->head.icc_n) : ERR_MALFORMED;
    if (err == ERR_NOMEM)
        return err;
    if (err < 0)
        return job_finding(job, FINDING_COLOR_PROFILE, "ICC", 1, "");
    x->head.icc = x->icc;
    job_kept(job, "color-profile", 1);
    if (n == x->head.icc_n && memcmp(profile, x->icc, n) == 0)
        return 0;
    return job_finding(job, FINDING_METADATA, "ICC", 1, "texts and private tags of the colour profile");
}

static void extras_exif(struct fmt_job *job, const struct jpeg_walk *walk, struct extras *x)
{
    struct exif exif = {.orientation = walk->orientation};

    if (!x->head.jfif && walk->density.unit != 0)
        exif = (struct exif){walk->orientation, walk->density.unit, walk->density.x, walk->density.y, false, false};
    memcpy(x->exif, EXIF_NAME, EXIF_NAME_BYTES);
    size_t n = exif_write(&exif, x->exif + EXIF_NAME_BYTES);
    if (n > 0) {
        x->head.exif = x->exif;
        x->head.exif_n = EXIF_NAME_BYTES + n;
    }
    if (walk->orientation > 1)
        job_kept(job, "orientation", 1);
    if (walk->density.unit != 0)
        job_kept(job, "resolution", 1);
}

static int extras_make(struct fmt_job *job, const struct jpeg_walk *walk, struct extras *x)
{
    /* JFIF means grey or YCbCr (JFIF 1.02): on RGB it would be a lie, on four components it is common and ignored */
    x->head.jfif = walk->info.kind == IMAGE_JPEG_GREY || walk->info.kind == IMAGE_JPEG_YCBCR ||
                   (walk->info.components == 4 && walk->density.x != 0);
    x->head.density = walk->density;
    extras_exif(job, walk, x);
    return extras_icc(job, walk, x);
}

static int sink_write(void *ctx, const void *bytes, size_t n)
{
    return out_append(ctx, bytes, n);
}

static int encode(struct fmt_job *job, const struct jpeg_walk *walk, const struct lib_jpeg_head *head)
{
    const struct fmt_options *options = job_options(job);
    struct image_jpeg_limits limits = {.memory_bytes = MEMORY_BYTES};
    struct image_sink sink = {sink_write, job};
    struct image_jpeg_told told;
    struct image_fail why;

    if (lib_jpeg_reencode(walk, head, &limits, options->jpeg_quality, &sink, &told, &why) < 0)
        return fail(job, &why);
    int err = report_decoded(job, walk, &told);
    return err < 0 ? err : out_finish(job, NULL);
}

static int budget(struct fmt_job *job, const struct image_jpeg_info *info, uint64_t segments)
{
    int err = job_objects(job, segments);

    err = err < 0 ? err : job_pixels(job, info->width, info->height);
    err = err < 0 ? err : job_steps(job, info->work);
    if (err == 0 && info->scans > SCANS_MAX) /* each scan visits the whole picture for a few bytes of input */
        err = job_fail(job, REASON_LIMIT_STEPS, "%u scans", info->scans);
    return err;
}

/* ---- Flatten --------------------------------------------------------------------- */

static struct flatten_place place_of(const struct jpeg_walk *walk)
{
    double inch = walk->density.unit == 1 ? 1 : walk->density.unit == 2 ? 2.54 : 0;

    return (struct flatten_place){walk->density.x * inch, walk->density.y * inch, walk->orientation};
}

/* Grey and YCbCr: encoded again for DCTDecode. */
static int flatten_stream(struct fmt_job *job, const struct jpeg_walk *walk, struct image_jpeg_told *told)
{
    const struct fmt_limits *most = &job_options(job)->limits;
    struct image_jpeg_limits limits = {most->pixels, MEMORY_BYTES, most->output_bytes, most->steps, SCANS_MAX};
    struct flatten_place place = place_of(walk);
    scoped_free uint8_t *stream = NULL;
    struct image_fail why;
    size_t n = 0;

    if (image_jpeg_reencode(walk->bytes, walk->n, &limits, job_options(job)->jpeg_quality, &stream, &n, told, &why) < 0)
        return fail(job, &why);
    struct imagepdf_image image = {.coding = IMAGEPDF_JPEG,
                                   .width = walk->info.width,
                                   .height = walk->info.height,
                                   .components = walk->info.components,
                                   .bits = 8,
                                   .stream = stream,
                                   .n = n};
    told->damage -= (walk->no_end ? 1 : 0) + (walk->stray_bytes ? 1 : 0); /* counted by the report */
    return flatten_image(job, &image, &place);
}

/* RGB and inks: to pixels first, for a page of DeviceRGB. */
static int flatten_pixels(struct fmt_job *job, const struct jpeg_walk *walk, struct image_jpeg_told *told)
{
    struct image_jpeg_limits limits = {.memory_bytes = MEMORY_BYTES};
    size_t n = (size_t)walk->info.width * walk->info.height * 3;
    struct flatten_place place = place_of(walk);
    scoped_free uint8_t *rgb = n <= MEMORY_BYTES ? malloc(n) : NULL;
    struct image_fail why;

    if (!rgb)
        return job_fail(job, REASON_LIMIT_MEMORY, "%zu bytes of pixels", n);
    if (lib_jpeg_decode(walk, &limits, rgb, told, &why) < 0)
        return fail(job, &why);
    return flatten_rgb(job, rgb, walk->info.width, walk->info.height, &place);
}

static int flatten(struct fmt_job *job)
{
    struct jpeg_walk *walk = job_state(job);
    struct image_jpeg_told told = {0};
    struct image_fail why;

    if (jpeg_walk_run(job_in(job)->bytes, (size_t)in_len(job_in(job)), walk, &why) < 0)
        return fail(job, &why);
    int err = budget(job, &walk->info, walk->segments);
    err = err < 0 ? err : report_dropped(job, walk);
    if (err == 0 && (walk->icc_count || walk->icc_broken))
        err = job_finding(job, FINDING_COLOR_PROFILE, "ICC", 1, "a page has none");
    if (err < 0)
        return err;
    err = walk->info.kind == IMAGE_JPEG_GREY || walk->info.kind == IMAGE_JPEG_YCBCR ? flatten_stream(job, walk, &told)
                                                                                  : flatten_pixels(job, walk, &told);
    return err < 0 ? err : report_decoded(job, walk, &told);
}

/* ---- The handler ------------------------------------------------------------------- */

static int sanitize(struct fmt_job *job)
{
    const struct fmt_in *in = job_in(job);
    scoped(extras_free) struct extras x = {0};
    struct jpeg_walk *walk = job_state(job);
    struct image_fail why;

    if (jpeg_walk_run(in->bytes, (size_t)in_len(in), walk, &why) < 0)
        return fail(job, &why);
    int err = budget(job, &walk->info, walk->segments);
    err = err < 0 ? err : report_dropped(job, walk);
    err = err < 0 ? err : extras_make(job, walk, &x);
    err = err < 0 ? err : encode(job, walk, &x.head);
    if (err == 0)
        job_kept(job, "pictures", 1);
    return err;
}

const struct format_handler fmt_jpeg = {
    .name = "jpeg",
    .sanitize = sanitize,
    .flatten = flatten,
    .state_bytes = sizeof(struct jpeg_walk),
};
