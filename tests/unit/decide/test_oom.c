/* A slice whose tasks wait at its own limit, and whose OOM is mom's. */
#include "tests/unit/decide/one_slice.h"

#include <string.h>

#define LIMIT (160 * MIB)

static const char taking[] =
    "slices: {oom_delay: 10s, raise_to: 256M, raise_step: 25%, min_size: 64M, probation: 10min}\n"
    "raises: {budget: 128M, reserve: 20%}\n";
static const char taking_without_raises[] =
    "slices: {oom_delay: 10s, min_size: 64M, probation: 10min}\n";

static bool loose;

static void sample_with_limit(uint64_t limit, uint64_t kills)
{
    sample_set(&slice.watch.sample, SAMPLE_LIMIT_MAX, limit);
    sample_set(&slice.watch.sample, SAMPLE_EVENT_OOM_KILL, kills);
}

static int set_up_taking(void **state)
{
    (void)set_up(state);
    use_policy(taking);
    sample_with_limit(LIMIT, 0);
    return 0;
}

static struct oom_facts facts(double waited)
{
    return (struct oom_facts){.limit = LIMIT,
        .usage = LIMIT,
        .waited_usec = (int64_t)(waited * 1e6),
        .delay_usec = 10 * SECOND,
        .available = SAMPLE_NO_LIMIT,
        .swap_free = SAMPLE_NO_LIMIT};
}

static enum action_kind oom_by(const struct oom_facts *what, double seconds)
{
    uint32_t count = decide_oom(&slice.watch, &slice.slice, policy, &node, what, &raised_bytes,
        at(seconds), decision, &loose);
    return count ? decision->action : ACTION_NONE;
}

static enum action_kind oom(double seconds)
{
    const struct oom_facts what = facts(0.2);
    return oom_by(&what, seconds);
}

static bool wanted(double seconds)
{
    return oom_wanted(&slice.watch, &slice.slice, at(seconds));
}

static void outcome_is(enum action_kind kind, enum action_result result, double seconds)
{
    struct outcome outcome = {.kind = kind, .result = result};
    decide_outcome(&slice.watch, &outcome, at(seconds));
}

/* --- Whose it is. */

static void taken_over_is_who_has_a_limit_of_its_own_and_a_policy_that_says_so(void **state)
{
    (void)state;
    assert_true(wanted(0));
    sample_with_limit(SAMPLE_NO_LIMIT, 0);
    assert_false(wanted(0));
    use_policy(enforcing);
    sample_with_limit(LIMIT, 0);
    assert_false(wanted(0));
    use_policy("slices: {oom_delay: 10s, mode: warn}\n");
    sample_with_limit(LIMIT, 0);
    assert_false(wanted(0));
}

static void nobody_whom_mom_may_not_touch(void **state)
{
    (void)state;
    slice.watch.held = true;
    assert_false(wanted(0));
    slice.watch.held = false;
    slice.slice.protection = SLICE_PROTECTED_FOLDED;
    assert_false(wanted(0));
    slice.slice.protection = SLICE_UNPROTECTED;
    slice.watch.policy.protect = true;
    assert_false(wanted(0));
    slice.watch.policy.protect = false;
    slice.watch.ladder.state = LADDER_PROBATION;
    assert_false(wanted(0));
    slice.watch.ladder.state = LADDER_CALM;
    slice.watch.policy.min_age_usec = 10 * 3600 * SECOND;
    assert_false(wanted(0));
    slice.watch.policy.min_age_usec = 0;
    slice.watch.ordered.temporary.state = TEMPORARY_ON;
    assert_false(wanted(0));
}

static void what_could_not_be_taken_over_is_tried_again_in_a_while(void **state)
{
    (void)state;
    oom_asked(&slice.watch);
    oom_refused(&slice.watch, at(0));
    assert_false(wanted(59));
    assert_true(wanted(60));
}

static void late_once_it_stays_the_kernels_until_that_has_nothing_to_do(void **state)
{
    (void)state;
    assert_true(wanted(0));
    oom_taken(&slice.watch);
    oom_late(&slice.watch, at(10));
    assert_false(wanted(20));
    oom_returned(&slice.watch); /* an older word */
    assert_false(wanted(30));
    sample_with_limit(LIMIT, 1); /* what was let loose */
    assert_false(wanted(40));
    assert_false(wanted(40 + 599));
    sample_with_limit(LIMIT, 2);
    assert_false(wanted(40 + 600));
    assert_false(wanted(640 + 599));
    assert_true(wanted(640 + 600));
    assert_int_equal(slice.watch.oom.state, OOM_KERNELS);
}

static void or_until_a_person_has_it_released(void **state)
{
    (void)state;
    oom_late(&slice.watch, at(10));
    assert_false(wanted(20));
    decide_released(&slice.watch);
    assert_true(wanted(30));
}

/* --- What is done. */

