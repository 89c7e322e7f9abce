/* Rollups against numbers made the plain way, retention, and the cap. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>

enum { HOUR_SEC = 3600, DAY_SEC = 24 * HOUR_SEC };

static const struct rollup_limits roomy = {
    .raw_sec = 100 * DAY_SEC,
    .minute_sec = 100 * DAY_SEC,
    .ten_minutes_sec = 100 * DAY_SEC,
    .hour_sec = 100 * DAY_SEC,
    .cap_bytes = 1ull << 40,
};

static struct points raw, rolled;

static void roll_all(struct fixture *fixture, int64_t now_sec, const struct rollup_limits *limits)
{
    int calls = 0, r;
    while ((r = rollup_run(fixture->db, now_sec * SEC, limits, &fixture->error)) > 0)
        assert_true(++calls < 1000);
    assert_int_equal(r, 0);
}

/* Samples of two lives of one slice, at uneven steps, with a hole of hours. */
static int64_t put_samples(struct fixture *fixture, int count)
{
    int64_t t = T0 + 17;
    srand(1);
    begin(fixture);
    for (int i = 0; i < count; i++) {
        struct sample_brief brief =
            a_brief(i < count / 2 ? 7 : 8, t * SEC, (uint32_t)(rand() % 100000));
        put_brief(fixture, &brief);
        t += i == count / 3 ? 3 * HOUR_SEC : 1 + rand() % 20;
    }
    flush(fixture);
    commit(fixture);
    return t;
}

static bool near(uint64_t bytes, double pages)
{
    double difference = (double)bytes / SAMPLE_PAGE - pages;
    return difference < 2 && difference > -2; /* rounded to a page in each tier */
}

static void check_bin(const struct query_point *bin, int64_t span_sec)
{
    uint64_t least = UINT64_MAX, most = 0, faults = 0;
    double rss = 0, footprint = 0, current = 0, n = 0;
    uint32_t pressure = 0;
    for (size_t i = 0; i < raw.count; i++) {
        const struct query_point *point = &raw.point[i];
        int64_t since = point->unix_usec - bin->unix_usec;
        if (since < 0 || since >= span_sec * SEC)
            continue;
        least = point->footprint < least ? point->footprint : least;
        most = point->footprint > most ? point->footprint : most;
        pressure = point->pressure > pressure ? point->pressure : pressure;
        faults += point->faults;
        rss += (double)point->rss / SAMPLE_PAGE;
        footprint += (double)point->footprint / SAMPLE_PAGE;
        current += (double)point->current / SAMPLE_PAGE;
        n++;
    }
    assert_true(n > 0);
    assert_true(bin->footprint_min == least && bin->footprint_max == most);
    assert_true(bin->faults == faults && bin->pressure == pressure);
    assert_true(near(bin->rss, rss / n) && near(bin->current, current / n));
    assert_true(near(bin->footprint, footprint / n));
}

/* Every bin is right, and every raw row before `until_sec` lies in a bin. */
static void check_tier(
    struct fixture *fixture, enum query_tier tier, int64_t span_sec, int64_t until_sec)
{
    read_history(fixture->db, 1, tier, 0, T0 * 2, &rolled);
    size_t bin = 0;
    for (size_t i = 0; i < raw.count && raw.point[i].unix_usec < until_sec * SEC; i++) {
        while (bin < rolled.count &&
               rolled.point[bin].unix_usec + span_sec * SEC <= raw.point[i].unix_usec)
            bin++;
        assert_true(bin < rolled.count && rolled.point[bin].unix_usec <= raw.point[i].unix_usec);
    }
    for (bin = 0; bin < rolled.count; bin++) {
        assert_int_equal(rolled.point[bin].unix_usec % (span_sec * SEC), 0);
        assert_true(rolled.point[bin].unix_usec + span_sec * SEC <= until_sec * SEC);
        check_bin(&rolled.point[bin], span_sec);
    }
}

static void check_all(struct fixture *fixture, int64_t now)
{
    read_history(fixture->db, 1, TIER_RAW, 0, T0 * 2, &raw);
    check_tier(fixture, TIER_MINUTE, 60, now - now % 60);
    check_tier(fixture, TIER_TEN_MINUTES, 600, now - now % 600);
    check_tier(fixture, TIER_HOUR, HOUR_SEC, now - now % HOUR_SEC);
}

static void rollups_are_what_plain_sums_give(void **state)
{
    struct fixture *fixture = *state;
    bear(fixture, 7, "docker:web");
    bear(fixture, 8, "docker:web");
    int64_t now = put_samples(fixture, 3000);
    roll_all(fixture, now, &roomy);
    check_all(fixture, now);
    assert_int_equal(raw.count, 3000);
    assert_true(rolled.count >= 8);
}

