/* What a new daemon's detector has of an old one's: floors, as the database gives them back, and
 * nothing else. */
#ifndef TESTS_LEAKS_RESTART_H
#define TESTS_LEAKS_RESTART_H

#include "policy/leak/leak.h"

static inline void hand_over_floors(
    struct leak_detector *detector, const struct leak_detector *before)
{
    uint32_t floors[WINDOW_HALVES];
    for (enum window_scale scale = 0; scale < WINDOW_SCALES; scale++) {
        uint32_t count = window_bins[scale];
        for (uint32_t i = 0; i < count; i++)
            floors[i] = window_floor(&before->window, scale, count - 1 - i);
        leak_preload(detector, scale,
            (before->window.newest_bin[scale] - count + 1) * window_bin_usec[scale], floors, count);
    }
    leak_preload_end(detector);
}

#endif
