/* A slice's soft limit, lowered for a time. For two reasons:
 *
 * Who was reset often begins his next life with little memory, so that he can't fill the node again
 * before he is known: from birth until the probation is over. A life of which the beginning was not
 * seen is left alone, and so is whoever is protected or held.
 *
 * A leaker whose limit is near gets no more than he has, as long as the ladder says so. Pure. */
#ifndef POLICY_DECIDE_THROTTLE_H
#define POLICY_DECIDE_THROTTLE_H

#include "policy/file/policy.h"
#include "slices/action.h"

#include <stdbool.h>
#include <stdint.h>

enum throttle_state {
    THROTTLE_OVER,    /* not, or not any more */
    THROTTLE_NEWBORN, /* its strikes may not be known yet */
    THROTTLE_ASKED,   /* the outcome is not known yet */
    THROTTLE_ON,
    THROTTLE_LET_GO,    /* the release is due */
    THROTTLE_RELEASING, /* its outcome is not known yet */
};

/* Times are boot times. */
struct throttle {
    enum throttle_state state;
    int64_t since_usec; /* of the state */
    uint64_t before;    /* the limit that it had when it was asked for; bytes */
    bool lowered;       /* since then, by an outcome that told so */
    bool by_leak;       /* for a leak, as long as the ladder says so */
};

/* A life begins: `seen`, or it may have begun at any time. */
void throttle_born(struct throttle *throttle, bool seen, int64_t now_usec);

/* What is due: ACTION_THROTTLE, ACTION_RELEASE after `lasts_usec`, or ACTION_NONE. A release that
 * failed or was lost is due again after a while. `limit`: the slice's soft limit as it was sampled,
 * bytes. */
enum action_kind throttle_next(struct throttle *throttle, const struct slice_policy *policy,
    uint32_t strikes, uint64_t limit, int64_t lasts_usec, int64_t now_usec);

/* The ladder asks for it because of a leak; and has it released. */
void throttle_ask(struct throttle *throttle, uint64_t limit, int64_t now_usec);
void throttle_release(struct throttle *throttle, int64_t now_usec);

/* What came of ACTION_THROTTLE or ACTION_RELEASE. */
void throttle_outcome(
    struct throttle *throttle, enum action_kind kind, bool done, int64_t now_usec);

/* Its processes have been ended, and what follows in the same group begins anew. */
void throttle_reset(struct throttle *throttle, int64_t now_usec);

/* It is not to be throttled any more: the release is due. */
void throttle_let_go(struct throttle *throttle);

/* It is throttled, or about to be. */
bool throttle_is_on(const struct throttle *throttle);

/* The soft limit as it would be without the throttle; `limit` was sampled, maybe a while ago.
 * Bytes.
 */
uint64_t throttle_limit(const struct throttle *throttle, uint64_t limit, int64_t now_usec);

#endif
