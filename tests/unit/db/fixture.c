#include "fixture.h"

#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void fixture_boot(struct db *db, uint8_t first_byte)
{
    const uint8_t boot[16] = {first_byte, 0x2a, 0x91, 0xc0};
    assert_true(store_boot(db, boot, at_sec(T0), NULL) >= 0);
}

int fixture_setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    (void)snprintf(fixture->folder, sizeof fixture->folder, "/tmp/mom-test-db-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    (void)snprintf(fixture->path, sizeof fixture->path, "%s/mom.db", fixture->folder);
    assert_int_equal(db_open(fixture->path, DB_WRITE, &fixture->db, &fixture->error), 0);
    fixture_boot(fixture->db, 0x3f);
    *state = fixture;
    return 0;
}

int fixture_teardown(void **state)
{
    struct fixture *fixture = *state;
    db_close(fixture->db);
    DIR *folder = opendir(fixture->folder);
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        if (entry->d_name[0] != '.')
            (void)unlinkat(dirfd(folder), entry->d_name, 0);
    if (folder)
        (void)closedir(folder);
    (void)rmdir(fixture->folder);
    free(fixture);
    return 0;
}

void fixture_reopen(struct fixture *fixture)
{
    db_close(fixture->db);
    fixture->db = NULL;
    assert_int_equal(db_open(fixture->path, DB_WRITE, &fixture->db, &fixture->error), 0);
    fixture_boot(fixture->db, 0x3f);
}

/* What each migration beyond the first did, undone. */
static const char *const undo[][28] = {
    [2] = {"DROP INDEX life_oom", "ALTER TABLE boot DROP COLUMN oom_kills",
        "ALTER TABLE boot DROP COLUMN oom_usec", "ALTER TABLE life DROP COLUMN oom_kills",
        "ALTER TABLE life DROP COLUMN oom_usec", "PRAGMA user_version = 1"},
    [3] = {"DROP TABLE delivery", "DROP TABLE mail",
        "CREATE TABLE mail (id INTEGER PRIMARY KEY, boot INTEGER NOT NULL,"
        " decision INTEGER NOT NULL, key TEXT NOT NULL, stage TEXT NOT NULL,"
        " created_usec INTEGER NOT NULL, next_try_usec INTEGER NOT NULL, state TEXT NOT NULL,"
        " tries INTEGER NOT NULL, message_id TEXT NOT NULL, recipients TEXT NOT NULL,"
        " bytes BLOB NOT NULL, last_error TEXT NOT NULL) STRICT",
        "CREATE INDEX mail_state ON mail(state, next_try_usec)", "PRAGMA user_version = 2"},
    [4] = {"ALTER TABLE raw DROP COLUMN shmem", "ALTER TABLE raw DROP COLUMN swapcached",
        "ALTER TABLE limit_change DROP COLUMN high", "ALTER TABLE life DROP COLUMN protection",
        "ALTER TABLE node DROP COLUMN boot", "ALTER TABLE node DROP COLUMN boot_usec",
        "DROP TABLE look", "DROP TABLE policy_use", "DROP TABLE policy_layer",
        "PRAGMA user_version = 3"},
    [5] = {"ALTER TABLE raw DROP COLUMN badness", "ALTER TABLE raw DROP COLUMN mems",
        "ALTER TABLE raw DROP COLUMN room", "ALTER TABLE raw DROP COLUMN kernel",
        "ALTER TABLE trend DROP COLUMN channel", "ALTER TABLE decision DROP COLUMN channel",
        "ALTER TABLE limit_change DROP COLUMN swap", "ALTER TABLE look DROP COLUMN stalled",
        "ALTER TABLE look DROP COLUMN room_due", "ALTER TABLE look DROP COLUMN listed_room",
        "ALTER TABLE look DROP COLUMN charged", "ALTER TABLE look DROP COLUMN confined",
        "ALTER TABLE look DROP COLUMN boot_ends", "ALTER TABLE look DROP COLUMN newest_end_usec",
        "ALTER TABLE look DROP COLUMN tried_usec", "ALTER TABLE look DROP COLUMN domain",
        "ALTER TABLE decision DROP COLUMN domain", "ALTER TABLE decision DROP COLUMN independent",
        "ALTER TABLE outcome DROP COLUMN job", "DROP TABLE dismissal", "DROP TABLE warm_start",
        "DROP TABLE program", "DROP TABLE boot_end", "PRAGMA user_version = 4"},
};

