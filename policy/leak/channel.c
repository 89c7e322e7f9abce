#include "policy/leak/channel.h"

#include <math.h>

const char *const leak_channel_names[LEAK_CHANNELS] = {
    [LEAK_CHANNEL_UNKNOWN] = "unknown",
    [LEAK_CHANNEL_ANON] = "anon",
    [LEAK_CHANNEL_SHMEM] = "shmem",
    [LEAK_CHANNEL_KERNEL] = "kernel",
    [LEAK_CHANNEL_SWAP] = "swap",
};

static double less(
    const struct sample *sample, enum sample_field whole, enum sample_field reclaimable)
{
    double rest = (double)sample_known(sample, whole) - (double)sample_known(sample, reclaimable);
    return fmax(rest, 0);
}

enum leak_channel leak_channels_add(
    struct leak_channels *channels, int64_t t_usec, const struct sample *sample)
{
    const double now[LEAK_CHANNELS] = {
        [LEAK_CHANNEL_ANON] = (double)sample_known(sample, SAMPLE_ANON),
        [LEAK_CHANNEL_SHMEM] = (double)sample_known(sample, SAMPLE_SHMEM),
        [LEAK_CHANNEL_KERNEL] = less(sample, SAMPLE_KERNEL, SAMPLE_SLAB_RECLAIMABLE),
        [LEAK_CHANNEL_SWAP] = less(sample, SAMPLE_SWAP, SAMPLE_SWAPCACHED),
    };
    double usec = (double)(t_usec - channels->at_usec), all = 0, most = 0;
    double weight =
        channels->at_usec == 0 ? 1 : 1 - exp(-fmax(usec, 0) / (double)LEAK_CHANNEL_USEC);
    enum leak_channel first = LEAK_CHANNEL_UNKNOWN;
    for (enum leak_channel c = LEAK_CHANNEL_ANON; c < LEAK_CHANNELS; c++) {
        channels->mean[c] += weight * (now[c] - channels->mean[c]);
        double ahead = now[c] - channels->mean[c];
        all += fmax(ahead, 0);
        if (ahead > most) {
            most = ahead;
            first = c;
        }
    }
    channels->at_usec = t_usec;
    return all >= LEAK_CHANNEL_LEAST && most >= all / 2 ? first : LEAK_CHANNEL_UNKNOWN;
}
