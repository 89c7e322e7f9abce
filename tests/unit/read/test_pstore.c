/* The kernel's log of an earlier boot, in folders as pstore and systemd-pstore leave them. */
#include "slices/read/pstore.h"
#include "tests/unit/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static char seen[4096]; /* lines, each with its end */

static int set_up(void **state)
{
    *seen = '\0';
    return folder_make(state);
}

static void see(void *context, const char *line)
{
    assert_ptr_equal(context, seen);
    size_t used = strlen(seen);
    (void)snprintf(seen + used, sizeof seen - used, "%s\n", line);
}

static void place(char path[256], const char *name)
{
    (void)snprintf(path, 256, "%s/%s", folder, name);
}

static void plant(const char *name, const char *text, time_t at)
{
    char path[256];
    place(path, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fputs(text, file);
    (void)fclose(file);
    const struct timespec times[2] = {{.tv_sec = at}, {.tv_sec = at}};
    assert_int_equal(utimensat(-1, path, times, 0), 0);
}

static int read_since(time_t since)
{
    *seen = '\0';
    return pstore_read(folder, since * 1000000ll + 999999, see, seen);
}

static void lines_come_without_level_and_time(void **state)
{
    (void)state;
    plant("dmesg-erst-7713503552693338113",
        "Panic#1 Part1\n<6>[    0.004976] plain\n<0>[    5.1][  T204] of a task\n[ 6.5] older\n"
        "<0 torn\n[torn\nlast, unended",
        100);
    assert_int_equal(read_since(100), 1);
    assert_string_equal(
        seen, "Panic#1 Part1\nplain\nof a task\nolder\n<0 torn\n[torn\nlast, unended\n");
}

static void only_the_kernel_s_log_of_that_time_is_read(void **state)
{
    (void)state;
    plant("dmesg-efi-1", "old\n", 99);
    plant("dmesg-efi-2", "due\n", 100);
    plant("console-ramoops-0", "something else\n", 100);
    char link[256];
    place(link, "dmesg-efi-3");
    assert_int_equal(symlink("/etc/passwd", link), 0);
    place(link, "dmesg-efi-4");
    assert_int_equal(mkfifo(link, 0600), 0);
    assert_int_equal(read_since(100), 1);
    assert_string_equal(seen, "due\n");
}

static void what_systemd_has_moved_is_found(void **state)
{
    (void)state;
    char path[256];
    static const char *const folders[] = {"1795939984", "1795939984/001", "1795939984/001/more"};
    for (size_t i = 0; i < 3; i++) {
        place(path, folders[i]);
        assert_int_equal(mkdir(path, 0755), 0);
    }
    plant("1795939984/001/dmesg.txt", "found\n", 100);
    plant("1795939984/001/more/dmesg.txt", "no such depth\n", 100);
    assert_int_equal(read_since(100), 1);
    assert_string_equal(seen, "found\n");
}

static void a_long_line_is_cut_and_a_zero_ends_none(void **state)
{
    (void)state;
    char text[3 * PSTORE_LINE_MAX];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    plant("dmesg-1", text, 100);
    assert_int_equal(read_since(100), 1);
    assert_int_equal(strlen(seen), PSTORE_LINE_MAX); /* with the end of the line */
    char path[256];
    place(path, "dmesg-1");
    FILE *file = fopen(path, "w");
    (void)fwrite("a\0b\n", 1, 4, file);
    (void)fclose(file);
    assert_int_equal(read_since(0), 1);
    assert_string_equal(seen, "a b\n");
}

static void no_folder_is_no_error(void **state)
{
    (void)state;
    assert_int_equal(pstore_read("/no/such/folder", 0, see, seen), 0);
    plant("dmesg-1", "", 100);
    char path[256];
    place(path, "dmesg-1");
    assert_true(pstore_read(path, 0, see, seen) < 0);
}

int main(void)
{
#define PSTORE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, folder_remove)
    const struct CMUnitTest tests[] = {
        PSTORE_TEST(lines_come_without_level_and_time),
        PSTORE_TEST(only_the_kernel_s_log_of_that_time_is_read),
        PSTORE_TEST(what_systemd_has_moved_is_found),
        PSTORE_TEST(a_long_line_is_cut_and_a_zero_ends_none),
        PSTORE_TEST(no_folder_is_no_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
