#include "tests/unit/decide/decide_test.h"

#include "policy/decide/score.h"

#include <math.h>
#include <string.h>

static struct policy *policy;
static struct subject a, b, c;
static struct standing standing;

static int set_up(void **state)
{
    (void)state;
    policy = load("slices: {min_size: 0B}\n");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    policy_free(policy);
    return 0;
}

static void stand_all(void)
{
    struct subject *const all[] = {&a, &b, &c};
    stand(&standing, policy, all, 3, 0);
    assert_int_equal(standing.count, 3);
}

static const char *place(uint32_t i)
{
    return standing.entry[i].name;
}

static void three_of(uint64_t a_mib, uint64_t b_mib, uint64_t c_mib)
{
    subject_init(&a, policy, 1, "a", a_mib * MIB, 0);
    subject_init(&b, policy, 2, "b", b_mib * MIB, 0);
    subject_init(&c, policy, 3, "c", c_mib * MIB, 0);
}

/* Grown by that much within the last minute. */
static void grown(struct subject *subject, double bytes)
{
    subject->watch.growth = bytes / 60;
}

static void of_60_20_20_the_first_goes(void **state)
{
    (void)state;
    three_of(60, 20, 20);
    stand_all();
    assert_string_equal(place(0), "a");
    assert_string_equal(place(1), "b"); /* equals stand in the order of their serials */
    assert_string_equal(place(2), "c");
}

static void size_decides_among_the_steady_and_growth_over_size(void **state)
{
    (void)state;
    three_of(210, 200, 300);
    grown(&a, 1e6); /* of 1 GiB */
    stand_all();
    assert_string_equal(place(0), "c");
    grown(&a, 160e6); /* 210 now, 50 before */
    stand_all();
    assert_string_equal(place(0), "a");
}

static void a_growing_leaker_goes_before_a_larger_idle_slice_that_was_swapped_out(void **state)
{
    (void)state;
    three_of(150, 20, 0);
    subject_init(&c, policy, 3, "big", 40 * MIB, 210 * MIB);
    grown(&a, 150e6);
    stand_all();
    assert_string_equal(place(0), "a");
    assert_string_equal(place(1), "big");
}

static void where_nobody_takes_who_cycles_through_memory_goes_before_who_is_larger(void **state)
{
    (void)state;
    three_of(150, 200, 60);
    a.watch.faulted = 5e6; /* bytes a second */
    b.watch.faulted = 1e6;
    stand_all();
    assert_string_equal(place(0), "a");
    assert_true(standing.entry[0].score.churn > 0.8);
    grown(&c, 300e6); /* the others suffer from that one */
    stand_all();
    assert_string_equal(place(0), "c");
    assert_true(standing.entry[1].score.churn <= 0 && standing.entry[2].score.churn <= 0);
}

static void swap_alone_does_not_lead_the_list(void **state)
{
    (void)state;
    three_of(200, 0, 0);
    subject_init(&c, policy, 3, "idle", 10 * MIB, 300 * MIB);
    stand_all();
    assert_string_equal(place(0), "a");
}

static void who_gives_back_gets_no_bonus(void **state)
{
    (void)state;
    three_of(100, 90, 80);
    grown(&a, -500e6);
    a.watch.growth_now = -500e6;
    stand_all();
    assert_string_equal(place(0), "a");
    assert_true(standing.growth_now_total >= 0);
}

static void a_confirmed_leak_goes_before_a_slice_that_is_merely_large(void **state)
{
    (void)state;
    three_of(100, 300, 20);
    subject_leaks(&a, LEAK_CONFIRMED, SHAPE_GROWING, 100);
    stand_all();
    assert_string_equal(place(0), "a");
    subject_leaks(&a, LEAK_CONFIRMED, SHAPE_SATURATING, 100);
    stand_all();
    assert_string_equal(place(0), "b");
}

static void half_of_shared_memory_is_given_back(void **state)
{
    (void)state;
    three_of(100, 60, 20);
    sample_set(&b.watch.sample, SAMPLE_SHMEM, 400 * MIB);
    assert_int_equal(score_gives_back(&b.watch), 260 * MIB);
    stand_all();
    assert_string_equal(place(0), "b");
}

