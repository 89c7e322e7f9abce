/* The detector over made-up lives of a slice: what leaks is confirmed in time, what doesn't never
 * is. Hours and seconds are the detector's own. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy/leak/gates.h"
#include "policy/leak/leak.h"
#include "series.h"
#include "slices/sample.h"
#include "tests/leaks/restart.h"

#define LIMIT (256.0 * (1 << 20))
#define START INT64_C(1700000000000000)
#define HOUR  INT64_C(3600000000)
#define PI    3.14159265358979323846

/* A life: footprint as a part of the limit at an hour. */
typedef double shape_fn(double hour, double parameter);

static double steady(double hour, double level)
{
    (void)hour;
    return level;
}

static double leak_25_to_60(double hour, double hours)
{
    return 0.25 + 0.35 * hour / hours;
}

static double collected(double hour, double period)
{
    return 0.30 + 0.30 * fmod(hour, period) / period;
}

static double collected_leak(double hour, double period)
{
    return 0.20 + 0.05 * hour + 0.10 * fmod(hour, period) / period;
}

static double warm_up(double hour, double tau)
{
    return 0.20 + 0.40 * (1 - exp(-hour / tau));
}

static double stairs(double hour, double steps_an_hour)
{
    return 0.20 + 0.02 * floor(hour * steps_an_hour);
}

static double leak_on_and_on(double hour, double begun)
{
    return 0.1 + 0.004 * (begun + hour);
}

static double shift(double hour, double at)
{
    return hour < at ? 0.2 : 0.5;
}

static double daily(double hour, double swing)
{
    return 0.3 + swing * (1 - cos(hour * 2 * PI / 24)) / 2;
}

static double leak_from_hour_30(double hour, double an_hour)
{
    return 0.3 + an_hour * fmax(0, hour - 30);
}

/* What a run came to: the hours at which a verdict was first reached, -1 for never. */
struct outcome {
    double suspected, confirmed;
    bool saturating;
};

struct run {
    shape_fn *life;
    double parameter, hours, noise;
    double step_seconds;
    bool unlimited, cold;
};

static struct leak_detector detector;

static void keep(struct outcome *outcome, double hour)
{
    const struct leak_report *report = &detector.report;
    if (report->verdict >= LEAK_SUSPECTED && outcome->suspected < 0)
        outcome->suspected = hour;
    if (report->verdict == LEAK_CONFIRMED && outcome->confirmed < 0)
        outcome->confirmed = hour;
    outcome->saturating |= report->shape == SHAPE_SATURATING;
}

static struct outcome run_from(const struct run *run, double from_hour)
{
    struct outcome outcome = {-1, -1, false};
    uint64_t seed = 42;
    double step = run->step_seconds / 3600;
    for (double hour = from_hour; hour < from_hour + run->hours; hour += step) {
        double part = run->life(hour - from_hour, run->parameter) + run->noise * noise(&seed);
        leak_add(&detector, START + (int64_t)(hour * (double)HOUR), (uint64_t)(part * LIMIT),
            run->unlimited ? SAMPLE_NO_LIMIT : (uint64_t)LIMIT);
        keep(&outcome, hour);
    }
    return outcome;
}

static struct outcome run_life(struct run run)
{
    if (run.step_seconds <= 0)
        run.step_seconds = 60;
    leak_init(&detector, !run.cold);
    return run_from(&run, 0);
}

/* ---- demonstrations: time multiplied, minutes of it stand for hours ---- */

static const double sample_steps[] = {10, 60, 250};
#define STEPS (sizeof sample_steps / sizeof *sample_steps)

static void a_linear_leaker_is_suspected_then_confirmed_on_its_way_to_60_percent(void **state)
{
    (void)state;
    for (size_t i = 0; i < STEPS; i++)
        for (double hours = 3; hours <= 8; hours++) {
            struct outcome outcome = run_life((struct run){
                leak_25_to_60, hours, hours, .noise = 0.004, .step_seconds = sample_steps[i]});
            assert_true(outcome.suspected > 0);
            assert_true(outcome.confirmed > outcome.suspected);
        }
}

