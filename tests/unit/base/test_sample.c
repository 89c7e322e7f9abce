#include "slices/sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#define MIB (1024ull * 1024)

static struct sample v2_sample(void)
{
    struct sample sample = {0};
    sample_set(&sample, SAMPLE_ANON, 100 * MIB);
    sample_set(&sample, SAMPLE_FILE_MAPPED, 7 * MIB);
    sample_set(&sample, SAMPLE_SHMEM, 20 * MIB);
    sample_set(&sample, SAMPLE_KERNEL, 12 * MIB);
    sample_set(&sample, SAMPLE_SLAB_RECLAIMABLE, 5 * MIB);
    sample_set(&sample, SAMPLE_SWAP, 40 * MIB);
    sample_set(&sample, SAMPLE_SWAPCACHED, 3 * MIB);
    return sample;
}

static void rss_is_what_pl_mom_meant(void **state)
{
    (void)state;
    struct sample sample = v2_sample();
    uint64_t rss = 0;
    assert_true(sample_rss(&sample, &rss));
    assert_true(rss == 107 * MIB);
    sample.have &= ~(1ull << SAMPLE_FILE_MAPPED);
    assert_false(sample_rss(&sample, &rss));
}

static void footprint_counts_swap_and_leaves_out_what_can_be_reclaimed(void **state)
{
    (void)state;
    struct sample sample = v2_sample();
    uint64_t footprint = 0;
    assert_true(sample_footprint(&sample, &footprint));
    assert_true(footprint == (100 + 20 + (12 - 5) + (40 - 3)) * MIB);
}

static void swapping_out_leaves_the_footprint_where_it_is(void **state)
{
    (void)state;
    struct sample sample = v2_sample();
    uint64_t before = 0, after = 0;
    assert_true(sample_footprint(&sample, &before));
    sample_set(&sample, SAMPLE_ANON, 60 * MIB);
    sample_set(&sample, SAMPLE_SWAP, 80 * MIB);
    assert_true(sample_footprint(&sample, &after));
    assert_true(before == after);
}

/* The kernel's own figures after memory.high had been lowered: 92 MiB of 96 were in swap, and 9 of
 * them in the swap cache too, mapped by nobody. */
static void pages_of_the_swap_cache_that_nobody_maps_count_once(void **state)
{
    (void)state;
    struct sample sample = {0};
    uint64_t footprint = 0;
    sample_set(&sample, SAMPLE_ANON, 2 * MIB);
    sample_set(&sample, SAMPLE_SHMEM, 1 * MIB);
    sample_set(&sample, SAMPLE_SWAP, 94 * MIB);
    sample_set(&sample, SAMPLE_SWAPCACHED, 9 * MIB);
    sample_set(&sample, SAMPLE_INACTIVE_ANON, 11 * MIB);
    sample_set(&sample, SAMPLE_ACTIVE_ANON, 1 * MIB);
    assert_true(sample_footprint(&sample, &footprint));
    assert_true(footprint == (2 + 1 + 94) * MIB);
    sample_set(&sample, SAMPLE_ANON, 8 * MIB); /* six of the nine were touched again */
    assert_true(sample_footprint(&sample, &footprint));
    assert_true(footprint == (8 + 1 + 94 - 6) * MIB);
    sample_set(&sample, SAMPLE_ACTIVE_ANON, 1000 * MIB);
    assert_true(sample_footprint(&sample, &footprint));
    assert_true(footprint == (8 + 1 + 94) * MIB);
}

static void v1_has_no_kernel_part_and_a_swapless_node_no_swap(void **state)
{
    (void)state;
    struct sample sample = {0};
    uint64_t footprint = 0;
    assert_false(sample_footprint(&sample, &footprint));
    sample_set(&sample, SAMPLE_ANON, 10 * MIB);
    assert_true(sample_footprint(&sample, &footprint));
    assert_true(footprint == 10 * MIB);
}

static void nonsense_never_wraps_below_zero(void **state)
{
    (void)state;
    struct sample sample = v2_sample();
    uint64_t footprint = 0;
    sample_set(&sample, SAMPLE_SLAB_RECLAIMABLE, 1000 * MIB);
    sample_set(&sample, SAMPLE_SWAPCACHED, 1000 * MIB);
    assert_true(sample_footprint(&sample, &footprint));
    assert_true(footprint == 120 * MIB);
}

