#include "mom/cli/output.h"

#include <errno.h>
#include <jansson.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char hostile[] = "a,\"b\"\n\x1b[31m\xc2\x9b";
static const char broken[] = "x\xff\xfe";
static const char foreign[] = "m\xc3\xbcll";

static void write_answer(struct output *output)
{
    static const struct column columns[] = {
        {"slice", "Slice", ALIGN_LEFT},
        {"footprint_bytes", "Footprint", ALIGN_RIGHT},
        {"limit_bytes", "Limit", ALIGN_RIGHT},
        {"at", "At", ALIGN_LEFT},
    };
    static const struct section section = {"slices", columns, COUNT(columns)};
    const struct field fields[] = {
        {"running", "Running", cell_flag(true)},
        {"rate_bytes_per_hour", "Rate", cell_rate(1024)},
        {"left_seconds", "Left", cell_duration(NAN)},
    };
    const struct cell rows[][COUNT(columns)] = {
        {cell_text(hostile), cell_bytes(1536), cell_limit(SAMPLE_NO_LIMIT), cell_absent()},
        {cell_text(broken), cell_bytes(5ull << 30), cell_limit(0), cell_time(1795242487250000)},
        {cell_text(foreign), cell_bytes(12), cell_limit(1 << 20), cell_absent()},
    };
    output_record(output, "daemon", fields, COUNT(fields));
    output_section(output, &section);
    for (size_t i = 0; i < COUNT(rows); i++)
        output_row(output, rows[i]);
    output_note(output, "end");
}

/* What the answer looks like; to be freed. */
static char *answer(struct output_settings settings, void (*write)(struct output *))
{
    char *text = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&text, &length);
    struct output *output;
    struct mom_error error = {0};
    assert_non_null(file);
    assert_int_equal(output_open(&settings, file, &output), 0);
    write(output);
    assert_int_equal(output_close(output, &error), 0);
    assert_int_equal(fclose(file), 0);
    return text;
}

static void expect(struct output_settings settings, const char *expected)
{
    char *text = answer(settings, write_answer);
    assert_string_equal(text, expected);
    free(text);
}

static void tables_are_for_people(void **state)
{
    (void)state;
    expect((struct output_settings){.format = OUTPUT_TABLE, .utf8 = true},
        "Running  yes\n"
        "Rate     3.5 MiB/h\n"
        "Left     -\n"
        "\n"
        "SLICE                      FOOTPRINT    LIMIT  AT\n"
        "a,\"b\"\\x0a\\x1b[31m\\xc2\\x9b    1.5 KiB     none  -\n"
        "x\\xff\\xfe                    5.0 GiB        -  2026-11-21 06:28:07\n"
        "m\xc3\xbcll                            12 B  1.0 MiB  -\n"
        "\n"
        "end\n");
}

/* libsmartcols 2.38 loops for ever on bytes that its locale does not know. */
static void a_terminal_without_utf8_gets_ascii(void **state)
{
    (void)state;
    assert_non_null(setlocale(LC_CTYPE, "C"));
    char *text = answer((struct output_settings){.format = OUTPUT_TABLE}, write_answer);
    assert_non_null(strstr(text, "m\\xc3\\xbcll"));
    for (const char *c = text; *c; c++)
        assert_in_range((unsigned char)*c, '\n', '~');
    free(text);
    assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
}

/* None of these has a width of its own, or any at all. */
static void odd_characters_do_not_stop_a_table(void **state)
{
    (void)state;
    static const char *const odd[] = {
        "\u200b", "\u0300", "\u202e", "\ufffe", "\U0010ffff", "\ue000", "\u4e2d"};
    static const struct column columns[] = {
        {"slice", "Slice", ALIGN_LEFT}, {"n", "N", ALIGN_RIGHT}};
    static const struct section section = {"slices", columns, COUNT(columns)};
    char *text = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&text, &length);
    struct output *output;
    const struct output_settings settings = {.format = OUTPUT_TABLE, .utf8 = true};
    assert_int_equal(output_open(&settings, file, &output), 0);
    output_section(output, &section);
    for (size_t i = 0; i < COUNT(odd); i++) {
        const struct cell cells[] = {cell_text(odd[i]), cell_count(i)};
        output_row(output, cells);
    }
    assert_int_equal(output_close(output, NULL), 0);
    assert_int_equal(fclose(file), 0);
    assert_non_null(strstr(text, "\u4e2d"));
    free(text);
}

