/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CSV and TSV: clean text as in text.c, and no cell that a spreadsheet would
 * run as a formula: such a cell gets an apostrophe in front. Runs in the text
 * worker; trusts nothing of the bytes, least of all that they are read with
 * the separator or in the encoding they were written in.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "charset.h"
#include "csv_scan.h"

#define OUT_ROOM CHARSET_PIECE_MAX
#define PEND_ROOM (2 * CHARSET_PIECE_MAX)
#define INSERTS_MAX 512
#define COUNT_PIECES 64 /* read between two looks at the budgets */
#define PLACES_MAX 64 /* cells told one by one */
#define SOME_LETTER 0x30FC /* what the shadow makes of bytes whose character does not matter */
#define HEAD_MAX 16   /* characters of the first line that are looked at */

/* A character of ours that goes before the byte at a place of the clean text. */
struct insert {
    uint64_t at;
    uint8_t tag;
    char c;
};

struct csv_state {
    struct charset_reader reader;
    struct csv_scan cells;
    /*
     * UTF-8 without mark and EUC-JP are read as CP932 by Japanese Excel. There
     * the last byte of a character can swallow the quote behind it, and what
     * was inside of a quoted cell becomes structure. The shadow reads so.
     */
    struct csv_scan shadow;
    bool shadowed, swallow;
    bool allow;
    uint64_t at, formulas, rows_told;
    struct insert inserts[INSERTS_MAX];
    size_t insert_count;
    uint64_t pend_at; /* the place of pend[0] in the clean text */
    size_t pend_used, used;
    uint8_t pend[PEND_ROOM]; /* what may still get an apostrophe */
    uint8_t out[OUT_ROOM];
};

/* ---- Output ------------------------------------------------------------------------------- */

static int put(struct fmt_job *job, struct csv_state *s, const uint8_t *bytes, size_t n)
{
    int err = 0;

    if (n > OUT_ROOM - s->used) {
        err = out_append(job, s->out, s->used);
        s->used = 0;
    }
    if (err == 0 && n > OUT_ROOM)
        return out_append(job, bytes, n);
    if (err == 0) {
        memcpy(s->out + s->used, bytes, n);
        s->used += n;
    }
    return err;
}

/* Writes all that is pending, with what goes in between. */
static int put_pending(struct fmt_job *job, struct csv_state *s)
{
    size_t from = 0, done = 0;
    int err = 0;

    while (done < s->insert_count && s->inserts[done].at < s->pend_at + s->pend_used && err == 0) {
        const struct insert *insert = &s->inserts[done++];
        uint8_t bytes[8];
        size_t to = (size_t)(insert->at - s->pend_at);
        err = put(job, s, s->pend + from, to - from);
        from = to;
        if (err == 0)
            err = put(job, s, bytes, charset_ascii(&s->reader, insert->c, insert->tag, bytes));
    }
    if (err == 0)
        err = put(job, s, s->pend + from, s->pend_used - from);
    s->insert_count -= done;
    memmove(s->inserts, s->inserts + done, s->insert_count * sizeof *s->inserts);
    s->pend_at += s->pend_used;
    s->pend_used = 0;
    return err;
}

/* Keeps the list in order of places. */
static void insert_add(struct csv_state *s, struct insert new)
{
    size_t i = s->insert_count++;

    for (; i > 0 && s->inserts[i - 1].at > new.at; i--)
        s->inserts[i] = s->inserts[i - 1];
    s->inserts[i] = new;
}

static bool insert_is_there(const struct csv_state *s, uint64_t at)
{
    for (size_t i = 0; i < s->insert_count; i++)
        if (s->inserts[i].at == at)
            return true;
    return false;
}

/* ---- Findings -------------------------------------------------------------------------------- */

static int tell(struct fmt_job *job, struct csv_state *s, const struct csv_hit *hit)
{
    char place[64];

    s->formulas++;
    if (s->allow || s->formulas > PLACES_MAX)
        return 0;
    (void)snprintf(place, sizeof place, "row %llu, column %llu", (unsigned long long)hit->row,
                   (unsigned long long)hit->column);
    return job_finding(job, FINDING_FORMULA, place, 1, "");
}

static int tell_rest(struct fmt_job *job, const struct csv_state *s)
{
    uint64_t rest = s->formulas > PLACES_MAX ? s->formulas - PLACES_MAX : 0;

    if (s->allow && s->formulas > 0)
        job_kept(job, "formula-cells", s->formulas);
    if (s->allow || rest == 0)
        return 0;
    return job_finding(job, FINDING_FORMULA, "further cells", rest > UINT32_MAX ? UINT32_MAX : (uint32_t)rest, "");
}

/*
 * Takes the hits of one scan and tells the other, so that a cell gets one
 * apostrophe. In ISO-2022-JP the shadow's cells lie across the bytes of kanji,
 * where nothing can be put.
 */
