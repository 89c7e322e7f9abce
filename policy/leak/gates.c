#include "policy/leak/gates.h"
#include "policy/leak/forecast.h"
#include "policy/leak/trend.h"
#include "slices/base/text.h"
#include "slices/sample.h"

#include <math.h>

#define STRENGTH_MAX 1000.0 /* of a gate that could not be passed more clearly */

const struct window_span leak_spans[LEAK_SPANS] = {
    {WINDOW_MINUTE, 3, 30},       /* 1.5 h */
    {WINDOW_FIVE_MINUTES, 1, 36}, /* 3 h */
    {WINDOW_FIVE_MINUTES, 2, 36}, /* 6 h */
    {WINDOW_FIVE_MINUTES, 4, 36}, /* 12 h */
    {WINDOW_FIVE_MINUTES, 8, 35}, /* 24 h, less what is filling */
    {WINDOW_HALF_HOUR, 3, 32},    /* 48 h */
    {WINDOW_HALF_HOUR, 6, 32},    /* 96 h */
    {WINDOW_HALF_HOUR, 10, 33},   /* 7 days, less what is filling */
    {WINDOW_HALF_DAY, 1, 28},     /* 14 days */
    {WINDOW_HALF_DAY, 2, 26},     /* 26 days */
};

/* A stretch while it is judged; values in bytes and seconds. */
struct stretch {
    const struct window *window;
    const struct leak_lives *lives;
    struct trend_series series;
    int64_t begins_usec, ends_usec;
    double block[LEAK_BLOCKS]; /* minima */
    double growth, limit;      /* limit INFINITY: none */
    struct trend trend;
};

/* The part of the growth after the last floor at its foot. */
struct ramp {
    double age;                /* seconds */
    double level;              /* where the growth is now, bytes */
    double slope, older_slope; /* of its newer and its older half, bytes a second */
    double left;               /* seconds until the limit; LEAK_NEVER_SECONDS: never */
};

static double seconds(int64_t usec)
{
    return (double)usec / 1e6;
}

static double least(double a, double b)
{
    return a < b ? a : b;
}

bool gates_record(
    struct leak_report *report, const char *name, double value, bool above, double threshold)
{
    struct leak_gate *gate = &report->gate[report->gates];
    double over = above ? value : threshold, under = above ? threshold : value;
    text_copy(gate->name, sizeof gate->name, name);
    gate->value = value;
    gate->threshold = threshold;
    gate->passed = above ? value >= threshold : value <= threshold;
    gate->strength =
        under > 0 ? least(fmax(over, 0) / under, STRENGTH_MAX) : (gate->passed ? STRENGTH_MAX : 0);
    if (gate->strength < report->gate[report->weakest].strength)
        report->weakest = report->gates;
    report->gates++;
    return gate->passed;
}

/* Fills the series with the floors that are there. False when there are too few. */
static bool read_series(struct stretch *s, const struct window_span *span)
{
    uint32_t floor[TREND_POINTS_MAX], first = 0;
    int64_t step = window_span_step_usec(span);
    s->ends_usec = window_floors(s->window, span, floor);
    while (first < span->floors && floor[first] == WINDOW_NO_FLOOR)
        first++;
    uint32_t length = span->floors - first;
    if (length < LEAK_POINTS_LEAST || length < LEAK_SPAN_LEAST * span->floors)
        return false;
    s->begins_usec = s->ends_usec - length * step;
    s->series.count = 0;
    for (uint32_t i = first; i < span->floors; i++) {
        if (floor[i] == WINDOW_NO_FLOOR)
            continue;
        s->series.t[s->series.count] = seconds((i - first) * step);
        s->series.x[s->series.count++] = (double)floor[i] * WINDOW_PAGE;
    }
    return s->series.count >= LEAK_POINTS_LEAST && s->series.count >= LEAK_FILLED_LEAST * length;
}

