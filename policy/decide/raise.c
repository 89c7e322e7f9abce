#include "policy/decide/raise.h"

/* Strained for so long: a burst passes. Real time, as all strain. */
#define STRAINED_USEC (30 * 1000000ll)
/* So long does it need no more than its limit was (scaled). */
#define RELIEVED_USEC (10 * 60 * 1000000.0)

static uint64_t least_of(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

uint64_t raise_extra(const struct raise *raise)
{
    return raise->temporary.state == TEMPORARY_OVER ? 0 : less(raise->to, raise->before);
}

/* What the node can spare: of the budget, and of what is available above the reserve. */
static uint64_t node_spares(
    const struct policy_globals *globals, const struct node_sample *node, uint64_t raised)
{
    uint64_t total = node->value[NODE_MEM_TOTAL];
    uint64_t budget = amount_of(&globals->raises.budget, total);
    uint64_t reserve = amount_of(&globals->raises.reserve, total);
    return least_of(less(budget, raised), less(node->value[NODE_MEM_AVAILABLE], reserve));
}

static bool knows_room(const struct node_sample *node)
{
    return node_has(node, NODE_MEM_TOTAL) && node_has(node, NODE_MEM_AVAILABLE);
}

uint64_t raise_possible(const struct raise *raise, uint64_t limit,
    const struct slice_policy *policy, const struct policy_globals *globals,
    const struct node_sample *node, uint64_t raised, int64_t now_usec)
{
    bool is_on = raise->temporary.state == TEMPORARY_ON;
    bool may = is_on || temporary_may_begin(&raise->temporary, now_usec);
    bool follows = !is_on || limit >= raise->to; /* else more of it would help no more */
    if (!may || !follows || !knows_room(node))
        return 0;
    uint64_t ceiling = amount_of(&policy->raise_to, node->value[NODE_MEM_TOTAL]);
    uint64_t step = amount_of(&policy->raise_step, is_on ? raise->before : limit);
    uint64_t to = least_of(bytes_sum(limit, step), ceiling);
    bool spares = to > limit && node_spares(globals, node, raised) >= to - limit;
    return spares ? to : 0;
}

uint64_t raise_due(const struct raise *raise, const struct strain *strain,
    const struct slice_policy *policy, const struct policy_globals *globals,
    const struct node_sample *node, uint64_t raised, int64_t now_usec)
{
    bool is_on = raise->temporary.state == TEMPORARY_ON;
    int64_t since_usec = strain->since_usec;
    if (is_on && since_usec < raise->temporary.since_usec)
        since_usec = raise->temporary.since_usec;
    bool strained = strain->since_usec != 0 && now_usec - since_usec >= STRAINED_USEC;
    return strained ? raise_possible(raise, strain->limit, policy, globals, node, raised, now_usec)
                    : 0;
}

bool raise_room_is_gone(const struct policy_globals *globals, const struct node_sample *node)
{
    uint64_t reserve = amount_of(&globals->raises.reserve, node->value[NODE_MEM_TOTAL]);
    return knows_room(node) && node->value[NODE_MEM_AVAILABLE] < reserve / 2;
}

enum raise_end raise_ends(const struct raise *raise, const struct strain *strain,
    const struct slice_policy *policy, const struct policy_globals *globals,
    const struct node_sample *node, int64_t now_usec)
{
    double relieved = (double)(now_usec - strain->relieved_usec) * globals->time_scale;
    bool is_wanted = !node_has(node, NODE_MEM_TOTAL) ||
                     amount_of(&policy->raise_to, node->value[NODE_MEM_TOTAL]) >= raise->to;
    if (raise->temporary.state != TEMPORARY_ON)
        return RAISE_GOES_ON;
    if (strain->relieved_usec != 0 && relieved >= RELIEVED_USEC)
        return RAISE_RELIEVED;
    if (raise_room_is_gone(globals, node) || !is_wanted)
        return RAISE_NO_ROOM;
    return now_usec - raise->temporary.begun_usec >= policy->raise_for_usec ? RAISE_SERVED
                                                                            : RAISE_GOES_ON;
}

void raise_ask(struct raise *raise, uint64_t limit, uint64_t to, int64_t now_usec)
{
    if (raise->temporary.state == TEMPORARY_OVER || limit < raise->before)
        raise->before = limit; /* somebody may have lowered it meanwhile */
    raise->to = to;
    temporary_ask(&raise->temporary, now_usec);
}
