/* The choice of a job, over made-up v2 files. */
#include "slices/act/job.h"
#include "slices/base/text.h"
#include "tests/unit/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define PAGES(n) ((uint64_t)(n)*4096)

static void write_file(const char *group, const char *name, const char *text)
{
    char path[1024];
    assert_int_equal(text_format(path, sizeof path, "%s%s/%s", folder, group, name), 0);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    (void)fputs(text, file);
    (void)fclose(file);
}

/* A group without memory accounting. */
static void plant_bare(const char *group)
{
    char path[1024];
    assert_int_equal(text_format(path, sizeof path, "%s%s", folder, group), 0);
    assert_true(mkdir(path, 0755) == 0 || errno == EEXIST);
}

/* With pages in memory and swap, of its own and of what is nested in it; `holds` a process. */
static void plant(const char *group, unsigned anon, unsigned swap, bool holds)
{
    char text[64];
    plant_bare(group);
    (void)snprintf(text, sizeof text, "anon %llu\n", (unsigned long long)PAGES(anon));
    write_file(group, "memory.stat", text);
    (void)snprintf(text, sizeof text, "%llu\n", (unsigned long long)PAGES(swap));
    write_file(group, "memory.swap.current", text);
    write_file(group, "cgroup.events", holds ? "populated 1\nfrozen 0\n" : "populated 0\n");
}

static int set_up(void **state)
{
    int r = folder_make(state);
    (void)strcat(folder, "/s");
    plant("", 100, 0, true);
    return r;
}

static int tear_down(void **state)
{
    *strrchr(folder, '/') = '\0';
    return folder_remove(state);
}

/* The job's path below the slice. */
static char found[SLICE_PATH_MAX];

static int find(void)
{
    found[0] = '\0';
    int slice = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int job = job_find(HIERARCHY_V2, slice, found);
    assert_true(job < 0 || (job == slice) == (found[0] == '\0'));
    if (job >= 0 && job != slice) {
        struct stat opened, named;
        char path[SLICE_PATH_MAX + sizeof folder];
        assert_int_equal(text_format(path, sizeof path, "%s%s", folder, found), 0);
        assert_int_equal(fstat(job, &opened), 0);
        assert_int_equal(stat(path, &named), 0);
        assert_int_equal(opened.st_ino, named.st_ino);
        (void)close(job);
    }
    (void)close(slice);
    return job;
}

static void assert_job(const char *expected)
{
    assert_true(find() >= 0);
    assert_string_equal(found, expected);
}

