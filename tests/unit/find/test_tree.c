#include "plant.h"

#include "slices/base/text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    struct plant plant;
    struct hierarchy hierarchy;
    struct names names;
    char proc[128], names_root[128];
    struct tree_options options;
    struct tree *tree;
    struct tree_changes changes;
};

/* "plant.root" is the v2 tree's root; its "/proc" would be a group, so /proc lies beside it. */
static int set_up(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){.hierarchy.root_fd = -1};
    plant_open(&fixture.plant);
    plant_file(&fixture.plant, "/cg/cgroup.controllers", "cpu memory\n");
    plant_file(&fixture.plant, "/proc/1/cgroup", "0::/\n");
    (void)text_format(fixture.proc, sizeof fixture.proc, "%s/proc", fixture.plant.root);
    (void)text_format(fixture.names_root, sizeof fixture.names_root, "%s/host", fixture.plant.root);
    if (geteuid() == 0)
        assert_true(plant_fixture(&fixture.plant, "host"));
    char root[PATH_MAX];
    (void)text_format(root, sizeof root, "%s/cg", fixture.plant.root);
    assert_int_equal(hierarchy_open(root, &fixture.hierarchy, NULL), 0);
    assert_int_equal(names_open(&fixture.names, fixture.names_root, NULL), 0);
    fixture.options = (struct tree_options){
        .hierarchy = &fixture.hierarchy,
        .names = &fixture.names,
        .scope = "",
        .proc_root = fixture.proc,
        .self_group = "/mom.slice/momd.service",
        .starter_group = "",
        .max_slices = 64,
        .serial_first = 100,
    };
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    tree_close(fixture->tree);
    names_close(&fixture->names);
    hierarchy_close(&fixture->hierarchy);
    plant_close(&fixture->plant);
    return 0;
}

static void group(const struct fixture *fixture, const char *path, bool is_populated)
{
    char full[PATH_MAX];
    (void)text_format(full, sizeof full, "/cg%s", path);
    plant_group(&fixture->plant, full, is_populated);
}

static void owner(const struct fixture *fixture, const char *path, unsigned uid)
{
    char full[PATH_MAX];
    (void)text_format(full, sizeof full, "/cg%s", path);
    plant_owner(&fixture->plant, full, uid);
}

static void update(struct fixture *fixture)
{
    tree_update(fixture->tree, &fixture->changes);
}

static void start(struct fixture *fixture)
{
    struct mom_error error = {.text = ""};
    if (tree_open(&fixture->options, &fixture->tree, &error) < 0)
        fail_msg("%s", error.text);
    update(fixture);
}

static const struct slice *expect(struct fixture *fixture, const char *key)
{
    return plant_expect(fixture->tree, key);
}

static void expect_none(struct fixture *fixture, const char *key)
{
    assert_null(plant_find(fixture->tree, key));
}

static void needs_root(void)
{
    if (geteuid() == 0)
        return;
    print_message("skipped: groups of several owners need root\n");
    skip();
}

/* --- Layouts of real hosts ------------------------------------------------------------------ */

/* "*1000 /path": a populated group of that uid, "-": an empty one; "= kind protection key". */
static unsigned read_layout(struct fixture *fixture, const char *name, bool is_check)
{
    char path[PATH_MAX], *line = NULL;
    size_t size = 0;
    unsigned slices = 0;
    (void)text_format(path, sizeof path, "%s/find/layouts/%s", MOM_FIXTURES, name);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    while (getline(&line, &size, file) > 0) {
        line[strcspn(line, "\n")] = '\0';
        char *rest = line + 1;
        if ((*line == '*' || *line == '-') && !is_check) {
            unsigned uid = (unsigned)strtoul(rest, &rest, 10);
            group(fixture, rest + 1, *line == '*');
            owner(fixture, rest + 1, uid);
        } else if (*line == '=' && is_check) {
            rest++;
            const char *kind = strsep(&rest, " "), *protection = strsep(&rest, " ");
            const struct slice *slice = expect(fixture, rest);
            assert_string_equal(slice_kind_names[slice->kind], kind);
            assert_int_equal(slice->protection,
                strcmp(protection, "session") == 0 ? SLICE_PROTECTED_SESSION : SLICE_UNPROTECTED);
            slices++;
        }
    }
    free(line);
    (void)fclose(file);
    return slices;
}

