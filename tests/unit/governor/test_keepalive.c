/* The watchdog's keeper, over devices that are none: what keeps one from being armed, and who may
 * say so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mom/common/clock.h"
#include "mom/common/paths.h"
#include "mom/governor/keepalive.h"
#include "slices/base/text.h"
#include "tests/unit/folder.h"

#include <string.h>
#include <unistd.h>

enum { NAP_USEC = 20000, NAPS = 500 };

struct bench {
    struct journal journal;
    struct heartbeat own, warden;
    struct keepalive *keepalive;
    struct policy_globals globals;
    struct node_watch watch;
};
static struct bench bench;

static void create(struct heartbeat *heartbeat, const char *file)
{
    char path[PATH_MAX];
    assert_int_equal(paths_join(path, sizeof path, folder, file), 0);
    assert_int_equal(heartbeat_create(heartbeat, path, (gid_t)-1, NULL), 0);
}

static int set_up(void **state)
{
    (void)state;
    assert_int_equal(folder_make(NULL), 0);
    bench = (struct bench){.globals.watchdog = {.device = "/dev/null",
                               .timeout_usec = 60 * USEC_PER_SEC,
                               .fork_usec = 30 * USEC_PER_SEC}};
    assert_int_equal(journal_open(&bench.journal, folder, NULL), 0);
    create(&bench.own, "heartbeat");
    create(&bench.warden, HEARTBEAT_WARDEN_FILE);
    node_watch_init(&bench.watch);
    const struct keepalive_options options = {.run_dir = folder,
        .sys_root = folder,
        .journal = &bench.journal,
        .heartbeat = heartbeat_page(&bench.own)};
    return keepalive_open(&options, &bench.keepalive, NULL);
}

static int tear_down(void **state)
{
    keepalive_close(bench.keepalive);
    for (int i = 0; i < JOURNAL_ENTRIES; i++)
        assert_null(journal_row(&bench.journal, i));
    journal_close(&bench.journal);
    shared_file_close(&bench.own.file);
    shared_file_close(&bench.warden.file);
    return folder_remove(state);
}

/* All hearts but the warden's beat, and the guard looks. */
static void look(void)
{
    struct node_sample node = {.at = clock_now()};
    struct heartbeat_page *page = heartbeat_page(&bench.own);
    page->beat_usec[HEART_GOVERNOR] = page->beat_usec[HEART_HANDS] = node.at.boot_usec;
    keepalive_look(bench.keepalive, &bench.globals, &bench.watch, &node);
}

static bool becomes(enum watchdog_phase phase, const char *error)
{
    struct live_watchdog is;
    for (int i = 0; i < NAPS; i++) {
        look();
        keepalive_state(bench.keepalive, &is);
        if (is.phase == phase && strstr(is.error, error))
            return true;
        (void)usleep(NAP_USEC);
    }
    print_error("phase %d: %s\n", (int)is.phase, is.error);
    return false;
}

static void want(enum watchdog_phase bar)
{
    keepalive_want(bench.keepalive, &bench.globals.watchdog, bar);
}

static void none_is_armed_that_nobody_names(void **state)
{
    (void)state;
    bench.globals.watchdog.device[0] = '\0';
    want(WATCHDOG_NONE);
    assert_true(becomes(WATCHDOG_NONE, ""));
    assert_int_equal(heartbeat_page(&bench.own)->forks_wanted, 0);
}

static void what_forbids_it_is_told(void **state)
{
    (void)state;
    want(WATCHDOG_DRY_RUN);
    assert_true(becomes(WATCHDOG_DRY_RUN, ""));
    want(WATCHDOG_SPENT);
    assert_true(becomes(WATCHDOG_SPENT, ""));
    bench.globals.watchdog.after_boot_usec = INT64_MAX;
    want(WATCHDOG_NONE);
    assert_true(becomes(WATCHDOG_EARLY, ""));
    assert_int_equal(heartbeat_page(&bench.own)->forks_wanted, 0);
}

static void nothing_is_tried_before_the_node_is_found_well(void **state)
{
    (void)state;
    want(WATCHDOG_NONE);
    struct live_watchdog is = {.ailment = AILMENT_NONE};
    for (int i = 0; i < NAPS && is.ailment != AILMENT_FORK; i++) {
        assert_true(becomes(WATCHDOG_AILING, "")); /* at first since nobody has looked yet */
        (void)usleep(NAP_USEC);
        keepalive_state(bench.keepalive, &is);
    }
    assert_int_equal(is.ailment, AILMENT_FORK);
    assert_string_equal(is.device, "/dev/null");
    assert_int_equal(heartbeat_page(&bench.own)->forks_wanted, 1);
    heartbeat_page(&bench.warden)->beat_usec[HEART_FORK] = clock_now().boot_usec;
    assert_true(becomes(WATCHDOG_REFUSED, "nowayout"));
}

static void what_is_no_watchdog_is_refused(void **state)
{
    (void)state;
    bench.globals.watchdog.fork_usec = 0;
    bench.globals.watchdog.nowayout = NOWAYOUT_ACCEPT;
    want(WATCHDOG_NONE);
    assert_true(becomes(WATCHDOG_REFUSED, "/dev/null: "));
    (void)text_copy(
        bench.globals.watchdog.device, sizeof bench.globals.watchdog.device, "/dev/none");
    want(WATCHDOG_NONE); /* other settings are tried at once */
    assert_true(becomes(WATCHDOG_REFUSED, "/dev/none: "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(none_is_armed_that_nobody_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_forbids_it_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            nothing_is_tried_before_the_node_is_found_well, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_watchdog_is_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
