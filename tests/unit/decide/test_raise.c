/* A slice that is kept waiting at its own limit has it raised for a time. */
#include "tests/unit/decide/one_slice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define LIMIT (160 * MIB)

static const char raising[] = "slices: {leak: enforce, raise_to: 256M, raise_step: 25%, raise_for: "
                              "1h, thrashing_after: 10h}\n"
                              "raises: {budget: 128M, reserve: 20%}\n";

static uint64_t in_swap, in_swap_cache;

static int set_up_raising(void **state)
{
    (void)set_up(state);
    in_swap = 50 * MIB;
    in_swap_cache = 0;
    use_policy(raising);
    return 0;
}

/* One sample: what it has, of which so much can't be dropped, under its limit. */
static void sample(double seconds, uint64_t limit, uint64_t current, uint64_t held, double pressure)
{
    struct sample *sample = &slice.watch.sample;
    *sample = (struct sample){.at = at(seconds)};
    sample_set(sample, SAMPLE_CURRENT, current);
    sample_set(sample, SAMPLE_ANON, held);
    sample_set(sample, SAMPLE_SWAP, in_swap);
    sample_set(sample, SAMPLE_SWAPCACHED, in_swap_cache);
    sample_set(sample, SAMPLE_INACTIVE_ANON, held);
    sample_set(sample, SAMPLE_LIMIT_MAX, limit);
    sample_set(sample, SAMPLE_LIMIT_HIGH, SAMPLE_NO_LIMIT);
    sample_set(sample, SAMPLE_PSI_SOME_AVG10, (uint64_t)(pressure * 100));
    (void)watch_update(&slice.watch, policy_globals(policy), &node);
}

/* At its limit and kept waiting, from then on for so long; the last decision. */
static enum action_kind strain(double seconds, double lasts, uint64_t limit)
{
    enum action_kind action = ACTION_NONE;
    for (double t = seconds; t <= seconds + lasts && action == ACTION_NONE; t += 10) {
        sample(t, limit, limit - MIB, limit - MIB, 30);
        action = tick(t);
    }
    return action;
}

static void raise_outcome_is(enum action_kind kind, enum action_result result, double seconds)
{
    struct outcome outcome = {.kind = kind, .result = result};
    decide_outcome(&slice.watch, &outcome, at(seconds));
}

static void raised_at(double seconds)
{
    assert_int_equal(strain(seconds, 100, LIMIT), ACTION_RAISE);
    raise_outcome_is(ACTION_RAISE, RESULT_DONE, seconds + 31);
}

static double value_of(const char *name)
{
    const struct evidence_item *item = evidence_of(&decision->evidence, name);
    assert_non_null(item);
    return item->value;
}

static void who_is_kept_waiting_at_its_limit_has_more(void **state)
{
    (void)state;
    assert_int_equal(strain(100, 20, LIMIT), ACTION_NONE); /* a burst passes */
    assert_int_equal(strain(130, 0, LIMIT), ACTION_RAISE);
    assert_int_equal(decision->reason, REASON_STRAINED);
    assert_int_equal(decision->limit_bytes, LIMIT + LIMIT / 4);
    assert_int_equal(decision_action(decision).bytes, LIMIT + LIMIT / 4);
    assert_true(value_of("own_limit") == (double)LIMIT);
    assert_true(value_of("pressure") == 3000);
    assert_int_equal(slice.watch.ladder.state, LADDER_RAISED);
    assert_int_equal(raised_bytes, LIMIT / 4);
}

static void a_full_limit_alone_is_no_strain(void **state)
{
    (void)state;
    for (double t = 100; t < 300; t += 10) {
        sample(t, LIMIT, LIMIT, 20 * MIB, 9.9); /* page cache */
        assert_int_equal(tick(t), ACTION_NONE);
    }
}

