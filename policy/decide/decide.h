/* The decisions of one tick, from what is known: a pure function of its arguments.
 *
 * Two callers. The governor's thread calls decide_slice for each slice after its sample was added,
 * and standing_make once a tick. The guard's thread calls decide_node as often as policy says with
 * the newest node sample and its copy of the standing list. */
#ifndef POLICY_DECIDE_DECIDE_H
#define POLICY_DECIDE_DECIDE_H

#include "policy/decide/decision.h"
#include "policy/decide/ladder.h"
#include "policy/decide/rules.h"
#include "policy/decide/standing.h"
#include "policy/leak/leak.h"

#include <stdbool.h>
#include <stdint.h>

/* All that is remembered of one slice between ticks. Owner: the governor's thread. */
struct watch {
    uint64_t serial; /* of the slice it belongs to */
    struct sample sample;
    struct leak_detector leak;
    struct ladder ladder;
    struct slice_policy policy;
    struct stamp born;
    bool held;          /* a person's hold is in force */
    uint64_t footprint; /* newest, bytes */
    double growth;      /* bytes a second over the last minute (smoothed) */
    int64_t growth_at_usec;
};

void watch_init(struct watch *watch, const struct slice *slice, const struct slice_policy *policy,
    struct stamp now, bool warm);

/* Brings derived values and the detector up to date after watch->sample was read. True when the
 * leak verdict or shape changed. */
bool watch_update(
    struct watch *watch, const struct policy_globals *globals, const struct node_sample *node);

/* The ladder of one slice. Returns how many decisions were written to ret (at most
 * DECIDE_SLICE_MAX); decision.seq and incident are left to the caller where 0. */
#define DECIDE_SLICE_MAX 2
uint32_t decide_slice(struct watch *watch, const struct slice *slice, const struct policy *policy,
    const struct node_sample *node, struct stamp now, struct decision *ret);

/* What came of an action on the slice: strikes, probation, next state. */
void decide_outcome(struct watch *watch, const struct outcome *outcome, struct stamp now);

/* A person's order (momctl reset): checked like any other for protection; never for mode. */
void decide_request(struct watch *watch, const struct slice *slice, const struct policy *policy,
    enum action_kind wanted, struct stamp now, struct decision *ret);

/* The node's rules against the standing list. Returns 0 or 1 decisions. `guard` is the guard's
 * memory (what the counters were, since when each rule holds, cool-down). */
uint32_t decide_node(struct node_watch *guard, const struct policy *policy,
    const struct node_sample *node, const struct standing *standing, struct stamp now,
    struct decision *ret);

#endif
