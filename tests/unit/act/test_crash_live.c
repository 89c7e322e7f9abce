/* mom is killed at any instant while limits, freezes and moves come and go: afterwards each limit
 * is what it was, each process where it was, and nobody is frozen. */
#include "slices/act/limit.h"
#include "slices/base/file.h"
#include "slices/base/text.h"
#include "slices/read/group.h"
#include "tests/unit/act/bench.h"

#include <errno.h>
#include <fcntl.h>
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
enum { SLICES = 4, POINTS = 200, LONGEST_USEC = 20000 };

#define QUOTA "80000" /* microseconds */

static struct bench bench;
static struct slice slices[SLICES];
static const uint64_t original[SLICES] = {300 * MIB, 500 * MIB, 700 * MIB, 64 * MIB};
static char scope[SLICE_PATH_MAX];
static pid_t process[SLICES];          /* one in each */
static char other[SLICE_PATH_MAX];     /* where they are moved to */
static char freezer[SLICES][PATH_MAX]; /* where it was in the freezer's tree; v2: in the one tree */

static void freezer_of(pid_t pid, char path[PATH_MAX])
{
    int r = bench.hierarchy.version == HIERARCHY_V1
                ? hierarchy_freezer_of("/proc", pid, path, PATH_MAX)
                : hierarchy_group_of(&bench.hierarchy, "/proc", pid, path, PATH_MAX);
    assert_int_equal(r, 0);
}

/* v1: the processors have a tree of their own. */
static bool has_cpu_tree(void)
{
    return bench.hierarchy.version == HIERARCHY_V1 && bench.hierarchy.cpu[0];
}

static void enter_cpu_group(uint32_t i)
{
    char number[16];
    (void)text_format(number, sizeof number, "%d", process[i]);
    live_make(bench.hierarchy.cpu, slices[i].path);
    live_write(bench.hierarchy.cpu, slices[i].path, "cgroup.procs", number);
    live_write(bench.hierarchy.cpu, slices[i].path, "cpu.cfs_quota_us", QUOTA);
}

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
    (void)text_format(other, sizeof other, "%s/other", scope);
    if (bench.hierarchy.root_fd >= 0)
        live_make(bench.hierarchy.root, other);
    for (uint32_t i = 0; i < SLICES && bench.hierarchy.root_fd >= 0; i++) {
        process[i] = live_spawn(&bench.hierarchy, slices[i].path, NULL, NULL, NULL);
        freezer_of(process[i], freezer[i]);
        if (has_cpu_tree() && i == 0)
            live_make(bench.hierarchy.cpu, scope);
        if (has_cpu_tree())
            enter_cpu_group(i);
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

/* On v1 memory and swap together are set as well, where they are counted. */
static void set_limits(void)
{
    for (uint32_t i = 0; i < SLICES; i++) {
        int fd = group_of(i);
        for (int kind = 0; kind < LIMITS_OF_MEMORY; kind++) {
            int r = limit_write(fd, (enum limit_kind)kind, original[i]);
            assert_true(r == 0 || (kind == LIMIT_BOTH && r == -ENOTSUP));
        }
        (void)close(fd);
    }
}

static bool is_frozen(pid_t pid)
{
    char path[PATH_MAX], directory[PATH_MAX], text[32];
    bool is_v2 = bench.hierarchy.version == HIERARCHY_V2;
    const char *root = is_v2 ? bench.hierarchy.root : bench.hierarchy.freezer;
    freezer_of(pid, path);
    (void)text_format(directory, sizeof directory, "%s%s", root, path);
    int fd = group_open(AT_FDCWD, directory);
    ssize_t n = file_read(fd, is_v2 ? "cgroup.freeze" : "freezer.state", text, sizeof text);
    (void)close(fd);
    /* The freezer's root has no state: nobody is frozen in it. */
    return n >= 0 && !text_starts_with(text, is_v2 ? "0" : "THAWED");
}

static void assert_all_is_as_it_was(void)
{
    for (uint32_t i = 0; i < SLICES; i++) {
        char path[PATH_MAX];
        int fd = group_of(i);
        for (int kind = 0; kind < LIMITS_OF_MEMORY; kind++) {
            uint64_t bytes = original[i];
            int r = limit_read(fd, (enum limit_kind)kind, &bytes);
            assert_true(r == 0 || (kind == LIMIT_BOTH && r == -ENOTSUP));
            assert_int_equal(bytes, original[i]);
        }
        (void)close(fd);
        if (has_cpu_tree())
            assert_int_equal(
                live_number(bench.hierarchy.cpu, slices[i].path, "cpu.cfs_quota_us"), atoi(QUOTA));
        freezer_of(process[i], path);
        assert_string_equal(path, freezer[i]);
        assert_int_equal(
            hierarchy_group_of(&bench.hierarchy, "/proc", process[i], path, sizeof path), 0);
        assert_string_equal(path, slices[i].path);
        assert_false(is_frozen(process[i]));
        assert_true(live_is_alive(process[i]));
    }
}

/* Throttles, raises, freezes, moves and releases without end: as often one that is changed already
 * as not. Decisions have a number of their own, as they do in one boot. */
static _Noreturn void come_and_go(unsigned seed, int begun_fd)
{
    static const enum action_kind kinds[] = {
        ACTION_THROTTLE, ACTION_RAISE, ACTION_FREEZE, ACTION_MOVE, ACTION_RELEASE};
    struct actuator *actuator;
    if (actuator_open(&bench.options, &actuator, NULL) < 0 || write(begun_fd, "", 1) != 1)
        _exit(1);
    (void)srandom(seed);
    for (uint64_t decision = (uint64_t)seed << 32;; decision++) {
        const struct slice *slice = &slices[random() % SLICES];
        struct action action = bench_action(kinds[random() % 5], slice);
        bool raises = action.kind == ACTION_RAISE;
        action.decision = decision;
        (void)text_copy(action.to, sizeof action.to, other);
        action.rates.cpu_percent = (double)(random() % 79);
        action.bytes = (uint64_t)(1 + random() % 63 + (raises ? 700 : 0)) * MIB;
        actuator_apply(actuator, &action, &bench.outcome, &bench.processes);
        if (bench.outcome.result != RESULT_DONE && bench.outcome.result != RESULT_INCOMPLETE)
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
        assert_all_is_as_it_was();
    }
    print_message("killed %d times, %d of them while something was changed\n", POINTS, caught);
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
        assert_all_is_as_it_was();
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