/* History decides as the sample did. */
static void a_brief_keeps_what_is_decided_by(void **state)
{
    (void)state;
    struct sample sample = v2_sample(), again;
    sample.at = (struct stamp){.boot_usec = 5, .unix_usec = 7};
    sample_set(&sample, SAMPLE_KERNEL, 12 * MIB + 777); /* no whole pages */
    sample_set(&sample, SAMPLE_LIMIT_HIGH, 400 * MIB + 1);
    sample_set(&sample, SAMPLE_LIMIT_SWAP, 90 * MIB + 1);
    sample_set(&sample, SAMPLE_MEMS, UINT64_C(1) << 63);
    sample_set(&sample, SAMPLE_ROOM, 70 * MIB);
    for (uint64_t unmapped = 0; unmapped < 3; unmapped++) {
        sample_set(&sample, SAMPLE_INACTIVE_ANON, (120 + unmapped) * MIB);
        sample_set(&sample, SAMPLE_ACTIVE_ANON, 0);
        const struct sample_brief brief = sample_to_brief(&sample);
        sample_from_brief(&brief, sample.at, &again);
        uint64_t before = 0, after = 0;
        assert_true(sample_footprint(&sample, &before) && sample_footprint(&again, &after));
        assert_true(before == after);
        assert_true(sample_rss(&sample, &before) && sample_rss(&again, &after));
        assert_true(before == after);
        static const enum sample_field same[] = {
            SAMPLE_SWAP,
            SAMPLE_SHMEM,
            SAMPLE_SWAPCACHED,
            SAMPLE_LIMIT_MAX,
            SAMPLE_LIMIT_HIGH,
            SAMPLE_LIMIT_SWAP,
            SAMPLE_MEMS,
            SAMPLE_ROOM,
        };
        for (size_t i = 0; i < sizeof same / sizeof *same; i++)
            assert_true(
                sample.value[same[i]] == again.value[same[i]] || !sample_has(&sample, same[i]));
        assert_int_equal(again.at.boot_usec, 5);
    }
    const struct sample nothing = {0};
    const struct sample_brief unknown = sample_to_brief(&nothing);
    uint64_t footprint;
    sample_from_brief(&unknown, sample.at, &again);
    assert_false(sample_footprint(&again, &footprint) || sample_rss(&again, &footprint));
    assert_false(sample_has(&again, SAMPLE_MEMS) || sample_has(&again, SAMPLE_ROOM));
}

static void a_brief_tells_kernel_memory_from_anonymous(void **state)
{
    (void)state;
    struct sample sample = v2_sample(), again;
    sample_set(&sample, SAMPLE_KERNEL, 12 * MIB);
    sample_set(&sample, SAMPLE_SLAB_RECLAIMABLE, 2 * MIB);
    struct sample_brief brief = sample_to_brief(&sample);
    sample_from_brief(&brief, sample.at, &again);
    assert_int_equal(again.value[SAMPLE_KERNEL], 10 * MIB);
    assert_int_equal(again.value[SAMPLE_ANON], sample.value[SAMPLE_ANON]);
    brief.have &= (uint16_t)~BRIEF_KERNEL; /* as older databases are */
    sample_from_brief(&brief, sample.at, &again);
    uint64_t footprint = 0, before = 0;
    assert_true(sample_footprint(&sample, &before) && sample_footprint(&again, &footprint));
    assert_int_equal(footprint, before);
}

static void free_zram_is_no_room(void **state)
{
    (void)state;
    struct node_sample node = {0};
    uint64_t room = 0;
    assert_false(node_swap_room(&node, &room));
    node_set(&node, NODE_SWAP_FREE, 300 * MIB);
    assert_true(node_swap_room(&node, &room) && room == 300 * MIB); /* no /proc/swaps */
    node_set(&node, NODE_SWAP_TOTAL, 500 * MIB);
    node_set(&node, NODE_ZRAM_SWAP, 0);
    assert_true(node_swap_room(&node, &room) && room == 300 * MIB);
    node_set(&node, NODE_ZRAM_SWAP, 500 * MIB);
    assert_true(node_swap_room(&node, &room) && room == 0);
    node_set(&node, NODE_ZRAM_SWAP, 350 * MIB); /* its free half is none, the disk's 150 are */
    assert_true(node_swap_room(&node, &room) && room == 150 * MIB);
    node_set(&node, NODE_SWAP_FREE, 90 * MIB); /* full, and part of the disk as well */
    assert_true(node_swap_room(&node, &room) && room == 90 * MIB);
    node_set(&node, NODE_ZRAM_SWAP, 900 * MIB);
    assert_true(node_swap_room(&node, &room) && room == 0);
}

static void every_field_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < SAMPLE_FIELDS; i++) {
        assert_non_null(sample_fields[i].name);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(sample_fields[i].name, sample_fields[j].name);
    }
    for (int i = 0; i < NODE_FIELDS; i++)
        assert_non_null(node_fields[i].name);
}

static void lives_differ_by_boot_mount_and_inode(void **state)
{
    (void)state;
    const struct slice_life life = {.boot = {1, 2, 3}, .mount = 30, .inode = 7};
    struct slice_life other = life;
    assert_true(slice_life_equal(&life, &other));
    other.inode++;
    assert_false(slice_life_equal(&life, &other));
    other = life;
    other.mount++;
    assert_false(slice_life_equal(&life, &other));
    other = life;
    other.boot[15] = 1;
    assert_false(slice_life_equal(&life, &other));
}

