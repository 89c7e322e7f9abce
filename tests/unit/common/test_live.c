#include "mom/common/live.h"
#include "tests/unit/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct live_slice slice_of(uint64_t serial)
{
    struct live_slice slice = {.slice.serial = serial, .footprint = serial * 4096};
    (void)snprintf(
        slice.slice.key, sizeof slice.slice.key, "cgroup:/%llu", (unsigned long long)serial);
    return slice;
}

static void readers_see_what_was_written(void **state)
{
    (void)state;
    struct live live, reader;
    struct live_slice got;
    assert_int_equal(live_create(&live, folder, 100, (gid_t)-1, NULL), 0);
    const struct live_slice wrote = slice_of(42);
    assert_int_equal(live_write_slice(&live, 99, &wrote), 0);
    assert_int_equal(live_write_slice(&live, 100, &wrote), -ERANGE);
    assert_int_equal(live_open(&reader, folder, NULL), 0);
    assert_int_equal(live_rows(&reader), 100);
    assert_int_equal(live_read_slice(&reader, 99, &got), 0);
    assert_memory_equal(&got, &wrote, sizeof got);
    assert_int_equal(live_read_slice(&reader, 5, &got), -ENOENT);
    live_close(&reader);
    live_close(&live);
}

static void counters_go_on_over_restarts(void **state)
{
    (void)state;
    const uint64_t far_ahead = 1ull << 50;
    struct live live;
    assert_int_equal(live_create(&live, folder, 10, (gid_t)-1, NULL), 0);
    uint64_t first = live_next_seq(&live);
    assert_true(live_next_seq(&live) == first + 1);
    live_header(&live)->next_seq = far_ahead;
    live_header(&live)->next_serial = far_ahead + 77;
    live_close(&live);
    assert_int_equal(live_create(&live, folder, 10, (gid_t)-1, NULL), 0);
    assert_true(live_next_seq(&live) == far_ahead);
    assert_true(live_header(&live)->next_serial == far_ahead + 77);
    live_close(&live);
}

static void numbers_never_come_again_when_the_run_dir_was_lost(void **state)
{
    (void)state;
    struct live live;
    assert_int_equal(live_create(&live, folder, 10, (gid_t)-1, NULL), 0);
    uint64_t seq = live_next_seq(&live), serial = live_header(&live)->next_serial;
    live_close(&live);
    assert_int_equal(folder_remove(NULL), 0);
    assert_int_equal(mkdir(folder, 0755), 0);
    (void)usleep(3000);
    assert_int_equal(live_create(&live, folder, 10, (gid_t)-1, NULL), 0);
    assert_true(live_next_seq(&live) > seq);
    assert_true(live_header(&live)->next_serial > serial);
    live_close(&live);
}

static void pages_are_taken_only_as_rows_fill(void **state)
{
    (void)state;
    struct live live;
    struct stat status;
    char path[96];
    (void)snprintf(path, sizeof path, "%s/live", folder);
    assert_int_equal(live_create(&live, folder, 4096, (gid_t)-1, NULL), 0);
    const struct live_slice wrote = slice_of(1);
    assert_int_equal(live_write_slice(&live, 0, &wrote), 0);
    assert_int_equal(stat(path, &status), 0);
    assert_true(status.st_blocks * 512 < status.st_size / 8);
    live_close(&live);
}

/* One process writes as fast as it can, the other must never see half of a row. */
static void a_row_is_seen_whole_or_not_at_all(void **state)
{
    (void)state;
    struct live live;
    assert_int_equal(live_create(&live, folder, 10, (gid_t)-1, NULL), 0);
    struct live_slice slice = slice_of(1);
    assert_int_equal(live_write_slice(&live, 0, &slice), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        for (uint64_t i = 1;; i++) {
            slice = slice_of(i);
            (void)live_write_slice(&live, 0, &slice);
        }
    struct live reader;
    struct live_slice got;
    assert_int_equal(live_open(&reader, folder, NULL), 0);
    int whole = 0;
    for (int i = 0; i < 20000; i++) {
        if (live_read_slice(&reader, 0, &got) != 0)
            continue;
        const struct live_slice expected = slice_of(got.slice.serial);
        assert_memory_equal(&got, &expected, sizeof got);
        whole++;
    }
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
    assert_true(whole > 0);
    live_close(&reader);
    live_close(&live);
}

static void another_version_is_refused(void **state)
{
    (void)state;
    struct live live, reader;
    assert_int_equal(live_create(&live, folder, 10, (gid_t)-1, NULL), 0);
    live_header(&live)->version++;
    assert_int_equal(live_open(&reader, folder, NULL), -EPROTO);
    live_close(&live);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, folder_make, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(readers_see_what_was_written),
        TEST(counters_go_on_over_restarts),
        TEST(numbers_never_come_again_when_the_run_dir_was_lost),
        TEST(pages_are_taken_only_as_rows_fill),
        TEST(a_row_is_seen_whole_or_not_at_all),
        TEST(another_version_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
