/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The report of what was removed and kept. Places and notes come from hostile
 * files and end on an administrator's terminal: everything that is not plain
 * printable text is escaped here, once, on entry.
 */
#include "finding.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/utf8.h"

static const struct {
    const char *word, *ja, *en;
} rows[FINDING_KINDS] = {
#define X(id, word, def, ja, en) [FINDING_##id] = {word, ja, en},
    FINDING_LIST(X)
#undef X
};

static unsigned row_of(enum finding_kind kind)
{
    return (unsigned)kind < FINDING_KINDS ? (unsigned)kind : 0;
}

const char *finding_word(enum finding_kind kind)
{
    return rows[row_of(kind)].word ? rows[row_of(kind)].word : "unknown";
}

const char *finding_text_ja(enum finding_kind kind)
{
    return rows[row_of(kind)].ja ? rows[row_of(kind)].ja : "不明";
}

const char *finding_text_en(enum finding_kind kind)
{
    return rows[row_of(kind)].en ? rows[row_of(kind)].en : "unknown";
}

enum finding_kind finding_find(const char *word)
{
    for (unsigned i = 1; i < FINDING_KINDS; i++)
        if (strcmp(rows[i].word, word) == 0)
            return (enum finding_kind)i;
    return FINDING_NONE;
}

void finding_escape(char *dst, size_t room, const char *src)
{
    size_t used = 0, left = strlen(src);
    char piece[16];

    while (left > 0) {
        uint32_t c;
        size_t n = utf8_decode(src, left, &c);
        if (n > 0 && utf8_is_printable(c)) {
            memcpy(piece, src, n);
            piece[n] = '\0';
        } else if (n > 0) {
            (void)snprintf(piece, sizeof piece, "\\u{%X}", (unsigned)c);
        } else {
            n = 1;
            (void)snprintf(piece, sizeof piece, "\\x%02X", (unsigned char)*src);
        }
        size_t add = strlen(piece);
        if (used + add + 1 > room)
            break;
        memcpy(dst + used, piece, add);
        used += add;
        src += n;
        left -= n;
    }
    if (room > 0)
        dst[used] = '\0';
}

static int findings_grow(struct findings *list)
{
    size_t room = list->room ? list->room * 2 : 8;
    struct finding *rows_new = reallocarray(list->rows, room, sizeof *rows_new);

    if (!rows_new)
        return ERR_NOMEM;
    list->rows = rows_new;
    list->room = room;
    return 0;
}

static void count_up(uint32_t *count, uint32_t n)
{
    *count = *count > UINT32_MAX - n ? UINT32_MAX : *count + n;
}

int findings_add(struct findings *list, enum finding_kind kind, const char *place, uint32_t count, const char *note)
{
    struct finding row = {.kind = kind, .count = count};

    finding_escape(row.place, sizeof row.place, place ? place : "");
    finding_escape(row.note, sizeof row.note, note ? note : "");
    if (list->count >= FINDINGS_MAX - 1) {
        row.kind = FINDING_MORE;
        row.place[0] = row.note[0] = '\0';
    }
    for (size_t i = 0; i < list->count; i++) {
        if (list->rows[i].kind == row.kind && strcmp(list->rows[i].place, row.place) == 0) {
            count_up(&list->rows[i].count, count);
            return 0;
        }
    }
    if (list->count == list->room && findings_grow(list) < 0)
        return ERR_NOMEM;
    list->rows[list->count++] = row;
    return 0;
}

void findings_keep(struct findings *list, const char *what, uint64_t count)
{
    char word[KEPT_WORD_MAX];

    finding_escape(word, sizeof word, what);
    for (size_t i = 0; i < list->kept_count; i++) {
        if (strcmp(list->kept[i].what, word) == 0) {
            list->kept[i].count += count;
            return;
        }
    }
    if (list->kept_count == KEPT_MAX)
        return;
    struct kept *row = &list->kept[list->kept_count++];
    memcpy(row->what, word, sizeof word);
    row->count = count;
}

void findings_clear(struct findings *list)
{
    free(list->rows);
    *list = (struct findings){0};
}
