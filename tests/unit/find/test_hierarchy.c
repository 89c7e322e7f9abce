#include "plant.h"

#include "slices/base/text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static int set_up(void **state)
{
    static struct plant plant;
    plant_open(&plant);
    *state = &plant;
    return 0;
}

static int tear_down(void **state)
{
    plant_close(*state);
    return 0;
}

static void below(const struct plant *plant, const char *path, char full[PATH_MAX])
{
    assert_int_equal(text_format(full, PATH_MAX, "%s%s", plant->root, path), 0);
}

static void expect_root(
    const struct plant *plant, const char *given, enum hierarchy_version version, const char *root)
{
    char folder[PATH_MAX], expected[PATH_MAX];
    struct hierarchy hierarchy;
    struct mom_error error = {.text = ""};
    below(plant, given, folder);
    below(plant, root, expected);
    assert_int_equal(hierarchy_open(folder, &hierarchy, &error), 0);
    assert_int_equal(hierarchy.version, version);
    assert_string_equal(hierarchy.root, expected);
    assert_true(hierarchy.root_fd >= 0);
    hierarchy_close(&hierarchy);
    assert_int_equal(hierarchy.root_fd, -1);
}

static void v2_root_is_known_by_its_controllers(void **state)
{
    plant_file(*state, "/cg/cgroup.controllers", "cpuset cpu io memory pids\n");
    plant_file(*state, "/cg/memory/memory.stat", ""); /* a group that is called "memory" */
    expect_root(*state, "/cg", HIERARCHY_V2, "/cg");
    expect_root(*state, "/cg//", HIERARCHY_V2, "/cg");
}

static void v1_set_and_a_v1_memory_root_are_known_by_their_files(void **state)
{
    char folder[PATH_MAX], expected[PATH_MAX];
    struct hierarchy hierarchy;
    plant_file(*state, "/cg/memory/memory.usage_in_bytes", "1\n");
    plant_file(*state, "/cg/freezer/tasks", "");
    plant_file(*state, "/cg/cpu/tasks", "");
    plant_file(*state, "/cg/unified/cgroup.controllers", "\n");
    expect_root(*state, "/cg", HIERARCHY_V1, "/cg/memory");
    expect_root(*state, "/cg/memory", HIERARCHY_V1, "/cg/memory");
    below(*state, "/cg", folder);
    assert_int_equal(hierarchy_open(folder, &hierarchy, NULL), 0);
    below(*state, "/cg/freezer", expected);
    assert_string_equal(hierarchy.freezer, expected);
    below(*state, "/cg/cpu", expected);
    assert_string_equal(hierarchy.cpu, expected);
    below(*state, "/cg/unified", expected);
    assert_string_equal(hierarchy.unified, expected);
    assert_string_equal(hierarchy.pids, "");
    hierarchy_close(&hierarchy);
}

static void v2_tree_without_memory_is_no_memory_root(void **state)
{
    char folder[PATH_MAX];
    struct hierarchy hierarchy;
    struct mom_error error = {.text = ""};
    plant_file(*state, "/cg/cgroup.controllers", "cpu hugememory memory_x\n");
    below(*state, "/cg", folder);
    assert_int_equal(hierarchy_open(folder, &hierarchy, &error), -ENOENT);
    assert_non_null(strstr(error.text, folder));
}

