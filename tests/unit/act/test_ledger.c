/* The ledger over boots, crashes and foreign files. */
#include "slices/act/ledger.h"
#include "tests/unit/folder.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const uint8_t first[16] = {1}, second[16] = {2}, third[16] = {3};
static struct ledger ledger;

static struct stamp at(int64_t seconds)
{
    return (struct stamp){.boot_usec = seconds * 1000000, .unix_usec = seconds * 1000000};
}

static const char *path(void)
{
    static char text[96];
    (void)snprintf(text, sizeof text, "%s/%s", folder, LEDGER_FILE);
    return text;
}

/* As after a crash: what is not on the disk is gone. */
static void open_again(bool fresh)
{
    bool is_fresh = !fresh;
    struct mom_error error = {0};
    ledger_close(&ledger);
    assert_int_equal(ledger_open(&ledger, folder, (gid_t)-1, &is_fresh, &error), 0);
    assert_int_equal(is_fresh, fresh);
}

static int set_up(void **state)
{
    ledger.fd = -1;
    return folder_make(state);
}

static int tear_down(void **state)
{
    ledger_close(&ledger);
    return folder_remove(state);
}

static void begin(const uint8_t boot[16], int64_t seconds)
{
    assert_int_equal(ledger_begin(&ledger, boot, at(seconds)), 0);
}

/* At second 150. */
static int order(enum last_resort way, const void *words, size_t length)
{
    const struct boot_order order = {
        .way = way, .unix_usec = at(150).unix_usec, .decision = 17, .rule = "out"};
    return ledger_order(&ledger, &order, words, length);
}

static void after_a_clean_stop_there_is_nothing_to_tell(void **state)
{
    (void)state;
    open_again(true);
    assert_false(ledger.page.past.known);
    begin(first, 100);
    assert_true(ledger.page.past.known);
    assert_int_equal(ledger_end(&ledger), 0);
    open_again(false);
    begin(second, 200);
    assert_false(ledger.page.untold);
    assert_int_equal(ledger.page.past.count, 0);
}

static void another_governor_of_the_same_boot_is_no_end(void **state)
{
    (void)state;
    open_again(true);
    begin(first, 100);
    open_again(false);
    begin(first, 200);
    assert_false(ledger.page.untold);
    assert_int_equal(ledger.page.begun_unix_usec, at(100).unix_usec);
}

static void an_end_that_nobody_ordered_is_unclean(void **state)
{
    (void)state;
    open_again(true);
    begin(first, 100);
    open_again(false);
    begin(second, 200);
    assert_true(ledger.page.untold);
    assert_int_equal(ledger.page.ended.how, BOOT_END_UNCLEAN);
    assert_memory_equal(ledger.page.ended.boot, first, 16);
    assert_int_equal(ledger.page.ended.begun_unix_usec, at(100).unix_usec);
    assert_int_equal(ledger.page.past.count, 1);
    assert_int_equal(ledger.page.past.end[0].unix_usec, at(200).unix_usec);
    open_again(false); /* a governor that died before it could tell */
    begin(second, 300);
    assert_true(ledger.page.untold);
    assert_int_equal(ledger_told(&ledger), 0);
    open_again(false);
    begin(second, 400);
    assert_false(ledger.page.untold);
    assert_int_equal(ledger.page.past.count, 1);
}

static void an_ordered_end_comes_with_its_words(void **state)
{
    (void)state;
    char words[100] = "it was full", read[100];
    open_again(true);
    begin(first, 100);
    assert_int_equal(order(LAST_RESORT_PANIC, words, sizeof words), 0);
    open_again(false);
    begin(second, 200);
    assert_int_equal(ledger.page.ended.how, BOOT_END_ORDERED);
    assert_int_equal(ledger.page.ended.order.way, LAST_RESORT_PANIC);
    assert_int_equal(ledger.page.ended.order.unix_usec, at(150).unix_usec);
    assert_int_equal(ledger.page.past.end[0].unix_usec, at(150).unix_usec);
    assert_true(ledger_words(&ledger, read, sizeof read));
    assert_string_equal(read, words);
    assert_false(ledger_words(&ledger, read, sizeof read - 1)); /* of another build */
    assert_int_equal(ledger_told(&ledger), 0);
    open_again(false);
    begin(third, 300); /* and this one was a crash */
    assert_int_equal(ledger.page.ended.how, BOOT_END_UNCLEAN);
    assert_false(ledger_words(&ledger, read, sizeof read)); /* another boot's */
}

