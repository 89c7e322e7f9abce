/* Random numbers that are the same on every machine: each corpus has its own fixed seed. */
#ifndef TESTS_LEAKS_RANDOM_H
#define TESTS_LEAKS_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t state;
};

/* Seeds of different texts or numbers give sequences that have nothing to do with each other. */
struct random random_seeded(const char *text, uint64_t number);

double random_between(struct random *random, double low, double high);
double random_normal(struct random *random); /* mean 0, deviation 1 */

/* FNV-1a, 64 bits: of whatever is to be split or seeded by name. */
uint64_t random_hash(const char *text);

#endif
