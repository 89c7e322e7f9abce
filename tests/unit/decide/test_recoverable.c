/* Is the node recoverable? Each sign, and each switched off. */
#include "tests/unit/decide/decide_test.h"

#include "policy/decide/recoverable.h"

#include <string.h>

enum { LOOKS_A_SECOND = 4 };

static struct recoverable recoverable;
static struct watchdog_settings settings;
static struct vital_signs signs; /* of the newest look */
static bool beats[VITALS];
static struct node_watch watch;

static int set_up(void **state)
{
    (void)state;
    recoverable = (struct recoverable){0};
    settings = (struct watchdog_settings){.device = "/dev/watchdog",
        .fork_usec = 30 * SECOND,
        .memory_usec = 10 * MINUTE,
        .disk_usec = 5 * MINUTE};
    signs = (struct vital_signs){.at_usec = at(0).boot_usec};
    for (int i = 0; i < VITALS; i++)
        beats[i] = true;
    node_watch_init(&watch);
    return 0;
}

/* Looks for so long, and says what is wrong at the end. */
static enum ailment look_for(double seconds)
{
    enum ailment ailment = AILMENT_NONE;
    for (int i = 0; i < (int)(seconds * LOOKS_A_SECOND); i++) {
        signs.at_usec += SECOND / LOOKS_A_SECOND;
        for (int vital = 0; vital < VITALS; vital++)
            if (beats[vital])
                signs.beat_usec[vital] = signs.at_usec;
        ailment = recoverable_look(&recoverable, &signs, &settings);
    }
    return ailment;
}

static void what_has_never_beaten_is_not_in_order(void **state)
{
    (void)state;
    static const enum ailment of[VITALS] = {[VITAL_SAMPLING] = AILMENT_SAMPLING,
        [VITAL_ACTING] = AILMENT_ACTING,
        [VITAL_FORK] = AILMENT_FORK,
        [VITAL_DISK] = AILMENT_DISK};
    for (int vital = 0; vital < VITALS; vital++) {
        (void)set_up(state);
        beats[vital] = false;
        assert_int_equal(look_for(1), of[vital]);
        beats[vital] = true;
        assert_int_equal(look_for(1), AILMENT_NONE);
    }
}

static void a_silent_thread_is_left_to_the_warden_first(void **state)
{
    (void)state;
    assert_int_equal(look_for(1), AILMENT_NONE);
    beats[VITAL_SAMPLING] = false;
    assert_int_equal(look_for(89), AILMENT_NONE);
    assert_int_equal(look_for(3), AILMENT_SAMPLING);
    beats[VITAL_SAMPLING] = true;
    beats[VITAL_ACTING] = false;
    assert_int_equal(look_for(329), AILMENT_NONE);
    assert_int_equal(look_for(3), AILMENT_ACTING);
    beats[VITAL_ACTING] = true;
    assert_int_equal(look_for(1), AILMENT_NONE);
}

static void new_processes_must_start_unless_they_do_not_matter(void **state)
{
    (void)state;
    assert_int_equal(look_for(1), AILMENT_NONE);
    beats[VITAL_FORK] = false;
    assert_int_equal(look_for(29), AILMENT_NONE);
    assert_int_equal(look_for(3), AILMENT_FORK);
    settings.fork_usec = 0;
    assert_int_equal(look_for(1), AILMENT_NONE);
}

static void the_disk_must_take_something_unless_it_does_not_matter(void **state)
{
    (void)state;
    assert_int_equal(look_for(1), AILMENT_NONE);
    beats[VITAL_DISK] = false;
    assert_int_equal(look_for(299), AILMENT_NONE);
    assert_int_equal(look_for(3), AILMENT_DISK);
    settings.disk_usec = 0;
    assert_int_equal(look_for(1), AILMENT_NONE);
}

static void memory_must_come_back_unless_it_does_not_matter(void **state)
{
    (void)state;
    signs.waiting = true;
    assert_int_equal(look_for(599), AILMENT_NONE);
    assert_int_equal(look_for(3), AILMENT_MEMORY);
    settings.memory_usec = 0;
    assert_int_equal(look_for(1), AILMENT_NONE);
}

