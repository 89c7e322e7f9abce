/* Noise that is the same on every run. */
#ifndef TESTS_LEAK_SERIES_H
#define TESTS_LEAK_SERIES_H

#include <stdint.h>

/* Numerical Recipes' linear congruential generator, upper bits; even over -1..1. */
static inline double noise(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
    return (double)(*seed >> 33) / (double)(1u << 30) - 1;
}

#endif
