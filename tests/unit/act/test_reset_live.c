/* Resets on this machine's trees, v1 or v2, and on the v2 tree of a hybrid host. */
#include "slices/act/backend.h"
#include "slices/base/text.h"
#include "slices/read/group.h"
#include "tests/unit/act/bench.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define MIB           (1ull << 20)
#define PATIENCE_MSEC 20000 /* machines may be slow: that it happens is tested, not how soon */

static struct bench bench;

static int set_up(void **state)
{
    (void)state;
    bench = (struct bench){0};
    (void)live_open(&bench.hierarchy);
    bench_open(&bench);
    return 0;
}

static int set_up_v2(void **state)
{
    (void)state;
    bench = (struct bench){0};
    (void)live_open_v2(&bench.hierarchy);
    bench_open(&bench);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)signal(SIGCHLD, SIG_DFL);
    if (bench.hierarchy.root_fd >= 0)
        live_clean(&bench.hierarchy);
    bench_close(&bench);
    return 0;
}

#define SKIP_IF_NOT_V1()                                                                           \
    do {                                                                                           \
        SKIP_IF_NOT_LIVE();                                                                        \
        if (bench.hierarchy.version != HIERARCHY_V1) {                                             \
            print_message("skipped: the freezer is a tree of its own on cgroup v1 only\n");        \
            skip();                                                                                \
        }                                                                                          \
    } while (0)

static struct slice make_slice(const char *name)
{
    char path[SLICE_PATH_MAX];
    live_path(path, name);
    live_make(bench.hierarchy.root, path);
    return live_slice(&bench.hierarchy, path, 1);
}

static void make_nested(const struct slice *slice, const char *name, char path[SLICE_PATH_MAX])
{
    assert_int_equal(text_format(path, SLICE_PATH_MAX, "%s/%s", slice->path, name), 0);
    live_make(bench.hierarchy.root, path);
}

static void assert_clean(const struct slice *slice)
{
    char name[SLICE_PATH_MAX];
    assert_int_equal(text_format(name, sizeof name, "%s-reset-7", slice->path), 0);
    if (bench.hierarchy.version == HIERARCHY_V1)
        assert_false(live_exists(bench.hierarchy.freezer, name));
    assert_int_equal(bench_journalled(&bench), 0);
}

