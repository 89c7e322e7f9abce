/* The tiers of history, finest first. Each is made of the one before it. */
#ifndef DB_TIER_H
#define DB_TIER_H

#include <stdint.h>

enum tier { RAW, MINUTE, TEN_MINUTES, HOUR, TIERS };

/* Seconds that one row covers; 0: a sample. These are the values of the columns `span`. */
static const int64_t tier_span_sec[TIERS] = {
    [RAW] = 0, [MINUTE] = 60, [TEN_MINUTES] = 600, [HOUR] = 3600};

#define USEC_PER_SEC 1000000ll

/* The beginning of the bin that a time (not before 1970) lies in; span 0: the time itself. */
static inline int64_t align_down(int64_t t_sec, int64_t span_sec)
{
    return span_sec ? t_sec - t_sec % span_sec : t_sec;
}

static inline int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

#endif
