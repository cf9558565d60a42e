/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_TABLE_H
#define SEKIMORI_TABLE_H

/* Prints rows of JSON as a table for people. */
struct table_column {
    const char *key;   /* member of the object; absent ends the list */
    const char *title;
    int width;         /* columns on a terminal; 0: the rest of the line */
};

/* The title line. */
void table_head(const struct table_column *columns);
/* One object; what is no JSON object is printed as it is. */
void table_row(const struct table_column *columns, const char *json);
/* One object as "key: value" lines, nested ones indented. */
void table_object(const char *json);

#endif
