#include "tests/unit/decide/decide_test.h"

static struct leak_detector leak;
static struct trial trial;

/* A minute passes in which it holds no less than that. */
static void hold(int64_t minute, uint64_t bytes)
{
    window_add(&leak.window, minute * MINUTE + 1, bytes, SAMPLE_NO_LIMIT);
}

static struct trial_result look(int64_t minute)
{
    return trial_look(&trial, &leak, 0, 30 * MINUTE, 1, minute * MINUTE);
}

/* 100 MiB at minute 100, when a trial of half an hour begins; it took a MiB a minute for long. */
static int set_up(void **state)
{
    (void)state;
    leak_init(&leak, true);
    leak.report.rate = (double)MIB / 60;
    for (int64_t minute = 0; minute <= 100; minute++)
        hold(minute, (uint64_t)minute * MIB);
    trial_begin(&trial, 100 * MIB, 100 * MINUTE);
    return 0;
}

static void who_grows_on_fails(void **state)
{
    (void)state;
    for (int64_t minute = 101; minute <= 130; minute++)
        hold(minute, (uint64_t)minute * MIB);
    struct trial_result result = look(130);
    assert_int_equal(result.usec, 30 * MINUTE);
    assert_true(result.grown > 22 * (double)MIB && result.grown < 23.5 * (double)MIB);
    assert_true(result.bound > 14.9 * (double)MIB && result.bound < 15.1 * (double)MIB);
    assert_true(result.failed);
}

static void who_stops_passes(void **state)
{
    (void)state;
    for (int64_t minute = 101; minute <= 130; minute++)
        hold(minute, 110 * MIB);
    assert_false(look(130).failed);
}

static void what_was_not_held_is_no_growth(void **state)
{
    (void)state;
    for (int64_t minute = 101; minute <= 130; minute++)
        hold(minute, (minute % 5 ? 190 : 100) * MIB);
    assert_false(look(130).failed);
}

static void the_next_trial_begins_from_the_most(void **state)
{
    (void)state;
    trial_begin_again(&trial, 5 * (double)MIB, 130 * MINUTE);
    assert_int_equal(trial.held, 105 * MIB);
    trial_begin_again(&trial, -50 * (double)MIB, 160 * MINUTE);
    assert_int_equal(trial.held, 105 * MIB);
    assert_int_equal(trial.since_usec, 160 * MINUTE);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_grows_on_fails),
        TEST(who_stops_passes),
        TEST(what_was_not_held_is_no_growth),
        TEST(the_next_trial_begins_from_the_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
