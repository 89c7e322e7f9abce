#include "policy/leak/forecast.h"

#include <math.h>

#define Z_P90           1.2816 /* normal quantile of p = 0.9 */
#define FARTHEST_SECOND (100 * 365.25 * 86400)

static double time_to(double room, double slope)
{
    if (room <= 0)
        return 0;
    return slope > 0 ? fmin(room / slope, FARTHEST_SECOND) : FARTHEST_SECOND;
}

bool forecast_time_to_limit(
    const struct trend *trend, double level, double p50, double limit, struct forecast *ret)
{
    double room = limit - level, noise = Z_P90 * trend->sigma;
    if (p50 >= FARTHEST_SECOND)
        return false;
    double wide = exp(Z_P90 * FORECAST_SPREAD);
    ret->p50 = p50;
    ret->p10 = fmin(time_to(room - noise, trend->slope_high), p50 / wide);
    ret->p90 = fmax(time_to(room + noise, trend->slope_low), p50 * wide);
    if (room <= 0)
        ret->p10 = ret->p90 = 0;
    return true;
}

double forecast_ceiling(double level, double step_growth, double ratio)
{
    if (ratio >= 1)
        return INFINITY;
    return level + step_growth * fmax(ratio, 0) / (1 - fmax(ratio, 0));
}
