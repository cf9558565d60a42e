/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads hostile text and hands out what may stay. Runs in the text worker. A
 * character leaves here only after it was decoded and its class allows it; its
 * bytes are then the input's own, because several CP932 codes mean the same
 * character and a receiving system may tell them apart. ISO-2022-JP is written
 * again with its escapes in one form.
 */
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "charset.h"

#define UNKNOWN 0xFFFDu
#define GETA 0x3013u /* what Japanese printing sets for a missing character */

/* ---- Tallies ----------------------------------------------------------------------------- */

static void tally(struct charset_reader *r, enum charset_tally which)
{
    struct tally *t = &r->tallies[which];

    t->count++;
    for (size_t i = 0; i < TALLY_LINES; i++) {
        if (t->at[i].line == 0)
            t->at[i].line = r->line;
        if (t->at[i].line == r->line && t->at[i].count < UINT32_MAX) {
            t->at[i].count++;
            return;
        }
    }
    t->rest++;
}

static const struct {
    enum finding_kind kind;
    const char *note;
} kinds[TALLIES] = {
    [TALLY_ESCAPE] = {FINDING_CONTROL_CHARS, "terminal escape sequences"},
    [TALLY_CONTROL] = {FINDING_CONTROL_CHARS, "control characters"},
    [TALLY_INVISIBLE] = {FINDING_CONTROL_CHARS, "invisible characters"},
    [TALLY_BIDI] = {FINDING_BIDI, ""},
    [TALLY_INVALID] = {FINDING_ENCODING, "bytes that are no character"},
    [TALLY_SHIFT] = {FINDING_ENCODING, "shift states or byte order mark put right"},
};

static int report_one(struct fmt_job *job, const struct tally *t, enum charset_tally which)
{
    char place[40];
    int err = 0;

    for (size_t i = 0; i < TALLY_LINES && t->at[i].line > 0 && err == 0; i++) {
        (void)snprintf(place, sizeof place, "line %llu", (unsigned long long)t->at[i].line);
        err = job_finding(job, kinds[which].kind, place, t->at[i].count, kinds[which].note);
    }
    if (err == 0 && t->rest > 0)
        err = job_finding(job, kinds[which].kind, "further lines", t->rest > UINT32_MAX ? UINT32_MAX : (uint32_t)t->rest,
                          kinds[which].note);
    return err;
}

/* ---- Context ------------------------------------------------------------------------------ */

static bool between(uint32_t c, uint32_t first, uint32_t last)
{
    return c >= first && c <= last;
}

/* Scripts whose letters join: Arabic, Syriac, N'Ko, those of India and South-East Asia, Mongolian. */
static bool is_joining(uint32_t c)
{
    return between(c, 0x0600, 0x0DFF) || between(c, 0x1000, 0x109F) || between(c, 0x1780, 0x17FF) ||
           between(c, 0x1820, 0x18AF) || between(c, 0xA8E0, 0xA8FF) || between(c, 0xFB50, 0xFDFF) ||
           between(c, 0xFE70, 0xFEFC);
}

static bool is_emoji(uint32_t c)
{
    return c == 0x00A9 || c == 0x00AE || c == 0x203C || c == 0x2049 || c == 0x2122 || c == 0x2139 ||
           between(c, 0x2190, 0x21FF) || between(c, 0x2300, 0x23FF) || between(c, 0x25AA, 0x25FE) ||
           between(c, 0x2600, 0x27BF) || between(c, 0x2934, 0x2935) || between(c, 0x2B00, 0x2BFF) || c == 0x3030 ||
           c == 0x303D || c == 0x3297 || c == 0x3299 || between(c, 0x1F000, 0x1FAFF);
}

/*
 * One selector per visible character: the variants of family names (IVS) and
 * emoji need no more, while runs of selectors spell out hidden bytes.
 */
static bool selector_fits(const struct charset_reader *r, uint32_t c)
{
    if (between(c, 0x180B, 0x180F))
        return between(r->prev, 0x1820, 0x18AF);
    return r->prev != 0 && charset_class(r->prev) == CHAR_PLAIN;
}

/* p: after the joiner. */
static bool joiner_fits(const struct charset_reader *r, uint32_t c, const uint8_t *p)
{
    uint32_t next = 0;

    if (is_joining(r->prev))
        return true;
    if (c != 0x200D || !is_emoji(r->base) || (r->prev != r->base && r->prev != 0xFE0F) || p >= r->end)
        return false;
    (void)charset_decode(r->charset, p, (size_t)(r->end - p), &next);
    return is_emoji(next);
}

