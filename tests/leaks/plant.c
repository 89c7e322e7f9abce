#include "tests/leaks/plant.h"
#include "tests/leaks/values.h"

#include <math.h>

#define PI 3.14159265358979323846

const char *const plant_names[PLANTS] = {
    [PLANT_LINEAR] = "linear",
    [PLANT_STAIRCASE] = "staircase",
    [PLANT_STOP_AND_GO] = "stop-and-go",
    [PLANT_LOAD] = "with load",
    [PLANT_COLLECTED] = "collected",
    [PLANT_ACCELERATING] = "accelerating",
    [PLANT_RESTARTED] = "restarted",
    [PLANT_SWAPPED] = "into swap",
    [PLANT_SHAM] = "sham",
    [PLANT_WARM_UP_6] = "warm-up 6 h",
    [PLANT_WARM_UP_36] = "warm-up 36 h",
    [PLANT_SHIFT] = "shift",
    [PLANT_TWO_STEPS] = "two steps",
    [PLANT_LOGARITHM] = "logarithm",
    [PLANT_CACHE] = "cache to a cap",
    [PLANT_DAILY] = "daily",
    [PLANT_BATCH] = "batch",
    [PLANT_SPIKES] = "spikes",
};

#define LIVES 0.3 /* of the way that each life of a restarted slice makes */

struct planted plant_draw(enum plant plant, double headroom, double duration, struct random *random)
{
    struct planted planted = {
        .plant = plant,
        .headroom = headroom,
        .duration = duration,
        .phase = random_between(random, 0, 1),
    };
    double part = random_between(random, 0.2, 0.6);
    planted.size = part * headroom;
    planted.at = duration * random_between(random, 0.1, 0.5);
    planted.second_at = duration * random_between(random, 0.5, 0.8);
    planted.period = exp(random_between(random, log(1800), log(6 * HOUR_SEC)));
    if (plant == PLANT_COLLECTED)
        planted.size /= 3;
    planted.stairs = plant == PLANT_STOP_AND_GO ? 8 : (int)random_between(random, 8, 24);
    for (int i = 0; i < planted.stairs; i++)
        planted.stair[i] =
            i == 0 && plant == PLANT_STAIRCASE ? duration : random_between(random, 0, duration);
    values_sort(planted.stair, (size_t)planted.stairs);
    return planted;
}

static double staircase(const struct planted *planted, double age)
{
    int reached = 0;
    while (reached < planted->stairs && planted->stair[reached] <= age)
        reached++;
    return planted->headroom * reached / planted->stairs;
}

/* It grows for half of the time, in as many goes as there are stairs. */
static double stop_and_go(const struct planted *planted, double age)
{
    double go = planted->duration / (2 * planted->stairs), gone = 0, free_from = 0;
    for (int i = 0; i < planted->stairs; i++) {
        double begins = fmax(planted->stair[i], free_from);
        begins = fmin(begins, planted->duration - (planted->stairs - i) * go);
        free_from = begins + go;
        gone += fmin(fmax(age - begins, 0), go);
    }
    return planted->headroom * gone / (planted->stairs * go);
}

/* The integral of 0.2 + 0.8 sin^2 over the day. */
static double load_until(const struct planted *planted, double age)
{
    double angle = 2 * PI / DAY_SEC, shift = 2 * PI * planted->phase;
    return 0.6 * age - 0.4 / angle * (sin(angle * age + shift) - sin(shift));
}

static double leak_holds(const struct planted *planted, double age)
{
    double way = age / planted->duration, lives = way / LIVES;
    switch (planted->plant) {
    case PLANT_STAIRCASE:
        return staircase(planted, age);
    case PLANT_STOP_AND_GO:
        return stop_and_go(planted, age);
    case PLANT_LOAD:
        return planted->headroom * load_until(planted, age) /
               load_until(planted, planted->duration);
    case PLANT_COLLECTED:
        return (planted->headroom - planted->size) * way +
               planted->size * fmod(age / planted->period, 1);
    case PLANT_ACCELERATING:
        return planted->headroom * way * way;
    case PLANT_RESTARTED:
        return planted->headroom * LIVES * (lives - floor(lives));
    default:
        return planted->headroom * way;
    }
}

double plant_holds(const struct planted *planted, double age, struct random *random)
{
    double size = planted->size;
    switch (planted->plant) {
    case PLANT_SHAM:
        return 0;
    case PLANT_WARM_UP_6:
        return size * (1 - exp(-age / (6 * HOUR_SEC)));
    case PLANT_WARM_UP_36:
        return size * (1 - exp(-age / (36 * HOUR_SEC)));
    case PLANT_SHIFT:
        return age < planted->at ? 0 : size;
    case PLANT_TWO_STEPS:
        return (age >= planted->at) * size / 2 + (age >= planted->second_at) * size / 2;
    case PLANT_LOGARITHM:
        return size * log1p(50 * age / planted->duration) / log1p(50);
    case PLANT_CACHE:
        return size * fmin(age / planted->at, 1);
    case PLANT_DAILY:
        return size * (1 - cos(2 * PI * age / DAY_SEC)) / 2;
    case PLANT_BATCH:
        return fmod(age / planted->period + planted->phase, 1) < 0.3 ? size : 0;
    case PLANT_SPIKES:
        return random_between(random, 0, 1) < 0.01 ? size : 0;
    default:
        return leak_holds(planted, age);
    }
}

/* The kernel pages out what was leaked, and a part of the rest with it. */
double plant_resident(const struct planted *planted, double holds, double footprint)
{
    return planted->plant == PLANT_SWAPPED ? fmax(footprint - 1.2 * holds, 0.2 * footprint)
                                           : footprint;
}
