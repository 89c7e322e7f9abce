/* The inside of a connection, for db/ alone: its prepared statements, and one call of a statement.
 *
 *   struct call call;
 *   call_open(&call, db, SQL_NOTE_ADD, error);
 *   put_int(&call, seq);            parameters, in the order of the statement's ?
 *   put_text(&call, kind);
 *   return call_run(&call);
 *
 * An error on the way is kept and comes out of call_run or call_next, so that putting needs no
 * checks. */
#ifndef DB_CONNECTION_H
#define DB_CONNECTION_H

#include "db/db.h"
#include "db/statements.h"

#include <sqlite3.h>
#include <stddef.h>

struct store;

struct db {
    sqlite3 *sqlite;
    enum db_mode mode;
    int64_t boot;        /* row of the boot that is being stored; 0 before store_boot */
    uint64_t oom_kills;  /* of the node in this boot: not fewer are stored */
    struct store *store; /* samples that wait (store_samples.c); NULL while there are none */
    sqlite3_stmt *statement[STATEMENTS]; /* prepared at their first use */
};

/* Turns SQLite's newest error into words and a code of db.h. */
int db_failed(struct db *db, struct mom_error *error);
/* Statements without parameters or rows: PRAGMA, BEGIN, migrations. */
int db_execute(struct db *db, const char *sql, struct mom_error *error);
/* Ends a transaction without its changes. db_rollback also forgets the samples that wait. */
void db_abandon(struct db *db);
/* Rows that the newest INSERT, UPDATE or DELETE has changed. */
static inline int db_changes(struct db *db)
{
    return sqlite3_changes(db->sqlite);
}

/* One state of the database for several statements, also inside a transaction. */
int snapshot_begin(struct db *db, struct mom_error *error);
void snapshot_end(struct db *db);

struct call {
    struct db *db;
    sqlite3_stmt *statement;
    bool own;                /* the cached statement was in use (a query inside a row's callback) */
    bool unknown_word;       /* see get_word */
    int parameters, columns; /* put and got so far */
    int status;              /* of SQLite */
    struct mom_error *error;
};

void call_open(struct call *call, struct db *db, enum statement statement, struct mom_error *error);
void put_int(struct call *call, int64_t value);
void put_null(struct call *call);
void put_int_or_null(struct call *call, bool known, int64_t value);
/* 64 bits as they are; what is above INT64_MAX shows as negative in SQL. */
void put_u64(struct call *call, uint64_t value);
/* A limit in bytes; NULL stands for SAMPLE_NO_LIMIT. */
void put_limit(struct call *call, uint64_t bytes);
void put_real(struct call *call, double value); /* not a number: NULL */
/* Texts and bytes must stay as they are until the call is closed; NULL: NULL. */
void put_text(struct call *call, const char *text);
void put_text_within(struct call *call, const char *text, size_t size); /* NUL may be missing */
void put_bytes(struct call *call, const void *bytes, size_t length);

/* 1: a row is there; 0: no more; or -errno. */
int call_next(struct call *call);
/* Columns, in their order. */
int64_t get_int(struct call *call);
int64_t get_int_or(struct call *call, int64_t instead); /* of NULL */
uint64_t get_u64(struct call *call);
uint32_t get_u32(struct call *call); /* clamped */
uint64_t get_limit(struct call *call);
double get_real(struct call *call); /* NULL: NAN */
/* "" for NULL; valid until the next row or the end of the call. */
const char *get_text(struct call *call);
const void *get_bytes(struct call *call, size_t *ret_length);
void get_text_into(struct call *call, char *dst, size_t size);
/* Is the column that is got next NULL? */
bool next_is_null(struct call *call);

/* Ends the call and returns `result`. */
int call_close(struct call *call, int result);
/* The whole of a call that has no rows: 0 or -errno. */
int call_run(struct call *call);
/* The one integer of a call with at most one row: 1 and *ret, 0: no row or NULL, or -errno. */
int call_scalar(struct call *call, int64_t *ret);

/* store_samples.c: forgets what waits, as after a rollback. */
void store_forget(struct db *db);

/* -EINVAL with words before store_boot. */
int require_boot(struct db *db, struct mom_error *error);

#endif
