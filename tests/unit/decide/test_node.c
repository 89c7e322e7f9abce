/* The guard's decisions, by the default rules where nothing else is said. */
#include "tests/unit/decide/one_node.h"

#include <string.h>

static void a_full_swap_under_pressure_resets_the_leaker_and_nobody_else(void **state)
{
    (void)state;
    int decided[ACTION_KINDS];
    show(used_up(), 0, 10, decided);
    assert_int_equal(decided[ACTION_RESET], 1);
    assert_string_equal(decision.rule, "swap-used-up");
    assert_string_equal(decision.name, "c0");
    assert_int_equal(decision.reason, REASON_NODE_RULE);
    assert_int_equal(decision.runners_up, 2);
    assert_string_equal(decision.runner_up[0].key, "cgroup:/cont.slice/big");
    static const char *const expected[] = {
        "mem_available", "swap_used", "swapped_out_ago", "swap_free", "gives_back", "growth"};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        assert_non_null(evidence_of(&decision.evidence, expected[i]));
}

static void a_stalled_node_resets_only_after_it_was_stalled_for_a_while(void **state)
{
    (void)state;
    struct node_sample node = node_of(0, 60 * MIB, 300 * MIB);
    node_set(&node, NODE_PSI_FULL_AVG10, 2500);
    int decided[ACTION_KINDS];
    show(node, 0, 2.9, decided);
    assert_int_equal(decided[ACTION_NONE], 12);
    show(node, 3, 1, decided);
    assert_int_equal(decided[ACTION_RESET], 1);
    assert_string_equal(decision.rule, "stalled");
    assert_string_equal(decision.name, "c0");
}

static void a_node_that_runs_out_resets_who_makes_it_run_out(void **state)
{
    (void)state;
    big.watch.sample.value[SAMPLE_ANON] = 5000 * MIB; /* larger, but steady */
    assert_int_equal(run_out(), 1);
    assert_string_equal(decision.rule, "running-out");
    assert_string_equal(decision.name, "c0");
    assert_non_null(evidence_of(&decision.evidence, "exhausted_in"));
    assert_non_null(evidence_of(&decision.evidence, "growth_share"));
}

static void a_node_that_runs_out_through_a_protected_slice_costs_nobody_else(void **state)
{
    (void)state;
    leaker.watch.policy.protect = true;
    assert_int_equal(run_out(), 0);
    assert_int_equal(decision.action, ACTION_ALARM);
    assert_string_equal(decision.name, "c0");
    assert_int_equal(decision.restraint, RESTRAINT_PROTECTED);
}

static void a_growth_without_owner_resets_nobody_ahead_of_time(void **state)
{
    (void)state;
    leaker.watch.growth_now = big.watch.growth_now = small.watch.growth_now = 5e6;
    assert_int_equal(run_out(), 0);
}

static struct node_sample without_swap(uint64_t available)
{
    struct node_sample node = node_of(0, available, 0);
    node_set(&node, NODE_SWAP_TOTAL, 0);
    return node;
}

static void without_swap_pressure_and_little_memory_suffice(void **state)
{
    (void)state;
    struct node_sample node = without_swap(35 * MIB);
    int decided[ACTION_KINDS];
    show(node, 0, 5, decided);
    assert_int_equal(decided[ACTION_RESET], 0);
    node_set(&node, NODE_PSI_FULL_AVG10, 1500);
    show(node, 5, 5, decided);
    assert_int_equal(decided[ACTION_RESET], 1);
    assert_string_equal(decision.rule, "no-swap-stalled");
}

static void without_swap_and_psi_less_memory_must_be_left(void **state)
{
    (void)state;
    struct node_sample node = without_swap(35 * MIB);
    node.have &= ~(UINT64_C(1) << NODE_PSI_FULL_AVG10);
    int decided[ACTION_KINDS];
    show(node, 0, 5, decided);
    assert_int_equal(decided[ACTION_RESET], 0);
    node_set(&node, NODE_MEM_AVAILABLE, 25 * MIB);
    show(node, 5, 5, decided);
    assert_int_equal(decided[ACTION_RESET], 1);
    assert_string_equal(decision.rule, "no-swap-blind");
}

static void nothing_is_decided(const struct node_sample *node)
{
    int decided[ACTION_KINDS];
    node_watch_init(&guard);
    show(*node, 0, 60, decided);
    assert_int_equal(decided[ACTION_NONE], 240);
}

