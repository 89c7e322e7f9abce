#include "tests/unit/decide/one_slice.h"

#include "slices/base/text.h"

#include <math.h>
#include <string.h>

static void a_leak_is_recorded_then_warned_of_then_throttled_then_reset(void **state)
{
    (void)state;
    assert_int_equal(tick(0), ACTION_NONE);
    subject_leaks(&slice, LEAK_SUSPECTED, SHAPE_GROWING, 9000);
    assert_int_equal(tick(2), ACTION_RECORD);
    assert_int_equal(decision->reason, REASON_LEAK_SUSPECTED);
    subject_leaks(&slice, LEAK_CONFIRMED, SHAPE_GROWING, 9000);
    assert_int_equal(tick(4), ACTION_WARN);
    assert_int_equal(decision->reason, REASON_LEAK_CONFIRMED);
    assert_int_equal(tick(700), ACTION_NONE); /* the limit is far */
    subject_leaks(&slice, LEAK_CONFIRMED, SHAPE_GROWING, 7000);
    assert_int_equal(tick(702), ACTION_THROTTLE);
    assert_int_equal(decision->reason, REASON_LEAK_HORIZON);
    throttled(703);
    slice.watch.footprint += 100 * MIB;
    assert_int_equal(tick(702 + 1799), ACTION_NONE);
    assert_int_equal(tick(702 + 1800), ACTION_RESET);
    assert_int_equal(decision->reason, REASON_LEAK_HORIZON);
    assert_int_equal(decision->wanted, ACTION_RESET);
    assert_int_equal(decision->restraint, RESTRAINT_NONE);
}

static void each_step_is_decided_once(void **state)
{
    (void)state;
    int decided[ACTION_KINDS] = {0};
    subject_leaks(&slice, LEAK_SUSPECTED, SHAPE_GROWING, 60);
    for (int i = 0; i < 50; i++)
        decided[tick(i * 2)]++;
    subject_leaks(&slice, LEAK_CONFIRMED, SHAPE_GROWING, 60);
    for (int i = 50; i < 400; i++)
        decided[tick(i * 2)]++;
    assert_int_equal(decided[ACTION_RECORD], 1);
    assert_int_equal(decided[ACTION_WARN], 1);
    assert_int_equal(decided[ACTION_RESET], 1);
    assert_int_equal(decided[ACTION_ALARM], 0);
}

static void no_reset_before_the_grace_is_over(void **state)
{
    (void)state;
    subject_leaks(&slice, LEAK_CONFIRMED, SHAPE_GROWING, 10);
    assert_int_equal(tick(0), ACTION_WARN);
    assert_int_equal(tick(599), ACTION_NONE);
    assert_int_equal(tick(600), ACTION_RESET);
}

static void a_leaker_without_forecast_is_warned_and_no_more(void **state)
{
    (void)state;
    subject_leaks(&slice, LEAK_CONFIRMED, SHAPE_GROWING, -1);
    assert_int_equal(tick(0), ACTION_WARN);
    for (int hour = 1; hour < 48; hour++)
        assert_int_equal(tick(hour * 3600), ACTION_NONE);
}

static void a_shape_that_ends_is_never_punished(void **state)
{
    (void)state;
    const enum leak_shape shapes[] = {SHAPE_BOUNDED, SHAPE_SATURATING};
    for (int i = 0; i < 2; i++) {
        subject_leaks(&slice, LEAK_CONFIRMED, shapes[i], 5);
        assert_int_equal(tick(i * 5000), ACTION_NONE);
        assert_int_equal(tick(i * 5000 + 4000), ACTION_NONE);
    }
}

