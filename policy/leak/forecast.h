/* When does it hurt: the time until a growth reaches a limit, and whether it ever will. */
#ifndef POLICY_LEAK_FORECAST_H
#define POLICY_LEAK_FORECAST_H

#include "policy/leak/trend.h"

#include <stdbool.h>

/* The band is never narrower than that of a lognormal with this s: slopes of the past say nothing
 * about what the program does next. With 0.40 the truth lay within p10..p90 for .82 of the
 * forecasts of leaks planted on real machines (DETECTOR.md), with 0.45 for .83. */
#define FORECAST_SPREAD 0.40

/* Seconds, p10 <= p50 <= p90. */
struct forecast {
    double p10, p50, p90;
};

/* The band of p50, the time until `level` (bytes) reaches `limit`: from the trend's band and noise.
 * False when p50 is beyond a hundred years; at or above the limit all three are 0. */
bool forecast_time_to_limit(
    const struct trend *trend, double level, double p50, double limit, struct forecast *ret);

/* Growth that slows down by the factor `ratio` (0..1) for every `step_growth` that it makes tends
 * to level + step_growth x ratio / (1 - ratio), the sum of the geometric series: exact for a
 * warm-up of the form 1 - exp(-t/tau). Infinite for a ratio of 1 and more. */
double forecast_ceiling(double level, double step_growth, double ratio);

#endif