static void a_steady_big_slice_is_never_confirmed(void **state)
{
    (void)state;
    for (size_t i = 0; i < STEPS; i++)
        for (double noise = 0; noise <= 0.03; noise += 0.01) {
            struct outcome outcome = run_life(
                (struct run){steady, 0.9, 24, .noise = noise, .step_seconds = sample_steps[i]});
            assert_true(outcome.confirmed < 0);
        }
    assert_int_equal(detector.report.shape, SHAPE_BOUNDED);
}

static void a_saw_tooth_on_a_constant_floor_is_never_confirmed(void **state)
{
    (void)state;
    for (size_t i = 0; i < STEPS; i++)
        for (double minutes = 20; minutes <= 40; minutes++) {
            struct outcome outcome = run_life((struct run){
                collected, minutes / 60, 24, .noise = 0.01, .step_seconds = sample_steps[i]});
            assert_true(outcome.confirmed < 0);
        }
}

static void a_warm_up_that_saturates_is_never_confirmed(void **state)
{
    (void)state;
    for (size_t i = 0; i < STEPS; i++)
        for (double tau = 0.2; tau < 1; tau += 0.1) {
            struct outcome outcome = run_life(
                (struct run){warm_up, tau, 24, .noise = 0.005, .step_seconds = sample_steps[i]});
            assert_true(outcome.confirmed < 0);
        }
}

/* ---- lives of days ---- */

static void a_floor_that_rises_under_a_saw_tooth_is_confirmed(void **state)
{
    (void)state;
    struct outcome outcome = run_life((struct run){collected_leak, 0.5, 14, .noise = 0.005});
    assert_true(outcome.confirmed > 0 && outcome.confirmed < 10);
}

static void a_staircase_is_confirmed(void **state)
{
    (void)state;
    struct outcome outcome = run_life((struct run){stairs, 0.8, 48, .noise = 0.004});
    assert_true(outcome.confirmed > 0 && outcome.confirmed < 30);
}

static void a_level_shift_is_never_confirmed(void **state)
{
    (void)state;
    struct outcome outcome = run_life((struct run){shift, 20, 72, .noise = 0.01});
    assert_true(outcome.confirmed < 0);
}

static void a_daily_cycle_is_never_confirmed(void **state)
{
    (void)state;
    struct outcome outcome = run_life((struct run){daily, 0.3, 24 * 10, .noise = 0.01});
    assert_true(outcome.confirmed < 0);
}

static void a_slow_warm_up_is_called_saturating(void **state)
{
    (void)state;
    struct outcome outcome = run_life((struct run){warm_up, 6, 48, .noise = 0.003});
    assert_true(outcome.confirmed < 0);
    assert_true(outcome.saturating);
}

static void a_leak_after_a_quiet_day_is_found_with_its_start_and_its_end(void **state)
{
    (void)state;
    struct outcome outcome = run_life((struct run){leak_from_hour_30, 0.02, 50, .noise = 0.003});
    assert_true(outcome.confirmed > 30 && outcome.confirmed < 48);
    const struct leak_report *report = &detector.report;
    double since = (double)(report->since_usec - START) / (double)HOUR;
    assert_true(fabs(since - 30) < 3);
    assert_true(fabs(report->rate * 3600 / (0.02 * LIMIT) - 1) < 0.1);
    assert_true(report->forecast);
    double left = (0.7 / 0.02 - (50 - 30)) * 3600;
    assert_true(report->left_p10 < left && left < report->left_p90);
}

