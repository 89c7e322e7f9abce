#include "mom/report/digest.h"
#include "mom/report/mail.h"
#include "mom/report/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define HOSTILE "we\nb\r\nBcc: eve@evil\x1b[31m"

static struct decision decision_of(void)
{
    struct decision decision = {
        .seq = 17,
        .at.unix_usec = 1795687200000000, /* 2026-11-26T10:00:00Z */
        .action = ACTION_RESET,
        .wanted = ACTION_RESET,
        .reason = REASON_LEAK_HORIZON,
        .mode = MODE_ENFORCE,
    };
    (void)strcpy(decision.key, "docker:" HOSTILE);
    (void)strcpy(decision.name, HOSTILE);
    (void)strcpy(decision.path, "/cont.slice/x");
    evidence_add(&decision.evidence, "footprint", UNIT_BYTES, 3.0 * 1048576, '>', 1.0 * 1048576);
    return decision;
}

static void a_report_tells_the_story_and_ends_for_machines(void **state)
{
    (void)state;
    const struct decision decision = decision_of();
    const struct outcome outcome = {.kind = ACTION_RESET,
        .result = RESULT_DONE,
        .bytes_before = 10 << 20,
        .bytes_after = 1 << 20,
        .bytes_freed = 9 << 20,
        .processes_before = 3,
        .rounds = 1};
    const struct process_table table = {.count = 1,
        .total = 1,
        .row = {{.pid = 42, .state = 'S', .comm = "x) Z (\n", .rss_bytes = 4096}}};
    const struct report report = {.node = "node1",
        .id = "3f2a91c0-17",
        .decision = &decision,
        .outcome = &outcome,
        .processes = &table};
    static char body[16384];
    report_body(&report, body, sizeof body);
    assert_non_null(strstr(body, "At 2026-11-26T10:00:00Z mom on node1 reset slice"));
    assert_non_null(strstr(body, "freed     9.0 MiB"));
    assert_non_null(strstr(body, "x) Z (\\x0a"));
    assert_null(strchr(body, '\x1b'));
    assert_null(strchr(body, '\r'));
    const char *last = strrchr(body, 'm');
    while (last > body && last[-1] != '\n')
        last--;
    assert_non_null(strstr(body, "\nmom 2026-11-26T10:00:00Z node1 reset docker:we\\x0ab"));
    assert_true(strcmp(body + strlen(body) - 13, " 3f2a91c0-17\n") == 0);
}

static void of_many_processes_the_largest_are_told(void **state)
{
    (void)state;
    static char body[16384];
    const struct decision decision = decision_of();
    struct process_table table = {.count = 2, .total = 2};
    const struct report report = {
        .node = "node1", .id = "3f2a91c0-17", .decision = &decision, .processes = &table};
    report_body(&report, body, sizeof body);
    assert_non_null(strstr(body, "\nAll of its processes, as they were before: 2\n"));
    table.total = 70;
    report_body(&report, body, sizeof body);
    assert_non_null(strstr(body, "\nThe 2 largest of its 70 processes, as they were before:\n"));
}

static void a_reboot_that_is_only_announced_is_no_alarm_about_a_slice(void **state)
{
    (void)state;
    static char body[16384];
    char subject[512];
    struct decision decision = decision_of();
    const struct report report = {.node = "node1", .id = "3f2a91c0-17", .decision = &decision};
    decision.wanted = decision.action = ACTION_ALARM;
    decision.reason = REASON_NODE_RULE;
    (void)strcpy(decision.rule, "swap-reboot");
    assert_false(report_announces_reboot(&decision));
    decision.wanted = ACTION_REBOOT;
    decision.restraint = RESTRAINT_ANNOUNCED;
    assert_true(report_announces_reboot(&decision));
    report_subject(&report, subject, sizeof subject);
    assert_string_equal(subject, "[mom] node1: should be rebooted: the node is short of memory");
    report_body(&report, body, sizeof body);
    assert_non_null(
        strstr(body, "mom on node1 would have rebooted it, because the node is short of "
                     "memory: rule swap-reboot.\nThe rule asked for a reboot; it was "
                     "not done: the policy has it announced only (announced).\n"));
}