/* False when a block has no floor. */
static bool read_blocks(struct stretch *s)
{
    double length = seconds(s->ends_usec - s->begins_usec);
    for (int b = 0; b < LEAK_BLOCKS; b++)
        s->block[b] = INFINITY;
    for (uint32_t i = 0; i < s->series.count; i++) {
        double *block = &s->block[(int)(s->series.t[i] / length * LEAK_BLOCKS)];
        *block = least(*block, s->series.x[i]);
    }
    for (int b = 0; b < LEAK_BLOCKS; b++)
        if (isinf(s->block[b]))
            return false;
    s->growth = s->block[LEAK_BLOCKS - 1] - s->block[0];
    return true;
}

/* Each gate below returns whether the stretch may still be suspected. */
static bool pass_growth(const struct stretch *s, struct leak_report *report)
{
    double newest = s->block[LEAK_BLOCKS - 1];
    double bytes = least(LEAK_GROWTH_BYTES, s->limit * LEAK_GROWTH_LIMIT);
    double suspicious = fmax(bytes, LEAK_GROWTH_SUSPECTED * newest);
    if (s->growth < suspicious)
        return gates_record(report, "growth", s->growth, true, suspicious);
    int64_t known;
    window_record(s->window, 0, s->ends_usec, 0, &known);
    double part = known < LEAK_YOUNG_USEC ? LEAK_GROWTH_YOUNG : LEAK_GROWTH_CONFIRMED;
    gates_record(report, "growth", s->growth, true, fmax(bytes, part * newest));
    return true;
}

/* How the growth is made: how many of the steps between blocks rise, and the largest. */
struct steps {
    int count;
    double largest; /* part of the growth */
};

/* A slope: most blocks lie above the one before. */
static struct steps slope_steps(const struct stretch *s)
{
    struct steps steps = {0};
    for (int b = 1; b < LEAK_BLOCKS; b++) {
        double part = (s->block[b] - s->block[b - 1]) / s->growth;
        steps.count += (part > LEAK_STEP) - (part < -LEAK_STEP);
        steps.largest = fmax(steps.largest, part);
    }
    return steps;
}

/* Stairs: floors that lie above all before them, and are held until the next. */
static struct steps stair_steps(const struct stretch *s)
{
    const struct trend_series *series = &s->series;
    struct steps steps = {0};
    double record = s->block[0];
    for (uint32_t i = 0; i + 1 < series->count; i++) {
        double part = (least(series->x[i], series->x[i + 1]) - record) / s->growth;
        if (part < LEAK_STAIR)
            continue;
        steps.count++;
        steps.largest = fmax(steps.largest, part);
        record += part * s->growth;
    }
    return steps;
}

static bool pass_increments(const struct stretch *s, struct leak_report *report)
{
    struct steps slope = slope_steps(s), stairs = stair_steps(s);
    bool is_stairs = stairs.count >= LEAK_STAIRS && stairs.largest <= LEAK_STAIR_MOST;
    double newest = (s->block[LEAK_BLOCKS - 1] - s->block[LEAK_BLOCKS - 3]) / s->growth;
    bool ratchet = is_stairs ? gates_record(report, "ratchet", stairs.count, true, LEAK_STAIRS)
                             : gates_record(report, "ratchet", slope.count, true, LEAK_STEPS);
    bool shift = is_stairs ? gates_record(report, "shift", stairs.largest, false, LEAK_STAIR_MOST)
                           : gates_record(report, "shift", slope.largest, false, LEAK_SHIFT);
    bool rising = gates_record(report, "rising", newest, true, LEAK_RISING);
    return ratchet && shift && rising;
}

static bool pass_trend(const struct stretch *s, struct leak_report *report)
{
    double sigmas = s->trend.sigma > 0 ? s->growth / s->trend.sigma : STRENGTH_MAX;
    bool noise = gates_record(report, "noise", sigmas, true, LEAK_NOISE);
    bool rank = gates_record(report, "mann-kendall", s->trend.z, true, LEAK_Z);
    return noise && rank;
}

static bool pass_novelty(const struct stretch *s, struct leak_report *report)
{
    int64_t known;
    uint32_t record = window_record(s->window, s->lives->record_from_usec, s->begins_usec,
        (s->ends_usec - s->begins_usec) / LEAK_BLOCKS, &known);
    if (record < s->lives->dismissed_pages)
        record = s->lives->dismissed_pages;
    double over = (s->block[LEAK_BLOCKS - 1] - (double)record * WINDOW_PAGE) / s->growth;
    gates_record(report, "novelty", over, true, LEAK_NOVELTY_CONFIRMED);
    return over >= LEAK_NOVELTY_SUSPECTED;
}

