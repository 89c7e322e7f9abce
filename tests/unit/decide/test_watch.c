#include "tests/unit/decide/one_slice.h"

#include <math.h>

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

static void the_detector_sees_scaled_time(void **state)
{
    (void)state;
    struct policy_globals globals = *policy_globals(policy);
    globals.time_scale = 60;
    (void)watch_update(&slice.watch, &globals, &node);
    const struct window *window = &slice.watch.leak.window;
    assert_int_equal(window->last_usec, 60 * (at(0).boot_usec + WATCH_EPOCH_USEC));
}

static void all_ends_at_the_nearest_limit(void **state)
{
    (void)state;
    const struct policy_globals globals = *policy_globals(policy);
    (void)watch_update(&slice.watch, &globals, &node);
    assert_int_equal(slice.watch.end_at, (250 + 512 + 512) * MIB);
    node_set(&node, NODE_ZRAM_SWAP, 512 * MIB);
    slice.watch.sample.at = at(0.5);
    (void)watch_update(&slice.watch, &globals, &node);
    assert_int_equal(slice.watch.end_at, (250 + 512) * MIB);
    sample_set(&slice.watch.sample, SAMPLE_LIMIT_MAX, 400 * MIB);
    sample_set(&slice.watch.sample, SAMPLE_LIMIT_HIGH, SAMPLE_NO_LIMIT);
    slice.watch.sample.at = at(1);
    (void)watch_update(&slice.watch, &globals, &node);
    assert_int_equal(slice.watch.end_at, (250 + 512) * MIB); /* 400 and its swap are farther */
    node_set(&node, NODE_SWAP_FREE, 16 * MIB);
    slice.watch.sample.at = at(2);
    (void)watch_update(&slice.watch, &globals, &node);
    assert_int_equal(slice.watch.end_at, (400 + 50 + 16) * MIB);
    sample_set(&slice.watch.sample, SAMPLE_LIMIT_SWAP, 60 * MIB);
    sample_set(&slice.watch.sample, SAMPLE_LIMIT_HIGH, 300 * MIB);
    slice.watch.sample.at = at(3);
    (void)watch_update(&slice.watch, &globals, &node);
    assert_int_equal(slice.watch.end_at, (300 + 60) * MIB);
    sample_set(&slice.watch.sample, SAMPLE_ROOM, 100 * MIB);
    slice.watch.sample.at = at(4);
    (void)watch_update(&slice.watch, &globals, &node);
    assert_int_equal(slice.watch.end_at, (250 + 100) * MIB);
}

/* By the built-in rules with less than 10 % of 1 GiB available; swap does not put it off. */
static void the_node_is_short_where_its_rules_begin(void **state)
{
    (void)state;
    (void)watch_update(&slice.watch, policy_globals(policy), &node);
    uint64_t reserve = 1024 * MIB / 10;
    assert_int_equal(slice.watch.short_at, (250 + 512) * MIB - reserve);
    assert_int_equal(slice.watch.leak.window.limit_bytes, slice.watch.short_at);
    node_set(&node, NODE_MEM_AVAILABLE, 50 * MIB);
    slice.watch.sample.at = at(1);
    (void)watch_update(&slice.watch, policy_globals(policy), &node);
    assert_int_equal(slice.watch.short_at, 250 * MIB); /* it is short, which accuses nobody */
    assert_int_equal(slice.watch.leak.window.limit_bytes, (250 + 50 + 512) * MIB);
    sample_set(&slice.watch.sample, SAMPLE_LIMIT_MAX, 260 * MIB);
    sample_set(&slice.watch.sample, SAMPLE_LIMIT_SWAP, 0);
    node_set(&node, NODE_MEM_AVAILABLE, 512 * MIB);
    slice.watch.sample.at = at(1.5);
    (void)watch_update(&slice.watch, policy_globals(policy), &node);
    assert_int_equal(slice.watch.leak.window.limit_bytes, slice.watch.end_at);
    assert_true(slice.watch.end_at < slice.watch.short_at);
    node.have &= ~((uint64_t)1 << NODE_MEM_AVAILABLE);
    slice.watch.sample.at = at(2);
    (void)watch_update(&slice.watch, policy_globals(policy), &node);
    assert_int_equal(slice.watch.short_at, 0);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(floors_of_all_scales_come_from_the_past),
        TEST(the_detector_sees_scaled_time),
        TEST(all_ends_at_the_nearest_limit),
        TEST(the_node_is_short_where_its_rules_begin),
        TEST(growth_is_smoothed_over_a_minute),
        TEST(faults_are_counted_from_the_second_sample_on),
        TEST(a_sample_without_footprint_is_passed_over),
        TEST(absurd_numbers_overflow_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
