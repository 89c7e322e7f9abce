/* A slice's own limits, raised for a time: for who is strained (strain.h) and no confirmed leaker,
 * while the node has room. By steps, up to the policy's ceiling; all raises of the node together
 * stay within a budget. It ends when the slice needs no more than its limit for a while, when its
 * time is up, when the room of the node is gone, or when the slice turns out to leak. What it holds
 * then goes to swap; who can't give it back keeps its limit until it can: nobody is killed for it.
 * Pure. */
#ifndef POLICY_DECIDE_RAISE_H
#define POLICY_DECIDE_RAISE_H

#include "policy/decide/strain.h"
#include "policy/decide/temporary.h"
#include "policy/file/policy.h"
#include "slices/sample.h"

#include <stdbool.h>
#include <stdint.h>

struct raise {
    struct temporary temporary;
    uint64_t before, to; /* the limit as it was, and as it is; bytes */
};

/* By so much the slice's limit is raised. */
uint64_t raise_extra(const struct raise *raise);

/* How far it may be raised now, bytes; 0: not at all. `raised`: by which all limits of the node are
 * raised, this one counted. */
uint64_t raise_due(const struct raise *raise, const struct strain *strain,
    const struct slice_policy *policy, const struct policy_globals *globals,
    const struct node_sample *node, uint64_t raised, int64_t now_usec);

/* The same for who waits at `limit` now, however long: it is not asked whether he is strained. */
uint64_t raise_possible(const struct raise *raise, uint64_t limit,
    const struct slice_policy *policy, const struct policy_globals *globals,
    const struct node_sample *node, uint64_t raised, int64_t now_usec);

/* Of the reserve less than half is available; false, too, where that is unknown. */
bool raise_room_is_gone(const struct policy_globals *globals, const struct node_sample *node);

enum raise_end {
    RAISE_GOES_ON,
    RAISE_RELIEVED, /* it has needed no more than its limit for a while */
    RAISE_SERVED,   /* its time is up */
    RAISE_NO_ROOM,  /* the node can't spare it any more, or the policy doesn't want it any more */
};

/* Whether it is to end by itself. */
enum raise_end raise_ends(const struct raise *raise, const struct strain *strain,
    const struct slice_policy *policy, const struct policy_globals *globals,
    const struct node_sample *node, int64_t now_usec);

/* The ladder asks for it: from `limit` up to `to`. */
void raise_ask(struct raise *raise, uint64_t limit, uint64_t to, int64_t now_usec);

#endif
