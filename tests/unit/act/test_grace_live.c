/* Asked to end before they are killed, on this machine's tree, v1 or v2. */
#include "slices/act/limit.h"
#include "slices/read/group.h"
#include "tests/unit/act/one_live.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define MIB (UINT64_C(1024) * 1024)
enum { TIDIED = 7, LIMIT_MIB = 40, HELD_MIB = 37, NEEDED_MIB = 8 };

static enum action_result reset(int64_t grace_msec)
{
    struct action action = bench_action(ACTION_RESET, &slice);
    action.grace_usec = grace_msec * 1000;
    return apply(&action);
}

static bool touch(size_t bytes)
{
    char *taken =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);
    return taken != MAP_FAILED;
}

/* It needs memory to tidy up. */
static void tidy_up(int signal_number)
{
    (void)signal_number;
    _exit(touch(NEEDED_MIB * MIB) ? TIDIED : 1);
}

static void work(void *unused)
{
    (void)unused;
    (void)signal(SIGTERM, tidy_up);
}

static void work_at_the_limit(void *unused)
{
    work(unused);
    (void)touch(HELD_MIB * MIB);
}

static void be_deaf(void *unused)
{
    (void)unused;
    (void)signal(SIGTERM, SIG_IGN);
}

static int exit_status(pid_t pid)
{
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static uint64_t hard_limit(void)
{
    uint64_t bytes = 0;
    int fd = group_open(bench.hierarchy.root_fd, slice.path);
    assert_int_equal(limit_read(fd, LIMIT_HARD, &bytes), 0);
    (void)close(fd);
    return bytes;
}

static void set_hard_limit(uint64_t bytes)
{
    int fd = group_open(bench.hierarchy.root_fd, slice.path);
    assert_int_equal(limit_write(fd, LIMIT_HARD, bytes), 0);
    int r = limit_write(fd, LIMIT_BOTH, bytes);
    assert_true(r == 0 || r == -ENOTSUP);
    (void)close(fd);
}

static void who_ends_when_asked_is_not_killed(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    pid_t pid = live_spawn(&bench.hierarchy, slice.path, NULL, work, NULL);
    assert_int_equal(reset(20000), RESULT_DONE);
    assert_int_equal(bench.outcome.rounds, 0);
    assert_int_equal(exit_status(pid), TIDIED);
}

static void who_does_not_is_killed(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    pid_t pid = live_spawn(&bench.hierarchy, slice.path, NULL, be_deaf, NULL);
    assert_int_equal(reset(200), RESULT_DONE);
    assert_true(bench.outcome.rounds >= 1);
    assert_int_equal(exit_status(pid), -SIGKILL);
}

static void not_asked_they_are_killed_at_once(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    pid_t pid = live_spawn(&bench.hierarchy, slice.path, NULL, work, NULL);
    assert_int_equal(reset(0), RESULT_DONE);
    assert_int_equal(exit_status(pid), -SIGKILL);
}

static void at_the_limit_there_is_room_to_tidy_up(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    set_hard_limit(LIMIT_MIB * MIB);
    pid_t pid = live_spawn(&bench.hierarchy, slice.path, NULL, work_at_the_limit, NULL);
    assert_int_equal(reset(20000), RESULT_DONE);
    assert_int_equal(bench.outcome.rounds, 0);
    assert_int_equal(exit_status(pid), TIDIED);
    assert_int_equal(hard_limit(), LIMIT_MIB * MIB);
    assert_int_equal(bench_journalled(&bench), 0);
}

static void what_was_raised_before_is_raised_afterwards(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    struct action raise = bench_action(ACTION_RAISE, &slice);
    raise.bytes = LIMIT_MIB * MIB;
    set_hard_limit(20 * MIB);
    assert_int_equal(apply(&raise), RESULT_DONE);
    (void)live_spawn(&bench.hierarchy, slice.path, NULL, work_at_the_limit, NULL);
    assert_int_equal(reset(20000), RESULT_DONE);
    assert_int_equal(hard_limit(), LIMIT_MIB * MIB);
    assert_int_equal(journal_undo_all(&bench.journal, NULL), 0);
    assert_int_equal(hard_limit(), 20 * MIB);
}

static void take_all_and_stay(int signal_number)
{
    (void)signal_number;
    (void)touch(NEEDED_MIB * MIB);
}

static void be_greedy(void *unused)
{
    work_at_the_limit(unused);
    (void)signal(SIGTERM, take_all_and_stay);
}

static void who_takes_the_room_and_stays_is_killed_and_the_limit_is_as_before(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    set_hard_limit(LIMIT_MIB * MIB);
    pid_t pid = live_spawn(&bench.hierarchy, slice.path, NULL, be_greedy, NULL);
    assert_int_equal(reset(500), RESULT_DONE);
    assert_int_equal(exit_status(pid), -SIGKILL);
    assert_int_equal(hard_limit(), LIMIT_MIB * MIB);
    assert_int_equal(bench_journalled(&bench), 0);
}

static void in_a_hurry_nobody_is_asked(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    pid_t pid = live_spawn(&bench.hierarchy, slice.path, NULL, work, NULL);
    actuator_hurry(actuator());
    assert_int_equal(reset(20000), RESULT_DONE);
    assert_int_equal(exit_status(pid), -SIGKILL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_ends_when_asked_is_not_killed),
        TEST(who_does_not_is_killed),
        TEST(not_asked_they_are_killed_at_once),
        TEST(at_the_limit_there_is_room_to_tidy_up),
        TEST(what_was_raised_before_is_raised_afterwards),
        TEST(who_takes_the_room_and_stays_is_killed_and_the_limit_is_as_before),
        TEST(in_a_hurry_nobody_is_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
