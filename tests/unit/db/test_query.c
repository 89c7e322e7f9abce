/* Reading back: slices, events, histories merged over tiers, floors, the past of a key. */
#include "fixture.h"

#include "policy/leak/window.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { HOUR_SEC = 3600, DAY_SEC = 24 * HOUR_SEC };

static struct points points;

static const struct rollup_limits limits = {
    .raw_sec = 2 * HOUR_SEC,
    .minute_sec = 6 * HOUR_SEC,
    .ten_minutes_sec = 12 * HOUR_SEC,
    .hour_sec = 100 * DAY_SEC,
    .cap_bytes = 1ull << 40,
};

/* A day of samples every 10 s with the footprint counting up, rolled up half an hour before its
 * end; the newest part is raw only. */
static int64_t put_day(struct fixture *fixture)
{
    bear(fixture, 7, "docker:web");
    int64_t end = T0 + DAY_SEC, rolled = end - HOUR_SEC / 2;
    for (int64_t t = T0; t < end; t += 10) {
        if (t == T0 || t == rolled)
            begin(fixture);
        struct sample_brief brief = a_brief(7, t * SEC, (uint32_t)((t - T0) / 10));
        put_brief(fixture, &brief);
        if (t == rolled - 10 || t == end - 10) {
            flush(fixture);
            commit(fixture);
        }
        int r = t == rolled - 10 ? 1 : 0;
        while (r > 0)
            r = rollup_run(fixture->db, rolled * SEC, &limits, &fixture->error);
        assert_int_equal(r, 0);
    }
    return end;
}

/* Rows follow each other without overlap, and without a gap larger than a sample's. */
static void expect_seamless(int64_t first_sec, int64_t last_sec)
{
    assert_true(points.count > 0);
    assert_true(points.point[0].unix_usec <= first_sec * SEC);
    for (size_t i = 1; i < points.count; i++) {
        const struct query_point *before = &points.point[i - 1];
        int64_t end = before->unix_usec + before->span_sec * SEC;
        assert_true(points.point[i].unix_usec >= end);
        assert_true(points.point[i].unix_usec - end <= 10 * SEC);
        assert_true(points.point[i].span_sec <= before->span_sec);
    }
    assert_int_equal(points.point[points.count - 1].unix_usec, last_sec * SEC);
}

static void auto_takes_the_finest_tier_that_reaches_back(void **state)
{
    struct fixture *fixture = *state;
    int64_t end = put_day(fixture);
    static const struct {
        int64_t back_sec, span_sec;
    } table[] = {{HOUR_SEC, 0}, {5 * HOUR_SEC, 60}, {11 * HOUR_SEC, 600}, {DAY_SEC, HOUR_SEC}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        int64_t since = end - table[i].back_sec;
        read_history(fixture->db, 1, TIER_AUTO, since, end, &points);
        assert_int_equal(points.point[0].span_sec, table[i].span_sec);
        assert_int_equal(points.point[points.count - 1].span_sec, 0);
        expect_seamless(since, end - 10);
    }
    read_history(fixture->db, 1, TIER_AUTO, 0, end, &points); /* as far as there is anything */
    assert_int_equal(points.point[0].span_sec, HOUR_SEC);
    read_history(fixture->db, 1, TIER_TEN_MINUTES, 0, end, &points);
    assert_int_equal(points.point[points.count - 1].span_sec, 600);
    read_history(fixture->db, 99, TIER_AUTO, 0, end, &points);
    assert_int_equal(points.count, 0);
}

static void a_young_slice_is_shown_as_sampled(void **state)
{
    struct fixture *fixture = *state;
    bear(fixture, 7, "docker:web");
    begin(fixture);
    for (int64_t t = T0; t < T0 + HOUR_SEC; t += 10) {
        struct sample_brief brief = a_brief(7, t * SEC, 5);
        put_brief(fixture, &brief);
    }
    flush(fixture);
    commit(fixture);
    while (rollup_run(fixture->db, (T0 + HOUR_SEC) * SEC, &limits, &fixture->error) > 0)
        continue;
    read_history(fixture->db, 1, TIER_AUTO, T0 - DAY_SEC, T0 + DAY_SEC, &points);
    assert_int_equal(points.count, HOUR_SEC / 10);
    assert_int_equal(points.point[0].span_sec, 0);
}

