/* The tree against this machine's kernel, below mom-test-PID groups of the memory tree. */
#include "plant.h"

#include "slices/base/text.h"
#include "tests/unit/read/live.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct live {
    struct hierarchy hierarchy;
    struct names names;
    char scope[SLICE_PATH_MAX];
    struct tree *tree;
    struct tree_changes changes;
};

static struct live live;

static void full_path(char full[static SLICE_PATH_MAX], const char *path)
{
    assert_int_equal(text_format(full, SLICE_PATH_MAX, "%s%s", live.scope, path), 0);
}

static int make(const char *path)
{
    char full[SLICE_PATH_MAX];
    full_path(full, path);
    return mkdirat(live.hierarchy.root_fd, full + 1, 0755) < 0 ? -errno : 0;
}

/* A group whose children are slices. */
static void make_parent(const char *path)
{
    char full[SLICE_PATH_MAX];
    full_path(full, path);
    live_make_parent(&live.hierarchy, full);
}

static int remove_group(const char *path)
{
    char full[SLICE_PATH_MAX];
    full_path(full, path);
    return unlinkat(live.hierarchy.root_fd, full + 1, AT_REMOVEDIR) < 0 ? -errno : 0;
}

static int set_up(void **state)
{
    (void)state;
    live.tree = NULL;
    live_path(live.scope, "tree");
    if (!live_open(&live.hierarchy))
        return 0;
    live_make_parent(&live.hierarchy, live.scope);
    assert_int_equal(names_open(&live.names, "", NULL), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    if (live.hierarchy.root_fd < 0)
        return 0;
    tree_close(live.tree);
    names_close(&live.names);
    int r = remove_group("");
    live_clean(&live.hierarchy); /* also what a failed test has left */
    assert_int_equal(r, 0);
    return 0;
}

static void start(const char *self_group)
{
    if (live.hierarchy.root_fd < 0)
        skip();
    const struct tree_options options = {
        .hierarchy = &live.hierarchy,
        .names = &live.names,
        .scope = live.scope,
        .proc_root = "/proc",
        .self_group = self_group,
        .max_slices = 256,
        .serial_first = 1,
    };
    assert_int_equal(tree_open(&options, &live.tree, NULL), 0);
    tree_update(live.tree, &live.changes);
    assert_int_equal(tree_count(live.tree), 0);
}

static void update(void)
{
    tree_update(live.tree, &live.changes);
}

static const struct slice *find_unit(const char *path)
{
    char key[SLICE_KEY_MAX];
    (void)text_format(key, sizeof key, "unit:%s%s", live.scope + 1, path);
    return plant_find(live.tree, key);
}

static const struct slice *find_group(const char *path)
{
    char key[SLICE_KEY_MAX];
    (void)text_format(key, sizeof key, "cgroup:%s%s", live.scope, path);
    return plant_find(live.tree, key);
}

/* A child that sleeps in the group until it is killed. */
static pid_t put_process(const char *path)
{
    char full[SLICE_PATH_MAX];
    full_path(full, path);
    return live_spawn(&live.hierarchy, full, NULL, NULL, NULL);
}

/* Waits until the group can be removed: a dead process leaves it a little later. */
static void end_process(pid_t pid, const char *path)
{
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    int r = remove_group(path);
    for (int tries = 0; r == -EBUSY && tries < 100; tries++) {
        (void)poll(NULL, 0, 10);
        r = remove_group(path);
    }
    assert_int_equal(r, 0);
}

static void births_and_vanishings_wake_and_are_seen(void **state)
{
    (void)state;
    start(NULL);
    make_parent("/cont.slice");
    struct pollfd wake = {.fd = tree_fd(live.tree), .events = POLLIN};
    assert_int_equal(poll(&wake, 1, 1000), 1);
    update();
    assert_int_equal(make("/cont.slice/c0.service"), 0);
    update();
    assert_int_equal(live.changes.born, 1);
    assert_false(live.changes.rescanned);
    const struct slice *slice = find_unit("/cont.slice/c0.service");
    assert_non_null(slice);
    const struct slice before = *slice;

    assert_int_equal(remove_group("/cont.slice/c0.service"), 0);
    assert_int_equal(make("/cont.slice/c0.service"), 0);
    update();
    const struct slice *after = find_unit("/cont.slice/c0.service");
    assert_non_null(after);
    assert_int_equal(live.changes.vanished, 1);
    assert_int_equal(live.changes.born, 1);
    assert_false(slice_life_equal(&before.life, &after->life));
    assert_int_equal(after->life.mount, before.life.mount);

    assert_int_equal(remove_group("/cont.slice/c0.service"), 0);
    assert_int_equal(remove_group("/cont.slice"), 0);
    update();
    assert_int_equal(live.changes.vanished, 1);
    assert_int_equal(tree_count(live.tree), 0);
}

static void a_group_is_a_slice_once_it_holds_a_process(void **state)
{
    (void)state;
    start(NULL);
    assert_int_equal(make("/job"), 0);
    update();
    assert_null(find_group("/job"));
    pid_t pid = put_process("/job");
    update();
    assert_non_null(find_group("/job"));
    end_process(pid, "/job");
    update();
    assert_null(find_group("/job"));
}

static void groups_below_a_slice_count_into_it(void **state)
{
    (void)state;
    start(NULL);
    assert_int_equal(make("/a.service"), 0);
    update();
    assert_int_equal(make("/a.service/b.service"), 0);
    update();
    assert_int_equal(tree_count(live.tree), 1);
    assert_int_equal(remove_group("/a.service/b.service"), 0);
    assert_int_equal(remove_group("/a.service"), 0);
}

static void memory_accounting_that_comes_later_is_noticed(void **state)
{
    (void)state;
    start(NULL);
    if (live.hierarchy.version == HIERARCHY_V1) {
        print_message("skipped: cgroup v1 accounts every group\n");
        skip();
    }
    char full[SLICE_PATH_MAX];
    full_path(full, "/cont.slice");
    assert_int_equal(make("/cont.slice"), 0);
    assert_int_equal(make("/cont.slice/c0.service"), 0);
    update();
    update();
    assert_null(find_unit("/cont.slice/c0.service"));
    live_write(live.hierarchy.root, full, "cgroup.subtree_control", "+memory");
    update();
    update();
    assert_non_null(find_unit("/cont.slice/c0.service"));
    assert_int_equal(tree_count(live.tree), 1);
    assert_int_equal(remove_group("/cont.slice/c0.service"), 0);
    assert_int_equal(remove_group("/cont.slice"), 0);
}

static void long_names_are_taken_as_they_are(void **state)
{
    (void)state;
    start(NULL);
    char path[256] = "/";
    memset(path + 1, 'n', 192);
    (void)strcpy(path + 193, ".service");
    assert_int_equal(make(path), 0);
    update();
    assert_non_null(find_unit(path));
    assert_int_equal(tree_count(live.tree), 1);
    assert_int_equal(remove_group(path), 0);
    update();
    assert_int_equal(tree_count(live.tree), 0);
}

/* The kernel refuses a newline (it would make /proc/PID/cgroup unreadable), and nothing else. */
static void control_bytes_in_names_are_escaped_in_keys(void **state)
{
    (void)state;
    start(NULL);
    assert_int_equal(make("/bad\nname.service"), -EINVAL);
    assert_int_equal(make("/bad\x1b[2Jname.service"), 0);
    update();
    assert_non_null(find_unit("/bad\\x1b[2Jname.service"));
    assert_int_equal(remove_group("/bad\x1b[2Jname.service"), 0);
}

static void moms_own_group_is_protected(void **state)
{
    (void)state;
    char self[SLICE_PATH_MAX];
    full_path(self, "/momd.service/governor");
    start(self);
    assert_int_equal(make("/momd.service"), 0);
    assert_int_equal(make("/other.service"), 0);
    update();
    assert_int_equal(find_unit("/momd.service")->protection, SLICE_PROTECTED_SELF);
    assert_int_equal(find_unit("/other.service")->protection, SLICE_UNPROTECTED);
    assert_int_equal(tree_count(live.tree), 2);
    assert_int_equal(remove_group("/momd.service"), 0);
    assert_int_equal(remove_group("/other.service"), 0);
}

static void updates_take_no_memory(void **state)
{
    (void)state;
    start(NULL);
    struct mallinfo2 before = mallinfo2();
    for (int i = 0; i < 64; i++) {
        char path[32];
        (void)text_format(path, sizeof path, "/%d.service", i);
        assert_int_equal(make(path), 0);
    }
    update();
    assert_int_equal(tree_count(live.tree), 64);
    for (int i = 0; i < 64; i++) {
        char path[32];
        (void)text_format(path, sizeof path, "/%d.service", i);
        assert_int_equal(remove_group(path), 0);
    }
    update();
    assert_int_equal(tree_count(live.tree), 0);
    struct mallinfo2 after = mallinfo2();
    assert_int_equal(before.uordblks, after.uordblks);
    assert_int_equal(before.arena, after.arena);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(births_and_vanishings_wake_and_are_seen),
        TEST(a_group_is_a_slice_once_it_holds_a_process),
        TEST(groups_below_a_slice_count_into_it),
        TEST(memory_accounting_that_comes_later_is_noticed),
        TEST(long_names_are_taken_as_they_are),
        TEST(control_bytes_in_names_are_escaped_in_keys),
        TEST(moms_own_group_is_protected),
        TEST(updates_take_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