static void in_the_controls_nobody_dies(void **state)
{
    (void)state;
    struct node_sample swap_full = node_of(0, 512 * MIB, 40 * MIB);
    nothing_is_decided(&swap_full);
    struct node_sample cache_flood = node_of(0, 700 * MIB, 512 * MIB);
    node_set(&cache_flood, NODE_MEM_FREE, 10 * MIB);
    node_set(&cache_flood, NODE_PSI_FULL_AVG10, 3000);
    nothing_is_decided(&cache_flood);
    struct node_sample at_own_limit = node_of(0, 600 * MIB, 400 * MIB); /* and stalls by itself */
    node_set(&at_own_limit, NODE_PSI_FULL_AVG10, 9000);
    nothing_is_decided(&at_own_limit);
    struct node_sample compile_burst = node_of(0, 150 * MIB, 300 * MIB);
    node_set(&compile_burst, NODE_PSI_FULL_AVG10, 1500);
    nothing_is_decided(&compile_burst);
}

static void missing_numbers_decide_nothing(void **state)
{
    (void)state;
    struct node_sample node = used_up();
    node.have &= ~(UINT64_C(1) << NODE_MEM_AVAILABLE);
    nothing_is_decided(&node);
    node = (struct node_sample){.at = at(0)};
    nothing_is_decided(&node);
    node = used_up();
    node_set(&node, NODE_MEM_TOTAL, 0);
    nothing_is_decided(&node);
}

static const char reclaiming[] = "rules: [{name: crowded, available_below: 20%, action: reclaim}]\n"
                                 "guard: {cooldown: 15s}\nmail: {interval: 1h}\n";

static void who_goes_first_gives_back_what_is_missing_step_by_step(void **state)
{
    (void)state;
    use_policy(reclaiming);
    struct node_sample node = node_of(0, 60 * MIB, 300 * MIB);
    uint64_t missing = node.value[NODE_MEM_TOTAL] / 5 - 60 * MIB;
    assert_int_equal(look(&node), ACTION_RECLAIM);
    assert_string_equal(decision.name, "c0");
    assert_true(decision.limit_bytes > 0 && decision.limit_bytes <= missing);
    assert_true((double)decision.limit_bytes <= standing.entry[0].score.resident / 4);
    assert_non_null(evidence_of(&decision.evidence, "to_reclaim"));
    int decided[ACTION_KINDS];
    show(node_of(0, 70 * MIB, 280 * MIB), 0.25, 29, decided); /* something comes of it */
    assert_int_equal(decided[ACTION_RECLAIM], 1);
    assert_int_equal(decided[ACTION_RESET], 0);
}

static void in_vain_it_is_tried_more_and_more_seldom(void **state)
{
    (void)state;
    use_policy(reclaiming);
    int decided[ACTION_KINDS];
    show(node_of(0, 60 * MIB, 300 * MIB), 0, 15 + 30 + 60 + 10, decided);
    assert_int_equal(decided[ACTION_RECLAIM], 4);
}

static void a_protected_slice_gives_nothing_back(void **state)
{
    (void)state;
    use_policy(reclaiming);
    leaker.watch.policy.protect = big.watch.policy.protect = small.watch.policy.protect = true;
    stand(&standing, policy, all, 3, 0);
    struct node_sample node = node_of(0, 60 * MIB, 300 * MIB);
    assert_int_equal(look(&node), ACTION_RECORD);
    assert_int_equal(decision.wanted, ACTION_RECLAIM);
    assert_int_equal(decision.restraint, RESTRAINT_PROTECTED);
}

static void a_protected_slice_is_passed_over_and_named(void **state)
{
    (void)state;
    leaker.watch.policy.protect = true;
    leaker.watch.growth = 0; /* large, and that is all */
    leaker.watch.absent_usec = 0;
    int decided[ACTION_KINDS];
    show(used_up(), 0, 5, decided);
    assert_int_equal(decided[ACTION_RESET], 1);
    assert_string_equal(decision.name, "big");
    assert_non_null(evidence_of(&decision.evidence, "passed_over"));
    assert_string_equal(decision.runner_up[0].key, "cgroup:/cont.slice/c0");
}

