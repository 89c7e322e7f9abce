/* Memory nodes that slices are bound to: who stands on their list, and when one of them is to blame
 * for what is used there. */
#include "policy/decide/domains.h"
#include "tests/unit/decide/decide_test.h"

#include "slices/base/text.h"

#include <string.h>

static struct policy *policy;
static struct standings standings;
static struct node_watches watches;
static struct decision decision;
static struct subject first, second, both, free_one;
static struct subject *const all[] = {&first, &second, &both, &free_one};

static void bind(struct subject *subject, uint64_t nodes)
{
    sample_set(&subject->watch.sample, SAMPLE_MEMS, nodes);
}

/* Has grown from nothing within the last ten minutes. */
static void grew(struct subject *subject)
{
    subject->watch.absent_usec = at(-300).boot_usec;
}

static void stand_all(void)
{
    static const char *const names[] = {"", "numa:1", "numa:1-2", "numa:2", "/cont.slice"};
    for (uint32_t i = 0; i < sizeof names / sizeof *names; i++) {
        stand_within(&standings.of[i], names[i], policy, all, 4, 0);
        (void)domains_follow(&watches, &standings, i);
    }
}

/* Of nodes 0 to 2 two are bound to node 1, one to nodes 1 and 2, and one to none. */
static int set_up(void **state)
{
    (void)state;
    policy = load("rules:\n- {name: low, available_below: 10%, action: reset}\n"
                  "- {name: soon, available_below: 20%, exhausted_within: 60s, action: reset}\n");
    memset(&standings, 0, sizeof standings);
    memset(&watches, 0, sizeof watches);
    subject_init(&first, policy, 1, "first", 300 * MIB, 0);
    subject_init(&second, policy, 2, "second", 250 * MIB, 0);
    subject_init(&both, policy, 3, "both", 200 * MIB, 0);
    subject_init(&free_one, policy, 4, "free", 900 * MIB, 0);
    bind(&first, 2);
    bind(&second, 2);
    bind(&both, 6);
    grew(&second);
    stand_all();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    policy_free(policy);
    return 0;
}

/* Shows a domain of 1024 MiB so little that is available. */
static enum action_kind show(uint32_t domain, double seconds, uint64_t available)
{
    const struct node_sample node = node_of(seconds, available, 0);
    if (decide_node(
            &watches.of[domain], policy, &node, &standings.of[domain], node.at, &decision) == 0)
        return ACTION_NONE;
    return decision.action;
}

static void a_list_holds_those_who_may_use_no_others(void **state)
{
    (void)state;
    assert_int_equal(standings.of[0].count, 4);
    assert_int_equal(standings.of[1].count, 2);
    assert_string_equal(standings.of[1].entry[0].name, "second"); /* it has taken */
    assert_string_equal(standings.of[1].entry[1].name, "first");
    assert_int_equal(standings.of[2].count, 3);
    assert_int_equal(standings.of[3].count, 0);
    assert_int_equal(standings.of[4].count, 4);
    assert_true(standings.of[1].resident_total >= 550 * MIB);
    assert_true(standings.of[1].resident_total < 560 * MIB);
}

static void who_took_goes_where_those_bound_hold_most(void **state)
{
    (void)state;
    assert_int_equal(show(1, 0, 20 * MIB), ACTION_RESET);
    assert_string_equal(decision.domain, "numa:1");
    assert_string_equal(decision.name, "second");
    const struct evidence_item *item = evidence_of(&decision.evidence, "bound_resident");
    assert_non_null(item);
    assert_true(item->value >= item->bound);
}

static void nobody_goes_where_others_hold_most(void **state)
{
    (void)state;
    subject_init(&first, policy, 1, "first", 100 * MIB, 0);
    bind(&first, 2);
    stand_all();
    assert_int_equal(show(1, 0, 20 * MIB), ACTION_ALARM); /* 350 of 1004 MiB */
    assert_int_equal(decision.wanted, ACTION_RESET);
    assert_int_equal(decision.restraint, RESTRAINT_UNBOUND);
    const struct evidence_item *item = evidence_of(&decision.evidence, "bound_resident");
    assert_non_null(item);
    assert_true(item->value < item->bound);
}

