/* The last resort's steps, over plain files in the place of /proc: nothing goes down here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mom/common/clock.h"
#include "mom/common/paths.h"
#include "mom/governor/last_resort.h"
#include "slices/act/last_resort.h"
#include "slices/act/ledger.h"
#include "slices/base/file.h"
#include "tests/unit/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAP_USEC = 10000, NAPS = 500 };

static const uint8_t boot[16] = {2}, boot_before[16] = {1};
static char ring_file[PATH_MAX], ack_file[PATH_MAX], heartbeat_file[PATH_MAX];
static const char *const pstore[] = {"/no/such/folder", folder, NULL};
static struct ring_writer told;
static struct heartbeat heartbeat;
static struct standing standing;
static struct decision decision;
static struct outcome outcome;

static void plant(const char *name, const char *text)
{
    char path[PATH_MAX];
    assert_int_equal(paths_join(path, sizeof path, folder, name), 0);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fputs(text, file);
    (void)fclose(file);
}

static void holds(const char *name, const char *expected)
{
    char path[PATH_MAX], text[64];
    assert_int_equal(paths_join(path, sizeof path, folder, name), 0);
    assert_true(file_read(AT_FDCWD, path, text, sizeof text) >= 0);
    assert_string_equal(text, expected);
}

static int set_up(void **state)
{
    (void)state;
    char path[PATH_MAX];
    assert_int_equal(folder_make(NULL), 0);
    static const char *const folders[] = {"sys", "sys/kernel"};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(paths_join(path, sizeof path, folder, folders[i]), 0);
        assert_int_equal(mkdir(path, 0755), 0);
    }
    plant("sysrq-trigger", "");
    plant("sys/kernel/panic", "0\n");
    assert_int_equal(paths_join(ring_file, sizeof ring_file, folder, "ring"), 0);
    assert_int_equal(paths_join(ack_file, sizeof ack_file, folder, "ack"), 0);
    assert_int_equal(paths_join(heartbeat_file, sizeof heartbeat_file, folder, "heartbeat"), 0);
    assert_int_equal(ring_writer_open(&told, ring_file, ack_file, 65536, 0600, (gid_t)-1, NULL), 0);
    assert_int_equal(heartbeat_create(&heartbeat, heartbeat_file, (gid_t)-1, NULL), 0);
    decision = (struct decision){.seq = 17, .action = ACTION_REBOOT, .wanted = ACTION_REBOOT};
    (void)strcpy(decision.rule, "out");
    standing = (struct standing){.count = 1};
    (void)strcpy(standing.entry[0].key, "docker:web");
    standing.entry[0].gives_back = 4096;
    return 0;
}

/* The threads stay: they are the program's, which ends. */
static int tear_down(void **state)
{
    ring_writer_close(&told);
    return folder_remove(state);
}

static struct last_resort_steps *open_room(const char *state_dir, bool dry_run)
{
    struct last_resort_steps *steps = NULL;
    const struct last_resort_options options = {.state_dir = state_dir,
        .proc_root = folder,
        .pstore = pstore,
        .group = (gid_t)-1,
        .boot = boot,
        .dry_run = dry_run,
        .told = &told,
        .heartbeat = heartbeat_page(&heartbeat)};
    assert_int_equal(last_resort_open(&options, &steps, NULL), 0);
    return steps;
}

static bool becomes_known(struct last_resort_steps *steps)
{
    for (int i = 0; i < NAPS; i++) {
        if (last_resort_past(steps)->known)
            return true;
        (void)usleep(NAP_USEC);
    }
    return false;
}

/* What the disk has, as the next boot will find it. */
static struct ledger_page page_of_disk(void)
{
    struct ledger ledger;
    bool fresh;
    assert_int_equal(ledger_open(&ledger, folder, (gid_t)-1, &fresh, NULL), 0);
    assert_false(fresh);
    ledger_close(&ledger);
    return ledger.page;
}

static void a_dry_run_writes_nothing(void **state)
{
    (void)state;
    struct last_resort_steps *steps = open_room(folder, true);
    assert_true(becomes_known(steps));
    last_resort_go(steps, LAST_RESORT_PANIC, &decision, &standing, &outcome);
    assert_int_equal(outcome.result, RESULT_DRY_RUN);
    assert_int_equal(outcome.decision, 17);
    holds("sysrq-trigger", "");
    assert_false(page_of_disk().ordered);
}

/* And the order is taken back: the next end is not mom's. */
static void what_does_not_work_is_followed_by_the_others(void **state)
{
    (void)state;
    struct last_resort_steps *steps = open_room(folder, false);
    assert_true(becomes_known(steps));
    last_resort_go(steps, LAST_RESORT_REBOOT, &decision, &standing, &outcome);
    assert_int_equal(outcome.result, RESULT_FAILED);
    assert_string_equal(outcome.error,
        "reboot: Operation not supported; sysrq: without effect; panic: without effect");
    holds("sysrq-trigger", "c"); /* the last of them */
    holds("sys/kernel/panic", "10");
    assert_false(page_of_disk().ordered);
    assert_true(heartbeat_page(&heartbeat)->beat_usec[HEART_GUARD] > 0); /* it was not silent */
}

static void how_long_a_panic_lasts_is_for_people_to_say(void **state)
{
    (void)state;
    plant("sys/kernel/panic", "30\n");
    struct last_resort_steps *steps = open_room(folder, false);
    assert_true(becomes_known(steps));
    last_resort_go(steps, LAST_RESORT_PANIC, &decision, &standing, &outcome);
    assert_int_equal(strncmp(outcome.error, "panic: without effect; reboot: ", 31), 0);
    holds("sys/kernel/panic", "30\n");
}

