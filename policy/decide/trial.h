/* Whether a throttled leaker goes on. The rate of a leak is that of hours, so that one who stopped
 * a while ago still has one: only what it has taken since it was throttled tells. A trial lasts for
 * `leak_throttle`; who passes it is tried again. Pure. */
#ifndef POLICY_DECIDE_TRIAL_H
#define POLICY_DECIDE_TRIAL_H

#include "policy/leak/leak.h"

#include <stdbool.h>
#include <stdint.h>

struct trial {
    int64_t since_usec; /* boot time */
    uint64_t held;      /* what it had then, or the most at the end of an earlier trial; bytes */
};

void trial_begin(struct trial *trial, uint64_t footprint, int64_t now_usec);

/* After the first: from the most that it has held at the end of one, so that who goes up and down
 * is not caught by trying again and again. */
void trial_begin_again(struct trial *trial, double grown, int64_t now_usec);

/* How it has gone so far: failed where it has grown at half of its rate, at least. */
struct trial_result {
    int64_t usec;        /* for so long */
    double grown, bound; /* bytes: what it has, and what is too much */
    bool failed;
};

/* `lasts_usec`: the whole trial, in real time, as all times here; only the detector's are scaled.
 * Grown is by what was held throughout the newest quarter of that, since a wobble is no growth; or,
 * for want of floors, by `footprint`. */
struct trial_result trial_look(const struct trial *trial, const struct leak_detector *leak,
    uint64_t footprint, int64_t lasts_usec, double time_scale, int64_t now_usec);

#endif