/* Files on a tmpfs, that all of its processes' end has not freed, until somebody removes them. */
static void what_a_reset_has_left_is_not_given_back_by_another(void **state)
{
    (void)state;
    struct node_sample node = node_of(0, 500 * MIB, 500 * MIB);
    const struct outcome outcome = {
        .kind = ACTION_RESET, .result = RESULT_DONE, .bytes_after = 430 * MIB};
    subject_init(&b, policy, 2, "b", 60 * MIB, 0);
    sample_set(&b.watch.sample, SAMPLE_SHMEM, 400 * MIB);
    decide_outcome(&b.watch, &outcome, at(0));
    b.watch.sample.at = at(1);
    (void)watch_update(&b.watch, policy_globals(policy), &node);
    assert_int_equal(score_gives_back(&b.watch), 60 * MIB); /* its next life's */
    sample_set(&b.watch.sample, SAMPLE_SHMEM, 100 * MIB);
    b.watch.sample.at = at(2);
    (void)watch_update(&b.watch, policy_globals(policy), &node);
    sample_set(&b.watch.sample, SAMPLE_SHMEM, 300 * MIB);
    assert_int_equal(score_gives_back(&b.watch), 210 * MIB); /* half of what is there now */
}

static void what_is_also_in_the_swap_cache_counts_once(void **state)
{
    (void)state;
    subject_init(&a, policy, 1, "a", 100 * MIB, 50 * MIB);
    sample_set(&a.watch.sample, SAMPLE_SWAPCACHED, 30 * MIB);
    assert_int_equal(score_gives_back(&a.watch), 120 * MIB);
    sample_set(&a.watch.sample, SAMPLE_SWAPCACHED, 80 * MIB); /* read at another moment */
    assert_int_equal(score_gives_back(&a.watch), 100 * MIB);
}

static void an_unread_slice_gives_nothing_back(void **state)
{
    (void)state;
    subject_init(&a, policy, 1, "a", 100 * MIB, 50 * MIB);
    a.watch.sample.have = 0;
    assert_int_equal(score_gives_back(&a.watch), 0);
}

static void rank_goes_before_score_and_bars_go_before_rank(void **state)
{
    (void)state;
    three_of(500, 100, 50);
    a.watch.policy.rank = 100;
    c.watch.policy.rank = -1;
    c.watch.policy.protect = true;
    stand_all();
    assert_string_equal(place(0), "b");
    assert_string_equal(place(1), "a");
    assert_string_equal(place(2), "c");
    assert_true(standing.entry[2].barred);
    assert_int_equal(standing.unprotected, 2);
}

static void each_bar_has_its_reason(void **state)
{
    (void)state;
    three_of(100, 100, 100);
    a.slice.protection = SLICE_PROTECTED_SELF;
    assert_int_equal(standing_restraint(&a.watch, &a.slice, at(0)), RESTRAINT_PROTECTED);
    b.watch.held = true;
    assert_int_equal(standing_restraint(&b.watch, &b.slice, at(0)), RESTRAINT_HOLD);
    c.watch.policy.min_size_bytes = 101 * MIB;
    assert_int_equal(standing_restraint(&c.watch, &c.slice, at(0)), RESTRAINT_SIZE);
    c.watch.policy.min_size_bytes = 100 * MIB;
    c.watch.policy.min_age_usec = 3010 * SECOND;
    assert_int_equal(standing_restraint(&c.watch, &c.slice, at(0)), RESTRAINT_AGE);
    assert_int_equal(standing_restraint(&c.watch, &c.slice, at(10)), RESTRAINT_NONE);
}

static void probation_does_not_send_an_innocent_in_the_offenders_place(void **state)
{
    (void)state;
    three_of(300, 100, 50);
    a.watch.ladder.state = LADDER_PROBATION;
    a.watch.ladder.probation_usec = at(600).boot_usec;
    stand_all();
    assert_string_equal(place(0), "a");
    assert_false(standing.entry[0].barred);
}

static double guilt_of(
    const struct score_taken *taken, const struct score_taken *all, double memory)
{
    struct watch watch = {.taken = *taken};
    return score_slice(&watch, FORMULA_MOM, all, memory).guilt;
}

