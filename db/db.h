/* One connection to mom's database. The room db/ is the only one that knows SQL; all others see
 * rows as structs. Writers: the recorder (everything), the courier (state of mails). Readers:
 * momctl, any number, also while the recorder runs, after it has stopped, and after it was killed
 * (WAL kept on disk). */
#ifndef DB_DB_H
#define DB_DB_H

#include "slices/base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct db;
enum { DB_PATH_MAX = 4096 + 64 };

enum db_mode {
    DB_WRITE, /* makes it (0640) and migrates it to this program's schema version */
    DB_READ   /* never writes; works for whoever may read the files */
};

/* Error codes beside errno's: -EUCLEAN corrupt, -EMEDIUMTYPE another program's, -EROFS read-only,
 * -ENOTSUP newer than this program, -EAGAIN locked for longer than the time allowed, -ENOSPC full
 * disk. */
int db_open(const char *path, enum db_mode mode, struct db **ret, struct mom_error *error);
void db_close(struct db *db);

/* One transaction at a time, and one thread a connection. After any failure inside it, roll back:
 * that also forgets the samples that store_sample has buffered, so drain again from the last record
 * that was acknowledged. db_close drops what was not flushed. */
int db_begin(struct db *db, struct mom_error *error);
int db_commit(struct db *db, struct mom_error *error);
void db_rollback(struct db *db);

/* What was committed is on the disk when this returns 0. A commit alone survives the death of any
 * program, but the kernel may still hold it: a disk that fails, or a panic, takes it along. */
int db_sync(struct db *db, struct mom_error *error);

/* Looks through the whole file at `path`, which takes seconds for a large one: 0, or -EUCLEAN with
 * what is wrong, or that it could not be looked at. */
int db_check(const char *path, struct mom_error *error);

/* Gives a corrupt database, with its -wal and -shm, another name: PATH.corrupt-YYYYMMDDTHHMMSSZ,
 * which *ret gets. Nothing is deleted or replaced; the next db_open makes a new one. */
int db_set_aside(
    const char *path, int64_t unix_usec, char ret[DB_PATH_MAX], struct mom_error *error);

/* PRAGMA user_version: the number of migrations applied. */
int db_version(struct db *db);

#endif