static void what_lies_in_swap_is_not_held_there(void **state)
{
    (void)state;
    subject_init(&first, policy, 1, "first", 20 * MIB, 280 * MIB);
    bind(&first, 2);
    stand_all();
    assert_int_equal(show(1, 0, 20 * MIB), ACTION_ALARM);
    assert_int_equal(decision.restraint, RESTRAINT_UNBOUND);
}

static void nobody_goes_who_has_not_taken(void **state)
{
    (void)state;
    second.watch.absent_usec = 0;
    stand_all();
    assert_int_equal(show(1, 0, 20 * MIB), ACTION_ALARM);
    assert_int_equal(decision.restraint, RESTRAINT_UNBOUND);
}

static void but_who_leaks_does(void **state)
{
    (void)state;
    second.watch.absent_usec = 0;
    subject_leaks(&second, LEAK_CONFIRMED, SHAPE_GROWING, -1);
    stand_all();
    assert_int_equal(show(1, 0, 20 * MIB), ACTION_RESET);
    assert_string_equal(decision.name, "second");
}

static void who_took_goes_before_a_lower_rank_that_did_not(void **state)
{
    (void)state;
    second.watch.policy.rank = 50;
    stand_all();
    assert_string_equal(standings.of[1].entry[0].name, "first");
    assert_int_equal(show(1, 0, 20 * MIB), ACTION_RESET);
    assert_string_equal(decision.name, "second");
}

static void who_grows_there_answers_only_where_those_bound_hold_most(void **state)
{
    (void)state;
    subject_init(&first, policy, 1, "first", 100 * MIB, 0);
    bind(&first, 2);
    second.watch.growth_now = 50.0 * MIB;
    stand_all();
    assert_int_equal(show(1, 0, 200 * MIB), ACTION_NONE);
    assert_int_equal(show(1, 1, 150 * MIB), ACTION_ALARM);
    assert_string_equal(decision.rule, "soon");
    assert_string_equal(decision.name, "second");
    assert_int_equal(decision.restraint, RESTRAINT_UNBOUND);
}

static void groups_and_the_node_don_t_ask(void **state)
{
    (void)state;
    second.watch.absent_usec = 0;
    stand_all();
    assert_int_equal(show(4, 0, 20 * MIB), ACTION_RESET);
    assert_int_equal(show(0, 0, 20 * MIB), ACTION_RESET);
    assert_null(evidence_of(&decision.evidence, "bound_resident"));
}

static void a_reset_cools_down_fewer_nodes_that_hold_it(void **state)
{
    (void)state;
    assert_int_equal(show(2, 0, 20 * MIB), ACTION_RESET);
    assert_string_equal(decision.name, "second");
    domains_note_reset(&watches, &standings, 2, &decision);
    assert_true(watches.of[1].reset.usec == decision.at.boot_usec);
    assert_true(watches.of[0].reset.usec == 0); /* around it */
    assert_true(watches.of[3].reset.usec == 0); /* does not hold it */
    assert_true(watches.of[4].reset.usec == 0); /* another kind */
}

static void the_node_s_reset_cools_down_those_that_hold_it(void **state)
{
    (void)state;
    grew(&both);
    subject_init(&second, policy, 2, "second", 100 * MIB, 0);
    bind(&second, 2);
    stand_all();
    assert_int_equal(show(0, 0, 20 * MIB), ACTION_RESET);
    assert_string_equal(decision.name, "both");
    domains_note_reset(&watches, &standings, 0, &decision);
    assert_true(watches.of[2].reset.usec == decision.at.boot_usec);
    assert_true(watches.of[1].reset.usec == 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_list_holds_those_who_may_use_no_others),
        TEST(who_took_goes_where_those_bound_hold_most),
        TEST(nobody_goes_where_others_hold_most),
        TEST(what_lies_in_swap_is_not_held_there),
        TEST(nobody_goes_who_has_not_taken),
        TEST(but_who_leaks_does),
        TEST(who_took_goes_before_a_lower_rank_that_did_not),
        TEST(who_grows_there_answers_only_where_those_bound_hold_most),
        TEST(groups_and_the_node_don_t_ask),
        TEST(a_reset_cools_down_fewer_nodes_that_hold_it),
        TEST(the_node_s_reset_cools_down_those_that_hold_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