static void tables_can_do_without_headers_and_units(void **state)
{
    (void)state;
    char *text =
        answer((struct output_settings){.format = OUTPUT_TABLE, .no_headers = true, .exact = true},
            write_answer);
    assert_null(strstr(text, "SLICE"));
    assert_non_null(strstr(text, "5368709120"));
    assert_non_null(strstr(text, "3686400"));
    assert_null(strstr(text, "iB"));
    free(text);
}

static void json_is_one_object(void **state)
{
    (void)state;
    expect((struct output_settings){.format = OUTPUT_JSON},
        "{\"schema\": 1,\n"
        "\"daemon\": {\"running\": true, \"rate_bytes_per_hour\": 3686400.0, "
        "\"left_seconds\": null},\n"
        "\"slices\": [\n"
        "  {\"slice\": \"a,\\\"b\\\"\\n\\u001B[31m\\u009B\", \"footprint_bytes\": 1536, "
        "\"limit_bytes\": null, \"at\": null},\n"
        "  {\"slice\": \"x\\\\xff\\\\xfe\", \"footprint_bytes\": 5368709120, "
        "\"limit_bytes\": null, \"at\": \"2026-11-21T06:28:07.250Z\"},\n"
        "  {\"slice\": \"m\\u00FCll\", \"footprint_bytes\": 12, \"limit_bytes\": 1048576, "
        "\"at\": null}]}\n");
}

static void json_reads_back_as_it_was(void **state)
{
    (void)state;
    char *text = answer((struct output_settings){.format = OUTPUT_JSON}, write_answer);
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    json_t *rows = json_object_get(root, "slices");
    assert_int_equal(json_array_size(rows), 3);
    const char *name = json_string_value(json_object_get(json_array_get(rows, 0), "slice"));
    assert_string_equal(name, hostile);
    json_decref(root);
    free(text);
}

static void jsonl_lines_stand_alone(void **state)
{
    (void)state;
    expect((struct output_settings){.format = OUTPUT_JSONL},
        "{\"schema\": 1, \"of\": \"daemon\", \"running\": true, "
        "\"rate_bytes_per_hour\": 3686400.0, \"left_seconds\": null}\n"
        "{\"schema\": 1, \"of\": \"slices\", \"slice\": \"a,\\\"b\\\"\\n\\u001B[31m\\u009B\", "
        "\"footprint_bytes\": 1536, \"limit_bytes\": null, \"at\": null}\n"
        "{\"schema\": 1, \"of\": \"slices\", \"slice\": \"x\\\\xff\\\\xfe\", "
        "\"footprint_bytes\": 5368709120, \"limit_bytes\": null, "
        "\"at\": \"2026-11-21T06:28:07.250Z\"}\n"
        "{\"schema\": 1, \"of\": \"slices\", \"slice\": \"m\\u00FCll\", "
        "\"footprint_bytes\": 12, \"limit_bytes\": 1048576, \"at\": null}\n");
}

static void csv_quotes_and_keeps_one_row_a_line(void **state)
{
    (void)state;
    expect((struct output_settings){.format = OUTPUT_CSV},
        "running,rate_bytes_per_hour,left_seconds\n"
        "true,3686400,\n"
        "\n"
        "slice,footprint_bytes,limit_bytes,at\n"
        "\"a,\"\"b\"\"\\x0a\\x1b[31m\\xc2\\x9b\",1536,,\n"
        "x\\xff\\xfe,5368709120,,2026-11-21T06:28:07.250Z\n"
        "m\xc3\xbcll,12,1048576,\n");
}

static void write_empty_section(struct output *output)
{
    static const struct column columns[] = {{"slice", "Slice", ALIGN_LEFT}};
    static const struct section section = {"slices", columns, COUNT(columns)};
    output_section(output, &section);
}

static void write_nothing(struct output *output)
{
    (void)output;
}

static void an_empty_section_is_an_empty_list(void **state)
{
    (void)state;
    static const char *const expected[OUTPUT_FORMATS] = {
        [OUTPUT_TABLE] = "",
        [OUTPUT_JSON] = "{\"schema\": 1,\n\"slices\": []}\n",
        [OUTPUT_JSONL] = "",
        [OUTPUT_CSV] = "slice\n",
    };
    for (enum output_format i = 0; i < OUTPUT_FORMATS; i++) {
        char *text = answer((struct output_settings){.format = i}, write_empty_section);
        assert_string_equal(text, expected[i]);
        free(text);
    }
}

