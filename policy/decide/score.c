#include "policy/decide/score.h"

#include "policy/decide/watch.h"

#include <math.h>

#define SWAPPED_PART 0.5

static const double leak_weight[LEAK_VERDICTS] = {
    [LEAK_NONE] = 1,
    [LEAK_SUSPECTED] = 1.5,
    [LEAK_CONFIRMED] = 4,
};

static uint64_t less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

uint64_t score_gives_back(const struct watch *watch)
{
    uint64_t bytes, footprint;
    if (!sample_gives_back(&watch->sample, &bytes) || !sample_footprint(&watch->sample, &footprint))
        return 0;
    uint64_t most = less(footprint, watch->survives);
    return bytes < most ? bytes : most;
}

uint64_t score_resident(const struct watch *watch)
{
    const struct sample *sample = &watch->sample;
    return less(score_gives_back(watch),
        less(sample_known(sample, SAMPLE_SWAP), sample_known(sample, SAMPLE_SWAPCACHED)));
}

enum leak_verdict score_leak(const struct leak_report *report)
{
    bool ends = report->shape == SHAPE_BOUNDED || report->shape == SHAPE_SATURATING;
    return ends ? LEAK_NONE : report->verdict;
}

/* How many of the window's minutes lie within each horizon, the one that is still filling too. */
static const uint32_t minutes_of[SCORE_HORIZONS] = {
    [SCORE_MINUTE] = 1, [SCORE_TEN_MINUTES] = 10, [SCORE_HOUR_AND_A_HALF] = WINDOW_MINUTES};

static bool was_absent(const struct watch *watch, uint32_t minutes)
{
    int64_t ago = watch->sample.at.boot_usec - watch->absent_usec;
    return watch->absent_usec != 0 && ago < minutes * 60000000ll;
}

struct score_taken score_taken(const struct watch *watch)
{
    struct score_taken taken;
    double now = (double)watch->footprint, low = now;
    double minute = watch->growth * (double)WATCH_GROWTH_USEC / 1e6;
    taken.bytes[SCORE_MINUTE] = minute > 0 ? minute : 0;
    taken.faulted = watch->faulted * (double)WATCH_GROWTH_USEC / 1e6;
    uint32_t back = 0;
    for (int i = SCORE_TEN_MINUTES; i < SCORE_HORIZONS; i++) {
        for (; back < minutes_of[i]; back++) {
            uint32_t floor = window_floor(&watch->leak.window, WINDOW_MINUTE, back);
            if (floor != WINDOW_NO_FLOOR && (double)floor * WINDOW_PAGE < low)
                low = (double)floor * WINDOW_PAGE;
        }
        taken.bytes[i] = now - (was_absent(watch, minutes_of[i]) ? 0 : low);
    }
    return taken;
}

void score_taken_add(struct score_taken *sum, const struct score_taken *taken)
{
    for (int i = 0; i < SCORE_HORIZONS; i++)
        sum->bytes[i] += taken->bytes[i];
    sum->faulted += taken->faulted;
}

/* mom's own formula. */
static double value_of(const struct score *score)
{
    double worth = score->resident + SWAPPED_PART * score->swapped;
    return score->weight * worth * (SCORE_INNOCENT_PART + (1 - SCORE_INNOCENT_PART) * score->guilt);
}

static const enum unit unit_by[FORMULAS] = {[FORMULA_MOM] = UNIT_BYTES,
    [FORMULA_RSS] = UNIT_BYTES,
    [FORMULA_SWAP] = UNIT_BYTES,
    [FORMULA_GROWTH] = UNIT_RATE,
    [FORMULA_VSZ] = UNIT_BYTES,
    [FORMULA_BADNESS] = UNIT_COUNT,
    [FORMULA_OOM_SCORE] = UNIT_COUNT,
    [FORMULA_OUTSIDE] = UNIT_COUNT};

/* Those of others. */
static double value_by(enum formula formula, const struct watch *watch)
{
    const struct sample *sample = &watch->sample;
    uint64_t rss;
    switch (formula) {
    case FORMULA_RSS:
        return sample_rss(sample, &rss) ? (double)rss : 0;
    case FORMULA_SWAP:
        return (double)sample_known(sample, SAMPLE_SWAP);
    case FORMULA_GROWTH:
        return fmax(watch->growth, 0);
    default:
        return (double)sample_known(sample, SAMPLE_BADNESS);
    }
}

static double share_of(double part, double whole, double least)
{
    whole = fmax(whole, least);
    return whole > 0 ? part / whole : 0;
}

static bool nobody_has_taken(const struct score_taken *all, double notable)
{
    bool nobody = true;
    for (int i = 0; i < SCORE_HORIZONS; i++)
        nobody &= all->bytes[i] < notable;
    return nobody;
}

struct score score_slice(
    const struct watch *watch, enum formula formula, const struct score_taken *all, double memory)
{
    uint64_t resident = score_resident(watch);
    struct score score = {.resident = (double)resident,
        .swapped = (double)(score_gives_back(watch) - resident),
        .weight = leak_weight[score_leak(&watch->leak.report)]};
    double notable = SCORE_NOTABLE * memory;
    for (int i = 0; i < SCORE_HORIZONS; i++) {
        score.share[i] = share_of(watch->taken.bytes[i], all->bytes[i], notable);
        score.guilt += score.share[i] / SCORE_HORIZONS;
    }
    if (nobody_has_taken(all, notable))
        score.churn = share_of(watch->taken.faulted, all->faulted, notable);
    score.guilt = fmax(score.guilt, score.churn);
    score.value = formula == FORMULA_MOM ? value_of(&score) : value_by(formula, watch);
    score.unit = unit_by[formula];
    return score;
}
