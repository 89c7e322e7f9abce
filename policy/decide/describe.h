/* What a decision about a slice says beside what is decided: who, and the evidence. Pure. Inner
 * header of decide_slice and beside. */
#ifndef POLICY_DECIDE_DESCRIBE_H
#define POLICY_DECIDE_DESCRIBE_H

#include "policy/decide/decision.h"
#include "policy/decide/watch.h"

/* What a decision goes by beside the slice itself. */
struct outlook {
    const struct policy *policy;
    const struct policy_globals *globals;
    const struct node_sample *node; /* NULL: nothing is known of it */
    uint64_t raised;                /* by which all limits are raised; bytes */
    struct stamp now;
};

/* All of a decision but what is decided. */
void describe(struct decision *ret, const struct watch *watch, const struct slice *slice,
    const struct outlook *outlook);

/* What else a slice that is throttled is held back to, as its policy has it. */
void describe_rates(struct decision *ret);

/* What the slice is throttled to, and for how long. */
void describe_throttle(struct decision *ret, uint64_t bytes, int64_t usec);

/* What shows that it is kept waiting at its own limit. */
void describe_strain(
    struct decision *ret, const struct watch *watch, const struct outlook *outlook);

/* What the slice is raised to, and what shows that it needs it. */
void describe_raise(
    struct decision *ret, const struct watch *watch, uint64_t to, const struct outlook *outlook);

/* The same without that: from which limit to which. */
void describe_raised(struct decision *ret, const struct slice_policy *own, uint64_t from,
    uint64_t to, const struct outlook *outlook);

/* Why what it was raised by is given back. */
void describe_raise_end(
    struct decision *ret, const struct watch *watch, const struct outlook *outlook);

#endif