static bool stays(const struct charset_reader *r, uint32_t c, enum char_class class, const uint8_t *after)
{
    switch (class) {
    case CHAR_PLAIN:
    case CHAR_SPACE:
    case CHAR_BREAK:
        return true;
    case CHAR_FEED:
        return r->keep_feed;
    case CHAR_VTAB:
        return r->keep_vtab;
    case CHAR_BIDI:
        return r->keep_bidi;
    case CHAR_SELECTOR:
        return selector_fits(r, c);
    case CHAR_JOINER:
        return joiner_fits(r, c, after);
    case CHAR_REFUSED:
    case CHAR_CONTROL:
    case CHAR_ESCAPE:
    case CHAR_SEPARATOR:
    case CHAR_INVISIBLE:
        break;
    }
    return false;
}

/* Books a character that is handed out. */
static void kept(struct charset_reader *r, uint32_t c, enum char_class class)
{
    bool line_end = c == '\n' || c == '\r';
    uint32_t next = 0;

    r->chars++;
    r->wide += c >= 0x80;
    r->bidi_kept += class == CHAR_BIDI;
    r->prev = c;
    if (class != CHAR_SELECTOR && class != CHAR_JOINER)
        r->base = c;
    r->tail = !line_end;
    if (c == '\r' && r->p < r->end)
        (void)charset_decode(r->charset == CHARSET_JIS ? CHARSET_ASCII : r->charset, r->p, (size_t)(r->end - r->p), &next);
    if (line_end && next != '\n')
        r->line++;
}

/* ---- Writing one character ------------------------------------------------------------------ */

static const struct {
    const char *escape; /* without ESC */
    uint8_t n, width;
} sets[JIS_SETS] = {
    [JIS_ASCII] = {"(B", 2, 1},      [JIS_ROMAN] = {"(J", 2, 1}, [JIS_KANA] = {"(I", 2, 1},
    [JIS_0208_1978] = {"$@", 2, 2}, [JIS_0208] = {"$B", 2, 2},  [JIS_0212] = {"$(D", 3, 2},
};

static bool is_latin(enum jis_set set)
{
    return set == JIS_ASCII || set == JIS_ROMAN;
}

static size_t put_designator(uint8_t *out, enum jis_set set)
{
    out[0] = 0x1B;
    memcpy(out + 1, sets[set].escape, sets[set].n);
    return 1u + sets[set].n;
}

static void give_jis(struct charset_reader *r, struct charset_piece *piece, uint32_t c, enum jis_set set,
                     const uint8_t *bytes)
{
    size_t lead = set == r->out_set ? 0 : put_designator(r->buf, set);

    memcpy(r->buf + lead, bytes, sets[set].width);
    *piece = (struct charset_piece){.bytes = r->buf,
                                    .n = lead + sets[set].width,
                                    .c = c,
                                    .tag = (uint8_t)(r->out_set | set << 4),
                                    .skip = (uint8_t)(is_latin(set) ? lead : 0)};
    r->out_set = set;
}

/* The character in the encoding of the output, from its own bytes or made anew. */
static void give(struct charset_reader *r, struct charset_piece *piece, uint32_t c, const uint8_t *bytes, size_t n)
{
    if (r->out != r->charset) {
        n = utf8_encode(c, (char *)r->buf);
        bytes = r->buf;
    }
    *piece = (struct charset_piece){.bytes = bytes, .n = n, .c = c};
}

/* A character of our own: what stands for bad bytes, or the blank in place of a strange line end. */
static void give_own(struct charset_reader *r, struct charset_piece *piece, bool blank)
{
    static const struct {
        uint8_t n, blank_n;
        uint8_t unknown[3], blank[2];
        uint32_t c;
    } own[CHARSETS] = {
        [CHARSET_ASCII] = {1, 1, "?", " ", '?'},
        [CHARSET_UTF8] = {3, 1, "\xEF\xBF\xBD", " ", UNKNOWN},
        [CHARSET_UTF16LE] = {2, 2, "\xFD\xFF", " \0", UNKNOWN},
        [CHARSET_UTF16BE] = {2, 2, "\xFF\xFD", "\0 ", UNKNOWN},
        [CHARSET_CP932] = {2, 1, "\x81\xAC", " ", GETA},
        [CHARSET_EUCJP] = {2, 1, "\xA2\xAE", " ", GETA},
        [CHARSET_JIS] = {2, 1, "\x22\x2E", " ", GETA},
    };
    enum charset out = r->out;

    if (blank)
        *piece = (struct charset_piece){.bytes = own[out].blank, .n = own[out].blank_n, .c = ' '};
    else if (out == CHARSET_JIS)
        give_jis(r, piece, GETA, r->in_set == JIS_0208_1978 ? JIS_0208_1978 : JIS_0208, own[out].unknown);
    else
        *piece = (struct charset_piece){.bytes = own[out].unknown, .n = own[out].n, .c = own[out].c};
    kept(r, piece->c, blank ? CHAR_SPACE : CHAR_PLAIN);
}