static void layout_becomes(struct fixture *fixture, const char *name)
{
    needs_root();
    (void)read_layout(fixture, name, false);
    start(fixture);
    assert_int_equal(tree_count(fixture->tree), read_layout(fixture, name, true));
}

#define LAYOUT_TEST(test, name)                                                                    \
    static void test(void **state)                                                                 \
    {                                                                                              \
        layout_becomes(*state, name);                                                              \
    }
LAYOUT_TEST(dockers_containers_are_told_from_the_services_beside_them, "docker-systemd.tree")
LAYOUT_TEST(conmon_is_not_the_container_that_it_minds, "podman.tree")
LAYOUT_TEST(pods_are_found_by_systemd_and_by_cgroupfs, "kubernetes.tree")
LAYOUT_TEST(a_users_units_are_slices_where_he_has_app_slice, "user-sessions.tree")
LAYOUT_TEST(names_in_a_delegated_folder_prove_nothing, "delegated.tree")
LAYOUT_TEST(lxc_and_hand_made_groups_stand_side_by_side, "planetlab.tree")

static void a_captured_v1_host_opens_from_its_folder(void **state)
{
    struct fixture *fixture = *state;
    hierarchy_close(&fixture->hierarchy);
    assert_int_equal(
        hierarchy_open(MOM_FIXTURES "/find/captured-v1/cgroup", &fixture->hierarchy, NULL), 0);
    fixture->options.proc_root = MOM_FIXTURES "/find/captured-v1/proc";
    fixture->options.self_group = NULL;
    fixture->options.starter_group = NULL;
    start(fixture);
    assert_int_equal(tree_count(fixture->tree), 3);
    const struct slice *other = expect(fixture, "unit:mom-test-capture/cont.slice/c0.service");
    const struct slice *self = expect(fixture, "unit:mom-test-capture/cont.slice/c1.service");
    assert_int_equal(other->protection, SLICE_UNPROTECTED);
    assert_int_equal(self->protection, SLICE_PROTECTED_SELF);
    assert_int_equal(other->life.boot[6], 0x40);
    assert_int_equal(other->life.boot[15], 1);
    (void)expect(fixture, "lxc:web");
}

/* --- Coming and going ----------------------------------------------------------------------- */

static void births_and_vanishings_are_seen_between_rescans(void **state)
{
    struct fixture *fixture = *state;
    group(fixture, "/cont.slice/c0.service", true);
    start(fixture);
    assert_true(fixture->changes.rescanned);
    assert_int_equal(fixture->changes.born, 1);
    group(fixture, "/cont.slice/c1.service/deep/er", true);
    group(fixture, "/new.slice/newer.slice/c2.service", true);
    update(fixture);
    assert_false(fixture->changes.rescanned);
    assert_int_equal(fixture->changes.born, 2);
    assert_int_equal(expect(fixture, "unit:new.slice/newer.slice/c2.service")->serial, 102);

    plant_remove(&fixture->plant, "/cg/cont.slice");
    update(fixture);
    assert_int_equal(fixture->changes.vanished, 2);
    const struct slice *const *lost;
    assert_int_equal(tree_vanished(fixture->tree, &lost), 2);
    assert_non_null(strstr(lost[0]->key, "unit:cont.slice/c"));
    assert_null(tree_slice(fixture->tree, lost[0]->index));
    assert_int_equal(tree_count(fixture->tree), 1);
    update(fixture);
    assert_int_equal(tree_vanished(fixture->tree, &lost), 0);
    assert_int_equal(tree_serial_next(fixture->tree), 103);
}

