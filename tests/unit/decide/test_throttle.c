/* One slice: what throttles it, for how long, and what lets it go. */
#include "tests/unit/decide/one_slice.h"

/* Confirmed, warned, and in two hours less a bit it is at its limit: throttled, at 1000 s. */
static void throttle_near_its_limit(double left_seconds)
{
    sample_set(&slice.watch.sample, SAMPLE_CURRENT, 300 * MIB);
    sample_set(&slice.watch.sample, SAMPLE_LIMIT_HIGH, 900 * MIB);
    subject_leaks(&slice, LEAK_CONFIRMED, SHAPE_GROWING, left_seconds);
    assert_int_equal(tick(0), ACTION_WARN);
    assert_int_equal(tick(1000), ACTION_THROTTLE);
    assert_int_equal(decision->limit_bytes, 300 * MIB);
    throttled(1001);
}

static void no_throttle_where_there_is_no_time_for_it_or_policy_wants_none(void **state)
{
    (void)state;
    double now;
    assert_int_equal(due(&now), ACTION_RESET);
    use_policy("slices: {leak: enforce, leak_grace: 10min, leak_throttle: 0s}\n");
    subject_leaks(&slice, LEAK_CONFIRMED, SHAPE_GROWING, 7000);
    assert_int_equal(tick(0), ACTION_WARN);
    assert_int_equal(tick(600), ACTION_RESET);
}

static void what_else_a_throttle_holds_back_is_policys(void **state)
{
    (void)state;
    use_policy("slices: {leak: enforce, leak_grace: 10min, throttle_cpu: 150%, throttle_io: 2M}\n");
    throttle_near_its_limit(7000);
    assert_true(evidence_of(&decision->evidence, "cpu_held_to")->value == 15000);
    assert_true(evidence_of(&decision->evidence, "io_held_to")->value == 2 * MIB);
    struct action action = decision_action(decision);
    assert_true(action.rates.cpu_percent == 150 && action.rates.io_bytes == 2 * MIB);
}

/* Hours are left until its limit, but not until the node is short. */
static void a_leaker_is_due_before_the_node_is_short(void **state)
{
    (void)state;
    use_policy("slices: {leak: enforce, leak_horizon: 90min, leak_grace: 30min}\n");
    subject_leaks(&slice, LEAK_CONFIRMED, SHAPE_GROWING, 50000);
    slice.watch.leak.report.rate = 10000;
    slice.watch.end_at = slice.watch.footprint + 500000000;
    slice.watch.short_at = slice.watch.footprint + 60000000;
    assert_int_equal(tick(0), ACTION_WARN);
    assert_int_equal(tick(1900), ACTION_NONE);
    slice.watch.short_at = slice.watch.footprint + 50000000;
    assert_int_equal(tick(1910), ACTION_THROTTLE);
    const struct evidence_item *short_in = evidence_of(&decision->evidence, "node_short_in");
    assert_non_null(short_in);
    assert_true(short_in->value > 4999e6 && short_in->value < 5001e6);
    assert_int_equal(evidence_of(&decision->evidence, "left_now")->relation, ' ');
    throttled(1911);
    slice.watch.short_at = slice.watch.footprint; /* it is short: the trial goes on all the same */
    slice.watch.footprint += 20000000;
    slice.watch.short_at = slice.watch.footprint;
    assert_int_equal(tick(3700), ACTION_NONE);
    assert_int_equal(tick(3711), ACTION_RESET);
}

static void a_throttled_leaker_that_would_be_at_its_limit_first_is_reset_sooner(void **state)
{
    (void)state;
    throttle_near_its_limit(7000);
    subject_leaks(&slice, LEAK_CONFIRMED, SHAPE_GROWING, 1000);
    slice.watch.leak.report.rate = 10000;
    assert_int_equal(tick(1460), ACTION_NONE); /* it has not grown on */
    slice.watch.footprint += 10 * MIB;
    assert_int_equal(tick(1470), ACTION_RESET);
}

static void a_leaker_that_the_throttle_slows_is_kept_so_and_not_reset(void **state)
{
    (void)state;
    throttle_near_its_limit(7000);
    subject_leaks(&slice, LEAK_CONFIRMED, SHAPE_GROWING, 8000);
    for (int i = 2; i < 48; i++)
        assert_int_equal(tick(i * 1000), ACTION_NONE);
    assert_int_equal(slice.watch.ladder.state, LADDER_THROTTLED);
}