static void a_verb_that_failed_before_its_answer_writes_nothing(void **state)
{
    (void)state;
    for (enum output_format i = 0; i < OUTPUT_FORMATS; i++) {
        char *text = answer((struct output_settings){.format = i}, write_nothing);
        assert_string_equal(text, "");
        free(text);
    }
}

static void a_full_disk_is_told(void **state)
{
    (void)state;
    FILE *file = fopen("/dev/full", "w");
    if (!file)
        skip();
    const struct output_settings settings = {.format = OUTPUT_JSONL};
    struct output *output;
    struct mom_error error = {0};
    assert_int_equal(output_open(&settings, file, &output), 0);
    write_answer(output);
    assert_int_equal(output_close(output, &error), -EIO);
    (void)fclose(file);
}

static void colours_only_where_they_are_wanted(void **state)
{
    (void)state;
    struct cell cell = cell_toned(cell_text("confirmed"), TONE_ALARM);
    assert_int_equal(cell.tone, TONE_ALARM);
    char *text = answer((struct output_settings){.format = OUTPUT_TABLE}, write_answer);
    assert_null(strchr(text, '\x1b'));
    free(text);
}

static void numbers_have_their_units(void **state)
{
    (void)state;
    static const struct {
        struct cell cell;
        const char *human, *plain;
    } cases[] = {
        {{.kind = CELL_BYTES, .count = 0}, "0 B", "0"},
        {{.kind = CELL_BYTES, .count = UINT64_MAX - 1}, "16777216.0 TiB", "18446744073709551614"},
        {{.kind = CELL_RATE, .number = -2048}, "-2.0 KiB/h", "-2048"},
        {{.kind = CELL_PERCENT, .number = 12.345}, "12.35 %", "12.345"},
        {{.kind = CELL_DURATION, .number = 0.002}, "0.002 s", "0.002"},
        {{.kind = CELL_DURATION, .number = 7200}, "2.0 h", "7200"},
        {{.kind = CELL_INTEGER, .integer = -100}, "-100", "-100"},
        {{.kind = CELL_FLAG, .flag = false}, "no", "false"},
        {{.kind = CELL_UNLIMITED}, "none", ""},
    };
    char text[CELL_TEXT_MAX];
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_string_equal(cell_human(&cases[i].cell, false, text, sizeof text), cases[i].human);
        assert_string_equal(cell_plain(&cases[i].cell, text, sizeof text), cases[i].plain);
    }
}

static void what_is_unknown_is_absent(void **state)
{
    (void)state;
    assert_int_equal(cell_text(NULL).kind, CELL_ABSENT);
    assert_int_equal(cell_text("").kind, CELL_ABSENT);
    assert_int_equal(cell_number(NAN).kind, CELL_ABSENT);
    assert_int_equal(cell_rate(INFINITY).kind, CELL_ABSENT);
    assert_int_equal(cell_duration(-1).kind, CELL_ABSENT);
    assert_int_equal(cell_time(0).kind, CELL_ABSENT);
    const struct field_info limit = {"limit_max", UNIT_BYTES};
    assert_int_equal(cell_field(&limit, false, 5).kind, CELL_ABSENT);
    assert_int_equal(cell_field(&limit, true, SAMPLE_NO_LIMIT).kind, CELL_UNLIMITED);
    assert_int_equal(cell_of(UNIT_BYTES, 18446744073709551615.0).kind, CELL_UNLIMITED);
}

static int set_zone_and_locale(void **state)
{
    (void)state;
    (void)setenv("TZ", "UTC0", 1);
    tzset();
    return setlocale(LC_CTYPE, "C.UTF-8") ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_for_people),
        cmocka_unit_test(a_terminal_without_utf8_gets_ascii),
        cmocka_unit_test(odd_characters_do_not_stop_a_table),
        cmocka_unit_test(tables_can_do_without_headers_and_units),
        cmocka_unit_test(json_is_one_object),
        cmocka_unit_test(json_reads_back_as_it_was),
        cmocka_unit_test(jsonl_lines_stand_alone),
        cmocka_unit_test(csv_quotes_and_keeps_one_row_a_line),
        cmocka_unit_test(an_empty_section_is_an_empty_list),
        cmocka_unit_test(a_verb_that_failed_before_its_answer_writes_nothing),
        cmocka_unit_test(a_full_disk_is_told),
        cmocka_unit_test(colours_only_where_they_are_wanted),
        cmocka_unit_test(numbers_have_their_units),
        cmocka_unit_test(what_is_unknown_is_absent),
    };
    return cmocka_run_group_tests_name("cli output", tests, set_zone_and_locale, NULL);
}
