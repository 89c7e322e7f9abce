#include "slices/read/node.h"
#include "slices/read/pressure.h"
#include "slices/read/processes.h"
#include "slices/read/sources.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void memory_stat_of_v2_fills_its_fields(void **state)
{
    (void)state;
    struct sample sample = {0};
    source_parse_stat_v2("anon 4096\nfile 8192\nkernel 100\nkernel_stack 7\nsock 3\nshmem 5\n"
                         "file_mapped 6\nswapcached 9\ninactive_anon 14\nactive_anon 15\n"
                         "pgfault 77\npgmajfault 11\n"
                         "pgscan 12\npgsteal 13\npgscan_kswapd 99\n",
        &sample);
    assert_int_equal(sample.value[SAMPLE_ANON], 4096);
    assert_int_equal(sample.value[SAMPLE_KERNEL], 100);
    assert_int_equal(sample.value[SAMPLE_INACTIVE_ANON], 14);
    assert_int_equal(sample.value[SAMPLE_ACTIVE_ANON], 15);
    assert_int_equal(sample.value[SAMPLE_PGMAJFAULT], 11);
    assert_int_equal(sample.value[SAMPLE_PGSCAN], 12);
    assert_false(sample_has(&sample, SAMPLE_SLAB_RECLAIMABLE));
}

static void keys_in_another_order_are_found_too(void **state)
{
    (void)state;
    struct sample sample = {0};
    source_parse_stat_v2("pgmajfault 3\nunknown 1\nshmem 2\nanon 1", &sample);
    assert_int_equal(sample.value[SAMPLE_PGMAJFAULT], 3);
    assert_int_equal(sample.value[SAMPLE_SHMEM], 2);
    assert_int_equal(sample.value[SAMPLE_ANON], 1);
}

static void refaults_before_they_were_split_count_as_file(void **state)
{
    (void)state;
    struct sample sample = {0};
    source_parse_stat_v2("workingset_refault 42\n", &sample);
    assert_int_equal(sample.value[SAMPLE_REFAULT_FILE], 42);
    assert_false(sample_has(&sample, SAMPLE_REFAULT_ANON));
}

static void memory_stat_of_v1_counts_only_the_totals(void **state)
{
    (void)state;
    struct sample sample = {0};
    source_parse_stat_v1("rss 1\ncache 2\nswap 3\ntotal_cache 20\ntotal_rss 10\ntotal_swap 30\n"
                         "total_rss_huge 5\n",
        &sample);
    assert_int_equal(sample.value[SAMPLE_ANON], 10);
    assert_int_equal(sample.value[SAMPLE_FILE], 20);
    assert_int_equal(sample.value[SAMPLE_SWAP], 30);
}

static void numbers_that_cannot_be_read_leave_their_field_out(void **state)
{
    (void)state;
    struct sample sample = {0};
    source_parse_stat_v2("anon 12x\nfile 99999999999999999999999\nsock -1\nshmem\nkernel \n"
                         "file_mapped 18446744073709551615\n\n\nanonymous 4\n",
        &sample);
    assert_int_equal(sample.have, 1ull << SAMPLE_FILE_MAPPED);
    assert_true(sample.value[SAMPLE_FILE_MAPPED] == UINT64_MAX);
}

static void events_are_told_apart_by_their_whole_name(void **state)
{
    (void)state;
    struct sample sample = {0};
    source_parse_events("low 0\nhigh 1\nmax 2\noom 3\noom_kill 4\noom_group_kill 5\n", &sample);
    assert_int_equal(sample.value[SAMPLE_EVENT_HIGH], 1);
    assert_int_equal(sample.value[SAMPLE_EVENT_MAX], 2);
    assert_int_equal(sample.value[SAMPLE_EVENT_OOM], 3);
    assert_int_equal(sample.value[SAMPLE_EVENT_OOM_KILL], 4);
    assert_int_equal(sample.value[SAMPLE_EVENT_OOM_GROUP_KILL], 5);
    struct sample v1 = {0};
    source_parse_events("oom_kill_disable 1\nunder_oom 1\noom_kill 7\n", &v1);
    assert_int_equal(v1.have, 1ull << SAMPLE_EVENT_OOM_KILL);
    assert_int_equal(v1.value[SAMPLE_EVENT_OOM_KILL], 7);
}

static void pressure_is_read_in_hundredths(void **state)
{
    (void)state;
    struct pressure pressure;
    assert_int_equal(pressure_parse("some avg10=12.07 avg60=0.00 avg300=0.00 total=99\n"
                                    "full avg10=100.00 avg60=1.00 avg300=0.00 total=5\n",
                         &pressure),
        0);
    assert_int_equal(pressure.some_avg10, 1207);
    assert_int_equal(pressure.some_total, 99);
    assert_int_equal(pressure.full_avg10, 10000);
    assert_int_equal(pressure.full_total, 5);
}

static void pressure_that_is_no_pressure_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "\n\n", "some", "some avg10=1", "full avg10=0.0\n",
        "some avg10=1.00 avg60=0.00 avg300=0.00 total=5x\n",
        "some avg10=1.001 avg60=0.00 avg300=0.00 total=5\n",
        "some avg10=-1.00 avg60=0.00 avg300=0.00 total=5\n",
        "some avg10=99999999999999999999.00 avg60=0.00 avg300=0.00 total=5\n"};
    struct pressure pressure;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(pressure_parse(texts[i], &pressure), -EINVAL);
    assert_int_equal(
        pressure_parse("some bad\nfull avg10=0.50 avg60=0.00 avg300=0.00 total=7", &pressure), 0);
    assert_false(pressure.some);
    assert_true(pressure.full);
}

