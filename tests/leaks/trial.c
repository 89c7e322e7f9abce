#include "tests/leaks/trial.h"
#include "tests/leaks/values.h"

#include <math.h>

#define HISTORY_SEC    (8 * DAY_SEC) /* before the stretch: what most stretches are compared with */
#define HOLE_SEC       HOUR_SEC      /* no sample for longer than this is no cover */
#define COVERED_LEAST  0.7           /* of the stretch */
#define HEADROOM_LEAST 0.1           /* of the limit */
#define IDLE           0.005         /* of the limit: a machine that is off */

static double median_footprint(const struct series *series, size_t begin, size_t end)
{
    struct values held = {0};
    for (size_t i = begin; i < end; i++)
        values_add(&held, series->points[i].footprint);
    double median = values_median(&held);
    values_free(&held);
    return median;
}

static double covered(const struct series *series, size_t begin, size_t end)
{
    double seconds = 0;
    for (size_t i = begin + 1; i < end; i++) {
        int64_t step = series->points[i].t - series->points[i - 1].t;
        seconds += step <= HOLE_SEC ? (double)step : 0;
    }
    return seconds;
}

/* Begin and end are set; the rest follows. */
static bool survey(struct site *site)
{
    const struct series *series = site->background;
    if (site->end <= site->begin + 1)
        return false;
    double limit = series->points[site->begin].limit;
    double median = median_footprint(series, site->begin, site->end);
    site->headroom = limit - median;
    site->from = series_find(series, series->points[site->begin].t - HISTORY_SEC);
    return covered(series, site->begin, site->end) >= COVERED_LEAST * site->duration && limit > 0 &&
           median > IDLE * limit && site->headroom > HEADROOM_LEAST * limit;
}

bool site_find(struct site *site, const struct series *background, double duration, double history,
    struct random *random)
{
    if (background->count == 0)
        return false;
    double first = (double)background->points[0].t + history;
    double last = (double)background->points[background->count - 1].t - duration;
    if (last < first)
        return false;
    int64_t begin = (int64_t)random_between(random, first, last);
    *site = (struct site){.background = background, .duration = duration};
    site->begin = series_find(background, begin);
    site->end = series_find(background, begin + (int64_t)duration);
    return survey(site);
}

struct site site_of_recording(const struct series *recording)
{
    int64_t first = recording->points[0].t, last = recording->points[recording->count - 1].t;
    return (struct site){
        .background = recording, .end = recording->count, .duration = (double)(last - first)};
}

bool site_whole(struct site *site, const struct series *background, double delay, double duration)
{
    *site = (struct site){.background = background, .duration = duration};
    site->begin = series_find(background, background->points[0].t + (int64_t)delay);
    site->end = series_find(background, background->points[site->begin].t + (int64_t)duration);
    return survey(site);
}

static void note_forecast(struct finding *finding, const struct opinion *opinion, double left)
{
    int *n = &finding->forecasts;
    if (!opinion->alarm || !opinion->forecast || *n == FORECASTS_MAX)
        return;
    finding->error[*n] = log(fmax(opinion->left[1], 60) / fmax(left, 60));
    finding->covered[*n] = opinion->left[0] <= left && left <= opinion->left[2];
    ++*n;
}

struct finding trial_run(const struct site *site, const struct planted *planted,
    const struct judge *judge, void *state, uint64_t seed)
{
    const struct point *points = site->background->points;
    struct random random = random_seeded("trial", seed);
    struct finding finding = {0};
    struct opinion opinion = {0}, before;
    int64_t begin = points[site->begin].t;
    int noted = 0;
    judge->begin(state);
    for (size_t i = site->from; i < site->end; i++) {
        struct point point = points[i];
        double age = (double)(point.t - begin), way = age / site->duration;
        before = opinion;
        if (i >= site->begin) {
            double holds = plant_holds(planted, age, &random);
            point.footprint = fmin(point.footprint + holds, fmax(point.limit, point.footprint));
            point.rss = plant_resident(planted, holds, point.footprint);
        }
        judge->add(state, &point, &opinion);
        if (i < site->begin)
            continue;
        finding.suspected = finding.suspected || opinion.suspected;
        if (!finding.alarmed && opinion.alarm && !before.alarm) {
            finding.alarmed = true;
            finding.way = way;
        }
        if (finding.alarmed && (int)(way * FORECASTS_MAX) > noted) {
            noted = (int)(way * FORECASTS_MAX);
            note_forecast(&finding, &opinion, site->duration - age);
        }
    }
    return finding;
}

struct watching trial_watch(const struct series *background, const struct judge *judge, void *state)
{
    struct watching watching = {.seconds = covered(background, 0, background->count)};
    struct opinion opinion = {0};
    int64_t last = INT64_MIN / 2;
    judge->begin(state);
    for (size_t i = 0; i < background->count; i++) {
        judge->add(state, &background->points[i], &opinion);
        if (!opinion.alarm)
            continue;
        watching.episodes += background->points[i].t - last > DAY_SEC;
        last = background->points[i].t;
    }
    return watching;
}
