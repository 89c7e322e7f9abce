/* Several domains beside each other: who stands on which list, and what a reset for one means to
 * the others. */
#include "policy/decide/domains.h"
#include "tests/unit/decide/decide_test.h"

#include "slices/base/text.h"

#include <string.h>

static struct policy *policy;
static struct standings standings;
static struct node_watches watches;
static struct decision decision;
static struct subject inner, outer, beside;
static struct subject *const all[] = {&inner, &outer, &beside};

static void put(struct subject *subject, const char *path)
{
    (void)text_copy(subject->slice.path, sizeof subject->slice.path, path);
}

/* Domain 1 is /pods, domain 4 the pod /pods/a within it. */
static int set_up(void **state)
{
    (void)state;
    policy = load("");
    memset(&standings, 0, sizeof standings);
    memset(&watches, 0, sizeof watches);
    subject_init(&inner, policy, 1, "inner", 300 * MIB, 0);
    subject_init(&outer, policy, 2, "outer", 200 * MIB, 0);
    subject_init(&beside, policy, 3, "beside", 400 * MIB, 0);
    put(&inner, "/pods/a/inner");
    put(&outer, "/pods/b");
    put(&beside, "/podsbeside");
    stand(&standings.of[0], policy, all, 3, 0);
    stand_within(&standings.of[1], "/pods", policy, all, 3, 0);
    stand_within(&standings.of[4], "/pods/a", policy, all, 3, 0);
    for (uint32_t i = 0; i < DOMAINS_MAX; i++)
        (void)domains_follow(&watches, &standings, i);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    policy_free(policy);
    return 0;
}

/* Shows one domain a node that is used up, until something is decided. */
static enum action_kind show(uint32_t domain, double from)
{
    struct node_sample node = node_of(from, 20 * MIB, 10 * MIB);
    for (int i = 0; i < 12; i++) {
        node.at = at(from + i * 0.25);
        node.value[NODE_PSWPOUT] += 100;
        if (decide_node(
                &watches.of[domain], policy, &node, &standings.of[domain], node.at, &decision) == 1)
            return decision.action;
    }
    return ACTION_NONE;
}

static void a_list_holds_those_within(void **state)
{
    (void)state;
    assert_int_equal(standings.of[0].count, 3);
    assert_int_equal(standings.of[0].unprotected, 3);
    assert_int_equal(standings.of[1].count, 2);
    assert_string_equal(standings.of[1].entry[0].name, "inner");
    assert_string_equal(standings.of[1].entry[1].name, "outer");
    assert_int_equal(standings.of[4].count, 1);
}

static void a_decision_names_its_domain(void **state)
{
    (void)state;
    assert_int_equal(show(1, 0), ACTION_RESET);
    assert_string_equal(decision.domain, "/pods");
    assert_string_equal(decision.name, "inner");
    assert_int_equal(show(0, 5), ACTION_RESET);
    assert_string_equal(decision.domain, "");
}

static void a_domain_of_one_is_told_of_and_not_reset(void **state)
{
    (void)state;
    assert_int_equal(show(4, 0), ACTION_WARN);
    assert_int_equal(decision.restraint, RESTRAINT_LONE);
}

static void nor_one_beside_whom_are_none_but_small_ones(void **state)
{
    (void)state;
    subject_init(&outer, policy, 2, "outer", 2 * MIB, 0); /* of 1024 */
    put(&outer, "/pods/b");
    stand_within(&standings.of[1], "/pods", policy, all, 3, 0);
    assert_int_equal(standings.of[1].unprotected, 2);
    assert_int_equal(show(1, 0), ACTION_WARN);
    assert_string_equal(decision.name, "inner");
    assert_int_equal(decision.restraint, RESTRAINT_LONE);
}

