#include "policy/leak/trend.h"

#include <math.h>

#define PAIRS_MAX     (TREND_POINTS_MAX * (TREND_POINTS_MAX - 1) / 2)
#define Z_P90         1.2816 /* normal quantile of p = 0.9 */
#define Z_SIGNIFICANT 1.96   /* p = 0.05, two-sided: which autocorrelations count */
#define MAD_TO_SIGMA  1.4826 /* of a normal distribution */

/* Puts the value of the given rank at its place, smaller ones before it (Hoare's selection). */
static double select_rank(double *v, uint32_t count, uint32_t rank)
{
    int64_t low = 0, high = (int64_t)count - 1, k = rank;
    while (low < high) {
        double pivot = v[(low + high) / 2];
        int64_t i = low, j = high;
        while (i <= j) {
            while (v[i] < pivot)
                i++;
            while (pivot < v[j])
                j--;
            if (i <= j) {
                double swap = v[i];
                v[i++] = v[j];
                v[j--] = swap;
            }
        }
        if (k <= j)
            high = j;
        else if (k >= i)
            low = i;
        else
            break;
    }
    return v[rank];
}

double trend_median(double *v, uint32_t count)
{
    double upper = select_rank(v, count, count / 2);
    if (count % 2)
        return upper;
    double lower = v[0];
    for (uint32_t i = 1; i < count / 2; i++)
        lower = v[i] > lower ? v[i] : lower;
    return (upper + lower) / 2;
}

static uint32_t pair_slopes(
    const struct trend_series *series, uint32_t first, uint32_t count, double *ret)
{
    uint32_t pairs = 0;
    for (uint32_t j = first + 1; j < first + count; j++)
        for (uint32_t i = first; i < j; i++)
            ret[pairs++] = (series->x[j] - series->x[i]) / (series->t[j] - series->t[i]);
    return pairs;
}

double trend_slope(const struct trend_series *series, uint32_t first, uint32_t count)
{
    double slope[PAIRS_MAX];
    if (count < 2)
        return 0;
    uint32_t pairs = pair_slopes(series, first, count, slope);
    return trend_median(slope, pairs);
}

/* Mid-ranks centred at 0: how many are smaller less how many are larger, halved. */
static void centred_ranks(const double *v, uint32_t count, double *ret)
{
    for (uint32_t i = 0; i < count; i++) {
        int32_t twice = 0;
        for (uint32_t j = 0; j < count; j++)
            twice += (v[j] < v[i]) - (v[j] > v[i]);
        ret[i] = twice / 2.0;
    }
}

/* Hamed & Rao's factor by which correlated residuals widen Var S; never below 1. */
static double variance_inflation(const double *residual, uint32_t count)
{
    double rank[TREND_POINTS_MAX], power = 0, sum = 0, n = count;
    centred_ranks(residual, count, rank);
    for (uint32_t i = 0; i < count; i++)
        power += rank[i] * rank[i];
    if (power <= 0)
        return 1;
    for (uint32_t lag = 1; lag <= count / 3; lag++) {
        double product = 0;
        for (uint32_t i = 0; i + lag < count; i++)
            product += rank[i] * rank[i + lag];
        double rho = product / power;
        if (fabs(rho) > Z_SIGNIFICANT / sqrt(n))
            sum += (n - lag) * (n - lag - 1) * (n - lag - 2) * rho;
    }
    double factor = 1 + 2 * sum / (n * (n - 1) * (n - 2));
    return factor > 1 ? factor : 1;
}

/* S, and its variance for independent values with ties. Each value of a group of t ties adds
 * (t - 1)(2t + 5), so that the group adds t(t - 1)(2t + 5). */
static double mann_kendall(const struct trend_series *series, double *ret_variance)
{
    int32_t s = 0;
    double ties = 0, n = series->count;
    for (uint32_t i = 0; i < series->count; i++) {
        uint32_t equal = 0;
        for (uint32_t j = 0; j < series->count; j++) {
            int32_t sign = (series->x[j] > series->x[i]) - (series->x[j] < series->x[i]);
            s += j > i ? sign : 0;
            equal += sign == 0;
        }
        ties += (equal - 1.0) * (2.0 * equal + 5);
    }
    *ret_variance = (n * (n - 1) * (2 * n + 5) - ties) / 18;
    return s;
}

struct trend trend_fit(const struct trend_series *series)
{
    struct trend trend = {0};
    uint32_t n = series->count;
    if (n < 3)
        return trend;
    double slope[PAIRS_MAX], residual[TREND_POINTS_MAX], sorted[TREND_POINTS_MAX], variance;
    uint32_t pairs = pair_slopes(series, 0, n, slope);
    trend.slope = trend_median(slope, pairs);

    for (uint32_t i = 0; i < n; i++)
        sorted[i] = residual[i] = series->x[i] - trend.slope * (series->t[i] - series->t[n - 1]);
    trend.level = trend_median(sorted, n);
    for (uint32_t i = 0; i < n; i++)
        sorted[i] = fabs(residual[i] - trend.level);
    trend.sigma = MAD_TO_SIGMA * trend_median(sorted, n);

    double s = mann_kendall(series, &variance);
    double deviation = sqrt(variance * variance_inflation(residual, n));
    if (deviation > 0)
        trend.z = (s - (s > 0) + (s < 0)) / deviation;
    /* The median left the smaller half in front: each bound is sought in its own half. */
    uint32_t middle = pairs / 2, away = (uint32_t)fmin(Z_P90 * deviation / 2, middle);
    trend.slope_low = select_rank(slope, middle, middle - (away > 0 ? away : 1));
    trend.slope_high = select_rank(
        slope + middle, pairs - middle, away < pairs - middle ? away : pairs - middle - 1);
    return trend;
}
