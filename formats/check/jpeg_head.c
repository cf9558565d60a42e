/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Markers of a rebuilt JPEG, as a positive list: each segment has one place,
 * one length and few values. Runs in the checker; trusts nothing, least of all
 * that the worker which wrote the bytes is still ours.
 */
#include <string.h>

#include "icc.h"
#include "jpeg_stream.h"

/* The order of segments; each may come as often as its row says. */
enum stage { STAGE_JFIF, STAGE_ADOBE, STAGE_EXIF, STAGE_ICC, STAGE_DQT, STAGE_SOF, STAGE_DHT, STAGE_SOS, STAGES };

struct reader {
    struct check_jpeg *j;
    const struct fmt_in *in;
    uint64_t at;
    enum stage stage;
    unsigned times; /* segments of this stage so far */
    struct {
        uint8_t *bytes;
        size_t n;
        unsigned next, count;
    } icc;
};

/* A segment behind its length field. */
struct body {
    const uint8_t *p;
    size_t n;
};

static const char *jfif(struct reader *r, const struct body *b)
{
    if (b->n != 14 || b->p[7] > 2 || b->p[5] != 1 || b->p[6] != 1 || b->p[12] != 0 || b->p[13] != 0)
        return "JFIF header with a thumbnail or of another version";
    if ((b->p[8] | b->p[9]) == 0 || (b->p[10] | b->p[11]) == 0)
        return "JFIF density of 0";
    r->j->jfif = true;
    return NULL;
}

static const char *adobe(struct reader *r, const struct body *b)
{
    if (b->n != 12 || memcmp(b->p + 5, "\0\x64\0\0\0\0", 6) != 0 || b->p[11] > 2)
        return "Adobe marker with flags";
    r->j->adobe = true;
    r->j->transform = b->p[11];
    return NULL;
}

static void entry(uint8_t *p, unsigned tag, unsigned type, unsigned high, unsigned low)
{
    const uint8_t e[12] = {(uint8_t)(tag >> 8),  (uint8_t)tag,  0, (uint8_t)type,        0, 0, 0, 1,
                           (uint8_t)(high >> 8), (uint8_t)high, 0, (uint8_t)(low & 0xff)};
    memcpy(p, e, sizeof e);
}

/*
 * A big-endian TIFF block with an orientation, a resolution or both: its few
 * numbers are read, the block is made from them, and the two must be the same.
 */
static const char *exif(struct reader *r, const struct body *b)
{
    uint8_t made[84] = "Exif\0\0MM\0*\0\0\0\x08";
    size_t entries = b->n == 32 ? 1 : b->n == 72 ? 3 : b->n == 84 ? 4 : 0, at = 16, values = b->n - 16;

    if (entries == 0)
        return "EXIF block of an unknown length";
    made[15] = (uint8_t)entries;
    if (entries != 3) {
        unsigned orientation = b->p[at + 9];
        if (orientation < 2 || orientation > 8)
            return "EXIF orientation that says nothing";
        entry(made + at, 0x0112, 3, orientation, 0);
        at += 12;
    }
    if (entries >= 3) {
        unsigned unit = b->p[at + 24 + 9];
        if (unit != 2 && unit != 3)
            return "EXIF resolution of an unknown unit";
        entry(made + at, 0x011a, 5, 0, (unsigned)values - 6);
        entry(made + at + 12, 0x011b, 5, 0, (unsigned)values + 2);
        entry(made + at + 24, 0x0128, 3, unit, 0);
        for (size_t i = values; i < b->n; i += 8) {
            made[i + 2] = b->p[i + 2];
            made[i + 3] = b->p[i + 3];
            made[i + 7] = 1;
            if ((made[i + 2] | made[i + 3]) == 0)
                return "EXIF resolution of 0";
        }
    }
    return memcmp(made, b->p, b->n) == 0 ? NULL : "EXIF block with more than orientation and resolution";
}

static const char *icc(struct reader *r, const struct body *b)
{
    if (b->n <= 14 || b->p[12] != r->icc.next + 1 || b->p[13] < b->p[12] ||
        (r->icc.next > 0 && b->p[13] != r->icc.count))
        return "colour profile in pieces out of order";
    if (r->icc.next > 0 && r->icc.n % 65519 != 0)
        return "colour profile in small pieces";
    if (!r->icc.bytes)
        r->icc.bytes = malloc((size_t)in_len(r->in)); /* all pieces lie inside */
    if (!r->icc.bytes)
        return "no memory for the colour profile";
    memcpy(r->icc.bytes + r->icc.n, b->p + 14, b->n - 14);
    r->icc.n += b->n - 14;
    r->icc.next++;
    r->icc.count = b->p[13];
    return NULL;
}

