#include "policy/leak/leak.h"
#include "policy/leak/gates.h"
#include "slices/sample.h"

#include <string.h>

/* persistence: a stretch bears a verdict out without a break for 8 % of its length (prototype), and
 * at least 20 minutes; as long it takes to lower a verdict again. */
#define PERSISTENCE            0.08
#define PERSISTENCE_LEAST_USEC (20 * LEAK_MINUTE_USEC)
/* Evaluations farther apart than this leave the time between unjudged. */
#define EVALUATION_GAP_USEC (30 * LEAK_MINUTE_USEC)
/* Giving back more than this part of what was grown ends a verdict at once. */
#define GIVEN_BACK 0.5
/* Falls that take no longer than this many bins of five minutes come at once. */
#define FALL_BINS 3
/* Of confirmed growths that came to an end by themselves, or were dismissed, so many count. */
#define RECOVERED_MOST 3
#define DISMISSED_MOST 4
/* As far back a detector that is given its past lives it again: every half hour, the last day every
 * five minutes. */
#define PAST_USEC      (7 * 24 * LEAK_HOUR_USEC)
#define FINE_PAST_USEC (24 * LEAK_HOUR_USEC)
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
    *detector = (struct leak_detector){.warm = warm};
    detector->report.limit_bytes = SAMPLE_NO_LIMIT;
    for (int span = 0; span < LEAK_SPANS; span++)
        detector->standing[span].judged_step = -1;
    window_init(&detector->window);
}

static int64_t persistence_usec(const struct leak_report *report, const struct leak_lives *lives)
{
    int64_t part = (int64_t)(PERSISTENCE * (double)report->window_usec);
    return (part > PERSISTENCE_LEAST_USEC ? part : PERSISTENCE_LEAST_USEC) * gates_bar(lives);
}

/* Counts how long the stretch has borne its verdict out, and lowers it to what has persisted. */
static void apply_persistence(struct leak_standing *standing, const struct leak_lives *lives,
    int64_t since_usec, struct leak_report *report)
{
    enum leak_verdict borne = report->verdict, persisted = LEAK_NONE;
    int64_t needed = persistence_usec(report, lives);
    uint16_t minutes = (uint16_t)(since_usec / LEAK_MINUTE_USEC);
    uint16_t *held = standing->held_minutes;
    for (enum leak_verdict v = LEAK_SUSPECTED; v <= LEAK_CONFIRMED; v++) {
        uint16_t longer = held[v] > UINT16_MAX - minutes ? UINT16_MAX : held[v] + minutes;
        held[v] = v > borne ? 0 : longer;
        if (v <= borne && held[v] * LEAK_MINUTE_USEC >= needed)
            persisted = v;
    }
    if (borne == LEAK_NONE)
        return;
    double seconds = (double)(held[borne] * LEAK_MINUTE_USEC) / 1e6;
    gates_record(report, "persistence", seconds, true, (double)needed / 1e6);
    report->verdict = persisted;
}

static bool is_cold(const struct leak_detector *detector)
{
    const struct window *window = &detector->window;
    bool waits = !detector->warm || detector->warm_start_due;
    return waits && window->last_usec - window->first_usec < COLD_USEC;
}

/* Judges one stretch. False when it holds too little. */
static bool judge(struct leak_detector *detector, uint32_t span, struct leak_report *ret)
{
    const struct window *window = &detector->window;
    struct leak_standing *standing = &detector->standing[span];
    int64_t now = window->last_usec;
    int64_t since = standing->judged_step < 0 ? 0 : now - standing->judged_usec;
    int64_t gap = EVALUATION_GAP_USEC + window_span_step_usec(&leak_spans[span]);
    standing->judged_step = now / window_span_step_usec(&leak_spans[span]);
    standing->judged_usec = now;
    bool seen = gates_judge(window, &leak_spans[span], &detector->lives, ret);
    if (seen)
        apply_persistence(standing, &detector->lives, since < gap ? since : gap, ret);
    else
        memset(standing->held_minutes, 0, sizeof standing->held_minutes);
    standing->verdict = seen ? (uint8_t)ret->verdict : LEAK_NONE;
    if (seen && standing->verdict == LEAK_CONFIRMED && is_cold(detector))
        standing->verdict = ret->verdict = LEAK_SUSPECTED;
    return seen;
}

static bool is_due(const struct leak_detector *detector, uint32_t span)
{
    int64_t step = detector->window.last_usec / window_span_step_usec(&leak_spans[span]);
    return step != detector->standing[span].judged_step;
}

