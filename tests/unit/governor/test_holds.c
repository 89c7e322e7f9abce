#include "mom/governor/holds.h"
#include "tests/unit/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void a_hold_ends_by_itself_or_by_order(void **state)
{
    (void)state;
    struct holds holds;
    assert_int_equal(holds_open(&holds, folder, NULL), 0);
    assert_int_equal(holds_set(&holds, "docker:web", 1000, 10), 0);
    assert_int_equal(holds_until(&holds, "docker:web", 999), 1000);
    assert_int_equal(holds_until(&holds, "docker:web", 1000), 0);
    assert_int_equal(holds_until(&holds, "docker:we", 10), 0);
    assert_int_equal(holds_set(&holds, "docker:web", 0, 10), 0);
    assert_int_equal(holds_until(&holds, "docker:web", 10), 0);
    holds_close(&holds);
}

static void holds_survive_a_governor_that_dies(void **state)
{
    (void)state;
    struct holds holds;
    assert_int_equal(holds_open(&holds, folder, NULL), 0);
    assert_int_equal(holds_set(&holds, "a", 1000, 10), 0);
    assert_int_equal(holds_set(&holds, "b", 2000, 10), 0);
    holds_close(&holds);
    assert_int_equal(holds_open(&holds, folder, NULL), 0);
    assert_int_equal(holds_until(&holds, "b", 10), 2000);
    assert_int_equal(holds_until(&holds, "a", 10), 1000);
    holds_clear(&holds);
    assert_int_equal(holds_until(&holds, "a", 10), 0);
    holds_close(&holds);
}

static void rows_of_ended_holds_are_used_again(void **state)
{
    (void)state;
    struct holds holds;
    char key[32];
    assert_int_equal(holds_open(&holds, folder, NULL), 0);
    for (int i = 0; i < HOLDS_MAX; i++) {
        (void)snprintf(key, sizeof key, "k%d", i);
        assert_int_equal(holds_set(&holds, key, 1000, 10), 0);
    }
    assert_int_equal(holds_set(&holds, "one more", 1000, 10), -ENOSPC);
    assert_int_equal(holds_set(&holds, "one more", 3000, 1000), 0);
    assert_int_equal(holds_until(&holds, "one more", 1500), 3000);
    holds_close(&holds);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, folder_make, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_hold_ends_by_itself_or_by_order),
        TEST(holds_survive_a_governor_that_dies),
        TEST(rows_of_ended_holds_are_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