/* The IJG family, Annex K tables scaled; own copy, for a checker shares no code with what it checks. */
static const uint8_t family[2][64] = {
    {16, 11, 12, 14, 12, 10, 16,  14, 13, 14, 18, 17, 16, 19, 24, 40, 26,  24,  22,  22, 24,  49,
     35, 37, 29, 40, 58, 51, 61,  60, 57, 51, 56, 55, 64, 72, 92, 78, 64,  68,  87,  69, 55,  56,
     80, 109, 81, 87, 95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99},
    {17, 18, 18, 24, 21, 24, 47, 26, 26, 47, 99, 66, 56, 66, 99, 99, 99, 99, 99, 99, 99, 99,
     99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
     99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99},
};

static bool in_family(const uint8_t *q)
{
    for (unsigned base = 0; base < 2; base++) {
        for (unsigned quality = 1; quality <= 100; quality++) {
            unsigned scale = quality < 50 ? 5000 / quality : 200 - 2 * quality, i = 0;
            for (; i < 64; i++) {
                unsigned v = (family[base][i] * scale + 50) / 100;
                if (q[i] != (v == 0 ? 1 : v > 255 ? 255 : v))
                    break;
            }
            if (i == 64)
                return true;
        }
    }
    return false;
}

static const char *dqt(struct reader *r, const struct body *b)
{
    if (b->n != 65 || b->p[0] > 3 || r->j->quant_set[b->p[0]])
        return "quantisation table out of place";
    bool even = true;
    for (unsigned i = 1; i < 65; i++) {
        if (b->p[i] == 0)
            return "quantisation by 0";
        even = even && (b->p[i] < 8 || b->p[i] % 2 == 0);
    }
    if (!even && !in_family(b->p + 1))
        return "quantisation table neither of the IJG family nor made even";
    r->j->quant_set[b->p[0]] = true;
    return NULL;
}

static const char *frame_component(struct check_jpeg *j, struct check_component *c, const uint8_t *p)
{
    *c = (struct check_component){.id = p[0], .h = p[1] >> 4, .v = p[1] & 15, .quant = p[2]};
    if (c->h == 0 || c->h > 4 || c->v == 0 || c->v > 4 || c->quant > 3 || !j->quant_set[c->quant])
        return "component with a bad factor or no table";
    j->quant_used[c->quant] = true;
    return NULL;
}

static uint32_t ceil_div(uint32_t a, uint32_t b)
{
    return (a + b - 1) / b;
}

/* Sizes of the components in blocks (A.1.1, A.2.4). */
static const char *frame_layout(struct check_jpeg *j)
{
    uint32_t hmax = 1, vmax = 1, blocks = 0;

    for (uint32_t i = 0; i < j->components; i++) {
        hmax = j->component[i].h > hmax ? j->component[i].h : hmax;
        vmax = j->component[i].v > vmax ? j->component[i].v : vmax;
        blocks += (uint32_t)j->component[i].h * j->component[i].v;
    }
    if (j->components == 1 ? blocks != 1 : blocks > 10)
        return "too many blocks in one unit";
    for (uint32_t i = 0; i < j->components; i++) {
        struct check_component *c = &j->component[i];
        c->across = ceil_div(ceil_div(j->width * c->h, hmax), 8);
        c->down = ceil_div(ceil_div(j->height * c->v, vmax), 8);
    }
    j->mcus_across = ceil_div(j->width, 8 * hmax);
    j->mcus_down = ceil_div(j->height, 8 * vmax);
    j->blocks = (uint64_t)j->mcus_across * j->mcus_down * blocks;
    return NULL;
}