static void where_memory_is_short_is_said(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"", "the node is short of memory"},
        {"/pods", "memory is short within the limit of /pods"},
        {"numa:1", "memory is short on NUMA node 1"},
        {"numa:0-1", "memory is short on NUMA nodes 0-1"}};
    struct decision decision = decision_of();
    const struct report report = {.node = "node1", .id = "3f2a91c0-17", .decision = &decision};
    decision.reason = REASON_NODE_RULE;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char subject[1024];
        (void)strcpy(decision.domain, cases[i][0]);
        report_subject(&report, subject, sizeof subject);
        assert_string_equal(subject + strlen(subject) - strlen(cases[i][1]), cases[i][1]);
    }
}

static void one_job_of_a_slice_is_not_the_slice(void **state)
{
    (void)state;
    static char body[16384];
    char subject[512];
    const struct decision decision = decision_of();
    const struct outcome outcome = {
        .kind = ACTION_RESET, .result = RESULT_DONE, .job = "/cont.slice/x/j\x1b"};
    const struct report report = {
        .node = "node1", .id = "3f2a91c0-17", .decision = &decision, .outcome = &outcome};
    report_subject(&report, subject, sizeof subject);
    assert_non_null(strstr(subject, "[mom] node1: reset one job of "));
    report_body(&report, body, sizeof body);
    assert_non_null(strstr(body, "mom on node1 reset one job of slice"));
    assert_non_null(strstr(body, "\njob       /cont.slice/x/j\\x1b\n"));
}

static void a_reset_without_an_outcome_says_so(void **state)
{
    (void)state;
    struct decision decision = decision_of();
    static char body[16384];
    const struct report report = {.node = "node1", .id = "3f2a91c0-17", .decision = &decision};
    report_body(&report, body, sizeof body);
    assert_non_null(strstr(body, "\noutcome   none is known"));
    decision.action = ACTION_WARN;
    report_body(&report, body, sizeof body);
    assert_null(strstr(body, "outcome"));
}

/* Found by fuzzing: "/h" went behind the end of a number that filled its field. */
static void a_rate_beyond_reason_stays_in_its_field(void **state)
{
    (void)state;
    struct decision decision = decision_of();
    evidence_add(&decision.evidence, "rate", UNIT_RATE, 1e300, '>', 1e300);
    const struct report report = {.node = "node1", .id = "3f2a91c0-17", .decision = &decision};
    static char body[16384];
    report_body(&report, body, sizeof body);
    const char *rate = strstr(body, "  rate ");
    assert_non_null(rate);
    assert_true(strcspn(rate, "\n") <= 100);
}

static void the_machines_line_survives_a_full_page(void **state)
{
    (void)state;
    const struct decision decision = decision_of();
    const struct report report = {.node = "node1", .id = "3f2a91c0-17", .decision = &decision};
    char body[400];
    report_body(&report, body, sizeof body);
    assert_true(strcmp(body + strlen(body) - 13, " 3f2a91c0-17\n") == 0);
}

static struct mail_text mail_of(const char *subject, const char *body)
{
    return (struct mail_text){
        .from = "mom@node1",
        .to = "ann@example.org,root",
        .subject = subject,
        .message_id = "3f2a91c0-17.reset@node1",
        .list_id = "node1",
        .date_unix_sec = 1795687200,
        .body = body,
    };
}