static void pressure_below_the_limit_is_not_its_own(void **state)
{
    (void)state;
    for (double t = 100; t < 300; t += 10) {
        sample(t, LIMIT, LIMIT - LIMIT / STRAIN_NEAR - 1, 100 * MIB, 90);
        assert_int_equal(tick(t), ACTION_NONE);
    }
}

/* Without swap, and pressure. */
static enum action_kind approach(uint64_t from, double rate)
{
    enum action_kind action = ACTION_NONE;
    node_set(&node, NODE_SWAP_FREE, 0);
    for (double t = 100; t < 400 && action == ACTION_NONE; t += 10) {
        uint64_t has = from + (uint64_t)(rate * (t - 100));
        sample(t, LIMIT, has, has, 0);
        action = tick(t);
    }
    return action;
}

static void who_is_about_to_be_killed_is_strained_without_pressure(void **state)
{
    (void)state;
    assert_int_equal(approach(150 * MIB, 0.02 * (double)MIB), ACTION_RAISE);
}

static void who_has_filled_it_and_grows_no_more_is_not(void **state)
{
    (void)state;
    assert_int_equal(approach(LIMIT - MIB, 0), ACTION_NONE);
}

static void step_by_step_up_to_the_ceiling(void **state)
{
    (void)state;
    raised_at(100);
    assert_int_equal(strain(200, 100, 200 * MIB), ACTION_RAISE);
    assert_int_equal(decision->limit_bytes, 240 * MIB); /* a quarter of what it was at first */
    raise_outcome_is(ACTION_RAISE, RESULT_DONE, 231);
    assert_int_equal(strain(300, 100, 240 * MIB), ACTION_RAISE);
    assert_int_equal(decision->limit_bytes, 256 * MIB);
    raise_outcome_is(ACTION_RAISE, RESULT_DONE, 331);
    assert_int_equal(raised_bytes, 96 * MIB);
    assert_int_equal(strain(400, 300, 256 * MIB), ACTION_NONE);
}

static void not_beyond_the_budget(void **state)
{
    (void)state;
    raised_bytes = 100 * MIB; /* by others */
    assert_int_equal(strain(100, 300, LIMIT), ACTION_NONE);
    raised_bytes = 88 * MIB;
    assert_int_equal(strain(500, 300, LIMIT), ACTION_RAISE);
    assert_int_equal(raised_bytes, 128 * MIB);
}

static void not_without_room(void **state)
{
    (void)state;
    node_set(&node, NODE_MEM_AVAILABLE, 244 * MIB); /* of which 205 are the reserve */
    assert_int_equal(strain(100, 300, LIMIT), ACTION_NONE);
    node_set(&node, NODE_MEM_AVAILABLE, 245 * MIB);
    assert_int_equal(strain(500, 300, LIMIT), ACTION_RAISE);
}

static void not_unless_the_policy_says_so(void **state)
{
    (void)state;
    use_policy(enforcing);
    assert_int_equal(strain(100, 300, LIMIT), ACTION_NONE);
    use_policy("slices: {raise_to: 50%, mode: warn, thrashing_after: 10h}\n");
    assert_int_equal(strain(1000, 300, LIMIT), ACTION_NONE);
}

static void neither_protected_nor_held(void **state)
{
    (void)state;
    slice.watch.held = true;
    assert_int_equal(strain(100, 300, LIMIT), ACTION_NONE);
    slice.watch.held = false;
    slice.slice.protection = SLICE_PROTECTED_INIT;
    assert_int_equal(strain(1000, 300, LIMIT), ACTION_NONE);
}

static void no_confirmed_leaker(void **state)
{
    (void)state;
    subject_leaks(&slice, LEAK_CONFIRMED, SHAPE_GROWING, 60);
    assert_int_equal(tick(0), ACTION_WARN);
    slice.watch.strain = (struct strain){.limit = LIMIT, .since_usec = 1};
    assert_int_equal(tick(100), ACTION_NONE);
}