static void a_throttled_leaker_that_does_not_grow_on_is_not_reset_for_what_it_was(void **state)
{
    (void)state;
    throttle_near_its_limit(7000);
    slice.watch.leak.report.rate = 10000;
    slice.watch.footprint += 8 * MIB; /* in 1800 s: less than half of 17 MiB */
    assert_int_equal(tick(2800), ACTION_NONE);
    slice.watch.footprint += 8 * MIB; /* and again */
    assert_int_equal(tick(4600), ACTION_NONE);
    slice.watch.footprint += 9 * MIB;
    assert_int_equal(tick(6399), ACTION_NONE);
    assert_int_equal(tick(6400), ACTION_RESET);
}

static void a_throttled_leaker_that_stops_is_released_with_the_all_clear(void **state)
{
    (void)state;
    throttle_near_its_limit(7000);
    slice.watch.ladder.incident = 42;
    subject_leaks(&slice, LEAK_NONE, SHAPE_BOUNDED, -1);
    assert_int_equal(tick(1100), ACTION_NONE);
    assert_int_equal(tick(1700), ACTION_RELEASE);
    released(RESULT_DONE, 1701);
    assert_int_equal(decision->reason, REASON_ALL_CLEAR);
    assert_int_equal(decision->incident, 42);
    for (int i = 18; i < 90; i++)
        assert_int_equal(tick(i * 100), ACTION_NONE);
}

static void a_throttled_leaker_that_somebody_lets_go_has_its_grace_again(void **state)
{
    (void)state;
    throttle_near_its_limit(7000);
    throttle_let_go(&slice.watch.throttle);
    assert_int_equal(tick(1010), ACTION_RELEASE);
    released(RESULT_DONE, 1011);
    assert_int_equal(slice.watch.ladder.state, LADDER_WARNED);
    assert_int_equal(tick(1609), ACTION_NONE);
    assert_int_equal(tick(1610), ACTION_THROTTLE);
}

static void a_throttled_leaker_that_is_held_is_released(void **state)
{
    (void)state;
    throttle_near_its_limit(7000);
    slice.watch.held = true;
    assert_int_equal(tick(1010), ACTION_RELEASE);
    released(RESULT_DONE, 1011);
    assert_int_equal(tick(1610), ACTION_ALARM);
    assert_int_equal(decision->wanted, ACTION_THROTTLE);
    assert_int_equal(decision->restraint, RESTRAINT_HOLD);
}

static void a_throttled_leaker_is_released_when_the_policy_allows_it_no_more(void **state)
{
    (void)state;
    throttle_near_its_limit(7000);
    slice.watch.policy.leak = MODE_WARN;
    assert_int_equal(tick(1010), ACTION_RELEASE);
    released(RESULT_DONE, 1011);
    assert_int_equal(slice.watch.ladder.state, LADDER_WARNED);
    assert_int_equal(tick(9000), ACTION_NONE);
}

static void a_throttled_leak_that_is_dismissed_is_let_go(void **state)
{
    (void)state;
    throttle_near_its_limit(7000);
    (void)decide_dismissed(&slice.watch);
    subject_leaks(&slice, LEAK_NONE, SHAPE_GROWING, -1);
    assert_int_equal(tick(1010), ACTION_RELEASE);
    released(RESULT_DONE, 1011);
    assert_int_equal(tick(1020), ACTION_NONE);
    assert_int_equal(tick(1620), ACTION_RECORD);
    assert_int_equal(decision->reason, REASON_ALL_CLEAR);
}

static void what_is_left_after_the_reset_is_throttled_until_the_probation_is_over(void **state)
{
    (void)state;
    throttle_near_its_limit(7000);
    slice.watch.footprint += 100 * MIB;
    assert_int_equal(tick(2800), ACTION_RESET);
    outcome(RESULT_DONE, 2801);
    assert_int_equal(tick(2801 + 599), ACTION_NONE);
    assert_int_equal(tick(2801 + 600), ACTION_RELEASE);
}

static void a_throttle_that_failed_is_tried_again_after_the_grace(void **state)
{
    (void)state;
    subject_leaks(&slice, LEAK_CONFIRMED, SHAPE_GROWING, 7000);
    assert_int_equal(tick(0), ACTION_WARN);
    assert_int_equal(tick(1000), ACTION_THROTTLE);
    struct outcome failed = {.kind = ACTION_THROTTLE, .result = RESULT_FAILED};
    decide_outcome(&slice.watch, &failed, at(1001));
    assert_int_equal(slice.watch.ladder.state, LADDER_WARNED);
    assert_int_equal(tick(1600), ACTION_NONE);
    assert_int_equal(tick(1601), ACTION_THROTTLE);
}