static void a_command_may_hold_parentheses_and_newlines(void **state)
{
    (void)state;
    struct process_row row;
    const char *text = "42 (x) Z (\n) S 7 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 777 8192 3 "
                       "18446744073709551615 1 1\n";
    assert_int_equal(processes_parse_stat(text, &row), 0);
    assert_int_equal(row.pid, 42);
    assert_string_equal(row.comm, "x) Z (\n");
    assert_int_equal(row.state, 'S');
    assert_int_equal(row.parent, 7);
    assert_int_equal(row.start_ticks, 777);
    assert_int_equal(row.vsz_bytes, 8192);
    assert_int_equal(row.rss_bytes, 3 * sysconf(_SC_PAGESIZE));
}

static void what_is_no_stat_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "1", "1 (", "1 )(", "1 ()", "(x) S 1", "1 (x) S",
        "1 (x) S 7", "1 (x) S -7 1 1 0 -1 4 1 2 3 4 5 6 7 8 20 0 1 0 777 8192 3",
        "99999999999 (x) S 7 1 1 0 -1 4 1 2 3 4 5 6 7 8 20 0 1 0 777 8192 3",
        "1 (x) S 7 1 1 0 -1 4 1 2 3 4 5 6 7 8 20 0 1 0 777 8192 9999999999999999999"};
    struct process_row row;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(processes_parse_stat(texts[i], &row), -EINVAL);
}

static void a_zombie_has_no_memory_but_an_owner(void **state)
{
    (void)state;
    struct process_row row = {0};
    processes_parse_status("Name:\tVmSwap:\nState:\tZ (zombie)\nUid:\t1000\t1\t2\t3\n", &row);
    assert_int_equal(row.uid, 1000);
    assert_int_equal(row.swap_bytes, 0);
    processes_parse_status("VmSwap:\t      12 kB\n", &row);
    assert_int_equal(row.swap_bytes, 12 * 1024);
}

static void meminfo_without_its_two_pillars_is_no_sample(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "MemTotal: 100 kB\n", "MemAvailable: 100 kB\n",
        "MemTotal: 0 kB\nMemAvailable: 0 kB\n", "MemTotal: 100x kB\nMemAvailable: 1 kB\n",
        "MemTotal: 18446744073709551615 kB\nMemAvailable: 1 kB\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct node_sample node = {0};
        assert_int_equal(node_parse_meminfo(texts[i], &node), -EINVAL);
    }
    struct node_sample node = {0};
    assert_int_equal(node_parse_meminfo("MemTotal: 100 kB\nMemAvailable: 0 kB\n", &node), 0);
    assert_int_equal(node.value[NODE_MEM_TOTAL], 100 * 1024);
    assert_false(node_has(&node, NODE_SWAP_TOTAL));
}

static void vmstat_adds_up_the_zones(void **state)
{
    (void)state;
    struct node_sample node = {0};
    node_parse_vmstat("allocstall_dma 1\nallocstall_normal 2\nallocstall_movable 4\n"
                      "pgscan_direct 8\npgscan_direct_throttle 16\noom_kill 3\n",
        &node);
    assert_int_equal(node.value[NODE_ALLOCSTALL], 7);
    assert_int_equal(node.value[NODE_PGSCAN_DIRECT], 8);
    assert_int_equal(node.value[NODE_OOM_KILL], 3);
}

static void swaps_counts_devices_and_tells_zram_apart(void **state)
{
    (void)state;
    struct node_sample node = {0};
    node_parse_swaps("Filename\tType\tSize\tUsed\tPriority\n"
                     "/dev/zram0                              partition\t1024\t\t0\t\t100\n"
                     "/swap\\040zram file                      file\t\t2048\t\t0\t\t-2\n"
                     "/dev/sda2 partition\t4096\t0\t-3\n"
                     "cut",
        &node);
    assert_int_equal(node.value[NODE_SWAP_DEVICES], 2);
    assert_int_equal(node.value[NODE_ZRAM_SWAP], 1024 * 1024);
    node_parse_swaps("Filename\tType\tSize\tUsed\tPriority\n", &node);
    assert_int_equal(node.value[NODE_SWAP_DEVICES], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_stat_of_v2_fills_its_fields),
        cmocka_unit_test(keys_in_another_order_are_found_too),
        cmocka_unit_test(refaults_before_they_were_split_count_as_file),
        cmocka_unit_test(memory_stat_of_v1_counts_only_the_totals),
        cmocka_unit_test(numbers_that_cannot_be_read_leave_their_field_out),
        cmocka_unit_test(events_are_told_apart_by_their_whole_name),
        cmocka_unit_test(pressure_is_read_in_hundredths),
        cmocka_unit_test(pressure_that_is_no_pressure_is_refused),
        cmocka_unit_test(a_command_may_hold_parentheses_and_newlines),
        cmocka_unit_test(what_is_no_stat_is_refused),
        cmocka_unit_test(a_zombie_has_no_memory_but_an_owner),
        cmocka_unit_test(meminfo_without_its_two_pillars_is_no_sample),
        cmocka_unit_test(vmstat_adds_up_the_zones),
        cmocka_unit_test(swaps_counts_devices_and_tells_zram_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