static void protected_held_small_and_young_slices_raise_an_alarm_instead(void **state)
{
    (void)state;
    for (enum restraint expected = RESTRAINT_PROTECTED; expected <= RESTRAINT_AGE; expected++) {
        if (expected == RESTRAINT_PROBATION)
            continue;
        subject_init(&slice, policy, 7, "web", 200 * MIB, 50 * MIB);
        slice.watch.policy.protect = expected == RESTRAINT_PROTECTED;
        slice.watch.held = expected == RESTRAINT_HOLD;
        if (expected == RESTRAINT_SIZE)
            slice.watch.policy.min_size_bytes = 1024 * MIB;
        if (expected == RESTRAINT_AGE)
            slice.watch.policy.min_age_usec = 24 * 60 * MINUTE;
        double now;
        assert_int_equal(due(&now), ACTION_ALARM);
        assert_int_equal(decision->wanted, ACTION_RESET);
        assert_int_equal(decision->restraint, expected);
        assert_int_equal(tick(now + 2), ACTION_NONE);
        assert_int_equal(tick(now + 3600), ACTION_ALARM); /* after the mail interval */
    }
}

static void when_the_hold_ends_the_reset_follows(void **state)
{
    (void)state;
    slice.watch.held = true;
    double now;
    assert_int_equal(due(&now), ACTION_ALARM);
    slice.watch.held = false;
    assert_int_equal(tick(now + 2), ACTION_RESET);
}

static void the_kernels_own_protection_counts_as_the_policys(void **state)
{
    (void)state;
    slice.slice.protection = SLICE_PROTECTED_INIT;
    double now;
    assert_int_equal(due(&now), ACTION_ALARM);
    assert_int_equal(decision->restraint, RESTRAINT_PROTECTED);
}

static void leak_observe_records_and_says_what_it_would_have_done(void **state)
{
    (void)state;
    use_policy("slices: {leak: observe, leak_grace: 0s}\n");
    subject_leaks(&slice, LEAK_CONFIRMED, SHAPE_GROWING, 1);
    assert_int_equal(tick(0), ACTION_RECORD);
    assert_int_equal(decision->wanted, ACTION_WARN);
    assert_int_equal(decision->restraint, RESTRAINT_MODE);
    assert_int_equal(tick(4000), ACTION_NONE);
}

static void by_default_a_leak_costs_a_mail_and_no_more(void **state)
{
    (void)state;
    use_policy("");
    subject_leaks(&slice, LEAK_CONFIRMED, SHAPE_GROWING, 1);
    assert_int_equal(tick(0), ACTION_WARN);
    assert_int_equal(tick(40000), ACTION_NONE);
}

static void mode_warn_keeps_an_enforced_leak_from_a_reset(void **state)
{
    (void)state;
    use_policy("slices: {mode: warn, leak: enforce, leak_grace: 1min}\n");
    double now;
    assert_int_equal(due(&now), ACTION_ALARM);
    assert_int_equal(decision->restraint, RESTRAINT_MODE);
}

static void a_lone_slice_is_reset_only_where_the_policy_says_so(void **state)
{
    (void)state;
    double now;
    slice.watch.lone = true;
    slice.watch.policy.origin[SET_LEAK].file = NULL;
    assert_int_equal(due(&now), ACTION_ALARM);
    assert_int_equal(decision->restraint, RESTRAINT_LONE);
    slice.watch.policy.origin[SET_LEAK].file = "mom.yaml";
    assert_int_equal(tick(now + 2), ACTION_RESET);
}

static void a_reset_is_a_strike_and_begins_probation(void **state)
{
    (void)state;
    double now;
    slice.watch.ladder.incident = 42;
    assert_int_equal(due(&now), ACTION_RESET);
    outcome(RESULT_DONE, now + 1);
    assert_int_equal(slice.watch.ladder.strikes, 1);
    assert_int_equal(slice.watch.ladder.state, LADDER_PROBATION);
    assert_int_equal(slice.watch.ladder.probation_usec, at(now + 601).boot_usec);
    assert_int_equal(slice.watch.leak.report.verdict, LEAK_NONE); /* its floors are gone */
    struck(3);
    outcome(RESULT_DONE, now + 1);
    assert_int_equal(slice.watch.ladder.probation_usec, at(now + 2401).boot_usec);
}