void fixture_age(struct fixture *fixture, int version)
{
    db_close(fixture->db);
    fixture->db = NULL;
    for (int i = sizeof undo / sizeof *undo - 1; i > version; i--)
        for (const char *const *sql = undo[i]; *sql; sql++)
            (void)ask(fixture->path, *sql);
}

struct stamp at_sec(int64_t unix_sec)
{
    return (struct stamp){.boot_usec = (unix_sec - T0 + 1000) * SEC, .unix_usec = unix_sec * SEC};
}

struct slice a_slice(uint64_t serial, const char *key, const char *name)
{
    struct slice slice = {.serial = serial, .kind = SLICE_CONTAINER, .life = {.inode = serial}};
    (void)snprintf(slice.key, sizeof slice.key, "%s", key);
    (void)snprintf(slice.name, sizeof slice.name, "%s", name);
    (void)snprintf(slice.path, sizeof slice.path, "/group/%s", name);
    (void)snprintf(slice.runtime, sizeof slice.runtime, "docker");
    return slice;
}

void bear(struct fixture *fixture, uint64_t serial, const char *key)
{
    struct slice slice = a_slice(serial, key, key);
    begin(fixture);
    assert_int_equal(store_slice_born(fixture->db, &slice, at_sec(T0), &fixture->error), 0);
    commit(fixture);
}

struct sample_brief a_brief(uint64_t serial, int64_t unix_usec, uint32_t footprint)
{
    return (struct sample_brief){.serial = serial,
        .unix_usec = unix_usec,
        .limit_bytes = SAMPLE_NO_LIMIT,
        .high_bytes = SAMPLE_NO_LIMIT,
        .swap_limit_bytes = SAMPLE_NO_LIMIT,
        .rss = footprint + 10,
        .swap = 3,
        .footprint = footprint,
        .current = footprint + 500,
        .pressure = footprint % 1000,
        .faults = footprint % 7,
        .have = BRIEF_RSS | BRIEF_SWAP | BRIEF_FOOTPRINT | BRIEF_CURRENT | BRIEF_PRESSURE};
}

void put_brief(struct fixture *fixture, const struct sample_brief *brief)
{
    assert_int_equal(store_sample(fixture->db, brief, &fixture->error), 0);
}

void begin(struct fixture *fixture)
{
    assert_int_equal(db_begin(fixture->db, &fixture->error), 0);
}

void commit(struct fixture *fixture)
{
    assert_int_equal(db_commit(fixture->db, &fixture->error), 0);
}

void flush(struct fixture *fixture)
{
    assert_int_equal(store_flush(fixture->db, &fixture->error), 0);
}

static int add_point(void *context, const struct query_point *point)
{
    struct points *points = context;
    if (points->count < sizeof points->point / sizeof points->point[0])
        points->point[points->count++] = *point;
    return 0;
}

void read_history(struct db *db, int64_t slice, enum query_tier tier, int64_t since_sec,
    int64_t until_sec, struct points *ret)
{
    ret->count = 0;
    assert_int_equal(
        query_history(db, slice, tier, since_sec * SEC, until_sec * SEC, add_point, ret, NULL), 0);
}

int64_t ask(const char *path, const char *sql)
{
    sqlite3 *sqlite;
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_open_v2(path, &sqlite, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    int keep = 1; /* -wal and -shm stay as mom leaves them */
    (void)sqlite3_file_control(sqlite, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
    assert_int_equal(sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL), SQLITE_OK);
    int status = sqlite3_step(statement);
    assert_true(status == SQLITE_ROW || status == SQLITE_DONE);
    int64_t value = status == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    (void)sqlite3_finalize(statement);
    (void)sqlite3_close(sqlite);
    return value;
}
