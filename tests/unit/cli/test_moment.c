#include "mom/cli/moment.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define SEC INT64_C(1000000)

/* 2026-11-21 06:28:07.25 UTC, a Saturday. */
static const int64_t now = 1795242487 * SEC + 250000;

struct moment_case {
    const char *text;
    int64_t expected;
};

static void set_zone(const char *zone)
{
    assert_return_code(setenv("TZ", zone, 1), errno);
    tzset();
}

static void expect(const struct moment_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t moment = -1;
        struct mom_error error = {0};
        if (moment_parse(cases[i].text, now, &moment, &error) != 0)
            fail_msg("'%s': %s", cases[i].text, error.text);
        if (moment != cases[i].expected)
            fail_msg("'%s' is %lld, not %lld", cases[i].text, (long long)moment,
                (long long)cases[i].expected);
    }
}

#define EXPECT(cases) expect(cases, sizeof(cases) / sizeof *(cases))

static void words_count_from_midnight(void **state)
{
    (void)state;
    const int64_t midnight = 1795219200 * SEC;
    const struct moment_case cases[] = {
        {"now", now},
        {"today", midnight},
        {"yesterday", midnight - 86400 * SEC},
        {"tomorrow", midnight + 86400 * SEC},
    };
    set_zone("UTC0");
    EXPECT(cases);
}

static void relative_times_go_both_ways(void **state)
{
    (void)state;
    const struct moment_case cases[] = {
        {"2 hours ago", now - 7200 * SEC},
        {"1h 30min ago", now - 5400 * SEC},
        {"1h30min ago", now - 5400 * SEC},
        {"-90min", now - 5400 * SEC},
        {"- 90 min", now - 5400 * SEC},
        {"+5min", now + 300 * SEC},
        {"-1.5h", now - 5400 * SEC},
        {"-30", now - 30 * SEC},
        {"10 ago", now - 10 * SEC},
        {"-250ms", now - 250000},
        {"-1w", now - 604800 * SEC},
        {"-1M", now - 2629800 * SEC},
        {"-1m", now - 60 * SEC},
        {"1 year ago", now - 31557600 * SEC},
        {"-0s", now},
    };
    set_zone("UTC0");
    EXPECT(cases);
}

static void absolute_times_are_read_in_the_zone(void **state)
{
    (void)state;
    const struct moment_case utc[] = {
        {"2026-11-21", 1795219200 * SEC},
        {"2026-11-21 06:28", 1795242480 * SEC},
        {"2026-11-21 06:28:07", 1795242487 * SEC},
        {"2026-11-21 06:28:07.25", now},
        {"2026-11-21T06:28:07Z", 1795242487 * SEC},
        {"2026-11-21T06:28:07.250Z", now},
        {"06:28", 1795242480 * SEC},
        {"23:59:59", (1795219200 + 86399) * SEC},
        {"2024-02-29", 1709164800 * SEC},
        {"1970-01-01", 0},
    };
    const struct moment_case berlin[] = {
        {"2026-11-21 07:28:07", 1795242487 * SEC},
        {"2026-07-01 02:00", 1782864000 * SEC}, /* summer time */
        {"2026-11-21 06:28:07 UTC", 1795242487 * SEC},
        {"2026-11-21T06:28:07Z", 1795242487 * SEC},
        {"today", (1795219200 - 3600) * SEC},
    };
    set_zone("UTC0");
    EXPECT(utc);
    set_zone("CET-1CEST,M3.5.0,M10.5.0/3");
    EXPECT(berlin);
    set_zone("UTC0");
}

static void epoch_takes_a_fraction(void **state)
{
    (void)state;
    const struct moment_case cases[] = {
        {"@0", 0},
        {"@1795242487", 1795242487 * SEC},
        {"@1795242487.25", now},
        {"@1795242487.1234567", 1795242487 * SEC + 123457},
    };
    EXPECT(cases);
}