/* ---- One character that is not simply passed on ------------------------------------------------ */

/* Decides about the character c whose bytes were just passed. True when piece was filled. */
static bool take(struct charset_reader *r, struct charset_piece *piece, uint32_t c, const uint8_t *bytes, size_t n)
{
    static const uint8_t tallied[] = {
        [CHAR_FEED] = TALLY_CONTROL,      [CHAR_VTAB] = TALLY_CONTROL,      [CHAR_CONTROL] = TALLY_CONTROL,
        [CHAR_ESCAPE] = TALLY_ESCAPE,     [CHAR_SEPARATOR] = TALLY_CONTROL, [CHAR_BIDI] = TALLY_BIDI,
        [CHAR_INVISIBLE] = TALLY_INVISIBLE, [CHAR_SELECTOR] = TALLY_INVISIBLE, [CHAR_JOINER] = TALLY_INVISIBLE,
    };
    enum char_class class = c == CHARSET_INVALID ? CHAR_REFUSED : charset_class(c);

    if (stays(r, c, class, r->p)) {
        give(r, piece, c, bytes, n);
        kept(r, c, class);
        return true;
    }
    if (class == CHAR_REFUSED) {
        tally(r, TALLY_INVALID);
        r->invalid++;
        give_own(r, piece, false);
        return true;
    }
    r->nul |= c == 0;
    tally(r, (enum charset_tally)tallied[class]);
    if (class == CHAR_ESCAPE)
        r->p = charset_skip_escape(r, r->p, c);
    if (class != CHAR_SEPARATOR)
        return false;
    give_own(r, piece, true);
    return true;
}

/* ---- ISO-2022-JP ----------------------------------------------------------------------------------- */

/* An escape that designates a set: takes it in and returns true. ESC ( H is an old mistake for ESC ( J. */
static bool jis_designator(struct charset_reader *r)
{
    size_t left = (size_t)(r->end - r->p);

    if (left >= 3 && memcmp(r->p, "\x1B(H", 3) == 0) {
        tally(r, TALLY_SHIFT);
        r->in_set = JIS_ROMAN;
        r->p += 3;
        return true;
    }
    for (unsigned i = 0; i < JIS_SETS; i++) {
        if (left > sets[i].n && memcmp(r->p + 1, sets[i].escape, sets[i].n) == 0) {
            r->in_set = (enum jis_set)i;
            r->p += 1u + sets[i].n;
            return true;
        }
    }
    return false;
}

/* The graphic character at p in the current set and its bytes. */
static uint32_t jis_graphic(const struct charset_reader *r, size_t *n_out)
{
    uint8_t b1 = r->p[0], b2 = r->end - r->p > 1 ? r->p[1] : 0;
    bool pair = b2 >= 0x21 && b2 <= 0x7E;
    uint32_t c = 0;

    *n_out = 1;
    switch (r->in_set) {
    case JIS_ASCII:
        return b1;
    case JIS_ROMAN:
        return b1 == 0x5C ? 0xA5u : b1 == 0x7E ? 0x203Eu : b1;
    case JIS_KANA:
        return b1 <= 0x5F ? 0xFF61u + b1 - 0x21 : CHARSET_INVALID;
    case JIS_0208_1978:
    case JIS_0208:
    case JIS_0212:
        c = pair ? charset_kuten(r->in_set == JIS_0212 ? 2 : 1, b1, b2) : 0;
        *n_out = pair ? 2 : 1;
        break;
    case JIS_SETS:
        break;
    }
    return c ? c : CHARSET_INVALID;
}

/* Controls and blanks belong to the Latin sets: a line end in any other means that its escape got lost. */
static bool jis_control(struct charset_reader *r, struct charset_piece *piece, const uint8_t *bytes)
{
    uint32_t c = bytes[0];
    enum char_class class = charset_class(c);
    bool fits = stays(r, c, class, r->p);

    if (fits && !is_latin(r->in_set)) {
        tally(r, TALLY_SHIFT);
        if (c == '\n' || c == '\r')
            r->in_set = JIS_ASCII;
    }
    if (!fits || r->out != CHARSET_JIS)
        return take(r, piece, c, bytes, 1);
    give_jis(r, piece, c, is_latin(r->in_set) ? r->in_set : JIS_ASCII, bytes);
    kept(r, c, class);
    return true;
}