static void every_gate_of_a_confirmed_leak_is_passed_and_the_weakest_is_named(void **state)
{
    (void)state;
    run_life((struct run){leak_25_to_60, 8, 8, .noise = 0.003});
    const struct leak_report *report = &detector.report;
    assert_int_equal(report->verdict, LEAK_CONFIRMED);
    assert_true(report->gates >= 8 && report->gates <= LEAK_GATES_MAX);
    for (uint32_t i = 0; i < report->gates; i++) {
        assert_true(report->gate[i].passed);
        assert_true(report->gate[i].strength >= report->gate[report->weakest].strength);
    }
}

static void without_a_limit_doubling_counts_and_nothing_is_forecast(void **state)
{
    (void)state;
    struct outcome outcome =
        run_life((struct run){leak_25_to_60, 30, 60, .noise = 0.003, .unlimited = true});
    assert_true(outcome.confirmed > 0);
    assert_false(detector.report.forecast);
    assert_true(detector.report.limit_bytes == SAMPLE_NO_LIMIT);
}

static void a_cold_detector_only_suspects_until_its_past_has_come(void **state)
{
    (void)state;
    struct run run = {leak_25_to_60, 8, 8, .noise = 0.003, .cold = true};
    struct outcome outcome = run_life(run);
    assert_true(outcome.suspected > 0);
    assert_true(outcome.confirmed < 0);
    leak_set_warm(&detector);
    run.step_seconds = 60;
    run.hours = 1;
    run.life = steady;
    run.parameter = 0.61;
    assert_true(run_from(&run, 8).confirmed > 0);
}

static void what_was_there_yesterday_is_no_leak(void **state)
{
    (void)state;
    uint32_t past[96];
    for (int i = 0; i < 96; i++)
        past[i] = (uint32_t)(0.7 * LIMIT / 4096);
    leak_init(&detector, false);
    leak_preload(&detector, WINDOW_HALF_HOUR, START - 96 * HOUR / 2, past, 96);
    leak_preload_end(&detector);
    struct run run = {leak_25_to_60, 8, 8, .noise = 0.003, .step_seconds = 60};
    struct outcome outcome = run_from(&run, 0);
    assert_true(outcome.suspected < 0);
    assert_int_equal(detector.report.shape, SHAPE_BOUNDED);
}

static void a_restart_ends_the_verdict_and_the_next_life_is_found_again(void **state)
{
    (void)state;
    struct run run = {leak_25_to_60, 6, 6.5, .noise = 0.003, .step_seconds = 60};
    leak_init(&detector, true);
    assert_true(run_from(&run, 0).confirmed > 0);
    run.hours = 0.25;
    run_from(&run, 6.5);
    assert_int_equal(detector.report.verdict, LEAK_NONE);
    run.hours = 6;
    assert_true(run_from(&run, 6.75).confirmed > 0);
}

static void a_gap_of_hours_does_not_hide_a_leak(void **state)
{
    (void)state;
    leak_init(&detector, true);
    uint64_t seed = 3;
    bool confirmed = false;
    for (double hour = 0; hour < 40; hour += 1.0 / 60) {
        double part = 0.2 + 0.018 * hour + 0.003 * noise(&seed);
        if (hour > 12 && hour < 15)
            continue;
        leak_add(&detector, START + (int64_t)(hour * (double)HOUR), (uint64_t)(part * LIMIT),
            (uint64_t)LIMIT);
        confirmed |= detector.report.verdict == LEAK_CONFIRMED;
    }
    assert_true(confirmed);
}

static double gathers_pace(double hour, double hours)
{
    return 0.2 + 0.8 * hour * hour / (hours * hours);
}

static void growth_that_gathers_pace_is_forecast_as_such(void **state)
{
    (void)state;
    struct run run = {gathers_pace, 96, 60, .noise = 0.002, .step_seconds = 60};
    leak_init(&detector, true);
    assert_true(run_from(&run, 0).confirmed > 0);
    double hours = (96 - (double)(detector.report.at_usec - START) / (double)HOUR);
    assert_true(fabs(log(detector.report.left_p50 / 3600 / hours)) < 0.15);
}

