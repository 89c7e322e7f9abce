#include "tests/leaks/rules.h"
#include "policy/leak/trend.h"

#include <math.h>
#include <string.h>

void rule_begin(void *state)
{
    memset(state, 0, sizeof(struct rule_state));
}

/* The bin `back` before the newest complete one. */
static int at(const struct rule_state *rule, int back)
{
    return (int)((rule->first - 1 - back) % RULE_BINS);
}

/* True when a bin has been completed. */
static bool take(struct rule_state *rule, const struct point *point)
{
    int64_t bin = point->t / RULE_BIN_SEC;
    bool completed = rule->samples > 0 && bin != rule->bin;
    if (completed) {
        int slot = (int)(rule->first++ % RULE_BINS);
        rule->number[slot] = rule->bin;
        rule->mean[slot] = rule->sum / rule->samples;
        rule->kept += rule->kept < RULE_BINS;
        rule->sum = rule->samples = 0;
    }
    rule->bin = bin;
    rule->sum += point->rss;
    rule->samples++;
    rule->limit = point->limit;
    return completed;
}

static bool every(const struct rule_state *rule, int64_t seconds)
{
    int64_t before = rule->kept > 1 ? rule->number[at(rule, 1)] : -1;
    int64_t bins = seconds / RULE_BIN_SEC;
    return before / bins != rule->number[at(rule, 0)] / bins;
}

/* A line through what the last `seconds` hold; times count from the newest bin. */
struct line {
    int points;
    double slope, now, r2;
    int64_t span;
};

static struct line fit(const struct rule_state *rule, int64_t seconds)
{
    double n = 0, st = 0, sx = 0, stt = 0, stx = 0, sxx = 0;
    int64_t newest = rule->number[at(rule, 0)];
    struct line line = {0};
    for (int back = 0; back < rule->kept; back++) {
        int64_t behind = (newest - rule->number[at(rule, back)]) * RULE_BIN_SEC;
        if (behind > seconds)
            break;
        double t = -(double)behind, x = rule->mean[at(rule, back)];
        n++, st += t, sx += x, stt += t * t, stx += t * x, sxx += x * x;
        line.span = behind;
    }
    double vt = n * stt - st * st, vx = n * sxx - sx * sx, c = n * stx - st * sx;
    line.points = (int)n;
    line.slope = vt > 0 ? c / vt : 0;
    line.now = (sx - line.slope * st) / n;
    line.r2 = vt > 0 && vx > 0 ? c * c / (vt * vx) : 0;
    return line;
}

/* Most of the bins are there. */
static bool covered(const struct line *line, int64_t seconds)
{
    return line->points >= (int)(0.6 * (double)seconds / RULE_BIN_SEC);
}

static void forecast(
    const struct rule_state *rule, const struct line *line, struct opinion *opinion)
{
    opinion->forecast = line->slope > 0 && rule->limit > 0;
    for (int i = 0; opinion->forecast && i < 3; i++)
        opinion->left[i] = fmax(rule->limit - line->now, 0) / line->slope;
}

static void predict(struct rule_state *rule, const struct point *point, int64_t seconds,
    int64_t ahead, struct opinion *opinion)
{
    if (!take(rule, point))
        return;
    struct line line = fit(rule, seconds);
    forecast(rule, &line, opinion);
    opinion->alarm =
        covered(&line, seconds) && opinion->forecast && opinion->left[1] < (double)ahead;
}

void rule_predict_6h(void *state, const struct point *point, struct opinion *opinion)
{
    predict(state, point, 6 * HOUR_SEC, 24 * HOUR_SEC, opinion);
}

void rule_predict_1h(void *state, const struct point *point, struct opinion *opinion)
{
    predict(state, point, HOUR_SEC, 4 * HOUR_SEC, opinion);
}

void rule_least_squares(void *state, const struct point *point, struct opinion *opinion)
{
    struct rule_state *rule = state;
    if (!take(rule, point) || !every(rule, 1800))
        return;
    struct line line = fit(rule, DAY_SEC);
    forecast(rule, &line, opinion);
    opinion->alarm = covered(&line, DAY_SEC) && line.slope > 0 && line.r2 > 0.8;
}

/* Means of `merge` bins over the last TREND_POINTS_MAX or fewer of them. */
static bool merged(const struct rule_state *rule, int64_t merge, int points, double *ret)
{
    int count[TREND_POINTS_MAX] = {0};
    int64_t newest = rule->number[at(rule, 0)];
    for (int i = 0; i < points; i++)
        ret[i] = 0;
    for (int back = 0; back < rule->kept; back++) {
        int64_t behind = (newest - rule->number[at(rule, back)]) / merge;
        if (behind >= points)
            break;
        ret[points - 1 - behind] += rule->mean[at(rule, back)];
        count[points - 1 - behind]++;
    }
    for (int i = 0; i < points; i++) {
        if (count[i] == 0)
            return false;
        ret[i] /= count[i];
    }
    return true;
}

#define Z_95 1.6449 /* one-sided p = 0.05 */

static double kendall_z(const double *x, int n)
{
    double s = 0;
    for (int j = 1; j < n; j++)
        for (int i = 0; i < j; i++)
            s += (x[j] > x[i]) - (x[j] < x[i]);
    return (s - (s > 0) + (s < 0)) / sqrt(n * (n - 1.0) * (2.0 * n + 5) / 18);
}

void rule_mann_kendall(void *state, const struct point *point, struct opinion *opinion)
{
    enum { POINTS = 32 }; /* of three quarters of an hour: a day */
    struct rule_state *rule = state;
    double mean[POINTS];
    if (take(rule, point) && every(rule, 1800))
        opinion->alarm = merged(rule, 9, POINTS, mean) && kendall_z(mean, POINTS) > Z_95;
}

void rule_hamed_rao(void *state, const struct point *point, struct opinion *opinion)
{
    enum { POINTS = 32 }; /* of five hours and a quarter: a week */
    struct rule_state *rule = state;
    struct trend_series series = {.count = POINTS};
    if (!take(rule, point) || !every(rule, 3600))
        return;
    bool whole = merged(rule, 63, POINTS, series.x);
    for (int i = 0; i < POINTS; i++)
        series.t[i] = i;
    opinion->alarm = whole && trend_fit(&series).z > Z_95;
}

void rule_precog(void *state, const struct point *point, struct opinion *opinion)
{
    static const int64_t stretches[] = {
        7 * DAY_SEC, 4 * DAY_SEC, 2 * DAY_SEC, DAY_SEC, 12 * HOUR_SEC, 6 * HOUR_SEC, 3 * HOUR_SEC};
    struct rule_state *rule = state;
    if (!take(rule, point) || !every(rule, 1800))
        return;
    struct line line = {0};
    for (size_t i = 0; i < sizeof stretches / sizeof *stretches; i++) {
        line = fit(rule, stretches[i]);
        if (covered(&line, stretches[i]) && line.slope > 0 && line.r2 >= 0.75)
            break;
        line.points = 0;
    }
    if (rule->first <= 1 || rule->trained_until == 0)
        rule->trained_until = rule->bin + 2 * DAY_SEC / RULE_BIN_SEC;
    if (rule->bin < rule->trained_until)
        rule->longest_sec = fmax(rule->longest_sec, line.points ? (double)line.span : 0);
    forecast(rule, &line, opinion);
    opinion->forecast = opinion->forecast && line.points > 0;
    opinion->alarm = rule->bin >= rule->trained_until && opinion->forecast &&
                     opinion->left[1] < 7 * DAY_SEC && (double)line.span > rule->longest_sec;
}
