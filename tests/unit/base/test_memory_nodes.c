#include "slices/memory_nodes.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void lists_are_sets(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t nodes;
    } cases[] = {{"0\n", 1}, {"1", 2}, {"0-1,3\n", 0xb}, {"3,0-1", 0xb}, {"5-5", 0x20},
        {"0-63\n", UINT64_MAX}, {"63\n", UINT64_C(1) << 63}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t nodes = 77;
        assert_int_equal(memory_nodes_parse(cases[i].text, &nodes), 0);
        assert_true(nodes == cases[i].nodes);
    }
}

static void nodes_beyond_are_left_out(void **state)
{
    (void)state;
    uint64_t nodes;
    assert_int_equal(memory_nodes_parse("1,64\n", &nodes), -ERANGE);
    assert_true(nodes == 2);
    assert_int_equal(memory_nodes_parse("62-18446744073709551615", &nodes), -ERANGE);
    assert_true(nodes == UINT64_C(3) << 62);
    assert_int_equal(memory_nodes_parse("64", &nodes), -ERANGE);
    assert_true(nodes == 0);
}

static void what_is_no_list_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "\n", "-", "a", "-1", "1-", "2-1", "1,", ",1", "1 2",
        "0x1", "1\t", "18446744073709551616", "0-18446744073709551616"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        uint64_t nodes = 77;
        assert_int_equal(memory_nodes_parse(texts[i], &nodes), -EINVAL);
        assert_int_equal(nodes, 77);
    }
}

static void sets_have_names(void **state)
{
    (void)state;
    static const uint64_t sets[] = {2, 0xb, UINT64_MAX, UINT64_C(0x5555555555555555),
        UINT64_C(0xb6db6db6db6db6db), UINT64_C(1) << 63};
    static const char *const names[] = {"numa:1", "numa:0-1,3", "numa:0-63"};
    char name[MEMORY_NODES_NAME_MAX];
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        uint64_t nodes;
        memory_nodes_name(sets[i], name);
        if (i < sizeof names / sizeof *names)
            assert_string_equal(name, names[i]);
        assert_string_equal(memory_nodes_named(name, &nodes), name + strlen("numa:"));
        assert_true(nodes == sets[i]);
    }
}

static void other_domains_are_no_such_names(void **state)
{
    (void)state;
    static const char *const names[] = {
        "", "/", "/numa:1", "/pods", "numa:", "numa", "numa:64", "1"};
    uint64_t nodes;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_null(memory_nodes_named(names[i], &nodes));
    char none[MEMORY_NODES_NAME_MAX];
    memory_nodes_name(0, none);
    assert_null(memory_nodes_named(none, &nodes));
}

static void some_are_within_others(void **state)
{
    (void)state;
    assert_true(memory_nodes_within(2, 2));
    assert_true(memory_nodes_within(2, 3));
    assert_false(memory_nodes_within(3, 2));
    assert_false(memory_nodes_within(4, 3));
    assert_false(memory_nodes_within(0, 3)); /* bound to no part of them */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_sets),
        cmocka_unit_test(nodes_beyond_are_left_out),
        cmocka_unit_test(what_is_no_list_is_refused),
        cmocka_unit_test(sets_have_names),
        cmocka_unit_test(other_domains_are_no_such_names),
        cmocka_unit_test(some_are_within_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