static const char *sof(struct reader *r, const struct body *b)
{
    struct check_jpeg *j = r->j;
    const char *why = NULL;

    if (b->n < 6 || b->p[0] != 8 || (b->p[5] != 1 && b->p[5] != 3 && b->p[5] != 4) || b->n != 6 + 3 * (size_t)b->p[5])
        return "frame header of an unknown shape";
    j->height = (uint32_t)b->p[1] << 8 | b->p[2];
    j->width = (uint32_t)b->p[3] << 8 | b->p[4];
    j->components = b->p[5];
    if (j->width == 0 || j->height == 0)
        return "picture without pixels";
    for (uint32_t i = 0; i < j->components && !why; i++)
        why = frame_component(j, &j->component[i], b->p + 6 + 3 * (size_t)i);
    for (unsigned i = 0; i < 4 && !why; i++)
        if (j->quant_set[i] != j->quant_used[i])
            why = "quantisation table that nothing uses";
    return why ? why : frame_layout(j);
}

static bool symbol_is_legal(unsigned symbol, bool ac)
{
    return ac ? symbol == 0 || symbol == 0xf0 || ((symbol & 15) >= 1 && (symbol & 15) <= 10) : symbol <= 11;
}

/* Codes of C.2 from the counts; all legal symbols once each, the code of ones free. */
static const char *huffman_build(struct check_huffman *h, const uint8_t counts[16], const uint8_t *symbols, unsigned n,
                                 bool ac)
{
    bool seen[256] = {false};
    uint32_t code = 0;
    unsigned at = 0;

    for (unsigned i = 0; i < n; i++) {
        if (!symbol_is_legal(symbols[i], ac) || seen[symbols[i]])
            return "Huffman table with a symbol twice or out of range";
        seen[symbols[i]] = true;
        h->symbols[i] = symbols[i];
    }
    for (unsigned length = 1; length <= 16; length++) {
        h->offset[length] = (int32_t)at - (int32_t)code;
        for (unsigned i = 0; i < counts[length - 1]; i++, at++, code++) {
            if (code + 1 >= 1u << length)
                return "Huffman table with more codes than fit";
            for (uint32_t f = 0; length <= 10 && f < 1u << (10 - length); f++)
                h->fast[(code << (10 - length)) + f] = (uint16_t)(length << 8 | symbols[at]);
        }
        h->end[length] = code << (16 - length);
        code <<= 1;
    }
    h->set = true;
    return NULL;
}

static const char *dht(struct reader *r, const struct body *b)
{
    bool ac = b->n > 17 && b->p[0] >> 4 == 1;
    unsigned n = 0;

    if (b->n < 17 || (b->p[0] & 15) > 1 || b->p[0] >> 4 > 1 || r->j->table[ac][b->p[0] & 15].set)
        return "Huffman table out of place";
    for (unsigned i = 0; i < 16; i++)
        n += b->p[1 + i];
    if (n != (ac ? 162u : 12u) || b->n != 17 + (size_t)n)
        return "Huffman table that is not complete";
    return huffman_build(&r->j->table[ac][b->p[0] & 15], b->p + 1, b->p + 17, n, ac);
}

static const char *sos(struct reader *r, const struct body *b)
{
    struct check_jpeg *j = r->j;

    if (b->n != 4 + 2 * (size_t)j->components || b->p[0] != j->components ||
        memcmp(b->p + b->n - 3, "\0\x3f\0", 3) != 0)
        return "scan header of an unknown shape";
    for (uint32_t i = 0; i < j->components; i++) {
        const uint8_t *p = b->p + 1 + 2 * (size_t)i;
        if (p[0] != j->component[i].id || p[1] >> 4 > 1 || (p[1] & 15) > 1)
            return "scan header of other components";
        struct check_huffman *dc = &j->table[0][p[1] >> 4], *ac = &j->table[1][p[1] & 15];
        if (!dc->set || !ac->set)
            return "scan without its Huffman tables";
        dc->used = ac->used = true;
        j->component[i].dc = dc;
        j->component[i].ac = ac;
    }
    for (unsigned i = 0; i < 4; i++)
        if (j->table[i / 2][i % 2].set != j->table[i / 2][i % 2].used)
            return "Huffman table that nothing uses";
    return NULL;
}