/* At second 210 of a boot that began at 200 by a clock that was far behind. */
static void an_end_is_dated_by_the_clock_that_was_set(void **state)
{
    (void)state;
    const struct stamp later = {.boot_usec = at(210).boot_usec, .unix_usec = at(9010).unix_usec};
    open_again(true);
    begin(first, 100);
    open_again(false);
    begin(second, 200);
    assert_int_equal(ledger_redate(&ledger, at(210)), 0);
    assert_int_equal(ledger_redate(&ledger, later), 1);
    assert_int_equal(ledger_redate(&ledger, later), 0);
    open_again(false);
    assert_int_equal(ledger.page.past.end[0].unix_usec, at(9000).unix_usec);
    assert_int_equal(ledger_end(&ledger), 0);
    begin(third, 20); /* finds none, and dates none */
    assert_int_equal(ledger_redate(&ledger, later), 0);
    assert_int_equal(ledger.page.past.end[0].unix_usec, at(9000).unix_usec);
}

static void an_ordered_end_keeps_its_time(void **state)
{
    (void)state;
    const struct stamp later = {.boot_usec = at(210).boot_usec, .unix_usec = at(9010).unix_usec};
    open_again(true);
    begin(first, 100);
    assert_int_equal(order(LAST_RESORT_PANIC, "words", 5), 0);
    open_again(false);
    begin(second, 200);
    assert_int_equal(ledger_redate(&ledger, later), 1);
    assert_int_equal(ledger.page.past.end[0].unix_usec, at(150).unix_usec);
}

static void an_order_that_did_not_work_is_none(void **state)
{
    (void)state;
    char words[10] = "";
    open_again(true);
    begin(first, 100);
    assert_int_equal(order(LAST_RESORT_SYSRQ, words, sizeof words), 0);
    assert_int_equal(ledger_withdraw(&ledger), 0);
    assert_int_equal(ledger_end(&ledger), 0);
    open_again(false);
    begin(second, 200);
    assert_false(ledger.page.untold);
}

/* It died, or hung, between order and withdrawal. */
static void an_order_of_a_governor_that_is_gone_does_not_outlive_it(void **state)
{
    (void)state;
    char words[10] = "";
    open_again(true);
    begin(first, 100);
    assert_int_equal(order(LAST_RESORT_PANIC, words, sizeof words), 0);
    open_again(false);
    begin(first, 160); /* the next governor of the same boot */
    open_again(false);
    begin(second, 200);
    assert_int_equal(ledger.page.ended.how, BOOT_END_UNCLEAN);
    assert_int_equal(ledger.page.past.end[0].unix_usec, at(200).unix_usec);
}

/* The disk did not take the order, but the kernel's log has it. */
static void an_end_may_turn_out_to_have_been_ordered(void **state)
{
    (void)state;
    const struct boot_order order = {
        .way = LAST_RESORT_PANIC, .unix_usec = at(150).unix_usec, .decision = 17, .rule = "out"};
    open_again(true);
    begin(first, 100);
    open_again(false);
    begin(second, 200);
    assert_int_equal(ledger_amend(&ledger, NULL, "Fatal exception"), 0);
    assert_int_equal(ledger.page.ended.how, BOOT_END_UNCLEAN);
    assert_int_equal(ledger_amend(&ledger, &order, "sysrq triggered crash"), 0);
    open_again(false);
    begin(second, 300);
    assert_true(ledger.page.untold);
    assert_int_equal(ledger.page.ended.how, BOOT_END_ORDERED);
    assert_string_equal(ledger.page.ended.order.rule, "out");
    assert_string_equal(ledger.page.ended.panic, "sysrq triggered crash");
    assert_int_equal(ledger.page.past.count, 1);
    assert_int_equal(ledger.page.past.end[0].how, BOOT_END_ORDERED);
    assert_int_equal(ledger.page.past.end[0].unix_usec, at(150).unix_usec);
}

