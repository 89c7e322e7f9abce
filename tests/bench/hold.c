/* Makes a crowd, prints its group's path, and keeps it until SIGINT or SIGTERM.
 * usage: bench_hold [GROUPS] */
#include "tests/bench/crowd.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static void wait_for_the_end(void)
{
    sigset_t both, before;
    (void)sigemptyset(&both);
    (void)sigaddset(&both, SIGINT);
    (void)sigaddset(&both, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &both, &before);
    while (!crowd_interrupted())
        (void)sigsuspend(&before);
}

int main(int argc, char **argv)
{
    uint32_t count = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000;
    struct hierarchy hierarchy;
    struct crowd crowd = {.count = 0};
    struct mom_error error = {0};
    int r = hierarchy_open(NULL, &hierarchy, &error);
    if (r == 0)
        r = crowd_open(&crowd, &hierarchy, count, &error);
    if (r == 0) {
        (void)printf("%s\n", crowd.path);
        (void)fflush(stdout);
        wait_for_the_end();
    } else {
        (void)fprintf(stderr, "%s\n", error.text);
    }
    crowd_close(&crowd);
    return r < 0;
}
