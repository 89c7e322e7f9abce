/* The replay of a CSV file: what is read, what is passed over, what is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mom/cli/replay_csv.h"

#define HEADER "slice,t,footprint,limit\n"
#define START  1700000000

struct replayed {
    int result;
    char *out, *messages;
    struct mom_error error;
};
static struct replayed replayed;

static void replay(const char *input, size_t length, enum replay_format format)
{
    size_t out_size, messages_size;
    free(replayed.out);
    free(replayed.messages);
    FILE *in = fmemopen(NULL, length + 1, "w+");
    fwrite(input, 1, length, in);
    fflush(in);
    rewind(in);
    FILE *out = open_memstream(&replayed.out, &out_size);
    FILE *messages = open_memstream(&replayed.messages, &messages_size);
    replayed.error = (struct mom_error){0};
    replayed.result = replay_csv(in, "in.csv", format, out, messages, &replayed.error);
    fclose(in);
    fclose(out);
    fclose(messages);
}

static int teardown(void **state)
{
    (void)state;
    free(replayed.out);
    free(replayed.messages);
    return 0;
}

/* Ten hours of a leak, a row a minute, into a string that the caller frees. */
static char *leak_rows(const char *head, const char *slice)
{
    char *text;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    fputs(head, f);
    for (int minute = 0; minute < 600; minute++)
        fprintf(
            f, "%s,%d,%d,%d\n", slice, START + 60 * minute, 50000000 + 70000 * minute, 100000000);
    fclose(f);
    return text;
}

static void replay_leak(const char *slice, enum replay_format format)
{
    char *text = leak_rows(HEADER, slice);
    replay(text, strlen(text), format);
    free(text);
}

static json_t *last_line(void)
{
    json_t *last = NULL, *json;
    size_t at = 0, length = strlen(replayed.out);
    while (at < length) {
        json_error_t error;
        json = json_loads(replayed.out + at, JSON_DISABLE_EOF_CHECK, &error);
        assert_non_null(json);
        json_decref(last);
        last = json;
        at += (size_t)error.position + 1;
    }
    return last;
}

static void a_leak_is_told_with_its_rate_and_its_time_left(void **state)
{
    (void)state;
    replay_leak("web", REPLAY_JSONL);
    assert_int_equal(replayed.result, 0);
    assert_string_equal(replayed.messages, "");
    json_t *last = last_line();
    assert_non_null(last);
    assert_string_equal(json_string_value(json_object_get(last, "slice")), "web");
    assert_string_equal(json_string_value(json_object_get(last, "leak")), "confirmed");
    assert_string_equal(json_string_value(json_object_get(last, "shape")), "growing");
    json_int_t t = json_integer_value(json_object_get(last, "t"));
    assert_true(t > START && t < START + 36000);
    json_int_t rate = json_integer_value(json_object_get(last, "rate_bytes_per_hour"));
    assert_in_range(rate, 4150000, 4250000);
    json_t *left = json_object_get(last, "time_to_limit_s");
    json_int_t p50 = json_integer_value(json_object_get(left, "p50"));
    json_int_t expected = (100000000 - 50000000 - (t - START) / 60 * 70000) * 60 / 70000;
    assert_in_range(p50, expected * 9 / 10, expected * 11 / 10);
    json_decref(last);
}

static void columns_are_found_by_name_and_more_of_them_do_no_harm(void **state)
{
    (void)state;
    replay_leak("web", REPLAY_JSONL);
    char *expected = strdup(replayed.out), *text;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    fputs("\xef\xbb\xbf\"limit\",note,footprint,\"t\",slice,more\r\n", f);
    for (int minute = 0; minute < 600; minute++)
        fprintf(f, "%d,\"a, \"\"b\"\"\",%d,%d,\"web\",x\r\n", 100000000, 50000000 + 70000 * minute,
            START + 60 * minute);
    fclose(f);
    replay(text, strlen(text), REPLAY_JSONL);
    free(text);
    assert_string_equal(replayed.messages, "");
    assert_string_equal(replayed.out, expected);
    free(expected);
}

static void slices_may_interleave(void **state)
{
    (void)state;
    char *text;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    fputs(HEADER, f);
    for (int minute = 0; minute < 600; minute++)
        fprintf(f, "leaky,%d,%d,100000000\nsteady,%d,60000000,100000000\n", START + 60 * minute,
            50000000 + 70000 * minute, START + 60 * minute);
    fclose(f);
    replay(text, strlen(text), REPLAY_CSV);
    free(text);
    assert_non_null(strstr(replayed.out, "\nleaky,"));
    assert_non_null(strstr(replayed.out, ",confirmed,growing,"));
    assert_non_null(strstr(replayed.out, "\nsteady,"));
    const char *steady = strstr(replayed.out, "\nsteady,");
    assert_non_null(strstr(steady, ",none,bounded,0,,,\n"));
}

