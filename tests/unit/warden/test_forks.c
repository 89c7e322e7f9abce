/* Whether processes can be started: tried by a child, as long as somebody wants to know. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mom/common/clock.h"
#include "mom/warden/forks.h"
#include "tests/unit/folder.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NAP_USEC = 10000, NAPS = 3000 };

static struct forks forks;

static int64_t now(void)
{
    return clock_now().boot_usec;
}

/* As another program reads it. */
static int64_t newest_beat(void)
{
    char path[128];
    struct heartbeat_page page;
    (void)snprintf(path, sizeof path, "%s/%s", folder, HEARTBEAT_WARDEN_FILE);
    assert_int_equal(heartbeat_read(path, &page), 0);
    return page.beat_usec[HEART_FORK];
}

static bool is_reaped(pid_t pid)
{
    int status;
    for (int i = 0; i < NAPS; i++) {
        if (waitpid(pid, &status, WNOHANG) == pid)
            return forks_reap(&forks, pid, now());
        (void)usleep(NAP_USEC);
    }
    return false;
}

static void they_are_tried_while_that_is_wanted(void **state)
{
    (void)state;
    assert_int_equal(forks_open(&forks, folder, NULL), 0);
    forks_round(&forks, false, now());
    assert_int_equal(forks.pid, 0);
    int64_t begun_usec = now();
    forks_round(&forks, true, begun_usec);
    pid_t pid = forks.pid;
    assert_true(pid > 0);
    for (int i = 0; i < NAPS && newest_beat() == 0; i++)
        (void)usleep(NAP_USEC);
    assert_true(newest_beat() >= begun_usec);
    assert_false(forks_failed(&forks, now()));
    assert_true(forks_failed(&forks, now() + 2 * FORKS_FAILED_USEC));
    forks_round(&forks, true, now());
    assert_int_equal(forks.pid, pid);           /* one is enough */
    assert_false(forks_reap(&forks, 1, now())); /* another's end */
    forks_round(&forks, false, now());
    assert_false(forks_failed(&forks, now() + 2 * FORKS_FAILED_USEC)); /* nobody wants to know */
    assert_true(is_reaped(pid));
    assert_int_equal(forks.pid, 0);
}

static void who_tries_is_started_again_after_a_while(void **state)
{
    (void)state;
    assert_int_equal(forks_open(&forks, folder, NULL), 0);
    assert_int_equal(newest_beat(), 0); /* what an earlier one has seen is no news */
    forks_round(&forks, true, now());
    pid_t pid = forks.pid;
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_true(is_reaped(pid));
    forks_round(&forks, true, now());
    assert_int_equal(forks.pid, 0); /* not at once */
    forks_round(&forks, true, now() + (FORKS_TRY_SEC + 1) * USEC_PER_SEC);
    assert_true(forks.pid > 0);
    pid = forks.pid;
    forks_close(&forks);
    assert_true(is_reaped(pid));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_are_tried_while_that_is_wanted),
        cmocka_unit_test(who_tries_is_started_again_after_a_while),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
