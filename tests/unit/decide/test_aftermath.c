/* After a reset: for how long nothing follows, who may be next, and which list is waited for. */
#include "tests/unit/decide/one_node.h"

#include <string.h>

/* The guard sees memory come back, and be taken again. */
static void give_back(double at_seconds)
{
    struct node_sample node = node_of(at_seconds, 60 * MIB, 300 * MIB);
    (void)look(&node);
}

static void after_a_reset_comes_the_cool_down(void **state)
{
    (void)state;
    int decided[ACTION_KINDS];
    show(used_up(), 0, 15.5, decided); /* holds from 0.25, due at 1.25 */
    assert_int_equal(decided[ACTION_RESET], 1);
    give_back(15.5);
    show(used_up(), 15.75, 5, decided);
    assert_int_equal(decided[ACTION_RESET], 1);
}

/* The leaker is gone, and what it had is where no reset reaches it. */
static void after_a_reset_in_vain_nobody_follows(void **state)
{
    (void)state;
    int decided[ACTION_KINDS];
    show(used_up(), 0, 2, decided);
    assert_string_equal(decision.name, "c0");
    gone = 1;
    show(used_up(), 2, 60, decided);
    assert_int_equal(decided[ACTION_RESET], 0);
    assert_int_equal(decided[ACTION_ALARM], 1);
    assert_string_equal(decision.name, "big");
    assert_int_equal(decision.restraint, RESTRAINT_IN_VAIN);
    const struct evidence_item *room = evidence_of(&decision.evidence, "room_after_reset");
    assert_true(room->value < room->bound);
    give_back(62); /* late, but it comes */
    show(used_up(), 62.25, 3, decided);
    assert_int_equal(decided[ACTION_RESET], 1);
}

/* On a busy machine it takes its time to die; there is too little all the while. */
static void while_memory_comes_back_nobody_follows(void **state)
{
    (void)state;
    use_policy("guard: {cooldown: 1s}\n");
    sample_set(&leaker.watch.sample, SAMPLE_ANON, 100 * MIB);
    struct node_sample node = used_up();
    double last_rise = 0, second = 0;
    int resets = 0;
    for (double t = 0; t < 20; t += 0.25) {
        gone = t >= 2;
        stand(&standing, policy, all + gone, 3 - gone, t);
        if (t >= 2 && t < 12 && t - last_rise >= 1) {
            node.value[NODE_SWAP_FREE] += 3 * MIB;
            last_rise = t;
        }
        node.at = at(t);
        node.value[NODE_PSWPOUT] += 100;
        if (look(&node) == ACTION_RESET && ++resets == 2)
            second = t;
    }
    assert_true(resets >= 2);
    assert_true(second >= last_rise + 2 && second < last_rise + 3);
}

/* When the list is made there is plenty, and the leaker isn't there yet. */
static void list_of_before(void)
{
    use_policy("rules: [{name: low, available_below: 30%, action: reset}]\n");
    stand(&standing, policy, &all[1], 2, 0);
    standing.room = 1000 * MIB;
    const struct node_sample node = node_of(0, 600 * MIB, 400 * MIB);
    assert_int_equal(look(&node), ACTION_NONE);
}

static void who_took_it_between_two_lists_goes_by_the_newer(void **state)
{
    (void)state;
    list_of_before();
    struct node_sample node = node_of(0.25, 280 * MIB, 400 * MIB);
    assert_int_equal(look(&node), ACTION_NONE);
    stand(&standing, policy, all, 3, 1);
    node.at = at(1);
    standing.room = 680 * MIB;
    assert_int_equal(look(&node), ACTION_RESET);
    assert_string_equal(decision.name, "c0");
}

static void each_time_is_waited_for_anew(void **state)
{
    (void)state;
    list_of_before();
    struct node_sample node = node_of(0.25, 280 * MIB, 400 * MIB);
    assert_int_equal(look(&node), ACTION_NONE);
    stand(&standing, policy, &all[1], 2, 100); /* it was over by itself */
    standing.room = 1000 * MIB;
    node = node_of(100, 600 * MIB, 400 * MIB);
    assert_int_equal(look(&node), ACTION_NONE);
    node = node_of(100.25, 280 * MIB, 400 * MIB);
    assert_int_equal(look(&node), ACTION_NONE);
}

static void where_no_newer_list_comes_the_old_one_must_do(void **state)
{
    (void)state;
    list_of_before();
    struct node_sample node = node_of(0, 280 * MIB, 400 * MIB);
    double t = 0.25;
    for (node.at = at(t); look(&node) == ACTION_NONE && t < 10; node.at = at(t))
        t += 0.25;
    assert_true(t == 1.75);
    assert_string_equal(decision.name, "big");
}

