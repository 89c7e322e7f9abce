/* What the operators are told after a boot. */
#include "mom/report/boot_end.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#define SECOND 1000000ll
#define NOON   1795687200ll /* 2026-11-26T10:00:00Z */

static struct boot_ended ended;
static struct boot_past past;
static struct decision decision;
static struct boot_end_report report;
static char subject[400], body[8192];

static int set_up(void **state)
{
    (void)state;
    ended = (struct boot_ended){.how = BOOT_END_ORDERED,
        .order = {.way = LAST_RESORT_PANIC, .unix_usec = NOON * SECOND, .rule = "last-resort"},
        .found.unix_usec = (NOON + 90) * SECOND};
    past = (struct boot_past){.known = true, .count = 3};
    past.end[0].unix_usec = (NOON - 30 * 3600) * SECOND;
    past.end[1].unix_usec = (NOON - 3600) * SECOND;
    past.end[1].how = BOOT_END_UNCLEAN;
    past.end[2].unix_usec = NOON * SECOND;
    decision = (struct decision){.seq = 17, .action = ACTION_REBOOT, .wanted = ACTION_REBOOT};
    (void)strcpy(decision.rule, "last-resort");
    evidence_add(&decision.evidence, "mem_available", UNIT_BYTES, 1048576, '<', 2097152);
    report = (struct boot_end_report){.node = "node1",
        .id = "3f2a91c0-17",
        .ended = &ended,
        .past = &past,
        .decision = &decision,
        .newest_unix_usec = (NOON - 5) * SECOND,
        .count = 1};
    (void)strcpy(report.active[0].key, "docker:we\x1b[31m\nBcc: eve@evil");
    report.active[0].footprint = 3 << 20;
    report.active[0].resident = 2 << 20;
    return 0;
}

static void tell(void)
{
    boot_end_subject(&report, subject, sizeof subject);
    boot_end_body(&report, body, sizeof body);
}

static void says(const char *text)
{
    if (!strstr(body, text))
        print_message("%s", body);
    assert_non_null(strstr(body, text));
}

static void a_reboot_by_mom_is_told_with_its_reasons(void **state)
{
    (void)state;
    tell();
    assert_string_equal(subject, "[mom] node1: was rebooted by mom: rule last-resort");
    says("At 2026-11-26T10:00:00Z mom had node1 boot anew (panic), because the node was short of "
         "memory: rule last-resort.\nmom governs again since 2026-11-26T10:01:30Z.\n");
    says("history   ends at 2026-11-26T09:59:55Z, 5 s before the order; 95 s are missing until mom "
         "was there again\n");
    says("ends      2 of the last 24 hours: 1 by mom, 1 otherwise\n");
    says("  mem_available                   1.0 MiB < 2.0 MiB\n");
    says("\nmom 2026-11-26T10:01:30Z node1 reboot ");
    says(" 3f2a91c0-17\n");
}

static void nothing_of_a_slice_gets_through(void **state)
{
    (void)state;
    tell();
    says("  docker:we\\x1b[31m\\x0aBcc: eve@evil");
    assert_null(strchr(body, '\x1b'));
    assert_null(strstr(body, "\nBcc"));
}

static void an_end_that_mom_did_not_order_is_told_as_such(void **state)
{
    (void)state;
    ended.how = BOOT_END_UNCLEAN;
    past.end[2].how = BOOT_END_UNCLEAN;
    report.decision = NULL;
    report.newest_unix_usec = 0;
    tell();
    assert_string_equal(subject, "[mom] node1: went down, and not by mom's order");
    says("node1 went down without a clean stop, and mom had not ordered that: a crash, the "
         "power,\n");
    says("history   there is none of the time before\n");
    says("ends      2 of the last 24 hours: 0 by mom, 2 otherwise\n");
    says("\nmom 2026-11-26T10:01:30Z node1 unclean ");
    assert_null(strstr(body, "evidence"));
}

static void what_the_kernel_said_is_told(void **state)
{
    (void)state;
    ended.how = BOOT_END_UNCLEAN;
    (void)strcpy(ended.panic, "Fatal exception in interrupt");
    report.decision = NULL;
    tell();
    says("mom had not ordered that: the kernel panicked.\n");
    says("\npanic     Fatal exception in interrupt\n");
}

/* What another build said can't be read: that it was ordered is known. */
static void an_order_without_words_is_told(void **state)
{
    (void)state;
    report.decision = NULL;
    report.count = 0;
    tell();
    assert_string_equal(subject, "[mom] node1: was rebooted by mom: rule last-resort");
    says("mom had node1 boot anew (panic), because the node was short of memory: rule "
         "last-resort.\n");
    says("active before it: 0\n");
}

/* Set back meanwhile: no nonsense is counted out. */
static void a_clock_that_went_back_leaves_the_gap_out(void **state)
{
    (void)state;
    report.newest_unix_usec = (NOON + 3600) * SECOND;
    tell();
    says("history   ends at 2026-11-26T11:00:00Z\n");
}

int main(void)
{
#define BOOT_END_TEST(name) cmocka_unit_test_setup(name, set_up)
    const struct CMUnitTest tests[] = {
        BOOT_END_TEST(a_reboot_by_mom_is_told_with_its_reasons),
        BOOT_END_TEST(nothing_of_a_slice_gets_through),
        BOOT_END_TEST(an_end_that_mom_did_not_order_is_told_as_such),
        BOOT_END_TEST(what_the_kernel_said_is_told),
        BOOT_END_TEST(an_order_without_words_is_told),
        BOOT_END_TEST(a_clock_that_went_back_leaves_the_gap_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
