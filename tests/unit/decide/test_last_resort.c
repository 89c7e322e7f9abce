/* What keeps the node from being rebooted. */
#include "policy/decide/last_resort.h"
#include "tests/unit/decide/decide_test.h"

#define HOUR (60 * MINUTE)

static const struct last_resort_settings settings = {.action = LAST_RESORT_PANIC,
    .a_day = 3,
    .back_off_usec = 30 * MINUTE,
    .after_boot_usec = 10 * MINUTE};
static const struct stamp now = {.boot_usec = 100 * HOUR, .unix_usec = 1000000 * HOUR};
static struct last_resort_view view;
static struct boot_past past;

/* Something was tried a minute ago, and the machine never went down. */
static int set_up(void **state)
{
    (void)state;
    view = (struct last_resort_view){.tried_usec = now.boot_usec - MINUTE};
    past = (struct boot_past){.known = true};
    return 0;
}

static void ended(int64_t ago_usec)
{
    past.end[past.count].unix_usec = now.unix_usec - ago_usec;
    past.end[past.count++].how = BOOT_END_UNCLEAN;
}

static enum restraint restraint_at(struct stamp when)
{
    last_resort_see(&view, &past, when);
    return last_resort_restraint(&settings, &view, when);
}

static void in_order_it_is_armed_and_done(void **state)
{
    (void)state;
    assert_int_equal(restraint_at(now), RESTRAINT_NONE);
    assert_int_equal(last_resort_bar(&settings, &view, now), RESTRAINT_NONE);
}

static void unless_the_policy_says_so_it_is_announced(void **state)
{
    (void)state;
    struct last_resort_settings announced = settings;
    announced.action = LAST_RESORT_ANNOUNCE;
    last_resort_see(&view, &past, now);
    assert_int_equal(last_resort_restraint(&announced, &view, now), RESTRAINT_ANNOUNCED);
    assert_int_equal(last_resort_bar(&announced, &view, now), RESTRAINT_ANNOUNCED);
}

static void a_part_of_the_machine_does_not_end_the_whole(void **state)
{
    (void)state;
    view.confined = true;
    assert_int_equal(restraint_at(now), RESTRAINT_CONFINED);
}

static void without_a_ledger_nothing_is_done(void **state)
{
    (void)state;
    past.known = false;
    assert_int_equal(restraint_at(now), RESTRAINT_LEDGER);
}

static void a_machine_that_starts_is_left_alone(void **state)
{
    (void)state;
    struct stamp early = {.boot_usec = 10 * MINUTE - 1, .unix_usec = now.unix_usec};
    view.tried_usec = early.boot_usec;
    assert_int_equal(restraint_at(early), RESTRAINT_STARTING);
    early.boot_usec++;
    assert_int_equal(restraint_at(early), RESTRAINT_NONE);
}

static void so_many_a_day_and_no_more(void **state)
{
    (void)state;
    ended(23 * HOUR);
    ended(15 * HOUR);
    assert_int_equal(restraint_at(now), RESTRAINT_NONE);
    ended(10 * HOUR);
    assert_int_equal(restraint_at(now), RESTRAINT_SPENT);
    assert_int_equal(last_resort_bar(&settings, &view, now), RESTRAINT_SPENT);
    struct stamp later = {
        .boot_usec = now.boot_usec + HOUR + 1, .unix_usec = now.unix_usec + HOUR + 1};
    view.tried_usec = later.boot_usec;
    assert_int_equal(restraint_at(later), RESTRAINT_NONE);
}

static void each_waits_twice_as_long_as_the_one_before(void **state)
{
    (void)state;
    ended(29 * MINUTE);
    assert_int_equal(restraint_at(now), RESTRAINT_SPENT);
    past.count = 0;
    ended(31 * MINUTE);
    assert_int_equal(restraint_at(now), RESTRAINT_NONE);
    past.count = 0;
    ended(20 * HOUR);
    ended(59 * MINUTE);
    assert_int_equal(restraint_at(now), RESTRAINT_SPENT);
    past.count = 1;
    ended(61 * MINUTE);
    assert_int_equal(restraint_at(now), RESTRAINT_NONE);
}

/* The clock of a machine without a battery starts in the past. */
static void ends_that_lie_ahead_count(void **state)
{
    (void)state;
    ended(-5000 * HOUR);
    assert_int_equal(restraint_at(now), RESTRAINT_SPENT);
}

static void something_milder_must_have_been_tried(void **state)
{
    (void)state;
    view.tried_usec = 0;
    assert_int_equal(restraint_at(now), RESTRAINT_UNTRIED);
    view.tried_usec = now.boot_usec - LAST_RESORT_TRIED_USEC - 1;
    assert_int_equal(restraint_at(now), RESTRAINT_UNTRIED);
    assert_int_equal(last_resort_bar(&settings, &view, now), RESTRAINT_NONE); /* but for that */
    view.tried_usec++;
    assert_int_equal(restraint_at(now), RESTRAINT_NONE);
}

int main(void)
{
#define LAST_RESORT_TEST(name) cmocka_unit_test_setup(name, set_up)
    const struct CMUnitTest tests[] = {
        LAST_RESORT_TEST(in_order_it_is_armed_and_done),
        LAST_RESORT_TEST(unless_the_policy_says_so_it_is_announced),
        LAST_RESORT_TEST(a_part_of_the_machine_does_not_end_the_whole),
        LAST_RESORT_TEST(without_a_ledger_nothing_is_done),
        LAST_RESORT_TEST(a_machine_that_starts_is_left_alone),
        LAST_RESORT_TEST(so_many_a_day_and_no_more),
        LAST_RESORT_TEST(each_waits_twice_as_long_as_the_one_before),
        LAST_RESORT_TEST(ends_that_lie_ahead_count),
        LAST_RESORT_TEST(something_milder_must_have_been_tried),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