static void bad_rows_are_counted_named_and_passed_over(void **state)
{
    (void)state;
    static const char input[] = HEADER "a,100,5,0\n"
                                       "a,99,5,0\n"
                                       "a,ten,5,0\n"
                                       "\n"
                                       "a,110,-5,0\n"
                                       "a,120,5\n"
                                       "a,130,5,much\n"
                                       ",140,5,0\n"
                                       "\"a,150,5,0\n"
                                       "a,99999999999999999999,5,0\n"
                                       "a,160,5\0,0\n"
                                       "a,170.25,5,\n";
    replay(input, sizeof input - 1, REPLAY_JSONL);
    assert_int_equal(replayed.result, 0);
    assert_non_null(strstr(replayed.messages, "in.csv:3: t goes back"));
    assert_non_null(strstr(replayed.messages, "in.csv:4: t is no time"));
    assert_non_null(strstr(replayed.messages, "in.csv:6: footprint is no number"));
    assert_non_null(strstr(replayed.messages, "in.csv:7: too few fields"));
    assert_non_null(strstr(replayed.messages, "in.csv:8: limit is no number"));
    assert_null(strstr(replayed.messages, "in.csv:9:"));
    assert_non_null(strstr(replayed.messages, "in.csv: 9 of 11 rows passed over\n"));
}

static void a_leak_among_bad_rows_is_still_found(void **state)
{
    (void)state;
    char *text = leak_rows(HEADER "web,x,y,z\nweb\n", "web");
    replay(text, strlen(text), REPLAY_JSONL);
    free(text);
    assert_non_null(strstr(replayed.out, "confirmed"));
    assert_non_null(strstr(replayed.messages, "2 of 602 rows"));
}

static void a_missing_column_is_an_error_with_its_place(void **state)
{
    (void)state;
    static const char input[] = "slice,t,bytes,limit\na,1,2,3\n";
    replay(input, sizeof input - 1, REPLAY_JSONL);
    assert_int_equal(replayed.result, -EINVAL);
    assert_string_equal(replayed.error.text, "in.csv:1: no column \"footprint\" in the header");
    assert_string_equal(replayed.out, "");
    replay("", 0, REPLAY_JSONL);
    assert_int_equal(replayed.result, -EINVAL);
}

static void a_row_longer_than_the_buffer_is_passed_over(void **state)
{
    (void)state;
    size_t long_size = 200000;
    char *head = malloc(long_size);
    memset(head, 'x', long_size);
    memcpy(head, HEADER, sizeof HEADER - 1);
    memcpy(head + long_size - 2, "\n", 2);
    char *text = leak_rows(head, "web");
    replay(text, strlen(text), REPLAY_JSONL);
    free(text);
    free(head);
    assert_int_equal(replayed.result, 0);
    assert_non_null(strstr(replayed.out, "confirmed"));
    assert_non_null(strstr(replayed.messages, "in.csv:2: too few fields"));
}

static void names_of_any_bytes_give_valid_json(void **state)
{
    (void)state;
    static const char *const names[][2] = {
        {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
        {"back\\slash\t", "back\\slash\t"},
        {"bad\xff\xc3", "bad\\xff\\xc3"},
        {"\"quo\"\"ted, too\"", "quo\"ted, too"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        replay_leak(names[i][0], REPLAY_JSONL);
        json_t *last = last_line();
        assert_non_null(last);
        assert_string_equal(json_string_value(json_object_get(last, "slice")), names[i][1]);
        json_decref(last);
    }
}

static void unknown_time_to_limit_is_null(void **state)
{
    (void)state;
    char *text;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    fputs(HEADER, f);
    for (int minute = 0; minute < 300; minute++)
        fprintf(f, "flat,%d.5,50000000,\n", START + 60 * minute);
    fclose(f);
    replay(text, strlen(text), REPLAY_JSONL);
    free(text);
    json_t *last = last_line();
    assert_non_null(last);
    assert_true(json_is_null(json_object_get(last, "time_to_limit_s")));
    assert_string_equal(json_string_value(json_object_get(last, "shape")), "bounded");
    assert_true(json_is_real(json_object_get(last, "t")));
    json_decref(last);
}

static void json_is_one_array_also_when_empty(void **state)
{
    (void)state;
    replay(HEADER, sizeof HEADER - 1, REPLAY_JSON);
    assert_string_equal(replayed.out, "[]\n");
    replay_leak("web", REPLAY_JSON);
    json_t *all = json_loads(replayed.out, 0, NULL);
    assert_true(json_is_array(all));
    assert_true(json_array_size(all) >= 2);
    json_decref(all);
}

static void the_table_shows_no_control_bytes(void **state)
{
    (void)state;
    replay_leak("web\x1b[31m", REPLAY_TABLE);
    assert_non_null(strstr(replayed.out, "web\\x1b[31m"));
    assert_null(strchr(replayed.out, '\x1b'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_leak_is_told_with_its_rate_and_its_time_left),
        cmocka_unit_test(columns_are_found_by_name_and_more_of_them_do_no_harm),
        cmocka_unit_test(slices_may_interleave),
        cmocka_unit_test(bad_rows_are_counted_named_and_passed_over),
        cmocka_unit_test(a_leak_among_bad_rows_is_still_found),
        cmocka_unit_test(a_missing_column_is_an_error_with_its_place),
        cmocka_unit_test(a_row_longer_than_the_buffer_is_passed_over),
        cmocka_unit_test(names_of_any_bytes_give_valid_json),
        cmocka_unit_test(unknown_time_to_limit_is_null),
        cmocka_unit_test(json_is_one_array_also_when_empty),
        cmocka_unit_test(the_table_shows_no_control_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