static void take_32_mib(void *argument)
{
    (void)argument;
    char *memory = mmap(NULL, 32 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        abort();
    memset(memory, 1, 32 * MIB);
}

static void fork_forever(void *argument)
{
    (void)argument;
    if (fork() != 0)
        return;
    for (;;)
        if (fork() < 0)
            (void)usleep(100);
}

/* A fork bomb in the slice, kept to 200 processes: by the slice's own group on v2, where pids are
 * counted in the same tree, else by a pids group of the test's. Its dead are reaped at once: as
 * zombies they would count against that limit, and so do the killer's work. */
static void explode(const struct slice *slice)
{
    (void)signal(SIGCHLD, SIG_IGN);
    bench.options.patience_usec = 120000000; /* that it ends is tested, not how soon */
    char limited[SLICE_PATH_MAX];
    bool is_elsewhere = bench.hierarchy.pids[0] != '\0';
    live_path(limited, "limit");
    if (is_elsewhere)
        live_make(bench.hierarchy.pids, limited);
    const char *tree = is_elsewhere ? bench.hierarchy.pids : bench.hierarchy.root;
    const char *path = is_elsewhere ? limited : slice->path;
    live_write(tree, path, "pids.max", "200");
    (void)live_spawn(
        &bench.hierarchy, slice->path, is_elsewhere ? limited : NULL, fork_forever, NULL);
    for (int msec = 0; live_number(tree, path, "pids.current") < 150 && msec < PATIENCE_MSEC;
         msec++)
        (void)usleep(1000);
}

static void assert_bomb_is_defeated(const struct slice *slice)
{
    explode(slice);
    enum action_result result = bench_apply(&bench, ACTION_RESET, slice);
    assert_string_equal(bench.outcome.error, "");
    assert_int_equal(result, RESULT_DONE);
    assert_in_range(bench.outcome.processes_before, 50, 200);
    assert_int_equal(bench.outcome.survivors, 0);
    (void)usleep(50000);
    assert_int_equal(bench_apply(&bench, ACTION_WARN, slice), RESULT_DONE);
    assert_int_equal(bench.processes.total, 0);
}

static void a_slice_and_its_nested_groups_are_killed_and_nobody_else(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    struct slice slice = make_slice("nest"), other = make_slice("nest2");
    char nested[SLICE_PATH_MAX], deeper[SLICE_PATH_MAX];
    make_nested(&slice, "n", nested);
    make_nested(&slice, "n/m", deeper);
    pid_t pid[3] = {live_spawn(&bench.hierarchy, slice.path, NULL, take_32_mib, NULL),
        live_spawn(&bench.hierarchy, nested, NULL, NULL, NULL),
        live_spawn(&bench.hierarchy, deeper, NULL, NULL, NULL)};
    pid_t bystander = live_spawn(&bench.hierarchy, other.path, NULL, NULL, NULL);
    assert_int_equal(bench_apply(&bench, ACTION_RESET, &slice), RESULT_DONE);
    for (size_t i = 0; i < 3; i++)
        assert_true(live_was_killed(pid[i], PATIENCE_MSEC));
    assert_true(live_is_alive(bystander));
    assert_int_equal(bench.outcome.rounds, 1);
    assert_int_equal(bench.outcome.processes_before, 3);
    assert_int_equal(bench.outcome.survivors, 0);
    assert_true(bench.outcome.bytes_freed > 30 * MIB);
    assert_string_equal(bench.outcome.error, "");
    assert_in_range(bench.processes.count, 1, 3); /* as many as can be read within the budget */
    for (uint32_t i = 0; i < bench.processes.count; i++) {
        int32_t row = bench.processes.row[i].pid;
        assert_true(row == pid[0] || row == pid[1] || row == pid[2]);
    }
    assert_clean(&slice);
}

static void a_fork_bomb_is_defeated(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    struct slice slice = make_slice("bomb");
    assert_bomb_is_defeated(&slice);
    assert_clean(&slice);
}

static void without_a_freezer_a_fork_bomb_is_outrun(void **state)
{
    (void)state;
    SKIP_IF_NOT_V1();
    struct slice slice = make_slice("bomb");
    struct hierarchy memory_only = bench.hierarchy;
    memory_only.freezer[0] = '\0';
    bench.options.hierarchy = &memory_only;
    assert_bomb_is_defeated(&slice);
}

static void without_a_freezer_a_slice_is_killed_all_the_same(void **state)
{
    (void)state;
    SKIP_IF_NOT_V1();
    struct slice slice = make_slice("bare");
    pid_t child = live_spawn(&bench.hierarchy, slice.path, NULL, NULL, NULL);
    struct hierarchy memory_only = bench.hierarchy;
    memory_only.freezer[0] = '\0';
    bench.options.hierarchy = &memory_only;
    assert_int_equal(bench_apply(&bench, ACTION_RESET, &slice), RESULT_DONE);
    assert_true(live_was_killed(child, PATIENCE_MSEC));
}

static void freeze_on_v1(const struct slice *slice, pid_t child)
{
    char pid[16];
    assert_int_equal(text_format(pid, sizeof pid, "%d", child), 0);
    live_make(bench.hierarchy.freezer, slice->path);
    live_write(bench.hierarchy.freezer, slice->path, "cgroup.procs", pid);
    live_write(bench.hierarchy.freezer, slice->path, "freezer.state", "FROZEN");
}

static void processes_that_somebody_else_froze_die_too(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    struct slice slice = make_slice("ice");
    pid_t child = live_spawn(&bench.hierarchy, slice.path, NULL, NULL, NULL);
    if (bench.hierarchy.version == HIERARCHY_V1)
        freeze_on_v1(&slice, child);
    else
        live_write(bench.hierarchy.root, slice.path, "cgroup.freeze", "1");
    assert_int_equal(bench_apply(&bench, ACTION_RESET, &slice), RESULT_DONE);
    assert_true(live_was_killed(child, PATIENCE_MSEC));
    assert_clean(&slice);
}

static void another_life_under_the_same_path_is_left_alone(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    struct slice slice = make_slice("life");
    assert_int_equal(unlinkat(bench.hierarchy.root_fd, slice.path + 1, AT_REMOVEDIR), 0);
    assert_int_equal(bench_apply(&bench, ACTION_RESET, &slice), RESULT_VANISHED);
    live_make(bench.hierarchy.root, slice.path);
    pid_t innocent = live_spawn(&bench.hierarchy, slice.path, NULL, NULL, NULL);
    assert_int_equal(bench_apply(&bench, ACTION_RESET, &slice), RESULT_STRANGER);
    assert_true(live_is_alive(innocent));
}

static void another_boot_is_another_life(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    static const uint8_t next_boot[16] = "the next boot..";
    struct slice slice = make_slice("boot");
    pid_t innocent = live_spawn(&bench.hierarchy, slice.path, NULL, NULL, NULL);
    bench.options.boot = next_boot;
    assert_int_equal(bench_apply(&bench, ACTION_RESET, &slice), RESULT_STRANGER);
    assert_true(live_is_alive(innocent));
}

static void a_dry_run_kills_nothing(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    struct slice slice = make_slice("dry");
    pid_t child = live_spawn(&bench.hierarchy, slice.path, NULL, NULL, NULL);
    bench.options.dry_run = true;
    bench.options.journal = NULL;
    assert_int_equal(bench_apply(&bench, ACTION_RESET, &slice), RESULT_DRY_RUN);
    assert_int_equal(bench.outcome.processes_before, 1);
    assert_int_equal(bench.processes.row[0].pid, child);
    assert_true(live_is_alive(child));
    assert_clean(&slice);
}

static void a_warning_brings_the_process_table_and_harms_nobody(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    struct slice slice = make_slice("warn");
    pid_t child = live_spawn(&bench.hierarchy, slice.path, NULL, take_32_mib, NULL);
    assert_int_equal(bench_apply(&bench, ACTION_WARN, &slice), RESULT_DONE);
    assert_int_equal(bench.processes.count, 1);
    assert_int_equal(bench.processes.row[0].pid, child);
    assert_true(bench.processes.row[0].rss_bytes > 30 * MIB);
    assert_true(bench.outcome.bytes_before > 30 * MIB);
    assert_true(live_is_alive(child));
}

static void what_is_outside_the_scope_is_refused(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    struct slice inside = make_slice("scope"), outside = make_slice("scope2"), nested = inside;
    make_nested(&inside, "n", nested.path);
    nested = live_slice(&bench.hierarchy, nested.path, 2);
    bench.options.scope = inside.path;
    assert_int_equal(bench_apply(&bench, ACTION_RESET, &outside), RESULT_REFUSED);
    assert_int_equal(bench_apply(&bench, ACTION_RESET, &inside), RESULT_REFUSED);
    assert_int_equal(bench_apply(&bench, ACTION_RESET, &nested), RESULT_DONE);
    bench.options.scope = "";
    struct slice root = {.path = "/"};
    assert_int_equal(bench_apply(&bench, ACTION_RESET, &root), RESULT_REFUSED);
}

struct suicide {
    const struct slice *slice;
    enum action_result *result; /* in shared memory */
};

static void reset_own_group(void *argument)
{
    const struct suicide *suicide = argument;
    *suicide->result = bench_apply(&bench, ACTION_RESET, suicide->slice);
}

static void mom_never_resets_her_own_group(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    struct slice slice = make_slice("own");
    struct suicide suicide = {&slice, mmap(NULL, sizeof *suicide.result, PROT_READ | PROT_WRITE,
                                          MAP_SHARED | MAP_ANONYMOUS, -1, 0)};
    assert_true(suicide.result != MAP_FAILED);
    pid_t child = live_spawn(&bench.hierarchy, slice.path, NULL, reset_own_group, &suicide);
    assert_int_equal(*suicide.result, RESULT_REFUSED);
    assert_true(live_is_alive(child));
    (void)munmap(suicide.result, sizeof *suicide.result);
}

/* A slice of two jobs, which holds no process itself. */
static struct slice make_jobs(char small[SLICE_PATH_MAX], char large[SLICE_PATH_MAX])
{
    char path[SLICE_PATH_MAX];
    live_path(path, "jobs");
    live_make_parent(&bench.hierarchy, path);
    struct slice slice = live_slice(&bench.hierarchy, path, 1);
    make_nested(&slice, "small", small);
    make_nested(&slice, "large", large);
    bench.independent = true;
    return slice;
}

static void of_independent_jobs_the_largest_is_killed_alone(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    char small[SLICE_PATH_MAX], large[SLICE_PATH_MAX], nested[SLICE_PATH_MAX];
    struct slice slice = make_jobs(small, large);
    make_nested(&slice, "large/n", nested);
    pid_t spared = live_spawn(&bench.hierarchy, small, NULL, NULL, NULL);
    pid_t killed[2] = {live_spawn(&bench.hierarchy, large, NULL, take_32_mib, NULL),
        live_spawn(&bench.hierarchy, nested, NULL, NULL, NULL)};
    assert_int_equal(bench_apply(&bench, ACTION_RESET, &slice), RESULT_DONE);
    assert_true(live_was_killed(killed[0], PATIENCE_MSEC));
    assert_true(live_was_killed(killed[1], PATIENCE_MSEC));
    assert_true(live_is_alive(spared));
    assert_string_equal(bench.outcome.job, large);
    assert_int_equal(bench.outcome.processes_before, 2);
    assert_true(bench.outcome.bytes_freed >= 30 * MIB);
    assert_clean(&slice);
}

static void a_job_of_one_that_needs_all_is_not_killed_alone(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    char small[SLICE_PATH_MAX], large[SLICE_PATH_MAX];
    struct slice slice = make_jobs(small, large);
    bench.independent = false;
    pid_t killed[2] = {live_spawn(&bench.hierarchy, small, NULL, NULL, NULL),
        live_spawn(&bench.hierarchy, large, NULL, take_32_mib, NULL)};
    assert_int_equal(bench_apply(&bench, ACTION_RESET, &slice), RESULT_DONE);
    assert_true(live_was_killed(killed[0], PATIENCE_MSEC));
    assert_true(live_was_killed(killed[1], PATIENCE_MSEC));
    assert_string_equal(bench.outcome.job, "");
}

static void a_dry_run_names_the_job(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    char small[SLICE_PATH_MAX], large[SLICE_PATH_MAX];
    struct slice slice = make_jobs(small, large);
    pid_t child = live_spawn(&bench.hierarchy, large, NULL, take_32_mib, NULL);
    bench.options.dry_run = true;
    assert_int_equal(bench_apply(&bench, ACTION_RESET, &slice), RESULT_DRY_RUN);
    assert_string_equal(bench.outcome.job, large);
    assert_int_equal(bench.processes.total, 1);
    assert_true(live_is_alive(child));
}

static void mom_may_be_beside_the_job_but_not_in_it(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    char small[SLICE_PATH_MAX], large[SLICE_PATH_MAX];
    struct slice slice = make_jobs(small, large);
    struct suicide suicide = {&slice, mmap(NULL, sizeof *suicide.result, PROT_READ | PROT_WRITE,
                                          MAP_SHARED | MAP_ANONYMOUS, -1, 0)};
    assert_true(suicide.result != MAP_FAILED);
    pid_t large_job = live_spawn(&bench.hierarchy, large, NULL, take_32_mib, NULL);
    pid_t mom = live_spawn(&bench.hierarchy, small, NULL, reset_own_group, &suicide);
    assert_int_equal(*suicide.result, RESULT_DONE);
    assert_true(live_was_killed(large_job, PATIENCE_MSEC));
    assert_true(live_is_alive(mom));
    pid_t second = live_spawn(&bench.hierarchy, small, NULL, reset_own_group, &suicide);
    assert_int_equal(*suicide.result, RESULT_REFUSED);
    assert_true(live_is_alive(mom));
    assert_true(live_is_alive(second));
    (void)munmap(suicide.result, sizeof *suicide.result);
}

/* Never to a name that it had before. */
static void rename_forever(void *argument)
{
    const char *name = argument;
    char before[PATH_MAX], after[PATH_MAX];
    if (fork() != 0)
        return;
    (void)text_copy(before, sizeof before, name);
    for (unsigned i = 0;; i++, (void)usleep(500)) {
        (void)text_format(after, sizeof after, "%s%u", name, i);
        (void)rename(before, after);
        (void)text_copy(before, sizeof before, after);
    }
}

/* Whoever owns the groups above it may do that on v1. */
static void a_job_that_is_renamed_all_the_time_is_killed(void **state)
{
    (void)state;
    SKIP_IF_NOT_V1();
    char small[SLICE_PATH_MAX], large[SLICE_PATH_MAX], directory[PATH_MAX];
    struct slice slice = make_jobs(small, large);
    assert_int_equal(
        text_format(directory, sizeof directory, "%s%s", bench.hierarchy.root, large), 0);
    pid_t killed = live_spawn(&bench.hierarchy, large, NULL, take_32_mib, NULL);
    pid_t renamer = live_spawn(&bench.hierarchy, small, NULL, rename_forever, directory);
    (void)usleep(20000);
    assert_int_equal(bench_apply(&bench, ACTION_RESET, &slice), RESULT_DONE);
    assert_true(live_was_killed(killed, PATIENCE_MSEC));
    assert_true(live_is_alive(renamer));
    assert_true(text_starts_with(bench.outcome.job, large));
}

static void a_crash_between_freeze_and_kill_is_undone(void **state)
{
    (void)state;
    SKIP_IF_NOT_V1();
    struct slice slice = make_slice("crash");
    pid_t child = live_spawn(&bench.hierarchy, slice.path, NULL, NULL, NULL);
    struct journal_entry entry = {.kind = JOURNAL_TEMP_FREEZER, .decision = 7};
    char pid[16], cage[SLICE_PATH_MAX];
    assert_int_equal(text_format(cage, sizeof cage, "%s-reset-7", slice.path), 0);
    assert_int_equal(
        text_format(entry.directory, sizeof entry.directory, "%s%s", bench.hierarchy.freezer, cage),
        0);
    assert_true(journal_add(&bench.journal, &entry) >= 0);
    live_make(bench.hierarchy.freezer, cage);
    live_write(bench.hierarchy.freezer, cage, "freezer.state", "FROZEN");
    assert_int_equal(text_format(pid, sizeof pid, "%d", child), 0);
    live_write(bench.hierarchy.freezer, cage, "cgroup.procs", pid);

    journal_close(&bench.journal);
    struct mom_error error = {0};
    assert_int_equal(journal_open(&bench.journal, bench.run_dir, &error), 0);
    assert_int_equal(bench_journalled(&bench), 1);
    assert_int_equal(journal_undo_all(&bench.journal, NULL), 0);
    assert_clean(&slice);
    assert_true(live_is_alive(child));
    assert_int_equal(kill(child, SIGKILL), 0); /* a frozen one would not die */
    assert_true(live_was_killed(child, PATIENCE_MSEC));
    assert_int_equal(journal_undo_all(&bench.journal, NULL), 0);
}

static void on_v2_a_fork_bomb_is_defeated_by_cgroup_kill(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    struct slice slice = make_slice("bomb");
    assert_bomb_is_defeated(&slice);
    assert_int_equal(bench_journalled(&bench), 0);
}

static void on_v2_before_cgroup_kill_the_group_itself_is_the_cage(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    struct slice slice = make_slice("old");
    explode(&slice);
    struct action action = bench_action(ACTION_RESET, &slice);
    struct actuator actuator = {.options = bench.options};
    struct attempt attempt = {.actuator = &actuator,
        .action = &action,
        .outcome = &bench.outcome,
        .group_fd = group_open(bench.hierarchy.root_fd, slice.path)};
    attempt_start(&attempt);
    assert_int_equal(cage_take_own(&attempt, JOURNAL_FROZEN, &attempt.cage), 0);
    assert_int_equal(bench_journalled(&bench), 1);
    assert_int_equal(attempt_rounds(&attempt, cage_kill, ROUND_USEC), RESULT_DONE);
    cage_leave(&attempt);
    (void)close(attempt.group_fd);
    assert_int_equal(bench_journalled(&bench), 0);
    assert_int_equal(bench_apply(&bench, ACTION_WARN, &slice), RESULT_DONE);
    assert_int_equal(bench.processes.total, 0);
    pid_t child = live_spawn(&bench.hierarchy, slice.path, NULL, NULL, NULL);
    assert_true(live_is_alive(child)); /* it could work: the group is thawed */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define V2(name)   cmocka_unit_test_setup_teardown(name, set_up_v2, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_slice_and_its_nested_groups_are_killed_and_nobody_else),
        TEST(a_fork_bomb_is_defeated),
        TEST(without_a_freezer_a_fork_bomb_is_outrun),
        TEST(without_a_freezer_a_slice_is_killed_all_the_same),
        TEST(processes_that_somebody_else_froze_die_too),
        TEST(another_life_under_the_same_path_is_left_alone),
        TEST(another_boot_is_another_life),
        TEST(a_dry_run_kills_nothing),
        TEST(a_warning_brings_the_process_table_and_harms_nobody),
        TEST(what_is_outside_the_scope_is_refused),
        TEST(mom_never_resets_her_own_group),
        TEST(of_independent_jobs_the_largest_is_killed_alone),
        TEST(a_job_of_one_that_needs_all_is_not_killed_alone),
        TEST(a_dry_run_names_the_job),
        TEST(mom_may_be_beside_the_job_but_not_in_it),
        TEST(a_job_that_is_renamed_all_the_time_is_killed),
        TEST(a_crash_between_freeze_and_kill_is_undone),
        V2(on_v2_a_fork_bomb_is_defeated_by_cgroup_kill),
        V2(on_v2_before_cgroup_kill_the_group_itself_is_the_cage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
