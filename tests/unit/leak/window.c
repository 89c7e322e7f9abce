/* The window keeps floors, tells holes from floors, and takes the past in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/leak/window.h"
#include "slices/sample.h"

#define MINUTE INT64_C(60000000)
#define START  (1700000 * 30 * MINUTE) /* on a bin's border of every scale */

static struct window window;

static void add(int64_t minute, uint64_t pages)
{
    assert_true(window_add(&window, START + minute * MINUTE, pages * WINDOW_PAGE, 0));
}

static void a_floor_is_the_minimum_of_its_bin(void **state)
{
    (void)state;
    window_init(&window);
    add(0, 50);
    add(0, 20);
    add(0, 70);
    add(1, 30);
    assert_int_equal(window_floor(&window, WINDOW_MINUTE, 0), 30);
    assert_int_equal(window_floor(&window, WINDOW_MINUTE, 1), 20);
    assert_int_equal(window_floor(&window, WINDOW_FIVE_MINUTES, 0), 20);
    assert_int_equal(window_floor(&window, WINDOW_HALF_HOUR, 0), 20);
}

static void a_bin_without_samples_is_a_hole(void **state)
{
    (void)state;
    window_init(&window);
    assert_int_equal(window_floor(&window, WINDOW_MINUTE, 0), WINDOW_NO_FLOOR);
    add(0, 10);
    add(4, 40);
    assert_int_equal(window_floor(&window, WINDOW_MINUTE, 1), WINDOW_NO_FLOOR);
    assert_int_equal(window_floor(&window, WINDOW_MINUTE, 4), 10);
    assert_int_equal(window_floor(&window, WINDOW_MINUTE, 5), WINDOW_NO_FLOOR);
    assert_int_equal(window_floor(&window, WINDOW_MINUTE, WINDOW_MINUTES), WINDOW_NO_FLOOR);
}

static void a_leap_of_years_leaves_nothing_of_before(void **state)
{
    (void)state;
    window_init(&window);
    add(0, 10);
    add(INT64_C(1000000000), 40);
    for (uint32_t back = 1; back < WINDOW_HALVES; back++)
        assert_int_equal(window_floor(&window, WINDOW_HALF_HOUR, back), WINDOW_NO_FLOOR);
}

static void a_sample_that_goes_back_is_passed_over(void **state)
{
    (void)state;
    window_init(&window);
    assert_false(window_add(&window, -1, 1 << 20, 0));
    add(5, 50);
    assert_false(window_add(&window, START + 4 * MINUTE, WINDOW_PAGE, 0));
    assert_int_equal(window_floor(&window, WINDOW_FIVE_MINUTES, 0), 50);
    assert_int_equal(window_floor(&window, WINDOW_MINUTE, 1), WINDOW_NO_FLOOR);
}

static void huge_footprints_stay_floors(void **state)
{
    (void)state;
    window_init(&window);
    assert_true(window_add(&window, START, UINT64_MAX, 0));
    assert_int_equal(window_floor(&window, WINDOW_MINUTE, 0), WINDOW_NO_FLOOR - 1);
    assert_true(window.limit_bytes == SAMPLE_NO_LIMIT);
}

static void a_span_ends_with_the_newest_complete_bin(void **state)
{
    (void)state;
    window_init(&window);
    for (int64_t minute = 0; minute < 10; minute++)
        add(minute, 100 + (uint64_t)minute);
    const struct window_span span = {WINDOW_MINUTE, 3, 4};
    uint32_t floor[4];
    assert_true(window_floors(&window, &span, floor) == START + 9 * MINUTE);
    assert_int_equal(floor[0], WINDOW_NO_FLOOR);
    assert_int_equal(floor[1], 100);
    assert_int_equal(floor[2], 103);
    assert_int_equal(floor[3], 106);
}

static void spans_before_time_zero_are_holes(void **state)
{
    (void)state;
    window_init(&window);
    assert_true(window_add(&window, 0, 5 * WINDOW_PAGE, 0));
    const struct window_span span = {WINDOW_HALF_HOUR, 10, 33};
    uint32_t floor[33];
    window_floors(&window, &span, floor);
    for (int i = 0; i < 33; i++)
        assert_int_equal(floor[i], WINDOW_NO_FLOOR);
}