static double value_of(const char *name)
{
    const struct evidence_item *item = evidence_of(&decision->evidence, name);
    assert_non_null(item);
    return item->value;
}

static void raised_where_it_may_be(void **state)
{
    (void)state;
    assert_int_equal(oom(0), ACTION_RAISE);
    assert_false(loose);
    assert_int_equal(decision->reason, REASON_OOM);
    assert_int_equal(decision->limit_bytes, 200 * MIB);
    assert_int_equal(decision_action(decision).bytes, 200 * MIB);
    assert_true(value_of("oom_limit") == (double)LIMIT);
    assert_true(value_of("oom_waited") == 200000);
    assert_true(value_of("raised_in_all") == (double)(40 * MIB));
    assert_int_equal(raised_bytes, 40 * MIB);
    assert_int_equal(slice.watch.ladder.state, LADDER_RAISED);
}

static void while_that_is_under_way_nothing_more(void **state)
{
    (void)state;
    assert_int_equal(oom(0), ACTION_RAISE);
    assert_int_equal(oom(1), ACTION_NONE);
    assert_false(loose);
}

static void step_by_step_and_reset_at_the_ceiling(void **state)
{
    (void)state;
    struct oom_facts what = facts(0.2);
    assert_int_equal(oom_by(&what, 0), ACTION_RAISE);
    outcome_is(ACTION_RAISE, RESULT_DONE, 1);
    what.limit = what.usage = 200 * MIB;
    assert_int_equal(oom_by(&what, 2), ACTION_RAISE);
    assert_int_equal(decision->limit_bytes, 240 * MIB);
    outcome_is(ACTION_RAISE, RESULT_DONE, 3);
    what.limit = what.usage = 240 * MIB;
    assert_int_equal(oom_by(&what, 4), ACTION_RAISE);
    assert_int_equal(decision->limit_bytes, 256 * MIB);
    outcome_is(ACTION_RAISE, RESULT_DONE, 5);
    what.limit = what.usage = 256 * MIB;
    assert_int_equal(oom_by(&what, 6), ACTION_RESET);
    assert_int_equal(slice.watch.ladder.state, LADDER_RESETTING);
}

static void not_beyond_the_budget_nor_without_room(void **state)
{
    (void)state;
    raised_bytes = 100 * MIB; /* by others */
    assert_int_equal(oom(0), ACTION_RESET);
    use_policy(taking);
    raised_bytes = 0;
    struct oom_facts what = facts(0.2);
    what.available = 220 * MIB; /* of which 205 are the reserve; the last tick saw more */
    assert_int_equal(oom_by(&what, 0), ACTION_RESET);
    assert_true(value_of("mem_available") == (double)(220 * MIB));
}

static void a_leaker_is_not_raised(void **state)
{
    (void)state;
    subject_leaks(&slice, LEAK_CONFIRMED, SHAPE_GROWING, 60);
    assert_int_equal(oom(0), ACTION_RESET);
}

static void a_raise_that_failed_is_no_answer(void **state)
{
    (void)state;
    assert_int_equal(oom(0), ACTION_RAISE);
    outcome_is(ACTION_RAISE, RESULT_FAILED, 1);
    assert_int_equal(oom(2), ACTION_RESET);
}

static void reset_else_from_every_state_that_may_be(void **state)
{
    (void)state;
    static const enum ladder_state states[] = {
        LADDER_CALM, LADDER_SUSPECTED, LADDER_RAISED, LADDER_WARNED, LADDER_THROTTLED};
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        use_policy(taking_without_raises);
        slice.watch.ladder.state = states[i];
        assert_int_equal(oom(0), ACTION_RESET);
        assert_false(loose);
        assert_true(decision->independent == !slice.watch.policy.interdependent);
        assert_int_equal(oom(1), ACTION_NONE); /* it is on its way */
        outcome_is(ACTION_RESET, RESULT_DONE, 2);
        assert_int_equal(slice.watch.ladder.strikes, 1);
        assert_int_equal(slice.watch.ladder.state, LADDER_PROBATION);
    }
}

static const char moving[] =
    "slices: {oom_delay: 10s, oom_to: /spare, raise_for: 1h, min_size: 64M}\n";

static void moved_where_there_is_a_group_for_that(void **state)
{
    (void)state;
    use_policy(moving);
    sample_with_limit(LIMIT, 0);
    assert_int_equal(oom(0), ACTION_MOVE);
    assert_string_equal(decision_action(decision).to, "/spare");
    assert_true(value_of("moved_for") == 3600e6);
    assert_int_equal(oom(1), ACTION_NONE); /* it is on its way, */
    assert_true(wanted(1));                /* and they wait for that */
    outcome_is(ACTION_MOVE, RESULT_DONE, 2);
    assert_false(wanted(2)); /* its OOM is the kernel's, who finds nobody there */
    assert_int_equal(tick(3599), ACTION_NONE);
    assert_int_equal(tick(3600), ACTION_RELEASE);
    assert_int_equal(decision->reason, REASON_SERVED);
}