static void mountinfo_tells_the_trees_of_a_hybrid_host(void **state)
{
    const struct plant *plant = *state;
    char text[4096], name[PATH_MAX], expected[PATH_MAX];
    plant_file(plant, "/v2/cgroup.controllers", "cpu\n");
    (void)snprintf(text, sizeof text,
        "23 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
        "35 31 0:32 / %s/a\\040b rw shared:9 - cgroup cgroup rw,cpu,memory\n"
        "37 31 0:34 / %s/fr rw - cgroup none rw,freezer\n"
        "38 31 0:35 / %s/no rw - cgroup none rw,memory_x\n"
        "41 31 0:38 / %s/v2 rw - cgroup2 cgroup2 rw\n"
        "nonsense - cgroup\n",
        plant->root, plant->root, plant->root, plant->root);
    plant_file(plant, "/mountinfo", text);
    below(plant, "/mountinfo", name);
    struct hierarchy found;
    assert_int_equal(hierarchy_find_mounts(name, &found), 0);
    assert_int_equal(found.version, HIERARCHY_V1);
    below(plant, "/a b", expected);
    assert_string_equal(found.root, expected);
    assert_string_equal(found.cpu, expected);
    below(plant, "/fr", expected);
    assert_string_equal(found.freezer, expected);
    below(plant, "/v2", expected);
    assert_string_equal(found.unified, expected);

    plant_file(plant, "/v2/cgroup.controllers", "cpu memory\n");
    assert_int_equal(hierarchy_find_mounts(name, &found), 0);
    assert_int_equal(found.version, HIERARCHY_V2);
    assert_string_equal(found.root, expected);

    plant_file(plant, "/mountinfo", "23 1 8:1 / / rw - ext4 /dev/sda1 rw\n");
    assert_int_equal(hierarchy_find_mounts(name, &found), -ENOENT);
}

static void this_machine_is_found_in_silence(void **state)
{
    (void)state;
    struct hierarchy hierarchy;
    struct mom_error error = {.text = ""};
    int r = hierarchy_open(NULL, &hierarchy, &error);
    if (r < 0) {
        print_message("skipped: %s\n", error.text);
        skip();
    }
    const char *file =
        hierarchy.version == HIERARCHY_V2 ? "cgroup.controllers" : "memory.usage_in_bytes";
    assert_int_equal(faccessat(hierarchy.root_fd, file, F_OK, 0), 0);
    char path[PATH_MAX];
    assert_int_equal(hierarchy_group_of(&hierarchy, "/proc", (int)getpid(), path, sizeof path), 0);
    assert_int_equal(path[0], '/');
    hierarchy_close(&hierarchy);
}

static void expect_group(const struct plant *plant, enum hierarchy_version version,
    const char *cgroup, const char *expected)
{
    struct hierarchy hierarchy = {.version = version, .root_fd = -1};
    char path[PATH_MAX];
    plant_file(plant, "/proc/42/cgroup", cgroup);
    char proc[PATH_MAX];
    below(plant, "/proc", proc);
    assert_int_equal(hierarchy_group_of(&hierarchy, proc, 42, path, sizeof path), 0);
    assert_string_equal(path, expected);
}

static void group_of_a_process_is_on_the_memory_trees_line(void **state)
{
    const char *hybrid = "9:name=systemd:/s\n4:cpu,memory:/a/b c\n0::/unified\n";
    expect_group(*state, HIERARCHY_V1, hybrid, "/a/b c");
    expect_group(*state, HIERARCHY_V2, hybrid, "/unified");
    expect_group(*state, HIERARCHY_V1, "4:memory_x:/a\n", "/");
    expect_group(*state, HIERARCHY_V2, "0::/../other\n", "/");
    expect_group(*state, HIERARCHY_V2, "0::/a:b\n", "/a:b");
}

static void group_of_a_process_that_is_gone_is_esrch(void **state)
{
    const struct plant *plant = *state;
    struct hierarchy hierarchy = {.version = HIERARCHY_V2, .root_fd = -1};
    char path[4];
    assert_int_equal(hierarchy_group_of(&hierarchy, plant->root, 7, path, sizeof path), -ESRCH);
    plant_file(plant, "/7/cgroup", "0::/too/long\n");
    assert_int_equal(
        hierarchy_group_of(&hierarchy, plant->root, 7, path, sizeof path), -ENAMETOOLONG);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(v2_root_is_known_by_its_controllers),
        TEST(v1_set_and_a_v1_memory_root_are_known_by_their_files),
        TEST(v2_tree_without_memory_is_no_memory_root),
        TEST(mountinfo_tells_the_trees_of_a_hybrid_host),
        TEST(this_machine_is_found_in_silence),
        TEST(group_of_a_process_is_on_the_memory_trees_line),
        TEST(group_of_a_process_that_is_gone_is_esrch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
