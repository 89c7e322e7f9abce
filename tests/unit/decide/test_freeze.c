/* A slice that does nothing but wait at its own limit is warned about, then frozen or reset. */
#include "tests/unit/decide/one_slice.h"

#include <stdio.h>

#define LIMIT (160 * MIB)

static void use(const char *thrashing)
{
    char text[200];
    (void)snprintf(text, sizeof text,
        "slices: {thrashing: %s, thrashing_after: 10min, freeze_for: 1h, leak_grace: 30min}\n"
        "mail: {interval: 1h}\n",
        thrashing);
    use_policy(text);
}

static void sample(double seconds, double pressure)
{
    struct sample *sample = &slice.watch.sample;
    *sample = (struct sample){.at = at(seconds)};
    sample_set(sample, SAMPLE_CURRENT, LIMIT - MIB);
    sample_set(sample, SAMPLE_ANON, LIMIT - MIB);
    sample_set(sample, SAMPLE_SWAP, 50 * MIB);
    sample_set(sample, SAMPLE_LIMIT_MAX, LIMIT);
    sample_set(sample, SAMPLE_LIMIT_HIGH, SAMPLE_NO_LIMIT);
    sample_set(sample, SAMPLE_PSI_SOME_AVG10, (uint64_t)(pressure * 100));
    (void)watch_update(&slice.watch, policy_globals(policy), &node);
}

/* It is kept waiting from then on; the first decision until then, and its time. */
static enum action_kind wait_at_limit(double seconds, double until, double *ret)
{
    enum action_kind action = ACTION_NONE;
    for (double t = seconds; t <= until && action == ACTION_NONE; t += 10) {
        sample(t, 50);
        action = tick(t);
        *ret = t;
    }
    return action;
}

static void frozen_at(double *ret)
{
    use("freeze");
    assert_int_equal(wait_at_limit(0, 1000, ret), ACTION_WARN);
    assert_int_equal(wait_at_limit(*ret + 10, 4000, ret), ACTION_FREEZE);
    struct outcome done = {.kind = ACTION_FREEZE, .result = RESULT_DONE};
    decide_outcome(&slice.watch, &done, at(*ret + 1));
}

static void it_is_warned_then_frozen(void **state)
{
    (void)state;
    double t;
    use("freeze");
    assert_int_equal(wait_at_limit(0, 1000, &t), ACTION_WARN);
    assert_true(t == 600);
    assert_int_equal(decision->reason, REASON_THRASHING);
    assert_non_null(evidence_of(&decision->evidence, "strained_for"));
    assert_int_equal(wait_at_limit(610, 10000, &t), ACTION_FREEZE);
    assert_true(t == 2400); /* half an hour later */
    assert_int_equal(decision->reason, REASON_THRASHING);
    assert_int_equal(slice.watch.ladder.state, LADDER_FROZEN);
    assert_int_equal(decision_action(decision).kind, ACTION_FREEZE);
}

static void who_is_frozen_goes_on_after_a_while(void **state)
{
    (void)state;
    double t, thawed = 0;
    frozen_at(&t);
    assert_int_equal(wait_at_limit(t + 10, t + 10000, &thawed), ACTION_RELEASE);
    assert_true(thawed == t + 3600);
    assert_int_equal(decision->reason, REASON_RELIEVED);
    assert_int_equal(slice.watch.ladder.state, LADDER_WARNED);
    released(RESULT_DONE, thawed + 1);
    assert_int_equal(wait_at_limit(thawed + 10, thawed + 10000, &t), ACTION_FREEZE);
    assert_true(t == thawed + 1800); /* the grace begins again */
}

static void who_waits_no_more_is_well_again(void **state)
{
    (void)state;
    double t;
    use("freeze");
    assert_int_equal(wait_at_limit(0, 1000, &t), ACTION_WARN);
    for (t += 10; t < 5000; t += 10) {
        sample(t, 1);
        if (tick(t) != ACTION_NONE)
            break;
    }
    assert_int_equal(decision->reason, REASON_ALL_CLEAR);
    assert_true(t == 610 + 600);
    assert_int_equal(slice.watch.ladder.state, LADDER_CALM);
}

static void only_warned_where_the_policy_says_so(void **state)
{
    (void)state;
    double t;
    use("warn");
    assert_int_equal(wait_at_limit(0, 1000, &t), ACTION_WARN);
    assert_int_equal(wait_at_limit(610, 100000, &t), ACTION_NONE); /* and once */
}

static void only_recorded_where_nobody_is_to_be_told(void **state)
{
    (void)state;
    double t;
    use("observe");
    assert_int_equal(wait_at_limit(0, 1000, &t), ACTION_RECORD);
    assert_int_equal(decision->restraint, RESTRAINT_MODE);
    assert_int_equal(wait_at_limit(610, 100000, &t), ACTION_NONE);
}

