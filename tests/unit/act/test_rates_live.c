/* What is throttled is held back from processor time, too, and has it back: on this machine's tree,
 * v1 or v2. */
#include "slices/act/limit.h"
#include "slices/base/text.h"
#include "slices/read/group.h"
#include "tests/unit/act/one_live.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define MIB    (UINT64_C(1024) * 1024)
#define PERIOD 100000

static bool is_v1(void)
{
    return bench.hierarchy.version == HIERARCHY_V1;
}

static bool has_cpu(void)
{
    if (bench.hierarchy.root_fd < 0)
        return false;
    if (is_v1() && bench.hierarchy.cpu[0])
        return true;
    printf("skipped: no tree of the processors beside that of memory\n");
    return false;
}

/* One process, in a group of each tree. */
static pid_t work(void)
{
    char number[16];
    pid_t pid = live_spawn(&bench.hierarchy, slice.path, NULL, NULL, NULL);
    live_make(bench.hierarchy.cpu, scope);
    live_make(bench.hierarchy.cpu, slice.path);
    (void)text_format(number, sizeof number, "%d", pid);
    live_write(bench.hierarchy.cpu, slice.path, "cgroup.procs", number);
    return pid;
}

static uint64_t quota(void)
{
    char path[PATH_MAX];
    uint64_t usec;
    (void)text_format(path, sizeof path, "%s%s", bench.hierarchy.cpu, slice.path);
    int fd = group_open(AT_FDCWD, path);
    assert_int_equal(limit_read(fd, LIMIT_CPU, &usec), 0);
    (void)close(fd);
    return usec;
}

static void set_quota(const char *usec)
{
    live_write(bench.hierarchy.cpu, slice.path, "cpu.cfs_quota_us", usec);
}

static enum action_result throttle(double cpu_percent)
{
    struct action action = bench_action(ACTION_THROTTLE, &slice);
    action.bytes = 100 * MIB;
    action.rates.cpu_percent = cpu_percent;
    return apply(&action);
}

static enum action_result release(void)
{
    struct action action = bench_action(ACTION_RELEASE, &slice);
    return apply(&action);
}

static void the_quota_is_lowered_and_put_back(void **state)
{
    (void)state;
    if (!has_cpu())
        skip();
    (void)work();
    assert_true(quota() == SAMPLE_NO_LIMIT);
    assert_int_equal(throttle(150), RESULT_DONE);
    assert_string_equal(bench.outcome.error, "");
    assert_int_equal(quota(), 3 * PERIOD / 2);
    assert_int_equal(throttle(50), RESULT_DONE);
    assert_int_equal(quota(), PERIOD / 2);
    assert_int_equal(bench_journalled(&bench), 2);
    assert_int_equal(release(), RESULT_DONE);
    assert_true(quota() == SAMPLE_NO_LIMIT);
    assert_int_equal(bench_journalled(&bench), 0);
}

static void the_journal_puts_a_quota_back(void **state)
{
    (void)state;
    if (!has_cpu())
        skip();
    (void)work();
    live_write(bench.hierarchy.cpu, slice.path, "cpu.cfs_period_us", "50000");
    set_quota("40000");
    assert_int_equal(throttle(20), RESULT_DONE);
    assert_int_equal(quota(), 10000);
    assert_int_equal(journal_undo_all(&bench.journal, NULL), 0);
    assert_int_equal(quota(), 40000);
    assert_int_equal(live_number(bench.hierarchy.cpu, slice.path, "cpu.cfs_period_us"), 50000);
}

static void a_lower_quota_is_left_alone(void **state)
{
    (void)state;
    if (!has_cpu())
        skip();
    (void)work();
    set_quota("20000");
    assert_int_equal(throttle(50), RESULT_DONE);
    assert_int_equal(quota(), 20000);
    assert_int_equal(bench_journalled(&bench), 1);
}

static void a_quota_that_somebody_else_has_set_since_stays(void **state)
{
    (void)state;
    if (!has_cpu())
        skip();
    (void)work();
    assert_int_equal(throttle(50), RESULT_DONE);
    set_quota("70000");
    assert_int_equal(release(), RESULT_DONE);
    assert_non_null(strstr(bench.outcome.error, "cpu.cfs_quota_us was changed by somebody else"));
    assert_int_equal(quota(), 70000);
    assert_int_equal(bench_journalled(&bench), 0);
}

static void who_shares_the_group_with_others_keeps_its_time(void **state)
{
    (void)state;
    if (!has_cpu())
        skip();
    char number[16];
    (void)work();
    pid_t stranger = live_spawn(&bench.hierarchy, scope, NULL, NULL, NULL);
    (void)text_format(number, sizeof number, "%d", stranger);
    live_write(bench.hierarchy.cpu, slice.path, "cgroup.procs", number);
    assert_int_equal(throttle(50), RESULT_DONE);
    assert_non_null(strstr(bench.outcome.error, "its processor time stays"));
    assert_true(quota() == SAMPLE_NO_LIMIT);
    assert_int_equal(bench_journalled(&bench), 1);
}

static void a_slice_that_is_gone_takes_its_quota_along(void **state)
{
    (void)state;
    if (!has_cpu())
        skip();
    char path[PATH_MAX];
    pid_t pid = work();
    assert_int_equal(throttle(50), RESULT_DONE);
    (void)text_format(path, sizeof path, "%d", pid);
    live_write(bench.hierarchy.root, scope, "cgroup.procs", path);
    (void)text_format(path, sizeof path, "%s%s", bench.hierarchy.root, slice.path);
    assert_int_equal(rmdir(path), 0);
    journal_sweep(&bench.journal);
    assert_true(quota() == SAMPLE_NO_LIMIT);
    assert_int_equal(bench_journalled(&bench), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_quota_is_lowered_and_put_back),
        TEST(the_journal_puts_a_quota_back),
        TEST(a_lower_quota_is_left_alone),
        TEST(a_quota_that_somebody_else_has_set_since_stays),
        TEST(who_shares_the_group_with_others_keeps_its_time),
        TEST(a_slice_that_is_gone_takes_its_quota_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
