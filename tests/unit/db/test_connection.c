/* Opening: migrations, permissions, damage, full disks, kills. */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534, OTHER_GROUP = 54321 };

static int open_once(struct fixture *fixture, enum db_mode mode)
{
    struct db *db;
    int r = db_open(fixture->path, mode, &db, &fixture->error);
    if (r == 0)
        db_close(db);
    return r;
}

static void an_empty_folder_gets_a_migrated_database(void **state)
{
    struct fixture *fixture = *state;
    struct stat status;
    assert_int_equal(stat(fixture->path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
    assert_true(db_version(fixture->db) >= 1);
    assert_int_equal(ask(fixture->path, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
    int version = db_version(fixture->db);
    fixture_reopen(fixture);
    assert_int_equal(db_version(fixture->db), version);
}

static void a_newer_schema_is_refused(void **state)
{
    struct fixture *fixture = *state;
    (void)ask(fixture->path, "PRAGMA user_version = 99");
    assert_int_equal(open_once(fixture, DB_READ), -ENOTSUP);
    assert_int_equal(open_once(fixture, DB_WRITE), -ENOTSUP);
    assert_non_null(strstr(fixture->error.text, "99"));
    assert_non_null(strstr(fixture->error.text, fixture->path));
}

static void a_reader_does_not_migrate(void **state)
{
    struct fixture *fixture = *state;
    (void)ask(fixture->path, "PRAGMA user_version = 0");
    assert_int_equal(open_once(fixture, DB_READ), -ENOTSUP);
}

static void another_programs_database_is_left_alone(void **state)
{
    struct fixture *fixture = *state;
    (void)ask(fixture->path, "PRAGMA application_id = 12345");
    assert_int_equal(open_once(fixture, DB_WRITE), -EMEDIUMTYPE);
    assert_int_equal(open_once(fixture, DB_READ), -EMEDIUMTYPE);
}

static void missing_and_forbidden_files_are_told_apart(void **state)
{
    struct fixture *fixture = *state;
    struct db *db;
    assert_int_equal(db_open("/tmp/mom-test-none/mom.db", DB_READ, &db, NULL), -ENOENT);
    assert_int_equal(db_open("/tmp/mom-test-none/mom.db", DB_WRITE, &db, NULL), -ENOENT);
    if (getuid() != 0)
        skip(); /* needs root to become somebody else */
    (void)chmod(fixture->folder, 0700);
    pid_t child = fork();
    if (child == 0)
        _exit(setuid(NOBODY) == 0 && open_once(fixture, DB_READ) == -EACCES ? 0 : 1);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void a_file_that_is_no_database_is_told(void **state)
{
    struct fixture *fixture = *state;
    (void)strcat(fixture->path, ".txt");
    FILE *file = fopen(fixture->path, "w");
    assert_non_null(file);
    for (int i = 0; i < 1000; i++)
        (void)fprintf(file, "this is no database\n");
    (void)fclose(file);
    assert_int_equal(open_once(fixture, DB_READ), -EUCLEAN);
    assert_int_equal(open_once(fixture, DB_WRITE), -EUCLEAN);
}

static void put_rows(struct fixture *fixture, int64_t from_sec, int count)
{
    begin(fixture);
    for (int i = 0; i < count; i++) {
        struct sample_brief brief = a_brief(7, (from_sec + i) * SEC, (uint32_t)i);
        put_brief(fixture, &brief);
    }
    flush(fixture);
    commit(fixture);
}

static int count_point(void *context, const struct query_point *point)
{
    (void)point;
    ++*(int *)context;
    return 0;
}

/* Rows that a reader of its own sees, or -errno. */
static int rows_read(const char *path)
{
    struct db *db;
    int count = 0;
    int r = db_open(path, DB_READ, &db, NULL);
    if (r < 0)
        return r;
    r = query_history(db, 1, TIER_RAW, 0, INT64_MAX, count_point, &count, NULL);
    db_close(db);
    return r < 0 ? r : count;
}

static void damaged_pages_are_told(void **state)
{
    struct fixture *fixture = *state;
    bear(fixture, 7, "docker:web");
    put_rows(fixture, T0, 5000);
    db_close(fixture->db);
    fixture->db = NULL;
    (void)ask(fixture->path, "PRAGMA wal_checkpoint(TRUNCATE)");
    struct stat before;
    assert_int_equal(stat(fixture->path, &before), 0);
    int fd = open(fixture->path, O_RDWR | O_CLOEXEC);
    char junk[4096];
    memset(junk, 0xa5, sizeof junk);
    for (off_t page = before.st_size / 4096 - 20; page < before.st_size / 4096; page++)
        assert_int_equal(pwrite(fd, junk, sizeof junk, page * 4096), sizeof junk);
    (void)close(fd);
    assert_int_equal(rows_read(fixture->path), -EUCLEAN);
    assert_int_equal(db_check(fixture->path, &fixture->error), -EUCLEAN);
}

static void a_damaged_one_is_set_aside_whole(void **state)
{
    struct fixture *fixture = *state;
    char aside[DB_PATH_MAX], again[DB_PATH_MAX], log[DB_PATH_MAX + 8];
    bear(fixture, 7, "docker:web");
    put_rows(fixture, T0, 50);
    db_close(fixture->db);
    fixture->db = NULL;
    assert_int_equal(db_check(fixture->path, &fixture->error), 0);
    struct stat before, after;
    assert_int_equal(stat(fixture->path, &before), 0);
    assert_int_equal(db_set_aside(fixture->path, T0 * SEC, aside, &fixture->error), 0);
    assert_non_null(strstr(aside, "mom.db.corrupt-20231114T222000Z"));
    assert_int_equal(stat(aside, &after), 0);
    assert_true(before.st_ino == after.st_ino);
    (void)snprintf(log, sizeof log, "%s-wal", aside);
    assert_int_equal(stat(log, &after), 0);
    assert_int_equal(rows_read(aside), 50);
    assert_int_equal(rows_read(fixture->path), -ENOENT);
    assert_int_equal(db_open(fixture->path, DB_WRITE, &fixture->db, &fixture->error), 0);
    /* Twice within a second: the older stays. */
    assert_int_equal(db_set_aside(fixture->path, T0 * SEC, again, &fixture->error), -EEXIST);
    assert_int_equal(rows_read(aside), 50);
}

/* What a member of the group reads who may write neither files nor folder: rows, or 255. */
static int rows_read_by_the_group(const char *path)
{
    pid_t child = fork();
    if (child == 0) {
        const gid_t group = OTHER_GROUP;
        if (setgroups(1, &group) < 0 || setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
            _exit(255);
        int rows = rows_read(path);
        _exit(rows >= 0 ? rows : 255);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void share_with_group(struct fixture *fixture)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    assert_int_equal(chown(fixture->folder, 0, OTHER_GROUP), 0);
    assert_int_equal(chmod(fixture->folder, 0750), 0);
    for (size_t i = 0; i < 3; i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s%s", fixture->path, suffixes[i]);
        struct stat status;
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 07777, 0640); /* SQLite's files take after ours */
        assert_int_equal(chown(path, 0, OTHER_GROUP), 0);
    }
}

static void the_group_reads_while_it_runs_and_after_it_stopped(void **state)
{
    struct fixture *fixture = *state;
    if (getuid() != 0)
        skip(); /* needs root to become somebody else */
    bear(fixture, 7, "docker:web");
    put_rows(fixture, T0, 100);
    share_with_group(fixture);
    assert_int_equal(rows_read_by_the_group(fixture->path), 100);
    put_rows(fixture, T0 + 100, 50);
    assert_int_equal(rows_read_by_the_group(fixture->path), 150);
    db_close(fixture->db);
    fixture->db = NULL;
    assert_int_equal(rows_read_by_the_group(fixture->path), 150);
}

/* Starts a writer that stores until it is killed. */
static pid_t start_writer(struct fixture *fixture, int round)
{
    pid_t child = fork();
    if (child != 0)
        return child;
    struct fixture own = *fixture;
    if (db_open(own.path, DB_WRITE, &own.db, &own.error) < 0)
        _exit(1);
    fixture_boot(own.db, 0x3f);
    for (int i = 0;; i++)
        put_rows(&own, T0 + round * 1000000 + i * 20, 20);
}

static void killed_writers_leave_a_sound_database(void **state)
{
    struct fixture *fixture = *state;
    bear(fixture, 7, "docker:web");
    db_close(fixture->db);
    fixture->db = NULL;
    int64_t rows = 0;
    for (int round = 0; round < 12; round++) {
        pid_t child = start_writer(fixture, round);
        (void)usleep(2000 + (unsigned)round * 9700);
        (void)kill(child, SIGKILL);
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        if (getuid() == 0) {
            share_with_group(fixture);
            assert_int_not_equal(rows_read_by_the_group(fixture->path), 255);
        }
        int read = rows_read(fixture->path);
        assert_true(read >= rows && read % 20 == 0); /* whole transactions only */
        rows = read;
        assert_int_equal(
            ask(fixture->path, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1);
    }
    assert_true(rows > 0);
}

/* A log that holds its head and nothing else, and no writer: see db_close. */
static void writers_killed_at_once_leave_the_group_its_reading(void **state)
{
    struct fixture *fixture = *state;
    if (getuid() != 0)
        skip(); /* needs root to become somebody else */
    bear(fixture, 7, "docker:web");
    put_rows(fixture, T0, 20);
    db_close(fixture->db);
    fixture->db = NULL;
    char log[128];
    (void)snprintf(log, sizeof log, "%s-wal", fixture->path);
    struct stat status;
    assert_int_equal(stat(log, &status), 0);
    assert_true(status.st_size > 32);
    share_with_group(fixture);
    for (int round = 0; round < 30; round++) {
        pid_t child = start_writer(fixture, 1);
        (void)usleep(1500 + (unsigned)round * 200);
        (void)kill(child, SIGKILL);
        assert_int_equal(waitpid(child, NULL, 0), child);
        assert_int_not_equal(rows_read_by_the_group(fixture->path), 255);
    }
}

static void readers_and_a_transaction_do_not_wait_for_each_other(void **state)
{
    struct fixture *fixture = *state;
    bear(fixture, 7, "docker:web");
    put_rows(fixture, T0, 30);
    begin(fixture);
    struct sample_brief brief = a_brief(7, (T0 + 1000) * SEC, 5);
    put_brief(fixture, &brief);
    flush(fixture);
    assert_int_equal(rows_read(fixture->path), 30);
    commit(fixture);
    assert_int_equal(rows_read(fixture->path), 31);
}

static void a_reader_can_not_write(void **state)
{
    struct fixture *fixture = *state;
    struct db *db;
    assert_int_equal(db_open(fixture->path, DB_READ, &db, NULL), 0);
    const uint8_t boot[16] = {9};
    assert_int_equal(store_boot(db, boot, at_sec(T0), &fixture->error), -EROFS);
    db_close(db);
}

/* In a child, for the limit would stay: a file that may not grow stands for a full disk. */
static int fill_disk(struct fixture *fixture)
{
    (void)signal(SIGXFSZ, SIG_IGN);
    const struct rlimit limit = {400 << 10, 400 << 10};
    if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
        return 1;
    int r = 0;
    for (int i = 0; i < 1000 && r == 0; i++) {
        r = db_begin(fixture->db, NULL);
        for (int64_t t = 0; r == 0 && t < 100; t++) {
            struct sample_brief brief = a_brief(7, (T0 + i * 100 + t) * SEC, 5);
            r = store_sample(fixture->db, &brief, NULL);
        }
        r = r == 0 ? store_flush(fixture->db, NULL) : r;
        r = r == 0 ? db_commit(fixture->db, NULL) : r;
    }
    db_rollback(fixture->db);
    return r == -ENOSPC ? 0 : 2;
}

static void a_full_disk_is_told_and_passes(void **state)
{
    struct fixture *fixture = *state;
    bear(fixture, 7, "docker:web");
    db_close(fixture->db);
    fixture->db = NULL;
    pid_t child = fork();
    if (child == 0) {
        fixture_reopen(fixture);
        _exit(fill_disk(fixture));
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(
        ask(fixture->path, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1);
    fixture_reopen(fixture);
    int64_t rows = rows_read(fixture->path);
    put_rows(fixture, T0 + 1000000, 60);
    assert_int_equal(rows_read(fixture->path), rows + 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(an_empty_folder_gets_a_migrated_database),
        TEST(a_newer_schema_is_refused),
        TEST(a_reader_does_not_migrate),
        TEST(another_programs_database_is_left_alone),
        TEST(missing_and_forbidden_files_are_told_apart),
        TEST(a_file_that_is_no_database_is_told),
        TEST(damaged_pages_are_told),
        TEST(a_damaged_one_is_set_aside_whole),
        TEST(the_group_reads_while_it_runs_and_after_it_stopped),
        TEST(killed_writers_leave_a_sound_database),
        TEST(writers_killed_at_once_leave_the_group_its_reading),
        TEST(readers_and_a_transaction_do_not_wait_for_each_other),
        TEST(a_reader_can_not_write),
        TEST(a_full_disk_is_told_and_passes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