static bool jis_one(struct charset_reader *r, struct charset_piece *piece)
{
    const uint8_t *bytes = r->p;
    size_t n = 1;

    if (bytes[0] == 0x1B && jis_designator(r))
        return false;
    if (bytes[0] < 0x21 || bytes[0] == 0x7F) {
        r->p++;
        return jis_control(r, piece, bytes);
    }
    uint32_t c = bytes[0] >= 0x80 ? CHARSET_INVALID : jis_graphic(r, &n);
    r->p += n;
    if (c == CHARSET_INVALID || r->out != CHARSET_JIS)
        return take(r, piece, c, bytes, n);
    give_jis(r, piece, c, r->in_set, bytes);
    kept(r, c, CHAR_PLAIN);
    return true;
}

/* The text must end in ASCII (RFC 1468). */
static bool jis_end(struct charset_reader *r, struct charset_piece *piece)
{
    if (!is_latin(r->in_set))
        tally(r, TALLY_SHIFT);
    r->in_set = JIS_ASCII;
    if (r->out != CHARSET_JIS || r->out_set == JIS_ASCII)
        return false;
    r->out_set = JIS_ASCII;
    *piece = (struct charset_piece){.bytes = r->buf, .n = put_designator(r->buf, JIS_ASCII), .c = CHARSET_FRAME};
    return true;
}

/* ---- Reading -------------------------------------------------------------------------------------------- */

static bool run(struct charset_reader *r, struct charset_piece *piece)
{
    const uint8_t *start = r->p, *limit = r->end;
    struct charset_span span;

    if (limit - start >= CHARSET_PIECE_MAX) /* one is left for the stop */
        limit = start + CHARSET_PIECE_MAX - 1;
    if (r->wide_alone && *start >= 0x80) {
        uint32_t c;
        (void)charset_decode(r->charset, start, (size_t)(r->end - start), &c);
        if (!between(c, 0x3041, 0x9FFF))
            return false;
    }
    /* A character cut by the limit ends the run and comes alone. */
    const uint8_t *stop = charset_run(r->charset, start, limit, r->stops, &span);
    if (stop == start)
        return false;
    r->p = stop;
    r->chars += span.chars;
    r->wide += span.wide;
    r->tail = true;
    (void)charset_decode(r->charset, span.last, (size_t)(stop - span.last), &r->prev);
    r->base = r->prev;
    size_t n = (size_t)(stop - start);
    *piece = (struct charset_piece){.bytes = start, .n = n, .run = n, .c = CHARSET_RUN};
    return true;
}

static bool one(struct charset_reader *r, struct charset_piece *piece)
{
    const uint8_t *bytes = r->p;
    uint32_t c;

    if (r->charset == CHARSET_JIS)
        return jis_one(r, piece);
    size_t n = charset_decode(r->charset, bytes, (size_t)(r->end - bytes), &c);
    r->p += n;
    return take(r, piece, c, bytes, n);
}

static bool give_mark(struct charset_reader *r, struct charset_piece *piece)
{
    static const struct {
        const uint8_t bytes[4];
        uint8_t n;
    } marks[CHARSETS] = {
        [CHARSET_UTF8] = {"\xEF\xBB\xBF", 3},
        [CHARSET_UTF16LE] = {"\xFF\xFE", 2},
        [CHARSET_UTF16BE] = {"\xFE\xFF", 2},
    };

    r->mark = false;
    *piece = (struct charset_piece){.bytes = marks[r->out].bytes, .n = marks[r->out].n, .c = CHARSET_FRAME};
    return true;
}

/* The most frequent characters that come alone, made short: printable ASCII and LF, one byte each. */
static bool add_ascii(struct charset_reader *r, struct charset_piece *piece)
{
    uint8_t c = *r->p;

    if (c != '\n' && (c < 0x20 || c > 0x7E))
        return false;
    if (piece->n == 0)
        piece->bytes = r->p;
    piece->n++;
    piece->c = c;
    r->p++;
    r->prev = r->base = c;
    r->chars++;
    r->tail = c != '\n';
    r->line += c == '\n';
    return true;
}