/* Seconds until the limit: where the ramp grows faster for sure, as a parabola goes through its
 * halves. */
static double time_left(const struct stretch *s, const struct ramp *ramp)
{
    double limit = isinf(s->limit) ? 2 * s->block[0] : s->limit;
    double room = fmax(limit - ramp->level, 0), half = ramp->age / 2;
    double gained = ramp->slope - ramp->older_slope, rate = gained / half;
    if (ramp->slope <= 0)
        return LEAK_NEVER_SECONDS;
    if (gained < LEAK_FASTER * ramp->older_slope ||
        gained * half < LEAK_FASTER_SIGMA * s->trend.sigma)
        return least(room / ramp->slope, LEAK_NEVER_SECONDS);
    double now = ramp->slope + gained / 2;
    return least((sqrt(now * now + 2 * rate * room) - now) / rate, LEAK_NEVER_SECONDS);
}

/* What the slice has held lately, where the slope has brought it by now: the median of what there
 * is of the newest minutes. Floors tell of a trend, this of what is left. */
static double typical(const struct stretch *s, double slope)
{
    double held[WINDOW_MINUTES];
    uint32_t count = 0;
    for (uint32_t back = 0; back < WINDOW_MINUTES; back++) {
        uint32_t floor = window_floor(s->window, WINDOW_MINUTE, back);
        if (floor != WINDOW_NO_FLOOR)
            held[count++] = (double)floor * WINDOW_PAGE + slope * 60 * back;
    }
    return count > 0 ? trend_median(held, count) : 0;
}

static struct ramp find_ramp(const struct stretch *s)
{
    const struct trend_series *series = &s->series;
    double foot = s->block[0] + LEAK_RAMP_FOOT * s->growth;
    uint32_t first = 0;
    for (uint32_t i = 0; i < series->count; i++)
        if (series->x[i] <= foot)
            first = i;
    uint32_t count = series->count - first, half = count / 2;
    double end = seconds(s->ends_usec - s->begins_usec);
    struct ramp ramp = {
        .age = least((end - series->t[first]) / (1 - LEAK_RAMP_FOOT), end),
        .slope = trend_slope(series, first + half, count - half),
        .older_slope = trend_slope(series, first, half + 1),
    };
    /* The newest floor is that of its bin's beginning where the slice grows steadily. */
    double since = seconds(s->window->last_usec - s->begins_usec) - series->t[series->count - 1];
    ramp.level = fmax(s->block[LEAK_BLOCKS - 1], s->trend.level + ramp.slope * since);
    ramp.level = fmax(ramp.level, typical(s, ramp.slope));
    ramp.left = time_left(s, &ramp);
    return ramp;
}

/* True unless the growth is slowing down towards a ceiling below the limit. */
static bool pass_ceiling(
    const struct stretch *s, const struct ramp *ramp, struct leak_report *report)
{
    double half = ramp->age / 2;
    double ratio = ramp->older_slope > 0 ? ramp->slope / ramp->older_slope : 1;
    if (ratio >= LEAK_SLOWING)
        return true;
    double ceiling = forecast_ceiling(s->block[LEAK_BLOCKS - 1], ramp->slope * half, ratio);
    /* Where there is no limit, every ceiling ends the growth in time. */
    double needed = isinf(s->limit) ? 2 * ceiling : s->limit * LEAK_CEILING;
    return gates_record(report, "ceiling", ceiling, true, needed);
}

uint32_t gates_bar(const struct leak_lives *lives)
{
    uint32_t bar = (1u + lives->recovered) << lives->dismissed;
    return bar < LEAK_BAR_MOST ? bar : LEAK_BAR_MOST;
}

bool gates_alike(double rate, double other)
{
    return rate > 0 && rate <= LEAK_ALIKE * other && other <= LEAK_ALIKE * rate;
}