static void guilt_is_the_mean_part_of_what_all_have_taken(void **state)
{
    (void)state;
    const struct score_taken nothing = {.bytes = {0}}, quick = {.bytes = {60e6, 60e6, 60e6}},
                             slow = {.bytes = {0, 20e6, 300e6}},
                             all = {.bytes = {60e6, 80e6, 400e6}};
    assert_true(guilt_of(&nothing, &all, 1e9) <= 0);
    assert_true(fabs(guilt_of(&quick, &all, 1e9) - (1 + 0.75 + 0.15) / 3) < 1e-9);
    assert_true(fabs(guilt_of(&slow, &all, 1e9) - (0 + 0.25 + 0.75) / 3) < 1e-9);
    /* Of next to nothing nobody is guilty. */
    assert_true(fabs(guilt_of(&quick, &all, 12e9) - 0.1) < 1e-9);
    assert_true(fabs(guilt_of(&quick, &quick, 0) - 1) < 1e-9);
    assert_true(guilt_of(&nothing, &nothing, 0) <= 0);
}

static void whoever_was_not_there_a_minute_ago_has_taken_all_that_it_has(void **state)
{
    (void)state;
    const struct slice slice = {.serial = 1};
    struct slice_policy own;
    struct node_sample node = node_of(10, 500 * MIB, 0);
    struct watch born, found;
    policy_for_slice(policy, &slice, &own);
    watch_init(&born, &slice, &own, at(0).boot_usec, at(10), true);
    watch_init(&found, &slice, &own, 0, at(10), true);
    struct watch *const both[] = {&born, &found};
    for (size_t i = 0; i < 2; i++) {
        sample_set(&both[i]->sample, SAMPLE_ANON, 100 * MIB);
        both[i]->sample.at = at(10);
        (void)watch_update(both[i], policy_globals(policy), &node);
    }
    assert_true(born.growth > 1e6);
    assert_true(found.growth <= 0);
    for (int i = SCORE_TEN_MINUTES; i < SCORE_HORIZONS; i++) {
        assert_int_equal(score_taken(&born).bytes[i], 100 * MIB);
        assert_int_equal(score_taken(&found).bytes[i], 0);
    }
}

static void a_list_is_overtaken_when_memory_has_moved_and_ticks_stay_cheap(void **state)
{
    (void)state;
    struct node_sample then = node_of(0, 500 * MIB, 300 * MIB);
    stand(&standing, policy, NULL, 0, 0);
    standing.node = then;
    struct node_sample now = node_of(5, 490 * MIB, 300 * MIB);
    assert_false(standing_is_overtaken(&standing, &now));
    now = node_of(5, 475 * MIB, 300 * MIB); /* 25 of 1024 */
    assert_true(standing_is_overtaken(&standing, &now));
    now = node_of(5, 525 * MIB, 300 * MIB);
    assert_true(standing_is_overtaken(&standing, &now));
    now = node_of(5, 500 * MIB, 285 * MIB); /* 15 of 512 */
    assert_true(standing_is_overtaken(&standing, &now));
    now.at = at(0.9);
    assert_false(standing_is_overtaken(&standing, &now));
    now.at = at(5);
    standing.tick_cost_usec = 300000;
    assert_false(standing_is_overtaken(&standing, &now));
    now.at = at(6);
    assert_true(standing_is_overtaken(&standing, &now));
    now.have = 0;
    assert_false(standing_is_overtaken(&standing, &now));
}

/* a is large in memory, b in swap, c grows. */
static const char *first_by(const char *text)
{
    struct policy *other = load(text);
    struct subject *const all[] = {&a, &b, &c};
    subject_init(&a, other, 1, "a", 300 * MIB, 0);
    subject_init(&b, other, 2, "b", 10 * MIB, 250 * MIB);
    subject_init(&c, other, 3, "c", 100 * MIB, 0);
    grown(&c, 30e6);
    sample_set(&a.watch.sample, SAMPLE_FILE_MAPPED, 0);
    sample_set(&b.watch.sample, SAMPLE_FILE_MAPPED, 0);
    sample_set(&c.watch.sample, SAMPLE_FILE_MAPPED, 0);
    sample_set(&b.watch.sample, SAMPLE_BADNESS, 7);
    stand(&standing, other, all, 3, 0);
    policy_free(other);
    return place(0);
}