static int stop_at_two(void *context, const struct query_point *point)
{
    (void)point;
    return ++*(int *)context == 2 ? 42 : 0;
}

static void a_callback_ends_the_query(void **state)
{
    struct fixture *fixture = *state;
    int64_t end = put_day(fixture);
    int count = 0;
    assert_int_equal(query_history(fixture->db, 1, TIER_AUTO, 0, end * SEC, stop_at_two, &count,
                         &fixture->error),
        42);
    assert_int_equal(count, 2);
}

/* A boot clock whose bins are those of Unix time. */
static struct stamp boot_at(int64_t unix_sec)
{
    return (struct stamp){.boot_usec = unix_sec * SEC, .unix_usec = unix_sec * SEC};
}

static void floors_are_minima_of_aligned_bins(void **state)
{
    struct fixture *fixture = *state;
    int64_t end = put_day(fixture), first;
    uint32_t floors[WINDOW_FIVES];
    static const int64_t bins[] = {60, 300, 1800, 3600};
    for (size_t i = 0; i < 4; i++) {
        int count = query_floors(fixture->db, "docker:web", bins[i], boot_at(end - 1), 10, floors,
            &first, &fixture->error);
        assert_int_equal(count, 10);
        int64_t last_end = end - 1 - (end - 1) % bins[i] + (bins[i] > 60 ? bins[i] : 0);
        assert_int_equal(first, last_end - 10 * bins[i]);
        for (int bin = 0; bin < count; bin++) /* the footprint counts up: its first is the least */
            assert_int_equal(floors[bin], (first + bin * bins[i] - T0) / 10);
    }
    /* The bins are those of the boot clock, whatever the wall clock's are. */
    const struct stamp later = {.boot_usec = 1000 * SEC, .unix_usec = (end - 1) * SEC};
    assert_int_equal(
        query_floors(fixture->db, "docker:web", 300, later, 10, floors, &first, NULL), 10);
    assert_int_equal(first, end - 1 - 1000 % 300 - 9 * 300);
    /* A hole stays a hole, and what is before the first row is left away. */
    (void)ask(fixture->path, "DELETE FROM rollup WHERE span = 60 AND t = 1700082000");
    (void)ask(fixture->path, "DELETE FROM raw WHERE t BETWEEN 1700082000 AND 1700082059");
    int count = query_floors(fixture->db, "docker:web", 60, boot_at(1700082000 + 125), 3, floors,
        &first, &fixture->error);
    assert_int_equal(count, 3);
    assert_true(floors[1] == WINDOW_NO_FLOOR && floors[0] < floors[2]);
    count = query_floors(
        fixture->db, "docker:none", 60, boot_at(end), 10, floors, &first, &fixture->error);
    assert_int_equal(count, 0);
    assert_int_equal(
        query_floors(fixture->db, "x", 61, boot_at(end), 10, floors, &first, NULL), -EINVAL);
}

struct slices {
    int count;
    char keys[256];
    struct query_slice last;
};

static int note_slice(void *context, const struct query_slice *slice)
{
    struct slices *slices = context;
    slices->count++;
    (void)strcat(strcat(slices->keys, slice->key), " ");
    slices->last = *slice;
    return 0;
}

static struct slices find(struct fixture *fixture, const char *glob)
{
    struct slices slices = {0};
    assert_int_equal(query_slices(fixture->db, glob, note_slice, &slices, &fixture->error), 0);
    return slices;
}

static void slices_are_found_by_key_name_and_path(void **state)
{
    struct fixture *fixture = *state;
    const struct slice web = a_slice(1, "docker:web", "web"),
                       odd = a_slice(2, "cgroup:/\xff'*", "o'dd");
    begin(fixture);
    assert_int_equal(store_slice_born(fixture->db, &web, at_sec(T0), NULL), 0);
    assert_int_equal(store_slice_born(fixture->db, &odd, at_sec(T0), NULL), 0);
    commit(fixture);
    assert_string_equal(find(fixture, NULL).keys, "cgroup:/\xff'* docker:web ");
    assert_string_equal(find(fixture, "docker:*").keys, "docker:web ");
    assert_string_equal(find(fixture, "w?b").keys, "docker:web ");
    assert_string_equal(find(fixture, "/group/o'dd").keys, "cgroup:/\xff'* ");
    assert_int_equal(find(fixture, "' OR 1 --").count, 0);
}

