#include "policy/file/settings.h"
#include "tests/unit/decide/decide_test.h"

#include <stdlib.h>
#include <string.h>

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
    /* quiet suspect strained relieved thrashing freeze-due reset-due oom confirm due overdue let-go
       ordered done failed over */
    {C, S, U, C, W, W, W, R, W, W, W, C, R, P, C, C},
    {C, S, U, S, W, W, W, R, W, W, W, S, R, P, S, S},
    {U, U, U, C, U, F, R, R, W, W, W, C, R, P, U, U},
    {C, W, W, W, W, F, R, R, W, T, R, W, R, P, W, W},
    {C, T, T, T, T, T, T, R, T, T, R, W, R, P, T, T},
    {F, F, F, W, F, F, F, R, F, F, F, W, R, P, F, F},
    {R, R, R, R, R, R, R, R, R, R, R, R, R, P, W, R},
    {P, P, P, P, P, P, P, P, P, P, P, P, R, P, P, W},
};
static const char action[LADDER_STATES][LADDER_EVENTS + 1] = {
    "-ru-wwwXwww-X---",
    "--u-wwwXwww-X---",
    "--ulwfXXwww-X---",
    "r----fXX-tX-X---",
    "l------X--X-X---",
    "---l---X----X---",
    "------------X---",
    "-------a-aa-X---",
};
static const char letters[ACTION_KINDS] = "-rawctufmlXB";

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

static void only_a_warned_or_ordered_slice_or_one_at_its_limit_is_ever_reset(void **state)
{
    (void)state;
    for (int s = 0; s < LADDER_STATES; s++)
        for (int e = 0; e < LADDER_EVENTS; e++)
            if (ladder_table[s][e].action == ACTION_RESET)
                assert_true(e == LADDER_ORDERED || e == LADDER_OOM ||
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

#define DAY (86400 * 1000000ll)
#define T0  (20000 * DAY)

static void good_behaviour_is_rewarded(void **state)
{
    (void)state;
    struct ladder ladder = {0};
    for (int i = 0; i < 4; i++)
        ladder_strike(&ladder, T0 + i);
    ladder_forgive(&ladder, 7 * DAY, T0 + 6 * DAY);
    assert_int_equal(ladder.strikes, 4);
    ladder_forgive(&ladder, 7 * DAY, T0 + 8 * DAY);
    assert_int_equal(ladder.strikes, 3);
    ladder_forgive(&ladder, 7 * DAY, T0 + 8 * DAY); /* looking again forgives no more */
    assert_int_equal(ladder.strikes, 3);
    ladder_forgive(&ladder, 7 * DAY, T0 + 22 * DAY); /* the rest of the first week isn't lost */
    assert_int_equal(ladder.strikes, 1);
    ladder_strike(&ladder, T0 + 23 * DAY); /* from here on anew */
    ladder_forgive(&ladder, 7 * DAY, T0 + 29 * DAY);
    assert_int_equal(ladder.strikes, 2);
    ladder_forgive(&ladder, 7 * DAY, T0 + 300 * DAY);
    assert_int_equal(ladder.strikes, 0);
}

static void a_clock_that_goes_back_forgives_nothing(void **state)
{
    (void)state;
    struct ladder ladder = {0};
    ladder_strike(&ladder, T0);
    ladder_forgive(&ladder, 7 * DAY, T0 - 100 * DAY);
    assert_int_equal(ladder.strikes, 1);
    ladder_forgive(&ladder, 0, T0 + 100 * DAY); /* nor does who says so */
    assert_int_equal(ladder.strikes, 1);
}

static void what_the_record_remembers_counts_as_if_it_had_been_seen(void **state)
{
    (void)state;
    const int64_t days[] = {0, 1, 2, 20, 21};
    struct ladder seen = {0}, told = {0};
    struct ladder_past past = {0};
    for (int i = 0; i < 5; i++) {
        ladder_forgive(&seen, 7 * DAY, T0 + days[i] * DAY);
        ladder_strike(&seen, T0 + days[i] * DAY);
        past.unix_usec[past.strikes++] = T0 + days[i] * DAY;
    }
    ladder_remember(&told, &past, 7 * DAY, T0 + 22 * DAY);
    assert_int_equal(seen.strikes, 3);
    assert_int_equal(told.strikes, 3);
    assert_int_equal(told.struck_unix_usec, seen.struck_unix_usec);
    ladder_remember(&told, &past, 7 * DAY, T0 + 22 * DAY); /* told twice */
    assert_int_equal(told.strikes, 3);
    told = (struct ladder){0};
    ladder_remember(&told, &past, 7 * DAY, T0 + 29 * DAY);
    assert_int_equal(told.strikes, 2);
}

/* An unprivileged program tells it. */
static void a_past_that_cannot_be_is_passed_over(void **state)
{
    (void)state;
    struct ladder ladder = {.strikes = 1, .struck_unix_usec = T0};
    struct ladder_past past = {.strikes = UINT32_MAX};
    for (int i = 0; i < LADDER_PAST_MAX; i++)
        past.unix_usec[i] = i % 2 ? INT64_MAX : INT64_MIN;
    ladder_remember(&ladder, &past, 7 * DAY, T0 + DAY);
    assert_int_equal(ladder.strikes, 1);
    assert_int_equal(ladder.struck_unix_usec, T0);
}

static void a_penalty_asks_for_no_more_strikes_than_are_told(void **state)
{
    (void)state;
    size_t count;
    const struct setting *setting = settings_table(&count), *end = setting + count;
    while (setting < end && (setting->scope != SCOPE_PENALTY || strcmp(setting->name, "strikes")))
        setting++;
    assert_true(setting < end);
    assert_int_equal(strtol(setting->most, NULL, 10), LADDER_PAST_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_and_event_leads_where_the_manual_says),
        cmocka_unit_test(only_a_warned_or_ordered_slice_or_one_at_its_limit_is_ever_reset),
        cmocka_unit_test(the_end_of_an_incident_forgets_all_but_the_strikes),
        cmocka_unit_test(good_behaviour_is_rewarded),
        cmocka_unit_test(a_clock_that_goes_back_forgives_nothing),
        cmocka_unit_test(what_the_record_remembers_counts_as_if_it_had_been_seen),
        cmocka_unit_test(a_past_that_cannot_be_is_passed_over),
        cmocka_unit_test(a_penalty_asks_for_no_more_strikes_than_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
