/* What a reset of a slice is worth when the node is short.
 *
 *   score = weight(leak) x worth x (INNOCENT_PART + (1 - INNOCENT_PART) x guilt)        in bytes
 *
 *   worth      resident + swapped / 2 + shmem / 2: what a reset gives back
 *     resident   anon + kernel part: the memory that comes free at once
 *     swapped    swap - swapcached, by half: it makes room on the swap device, but no memory until
 *                the kernel has swapped something else out there
 *     shmem      tmpfs and shared memory, by half: nobody knows whether it outlives the processes
 *   guilt      0 to 1: the slice's part in what all slices have taken within a minute, ten minutes,
 *              an hour and a half; the mean of the three, so that who goes on taking is guiltier
 *              than who did so once. An idle slice that was swapped out has taken nothing: it is
 *              the one that suffers from the others. Who has not grown at all still counts a tenth
 *              of its worth, for when nobody has. Where all have taken next to nothing, it is the
 *              slice's part in what was brought back by major faults within a minute, if that is
 *              more: who cycles through more than there is room for pushes the others out. (Where
 *              somebody takes, faults tell who suffers.)
 *   weight     none 1, suspected 1.5, confirmed 4: a leak will be as large again soon, whereas
 *              large and steady is just large. A shape that ends (bounded, saturating) weighs 1.
 *
 * A policy may choose another formula (enum formula); rank, protection and holds go before any.
 *
 * Page cache doesn't count, as the kernel takes it back by itself. No term comes from lifetime
 * totals, so age is no guilt. */
#ifndef POLICY_DECIDE_SCORE_H
#define POLICY_DECIDE_SCORE_H

#include "policy/file/policy.h"
#include "policy/leak/leak.h"

#include <stdbool.h>
#include <stdint.h>

struct watch;

#define SCORE_INNOCENT_PART 0.1

/* Backwards from now; floors are by the detector's time (time_scale). */
enum score_horizon { SCORE_MINUTE, SCORE_TEN_MINUTES, SCORE_HOUR_AND_A_HALF, SCORE_HORIZONS };

/* Bytes by which footprints have grown within each horizon; of one slice or of all. */
struct score_taken {
    double bytes[SCORE_HORIZONS];
    double faulted; /* bytes brought back by major faults within a minute */
};

/* Who shrank has taken nothing. */
struct score_taken score_taken(const struct watch *watch);
void score_taken_add(struct score_taken *sum, const struct score_taken *taken);

/* The score with its terms. */
struct score {
    double resident, swapped;     /* bytes: half of shmem is left out, swap not halved yet */
    double share[SCORE_HORIZONS]; /* in what all have taken within each horizon, 0 to 1 */
    double churn;                 /* in what was brought back, where all have taken nothing */
    double guilt;                 /* the mean of the shares, or the churn where that is more */
    double weight;                /* of the leak */
    double value;                 /* by the formula */
    enum unit unit;               /* of the value */
};

/* All together count as SCORE_NOTABLE of the node's memory at least: of next to nothing nobody is
 * guilty. `memory` 0: unknown. */
#define SCORE_NOTABLE 0.05
struct score score_slice(
    const struct watch *watch, enum formula formula, const struct score_taken *all, double memory);

/* Bytes of memory and swap that a reset of the whole slice would free now (sample_gives_back), less
 * what the last one has left; 0 while unknown. Where its jobs are independent, that is more than
 * the one that goes has: which one that will be is seen only then. */
uint64_t score_gives_back(const struct watch *watch);

/* What of that is in memory and not in swap. */
uint64_t score_resident(const struct watch *watch);

/* The verdict, but none where the shape says that the growth ends. */
enum leak_verdict score_leak(const struct leak_report *report);

#endif
