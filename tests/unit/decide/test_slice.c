#include "tests/unit/decide/decide_test.h"

#include "slices/base/text.h"

#include <math.h>
#include <string.h>

static const char enforcing[] =
    "slices: {leak: enforce, leak_grace: 10min, leak_horizon: 2h, probation: 10min, "
    "throttle_after: 2, min_size: 64M, owner: \"web@example.org\"}\n"
    "mail: {interval: 1h}\n";

static struct policy *policy;
static struct subject slice;
static struct node_sample node;
static struct decision decision[1];

static void use_policy(const char *text)
{
    policy_free(policy);
    policy = load(text);
    subject_init(&slice, policy, 7, "web", 200 * MIB, 50 * MIB);
}

static int set_up(void **state)
{
    (void)state;
    node = node_of(0, 512 * MIB, 512 * MIB);
    use_policy(enforcing);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    policy_free(policy);
    policy = NULL;
    return 0;
}

static enum action_kind tick(double seconds)
{
    uint32_t count = decide_slice(&slice.watch, &slice.slice, policy, &node, at(seconds), decision);
    return count ? decision[0].action : ACTION_NONE;
}

static void outcome(enum action_result result, double seconds)
{
    struct outcome outcome = {.kind = ACTION_RESET, .result = result};
    decide_outcome(&slice.watch, &outcome, at(seconds));
}

/* The throttle that was decided is in force. */
static void throttled(double seconds)
{
    struct outcome done = {.kind = ACTION_THROTTLE, .result = RESULT_DONE};
    decide_outcome(&slice.watch, &done, at(seconds));
}

static void released(enum action_result result, double seconds)
{
    struct outcome outcome = {.kind = ACTION_RELEASE, .result = result};
    decide_outcome(&slice.watch, &outcome, at(seconds));
}

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

/* Confirmed, warned, and the limit is near. */
static enum action_kind due(double *ret_seconds)
{
    subject_leaks(&slice, LEAK_CONFIRMED, SHAPE_GROWING, 60);
    assert_int_equal(tick(0), ACTION_WARN);
    *ret_seconds = 1000;
    return tick(1000);
}

