/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_LIB_SQLITE_H
#define SEKIMORI_LIB_SQLITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/scope.h"

/*
 * SQLite 3 behind a few calls: one connection, prepared statements, values
 * bound from a list. Errors: ERR_SPACE (disk full: nothing was changed),
 * ERR_EXISTS (a constraint), ERR_MALFORMED (the file is damaged), ERR_NOMEM,
 * ERR_IO (reading, writing or flushing failed: db_is_broken from then on),
 * ERR_FAULT (anything else, our own mistake). SQLite's text is in db_error.
 */
struct db;
struct db_stmt;

/* Opens or creates a database file by a path relative to the working directory. */
int db_open(const char *path, struct db **db_out) must_check;
/* Closes; statements must be freed before. NULL is fine. */
void db_close(struct db **db);

/* Runs statements without results. */
int db_exec(struct db *db, const char *sql) must_check;
/* First column of the first row as text; "" when there is none. */
int db_ask(struct db *db, const char *sql, char *out, size_t room) must_check;

/* Compiles one statement; the caller frees it before the database is closed. */
int db_prepare(struct db *db, const char *sql, struct db_stmt **stmt_out) must_check;
void db_stmt_free(struct db_stmt **stmt);

/* A value to bind. Memory is borrowed until the statement is run anew or reset. */
struct db_value {
    enum { DB_NULL, DB_INT, DB_TEXT, DB_BLOB } kind;
    int64_t number;
    const void *bytes;
    size_t n;
};
#define V_INT(v) ((struct db_value){.kind = DB_INT, .number = (int64_t)(v)})
#define V_TEXT(t) ((struct db_value){.kind = DB_TEXT, .bytes = (t)})
#define V_BLOB(p, len) ((struct db_value){.kind = DB_BLOB, .bytes = (p), .n = (len)})

/* Resets, binds and makes the first step: 1 a row, 0 done, or ERR_*. Reset when it returns 0 or an error. */
int db_run_values(struct db_stmt *stmt, const struct db_value *values, size_t count) must_check;
#define db_run(stmt, ...) \
    db_run_values(stmt, (const struct db_value[]){__VA_ARGS__}, ARRAY_LEN(((const struct db_value[]){__VA_ARGS__})))

/* The next row: 1, 0 or ERR_*. */
int db_next(struct db_stmt *stmt) must_check;
/* Ends a query before its last row. */
void db_done(struct db_stmt *stmt);

/*
 * Copies what is committed from the log into the database file when the log
 * has more than `pages` pages. Nothing else does: SQLite's own way ignores a
 * flush that fails. ERR_IO, and the database is broken.
 */
int db_empty_log(struct db *db, int pages) must_check;

/* Columns of the row at hand. */
int64_t db_int(struct db_stmt *stmt, int column);
/* Copies text or a blob's bytes as text, with NUL; "" and false when it does not fit. */
bool db_text(struct db_stmt *stmt, int column, char *out, size_t room);
/* Copies a blob of exactly n bytes; false (and zeros) when it is another length. */
bool db_bytes(struct db_stmt *stmt, int column, void *out, size_t n);
/* Borrows a text or blob until the next step. NULL when empty. */
const void *db_borrow(struct db_stmt *stmt, int column, size_t *n_out);

/* Rows the last statement changed, and the number of the last row inserted. */
int64_t db_changes(const struct db *db);
/* Rows changed since the database was opened, those undone included. */
int64_t db_total_changes(const struct db *db);
int64_t db_last_num(const struct db *db);

/* True after a failed read, write or flush: end the process, never flush again (the kernel may have dropped pages). */
bool db_is_broken(const struct db *db);
/* SQLite's text for the last error. Valid until the next call. */
const char *db_error(const struct db *db);

#endif
