#include "tests/unit/policy_file/policy_test.h"

#include "policy/file/settings.h"
#include "policy/file/values.h"

static double quantity(enum value_type type, const char *text)
{
    double value = -1;
    assert_int_equal(value_quantity(type, text, &value, NULL), 0);
    return value;
}

static void refused(enum value_type type, const char *text, const char *reason)
{
    struct mom_error error = {0};
    union {
        double number;
        char bytes[64];
    } value = {0}, before = {0};
    assert_int_equal(value_parse(type, NULL, text, &value, sizeof value, &error), -EINVAL);
    if (!strstr(error.text, reason))
        print_error("`%s`: %s\n", text, error.text);
    assert_non_null(strstr(error.text, reason));
    assert_memory_equal(&value, &before, sizeof value);
}

static void durations_sizes_and_percentages_read_in_their_units(void **state)
{
    (void)state;
    assert_true(quantity(VALUE_DURATION, "250us") == 250);
    assert_true(quantity(VALUE_DURATION, "5ms") == 5e3);
    assert_true(quantity(VALUE_DURATION, "1h30min") == 5400e6);
    assert_true(quantity(VALUE_DURATION, "1.5h") == 5400e6);
    assert_true(quantity(VALUE_DURATION, "2w1d") == 15 * 86400e6);
    assert_true(quantity(VALUE_SIZE, "150M") == 150 * 0x1p20);
    assert_true(quantity(VALUE_SIZE, "1.5GiB") == 1.5 * 0x1p30);
    assert_true(quantity(VALUE_SIZE, "4096B") == 4096);
    assert_true(quantity(VALUE_PERCENTAGE, "12.5%") == 12.5);
    assert_true(quantity(VALUE_SHARE, "150%") == 150);
    assert_true(quantity(VALUE_INTEGER, "-40") == -40);
    assert_true(quantity(VALUE_NUMBER, "0.1") == 0.1);
}

static void a_quantity_without_its_unit_is_refused(void **state)
{
    (void)state;
    refused(VALUE_DURATION, "10", "its unit is missing (w, d, h, min, s, ms, us)");
    refused(VALUE_DURATION, "0", "its unit is missing");
    refused(VALUE_SIZE, "150", "its unit is missing");
    refused(VALUE_AMOUNT, "10", "its unit is missing (%, ");
    refused(VALUE_PERCENTAGE, "10", "its unit is missing (%)");
    refused(VALUE_INTEGER, "10s", "it has no unit");
}

static void what_only_looks_like_a_quantity_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "s", "ten s", "NaN", "inf", "0x10s", "1e3s", "+1s",
        ".5s", "5.s", "1..5s", "1,5s", "10s ", " 10s", "10seconds", "5m", "\xff\xfe"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        refused(VALUE_DURATION, wrong[i], "is no duration");
    refused(VALUE_DURATION, "30min1h", "larger units come first");
    refused(VALUE_DURATION, "1s1s", "larger units come first");
    refused(VALUE_PERCENTAGE, "10 %", "no blank may stand before the unit");
    refused(VALUE_PERCENTAGE, "101%", "more than 100%");
    refused(VALUE_AMOUNT, "101%", "more than 100%");
    refused(VALUE_SHARE, "150", "its unit is missing (%)");
    refused(VALUE_SIZE, "1M1K", "one number with one unit");
    refused(VALUE_SIZE, "1kB", "unknown unit");
    refused(VALUE_INTEGER, "1.5", "it has a fraction");
}

static void negative_and_overflowing_quantities_are_refused(void **state)
{
    (void)state;
    refused(VALUE_DURATION, "-5s", "it is negative");
    refused(VALUE_SIZE, "-1M", "it is negative");
    refused(VALUE_DURATION, "99999999999999999999s", "too many digits");
    refused(VALUE_DURATION, "999999999999999w", "too large");
    refused(VALUE_SIZE, "18446744073709551616B", "too many digits");
    refused(VALUE_SIZE, "999999T", "too large");
    refused(VALUE_INTEGER, "4294967296", "too large");
}

