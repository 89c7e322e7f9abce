#include "policy/decide/score.h"

#include "policy/decide/decide.h"

#define SWAPPED_PART 0.5

static const double leak_weight[LEAK_VERDICTS] = {
    [LEAK_NONE] = 1,
    [LEAK_SUSPECTED] = 1.5,
    [LEAK_CONFIRMED] = 4,
};

static uint64_t known(const struct sample *sample, enum sample_field field)
{
    return sample_has(sample, field) ? sample->value[field] : 0;
}

static uint64_t less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

uint64_t score_gives_back(const struct watch *watch)
{
    uint64_t footprint;
    if (!sample_footprint(&watch->sample, &footprint))
        return 0;
    return less(footprint, known(&watch->sample, SAMPLE_SHMEM));
}

enum leak_verdict score_leak(const struct leak_report *report)
{
    bool ends = report->shape == SHAPE_BOUNDED || report->shape == SHAPE_SATURATING;
    return ends ? LEAK_NONE : report->verdict;
}

double score_slice(const struct watch *watch)
{
    const struct sample *sample = &watch->sample;
    uint64_t gives_back = score_gives_back(watch);
    uint64_t swapped = less(known(sample, SAMPLE_SWAP), known(sample, SAMPLE_SWAPCACHED));
    double resident = (double)less(gives_back, swapped);
    double grown = watch->growth > 0 ? watch->growth * (double)WATCH_GROWTH_USEC / 1e6 : 0;
    double bytes = resident + SWAPPED_PART * (double)(gives_back - (uint64_t)resident) + grown;
    return leak_weight[score_leak(&watch->leak.report)] * bytes;
}
