#include "tests/unit/decide/decide_test.h"

#include <math.h>
#include <string.h>

static struct node_watch watch;
static struct standing standing;
static struct evidence evidence;

static int set_up(void **state)
{
    (void)state;
    node_watch_init(&watch);
    memset(&standing, 0, sizeof standing);
    return 0;
}

static bool holds(const struct rule *rule, const struct node_sample *node)
{
    memset(&evidence, 0, sizeof evidence);
    return rule_holds(rule, &watch, node, &standing, &evidence);
}

static const struct rule low = {.name = "low",
    .conditions = RULE_AVAILABLE_BELOW,
    .available_below = {.relative = true, .ratio = 0.10}};

static void available_memory_is_compared_with_its_part_of_the_total(void **state)
{
    (void)state;
    struct node_sample node = node_of(0, 103 * MIB, 0);
    assert_false(holds(&low, &node));
    node = node_of(0, 102 * MIB, 0);
    assert_true(holds(&low, &node));
    const struct evidence_item *item = evidence_of(&evidence, "mem_available");
    assert_non_null(item);
    assert_int_equal(item->relation, '<');
    assert_true(item->value < item->bound);
}

static void what_is_not_known_does_not_hold(void **state)
{
    (void)state;
    struct node_sample nothing = {.at = at(0)};
    static const struct rule rules[] = {
        {.conditions = RULE_AVAILABLE_BELOW, .available_below = {.bytes = UINT64_MAX}},
        {.conditions = RULE_ROOM_BELOW, .room_below = {.bytes = UINT64_MAX}},
        {.conditions = RULE_SWAP_USED_ABOVE, .swap_used_above = {.bytes = 0}},
        {.conditions = RULE_PSI_FULL_ABOVE, .psi_full_above = 0},
        {.conditions = RULE_SWAPPING, .swapping_usec = INT64_MAX},
        {.conditions = RULE_EXHAUSTED_WITHIN, .exhausted_usec = INT64_MAX},
        {.conditions = RULE_NO_SWAP},
        {.conditions = 0},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        assert_false(holds(&rules[i], &nothing));
    static const struct rule blind = {.conditions = RULE_PSI_UNUSABLE};
    assert_true(holds(&blind, &nothing));
}

static void zero_totals_trigger_nothing(void **state)
{
    (void)state;
    struct node_sample node = node_of(0, 0, 0);
    node_set(&node, NODE_MEM_TOTAL, 0);
    node_set(&node, NODE_SWAP_TOTAL, 0);
    static const struct rule rules[] = {
        {.conditions = RULE_AVAILABLE_BELOW, .available_below = {.bytes = MIB}},
        {.conditions = RULE_SWAP_USED_ABOVE, .swap_used_above = {.relative = true}},
    };
    assert_false(holds(&rules[0], &node));
    assert_false(holds(&rules[1], &node));
}

static void swap_used_counts_from_its_bound_on(void **state)
{
    (void)state;
    static const struct rule rule = {
        .conditions = RULE_SWAP_USED_ABOVE, .swap_used_above = {.relative = true, .ratio = 0.75}};
    struct node_sample node = node_of(0, 512 * MIB, 128 * MIB);
    assert_true(holds(&rule, &node));
    node = node_of(0, 512 * MIB, 129 * MIB);
    assert_false(holds(&rule, &node));
    node = node_of(0, 512 * MIB, 600 * MIB); /* more free than there is: two reads */
    assert_false(holds(&rule, &node));
}

static void all_conditions_must_hold_and_each_gives_its_evidence(void **state)
{
    (void)state;
    struct rule rule = low;
    rule.conditions |= RULE_PSI_FULL_ABOVE | RULE_PSI_UNUSABLE | RULE_NO_SWAP;
    rule.psi_full_above = 20;
    struct node_sample node = node_of(0, 50 * MIB, 0);
    assert_false(holds(&rule, &node));
    assert_int_equal(evidence.count, 4);
    assert_true(fabs(evidence_of(&evidence, "psi_full_avg10")->bound - 2000) < 0.1);
}

static void the_fill_rate_follows_memory_and_swap_together(void **state)
{
    (void)state;
    for (int i = 0; i <= 40; i++) { /* 20 MiB/s from memory, 30 MiB/s into swap */
        uint64_t gone = (uint64_t)i * MIB;
        struct node_sample node = node_of(i * 0.25, 900 * MIB - 5 * gone, 500 * MIB - 7 * gone);
        node_watch_update(&watch, &node);
    }
    assert_true(fabs(watch.fill_rate / MIB - 48) < 1);
}

static void a_rate_that_goes_up_and_down_is_no_filling(void **state)
{
    (void)state;
    for (int i = 0; i <= 40; i++) {
        struct node_sample node = node_of(i * 0.25, (i % 2 ? 600 : 610) * MIB, 500 * MIB);
        node_watch_update(&watch, &node);
    }
    assert_true(watch.fill_rate < 8 * MIB);
}

static void swap_that_is_switched_off_is_not_filled_by_anybody(void **state)
{
    (void)state;
    struct node_sample node = node_of(0, 600 * MIB, 500 * MIB);
    node_watch_update(&watch, &node);
    node = node_of(1, 600 * MIB, 0);
    node_set(&node, NODE_SWAP_TOTAL, 0);
    node_watch_update(&watch, &node);
    assert_true(watch.fill_rate <= 0);
}

static void a_stall_is_seen_sooner_than_its_average_over_ten_seconds(void **state)
{
    (void)state;
    static const struct rule rule = {.conditions = RULE_STALLED_ABOVE, .stalled_above = 60};
    uint64_t total = 0;
    struct node_sample node;
    for (int i = 0; i <= 8; i++, total += 250000) { /* all wait from the first look on */
        node = node_of(i * 0.25, 50 * MIB, 0);
        node_set(&node, NODE_PSI_FULL_TOTAL, total);
        node_watch_update(&watch, &node);
        assert_true(holds(&rule, &node) == (i == 8)); /* 1 - 1/e of it after 2 s */
    }
    assert_true(fabs(evidence_of(&evidence, "stalled")->value - 6321) < 1);
    node = node_of(2.25, 50 * MIB, 0);
    node_set(&node, NODE_PSI_FULL_TOTAL, 0); /* it goes back */
    node_watch_update(&watch, &node);
    assert_false(holds(&rule, &node));
    node.have &= ~(1ull << NODE_PSI_FULL_TOTAL);
    watch.stalled = 1;
    assert_false(holds(&rule, &node));
}

static void the_same_sample_twice_changes_nothing(void **state)
{
    (void)state;
    struct node_sample node = node_of(0, 600 * MIB, 500 * MIB);
    node_watch_update(&watch, &node);
    node = node_of(1, 500 * MIB, 500 * MIB);
    node_watch_update(&watch, &node);
    struct node_watch before = watch;
    node_watch_update(&watch, &node);
    node = node_of(0.5, 0, 0); /* nor one that comes late */
    node_watch_update(&watch, &node);
    assert_memory_equal(&before, &watch, sizeof watch);
}

static void swapping_means_in_the_last_seconds(void **state)
{
    (void)state;
    static const struct rule rule = {.conditions = RULE_SWAPPING, .swapping_usec = 5 * SECOND};
    struct node_sample node = node_of(0, 600 * MIB, 500 * MIB);
    node_set(&node, NODE_PSWPOUT, 1000); /* since the boot: no news */
    node_watch_update(&watch, &node);
    assert_false(holds(&rule, &node));
    node.at = at(1);
    node_set(&node, NODE_PSWPOUT, 1001);
    node_watch_update(&watch, &node);
    assert_true(holds(&rule, &node));
    node.at = at(6);
    node_set(&node, NODE_PSWPOUT, 5); /* a counter that went back swapped nothing out */
    node_watch_update(&watch, &node);
    assert_true(holds(&rule, &node));
    node.at = at(6.1);
    node_watch_update(&watch, &node);
    assert_false(holds(&rule, &node));
}

/* Direct reclaim all the time; PSI's total moves every `psi_every`-th quarter of a second. */
static struct node_sample reclaim(int psi_every)
{
    struct node_sample node = node_of(0, 30 * MIB, 0);
    for (int i = 0; i <= 40; i++) {
        node.at = at(i * 0.25);
        node_set(&node, NODE_ALLOCSTALL, (uint64_t)i);
        if (psi_every)
            node_set(&node, NODE_PSI_SOME_TOTAL, (uint64_t)(i / psi_every));
        node_watch_update(&watch, &node);
    }
    return node;
}

static void psi_that_stands_still_under_reclaim_is_unusable(void **state)
{
    (void)state;
    static const struct rule blind = {.conditions = RULE_PSI_UNUSABLE};
    static const struct rule stalled = {.conditions = RULE_PSI_FULL_ABOVE};
    struct node_sample node = reclaim(8);
    assert_false(holds(&blind, &node));
    assert_true(holds(&stalled, &node));
    node_watch_init(&watch);
    node = reclaim(0);
    assert_true(holds(&blind, &node));
    assert_false(holds(&stalled, &node)); /* a number that can't be trusted is not used either */
}

static void a_single_stall_without_pressure_does_not_make_psi_unusable(void **state)
{
    (void)state;
    static const struct rule blind = {.conditions = RULE_PSI_UNUSABLE};
    struct node_sample node = node_of(0, 30 * MIB, 0);
    for (int i = 0; i <= 40; i++) {
        node.at = at(i * 0.25);
        node_set(&node, NODE_ALLOCSTALL, i > 0);
        node_watch_update(&watch, &node);
    }
    assert_false(holds(&blind, &node));
}

static void room_is_memory_and_swap_that_is_not_in_memory(void **state)
{
    (void)state;
    static const struct rule rule = {
        .conditions = RULE_ROOM_BELOW, .room_below = {.relative = true, .ratio = 0.25}};
    struct node_sample node = node_of(0, 100 * MIB, 156 * MIB); /* of 1 GiB */
    assert_false(holds(&rule, &node));
    node = node_of(0, 100 * MIB, 155 * MIB);
    assert_true(holds(&rule, &node));
    node = node_of(0, 100 * MIB, 500 * MIB);
    assert_false(holds(&rule, &node));
    node_set(&node, NODE_ZRAM_SWAP, 512 * MIB);
    assert_true(holds(&rule, &node));
    node = node_of(0, 100 * MIB, 0);
    node_set(&node, NODE_SWAP_TOTAL, 0); /* none is as good as full */
    assert_true(holds(&rule, &node));
}

static void the_nearer_the_end_the_more_often_the_guard_looks(void **state)
{
    (void)state;
    watch.last = node_of(0, 300 * MIB, 200 * MIB);
    assert_int_equal(node_watch_pause_usec(&watch, 250000), 250000); /* nothing fills it */
    watch.fill_rate = 100.0 * MIB;
    assert_int_equal(node_watch_pause_usec(&watch, 250000), 250000); /* 5 s are left */
    watch.last = node_of(0, 50 * MIB, 50 * MIB);
    assert_int_equal(node_watch_pause_usec(&watch, 250000), 100000);
    watch.last = node_of(0, 0, 0);
    assert_int_equal(node_watch_pause_usec(&watch, 250000), NODE_PAUSE_LEAST_USEC);
    assert_int_equal(node_watch_pause_usec(&watch, 10000), 10000);
    watch.last.have = 0;
    assert_int_equal(node_watch_pause_usec(&watch, 250000), 250000);
}

static void exhaustion_needs_an_owner_of_the_growth(void **state)
{
    (void)state;
    static const struct rule rule = {
        .conditions = RULE_EXHAUSTED_WITHIN, .exhausted_usec = 10 * SECOND};
    struct node_sample node = node_of(0, 80 * MIB, 20 * MIB);
    watch.fill_rate = 20 * MIB;
    standing.count = 3;
    for (int i = 0; i < 3; i++)
        standing.entry[i].growth_now = 7e6;
    standing.growth_now_total = 21e6;
    assert_false(holds(&rule, &node));
    assert_null(rule_growth_owner(&watch, &standing));
    standing.entry[1].growth_now = 12e6;
    standing.growth_now_total = 24e6;
    assert_true(holds(&rule, &node));
    assert_ptr_equal(rule_growth_owner(&watch, &standing), &standing.entry[1]);
    watch.fill_rate = 5 * MIB;
    assert_false(holds(&rule, &node));
}

static void nobody_answers_for_one_who_is_not_on_the_list_yet(void **state)
{
    (void)state;
    static const struct rule rule = {
        .conditions = RULE_EXHAUSTED_WITHIN, .exhausted_usec = 10 * SECOND};
    struct node_sample node = node_of(0, 80 * MIB, 20 * MIB);
    standing.count = 1;
    standing.entry[0].growth_now = standing.growth_now_total = 9e6;
    watch.fill_rate = 20e6; /* most of that is somebody else's */
    assert_false(holds(&rule, &node));
    assert_null(rule_growth_owner(&watch, &standing));
    standing.entry[0].growth_now = standing.growth_now_total = 11e6;
    assert_true(holds(&rule, &node));
}

static void free_zram_puts_exhaustion_off_by_nothing(void **state)
{
    (void)state;
    static const struct rule rule = {
        .conditions = RULE_EXHAUSTED_WITHIN, .exhausted_usec = 10 * SECOND};
    struct node_sample node = node_of(0, 80 * MIB, 500 * MIB);
    watch.fill_rate = 20 * MIB;
    standing.count = 1;
    standing.entry[0].growth_now = standing.growth_now_total = 20e6;
    assert_false(holds(&rule, &node));
    node_set(&node, NODE_ZRAM_SWAP, 512 * MIB);
    assert_true(holds(&rule, &node));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(available_memory_is_compared_with_its_part_of_the_total, set_up),
        cmocka_unit_test_setup(what_is_not_known_does_not_hold, set_up),
        cmocka_unit_test_setup(zero_totals_trigger_nothing, set_up),
        cmocka_unit_test_setup(swap_used_counts_from_its_bound_on, set_up),
        cmocka_unit_test_setup(all_conditions_must_hold_and_each_gives_its_evidence, set_up),
        cmocka_unit_test_setup(the_fill_rate_follows_memory_and_swap_together, set_up),
        cmocka_unit_test_setup(a_rate_that_goes_up_and_down_is_no_filling, set_up),
        cmocka_unit_test_setup(swap_that_is_switched_off_is_not_filled_by_anybody, set_up),
        cmocka_unit_test_setup(the_same_sample_twice_changes_nothing, set_up),
        cmocka_unit_test_setup(swapping_means_in_the_last_seconds, set_up),
        cmocka_unit_test_setup(a_stall_is_seen_sooner_than_its_average_over_ten_seconds, set_up),
        cmocka_unit_test_setup(psi_that_stands_still_under_reclaim_is_unusable, set_up),
        cmocka_unit_test_setup(a_single_stall_without_pressure_does_not_make_psi_unusable, set_up),
        cmocka_unit_test_setup(room_is_memory_and_swap_that_is_not_in_memory, set_up),
        cmocka_unit_test_setup(the_nearer_the_end_the_more_often_the_guard_looks, set_up),
        cmocka_unit_test_setup(exhaustion_needs_an_owner_of_the_growth, set_up),
        cmocka_unit_test_setup(nobody_answers_for_one_who_is_not_on_the_list_yet, set_up),
        cmocka_unit_test_setup(free_zram_puts_exhaustion_off_by_nothing, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
