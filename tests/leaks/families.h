/* Made-up healthy slices, for where no real traces are at hand, and for short histories. */
#ifndef TESTS_LEAKS_FAMILIES_H
#define TESTS_LEAKS_FAMILIES_H

#include "tests/leaks/random.h"
#include "tests/leaks/series.h"

enum family {
    FAMILY_STEADY,    /* a level with noise that remembers a few minutes */
    FAMILY_DAILY,     /* follows the day; no two days are the same */
    FAMILY_BATCH,     /* jobs come, stay and go */
    FAMILY_COLLECTED, /* a garbage collector's saw-tooth */
    FAMILY_WANDERING, /* drifts for hours around a level (Ornstein-Uhlenbeck) */
    FAMILY_BURSTING,  /* a level with short bursts far above it */
    FAMILIES
};
extern const char *const family_names[FAMILIES];

/* Appends a life of the family, from `start` (Unix seconds) on. Limit, level and habits are drawn.
 */
void family_live(struct series *series, enum family family, struct random *random, int64_t start,
    int64_t seconds, int64_t step);

#endif
