#include "mom/cli/gaps.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

int64_t gaps_usual_step(const int64_t *time, size_t count, int64_t *scratch)
{
    if (count < 3)
        return 0;
    for (size_t i = 1; i < count; i++)
        scratch[i - 1] = time[i] - time[i - 1];
    qsort(scratch, count - 1, sizeof *scratch, compare);
    return scratch[(count - 1) / 2];
}