static const struct {
    uint8_t marker;
    const char *word; /* the segment begins with */
    size_t word_n;
    const char *(*check)(struct reader *r, const struct body *b);
    unsigned least, most; /* how often */
    bool files_only;
} stages[STAGES] = {
    [STAGE_JFIF] = {0xe0, "JFIF", 5, jfif, 0, 1, false},   [STAGE_ADOBE] = {0xee, "Adobe", 5, adobe, 0, 1, false},
    [STAGE_EXIF] = {0xe1, "Exif\0", 6, exif, 0, 1, true},  [STAGE_ICC] = {0xe2, "ICC_PROFILE", 12, icc, 0, 255, true},
    [STAGE_DQT] = {0xdb, "", 0, dqt, 1, 4, false},         [STAGE_SOF] = {0xc0, "", 0, sof, 1, 1, false},
    [STAGE_DHT] = {0xc4, "", 0, dht, 2, 4, false},         [STAGE_SOS] = {0xda, "", 0, sos, 1, 1, false},
};

/* Moves to the stage of this segment. False when it comes too early, too late or too often. */
static bool reader_enter(struct reader *r, uint8_t marker, const struct body *b)
{
    while (r->stage < STAGES) {
        const char *word = stages[r->stage].word;
        size_t n = stages[r->stage].word_n;
        if (stages[r->stage].marker == marker && b->n >= n && (n == 0 || memcmp(b->p, word, n) == 0))
            return !(r->j->bare && stages[r->stage].files_only) && ++r->times <= stages[r->stage].most;
        if (r->times < stages[r->stage].least)
            return false;
        r->stage++;
        r->times = 0;
    }
    return false;
}

static const char *read_segment(struct reader *r)
{
    const uint8_t *head;
    struct body b;

    if (in_borrow(r->in, r->at, 4, &head) < 0 || head[0] != 0xff)
        return "no marker where one must be";
    b.n = (size_t)head[2] << 8 | head[3];
    if (b.n < 2 || in_borrow(r->in, r->at + 4, b.n - 2, &b.p) < 0)
        return "segment longer than the file";
    b.n -= 2;
    if (!reader_enter(r, head[1], &b))
        return "segment that may not be here";
    r->at += 4 + b.n;
    return stages[r->stage].check(r, &b);
}

/* Which markers say what the components mean: one way for each meaning. */
static const char *check_meaning(const struct check_jpeg *j)
{
    const struct check_component *c = j->component;
    bool rgb = j->components == 3 && c[0].id == 'R', ycck = j->components == 4 && j->adobe && j->transform == 2;
    const char *ids = rgb ? "RGB" : j->components == 4 && !ycck ? "CMYK" : "\1\2\3\4";

    for (uint32_t i = 0; i < j->components; i++)
        if (c[i].id != (uint8_t)ids[i])
            return "component with an unusual name";
    if (j->components == 4 && j->adobe && j->transform == 1)
        return "Adobe transform of three components on four";
    if (j->components < 4 && j->adobe && j->transform != (rgb || j->components == 1 ? 0 : 1))
        return "Adobe transform that does not fit the components";
    if (rgb && j->jfif)
        return "RGB in a JFIF file";
    if (j->bare || j->components == 4)
        return NULL;
    if (j->jfif == rgb || j->adobe != rgb)
        return "colours said in an unusual way";
    return NULL;
}

static void reader_free(struct reader *r)
{
    free(r->icc.bytes);
}

int check_jpeg_head(const struct fmt_in *in, bool bare, struct check_jpeg *head_out)
{
    scoped(reader_free) struct reader r = {.j = head_out, .in = in, .at = 2};
    struct check_jpeg *j = head_out;

    *j = (struct check_jpeg){.bare = bare};
    if (!in_equals(in, 0, "\xff\xd8", 2))
        j->why = "no start of image";
    while (!j->why && r.stage < STAGE_SOS)
        j->why = read_segment(&r);
    if (!j->why)
        j->why = check_meaning(j);
    if (!j->why && r.icc.next != r.icc.count)
        j->why = "colour profile is not complete";
    if (!j->why && r.icc.next > 0)
        j->why = check_icc(&(struct fmt_in){r.icc.bytes, r.icc.n}, j->components);
    if (j->why)
        return ERR_REFUSED;
    j->icc_n = (uint32_t)r.icc.n;
    return in_sub(in, r.at, in_len(in) - r.at, &j->coded);
}

int check_jpeg_stream(const struct fmt_in *in, bool bare, const char **why_out)
{
    struct check_jpeg j;
    int err = check_jpeg_head(in, bare, &j);

    err = err < 0 ? err : check_jpeg_coded(&j);
    if (err < 0)
        *why_out = j.why;
    return err;
}
