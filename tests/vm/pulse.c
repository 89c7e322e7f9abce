/* pulse FILE SECONDS: how long the guard pauses between its looks, by the sign of life that it
 * gives before each. Prints "COUNT MEDIAN WORST", the pauses in milliseconds. */
#include "mom/common/heartbeat.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAUSE_USEC = 1000, PAUSES_MAX = 100000 };

static int64_t pauses[PAUSES_MAX];

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        (void)fprintf(stderr, "usage: pulse HEARTBEAT-FILE SECONDS\n");
        return 64;
    }
    int64_t first = 0, last = 0, most = strtol(argv[2], NULL, 10) * 1000000;
    size_t count = 0;
    while (last - first < most && count < PAUSES_MAX) {
        struct heartbeat_page page;
        int r = heartbeat_read(argv[1], &page);
        if (r < 0) {
            (void)fprintf(stderr, "%s: %s\n", argv[1], strerror(-r));
            return 1;
        }
        int64_t beat = page.beat_usec[HEART_GUARD];
        if (first == 0)
            first = last = beat;
        if (beat != last)
            pauses[count++] = beat - last;
        last = beat;
        (void)usleep(PAUSE_USEC);
    }
    qsort(pauses, count, sizeof *pauses, compare);
    if (count > 0)
        (void)printf("%zu %" PRId64 " %" PRId64 "\n", count, pauses[count / 2] / 1000,
            pauses[count - 1] / 1000);
    return count > 0 ? 0 : 1;
}
