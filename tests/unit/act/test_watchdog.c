/* What sysfs says of a watchdog, by a made-up tree; and undoing, by a terminal of the kernel's that
 * stands in for the device: it is a character device, and its other end shows what was written. No
 * watchdog is ever opened here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "slices/act/journal.h"
#include "slices/act/watchdog.h"
#include "slices/base/text.h"
#include "tests/unit/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

static const char *path_of(const char *name)
{
    static char path[PATH_MAX];
    assert_int_equal(text_format(path, sizeof path, "%s/%s", folder, name), 0);
    return path;
}

static void write_file(const char *directory, const char *name, const char *text)
{
    char path[PATH_MAX];
    assert_int_equal(text_format(path, sizeof path, "%s/%s", directory, name), 0);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    (void)fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

/* A watchdog with the attributes that CONFIG_WATCHDOG_SYSFS gives. */
static const char *make_watchdog(int number, const char *device, const char *nowayout)
{
    static char path[PATH_MAX];
    (void)mkdir(path_of("class"), 0755);
    (void)mkdir(path_of("class/watchdog"), 0755);
    assert_int_equal(
        text_format(path, sizeof path, "%s/class/watchdog/watchdog%d", folder, number), 0);
    assert_int_equal(mkdir(path, 0755), 0);
    write_file(path, "dev", device);
    write_file(path, "nowayout", nowayout);
    write_file(path, "state", "inactive\n");
    write_file(path, "timeout", "60\n");
    write_file(path, "identity", "Software \x1b Watchdog\n");
    write_file(path, "options", "0x8180\n");
    return path;
}

static void its_facts_are_found_by_its_number(void **state)
{
    (void)state;
    struct watchdog_facts facts;
    (void)make_watchdog(0, "247:0\n", "0\n");
    const char *second = make_watchdog(1, "247:1\n", "1\n");
    write_file(second, "state", "active\n");
    write_file(second, "timeout", "30\n");
    write_file(second, "options", "0x80\n");
    assert_int_equal(watchdog_facts_of(folder, makedev(247, 1), &facts), 0);
    assert_int_equal(facts.device, makedev(247, 1));
    assert_int_equal(facts.endless, WATCHDOG_YES);
    assert_int_equal(facts.active, WATCHDOG_YES);
    assert_int_equal(facts.magic_only, WATCHDOG_NO);
    assert_int_equal(facts.timeout_sec, 30);
    assert_int_equal(watchdog_facts_of(folder, makedev(247, 0), &facts), 0);
    assert_int_equal(facts.endless, WATCHDOG_NO);
    assert_int_equal(facts.active, WATCHDOG_NO);
    assert_int_equal(facts.magic_only, WATCHDOG_YES);
    assert_string_equal(facts.identity, "Software \\x1b Watchdog");
    assert_int_equal(watchdog_facts_of(folder, makedev(247, 2), &facts), -ENODEV);
    assert_int_equal(facts.endless, WATCHDOG_UNKNOWN);
}

static void the_old_name_is_that_of_the_first(void **state)
{
    (void)state;
    struct watchdog_facts facts;
    (void)make_watchdog(1, "247:1\n", "0\n");
    assert_int_equal(watchdog_facts_of(folder, makedev(10, 130), &facts), -ENODEV);
    (void)make_watchdog(0, "247:0\n", "0\n");
    assert_int_equal(watchdog_facts_of(folder, makedev(10, 130), &facts), 0);
    assert_int_equal(facts.timeout_sec, 60);
}

static void a_kernel_that_tells_nothing_leaves_all_unknown(void **state)
{
    (void)state;
    struct watchdog_facts facts;
    const char *path = make_watchdog(0, "247:0\n", "what?\n");
    write_file(path, "state", "");
    write_file(path, "timeout", "soon\n");
    write_file(path, "options", "none\n");
    assert_int_equal(watchdog_facts_of(folder, makedev(247, 0), &facts), 0);
    assert_int_equal(facts.endless, WATCHDOG_UNKNOWN);
    assert_int_equal(facts.active, WATCHDOG_UNKNOWN);
    assert_int_equal(facts.magic_only, WATCHDOG_UNKNOWN);
    assert_int_equal(facts.timeout_sec, 0);
    assert_int_equal(watchdog_facts_of("/nowhere", makedev(247, 0), &facts), -ENODEV);
}

static void one_that_may_not_be_stopped_is_refused_unless_that_is_wanted(void **state)
{
    (void)state;
    struct mom_error error = {0};
    struct watchdog_facts facts = {.endless = WATCHDOG_NO};
    assert_int_equal(watchdog_check(&facts, false, &error), 0);
    facts.endless = WATCHDOG_YES;
    assert_int_equal(watchdog_check(&facts, false, &error), -EPERM);
    assert_non_null(strstr(error.text, "nowayout"));
    assert_int_equal(watchdog_check(&facts, true, &error), 0);
    facts.endless = WATCHDOG_UNKNOWN;
    assert_int_equal(watchdog_check(&facts, false, &error), -EPERM);
    assert_non_null(strstr(error.text, "isn't known"));
    assert_int_equal(watchdog_check(&facts, true, &error), 0);
}