static void given_back_when_it_needs_no_more(void **state)
{
    (void)state;
    raised_at(100);
    double t = 200;
    for (; t < 200 + 600; t += 10) {
        sample(t, 200 * MIB, 199 * MIB, 140 * MIB, 0); /* cache is not needed */
        assert_int_equal(tick(t), ACTION_NONE);
    }
    sample(t, 200 * MIB, 199 * MIB, 140 * MIB, 0);
    assert_int_equal(tick(t), ACTION_RELEASE);
    assert_int_equal(decision->reason, REASON_RELIEVED);
    assert_true(value_of("held") == (double)(140 * MIB));
    assert_int_equal(slice.watch.ladder.state, LADDER_CALM);
    assert_int_equal(raised_bytes, 40 * MIB); /* until it is back for sure */
    raise_outcome_is(ACTION_RELEASE, RESULT_DONE, t + 1);
    assert_int_equal(strain(t + 10, 100, LIMIT), ACTION_RAISE); /* and again, if need be */
}

/* What it brought back from swap has its copy there still. */
static void what_it_works_with_is_needed_though_it_is_in_swap_too(void **state)
{
    (void)state;
    raised_at(100);
    in_swap = 120 * MIB;
    in_swap_cache = 110 * MIB;
    for (double t = 200; t < 200 + 1000; t += 10) {
        sample(t, 200 * MIB, 199 * MIB, 190 * MIB, 0);
        assert_int_equal(tick(t), ACTION_NONE);
    }
}

static void given_back_after_its_time(void **state)
{
    (void)state;
    raised_at(100);
    sample(3700, 200 * MIB, 190 * MIB, 180 * MIB, 5);
    assert_int_equal(tick(3729), ACTION_NONE);
    assert_int_equal(tick(3730), ACTION_RELEASE);
    assert_int_equal(decision->reason, REASON_RELIEVED);
    raise_outcome_is(ACTION_RELEASE, RESULT_DONE, 3731);
    assert_int_equal(strain(3740, 3500, LIMIT), ACTION_NONE); /* not again at once */
    assert_int_equal(strain(7331, 100, LIMIT), ACTION_RAISE);
}

static void given_back_when_the_room_is_gone(void **state)
{
    (void)state;
    raised_at(100);
    node_set(&node, NODE_MEM_AVAILABLE, 103 * MIB);
    sample(200, 200 * MIB, 190 * MIB, 180 * MIB, 5);
    assert_int_equal(tick(200), ACTION_NONE);
    node_set(&node, NODE_MEM_AVAILABLE, 102 * MIB);
    assert_int_equal(tick(210), ACTION_RELEASE);
}

static void who_turns_out_to_leak_gives_it_back(void **state)
{
    (void)state;
    raised_at(100);
    subject_leaks(&slice, LEAK_CONFIRMED, SHAPE_GROWING, 60);
    assert_int_equal(tick(200), ACTION_WARN);
    assert_int_equal(slice.watch.ladder.state, LADDER_WARNED);
    assert_int_equal(tick(210), ACTION_RELEASE);
    assert_int_equal(decision->reason, REASON_LET_GO);
    assert_int_equal(slice.watch.ladder.state, LADDER_WARNED);
}

static void what_could_not_be_given_back_is_tried_again(void **state)
{
    (void)state;
    raised_at(100);
    sample(3730, 200 * MIB, 190 * MIB, 180 * MIB, 5);
    assert_int_equal(tick(3730), ACTION_RELEASE);
    raise_outcome_is(ACTION_RELEASE, RESULT_INCOMPLETE, 3731);
    assert_int_equal(tick(3730 + 590), ACTION_NONE);
    assert_int_equal(tick(3730 + 600), ACTION_RELEASE);
    assert_int_equal(raised_bytes, 40 * MIB);
    raise_outcome_is(ACTION_RELEASE, RESULT_DONE, 4341);
    assert_int_equal(tick(4341 + 500), ACTION_NONE);
    assert_int_equal(raise_extra(&slice.watch.raise), 0);
}