static void nobody_dies_in_the_place_of_a_protected_leaker(void **state)
{
    (void)state;
    int decided[ACTION_KINDS];
    leaker.watch.policy.protect = true;
    show(used_up(), 0, 5, decided);
    assert_int_equal(decided[ACTION_RESET], 0);
    assert_int_equal(decided[ACTION_ALARM], 1);
    assert_string_equal(decision.name, "c0");
    assert_int_equal(decision.restraint, RESTRAINT_PROTECTED);
    leaker.watch.policy.protect = false;
    leaker.watch.policy.min_age_usec = 86400 * SECOND; /* nobody's word that it must live */
    show(used_up(), 10, 5, decided);
    assert_int_equal(decided[ACTION_RESET], 1);
    assert_string_equal(decision.name, "big");
}

static void without_passing_over_nobody_goes_for_a_larger_one_that_is_spared(void **state)
{
    (void)state;
    int decided[ACTION_KINDS];
    use_policy("guard: {score: rss, pass_over: false}\n");
    leaker.watch.growth = 0;
    leaker.watch.absent_usec = 0;
    leaker.watch.policy.protect = true;
    show(used_up(), 0, 5, decided);
    assert_int_equal(decided[ACTION_RESET], 0);
    assert_int_equal(decided[ACTION_ALARM], 1);
    assert_string_equal(decision.name, "c0");
    assert_int_equal(decision.restraint, RESTRAINT_PROTECTED);
    assert_string_equal(decision.runner_up[0].key, "cgroup:/cont.slice/c1");
    leaker.watch.policy.rank = 1; /* it would not be the first anyway */
    show(used_up(), 10, 5, decided);
    assert_int_equal(decided[ACTION_RESET], 1);
    assert_string_equal(decision.name, "c1");
}

static void the_largest_goes_whatever_smaller_one_is_spared(void **state)
{
    (void)state;
    int decided[ACTION_KINDS];
    use_policy("guard: {score: rss, pass_over: false}\n");
    small.watch.held = true;
    show(used_up(), 0, 5, decided);
    assert_int_equal(decided[ACTION_RESET], 1);
    assert_string_equal(decision.name, "c0");
}

static void the_node_is_not_rebooted_while_a_reset_may_still_help(void **state)
{
    (void)state;
    int decided[ACTION_KINDS];
    use_policy("rules:\n"
               "  - {name: up, swap_used_above: 90%, action: reset}\n"
               "  - {name: out, swap_used_above: 95%, action: reboot}\n");
    show(used_up(), 0, 10, decided);
    assert_int_equal(decided[ACTION_RESET], 1);
    assert_int_equal(decided[ACTION_ALARM], 0);
    leaker.watch.held = big.watch.held = small.watch.held = true;
    show(used_up(), 20, 10, decided);
    assert_int_equal(decided[ACTION_RESET], 0);
    assert_int_equal(decided[ACTION_ALARM], 2); /* nobody may go; and the reboot */
    assert_string_equal(decision.rule, "out");
    assert_int_equal(decision.restraint, RESTRAINT_ANNOUNCED);
}

static void where_all_are_barred_the_alarm_comes_once(void **state)
{
    (void)state;
    leaker.watch.policy.protect = big.watch.held = true;
    small.watch.policy.min_size_bytes = 100 * MIB;
    int decided[ACTION_KINDS];
    show(used_up(), 0, 300, decided);
    assert_int_equal(decided[ACTION_ALARM], 1);
    assert_int_equal(decided[ACTION_RESET], 0);
    assert_int_equal(decision.wanted, ACTION_RESET);
    assert_int_equal(decision.restraint, RESTRAINT_PROTECTED);
    show(used_up(), 3700, 5, decided); /* it goes on: again after the mail interval */
    assert_int_equal(decided[ACTION_ALARM], 1);
}

static void a_rule_that_comes_and_goes_does_not_talk_all_the_time(void **state)
{
    (void)state;
    use_policy("rules: [{name: low, available_below: 10%, hold: 1s, action: reset}]\n");
    leaker.watch.policy.protect = big.watch.held = small.watch.held = true;
    int told = 0, decided[ACTION_KINDS];
    for (int i = 0; i < 15; i++) {
        show(used_up(), i * 4, 2, decided);
        told += decided[ACTION_ALARM];
        show(node_of(0, 900 * MIB, 400 * MIB), i * 4 + 2, 2, decided);
    }
    assert_in_range(told, 2, 4); /* 60 s by cool-downs of 15 s */
}