static double many_stairs(double hour, double height)
{
    static const double at[] = {1, 2.2, 2.5, 5, 5.5, 9, 9.5, 10, 13, 13.4, 14, 17, 17.5, 18, 22};
    int reached = 0;
    for (size_t i = 0; i < sizeof at / sizeof *at; i++)
        reached += hour >= at[i];
    return 0.2 + height * reached;
}

static double two_stairs(double hour, double height)
{
    return 0.2 + height * ((hour >= 8) + (hour >= 16));
}

static void many_uneven_stairs_are_confirmed_two_are_not(void **state)
{
    (void)state;
    assert_true(run_life((struct run){many_stairs, 0.045, 24, .noise = 0.001}).confirmed > 0);
    assert_true(run_life((struct run){two_stairs, 0.3, 24, .noise = 0.001}).confirmed < 0);
}

/* A life of 30 % of the way, as slow as can't be confirmed for itself. */
static double short_life(double hour, double an_hour)
{
    return 0.2 + an_hour * hour;
}

static void lives_that_leak_alike_and_end_at_once_add_up(void **state)
{
    (void)state;
    struct run quiet = {steady, 0.2, 96, .noise = 0.002, .step_seconds = 60};
    struct run life = {short_life, 0.01, 20, .noise = 0.002, .step_seconds = 60};
    leak_init(&detector, true);
    run_from(&quiet, 0);
    assert_true(run_from(&life, 96).confirmed < 0);
    double found = -1;
    for (int lives = 1; lives < 4 && found < 0; lives++)
        found = run_from(&life, 96 + 20 * lives).confirmed;
    assert_true(found > 0);
    assert_true(detector.lives.age_minutes > 15 * 60);
}

static double comes_and_goes(double hour, double hours)
{
    return 0.2 + 0.5 * (1 - fabs(hour - hours / 2) / (hours / 2));
}

static void who_gave_it_back_by_itself_has_more_to_show_the_next_time(void **state)
{
    (void)state;
    struct run run = {comes_and_goes, 60, 60, .noise = 0.002, .step_seconds = 60};
    leak_init(&detector, true);
    assert_true(run_from(&run, 0).confirmed > 0);
    assert_int_equal(detector.report.verdict, LEAK_NONE);
    assert_int_equal(detector.lives.recovered, 1);
    assert_int_equal(detector.lives.age_minutes, 0);
    assert_true(run_from(&run, 60).confirmed < 0);
}

static void what_was_dismissed_is_no_news_until_it_has_grown_as_much_again(void **state)
{
    (void)state;
    struct run run = {leak_25_to_60, 200, 1, .noise = 0.002, .step_seconds = 60};
    leak_init(&detector, true);
    double hour = 0, begun = -1, again = -1;
    for (; hour < 200 && again < 0; hour++) {
        run.life = leak_on_and_on;
        run.parameter = hour;
        (void)run_from(&run, hour);
        if (detector.report.verdict == LEAK_CONFIRMED && begun < 0) {
            begun = hour;
            uint64_t floor = detector.report.floor_bytes, grown = detector.report.grown_bytes;
            assert_true(leak_dismiss(&detector) == floor + grown);
            assert_int_equal(detector.report.verdict, LEAK_NONE);
        } else if (detector.report.verdict == LEAK_CONFIRMED) {
            again = hour;
        }
    }
    assert_true(begun > 0 && again > 1.5 * begun && again < 4 * begun);
    leak_reset(&detector);
    assert_int_equal(detector.lives.dismissed, 1);
}