static void a_release_that_failed_or_was_lost_is_tried_again(void **state)
{
    (void)state;
    throttle_near_its_limit(7000);
    slice.watch.held = true;
    assert_int_equal(tick(1010), ACTION_RELEASE);
    released(RESULT_FAILED, 1011);
    assert_int_equal(tick(1100), ACTION_NONE);
    assert_int_equal(tick(1131), ACTION_RELEASE);
    assert_int_equal(tick(1252), ACTION_RELEASE);
    released(RESULT_DONE, 1253);
    assert_int_equal(tick(1400), ACTION_NONE);
}

static void a_release_that_is_due_outlives_a_reset(void **state)
{
    (void)state;
    throttle_near_its_limit(7000);
    decide_ordered(&slice.watch, 9, at(1010));
    throttle_let_go(&slice.watch.throttle);
    outcome(RESULT_DONE, 1011);
    assert_int_equal(tick(1012), ACTION_RELEASE);
}

static void a_leaker_whose_reset_failed_stays_throttled(void **state)
{
    (void)state;
    throttle_near_its_limit(7000);
    slice.watch.footprint += 100 * MIB;
    assert_int_equal(tick(2800), ACTION_RESET);
    outcome(RESULT_INCOMPLETE, 2801);
    for (int i = 0; i < 60; i++)
        assert_int_equal(tick(2802 + i * 9), ACTION_NONE);
    assert_true(throttle_is_on(&slice.watch.throttle));
}

static void the_forecast_is_no_younger_than_its_floor_what_came_since_counts_too(void **state)
{
    (void)state;
    throttle_near_its_limit(7000);
    slice.watch.leak.report.rate = 10000;
    slice.watch.end_at = slice.watch.footprint + 15 * MIB;
    slice.watch.footprint += 14 * MIB; /* left by the forecast: 7000 s as before; in truth 105 s */
    assert_int_equal(tick(1460), ACTION_RESET);
}

static void the_throttle_is_no_limit_to_the_detector(void **state)
{
    (void)state;
    throttle_near_its_limit(7000);
    sample_set(&slice.watch.sample, SAMPLE_LIMIT_HIGH, 300 * MIB);
    slice.watch.sample.at = at(1010);
    (void)watch_update(&slice.watch, policy_globals(policy), &node);
    uint64_t throttled_limit = slice.watch.leak.window.limit_bytes;
    sample_set(&slice.watch.sample, SAMPLE_LIMIT_HIGH, 900 * MIB);
    slice.watch.sample.at = at(1020);
    (void)watch_update(&slice.watch, policy_globals(policy), &node);
    assert_true(throttled_limit == slice.watch.leak.window.limit_bytes);
}

/* Born before our eyes, with strikes of earlier lives. */
static void born_again(uint32_t strikes)
{
    struct slice_policy own = slice.watch.policy;
    watch_init(&slice.watch, &slice.slice, &own, at(-10).boot_usec, at(0), true);
    struck(strikes);
}

static void who_was_reset_often_begins_throttled_until_the_probation_is_over(void **state)
{
    (void)state;
    born_again(1);
    assert_int_equal(tick(1), ACTION_NONE);
    struck(2); /* the store has told */
    assert_int_equal(tick(2), ACTION_THROTTLE);
    assert_int_equal(decision->reason, REASON_REBORN);
    assert_int_equal(decision->limit_bytes, 256 * MIB); /* of 1 GiB */
    assert_int_equal(tick(3), ACTION_NONE);
    throttled(4);
    assert_int_equal(tick(4 + 1199), ACTION_NONE); /* twice the probation, for two strikes */
    assert_int_equal(tick(4 + 1200), ACTION_RELEASE);
    assert_int_equal(decision->reason, REASON_SERVED);
    assert_int_equal(tick(4 + 1201), ACTION_NONE);
}

static void what_begins_in_the_same_group_after_a_reset_is_throttled_too(void **state)
{
    (void)state;
    struck(1);
    assert_int_equal(tick(0), ACTION_NONE);
    decide_ordered(&slice.watch, 9, at(1));
    outcome(RESULT_DONE, 2);
    assert_int_equal(tick(3), ACTION_THROTTLE);
}