static void a_slice_tells_its_lives_trend_and_size(void **state)
{
    struct fixture *fixture = *state;
    static struct decision decision = {.seq = 1, .key = "docker:web", .action = ACTION_RESET};
    bear(fixture, 7, "docker:web");
    assert_string_equal(find(fixture, NULL).last.leak, "");
    bear(fixture, 8, "docker:web");
    struct leak_report report = {.verdict = LEAK_CONFIRMED,
        .shape = SHAPE_GROWING,
        .rate = 1000,
        .at_usec = 900 * SEC,
        .since_usec = 300 * SEC,
        .forecast = true,
        .left_p50 = 60};
    struct sample_brief brief = a_brief(8, (T0 + 5) * SEC, 50);
    brief.limit_bytes = 12345;
    begin(fixture);
    assert_int_equal(store_slice_vanished(fixture->db, 7, at_sec(T0 + 1), NULL), 0);
    assert_int_equal(store_trend(fixture->db, 8, at_sec(T0 + 1000), &report, NULL), 0);
    assert_int_equal(store_decision(fixture->db, &decision, NULL), 0);
    put_brief(fixture, &brief);
    flush(fixture);
    commit(fixture);
    struct query_slice slice = find(fixture, "docker:web").last;
    assert_true(slice.lives == 2 && slice.decisions == 1 && slice.resets == 1 && slice.alive);
    assert_true(slice.rate > 999 && slice.left_p50 > 59 && slice.limit_bytes == 12345);
    assert_int_equal(slice.footprint_bytes, 50 * SAMPLE_PAGE);
    assert_int_equal(slice.since_unix_usec, (T0 + 1000 - 600) * SEC);
    begin(fixture);
    assert_int_equal(store_slice_vanished(fixture->db, 8, at_sec(T0 + 9), NULL), 0);
    commit(fixture);
    assert_false(find(fixture, "docker:web").last.alive);
}

static int note_event(void *context, const struct query_event *event)
{
    char *text = context;
    (void)strcat(strcat(strcat(strcat(text, event->id), " "), event->what), ": ");
    (void)strcat(strcat(text, event->text), "\n");
    return 0;
}

static void events_tell_what_happened_in_order(void **state)
{
    struct fixture *fixture = *state;
    static struct decision reset = {.seq = 2,
        .key = "docker:web",
        .wanted = ACTION_RESET,
        .action = ACTION_RESET,
        .reason = REASON_NODE_RULE,
        .rule = "swap-full"};
    static struct decision alarm = {.seq = 3,
        .key = "unit:x",
        .wanted = ACTION_RESET,
        .action = ACTION_ALARM,
        .reason = REASON_LEAK_CONFIRMED,
        .restraint = RESTRAINT_HOLD};
    static const struct outcome done = {
        .decision = 2, .job = "/web/worker", .bytes_freed = 3 << 20};
    static const struct outcome lost = {.decision = 9,
        .kind = ACTION_RESET,
        .result = RESULT_FAILED,
        .ended = {.unix_usec = (T0 + 4) * SEC},
        .error = "EIO"};
    reset.at = at_sec(T0 + 2);
    alarm.at = at_sec(T0 + 3);
    begin(fixture);
    assert_int_equal(store_decision(fixture->db, &alarm, NULL), 0);
    assert_int_equal(store_decision(fixture->db, &reset, NULL), 0);
    assert_int_equal(store_outcome(fixture->db, &done, NULL, NULL), 0);
    assert_int_equal(store_outcome(fixture->db, &lost, NULL, NULL), 0);
    assert_int_equal(store_note(fixture->db, 1, at_sec(T0 + 1), "clock", "back 5 s", NULL), 0);
    commit(fixture);
    char text[1024] = "";
    assert_int_equal(
        query_events(fixture->db, NULL, T0 * SEC, (T0 + 9) * SEC, note_event, text, NULL), 0);
    assert_string_equal(text,
        " clock: back 5 s\n"
        "3f2a91c0-2 reset: node-rule swap-full; done, job /web/worker, 3.0 MiB freed\n"
        "3f2a91c0-3 alarm: leak-confirmed; instead of reset: hold\n"
        "3f2a91c0-9 reset: decision lost; failed: EIO\n");
    text[0] = '\0';
    assert_int_equal(
        query_events(fixture->db, "docker:*", 0, INT64_MAX, note_event, text, NULL), 0);
    assert_string_equal(
        text, "3f2a91c0-2 reset: node-rule swap-full; done, job /web/worker, 3.0 MiB freed\n");
}