static void the_mode_turns_a_reset_into_words(void **state)
{
    (void)state;
    int decided[ACTION_KINDS];
    use_policy("slices: {mode: warn}\n");
    show(used_up(), 0, 30, decided);
    assert_int_equal(decided[ACTION_WARN], 1);
    assert_int_equal(decision.restraint, RESTRAINT_MODE);
    use_policy("slices: {mode: observe}\n");
    show(used_up(), 0, 30, decided);
    assert_int_equal(decided[ACTION_ALARM], 1);
    assert_int_equal(decided[ACTION_RESET], 0);
    assert_int_equal(decision.restraint, RESTRAINT_MODE);
}

static void a_lone_slice_is_only_warned_unless_the_mode_was_set(void **state)
{
    (void)state;
    int decided[ACTION_KINDS];
    big.watch.policy.protect = small.watch.policy.protect = true;
    show(used_up(), 0, 5, decided);
    assert_int_equal(decided[ACTION_WARN], 1);
    assert_int_equal(decided[ACTION_RESET], 0);
    assert_int_equal(decision.restraint, RESTRAINT_LONE);
    use_policy("slices: {mode: enforce}\n");
    big.watch.policy.protect = small.watch.policy.protect = true;
    show(used_up(), 0, 5, decided);
    assert_int_equal(decided[ACTION_RESET], 1);
}

static void a_reset_that_gives_back_next_to_nothing_is_not_done(void **state)
{
    (void)state;
    int decided[ACTION_KINDS];
    use_policy("slices: {min_size: 0B}\n");
    subject_init(&leaker, policy, 1, "c0", MIB / 2, 0);
    subject_init(&big, policy, 2, "big", MIB / 2, 0);
    subject_init(&small, policy, 3, "c1", 0, 0);
    show(used_up(), 0, 5, decided);
    assert_int_equal(decided[ACTION_RESET], 0);
    assert_int_equal(decision.restraint, RESTRAINT_SIZE);
}

static void with_nobody_there_the_operators_are_told(void **state)
{
    (void)state;
    struct node_sample node = used_up();
    stand(&standing, policy, NULL, 0, 0);
    int alarms = 0;
    for (int i = 0; i < 20; i++) {
        node.at = at(i * 0.25);
        node.value[NODE_PSWPOUT]++;
        alarms += look(&node) == ACTION_ALARM;
    }
    assert_int_equal(alarms, 1);
    assert_int_equal(decision.serial, 0);
    assert_int_equal(decision.restraint, RESTRAINT_SIZE);
}

static void rules_are_taken_by_severity_and_a_reboot_is_announced(void **state)
{
    (void)state;
    use_policy("rules:\n"
               "- {name: note, available_below: 50%, action: record}\n"
               "- {name: mail, available_below: 20%, action: warn}\n"
               "- {name: last, available_below: 10%, action: reboot}\n"
               "- {name: kill, available_below: 10%, action: reset}\n");
    leaker.watch.held = big.watch.held = small.watch.held = true;
    stand(&standing, policy, all, 3, 0);
    struct node_sample node = node_of(0, 60 * MIB, 20 * MIB);
    static const char *const expected[] = {"kill", "last", "mail", "note"};
    static const enum action_kind action[] = {
        ACTION_ALARM, ACTION_ALARM, ACTION_WARN, ACTION_RECORD};
    for (int i = 0; i < 4; i++) {
        node.at = at(i);
        assert_int_equal(look(&node), action[i]);
        assert_string_equal(decision.rule, expected[i]);
        if (i == 1)
            assert_int_equal(decision.restraint, RESTRAINT_ANNOUNCED);
    }
    node.at = at(5);
    assert_int_equal(look(&node), ACTION_NONE);
}

static void the_same_past_gives_the_same_bytes(void **state)
{
    (void)state;
    struct decision seen[2];
    int decided[ACTION_KINDS];
    for (int run = 0; run < 2; run++) {
        memset(&decision, run ? 0xaa : 0x55, sizeof decision);
        use_policy("");
        show(used_up(), 0, 5, decided);
        assert_int_equal(decided[ACTION_RESET], 1);
        seen[run] = decision;
    }
    assert_memory_equal(&seen[0], &seen[1], sizeof decision);
}

/* A crude node of 1 GiB + 512 MiB: c0 takes `rate` MiB a second; what no longer fits into memory is
 * swapped out, the idle slice first. Slices are read every 2 s, the node four times a second.
 * Returns when the first reset was decided. */