static void who_is_not_seen_to_begin_is_not_throttled(void **state)
{
    (void)state;
    struck(5); /* momd was restarted */
    assert_int_equal(tick(1), ACTION_NONE);
    born_again(0);
    assert_int_equal(tick(1), ACTION_NONE);
    struck(5); /* far too late */
    assert_int_equal(tick(121), ACTION_NONE);
}

static void nobody_is_throttled_whom_policy_or_people_spare(void **state)
{
    (void)state;
    use_policy("penalties: []\n");
    born_again(5);
    assert_int_equal(tick(1), ACTION_NONE);
    use_policy("slices: {protect: true}\n");
    born_again(5);
    assert_int_equal(tick(1), ACTION_NONE);
    use_policy(enforcing);
    born_again(5);
    slice.watch.held = true;
    assert_int_equal(tick(1), ACTION_NONE);
    use_policy("slices: {mode: warn}\n");
    born_again(5);
    assert_int_equal(tick(1), ACTION_RECORD);
    assert_int_equal(decision->wanted, ACTION_THROTTLE);
    assert_int_equal(decision->restraint, RESTRAINT_MODE);
    assert_int_equal(tick(2), ACTION_NONE);
}

static void a_throttle_that_failed_is_not_released(void **state)
{
    (void)state;
    born_again(2);
    assert_int_equal(tick(1), ACTION_THROTTLE);
    struct outcome failed = {.kind = ACTION_THROTTLE, .result = RESULT_FAILED};
    decide_outcome(&slice.watch, &failed, at(2));
    for (int i = 3; i < 9000; i += 100)
        assert_int_equal(tick(i), ACTION_NONE);
}

static void a_throttle_without_outcome_is_released_all_the_same(void **state)
{
    (void)state;
    born_again(2);
    assert_int_equal(tick(1), ACTION_THROTTLE);
    int releases = 0;
    for (int i = 2; i < 2000; i += 10)
        if (tick(i) == ACTION_RELEASE) {
            releases++;
            released(RESULT_DONE, i + 1);
        }
    assert_int_equal(releases, 1);
}

static void a_person_lets_it_go(void **state)
{
    (void)state;
    born_again(2);
    assert_int_equal(tick(1), ACTION_THROTTLE);
    throttled(2);
    throttle_let_go(&slice.watch.throttle);
    assert_int_equal(tick(3), ACTION_RELEASE);
    born_again(2);
    assert_int_equal(tick(4), ACTION_THROTTLE);
    throttled(5);
    slice.watch.held = true;
    assert_int_equal(tick(6), ACTION_RELEASE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(no_throttle_where_there_is_no_time_for_it_or_policy_wants_none),
        TEST(what_else_a_throttle_holds_back_is_policys),
        TEST(a_leaker_is_due_before_the_node_is_short),
        TEST(a_throttled_leaker_that_would_be_at_its_limit_first_is_reset_sooner),
        TEST(a_leaker_that_the_throttle_slows_is_kept_so_and_not_reset),
        TEST(a_throttled_leaker_that_does_not_grow_on_is_not_reset_for_what_it_was),
        TEST(a_throttled_leaker_that_stops_is_released_with_the_all_clear),
        TEST(a_throttled_leaker_that_somebody_lets_go_has_its_grace_again),
        TEST(a_throttled_leaker_that_is_held_is_released),
        TEST(a_throttled_leaker_is_released_when_the_policy_allows_it_no_more),
        TEST(a_throttled_leak_that_is_dismissed_is_let_go),
        TEST(what_is_left_after_the_reset_is_throttled_until_the_probation_is_over),
        TEST(a_throttle_that_failed_is_tried_again_after_the_grace),
        TEST(a_release_that_failed_or_was_lost_is_tried_again),
        TEST(a_release_that_is_due_outlives_a_reset),
        TEST(a_leaker_whose_reset_failed_stays_throttled),
        TEST(the_forecast_is_no_younger_than_its_floor_what_came_since_counts_too),
        TEST(the_throttle_is_no_limit_to_the_detector),
        TEST(who_was_reset_often_begins_throttled_until_the_probation_is_over),
        TEST(what_begins_in_the_same_group_after_a_reset_is_throttled_too),
        TEST(who_is_not_seen_to_begin_is_not_throttled),
        TEST(nobody_is_throttled_whom_policy_or_people_spare),
        TEST(a_throttle_that_failed_is_not_released),
        TEST(a_throttle_without_outcome_is_released_all_the_same),
        TEST(a_person_lets_it_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
