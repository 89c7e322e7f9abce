/* A slice's limits lowered, raised and put back, on this machine's tree, v1 or v2. */
#include "slices/act/limit.h"
#include "slices/base/text.h"
#include "slices/read/group.h"
#include "tests/unit/act/one_live.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define MIB (UINT64_C(1024) * 1024)

static uint64_t limit_of(enum limit_kind kind)
{
    uint64_t bytes = 0;
    int fd = group_open(bench.hierarchy.root_fd, slice.path);
    int r = limit_read(fd, kind, &bytes);
    assert_true(r == 0 || (kind == LIMIT_BOTH && r == -ENOTSUP));
    (void)close(fd);
    return bytes;
}

static uint64_t limit(void)
{
    return limit_of(LIMIT_SOFT);
}

static void set_limit_of(enum limit_kind kind, uint64_t bytes)
{
    int fd = group_open(bench.hierarchy.root_fd, slice.path);
    int r = limit_write(fd, kind, bytes);
    assert_true(r == 0 || (kind == LIMIT_BOTH && r == -ENOTSUP));
    (void)close(fd);
}

static bool is_v2(void)
{
    return bench.hierarchy.version == HIERARCHY_V2;
}

static void set_limit(uint64_t bytes)
{
    set_limit_of(LIMIT_SOFT, bytes);
}

static enum action_result order(enum action_kind kind, uint64_t bytes)
{
    struct action action = bench_action(kind, &slice);
    action.bytes = bytes;
    return apply(&action);
}

static void it_is_lowered_and_put_back(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    uint64_t before = limit();
    assert_int_equal(order(ACTION_THROTTLE, 100 * MIB), RESULT_DONE);
    assert_int_equal(limit(), 100 * MIB);
    assert_int_equal(order(ACTION_THROTTLE, 100 * MIB), RESULT_DONE); /* it is so already */
    assert_int_equal(bench_journalled(&bench), 1);
    assert_int_equal(order(ACTION_RELEASE, 0), RESULT_DONE);
    assert_true(limit() == before);
    assert_int_equal(bench_journalled(&bench), 0);
}

static void lowered_twice_it_is_put_back_to_what_it_was_at_first(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    set_limit(300 * MIB);
    assert_int_equal(order(ACTION_THROTTLE, 100 * MIB), RESULT_DONE);
    assert_int_equal(order(ACTION_THROTTLE, 50 * MIB), RESULT_DONE);
    assert_int_equal(limit(), 50 * MIB);
    assert_int_equal(bench_journalled(&bench), 1);
    assert_int_equal(journal_undo_all(&bench.journal, NULL), 0);
    assert_int_equal(limit(), 300 * MIB);
}

static void lowered_twice_what_somebody_else_has_set_between_is_put_back(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    set_limit(300 * MIB);
    assert_int_equal(order(ACTION_THROTTLE, 100 * MIB), RESULT_DONE);
    set_limit(200 * MIB);
    assert_int_equal(order(ACTION_THROTTLE, 50 * MIB), RESULT_DONE);
    assert_int_equal(order(ACTION_RELEASE, 0), RESULT_DONE);
    assert_int_equal(limit(), 200 * MIB);
    assert_int_equal(bench_journalled(&bench), 0);
}

static void the_journal_puts_it_back(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    set_limit(300 * MIB);
    assert_int_equal(order(ACTION_THROTTLE, 100 * MIB), RESULT_DONE);
    assert_int_equal(journal_undo_all(&bench.journal, NULL), 0);
    assert_int_equal(limit(), 300 * MIB);
}

static void a_lower_one_is_left_alone(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    set_limit(50 * MIB);
    assert_int_equal(order(ACTION_THROTTLE, 100 * MIB), RESULT_DONE);
    assert_int_equal(limit(), 50 * MIB);
    assert_int_equal(bench_journalled(&bench), 0);
}

static void what_somebody_else_has_set_since_stays(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    assert_int_equal(order(ACTION_THROTTLE, 100 * MIB), RESULT_DONE);
    set_limit(200 * MIB);
    assert_int_equal(order(ACTION_RELEASE, 0), RESULT_DONE);
    assert_non_null(strstr(bench.outcome.error, "changed by somebody else"));
    assert_int_equal(limit(), 200 * MIB);
    assert_int_equal(bench_journalled(&bench), 0);
}

static void take(void *unused)
{
    (void)unused;
    static volatile char taken[30 * MIB];
    for (size_t i = 0; i < sizeof taken; i += 4096)
        taken[i] = 1;
}

static void never_below_what_it_has(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    (void)live_spawn(&bench.hierarchy, slice.path, NULL, take, NULL);
    assert_int_equal(order(ACTION_THROTTLE, 10 * MIB), RESULT_DONE);
    int fd = group_open(bench.hierarchy.root_fd, slice.path);
    uint64_t charged = group_charged(fd, bench.hierarchy.version);
    (void)close(fd);
    assert_in_range(limit(), 30 * MIB, charged + MIB);
}

