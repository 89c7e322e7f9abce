/* What people order by momctl: when it is refused, for how long it lasts, and that the ladder keeps
 * its hands off meanwhile. */
#include "tests/unit/decide/one_slice.h"

#define HOUR (3600 * 1000000ll)

static void request(struct order order, double seconds)
{
    decide_request(&slice.watch, &slice.slice, policy, &order, at(seconds), decision);
    if (decision->action != ACTION_NONE)
        decide_number(&slice.watch, decision, 1);
}

/* An order that is carried out. */
static void in_force(enum action_kind kind, uint64_t bytes, double seconds)
{
    const struct outcome done = {.kind = kind, .result = RESULT_DONE};
    request((struct order){kind, bytes, HOUR, NULL}, seconds);
    assert_int_equal(decision->action, kind);
    decide_outcome(&slice.watch, &done, at(seconds + 1));
}

static void a_reset_goes_whatever_the_mode_or_hold(void **state)
{
    (void)state;
    use_policy("slices: {mode: observe, leak: observe, min_size: 1G}\n");
    slice.watch.held = true;
    request((struct order){.kind = ACTION_RESET}, 0);
    assert_int_equal(decision->action, ACTION_RESET);
    assert_int_equal(decision->reason, REASON_REQUEST);
    assert_int_equal(slice.watch.ladder.state, LADDER_RESETTING);
    assert_string_equal(decision->path, "/cont.slice/web");
}

static void against_a_protected_slice_all_is_refused(void **state)
{
    (void)state;
    static const enum action_kind kinds[] = {
        ACTION_RESET, ACTION_RECLAIM, ACTION_THROTTLE, ACTION_RAISE, ACTION_FREEZE, ACTION_MOVE};
    slice.slice.protection = SLICE_PROTECTED_STARTER;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        request((struct order){kinds[i], MIB, HOUR, NULL}, 0);
        assert_int_equal(decision->action, ACTION_NONE);
        assert_int_equal(decision->wanted, kinds[i]);
        assert_int_equal(decision->restraint, RESTRAINT_PROTECTED);
        assert_int_equal(slice.watch.ladder.state, LADDER_CALM);
        assert_false(ordered_is_on(&slice.watch.ordered));
    }
}

static void what_lasts_is_released_when_its_time_is_up(void **state)
{
    (void)state;
    static const enum action_kind kinds[] = {
        ACTION_THROTTLE, ACTION_RAISE, ACTION_FREEZE, ACTION_MOVE};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        use_policy(enforcing);
        in_force(kinds[i], 100 * MIB, 0);
        assert_int_equal(decision_action(decision).bytes, 100 * MIB);
        assert_int_equal(tick(3599), ACTION_NONE);
        assert_int_equal(tick(3600), ACTION_RELEASE);
        assert_int_equal(decision->reason, REASON_SERVED);
        decide_number(&slice.watch, decision, 2);
        assert_int_equal(slice.watch.ladder.incident, 0);
        assert_int_equal(tick(3610), ACTION_NONE);
        released(RESULT_DONE, 3611);
        assert_false(ordered_is_on(&slice.watch.ordered));
        assert_int_equal(tick(9000), ACTION_NONE);
    }
}

static void a_release_that_was_in_vain_is_tried_again(void **state)
{
    (void)state;
    in_force(ACTION_RAISE, 100 * MIB, 0);
    assert_int_equal(tick(3600), ACTION_RELEASE);
    released(RESULT_INCOMPLETE, 3601);
    assert_int_equal(tick(3700), ACTION_NONE);
    assert_int_equal(tick(4300), ACTION_RELEASE);
}

static void a_person_ends_it_early(void **state)
{
    (void)state;
    in_force(ACTION_FREEZE, 0, 0);
    decide_released(&slice.watch);
    assert_int_equal(tick(10), ACTION_RELEASE);
    assert_int_equal(decision->reason, REASON_LET_GO);
}

static void what_failed_is_undone_as_far_as_it_went(void **state)
{
    (void)state;
    const struct outcome failed = {.kind = ACTION_THROTTLE, .result = RESULT_FAILED};
    request((struct order){ACTION_THROTTLE, MIB, HOUR, NULL}, 0);
    decide_outcome(&slice.watch, &failed, at(1));
    assert_int_equal(tick(10), ACTION_RELEASE);
    released(RESULT_DONE, 11);
    assert_int_equal(tick(20), ACTION_NONE);
}

static void a_second_order_is_refused_while_the_first_lasts(void **state)
{
    (void)state;
    in_force(ACTION_FREEZE, 0, 0);
    request((struct order){ACTION_RAISE, MIB, HOUR, NULL}, 10);
    assert_int_equal(decision->action, ACTION_NONE);
    assert_int_equal(decision->restraint, RESTRAINT_CHANGED);
    request((struct order){ACTION_RECLAIM, MIB, 0, NULL}, 10);
    assert_int_equal(decision->action, ACTION_RECLAIM);
    request((struct order){.kind = ACTION_RESET}, 10);
    assert_int_equal(decision->action, ACTION_RESET);
}