static void on_probation_nothing_is_done_but_an_alarm(void **state)
{
    (void)state;
    double now;
    use_policy("slices: {leak: enforce, leak_grace: 1min, probation: 30min}\n");
    assert_int_equal(due(&now), ACTION_RESET);
    outcome(RESULT_DONE, now);
    subject_leaks(&slice, LEAK_CONFIRMED, SHAPE_GROWING, 60);
    assert_int_equal(tick(now + 30), ACTION_NONE);
    assert_int_equal(tick(now + 90), ACTION_ALARM);
    assert_int_equal(decision->wanted, ACTION_RESET);
    assert_int_equal(decision->restraint, RESTRAINT_PROBATION);
    assert_int_equal(tick(now + 92), ACTION_NONE);
    /* Over: the incident is still open, and the reset's own mail was the warning. */
    assert_int_equal(tick(now + 1800), ACTION_NONE);
    assert_int_equal(slice.watch.ladder.state, LADDER_WARNED);
    assert_int_equal(tick(now + 1802), ACTION_RESET);
}

static void a_failed_reset_is_tried_again_after_the_grace(void **state)
{
    (void)state;
    double now;
    assert_int_equal(due(&now), ACTION_RESET);
    outcome(RESULT_INCOMPLETE, now + 10);
    assert_int_equal(slice.watch.ladder.strikes, 0);
    assert_int_equal(tick(now + 12), ACTION_NONE);
    assert_int_equal(tick(now + 610), ACTION_RESET);
}

static void without_grace_a_failed_reset_still_waits_for_the_cool_down(void **state)
{
    (void)state;
    use_policy("slices: {leak: enforce, leak_grace: 0s}\nguard: {cooldown: 15s}\n");
    double now;
    assert_int_equal(due(&now), ACTION_RESET);
    outcome(RESULT_FAILED, now);
    assert_int_equal(tick(now + 14), ACTION_NONE);
    assert_int_equal(tick(now + 15), ACTION_RESET);
}

static void a_lost_outcome_does_not_leave_the_slice_resetting_for_ever(void **state)
{
    (void)state;
    double now;
    assert_int_equal(due(&now), ACTION_RESET);
    assert_int_equal(tick(now + 100), ACTION_NONE);
    assert_int_equal(slice.watch.ladder.state, LADDER_RESETTING);
    assert_int_equal(tick(now + 121), ACTION_NONE);
    assert_int_equal(slice.watch.ladder.state, LADDER_WARNED);
}

static void the_outcome_of_a_warning_is_no_strike(void **state)
{
    (void)state;
    struct outcome told = {.kind = ACTION_WARN, .result = RESULT_DONE};
    decide_outcome(&slice.watch, &told, at(0));
    assert_int_equal(slice.watch.ladder.strikes, 0);
    assert_int_equal(slice.watch.ladder.state, LADDER_CALM);
}

static void the_all_clear_ends_the_incident_after_quiet_that_lasts(void **state)
{
    (void)state;
    subject_leaks(&slice, LEAK_CONFIRMED, SHAPE_GROWING, 9000);
    assert_int_equal(tick(0), ACTION_WARN);
    slice.watch.ladder.incident = 42;
    subject_leaks(&slice, LEAK_NONE, SHAPE_BOUNDED, -1);
    assert_int_equal(tick(60), ACTION_NONE);
    subject_leaks(&slice, LEAK_CONFIRMED, SHAPE_GROWING, 9000); /* it wavers: no second warning */
    assert_int_equal(tick(120), ACTION_NONE);
    subject_leaks(&slice, LEAK_NONE, SHAPE_BOUNDED, -1);
    assert_int_equal(tick(180), ACTION_NONE);
    assert_int_equal(tick(779), ACTION_NONE);
    assert_int_equal(tick(780), ACTION_RECORD);
    assert_int_equal(decision->reason, REASON_ALL_CLEAR);
    assert_int_equal(decision->incident, 42);
    assert_int_equal(slice.watch.ladder.incident, 0);
    assert_int_equal(tick(2000), ACTION_NONE);
    subject_leaks(&slice, LEAK_CONFIRMED, SHAPE_GROWING, 9000);
    assert_int_equal(tick(2002), ACTION_WARN);
    assert_int_equal(decision->incident, 0); /* a new one */
}

