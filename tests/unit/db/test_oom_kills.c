/* The kernel's OOM kills: counted over lives, governors and boots; never twice, never backwards. */
#include "fixture.h"

#include <errno.h>
#include <string.h>

#define KEY     "docker:web"
#define DAY_SEC (24 * 3600ll)

/* A life of the slice: under which serial, in which group. */
static void bear_in(struct fixture *fixture, uint64_t serial, uint64_t inode)
{
    struct slice slice = a_slice(serial, KEY, "web");
    slice.life.inode = inode;
    begin(fixture);
    assert_int_equal(store_slice_born(fixture->db, &slice, at_sec(T0), &fixture->error), 0);
    commit(fixture);
}

static int store(struct fixture *fixture, uint64_t serial, int64_t sec, uint64_t kills)
{
    return store_oom_kills(fixture->db, serial, at_sec(T0 + sec), kills, &fixture->error);
}

static void see(struct fixture *fixture, uint64_t serial, int64_t sec, uint64_t kills)
{
    begin(fixture);
    assert_int_equal(store(fixture, serial, sec, kills), 0);
    commit(fixture);
}

static void see_node(struct fixture *fixture, int64_t sec, uint64_t kills)
{
    struct node_sample node = {.at = at_sec(T0 + sec)};
    node_set(&node, NODE_OOM_KILL, kills);
    begin(fixture);
    assert_int_equal(store_node(fixture->db, &node, &fixture->error), 0);
    commit(fixture);
}

static int keep(void *context, const struct query_slice *row)
{
    *(struct query_slice *)context = *row;
    return 0;
}

static struct query_slice slice_now(struct fixture *fixture)
{
    struct query_slice slice = {0};
    assert_int_equal(query_slices(fixture->db, KEY, keep, &slice, &fixture->error), 0);
    assert_true(slice.id > 0);
    return slice;
}

/* `newest`: seconds after T0; -1: no kill was seen. */
static void expect(struct fixture *fixture, uint64_t in_life, uint64_t ever, int64_t newest)
{
    const struct query_oom_kills kills = slice_now(fixture).oom_kills;
    assert_int_equal(kills.in_life, in_life);
    assert_int_equal(kills.ever, ever);
    assert_int_equal(kills.newest_unix_usec, newest < 0 ? 0 : (T0 + newest) * SEC);
}

static void expect_node(struct fixture *fixture, uint64_t expected)
{
    uint64_t kills = 99;
    assert_int_equal(query_node_oom_kills(fixture->db, &kills, &fixture->error), 0);
    assert_int_equal(kills, expected);
}

static void a_slice_without_kills_has_none(void **state)
{
    struct fixture *fixture = *state;
    bear_in(fixture, 7, 100);
    expect(fixture, 0, 0, -1);
    see(fixture, 7, 0, 0);
    expect(fixture, 0, 0, -1);
    see(fixture, 8, 5, 3); /* of a life that was never told */
    expect(fixture, 0, 0, -1);
    expect_node(fixture, 0);
}

static void the_highest_count_of_a_life_is_kept_with_its_time(void **state)
{
    struct fixture *fixture = *state;
    bear_in(fixture, 7, 100);
    see(fixture, 7, 0, 1);
    see(fixture, 7, 5, 1);
    expect(fixture, 1, 1, 0);
    see(fixture, 7, 10, 4);
    see(fixture, 7, 15, 4);
    expect(fixture, 4, 4, 10);
    see(fixture, 7, 20, 2); /* an odd kernel */
    expect(fixture, 4, 4, 10);
}

/* The recorder, then the governor: the same group comes under a new serial. */
static void restarts_count_nothing_twice(void **state)
{
    struct fixture *fixture = *state;
    bear_in(fixture, 7, 100);
    see(fixture, 7, 0, 2);
    fixture_reopen(fixture);
    see(fixture, 7, 5, 2);
    expect(fixture, 2, 2, 0);
    bear_in(fixture, 8, 100);
    expect(fixture, 2, 2, 0); /* known before the first sample */
    see(fixture, 8, 10, 2);
    expect(fixture, 2, 2, 0);
    assert_int_equal(slice_now(fixture).lives, 1);
    bear_in(fixture, 9, 100);
    see(fixture, 9, 60, 3); /* killed while nobody looked */
    expect(fixture, 3, 3, 60);
    see(fixture, 9, 65, 4);
    expect(fixture, 4, 4, 65);
}

static void a_group_made_anew_adds_to_the_past(void **state)
{
    struct fixture *fixture = *state;
    bear_in(fixture, 7, 100);
    see(fixture, 7, 0, 2);
    begin(fixture);
    assert_int_equal(store_slice_vanished(fixture->db, 7, at_sec(T0 + 5), &fixture->error), 0);
    commit(fixture);
    assert_false(slice_now(fixture).oom_kills.life_lasts);
    bear_in(fixture, 8, 101);
    const struct query_oom_kills kills = slice_now(fixture).oom_kills;
    assert_true(kills.life_lasts);
    assert_int_equal(slice_now(fixture).lives, 2);
    assert_int_equal(kills.life.inode, 101);
    assert_int_equal(kills.life.boot[0], 0x3f);
    expect(fixture, 0, 2, 0);
    see(fixture, 8, 10, 1);
    expect(fixture, 1, 3, 10);
}

