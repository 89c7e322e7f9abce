/* Forks without end: each process has two children and goes, so that no list of pids stays true. At
 * the limit of its group (pids.max) it tries again until there is room. Nothing else bounds it: for
 * a virtual machine only. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PAUSE_USEC = 20000, CHILDREN = 2 };

int main(void)
{
    if (access("/run/mom-vm", F_OK) < 0) {
        (void)fprintf(stderr, "fork_bomb: for a virtual machine only\n");
        return EXIT_FAILURE;
    }
    (void)signal(SIGCHLD, SIG_IGN); /* nobody has to be buried */
    for (int children = 0; children < CHILDREN;) {
        (void)usleep(PAUSE_USEC);
        pid_t child = fork();
        if (child == 0)
            children = 0; /* a life of its own */
        else if (child > 0)
            children++;
    }
    return EXIT_SUCCESS;
}
