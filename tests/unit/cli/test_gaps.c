/* How far apart the times of a history are, as a rule. */
#include "mom/cli/gaps.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int64_t scratch[8];

static void one_gap_makes_no_rule(void **state)
{
    (void)state;
    const int64_t time[] = {0, 10, 20, 600, 610, 620, 631};
    assert_int_equal(gaps_usual_step(time, 7, scratch), 10);
}

static void of_two_there_is_no_rule(void **state)
{
    (void)state;
    const int64_t time[] = {0, 10};
    assert_int_equal(gaps_usual_step(time, 2, scratch), 0);
    assert_int_equal(gaps_usual_step(time, 0, scratch), 0);
}

static void late_ticks_change_nothing(void **state)
{
    (void)state;
    const int64_t time[] = {0, 9, 20, 32, 40, 50};
    assert_int_equal(gaps_usual_step(time, 6, scratch), 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_gap_makes_no_rule),
        cmocka_unit_test(of_two_there_is_no_rule),
        cmocka_unit_test(late_ticks_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
