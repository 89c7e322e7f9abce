#include "mom/cli/sparkline.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { WIDTH = 8 };

static char *draw(const double *value, size_t count, bool utf8)
{
    static char buffer[SPARKLINE_SIZE(WIDTH)];
    return sparkline(buffer, sizeof buffer, value, count, WIDTH, utf8);
}

static void a_ramp_takes_every_bar(void **state)
{
    (void)state;
    const double ramp[] = {0, 1, 2, 3, 4, 5, 6, 7};
    assert_string_equal(draw(ramp, 8, true), "▁▂▃▄▅▆▇█");
    assert_string_equal(draw(ramp, 8, false), "_.-~=+*#");
}

static void the_scale_begins_at_the_least_value(void **state)
{
    (void)state;
    const double high[] = {1000, 1007};
    assert_string_equal(draw(high, 2, false), "_#");
}

static void many_values_share_bars_and_the_greatest_shows(void **state)
{
    (void)state;
    double value[80] = {0};
    value[35] = 1; /* in the fourth bar of eight */
    assert_string_equal(draw(value, 80, false), "___#____");
}

static void equal_values_are_a_flat_line(void **state)
{
    (void)state;
    const double flat[] = {5, 5, 5};
    assert_string_equal(draw(flat, 3, false), "___");
}

static void unknown_values_leave_blanks(void **state)
{
    (void)state;
    const double gap[] = {0, NAN, 1};
    const double nothing[] = {NAN, NAN};
    assert_string_equal(draw(gap, 3, false), "_ #");
    assert_string_equal(draw(nothing, 2, false), "  ");
    assert_string_equal(draw(gap, 0, false), "");
}

static void a_small_buffer_cuts_whole_bars(void **state)
{
    (void)state;
    const double ramp[] = {0, 7};
    char buffer[6];
    assert_string_equal(sparkline(buffer, sizeof buffer, ramp, 2, WIDTH, true), "▁");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ramp_takes_every_bar),
        cmocka_unit_test(the_scale_begins_at_the_least_value),
        cmocka_unit_test(many_values_share_bars_and_the_greatest_shows),
        cmocka_unit_test(equal_values_are_a_flat_line),
        cmocka_unit_test(unknown_values_leave_blanks),
        cmocka_unit_test(a_small_buffer_cuts_whole_bars),
    };
    return cmocka_run_group_tests_name("cli sparkline", tests, NULL, NULL);
}