static void an_order_is_refused_while_the_ladder_has_it_frozen_or_resets_it(void **state)
{
    (void)state;
    temporary_ask(&slice.watch.freeze, at(0).boot_usec);
    request((struct order){ACTION_RAISE, MIB, HOUR, NULL}, 10);
    assert_int_equal(decision->restraint, RESTRAINT_CHANGED);
    use_policy(enforcing);
    request((struct order){.kind = ACTION_RESET}, 0);
    request((struct order){ACTION_FREEZE, 0, HOUR, NULL}, 10);
    assert_int_equal(decision->restraint, RESTRAINT_CHANGED);
}

static void the_ladder_changes_nothing_meanwhile(void **state)
{
    (void)state;
    double t;
    assert_int_equal(due(&t), ACTION_RESET); /* so it is without an order */
    use_policy(enforcing);
    subject_leaks(&slice, LEAK_CONFIRMED, SHAPE_GROWING, 60);
    assert_int_equal(tick(0), ACTION_WARN);
    in_force(ACTION_FREEZE, 0, 500);
    assert_int_equal(tick(t), ACTION_NONE);
    assert_int_equal(tick(4000), ACTION_NONE);
    assert_int_equal(tick(4100), ACTION_RELEASE);
    released(RESULT_DONE, 4101);
    assert_int_equal(tick(4110), ACTION_RESET);
}

/* What follows in the group begins as it was before. */
static void a_reset_ends_it(void **state)
{
    (void)state;
    in_force(ACTION_THROTTLE, MIB, 0);
    decide_ordered(&slice.watch, 5, at(10));
    outcome(RESULT_DONE, 11);
    assert_int_equal(tick(20), ACTION_RELEASE);
    assert_int_equal(decision->reason, REASON_LET_GO);
}

static void a_throttle_by_order_is_no_limit_to_the_detector(void **state)
{
    (void)state;
    struct sample *sample = &slice.watch.sample;
    sample_set(sample, SAMPLE_LIMIT_HIGH, SAMPLE_NO_LIMIT);
    in_force(ACTION_THROTTLE, 100 * MIB, 0);
    sample_set(sample, SAMPLE_LIMIT_HIGH, 100 * MIB);
    assert_int_equal(ordered_limit(&slice.watch.ordered, 100 * MIB), SAMPLE_NO_LIMIT);
    decide_released(&slice.watch);
    assert_int_equal(tick(10), ACTION_RELEASE);
    released(RESULT_DONE, 11);
    assert_int_equal(ordered_limit(&slice.watch.ordered, 100 * MIB), 100 * MIB);
}

static void a_raise_by_order_counts_for_the_budget(void **state)
{
    (void)state;
    slice.watch.strain.limit = 60 * MIB;
    in_force(ACTION_RAISE, 100 * MIB, 0);
    assert_int_equal(watch_raised(&slice.watch), 40 * MIB);
}

static void memory_is_reclaimed_once(void **state)
{
    (void)state;
    request((struct order){ACTION_RECLAIM, 30 * MIB, 0, NULL}, 0);
    assert_int_equal(decision_action(decision).kind, ACTION_RECLAIM);
    assert_int_equal(decision_action(decision).bytes, 30 * MIB);
    assert_int_equal(slice.watch.ladder.incident, 0);
    assert_int_equal(tick(7200), ACTION_NONE);
}

static void a_move_knows_where_to(void **state)
{
    (void)state;
    request((struct order){ACTION_MOVE, 0, HOUR, "/overflow"}, 0);
    assert_string_equal(decision_action(decision).to, "/overflow");
    assert_string_equal(decide_request_order(decision).to, "/overflow");
}

static void the_order_can_be_read_from_its_decision(void **state)
{
    (void)state;
    request((struct order){ACTION_RAISE, 30 * MIB, 2 * HOUR, NULL}, 0);
    struct order order = decide_request_order(decision);
    assert_int_equal(order.kind, ACTION_RAISE);
    assert_int_equal(order.bytes, 30 * MIB);
    assert_int_equal(order.lasts_usec, 2 * HOUR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_reset_goes_whatever_the_mode_or_hold),
        TEST(against_a_protected_slice_all_is_refused),
        TEST(what_lasts_is_released_when_its_time_is_up),
        TEST(a_release_that_was_in_vain_is_tried_again),
        TEST(a_person_ends_it_early),
        TEST(what_failed_is_undone_as_far_as_it_went),
        TEST(a_second_order_is_refused_while_the_first_lasts),
        TEST(an_order_is_refused_while_the_ladder_has_it_frozen_or_resets_it),
        TEST(the_ladder_changes_nothing_meanwhile),
        TEST(a_reset_ends_it),
        TEST(a_throttle_by_order_is_no_limit_to_the_detector),
        TEST(a_raise_by_order_counts_for_the_budget),
        TEST(memory_is_reclaimed_once),
        TEST(a_move_knows_where_to),
        TEST(the_order_can_be_read_from_its_decision),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