static struct node_sample whole_node(void)
{
    struct node_sample node = {0};
    node_set(&node, NODE_MEM_TOTAL, 4096 * MIB);
    node_set(&node, NODE_SWAP_TOTAL, 1024 * MIB);
    node_set(&node, NODE_SWAP_FREE, 300 * MIB);
    return node;
}

static void a_group_with_a_limit_is_a_node_of_its_own(void **state)
{
    (void)state;
    struct sample group = {.at = {.boot_usec = 7, .unix_usec = 8}};
    struct node_sample node = whole_node(), within;
    sample_set(&group, SAMPLE_CURRENT, 390 * MIB);
    sample_set(&group, SAMPLE_LIMIT_MAX, 400 * MIB);
    sample_set(&group, SAMPLE_FILE, 50 * MIB);
    sample_set(&group, SAMPLE_SHMEM, 20 * MIB);
    sample_set(&group, SAMPLE_SLAB_RECLAIMABLE, 5 * MIB);
    sample_set(&group, SAMPLE_SWAP, 60 * MIB);
    sample_set(&group, SAMPLE_EVENT_MAX, 12);
    sample_set(&group, SAMPLE_PSI_FULL_AVG10, 1234);
    assert_true(node_within(&group, &node, &within));
    assert_true(within.at.boot_usec == 7);
    assert_true(within.value[NODE_MEM_TOTAL] == 400 * MIB);
    assert_true(within.value[NODE_MEM_FREE] == 10 * MIB);
    assert_true(within.value[NODE_MEM_AVAILABLE] == (10 + 30 + 5) * MIB);
    assert_true(within.value[NODE_ALLOCSTALL] == 12);
    assert_true(within.value[NODE_PSI_FULL_AVG10] == 1234);
    assert_false(node_has(&within, NODE_PSI_FULL_TOTAL));
    /* Of the node's swap it may use all; others have left it 300 MiB. */
    assert_true(within.value[NODE_SWAP_TOTAL] == 1024 * MIB);
    assert_true(within.value[NODE_SWAP_FREE] == 300 * MIB);
    sample_set(&group, SAMPLE_LIMIT_SWAP, 100 * MIB);
    assert_true(node_within(&group, &node, &within));
    assert_true(within.value[NODE_SWAP_TOTAL] == 100 * MIB);
    assert_true(within.value[NODE_SWAP_FREE] == 40 * MIB);
    sample_set(&group, SAMPLE_CURRENT, 500 * MIB); /* it was lowered beneath what is used */
    assert_true(node_within(&group, &node, &within));
    assert_true(within.value[NODE_MEM_FREE] == 0);
}

static void a_group_without_a_limit_of_its_own_is_none(void **state)
{
    (void)state;
    struct sample group = {0};
    struct node_sample node = whole_node(), within;
    sample_set(&group, SAMPLE_CURRENT, 390 * MIB);
    assert_false(node_within(&group, &node, &within));
    sample_set(&group, SAMPLE_LIMIT_MAX, SAMPLE_NO_LIMIT);
    assert_false(node_within(&group, &node, &within));
    sample_set(&group, SAMPLE_LIMIT_MAX, 4096 * MIB);
    assert_false(node_within(&group, &node, &within));
    sample_set(&group, SAMPLE_LIMIT_MAX, 4095 * MIB);
    assert_true(node_within(&group, &node, &within));
    node.have = 0;
    assert_false(node_within(&group, &node, &within));
}

static void a_path_is_within_its_own_group_and_those_above(void **state)
{
    (void)state;
    assert_true(slice_path_within("/a/b", "/a"));
    assert_true(slice_path_within("/a", "/a"));
    assert_true(slice_path_within("/a", "/"));
    assert_true(slice_path_within("/a", ""));
    assert_false(slice_path_within("/ab", "/a"));
    assert_false(slice_path_within("/a", "/a/b"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rss_is_what_pl_mom_meant),
        cmocka_unit_test(footprint_counts_swap_and_leaves_out_what_can_be_reclaimed),
        cmocka_unit_test(swapping_out_leaves_the_footprint_where_it_is),
        cmocka_unit_test(pages_of_the_swap_cache_that_nobody_maps_count_once),
        cmocka_unit_test(v1_has_no_kernel_part_and_a_swapless_node_no_swap),
        cmocka_unit_test(nonsense_never_wraps_below_zero),
        cmocka_unit_test(a_brief_keeps_what_is_decided_by),
        cmocka_unit_test(a_brief_tells_kernel_memory_from_anonymous),
        cmocka_unit_test(free_zram_is_no_room),
        cmocka_unit_test(every_field_has_a_name_of_its_own),
        cmocka_unit_test(lives_differ_by_boot_mount_and_inode),
        cmocka_unit_test(a_group_with_a_limit_is_a_node_of_its_own),
        cmocka_unit_test(a_group_without_a_limit_of_its_own_is_none),
        cmocka_unit_test(a_path_is_within_its_own_group_and_those_above),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