static void the_kernel_is_told_the_lists_order_where_policy_says_so(void **state)
{
    (void)state;
    three_of(60, 20, 20);
    b.watch.policy.rank = 5;
    stand_all();
    assert_int_equal(standing_hint(&standing, &a.watch, &a.slice), HINT_NONE);
    a.watch.policy.tell_kernel = b.watch.policy.tell_kernel = c.watch.policy.tell_kernel = true;
    assert_int_equal(standing_hint(&standing, &a.watch, &a.slice), HINT_FIRST);
    assert_int_equal(standing_hint(&standing, &b.watch, &b.slice), HINT_LATER);
    assert_int_equal(standing_hint(&standing, &c.watch, &c.slice), HINT_NONE);
    a.watch.held = true;
    stand_all();
    assert_int_equal(standing_hint(&standing, &a.watch, &a.slice), HINT_SPARED);
    assert_int_equal(standing_hint(&standing, &c.watch, &c.slice), HINT_FIRST);
    b.watch.policy.protect = c.watch.policy.protect = true;
    stand_all(); /* nobody may go: the kernel isn't told that anybody should */
    assert_int_equal(standing_hint(&standing, &c.watch, &c.slice), HINT_SPARED);
}

static void a_policy_may_rank_by_another_formula(void **state)
{
    (void)state;
    assert_string_equal(first_by("guard: {score: rss}\nslices: {min_size: 0B}\n"), "a");
    assert_string_equal(first_by("guard: {score: swap}\nslices: {min_size: 0B}\n"), "b");
    assert_string_equal(first_by("guard: {score: growth}\nslices: {min_size: 0B}\n"), "c");
    assert_string_equal(first_by("guard: {score: vsz}\nslices: {min_size: 0B}\n"), "b");
    assert_string_equal(first_by("guard: {score: badness}\nslices: {min_size: 0B}\n"), "b");
    assert_string_equal(first_by("guard: {score: oom_score}\nslices: {min_size: 0B}\n"), "b");
}

static void the_best_32_of_many_are_kept_in_order(void **state)
{
    (void)state;
    static struct subject crowd[200], *of[200];
    for (uint64_t i = 0; i < 200; i++) {
        uint64_t size = (i * 37 % 200 + 1) * MIB; /* each size once, in disorder */
        of[i] = &crowd[i];
        subject_init(of[i], policy, i + 1, "s", size, 0);
    }
    stand(&standing, policy, of, 200, 0);
    assert_int_equal(standing.count, STANDING_MAX);
    assert_int_equal(standing.unprotected, 200);
    for (uint32_t i = 0; i < STANDING_MAX; i++)
        assert_int_equal(standing.entry[i].gives_back, (200 - i) * MIB);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_60_20_20_the_first_goes),
        cmocka_unit_test(size_decides_among_the_steady_and_growth_over_size),
        cmocka_unit_test(a_growing_leaker_goes_before_a_larger_idle_slice_that_was_swapped_out),
        cmocka_unit_test(where_nobody_takes_who_cycles_through_memory_goes_before_who_is_larger),
        cmocka_unit_test(swap_alone_does_not_lead_the_list),
        cmocka_unit_test(who_gives_back_gets_no_bonus),
        cmocka_unit_test(a_confirmed_leak_goes_before_a_slice_that_is_merely_large),
        cmocka_unit_test(half_of_shared_memory_is_given_back),
        cmocka_unit_test(what_a_reset_has_left_is_not_given_back_by_another),
        cmocka_unit_test(what_is_also_in_the_swap_cache_counts_once),
        cmocka_unit_test(an_unread_slice_gives_nothing_back),
        cmocka_unit_test(rank_goes_before_score_and_bars_go_before_rank),
        cmocka_unit_test(each_bar_has_its_reason),
        cmocka_unit_test(probation_does_not_send_an_innocent_in_the_offenders_place),
        cmocka_unit_test(guilt_is_the_mean_part_of_what_all_have_taken),
        cmocka_unit_test(whoever_was_not_there_a_minute_ago_has_taken_all_that_it_has),
        cmocka_unit_test(a_list_is_overtaken_when_memory_has_moved_and_ticks_stay_cheap),
        cmocka_unit_test(the_kernel_is_told_the_lists_order_where_policy_says_so),
        cmocka_unit_test(a_policy_may_rank_by_another_formula),
        cmocka_unit_test(the_best_32_of_many_are_kept_in_order),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