static void of_groups_that_are_gone_nothing_stays_in_the_journal(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    char path[PATH_MAX], other[SLICE_PATH_MAX];
    assert_int_equal(order(ACTION_THROTTLE, 100 * MIB), RESULT_DONE);
    (void)text_format(path, sizeof path, "%s%s", bench.hierarchy.root, slice.path);
    assert_int_equal(rmdir(path), 0);
    (void)text_format(other, sizeof other, "%s/two", scope);
    live_make(bench.hierarchy.root, other);
    slice = live_slice(&bench.hierarchy, other, 2);
    assert_int_equal(order(ACTION_THROTTLE, 100 * MIB), RESULT_DONE);
    assert_int_equal(bench_journalled(&bench), 1);
}

static void a_full_journal_is_kept_for_resets(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    struct journal_entry entry = {.kind = JOURNAL_FROZEN, .directory = "/nowhere"};
    for (int i = 0; i < JOURNAL_ENTRIES / 2; i++)
        assert_true(journal_add(&bench.journal, &entry) >= 0);
    uint64_t before = limit();
    assert_int_equal(order(ACTION_THROTTLE, 100 * MIB), RESULT_FAILED);
    assert_true(limit() == before);
}

static void a_dry_run_changes_nothing(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    uint64_t before = limit();
    bench.options.dry_run = true;
    assert_int_equal(order(ACTION_THROTTLE, 100 * MIB), RESULT_DRY_RUN);
    assert_true(limit() == before);
    assert_int_equal(bench_journalled(&bench), 0);
}

/* Of v1 memory and swap together, too, where that is counted. */
static void set_hard_limits(uint64_t hard, uint64_t both)
{
    set_limit_of(LIMIT_HARD, hard);
    set_limit_of(LIMIT_BOTH, both);
}

static void a_hard_limit_is_raised_and_put_back(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    set_hard_limits(100 * MIB, 120 * MIB);
    uint64_t both = limit_of(LIMIT_BOTH);
    assert_int_equal(order(ACTION_RAISE, 150 * MIB), RESULT_DONE);
    assert_int_equal(limit_of(LIMIT_HARD), 150 * MIB);
    assert_true(limit_of(LIMIT_BOTH) == (both ? 170 * MIB : 0));
    assert_int_equal(order(ACTION_RAISE, 180 * MIB), RESULT_DONE);
    assert_int_equal(limit_of(LIMIT_HARD), 180 * MIB);
    assert_int_equal(bench_journalled(&bench), both ? 2 : 1);
    assert_int_equal(order(ACTION_RELEASE, 0), RESULT_DONE);
    assert_int_equal(limit_of(LIMIT_HARD), 100 * MIB);
    assert_true(limit_of(LIMIT_BOTH) == both);
    assert_int_equal(bench_journalled(&bench), 0);
}

static void both_limits_are_raised_as_far_as_they_are_lower(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    set_hard_limits(400 * MIB, 400 * MIB);
    set_limit(80 * MIB);
    assert_int_equal(order(ACTION_RAISE, 150 * MIB), RESULT_DONE);
    assert_int_equal(limit(), is_v2() ? 150 * MIB : 80 * MIB); /* v1's is no limit */
    assert_int_equal(limit_of(LIMIT_HARD), 400 * MIB);
    assert_int_equal(journal_undo_all(&bench.journal, NULL), 0);
    assert_int_equal(limit(), 80 * MIB);
}

static void the_journal_takes_a_raise_back(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    set_hard_limits(100 * MIB, 100 * MIB);
    assert_int_equal(order(ACTION_RAISE, 150 * MIB), RESULT_DONE);
    assert_int_equal(journal_undo_all(&bench.journal, NULL), 0);
    assert_int_equal(limit_of(LIMIT_HARD), 100 * MIB);
    assert_true(limit_of(LIMIT_BOTH) == 100 * MIB || limit_of(LIMIT_BOTH) == 0);
}

static void a_raised_limit_that_somebody_else_has_changed_stays(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    set_limit_of(LIMIT_HARD, 100 * MIB);
    assert_int_equal(order(ACTION_RAISE, 150 * MIB), RESULT_DONE);
    set_limit_of(LIMIT_HARD, 300 * MIB);
    assert_int_equal(order(ACTION_RELEASE, 0), RESULT_DONE);
    assert_non_null(strstr(bench.outcome.error, "changed by somebody else"));
    assert_int_equal(limit_of(LIMIT_HARD), 300 * MIB);
    assert_int_equal(bench_journalled(&bench), 0);
}