static void a_raise_that_failed_is_undone(void **state)
{
    (void)state;
    assert_int_equal(strain(100, 100, LIMIT), ACTION_RAISE);
    raise_outcome_is(ACTION_RAISE, RESULT_FAILED, 131);
    assert_int_equal(tick(140), ACTION_RELEASE);
    assert_int_equal(decision->reason, REASON_LET_GO);
    assert_int_equal(slice.watch.ladder.state, LADDER_CALM);
    raise_outcome_is(ACTION_RELEASE, RESULT_DONE, 141);
    assert_int_equal(raise_extra(&slice.watch.raise), 0);
    assert_int_equal(strain(150, 570, LIMIT), ACTION_NONE); /* not again and again */
    assert_int_equal(strain(740, 0, LIMIT), ACTION_RAISE);
}

/* A dry run, or somebody who sets it back again and again. */
static void a_limit_that_does_not_follow_is_raised_once(void **state)
{
    (void)state;
    raised_at(100);
    assert_int_equal(strain(140, 3000, LIMIT), ACTION_NONE);
}

static void a_limit_that_a_person_lowers_is_what_it_was(void **state)
{
    (void)state;
    raised_at(100);
    assert_int_equal(strain(140, 500, LIMIT / 4), ACTION_NONE);
    assert_int_equal(raised_bytes, LIMIT / 4);
}

static void so_it_is_when_the_policy_wants_it_no_more(void **state)
{
    (void)state;
    raised_at(100);
    slice.watch.policy.raise_to = (struct amount){0};
    sample(200, 200 * MIB, 190 * MIB, 180 * MIB, 5);
    assert_int_equal(tick(200), ACTION_RELEASE);
}

static void a_person_has_it_given_back(void **state)
{
    (void)state;
    raised_at(100);
    decide_released(&slice.watch);
    assert_int_equal(tick(200), ACTION_RELEASE);
    assert_int_equal(decision->reason, REASON_LET_GO);
    assert_int_equal(slice.watch.ladder.state, LADDER_CALM);
}

static void a_reset_gives_it_back_too(void **state)
{
    (void)state;
    raised_at(100);
    decide_ordered(&slice.watch, 5, at(200));
    outcome(RESULT_DONE, 201);
    assert_int_equal(tick(210), ACTION_RELEASE);
}

int main(void)
{
#define RAISE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_raising, tear_down)
    const struct CMUnitTest tests[] = {
        RAISE_TEST(who_is_kept_waiting_at_its_limit_has_more),
        RAISE_TEST(a_full_limit_alone_is_no_strain),
        RAISE_TEST(pressure_below_the_limit_is_not_its_own),
        RAISE_TEST(who_is_about_to_be_killed_is_strained_without_pressure),
        RAISE_TEST(who_has_filled_it_and_grows_no_more_is_not),
        RAISE_TEST(step_by_step_up_to_the_ceiling),
        RAISE_TEST(not_beyond_the_budget),
        RAISE_TEST(not_without_room),
        RAISE_TEST(not_unless_the_policy_says_so),
        RAISE_TEST(neither_protected_nor_held),
        RAISE_TEST(no_confirmed_leaker),
        RAISE_TEST(given_back_when_it_needs_no_more),
        RAISE_TEST(what_it_works_with_is_needed_though_it_is_in_swap_too),
        RAISE_TEST(given_back_after_its_time),
        RAISE_TEST(given_back_when_the_room_is_gone),
        RAISE_TEST(who_turns_out_to_leak_gives_it_back),
        RAISE_TEST(what_could_not_be_given_back_is_tried_again),
        RAISE_TEST(a_raise_that_failed_is_undone),
        RAISE_TEST(a_limit_that_does_not_follow_is_raised_once),
        RAISE_TEST(a_limit_that_a_person_lowers_is_what_it_was),
        RAISE_TEST(so_it_is_when_the_policy_wants_it_no_more),
        RAISE_TEST(a_person_has_it_given_back),
        RAISE_TEST(a_reset_gives_it_back_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