/* Confirmed, warned, and in two hours less a bit it is at its limit: throttled, at 1000 s. */
static void near(double left_seconds)
{
    sample_set(&slice.watch.sample, SAMPLE_CURRENT, 300 * MIB);
    sample_set(&slice.watch.sample, SAMPLE_LIMIT_HIGH, 900 * MIB);
    subject_leaks(&slice, LEAK_CONFIRMED, SHAPE_GROWING, left_seconds);
    assert_int_equal(tick(0), ACTION_WARN);
    assert_int_equal(tick(1000), ACTION_THROTTLE);
    assert_int_equal(decision->throttle_bytes, 300 * MIB);
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

static void a_throttled_leaker_that_would_be_at_its_limit_first_is_reset_sooner(void **state)
{
    (void)state;
    near(7000);
    subject_leaks(&slice, LEAK_CONFIRMED, SHAPE_GROWING, 1000);
    slice.watch.leak.report.rate = 10000;
    assert_int_equal(tick(1460), ACTION_NONE); /* it has not grown on */
    slice.watch.footprint += 10 * MIB;
    assert_int_equal(tick(1470), ACTION_RESET);
}

static void a_leaker_that_the_throttle_slows_is_kept_so_and_not_reset(void **state)
{
    (void)state;
    near(7000);
    subject_leaks(&slice, LEAK_CONFIRMED, SHAPE_GROWING, 8000);
    for (int i = 2; i < 48; i++)
        assert_int_equal(tick(i * 1000), ACTION_NONE);
    assert_int_equal(slice.watch.ladder.state, LADDER_THROTTLED);
}

static void a_throttled_leaker_that_does_not_grow_on_is_not_reset_for_what_it_was(void **state)
{
    (void)state;
    near(7000);
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
    near(7000);
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
    near(7000);
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
    near(7000);
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
    near(7000);
    slice.watch.policy.leak = MODE_WARN;
    assert_int_equal(tick(1010), ACTION_RELEASE);
    released(RESULT_DONE, 1011);
    assert_int_equal(slice.watch.ladder.state, LADDER_WARNED);
    assert_int_equal(tick(9000), ACTION_NONE);
}

static void a_throttled_leak_that_is_dismissed_is_let_go(void **state)
{
    (void)state;
    near(7000);
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
    near(7000);
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
    near(7000);
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
    near(7000);
    decide_ordered(&slice.watch, 9, at(1010));
    throttle_let_go(&slice.watch.throttle);
    outcome(RESULT_DONE, 1011);
    assert_int_equal(tick(1012), ACTION_RELEASE);
}

static void a_leaker_whose_reset_failed_stays_throttled(void **state)
{
    (void)state;
    near(7000);
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
    near(7000);
    slice.watch.leak.report.rate = 10000;
    slice.watch.leak.window.limit_bytes = slice.watch.footprint + 15 * MIB;
    slice.watch.footprint += 14 * MIB; /* left by the forecast: 7000 s as before; in truth 105 s */
    assert_int_equal(tick(1460), ACTION_RESET);
}

static void the_throttle_is_no_limit_to_the_detector(void **state)
{
    (void)state;
    near(7000);
    sample_set(&slice.watch.sample, SAMPLE_LIMIT_HIGH, 300 * MIB);
    slice.watch.sample.at = at(1010);
    (void)watch_update(&slice.watch, policy_globals(policy), &node);
    uint64_t throttled_limit = slice.watch.leak.window.limit_bytes;
    sample_set(&slice.watch.sample, SAMPLE_LIMIT_HIGH, 900 * MIB);
    slice.watch.sample.at = at(1020);
    (void)watch_update(&slice.watch, policy_globals(policy), &node);
    assert_true(throttled_limit == slice.watch.leak.window.limit_bytes);
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
    slice.watch.ladder.strikes = 3;
    outcome(RESULT_DONE, now + 1);
    assert_int_equal(slice.watch.ladder.probation_usec, at(now + 4801).boot_usec);
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

static void floors_of_all_scales_come_from_the_past(void **state)
{
    (void)state;
    uint32_t floors[WINDOW_HALVES];
    for (enum window_scale scale = 0; scale < WINDOW_SCALES; scale++) {
        uint32_t count = window_bins[scale] - 1;
        for (uint32_t i = 0; i < count; i++)
            floors[i] = 100 + i;
        struct stamp now = at(0);
        int64_t past_usec = (int64_t)count * window_bin_usec[scale];
        subject_init(&slice, policy, 7, "web", 200 * MIB, 50 * MIB);
        watch_preload(&slice.watch, policy_globals(policy), scale, now.unix_usec - past_usec,
            floors, count, now);
        assert_int_equal(window_floor(&slice.watch.leak.window, scale, count - 1), 100);
    }
}

static void the_detector_sees_scaled_time_and_the_nearest_limit(void **state)
{
    (void)state;
    struct policy_globals globals = *policy_globals(policy);
    globals.time_scale = 60;
    (void)watch_update(&slice.watch, &globals, &node);
    const struct window *window = &slice.watch.leak.window;
    assert_int_equal(window->last_usec, 60 * (at(0).boot_usec + WATCH_EPOCH_USEC));
    assert_int_equal(window->limit_bytes, (250 + 512 + 512) * MIB);
    node_set(&node, NODE_ZRAM_SWAP, 512 * MIB);
    slice.watch.sample.at = at(0.5);
    (void)watch_update(&slice.watch, &globals, &node);
    assert_int_equal(window->limit_bytes, (250 + 512) * MIB);
    sample_set(&slice.watch.sample, SAMPLE_LIMIT_MAX, 400 * MIB);
    sample_set(&slice.watch.sample, SAMPLE_LIMIT_HIGH, SAMPLE_NO_LIMIT);
    slice.watch.sample.at = at(1);
    (void)watch_update(&slice.watch, &globals, &node);
    assert_int_equal(window->limit_bytes, (250 + 512) * MIB); /* 400 and its swap are farther */
    node_set(&node, NODE_SWAP_FREE, 16 * MIB);
    slice.watch.sample.at = at(2);
    (void)watch_update(&slice.watch, &globals, &node);
    assert_int_equal(window->limit_bytes, (400 + 50 + 16) * MIB);
    sample_set(&slice.watch.sample, SAMPLE_LIMIT_SWAP, 60 * MIB);
    sample_set(&slice.watch.sample, SAMPLE_LIMIT_HIGH, 300 * MIB);
    slice.watch.sample.at = at(3);
    (void)watch_update(&slice.watch, &globals, &node);
    assert_int_equal(window->limit_bytes, (300 + 60) * MIB);
    sample_set(&slice.watch.sample, SAMPLE_ROOM, 100 * MIB);
    slice.watch.sample.at = at(4);
    (void)watch_update(&slice.watch, &globals, &node);
    assert_int_equal(window->limit_bytes, (250 + 100) * MIB);
}

static void growth_is_smoothed_over_a_minute(void **state)
{
    (void)state;
    for (int i = 0; i <= 60; i++) {
        sample_set(&slice.watch.sample, SAMPLE_ANON, (200 + (uint64_t)i) * MIB);
        slice.watch.sample.at = at(i);
        (void)watch_update(&slice.watch, policy_globals(policy), &node);
    }
    double expected = (1 - exp(-1)) * (double)MIB;
    assert_true(fabs(slice.watch.growth / expected - 1) < 0.01);
    assert_true(fabs(slice.watch.growth_now / (double)MIB - 1) < 0.01);
    assert_int_equal(slice.watch.footprint, 310 * MIB);
    double before = slice.watch.growth;
    (void)watch_update(&slice.watch, policy_globals(policy), &node); /* the same sample again */
    assert_true(fabs(slice.watch.growth - before) < 1e-9);
}

static void faults_are_counted_from_the_second_sample_on(void **state)
{
    (void)state;
    const struct policy_globals *globals = policy_globals(policy);
    const uint64_t counter[] = {5000, 5000, 15000, 3000, 33000};
    const bool more[] = {false, false, true, false, true};
    for (int i = 0; i < 5; i++) {
        double before = slice.watch.faulted;
        sample_set(&slice.watch.sample, SAMPLE_PGMAJFAULT, counter[i]);
        slice.watch.sample.at = at(10 * i);
        (void)watch_update(&slice.watch, globals, &node);
        assert_int_equal(slice.watch.faulted > before, more[i]);
        if (i == 2) /* 4 MB/s for 10 s of a minute */
            assert_true(fabs(slice.watch.faulted / 4096000 - (1 - exp(-1.0 / 6))) < 1e-6);
    }
}

static void a_sample_without_footprint_is_passed_over(void **state)
{
    (void)state;
    slice.watch.sample.have &= ~(UINT64_C(1) << SAMPLE_ANON);
    slice.watch.footprint = 5;
    assert_false(watch_update(&slice.watch, policy_globals(policy), &node));
    assert_int_equal(slice.watch.footprint, 5);
    assert_int_equal(slice.watch.growth_at_usec, 0);
}

static void absurd_numbers_overflow_nothing(void **state)
{
    (void)state;
    node = node_of(0, UINT64_MAX, UINT64_MAX);
    (void)watch_update(&slice.watch, policy_globals(policy), &node);
    assert_int_equal(slice.watch.leak.window.limit_bytes, SAMPLE_NO_LIMIT);
}

/* Born before our eyes, with strikes of earlier lives. */
static void born_again(uint32_t strikes)
{
    struct slice_policy own = slice.watch.policy;
    watch_init(&slice.watch, &slice.slice, &own, at(-10).boot_usec, at(0), true);
    slice.watch.ladder.strikes = strikes;
}

static void who_was_reset_often_begins_throttled_until_the_probation_is_over(void **state)
{
    (void)state;
    born_again(1);
    assert_int_equal(tick(1), ACTION_NONE);
    slice.watch.ladder.strikes = 2; /* the store has told */
    assert_int_equal(tick(2), ACTION_THROTTLE);
    assert_int_equal(decision->reason, REASON_REBORN);
    assert_int_equal(decision->throttle_bytes, 256 * MIB); /* of 1 GiB */
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
    slice.watch.ladder.strikes = 1;
    assert_int_equal(tick(0), ACTION_NONE);
    decide_ordered(&slice.watch, 9, at(1));
    outcome(RESULT_DONE, 2);
    assert_int_equal(tick(3), ACTION_THROTTLE);
}

static void who_is_not_seen_to_begin_is_not_throttled(void **state)
{
    (void)state;
    slice.watch.ladder.strikes = 5; /* momd was restarted */
    assert_int_equal(tick(1), ACTION_NONE);
    born_again(0);
    assert_int_equal(tick(1), ACTION_NONE);
    slice.watch.ladder.strikes = 5; /* far too late */
    assert_int_equal(tick(121), ACTION_NONE);
}

static void nobody_is_throttled_whom_policy_or_people_spare(void **state)
{
    (void)state;
    use_policy("slices: {throttle_after: 0}\n");
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

static void a_person_orders_a_reset_whatever_the_mode_or_hold(void **state)
{
    (void)state;
    use_policy("slices: {mode: observe, leak: observe, min_size: 1G}\n");
    slice.watch.held = true;
    decide_request(&slice.watch, &slice.slice, policy, ACTION_RESET, at(0), decision);
    assert_int_equal(decision->action, ACTION_RESET);
    assert_int_equal(decision->reason, REASON_REQUEST);
    assert_int_equal(slice.watch.ladder.state, LADDER_RESETTING);
    assert_string_equal(decision->path, "/cont.slice/web");
}

static void a_decision_says_whether_the_slices_jobs_are_independent(void **state)
{
    (void)state;
    static struct standing standing;
    struct subject *const only[] = {&slice};
    for (int independent = 0; independent < 2; independent++) {
        use_policy(independent ? "slices: {interdependent: false}\n" : "");
        decide_request(&slice.watch, &slice.slice, policy, ACTION_RESET, at(0), decision);
        assert_int_equal(decision->independent, independent);
        stand(&standing, policy, only, 1, 0);
        assert_int_equal(standing.entry[0].independent, independent);
    }
}

static void a_persons_order_against_a_protected_slice_is_refused(void **state)
{
    (void)state;
    slice.slice.protection = SLICE_PROTECTED_STARTER;
    decide_request(&slice.watch, &slice.slice, policy, ACTION_RESET, at(0), decision);
    assert_int_equal(decision->action, ACTION_NONE);
    assert_int_equal(decision->wanted, ACTION_RESET);
    assert_int_equal(decision->restraint, RESTRAINT_PROTECTED);
    assert_int_equal(slice.watch.ladder.state, LADDER_CALM);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_leak_is_recorded_then_warned_of_then_throttled_then_reset),
        TEST(each_step_is_decided_once),
        TEST(no_reset_before_the_grace_is_over),
        TEST(a_leaker_without_forecast_is_warned_and_no_more),
        TEST(a_shape_that_ends_is_never_punished),
        TEST(no_throttle_where_there_is_no_time_for_it_or_policy_wants_none),
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
        TEST(floors_of_all_scales_come_from_the_past),
        TEST(the_detector_sees_scaled_time_and_the_nearest_limit),
        TEST(growth_is_smoothed_over_a_minute),
        TEST(faults_are_counted_from_the_second_sample_on),
        TEST(a_sample_without_footprint_is_passed_over),
        TEST(absurd_numbers_overflow_nothing),
        TEST(who_was_reset_often_begins_throttled_until_the_probation_is_over),
        TEST(what_begins_in_the_same_group_after_a_reset_is_throttled_too),
        TEST(who_is_not_seen_to_begin_is_not_throttled),
        TEST(nobody_is_throttled_whom_policy_or_people_spare),
        TEST(a_throttle_that_failed_is_not_released),
        TEST(a_throttle_without_outcome_is_released_all_the_same),
        TEST(a_person_lets_it_go),
        TEST(a_person_orders_a_reset_whatever_the_mode_or_hold),
        TEST(a_decision_says_whether_the_slices_jobs_are_independent),
        TEST(a_persons_order_against_a_protected_slice_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
