/* mom is killed at any instant while limits come and go: afterwards each is what it was. */
#include "slices/act/soft_limit.h"
#include "slices/base/text.h"
#include "slices/read/group.h"
#include "tests/unit/act/bench.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define MIB (UINT64_C(1024) * 1024)
enum { SLICES = 4, POINTS = 200, LONGEST_USEC = 4000 };

static struct bench bench;
static struct slice slices[SLICES];
static const uint64_t original[SLICES] = {300 * MIB, 500 * MIB, 700 * MIB, 64 * MIB};
static char scope[SLICE_PATH_MAX];

static int set_up(void **state)
{
    (void)state;
    bench_open_live(&bench, "crash", scope, &slices[0]);
    for (uint32_t i = 1; i < SLICES && bench.hierarchy.root_fd >= 0; i++) {
        char path[SLICE_PATH_MAX];
        (void)text_format(path, sizeof path, "%s/slice-%u", scope, i);
        live_make(bench.hierarchy.root, path);
        slices[i] = live_slice(&bench.hierarchy, path, i + 1);
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    bench_close_live(&bench);
    return 0;
}

static int group_of(uint32_t i)
{
    return group_open(bench.hierarchy.root_fd, slices[i].path);
}

static void set_limits(void)
{
    for (uint32_t i = 0; i < SLICES; i++) {
        int fd = group_of(i);
        assert_int_equal(soft_limit_write(fd, original[i]), 0);
        (void)close(fd);
    }
}

static uint64_t limit_of(uint32_t i)
{
    uint64_t bytes = 0;
    int fd = group_of(i);
    assert_int_equal(soft_limit_read(fd, &bytes), 0);
    (void)close(fd);
    return bytes;
}

/* Throttles and releases without end: as often one that is throttled already as not. */
static _Noreturn void come_and_go(unsigned seed, int begun_fd)
{
    struct actuator *actuator;
    if (actuator_open(&bench.options, &actuator, NULL) < 0 || write(begun_fd, "", 1) != 1)
        _exit(1);
    (void)srandom(seed);
    for (;;) {
        const struct slice *slice = &slices[random() % SLICES];
        struct action action = bench_action(random() % 3 ? ACTION_THROTTLE : ACTION_RELEASE, slice);
        action.bytes = (uint64_t)(1 + random() % 63) * MIB;
        actuator_apply(actuator, &action, &bench.outcome, &bench.processes);
        if (bench.outcome.result != RESULT_DONE)
            _exit(1);
    }
}

static void kill_at_some_point(unsigned seed)
{
    char byte;
    int begun[2];
    assert_int_equal(pipe(begun), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        come_and_go(seed, begun[1]);
    (void)close(begun[1]);
    assert_int_equal(read(begun[0], &byte, 1), 1);
    (void)close(begun[0]);
    (void)srandom(seed);
    const struct timespec pause = {.tv_nsec = random() % LONGEST_USEC * 1000};
    (void)nanosleep(&pause, NULL);
    assert_int_equal(kill(pid, SIGKILL), 0);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status)); /* it went on until then */
}

static void killed_at_any_point_nothing_stays_changed(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    int caught = 0;
    set_limits();
    for (unsigned point = 0; point < POINTS; point++) {
        kill_at_some_point(point);
        caught += bench_journalled(&bench) > 0;
        assert_int_equal(journal_undo_all(&bench.journal, NULL), 0);
        assert_int_equal(bench_journalled(&bench), 0);
        for (uint32_t i = 0; i < SLICES; i++)
            assert_true(limit_of(i) == original[i]);
    }
    print_message("killed %d times, %d of them with limits lowered\n", POINTS, caught);
    assert_true(caught > POINTS / 2);
}

/* And in the midst of undoing: who comes next goes on. */
static void undoing_may_be_killed_too(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    set_limits();
    for (unsigned point = 0; point < POINTS; point++) {
        kill_at_some_point(point);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            (void)journal_undo_all(&bench.journal, NULL);
            _exit(0);
        }
        const struct timespec pause = {.tv_nsec = random() % 300 * 1000};
        (void)nanosleep(&pause, NULL);
        (void)kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        assert_int_equal(journal_undo_all(&bench.journal, NULL), 0);
        for (uint32_t i = 0; i < SLICES; i++)
            assert_true(limit_of(i) == original[i]);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(killed_at_any_point_nothing_stays_changed),
        TEST(undoing_may_be_killed_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