static double leak_beside_an_idle_slice(uint64_t rate)
{
    use_policy("");
    subject_init(&leaker, policy, 1, "c0", 0, 0);
    subject_init(&big, policy, 2, "big", 250 * MIB, 0);
    subject_init(&small, policy, 3, "c1", 20 * MIB, 0);
    uint64_t others = 200 * MIB; /* the kernel and the system */
    for (uint64_t i = 0; i < 440; i++) {
        double now = (double)i * 0.25;
        uint64_t leaked = rate * MIB * i / 4;
        uint64_t wanted = others + (250 + 20) * MIB + leaked, fits = 1000 * MIB;
        uint64_t swapped = wanted > fits ? wanted - fits : 0;
        uint64_t of_big = swapped < 240 * MIB ? swapped : 240 * MIB;
        if (i % 8 == 0) {
            sample_set(&leaker.watch.sample, SAMPLE_ANON, leaked - (swapped - of_big));
            sample_set(&leaker.watch.sample, SAMPLE_SWAP, swapped - of_big);
            sample_set(&big.watch.sample, SAMPLE_ANON, 250 * MIB - of_big);
            sample_set(&big.watch.sample, SAMPLE_SWAP, of_big);
            struct node_sample node = node_of(now, 1024 * MIB - (wanted - swapped), 0);
            for (size_t s = 0; s < 3; s++) {
                all[s]->watch.sample.at = at(now);
                (void)watch_update(&all[s]->watch, policy_globals(policy), &node);
            }
            stand(&standing, policy, all, 3, now);
        }
        if (swapped >= 512 * MIB)
            return 1e9; /* the kernel came first */
        struct node_sample node =
            node_of(now, 1024 * MIB - (wanted - swapped), 512 * MIB - swapped);
        node_set(&node, NODE_PSWPOUT, swapped / 4096);
        node_set(&node, NODE_PSI_SOME_TOTAL, i);
        if (look(&node) == ACTION_RESET)
            return now;
    }
    return 1e9;
}

static void a_leaker_dies_in_time_and_first_beside_an_idle_slice_in_swap(void **state)
{
    (void)state;
    for (uint64_t rate = 10; rate <= 200; rate *= 2) {
        double when = leak_beside_an_idle_slice(rate);
        assert_true(when * (double)rate < 530 + 512);
        assert_string_equal(decision.name, "c0");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_full_swap_under_pressure_resets_the_leaker_and_nobody_else),
        TEST(a_stalled_node_resets_only_after_it_was_stalled_for_a_while),
        TEST(a_node_that_runs_out_resets_who_makes_it_run_out),
        TEST(a_node_that_runs_out_through_a_protected_slice_costs_nobody_else),
        TEST(a_growth_without_owner_resets_nobody_ahead_of_time),
        TEST(without_swap_pressure_and_little_memory_suffice),
        TEST(without_swap_and_psi_less_memory_must_be_left),
        TEST(in_the_controls_nobody_dies),
        TEST(missing_numbers_decide_nothing),
        TEST(who_goes_first_gives_back_what_is_missing_step_by_step),
        TEST(in_vain_it_is_tried_more_and_more_seldom),
        TEST(a_protected_slice_gives_nothing_back),
        TEST(a_protected_slice_is_passed_over_and_named),
        TEST(nobody_dies_in_the_place_of_a_protected_leaker),
        TEST(without_passing_over_nobody_goes_for_a_larger_one_that_is_spared),
        TEST(the_largest_goes_whatever_smaller_one_is_spared),
        TEST(the_node_is_not_rebooted_while_a_reset_may_still_help),
        TEST(where_all_are_barred_the_alarm_comes_once),
        TEST(a_rule_that_comes_and_goes_does_not_talk_all_the_time),
        TEST(the_mode_turns_a_reset_into_words),
        TEST(a_lone_slice_is_only_warned_unless_the_mode_was_set),
        TEST(a_reset_that_gives_back_next_to_nothing_is_not_done),
        TEST(with_nobody_there_the_operators_are_told),
        TEST(rules_are_taken_by_severity_and_a_reboot_is_announced),
        TEST(the_same_past_gives_the_same_bytes),
        TEST(a_leaker_dies_in_time_and_first_beside_an_idle_slice_in_swap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
