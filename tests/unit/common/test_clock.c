#include "mom/common/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

static struct stamp at(int64_t boot_sec, int64_t unix_sec)
{
    return (struct stamp){
        .boot_usec = boot_sec * USEC_PER_SEC, .unix_usec = unix_sec * USEC_PER_SEC};
}

static void a_clock_that_was_set_is_told_by_how_far(void **state)
{
    (void)state;
    assert_int_equal(clock_step(at(10, 5000), at(12, 5002)), 0);
    assert_int_equal(clock_step(at(10, 5000), at(12, 8602)), 3600 * USEC_PER_SEC);
    assert_int_equal(clock_step(at(10, 5000), at(12, 1402)), -3600 * USEC_PER_SEC);
}

static void a_clock_set_to_1970_or_a_century_ahead_overflows_nothing(void **state)
{
    (void)state;
    const int64_t now = 1795000000, century = 3155760000;
    assert_int_equal(clock_step(at(10, now), at(11, 0)), -(now + 1) * USEC_PER_SEC);
    assert_int_equal(clock_step(at(10, now), at(11, now + century + 1)), century * USEC_PER_SEC);
}

static void sleeping_is_no_step(void **state)
{
    (void)state;
    assert_int_equal(clock_step(at(10, 5000), at(10 + 8 * 3600, 5000 + 8 * 3600)), 0);
}

static void both_clocks_run(void **state)
{
    (void)state;
    struct stamp before = clock_now(), after = clock_now();
    assert_true(before.boot_usec > 0 && before.unix_usec > 0);
    assert_true(after.boot_usec >= before.boot_usec);
}

static void a_boot_without_an_id_is_an_error(void **state)
{
    (void)state;
    uint8_t id[16], none[16] = {0};
    memset(id, 1, sizeof id);
    assert_int_equal(clock_boot_id("/dev/null/none", id), -ENOTDIR);
    assert_memory_equal(id, none, sizeof id);
    assert_int_equal(clock_boot_id("/proc", id), 0);
    assert_memory_not_equal(id, none, sizeof id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_that_was_set_is_told_by_how_far),
        cmocka_unit_test(a_clock_set_to_1970_or_a_century_ahead_overflows_nothing),
        cmocka_unit_test(sleeping_is_no_step),
        cmocka_unit_test(both_clocks_run),
        cmocka_unit_test(a_boot_without_an_id_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