static void a_group_made_anew_is_another_life(void **state)
{
    struct fixture *fixture = *state;
    group(fixture, "/a.service", true);
    start(fixture);
    const struct slice before = *expect(fixture, "unit:a.service");
    /* By renaming, as a new folder here may get the removed one's inode. */
    group(fixture, "/aside/a.service", true);
    char from[PATH_MAX], to[PATH_MAX];
    (void)text_format(from, sizeof from, "%s/cg/aside/a.service", fixture->plant.root);
    (void)text_format(to, sizeof to, "%s/cg/a.service", fixture->plant.root);
    plant_remove(&fixture->plant, "/cg/a.service");
    assert_int_equal(rename(from, to), 0);
    update(fixture);
    const struct slice *after = expect(fixture, "unit:a.service");
    assert_int_equal(fixture->changes.vanished, 1);
    assert_int_equal(fixture->changes.born, 1);
    assert_false(slice_life_equal(&before.life, &after->life));
    assert_int_not_equal(before.serial, after->serial);
    assert_int_not_equal(before.index, after->index);
}

static void a_group_becomes_a_slice_when_it_gets_processes(void **state)
{
    struct fixture *fixture = *state;
    group(fixture, "/batch/job", false);
    start(fixture);
    assert_int_equal(tree_count(fixture->tree), 0);
    plant_file(&fixture->plant, "/cg/batch/job/cgroup.procs", "4711\n");
    update(fixture);
    (void)expect(fixture, "cgroup:/batch/job");
    plant_file(&fixture->plant, "/cg/batch/job/cgroup.procs", "");
    update(fixture);
    (void)expect(fixture, "cgroup:/batch/job"); /* once a slice, a slice as long as it lives */
}

static void names_may_hold_anything(void **state)
{
    struct fixture *fixture = *state;
    char path[256] = "/";
    memset(path + 1, 'x', 200);
    group(fixture, path, true);
    group(fixture, "/a\nb\x1b[1m", true);
    start(fixture);
    (void)expect(fixture, "cgroup:/a\\x0ab\\x1b[1m");
    group(fixture, "/q'u\"o\te;--", true);
    update(fixture);
    (void)expect(fixture, "cgroup:/q'u\"o\\x09e;--");
    assert_int_equal(tree_count(fixture->tree), 3);
    plant_remove(&fixture->plant, "/cg/a\nb\x1b[1m");
    update(fixture);
    expect_none(fixture, "cgroup:/a\\x0ab\\x1b[1m");
}

static void a_name_that_is_written_late_is_taken_at_the_next_walk(void **state)
{
    needs_root();
    struct fixture *fixture = *state;
    static const char late[] = "0000000000000000000000000000000000000000000000000000000000000001";
    char path[PATH_MAX];
    (void)text_format(path, sizeof path, "/docker/%s", late);
    group(fixture, path, true);
    fixture->options.rescan_ticks = 2;
    start(fixture);
    (void)expect(fixture, "docker:000000000000");
    (void)text_format(path, sizeof path, "/host/var/lib/docker/containers/%s/config.v2.json", late);
    plant_file(&fixture->plant, path, "{\"Name\":\"/late\"}");
    update(fixture);
    update(fixture);
    assert_true(fixture->changes.rescanned);
    (void)expect(fixture, "docker:late");
    expect_none(fixture, "docker:000000000000");
}

/* --- Users ---------------------------------------------------------------------------------- */

#define MANAGER "/user.slice/user-1000.slice/user@1000.service"

static void a_user_is_divided_when_his_manager_gets_units(void **state)
{
    struct fixture *fixture = *state;
    group(fixture, "/user.slice/user-1000.slice/session-1.scope", true);
    start(fixture);
    assert_int_equal(expect(fixture, "user:1000")->uid, 1000);
    group(fixture, MANAGER "/app.slice/editor.service", true);
    update(fixture);
    expect_none(fixture, "user:1000");
    (void)expect(fixture, "unit:user.slice/user-1000.slice/session-1.scope");
    assert_int_equal(tree_count(fixture->tree), 2);
}

static void a_user_with_too_many_groups_is_one_slice_for_good(void **state)
{
    struct fixture *fixture = *state;
    group(fixture, MANAGER "/app.slice/a.service", true);
    group(fixture, "/system.slice/sshd.service", true);
    start(fixture);
    assert_int_equal(tree_count(fixture->tree), 2);
    for (int i = 0; i < 100; i++) {
        char path[128];
        (void)text_format(path, sizeof path, MANAGER "/app.slice/%d.service", i);
        group(fixture, path, true);
    }
    update(fixture);
    update(fixture);
    assert_int_equal(expect(fixture, "user:1000")->protection, SLICE_UNPROTECTED);
    assert_int_equal(tree_count(fixture->tree), 2);
    plant_remove(&fixture->plant, "/cg" MANAGER "/app.slice");
    group(fixture, MANAGER "/app.slice/a.service", true);
    update(fixture);
    (void)expect(fixture, "user:1000");
}