static void what_is_no_time_is_refused_with_words(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "",
        " ",
        "soon",
        "2 hours",
        "-2 hours ago",
        "+2 hours ago",
        "2 fortnights ago",
        "5mins ago",
        "ago",
        "-",
        "+",
        "--5min",
        "@",
        "@-1",
        "@12x",
        "@1.2.3",
        "2026-13-01",
        "2026-02-30",
        "2026-00-10",
        "2026-11-21 24:00",
        "2026-11-21 6:28",
        "2026-11-21 06:28:60",
        "2026-11-21 ",
        "2026-11-21Z",
        "26-11-21",
        "06:28:07x",
        "1h 30min",
        "-99999999999999999999s",
        "-9223372036854775807d",
        "@99999999999999999999",
        "@253402300800",
        "+9999y",
        "-3000y",
        "now\n",
        "1970-01-01 00:00\x1b[31m",
    };
    set_zone("UTC0");
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        int64_t moment = 77;
        struct mom_error error = {0};
        int r = moment_parse(refused[i], now, &moment, &error);
        if (r != -EINVAL && r != -ERANGE)
            fail_msg("'%s' was taken for %lld", refused[i], (long long)moment);
        assert_int_equal(moment, 77);
        assert_int_equal(error.code, r);
        assert_true(strlen(error.text) > 0);
    }
}

static void a_text_of_a_thousand_digits_is_refused(void **state)
{
    (void)state;
    char text[1002];
    memset(text, '9', sizeof text - 1);
    text[0] = '@';
    text[sizeof text - 1] = '\0';
    int64_t moment;
    struct mom_error error = {0};
    assert_int_equal(moment_parse(text, now, &moment, &error), -EINVAL);
    assert_true(strlen(error.text) < 200);
}

static void durations_add_up(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t usec;
    } cases[] = {{"2h", 7200 * SEC}, {"1h 30min", 5400 * SEC}, {"90", 90 * SEC},
        {"1d12h", 129600 * SEC}, {"1.5 h", 5400 * SEC}, {"100us", 100}, {"0s", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t usec = -1;
        assert_int_equal(duration_parse(cases[i].text, &usec, NULL), 0);
        assert_int_equal(usec, cases[i].usec);
    }
    static const char *const refused[] = {"", "-2h", "2h ago", "h", "2x", "2h,", "1e9", "0x10"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        int64_t usec = -1;
        if (duration_parse(refused[i], &usec, NULL) == 0)
            fail_msg("'%s' was taken for %lld", refused[i], (long long)usec);
    }
}

static void formatting_gives_what_parsing_reads(void **state)
{
    (void)state;
    char text[MOMENT_TEXT_MAX];
    int64_t back;
    set_zone("UTC0");
    assert_string_equal(moment_format(text, now, true), "2026-11-21T06:28:07.250Z");
    assert_int_equal(moment_parse(text, 0, &back, NULL), 0);
    assert_int_equal(back, now);
    assert_string_equal(moment_format(text, now, false), "2026-11-21 06:28:07");
    set_zone("CET-1CEST,M3.5.0,M10.5.0/3");
    assert_string_equal(moment_format(text, now, false), "2026-11-21 07:28:07");
    assert_string_equal(moment_format(text, now, true), "2026-11-21T06:28:07.250Z");
    set_zone("UTC0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_count_from_midnight),
        cmocka_unit_test(relative_times_go_both_ways),
        cmocka_unit_test(absolute_times_are_read_in_the_zone),
        cmocka_unit_test(epoch_takes_a_fraction),
        cmocka_unit_test(what_is_no_time_is_refused_with_words),
        cmocka_unit_test(a_text_of_a_thousand_digits_is_refused),
        cmocka_unit_test(durations_add_up),
        cmocka_unit_test(formatting_gives_what_parsing_reads),
    };
    return cmocka_run_group_tests_name("cli moment", tests, NULL, NULL);
}
