/* What the leak detector costs a slice: its size, and the time of a sample, amortised over a week
 * of 10 s samples (it evaluates when a floor is complete, not at each sample). */
#include "policy/leak/leak.h"
#include "slices/sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { WEEK_SEC = 7 * 24 * 3600, TICK_SEC = 10 };

static double cpu_usec(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* `leak` bytes a second on top of a noise of up to 64 MiB. */
static void measure(const char *what, uint64_t leak)
{
    static struct leak_detector detector;
    const uint64_t gib = 1ull << 30;
    double longest = 0, begin = cpu_usec();
    leak_init(&detector, true);
    for (uint64_t t = 0; t < WEEK_SEC; t += TICK_SEC) {
        uint64_t footprint = gib + leak * t + ((uint64_t)rand() % 16384) * WINDOW_PAGE;
        double before = cpu_usec();
        (void)leak_add(&detector, (int64_t)t * 1000000, footprint, 8 * gib);
        double took = cpu_usec() - before;
        longest = took > longest ? took : longest;
    }
    double usec = (cpu_usec() - begin) / (WEEK_SEC / TICK_SEC);
    (void)printf("  %-12s %.2f us a sample, %.0f us the longest; verdict %s\n", what, usec, longest,
        leak_verdict_names[detector.report.verdict]);
}

int main(void)
{
    (void)printf("leak detector: %zu bytes a slice\n", sizeof(struct leak_detector));
    measure("steady", 0);
    measure("leaking", 5000);
    return 0;
}