static void a_late_row_is_added_to_all_tiers(void **state)
{
    struct fixture *fixture = *state;
    bear(fixture, 7, "docker:web");
    bear(fixture, 8, "docker:web");
    int64_t now = put_samples(fixture, 2000);
    roll_all(fixture, now, &roomy);
    /* Behind the back of the clock rule: as if written by an older batch. */
    (void)ask(fixture->path, "INSERT OR REPLACE INTO raw(slice, t, rss, swap, footprint, current,"
                             " pressure, faults) VALUES (1, 1700000500, 1, 1, 999999, 1, 1, 1)");
    (void)ask(fixture->path, "UPDATE tier SET due = 1700000460 WHERE span = 0");
    roll_all(fixture, now, &roomy);
    check_all(fixture, now);
    read_history(fixture->db, 1, TIER_HOUR, 0, T0 * 2, &rolled);
    assert_true(rolled.point[0].footprint_max == 999999ull * SAMPLE_PAGE);
}

static void bins_that_lost_their_rows_are_not_made_worse(void **state)
{
    struct fixture *fixture = *state;
    bear(fixture, 7, "docker:web");
    bear(fixture, 8, "docker:web");
    int64_t now = put_samples(fixture, 500);
    roll_all(fixture, now, &roomy);
    int64_t before = ask(fixture->path, "SELECT sum(n * footprint_max) FROM rollup");
    (void)ask(fixture->path, "DELETE FROM raw WHERE t % 3 <> 0");
    (void)ask(fixture->path, "UPDATE tier SET due = oldest - oldest % 3600 WHERE span < 3600");
    roll_all(fixture, now, &roomy);
    assert_int_equal(ask(fixture->path, "SELECT sum(n * footprint_max) FROM rollup"), before);
}

static void each_call_does_a_bounded_piece(void **state)
{
    struct fixture *fixture = *state;
    begin(fixture);
    for (uint64_t serial = 1; serial <= 700; serial++) {
        char key[32];
        (void)snprintf(key, sizeof key, "docker:%llu", (unsigned long long)serial);
        struct slice slice = a_slice(serial, key, key);
        assert_int_equal(store_slice_born(fixture->db, &slice, at_sec(T0), NULL), 0);
        struct sample_brief brief = a_brief(serial, T0 * SEC, 5);
        put_brief(fixture, &brief);
    }
    flush(fixture);
    commit(fixture);
    assert_int_equal(rollup_run(fixture->db, (T0 + HOUR_SEC) * SEC, &roomy, NULL), 1);
    int64_t first = ask(fixture->path, "SELECT count(*) FROM rollup");
    assert_true(first > 0 && first < 700);
    roll_all(fixture, T0 + HOUR_SEC, &roomy);
    assert_int_equal(ask(fixture->path, "SELECT count(*) FROM rollup WHERE span = 60"), 700);
}

static void each_tier_keeps_what_its_retention_says(void **state)
{
    struct fixture *fixture = *state;
    bear(fixture, 7, "docker:web");
    begin(fixture);
    for (int64_t t = T0; t < T0 + 2 * DAY_SEC; t += 30) {
        struct sample_brief brief = a_brief(7, t * SEC, (uint32_t)(t % 777));
        put_brief(fixture, &brief);
    }
    flush(fixture);
    commit(fixture);
    struct rollup_limits limits = roomy;
    limits.raw_sec = HOUR_SEC;
    limits.minute_sec = 6 * HOUR_SEC;
    limits.ten_minutes_sec = DAY_SEC;
    int64_t now = T0 + 2 * DAY_SEC;
    roll_all(fixture, now, &limits);
    assert_int_equal(ask(fixture->path, "SELECT min(t) FROM raw"), now - HOUR_SEC);
    assert_int_equal(
        ask(fixture->path, "SELECT min(t) FROM rollup WHERE span = 60"), now - 6 * HOUR_SEC);
    assert_int_equal(
        ask(fixture->path, "SELECT min(t) FROM rollup WHERE span = 600"), now - DAY_SEC);
    assert_int_equal(
        ask(fixture->path, "SELECT min(t) FROM rollup WHERE span = 3600"), T0 - T0 % HOUR_SEC);
    /* Nothing is lost between tiers: the hours count every sample that lies in one of them. */
    assert_int_equal(ask(fixture->path, "SELECT sum(n) FROM rollup WHERE span = 3600"),
        (now - now % HOUR_SEC - T0) / 30);
}

