/* The sampler against the truth, on this machine's tree, v1 or v2. */
#include "slices/read/sampler.h"

#include "slices/base/text.h"
#include "tests/unit/read/live.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#define MIB (1ull << 20)

static const struct stamp noon = {.boot_usec = 12, .unix_usec = 13};
static struct hierarchy hierarchy;

static int set_up(void **state)
{
    (void)state;
    (void)live_open(&hierarchy);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    if (hierarchy.root_fd >= 0)
        live_clean(&hierarchy);
    return 0;
}

/* Asked of the kernel past the C library, and filled by it: what a sanitizer keeps about memory
 * that it knows of would count into the group. */
static void take_anon(void *argument)
{
    size_t size = *(const size_t *)argument;
    if (syscall(SYS_mmap, NULL, size, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0L) < 0)
        abort();
}

/* A tmpfs file without a name, so that it ends with its process. */
static void take_tmpfs(void *argument)
{
    size_t size = *(const size_t *)argument;
    int fd = open("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0 || posix_fallocate(fd, 0, (off_t)size) != 0)
        abort();
}

static uint64_t tolerance_of(uint64_t truth)
{
    return truth * 3 / 100 > 2 * MIB ? truth * 3 / 100 : 2 * MIB;
}

static void assert_about(uint64_t bytes, uint64_t truth)
{
    assert_in_range(bytes, truth - tolerance_of(truth), truth + tolerance_of(truth));
}

/* What a process has taken may be in the kernel's books a moment later only: who reads while
 * somebody else adds up the processors' counts gets what has been added so far. */
static void read_settled(
    struct sampler *sampler, const struct slice *slice, uint64_t anon, struct sample *ret)
{
    enum { TRIES = 30, PAUSE_USEC = 100000 };
    for (int i = 0; i < TRIES; i++) {
        assert_int_equal(sampler_read(sampler, slice, noon, true, ret), 0);
        if (ret->value[SAMPLE_ANON] + tolerance_of(anon) >= anon)
            return;
        (void)usleep(PAUSE_USEC);
    }
}

static struct sampler *open_sampler(void)
{
    struct sampler *sampler;
    struct mom_error error;
    assert_int_equal(sampler_open(&hierarchy, 8, 1, &sampler, &error), 0);
    return sampler;
}

static void anon_and_tmpfs_are_told_apart_and_nested_groups_count(void **state)
{
    (void)state;
    if (hierarchy.root_fd < 0)
        skip();
    char path[SLICE_PATH_MAX], nested[SLICE_PATH_MAX];
    live_path(path, "truth");
    assert_int_equal(text_format(nested, sizeof nested, "%s/n", path), 0);
    live_make(hierarchy.root, path);
    live_make(hierarchy.root, nested);
    size_t anon = 48 * MIB, tmpfs = 24 * MIB;
    (void)live_spawn(&hierarchy, path, NULL, take_tmpfs, &tmpfs);
    (void)live_spawn(&hierarchy, nested, NULL, take_anon, &anon);
    struct slice slice = live_slice(&hierarchy, path, 1);
    struct sampler *sampler = open_sampler();
    struct sample sample;
    read_settled(sampler, &slice, anon, &sample);
    assert_about(sample.value[SAMPLE_ANON], anon);
    assert_about(sample.value[SAMPLE_SHMEM], tmpfs);
    assert_about(sample.value[SAMPLE_CURRENT], anon + tmpfs);
    uint64_t footprint;
    assert_true(sample_footprint(&sample, &footprint));
    assert_about(footprint, anon + tmpfs);
    assert_true(sample.value[SAMPLE_LIMIT_MAX] == SAMPLE_NO_LIMIT);
    sampler_close(sampler);
}

static void a_removed_group_keeps_its_last_values(void **state)
{
    (void)state;
    if (hierarchy.root_fd < 0)
        skip();
    char path[SLICE_PATH_MAX];
    live_path(path, "removed");
    live_make(hierarchy.root, path);
    struct slice slice = live_slice(&hierarchy, path, 1);
    struct sampler *sampler = open_sampler();
    struct sample sample;
    assert_int_equal(sampler_read(sampler, &slice, noon, false, &sample), 0);
    uint64_t have = sample.have;
    assert_int_equal(unlinkat(hierarchy.root_fd, path + 1, AT_REMOVEDIR), 0);
    assert_int_equal(sampler_read(sampler, &slice, noon, false, &sample), -ENODEV);
    assert_int_equal(sample.refreshed, 0);
    assert_true(sample.have == have && have != 0);
    live_make(hierarchy.root, path); /* a stranger, under the same path */
    assert_int_equal(sampler_read(sampler, &slice, noon, false, &sample), -ENODEV);
    sampler_forget(sampler, &slice);
    assert_int_equal(sampler_read(sampler, &slice, noon, false, &sample), -ENODEV);
    sampler_close(sampler);
}

struct churn {
    const char *path;
    atomic_bool end;
};

static void *remove_and_make(void *argument)
{
    struct churn *churn = argument;
    while (!atomic_load(&churn->end)) {
        (void)unlinkat(hierarchy.root_fd, churn->path + 1, AT_REMOVEDIR);
        (void)mkdirat(hierarchy.root_fd, churn->path + 1, 0755);
    }
    return NULL;
}

static void groups_may_vanish_between_any_two_reads(void **state)
{
    (void)state;
    if (hierarchy.root_fd < 0)
        skip();
    char path[SLICE_PATH_MAX];
    live_path(path, "churn");
    struct churn churn = {.path = path};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, remove_and_make, &churn), 0);
    struct sampler *sampler = open_sampler();
    unsigned outcomes[2] = {0};
    enum {
        AT_LEAST = 2000,
        AT_MOST = 1000000
    }; /* how soon both outcomes come is the scheduler's */
    for (uint64_t serial = 1;
         serial <= AT_LEAST || ((!outcomes[false] || !outcomes[true]) && serial <= AT_MOST);
         serial++) {
        struct slice slice = {.serial = serial};
        struct stat status;
        struct sample sample;
        (void)text_copy(slice.path, sizeof slice.path, path);
        if (fstatat(hierarchy.root_fd, path + 1, &status, 0) < 0)
            continue;
        slice.life.mount = status.st_dev;
        slice.life.inode = status.st_ino;
        for (int i = 0; i < 2; i++) {
            int r = sampler_read(sampler, &slice, noon, true, &sample);
            assert_true(r == 0 || r == -ENODEV || r == -ENOENT);
            assert_true(r == 0 || sample.refreshed == 0);
            outcomes[r == 0]++;
        }
    }
    atomic_store(&churn.end, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(outcomes[false] > 0 && outcomes[true] > 0);
    sampler_close(sampler);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(anon_and_tmpfs_are_told_apart_and_nested_groups_count),
        TEST(a_removed_group_keeps_its_last_values),
        TEST(groups_may_vanish_between_any_two_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