static void headers_can_not_be_injected(void **state)
{
    (void)state;
    const struct mail_text text = mail_of("[mom] " HOSTILE, "body\n");
    char bytes[4096];
    assert_true(mail_compose(&text, bytes, sizeof bytes) > 0);
    assert_null(strstr(bytes, "\nBcc:"));
    assert_null(strchr(bytes, '\x1b'));
    assert_non_null(strstr(bytes, "Date: Thu, 26 Nov 2026 10:00:00 +0000\r\n"));
    assert_non_null(strstr(bytes, "To: ann@example.org,\r\n root\r\n"));
}

/* Found by fuzzing. */
static void identifiers_are_escaped_like_any_header(void **state)
{
    (void)state;
    struct mail_text text = mail_of("s", "body\n");
    char bytes[4096];
    text.message_id = "17@" HOSTILE;
    text.list_id = HOSTILE;
    assert_true(mail_compose(&text, bytes, sizeof bytes) > 0);
    assert_null(strstr(bytes, "\nBcc:"));
    assert_non_null(strstr(bytes, "List-Id: <mom.we\\x0ab\\x0d\\x0aBcc:"));
}

/* Found by fuzzing: each byte of it becomes four. */
static void a_subject_without_blanks_stays_within_a_line(void **state)
{
    (void)state;
    char subject[401] = "";
    for (size_t i = 0; i < sizeof subject - 1; i += 2)
        memcpy(subject + i, "\xc3\xbc", 2);
    const struct mail_text text = mail_of(subject, "body\n");
    char bytes[8192];
    assert_true(mail_compose(&text, bytes, sizeof bytes) > 0);
    const char *line = strstr(bytes, "Subject:");
    assert_non_null(line);
    assert_true(strcspn(line, "\r") <= 998);
}

static void lines_end_in_crlf_and_stay_short(void **state)
{
    (void)state;
    char long_line[600];
    memset(long_line, 'a', sizeof long_line - 1);
    long_line[sizeof long_line - 1] = '\0';
    memcpy(long_line + 300, "=\xc3\xbc.", 4);
    const struct mail_text text =
        mail_of("a subject of several words that has to be folded because it is "
                "longer than what one line of a mail may hold",
            long_line);
    static char bytes[8192];
    long length = mail_compose(&text, bytes, sizeof bytes);
    assert_true(length > 0);
    for (char *line = bytes; *line;) {
        char *end = strstr(line, "\r\n");
        if (!end)
            break;
        assert_true(end - line <= 78);
        for (char *c = line; c < end; c++)
            assert_true(*c != '\n' && *c != '\r' && (unsigned char)*c < 127);
        line = end + 2;
    }
    assert_non_null(strstr(bytes, "=3D=C3=BC"));
}

static void an_ordinary_body_goes_as_it_is(void **state)
{
    (void)state;
    struct mail_text text =
        mail_of("s", "first = 1\n\nmom a long line for machines, not to be broken in "
                     "the middle by anything that carries it\n");
    char bytes[2048];
    assert_true(mail_compose(&text, bytes, sizeof bytes) > 0);
    assert_non_null(
        strstr(bytes, "\r\n\r\nfirst = 1\r\n\r\nmom a long line for machines, not to be "
                      "broken in the middle by anything that carries it\r\n"));
    text.body = "From here\n";
    assert_true(mail_compose(&text, bytes, sizeof bytes) > 0);
    assert_non_null(strstr(bytes, "=46rom here"));
}

static void addresses_that_are_none_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "a b", "a\nb@c", "-f", "a@b@c", "<a@b>", "a,b", "a;b",
        "|sh", "@x", "x@", "gr\xc3\xbcn@x", "\"a\"@b"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(mail_address_valid(bad[i]));
    assert_true(mail_address_valid("root"));
    assert_true(mail_address_valid("first.last+tag@example.org"));
    struct mail_text text = mail_of("s", "b");
    char bytes[2048];
    text.to = "ok@x,bad one@y";
    assert_int_equal(mail_compose(&text, bytes, sizeof bytes), -EINVAL);
    text.to = "";
    assert_int_equal(mail_compose(&text, bytes, sizeof bytes), -EINVAL);
}

