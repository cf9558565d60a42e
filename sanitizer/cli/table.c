/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables on a terminal from the gateway's own rows; text in them was escaped when it was written. */
#include "table.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/utf8.h"
#include "formats/finding.h"

/* Columns a text takes: wide East Asian characters take two. */
static int columns_of(const char *text)
{
    size_t left = strlen(text);
    int n = 0;

    while (left > 0) {
        uint32_t c;
        size_t len = utf8_decode(text, left, &c);
        if (len == 0)
            len = 1;
        bool wide = len >= 3 && ((c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) || (c >= 0xAC00 && c <= 0xD7A3) ||
                                 (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) ||
                                 (c >= 0xFFE0 && c <= 0xFFE6) || c >= 0x1F300);
        n += wide ? 2 : 1;
        text += len;
        left -= len;
    }
    return n;
}

static void value_text(const json_t *value, char *out, size_t room)
{
    if (json_is_string(value))
        finding_escape(out, room, json_string_value(value));
    else if (json_is_integer(value))
        (void)snprintf(out, room, "%lld", (long long)json_integer_value(value));
    else if (json_is_boolean(value))
        (void)snprintf(out, room, "%s", json_is_true(value) ? "yes" : "no");
    else
        (void)snprintf(out, room, "-");
}

static void cell(const char *text, int width)
{
    int pad = width - columns_of(text);

    (void)fputs(text, stdout);
    if (width == 0)
        return;
    do
        (void)putchar(' ');
    while (--pad >= 0);
}

void table_head(const struct table_column *columns)
{
    for (const struct table_column *c = columns; c->key; c++)
        cell(c->title, c->width);
    (void)putchar('\n');
}

void table_row(const struct table_column *columns, const char *json)
{
    json_t *row = json_loads(json, 0, NULL);
    char text[1024];

    if (!json_is_object(row)) {
        (void)puts(json);
        json_decref(row);
        return;
    }
    for (const struct table_column *c = columns; c->key; c++) {
        value_text(json_object_get(row, c->key), text, sizeof text);
        cell(text, c->width);
    }
    (void)putchar('\n');
    json_decref(row);
}

static void print_node(const json_t *node, int indent);

static void print_member(const char *key, const json_t *value, int indent)
{
    char text[4096];

    if (json_is_object(value) || json_is_array(value)) {
        (void)printf("%*s%s:\n", indent, "", key);
        print_node(value, indent + 2);
        return;
    }
    value_text(value, text, sizeof text);
    (void)printf("%*s%s: %s\n", indent, "", key, text);
}

/* Rows nest no deeper than our own programs write them. */
static void print_node(const json_t *node, int indent)
{
    const char *key;
    json_t *value;
    size_t i;

    if (indent > 16)
        return;
    json_object_foreach((json_t *)(uintptr_t)node, key, value)
        print_member(key, value, indent);
    json_array_foreach(node, i, value)
        print_member("-", value, indent);
}

void table_object(const char *json)
{
    json_t *row = json_loads(json, 0, NULL);

    if (json_is_object(row))
        print_node(row, 0);
    else
        (void)puts(json);
    json_decref(row);
}