static void strikes_are_resets_that_killed(void **state)
{
    struct fixture *fixture = *state;
    static struct decision decision = {.key = "docker:web", .action = ACTION_RESET};
    static const enum action_result results[] = {
        RESULT_DONE, RESULT_DRY_RUN, RESULT_STRANGER, RESULT_INCOMPLETE};
    begin(fixture);
    for (uint64_t seq = 1; seq <= 5; seq++) { /* the fifth has no outcome yet */
        decision.seq = seq;
        decision.at = at_sec(T0 + (int64_t)seq);
        struct outcome outcome = {.decision = seq};
        assert_int_equal(store_decision(fixture->db, &decision, NULL), 0);
        if (seq < 5) {
            outcome.result = results[seq - 1];
            assert_int_equal(store_outcome(fixture->db, &outcome, NULL, NULL), 0);
        }
    }
    commit(fixture);
    struct query_past past;
    int64_t now = (T0 + 100) * SEC;
    assert_int_equal(query_past(fixture->db, "docker:web", now, 200, &past, NULL), 0);
    assert_int_equal(past.hold_until_unix_usec, 0);
    assert_int_equal(past.past.strikes, 3);
    const int64_t when[] = {T0 + 1, T0 + 4, T0 + 5}; /* oldest first */
    for (int i = 0; i < 3; i++)
        assert_int_equal(past.past.unix_usec[i], when[i] * SEC);
    assert_int_equal(query_past(fixture->db, "docker:web", (T0 + 4) * SEC, 200, &past, NULL), 0);
    assert_int_equal(past.past.strikes, 1); /* what comes later isn't known by then */
    assert_int_equal(past.past.unix_usec[0], (T0 + 1) * SEC);
}

static void a_strike_is_told_however_long_ago(void **state)
{
    struct fixture *fixture = *state;
    static struct decision decision = {.key = "docker:web", .action = ACTION_RESET, .seq = 1};
    decision.at = at_sec(T0);
    begin(fixture);
    assert_int_equal(store_decision(fixture->db, &decision, NULL), 0);
    commit(fixture);
    struct query_past past;
    int64_t now = (T0 + 300 * 86400) * SEC;
    assert_int_equal(query_past(fixture->db, "docker:web", now, 50, &past, NULL), 0);
    assert_int_equal(past.past.strikes, 1);
    assert_int_equal(past.past.unix_usec[0], T0 * SEC);
}

static void of_many_strikes_the_newest_are_told(void **state)
{
    struct fixture *fixture = *state;
    static struct decision decision = {.key = "docker:web", .action = ACTION_RESET};
    begin(fixture);
    for (uint64_t seq = 1; seq <= LADDER_PAST_MAX + 4; seq++) {
        decision.seq = seq;
        decision.at = at_sec(T0 + (int64_t)seq);
        assert_int_equal(store_decision(fixture->db, &decision, NULL), 0);
    }
    commit(fixture);
    struct query_past past;
    assert_int_equal(query_past(fixture->db, "docker:web", (T0 + 100) * SEC, 200, &past, NULL), 0);
    assert_int_equal(past.past.strikes, LADDER_PAST_MAX);
    assert_int_equal(past.past.unix_usec[0], (T0 + 5) * SEC);
    assert_int_equal(past.past.unix_usec[LADDER_PAST_MAX - 1], (T0 + LADDER_PAST_MAX + 4) * SEC);
}