static void a_user_who_switches_accounting_off_is_one_slice(void **state)
{
    struct fixture *fixture = *state;
    group(fixture, MANAGER "/app.slice/a.service", true);
    fixture->options.rescan_ticks = 1;
    start(fixture);
    expect_none(fixture, "user:1000");
    plant_remove(&fixture->plant, "/cg" MANAGER "/app.slice/a.service/memory.current");
    update(fixture);
    (void)expect(fixture, "user:1000");
    assert_int_equal(tree_count(fixture->tree), 1);
}

static void memory_accounting_that_comes_later_is_noticed(void **state)
{
    struct fixture *fixture = *state;
    group(fixture, "/cont.slice/c0.service", true);
    group(fixture, "/cont.slice/c1.service", true);
    plant_remove(&fixture->plant, "/cg/cont.slice/c0.service/memory.current");
    plant_file(&fixture->plant, "/cg/cont.slice/cgroup.subtree_control", "cpu pids\n");
    start(fixture);
    expect_none(fixture, "unit:cont.slice/c0.service");
    const uint64_t other = expect(fixture, "unit:cont.slice/c1.service")->serial;
    update(fixture);
    assert_false(fixture->changes.rescanned);

    plant_file(&fixture->plant, "/cg/cont.slice/cgroup.subtree_control", "cpu memory pids\n");
    group(fixture, "/cont.slice/c0.service", true);
    plant_file(&fixture->plant, "/cg/cont.slice/c0.service/memory.current", "4096\n");
    update(fixture);
    update(fixture);
    (void)expect(fixture, "unit:cont.slice/c0.service");
    assert_int_equal(expect(fixture, "unit:cont.slice/c1.service")->serial, other);
    expect_none(fixture, "cgroup:/cont.slice");
    update(fixture);
    assert_false(fixture->changes.rescanned);
}

/* Threads' groups of v2 have none, wherever they hang. */
static void a_group_that_has_no_accounting_all_the_same_costs_no_walks(void **state)
{
    struct fixture *fixture = *state;
    group(fixture, "/cont.slice/c0.service", true);
    plant_remove(&fixture->plant, "/cg/cont.slice/c0.service/memory.current");
    plant_file(&fixture->plant, "/cg/cont.slice/cgroup.subtree_control", "memory\n");
    start(fixture);
    for (int i = 0; i < 3; i++) {
        update(fixture);
        assert_false(fixture->changes.rescanned);
    }
}

/* --- Folding -------------------------------------------------------------------------------- */

static void what_overflows_folds_into_roots_group_which_is_protected(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.max_slices = 8;
    char path[64];
    for (int i = 0; i < 20; i++) {
        (void)text_format(path, sizeof path, "/docker/group-%d", i);
        group(fixture, path, true);
    }
    start(fixture);
    assert_int_equal(fixture->changes.folded, 14); /* two slots are kept for those who stand in */
    assert_int_equal(tree_count(fixture->tree), 7);
    assert_int_equal(expect(fixture, "cgroup:/docker")->protection, SLICE_PROTECTED_FOLDED);
}

static void a_stand_in_goes_when_there_is_room_again(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.max_slices = 4;
    fixture->options.rescan_ticks = 1;
    group(fixture, "/docker/a", true);
    group(fixture, "/docker/b", true);
    group(fixture, "/docker/c", true);
    start(fixture);
    (void)expect(fixture, "cgroup:/docker/a");
    group(fixture, "/docker/d", true);
    update(fixture);
    assert_int_equal(fixture->changes.folded, 1);
    (void)expect(fixture, "cgroup:/docker");
    plant_remove(&fixture->plant, "/cg/docker/a");
    update(fixture);
    update(fixture);
    expect_none(fixture, "cgroup:/docker");
    (void)expect(fixture, "cgroup:/docker/d");
    assert_int_equal(tree_count(fixture->tree), 3);
}