static void or_reset(void **state)
{
    (void)state;
    double t;
    use("reset");
    assert_int_equal(wait_at_limit(0, 1000, &t), ACTION_WARN);
    assert_int_equal(wait_at_limit(610, 10000, &t), ACTION_RESET);
    assert_true(t == 2400);
    assert_int_equal(decision->reason, REASON_THRASHING);
}

static void a_protected_one_raises_an_alarm(void **state)
{
    (void)state;
    double t;
    use("freeze");
    slice.slice.protection = SLICE_PROTECTED_INIT;
    assert_int_equal(wait_at_limit(0, 1000, &t), ACTION_WARN);
    assert_int_equal(wait_at_limit(610, 10000, &t), ACTION_ALARM);
    assert_int_equal(decision->restraint, RESTRAINT_PROTECTED);
    assert_int_equal(decision->wanted, ACTION_FREEZE);
}

static void a_hold_lets_it_go_on(void **state)
{
    (void)state;
    double t;
    frozen_at(&t);
    slice.watch.held = true;
    assert_int_equal(tick(t + 10), ACTION_RELEASE);
    assert_int_equal(decision->reason, REASON_LET_GO);
    assert_int_equal(slice.watch.ladder.state, LADDER_WARNED);
}

static void so_does_a_person(void **state)
{
    (void)state;
    double t;
    frozen_at(&t);
    decide_released(&slice.watch);
    assert_int_equal(tick(t + 10), ACTION_RELEASE);
    released(RESULT_FAILED, t + 11); /* and again, if it failed */
    assert_int_equal(tick(t + 600), ACTION_NONE);
    assert_int_equal(tick(t + 611), ACTION_RELEASE);
}

static void who_does_not_stand_still_yet_is_frozen_all_the_same(void **state)
{
    (void)state;
    double t;
    use("freeze");
    assert_int_equal(wait_at_limit(0, 1000, &t), ACTION_WARN);
    assert_int_equal(wait_at_limit(610, 10000, &t), ACTION_FREEZE);
    struct outcome outcome = {.kind = ACTION_FREEZE, .result = RESULT_INCOMPLETE};
    decide_outcome(&slice.watch, &outcome, at(t + 1));
    assert_int_equal(tick(t + 10), ACTION_NONE);
    assert_int_equal(slice.watch.ladder.state, LADDER_FROZEN);
    outcome.result = RESULT_FAILED;
    slice.watch.freeze.state = TEMPORARY_ASKED;
    decide_outcome(&slice.watch, &outcome, at(t + 11));
    assert_int_equal(tick(t + 20), ACTION_RELEASE); /* it may have been, in part */
}

static void a_verdict_keeps_nobody_frozen(void **state)
{
    (void)state;
    double t;
    frozen_at(&t);
    subject_leaks(&slice, LEAK_CONFIRMED, SHAPE_GROWING, 60);
    assert_int_equal(tick(t + 3599), ACTION_NONE);
    assert_int_equal(tick(t + 3600), ACTION_RELEASE);
    assert_int_equal(decision->reason, REASON_RELIEVED);
}

static void nor_does_a_policy_that_freezes_no_more(void **state)
{
    (void)state;
    double t;
    frozen_at(&t);
    slice.watch.policy.thrashing = THRASHING_WARN;
    assert_int_equal(tick(t + 10), ACTION_RELEASE);
}

static void when_the_node_is_short_it_may_wait_for_that(void **state)
{
    (void)state;
    double t;
    use("freeze");
    node_set(&node, NODE_MEM_AVAILABLE, 100 * MIB); /* of 1 GiB */
    assert_int_equal(wait_at_limit(0, 5000, &t), ACTION_NONE);
}

static void a_leaker_is_the_leak_ladders(void **state)
{
    (void)state;
    double t;
    use("freeze");
    subject_leaks(&slice, LEAK_CONFIRMED, SHAPE_GROWING, 60);
    assert_int_equal(tick(0), ACTION_WARN);
    assert_int_equal(decision->reason, REASON_LEAK_CONFIRMED);
    slice.watch.strain = (struct strain){.limit = LIMIT, .waits_usec = 1};
    for (t = 10; t < 10000; t += 10)
        assert_int_equal(tick(t), ACTION_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_is_warned_then_frozen),
        TEST(who_is_frozen_goes_on_after_a_while),
        TEST(who_waits_no_more_is_well_again),
        TEST(only_warned_where_the_policy_says_so),
        TEST(only_recorded_where_nobody_is_to_be_told),
        TEST(or_reset),
        TEST(a_protected_one_raises_an_alarm),
        TEST(a_hold_lets_it_go_on),
        TEST(so_does_a_person),
        TEST(who_does_not_stand_still_yet_is_frozen_all_the_same),
        TEST(a_verdict_keeps_nobody_frozen),
        TEST(nor_does_a_policy_that_freezes_no_more),
        TEST(when_the_node_is_short_it_may_wait_for_that),
        TEST(a_leaker_is_the_leak_ladders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