static void reset_if_that_can_t_be_done(void **state)
{
    (void)state;
    use_policy(moving);
    assert_int_equal(oom(0), ACTION_MOVE);
    outcome_is(ACTION_MOVE, RESULT_REFUSED, 1);
    assert_int_equal(oom(2), ACTION_RESET);
}

static void a_small_one_too_since_the_limit_is_its_own(void **state)
{
    (void)state;
    use_policy(taking_without_raises);
    struct oom_facts what = facts(0.2);
    what.limit = what.usage = 20 * MIB;
    slice.watch.footprint = 20 * MIB;
    assert_int_equal(oom_by(&what, 0), ACTION_RESET);
}

static void not_where_it_would_give_nothing_back(void **state)
{
    (void)state;
    use_policy(taking_without_raises);
    struct oom_facts what = facts(0.2);
    what.outlives = LIMIT - 10 * MIB; /* files on a tmpfs */
    assert_int_equal(oom_by(&what, 0), ACTION_ALARM);
    assert_true(loose);
    assert_int_equal(decision->restraint, RESTRAINT_SIZE);
    assert_int_equal(slice.watch.ladder.state, LADDER_CALM);
}

static void under_a_restraint_the_kernels_killer_is_let_loose_at_once(void **state)
{
    (void)state;
    slice.watch.held = true;
    assert_int_equal(oom(0), ACTION_ALARM);
    assert_true(loose);
    assert_int_equal(decision->restraint, RESTRAINT_HOLD);
    assert_int_equal(decision->wanted, ACTION_RESET);
    assert_int_equal(oom(1), ACTION_NONE); /* the operators know */
    assert_true(loose);
}

static void so_it_is_without_a_word_when_the_policy_wants_it_no_more(void **state)
{
    (void)state;
    slice.watch.policy.oom_delay_usec = 0;
    assert_int_equal(oom(0), ACTION_NONE);
    assert_true(loose);
}

static void that_mom_was_late_is_told_whatever_is_under_way(void **state)
{
    (void)state;
    use_policy(taking_without_raises);
    assert_int_equal(oom(0), ACTION_RESET);
    struct oom_facts what = facts(10.1);
    what.late = true;
    assert_int_equal(oom_by(&what, 10), ACTION_ALARM);
    assert_int_equal(decision->restraint, RESTRAINT_LATE);
    assert_int_equal(slice.watch.ladder.state, LADDER_RESETTING); /* and goes on */
}

static void its_evidence_is_what_it_was_decided_by(void **state)
{
    (void)state;
    struct oom_facts what = facts(3);
    what.available = 400 * MIB;
    what.swap_free = 7 * MIB;
    what.outlives = 5 * MIB;
    assert_int_equal(oom_by(&what, 0), ACTION_RAISE);
    const struct oom_facts again = decide_oom_facts(decision);
    assert_true(again.limit == what.limit && again.usage == what.usage &&
                again.outlives == what.outlives && again.waited_usec == what.waited_usec &&
                again.delay_usec == what.delay_usec && again.late == what.late &&
                again.available == what.available && again.swap_free == what.swap_free);
}

int main(void)
{
#define OOM_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_taking, tear_down)
    const struct CMUnitTest tests[] = {
        OOM_TEST(taken_over_is_who_has_a_limit_of_its_own_and_a_policy_that_says_so),
        OOM_TEST(nobody_whom_mom_may_not_touch),
        OOM_TEST(what_could_not_be_taken_over_is_tried_again_in_a_while),
        OOM_TEST(late_once_it_stays_the_kernels_until_that_has_nothing_to_do),
        OOM_TEST(or_until_a_person_has_it_released),
        OOM_TEST(raised_where_it_may_be),
        OOM_TEST(while_that_is_under_way_nothing_more),
        OOM_TEST(step_by_step_and_reset_at_the_ceiling),
        OOM_TEST(not_beyond_the_budget_nor_without_room),
        OOM_TEST(a_leaker_is_not_raised),
        OOM_TEST(a_raise_that_failed_is_no_answer),
        OOM_TEST(reset_else_from_every_state_that_may_be),
        OOM_TEST(moved_where_there_is_a_group_for_that),
        OOM_TEST(reset_if_that_can_t_be_done),
        OOM_TEST(a_small_one_too_since_the_limit_is_its_own),
        OOM_TEST(not_where_it_would_give_nothing_back),
        OOM_TEST(under_a_restraint_the_kernels_killer_is_let_loose_at_once),
        OOM_TEST(so_it_is_without_a_word_when_the_policy_wants_it_no_more),
        OOM_TEST(that_mom_was_late_is_told_whatever_is_under_way),
        OOM_TEST(its_evidence_is_what_it_was_decided_by),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
