/* Trees with what can't be opened, is no group, or vanishes while it is looked at. */
#include "plant.h"

#include "slices/base/text.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { NOBODY = 65534 };

static struct plant plant;

static int make_plant(void **state)
{
    (void)state;
    plant_open(&plant);
    plant_file(&plant, "/cg/cgroup.controllers", "memory\n");
    plant_file(&plant, "/proc/1/cgroup", "0::/\n");
    return 0;
}

static int remove_plant(void **state)
{
    (void)state;
    plant_close(&plant);
    return 0;
}

static void full_path(char path[PATH_MAX], const char *below)
{
    assert_int_equal(text_format(path, PATH_MAX, "%s%s", plant.root, below), 0);
}

struct view {
    struct hierarchy hierarchy;
    struct names names;
    struct tree *tree;
    struct tree_changes changes;
};

static void view_open(struct view *view, uint32_t rescan_ticks)
{
    char root[PATH_MAX], proc[PATH_MAX], host[PATH_MAX];
    full_path(root, "/cg");
    full_path(proc, "/proc");
    full_path(host, "/host");
    *view = (struct view){.hierarchy.root_fd = -1};
    assert_int_equal(hierarchy_open(root, &view->hierarchy, NULL), 0);
    assert_int_equal(names_open(&view->names, host, NULL), 0);
    const struct tree_options options = {
        .hierarchy = &view->hierarchy,
        .names = &view->names,
        .scope = "",
        .proc_root = proc,
        .self_group = "/mom.service",
        .starter_group = "",
        .max_slices = 256,
        .rescan_ticks = rescan_ticks,
        .serial_first = 1,
    };
    assert_int_equal(tree_open(&options, &view->tree, NULL), 0);
}

static void view_close(struct view *view)
{
    tree_close(view->tree);
    names_close(&view->names);
    hierarchy_close(&view->hierarchy);
}

static void look(struct view *view)
{
    tree_update(view->tree, &view->changes);
}

/* Runs as nobody, who may not look into /locked. Returns a line's number where something is wrong.
 */
static int look_as_nobody(void)
{
    struct view view;
    if (geteuid() == 0 && (setgid(NOBODY) < 0 || setuid(NOBODY) < 0))
        return __LINE__;
    view_open(&view, 0);
    for (int i = 0; i < 3; i++) {
        look(&view);
        if (view.changes.unreadable != 1)
            return __LINE__;
        if (!plant_find(view.tree, "cgroup:/open") || tree_count(view.tree) != 1)
            return __LINE__;
    }
    view_close(&view);
    return 0;
}

static void a_directory_that_may_not_be_read_counts_once_and_hides_nothing_else(void **state)
{
    (void)state;
    char locked[PATH_MAX];
    plant_group(&plant, "/cg/locked/inner", true);
    plant_group(&plant, "/cg/open", true);
    full_path(locked, "/cg/locked");
    assert_int_equal(chmod(plant.root, 0755), 0);
    assert_int_equal(chmod(locked, 0100), 0);
    pid_t child = fork();
    if (child == 0)
        _exit(look_as_nobody());
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(chmod(locked, 0700), 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void links_and_files_are_no_groups(void **state)
{
    (void)state;
    static const char *const links[][2] = {
        {"open", "/cg/linked"}, {"nowhere", "/cg/dangling"}, {".", "/cg/loop"}};
    char path[PATH_MAX];
    plant_group(&plant, "/cg/open", true);
    plant_file(&plant, "/cg/file.service", "4711\n");
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        full_path(path, links[i][1]);
        assert_int_equal(symlink(links[i][0], path), 0);
    }
    struct view view;
    view_open(&view, 0);
    look(&view);
    assert_int_equal(tree_count(view.tree), 1);
    (void)plant_expect(view.tree, "cgroup:/open");
    assert_int_equal(view.changes.unreadable, 0);
    view_close(&view);
}

static void files_that_are_none_hold_no_processes_and_keep_nobody_waiting(void **state)
{
    (void)state;
    char path[PATH_MAX];
    plant_file(&plant, "/cg/queue/memory.current", "0\n");
    full_path(path, "/cg/queue/cgroup.procs");
    assert_int_equal(mkfifo(path, 0644), 0);
    plant_file(&plant, "/cg/folder/memory.current", "0\n");
    plant_file(&plant, "/cg/folder/cgroup.procs/below", "");
    plant_group(&plant, "/cg/open", true);
    struct view view;
    view_open(&view, 0);
    look(&view);
    assert_int_equal(tree_count(view.tree), 1);
    (void)plant_expect(view.tree, "cgroup:/open");
    view_close(&view);
}

static pid_t churner;

/* In a process of its own, which fails no test: makes and removes groups until it is ended. */
static _Noreturn void churn(void)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (unsigned i = 0;; i++) {
        char group[PATH_MAX], deep[PATH_MAX];
        (void)text_format(group, sizeof group, "%s/cg/churn-%u", plant.root, i % 8);
        (void)text_format(deep, sizeof deep, "%s/deep", group);
        (void)mkdir(group, 0755);
        (void)mkdir(deep, 0755);
        (void)rmdir(deep);
        (void)rmdir(group);
    }
}

static void end_churn(void)
{
    if (churner > 0) {
        (void)kill(churner, SIGKILL);
        (void)waitpid(churner, NULL, 0);
    }
    churner = 0;
}

static int end_churn_and_remove_plant(void **state)
{
    end_churn();
    return remove_plant(state);
}

static void groups_that_vanish_meanwhile_leave_a_true_table(void **state)
{
    (void)state;
    struct view view;
    plant_group(&plant, "/cg/steady", true);
    view_open(&view, 3);
    churner = fork();
    if (churner == 0)
        churn();
    for (int i = 0; i < 3000; i++) {
        look(&view);
        assert_int_equal(view.changes.unreadable, 0);
        (void)plant_expect(view.tree, "cgroup:/steady");
    }
    end_churn();
    for (unsigned i = 0; i < 8; i++) {
        char path[PATH_MAX], below[64];
        (void)text_format(below, sizeof below, "/cg/churn-%u/deep", i);
        full_path(path, below);
        (void)rmdir(path);
        *strrchr(path, '/') = '\0';
        (void)rmdir(path);
    }
    look(&view);
    assert_int_equal(tree_count(view.tree), 1);
    view_close(&view);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_plant, remove_plant)
    const struct CMUnitTest tests[] = {
        TEST(a_directory_that_may_not_be_read_counts_once_and_hides_nothing_else),
        TEST(links_and_files_are_no_groups),
        TEST(files_that_are_none_hold_no_processes_and_keep_nobody_waiting),
        cmocka_unit_test_setup_teardown(groups_that_vanish_meanwhile_leave_a_true_table, make_plant,
            end_churn_and_remove_plant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