/* The stronger verdict wins, then the stretch that got through more gates, then the longer. */
static bool outranks(const struct leak_report *a, const struct leak_report *b)
{
    if (a->verdict != b->verdict)
        return a->verdict > b->verdict;
    return a->gates != b->gates ? a->gates > b->gates : a->window_usec >= b->window_usec;
}

/* Judges the stretches that have a new floor. False when the report stays as it is. */
static bool evaluate(struct leak_detector *detector, struct leak_report *ret, uint32_t *ret_span)
{
    struct leak_report report;
    bool any = false, replaced = is_due(detector, detector->report_span);
    enum leak_verdict strongest = LEAK_NONE;
    for (uint32_t span = 0; span < LEAK_SPANS; span++) {
        bool due = is_due(detector, span);
        if (due && judge(detector, span, &report) && (!any || outranks(&report, ret))) {
            *ret = report;
            *ret_span = span;
            any = true;
        }
        if (detector->standing[span].verdict > strongest)
            strongest = detector->standing[span].verdict;
    }
    if (!any)
        return false;
    if (!replaced)
        return outranks(ret, &detector->report);
    /* The stretch that decided does no longer: another one, judged earlier, may. */
    for (uint32_t span = 0; span < LEAK_SPANS && ret->verdict < strongest; span++)
        if (detector->standing[span].verdict == strongest && judge(detector, span, ret))
            *ret_span = span;
    return true;
}

static bool has_fallen(const struct leak_detector *detector)
{
    const struct leak_report *report = &detector->report;
    double kept = (double)report->floor_bytes - GIVEN_BACK * (double)report->grown_bytes;
    return report->verdict != LEAK_NONE && (double)detector->window.last_footprint < kept;
}

/* Who has shown once that its growth ends has more to show the next time. */
static void recover(struct leak_lives *lives)
{
    if (lives->recovered < RECOVERED_MOST)
        lives->recovered++;
}

/* Takes the new report over, unless it lowers a verdict that was borne out a moment ago. */
static void adopt(struct leak_detector *detector, const struct leak_report *report, uint32_t span)
{
    int64_t now = report->at_usec;
    bool lowers = report->verdict < detector->report.verdict;
    if (lowers &&
        now - detector->supported_usec < persistence_usec(&detector->report, &detector->lives))
        return;
    if (detector->report.verdict == LEAK_CONFIRMED && lowers)
        recover(&detector->lives);
    detector->report = *report;
    detector->report_span = span;
    detector->supported_usec = now;
}

/* Most of the growth went within minutes: nobody gives memory back like that who lives on. */
static bool fell_at_once(const struct leak_detector *detector)
{
    const struct leak_report *report = &detector->report;
    uint32_t before = window_floor(&detector->window, WINDOW_FIVE_MINUTES, FALL_BINS);
    double kept = (double)report->floor_bytes - GIVEN_BACK * (double)report->grown_bytes;
    return before != WINDOW_NO_FLOOR && (double)before * WINDOW_PAGE > kept;
}

static void remember_life(struct leak_lives *lives, const struct leak_report *report, int64_t now)
{
    uint32_t before = gates_alike(report->rate, lives->rate) ? lives->age_minutes : 0;
    int64_t age = report->at_usec - report->since_usec;
    lives->age_minutes = before + (uint32_t)(age / LEAK_MINUTE_USEC);
    lives->rate = (float)report->rate;
    lives->record_from_usec = now;
}

static void disarm(struct leak_detector *detector)
{
    detector->report.verdict = LEAK_NONE;
    detector->report.shape = SHAPE_UNKNOWN;
    detector->report.gates = 0; /* they were passed by what is over */
    for (int span = 0; span < LEAK_SPANS; span++) {
        memset(
            detector->standing[span].held_minutes, 0, sizeof detector->standing[span].held_minutes);
        detector->standing[span].verdict = LEAK_NONE;
    }
}

/* A slice that grew and gave it back at once was restarted: what it had reached is no record that
 * its next growth must beat, and that it grew is no news. */
static void end_life(struct leak_detector *detector)
{
    if (fell_at_once(detector) && detector->report.since_usec != 0)
        remember_life(&detector->lives, &detector->report, detector->window.last_usec);
    else if (detector->report.verdict == LEAK_CONFIRMED)
        recover(&detector->lives);
    disarm(detector);
}