static void where_the_node_would_be_full_before_nothing_is_waited_for(void **state)
{
    (void)state;
    list_of_before();
    struct node_sample node = node_of(0.25, 280 * MIB, 0);
    assert_int_equal(look(&node), ACTION_NONE);
    node = node_of(0.5, 200 * MIB, 0);
    assert_int_equal(look(&node), ACTION_RESET);
    assert_string_equal(decision.name, "big");
}

static void who_has_shrunk_meanwhile_is_left_alone(void **state)
{
    (void)state;
    struct node_sample node = used_up();
    int decided[ACTION_KINDS];
    show(node, 0, 2, decided);
    assert_string_equal(decision.name, "c0");
    node.at = at(2);
    uint64_t half = 250 * MIB;
    assert_false(decide_node_confirm(&guard, policy, &node, &standing, &decision, half - 1));
    assert_true(decide_node_confirm(&guard, policy, &node, &standing, &decision, half));
    assert_true(decide_node_confirm(&guard, policy, &node, &standing, &decision, SAMPLE_NO_LIMIT));
}

/* One of its jobs went, which may have had less than a quarter of it all. */
static void of_independent_jobs_the_next_follows(void **state)
{
    (void)state;
    int decided[ACTION_KINDS];
    use_policy("slices: {interdependent: false}\n");
    show(used_up(), 0, 2, decided);
    assert_int_equal(decided[ACTION_RESET], 1);
    assert_true(decision.independent);
    show(used_up(), 2, 20, decided);
    assert_int_equal(decided[ACTION_RESET], 1);
    assert_string_equal(decision.name, "c0");
}

static void after_a_reset_in_vain_who_took_it_follows(void **state)
{
    (void)state;
    int decided[ACTION_KINDS];
    show(used_up(), 0, 2, decided);
    gone = 1;
    sample_set(&small.watch.sample, SAMPLE_ANON, 70 * MIB + 500 * MIB / 4);
    show(used_up(), 2, 20, decided);
    assert_int_equal(decided[ACTION_RESET], 1);
    assert_string_equal(decision.name, "c1");
    use_policy("");
    show(used_up(), 40, 2, decided);
    gone = 1;
    big.slice.serial = 9; /* it came since, and with as much */
    big.watch.serial = 9;
    show(used_up(), 42, 20, decided);
    assert_int_equal(decided[ACTION_RESET], 1);
    assert_string_equal(decision.name, "big");
}

static void by_a_list_that_is_no_newer_nobody_follows(void **state)
{
    (void)state;
    int decided[ACTION_KINDS];
    show(used_up(), 0, 2, decided);
    struct node_sample node = used_up();
    int alarms = 0, resets = 0;
    for (double t = 2; t < 30; t += 0.25) {
        node.at = at(t);
        node.value[NODE_SWAP_FREE] = (t < 3 ? 400 : 20) * MIB; /* it has given it back */
        node.value[NODE_PSWPOUT] += 100;
        enum action_kind action = look(&node);
        alarms += action == ACTION_ALARM;
        resets += action == ACTION_RESET;
    }
    assert_int_equal(resets, 0);
    assert_int_equal(alarms, 1);
    assert_int_equal(decision.restraint, RESTRAINT_STALE);
}

/* Two leak at once: the second need not wait for the end of the cool-down once samples that are all
 * newer show it; a step that is over does not. */
static void who_is_shown_to_go_on_follows_at_once(void **state)
{
    (void)state;
    assert_int_equal(run_out(), 1);
    assert_string_equal(decision.name, "c0");
    for (int twice = 0; twice < 2; twice++) {
        small.watch.growth_now = 40e6;
        small.watch.grown_twice_usec = twice ? at(5).boot_usec : 0;
        stand(&standing, policy, all + 1, 2, 7);
        int resets = 0;
        for (int i = 0; i < 16; i++) {
            struct node_sample node =
                node_of(7 + i * 0.25, (200 - 10 * (uint64_t)i) * MIB, 20 * MIB);
            resets += look(&node) == ACTION_RESET;
        }
        assert_int_equal(resets, twice);
    }
    assert_string_equal(decision.name, "c1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(after_a_reset_comes_the_cool_down),
        TEST(after_a_reset_in_vain_nobody_follows),
        TEST(while_memory_comes_back_nobody_follows),
        TEST(who_took_it_between_two_lists_goes_by_the_newer),
        TEST(each_time_is_waited_for_anew),
        TEST(where_no_newer_list_comes_the_old_one_must_do),
        TEST(where_the_node_would_be_full_before_nothing_is_waited_for),
        TEST(who_has_shrunk_meanwhile_is_left_alone),
        TEST(of_independent_jobs_the_next_follows),
        TEST(after_a_reset_in_vain_who_took_it_follows),
        TEST(by_a_list_that_is_no_newer_nobody_follows),
        TEST(who_is_shown_to_go_on_follows_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
