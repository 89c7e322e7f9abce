/* Storing: order under clock steps, and draining the same records again. */
#include "fixture.h"

#include <errno.h>
#include <stdio.h>

static struct points points;

static void drain(struct fixture *fixture, const struct sample_brief *briefs, size_t count)
{
    begin(fixture);
    for (size_t i = 0; i < count; i++)
        put_brief(fixture, &briefs[i]);
    flush(fixture);
    commit(fixture);
}

static void expect_times(struct fixture *fixture, const int64_t *expected, size_t count)
{
    read_history(fixture->db, 1, TIER_RAW, 0, T0 * 2, &points);
    assert_int_equal(points.count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(points.point[i].unix_usec / SEC, expected[i]);
}

static void rows_are_written_by_batches_and_by_flush(void **state)
{
    struct fixture *fixture = *state;
    bear(fixture, 7, "docker:web");
    begin(fixture);
    for (int i = 0; i < STORE_BATCH + 1; i++) {
        struct sample_brief brief = a_brief(7, (T0 + 5 * i) * SEC, 100);
        put_brief(fixture, &brief);
    }
    commit(fixture);
    assert_int_equal(ask(fixture->path, "SELECT count(*) FROM raw"), STORE_BATCH);
    begin(fixture);
    flush(fixture);
    commit(fixture);
    assert_int_equal(ask(fixture->path, "SELECT count(*) FROM raw"), STORE_BATCH + 1);
}

static void a_clock_set_back_keeps_the_order(void **state)
{
    struct fixture *fixture = *state;
    bear(fixture, 7, "docker:web");
    const struct sample_brief briefs[] = {
        a_brief(7, T0 * SEC, 1), a_brief(7, (T0 + 5) * SEC, 2),
        a_brief(7, (T0 - 60) * SEC, 3),                                 /* a minute back */
        a_brief(7, (T0 - 55) * SEC, 4), a_brief(7, (T0 + 20) * SEC, 5), /* and forth */
    };
    drain(fixture, briefs, 5);
    expect_times(fixture, (const int64_t[]){T0, T0 + 5, T0 + 6, T0 + 7, T0 + 20}, 5);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(points.point[i].footprint, (i + 1) * SAMPLE_PAGE);
}

static void a_clock_set_back_by_hours_is_taken_as_it_is(void **state)
{
    struct fixture *fixture = *state;
    bear(fixture, 7, "docker:web");
    const int64_t step = 3 * 3600;
    const struct sample_brief briefs[] = {
        a_brief(7, (T0 + step) * SEC, 1),
        a_brief(7, T0 * SEC, 2),
        a_brief(7, (T0 + 5) * SEC, 3),
    };
    drain(fixture, briefs, 3);
    fixture_reopen(fixture);
    const struct sample_brief more = a_brief(7, (T0 + 10) * SEC, 4);
    drain(fixture, &more, 1);
    expect_times(fixture, (const int64_t[]){T0, T0 + 5, T0 + 10, T0 + step}, 4);
}

/* A row in each second, and the clock goes back into the middle of them: what finds no place near
 * its own second is passed over, and what comes when the clock is beyond them stands where it
 * belongs. */
static void dense_history_is_not_pushed_into_the_future(void **state)
{
    struct fixture *fixture = *state;
    bear(fixture, 7, "docker:web");
    enum { DENSE = 600, BACK = 300 };
    for (int64_t t = 0; t < DENSE; t++) {
        const struct sample_brief brief = a_brief(7, (T0 + t) * SEC, 1);
        drain(fixture, &brief, 1);
    }
    for (int64_t t = DENSE - BACK; t < DENSE + 10; t++) {
        const struct sample_brief brief = a_brief(7, (T0 + t) * SEC + 500, 2);
        drain(fixture, &brief, 1);
    }
    int64_t newest = ask(fixture->path, "SELECT max(t) FROM raw");
    assert_in_range(newest, T0 + DENSE + 9, T0 + DENSE + 9 + 121);
    assert_true(ask(fixture->path, "SELECT count(*) FROM raw") >= DENSE + 10);
}

/* Two lives of a key, steps back within a second, within a minute and by days. */
static size_t rough_clock(struct sample_brief *briefs)
{
    static const int64_t seconds[] = {
        0, 5, 10, 3, 8, 8, 13, 18, -400000, -399995, -399998, 20, 25, 19, 24, 29};
    size_t count = 0;
    for (size_t i = 0; i < sizeof seconds / sizeof seconds[0]; i++) {
        int64_t unix_usec = (T0 + seconds[i]) * SEC + (int64_t)i * 1000;
        briefs[count] = a_brief(7, unix_usec, (uint32_t)count);
        count++;
        briefs[count] = a_brief(8, unix_usec, (uint32_t)count);
        count++;
    }
    return count;
}

static int64_t fingerprint(struct fixture *fixture)
{
    return ask(fixture->path, "SELECT sum((t % 1000003) * (footprint + 1)) FROM raw");
}

static void draining_again_changes_nothing_wherever_it_was_cut(void **state)
{
    struct fixture *fixture = *state;
    struct sample_brief briefs[64];
    size_t count = rough_clock(briefs);
    bear(fixture, 7, "docker:web");
    bear(fixture, 8, "docker:web");
    for (size_t cut = 0; cut <= count; cut++) {
        (void)ask(fixture->path, "DELETE FROM raw");
        (void)ask(fixture->path, "DELETE FROM shifted");
        (void)ask(fixture->path, "UPDATE slice SET mark = NULL");
        fixture_reopen(fixture);
        drain(fixture, briefs, cut); /* killed here: stored, not acknowledged */
        fixture_reopen(fixture);
        drain(fixture, briefs, count);
        int64_t once = ask(fixture->path, "SELECT count(*) FROM raw");
        assert_int_equal(once, count);
        int64_t sum = fingerprint(fixture);
        fixture_reopen(fixture);
        drain(fixture, briefs, count);
        assert_int_equal(ask(fixture->path, "SELECT count(*) FROM raw"), count);
        assert_int_equal(fingerprint(fixture), sum);
    }
}

static void a_sample_seen_twice_in_the_buffer_is_one(void **state)
{
    struct fixture *fixture = *state;
    bear(fixture, 7, "docker:web");
    const struct sample_brief brief = a_brief(7, T0 * SEC, 1);
    const struct sample_brief briefs[] = {brief, brief, brief};
    drain(fixture, briefs, 3);
    expect_times(fixture, (const int64_t[]){T0}, 1);
}

static void a_rollback_forgets_what_was_buffered(void **state)
{
    struct fixture *fixture = *state;
    bear(fixture, 7, "docker:web");
    const struct sample_brief lost = a_brief(7, T0 * SEC, 1);
    begin(fixture);
    put_brief(fixture, &lost);
    db_rollback(fixture->db);
    begin(fixture);
    flush(fixture);
    commit(fixture);
    expect_times(fixture, NULL, 0);
    drain(fixture, &lost, 1);
    expect_times(fixture, (const int64_t[]){T0}, 1);
}

static void unknown_lives_and_boots_are_refused(void **state)
{
    struct fixture *fixture = *state;
    const struct sample_brief brief = a_brief(99, T0 * SEC, 1);
    assert_int_equal(store_sample(fixture->db, &brief, &fixture->error), -ENOENT);
    assert_int_equal(store_slice_vanished(fixture->db, 99, at_sec(T0), &fixture->error), -ENOENT);
    struct db *other;
    assert_int_equal(db_open(fixture->path, DB_WRITE, &other, NULL), 0);
    assert_int_equal(store_sample(other, &brief, &fixture->error), -EINVAL);
    assert_int_equal(store_note(other, 1, at_sec(T0), "x", "y", &fixture->error), -EINVAL);
    db_close(other);
}

static void unknown_fields_stay_unknown(void **state)
{
    struct fixture *fixture = *state;
    bear(fixture, 7, "docker:web");
    struct sample_brief brief = a_brief(7, T0 * SEC, 1);
    brief.have = BRIEF_RSS;
    drain(fixture, &brief, 1);
    read_history(fixture->db, 1, TIER_RAW, 0, T0 * 2, &points);
    assert_int_equal(points.point[0].have, BRIEF_RSS);
    assert_int_equal(points.point[0].rss, 11 * SAMPLE_PAGE);
    assert_int_equal(points.point[0].footprint, 0);
}

static void memory_nodes_are_stored_of_who_is_bound(void **state)
{
    struct fixture *fixture = *state;
    bear(fixture, 7, "docker:web");
    struct sample_brief briefs[] = {a_brief(7, T0 * SEC, 1), a_brief(7, (T0 + 1) * SEC, 1)};
    briefs[1].have |= BRIEF_MEMS;
    briefs[1].mems = UINT64_C(1) << 63;
    drain(fixture, briefs, 2);
    assert_int_equal(ask(fixture->path, "SELECT count(*) FROM raw WHERE mems IS NULL"), 1);
    assert_true(ask(fixture->path, "SELECT mems FROM raw WHERE mems IS NOT NULL") == INT64_MIN);
}

static void room_is_stored_of_who_shares_it(void **state)
{
    struct fixture *fixture = *state;
    bear(fixture, 7, "docker:web");
    struct sample_brief briefs[] = {a_brief(7, T0 * SEC, 1), a_brief(7, (T0 + 1) * SEC, 1)};
    briefs[1].have |= BRIEF_ROOM;
    briefs[1].room = 300;
    briefs[1].swap_limit_bytes = 5 << 20;
    drain(fixture, briefs, 2);
    assert_int_equal(ask(fixture->path, "SELECT count(*) FROM raw WHERE room IS NULL"), 1);
    assert_int_equal(ask(fixture->path, "SELECT room FROM raw WHERE room IS NOT NULL"), 300);
    assert_int_equal(ask(fixture->path, "SELECT count(*) FROM limit_change"), 2);
    assert_int_equal(
        ask(fixture->path, "SELECT swap FROM limit_change ORDER BY t DESC LIMIT 1"), 5 << 20);
}

static void limits_come_back_with_the_rows_they_held_for(void **state)
{
    struct fixture *fixture = *state;
    bear(fixture, 7, "docker:web");
    static const uint64_t limits[] = {SAMPLE_NO_LIMIT, 5 << 20, 5 << 20, SAMPLE_NO_LIMIT, 0};
    struct sample_brief briefs[5];
    for (int i = 0; i < 5; i++) {
        briefs[i] = a_brief(7, (T0 + i) * SEC, 1);
        briefs[i].limit_bytes = limits[i];
    }
    drain(fixture, briefs, 5);
    read_history(fixture->db, 1, TIER_RAW, 0, T0 * 2, &points);
    for (int i = 0; i < 5; i++)
        assert_true(points.point[i].limit == limits[i]);
    assert_int_equal(ask(fixture->path, "SELECT count(*) FROM limit_change"), 4);
}

static void store_everything(struct fixture *fixture)
{
    static struct decision decision = {.seq = 17, .incident = 17, .serial = 7};
    static struct outcome outcome = {.decision = 17, .survivors = 2, .survivor = {5, 6}};
    static struct process_table processes = {.count = 1, .total = 1, .row = {{.pid = 5}}};
    struct leak_report report = {.verdict = LEAK_SUSPECTED, .limit_bytes = SAMPLE_NO_LIMIT};
    struct node_sample node = {.at = at_sec(T0)};
    struct db *db = fixture->db;
    node_set(&node, NODE_MEM_TOTAL, 1 << 30);
    begin(fixture);
    struct slice slice = a_slice(7, "docker:web", "web");
    assert_int_equal(store_slice_born(db, &slice, at_sec(T0), NULL), 0);
    const struct sample_brief brief = a_brief(7, T0 * SEC, 1);
    put_brief(fixture, &brief);
    assert_int_equal(store_node(db, &node, NULL), 0);
    assert_int_equal(store_trend(db, 7, at_sec(T0), &report, NULL), 0);
    assert_int_equal(store_decision(db, &decision, NULL), 0);
    assert_int_equal(store_outcome(db, &outcome, &processes, NULL), 0);
    assert_int_equal(store_note(db, 3, at_sec(T0), "restart", "again", NULL), 0);
    assert_int_equal(store_hold(db, "docker:web", T0, 1000, "demo", at_sec(T0), NULL), 0);
    assert_int_equal(store_slice_vanished(db, 7, at_sec(T0 + 9), NULL), 0);
    commit(fixture);
}

static void everything_is_stored_once(void **state)
{
    struct fixture *fixture = *state;
    static const char *const tables[] = {"boot", "slice", "life", "raw", "node", "trend",
        "decision", "incident", "outcome", "process", "note", "hold"};
    for (int round = 0; round < 3; round++) {
        store_everything(fixture);
        for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
            char sql[64];
            (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", tables[i]);
            assert_int_equal(ask(fixture->path, sql), 1);
        }
        assert_int_equal(ask(fixture->path, "SELECT count(*) FROM survivor"), 2);
        fixture_reopen(fixture);
    }
}

static void an_incident_lasts_to_its_all_clear(void **state)
{
    struct fixture *fixture = *state;
    static struct decision decision = {.seq = 1, .incident = 1};
    decision.at = at_sec(T0);
    begin(fixture);
    assert_int_equal(store_decision(fixture->db, &decision, NULL), 0);
    commit(fixture);
    assert_int_equal(ask(fixture->path, "SELECT count(*) FROM incident"
                                        " WHERE closed_usec IS NULL"),
        1);
    decision.seq = 2;
    decision.reason = REASON_ALL_CLEAR;
    decision.at = at_sec(T0 + 60);
    begin(fixture);
    assert_int_equal(store_decision(fixture->db, &decision, NULL), 0);
    commit(fixture);
    assert_int_equal(ask(fixture->path, "SELECT (closed_usec - opened_usec) / 1000000"
                                        " FROM incident"),
        60);
}

/* The columns of `node` are written by position: they must be those of the table of fields. */
static void the_node_table_has_the_fields_in_their_order(void **state)
{
    struct fixture *fixture = *state;
    for (unsigned field = 0; field < NODE_FIELDS; field++) {
        char sql[128];
        (void)snprintf(sql, sizeof sql,
            "SELECT name = '%s' FROM pragma_table_info('node')"
            " WHERE cid = %u",
            node_fields[field].name, field + 1);
        assert_int_equal(ask(fixture->path, sql), 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(rows_are_written_by_batches_and_by_flush),
        TEST(a_clock_set_back_keeps_the_order),
        TEST(a_clock_set_back_by_hours_is_taken_as_it_is),
        TEST(dense_history_is_not_pushed_into_the_future),
        TEST(draining_again_changes_nothing_wherever_it_was_cut),
        TEST(a_sample_seen_twice_in_the_buffer_is_one),
        TEST(a_rollback_forgets_what_was_buffered),
        TEST(unknown_lives_and_boots_are_refused),
        TEST(unknown_fields_stay_unknown),
        TEST(memory_nodes_are_stored_of_who_is_bound),
        TEST(room_is_stored_of_who_shares_it),
        TEST(limits_come_back_with_the_rows_they_held_for),
        TEST(everything_is_stored_once),
        TEST(an_incident_lasts_to_its_all_clear),
        TEST(the_node_table_has_the_fields_in_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
