/* What the kernel's files say of limits, and what is written to them: cgroup v2, in a plain folder.
 */
#include "slices/act/limit.h"
#include "slices/base/file.h"
#include "slices/sample.h"
#include "tests/unit/folder.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

static int group;

static void plant(const char *file, const char *text)
{
    int fd = openat(group, file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    (void)close(fd);
}

static uint64_t read_on(enum limit_kind kind, dev_t disk)
{
    uint64_t value = 0;
    assert_int_equal(limit_read_on(group, kind, disk, &value), 0);
    return value;
}

static void written(enum limit_kind kind, dev_t disk, uint64_t value, const char *expected)
{
    char text[128];
    const char *file = limit_file(group, kind);
    plant(file, "");
    assert_int_equal(limit_write_on(group, kind, disk, value), 0);
    assert_true(file_read(group, file, text, sizeof text) >= 0);
    assert_string_equal(text, expected);
}

static void each_limit_is_read_and_written_as_the_kernel_has_it(void **state)
{
    (void)state;
    uint64_t period;
    dev_t disk = makedev(8, 0);
    group = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    plant("memory.high", "max\n");
    plant("cpu.max", "max 100000\n");
    plant("io.max", "18:0 rbps=7 wbps=7 riops=7 wiops=7\n"
                    "8:0 rbps=max wbps=1048576 riops=max wiops=5\n");
    assert_true(read_on(LIMIT_SOFT, 0) == SAMPLE_NO_LIMIT);
    assert_true(read_on(LIMIT_CPU, 0) == SAMPLE_NO_LIMIT);
    assert_int_equal(limit_period(group, &period), 0);
    assert_int_equal(period, 100000);
    assert_true(read_on(LIMIT_READ, disk) == SAMPLE_NO_LIMIT);
    assert_int_equal(read_on(LIMIT_WRITE, disk), 1048576);
    assert_true(read_on(LIMIT_WRITE, makedev(8, 16)) == SAMPLE_NO_LIMIT);
    written(LIMIT_CPU, 0, 20000, "20000");
    written(LIMIT_CPU, 0, SAMPLE_NO_LIMIT, "max");
    written(LIMIT_READ, disk, 1048576, "8:0 rbps=1048576");
    written(LIMIT_WRITE, disk, SAMPLE_NO_LIMIT, "8:0 wbps=max");
    (void)close(group);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            each_limit_is_read_and_written_as_the_kernel_has_it, folder_make, folder_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
