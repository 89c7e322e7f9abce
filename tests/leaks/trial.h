/* One judge over one slice: a background as it is, or with something planted on it. */
#ifndef TESTS_LEAKS_TRIAL_H
#define TESTS_LEAKS_TRIAL_H

#include "tests/leaks/judge.h"
#include "tests/leaks/plant.h"

/* Where and for how long something is planted. */
struct site {
    const struct series *background;
    size_t from, begin, end; /* points: judged from, planted at, until */
    double headroom;         /* bytes: limit less the median footprint of the stretch */
    double duration;         /* seconds */
};

/* A stretch of the background that begins at least `history` seconds after its start, drawn. False
 * where there is none: too short, holes, no limit, idle, or nearly full. */
bool site_find(struct site *site, const struct series *background, double duration, double history,
    struct random *random);

/* All of a recording, of which nothing is asked. */
struct site site_of_recording(const struct series *recording);

/* All of the background: planted `delay` seconds after its start. */
bool site_whole(struct site *site, const struct series *background, double delay, double duration);

#define FORECASTS_MAX 24 /* of one trial: each time that another 24th of the way is made */

struct finding {
    bool alarmed;                /* the alarm rose after the beginning */
    double way;                  /* the part of the duration that had gone by then */
    bool suspected;              /* likewise for the lower verdict */
    int forecasts;               /* made while the alarm stood */
    double error[FORECASTS_MAX]; /* ln(forecast / what was left indeed) */
    bool covered[FORECASTS_MAX]; /* what was left lay within p10..p90 */
};

/* `state`: judge->size bytes. `seed`: of what goes by chance, the same for every judge. */
struct finding trial_run(const struct site *site, const struct planted *planted,
    const struct judge *judge, void *state, uint64_t seed);

struct watching {
    double seconds; /* that were covered by samples */
    int episodes;   /* of alarm; those less than a day apart are one */
};

/* The background as it is. */
struct watching trial_watch(
    const struct series *background, const struct judge *judge, void *state);

#endif