static void what_is_no_device_is_no_watchdog(void **state)
{
    (void)state;
    struct mom_error error = {0};
    struct watchdog_facts facts;
    write_file(folder, "file", "");
    assert_int_equal(watchdog_find(path_of("file"), folder, &facts, &error), -ENODEV);
    assert_int_equal(watchdog_find(path_of("none"), folder, &facts, &error), -ENOENT);
    assert_int_equal(watchdog_find("/dev/null", folder, &facts, &error), 0);
    assert_int_equal(facts.device, makedev(1, 3));
    struct watchdog watchdog;
    assert_int_equal(watchdog_arm(&watchdog, "/dev/null", &facts, 60, 20, &error), -ENOTTY);
    assert_int_equal(watchdog.fd, -1);
    assert_int_equal(watchdog_arm(&watchdog, path_of("file"), &facts, 60, 20, &error), -ENODEV);
    assert_int_equal(watchdog_disarm(&watchdog, folder, &error), 0); /* of one that isn't armed */
}

/* Its other end, raw; *ret_path: what stands for the device. */
static int open_stand_in(const char **ret_path, dev_t *ret_device)
{
    struct stat status;
    struct termios raw;
    int other_end = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    assert_true(other_end >= 0);
    assert_int_equal(grantpt(other_end), 0);
    assert_int_equal(unlockpt(other_end), 0);
    assert_int_equal(tcgetattr(other_end, &raw), 0);
    cfmakeraw(&raw);
    assert_int_equal(tcsetattr(other_end, TCSANOW, &raw), 0);
    *ret_path = ptsname(other_end);
    assert_int_equal(stat(*ret_path, &status), 0);
    *ret_device = status.st_rdev;
    return other_end;
}

static struct journal_entry entry_of(const char *path, dev_t device)
{
    struct journal_entry entry = {.kind = JOURNAL_WATCHDOG, .disk = device};
    assert_int_equal(text_copy(entry.directory, sizeof entry.directory, path), 0);
    return entry;
}

static void undoing_closes_it_with_the_magic_letter(void **state)
{
    (void)state;
    const char *path;
    dev_t device;
    char written[8] = "";
    struct journal journal;
    int other_end = open_stand_in(&path, &device);
    assert_int_equal(journal_open(&journal, folder, NULL), 0);
    const struct journal_entry entry = entry_of(path, device);
    int row = journal_add(&journal, &entry);
    assert_true(row >= 0);
    journal.spares_watchdog = true;
    assert_int_equal(journal_undo_all(&journal, NULL), 0);
    assert_true(read(other_end, written, sizeof written) < 1);
    assert_non_null(journal_row(&journal, row));
    journal.spares_watchdog = false;
    assert_int_equal(journal_undo_all(&journal, NULL), 0);
    assert_int_equal(read(other_end, written, sizeof written), 1);
    assert_string_equal(written, "V");
    assert_null(journal_row(&journal, row));
    assert_int_equal(journal_undo_all(&journal, NULL), 0); /* again: nothing */
    assert_true(read(other_end, written, sizeof written) < 1);
    journal_close(&journal);
    (void)close(other_end);
}

static void what_stands_there_now_is_left_alone_if_it_is_another(void **state)
{
    (void)state;
    const char *path;
    dev_t device;
    char written[8];
    struct mom_error error;
    int other_end = open_stand_in(&path, &device);
    assert_int_equal(watchdog_undo(path, makedev(247, 0), folder, &error), 0);
    assert_int_equal(watchdog_undo(path_of("none"), device, folder, &error), 0);
    write_file(folder, "file", "");
    assert_int_equal(watchdog_undo(path_of("file"), device, folder, &error), 0);
    assert_true(read(other_end, written, sizeof written) < 1);
    (void)close(other_end);
}

static void one_that_is_not_armed_is_not_opened(void **state)
{
    (void)state;
    const char *path;
    dev_t device;
    char written[8], number[32];
    struct mom_error error;
    int other_end = open_stand_in(&path, &device);
    (void)text_format(number, sizeof number, "%u:%u\n", major(device), minor(device));
    const char *directory = make_watchdog(3, number, "0\n");
    assert_int_equal(watchdog_undo(path, device, folder, &error), 0);
    assert_true(read(other_end, written, sizeof written) < 1);
    write_file(directory, "state", "active\n"); /* and stays so: it can't be stopped */
    assert_int_equal(watchdog_undo(path, device, folder, &error), 1);
    assert_non_null(strstr(error.text, "can't be disarmed"));
    assert_int_equal(read(other_end, written, sizeof written), 1);
    (void)close(other_end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            its_facts_are_found_by_its_number, folder_make, folder_remove),
        cmocka_unit_test_setup_teardown(
            the_old_name_is_that_of_the_first, folder_make, folder_remove),
        cmocka_unit_test_setup_teardown(
            a_kernel_that_tells_nothing_leaves_all_unknown, folder_make, folder_remove),
        cmocka_unit_test(one_that_may_not_be_stopped_is_refused_unless_that_is_wanted),
        cmocka_unit_test_setup_teardown(
            what_is_no_device_is_no_watchdog, folder_make, folder_remove),
        cmocka_unit_test_setup_teardown(
            undoing_closes_it_with_the_magic_letter, folder_make, folder_remove),
        cmocka_unit_test_setup_teardown(
            what_stands_there_now_is_left_alone_if_it_is_another, folder_make, folder_remove),
        cmocka_unit_test_setup_teardown(
            one_that_is_not_armed_is_not_opened, folder_make, folder_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
