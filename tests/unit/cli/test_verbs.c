#include "mom/cli/verbs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct verb *find(const char *first, const char *second, int *ret_used)
{
    char a[32], b[32], *words[] = {a, b};
    (void)strcpy(a, first);
    (void)strcpy(b, second ? second : "");
    return verb_find(words, second ? 2 : 1, ret_used);
}

static void every_verb_is_found_by_its_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < verbs_count; i++) {
        char name[32], *second;
        int used = 0;
        (void)strcpy(name, verbs[i].name);
        second = strchr(name, ' ');
        if (second)
            *second++ = '\0';
        assert_ptr_equal(find(name, second, &used), &verbs[i]);
        assert_int_equal(used, second ? 2 : 1);
    }
}

static void half_a_verb_is_none(void **state)
{
    (void)state;
    int used;
    assert_null(find("policy", NULL, &used));
    assert_null(find("policy", "dance", &used));
    assert_null(find("polic", "check", &used));
    assert_null(find("", NULL, &used));
    assert_null(find("policy check", NULL, &used));
}

static void a_verb_is_suggested_for_a_slip(void **state)
{
    (void)state;
    assert_string_equal(verb_near("histroy"), "history");
    assert_string_equal(verb_near("lst"), "list");
    assert_string_equal(verb_near("mail"), "mail queue");
    assert_null(verb_near("abracadabra"));
}

static void the_table_is_complete(void **state)
{
    (void)state;
    for (size_t i = 0; i < verbs_count; i++) {
        assert_non_null(verbs[i].run);
        assert_true(strlen(verbs[i].help) > 0);
        assert_in_range(verbs[i].least, 0, verbs[i].most);
        assert_int_equal(verbs[i].options & CLI_GLOBAL_OPTIONS, 0);
    }
    for (size_t i = 0; i < CLI_OPTIONS; i++) {
        assert_true(strlen(cli_options[i].name) > 0);
        assert_true(strlen(cli_options[i].help) > 0);
    }
}

static void the_help_names_every_verb_and_option(void **state)
{
    (void)state;
    char *text = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&text, &length);
    verbs_print_help(file);
    for (size_t i = 0; i < verbs_count; i++)
        verb_print_help(&verbs[i], file);
    assert_int_equal(fclose(file), 0);
    for (size_t i = 0; i < verbs_count; i++)
        assert_non_null(strstr(text, verbs[i].help));
    for (size_t i = 0; i < CLI_OPTIONS; i++)
        assert_non_null(strstr(text, cli_options[i].help));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_verb_is_found_by_its_words),
        cmocka_unit_test(half_a_verb_is_none),
        cmocka_unit_test(a_verb_is_suggested_for_a_slip),
        cmocka_unit_test(the_table_is_complete),
        cmocka_unit_test(the_help_names_every_verb_and_option),
    };
    return cmocka_run_group_tests_name("cli verbs", tests, NULL, NULL);
}