static void folding_into_somebody_elses_group_exempts_nobody(void **state)
{
    needs_root();
    struct fixture *fixture = *state;
    fixture->options.max_slices = 8;
    for (int i = 0; i < 20; i++) {
        char path[64];
        (void)text_format(path, sizeof path, "/lab/job-%d", i);
        group(fixture, path, true);
    }
    owner(fixture, "/lab", 1000);
    start(fixture);
    const struct slice *lab = expect(fixture, "cgroup:/lab");
    assert_int_equal(lab->protection, SLICE_UNPROTECTED);
    assert_int_equal(lab->uid, 1000);
}

static void paths_too_long_or_too_deep_fold(void **state)
{
    struct fixture *fixture = *state;
    char path[SLICE_PATH_MAX + 256] = "";
    while (strlen(path) < SLICE_PATH_MAX - 4)
        (void)strcat(path, "/a-name-of-sixteen");
    group(fixture, path, true);
    char deep[512] = "";
    for (int i = 0; i < 60; i++)
        (void)strcat(deep, "/d");
    group(fixture, deep, true);
    start(fixture);
    assert_int_equal(fixture->changes.folded, 2);
    assert_int_equal(tree_count(fixture->tree), 2);
    for (uint32_t i = 0; i < tree_capacity(fixture->tree); i++)
        if (tree_slice(fixture->tree, i))
            assert_int_equal(tree_slice(fixture->tree, i)->protection, SLICE_PROTECTED_FOLDED);
}

/* --- Protection, scope, failure ------------------------------------------------------------- */

static void mom_her_starter_and_init_are_protected_with_all_above_them(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.self_group = "/mom.service/governor";
    fixture->options.starter_group = "/user.slice/user-0.slice/session-1.scope";
    plant_file(&fixture->plant, "/proc/1/cgroup", "0::/init.scope\n");
    group(fixture, "/mom.service/governor", true);
    group(fixture, "/mom.service.d/x", true);
    group(fixture, "/user.slice/user-0.slice/session-1.scope", true);
    group(fixture, "/init.scope", true);
    start(fixture);
    assert_int_equal(expect(fixture, "unit:mom.service")->protection, SLICE_PROTECTED_SELF);
    assert_int_equal(expect(fixture, "user:0")->protection, SLICE_PROTECTED_STARTER);
    assert_int_equal(expect(fixture, "unit:init.scope")->protection, SLICE_PROTECTED_INIT);
    assert_int_equal(expect(fixture, "cgroup:/mom.service.d/x")->protection, SLICE_UNPROTECTED);
}

static void without_knowing_moms_own_group_nothing_opens(void **state)
{
    struct fixture *fixture = *state;
    struct mom_error error = {.text = ""};
    fixture->options.self_group = NULL; /* and the fixture's /proc has no self */
    assert_int_equal(tree_open(&fixture->options, &fixture->tree, &error), -ESRCH);
    assert_non_null(strstr(error.text, "--self-cgroup"));
}

static void nothing_outside_the_scope_is_looked_at(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.scope = "/in/side/";
    group(fixture, "/outside.service", true);
    group(fixture, "/in/other.service", true);
    start(fixture);
    assert_int_equal(tree_count(fixture->tree), 0);
    group(fixture, "/in/side/a.service", true);
    update(fixture);
    (void)expect(fixture, "unit:in/side/a.service");
    assert_int_equal(tree_count(fixture->tree), 1);
    plant_remove(&fixture->plant, "/cg/in");
    update(fixture);
    assert_int_equal(fixture->changes.vanished, 1);
    group(fixture, "/in/side/b.service", true);
    update(fixture);
    (void)expect(fixture, "unit:in/side/b.service");
}

