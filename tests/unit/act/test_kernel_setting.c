/* A kernel setting changed for a time, in plain files. */
#include "slices/act/kernel_setting.h"
#include "tests/unit/folder.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct journal journal;
static char path[96];

static void say(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fputs(text, file);
    (void)fclose(file);
}

static void is(const char *expected)
{
    char text[32] = "";
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof text, file));
    (void)fclose(file);
    text[strcspn(text, "\n")] = '\0';
    assert_string_equal(text, expected);
}

static int set_up(void **state)
{
    struct mom_error error;
    int r = folder_make(state);
    (void)snprintf(path, sizeof path, "%s/panic_on_oom", folder);
    return r == 0 ? journal_open(&journal, folder, &error) : r;
}

static int tear_down(void **state)
{
    journal_close(&journal);
    return folder_remove(state);
}

static void change_to(uint64_t value)
{
    assert_int_equal(
        kernel_setting_change(&journal, path, value, (struct stamp){.boot_usec = 1}), 0);
}

static void it_is_put_back(void **state)
{
    (void)state;
    say("0\n");
    change_to(1);
    is("1");
    assert_int_equal(kernel_settings_restore(&journal), 0);
    is("0");
    say("7\n");
    assert_int_equal(kernel_settings_restore(&journal), 0); /* nothing is left to undo */
    is("7");
}

static void whoever_finds_the_journal_undoes_it(void **state)
{
    (void)state;
    struct mom_error error;
    say("0\n");
    change_to(1);
    journal_close(&journal);
    assert_int_equal(journal_open(&journal, folder, &error), 0);
    assert_int_equal(journal_undo_all(&journal, NULL), 0);
    is("0");
}

static void what_somebody_else_has_set_since_stays(void **state)
{
    (void)state;
    struct mom_error error = {0};
    say("0\n");
    change_to(1);
    say("2\n");
    assert_int_equal(journal_undo(&journal, 0, &error), 1);
    assert_non_null(strstr(error.text, "was changed by somebody else meanwhile"));
    is("2");
    say("0\n");
    change_to(1);
    say("-1\n"); /* kernel.panic may be negative */
    assert_int_equal(journal_undo(&journal, 1, &error), 1);
    is("-1");
    assert_null(journal_row(&journal, 1));
}

static void what_is_so_already_is_not_ours(void **state)
{
    (void)state;
    say("1\n");
    change_to(1);
    assert_null(journal_row(&journal, 0));
    assert_int_equal(kernel_settings_restore(&journal), 0);
    is("1");
}

static void what_is_not_there_is_said(void **state)
{
    (void)state;
    struct stamp now = {.boot_usec = 1};
    assert_int_equal(kernel_setting_change(&journal, path, 1, now), -ENOENT);
    say("nonsense\n");
    assert_int_equal(kernel_setting_change(&journal, path, 1, now), -EINVAL);
    assert_null(journal_row(&journal, 0));
}

int main(void)
{
#define SETTING_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        SETTING_TEST(it_is_put_back),
        SETTING_TEST(whoever_finds_the_journal_undoes_it),
        SETTING_TEST(what_somebody_else_has_set_since_stays),
        SETTING_TEST(what_is_so_already_is_not_ours),
        SETTING_TEST(what_is_not_there_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
