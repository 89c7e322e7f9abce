/* The OOM of a group taken over and given back, on this machine's tree, v1 or v2; and the kernel's
 * sum by which v2's waiting room was chosen. */
#include "slices/act/limit.h"
#include "slices/act/takeover.h"
#include "slices/base/file.h"
#include "slices/base/text.h"
#include "slices/read/group.h"
#include "slices/sample.h"
#include "tests/unit/act/one_live.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define MIB   (UINT64_C(1024) * 1024)
#define LIMIT (40 * MIB)

static struct takeover takeover;
static struct takeover_look look;

static bool is_v2(void)
{
    return bench.hierarchy.version == HIERARCHY_V2;
}

static int tear_down_takeover(void **state)
{
    if (takeover.group_fd > 0)
        takeover_close(&takeover);
    takeover = (struct takeover){.group_fd = -1};
    return tear_down(state);
}

static int group(void)
{
    int fd = group_open(bench.hierarchy.root_fd, slice.path);
    assert_true(fd >= 0);
    return fd;
}

static void set_limit(enum limit_kind kind, uint64_t bytes)
{
    int fd = group();
    assert_int_equal(limit_write(fd, kind, bytes), 0);
    if (is_v2() && kind == LIMIT_HARD)
        assert_int_equal(file_write(fd, "memory.swap.max", "0"), 0);
    (void)close(fd);
}

static struct slice_life life(void)
{
    return bench_action(ACTION_NONE, &slice).life;
}

static int give_back(void)
{
    const struct slice_life whose = life();
    return journal_undo_oom(&bench.journal, &whose, NULL);
}

static int take(void)
{
    struct takeover_ask ask = {.serial = 1, .life = life()};
    (void)text_copy(ask.path, sizeof ask.path, slice.path);
    return actuator_take_over(actuator(), &ask, &takeover);
}

static void take_it(void)
{
    set_limit(LIMIT_HARD, LIMIT);
    assert_int_equal(take(), 0);
}

static bool is_off(const char *path)
{
    char text[256];
    int fd = group_open(bench.hierarchy.root_fd, path);
    assert_true(fd >= 0);
    assert_true(file_read(fd, "memory.oom_control", text, sizeof text) > 0);
    (void)close(fd);
    return text_starts_with(text, "oom_kill_disable 1");
}

static uint64_t high(void)
{
    uint64_t bytes;
    int fd = group();
    assert_int_equal(limit_read(fd, LIMIT_SOFT, &bytes), 0);
    (void)close(fd);
    return bytes;
}

static bool is_taken(void)
{
    return is_v2() ? high() == takeover_room(LIMIT) : is_off(slice.path);
}

static void nap(int msec)
{
    const struct timespec pause = {msec / 1000, msec % 1000 * 1000000l};
    (void)nanosleep(&pause, NULL);
}