static int take_hits(struct fmt_job *job, struct csv_state *s, struct csv_scan *from, struct csv_scan *other)
{
    int err = from->lost ? job_fail(job, REASON_INTERNAL, "more formulas than room for them") : 0;

    for (size_t i = 0; i < from->hit_count && err == 0; i++) {
        const struct csv_hit *hit = &from->hits[i];
        if (insert_is_there(s, hit->at))
            continue;
        if (from == &s->shadow && s->reader.out == CHARSET_JIS && !s->allow)
            return job_fail(job, REASON_AMBIGUOUS_TYPE, "formulas when read without ISO-2022-JP");
        err = tell(job, s, hit);
        csv_scan_settle(other, hit->at);
        if (!s->allow)
            insert_add(s, (struct insert){.at = hit->at, .tag = hit->tag, .c = '\''});
    }
    from->hit_count = 0;
    return err;
}

/* ---- Reading ------------------------------------------------------------------------------------ */

static bool swallows(uint8_t byte)
{
    return (byte >= 0x81 && byte <= 0x9F) || (byte >= 0xE0 && byte <= 0xFC);
}

/* The bytes as CP932 where a lead byte takes any byte after it. */
static void shadow_read(struct csv_state *s, const struct charset_piece *piece)
{
    bool eager = csv_scan_is_open(&s->shadow) || csv_scan_is_fresh(&s->shadow) || s->reader.out == CHARSET_JIS;
    bool swallow = s->swallow;

    for (size_t i = 0; i < piece->n; i++) {
        uint8_t byte = piece->bytes[i];
        bool swallowed = swallow;
        swallow = !swallowed && swallows(byte);
        if (eager || i >= piece->run)
            csv_scan_char(&s->shadow, swallowed || byte >= 0x80 ? SOME_LETTER : byte, s->at + i, piece->tag);
        else if (i == 0)
            csv_scan_run(&s->shadow);
    }
    s->swallow = swallow;
}

static void scan(struct csv_state *s, const struct charset_piece *piece)
{
    if (piece->run > 0)
        csv_scan_run(&s->cells);
    if (piece->c != CHARSET_RUN)
        csv_scan_char(&s->cells, piece->c, s->at + piece->run + piece->skip, piece->tag);
    if (s->shadowed)
        shadow_read(s, piece);
}

static bool is_open(const struct csv_state *s)
{
    return csv_scan_is_open(&s->cells) || csv_scan_is_open(&s->shadow);
}

/* Takes the hits and writes what is decided; `force` decides all. */
static int settle(struct fmt_job *job, struct csv_state *s, bool force)
{
    int err = take_hits(job, s, &s->cells, &s->shadow);

    if (err == 0)
        err = take_hits(job, s, &s->shadow, &s->cells);
    if (err == 0 && force) {
        csv_scan_decide(&s->cells, true);
        csv_scan_decide(&s->shadow, true);
        return settle(job, s, false);
    }
    return err == 0 && !is_open(s) && s->pend_used > 0 ? put_pending(job, s) : err;
}

static int pass_on(struct fmt_job *job, struct csv_state *s, const struct charset_piece *piece)
{
    int err = 0;

    if (s->pend_used + piece->n > PEND_ROOM || s->insert_count > INSERTS_MAX - 2 * CSV_HITS_MAX)
        err = settle(job, s, true);
    if (err < 0)
        return err;
    if (piece->c != CHARSET_FRAME)
        scan(s, piece);
    bool hits = s->cells.hit_count > 0 || s->shadow.hit_count > 0, open = is_open(s);
    if (s->pend_used == 0)
        s->pend_at = s->at;
    s->at += piece->n;
    if (!hits && !open && s->pend_used == 0 && s->insert_count == 0)
        return put(job, s, piece->bytes, piece->n);
    memcpy(s->pend + s->pend_used, piece->bytes, piece->n);
    s->pend_used += piece->n;
    return hits || !open ? settle(job, s, false) : 0;
}

/* Tells the budgets how far it went. */
static int count(struct fmt_job *job, struct csv_state *s, uint64_t pieces)
{
    uint64_t rows = s->cells.row - s->rows_told;
    int err = job_steps(job, pieces);

    s->rows_told = s->cells.row;
    return err < 0 ? err : job_objects(job, rows);
}

/* ---- The first line ---------------------------------------------------------------------------------- */

struct head {
    uint32_t c[HEAD_MAX];
    uint64_t at[HEAD_MAX];
    size_t n;
};

static void head_read(const struct csv_state *s, struct head *head)
{
    struct charset_reader ahead = s->reader;
    struct charset_piece piece;
    uint64_t at = 0;

    *head = (struct head){0};
    ahead.eager = true;
    while (head->n < HEAD_MAX && charset_read(&ahead, &piece)) {
        if (piece.n > 0 && piece.c != CHARSET_FRAME) {
            head->c[head->n] = piece.c;
            head->at[head->n++] = at + piece.skip;
        }
        at += piece.n;
    }
}

static uint32_t head_at(const struct head *head, size_t i)
{
    return i < head->n ? head->c[i] : '\n';
}