static void beyond_the_cap_the_oldest_raw_goes_first(void **state)
{
    struct fixture *fixture = *state;
    bear(fixture, 7, "docker:web");
    bear(fixture, 8, "docker:db");
    begin(fixture);
    for (int64_t t = T0; t < T0 + DAY_SEC; t += 5)
        for (uint64_t serial = 7; serial <= 8; serial++) {
            struct sample_brief brief = a_brief(serial, t * SEC, (uint32_t)(t % 77777));
            put_brief(fixture, &brief);
        }
    flush(fixture);
    commit(fixture);
    int64_t now = T0 + DAY_SEC;
    struct rollup_limits limits = roomy;
    roll_all(fixture, now, &limits);
    int64_t minutes = ask(fixture->path, "SELECT count(*) FROM rollup WHERE span = 60");
    limits.cap_bytes = 1 << 20;
    roll_all(fixture, now, &limits);
    assert_true(ask(fixture->path,
                    "SELECT (page_count - freelist_count) * page_size FROM"
                    " pragma_page_count, pragma_freelist_count, pragma_page_size") <= 1 << 20);
    assert_int_equal(ask(fixture->path, "SELECT count(*) FROM rollup WHERE span = 60"), minutes);
    int64_t oldest[2] = {ask(fixture->path, "SELECT min(t) FROM raw WHERE slice = 1"),
        ask(fixture->path, "SELECT min(t) FROM raw WHERE slice = 2")};
    assert_true(oldest[0] > T0 && llabs(oldest[0] - oldest[1]) <= 1000);

    limits.cap_bytes = 200 << 10; /* less than the newest hour: minutes go too, that hour stays */
    roll_all(fixture, now, &limits);
    assert_int_equal(ask(fixture->path, "SELECT min(t) FROM raw"), now - HOUR_SEC);
    assert_true(ask(fixture->path, "SELECT count(*) FROM rollup WHERE span = 60") < minutes);
}

static void what_happened_is_forgotten_with_the_hours(void **state)
{
    struct fixture *fixture = *state;
    static struct decision decision = {.seq = 1, .incident = 1, .evidence = {.count = 3}};
    static const struct outcome outcome = {.decision = 1};
    bear(fixture, 7, "docker:web");
    begin(fixture);
    decision.at = at_sec(T0);
    assert_int_equal(store_decision(fixture->db, &decision, NULL), 0);
    decision.seq = 2;
    decision.at = at_sec(T0 + 10 * DAY_SEC);
    assert_int_equal(store_decision(fixture->db, &decision, NULL), 0);
    assert_int_equal(store_outcome(fixture->db, &outcome, NULL, NULL), 0);
    assert_int_equal(store_note(fixture->db, 1, at_sec(T0), "restart", "x", NULL), 0);
    commit(fixture);
    struct rollup_limits limits = roomy;
    limits.hour_sec = 5 * DAY_SEC;
    roll_all(fixture, T0 + 11 * DAY_SEC, &limits);
    assert_int_equal(ask(fixture->path, "SELECT sum(seq) FROM decision"), 2);
    assert_int_equal(ask(fixture->path, "SELECT count(*) FROM evidence"), 3);
    assert_int_equal(ask(fixture->path, "SELECT count(*) FROM outcome"), 0);
    assert_int_equal(ask(fixture->path, "SELECT count(*) FROM note"), 0);
    assert_int_equal(ask(fixture->path, "SELECT count(*) FROM slice"), 0);
    assert_int_equal(ask(fixture->path, "SELECT count(*) FROM life"), 0);
}

static void a_rollup_leaves_the_buffer_alone(void **state)
{
    struct fixture *fixture = *state;
    bear(fixture, 7, "docker:web");
    begin(fixture);
    struct sample_brief brief = a_brief(7, T0 * SEC, 5);
    put_brief(fixture, &brief);
    commit(fixture);
    roll_all(fixture, T0 + DAY_SEC, &roomy);
    begin(fixture);
    flush(fixture);
    commit(fixture);
    assert_int_equal(ask(fixture->path, "SELECT count(*) FROM raw"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(rollups_are_what_plain_sums_give),
        TEST(a_late_row_is_added_to_all_tiers),
        TEST(bins_that_lost_their_rows_are_not_made_worse),
        TEST(each_call_does_a_bounded_piece),
        TEST(each_tier_keeps_what_its_retention_says),
        TEST(beyond_the_cap_the_oldest_raw_goes_first),
        TEST(what_happened_is_forgotten_with_the_hours),
        TEST(a_rollup_leaves_the_buffer_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
