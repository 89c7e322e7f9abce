/* One slice as it is watched: all that is remembered of it between ticks, and what follows from its
 * samples. Pure. */
#ifndef POLICY_DECIDE_WATCH_H
#define POLICY_DECIDE_WATCH_H

#include "policy/decide/ladder.h"
#include "policy/decide/oom.h"
#include "policy/decide/order.h"
#include "policy/decide/raise.h"
#include "policy/decide/score.h"
#include "policy/decide/strain.h"
#include "policy/decide/throttle.h"
#include "policy/decide/trial.h"
#include "policy/file/policy.h"
#include "policy/leak/channel.h"
#include "policy/leak/leak.h"
#include "slices/sample.h"

#include <stdbool.h>
#include <stdint.h>

/* All that is remembered of one slice between ticks. Owner: the governor's thread. */
struct watch {
    uint64_t serial; /* of the slice it belongs to */
    struct sample sample;
    struct leak_detector leak;
    struct leak_channels channels;
    struct ladder ladder;
    struct throttle throttle;
    struct trial trial; /* while the ladder has it throttled */
    struct strain strain;
    struct raise raise;
    struct temporary freeze; /* while the ladder has it frozen */
    struct ordered ordered;
    struct oom oom;
    struct slice_policy policy;
    struct stamp born;
    int64_t absent_usec; /* boot time when it was last known not to be there; 0: unknown */
    bool held;           /* a person's hold is in force; set by the governor */
    bool lone; /* the only unprotected slice (standing.unprotected == 1); set by the governor */
    uint64_t footprint; /* newest, bytes */
    uint64_t end_at;    /* a footprint at which there is no more; SAMPLE_NO_LIMIT: unknown */
    uint64_t short_at;  /* a footprint at which the node would be short; 0: unknown */
    uint64_t survives;  /* of that, what a reset has left: files on tmpfs; bytes */
    double growth;      /* bytes a second over the last WATCH_GROWTH_USEC (smoothed) */
    double growth_now;  /* between the two newest samples */
    int64_t growth_before_usec, growth_at_usec; /* boot times of these two */
    int64_t grown_twice_usec; /* of the third newest, where the other two each grew; else 0 */
    double faulted;           /* by major faults, bytes a second over the last WATCH_GROWTH_USEC */
    uint64_t faults;          /* their counter */
    struct score_taken taken; /* as it was last weighed; set by standing_make */
};
#define WATCH_GROWTH_USEC (60 * 1000000ll) /* not scaled: the node's trouble is in real time */

#define WATCH_EPOCH_USEC (32 * 86400 * 1000000ll)

/* `absent_usec`: boot time when the slice is known not to have been there yet: all that it has now
 * is growth since then. 0: unknown. */
void watch_init(struct watch *watch, const struct slice *slice, const struct slice_policy *policy,
    int64_t absent_usec, struct stamp now, bool warm);

/* Floors of the past into the detector, as leak_preload, by the Unix time of the first. Times that
 * can't be are passed over; and so is all where there is a time_scale: it makes the detector's
 * minutes shorter than those of history. */
void watch_preload(struct watch *watch, const struct policy_globals *globals,
    enum window_scale scale, int64_t first_unix_usec, const uint32_t *floor_pages, uint32_t count,
    struct stamp now);

/* By so much its limits are raised; bytes. */
uint64_t watch_raised(const struct watch *watch);

/* Brings derived values and the detector up to date after watch->sample was read. True when the
 * leak verdict or shape changed. A sample without a footprint changes nothing.
 *
 * The detector's time is the boot clock's plus WATCH_EPOCH_USEC, times time_scale: no step of the
 * wall clock gets in, and floors of the four weeks before the boot have a time too.
 *
 * All ends at a footprint, what was swapped out included: the nearest of
 *
 *   memory.max, memory.high   and as much swap as the slice may come to have: memory.swap.max, or
 *                             what it has there now and what is free; memory.high as it would be
 *                             if the slice were not throttled
 *   the groups around it      the footprint and what they can still give (SAMPLE_ROOM)
 *   the node                  the footprint, MemAvailable, and free swap that is not zram's
 *
 * So a slice without limits has a forecast, too. Who else grows in the same room is left out: a
 * slow grower beside a fast one would look as near to its end as that one. All together are looked
 * at by the node's rules (RULE_EXHAUSTED_WITHIN).
 *
 * That is `end_at`. The node is short before: `short_at` is the footprint and what is available
 * above policy_short_below, free swap left out, since it is for what a throttled leaker takes. The
 * limit that the detector is given, by which a growth counts as near enough and is forecast, is the
 * nearer of the two, and so it goes whether a leak is due; how long a trial may last goes by the
 * end. */
bool watch_update(
    struct watch *watch, const struct policy_globals *globals, const struct node_sample *node);

/* Until a leaker is at its end, from what it holds now: the forecast is as old as the newest floor
 * of its stretch, which may be hours, and takes for granted that it has gone on since. Real time.
 */
double watch_left_usec(const struct watch *watch, const struct policy_globals *globals);

/* Whether the node is short before that, and until then. */
bool watch_short_first(
    const struct watch *watch, const struct policy_globals *globals, double *ret_usec);

#endif
