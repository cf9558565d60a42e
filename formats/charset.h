/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_CHARSET_H
#define SEKIMORI_CHARSET_H

#include "format.h"

/*
 * The encodings Japanese text files come in: which one a file is in, what each
 * character in it may do, and a reader that hands out only what may stay.
 *
 *   charset.c        tables, classes of characters, decoders
 *   charset_guess.c  which encoding a file is in
 *   charset_escape.c terminal control sequences
 *   charset_read.c   the reader
 */

enum charset {
    CHARSET_NONE = 0, /* undecided: never read */
    CHARSET_ASCII,
    CHARSET_UTF8,
    CHARSET_UTF16LE,
    CHARSET_UTF16BE,
    CHARSET_CP932, /* Windows-31J: Shift_JIS with the NEC and IBM rows and 外字 */
    CHARSET_EUCJP, /* with JIS X 0212 and the rows of eucJP-ms */
    CHARSET_JIS,   /* ISO-2022-JP (RFC 1468), JIS X 0212 (RFC 2237) and the half-width kana of CP50221 */
    CHARSETS
};

/*
 * Makes the tables of CP932, EUC-JP and the classes of characters. iconv loads
 * its modules from files, so this comes before the process is confined;
 * afterwards nothing here opens anything. Cheap when called again. ERR_FAULT
 * when an iconv module is missing.
 */
int charset_warm(void) must_check;

/* "UTF-8", "CP932", ...; static storage. Unknown values give "unknown". */
const char *charset_name(enum charset charset);

/* ---- Characters ----------------------------------------------------------------- */

/* What a character may do to its reader. Zero is never permission. */
enum char_class {
    CHAR_REFUSED = 0, /* no character: surrogates, noncharacters, planes without any */
    CHAR_PLAIN,
    CHAR_SPACE,       /* blanks of any width */
    CHAR_BREAK,       /* TAB, LF, CR */
    CHAR_FEED,        /* FF: the page breaks of printed lists */
    CHAR_VTAB,
    CHAR_CONTROL,
    CHAR_ESCAPE,      /* ESC and the C1 codes that begin a terminal sequence */
    CHAR_SEPARATOR,   /* U+0085, U+2028, U+2029: a line end to some readers only; becomes a blank */
    CHAR_BIDI,        /* UAX #9: embeddings, overrides, isolates, marks */
    CHAR_INVISIBLE,   /* shows nothing and can carry a hidden message */
    CHAR_SELECTOR,    /* variation selectors: one per base character */
    CHAR_JOINER,      /* ZWJ and ZWNJ: where a script or an emoji needs them */
};

enum char_class charset_class(uint32_t c);

/* How common a kanji is, for guessing: 1 first level of JIS X 0208, 2 second level, 0 neither. */
unsigned charset_kanji_level(uint32_t c);

#define CHARSET_INVALID UINT32_MAX

/*
 * Decodes the character at p; `left` must not be 0. Returns the bytes it takes
 * and its code point, or CHARSET_INVALID and the bytes to skip; an ASCII byte
 * after a bad lead byte is never among them, so that no quote or line end is
 * swallowed. Not for CHARSET_JIS and CHARSET_NONE (always invalid).
 */
size_t charset_decode(enum charset charset, const uint8_t *p, size_t left, uint32_t *c_out);

/* What charset_run passed over. */
struct charset_span {
    uint64_t chars, wide; /* characters, and those of them beyond ASCII */
    const uint8_t *last;  /* where the last one begins */
};

/*
 * The end of a run of visible characters and blanks from p, at the first byte
 * that is anything else, or an ASCII character flagged in stops (256 flags, or
 * NULL). *span_out is left alone when the run is empty. Not for CHARSET_JIS.
 */
const uint8_t *charset_run(enum charset charset, const uint8_t *p, const uint8_t *end, const uint8_t *stops,
                           struct charset_span *span_out);

/* JIS X 0208 (plane 1) or 0212 (plane 2) by the two bytes 0x21..0x7E; 0 when not assigned. */
uint32_t charset_kuten(unsigned plane, uint8_t b1, uint8_t b2);

/* ---- Which encoding ----------------------------------------------------------------- */

struct charset_guess {
    enum charset charset;
    size_t mark; /* bytes of byte order mark at the start */
};

/*
 * Decides the encoding of a whole file. A byte order mark decides; without one
 * only an encoding that is clearly more plausible than every other is taken.
 * ERR_MALFORMED when it is no text (NUL bytes), in an encoding not read here
 * (UTF-7, UTF-32, ISO-2022-KR ...), or undecidable; *why_out is then a static
 * English text. Needs charset_warm (ERR_FAULT without).
 */
