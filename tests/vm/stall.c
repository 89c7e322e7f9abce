/* stall THREAD: one thread of another process stands still until this program is ended. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    pid_t thread = argc == 2 ? (pid_t)strtol(argv[1], NULL, 10) : 0;
    int status;
    if (thread <= 0) {
        (void)fprintf(stderr, "usage: stall THREAD\n");
        return 64;
    }
    if (ptrace(PTRACE_SEIZE, thread, NULL, NULL) < 0 ||
        ptrace(PTRACE_INTERRUPT, thread, NULL, NULL) < 0 || waitpid(thread, &status, __WALL) < 0) {
        perror(argv[1]);
        return 1;
    }
    for (;;)
        (void)pause();
}
