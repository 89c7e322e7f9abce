#include "tests/leaks/tally.h"

#include <math.h>

const double pace_seconds[PACES] = {0.5 * DAY_SEC, 2 * DAY_SEC, 7 * DAY_SEC, 21 * DAY_SEC};

const char *const metric_names[METRICS] = {
    [METRIC_FALSE] = "false/yr",
    [METRIC_FALSE_MOST] = "at-most",
    [METRIC_RECALL] = "recall",
    [METRIC_HALF] = "by-half",
    [METRIC_WAY] = "way",
    [METRIC_PRECISION] = "precision",
    [METRIC_SHAM] = "sham",
    [METRIC_HEALTHY] = "healthy",
    [METRIC_ERROR] = "ln-error",
    [METRIC_COVERED] = "covered",
    [METRIC_COST] = "us/sample",
};

void tally_add(struct tally *tally, enum plant plant, int pace, const struct finding *finding)
{
    struct count *count = &tally->count[plant][pace];
    count->trials++;
    count->found += finding->alarmed;
    count->early += finding->alarmed && finding->way <= 0.5;
    count->suspected += finding->suspected;
    if (plant >= PLANT_LEAKS)
        return;
    if (finding->alarmed)
        values_add(&tally->ways, finding->way);
    for (int i = 0; plant != PLANT_RESTARTED && i < finding->forecasts; i++) {
        values_add(&tally->errors, fabs(finding->error[i]));
        tally->covered += finding->covered[i];
    }
}

void tally_watch(struct tally *tally, const struct watching *watching)
{
    tally->watched += watching->seconds;
    tally->episodes += watching->episodes;
}

void tally_free(struct tally *tally)
{
    values_free(&tally->ways);
    values_free(&tally->errors);
}

static struct count sum(const struct tally *tally, enum plant first, enum plant end)
{
    struct count all = {0};
    for (enum plant plant = first; plant < end; plant++)
        for (int pace = 0; pace < PACES; pace++) {
            all.trials += tally->count[plant][pace].trials;
            all.early += tally->count[plant][pace].early;
            all.found += tally->count[plant][pace].found;
        }
    return all;
}

/* The mean of which no more than `seen` come with p = 0.05. */
static double poisson_most(int seen)
{
    double low = seen, high = 3 * seen + 10;
    for (int round = 0; round < 60; round++) {
        double mean = (low + high) / 2, term = exp(-mean), below = term;
        for (int k = 1; k <= seen; k++)
            below += term *= mean / k;
        *(below > 0.05 ? &low : &high) = mean;
    }
    return high;
}

static double ratio(double part, double of)
{
    return of > 0 ? part / of : NAN;
}

double tally_metric(struct tally *tally, enum metric metric)
{
    double years = tally->watched / (365.25 * DAY_SEC);
    struct count leaks = sum(tally, 0, PLANT_LEAKS);
    struct count sham = sum(tally, PLANT_SHAM, PLANT_SHAM + 1);
    struct count healthy = sum(tally, PLANT_SHAM + 1, PLANTS);
    switch (metric) {
    case METRIC_FALSE:
        return ratio(tally->episodes, years);
    case METRIC_FALSE_MOST:
        return ratio(poisson_most(tally->episodes), years);
    case METRIC_RECALL:
        return ratio(leaks.found, leaks.trials);
    case METRIC_HALF:
        return ratio(leaks.early, leaks.trials);
    case METRIC_WAY:
        return values_median(&tally->ways);
    case METRIC_PRECISION:
        return ratio(leaks.found, leaks.found + sham.found + healthy.found);
    case METRIC_SHAM:
        return ratio(sham.found, sham.trials);
    case METRIC_HEALTHY:
        return ratio(healthy.found, healthy.trials);
    case METRIC_ERROR:
        return values_median(&tally->errors);
    case METRIC_COVERED:
        return ratio((double)tally->covered, (double)tally->errors.count);
    case METRIC_COST:
        return ratio(1e6 * tally->cpu, tally->samples);
    case METRICS:
        break;
    }
    return NAN;
}