static void who_has_most_is_chosen(void **state)
{
    (void)state;
    static const struct {
        struct job_level level;
        bool below;
    } cases[] = {
        {{100, 90, 60, true}, true},
        {{100, 50, 50, true}, true}, /* the smaller reset */
        {{100, 49, 49, true}, false},
        {{100, 49, 49, false}, true}, /* files on a tmpfs, say: nobody's end frees them */
        {{100, 90, 9, true}, false},
        {{100, 100, 0, true}, false},
        {{100, 100, 0, false}, false},
        {{10, 100, 60, true}, true}, /* they have grown meanwhile */
        {{0, 0, 0, false}, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(job_is_below(&cases[i].level), cases[i].below);
}

static void the_largest_job_goes(void **state)
{
    (void)state;
    plant("/a", 20, 0, true);
    plant("/b", 50, 0, true);
    plant("/c", 30, 0, true);
    assert_job("/b");
}

static void what_is_swapped_out_counts(void **state)
{
    (void)state;
    plant("/a", 50, 0, true);
    plant("/b", 10, 60, true);
    assert_job("/b");
}

static void where_the_groups_own_processes_have_more_it_goes_whole(void **state)
{
    (void)state;
    plant("/a", 30, 0, true);
    plant("/b", 20, 0, true);
    write_file("", "cgroup.procs", "17\n");
    assert_job("");
    write_file("", "cgroup.procs", ""); /* what is left is no process's */
    assert_job("/a");
}

static void a_slice_without_groups_goes_whole(void **state)
{
    (void)state;
    assert_job("");
}

static void it_goes_down_as_long_as_one_has_most(void **state)
{
    (void)state;
    plant("/a", 60, 0, true);
    plant("/a/x", 40, 0, true);
    plant("/a/x/1", 15, 0, true); /* x itself has 20 */
    plant("/a/x/2", 5, 0, true);
    write_file("/a/x", "cgroup.procs", "17\n");
    plant("/a/y", 20, 0, true);
    plant("/b", 40, 0, true);
    assert_job("/a/x");
}

static void a_group_that_holds_nobody_is_no_job(void **state)
{
    (void)state;
    plant("/left", 70, 0, false);
    plant("/a", 20, 0, true); /* the slice itself has 10 */
    assert_job("/a");
}

static void without_accounting_a_group_counts_into_the_one_above(void **state)
{
    (void)state;
    plant("/a", 70, 0, true);
    plant_bare("/a/part");
    plant_bare("/bare");
    assert_job("/a");
}

static void none_hides_among_too_many(void **state)
{
    (void)state;
    char name[16];
    plant("/large", 80, 0, true);
    for (int i = 1; i < JOB_CHILDREN_MAX; i++) {
        (void)snprintf(name, sizeof name, "/%d", i);
        plant_bare(name);
    }
    assert_job("/large");
    plant_bare("/more");
    assert_job("");
}

static void it_goes_no_deeper_than_that(void **state)
{
    (void)state;
    char path[64] = "", deepest[64] = "";
    for (int i = 0; i < JOB_LEVELS_MAX + 2; i++) {
        (void)strcat(path, "/d");
        plant(path, 90, 0, true);
        if (i == JOB_LEVELS_MAX - 1)
            (void)strcpy(deepest, path);
    }
    assert_job(deepest);
}

static void names_may_be_anything(void **state)
{
    (void)state;
    plant("/%s%n \x1b[2J\xff'\";", 60, 0, true);
    assert_job("/%s%n \x1b[2J\xff'\";");
}

static void a_path_that_has_no_room_ends_it(void **state)
{
    (void)state;
    char path[3 * 256 + 1] = "";
    for (int i = 0; i < 2; i++) {
        (void)strcat(path, "/");
        memset(path + strlen(path), 'n', 255);
        plant(path, 90, 0, true);
    }
    path[256] = '\0'; /* 512 bytes, and no room for the end */
    assert_job(path);
}

static void a_link_is_no_job(void **state)
{
    (void)state;
    char link[128], elsewhere[] = "..";
    plant("/a", 90, 0, true);
    plant("/a/n", 80, 0, true);
    assert_int_equal(text_format(link, sizeof link, "%s/a/l", folder), 0);
    assert_int_equal(symlink(elsewhere, link), 0);
    assert_job("/a/n");
}

static void what_cannot_be_read_is_an_error(void **state)
{
    (void)state;
    plant("/a", 90, 0, true);
    plant_bare("/a/b");
    plant_bare("/a/b/memory.stat");
    assert_int_equal(find(), -EISDIR);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_has_most_is_chosen),
        TEST(the_largest_job_goes),
        TEST(what_is_swapped_out_counts),
        TEST(where_the_groups_own_processes_have_more_it_goes_whole),
        TEST(a_slice_without_groups_goes_whole),
        TEST(it_goes_down_as_long_as_one_has_most),
        TEST(a_group_that_holds_nobody_is_no_job),
        TEST(without_accounting_a_group_counts_into_the_one_above),
        TEST(none_hides_among_too_many),
        TEST(it_goes_no_deeper_than_that),
        TEST(names_may_be_anything),
        TEST(a_path_that_has_no_room_ends_it),
        TEST(a_link_is_no_job),
        TEST(what_cannot_be_read_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