/* More than there is: the child says that it is done before it begins. */
static void begin_nothing(void *unused)
{
    (void)unused;
    pid_t child = fork();
    if (child != 0)
        return;
    char *memory =
        mmap(NULL, 2 * LIMIT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (size_t i = 0; memory != MAP_FAILED && i < 2 * LIMIT; i += 4096)
        memory[i] = 1;
    _exit(0);
}

static void eat(void)
{
    (void)live_spawn(&bench.hierarchy, slice.path, NULL, begin_nothing, NULL);
}

static bool comes_to_wait(int msec)
{
    for (; msec > 0; msec -= 20) {
        assert_int_equal(takeover_look(&takeover, &look), 0);
        if (look.waits)
            return true;
        nap(20);
    }
    return false;
}

static uint64_t kills(void)
{
    char text[512];
    int fd = group();
    assert_true(
        file_read(fd, is_v2() ? "memory.events" : "memory.oom_control", text, sizeof text) > 0);
    (void)close(fd);
    const char *found = strstr(text, "oom_kill ");
    uint64_t count = 0;
    assert_non_null(found);
    found += strlen("oom_kill ");
    assert_int_equal(text_u64(&found, &count), 0);
    return count;
}

static void it_is_taken_over_and_given_back(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    take_it();
    assert_true(is_taken());
    assert_int_equal(bench_journalled(&bench), 1);
    assert_int_equal(takeover_look(&takeover, &look), 0);
    assert_false(look.waits);
    assert_true(look.limit == LIMIT);
    assert_int_equal(give_back(), 0);
    assert_false(is_taken());
    assert_int_equal(bench_journalled(&bench), 0);
}

static void so_does_whoever_replays_the_journal(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    take_it();
    assert_int_equal(journal_undo_all(&bench.journal, NULL), 0);
    assert_false(is_taken());
}

static void who_has_no_limit_keeps_the_kernels(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    assert_int_equal(take(), -ENODATA);
    assert_int_equal(bench_journalled(&bench), 0);
}

static void another_life_keeps_the_kernels(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    set_limit(LIMIT_HARD, LIMIT);
    slice.life.inode++;
    assert_int_equal(take(), -ENODEV);
}

static void what_somebody_else_has_set_is_left_alone(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    set_limit(LIMIT_HARD, LIMIT);
    if (is_v2())
        set_limit(LIMIT_SOFT, LIMIT / 2);
    else
        live_write(bench.hierarchy.root, slice.path, "memory.oom_control", "1");
    assert_int_equal(take(), -EBUSY);
    assert_int_equal(bench_journalled(&bench), 0);
    assert_true(is_v2() ? high() == LIMIT / 2 : is_off(slice.path));
}

static void its_tasks_wait_instead_of_being_killed(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    take_it();
    eat();
    struct pollfd told = {.fd = takeover.event_fd, .events = is_v2() ? POLLPRI : POLLIN};
    assert_int_equal(poll(&told, 1, 10000), 1);
    assert_true(comes_to_wait(20000));
    assert_true(look.usage >= takeover_room(LIMIT));
    nap(300);
    assert_int_equal(kills(), 0);
    assert_int_equal(give_back(), 0);
    for (int i = 0; i < 500 && kills() == 0; i++)
        nap(20);
    assert_true(kills() > 0);
}

static void a_raised_limit_lets_them_go_on(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    take_it();
    eat();
    assert_true(comes_to_wait(20000));
    struct action action = bench_action(ACTION_RAISE, &slice);
    action.bytes = 3 * LIMIT;
    assert_int_equal(apply(&action), RESULT_DONE);
    int fd = group();
    uint64_t charged = 0;
    for (int i = 0; i < 500 && charged <= LIMIT; i++, nap(20))
        charged = group_memory(fd, bench.hierarchy.version);
    (void)close(fd);
    assert_true(charged > LIMIT);
    assert_int_equal(kills(), 0);
    assert_int_equal(takeover_look(&takeover, &look), 0);
    assert_int_equal(look.limit, 3 * LIMIT);
    assert_true(!is_v2() || high() == takeover_room(3 * LIMIT)); /* it came along */
    assert_int_equal(give_back(), 0);
    assert_true(!is_v2() || high() == SAMPLE_NO_LIMIT);
}

static void a_reset_of_who_waits_is_done(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    take_it();
    eat();
    assert_true(comes_to_wait(20000));
    struct action action = bench_action(ACTION_RESET, &slice);
    assert_int_equal(apply(&action), RESULT_DONE);
    assert_int_equal(kills(), 0);
}

static void who_is_born_below_has_a_killer_of_its_own(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    if (is_v2())
        skip();
    char below[SLICE_PATH_MAX], later[SLICE_PATH_MAX];
    take_it();
    (void)text_format(below, sizeof below, "%s/below", slice.path);
    (void)text_format(later, sizeof later, "%s/below/later", slice.path);
    live_make(bench.hierarchy.root, below);
    live_make(bench.hierarchy.root, later);
    assert_true(is_off(below) && is_off(later)); /* the kernel has it so */
    assert_int_equal(takeover_sweep(&takeover), 0);
    assert_false(is_off(below) || is_off(later));
    assert_true(is_off(slice.path));
    live_write(bench.hierarchy.root, later, "memory.oom_control", "1");
    assert_int_equal(journal_undo_all(&bench.journal, NULL), 0);
    assert_false(is_off(slice.path) || is_off(below) || is_off(later));
}

static void who_is_gone_is_seen_to_be(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    char path[PATH_MAX];
    take_it();
    (void)text_format(path, sizeof path, "%s%s", bench.hierarchy.root, slice.path);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(takeover_look(&takeover, &look), -ENODEV);
    journal_sweep(&bench.journal);
    assert_int_equal(bench_journalled(&bench), 0);
}

static void a_limit_that_is_raised_meanwhile_goes_back_as_far_as_it_came(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    if (!is_v2())
        skip();
    set_limit(LIMIT_HARD, LIMIT);
    set_limit(LIMIT_SOFT, LIMIT);
    struct action action = bench_action(ACTION_RAISE, &slice);
    action.bytes = 2 * LIMIT;
    assert_int_equal(apply(&action), RESULT_DONE);
    assert_int_equal(take(), 0);
    assert_int_equal(high(), takeover_room(2 * LIMIT));
    assert_int_equal(journal_undo_all(&bench.journal, NULL), 0);
    assert_int_equal(high(), LIMIT);
    assert_int_equal(bench_journalled(&bench), 0);
}

static void takeovers_leave_the_journal_to_others(void **state)
{
    (void)state;
    SKIP_IF_NOT_LIVE();
    struct journal_entry entry = {.kind = JOURNAL_OOM, .life = life()};
    (void)text_format(
        entry.directory, sizeof entry.directory, "%s%s", bench.hierarchy.root, slice.path);
    for (int i = 0; i < JOURNAL_TAKEOVERS; i++)
        assert_true(journal_add(&bench.journal, &entry) >= 0);
    assert_int_equal(journal_add(&bench.journal, &entry), -ENOSPC);
    struct action action = bench_action(ACTION_THROTTLE, &slice);
    action.bytes = LIMIT;
    assert_int_equal(apply(&action), RESULT_DONE);
}

/* Seconds until one task that takes all that it can has come from the beginning of the room to its
 * end, by mm/memcontrol.c: for each batch of 64 pages it sleeps 64 * (over / high)^2 seconds, but
 * no more than 2, and not at all below 10 ms. */
static double seconds_in_room(uint64_t limit)
{
    const double batch = 64 * 4096, most = 2, least = 0.01;
    double high = (double)takeover_room(limit), seconds = 0;
    for (double has = high; has < (double)limit; has += batch) {
        double over = (has - high) / high, sleep = 64 * over * over;
        seconds += sleep < least ? 0 : sleep > most ? most : sleep;
    }
    return seconds;
}

static void the_room_is_large_enough_and_no_larger(void **state)
{
    (void)state;
    assert_true(seconds_in_room(32 * MIB) > 5);
    for (uint64_t limit = 128 * MIB; limit <= 512 * 1024 * MIB; limit *= 2) {
        assert_in_range((uint64_t)seconds_in_room(limit), 25, 3600);
        assert_true(takeover_room(limit) >= limit - limit / 8 - 65536);
    }
}

int main(void)
{
#define TAKEOVER_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down_takeover)
    const struct CMUnitTest tests[] = {
        TAKEOVER_TEST(it_is_taken_over_and_given_back),
        TAKEOVER_TEST(so_does_whoever_replays_the_journal),
        TAKEOVER_TEST(who_has_no_limit_keeps_the_kernels),
        TAKEOVER_TEST(another_life_keeps_the_kernels),
        TAKEOVER_TEST(what_somebody_else_has_set_is_left_alone),
        TAKEOVER_TEST(its_tasks_wait_instead_of_being_killed),
        TAKEOVER_TEST(a_raised_limit_lets_them_go_on),
        TAKEOVER_TEST(a_reset_of_who_waits_is_done),
        TAKEOVER_TEST(who_is_born_below_has_a_killer_of_its_own),
        TAKEOVER_TEST(who_is_gone_is_seen_to_be),
        TAKEOVER_TEST(a_limit_that_is_raised_meanwhile_goes_back_as_far_as_it_came),
        TAKEOVER_TEST(takeovers_leave_the_journal_to_others),
        cmocka_unit_test(the_room_is_large_enough_and_no_larger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
