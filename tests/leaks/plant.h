/* What is laid on top of a healthy slice: a leak, or what is easily taken for one. */
#ifndef TESTS_LEAKS_PLANT_H
#define TESTS_LEAKS_PLANT_H

#include "tests/leaks/random.h"
#include "tests/leaks/series.h"

enum plant {
    PLANT_LINEAR,
    PLANT_STAIRCASE,
    PLANT_STOP_AND_GO,
    PLANT_LOAD,               /* in proportion to a load that follows the day */
    PLANT_COLLECTED,          /* a garbage collector's saw-tooth whose floor rises */
    PLANT_ACCELERATING,       /* with the square of time */
    PLANT_RESTARTED,          /* restarted at every 30 % of the way, and leaks again */
    PLANT_SWAPPED,            /* linear, but paged out: the resident part shrinks */
    PLANT_LEAKS,              /* those above leak, those below do not */
    PLANT_SHAM = PLANT_LEAKS, /* nothing at all */
    PLANT_WARM_UP_6,          /* 1 - exp(-t/6 h) */
    PLANT_WARM_UP_36,
    PLANT_SHIFT, /* one step to a new level */
    PLANT_TWO_STEPS,
    PLANT_LOGARITHM,
    PLANT_CACHE, /* linear up to a cap, then flat */
    PLANT_DAILY, /* a cycle that was not there before */
    PLANT_BATCH,
    PLANT_SPIKES,
    PLANTS
};
extern const char *const plant_names[PLANTS];

/* One of them, with what was drawn for it. */
struct planted {
    enum plant plant;
    double headroom; /* bytes: what a leak takes in all */
    double duration; /* seconds until a leak has it */
    double size;     /* bytes: of what does not leak, or of a saw-tooth */
    double period, at, second_at, phase;
    double stair[32]; /* ages at which a stair is reached, or at which a go begins, ascending */
    int stairs;
};

struct planted plant_draw(
    enum plant plant, double headroom, double duration, struct random *random);

/* Bytes that it holds `age` seconds after it began. `random`: for what comes and goes by chance. */
double plant_holds(const struct planted *planted, double age, struct random *random);

/* Bytes of a footprint that are resident. */
double plant_resident(const struct planted *planted, double holds, double footprint);

#endif