static void words_that_are_too_many_keep_the_order(void **state)
{
    (void)state;
    static char words[LEDGER_WORDS_MAX + 1];
    open_again(true);
    begin(first, 100);
    assert_true(order(LAST_RESORT_REBOOT, words, sizeof words) < 0);
    open_again(false);
    begin(second, 200);
    assert_int_equal(ledger.page.ended.how, BOOT_END_ORDERED);
}

static void the_newest_ends_are_kept(void **state)
{
    (void)state;
    open_again(true);
    for (uint8_t i = 0; i <= BOOT_ENDS_KEPT + 5; i++) {
        const uint8_t boot[16] = {9, i};
        begin(boot, 100 * i);
    }
    assert_int_equal(ledger.page.past.count, BOOT_ENDS_KEPT);
    assert_int_equal(ledger.page.past.end[BOOT_ENDS_KEPT - 1].unix_usec,
        at(100 * (BOOT_ENDS_KEPT + 5)).unix_usec);
    assert_int_equal(ledger.page.past.end[0].unix_usec, at(600).unix_usec);
}

/* The power went while a copy was written: the other one stands. */
static void a_torn_copy_leaves_the_other(void **state)
{
    (void)state;
    open_again(true);
    begin(first, 100);
    begin(first, 101);
    uint64_t newest = ledger.page.generation;
    for (off_t byte = 40; byte < 60; byte++)
        assert_int_equal(pwrite(ledger.fd, "\xff", 1, (off_t)(newest % 2) * 2048 + byte), 1);
    open_again(false);
    assert_int_equal(ledger.page.generation, newest - 1);
}

/* One that was written in part is written again in the same place: the other is the whole one. */
static void a_write_that_fails_leaves_the_other_copy(void **state)
{
    (void)state;
    open_again(true);
    begin(first, 100);
    uint64_t newest = ledger.page.generation;
    int writable = ledger.fd;
    ledger.fd = open(path(), O_RDONLY | O_CLOEXEC);
    assert_true(ledger_told(&ledger) < 0);
    assert_int_equal(close(ledger.fd), 0);
    ledger.fd = writable;
    assert_int_equal(ledger.page.generation, newest);
    assert_int_equal(ledger_told(&ledger), 0);
    assert_int_equal(ledger.page.generation, newest + 1);
}

static void what_is_no_ledger_is_begun_anew(void **state)
{
    (void)state;
    FILE *file = fopen(path(), "w");
    (void)fputs("reboot, please", file);
    (void)fclose(file);
    open_again(true);
    assert_int_equal(ledger.page.past.count, 0);
    ledger_close(&ledger);
    assert_int_equal(unlink(path()), 0);
    assert_int_equal(symlink("/dev/zero", path()), 0);
    open_again(true);
    struct stat status;
    assert_int_equal(lstat(path(), &status), 0);
    assert_true(S_ISREG(status.st_mode));
}

static void a_full_disk_keeps_no_last_words_back(void **state)
{
    (void)state;
    open_again(true);
    struct stat status;
    assert_int_equal(stat(path(), &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
    assert_true(status.st_blocks * 512 >= 65536);
}

int main(void)
{
#define LEDGER_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        LEDGER_TEST(after_a_clean_stop_there_is_nothing_to_tell),
        LEDGER_TEST(another_governor_of_the_same_boot_is_no_end),
        LEDGER_TEST(an_end_that_nobody_ordered_is_unclean),
        LEDGER_TEST(an_ordered_end_comes_with_its_words),
        LEDGER_TEST(an_end_is_dated_by_the_clock_that_was_set),
        LEDGER_TEST(an_ordered_end_keeps_its_time),
        LEDGER_TEST(an_order_that_did_not_work_is_none),
        LEDGER_TEST(an_order_of_a_governor_that_is_gone_does_not_outlive_it),
        LEDGER_TEST(an_end_may_turn_out_to_have_been_ordered),
        LEDGER_TEST(words_that_are_too_many_keep_the_order),
        LEDGER_TEST(the_newest_ends_are_kept),
        LEDGER_TEST(a_torn_copy_leaves_the_other),
        LEDGER_TEST(a_write_that_fails_leaves_the_other_copy),
        LEDGER_TEST(what_is_no_ledger_is_begun_anew),
        LEDGER_TEST(a_full_disk_keeps_no_last_words_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
