/* For limits of time inside one call: what happens when is stamped by the caller. Inner header of
 * slices/read and slices/act. */
#ifndef SLICES_READ_MONOTONIC_H
#define SLICES_READ_MONOTONIC_H

#include <stdint.h>
#include <time.h>

static inline int64_t monotonic_usec(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000ll + now.tv_nsec / 1000;
}

#endif
