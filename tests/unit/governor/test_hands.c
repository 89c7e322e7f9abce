/* The hands over made-up v2 files: a write that blocks, since somebody has a lease on the file
 * (fcntl(2)), holds up no reset, and is cut short. */
#include "mom/common/clock.h"
#include "mom/governor/hands.h"
#include "slices/base/file.h"
#include "slices/base/text.h"
#include "tests/unit/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { SLICES = 4, BLOCKED = 0, RING_SIZE = 256 * 1024 };

static const char *const files[][2] = {{"cgroup.procs", ""}, {"cgroup.kill", ""},
    {"cgroup.events", "populated 0\nfrozen 0\n"}, {"memory.current", "7000\n"},
    {"memory.swap.current", "500\n"}, {"memory.high", "max\n"}};
static const uint8_t boot[16] = "a boot of tests";

static struct hierarchy hierarchy;
static struct journal journal;
static struct ring_writer ring;
static struct heartbeat_page heart;
static struct actuator *actuator;
static struct hands *hands;
static int outcome_fd, lease_fd;

static void make_group(int index)
{
    char name[16];
    (void)snprintf(name, sizeof name, "g%d", index);
    assert_int_equal(mkdirat(hierarchy.root_fd, name, 0755), 0);
    int group = openat(hierarchy.root_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        (void)close(openat(group, files[i][0], O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
        assert_int_equal(file_write(group, files[i][0], files[i][1]), 0);
    }
    (void)close(group);
}

/* Who opens it for writing waits until the lease ends, or is taken away after 45 s. */
static void block_writers(void)
{
    (void)signal(SIGIO, SIG_IGN);
    lease_fd = openat(hierarchy.root_fd, "g0/memory.high", O_RDONLY | O_CLOEXEC);
    assert_int_equal(fcntl(lease_fd, F_SETLEASE, F_RDLCK), 0);
}

static int set_up(void **state)
{
    char path[96], ack[96];
    assert_int_equal(folder_make(state), 0);
    hierarchy = (struct hierarchy){.version = HIERARCHY_V2};
    (void)text_copy(hierarchy.root, sizeof hierarchy.root, folder);
    hierarchy.root_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; i < SLICES; i++)
        make_group(i);
    block_writers();
    (void)snprintf(path, sizeof path, "%s/ring", folder);
    (void)snprintf(ack, sizeof ack, "%s/ack", folder);
    assert_int_equal(ring_writer_open(&ring, path, ack, RING_SIZE, 0640, (gid_t)-1, NULL), 0);
    assert_int_equal(journal_open(&journal, folder, NULL), 0);
    const struct actuator_options options = {.hierarchy = &hierarchy,
        .journal = &journal,
        .scope = "/",
        .proc_root = "/proc",
        .boot = boot,
        .now = clock_now};
    assert_int_equal(actuator_open(&options, &actuator, NULL), 0);
    outcome_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    const struct hands_options with = {actuator, &ring, &heart, NULL, outcome_fd};
    assert_int_equal(hands_open(&with, &hands, NULL), 0);
    return 0;
}

static int tear_down(void **state)
{
    hands_close(hands);
    actuator_close(actuator);
    journal_close(&journal);
    ring_writer_close(&ring);
    (void)close(hierarchy.root_fd);
    (void)close(outcome_fd);
    (void)close(lease_fd);
    return folder_remove(state);
}

/* `inode` of the action says whose hand it is: all of a slice go to one. */
static struct action action_on(int index, enum action_kind kind, uint64_t decision)
{
    struct action action = {.kind = kind, .decision = decision, .bytes = 1 << 20};
    struct stat status;
    (void)snprintf(action.path, sizeof action.path, "/g%d", index);
    assert_int_equal(fstatat(hierarchy.root_fd, action.path + 1, &status, 0), 0);
    action.life = (struct slice_life){.mount = status.st_dev, .inode = status.st_ino};
    memcpy(action.life.boot, boot, sizeof boot);
    return action;
}

/* The next outcome, waited for; meanwhile the hands are watched as the governor does. False: none
 * came within so many seconds. */
static bool wait_for_outcome(
    struct outcome *ret, int seconds, bool watches, struct hands_stuck *stuck)
{
    const struct timespec pause = {.tv_nsec = 20000000};
    for (int i = 0; i < 50 * seconds; i++) {
        struct hands_stuck one;
        if (hands_outcome(hands, ret))
            return true;
        if (watches && hands_watch(hands, clock_now().boot_usec, &one) && stuck)
            *stuck = one;
        (void)nanosleep(&pause, NULL);
    }
    return false;
}

static void give(int index, enum action_kind kind, uint64_t decision)
{
    const struct action action = action_on(index, kind, decision);
    assert_true(hands_give(hands, HANDS_GOVERNOR, &action));
}

static void what_is_given_is_done(void **state)
{
    (void)state;
    struct outcome outcome;
    give(1, ACTION_THROTTLE, 11);
    assert_true(wait_for_outcome(&outcome, 10, false, NULL));
    assert_int_equal(outcome.decision, 11);
    assert_int_equal(outcome.result, RESULT_DONE);
    assert_string_equal(outcome.error, "");
}

/* The other slices' hands may be the blocked one's: of three hands one is. */
static void a_write_that_blocks_holds_up_no_reset(void **state)
{
    (void)state;
    struct outcome outcome;
    give(BLOCKED, ACTION_THROTTLE, 11);
    give(BLOCKED, ACTION_RESET, 12);
    give(2, ACTION_RESET, 13);
    assert_true(wait_for_outcome(&outcome, 10, false, NULL));
    assert_int_equal(outcome.decision, 12);
    assert_true(wait_for_outcome(&outcome, 10, false, NULL));
    assert_int_equal(outcome.decision, 13);
    assert_false(wait_for_outcome(&outcome, 1, false, NULL)); /* it is blocked still */
}

static void it_is_cut_short(void **state)
{
    (void)state;
    struct outcome outcome;
    give(BLOCKED, ACTION_THROTTLE, 11);
    assert_false(wait_for_outcome(&outcome, 1, true, NULL)); /* not at once */
    assert_true(wait_for_outcome(&outcome, 10, true, NULL));
    assert_int_equal(outcome.decision, 11);
    assert_int_equal(outcome.result, RESULT_FAILED);
    assert_non_null(strstr(outcome.error, strerror(EINTR)));
    assert_true(outcome.ended.boot_usec - outcome.started.boot_usec < 5 * 1000000ll);
}

static void not_more_than_fit_are_taken(void **state)
{
    (void)state;
    const struct action action = action_on(BLOCKED, ACTION_THROTTLE, 11);
    int taken = 0;
    while (taken < 1000 && hands_give(hands, HANDS_GOVERNOR, &action))
        taken++;
    assert_in_range(taken, 32, 33);
    const struct action other = action_on(BLOCKED, ACTION_RESET, 12);
    assert_true(hands_give(hands, HANDS_GOVERNOR, &other));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_is_given_is_done),
        TEST(a_write_that_blocks_holds_up_no_reset),
        TEST(it_is_cut_short),
        TEST(not_more_than_fit_are_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
