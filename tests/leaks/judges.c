#include "policy/leak/leak.h"
#include "tests/leaks/judge.h"
#include "tests/leaks/restart.h"
#include "tests/leaks/rules.h"

static void mom_begin(void *state)
{
    leak_init(state, true);
}

static void mom_add(void *state, const struct point *point, struct opinion *opinion)
{
    struct leak_detector *detector = state;
    const struct leak_report *report = &detector->report;
    leak_add(
        detector, point->t * INT64_C(1000000), (uint64_t)point->footprint, (uint64_t)point->limit);
    if (detector->warm_start_due)
        (void)leak_warm_start(detector);
    opinion->alarm = report->verdict == LEAK_CONFIRMED;
    opinion->suspected = report->verdict >= LEAK_SUSPECTED;
    opinion->forecast = report->forecast;
    /* What the report says counts from its own moment. */
    double since = (double)point->t - (double)report->at_usec / 1e6;
    const double left[3] = {report->left_p10, report->left_p50, report->left_p90};
    for (int i = 0; i < 3; i++)
        opinion->left[i] = left[i] > since ? left[i] - since : 0;
}

/* Begun anew every day and a half, with what the database would give back of the days before. */
#define RESTARTED_SEC (37 * 3600) /* at any time of the day */
struct restarted {
    struct leak_detector detector;
    int64_t since; /* the first sample of this detector; 0: none yet */
};

static void restarted_begin(void *state)
{
    struct restarted *restarted = state;
    restarted->since = 0;
    leak_init(&restarted->detector, true);
}

static void restart(struct leak_detector *detector)
{
    const struct leak_detector before = *detector;
    leak_init(detector, false);
    hand_over_floors(detector, &before);
}

static void restarted_add(void *state, const struct point *point, struct opinion *opinion)
{
    struct restarted *restarted = state;
    if (restarted->since != 0 && point->t - restarted->since > RESTARTED_SEC) {
        restart(&restarted->detector);
        restarted->since = 0;
    }
    if (restarted->since == 0)
        restarted->since = point->t;
    mom_add(&restarted->detector, point, opinion);
}

const struct judge judges[JUDGES] = {
    {"mom", sizeof(struct leak_detector), mom_begin, mom_add},
    {"mom, restarted", sizeof(struct restarted), restarted_begin, restarted_add},
    {"predict 6h", sizeof(struct rule_state), rule_begin, rule_predict_6h},
    {"predict 1h", sizeof(struct rule_state), rule_begin, rule_predict_1h},
    {"OLS R2>0.8", sizeof(struct rule_state), rule_begin, rule_least_squares},
    {"Mann-Kendall", sizeof(struct rule_state), rule_begin, rule_mann_kendall},
    {"Hamed-Rao", sizeof(struct rule_state), rule_begin, rule_hamed_rao},
    {"Precog-like", sizeof(struct rule_state), rule_begin, rule_precog},
};