static void the_past_fills_holes(void **state)
{
    (void)state;
    window_init(&window);
    add(60, 70);
    const uint32_t past[] = {11, WINDOW_NO_FLOOR, 13, 64};
    window_preload(&window, WINDOW_HALF_HOUR, START - 30 * MINUTE, past, 4);
    assert_int_equal(window_floor(&window, WINDOW_HALF_HOUR, 0), 64); /* still filling */
    assert_int_equal(window_floor(&window, WINDOW_HALF_HOUR, 1), 13);
    assert_int_equal(window_floor(&window, WINDOW_HALF_HOUR, 2), WINDOW_NO_FLOOR);
    assert_int_equal(window_floor(&window, WINDOW_HALF_HOUR, 3), 11);
    assert_true(window.first_usec == START - 30 * MINUTE);
}

static void the_past_may_come_before_the_first_sample(void **state)
{
    (void)state;
    window_init(&window);
    const uint32_t past[] = {11, 12};
    window_preload(&window, WINDOW_HALF_HOUR, START - 60 * MINUTE, past, 2);
    add(0, 70);
    assert_int_equal(window_floor(&window, WINDOW_HALF_HOUR, 0), 70);
    assert_int_equal(window_floor(&window, WINDOW_HALF_HOUR, 1), 12);
}

static void the_record_is_the_highest_floor_between(void **state)
{
    (void)state;
    window_init(&window);
    const uint32_t past[] = {90, 20, 50, 30};
    window_preload(&window, WINDOW_HALF_HOUR, START - 120 * MINUTE, past, 4);
    int64_t known;
    assert_int_equal(window_record(&window, 0, START, 0, &known), 90);
    assert_true(known == 120 * MINUTE);
    assert_int_equal(window_record(&window, START - 90 * MINUTE, START, 0, &known), 50);
    assert_true(known == 90 * MINUTE);
    assert_int_equal(window_record(&window, 0, START - 121 * MINUTE, 0, &known), 0);
    assert_true(known == 0);
}

static void a_record_is_a_floor_that_was_held_as_long(void **state)
{
    (void)state;
    window_init(&window);
    const uint32_t past[] = {90, 20, 50, 30, WINDOW_NO_FLOOR, WINDOW_NO_FLOOR};
    window_preload(&window, WINDOW_HALF_HOUR, START - 180 * MINUTE, past, 6);
    int64_t known;
    assert_int_equal(window_record(&window, 0, START, 60 * MINUTE, &known), 30);
    assert_true(known == 120 * MINUTE);
    assert_int_equal(window_record(&window, 0, START - 60 * MINUTE, 120 * MINUTE, &known), 20);
}

static void what_was_held_for_days_is_remembered_for_weeks(void **state)
{
    (void)state;
    const int64_t day = 24 * 60 * MINUTE;
    window_init(&window);
    for (int64_t t = 0; t < 20 * day; t += 30 * MINUTE)
        window_add(&window, START + t, (uint64_t)(t < 5 * day ? 70 : 30) * WINDOW_PAGE, 0);
    int64_t known;
    assert_int_equal(window_record(&window, 0, START + 20 * day, 0, &known), 30);
    assert_int_equal(window_record(&window, 0, START + 20 * day, 2 * day, &known), 70);
    assert_true(known >= 19 * day);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_floor_is_the_minimum_of_its_bin),
        cmocka_unit_test(a_bin_without_samples_is_a_hole),
        cmocka_unit_test(a_leap_of_years_leaves_nothing_of_before),
        cmocka_unit_test(a_sample_that_goes_back_is_passed_over),
        cmocka_unit_test(huge_footprints_stay_floors),
        cmocka_unit_test(a_span_ends_with_the_newest_complete_bin),
        cmocka_unit_test(spans_before_time_zero_are_holes),
        cmocka_unit_test(the_past_fills_holes),
        cmocka_unit_test(the_past_may_come_before_the_first_sample),
        cmocka_unit_test(the_record_is_the_highest_floor_between),
        cmocka_unit_test(a_record_is_a_floor_that_was_held_as_long),
        cmocka_unit_test(what_was_held_for_days_is_remembered_for_weeks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