static void a_decision_carries_all_that_was_known(void **state)
{
    (void)state;
    double now;
    (void)due(&now);
    struct leak_report *report = &slice.watch.leak.report;
    report->gates = 1;
    (void)text_copy(report->gate[0].name, sizeof report->gate[0].name, "mann-kendall");
    report->gate[0].value = 4;
    report->gate[0].threshold = 2.5;
    report->gate[0].passed = true;
    slice.watch.ladder.state = LADDER_WARNED;
    assert_int_equal(tick(now + 2), ACTION_RESET);
    assert_string_equal(decision->path, "/cont.slice/web");
    assert_string_equal(decision->key, "cgroup:/cont.slice/web");
    assert_string_equal(decision->name, "web");
    assert_string_equal(decision->owner, "web@example.org");
    assert_true(slice_life_equal(&decision->life, &slice.slice.life));
    assert_int_equal(decision->serial, 7);
    assert_int_equal(decision->policy_hash, policy_hash(policy));
    assert_int_equal(decision->leak_mode, MODE_ENFORCE);
    assert_int_equal(decision->runners_up, 0);
    static const char *const expected[] = {"footprint", "gives_back", "rss", "swap", "growth",
        "limit", "rate", "grown", "left_p50", "mem_available", "swap_free"};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        if (!evidence_of(&decision->evidence, expected[i]))
            fail_msg("no evidence %s", expected[i]);
    const struct evidence_item *left = evidence_of(&decision->evidence, "left_now");
    assert_true(fabs(left->value - 60e6) < 1);
    assert_true(fabs(left->bound - 7200e6) < 1);
    assert_true(decision->leak.gates > 0); /* the gates travel with the report */
}

static void the_same_past_gives_the_same_bytes(void **state)
{
    (void)state;
    struct decision first[2];
    for (int run = 0; run < 2; run++) {
        memset(decision, run ? 0xaa : 0x55, sizeof decision);
        subject_init(&slice, policy, 7, "web", 200 * MIB, 50 * MIB);
        double now;
        assert_int_equal(due(&now), ACTION_RESET);
        first[run] = decision[0];
    }
    assert_memory_equal(&first[0], &first[1], sizeof first[0]);
}

static void time_scale_shortens_grace_horizon_and_all_clear(void **state)
{
    (void)state;
    use_policy("time_scale: 60\n"
               "slices: {leak: enforce, leak_grace: 10min, leak_horizon: 2h, probation: 1h}\n"
               "guard: {cooldown: 1s}\n");
    subject_leaks(&slice, LEAK_CONFIRMED, SHAPE_GROWING, 60 * 100.0); /* 100 s in real time */
    assert_int_equal(tick(0), ACTION_WARN);
    assert_true(fabs(decision->leak.left_p50 - 100) < 0.01);
    assert_true(fabs(decision->leak.rate - 60000) < 0.01);
    assert_int_equal(tick(9), ACTION_NONE);
    assert_int_equal(tick(10), ACTION_THROTTLE);
    throttled(11);
    slice.watch.footprint += 10 * MIB;
    assert_int_equal(tick(39), ACTION_NONE);
    assert_int_equal(tick(40), ACTION_RESET);
    outcome(RESULT_DONE, 41);
    assert_int_equal(slice.watch.ladder.probation_usec, at(101).boot_usec);
    assert_int_equal(tick(42), ACTION_NONE);
    assert_int_equal(tick(101), ACTION_RELEASE);
    assert_int_equal(tick(102), ACTION_NONE); /* probation over */
    assert_int_equal(tick(104), ACTION_RECORD);
    assert_int_equal(decision->reason, REASON_ALL_CLEAR);
}