static void another_boot_adds_to_the_past(void **state)
{
    struct fixture *fixture = *state;
    bear_in(fixture, 7, 100);
    see(fixture, 7, 0, 2);
    see_node(fixture, 0, 5);
    fixture_boot(fixture->db, 0x40);
    assert_false(slice_now(fixture).oom_kills.life_lasts);
    bear_in(fixture, 7, 100); /* serials and inodes begin again */
    see(fixture, 7, 60, 1);
    see_node(fixture, 60, 1);
    expect(fixture, 1, 3, 60);
    expect_node(fixture, 6);
    fixture_boot(fixture->db, 0x3f);
    see_node(fixture, 65, 7); /* late rows of the boot before */
    expect_node(fixture, 8);
}

static void the_nodes_count_never_goes_back(void **state)
{
    struct fixture *fixture = *state;
    see_node(fixture, 0, 3);
    see_node(fixture, 5, 2);
    struct node_sample unknown = {.at = at_sec(T0 + 10)};
    begin(fixture);
    assert_int_equal(store_node(fixture->db, &unknown, &fixture->error), 0);
    commit(fixture);
    expect_node(fixture, 3);
    fixture_reopen(fixture);
    see_node(fixture, 15, 1);
    expect_node(fixture, 3);
    see_node(fixture, 20, 4);
    expect_node(fixture, 4);
    assert_int_equal(ask(fixture->path, "SELECT oom_usec / 1000000 FROM boot"), T0 + 20);
}

static void draining_again_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    static const uint32_t kills[] = {0, 1, 1, 3, 3};
    bear_in(fixture, 7, 100);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < sizeof kills / sizeof *kills; i++)
            see(fixture, 7, 5 * (int64_t)i, kills[i]);
        expect(fixture, 3, 3, 15);
        fixture_reopen(fixture);
    }
}

static void what_was_rolled_back_is_stored_at_the_next_try(void **state)
{
    struct fixture *fixture = *state;
    bear_in(fixture, 7, 100);
    struct node_sample node = {.at = at_sec(T0)};
    node_set(&node, NODE_OOM_KILL, 2);
    for (int try = 0; try < 2; try++) {
        begin(fixture);
        assert_int_equal(store(fixture, 7, 0, 2), 0);
        assert_int_equal(store_node(fixture->db, &node, &fixture->error), 0);
        if (try == 0)
            db_rollback(fixture->db);
        else
            commit(fixture);
        expect(fixture, try ? 2 : 0, try ? 2 : 0, try ? 0 : -1);
        expect_node(fixture, try ? 2 : 0);
    }
}

static void a_count_that_stays_writes_nothing(void **state)
{
    struct fixture *fixture = *state;
    bear_in(fixture, 7, 100);
    see(fixture, 7, 0, 2);
    (void)ask(fixture->path, "CREATE TRIGGER told BEFORE UPDATE OF oom_kills ON life"
                             " BEGIN SELECT raise(ABORT, 'written'); END");
    see(fixture, 7, 5, 2);
    begin(fixture);
    assert_true(store(fixture, 7, 10, 3) < 0); /* the trigger works */
    db_rollback(fixture->db);
}

static void counts_live_as_long_as_the_slice(void **state)
{
    struct fixture *fixture = *state;
    struct rollup_limits limits = {.raw_sec = 3600,
        .minute_sec = 3600,
        .ten_minutes_sec = 3600,
        .hour_sec = 5 * DAY_SEC,
        .cap_bytes = 1ull << 30};
    bear_in(fixture, 7, 100);
    see(fixture, 7, 0, 2);
    see_node(fixture, 0, 3);
    const struct sample_brief brief = a_brief(7, T0 * SEC, 5);
    begin(fixture);
    put_brief(fixture, &brief);
    flush(fixture);
    commit(fixture);
    assert_int_equal(ask(fixture->path, "SELECT count(*) FROM raw"), 1);
    while (rollup_run(fixture->db, (T0 + DAY_SEC) * SEC, &limits, &fixture->error) > 0)
        continue;
    assert_int_equal(ask(fixture->path, "SELECT count(*) FROM raw"), 0);
    assert_int_equal(ask(fixture->path, "SELECT count(*) FROM node"), 0);
    expect(fixture, 2, 2, 0);
    expect_node(fixture, 3);
}

/* A database of the first schema: the columns come, the rows stay. */
static void an_older_database_is_migrated(void **state)
{
    struct fixture *fixture = *state;
    bear_in(fixture, 7, 100);
    fixture_age(fixture, 1);
    struct db *reader;
    assert_int_equal(db_open(fixture->path, DB_READ, &reader, &fixture->error), -ENOTSUP);
    assert_int_equal(db_open(fixture->path, DB_WRITE, &fixture->db, &fixture->error), 0);
    fixture_boot(fixture->db, 0x3f);
    expect(fixture, 0, 0, -1);
    see(fixture, 7, 5, 1);
    expect(fixture, 1, 1, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(a_slice_without_kills_has_none),
        TEST(the_highest_count_of_a_life_is_kept_with_its_time),
        TEST(restarts_count_nothing_twice),
        TEST(a_group_made_anew_adds_to_the_past),
        TEST(another_boot_adds_to_the_past),
        TEST(the_nodes_count_never_goes_back),
        TEST(draining_again_changes_nothing),
        TEST(what_was_rolled_back_is_stored_at_the_next_try),
        TEST(a_count_that_stays_writes_nothing),
        TEST(counts_live_as_long_as_the_slice),
        TEST(an_older_database_is_migrated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