static void a_dismissal_leaves_half_of_what_is_left_at_most(void **state)
{
    (void)state;
    leak_init(&detector, true);
    detector.report = (struct leak_report){.verdict = LEAK_CONFIRMED,
        .floor_bytes = 800 << 20,
        .grown_bytes = 300 << 20,
        .limit_bytes = 1000 << 20};
    assert_int_equal(leak_dismiss(&detector), 900 << 20);
    detector.report.limit_bytes = 700 << 20;
    assert_int_equal(leak_dismiss(&detector), 800 << 20);
    detector.report.limit_bytes = SAMPLE_NO_LIMIT;
    assert_int_equal(leak_dismiss(&detector), 1100 << 20);
    assert_int_equal(detector.lives.dismissed, 3);
    leak_set_dismissed(&detector, UINT32_MAX, UINT64_MAX); /* whatever a recorder says */
    assert_true(gates_bar(&detector.lives) <= LEAK_BAR_MOST);
}

static void add_one(const struct run *run, double hour_of_life, double hour)
{
    double part = run->life(hour_of_life, run->parameter);
    leak_add(&detector, START + (int64_t)(hour * (double)HOUR), (uint64_t)(part * LIMIT),
        (uint64_t)LIMIT);
    if (detector.warm_start_due)
        (void)leak_warm_start(&detector);
}

static struct leak_detector begun_anew(const struct leak_detector *before)
{
    struct leak_detector after;
    leak_init(&after, false);
    hand_over_floors(&after, before);
    return after;
}

static void a_restart_of_the_daemon_changes_nothing(void **state)
{
    (void)state;
    static const struct run runs[] = {
        {leak_25_to_60, 8, 7, .noise = 0.002, .step_seconds = 10},
        {leak_25_to_60, 100, 80, .noise = 0.002, .step_seconds = 60},
        {collected_leak, 0.5, 12, .noise = 0.002, .step_seconds = 60},
        {stairs, 0.8, 40, .noise = 0.002, .step_seconds = 60},
        {steady, 0.5, 30, .noise = 0.01, .step_seconds = 60},
        {warm_up, 2, 12, .noise = 0.002, .step_seconds = 60},
    };
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        leak_init(&detector, true);
        (void)run_from(&runs[i], 0);
        const struct leak_detector before = detector;
        detector = begun_anew(&before);
        assert_int_equal(detector.report.verdict, LEAK_NONE);
        add_one(&runs[i], runs[i].hours, runs[i].hours);
        assert_int_equal(detector.report.verdict, before.report.verdict);
        assert_int_equal(detector.report.shape, before.report.shape);
        double apart = (double)(detector.report.since_usec - before.report.since_usec);
        assert_true(fabs(apart) < 0.1 * runs[i].hours * (double)HOUR);
    }
}

static void lives_are_known_again_after_a_restart_of_the_daemon(void **state)
{
    (void)state;
    struct run quiet = {steady, 0.2, 24, .noise = 0.002, .step_seconds = 60};
    struct run life = {short_life, 0.01, 20, .noise = 0.002, .step_seconds = 60};
    leak_init(&detector, true);
    (void)run_from(&quiet, 0);
    for (int lives = 0; lives < 3; lives++)
        (void)run_from(&life, 24 + 20 * lives);
    const struct leak_lives before = detector.lives;
    assert_true(before.age_minutes > 0);
    detector = begun_anew(&detector);
    add_one(&life, 20, 24 + 60);
    assert_true(gates_alike(detector.lives.rate, before.rate));
    assert_true(fabs(detector.lives.age_minutes / (double)before.age_minutes - 1) < 0.2);
}

static void what_was_dismissed_stays_so_after_a_restart_of_the_daemon(void **state)
{
    (void)state;
    const struct run run = {leak_25_to_60, 100, 80, .noise = 0.002, .step_seconds = 60};
    leak_init(&detector, true);
    (void)run_from(&run, 0);
    assert_int_equal(detector.report.verdict, LEAK_CONFIRMED);
    uint64_t bytes = leak_dismiss(&detector);
    detector = begun_anew(&detector);
    leak_set_dismissed(&detector, 1, bytes);
    add_one(&run, 80, 80);
    assert_true(detector.report.verdict < LEAK_CONFIRMED);
    assert_int_equal(detector.lives.dismissed, 1);
    assert_int_equal(detector.lives.dismissed_pages, bytes / WINDOW_PAGE);
}