static struct record_boot_end the_end(struct last_resort_steps *steps)
{
    static struct record_boot_end end;
    bool found = false;
    for (int i = 0; i < NAPS && !found; i++, (void)usleep(NAP_USEC))
        found = last_resort_boot_end(steps, &end);
    assert_true(found);
    return end;
}

/* It would stand still for good. */
static void no_panic_where_the_kernel_can_t_be_told_to_boot(void **state)
{
    (void)state;
    char path[PATH_MAX];
    assert_int_equal(paths_join(path, sizeof path, folder, "sys/kernel/panic"), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(last_resort_look(LAST_RESORT_PANIC, folder), -ENOENT);
    struct last_resort_steps *steps = open_room(folder, false);
    assert_true(becomes_known(steps));
    last_resort_go(steps, LAST_RESORT_PANIC, &decision, &standing, &outcome);
    assert_int_equal(strncmp(outcome.error, "panic: No such file or directory; reboot: ", 42), 0);
    holds("sysrq-trigger", "b");
}

static void a_way_that_is_not_there_is_known(void **state)
{
    (void)state;
    for (int way = LAST_RESORT_ANNOUNCE; way < LAST_RESORTS; way++)
        assert_int_equal(last_resort_look((enum last_resort)way, folder), 0);
    assert_int_equal(last_resort_look(LAST_RESORT_PANIC, "/no/such/folder"), -ENOENT);
    assert_int_equal(last_resort_look(LAST_RESORT_SYSRQ, "/no/such/folder"), -ENOENT);
    assert_int_equal(last_resort_look(LAST_RESORT_REBOOT, "/no/such/folder"), 0);
}

static void the_end_before_is_told_once_with_its_words(void **state)
{
    (void)state;
    static struct record_boot_end end;
    static struct last_words words;
    struct ledger ledger;
    bool fresh;
    words.decision = decision;
    assert_int_equal(ledger_open(&ledger, folder, (gid_t)-1, &fresh, NULL), 0);
    assert_int_equal(ledger_begin(&ledger, boot_before, clock_now()), 0);
    const struct boot_order order = {.way = LAST_RESORT_PANIC,
        .unix_usec = clock_now().unix_usec,
        .decision = 17,
        .rule = "out"};
    assert_int_equal(ledger_order(&ledger, &order, &words, sizeof words), 0);
    ledger_close(&ledger);
    struct last_resort_steps *steps = open_room(folder, false);
    assert_true(becomes_known(steps));
    assert_int_equal(last_resort_past(steps)->count, 1);
    end = the_end(steps);
    assert_int_equal(end.ended.how, BOOT_END_ORDERED);
    assert_true(end.has_words);
    assert_string_equal(end.words.decision.rule, "out");
    assert_false(last_resort_boot_end(steps, &end));
    last_resort_told(steps);
    for (int i = 0; i < NAPS && page_of_disk().untold; i++)
        (void)usleep(NAP_USEC);
    assert_false(page_of_disk().untold);
}

static void an_order_that_only_the_kernel_kept_is_found(void **state)
{
    (void)state;
    struct ledger ledger;
    bool fresh;
    assert_int_equal(ledger_open(&ledger, folder, (gid_t)-1, &fresh, NULL), 0);
    assert_int_equal(ledger_begin(&ledger, boot_before, clock_now()), 0);
    ledger_close(&ledger);
    plant("dmesg-erst-1", "Panic#1 Part1\n"
                          "<0>[    4.99] mom: decision 01000000-17: the node goes down by panic at "
                          "1795939984.123456: "
                          "rule out\n"
                          "<0>[    5.00] Kernel panic - not syncing: sysrq triggered crash\n");
    struct last_resort_steps *steps = open_room(folder, false);
    struct record_boot_end end = the_end(steps);
    assert_int_equal(end.ended.how, BOOT_END_ORDERED);
    assert_int_equal(end.ended.order.decision, 17);
    assert_string_equal(end.ended.panic, "sysrq triggered crash");
    assert_false(end.has_words);
    assert_int_equal(last_resort_past(steps)->end[0].how, BOOT_END_ORDERED);
}

static void a_clean_stop_is_noted(void **state)
{
    (void)state;
    struct last_resort_steps *steps = open_room(folder, false);
    assert_true(becomes_known(steps));
    assert_true(page_of_disk().governing);
    last_resort_close(steps);
    assert_false(page_of_disk().governing);
}

static void without_a_ledger_nothing_is_known(void **state)
{
    (void)state;
    struct last_resort_steps *steps = open_room("/no/such/folder", false);
    (void)usleep(20 * NAP_USEC);
    assert_false(last_resort_past(steps)->known);
    last_resort_close(steps); /* which waits for nobody then */
}

int main(void)
{
#define ROOM_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        ROOM_TEST(a_dry_run_writes_nothing),
        ROOM_TEST(what_does_not_work_is_followed_by_the_others),
        ROOM_TEST(how_long_a_panic_lasts_is_for_people_to_say),
        ROOM_TEST(no_panic_where_the_kernel_can_t_be_told_to_boot),
        ROOM_TEST(a_way_that_is_not_there_is_known),
        ROOM_TEST(the_end_before_is_told_once_with_its_words),
        ROOM_TEST(an_order_that_only_the_kernel_kept_is_found),
        ROOM_TEST(a_clean_stop_is_noted),
        ROOM_TEST(without_a_ledger_nothing_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