bool charset_read(struct charset_reader *r, struct charset_piece *piece_out)
{
    const uint8_t *from = r->p;
    bool units = r->charset == CHARSET_UTF16LE || r->charset == CHARSET_UTF16BE || r->charset == CHARSET_JIS;
    bool runs = !r->eager && r->charset != CHARSET_JIS && r->out == r->charset && !(r->wide_alone && units);

    if (r->mark)
        return give_mark(r, piece_out);
    *piece_out = (struct charset_piece){.c = CHARSET_RUN};
    while (r->p < r->end) {
        if (runs && run(r, piece_out)) {
            if (!units && r->p < r->end && r->stops)
                (void)add_ascii(r, piece_out);
            return true;
        }
        if ((!units && r->out == r->charset && add_ascii(r, piece_out)) || one(r, piece_out))
            return true;
        if (r->p - from > CHARSET_PIECE_MAX) {
            *piece_out = (struct charset_piece){.c = CHARSET_RUN};
            return true;
        }
    }
    return r->charset == CHARSET_JIS && jis_end(r, piece_out);
}

int charset_open(struct charset_reader *r, struct fmt_job *job, bool to_utf8)
{
    const struct fmt_in *in = job_in(job);
    struct charset_guess guess;
    const char *why = "";
    int err = charset_decide(in, &guess, &why);

    if (err < 0)
        return job_fail(job, err == ERR_MALFORMED ? REASON_MALFORMED : REASON_INTERNAL, "%s", why);
    bool utf16 = guess.charset == CHARSET_UTF16LE || guess.charset == CHARSET_UTF16BE;
    r->p = in->bytes + guess.mark;
    r->end = in->bytes + in->len;
    r->charset = guess.charset;
    r->out = to_utf8 && guess.charset != CHARSET_ASCII ? CHARSET_UTF8 : guess.charset;
    r->mark = !to_utf8 && (guess.mark > 0 || utf16);
    r->line = 1;
    r->keep_vtab = job_switch(job, FINDING_CONTROL_CHARS) == FMT_SWITCH_ALLOW;
    r->keep_bidi = job_switch(job, FINDING_BIDI) == FMT_SWITCH_ALLOW;
    if (utf16 && guess.mark == 0 && !to_utf8)
        tally(r, TALLY_SHIFT);
    return 0;
}

uint64_t charset_lines(const struct charset_reader *r)
{
    return r->line - (r->tail ? 0 : 1);
}

size_t charset_ascii(const struct charset_reader *r, char c, uint8_t tag, uint8_t out[8])
{
    enum jis_set before = (enum jis_set)(tag & 0x0F), set = (enum jis_set)(tag >> 4);
    size_t n = 0;

    if (r->out == CHARSET_UTF16LE || r->out == CHARSET_UTF16BE) {
        out[0] = r->out == CHARSET_UTF16LE ? (uint8_t)c : 0;
        out[1] = r->out == CHARSET_UTF16LE ? 0 : (uint8_t)c;
        return 2;
    }
    bool shift = r->out == CHARSET_JIS && !is_latin(before) && !is_latin(set);
    if (shift)
        n = put_designator(out, JIS_ASCII);
    out[n++] = (uint8_t)c;
    if (shift && set == before)
        n += put_designator(out + n, before);
    return n;
}

int charset_confirm(const struct charset_reader *r, struct fmt_job *job, const uint8_t *out, size_t n)
{
    struct fmt_in in = {out, n};
    struct charset_guess guess = {0};
    const char *why = "text encoding cannot be decided";
    uint64_t changes = 0;

    for (unsigned i = 0; i < TALLIES; i++)
        changes += r->tallies[i].count;
    if (changes == 0 || r->chars == 0)
        return 0;
    int err = charset_decide(&in, &guess, &why);
    bool same = guess.charset == r->out || guess.charset == CHARSET_ASCII;
    return err == 0 && same ? 0 : job_fail(job, REASON_MALFORMED, "%s when cleaned", why);
}

int charset_close(struct charset_reader *r, struct fmt_job *job)
{
    bool utf16 = r->charset == CHARSET_UTF16LE || r->charset == CHARSET_UTF16BE;
    uint64_t beyond = utf16 ? r->chars : r->charset == CHARSET_ASCII ? r->invalid : r->wide;
    int err = 0;

    if (r->nul)
        return job_fail(job, REASON_MALFORMED, "NUL characters: not a text file");
    if (r->invalid > 8 && r->invalid > beyond / 20)
        return job_fail(job, REASON_MALFORMED, "%llu bad sequences in %s text", (unsigned long long)r->invalid,
                        charset_name(r->charset));
    if (r->chars == 0)
        return job_fail(job, REASON_EMPTY, "no character in it");
    for (unsigned i = 0; i < TALLIES && err == 0; i++)
        err = report_one(job, &r->tallies[i], (enum charset_tally)i);
    if (r->bidi_kept > 0)
        job_kept(job, "bidi-controls", r->bidi_kept);
    return err;
}
