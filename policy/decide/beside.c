#include "policy/decide/beside.h"

#include "policy/decide/standing.h"

/* A year, as `probation` itself at most: neither it nor a sum with a boot time overflows. */
#define PROBATION_MOST_USEC (365 * 86400 * 1e6)

int64_t probation_usec(const struct watch *watch)
{
    const struct slice_policy *own = &watch->policy;
    const struct penalty *penalty = penalty_of(own->penalties, watch->ladder.strikes);
    double usec = (double)own->probation_usec * (penalty ? penalty->probation_times : 1);
    return usec < PROBATION_MOST_USEC ? (int64_t)usec : (int64_t)PROBATION_MOST_USEC;
}

bool may_change(const struct watch *watch, const struct slice *slice)
{
    return !standing_protects(watch, slice) && !watch->held && watch->policy.mode == MODE_ENFORCE;
}

void note_release(struct watch *watch, int64_t rest_usec, int64_t now_usec)
{
    if (watch->raise.temporary.state != TEMPORARY_OVER)
        temporary_release(&watch->raise.temporary, rest_usec, now_usec);
    if (watch->freeze.state != TEMPORARY_OVER)
        temporary_release(&watch->freeze, 0, now_usec);
    if (ordered_is_on(&watch->ordered))
        temporary_release(&watch->ordered.temporary, 0, now_usec);
}

bool decide_throttle(struct watch *watch, const struct slice *slice, const struct outlook *outlook,
    struct decision *ret)
{
    const struct slice_policy *own = &watch->policy;
    const struct node_sample *node = outlook->node;
    const struct stamp now = outlook->now;
    struct ladder *ladder = &watch->ladder;
    struct throttle *throttle = &watch->throttle;
    if (throttle->state == THROTTLE_NEWBORN && !node_has(node, NODE_MEM_TOTAL))
        return false;
    bool spared = standing_protects(watch, slice) || watch->held || ordered_is_on(&watch->ordered);
    bool allowed = own->mode == MODE_ENFORCE && own->leak == MODE_ENFORCE; /* by a newer policy */
    bool by_ladder =
        throttle->by_leak && (ladder->state == LADDER_WARNED || ladder->state == LADDER_THROTTLED ||
                                 ladder->state == LADDER_RESETTING);
    if (spared || (by_ladder && !allowed))
        throttle_let_go(throttle);
    if (spared && throttle->state < THROTTLE_LET_GO)
        return false;
    bool is_let_go = throttle->state >= THROTTLE_LET_GO;
    enum action_kind action = throttle_next(throttle, own, ladder->strikes,
        sample_limit(&watch->sample, SAMPLE_LIMIT_HIGH),
        by_ladder ? INT64_MAX : probation_usec(watch), now.boot_usec);
    if (action == ACTION_NONE)
        return false;
    describe(ret, watch, slice, outlook);
    ret->wanted = ret->action = action;
    if (action == ACTION_RELEASE) {
        note_release(watch, 0, now.boot_usec);
        ret->reason = is_let_go ? REASON_LET_GO : REASON_SERVED;
        if (ladder->state == LADDER_THROTTLED)
            (void)ladder_take(ladder, LADDER_LET_GO, now);
        return true;
    }
    ret->reason = REASON_REBORN;
    const struct penalty *penalty = penalty_of(own->penalties, ladder->strikes);
    evidence_add(&ret->evidence, "strikes", UNIT_COUNT, ladder->strikes, '>', penalty->strikes);
    describe_throttle(
        ret, amount_of(&penalty->throttle_to, node->value[NODE_MEM_TOTAL]), probation_usec(watch));
    if (own->mode != MODE_ENFORCE) {
        ret->action = ACTION_RECORD;
        ret->restraint = RESTRAINT_MODE;
        throttle_outcome(throttle, ACTION_THROTTLE, false, now.boot_usec);
    }
    return true;
}

bool decide_order_over(struct watch *watch, const struct slice *slice,
    const struct outlook *outlook, struct decision *ret)
{
    bool served;
    if (!ordered_ends(&watch->ordered, outlook->now.boot_usec, &served))
        return false;
    describe(ret, watch, slice, outlook);
    ret->wanted = ret->action = ACTION_RELEASE;
    ret->reason = served ? REASON_SERVED : REASON_LET_GO;
    note_release(watch, 0, outlook->now.boot_usec);
    return true;
}

bool decide_left_behind(struct watch *watch, const struct slice *slice,
    const struct outlook *outlook, struct decision *ret)
{
    const struct stamp now = outlook->now;
    struct ladder *ladder = &watch->ladder;
    struct temporary *raise = &watch->raise.temporary, *freeze = &watch->freeze;
    bool may = may_change(watch, slice), frozen = ladder->state == LADDER_FROZEN;
    if (!may || !frozen)
        temporary_let_go(freeze);
    if (!may || (!frozen && ladder->state != LADDER_RAISED))
        temporary_let_go(raise);
    bool is_let_go = raise->state == TEMPORARY_LET_GO || freeze->state == TEMPORARY_LET_GO;
    bool thaws = temporary_releases(freeze, now.boot_usec);
    bool gives_back = temporary_releases(raise, now.boot_usec) && !frozen;
    if (throttle_is_on(&watch->throttle) || (!thaws && !gives_back))
        return false; /* a throttle's limits are its own, and its release undoes all */
    describe(ret, watch, slice, outlook);
    if (raise->state != TEMPORARY_OVER)
        describe_raise_end(ret, watch, outlook);
    ret->wanted = ret->action = ACTION_RELEASE;
    ret->reason = is_let_go ? REASON_LET_GO : REASON_RELIEVED;
    note_release(watch, 0, now.boot_usec);
    if (frozen || ladder->state == LADDER_RAISED)
        (void)ladder_take(ladder, LADDER_LET_GO, now);
    return true;
}
