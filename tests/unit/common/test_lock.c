/* The locks of the run dir. */
#include "mom/common/lock.h"

#include "../folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static void a_lock_is_one_holders_until_it_is_closed(void **state)
{
    (void)state;
    struct mom_error error = {0};
    int fd = lock_take(folder, WARDEN_LOCK_FILE, &error);
    assert_true(fd >= 0);
    assert_int_equal(lock_take(folder, WARDEN_LOCK_FILE, &error), -EBUSY);
    assert_non_null(strstr(error.text, folder));
    int other = lock_take(folder, GOVERNOR_LOCK_FILE, &error);
    assert_true(other >= 0);
    assert_int_equal(close(fd), 0);
    fd = lock_take(folder, WARDEN_LOCK_FILE, &error);
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    assert_int_equal(close(other), 0);
}

static void nobody_else_may_open_it_and_so_hold_it(void **state)
{
    (void)state;
    char path[128];
    struct stat status;
    int fd = lock_take(folder, WARDEN_LOCK_FILE, NULL);
    (void)snprintf(path, sizeof path, "%s/%s", folder, WARDEN_LOCK_FILE);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(close(fd), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_lock_is_one_holders_until_it_is_closed, folder_make, folder_remove),
        cmocka_unit_test_setup_teardown(
            nobody_else_may_open_it_and_so_hold_it, folder_make, folder_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