/* How much longer than its age a ramp's time to the limit may be, by what is known of the slice. */
static double horizon_ages(const struct stretch *s, const struct ramp *ramp, double left)
{
    int64_t known, starts = s->ends_usec - (int64_t)(ramp->age * 1e6);
    window_record(s->window, 0, starts, (int64_t)(ramp->age / LEAK_BLOCKS * 1e6), &known);
    bool urgent = left < seconds(LEAK_URGENT_USEC);
    if (known < LEAK_KNOWN_DAY_USEC && ramp->age < seconds(LEAK_RISE_DAY_USEC))
        return urgent ? LEAK_HORIZON_URGENT : LEAK_HORIZON_YOUNG;
    if (ramp->age < seconds(LEAK_RISE_USEC))
        return urgent ? LEAK_HORIZON_DAY : LEAK_HORIZON_YOUNG;
    return known >= LEAK_KNOWN_USEC && ramp->age >= seconds(LEAK_LONG_USEC) ? LEAK_HORIZON
                                                                            : LEAK_HORIZON_DAY;
}

static void pass_horizon(
    const struct stretch *s, const struct ramp *ramp, struct leak_report *report)
{
    gates_record(report, "age", ramp->age, true, seconds(LEAK_AGE_LEAST_USEC));
    /* Who grew alike in an earlier life is no stranger. */
    double most = gates_alike(ramp->slope, s->lives->rate)
                      ? LEAK_HORIZON * (ramp->age + 60.0 * s->lives->age_minutes)
                      : horizon_ages(s, ramp, ramp->left) * ramp->age;
    gates_record(report, "horizon", ramp->left, false, most / gates_bar(s->lives));
}

/* Rate, growth and forecast of a stretch that grows. */
static void describe(const struct stretch *s, const struct ramp *ramp, struct leak_report *report)
{
    struct forecast left;
    report->rate = s->trend.slope;
    report->rate_low = s->trend.slope_low;
    report->rate_high = s->trend.slope_high;
    report->since_usec = s->ends_usec - (int64_t)(ramp->age * 1e6);
    report->grown_bytes = (uint64_t)s->growth;
    report->forecast = !isinf(s->limit) &&
                       forecast_time_to_limit(&s->trend, ramp->level, ramp->left, s->limit, &left);
    if (report->forecast) {
        report->left_p10 = left.p10;
        report->left_p50 = left.p50;
        report->left_p90 = left.p90;
    }
}

/* A stretch that grows for sure: by how much of what, and for how long yet? */
static void judge_growth(struct stretch *s, struct leak_report *ret)
{
    struct ramp ramp = find_ramp(s);
    bool novel = pass_novelty(s, ret);
    bool open = pass_ceiling(s, &ramp, ret);
    ret->shape = !novel ? SHAPE_BOUNDED : open ? SHAPE_GROWING : SHAPE_SATURATING;
    describe(s, &ramp, ret);
    if (!novel)
        return;
    pass_horizon(s, &ramp, ret);
    ret->verdict = LEAK_CONFIRMED;
    for (uint32_t i = 0; i < ret->gates; i++)
        if (!ret->gate[i].passed)
            ret->verdict = LEAK_SUSPECTED;
}

bool gates_judge(const struct window *window, const struct window_span *span,
    const struct leak_lives *lives, struct leak_report *ret)
{
    struct stretch s = {.window = window, .lives = lives};
    if (!read_series(&s, span) || !read_blocks(&s))
        return false;
    bool limited = window->limit_bytes != SAMPLE_NO_LIMIT;
    s.limit = limited ? (double)window->limit_bytes : INFINITY;
    *ret = (struct leak_report){
        .shape = SHAPE_BOUNDED,
        .at_usec = window->last_usec,
        .window_usec = s.ends_usec - s.begins_usec,
        .floor_bytes = (uint64_t)s.block[LEAK_BLOCKS - 1],
        .limit_bytes = window->limit_bytes,
    };
    if (!pass_growth(&s, ret) || !pass_increments(&s, ret))
        return true;
    s.trend = trend_fit(&s.series);
    if (pass_trend(&s, ret))
        judge_growth(&s, ret);
    return true;
}
