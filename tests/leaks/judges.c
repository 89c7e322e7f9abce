#include "policy/leak/leak.h"
#include "tests/leaks/judge.h"
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
    opinion->alarm = report->verdict == LEAK_CONFIRMED;
    opinion->suspected = report->verdict >= LEAK_SUSPECTED;
    opinion->forecast = report->forecast;
    /* What the report says counts from its own moment. */
    double since = (double)point->t - (double)report->at_usec / 1e6;
    const double left[3] = {report->left_p10, report->left_p50, report->left_p90};
    for (int i = 0; i < 3; i++)
        opinion->left[i] = left[i] > since ? left[i] - since : 0;
}

const struct judge judges[JUDGES] = {
    {"mom", sizeof(struct leak_detector), mom_begin, mom_add},
    {"predict 6h", sizeof(struct rule_state), rule_begin, rule_predict_6h},
    {"predict 1h", sizeof(struct rule_state), rule_begin, rule_predict_1h},
    {"OLS R2>0.8", sizeof(struct rule_state), rule_begin, rule_least_squares},
    {"Mann-Kendall", sizeof(struct rule_state), rule_begin, rule_mann_kendall},
    {"Hamed-Rao", sizeof(struct rule_state), rule_begin, rule_hamed_rao},
    {"Precog-like", sizeof(struct rule_state), rule_begin, rule_precog},
};
