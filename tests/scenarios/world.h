/* A node made of numbers: memory, swap and slices that grow by laws. As much of a kernel as
 * decisions depend on, and no more:
 *
 *   demand      of each slice: anon, shmem, kernel and cache, each the sum of its laws
 *   high        what a slice has above it, cache aside, goes to swap, where there is some; else it
 *               has it. Unless it is idle, it misses what is there, and is kept waiting
 *   limit       so too; but where there is no swap the kernel ends its process with the most
 *   watermark   below 5 % available the kernel swaps out: what is idle first, then everybody by
 *               share, at most 200 MiB/s
 *   pressure    15 % of time stalled while the swap device is all that goes; 60 % once swap is full
 *               and less than 2 % is available; averaged over 10 s
 *   oom         nothing available: the kernel ends the process with the most anon and swap
 *
 * A group with a limit is a world of its own, of the slices in it: its limit is the memory.
 *
 * Real machines are in tests/vm; what is simulated here is only what must be said about the node.
 */
#ifndef TESTS_SCENARIOS_WORLD_H
#define TESTS_SCENARIOS_WORLD_H

#include "slices/sample.h"

#include <stdbool.h>
#include <stdint.h>

enum channel { CHANNEL_ANON, CHANNEL_SHMEM, CHANNEL_KERNEL, CHANNEL_CACHE, CHANNELS };
extern const char *const channel_names[CHANNELS];

enum law_kind {
    LAW_GROWS,     /* size bytes a second, until `most` is reached; negative: falls */
    LAW_SATURATES, /* size x (1 - exp(-t / period)) */
    LAW_SAWS,      /* from 0 to size in a period, then from 0 again */
    LAW_STEPS,     /* size more at the end of each period */
    LAW_SWINGS,    /* from 0 to size and back, as a day does, by the clock */
    LAW_WOBBLES    /* between -size and size, another value each period */
};

struct law {
    enum law_kind kind;
    enum channel channel;
    double size, most;
    int64_t period_usec, since_usec;
    int64_t ahead_usec; /* of those that come again: so far into its period it is at the start */
};
#define LAWS_MAX 8

struct body {       /* a slice's memory */
    unsigned group; /* with a limit; 0: none */
    uint64_t mems;  /* memory nodes that it is bound to, if these are the group */
    double base[CHANNELS], level[CHANNELS];
    struct law law[LAWS_MAX];
    unsigned laws;
    double swapped; /* of anon */
    bool squeezed;  /* by its own limits: it has something in swap because of them */
    uint64_t limit, high;
    uint32_t processes; /* that share its memory alike */
    uint64_t oom_kills;
    uint64_t seed;
    bool exists, idle;
    int64_t frozen_usec; /* since when it stands still; 0: it doesn't */
};

struct world {
    unsigned group;              /* whose world it is; 0: the node's */
    double memory, kernel, swap; /* bytes; kernel: what belongs to no slice */
    bool zram, no_swap_info, no_available, psi_absent, psi_stuck;
    double psi_full_set; /* per cent said by the scenario; negative: by the model */
    bool swapping_off;   /* nobody touches swap: it stays as it is */

    double psi_full, psi_full_total_usec;
    double pswpout, allocstall;
    uint64_t oom_kills;
    int64_t now_usec;
};

void world_init(struct world *world);

/* Adds a law; false: too many. */
bool body_add_law(struct body *body, const struct law *law);
/* Makes of one law for many one of this body's own: half to one and a half times as much, and from
 * another moment of its period on. */
void body_scatter_law(const struct body *body, struct law *law);
/* All laws end, and what they have made stays. */
void body_steady(struct body *body, int64_t now_usec);
/* It stands still, and what it would have done meanwhile it does later. */
void body_freeze(struct body *body, int64_t now_usec);
void body_thaw(struct body *body, int64_t now_usec);
void body_take(struct body *body, enum channel channel, double bytes);

/* The slice's own limits, with some of it in swap, would let it have so much less: what can go to
 * swap does. False: it has more than that still. */
bool world_squeeze(
    const struct world *world, struct body *bodies, uint32_t count, uint32_t which, uint64_t limit);

/* So much of the slice goes to swap. False: it was less. */
bool world_reclaim(
    const struct world *world, struct body *bodies, uint32_t count, uint32_t which, uint64_t bytes);

/* Brings everything to `now_usec`. Returns the index of the body in which the kernel killed a
 * process, or -1. */
int world_step(struct world *world, struct body *bodies, uint32_t count, int64_t now_usec);

double world_available(const struct world *world, const struct body *bodies, uint32_t count);
void world_sample_node(const struct world *world, const struct body *bodies, uint32_t count,
    struct stamp at, struct node_sample *ret);
void world_sample_slice(const struct body *body, struct stamp at, struct sample *ret);

#endif