static void the_newest_hold_counts(void **state)
{
    struct fixture *fixture = *state;
    const char *key = "docker:web";
    struct query_past past;
    begin(fixture);
    assert_int_equal(
        store_hold(fixture->db, key, (T0 + 500) * SEC, 0, "demo", at_sec(T0), NULL), 0);
    assert_int_equal(query_past(fixture->db, key, (T0 + 1) * SEC, 9, &past, NULL), 0);
    assert_int_equal(past.hold_until_unix_usec, (T0 + 500) * SEC);
    assert_int_equal(query_past(fixture->db, key, (T0 + 501) * SEC, 9, &past, NULL), 0);
    assert_int_equal(past.hold_until_unix_usec, 0);
    assert_int_equal(store_hold(fixture->db, key, 0, 0, "released", at_sec(T0 + 1), NULL), 0);
    assert_int_equal(query_past(fixture->db, key, (T0 + 2) * SEC, 9, &past, NULL), 0);
    assert_int_equal(past.hold_until_unix_usec, 0);
    assert_int_equal(
        store_hold(fixture->db, key, (T0 + 500) * SEC, 0, "again", at_sec(T0 + 2), NULL), 0);
    assert_int_equal(store_hold(fixture->db, "*", 0, 0, "all released", at_sec(T0 + 3), NULL), 0);
    assert_int_equal(query_past(fixture->db, key, (T0 + 4) * SEC, 9, &past, NULL), 0);
    assert_int_equal(past.hold_until_unix_usec, 0);
    commit(fixture);
}

static void dismissals_are_counted_and_the_newest_says_what_is_known(void **state)
{
    struct fixture *fixture = *state;
    const char *key = "docker:web";
    struct query_past past;
    begin(fixture);
    assert_int_equal(query_past(fixture->db, key, (T0 + 9) * SEC, 9, &past, NULL), 0);
    assert_true(past.dismissed == 0 && past.dismissed_bytes == 0);
    for (int64_t i = 0; i < 3; i++)
        assert_int_equal(store_dismissal(fixture->db, key, (uint64_t)(500 - i), 0, "load's test",
                             at_sec(T0 + i), NULL),
            0);
    assert_int_equal(
        store_dismissal(fixture->db, "docker:other", 7, 0, "x", at_sec(T0 + 4), NULL), 0);
    commit(fixture);
    assert_int_equal(query_past(fixture->db, key, (T0 + 9) * SEC, 99, &past, NULL), 0);
    assert_true(past.dismissed == 3 && past.dismissed_bytes == 498);
    assert_int_equal(query_past(fixture->db, key, (T0 + 2) * SEC, 99, &past, NULL), 0);
    assert_true(past.dismissed == 2 && past.dismissed_bytes == 499);
    assert_int_equal(query_past(fixture->db, key, (T0 + 9) * SEC, 8, &past, NULL), 0);
    assert_true(past.dismissed == 1 && past.dismissed_bytes == 498);
}

static void the_node_has_a_row(void **state)
{
    struct fixture *fixture = *state;
    struct node_sample node = {.at = at_sec(T0)};
    node_set(&node, NODE_MEM_TOTAL, 8ull << 30);
    node_set(&node, NODE_MEM_AVAILABLE, 1ull << 30);
    node_set(&node, NODE_SWAP_TOTAL, 3);
    node_set(&node, NODE_SWAP_FREE, 2);
    node_set(&node, NODE_PSI_SOME_AVG10, 1234);
    node_set(&node, NODE_PSI_FULL_AVG10, 567);
    begin(fixture);
    assert_int_equal(store_node(fixture->db, &node, NULL), 0);
    commit(fixture);
    assert_int_equal(
        ask(fixture->path, "SELECT unix_usec = 1700000400000000 AND mem_total = 8589934592"
                           " AND mem_available = 1073741824 AND swap_total = 3 AND swap_free = 2"
                           " AND psi_some_avg10 = 1234 AND psi_full_avg10 = 567 FROM node"),
        1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(auto_takes_the_finest_tier_that_reaches_back),
        TEST(a_young_slice_is_shown_as_sampled),
        TEST(a_callback_ends_the_query),
        TEST(floors_are_minima_of_aligned_bins),
        TEST(slices_are_found_by_key_name_and_path),
        TEST(a_slice_tells_its_lives_trend_and_size),
        TEST(events_tell_what_happened_in_order),
        TEST(strikes_are_resets_that_killed),
        TEST(a_strike_is_told_however_long_ago),
        TEST(of_many_strikes_the_newest_are_told),
        TEST(the_newest_hold_counts),
        TEST(dismissals_are_counted_and_the_newest_says_what_is_known),
        TEST(the_node_has_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
