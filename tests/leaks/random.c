#include "tests/leaks/random.h"

#include <math.h>

uint64_t random_hash(const char *text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return hash;
}

struct random random_seeded(const char *text, uint64_t number)
{
    return (struct random){random_hash(text) ^ number * UINT64_C(0xd1342543de82ef95)};
}

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t next(struct random *random)
{
    uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

double random_between(struct random *random, double low, double high)
{
    return low + (high - low) * (double)(next(random) >> 11) * 0x1p-53;
}

/* Box & Muller 1958. */
double random_normal(struct random *random)
{
    double u = random_between(random, 0x1p-53, 1), v = random_between(random, 0, 1);
    return sqrt(-2 * log(u)) * cos(2 * 3.14159265358979323846 * v);
}