static void said(const char *text)
{
    print_message("%s\n", text);
}

/* Locked, so that no swap helps. */
static void hold(void *unused)
{
    (void)unused;
    assert_true(mmap(NULL, 60 * MIB, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0) != MAP_FAILED);
}

static void nobody_is_killed_for_a_limit_to_go_back(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    set_hard_limits(40 * MIB, 40 * MIB);
    assert_int_equal(order(ACTION_RAISE, 100 * MIB), RESULT_DONE);
    pid_t pid = live_spawn(&bench.hierarchy, slice.path, NULL, hold, NULL);
    assert_int_equal(order(ACTION_RELEASE, 0), RESULT_INCOMPLETE);
    assert_int_equal(limit_of(LIMIT_HARD), 100 * MIB);
    assert_int_equal(journal_undo_all(&bench.journal, said), bench_journalled(&bench));
    assert_true(bench_journalled(&bench) > 0);
    assert_true(live_is_alive(pid));
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_true(live_was_killed(pid, 5000));
    assert_int_equal(order(ACTION_RELEASE, 0), RESULT_DONE);
    assert_int_equal(limit_of(LIMIT_HARD), 40 * MIB);
    assert_int_equal(bench_journalled(&bench), 0);
}

static void who_has_no_limit_can_have_none_raised(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    uint64_t hard = limit_of(LIMIT_HARD), soft = limit();
    assert_int_equal(order(ACTION_RAISE, 100 * MIB), RESULT_DONE);
    assert_true(limit_of(LIMIT_HARD) == hard && limit() == soft);
    assert_int_equal(bench_journalled(&bench), 0);
}

/* A raised slice that turns out to leak: what it was at first comes back. */
static void throttled_while_it_is_raised_both_are_undone(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    set_limit(100 * MIB);
    assert_int_equal(order(ACTION_RAISE, 150 * MIB), RESULT_DONE);
    assert_int_equal(order(ACTION_THROTTLE, 120 * MIB), RESULT_DONE);
    assert_int_equal(limit(), is_v2() ? 120 * MIB : 100 * MIB);
    assert_int_equal(bench_journalled(&bench), is_v2());
    assert_int_equal(order(ACTION_RELEASE, 0), RESULT_DONE);
    assert_int_equal(limit(), 100 * MIB);
}

/* A unit that restarts has the same path. */
static void another_life_under_the_same_path_is_not_touched(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    char path[PATH_MAX];
    assert_int_equal(order(ACTION_THROTTLE, 100 * MIB), RESULT_DONE);
    (void)text_format(path, sizeof path, "%s%s", bench.hierarchy.root, slice.path);
    assert_int_equal(rmdir(path), 0);
    live_make(bench.hierarchy.root, slice.path);
    set_limit(100 * MIB);
    journal_sweep(&bench.journal);
    assert_int_equal(bench_journalled(&bench), 0);
    assert_int_equal(limit(), 100 * MIB);
}

/* Memory alone can't be above memory and swap together (v1). */
static void both_stay_where_somebody_else_has_set_the_hard_one_higher(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    set_hard_limits(100 * MIB, 110 * MIB);
    assert_int_equal(order(ACTION_RAISE, 150 * MIB), RESULT_DONE);
    set_limit_of(LIMIT_HARD, 120 * MIB);
    assert_int_equal(order(ACTION_RELEASE, 0), RESULT_DONE);
    assert_non_null(strstr(bench.outcome.error, "changed by somebody else"));
    assert_int_equal(limit_of(LIMIT_HARD), 120 * MIB);
    assert_int_equal(bench_journalled(&bench), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_is_lowered_and_put_back),
        TEST(lowered_twice_it_is_put_back_to_what_it_was_at_first),
        TEST(lowered_twice_what_somebody_else_has_set_between_is_put_back),
        TEST(the_journal_puts_it_back),
        TEST(a_lower_one_is_left_alone),
        TEST(what_somebody_else_has_set_since_stays),
        TEST(never_below_what_it_has),
        TEST(of_groups_that_are_gone_nothing_stays_in_the_journal),
        TEST(a_full_journal_is_kept_for_resets),
        TEST(a_dry_run_changes_nothing),
        TEST(a_hard_limit_is_raised_and_put_back),
        TEST(both_limits_are_raised_as_far_as_they_are_lower),
        TEST(the_journal_takes_a_raise_back),
        TEST(a_raised_limit_that_somebody_else_has_changed_stays),
        TEST(nobody_is_killed_for_a_limit_to_go_back),
        TEST(who_has_no_limit_can_have_none_raised),
        TEST(throttled_while_it_is_raised_both_are_undone),
        TEST(another_life_under_the_same_path_is_not_touched),
        TEST(both_stay_where_somebody_else_has_set_the_hard_one_higher),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
