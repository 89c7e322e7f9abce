/* Through which kind of memory does a slice grow? A footprint's floors don't tell; this compares
 * each part of it with its own exponentially weighted mean over LEAK_CHANNEL_USEC, which a steady
 * growth of r bytes a second is ahead of by r x LEAK_CHANNEL_USEC. Where most goes into swap, what
 * leaks is paged out: the resident memory may shrink all the while.
 *
 * Pure; times are the detector's. Thread: whoever owns the struct. */
#ifndef POLICY_LEAK_CHANNEL_H
#define POLICY_LEAK_CHANNEL_H

#include "slices/sample.h"

#include <stdint.h>

enum leak_channel {
    LEAK_CHANNEL_UNKNOWN,
    LEAK_CHANNEL_ANON,   /* anonymous memory that is resident */
    LEAK_CHANNEL_SHMEM,  /* tmpfs and shared memory */
    LEAK_CHANNEL_KERNEL, /* stacks, sockets, and slab that can't be reclaimed */
    LEAK_CHANNEL_SWAP,   /* swap less what lies in the swap cache, too */
    LEAK_CHANNELS
};
/* "unknown", "anon", "shmem", "kernel", "swap" */
extern const char *const leak_channel_names[LEAK_CHANNELS];

/* Three hours: a mean that forgets within a working day, and that no minute's noise moves. */
#define LEAK_CHANNEL_USEC (3 * INT64_C(3600000000))
/* Growth of all parts together of less than this says nothing. */
#define LEAK_CHANNEL_LEAST (1.0 * 1024 * 1024)

/* All zero at first. */
struct leak_channels {
    int64_t at_usec; /* of the newest sample; 0: none yet */
    double mean[LEAK_CHANNELS];
};

/* Takes the sample; returns the channel that is farthest ahead of its mean, where it makes at least
 * half of all that are ahead, else LEAK_CHANNEL_UNKNOWN. */
enum leak_channel leak_channels_add(
    struct leak_channels *channels, int64_t t_usec, const struct sample *sample);

#endif