static void judge_now(struct leak_detector *detector)
{
    struct leak_report report;
    uint32_t span = 0;
    if (has_fallen(detector))
        end_life(detector);
    if (evaluate(detector, &report, &span))
        adopt(detector, &report, span);
}

bool leak_add(struct leak_detector *detector, int64_t t_usec, uint64_t footprint, uint64_t limit)
{
    struct window *window = &detector->window;
    if (!window_add(window, t_usec, footprint, limit))
        return false;
    enum leak_verdict verdict = detector->report.verdict;
    enum leak_shape shape = detector->report.shape;
    judge_now(detector);
    return detector->report.verdict != verdict || detector->report.shape != shape;
}

void leak_preload(struct leak_detector *detector, enum window_scale scale, int64_t first_bin_usec,
    const uint32_t *floor_pages, uint32_t count)
{
    window_preload(&detector->window, scale, first_bin_usec, floor_pages, count);
    detector->preloaded |= count > 0;
}

static struct leak_lives dismissals(const struct leak_lives *lives)
{
    return (struct leak_lives){
        .dismissed = lives->dismissed, .dismissed_pages = lives->dismissed_pages};
}

bool leak_warm_start(struct leak_detector *detector)
{
    const struct leak_report before = detector->report;
    const int64_t *bin_usec = window_bin_usec;
    int64_t now = detector->window.last_usec, begun = now - PAST_USEC, fine = now - FINE_PAST_USEC;
    struct leak_detector past;
    leak_init(&past, true);
    past.lives = dismissals(&detector->lives);
    for (int64_t t = begun - begun % bin_usec[WINDOW_HALF_HOUR], step; t < now; t += step) {
        step = bin_usec[t < fine ? WINDOW_HALF_HOUR : WINDOW_FIVE_MINUTES]; /* bins begin there */
        if (t >= detector->window.first_usec && window_replay(&past.window, &detector->window, t))
            judge_now(&past);
    }
    past.window = detector->window;
    past.report.channel = before.channel;
    *detector = past;
    return detector->report.verdict != before.verdict || detector->report.shape != before.shape;
}

void leak_preload_end(struct leak_detector *detector)
{
    detector->warm = true;
    detector->warm_start_due |= detector->preloaded;
    detector->preloaded = false;
}

void leak_set_warm(struct leak_detector *detector)
{
    detector->warm = true;
}

void leak_reset(struct leak_detector *detector)
{
    const struct leak_lives lives = dismissals(&detector->lives);
    leak_init(detector, true);
    detector->lives = lives;
}

uint64_t leak_dismiss(struct leak_detector *detector)
{
    const struct leak_report *report = &detector->report;
    uint64_t floor = report->floor_bytes, more = report->grown_bytes;
    if (report->limit_bytes != SAMPLE_NO_LIMIT) {
        uint64_t half = report->limit_bytes > floor ? (report->limit_bytes - floor) / 2 : 0;
        more = more < half ? more : half;
    }
    leak_set_dismissed(detector, detector->lives.dismissed + 1u, floor + more);
    disarm(detector);
    return floor + more;
}

void leak_set_dismissed(
    struct leak_detector *detector, uint32_t dismissed, uint64_t dismissed_bytes)
{
    struct leak_lives *lives = &detector->lives;
    uint64_t pages = dismissed_bytes / WINDOW_PAGE;
    lives->dismissed = (uint8_t)(dismissed < DISMISSED_MOST ? dismissed : DISMISSED_MOST);
    lives->dismissed_pages = pages < WINDOW_NO_FLOOR ? (uint32_t)pages : WINDOW_NO_FLOOR - 1;
}

void leak_report_unscale(struct leak_report *report, double time_scale)
{
    static const char *const timed_gates[] = {"age", "horizon", "persistence"};
    double *const rates[] = {&report->rate, &report->rate_low, &report->rate_high};
    double *const seconds[] = {&report->left_p10, &report->left_p50, &report->left_p90};
    int64_t *const times[] = {&report->at_usec, &report->since_usec, &report->window_usec};
    for (int i = 0; i < 3; i++) {
        *rates[i] *= time_scale;
        *seconds[i] /= time_scale;
        *times[i] = (int64_t)((double)*times[i] / time_scale);
        for (uint32_t g = 0; g < report->gates; g++)
            if (strcmp(report->gate[g].name, timed_gates[i]) == 0) {
                report->gate[g].value /= time_scale;
                report->gate[g].threshold /= time_scale;
            }
    }
}
