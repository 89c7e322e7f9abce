#include "mom/governor/victims.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SEC 1000000ll

static struct victims victims;

static int forget(void **state)
{
    (void)state;
    memset(&victims, 0, sizeof victims);
    return 0;
}

static void hear(int pid, const char *name, const char *group, uint64_t peak, int64_t second)
{
    struct death death = {.at.boot_usec = second * SEC, .pid = pid, .peak_rss = peak};
    (void)snprintf(death.name, sizeof death.name, "%s", name);
    (void)snprintf(death.group, sizeof death.group, "%s", group);
    victims_hear(&victims, &death);
}

static void expect_within(
    const char *path, uint64_t limit, uint64_t count, int64_t since, int64_t now)
{
    struct slice slice = {.serial = 1};
    (void)snprintf(slice.path, sizeof slice.path, "%s", path);
    (void)snprintf(slice.key, sizeof slice.key, "cgroup:%s", path);
    victims_expect(&victims, &slice, count, limit, since * SEC, now * SEC);
}

static void expect_names(const char *path, uint64_t count, int64_t since, int64_t now)
{
    expect_within(path, 0, count, since, now);
}

static void next_is(int pid, const char *key, int64_t now)
{
    struct victim victim;
    assert_true(victims_next(&victims, now * SEC, &victim));
    assert_int_equal(victim.death.pid, pid);
    assert_string_equal(victim.key, key);
}

static void none_is_next(int64_t now)
{
    struct victim victim;
    assert_false(victims_next(&victims, now * SEC, &victim));
}

static void as_many_are_named_as_the_kernel_counts(void **state)
{
    (void)state;
    hear(10, "small", "/a", 100, 5);
    hear(11, "large", "/a/nested", 300, 5);
    hear(12, "middle", "/a", 200, 6);
    none_is_next(6);
    expect_names("/a", 2, 4, 6);
    next_is(11, "cgroup:/a", 6);
    next_is(12, "cgroup:/a", 6);
    none_is_next(6);
    none_is_next(60);
}

static void nobody_stands_for_another_slice(void **state)
{
    (void)state;
    hear(10, "other", "/ab", 100, 5);
    hear(11, "above", "/", 100, 5);
    hear(12, "before", "/a", 100, 3);
    expect_names("/a", 1, 4, 6);
    none_is_next(6);
    none_is_next(60);
}

static void who_dies_late_is_waited_for(void **state)
{
    (void)state;
    expect_names("/a", 1, 4, 6);
    none_is_next(6);
    hear(10, "slow", "/a", 100, 12);
    next_is(10, "cgroup:/a", 12);
    expect_names("/a", 1, 12, 13);
    none_is_next(23); /* too late for this one */
    hear(11, "slower", "/a", 100, 24);
    none_is_next(24);
}

static void a_death_told_twice_is_one(void **state)
{
    (void)state;
    struct victim victim;
    hear(10, "", "", 0, 5);
    hear(10, "name", "/a", 100, 5);
    expect_names("/a", 2, 4, 6);
    assert_true(victims_next(&victims, 6 * SEC, &victim));
    assert_string_equal(victim.death.name, "name");
    assert_int_equal(victim.death.peak_rss, 100);
    hear(10, "name", "/a", 100, 7);
    none_is_next(7);
    hear(10, "namesake", "/a", 100, 15); /* the pid lives again */
    next_is(10, "cgroup:/a", 15);
}

static void where_it_cannot_be_told_it_is_said_late_and_so(void **state)
{
    (void)state;
    hear(10, "who", "", 100, 5);
    hear(11, "else", "/b", 900, 5);
    expect_names("/a", 2, 4, 6);
    none_is_next(15);
    next_is(10, "", 16);
    none_is_next(16);
}

static void the_peak_is_waited_for(void **state)
{
    (void)state;
    hear(10, "chosen", "/a", 0, 5);
    expect_names("/a", 1, 4, 6);
    none_is_next(6);
    hear(11, "emulator", "", 1000, 6);
    hear(10, "chosen", "", 100, 7);
    struct victim victim;
    assert_true(victims_next(&victims, 7 * SEC, &victim));
    assert_int_equal(victim.death.pid, 10);
    assert_string_equal(victim.key, "cgroup:/a");
    assert_int_equal(victim.death.peak_rss, 100);
    hear(12, "never told", "/a", 0, 20);
    expect_names("/a", 1, 19, 21);
    none_is_next(30);
    next_is(12, "cgroup:/a", 31);
}

/* Something that somebody else has killed at that time, on v1. */
static void who_was_larger_than_the_slice_may_be_did_not_hang_there(void **state)
{
    (void)state;
    hear(10, "emulator", "", 1000ull << 20, 5);
    hear(11, "eater", "", 16ull << 20, 5);
    expect_within("/a", 16ull << 20, 1, 4, 6);
    next_is(11, "", 6 + VICTIMS_PATIENCE_USEC / SEC);
    none_is_next(100);
}

static void a_storm_is_bounded(void **state)
{
    (void)state;
    char path[16];
    for (int i = 1; i <= 1000; i++)
        hear(i, "fork", "/a", (uint64_t)i, 5);
    expect_names("/a", 1000, 4, 6);
    for (int i = 0; i < VICTIMS_NAMED; i++)
        next_is(1000 - i, "cgroup:/a", 6);
    none_is_next(6);
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(path, sizeof path, "/s%d", i);
        expect_names(path, 1, 4, 6);
    }
    hear(2001, "first", "/s0", 1, 6);
    hear(2002, "last", "/s999", 1, 6);
    next_is(2001, "cgroup:/s0", 6);
    none_is_next(6);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, forget)
    const struct CMUnitTest tests[] = {
        TEST(as_many_are_named_as_the_kernel_counts),
        TEST(nobody_stands_for_another_slice),
        TEST(who_dies_late_is_waited_for),
        TEST(a_death_told_twice_is_one),
        TEST(where_it_cannot_be_told_it_is_said_late_and_so),
        TEST(the_peak_is_waited_for),
        TEST(who_was_larger_than_the_slice_may_be_did_not_hang_there),
        TEST(a_storm_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
