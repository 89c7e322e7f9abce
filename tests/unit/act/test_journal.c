/* The journal's rows: in which order they are undone, and who strikes them. */
#include "slices/act/journal.h"
#include "tests/unit/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct journal journal;

static int set_up(void **state)
{
    struct mom_error error;
    int r = folder_make(state);
    return r == 0 ? journal_open(&journal, folder, &error) : r;
}

static int tear_down(void **state)
{
    journal_close(&journal);
    return folder_remove(state);
}

static void limits_are_undone_at_last(void **state)
{
    (void)state;
    static const enum journal_kind kinds[] = {JOURNAL_LIMIT, JOURNAL_SETTING, JOURNAL_WATCHDOG};
    static const int expected[] = {1, 2, 0};
    size_t count = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const struct journal_entry entry = {.kind = kinds[i], .directory = "/"};
        assert_int_equal(journal_add(&journal, &entry), i);
    }
    for (int step = 0; step < 2 * JOURNAL_ENTRIES; step++) {
        int row = journal_undo_next(&journal, step);
        if (row >= 0)
            assert_int_equal(row, expected[count++]);
    }
    assert_int_equal(count, sizeof expected / sizeof *expected);
}

static void a_row_is_struck_once(void **state)
{
    (void)state;
    const struct journal_entry entry = {.kind = JOURNAL_SETTING, .directory = "/", .set = 1};
    const struct journal_entry other = {.kind = JOURNAL_SETTING, .directory = "/", .set = 2};
    int row = journal_add(&journal, &entry);
    assert_true(row >= 0);
    assert_false(journal_strike_if(&journal, row, &other));
    assert_non_null(journal_row(&journal, row));
    assert_true(journal_strike_if(&journal, row, &entry));
    assert_null(journal_row(&journal, row));
    assert_false(journal_strike_if(&journal, row, &entry));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(limits_are_undone_at_last, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_row_is_struck_once, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
