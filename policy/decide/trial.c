#include "policy/decide/trial.h"

#include <math.h>

void trial_begin(struct trial *trial, uint64_t footprint, int64_t now_usec)
{
    *trial = (struct trial){now_usec, footprint};
}

void trial_begin_again(struct trial *trial, double grown, int64_t now_usec)
{
    trial->since_usec = now_usec;
    trial->held += grown > 0 ? (uint64_t)grown : 0;
}

/* The lowest floor of the newest minutes, in bytes. False where there is none. */
static bool lowest_floor(const struct window *window, double minutes, uint64_t *ret)
{
    uint32_t lowest = WINDOW_NO_FLOOR;
    for (uint32_t back = 0; back < fmin(minutes, WINDOW_MINUTES); back++) {
        uint32_t floor = window_floor(window, WINDOW_MINUTE, back);
        lowest = floor < lowest ? floor : lowest;
    }
    *ret = (uint64_t)lowest * WINDOW_PAGE;
    return lowest != WINDOW_NO_FLOOR;
}

struct trial_result trial_look(const struct trial *trial, const struct leak_detector *leak,
    uint64_t footprint, int64_t lasts_usec, double time_scale, int64_t now_usec)
{
    int64_t usec = now_usec - trial->since_usec;
    double minutes = (double)lasts_usec / 4 * time_scale / (double)window_bin_usec[WINDOW_MINUTE];
    uint64_t held;
    if (!lowest_floor(&leak->window, minutes, &held))
        held = footprint;
    double grown = (double)held - (double)trial->held;
    double bound = leak->report.rate * time_scale * (double)usec / 1e6 / 2;
    return (struct trial_result){usec, grown, bound, grown >= bound};
}