static void words_are_not_guessed_but_suggested(void **state)
{
    (void)state;
    refused(VALUE_BOOL, "ture", "did you mean `true`?");
    refused(VALUE_BOOL, "yes", "expected one of false, true");
    refused(VALUE_BOOL, "True", "did you mean `true`?");
    refused(VALUE_FLAG, "false", "only `true` can be said");
}

static void addresses_can_carry_nothing_into_a_header_or_a_command(void **state)
{
    (void)state;
    static const char *const wrong[] = {"-oQ/tmp", "a b@c", "a@b\nBcc: x", "<a@b>", "a@@b", "a@",
        "@b", "a@-b", "a;b@c", "a@b,c@d", "\"a\"@b", "a@b c"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        refused(VALUE_ADDRESS, wrong[i], "is no mail address");
    refused(VALUE_ADDRESSES, "a@b, -x@c", "is no list of mail addresses");
    refused(VALUE_PATH, "var/mail", "does not begin with /");
    refused(VALUE_DOMAIN, "exa mple.org", "not a host name");

    char joined[64];
    assert_int_equal(
        value_parse(VALUE_ADDRESSES, NULL, " a@b.org ,, root c+d@e", joined, sizeof joined, NULL),
        0);
    assert_string_equal(joined, "a@b.org,root,c+d@e");
}

static void programs_are_absolute_and_no_shell_is_expected_to_read_them(void **state)
{
    (void)state;
    static const char *const wrong[] = {"/bin/sh -c 'a b'", "/bin/a \"b\"", "/bin/a $HOME",
        "/bin/a `b`", "/bin/a | b", "/bin/a & b", "/bin/a; b", "/bin/a > b", "/bin/a < b"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        refused(VALUE_COMMAND, wrong[i], "no shell reads it");
    refused(VALUE_COMMAND, "logger", "does not begin with /");
    refused(VALUE_COMMAND, "auto", "does not begin with /");
    refused(VALUE_COMMAND, " /bin/a", "does not begin with /");
    refused(VALUE_COMMAND, "/bin/a  b", "one blank stands between two words");
    refused(VALUE_COMMAND, "/bin/a ", "one blank stands between two words");
    refused(VALUE_COMMAND, "/bin/a\tb", "it holds a control character");
    refused(VALUE_RESTART, "", "expected none, auto, or a program by its absolute path");
    refused(VALUE_RESTART, "always", "expected none, auto, or a program by its absolute path");
    refused(VALUE_RESTART, "/bin/a;b", "no shell reads it");
    char text[PROGRAM_COMMAND_MAX + 1];
    memset(text, 'x', sizeof text);
    text[0] = '/';
    text[PROGRAM_COMMAND_MAX] = '\0';
    refused(VALUE_COMMAND, text, "longer than 255 bytes");

    const char *command = NULL, *right = "/bin/a -n x --of=\\x2d *";
    assert_int_equal(value_parse(VALUE_COMMAND, NULL, right, &command, sizeof command, NULL), 0);
    assert_ptr_equal(command, right);
    assert_int_equal(value_parse(VALUE_RESTART, NULL, "auto", &command, sizeof command, NULL), 0);
    assert_string_equal(command, "auto");
    text[PROGRAM_COMMAND_MAX - 1] = '\0';
    assert_int_equal(value_parse(VALUE_COMMAND, NULL, text, &command, sizeof command, NULL), 0);
}

static void a_text_longer_than_its_field_is_refused(void **state)
{
    (void)state;
    char name[100];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    refused(VALUE_NAME, name, "longer than 63 bytes");
    refused(VALUE_ADDRESSES, name, "longer than 63 bytes");
}

/* Every default, written out, reads as the same value again. */
static void what_is_written_reads_back(void **state)
{
    (void)state;
    size_t count;
    const struct setting *table = settings_table(&count);
    for (size_t i = 0; i < count; i++) {
        union {
            struct policy_globals globals;
            struct slice_policy slice;
        } first = {0}, second = {0};
        char text[300], again[300];
        if (!table[i].fallback)
            continue;
        assert_int_equal(setting_parse(&table[i], table[i].fallback, &first, NULL), 0);
        assert_int_equal(setting_format(&table[i], &first, text, sizeof text), 0);
        assert_string_equal(text, table[i].fallback);
        assert_int_equal(setting_parse(&table[i], text, &second, NULL), 0);
        assert_int_equal(setting_format(&table[i], &second, again, sizeof again), 0);
        assert_string_equal(again, text);
        if (table[i].type != VALUE_COMMAND && table[i].type != VALUE_RESTART)
            assert_memory_equal(&first, &second, sizeof first); /* those point to their text */
    }
}

static void odd_values_are_written_in_full(void **state)
{
    (void)state;
    char text[64];
    int64_t usec = 5400000000 + 1;
    uint64_t bytes = (1 << 20) + 1;
    struct amount amount = {.relative = true, .ratio = 0.125};
    assert_int_equal(value_format(VALUE_DURATION, NULL, &usec, text, sizeof text), 0);
    assert_string_equal(text, "1h30min1us");
    assert_int_equal(value_format(VALUE_SIZE, NULL, &bytes, text, sizeof text), 0);
    assert_string_equal(text, "1048577B");
    assert_int_equal(value_format(VALUE_AMOUNT, NULL, &amount, text, sizeof text), 0);
    assert_string_equal(text, "12.5%");
    assert_int_equal(value_format(VALUE_DURATION, NULL, &usec, text, 5), -ENAMETOOLONG);
}

static void the_table_is_whole(void **state)
{
    (void)state;
    size_t count;
    const struct setting *table = settings_table(&count);
    for (size_t i = 0; i < count; i++) {
        const struct setting *s = &table[i];
        assert_true(strlen(s->help) > 10 && text_ends_with(s->help, "."));
        assert_int_equal(!s->least, !s->most);
        if (s->least)
            assert_true(quantity(s->type, s->least) < quantity(s->type, s->most));
        if (s->scope == SCOPE_GLOBAL || s->scope == SCOPE_SLICE)
            assert_non_null(s->fallback);
        if (s->scaled)
            assert_int_equal(s->type, VALUE_DURATION);
    }
    for (unsigned i = 0; i < SLICE_SETTINGS; i++)
        assert_int_equal(setting_of_slice((enum slice_setting)i)->mark, i);
}

static void amounts_are_parts_of_a_whole_or_bytes(void **state)
{
    (void)state;
    struct amount part = {.relative = true, .ratio = 0.1}, fixed = {.bytes = 7};
    assert_int_equal(amount_of(&part, 1000), 100);
    assert_int_equal(amount_of(&fixed, 1000), 7);
    struct amount all = {.relative = true, .ratio = 1};
    assert_int_equal(amount_of(&all, UINT64_MAX), UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_sizes_and_percentages_read_in_their_units),
        cmocka_unit_test(a_quantity_without_its_unit_is_refused),
        cmocka_unit_test(what_only_looks_like_a_quantity_is_refused),
        cmocka_unit_test(negative_and_overflowing_quantities_are_refused),
        cmocka_unit_test(words_are_not_guessed_but_suggested),
        cmocka_unit_test(addresses_can_carry_nothing_into_a_header_or_a_command),
        cmocka_unit_test(programs_are_absolute_and_no_shell_is_expected_to_read_them),
        cmocka_unit_test(a_text_longer_than_its_field_is_refused),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(odd_values_are_written_in_full),
        cmocka_unit_test(the_table_is_whole),
        cmocka_unit_test(amounts_are_parts_of_a_whole_or_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
