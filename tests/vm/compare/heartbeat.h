/* What the heartbeat tells the referee, in a file that both map. Times of CLOCK_BOOTTIME. */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

struct heartbeat {
    _Atomic int64_t beat_usec;  /* when it last beat */
    _Atomic int64_t worst_usec; /* the longest between two beats; the referee sets it to 0 */
};