/*
 * "sep=x" in the first line makes Excel take any x for the separator. With one
 * of ours it may stay; any other would make formulas of what is no cell here.
 */
static bool head_is_bad_separator(const struct head *head, size_t *first_out)
{
    size_t i = 0;

    while (i < head->n && (charset_class(head->c[i]) == CHAR_SPACE || head->c[i] == '\t' || head->c[i] == '"'))
        i++;
    for (size_t k = 0; k < 4; k++)
        if ((head_at(head, i + k) | 0x20) != (uint8_t)"sep="[k])
            return false;
    *first_out = i;
    bool quoted = i == 1 && head->c[0] == '"';
    uint32_t separator = head_at(head, i + 4);
    bool known = separator == ',' || separator == ';' || separator == '\t' || separator == '|';
    uint32_t after = head_at(head, i + 5);
    if (quoted && after == '"')
        after = head_at(head, i + 6);
    else if (quoted)
        return true;
    return !(i == 0 || quoted) || !known || (after != '\n' && after != '\r');
}

/* A table that begins with the line "ID" is opened as SYLK, with formulas and macros. Quoted, it is a heading. */
static bool head_is_sylk(const struct head *head)
{
    uint32_t after = head_at(head, 2);

    return head->n > 2 && head->c[0] == 'I' && head->c[1] == 'D' && (after == ';' || after == '\n' || after == '\r');
}

static int treat_head(struct fmt_job *job, struct csv_state *s)
{
    struct head head;
    size_t first;

    head_read(s, &head);
    if (head_is_sylk(&head)) {
        insert_add(s, (struct insert){.at = head.at[0], .c = '"'});
        insert_add(s, (struct insert){.at = head.at[2], .c = '"'});
        return job_finding(job, FINDING_FORMULA, "row 1, column 1", 1, "heading of a SYLK file");
    }
    if (!s->allow && head_is_bad_separator(&head, &first)) {
        insert_add(s, (struct insert){.at = head.at[first], .c = '\''});
        return job_finding(job, FINDING_FORMULA, "row 1, column 1", 1, "separator line");
    }
    return 0;
}

/* ---- The modes ------------------------------------------------------------------------------------------ */

static bool is_tsv(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot && strcasecmp(dot, ".tsv") == 0;
}

static int finish(struct fmt_job *job, struct csv_state *s)
{
    int err = 0;

    csv_scan_decide(&s->cells, false);
    csv_scan_decide(&s->shadow, false);
    err = settle(job, s, false);
    if (err == 0 && out_len(job) == 0)
        err = charset_confirm(&s->reader, job, s->out, s->used);
    if (err == 0)
        err = out_append(job, s->out, s->used);
    if (err == 0)
        err = charset_close(&s->reader, job);
    if (err == 0)
        err = tell_rest(job, s);
    if (err < 0)
        return err;
    job_kept(job, "rows", csv_scan_rows(&s->cells));
    job_kept(job, "cells", csv_scan_cells(&s->cells, is_tsv(job_name(job))));
    return 0;
}

static int read_all(struct fmt_job *job, struct csv_state *s)
{
    struct charset_piece piece;
    unsigned pieces = 0;
    int err = 0;

    while (err == 0) {
        s->reader.eager = csv_scan_is_open(&s->cells);
        s->reader.wide_alone = csv_scan_is_fresh(&s->cells);
        s->reader.stops = csv_scan_stops(s->reader.wide_alone);
        if (!charset_read(&s->reader, &piece))
            break;
        if (piece.n > 0)
            err = pass_on(job, s, &piece);
        if (err == 0 && ++pieces % COUNT_PIECES == 0)
            err = count(job, s, COUNT_PIECES);
    }
    return err < 0 ? err : count(job, s, pieces % COUNT_PIECES);
}

static int rebuild(struct fmt_job *job, bool to_utf8, const char *type)
{
    struct csv_state *s = job_state(job);
    int err = charset_open(&s->reader, job, to_utf8);

    if (err < 0)
        return err;
    s->allow = job_switch(job, FINDING_FORMULA) == FMT_SWITCH_ALLOW;
    s->shadowed = s->reader.out == CHARSET_EUCJP || s->reader.out == CHARSET_JIS ||
                  (s->reader.out == CHARSET_UTF8 && !s->reader.mark);
    csv_scan_start(&s->cells, CSV_ANY);
    if (s->shadowed)
        csv_scan_start(&s->shadow, 0);
    err = treat_head(job, s);
    if (err == 0)
        err = read_all(job, s);
    if (err == 0)
        err = finish(job, s);
    return err < 0 ? err : out_finish(job, type);
}

static int csv_sanitize(struct fmt_job *job)
{
    return rebuild(job, false, "csv");
}

static int csv_text(struct fmt_job *job)
{
    return rebuild(job, true, "text");
}

const struct format_handler fmt_csv = {
    .name = "csv",
    .sanitize = csv_sanitize,
    .text = csv_text,
    .state_bytes = sizeof(struct csv_state),
};