static void a_look_at_the_right_moment_is_no_respite(void **state)
{
    (void)state;
    signs.waiting = true;
    (void)look_for(590);
    signs.waiting = false;
    assert_int_equal(look_for(5), AILMENT_NONE);
    signs.waiting = true;
    assert_int_equal(look_for(12), AILMENT_MEMORY);
    signs.waiting = false;
    assert_int_equal(look_for(5), AILMENT_MEMORY);
    assert_int_equal(look_for(6), AILMENT_NONE); /* for so long it is */
    signs.waiting = true;
    assert_int_equal(look_for(590), AILMENT_NONE);
}

static void nobody_was_silent_while_the_whole_machine_stood_still(void **state)
{
    (void)state;
    settings.disk_usec = 0;
    assert_int_equal(look_for(1), AILMENT_NONE);
    signs.at_usec += 3600 * SECOND; /* suspended: nothing has beaten meanwhile */
    assert_int_equal(recoverable_look(&recoverable, &signs, &settings), AILMENT_NONE);
    assert_int_equal(look_for(1), AILMENT_NONE);
}

static void of_several_the_first_is_said(void **state)
{
    (void)state;
    assert_int_equal(look_for(1), AILMENT_NONE);
    for (int i = 0; i < VITALS; i++)
        beats[i] = false;
    signs.waiting = true;
    assert_int_equal(look_for(35), AILMENT_FORK);
    assert_int_equal(look_for(60), AILMENT_SAMPLING);
}

static void all_wait_where_little_is_left_and_half_of_the_time_is_lost(void **state)
{
    (void)state;
    struct node_sample node = node_of(0, 100 * MIB, 0);
    watch.stalled = 0.5;
    assert_true(vital_signs_waiting(&watch, &node));
    watch.stalled = 0.4;
    assert_false(vital_signs_waiting(&watch, &node));
    watch.stalled = 0.9; /* of a group that is full, say */
    node = node_of(0, 110 * MIB, 0);
    assert_false(vital_signs_waiting(&watch, &node));
}

static void without_psi_whoever_reclaims_waits(void **state)
{
    (void)state;
    struct node_sample node = node_of(60, 30 * MIB, 0);
    node.have &= ~((uint64_t)1 << NODE_PSI_FULL_AVG10);
    assert_false(vital_signs_waiting(&watch, &node));
    watch.reclaimed_usec = at(55).boot_usec;
    assert_true(vital_signs_waiting(&watch, &node));
    watch.reclaimed_usec = at(40).boot_usec;
    assert_false(vital_signs_waiting(&watch, &node));
    watch.reclaimed_usec = at(55).boot_usec;
    node.value[NODE_MEM_AVAILABLE] = 40 * MIB;
    assert_false(vital_signs_waiting(&watch, &node));
}

static void what_is_not_known_is_no_waiting(void **state)
{
    (void)state;
    const struct node_sample nothing = {.at = at(0)};
    watch.stalled = 1;
    assert_false(vital_signs_waiting(&watch, &nothing));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_has_never_beaten_is_not_in_order, set_up),
        cmocka_unit_test_setup(a_silent_thread_is_left_to_the_warden_first, set_up),
        cmocka_unit_test_setup(new_processes_must_start_unless_they_do_not_matter, set_up),
        cmocka_unit_test_setup(the_disk_must_take_something_unless_it_does_not_matter, set_up),
        cmocka_unit_test_setup(memory_must_come_back_unless_it_does_not_matter, set_up),
        cmocka_unit_test_setup(a_look_at_the_right_moment_is_no_respite, set_up),
        cmocka_unit_test_setup(nobody_was_silent_while_the_whole_machine_stood_still, set_up),
        cmocka_unit_test_setup(of_several_the_first_is_said, set_up),
        cmocka_unit_test_setup(all_wait_where_little_is_left_and_half_of_the_time_is_lost, set_up),
        cmocka_unit_test_setup(without_psi_whoever_reclaims_waits, set_up),
        cmocka_unit_test_setup(what_is_not_known_is_no_waiting, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
