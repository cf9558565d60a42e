/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_CSV_SCAN_H
#define SEKIMORI_CSV_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Finds the cells a spreadsheet would take for a formula. Which cells a file
 * has depends on the separator its reader believes in: a quoted cell of one
 * reading is structure in another. So one scan follows several readings at
 * once, each a bit in a mask (RFC 4180 quoting in all of them):
 *
 *   any of , ; TAB |    the strict one: what is not quoted there is a cell
 *   only ,   only ;   only TAB   only |   , ; and TAB (the default of LibreOffice)
 *
 * At the start of a cell in the strict reading everything that begins with a
 * trigger (= + - @ and their wide forms) and is no plain number is a hit. In
 * the others only what could do something is: the rest of the line has a call,
 * a DDE bar or a "!". A list with "- " inside a quoted cell stays as it is, and
 * so does a number with its unit of Japanese characters directly behind.
 */
enum csv_reading { CSV_ANY = 1, CSV_COMMA = 2, CSV_SEMICOLON = 4, CSV_TAB = 8, CSV_BAR = 16, CSV_LIBRE = 32, CSV_ALL = 63 };

#define CSV_WAITING_MAX 128 /* cells of one line that wait for their end */
#define CSV_HITS_MAX (CSV_WAITING_MAX + 8) /* more than one character can make */
#define CSV_SEPARATORS 4    /* , ; TAB | */

/* A character that must get an apostrophe in front. */
struct csv_hit {
    uint64_t at;          /* as given to csv_scan_char */
    uint64_t row, column; /* from 1, in the strict reading */
    uint8_t tag;          /* as given */
    uint8_t readings;     /* in which a cell begins there */
};

/* Zero-initialise, then csv_scan_start. */
struct csv_scan {
    uint8_t strict;
    uint8_t start, quoted, closing, lead; /* masks; none of the first three: inside an unquoted cell */
    /* the token after a trigger, until it is a plain number or not */
    struct {
        bool open, strict, quoted, digits, wide_unit;
        uint8_t phase, length, unit;
        uint16_t last; /* kinds of the last character */
        struct csv_hit hit;
    } token;
    /* cells that are formulas if a dangerous character follows before the line ends */
    struct csv_hit waiting[CSV_WAITING_MAX];
    size_t waiting_count;
    bool name; /* a name that could be a function's ends here, but for blanks */
    bool cr;   /* the last character was CR */
    uint64_t row, column, separators[CSV_SEPARATORS];
    bool row_open;
    /* filled by each call, to be taken by the caller */
    struct csv_hit hits[CSV_HITS_MAX];
    size_t hit_count;
    bool lost; /* there was no room: a fault of ours, nothing may be written */
};

/* Starts at the first cell. strict: CSV_ANY, or 0 when no reading is strict. */
void csv_scan_start(struct csv_scan *s, uint8_t strict);

/* True while a hit may still come for a place already given; every character must then be given by itself. */
static inline bool csv_scan_is_open(const struct csv_scan *s)
{
    return s->token.open || s->waiting_count > 0;
}

/*
 * True at the start of a cell: characters beyond ASCII must be given one by
 * one but for kana and kanji, and so must those flagged in
 * csv_scan_stops(true). Later those of csv_scan_stops(false) are enough. 256
 * flags each, beside all controls.
 */
static inline bool csv_scan_is_fresh(const struct csv_scan *s)
{
    return s->lead != 0;
}

/* The characters that must come by themselves; 256 flags, static storage. */
const uint8_t *csv_scan_stops(bool fresh);

/* The next character, at a place the caller counts upwards. Hits are in s->hits. */
void csv_scan_char(struct csv_scan *s, uint32_t c, uint64_t at, uint8_t tag);

/* Several characters without stops; only when not open. */
void csv_scan_run(struct csv_scan *s);

/* Decides all that is open: at the end of the file, or (hits: as if it were dangerous) of the caller's patience. */
void csv_scan_decide(struct csv_scan *s, bool hits);

/* Forgets a hit that may come for this place: it has its apostrophe. */
void csv_scan_settle(struct csv_scan *s, uint64_t at);

/* Rows and cells so far, taking the separator that is most frequent, or TAB when tabs. */
uint64_t csv_scan_rows(const struct csv_scan *s);
uint64_t csv_scan_cells(const struct csv_scan *s, bool tabs);

#endif
