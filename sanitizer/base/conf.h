/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_CONF_H
#define SEKIMORI_CONF_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "scope.h"

/*
 * Settings as tables of keywords: name, type, place in a struct, default,
 * bounds, unit, help. From one table follow the defaults, the parser, `config
 * print` and the manual. The file is libconfig's; an unknown keyword, a wrong
 * type or a value out of bounds is an error with its line, never a default.
 */
enum conf_type {
    CONF_END = 0,
    CONF_U64,    /* uint64_t; min and max count */
    CONF_BOOL,   /* bool */
    CONF_TEXT,   /* char[size]; max: longest length, min: shortest */
    CONF_PATH,   /* the same, absolute */
    CONF_WORD,   /* uint32_t: index into words[] */
    CONF_CALL,   /* parsed by fn: lists and groups of their own */
};

struct conf_source;

struct conf_key {
    const char *name;
    enum conf_type type;
    size_t offset, size;
    const char *fallback;        /* default as text; for CONF_CALL NULL */
    uint64_t min, max;
    const char *unit;            /* "MB", "seconds", NULL */
    const char *const *words;    /* CONF_WORD: NULL-ended */
    const char *help;
    /* CONF_CALL: reads the setting `node` (a libconfig setting) into the struct; conf_error on failure. */
    int (*fn)(struct conf_source *source, void *node, void *target);
    /* CONF_CALL: prints the effective value as libconfig text, indented by two. */
    void (*print)(const void *target, FILE *out);
};

/* Sets every default of a table. Aborts on a default its own bounds refuse: that is our bug. */
void conf_defaults(const struct conf_key *keys, void *target);

/* Opens and parses a file. ERR_INVALID with the complaint in `complaint`, ERR_NOTFOUND, ERR_IO. Caller closes. */
int conf_open(const char *path, char complaint[256], struct conf_source **source_out) must_check;
void conf_close(struct conf_source **source);

/* Refuses top-level groups that are not in the NULL-ended list. */
int conf_only(struct conf_source *source, const char *const *groups) must_check;

/* The node of a group or list by name at the top, or NULL when the file has none. */
void *conf_node(struct conf_source *source, const char *name);

/* Reads a group node by a table (NULL node: nothing to do). ERR_INVALID, complaint recorded. */
int conf_read(struct conf_source *source, void *node, const struct conf_key *keys, void *target) must_check;

/* Number of elements of a list node (0 for NULL) and element i. */
unsigned conf_count(void *node);
void *conf_at(void *node, unsigned i);
/* Name and text of a node; text is NULL when it is not a string. */
const char *conf_name(void *node);
const char *conf_text(void *node);

/* Records the complaint "file:line: text" (the first wins) and returns ERR_INVALID. */
int conf_error(struct conf_source *source, void *node, const char *format, ...) printf_like(3, 4);

/* Prints a struct through its table as libconfig text with help as comments. */
void conf_print(const struct conf_key *keys, const void *target, const char *group, FILE *out);

#endif
