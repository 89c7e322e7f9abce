/* A slice brought to a standstill and let go, on this machine's tree, v1 or v2. */
#include "slices/base/file.h"
#include "slices/base/text.h"
#include "slices/read/group.h"
#include "slices/read/visit.h"
#include "tests/unit/act/one_live.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static _Atomic unsigned *counters; /* of the processes in the slice, shared with them */
enum { PROCESSES = 3 };

static int share_counters(void **state)
{
    counters = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(counters != MAP_FAILED);
    return set_up(state);
}

static int drop_counters(void **state)
{
    int r = tear_down(state);
    (void)munmap(counters, 4096);
    return r;
}

static void pause_msec(long msec)
{
    const struct timespec pause = {msec / 1000, msec % 1000 * 1000000};
    (void)nanosleep(&pause, NULL);
}

static void count(void *counter)
{
    atomic_fetch_add((_Atomic unsigned *)counter, 1);
    if (fork() == 0) { /* its child counts, too */
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;) {
            atomic_fetch_add((_Atomic unsigned *)counter, 1);
            pause_msec(1);
        }
    }
}

static void start(void)
{
    for (int i = 0; i < PROCESSES; i++)
        (void)live_spawn(&bench.hierarchy, slice.path, NULL, count, &counters[i]);
}

static enum action_result order(enum action_kind kind)
{
    const struct action action = bench_action(kind, &slice);
    return apply(&action);
}

/* How many of the processes do anything within a moment. */
static int going_on(void)
{
    unsigned before[PROCESSES];
    int going = 0;
    pause_msec(50); /* what is on its way to be frozen, or thawed */
    for (int i = 0; i < PROCESSES; i++)
        before[i] = atomic_load(&counters[i]);
    pause_msec(200);
    for (int i = 0; i < PROCESSES; i++)
        going += atomic_load(&counters[i]) != before[i];
    return going;
}

/* Where the process hangs in the freezer's tree; of v2, in the one tree there is. */
static void freezer_of(int32_t pid, char path[PATH_MAX])
{
    if (bench.hierarchy.version == HIERARCHY_V1)
        assert_int_equal(hierarchy_freezer_of("/proc", pid, path, PATH_MAX), 0);
    else
        assert_int_equal(hierarchy_group_of(&bench.hierarchy, "/proc", pid, path, PATH_MAX), 0);
}

static int note_pid(void *context, int32_t pid)
{
    *(int32_t *)context = pid;
    return 1;
}

static int32_t a_process(void)
{
    int32_t pid = 0;
    int fd = group_open(bench.hierarchy.root_fd, slice.path);
    (void)processes_visit(fd, note_pid, &pid);
    (void)close(fd);
    return pid;
}

static void all_stand_still_and_go_on(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    char before[PATH_MAX], after[PATH_MAX];
    start();
    assert_int_equal(going_on(), PROCESSES);
    int32_t pid = a_process();
    freezer_of(pid, before);
    assert_int_equal(order(ACTION_FREEZE), RESULT_DONE);
    assert_int_equal(going_on(), 0);
    assert_int_equal(bench_journalled(&bench), 1);
    assert_int_equal(order(ACTION_FREEZE), RESULT_DONE); /* they are so already */
    assert_int_equal(bench_journalled(&bench), 1);
    assert_int_equal(order(ACTION_RELEASE), RESULT_DONE);
    assert_int_equal(going_on(), PROCESSES);
    assert_int_equal(bench_journalled(&bench), 0);
    freezer_of(pid, after);
    assert_string_equal(after, before);
}

static void the_journal_lets_them_go_on(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    start();
    assert_int_equal(order(ACTION_FREEZE), RESULT_DONE);
    assert_int_equal(journal_undo_all(&bench.journal, NULL), 0);
    assert_int_equal(going_on(), PROCESSES);
    assert_int_equal(bench_journalled(&bench), 0);
}

static void who_is_frozen_can_be_reset(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    start();
    assert_int_equal(order(ACTION_FREEZE), RESULT_DONE);
    assert_int_equal(order(ACTION_RESET), RESULT_DONE);
    assert_int_equal(order(ACTION_RELEASE), RESULT_DONE);
    assert_int_equal(bench_journalled(&bench), 0);
}

static void a_slice_that_holds_mom_is_not_frozen(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    char path[PATH_MAX], pid[16], before[PATH_MAX];
    start();
    freezer_of(getpid(), before);
    assert_int_equal(hierarchy_group_of(&bench.hierarchy, "/proc", getpid(), path, sizeof path), 0);
    int group = group_open(bench.hierarchy.root_fd, slice.path);
    int own = group_open(bench.hierarchy.root_fd, path);
    (void)text_format(pid, sizeof pid, "%d", getpid());
    assert_int_equal(file_write(group, "cgroup.procs", pid), 0);
    enum action_result result = order(ACTION_FREEZE);
    assert_int_equal(file_write(own, "cgroup.procs", pid), 0);
    (void)close(group);
    (void)close(own);
    assert_int_equal(result, RESULT_REFUSED);
    assert_int_equal(going_on(), PROCESSES);
    assert_int_equal(bench_journalled(&bench), 0);
}

static void a_dry_run_freezes_nobody(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    start();
    bench.options.dry_run = true;
    assert_int_equal(order(ACTION_FREEZE), RESULT_DRY_RUN);
    assert_int_equal(going_on(), PROCESSES);
}

int main(void)
{
#define COUNTED(name) cmocka_unit_test_setup_teardown(name, share_counters, drop_counters)
    const struct CMUnitTest tests[] = {
        COUNTED(all_stand_still_and_go_on),
        COUNTED(the_journal_lets_them_go_on),
        COUNTED(who_is_frozen_can_be_reset),
        COUNTED(a_slice_that_holds_mom_is_not_frozen),
        COUNTED(a_dry_run_freezes_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
