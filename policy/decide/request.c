/* What people ask for: decide.h's side of orders, releases and dismissals. */
#include "policy/decide/decide.h"

#include "policy/decide/describe.h"
#include "slices/base/text.h"

#include <string.h>

#define ORDERED_BYTES "ordered_bytes"
#define ORDERED_FOR   "ordered_for"

/* Who is frozen, throttled or raised already, by whomever, or about to be reset. */
static bool is_changed(const struct watch *watch)
{
    return ordered_is_on(&watch->ordered) || watch->throttle.state >= THROTTLE_ASKED ||
           watch->raise.temporary.state != TEMPORARY_OVER ||
           watch->freeze.state != TEMPORARY_OVER || watch->ladder.state == LADDER_RESETTING;
}

static void follow_order(
    struct watch *watch, const struct order *order, struct stamp now, struct decision *decision)
{
    struct evidence *evidence = &decision->evidence;
    uint64_t before = order->kind == ACTION_RAISE ? watch->strain.limit
                                                  : sample_limit(&watch->sample, SAMPLE_LIMIT_HIGH);
    decision->limit_bytes = order->bytes;
    if (order->to)
        (void)text_copy(decision->domain, sizeof decision->domain, order->to);
    if (order->bytes > 0)
        evidence_add(evidence, ORDERED_BYTES, UNIT_BYTES, (double)order->bytes, ' ', 0);
    if (order->kind == ACTION_THROTTLE)
        describe_rates(decision);
    if (!action_lasts(order->kind))
        return;
    evidence_add(evidence, ORDERED_FOR, UNIT_USEC, (double)order->lasts_usec, ' ', 0);
    if (decision->action == order->kind)
        ordered_ask(&watch->ordered, order, before, now.boot_usec);
}

void decide_request(struct watch *watch, const struct slice *slice, const struct policy *policy,
    const struct order *order, struct stamp now, struct decision *ret)
{
    const struct outlook outlook = {policy, policy_globals(policy), NULL, 0, now};
    describe(ret, watch, slice, &outlook);
    ret->reason = REASON_REQUEST;
    ret->wanted = ret->action = order->kind;
    if (standing_restraint(watch, slice, now) == RESTRAINT_PROTECTED)
        ret->restraint = RESTRAINT_PROTECTED;
    else if (action_lasts(order->kind) && is_changed(watch))
        ret->restraint = RESTRAINT_CHANGED;
    if (ret->restraint != RESTRAINT_NONE)
        ret->action = ACTION_NONE;
    if (order->kind != ACTION_RESET)
        follow_order(watch, order, now, ret);
    else if (ret->restraint == RESTRAINT_NONE)
        ret->action = ladder_take(&watch->ladder, LADDER_ORDERED, now);
}

static double value_of(const struct evidence *evidence, const char *name)
{
    for (uint32_t i = 0; i < evidence->count && i < EVIDENCE_MAX; i++)
        if (strcmp(evidence->item[i].name, name) == 0)
            return evidence->item[i].value;
    return 0;
}

struct order decide_request_order(const struct decision *decision)
{
    const struct evidence *evidence = &decision->evidence;
    return (struct order){.kind = decision->wanted,
        .bytes = (uint64_t)value_of(evidence, ORDERED_BYTES),
        .lasts_usec = (int64_t)value_of(evidence, ORDERED_FOR),
        .to = decision->domain};
}

void decide_released(struct watch *watch)
{
    throttle_let_go(&watch->throttle);
    temporary_let_go(&watch->raise.temporary);
    temporary_let_go(&watch->freeze);
    temporary_let_go(&watch->ordered.temporary);
    oom_rearm(watch);
}

uint64_t decide_dismissed(struct watch *watch)
{
    if (watch->ladder.state == LADDER_THROTTLED)
        throttle_let_go(&watch->throttle);
    return leak_dismiss(&watch->leak);
}
