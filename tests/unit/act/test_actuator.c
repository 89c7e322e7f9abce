/* The actuator over made-up v2 files, and the journal's table. */
#include "slices/base/file.h"
#include "slices/base/text.h"
#include "tests/unit/act/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct bench bench;
static struct slice slice;
static const char *const files[][2] = {{"cgroup.procs", ""}, {"cgroup.kill", ""},
    {"cgroup.events", "populated 0\nfrozen 0\n"}, {"memory.current", "7000\n"},
    {"memory.swap.current", "500\n"}};

/* The fixture is the group "/g" in the run dir. */
static int set_up(void **state)
{
    (void)state;
    bench = (struct bench){.hierarchy = {.version = HIERARCHY_V2}};
    bench_open(&bench);
    (void)text_copy(bench.hierarchy.root, sizeof bench.hierarchy.root, bench.run_dir);
    bench.hierarchy.root_fd = open(bench.run_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(mkdirat(bench.hierarchy.root_fd, "g", 0755), 0);
    int group = openat(bench.hierarchy.root_fd, "g", O_PATH | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        (void)close(openat(group, files[i][0], O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
        assert_int_equal(file_write(group, files[i][0], files[i][1]), 0);
    }
    (void)close(group);
    slice = live_slice(&bench.hierarchy, "/g", 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    int group = openat(bench.hierarchy.root_fd, "g", O_PATH | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        (void)unlinkat(group, files[i][0], 0);
    (void)close(group);
    (void)unlinkat(bench.hierarchy.root_fd, "g", AT_REMOVEDIR);
    (void)close(bench.hierarchy.root_fd);
    bench_close(&bench);
    return 0;
}

static void read_kill_file(char text[static 32])
{
    assert_true(file_read(bench.hierarchy.root_fd, "g/cgroup.kill", text, 32) >= 0);
}

static void on_v2_a_reset_is_one_write_to_cgroup_kill(void **state)
{
    (void)state;
    char text[32];
    assert_int_equal(bench_apply(&bench, ACTION_RESET, &slice), RESULT_DONE);
    read_kill_file(text);
    assert_string_equal(text, "1");
    assert_int_equal(bench.outcome.rounds, 1);
    assert_int_equal(bench.outcome.bytes_before, 7500);
    assert_int_equal(bench.outcome.bytes_freed, 0);
    assert_int_equal(bench.outcome.started.unix_usec, 6);
}

static void a_slice_that_is_not_empty_in_time_is_incomplete(void **state)
{
    (void)state;
    assert_int_equal(
        file_write(bench.hierarchy.root_fd, "g/cgroup.events", "populated 1\nfrozen 0\n"), 0);
    assert_int_equal(file_write(bench.hierarchy.root_fd, "g/cgroup.procs", "99999\n88888\n"), 0);
    bench.options.patience_usec = 20000;
    assert_int_equal(bench_apply(&bench, ACTION_RESET, &slice), RESULT_INCOMPLETE);
    assert_int_equal(bench.outcome.survivors, 2);
    assert_int_equal(bench.outcome.survivor[0], 99999);
    assert_int_equal(bench.outcome.processes_before, 2);
}

static void a_group_with_process_1_is_refused(void **state)
{
    (void)state;
    char text[32];
    assert_int_equal(file_write(bench.hierarchy.root_fd, "g/cgroup.procs", "99999\n1\n"), 0);
    assert_int_equal(bench_apply(&bench, ACTION_RESET, &slice), RESULT_REFUSED);
    assert_int_not_equal(bench.outcome.error[0], '\0');
    read_kill_file(text);
    assert_string_equal(text, "");
}

static void the_last_write_is_all_that_a_dry_run_leaves_out(void **state)
{
    (void)state;
    char text[32];
    bench.options.dry_run = true;
    assert_int_equal(bench_apply(&bench, ACTION_RESET, &slice), RESULT_DRY_RUN);
    assert_int_equal(bench.outcome.bytes_before, 7500);
    read_kill_file(text);
    assert_string_equal(text, "");
}

static void paths_that_lead_astray_are_refused(void **state)
{
    (void)state;
    static const char *const paths[] = {"", "/", "g", "/../g", "/g/", "//g", "/g/../g"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct slice astray = slice;
        (void)text_copy(astray.path, sizeof astray.path, paths[i]);
        assert_int_equal(bench_apply(&bench, ACTION_RESET, &astray), RESULT_REFUSED);
    }
}

static void without_a_journal_only_harmless_actuators_open(void **state)
{
    (void)state;
    struct actuator *actuator;
    struct mom_error error = {0};
    bench.options.journal = NULL;
    assert_int_equal(actuator_open(&bench.options, &actuator, &error), -EINVAL);
    bench.options.dry_run = true;
    assert_int_equal(actuator_open(&bench.options, &actuator, &error), 0);
    actuator_close(actuator);
}

static void the_recording_actuator_keeps_the_last_256(void **state)
{
    (void)state;
    struct actuator *actuator;
    struct action action = bench_action(ACTION_RESET, &slice);
    const struct action *recorded;
    bench.options.recording = true;
    assert_int_equal(actuator_open(&bench.options, &actuator, NULL), 0);
    for (action.decision = 1; action.decision <= 300; action.decision++) {
        actuator_apply(actuator, &action, &bench.outcome, &bench.processes);
        assert_int_equal(bench.outcome.result, RESULT_RECORDED);
    }
    assert_int_equal(actuator_recorded(actuator, &recorded), 256);
    assert_int_equal(recorded[0].decision, 45);
    assert_int_equal(recorded[255].decision, 300);
    actuator_close(actuator);
}

static struct journal_entry entry_of(uint64_t decision, const char *directory)
{
    struct journal_entry entry = {.kind = JOURNAL_TEMP_FREEZER, .decision = decision};
    (void)text_copy(entry.directory, sizeof entry.directory, directory);
    return entry;
}

static void the_journal_is_private_and_survives_its_writer(void **state)
{
    (void)state;
    struct journal_entry entry = entry_of(3, "/none/x-reset-3");
    struct stat status;
    int row = journal_add(&bench.journal, &entry);
    journal_close(&bench.journal);
    assert_int_equal(fstatat(bench.hierarchy.root_fd, "journal", &status, 0), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(journal_open(&bench.journal, bench.run_dir, NULL), 0);
    assert_non_null(journal_row(&bench.journal, row));
    assert_string_equal(journal_row(&bench.journal, row)->directory, entry.directory);
    assert_int_equal(journal_undo(&bench.journal, row, NULL), 0); /* gone: undone already */
    assert_null(journal_row(&bench.journal, row));
}

static void a_half_written_row_counts_as_empty(void **state)
{
    (void)state;
    struct journal_entry entry = entry_of(3, "/none/x-reset-3");
    int row = journal_add(&bench.journal, &entry);
    const struct journal_entry *stored = journal_row(&bench.journal, row);
    ptrdiff_t offset = (const char *)stored - (const char *)bench.journal.file.base;
    ((char *)bench.journal.file
            .base)[offset + (ptrdiff_t)offsetof(struct journal_entry, decision)]++;
    assert_null(journal_row(&bench.journal, row));
    for (int i = 0; i < JOURNAL_ENTRIES; i++) /* it has room for as many again */
        assert_true(journal_add(&bench.journal, &entry) >= 0);
    assert_non_null(journal_row(&bench.journal, row));
    assert_null(journal_row(&bench.journal, -1));
    assert_null(journal_row(&bench.journal, JOURNAL_ENTRIES));
}

static void a_full_journal_says_so(void **state)
{
    (void)state;
    struct journal_entry entry = entry_of(3, "/none/x-reset-3");
    for (int i = 0; i < JOURNAL_ENTRIES; i++)
        assert_int_equal(journal_add(&bench.journal, &entry), i);
    assert_int_equal(journal_add(&bench.journal, &entry), -ENOSPC);
    journal_strike(&bench.journal, 5);
    assert_int_equal(journal_add(&bench.journal, &entry), 5);
    assert_int_equal(journal_undo_all(&bench.journal, NULL), 0);
}

static char said[512];

static void keep_words(const char *text)
{
    (void)text_copy(said, sizeof said, text);
}

static void undoing_touches_nothing_but_cgroups(void **state)
{
    (void)state;
    char folder[128];
    assert_int_equal(mkdirat(bench.hierarchy.root_fd, "x-reset-3", 0755), 0);
    assert_int_equal(text_format(folder, sizeof folder, "%s/x-reset-3", bench.run_dir), 0);
    struct journal_entry entry = entry_of(3, folder);
    assert_true(journal_add(&bench.journal, &entry) >= 0);
    assert_int_equal(journal_undo_all(&bench.journal, keep_words), 1);
    assert_non_null(strstr(said, "x-reset-3"));
    assert_int_equal(unlinkat(bench.hierarchy.root_fd, "x-reset-3", AT_REMOVEDIR), 0);
}

static void undoing_touches_no_group_of_another_name(void **state)
{
    (void)state;
    struct hierarchy live;
    if (!live_open(&live))
        skip();
    char path[SLICE_PATH_MAX];
    live_path(path, "precious");
    const char *tree = live.freezer[0] ? live.freezer : live.root;
    live_make(tree, path);
    struct journal_entry entry = entry_of(3, "");
    assert_int_equal(text_format(entry.directory, sizeof entry.directory, "%s%s", tree, path), 0);
    assert_true(journal_add(&bench.journal, &entry) >= 0);
    assert_int_equal(journal_undo_all(&bench.journal, NULL), 1);
    assert_true(live_exists(tree, path));
    live_clean(&live);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(on_v2_a_reset_is_one_write_to_cgroup_kill),
        TEST(a_slice_that_is_not_empty_in_time_is_incomplete),
        TEST(a_group_with_process_1_is_refused),
        TEST(the_last_write_is_all_that_a_dry_run_leaves_out),
        TEST(paths_that_lead_astray_are_refused),
        TEST(without_a_journal_only_harmless_actuators_open),
        TEST(the_recording_actuator_keeps_the_last_256),
        TEST(the_journal_is_private_and_survives_its_writer),
        TEST(a_half_written_row_counts_as_empty),
        TEST(a_full_journal_says_so),
        TEST(undoing_touches_nothing_but_cgroups),
        TEST(undoing_touches_no_group_of_another_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
