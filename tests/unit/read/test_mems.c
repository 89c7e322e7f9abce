#include "slices/read/mems.h"
#include "slices/read/sampler.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define MIB (UINT64_C(1024) * 1024)

/* A folder like /sys/devices/system/node, /proc and a group in one. */
static char folder[] = "/tmp/mom-test-mems-XXXXXX";
static int folder_fd;

static void put(const char *name, const char *text)
{
    int fd = openat(folder_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    (void)close(fd);
}

/* As Linux 6.12 writes it, on a node of 512 MiB. */
static void put_node(const char *name, unsigned node, unsigned free_mib)
{
    char text[2048];
    (void)snprintf(text, sizeof text,
        "Node %u MemTotal:         524288 kB\nNode %u MemFree:          %u kB\n"
        "Node %u MemUsed:          100000 kB\nNode %u SwapCached:            0 kB\n"
        "Node %u Active:            40960 kB\nNode %u Active(anon):      10240 kB\n"
        "Node %u Active(file):      30720 kB\nNode %u Inactive(file):    20480 kB\n"
        "Node %u FilePages:         61440 kB\nNode %u AnonPages:         81920 kB\n"
        "Node %u Shmem:             10240 kB\nNode %u KReclaimable:      10240 kB\n"
        "Node %u SReclaimable:      10240 kB\nNode %u SUnreclaim:         5120 kB\n"
        "Node %u HugePages_Total:     0\n",
        node, node, free_mib * 1024, node, node, node, node, node, node, node, node, node, node,
        node, node, node);
    put(name, text);
}

/* Of both together; 40 MiB of what could be had are kept. */
static void put_meminfo(void)
{
    put("meminfo", "MemTotal:        1048576 kB\nMemFree:          327680 kB\n"
                   "MemAvailable:     409600 kB\nCached:           999999 kB\n"
                   "Active(file):      61440 kB\nInactive(file):    40960 kB\n"
                   "SReclaimable:      20480 kB\n");
}

static int set_up(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    folder_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    static const char *const folders[] = {"node0", "node1", "7", "9"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        assert_int_equal(mkdirat(folder_fd, folders[i], 0700), 0);
    put_node("node0/meminfo", 0, 300);
    put_node("node1/meminfo", 1, 20);
    put_meminfo();
    put("has_memory", "0-1\n");
    put("cgroup.procs", "8\n7\n9\n"); /* 8 has just ended */
    put("7/status", "Name:\tMems_allowed_list:\t0\nMems_allowed:\t00000002\n"
                    "Mems_allowed_list:\t1\nvoluntary_ctxt_switches:\t1\n");
    put("9/status", "Name:\tx\nMems_allowed_list:\t0\n");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    static const char *const names[] = {"node0/meminfo", "node1/meminfo", "7/status", "9/status",
        "meminfo", "has_memory", "cgroup.procs", "node0", "node1", "7", "9"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        (void)unlinkat(folder_fd, names[i], i < 7 ? 0 : AT_REMOVEDIR);
    (void)close(folder_fd);
    return rmdir(folder);
}

static struct node_sample machine(void)
{
    struct node_sample node = {0};
    node_set(&node, NODE_MEM_TOTAL, 1024 * MIB);
    node_set(&node, NODE_MEM_AVAILABLE, 77 * MIB);
    node_set(&node, NODE_SWAP_FREE, 7 * MIB);
    node_set(&node, NODE_PSI_FULL_TOTAL, 11);
    return node;
}

static int open_nodes(struct mems_reader *reader, uint64_t nodes)
{
    char meminfo[64];
    (void)snprintf(meminfo, sizeof meminfo, "%s/meminfo", folder);
    return mems_reader_open(reader, folder, meminfo, nodes);
}

static void read_nodes(uint64_t nodes, const struct node_sample *node, struct node_sample *ret)
{
    struct mems_reader reader;
    assert_int_equal(open_nodes(&reader, nodes), 0);
    assert_int_equal(mems_read(&reader, (struct stamp){5, 6}, node, ret), 0);
    mems_reader_close(&reader);
}

static void a_machine_with_several_is_known(void **state)
{
    (void)state;
    assert_true(mems_of_machine(folder) == 3);
    put("has_memory", "0,70\n");
    assert_true(mems_of_machine(folder) == 0); /* one that is judged */
    put("has_memory", "0-1\n");
}

static void one_with_one_has_none(void **state)
{
    (void)state;
    put("has_memory", "0\n");
    assert_true(mems_of_machine(folder) == 0);
    put("has_memory", "rubbish\n");
    assert_true(mems_of_machine(folder) == 0);
    put("has_memory", "0-1\n");
    assert_true(mems_of_machine("/nonexistent") == 0);
}

static uint64_t bound(uint64_t of)
{
    int group = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    uint64_t nodes = mems_of_group(group, folder_fd, of);
    (void)close(group);
    return nodes;
}

static void a_group_is_bound_as_its_first_process(void **state)
{
    (void)state;
    assert_true(bound(3) == 2);
    assert_true(bound(2) == 0); /* to all there are */
    put("cgroup.procs", "9\n7\n");
    assert_true(bound(3) == 1);
    put("cgroup.procs", "");
    assert_true(bound(3) == 0);
    put("cgroup.procs", "8\n7\n9\n");
}

static void who_may_use_nodes_that_are_not_judged_is_not_bound(void **state)
{
    (void)state;
    put("9/status", "Name:\tx\nMems_allowed_list:\t0,64\n");
    put("cgroup.procs", "9\n");
    assert_true(bound(3) == 0);
    put("9/status", "Name:\tx\n");
    assert_true(bound(3) == 0);
    put("9/status", "Name:\tx\nMems_allowed_list:\t0\n");
    put("cgroup.procs", "8\n7\n9\n");
}

static void nodes_are_read_as_a_node_of_their_own(void **state)
{
    (void)state;
    const struct node_sample node = machine();
    struct node_sample sample;
    read_nodes(2, &node, &sample);
    assert_true(sample.at.boot_usec == 5);
    assert_int_equal(sample.value[NODE_MEM_TOTAL], 512 * MIB);
    assert_int_equal(sample.value[NODE_MEM_FREE], 20 * MIB);
    assert_int_equal(sample.value[NODE_CACHED], 60 * MIB);
    assert_int_equal(sample.value[NODE_SHMEM], 10 * MIB);
    assert_int_equal(sample.value[NODE_ANON], 80 * MIB);
    assert_int_equal(sample.value[NODE_SLAB_RECLAIMABLE], 10 * MIB);
    assert_int_equal(sample.value[NODE_SLAB_UNRECLAIMABLE], 5 * MIB);
    /* free + file pages + slab, less its half of what the kernel keeps */
    assert_int_equal(sample.value[NODE_MEM_AVAILABLE], (20 + 30 + 20 + 10 - 20) * MIB);
    assert_int_equal(sample.value[NODE_SWAP_FREE], 7 * MIB);
    assert_int_equal(sample.value[NODE_PSI_FULL_TOTAL], 11);
    assert_false(node_has(&sample, NODE_SWAP_TOTAL));
}

static void several_add_up(void **state)
{
    (void)state;
    const struct node_sample node = machine();
    struct node_sample sample;
    read_nodes(3, &node, &sample);
    assert_int_equal(sample.value[NODE_MEM_TOTAL], 1024 * MIB);
    assert_int_equal(sample.value[NODE_MEM_FREE], 320 * MIB);
    assert_int_equal(sample.value[NODE_MEM_AVAILABLE], (320 + 100 + 20 - 40) * MIB);
}

static void what_is_not_known_is_left_out(void **state)
{
    (void)state;
    const struct node_sample none = {0};
    struct node_sample sample;
    put("meminfo", "MemTotal: 0 kB\n");
    read_nodes(2, &none, &sample);
    assert_int_equal(sample.value[NODE_MEM_AVAILABLE], 80 * MIB);
    assert_false(node_has(&sample, NODE_SWAP_FREE));
    put_meminfo();
}

static void a_node_that_is_gone_or_empty_is_an_error(void **state)
{
    (void)state;
    const struct node_sample node = machine();
    struct node_sample sample;
    struct mems_reader reader;
    assert_int_equal(open_nodes(&reader, 5), -ENOENT);
    assert_int_equal(reader.fd[0], -1);
    put("node0/meminfo", "nothing of the kind\nNode\nNode 0\nNode 0 MemTotal: x kB\n");
    assert_int_equal(open_nodes(&reader, 1), 0);
    assert_int_equal(mems_read(&reader, (struct stamp){5, 6}, &node, &sample), -ENOENT);
    mems_reader_close(&reader);
    put_node("node0/meminfo", 0, 300);
}

static void too_many_are_not_judged_together(void **state)
{
    (void)state;
    char name[32];
    struct mems_reader reader;
    for (unsigned i = 2; i < 9; i++) {
        (void)snprintf(name, sizeof name, "node%u", i);
        assert_int_equal(mkdirat(folder_fd, name, 0700), 0);
        (void)snprintf(name, sizeof name, "node%u/meminfo", i);
        put_node(name, i, 1);
    }
    assert_int_equal(open_nodes(&reader, 0x1ff), -E2BIG);
    assert_int_equal(reader.fd[0], -1);
    assert_int_equal(open_nodes(&reader, 0xff), 0);
    assert_true(reader.fd[MEMS_OPEN_MAX - 1] >= 0);
    mems_reader_close(&reader);
    for (unsigned i = 2; i < 9; i++) {
        (void)snprintf(name, sizeof name, "node%u/meminfo", i);
        (void)unlinkat(folder_fd, name, 0);
        (void)snprintf(name, sizeof name, "node%u", i);
        (void)unlinkat(folder_fd, name, AT_REMOVEDIR);
    }
}

/* The sampler's group is the folder, its limit files are not there. */
static void the_sampler_asks_where_there_are_several_alone(void **state)
{
    (void)state;
    struct stat status;
    assert_int_equal(stat(folder, &status), 0);
    struct hierarchy hierarchy = {.version = HIERARCHY_V2};
    hierarchy.root_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct slice slice = {
        .serial = 1, .path = "/", .life = {.mount = status.st_dev, .inode = status.st_ino}};
    struct sampler *sampler;
    struct mom_error error;
    struct sample sample;
    put("memory.current", "4096\n");
    assert_int_equal(sampler_open(&hierarchy, 1, 100, &sampler, &error), 0);
    sampler_ask(sampler, folder_fd, BADNESS_NONE, 0);
    assert_int_equal(sampler_read(sampler, &slice, (struct stamp){1, 1}, true, &sample), 0);
    assert_false(sample_has(&sample, SAMPLE_MEMS));
    sampler_ask(sampler, folder_fd, BADNESS_NONE, 3);
    assert_int_equal(sampler_read(sampler, &slice, (struct stamp){2, 2}, false, &sample), 0);
    assert_false(sample_has(&sample, SAMPLE_MEMS)); /* nothing has moved: it is not asked */
    assert_int_equal(sampler_read(sampler, &slice, (struct stamp){3, 3}, true, &sample), 0);
    assert_true(sample_known(&sample, SAMPLE_MEMS) == 2);
    put("7/status", "Name:\tx\nMems_allowed_list:\t0-1\n");
    assert_int_equal(sampler_read(sampler, &slice, (struct stamp){4, 4}, true, &sample), 0);
    assert_false(sample_has(&sample, SAMPLE_MEMS));
    sampler_close(sampler);
    (void)close(hierarchy.root_fd);
    (void)unlinkat(folder_fd, "memory.current", 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_machine_with_several_is_known),
        cmocka_unit_test(one_with_one_has_none),
        cmocka_unit_test(a_group_is_bound_as_its_first_process),
        cmocka_unit_test(who_may_use_nodes_that_are_not_judged_is_not_bound),
        cmocka_unit_test(nodes_are_read_as_a_node_of_their_own),
        cmocka_unit_test(several_add_up),
        cmocka_unit_test(what_is_not_known_is_left_out),
        cmocka_unit_test(a_node_that_is_gone_or_empty_is_an_error),
        cmocka_unit_test(too_many_are_not_judged_together),
        cmocka_unit_test(the_sampler_asks_where_there_are_several_alone),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
