#include "mom/governor/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void allocate(void)
{
    void *volatile taken = (malloc)(16);
    (free)(taken);
}

/* libc allocates behind opendir. */
static void allocate_by_libc(void)
{
    (void)closedir(opendir("/"));
}

static void take_a_lock(void)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    (void)pthread_mutex_lock(&lock);
}

static void try_a_lock(void)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    (void)pthread_mutex_trylock(&lock);
}

static void wait_for_a_disk(void)
{
    (void)fsync(STDIN_FILENO);
}

static void open_on_a_disk(void)
{
    (void)close(open("/proc/self/exe", O_RDONLY)); /* the file behind it */
}

static void open_of_the_kernel(void)
{
    (void)close(open("/proc/self/stat", O_RDONLY));
}

/* How a sealed child ends that does this: a signal's number, or 0. */
static int end_of(enum seal seal, void (*deed)(void))
{
    int status;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)close(STDERR_FILENO);
        (void)signal(SIGABRT, SIG_DFL);
        seal_thread(seal);
        deed();
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void a_sealed_thread_that_allocates_aborts(void **state)
{
    (void)state;
    assert_int_equal(end_of(SEAL_ALLOCATION, allocate), SIGABRT);
    assert_int_equal(end_of(SEAL_ALLOCATION, allocate_by_libc), SIGABRT);
    assert_int_equal(end_of(SEAL_WAITING, allocate), SIGABRT);
    assert_int_equal(end_of(SEAL_ALLOCATION, take_a_lock), 0);
    assert_int_equal(end_of(SEAL_ALLOCATION, wait_for_a_disk), 0);
    assert_int_equal(end_of(SEAL_ALLOCATION, open_on_a_disk), 0);
}

static void a_thread_that_must_not_wait_aborts_where_it_might(void **state)
{
    (void)state;
    assert_int_equal(end_of(SEAL_WAITING, take_a_lock), SIGABRT);
    assert_int_equal(end_of(SEAL_WAITING, wait_for_a_disk), SIGABRT);
    assert_int_equal(end_of(SEAL_WAITING, open_on_a_disk), SIGABRT);
    assert_int_equal(end_of(SEAL_WAITING, try_a_lock), 0);
    assert_int_equal(end_of(SEAL_WAITING, open_of_the_kernel), 0);
}

static void an_unsealed_thread_may_allocate(void **state)
{
    (void)state;
    seal_thread(SEAL_WAITING);
    seal_thread(SEAL_NONE);
    allocate();
    allocate_by_libc();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sealed_thread_that_allocates_aborts),
        cmocka_unit_test(a_thread_that_must_not_wait_aborts_where_it_might),
        cmocka_unit_test(an_unsealed_thread_may_allocate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