static void the_same_samples_give_the_same_report(void **state)
{
    (void)state;
    struct run run = {leak_25_to_60, 8, 8, .noise = 0.01};
    run_life(run);
    struct leak_report first = detector.report;
    run_life(run);
    assert_memory_equal(&first, &detector.report, sizeof first);
}

static void scaled_time_comes_back_as_real_time(void **state)
{
    (void)state;
    struct leak_report report = {.rate = 2,
        .at_usec = 1000,
        .since_usec = 500,
        .window_usec = 200,
        .left_p50 = 60,
        .gates = 2,
        .gate = {{"horizon", 100, 300, 3, true}, {"mann-kendall", 8, 3, 2.7, true}}};
    leak_report_unscale(&report, 100);
    assert_true(report.rate == 200 && report.left_p50 == 0.6);
    assert_true(report.at_usec == 10 && report.since_usec == 5 && report.window_usec == 2);
    assert_true(report.gate[0].value == 1 && report.gate[0].threshold == 3);
    assert_true(report.gate[1].value == 8 && report.gate[1].threshold == 3);
}

static void a_detector_fits_in_a_page(void **state)
{
    (void)state;
    assert_true(sizeof(struct leak_detector) <= 4096);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_linear_leaker_is_suspected_then_confirmed_on_its_way_to_60_percent),
        cmocka_unit_test(a_steady_big_slice_is_never_confirmed),
        cmocka_unit_test(a_saw_tooth_on_a_constant_floor_is_never_confirmed),
        cmocka_unit_test(a_warm_up_that_saturates_is_never_confirmed),
        cmocka_unit_test(a_floor_that_rises_under_a_saw_tooth_is_confirmed),
        cmocka_unit_test(a_staircase_is_confirmed),
        cmocka_unit_test(a_level_shift_is_never_confirmed),
        cmocka_unit_test(a_daily_cycle_is_never_confirmed),
        cmocka_unit_test(a_slow_warm_up_is_called_saturating),
        cmocka_unit_test(a_leak_after_a_quiet_day_is_found_with_its_start_and_its_end),
        cmocka_unit_test(every_gate_of_a_confirmed_leak_is_passed_and_the_weakest_is_named),
        cmocka_unit_test(without_a_limit_doubling_counts_and_nothing_is_forecast),
        cmocka_unit_test(a_cold_detector_only_suspects_until_its_past_has_come),
        cmocka_unit_test(what_was_there_yesterday_is_no_leak),
        cmocka_unit_test(a_restart_ends_the_verdict_and_the_next_life_is_found_again),
        cmocka_unit_test(a_gap_of_hours_does_not_hide_a_leak),
        cmocka_unit_test(growth_that_gathers_pace_is_forecast_as_such),
        cmocka_unit_test(many_uneven_stairs_are_confirmed_two_are_not),
        cmocka_unit_test(lives_that_leak_alike_and_end_at_once_add_up),
        cmocka_unit_test(who_gave_it_back_by_itself_has_more_to_show_the_next_time),
        cmocka_unit_test(what_was_dismissed_is_no_news_until_it_has_grown_as_much_again),
        cmocka_unit_test(a_dismissal_leaves_half_of_what_is_left_at_most),
        cmocka_unit_test(a_restart_of_the_daemon_changes_nothing),
        cmocka_unit_test(lives_are_known_again_after_a_restart_of_the_daemon),
        cmocka_unit_test(what_was_dismissed_stays_so_after_a_restart_of_the_daemon),
        cmocka_unit_test(the_same_samples_give_the_same_report),
        cmocka_unit_test(scaled_time_comes_back_as_real_time),
        cmocka_unit_test(a_detector_fits_in_a_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
