/* A connection: opening with the right settings, transactions, errors. */
#include "db/connection.h"
#include "db/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    BUSY_TIMEOUT_MSEC = 5000
}; /* the courier waits for the recorder's transaction, not longer */

static const struct {
    int sqlite, code;
} error_codes[] = {
    {SQLITE_CORRUPT, -EUCLEAN},
    {SQLITE_NOTADB, -EUCLEAN},
    {SQLITE_READONLY, -EROFS},
    {SQLITE_BUSY, -EAGAIN},
    {SQLITE_LOCKED, -EAGAIN},
    {SQLITE_PROTOCOL, -EAGAIN},
    {SQLITE_FULL, -ENOSPC},
    {SQLITE_NOMEM, -ENOMEM},
    {SQLITE_PERM, -EACCES},
    {SQLITE_INTERRUPT, -EINTR},
    {SQLITE_TOOBIG, -E2BIG},
    {SQLITE_CONSTRAINT, -EINVAL},
    {SQLITE_MISUSE, -EINVAL},
};

static int error_code(int status, int system_errno)
{
    for (size_t i = 0; i < sizeof error_codes / sizeof error_codes[0]; i++)
        if (error_codes[i].sqlite == (status & 0xff))
            return error_codes[i].code;
    /* What is left (CANTOPEN, IOERR) says less than the system call that failed. A file that has
     * met its size limit is as full as a disk. */
    if (system_errno == EFBIG || system_errno == EDQUOT)
        return -ENOSPC;
    return system_errno > 0 ? -system_errno : -EIO;
}

/* NULL: it was not needed yet. */
static sqlite3_file *write_ahead_log(struct db *db)
{
    sqlite3_file *log = NULL;
    (void)sqlite3_file_control(db->sqlite, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    return log && log->pMethods ? log : NULL;
}

/* The errno behind SQLite's error: sqlite3_system_errno doesn't know of the write-ahead log. */
static int system_errno_of(struct db *db)
{
    int code = sqlite3_system_errno(db->sqlite);
    sqlite3_file *log = write_ahead_log(db);
    if (code == 0 && log)
        (void)log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &code);
    return code;
}

int db_failed(struct db *db, struct mom_error *error)
{
    int status = sqlite3_extended_errcode(db->sqlite);
    int code = error_code(status, system_errno_of(db));
    return error_set(error, code, "%s (SQLite %d)", sqlite3_errmsg(db->sqlite), status);
}

int db_execute(struct db *db, const char *sql, struct mom_error *error)
{
    if (sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL) != SQLITE_OK)
        return db_failed(db, error);
    return 0;
}

/* SQLite would make the file 0644 less the umask; its -wal and -shm then take after it. */
static int make_file(const char *path, struct mom_error *error)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (fd < 0)
        return errno == EEXIST ? 0 : error_errno(error, -errno, "can't make it");
    int r = fchmod(fd, 0640) < 0 ? error_errno(error, -errno, "can't set its mode") : 0;
    (void)close(fd);
    return r;
}

static int configure(struct db *db, struct mom_error *error)
{
    (void)sqlite3_busy_timeout(db->sqlite, BUSY_TIMEOUT_MSEC);
    (void)sqlite3_extended_result_codes(db->sqlite, 1);
    (void)sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    return db_execute(db,
        "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA foreign_keys = ON;"
        "PRAGMA temp_store = MEMORY",
        error);
}

static int configure_writer(struct db *db, struct mom_error *error)
{
    /* Else the last to close removes -wal and -shm, and who may only read can't make them anew. */
    int keep = 1;
    (void)sqlite3_file_control(db->sqlite, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
    /* The log shrinks to 16 MiB after a large transaction. Secure delete (on in Debian) would write
     * every page that retention frees once more. */
    return db_execute(db,
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = OFF;"
        "PRAGMA journal_size_limit = 16777216",
        error);
}

static int open_connection(
    struct db *db, const char *path, enum db_mode mode, struct mom_error *error)
{
    int r = mode == DB_WRITE ? make_file(path, error) : 0;
    if (r < 0)
        return r;
    db->mode = mode;
    int flags = mode == DB_WRITE ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    if (sqlite3_open_v2(path, &db->sqlite, flags, NULL) != SQLITE_OK)
        return db->sqlite ? db_failed(db, error) : error_errno(error, -ENOMEM, "can't open it");
    r = configure(db, error);
    if (r == 0)
        r = schema_check(db, error);
    if (r < 0 || mode == DB_READ)
        return r;
    r = configure_writer(db, error);
    return r < 0 ? r : schema_migrate(db, error);
}

int db_open(const char *path, enum db_mode mode, struct db **ret, struct mom_error *error)
{
    struct db *db = calloc(1, sizeof *db);
    int r =
        db ? open_connection(db, path, mode, error) : error_errno(error, -ENOMEM, "can't open it");
    if (r < 0) {
        error_wrap(error, "database %s", path);
        db_close(db);
        return r;
    }
    *ret = db;
    return 0;
}

void db_close(struct db *db)
{
    if (!db)
        return;
    store_forget(db);
    for (size_t i = 0; i < STATEMENTS; i++)
        (void)sqlite3_finalize(db->statement[i]);
    /* With a limit the log would be cut to nothing now. Should the next writer be killed when it
     * has written just the log's head, a reader that may not write is refused (SQLite 3.40 reads
     * the salt only of a log with frames, and then finds that the head has another). */
    if (db->mode == DB_WRITE && db->sqlite)
        (void)db_execute(db, "PRAGMA journal_size_limit = -1", NULL);
    (void)sqlite3_close(db->sqlite);
    free(db);
}

int db_begin(struct db *db, struct mom_error *error)
{
    /* At once, since a read that turns into a write later can't be waited for. */
    return db_execute(db, "BEGIN IMMEDIATE", error);
}

int db_commit(struct db *db, struct mom_error *error)
{
    return db_execute(db, "COMMIT", error);
}

/* What has left the log for the database was synchronized by the checkpoint that moved it. */
int db_sync(struct db *db, struct mom_error *error)
{
    sqlite3_file *log = write_ahead_log(db);
    if (!log || log->pMethods->xSync(log, SQLITE_SYNC_NORMAL) == SQLITE_OK)
        return 0;
    return error_set(
        error, error_code(SQLITE_IOERR, system_errno_of(db)), "can't synchronize the log");
}

void db_abandon(struct db *db)
{
    if (!sqlite3_get_autocommit(db->sqlite)) /* a full disk has rolled back already */
        (void)db_execute(db, "ROLLBACK", NULL);
}

void db_rollback(struct db *db)
{
    store_forget(db);
    db_abandon(db);
}

int db_version(struct db *db)
{
    return schema_version(db, NULL);
}

int snapshot_begin(struct db *db, struct mom_error *error)
{
    return db_execute(db, "SAVEPOINT snapshot", error);
}

void snapshot_end(struct db *db)
{
    (void)db_execute(db, "RELEASE snapshot", NULL);
}
