/* Who is killed is heard of: by this machine's own kernel. */
#include "slices/read/deaths.h"

#include "tests/unit/read/live.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { MIB = 1 << 20, TAKEN = 32 * MIB, THREADS = 4 };

static struct hierarchy hierarchy;
static struct deaths deaths;
static int sources; /* of those that tell of every death by SIGKILL */

static int set_up(void **state)
{
    struct mom_error error[DEATH_SOURCES] = {0};
    (void)state;
    if (!live_open(&hierarchy))
        return 0;
    (void)deaths_open(&hierarchy, "/proc", &deaths, error);
    for (enum death_source i = 0; i < DEATHS_NETLINK; i++)
        sources += deaths_are_told_by(&deaths, i);
    for (enum death_source i = 0; i < DEATH_SOURCES; i++)
        if (!deaths_are_told_by(&deaths, i))
            (void)printf("skipped: %s\n", error[i].text);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    deaths_close(&deaths);
    if (hierarchy.root_fd >= 0)
        live_clean(&hierarchy);
    sources = 0;
    return 0;
}

static void *wait_for_ever(void *argument)
{
    for (;;)
        (void)pause();
    return argument;
}

/* A process with a name that wants care, some memory, and more than one thread. */
static void become_big(void *argument)
{
    (void)argument;
    (void)prctl(PR_SET_NAME, "big\n(one) \x1b[m");
    char *memory = mmap(NULL, TAKEN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        abort();
    memset(memory, 1, TAKEN);
    for (int i = 0; i < THREADS; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, wait_for_ever, NULL) != 0)
            abort();
    }
}

static void nothing(void *argument)
{
    (void)argument;
}

/* A descriptor that becomes readable after a while. */
static int after(int msec)
{
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    const struct itimerspec once = {
        .it_value = {.tv_sec = msec / 1000, .tv_nsec = msec % 1000 * 1000000l}};
    assert_true(fd >= 0);
    assert_int_equal(timerfd_settime(fd, 0, &once, NULL), 0);
    return fd;
}

/* How often it is heard of `pid`: until as many sources have told of it, or for so long. Read as it
 * comes, since the dying soon leave their group. The fuller telling is kept. */
static int hear_of(pid_t pid, int wanted, int msec, struct death *ret)
{
    int heard = 0, end = after(msec);
    struct death death;
    while (heard < wanted && deaths_wait(&deaths, end))
        while (deaths_read(&deaths, &death))
            if (death.pid == pid) {
                heard++;
                if (heard == 1 || death.peak_rss > 0)
                    *ret = death;
            }
    (void)close(end);
    return heard;
}

static void kill_and_hear(pid_t child, struct death *ret)
{
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(hear_of(child, sources, 10000, ret), sources);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void who_is_killed_is_named_once_by_each_source(void **state)
{
    (void)state;
    if (sources == 0)
        skip();
    char path[SLICE_PATH_MAX];
    struct death death;
    live_path(path, "killed");
    live_make(hierarchy.root, path);
    pid_t child = live_spawn(&hierarchy, path, NULL, become_big, NULL);
    kill_and_hear(child, &death);
    assert_string_equal(death.name, "big\n(one) \x1b[m");
    if (deaths_are_told_by(&deaths, DEATHS_TASKSTATS)) {
        /* of the dying v1 doesn't tell */
        assert_string_equal(death.group, hierarchy.version == HIERARCHY_V2 ? path : "");
        assert_true(death.peak_rss >= TAKEN && death.peak_rss < 8ll * TAKEN);
    }
    assert_int_equal(hear_of(child, 1, 200, &death), 0); /* nor of its other threads */
}

static void who_ends_otherwise_is_not_told(void **state)
{
    (void)state;
    if (sources == 0)
        skip();
    struct death death;
    pid_t ended = live_spawn(&hierarchy, NULL, NULL, nothing, NULL);
    assert_int_equal(kill(ended, SIGTERM), 0);
    assert_int_equal(waitpid(ended, NULL, 0), ended);
    assert_int_equal(hear_of(ended, 1, 200, &death), 0);
}

static void what_was_lost_is_counted_and_the_next_death_is_told(void **state)
{
    (void)state;
    if (sources == 0)
        skip();
    enum { MANY = 100 };
    int least = 1;
    struct death death;
    for (enum death_source i = 0; i < DEATHS_NETLINK; i++)
        if (deaths.socket[i])
            assert_int_equal(setsockopt(mnl_socket_get_fd(deaths.socket[i]), SOL_SOCKET, SO_RCVBUF,
                                 &least, sizeof least),
                0);
    for (int i = 0; i < MANY; i++) {
        pid_t child = fork();
        if (child == 0)
            (void)pause();
        assert_true(child > 0);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
    }
    int heard = 0;
    while (deaths_read(&deaths, &death))
        heard++;
    assert_true(heard < sources * MANY);
    assert_true(deaths.lost > 0);
    kill_and_hear(live_spawn(&hierarchy, NULL, NULL, nothing, NULL), &death);
}

static void waiting_ends_when_asked_to(void **state)
{
    (void)state;
    int at_once = after(1);
    while (deaths_wait(&deaths, at_once)) /* others may be killed on this machine */
        for (struct death death; deaths_read(&deaths, &death);)
            ;
    (void)close(at_once);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(who_is_killed_is_named_once_by_each_source),
        TEST(who_ends_otherwise_is_not_told),
        TEST(what_was_lost_is_counted_and_the_next_death_is_told),
        TEST(waiting_ends_when_asked_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
