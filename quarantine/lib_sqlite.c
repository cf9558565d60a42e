/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SQLite behind our names. The keeper, which is the only user of the ledger; values may come from anywhere, statements never do. */
#include "lib_sqlite.h"

#include <sqlite3.h>
#include <string.h>

#include "base/err.h"

struct db {
    sqlite3 *handle;
    bool broken;
    int log_pages; /* after the last commit */
};

struct db_stmt {
    struct db *db;
    sqlite3_stmt *handle;
};

static int db_code(struct db *db, int rc)
{
    switch (rc & 0xFF) {
    case SQLITE_OK:
    case SQLITE_DONE:
        return 0;
    case SQLITE_ROW:
        return 1;
    case SQLITE_FULL:
        return ERR_SPACE;
    case SQLITE_CONSTRAINT:
        return ERR_EXISTS;
    case SQLITE_NOMEM:
        return ERR_NOMEM;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return ERR_MALFORMED;
    case SQLITE_IOERR:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
        db->broken = true;
        return ERR_IO;
    default:
        return ERR_FAULT;
    }
}

static int on_commit(void *arg, sqlite3 *handle, const char *name, int pages)
{
    struct db *db = arg;

    (void)handle;
    (void)name;
    db->log_pages = pages;
    return SQLITE_OK;
}

int db_open(const char *path, struct db **db_out)
{
    scoped_free struct db *db = calloc(1, sizeof *db);

    if (!db)
        return ERR_NOMEM;
    int rc = sqlite3_open_v2(path, &db->handle,
                             SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW |
                                 SQLITE_OPEN_EXRESCODE,
                             NULL);
    if (rc != SQLITE_OK) {
        int err = db_code(db, rc);
        (void)sqlite3_close_v2(db->handle);
        return err;
    }
    /* The log file stays, at its size: a commit then overwrites blocks it already has, and needs no file system journal. */
    int persist = 1;
    (void)sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_PERSIST_WAL, &persist);
    (void)sqlite3_wal_hook(db->handle, on_commit, db); /* in place of SQLite's own, see db_empty_log */
    (void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    (void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    *db_out = steal(db);
    return 0;
}

void db_close(struct db **db)
{
    struct db *d = steal(*db);

    if (!d)
        return;
    (void)sqlite3_close_v2(d->handle);
    free(d);
}

int db_exec(struct db *db, const char *sql)
{
    return db_code(db, sqlite3_exec(db->handle, sql, NULL, NULL, NULL));
}

int db_ask(struct db *db, const char *sql, char *out, size_t room)
{
    scoped(db_stmt_free) struct db_stmt *stmt = NULL;
    int err = db_prepare(db, sql, &stmt);

    if (err < 0)
        return err;
    out[0] = '\0';
    err = db_run_values(stmt, NULL, 0);
    if (err == 1 && !db_text(stmt, 0, out, room))
        return ERR_LIMIT;
    return err < 0 ? err : 0;
}

int db_empty_log(struct db *db, int pages)
{
    if (db->log_pages <= pages)
        return 0;
    db->log_pages = 0;
    return db_code(db, sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL));
}

int db_prepare(struct db *db, const char *sql, struct db_stmt **stmt_out)
{
    scoped_free struct db_stmt *stmt = calloc(1, sizeof *stmt);

    if (!stmt)
        return ERR_NOMEM;
    stmt->db = db;
    int rc = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt->handle, NULL);
    if (rc != SQLITE_OK)
        return db_code(db, rc);
    *stmt_out = steal(stmt);
    return 0;
}

void db_stmt_free(struct db_stmt **stmt)
{
    struct db_stmt *s = steal(*stmt);

    if (!s)
        return;
    (void)sqlite3_finalize(s->handle);
    free(s);
}

static int bind_one(sqlite3_stmt *handle, int at, const struct db_value *v)
{
    switch (v->kind) {
    case DB_INT:
        return sqlite3_bind_int64(handle, at, v->number);
    case DB_TEXT:
        return sqlite3_bind_text(handle, at, v->bytes, -1, SQLITE_STATIC);
    case DB_BLOB:
        return sqlite3_bind_blob64(handle, at, v->bytes, v->n, SQLITE_STATIC);
    default:
        return sqlite3_bind_null(handle, at);
    }
}

int db_run_values(struct db_stmt *stmt, const struct db_value *values, size_t count)
{
    (void)sqlite3_reset(stmt->handle);
    for (size_t i = 0; i < count; i++) {
        int rc = bind_one(stmt->handle, (int)i + 1, &values[i]);
        if (rc != SQLITE_OK)
            return db_code(stmt->db, rc);
    }
    return db_next(stmt);
}

int db_next(struct db_stmt *stmt)
{
    int err = db_code(stmt->db, sqlite3_step(stmt->handle));

    if (err != 1)
        db_done(stmt);
    return err;
}

void db_done(struct db_stmt *stmt)
{
    (void)sqlite3_reset(stmt->handle);
}

int64_t db_int(struct db_stmt *stmt, int column)
{
    return sqlite3_column_int64(stmt->handle, column);
}

const void *db_borrow(struct db_stmt *stmt, int column, size_t *n_out)
{
    const void *bytes = sqlite3_column_blob(stmt->handle, column);

    *n_out = bytes ? (size_t)sqlite3_column_bytes(stmt->handle, column) : 0;
    return bytes;
}

bool db_text(struct db_stmt *stmt, int column, char *out, size_t room)
{
    size_t n;
    const void *bytes = db_borrow(stmt, column, &n);
    bool fits = n < room && (n == 0 || !memchr(bytes, '\0', n));

    if (!fits)
        n = 0;
    if (n > 0)
        memcpy(out, bytes, n);
    out[n] = '\0';
    return fits;
}

bool db_bytes(struct db_stmt *stmt, int column, void *out, size_t n)
{
    size_t got;
    const void *bytes = db_borrow(stmt, column, &got);

    if (got != n) {
        memset(out, 0, n);
        return false;
    }
    memcpy(out, bytes, n);
    return true;
}

int64_t db_changes(const struct db *db)
{
    return sqlite3_changes64(db->handle);
}

int64_t db_total_changes(const struct db *db)
{
    return sqlite3_total_changes64(db->handle);
}

int64_t db_last_num(const struct db *db)
{
    return sqlite3_last_insert_rowid(db->handle);
}

bool db_is_broken(const struct db *db)
{
    return db->broken;
}

const char *db_error(const struct db *db)
{
    return sqlite3_errmsg(db->handle);
}
