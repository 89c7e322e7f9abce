/* A slice's processes moved to another group for a time and back, on this machine's tree, v1 or v2.
 */
#include "slices/base/text.h"
#include "slices/read/group.h"
#include "slices/read/visit.h"
#include "tests/unit/act/one_live.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { PROCESSES = 3 };
static pid_t process[PROCESSES];
static char other[SLICE_PATH_MAX];

static void start(void)
{
    (void)text_format(other, sizeof other, "%s/other", scope);
    live_make(bench.hierarchy.root, other);
    for (int i = 0; i < PROCESSES; i++)
        process[i] = live_spawn(&bench.hierarchy, slice.path, NULL, NULL, NULL);
}

static enum action_result order(enum action_kind kind)
{
    struct action action = bench_action(kind, &slice);
    if (kind == ACTION_MOVE)
        (void)text_copy(action.to, sizeof action.to, other);
    return apply(&action);
}

/* How many of them hang in this group or below it. */
static int within(const char *group)
{
    int count = 0;
    char path[PATH_MAX];
    for (int i = 0; i < PROCESSES; i++) {
        if (!live_is_alive(process[i]))
            continue;
        assert_int_equal(
            hierarchy_group_of(&bench.hierarchy, "/proc", process[i], path, sizeof path), 0);
        count += slice_path_within(path, group);
    }
    return count;
}

static void all_are_moved_and_come_back(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    start();
    assert_int_equal(order(ACTION_MOVE), RESULT_DONE);
    assert_int_equal(within(other), PROCESSES);
    assert_int_equal(within(slice.path), 0);
    assert_int_equal(bench_journalled(&bench), 1);
    assert_int_equal(order(ACTION_RELEASE), RESULT_DONE);
    assert_int_equal(within(slice.path), PROCESSES);
    assert_int_equal(bench_journalled(&bench), 0);
}

static void the_journal_brings_them_back(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    start();
    assert_int_equal(order(ACTION_MOVE), RESULT_DONE);
    assert_int_equal(journal_undo_all(&bench.journal, NULL), 0);
    assert_int_equal(within(slice.path), PROCESSES);
    assert_int_equal(bench_journalled(&bench), 0);
}

static void a_reset_finds_them(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    start();
    assert_int_equal(order(ACTION_MOVE), RESULT_DONE);
    assert_int_equal(order(ACTION_RESET), RESULT_DONE);
    assert_int_equal(bench.outcome.processes_before, PROCESSES);
    for (int i = 0; i < PROCESSES; i++)
        assert_false(live_is_alive(process[i]));
    assert_int_equal(bench_journalled(&bench), 0);
}

static void whose_group_is_gone_stays_where_he_is(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    char directory[PATH_MAX];
    start();
    assert_int_equal(order(ACTION_MOVE), RESULT_DONE);
    (void)text_format(directory, sizeof directory, "%s%s", bench.hierarchy.root, slice.path);
    assert_int_equal(rmdir(directory), 0);
    assert_int_equal(mkdir(directory, 0755), 0); /* another life */
    assert_int_equal(journal_undo_all(&bench.journal, NULL), 0);
    assert_int_equal(within(other), PROCESSES);
    assert_int_equal(bench_journalled(&bench), 0);
}

static void nobody_is_moved_into_its_own_group_or_out_of_the_scope(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    static const char *const bad[] = {"", "/", "/mom-test-nowhere", "relative"};
    start();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        (void)text_copy(other, sizeof other, bad[i]);
        assert_int_equal(order(ACTION_MOVE), RESULT_REFUSED);
    }
    (void)text_copy(other, sizeof other, slice.path);
    assert_int_equal(order(ACTION_MOVE), RESULT_REFUSED);
    assert_non_null(strstr(bench.outcome.error, "own"));
    (void)text_format(other, sizeof other, "%s/missing", scope);
    assert_int_equal(order(ACTION_MOVE), RESULT_FAILED);
    (void)text_format(other, sizeof other, "%s/../..", scope);
    assert_int_equal(order(ACTION_MOVE), RESULT_FAILED);
    assert_int_equal(within(slice.path), PROCESSES);
    assert_int_equal(bench_journalled(&bench), 0);
}

/* They would all come back into the same one. */
static void a_slice_of_several_groups_is_not_moved(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    char nested[SLICE_PATH_MAX];
    (void)text_format(other, sizeof other, "%s/other", scope);
    live_make(bench.hierarchy.root, other);
    (void)text_format(nested, sizeof nested, "%s/nested", slice.path);
    live_make(bench.hierarchy.root, nested);
    process[0] = live_spawn(&bench.hierarchy, nested, NULL, NULL, NULL);
    assert_int_equal(order(ACTION_MOVE), RESULT_REFUSED);
    assert_non_null(strstr(bench.outcome.error, "groups of its own"));
    assert_int_equal(bench_journalled(&bench), 0);
}

static void a_dry_run_moves_nobody(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    start();
    bench.options.dry_run = true;
    assert_int_equal(order(ACTION_MOVE), RESULT_DRY_RUN);
    assert_int_equal(within(slice.path), PROCESSES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_are_moved_and_come_back),
        TEST(the_journal_brings_them_back),
        TEST(a_reset_finds_them),
        TEST(whose_group_is_gone_stays_where_he_is),
        TEST(nobody_is_moved_into_its_own_group_or_out_of_the_scope),
        TEST(a_slice_of_several_groups_is_not_moved),
        TEST(a_dry_run_moves_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
