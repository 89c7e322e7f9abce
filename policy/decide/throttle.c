#include "policy/decide/throttle.h"

/* The store has told of its strikes by then, or never will (see PAST_WITHIN_USEC, mom/governor). */
#define NEWBORN_USEC (2 * 60 * 1000000ll)
/* An outcome that does not come may yet have been a success. */
#define OUTCOME_USEC (2 * 60 * 1000000ll)
/* So long after a release the limits have been read again for sure. */
#define STALE_USEC (10 * 60 * 1000000ll)

static void enter(struct throttle *throttle, enum throttle_state state, int64_t now_usec)
{
    throttle->state = state;
    throttle->since_usec = now_usec;
}

bool throttle_is_on(const struct throttle *throttle)
{
    return throttle->state == THROTTLE_ASKED || throttle->state == THROTTLE_ON;
}

void throttle_born(struct throttle *throttle, bool seen, int64_t now_usec)
{
    enter(throttle, seen ? THROTTLE_NEWBORN : THROTTLE_OVER, now_usec);
}

static void ask(struct throttle *throttle, uint64_t limit, bool by_leak, int64_t now_usec)
{
    if (!throttle_is_on(throttle))
        throttle->before = throttle_limit(throttle, limit, now_usec);
    throttle->by_leak = by_leak;
    enter(throttle, THROTTLE_ASKED, now_usec);
}

void throttle_ask(struct throttle *throttle, uint64_t limit, int64_t now_usec)
{
    ask(throttle, limit, true, now_usec);
}

void throttle_release(struct throttle *throttle, int64_t now_usec)
{
    enter(throttle, THROTTLE_RELEASING, now_usec);
}

static bool deserves(const struct slice_policy *policy, uint32_t strikes)
{
    const struct penalty *penalty = penalty_of(policy->penalties, strikes);
    return penalty && penalty->throttles;
}

enum action_kind throttle_next(struct throttle *throttle, const struct slice_policy *policy,
    uint32_t strikes, uint64_t limit, int64_t lasts_usec, int64_t now_usec)
{
    int64_t usec = now_usec - throttle->since_usec;
    if (throttle->state == THROTTLE_NEWBORN && usec > NEWBORN_USEC)
        enter(throttle, THROTTLE_OVER, now_usec);
    if (throttle->state == THROTTLE_NEWBORN && deserves(policy, strikes)) {
        ask(throttle, limit, false, now_usec);
        return ACTION_THROTTLE;
    }
    if (throttle->state == THROTTLE_ASKED && usec > OUTCOME_USEC)
        throttle->state = THROTTLE_ON;
    bool served = throttle->state == THROTTLE_ON && usec >= lasts_usec;
    bool lost = throttle->state == THROTTLE_RELEASING && usec > OUTCOME_USEC;
    if (!served && !lost && throttle->state != THROTTLE_LET_GO)
        return ACTION_NONE;
    throttle_release(throttle, now_usec);
    return ACTION_RELEASE;
}

void throttle_outcome(struct throttle *throttle, enum action_kind kind, bool done, int64_t now_usec)
{
    if (kind == ACTION_THROTTLE && throttle->state == THROTTLE_ASKED) {
        throttle->lowered |= done;
        enter(throttle, throttle->lowered ? THROTTLE_ON : THROTTLE_OVER, now_usec);
    } else if (kind == ACTION_RELEASE && throttle->state == THROTTLE_RELEASING && done) {
        throttle->lowered = throttle->by_leak = false;
        enter(throttle, THROTTLE_OVER, now_usec);
    }
}

void throttle_reset(struct throttle *throttle, int64_t now_usec)
{
    if (throttle->state == THROTTLE_LET_GO || throttle->state == THROTTLE_RELEASING)
        return;
    enter(throttle, throttle_is_on(throttle) ? throttle->state : THROTTLE_NEWBORN, now_usec);
}

void throttle_let_go(struct throttle *throttle)
{
    if (throttle_is_on(throttle))
        throttle->state = THROTTLE_LET_GO;
}

uint64_t throttle_limit(const struct throttle *throttle, uint64_t limit, int64_t now_usec)
{
    bool is_lowered = throttle->state >= THROTTLE_ASKED;
    bool was_lowered = throttle->before > 0 && now_usec - throttle->since_usec < STALE_USEC;
    return (is_lowered || was_lowered) && limit < throttle->before ? throttle->before : limit;
}
