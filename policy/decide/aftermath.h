/* What follows a reset for the sake of a domain: for how long nothing, and who may be next. One
 * reset after another, while the memory is where no reset reaches it or on its way still, would
 * take all slices, one by one. Pure. Inner header of decide_node. */
#ifndef POLICY_DECIDE_AFTERMATH_H
#define POLICY_DECIDE_AFTERMATH_H

#include "policy/decide/rules.h"
#include "policy/decide/standing.h"

#include <stdbool.h>
#include <stdint.h>

/* A reset is decided. */
void aftermath_begin(struct node_watch *guard, const struct standing *standing,
    const struct standing_entry *chosen, const struct node_sample *node, struct stamp now);

/* It need not be done: of what it should give back, the slice has not even half. `charged`: bytes
 * of memory and swap; SAMPLE_NO_LIMIT: unknown. */
bool aftermath_is_needless(const struct node_watch *guard, uint64_t charged);

/* The cool-down is not over, or memory is seen to come back still. */
bool aftermath_lasts(
    const struct node_watch *guard, const struct policy_globals *globals, struct stamp now);

/* By three samples that are all newer than the last reset this slice goes on taking memory: it may
 * follow at once. A step that is over does not. `chosen` NULL: nobody. */
bool aftermath_goes_on(const struct node_watch *guard, const struct standing *standing,
    const struct standing_entry *chosen, const struct node_sample *node);

/* What keeps it from being the next: RESTRAINT_STALE, RESTRAINT_IN_VAIN, or RESTRAINT_NONE. */
enum restraint aftermath_restraint(const struct node_watch *guard, const struct standing *standing,
    const struct standing_entry *chosen, const struct node_sample *node);

/* What there is, and what was due: "room_after_reset". */
void aftermath_evidence(
    const struct node_watch *guard, const struct node_sample *node, struct evidence *evidence);

#endif
