/* What the trials of one corpus came to for one judge. */
#ifndef TESTS_LEAKS_TALLY_H
#define TESTS_LEAKS_TALLY_H

#include "tests/leaks/trial.h"
#include "tests/leaks/values.h"

#include <stdint.h>

#define PACES 4 /* how long leaks take: 12 hours, 2, 7, and 21 days */
extern const double pace_seconds[PACES];

struct count {
    int trials, early, found, suspected; /* early: by half of the way */
};

struct tally {
    struct count count[PLANTS][PACES];
    struct values ways;   /* of the leaks that were found */
    struct values errors; /* |ln| of forecasts */
    size_t covered;       /* forecasts whose band held */
    double watched;       /* seconds of healthy backgrounds */
    int episodes;         /* false ones, there */
    double cpu;           /* seconds */
    double samples;
};

void tally_add(struct tally *tally, enum plant plant, int pace, const struct finding *finding);
void tally_watch(struct tally *tally, const struct watching *watching);
void tally_free(struct tally *tally);

/* The figures that judges are compared by; NAN where nothing was tried. */
enum metric {
    METRIC_FALSE,      /* episodes a slice-year on healthy backgrounds */
    METRIC_FALSE_MOST, /* with 95 % certainty no more than that (Poisson) */
    METRIC_RECALL,     /* of leaks by the end of the way */
    METRIC_HALF,       /* by half of it */
    METRIC_WAY,        /* median part of the way that had gone when a leak was found */
    METRIC_PRECISION,  /* of the alarms of all trials, sham and healthy ones included */
    METRIC_SHAM,       /* alarms where nothing was planted */
    METRIC_HEALTHY,    /* alarms on what does not leak */
    METRIC_ERROR,      /* median of |ln(forecast / truth)| */
    METRIC_COVERED,    /* forecasts whose p10..p90 held the truth */
    METRIC_COST,       /* microseconds a sample */
    METRICS
};
extern const char *const metric_names[METRICS];
double tally_metric(struct tally *tally, enum metric metric);

#endif