int charset_decide(const struct fmt_in *in, struct charset_guess *guess_out, const char **why_out) must_check;

/* ---- Reader ---------------------------------------------------------------------------- */

enum charset_tally {
    TALLY_ESCAPE = 0,
    TALLY_CONTROL,
    TALLY_INVISIBLE,
    TALLY_BIDI,
    TALLY_INVALID, /* bytes that are no character */
    TALLY_SHIFT,   /* ISO-2022-JP shift states and byte order marks that were put right */
    TALLIES
};

#define TALLY_LINES 8 /* lines told one by one */

struct tally {
    uint64_t count, rest; /* all, and those on further lines */
    struct {
        uint64_t line;
        uint32_t count;
    } at[TALLY_LINES];
};

/* Character sets of ISO-2022-JP. */
enum jis_set { JIS_ASCII = 0, JIS_ROMAN, JIS_KANA, JIS_0208_1978, JIS_0208, JIS_0212, JIS_SETS };

/* One piece of what may stay, in the encoding of the output. */
struct charset_piece {
    const uint8_t *bytes; /* valid until the next call */
    size_t n;             /* at most CHARSET_PIECE_MAX; 0: nothing this time, call again */
    size_t run;           /* so many bytes of them are characters without a stop among them */
    uint32_t c;           /* the character behind those; or CHARSET_RUN: there is none; or CHARSET_FRAME */
    uint8_t tag;          /* for charset_ascii: the shift states before and in the piece */
    uint8_t skip;         /* what charset_ascii gives goes after so many bytes of the piece */
};

#define CHARSET_PIECE_MAX 65536
#define CHARSET_RUN 0xFFFFFFFEu   /* no character: the piece is the run alone */
#define CHARSET_FRAME 0xFFFFFFFDu /* no character: the byte order mark, the last escape */

/* The members are the reader's own but for those marked. Zero-initialise. */
struct charset_reader {
    const uint8_t *p, *end;
    enum charset charset, out;
    bool eager;           /* settable at any time: every character comes alone */
    const uint8_t *stops; /* settable: 256 flags, ASCII characters that come alone beside controls; or NULL */
    bool wide_alone;      /* settable: no run begins with a character beyond ASCII but kana and kanji */
    bool keep_feed;       /* settable: FF stays */
    bool keep_vtab, keep_bidi;
    uint32_t prev, base; /* last character kept, and the last that is no selector or joiner */
    enum jis_set in_set, out_set;
    bool mark, tail, nul; /* a mark is to be written; the last line has characters; there was a NUL */
    uint64_t line;
    uint64_t chars, wide, invalid; /* readable: characters kept; of these beyond ASCII; bad sequences */
    uint64_t bidi_kept;
    struct tally tallies[TALLIES];
    uint8_t buf[16];
};

/*
 * Decides the encoding of the job's input and starts. The output is in the
 * same encoding, or in UTF-8 without mark when to_utf8; UTF-16 always gets its
 * mark. Records the reason in the job on failure.
 *
 * The policy cannot let everything through: of control characters it may keep
 * VT, never ESC or a character that shows nothing; bidi controls as a whole.
 */
int charset_open(struct charset_reader *r, struct fmt_job *job, bool to_utf8) must_check;

/* The next piece. False at the end. */
bool charset_read(struct charset_reader *r, struct charset_piece *piece_out);

/* Lines read so far, the last one also when it has no line end. */
uint64_t charset_lines(const struct charset_reader *r);

/*
 * The bytes (at most 8) of an ASCII character to be put into a piece with this
 * tag after piece.skip bytes, in the output's encoding. Returns their number.
 */
size_t charset_ascii(const struct charset_reader *r, char c, uint8_t tag, uint8_t out[8]);

/*
 * For an output that is still whole in memory (n bytes): when something was
 * taken out of an unmarked text, what is left must show the same encoding. A
 * few characters may not, and would then be read as others. ERR_MALFORMED,
 * recorded.
 */
int charset_confirm(const struct charset_reader *r, struct fmt_job *job, const uint8_t *out, size_t n) must_check;

/*
 * After the last piece: reports what was removed. Refuses text with more than
 * 8 bad sequences that are over 5 % of what is not ASCII, and text of which
 * nothing is left.
 */
int charset_close(struct charset_reader *r, struct fmt_job *job) must_check;

/* For charset_read.c: the end of the terminal sequence whose introducer c ends at p. */
const uint8_t *charset_skip_escape(const struct charset_reader *r, const uint8_t *p, uint32_t c);

#endif