static void groups_above_slices_are_told_parents_first(void **state)
{
    static const char *const expected[] = {"/in", "/in/a.slice", "/in/a.slice/b.slice"};
    struct fixture *fixture = *state;
    fixture->options.scope = "/in";
    group(fixture, "/in/a.slice/b.slice/x.service", true);
    group(fixture, "/in/y.service", true);
    start(fixture);
    char path[SLICE_PATH_MAX];
    const struct group *branch = NULL;
    for (size_t i = 0; i < 3; i++) {
        branch = tree_next_branch(fixture->tree, branch, path);
        assert_non_null(branch);
        assert_string_equal(path, expected[i]);
    }
    assert_null(tree_next_branch(fixture->tree, branch, path));
}

static void a_renamed_directory_is_followed(void **state)
{
    struct fixture *fixture = *state;
    group(fixture, "/old.slice/a.service", true);
    start(fixture);
    char from[PATH_MAX], to[PATH_MAX];
    (void)text_format(from, sizeof from, "%s/cg/old.slice", fixture->plant.root);
    (void)text_format(to, sizeof to, "%s/cg/new.slice", fixture->plant.root);
    assert_int_equal(rename(from, to), 0);
    update(fixture);
    expect_none(fixture, "unit:old.slice/a.service");
    (void)expect(fixture, "unit:new.slice/a.service");
    group(fixture, "/new.slice/b.service", true);
    update(fixture);
    (void)expect(fixture, "unit:new.slice/b.service");
}

static void a_queue_that_overflowed_leads_to_a_full_walk(void **state)
{
    struct fixture *fixture = *state;
    group(fixture, "/a.slice/x.service", true);
    start(fixture);
    char path[PATH_MAX];
    (void)text_format(path, sizeof path, "%s/cg/a.slice/burst", fixture->plant.root);
    for (int i = 0; i < 12000; i++) {
        assert_int_equal(mkdir(path, 0755), 0);
        assert_int_equal(rmdir(path), 0);
    }
    group(fixture, "/a.slice/late.service", true);
    update(fixture);
    assert_true(fixture->changes.rescanned);
    (void)expect(fixture, "unit:a.slice/late.service");
}

static void options_out_of_range_are_refused(void **state)
{
    struct fixture *fixture = *state;
    struct mom_error error = {.text = ""};
    fixture->options.max_slices = 0;
    assert_int_equal(tree_open(&fixture->options, &fixture->tree, &error), -EINVAL);
    fixture->options.max_slices = 8;
    fixture->options.scope = "no-slash";
    assert_int_equal(tree_open(&fixture->options, &fixture->tree, &error), -EINVAL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(dockers_containers_are_told_from_the_services_beside_them),
        TEST(conmon_is_not_the_container_that_it_minds),
        TEST(pods_are_found_by_systemd_and_by_cgroupfs),
        TEST(a_users_units_are_slices_where_he_has_app_slice),
        TEST(names_in_a_delegated_folder_prove_nothing),
        TEST(lxc_and_hand_made_groups_stand_side_by_side),
        TEST(a_captured_v1_host_opens_from_its_folder),
        TEST(births_and_vanishings_are_seen_between_rescans),
        TEST(a_group_made_anew_is_another_life),
        TEST(a_group_becomes_a_slice_when_it_gets_processes),
        TEST(names_may_hold_anything),
        TEST(a_name_that_is_written_late_is_taken_at_the_next_walk),
        TEST(a_user_is_divided_when_his_manager_gets_units),
        TEST(a_user_with_too_many_groups_is_one_slice_for_good),
        TEST(a_user_who_switches_accounting_off_is_one_slice),
        TEST(memory_accounting_that_comes_later_is_noticed),
        TEST(a_group_that_has_no_accounting_all_the_same_costs_no_walks),
        TEST(what_overflows_folds_into_roots_group_which_is_protected),
        TEST(a_stand_in_goes_when_there_is_room_again),
        TEST(folding_into_somebody_elses_group_exempts_nobody),
        TEST(paths_too_long_or_too_deep_fold),
        TEST(mom_her_starter_and_init_are_protected_with_all_above_them),
        TEST(without_knowing_moms_own_group_nothing_opens),
        TEST(nothing_outside_the_scope_is_looked_at),
        TEST(groups_above_slices_are_told_parents_first),
        TEST(a_renamed_directory_is_followed),
        TEST(a_queue_that_overflowed_leads_to_a_full_walk),
        TEST(options_out_of_range_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
