#include "mom/governor/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
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

static void allocate_nothing(void)
{
    (void)close(open("/", O_RDONLY));
}

/* How a sealed child ends that does this: a signal's number, or 0. */
static int end_of(void (*deed)(void))
{
    int status;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)close(STDERR_FILENO);
        (void)signal(SIGABRT, SIG_DFL);
        seal_thread(true);
        deed();
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void a_sealed_thread_that_allocates_aborts(void **state)
{
    (void)state;
    assert_int_equal(end_of(allocate), SIGABRT);
    assert_int_equal(end_of(allocate_by_libc), SIGABRT);
    assert_int_equal(end_of(allocate_nothing), 0);
}

static void an_unsealed_thread_may_allocate(void **state)
{
    (void)state;
    seal_thread(true);
    seal_thread(false);
    allocate();
    allocate_by_libc();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sealed_thread_that_allocates_aborts),
        cmocka_unit_test(an_unsealed_thread_may_allocate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
