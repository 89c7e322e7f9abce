#include "tests/leaks/families.h"

#include <math.h>

#define PI 3.14159265358979323846

const char *const family_names[FAMILIES] = {
    [FAMILY_STEADY] = "steady",
    [FAMILY_DAILY] = "daily",
    [FAMILY_BATCH] = "batch",
    [FAMILY_COLLECTED] = "collected",
    [FAMILY_WANDERING] = "wandering",
    [FAMILY_BURSTING] = "bursting",
};

/* The habits of one life; sizes are parts of the limit. */
struct life {
    double limit, level, noise;
    double swing, period, phase; /* of what comes and goes; seconds */
    double jitter, wander, today;
    double job, job_ends;
    int64_t day;
};

static struct life draw(struct random *random, enum family family)
{
    struct life life = {
        .limit = exp2(random_between(random, 28, 34)), /* 256 MiB .. 16 GiB */
        .level = random_between(random, 0.15, 0.5),
        .swing = random_between(random, 0.05, 0.35),
        .phase = random_between(random, 0, 1),
        .day = -1,
    };
    life.noise = life.level * exp(random_between(random, log(0.001), log(0.02)));
    life.period =
        family == FAMILY_DAILY ? DAY_SEC : exp(random_between(random, log(300), log(14400)));
    return life;
}

static double daily(struct life *life, struct random *random, int64_t age)
{
    double days = (double)age / DAY_SEC + life->phase;
    if ((int64_t)days != life->day) {
        life->day = (int64_t)days;
        life->today = random_between(random, 0.7, 1);
    }
    return life->swing * life->today * (1 - cos(2 * PI * days)) / 2;
}

/* A job every few periods on average. */
static double batch(struct life *life, struct random *random, int64_t age, int64_t step)
{
    if (life->job_ends <= (double)age) {
        life->job = 0;
        if (random_between(random, 0, 1) < (double)step / (4 * life->period)) {
            life->job = random_between(random, 0.2, 1) * life->swing;
            life->job_ends = (double)age + random_between(random, 0.3, 2) * life->period;
        }
    }
    return life->job;
}

static double wandering(struct life *life, struct random *random, int64_t step)
{
    double kept = exp(-(double)step / (4 * life->period));
    life->wander = kept * life->wander +
                   sqrt(1 - kept * kept) * random_normal(random) * life->swing * life->level;
    return life->wander;
}

static double of_family(
    struct life *life, enum family family, struct random *random, int64_t age, int64_t step)
{
    switch (family) {
    case FAMILY_DAILY:
        return daily(life, random, age);
    case FAMILY_BATCH:
        return batch(life, random, age, step);
    case FAMILY_COLLECTED:
        return life->swing * fmod((double)age / life->period + life->phase, 1);
    case FAMILY_WANDERING:
        return wandering(life, random, step);
    case FAMILY_BURSTING:
        return random_between(random, 0, 1) < 0.02 ? life->swing * random_between(random, 0, 1) : 0;
    case FAMILY_STEADY:
    case FAMILIES:
        break;
    }
    return 0;
}

void family_live(struct series *series, enum family family, struct random *random, int64_t start,
    int64_t seconds, int64_t step)
{
    struct life life = draw(random, family);
    double kept = exp(-(double)step / 600);
    for (int64_t age = 0; age < seconds; age += step) {
        life.jitter =
            kept * life.jitter + sqrt(1 - kept * kept) * random_normal(random) * life.noise;
        double part = life.level + life.jitter + of_family(&life, family, random, age, step);
        double footprint = fmin(fmax(part, 0.01), 0.95) * life.limit;
        series_add(series, (struct point){start + age, footprint, footprint, life.limit});
    }
}