static void who_is_on_his_way_is_not_reset_for_another(void **state)
{
    (void)state;
    assert_int_equal(show(1, 0), ACTION_RESET);
    assert_false(domains_await(&watches, policy, 1, &decision));
    domains_note_reset(&watches, &standings, 1, &decision);
    put(&beside, "/pods/beside"); /* else it goes first on the node */
    struct decision same = decision;
    same.at = at(10);
    assert_true(domains_await(&watches, policy, 0, &same));
    same.at = at(20); /* the cool-down is over, and it is still there */
    assert_false(domains_await(&watches, policy, 0, &same));
    same.serial = beside.slice.serial;
    same.at = at(10);
    assert_false(domains_await(&watches, policy, 0, &same));
}

static void a_reset_cools_down_what_is_inside_and_not_what_is_around(void **state)
{
    (void)state;
    assert_int_equal(show(1, 0), ACTION_RESET);
    domains_note_reset(&watches, &standings, 1, &decision);
    assert_true(watches.of[4].reset.usec == decision.at.boot_usec);
    assert_true(watches.of[0].reset.usec == 0);
    assert_int_equal(show(0, 5), ACTION_RESET);
}

static void nor_what_does_not_hold_it(void **state)
{
    (void)state;
    assert_int_equal(show(0, 0), ACTION_RESET); /* beside */
    assert_string_equal(decision.name, "beside");
    domains_note_reset(&watches, &standings, 0, &decision);
    assert_true(watches.of[1].reset.usec == 0);
    assert_true(watches.of[4].reset.usec == 0);
}

static void another_domain_in_the_place_begins_anew(void **state)
{
    (void)state;
    assert_int_equal(show(1, 0), ACTION_RESET);
    assert_false(domains_follow(&watches, &standings, 1));
    assert_true(watches.of[1].reset.usec != 0);
    stand_within(&standings.of[1], "/other", policy, all, 3, 10);
    assert_true(domains_follow(&watches, &standings, 1));
    assert_true(watches.of[1].reset.usec == 0);
    assert_string_equal(watches.of[1].domain, "/other");
}

static void no_group_makes_the_node_reboot(void **state)
{
    (void)state;
    policy_free(policy);
    policy = load("rules:\n- {name: last, available_below: 10%, action: reboot}\n");
    assert_int_equal(show(1, 0), ACTION_NONE);
    assert_int_equal(show(0, 5), ACTION_ALARM);
    assert_int_equal(decision.restraint, RESTRAINT_ANNOUNCED);
}

static void the_fullest_domain_says_what_room_is_left(void **state)
{
    (void)state;
    uint64_t room = 0;
    standings.of[1].node = node_of(0, 90 * MIB, 10 * MIB);
    standings.of[4].node = node_of(0, 70 * MIB, 20 * MIB);
    assert_true(domains_room(&standings, &inner.watch, &inner.slice, &room));
    assert_int_equal(room, 90 * MIB);
    assert_true(domains_room(&standings, &outer.watch, &outer.slice, &room));
    assert_int_equal(room, 100 * MIB);
    assert_false(domains_room(&standings, &beside.watch, &beside.slice, &room));
    standings.of[4].in_use = false;
    assert_true(domains_room(&standings, &inner.watch, &inner.slice, &room));
    assert_int_equal(room, 100 * MIB);
}

static void places_are_copied_with_their_emptiness(void **state)
{
    (void)state;
    static struct standings copy;
    copy.of[2].in_use = true;
    standings_copy(&copy, &standings);
    assert_false(copy.of[2].in_use);
    assert_true(copy.of[4].in_use);
    assert_string_equal(copy.of[4].domain, "/pods/a");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_list_holds_those_within),
        TEST(a_decision_names_its_domain),
        TEST(a_domain_of_one_is_told_of_and_not_reset),
        TEST(nor_one_beside_whom_are_none_but_small_ones),
        TEST(who_is_on_his_way_is_not_reset_for_another),
        TEST(a_reset_cools_down_what_is_inside_and_not_what_is_around),
        TEST(nor_what_does_not_hold_it),
        TEST(another_domain_in_the_place_begins_anew),
        TEST(no_group_makes_the_node_reboot),
        TEST(the_fullest_domain_says_what_room_is_left),
        TEST(places_are_copied_with_their_emptiness),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
