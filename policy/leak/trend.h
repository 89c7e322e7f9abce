/* The slope of a series of floors, with a band, and how sure it is that it rises. Robust and free
 * of distributions: a spike, a step or a comb moves medians little.
 *
 * Sources: Theil 1950 and Sen 1968 (slope: the median of all pair slopes; band: the pair slopes at
 * the ranks (N -+ z sqrt(Var S))/2); Mann 1945, Kendall 1975 (S and its variance with ties);
 * Hamed & Rao 1998 (the variance of S when the residuals are correlated: without it every slow
 * wander looks like a trend). */
#ifndef POLICY_LEAK_TREND_H
#define POLICY_LEAK_TREND_H

#include <stdint.h>

/* 36 floors give 630 pairs: a perfect rise has Z = 8.6, and the medians cost a few us. */
#define TREND_POINTS_MAX 36

/* Points in ascending time; any unit of time and value, slopes come in one per the other. */
struct trend_series {
    uint32_t count;
    double t[TREND_POINTS_MAX], x[TREND_POINTS_MAX];
};

struct trend {
    double slope, slope_low, slope_high; /* median of the pair slopes, p10, p90 */
    double level;                        /* the line's value at the newest point */
    double sigma;                        /* 1.4826 x median absolute residual */
    double z;                            /* Mann-Kendall with Hamed-Rao variance; > 0 rising */
};

/* All of it; at least 3 points, else all zero. */
struct trend trend_fit(const struct trend_series *series);

/* The median of count > 0 values; leaves the smaller half of them before the larger one. */
double trend_median(double *v, uint32_t count);

/* Only the median slope, of the points first .. first + count - 1; 0 for fewer than 2. */
double trend_slope(const struct trend_series *series, uint32_t first, uint32_t count);

#endif
