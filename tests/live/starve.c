/* starve LIBRARY FIRST LAST STEP MSEC PROGRAM ARGUMENT... : runs the program once for each N from
 * FIRST to LAST, with its Nth allocation failing (failing_alloc.c), and asked to end after MSEC (0:
 * it ends by itself). It may fail, with words and a status, but not by a signal, nor hang. Prints
 * how many runs there were and how many failed with words; the first few that did worse, and then
 * ends with 1. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MSEC = 30000, AT_ONCE_MOST = 8, SHOWN = 10 };

struct run {
    long number;
    pid_t pid; /* 0: none */
    int pidfd, words_fd;
};

struct tally {
    long runs, failed, worse;
};

static void start(struct run *run, const char *library, char **command, long number)
{
    run->number = number;
    run->words_fd = memfd_create("words", MFD_CLOEXEC);
    /* Asked to end before it has got so far, it ends when it has: blocked from its first moment on,
     * as a busy machine may let a child wait for long. */
    sigset_t end, before;
    (void)sigemptyset(&end);
    (void)sigaddset(&end, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &end, &before);
    run->pid = fork();
    if (run->pid == 0) {
        char text[32];
        (void)snprintf(text, sizeof text, "%ld", number);
        (void)dup2(run->words_fd, STDERR_FILENO);
        (void)dup2(run->words_fd, STDOUT_FILENO);
        (void)setenv("LD_PRELOAD", library, 1);
        (void)setenv("FAIL_AT", text, 1);
        (void)execv(command[0], command);
        _exit(127);
    }
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    run->pidfd = pidfd_open(run->pid, 0);
}

static void complain(
    struct tally *tally, const struct run *run, const char *what, const char *words)
{
    if (++tally->worse <= SHOWN)
        (void)printf("allocation %ld: %s\n%s\n", run->number, what, words);
}

static void finish(struct run *run, int after_msec, struct tally *tally)
{
    static char words[65536];
    char what[64];
    int status = 0;
    struct pollfd end = {.fd = run->pidfd, .events = POLLIN};
    if (after_msec > 0 && poll(&end, 1, after_msec) == 0)
        (void)kill(run->pid, SIGTERM);
    bool in_time = poll(&end, 1, PATIENCE_MSEC) > 0;
    if (!in_time)
        (void)kill(run->pid, SIGKILL);
    (void)waitpid(run->pid, &status, 0);
    ssize_t n = pread(run->words_fd, words, sizeof words - 1, 0);
    words[n > 0 ? n : 0] = '\0';
    (void)close(run->pidfd);
    (void)close(run->words_fd);
    run->pid = 0;
    tally->runs++;
    bool silent = strncmp(words, "allocations: ", 13) == 0 || !words[0];
    (void)snprintf(what, sizeof what, "signal %d", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    if (!in_time)
        complain(tally, run, "hangs", words);
    else if (WIFSIGNALED(status))
        complain(tally, run, what, words);
    else if (WEXITSTATUS(status) != 0 && silent)
        complain(tally, run, "fails without a word", words);
    else if (WEXITSTATUS(status) != 0)
        tally->failed++;
}

int main(int argc, char **argv)
{
    if (argc < 7) {
        (void)fprintf(stderr, "usage: starve LIBRARY FIRST LAST STEP MSEC PROGRAM ARGUMENT...\n");
        return 2;
    }
    long last = atol(argv[3]), step = atol(argv[4]);
    long at_once = sysconf(_SC_NPROCESSORS_ONLN);
    at_once = at_once < AT_ONCE_MOST ? at_once : AT_ONCE_MOST;
    struct run run[AT_ONCE_MOST] = {{0}};
    struct tally tally = {0};
    int after_msec = atoi(argv[5]);
    long next = 0;
    for (long number = atol(argv[2]); number <= last; number += step, next = (next + 1) % at_once) {
        if (run[next].pid > 0)
            finish(&run[next], after_msec, &tally);
        start(&run[next], argv[1], argv + 6, number);
    }
    for (long i = 0; i < at_once; i++)
        if (run[i].pid > 0)
            finish(&run[i], after_msec, &tally);
    (void)printf(
        "%ld runs, %ld failed with words, %ld did worse\n", tally.runs, tally.failed, tally.worse);
    return tally.worse > 0 || tally.runs == 0;
}