static void a_slice_that_vanishes_ends_its_incident(void **state)
{
    (void)state;
    slice.watch.ladder.incident = 0;
    assert_int_equal(
        decide_vanished(&slice.watch, &slice.slice, policy, &node, at(0), decision), 0);
    slice.watch.ladder.incident = 41;
    assert_int_equal(
        decide_vanished(&slice.watch, &slice.slice, policy, &node, at(0), decision), 1);
    assert_int_equal(decision->reason, REASON_GONE);
    assert_int_equal(decision->action, ACTION_RECORD);
    assert_int_equal(decision->incident, 41);
}

/* Its group may live on, as another slice. */
static void of_a_slice_that_vanishes_nothing_stays_changed(void **state)
{
    (void)state;
    slice.watch.ladder.incident = 0;
    struct temporary *const changes[] = {
        &slice.watch.raise.temporary, &slice.watch.freeze, &slice.watch.ordered.temporary};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        changes[i]->state = TEMPORARY_ON;
        assert_int_equal(
            decide_vanished(&slice.watch, &slice.slice, policy, &node, at(0), decision), 1);
        assert_int_equal(decision->action, ACTION_RELEASE);
        assert_int_equal(decision->reason, REASON_GONE);
        changes[i]->state = TEMPORARY_OVER;
    }
    slice.watch.throttle.state = THROTTLE_NEWBORN;
    assert_int_equal(
        decide_vanished(&slice.watch, &slice.slice, policy, &node, at(0), decision), 0);
    slice.watch.throttle.state = THROTTLE_ASKED;
    assert_int_equal(
        decide_vanished(&slice.watch, &slice.slice, policy, &node, at(0), decision), 1);
    assert_int_equal(decision->action, ACTION_RELEASE);
    slice.watch.throttle.state = THROTTLE_OVER;
}

static void a_decision_says_whether_the_slices_jobs_are_independent(void **state)
{
    (void)state;
    static struct standing standing;
    struct subject *const only[] = {&slice};
    for (int independent = 0; independent < 2; independent++) {
        use_policy(independent ? "slices: {interdependent: false}\n" : "");
        const struct order order = {.kind = ACTION_RESET};
        decide_request(&slice.watch, &slice.slice, policy, &order, at(0), decision);
        assert_int_equal(decision->independent, independent);
        stand(&standing, policy, only, 1, 0);
        assert_int_equal(standing.entry[0].independent, independent);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_leak_is_recorded_then_warned_of_then_throttled_then_reset),
        TEST(each_step_is_decided_once),
        TEST(no_reset_before_the_grace_is_over),
        TEST(a_leaker_without_forecast_is_warned_and_no_more),
        TEST(a_shape_that_ends_is_never_punished),
        TEST(protected_held_small_and_young_slices_raise_an_alarm_instead),
        TEST(when_the_hold_ends_the_reset_follows),
        TEST(the_kernels_own_protection_counts_as_the_policys),
        TEST(leak_observe_records_and_says_what_it_would_have_done),
        TEST(by_default_a_leak_costs_a_mail_and_no_more),
        TEST(mode_warn_keeps_an_enforced_leak_from_a_reset),
        TEST(a_lone_slice_is_reset_only_where_the_policy_says_so),
        TEST(a_reset_is_a_strike_and_begins_probation),
        TEST(on_probation_nothing_is_done_but_an_alarm),
        TEST(a_failed_reset_is_tried_again_after_the_grace),
        TEST(without_grace_a_failed_reset_still_waits_for_the_cool_down),
        TEST(a_lost_outcome_does_not_leave_the_slice_resetting_for_ever),
        TEST(the_outcome_of_a_warning_is_no_strike),
        TEST(the_all_clear_ends_the_incident_after_quiet_that_lasts),
        TEST(a_decision_carries_all_that_was_known),
        TEST(the_same_past_gives_the_same_bytes),
        TEST(time_scale_shortens_grace_horizon_and_all_clear),
        TEST(a_slice_that_vanishes_ends_its_incident),
        TEST(of_a_slice_that_vanishes_nothing_stays_changed),
        TEST(a_decision_says_whether_the_slices_jobs_are_independent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
