/* Boots, how they ended, and who was active then. */
#include "fixture.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const uint8_t before[16] = {0x77, 0x2a, 0x91, 0xc0};

static struct boot_ended an_end(enum boot_end how)
{
    struct boot_ended ended = {.how = how,
        .begun_unix_usec = (T0 - 500) * SEC,
        .found = at_sec(T0),
        .order = {.way = LAST_RESORT_SYSRQ, .unix_usec = (T0 - 60) * SEC, .decision = 17},
        .panic = "sysrq triggered crash"};
    memcpy(ended.boot, before, sizeof ended.boot);
    return ended;
}

static int put_end(
    struct fixture *fixture, const struct boot_ended *ended, const struct decision *decision)
{
    begin(fixture);
    int r = store_boot_end(fixture->db, ended, decision, &fixture->error);
    commit(fixture);
    return r;
}

struct seen {
    int count;
    char id[3][9], how[3][16], way[3][16], panic[3][32];
    uint64_t decision[3];
    int64_t last[3];
};

static int see(void *context, const struct query_boot *boot)
{
    struct seen *seen = context;
    if (seen->count == 3)
        return -E2BIG;
    (void)snprintf(seen->id[seen->count], sizeof *seen->id, "%s", boot->id);
    (void)snprintf(seen->how[seen->count], sizeof *seen->how, "%s", boot->how);
    (void)snprintf(seen->way[seen->count], sizeof *seen->way, "%s", boot->way);
    (void)snprintf(seen->panic[seen->count], sizeof *seen->panic, "%s", boot->panic);
    seen->last[seen->count] = boot->last_unix_usec;
    seen->decision[seen->count++] = boot->decision;
    return 0;
}

/* The recorder may not have got so far in the boot that was ended. */
static void an_ordered_end_brings_its_decision(void **state)
{
    struct fixture *fixture = *state;
    static struct query_decision found;
    struct decision decision = {.seq = 17, .action = ACTION_REBOOT, .wanted = ACTION_REBOOT};
    (void)strcpy(decision.rule, "last-resort");
    const struct boot_ended ended = an_end(BOOT_END_ORDERED);
    assert_int_equal(put_end(fixture, &ended, &decision), 1);
    assert_int_equal(put_end(fixture, &ended, &decision), 0); /* told again */
    assert_int_equal(query_decision(fixture->db, "772a91c0-17", &found, &fixture->error), 0);
    assert_string_equal(found.decision.rule, "last-resort");
    struct seen seen = {0};
    assert_int_equal(query_boots(fixture->db, see, &seen, &fixture->error), 0);
    assert_int_equal(seen.count, 2); /* the fixture's own, which was there first */
    assert_string_equal(seen.id[1], "772a91c0");
    assert_string_equal(seen.how[1], "ordered");
    assert_string_equal(seen.way[1], "sysrq");
    assert_int_equal(seen.decision[1], 17);
    assert_string_equal(seen.panic[1], "sysrq triggered crash");
    assert_string_equal(seen.panic[0], "");
    assert_string_equal(seen.how[0], "");
    bear(fixture, 7, "docker:web"); /* rows go on belonging to the boot there is */
    assert_int_equal(ask(fixture->path, "SELECT boot FROM life WHERE serial = 7"), 1);
}

static void an_unclean_one_has_none(void **state)
{
    struct fixture *fixture = *state;
    const struct boot_ended ended = an_end(BOOT_END_UNCLEAN);
    assert_int_equal(put_end(fixture, &ended, NULL), 1);
    struct seen seen = {0};
    assert_int_equal(query_boots(fixture->db, see, &seen, &fixture->error), 0);
    assert_string_equal(seen.how[1], "unclean");
    assert_string_equal(seen.way[1], "");
    assert_int_equal(seen.decision[1], 0);
    assert_int_equal(ask(fixture->path, "SELECT count(*) FROM decision"), 0);
}

struct active {
    int count;
    char key[4][32];
    uint64_t footprint[4];
};

static int see_active(void *context, const struct query_active *active)
{
    struct active *seen = context;
    (void)snprintf(seen->key[seen->count], sizeof *seen->key, "%s", active->key);
    seen->footprint[seen->count++] = active->footprint;
    return 0;
}

static void put_at(struct fixture *fixture, uint64_t serial, int64_t sec, uint32_t footprint)
{
    struct sample_brief brief = a_brief(serial, sec * SEC, footprint);
    begin(fixture);
    put_brief(fixture, &brief);
    flush(fixture);
    commit(fixture);
}

/* Those of that boot who had not ended, by their newest row. */
static void the_active_are_those_who_lived_at_the_end(void **state)
{
    struct fixture *fixture = *state;
    begin(fixture);
    assert_true(store_boot(fixture->db, before, at_sec(T0), &fixture->error) >= 0);
    commit(fixture);
    bear(fixture, 1, "docker:small");
    bear(fixture, 2, "docker:large");
    bear(fixture, 3, "docker:gone");
    bear(fixture, 4, "docker:long-silent");
    put_at(fixture, 1, T0 + 290, 10);
    put_at(fixture, 2, T0 + 290, 500);
    put_at(fixture, 2, T0 + 300, 600);
    put_at(fixture, 3, T0 + 290, 900);
    put_at(fixture, 4, T0 + 100, 900);
    begin(fixture);
    assert_int_equal(store_slice_vanished(fixture->db, 3, at_sec(T0 + 295), &fixture->error), 0);
    commit(fixture);
    struct active active = {0};
    assert_int_equal(query_active(fixture->db, before, (T0 + 300) * SEC, 4, see_active, &active,
                         &fixture->error),
        0);
    assert_int_equal(active.count, 2);
    assert_string_equal(active.key[0], "docker:large");
    assert_int_equal(active.footprint[0], 600 * SAMPLE_PAGE);
    assert_string_equal(active.key[1], "docker:small");
}

static void the_newest_row_of_a_boot_is_found(void **state)
{
    struct fixture *fixture = *state;
    int64_t newest = 0;
    assert_int_equal(query_boot_newest(fixture->db, before, &newest, &fixture->error), 0);
    begin(fixture);
    assert_true(store_boot(fixture->db, before, at_sec(T0), &fixture->error) >= 0);
    for (int i = 0; i < 3; i++) {
        struct node_sample node = {.at = at_sec(T0 + i)};
        node_set(&node, NODE_MEM_TOTAL, 1 << 30);
        assert_int_equal(store_node(fixture->db, &node, &fixture->error), 0);
    }
    commit(fixture);
    assert_int_equal(query_boot_newest(fixture->db, before, &newest, &fixture->error), 1);
    assert_int_equal(newest, (T0 + 2) * SEC);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(an_ordered_end_brings_its_decision),
        TEST(an_unclean_one_has_none),
        TEST(the_active_are_those_who_lived_at_the_end),
        TEST(the_newest_row_of_a_boot_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
