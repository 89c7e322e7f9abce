/* The kernel's OOM kills from the live table and the database together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mom/cli/oom_kills.h"

enum { UNKNOWN = -1 };

/* A slice in group `inode` whose counter is `kills`, or UNKNOWN. */
static struct live_slice now_in(uint64_t inode, int kills)
{
    struct live_slice slice = {.slice = {.life = {.boot = {7}, .mount = 1, .inode = inode}}};
    if (kills != UNKNOWN)
        sample_set(&slice.sample, SAMPLE_EVENT_OOM_KILL, (uint64_t)kills);
    return slice;
}

static struct query_oom_kills past_in(uint64_t inode, uint64_t in_life, uint64_t ever)
{
    return (struct query_oom_kills){.ever = ever,
        .in_life = in_life,
        .newest_unix_usec = 1000000,
        .life = {.boot = {7}, .mount = 1, .inode = inode},
        .life_lasts = true};
}

static void expect_cell(struct cell cell, int expected)
{
    assert_int_equal(cell.kind, expected == UNKNOWN ? CELL_ABSENT : CELL_COUNT);
    assert_int_equal(cell.kind == CELL_COUNT ? cell.count : 0, expected == UNKNOWN ? 0 : expected);
}

static void expect(
    const struct live_slice *now, const struct query_oom_kills *past, int in_life, int ever)
{
    const struct oom_kills kills = oom_kills_of(now, past);
    expect_cell(kills.in_life, in_life);
    expect_cell(kills.ever, ever);
    assert_int_equal(kills.any, in_life > 0 || ever > 0);
    bool seen = past && past->newest_unix_usec > 0;
    assert_int_equal(kills.newest.kind, seen ? CELL_TIME : CELL_ABSENT);
}

static void each_is_enough_alone(void **state)
{
    (void)state;
    const struct live_slice now = now_in(5, 3), none = now_in(5, 0), unknown = now_in(5, UNKNOWN);
    struct query_oom_kills past = past_in(5, 2, 9);
    expect(&now, NULL, 3, UNKNOWN);
    expect(&none, NULL, 0, UNKNOWN);
    expect(&unknown, NULL, UNKNOWN, UNKNOWN);
    expect(NULL, &past, 2, 9);
    past.life_lasts = false;
    expect(NULL, &past, UNKNOWN, 9);
    expect(NULL, NULL, UNKNOWN, UNKNOWN);
}

static void what_is_stored_is_not_counted_again(void **state)
{
    (void)state;
    const struct query_oom_kills past = past_in(5, 2, 9);
    const struct live_slice same = now_in(5, 2), ahead = now_in(5, 4), odd = now_in(5, 1),
                            unknown = now_in(5, UNKNOWN);
    expect(&same, &past, 2, 9);
    expect(&ahead, &past, 4, 11); /* the recorder is behind */
    expect(&odd, &past, 1, 9);
    expect(&unknown, &past, 2, 9);
}

static void a_life_that_is_not_stored_yet_is_added(void **state)
{
    (void)state;
    const struct query_oom_kills past = past_in(5, 2, 9), nothing = {0};
    const struct live_slice other = now_in(6, 1), unknown = now_in(6, UNKNOWN);
    struct live_slice other_boot = now_in(5, 1);
    other_boot.slice.life.boot[0] = 8;
    expect(&other, &past, 1, 10);
    expect(&other_boot, &past, 1, 10);
    expect(&unknown, &past, UNKNOWN, 9);
    expect(&other, &nothing, 1, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_enough_alone),
        cmocka_unit_test(what_is_stored_is_not_counted_again),
        cmocka_unit_test(a_life_that_is_not_stored_yet_is_added),
    };
    return cmocka_run_group_tests_name("cli oom kills", tests, NULL, NULL);
}