static void a_mail_that_does_not_fit_is_an_error(void **state)
{
    (void)state;
    const struct mail_text text = mail_of("s", "body");
    char bytes[100];
    assert_int_equal(mail_compose(&text, bytes, sizeof bytes), -ENOSPC);
}

static void spans_and_sizes_read_well(void **state)
{
    (void)state;
    char buffer[32];
    assert_string_equal(report_bytes(0, buffer), "0 B");
    assert_string_equal(report_bytes(1536, buffer), "1.5 KiB");
    assert_string_equal(report_bytes(-3.0 * 1073741824, buffer), "-3.0 GiB");
    assert_string_equal(report_span(90, buffer), "90 s");
    assert_string_equal(report_span(5400, buffer), "90 min");
    assert_string_equal(report_span(36000, buffer), "10.0 h");
    assert_string_equal(report_span(864000, buffer), "10.0 d");
}

/* A digest lists so many, counts the rest, and fits whatever the subjects are. */
static void a_digest_lists_what_it_stands_for(void **state)
{
    (void)state;
    static struct digest digest = {
        .node = "node1", .id = "digest-300", .made_unix_usec = 1795687200000000, .count = 300};
    static char body[32 * 1024];
    char subject[128];
    for (int i = 0; i < DIGEST_LINES; i++) {
        digest.line[i].unix_usec = 1795680000000000 + i * 1000000ll;
        memset(digest.line[i].subject, 'x', sizeof digest.line[i].subject - 1);
        (void)memcpy(digest.line[i].subject, "subject ", 8);
    }
    digest_subject(&digest, subject, sizeof subject);
    assert_string_equal(subject, "[mom] node1: 300 more events (digest)");
    digest_body(&digest, body, sizeof body);
    int lines = 0;
    for (const char *line = body; (line = strstr(line, "subject ")); line++)
        lines++;
    assert_int_equal(lines, DIGEST_LINES);
    assert_non_null(strstr(body, "2026-11-26T08:00:00Z  subject"));
    assert_non_null(strstr(body, "\nand 200 more\n"));
    assert_non_null(strstr(body, "momctl events --utc --since \"2026-11-26T08:00:00Z\"\n"));
    assert_non_null(strstr(body, "\nmom 2026-11-26T10:00:00Z node1 digest * digest-300\n"));
    digest_body(&digest, body, 300); /* cut, but it still ends for machines */
    assert_non_null(strstr(body, "\nmom 2026-11-26T10:00:00Z node1 digest * digest-300\n"));
    digest.count = 1;
    digest_body(&digest, body, sizeof body);
    assert_null(strstr(body, "more\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_tells_the_story_and_ends_for_machines),
        cmocka_unit_test(a_digest_lists_what_it_stands_for),
        cmocka_unit_test(of_many_processes_the_largest_are_told),
        cmocka_unit_test(a_reboot_that_is_only_announced_is_no_alarm_about_a_slice),
        cmocka_unit_test(where_memory_is_short_is_said),
        cmocka_unit_test(one_job_of_a_slice_is_not_the_slice),
        cmocka_unit_test(a_reset_without_an_outcome_says_so),
        cmocka_unit_test(a_rate_beyond_reason_stays_in_its_field),
        cmocka_unit_test(the_machines_line_survives_a_full_page),
        cmocka_unit_test(headers_can_not_be_injected),
        cmocka_unit_test(identifiers_are_escaped_like_any_header),
        cmocka_unit_test(a_subject_without_blanks_stays_within_a_line),
        cmocka_unit_test(lines_end_in_crlf_and_stay_short),
        cmocka_unit_test(an_ordinary_body_goes_as_it_is),
        cmocka_unit_test(addresses_that_are_none_are_refused),
        cmocka_unit_test(a_mail_that_does_not_fit_is_an_error),
        cmocka_unit_test(spans_and_sizes_read_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
