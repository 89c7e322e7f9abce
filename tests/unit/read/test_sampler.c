/* The sampler, the node and the process walk over made-up trees of plain files. */
#include "slices/base/text.h"
#include "slices/read/group.h"
#include "slices/read/node.h"
#include "slices/read/processes.h"
#include "slices/read/sampler.h"
#include "slices/read/visit.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const struct stamp noon = {.boot_usec = 12, .unix_usec = 13};

struct fixture {
    struct hierarchy hierarchy;
    char folder[64];
};

static void put(const struct fixture *fixture, const char *path, const char *text)
{
    char full[PATH_MAX];
    assert_int_equal(text_format(full, sizeof full, "%s%s", fixture->folder, path), 0);
    FILE *file = fopen(full, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void make(const struct fixture *fixture, const char *path)
{
    char full[PATH_MAX];
    assert_int_equal(text_format(full, sizeof full, "%s%s", fixture->folder, path), 0);
    assert_int_equal(mkdir(full, 0755), 0);
    char procs[SLICE_PATH_MAX];
    assert_int_equal(text_format(procs, sizeof procs, "%s/cgroup.procs", path), 0);
    put(fixture, procs, "");
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status, (void)type, (void)walk;
    return remove(path);
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    strcpy(fixture->folder, "/tmp/mom-test-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    fixture->hierarchy.version = HIERARCHY_V2;
    fixture->hierarchy.root_fd = open(fixture->folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    (void)close(fixture->hierarchy.root_fd);
    int r = nftw(fixture->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(fixture);
    return r;
}

static struct slice slice_at(const struct fixture *fixture, const char *path, uint32_t index)
{
    struct slice slice = {.index = index, .serial = index + 100};
    struct stat status;
    assert_int_equal(fstatat(fixture->hierarchy.root_fd, path + 1, &status, 0), 0);
    slice.life.mount = status.st_dev;
    slice.life.inode = status.st_ino;
    assert_int_equal(text_copy(slice.path, sizeof slice.path, path), 0);
    return slice;
}

static struct sampler *open_sampler(const struct fixture *fixture, uint32_t full_every)
{
    struct sampler *sampler;
    struct mom_error error;
    assert_int_equal(sampler_open(&fixture->hierarchy, 64, full_every, &sampler, &error), 0);
    return sampler;
}

static void make_v2(const struct fixture *fixture)
{
    make(fixture, "/a");
    put(fixture, "/a/memory.current", "5000\n");
    put(fixture, "/a/memory.swap.current", "600\n");
    put(fixture, "/a/memory.stat", "anon 4000\nfile 1000\nkernel 70\nfile_mapped 30\n");
    put(fixture, "/a/memory.events", "high 1\nmax 2\noom 3\noom_kill 4\n");
    put(fixture, "/a/memory.pressure", "some avg10=1.50 avg60=0.00 avg300=0.00 total=9\n");
    put(fixture, "/a/pids.current", "17\n");
    put(fixture, "/a/memory.max", "max\n");
    put(fixture, "/a/memory.high", "9000\n");
}

static void a_v2_group_is_read_from_its_files(void **state)
{
    struct fixture *fixture = *state;
    make_v2(fixture);
    struct slice slice = slice_at(fixture, "/a", 0);
    struct sampler *sampler = open_sampler(fixture, 10);
    struct sample sample;
    assert_int_equal(sampler_read(sampler, &slice, noon, false, &sample), 0);
    assert_int_equal(sample.at.boot_usec, 12);
    assert_int_equal(sample.value[SAMPLE_CURRENT], 5000);
    assert_int_equal(sample.value[SAMPLE_SWAP], 600);
    assert_int_equal(sample.value[SAMPLE_ANON], 4000);
    assert_int_equal(sample.value[SAMPLE_EVENT_OOM_KILL], 4);
    assert_int_equal(sample.value[SAMPLE_PSI_SOME_AVG10], 150);
    assert_int_equal(sample.value[SAMPLE_PIDS], 17);
    assert_true(sample.value[SAMPLE_LIMIT_MAX] == SAMPLE_NO_LIMIT);
    assert_int_equal(sample.value[SAMPLE_LIMIT_HIGH], 9000);
    assert_false(sample_has(&sample, SAMPLE_LIMIT_SWAP));
    assert_false(sample_has(&sample, SAMPLE_PSI_FULL_AVG10));
    sampler_close(sampler);
}

static void the_rest_is_read_when_a_cheap_value_moved_or_is_due(void **state)
{
    struct fixture *fixture = *state;
    make_v2(fixture);
    struct slice slice = slice_at(fixture, "/a", 0);
    struct sampler *sampler = open_sampler(fixture, 3);
    struct sample sample;
    const uint64_t anon = 1ull << SAMPLE_ANON, current = 1ull << SAMPLE_CURRENT;
    assert_int_equal(sampler_read(sampler, &slice, noon, false, &sample), 0);
    assert_true(sample.refreshed & anon);
    put(fixture, "/a/memory.stat", "anon 1\n");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(sampler_read(sampler, &slice, noon, false, &sample), 0);
        assert_false(sample.refreshed & anon);
        assert_true(sample.refreshed & current);
        assert_int_equal(sample.value[SAMPLE_ANON], 4000);
    }
    assert_int_equal(sampler_read(sampler, &slice, noon, false, &sample), 0);
    assert_int_equal(sample.value[SAMPLE_ANON], 1);
    put(fixture, "/a/memory.stat", "anon 2\n");
    put(fixture, "/a/memory.swap.current", "601\n");
    assert_int_equal(sampler_read(sampler, &slice, noon, false, &sample), 0);
    assert_int_equal(sample.value[SAMPLE_ANON], 2);
    put(fixture, "/a/memory.stat", "anon 3\n");
    assert_int_equal(sampler_read(sampler, &slice, noon, true, &sample), 0);
    assert_int_equal(sample.value[SAMPLE_ANON], 3);
    sampler_close(sampler);
}

static void memory_files_may_come_later(void **state)
{
    struct fixture *fixture = *state;
    make(fixture, "/a");
    struct slice slice = slice_at(fixture, "/a", 0);
    struct sampler *sampler = open_sampler(fixture, 10);
    struct sample sample;
    assert_int_equal(sampler_read(sampler, &slice, noon, false, &sample), 0);
    assert_false(sample_has(&sample, SAMPLE_CURRENT));
    put(fixture, "/a/memory.current", "5000\n");
    put(fixture, "/a/memory.stat", "anon 4000\n");
    assert_int_equal(sampler_read(sampler, &slice, noon, false, &sample), 0);
    assert_int_equal(sample.value[SAMPLE_CURRENT], 5000);
    assert_int_equal(sample.value[SAMPLE_ANON], 4000);
    sampler_close(sampler);
}

static void v1_has_no_word_for_no_limit(void **state)
{
    struct fixture *fixture = *state;
    fixture->hierarchy.version = HIERARCHY_V1;
    make(fixture, "/a");
    put(fixture, "/a/memory.usage_in_bytes", "5000\n");
    put(fixture, "/a/memory.memsw.usage_in_bytes", "5600\n");
    put(fixture, "/a/memory.stat", "rss 1\ntotal_rss 4000\ntotal_swap 600\n");
    put(fixture, "/a/memory.failcnt", "8\n");
    put(fixture, "/a/memory.limit_in_bytes", "1000\n");
    put(fixture, "/a/memory.soft_limit_in_bytes", "9223372036854771712\n");
    put(fixture, "/a/memory.memsw.limit_in_bytes", "1500\n");
    struct slice slice = slice_at(fixture, "/a", 0);
    struct sampler *sampler = open_sampler(fixture, 1);
    struct sample sample;
    assert_int_equal(sampler_read(sampler, &slice, noon, false, &sample), 0);
    assert_int_equal(sample.value[SAMPLE_SWAP], 600);
    assert_int_equal(sample.value[SAMPLE_EVENT_MAX], 8);
    assert_int_equal(sample.value[SAMPLE_LIMIT_MAX], 1000);
    assert_int_equal(sample.value[SAMPLE_LIMIT_SWAP], 500);
    assert_true(sample.value[SAMPLE_LIMIT_HIGH] == SAMPLE_NO_LIMIT);
    assert_false(sample_has(&sample, SAMPLE_KERNEL));
    assert_false(sample_has(&sample, SAMPLE_PIDS));
    put(fixture, "/a/memory.memsw.limit_in_bytes", "9223372036854771712\n");
    assert_int_equal(sampler_read(sampler, &slice, noon, false, &sample), 0);
    assert_true(sample.value[SAMPLE_LIMIT_SWAP] == SAMPLE_NO_LIMIT);
    sampler_close(sampler);
}

static void another_life_under_the_path_is_not_read(void **state)
{
    struct fixture *fixture = *state;
    make_v2(fixture);
    struct slice slice = slice_at(fixture, "/a", 0);
    slice.life.inode++;
    struct sampler *sampler = open_sampler(fixture, 1);
    struct sample sample;
    assert_int_equal(sampler_read(sampler, &slice, noon, false, &sample), -ENODEV);
    assert_int_equal(sample.have, 0);
    assert_int_equal(sampler_unkept(sampler), 0);
    sampler_close(sampler);
}

static void a_new_serial_in_a_slot_starts_anew(void **state)
{
    struct fixture *fixture = *state;
    make_v2(fixture);
    make(fixture, "/b");
    put(fixture, "/b/memory.current", "1\n");
    struct slice first = slice_at(fixture, "/a", 0), second = slice_at(fixture, "/b", 0);
    second.serial++;
    struct sampler *sampler = open_sampler(fixture, 10);
    struct sample sample;
    assert_int_equal(sampler_read(sampler, &first, noon, false, &sample), 0);
    assert_int_equal(sampler_read(sampler, &second, noon, false, &sample), 0);
    assert_int_equal(sample.have, 1ull << SAMPLE_CURRENT);
    assert_int_equal(sample.value[SAMPLE_CURRENT], 1);
    sampler_close(sampler);
}

static void without_descriptors_slices_are_read_all_the_same(void **state)
{
    struct fixture *fixture = *state;
    struct rlimit before, few;
    struct slice slice[40];
    char path[SLICE_PATH_MAX], file[SLICE_PATH_MAX];
    for (uint32_t i = 0; i < 40; i++) {
        assert_int_equal(text_format(path, sizeof path, "/g%u", i), 0);
        make(fixture, path);
        assert_int_equal(text_format(file, sizeof file, "/g%u/memory.current", i), 0);
        put(fixture, file, "77\n");
        slice[i] = slice_at(fixture, path, i);
    }
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct sampler *sampler = open_sampler(fixture, 1);
    few = (struct rlimit){.rlim_cur = 40, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    for (int round = 0; round < 3; round++)
        for (uint32_t i = 0; i < 40; i++) {
            struct sample sample;
            assert_int_equal(sampler_read(sampler, &slice[i], noon, true, &sample), 0);
            assert_int_equal(sample.value[SAMPLE_CURRENT], 77);
        }
    assert_in_range(sampler_unkept(sampler), 20, 39);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    for (uint32_t i = 0; i < 40; i++)
        sampler_forget(sampler, &slice[i]);
    assert_int_equal(sampler_unkept(sampler), 0);
    sampler_close(sampler);
}

static void a_path_never_leads_out_of_the_tree(void **state)
{
    struct fixture *fixture = *state;
    int root = fixture->hierarchy.root_fd;
    make(fixture, "/a");
    assert_int_equal(symlinkat("/etc", root, "link"), 0);
    assert_int_equal(group_open(root, "/../etc"), -EINVAL);
    assert_int_equal(group_open(root, "/a/.."), -EINVAL);
    assert_int_equal(group_open(root, "/a//"), -EINVAL);
    assert_int_equal(group_open(root, "/a/"), -EINVAL);
    assert_int_equal(group_open(root, ""), -EINVAL);
    assert_int_equal(group_open(root, "a"), -EINVAL);
    assert_int_equal(group_open(root, "/link"), -ENOTDIR);
    assert_int_equal(group_open(root, "/none"), -ENOENT);
    int fd = group_open(root, "/a");
    assert_true(fd >= 0);
    (void)close(fd);
}

static int sum_pids(void *context, int32_t pid)
{
    *(int64_t *)context += pid;
    return 0;
}

static void processes_of_nested_groups_are_visited(void **state)
{
    struct fixture *fixture = *state;
    make(fixture, "/a");
    make(fixture, "/a/b");
    make(fixture, "/a/b/c");
    make(fixture, "/a/d");
    make(fixture, "/e");
    put(fixture, "/a/cgroup.procs", "1\n0\n");
    put(fixture, "/a/b/c/cgroup.procs", "10\n200\n");
    put(fixture, "/a/d/cgroup.procs", "4000\njunk\n99999999999\n");
    put(fixture, "/e/cgroup.procs", "50000\n");
    int fd = group_open(fixture->hierarchy.root_fd, "/a");
    int64_t sum = 0;
    assert_int_equal(processes_visit(fd, sum_pids, &sum), 0);
    assert_int_equal(sum, 4211);
    (void)close(fd);
}

static void the_walk_goes_deeper_than_descriptors_would(void **state)
{
    struct fixture *fixture = *state;
    int fd = openat(fixture->hierarchy.root_fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int top = dup(fd);
    for (int depth = 0; depth < 1100; depth++) {
        int procs = openat(fd, "cgroup.procs", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        assert_int_equal(write(procs, "1\n", 2), 2);
        (void)close(procs);
        assert_int_equal(mkdirat(fd, "n", 0755), 0);
        int below = openat(fd, "n", O_PATH | O_DIRECTORY | O_CLOEXEC);
        (void)close(fd);
        fd = below;
    }
    (void)close(fd);
    int64_t sum = 0;
    assert_int_equal(processes_visit(top, sum_pids, &sum), -ELOOP);
    assert_int_equal(sum, 1025);
    (void)close(top);
}

static void a_process_table_keeps_the_largest(void **state)
{
    struct fixture *fixture = *state;
    char text[512] = "", path[64];
    make(fixture, "/a");
    make(fixture, "/proc");
    for (int pid = 1; pid <= 100; pid++) {
        assert_int_equal(text_format(path, sizeof path, "/proc/%d", pid), 0);
        make(fixture, path);
        assert_int_equal(text_format(path, sizeof path, "/proc/%d/stat", pid), 0);
        assert_int_equal(
            text_format(text, sizeof text,
                "%d (p) S 1 1 1 0 -1 4 1 2 3 4 5 6 7 8 20 0 1 0 777 8192 %d\n", pid, pid),
            0);
        put(fixture, path, text);
    }
    text[0] = '\0';
    for (int pid = 1; pid <= 101; pid++) /* the last one is gone */
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%d\n", pid);
    put(fixture, "/a/cgroup.procs", text);
    int group = group_open(fixture->hierarchy.root_fd, "/a");
    int proc = group_open(fixture->hierarchy.root_fd, "/proc");
    struct process_table table;
    assert_int_equal(processes_read(group, proc, 10000000, &table), 0);
    assert_true(table.complete);
    assert_int_equal(table.total, 101);
    assert_int_equal(table.count, PROCESS_TABLE_MAX);
    for (uint32_t i = 0; i < table.count; i++)
        assert_in_range(table.row[i].pid, 37, 100);
    assert_int_equal(processes_read(group, proc, 0, &table), 0);
    assert_false(table.complete);
    assert_int_equal(table.total, 101);
    (void)close(group);
    (void)close(proc);
}

static void the_node_is_read_and_optional_files_may_lack(void **state)
{
    struct fixture *fixture = *state;
    struct node_reader reader;
    struct mom_error error = {0};
    struct node_sample node;
    assert_int_equal(node_reader_open(&reader, fixture->folder, &error), -ENOENT);
    assert_non_null(strstr(error.text, "meminfo"));
    put(fixture, "/meminfo", "MemTotal: 100 kB\nMemAvailable: 40 kB\n");
    assert_int_equal(node_reader_open(&reader, fixture->folder, &error), 0);
    assert_int_equal(node_read(&reader, noon, &node), 0);
    assert_int_equal(node.value[NODE_MEM_AVAILABLE], 40 * 1024);
    assert_int_equal(node.at.unix_usec, 13);
    assert_false(node_has(&node, NODE_PSWPIN));
    node_reader_close(&reader);
    assert_int_equal(node_reader_open(&reader, "/proc", &error), 0);
    assert_int_equal(node_read(&reader, noon, &node), 0);
    assert_true(node_has(&node, NODE_PSWPIN));
    assert_true(node_has(&node, NODE_SWAP_DEVICES));
    node_reader_close(&reader);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_v2_group_is_read_from_its_files),
        TEST(the_rest_is_read_when_a_cheap_value_moved_or_is_due),
        TEST(memory_files_may_come_later),
        TEST(v1_has_no_word_for_no_limit),
        TEST(another_life_under_the_path_is_not_read),
        TEST(a_new_serial_in_a_slot_starts_anew),
        TEST(without_descriptors_slices_are_read_all_the_same),
        TEST(a_path_never_leads_out_of_the_tree),
        TEST(processes_of_nested_groups_are_visited),
        TEST(the_walk_goes_deeper_than_descriptors_would),
        TEST(a_process_table_keeps_the_largest),
        TEST(the_node_is_read_and_optional_files_may_lack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
