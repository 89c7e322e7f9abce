/* Many groups with a sleeping process in each, until SIGTERM: then it ends and removes them.
 * usage: many_groups COUNT
 * Prints the path of the group that they hang below once all are there: "/mom-test-crowd-PID". */
#include "tests/bench/crowd.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { NAP_USEC = 100000 };

int main(int argc, char **argv)
{
    struct hierarchy hierarchy = {.root_fd = -1};
    struct crowd crowd = {0};
    struct mom_error error = {0};
    int count = argc == 2 ? atoi(argv[1]) : 0;
    if (count < 1) {
        (void)fprintf(stderr, "usage: many_groups COUNT\n");
        return 64;
    }
    int r = hierarchy_open(NULL, &hierarchy, &error);
    if (r == 0)
        r = crowd_open(&crowd, &hierarchy, (uint32_t)count, &error);
    if (r == 0) {
        (void)puts(crowd.path);
        (void)fflush(stdout);
        while (!crowd_interrupted())
            (void)usleep(NAP_USEC);
    } else {
        (void)fprintf(stderr, "many_groups: %s\n", error.text);
    }
    crowd_close(&crowd);
    hierarchy_close(&hierarchy);
    return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
