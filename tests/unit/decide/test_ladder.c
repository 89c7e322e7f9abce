#include "tests/unit/decide/decide_test.h"

/* What the manual promises, cell by cell: next state and action. */
#define C LADDER_CALM
#define S LADDER_SUSPECTED
#define U LADDER_RAISED
#define W LADDER_WARNED
#define T LADDER_THROTTLED
#define F LADDER_FROZEN
#define R LADDER_RESETTING
#define P LADDER_PROBATION
static const enum ladder_state next[LADDER_STATES][LADDER_EVENTS] = {
    /* quiet suspect strained relieved thrashing freeze-due reset-due confirm due overdue let-go
       ordered done failed over */
    {C, S, U, C, W, W, W, W, W, W, C, R, P, C, C},
    {C, S, U, S, W, W, W, W, W, W, S, R, P, S, S},
    {U, U, U, C, U, F, R, W, W, W, C, R, P, U, U},
    {C, W, W, W, W, F, R, W, T, R, W, R, P, W, W},
    {C, T, T, T, T, T, T, T, T, R, W, R, P, T, T},
    {F, F, F, W, F, F, F, F, F, F, W, R, P, F, F},
    {R, R, R, R, R, R, R, R, R, R, R, R, P, W, R},
    {P, P, P, P, P, P, P, P, P, P, P, R, P, P, W},
};
static const char action[LADDER_STATES][LADDER_EVENTS + 1] = {
    "-ru-wwwwww-X---",
    "--u-wwwwww-X---",
    "--ulwfXwww-X---",
    "r----fX-tX-X---",
    "l--------X-X---",
    "---l-------X---",
    "-----------X---",
    "--------aa-X---",
};
static const char letters[ACTION_KINDS] = "-rawctufmlX";

static void every_state_and_event_leads_where_the_manual_says(void **state)
{
    (void)state;
    for (int s = 0; s < LADDER_STATES; s++)
        for (int e = 0; e < LADDER_EVENTS; e++) {
            struct ladder ladder = {.state = (enum ladder_state)s, .since_usec = 1};
            enum action_kind taken = ladder_take(&ladder, (enum ladder_event)e, at(7));
            assert_int_equal(ladder.state, next[s][e]);
            assert_int_equal(letters[taken], action[s][e]);
            bool moved = (int)next[s][e] != s;
            assert_int_equal(ladder.since_usec, moved ? at(7).boot_usec : 1);
            assert_int_equal(ladder.strikes, e == LADDER_RESET_DONE);
        }
}

static void only_a_warned_or_ordered_slice_is_ever_reset(void **state)
{
    (void)state;
    for (int s = 0; s < LADDER_STATES; s++)
        for (int e = 0; e < LADDER_EVENTS; e++)
            if (ladder_table[s][e].action == ACTION_RESET)
                assert_true(e == LADDER_ORDERED ||
                            (e == LADDER_RESET_DUE && (s == LADDER_WARNED || s == LADDER_RAISED)) ||
                            (e == LADDER_OVERDUE && (s == LADDER_WARNED || s == LADDER_THROTTLED)));
}

static void the_end_of_an_incident_forgets_all_but_the_strikes(void **state)
{
    (void)state;
    struct ladder ladder = {.state = LADDER_WARNED,
        .warned_usec = 1,
        .alarmed_usec = 2,
        .probation_usec = 3,
        .strikes = 4,
        .incident = 5};
    assert_int_equal(ladder_take(&ladder, LADDER_QUIET, at(0)), ACTION_RECORD);
    assert_int_equal(ladder.warned_usec, 0);
    assert_int_equal(ladder.alarmed_usec, 0);
    assert_int_equal(ladder.incident, 0);
    assert_int_equal(ladder.strikes, 4);
}

static void probation_doubles_with_strikes_up_to_a_bound(void **state)
{
    (void)state;
    const int64_t expected[] = {2, 2, 4, 8, 16, 32, 32};
    for (uint32_t strikes = 0; strikes < 7; strikes++)
        assert_int_equal(ladder_probation_usec(2, strikes), expected[strikes]);
    assert_int_equal(ladder_probation_usec(2, UINT32_MAX), 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_and_event_leads_where_the_manual_says),
        cmocka_unit_test(only_a_warned_or_ordered_slice_is_ever_reset),
        cmocka_unit_test(the_end_of_an_incident_forgets_all_but_the_strikes),
        cmocka_unit_test(probation_doubles_with_strikes_up_to_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
