/* What a person has ordered to be changed about a slice (throttle, raise, freeze, move), for a
 * time.
 * While it is in force the ladder warns and records, and changes nothing itself. Pure. */
#ifndef POLICY_DECIDE_ORDER_H
#define POLICY_DECIDE_ORDER_H

#include "policy/decide/temporary.h"
#include "slices/action.h"

#include <stdbool.h>
#include <stdint.h>

/* An order, as it is given. */
struct order {
    enum action_kind kind;
    uint64_t bytes;     /* ACTION_RECLAIM, ACTION_THROTTLE, ACTION_RAISE: how much */
    int64_t lasts_usec; /* of what lasts: then it is released */
    const char *to;     /* ACTION_MOVE: the other group's path; else NULL or "" */
};

/* The one of a slice that lasts. */
struct ordered {
    struct temporary temporary;
    enum action_kind kind;
    uint64_t bytes;
    int64_t lasts_usec;
    uint64_t
        before; /* the limit as it was: a throttle's the soft one, a raise's the nearest; bytes */
};

/* It is in force, under way, or not known to be undone yet. */
bool ordered_is_on(const struct ordered *ordered);

/* `before`: see above. */
void ordered_ask(
    struct ordered *ordered, const struct order *order, uint64_t before, int64_t now_usec);

/* Whether it is to be released now; *ret_served: because its time is up. */
bool ordered_ends(struct ordered *ordered, int64_t now_usec, bool *ret_served);

/* By so much the slice's limit is raised; bytes. */
uint64_t ordered_extra(const struct ordered *ordered);

/* The soft limit as it would be without the order; `limit` was sampled. Bytes. */
uint64_t ordered_limit(const struct ordered *ordered, uint64_t limit);

#endif
