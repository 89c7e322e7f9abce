#include "policy/leak/leak.h"
#include "policy/leak/gates.h"
#include "slices/sample.h"

#include <math.h>
#include <string.h>

/* persistence: a stretch bears a verdict out without a break for 8 % of its length (prototype), and
 * at least 20 minutes; as long it takes to lower a verdict again. */
#define PERSISTENCE            0.08
#define PERSISTENCE_LEAST_USEC (20 * LEAK_MINUTE_USEC)
/* Evaluations farther apart than this leave the time between unjudged. */
#define EVALUATION_GAP_USEC (30 * LEAK_MINUTE_USEC)
/* Giving back more than this part of what was grown ends a verdict at once. */
#define GIVEN_BACK 0.5
/* A detector that awaits its past says "confirmed" without it after a day. */
#define COLD_USEC (24 * LEAK_HOUR_USEC)

const char *const leak_verdict_names[LEAK_VERDICTS] = {
    [LEAK_NONE] = "none",
    [LEAK_SUSPECTED] = "suspected",
    [LEAK_CONFIRMED] = "confirmed",
};
const char *const leak_shape_names[LEAK_SHAPES] = {
    [SHAPE_UNKNOWN] = "unknown",
    [SHAPE_GROWING] = "growing",
    [SHAPE_BOUNDED] = "bounded",
    [SHAPE_SATURATING] = "saturating",
};

void leak_init(struct leak_detector *detector, bool warm)
{
    *detector = (struct leak_detector){.evaluated_bin = -1, .warm = warm};
    detector->report.limit_bytes = SAMPLE_NO_LIMIT;
    window_init(&detector->window);
}

static int64_t persistence_usec(const struct leak_report *report)
{
    int64_t part = (int64_t)(PERSISTENCE * (double)report->window_usec);
    return part > PERSISTENCE_LEAST_USEC ? part : PERSISTENCE_LEAST_USEC;
}

/* Counts how long the stretch has borne its verdict out, and lowers it to what has persisted. */
static void apply_persistence(
    struct leak_detector *detector, int span, uint16_t minutes, struct leak_report *report)
{
    enum leak_verdict borne = report->verdict, persisted = LEAK_NONE;
    int64_t needed = persistence_usec(report);
    uint16_t *held = detector->held_minutes[span];
    for (enum leak_verdict v = LEAK_SUSPECTED; v <= LEAK_CONFIRMED; v++) {
        held[v] = v > borne ? 0 : held[v] > UINT16_MAX - minutes ? UINT16_MAX : held[v] + minutes;
        if (v <= borne && held[v] * LEAK_MINUTE_USEC >= needed)
            persisted = v;
    }
    if (borne == LEAK_NONE)
        return;
    double seconds = (double)(held[borne] * LEAK_MINUTE_USEC) / 1e6;
    gates_record(report, "persistence", seconds, true, (double)needed / 1e6);
    report->verdict = persisted;
}

/* The stronger verdict wins, then the stretch that got through more gates, then the longer. */
static bool outranks(const struct leak_report *a, const struct leak_report *b)
{
    if (a->verdict != b->verdict)
        return a->verdict > b->verdict;
    return a->gates >= b->gates;
}

/* Judges every stretch. False while all hold too little. */
static bool evaluate(struct leak_detector *detector, uint16_t minutes, struct leak_report *ret)
{
    bool seen = false;
    for (int span = 0; span < LEAK_SPANS; span++) {
        struct leak_report report;
        if (!gates_judge(
                &detector->window, &leak_spans[span], detector->record_from_usec, &report)) {
            memset(detector->held_minutes[span], 0, sizeof detector->held_minutes[span]);
            continue;
        }
        apply_persistence(detector, span, minutes, &report);
        if (!seen || outranks(&report, ret))
            *ret = report;
        seen = true;
    }
    return seen;
}

static bool has_fallen(const struct leak_detector *detector)
{
    const struct leak_report *report = &detector->report;
    double kept = (double)report->floor_bytes - GIVEN_BACK * (double)report->grown_bytes;
    return report->verdict != LEAK_NONE && (double)detector->window.last_footprint < kept;
}

/* Takes the new report over, unless it lowers a verdict that was borne out a moment ago. */
static void adopt(struct leak_detector *detector, const struct leak_report *report)
{
    int64_t now = report->at_usec;
    bool lowers = report->verdict < detector->report.verdict;
    if (lowers && now - detector->supported_usec < persistence_usec(&detector->report))
        return;
    detector->report = *report;
    detector->supported_usec = now;
}

/* A confirmed slice that gave its growth back was restarted or freed it: what it had reached is no
 * record that its next growth must beat. */
static void end_life(struct leak_detector *detector)
{
    if (detector->report.verdict == LEAK_CONFIRMED)
        detector->record_from_usec = detector->window.last_usec;
    detector->report.verdict = LEAK_NONE;
    detector->report.shape = SHAPE_UNKNOWN;
    memset(detector->held_minutes, 0, sizeof detector->held_minutes);
}

static bool is_cold(const struct leak_detector *detector)
{
    const struct window *window = &detector->window;
    return !detector->warm && window->last_usec - window->first_usec < COLD_USEC;
}

bool leak_add(struct leak_detector *detector, int64_t t_usec, uint64_t footprint, uint64_t limit)
{
    struct window *window = &detector->window;
    if (!window_add(window, t_usec, footprint, limit))
        return false;
    enum leak_verdict verdict = detector->report.verdict;
    enum leak_shape shape = detector->report.shape;
    if (has_fallen(detector))
        end_life(detector);
    int64_t bin = window->newest_bin[WINDOW_FIVE_MINUTES];
    if (bin != detector->evaluated_bin) {
        int64_t since = detector->evaluated_bin < 0 ? 0 : t_usec - detector->evaluated_usec;
        since = since < EVALUATION_GAP_USEC ? since : EVALUATION_GAP_USEC;
        detector->evaluated_bin = bin;
        detector->evaluated_usec = t_usec;
        struct leak_report report;
        if (evaluate(detector, (uint16_t)(since / LEAK_MINUTE_USEC), &report)) {
            if (is_cold(detector) && report.verdict == LEAK_CONFIRMED)
                report.verdict = LEAK_SUSPECTED;
            adopt(detector, &report);
        }
    }
    return detector->report.verdict != verdict || detector->report.shape != shape;
}

void leak_preload(struct leak_detector *detector, enum window_scale scale, int64_t first_bin_usec,
    const uint32_t *floor_pages, uint32_t count)
{
    window_preload(&detector->window, scale, first_bin_usec, floor_pages, count);
    detector->warm = true;
}

void leak_set_warm(struct leak_detector *detector)
{
    detector->warm = true;
}

void leak_report_unscale(struct leak_report *report, double time_scale)
{
    double *const rates[] = {&report->rate, &report->rate_low, &report->rate_high};
    double *const seconds[] = {&report->left_p10, &report->left_p50, &report->left_p90};
    int64_t *const times[] = {&report->at_usec, &report->since_usec, &report->window_usec};
    for (int i = 0; i < 3; i++) {
        *rates[i] *= time_scale;
        *seconds[i] /= time_scale;
        *times[i] = (int64_t)((double)*times[i] / time_scale);
    }
}
