#include "policy/decide/oom.h"

#include "policy/decide/decide.h"
#include "policy/decide/describe.h"
#include "policy/decide/score.h"
#include "slices/base/text.h"

#include <string.h>

/* --- Whose it is ----------------------------------------------------------------------------- */

/* What keeps mom's hands off: the mode, protection, a hold, a probation, its age, something that is
 * changed about it by a person or by a freeze. How large it is doesn't matter: the limit is its own,
 * and so is the shortage. */
static enum restraint oom_restraint(
    const struct watch *watch, const struct slice *slice, struct stamp now)
{
    if (watch->policy.mode != MODE_ENFORCE)
        return RESTRAINT_MODE;
    if (standing_protects(watch, slice))
        return RESTRAINT_PROTECTED;
    if (watch->held)
        return RESTRAINT_HOLD;
    if (watch->ladder.state == LADDER_PROBATION)
        return RESTRAINT_PROBATION;
    if (now.boot_usec - watch->born.boot_usec < watch->policy.min_age_usec)
        return RESTRAINT_AGE;
    bool is_changed =
        watch->ordered.temporary.state == TEMPORARY_ON || watch->freeze.state != TEMPORARY_OVER;
    return is_changed ? RESTRAINT_CHANGED : RESTRAINT_NONE;
}

static void count_kills(struct watch *watch, struct stamp now)
{
    struct oom *oom = &watch->oom;
    uint64_t kills = sample_known(&watch->sample, SAMPLE_EVENT_OOM_KILL);
    if (kills != oom->kills || oom->quiet_usec == 0)
        oom->quiet_usec = now.boot_usec;
    oom->kills = kills;
}

bool oom_wanted(struct watch *watch, const struct slice *slice, struct stamp now)
{
    struct oom *oom = &watch->oom;
    uint64_t limit = sample_limit(&watch->sample, SAMPLE_LIMIT_MAX);
    count_kills(watch, now);
    if (oom->state == OOM_LATE && now.boot_usec - oom->quiet_usec >= OOM_REARM_USEC)
        oom_rearm(watch);
    return watch->policy.oom_delay_usec > 0 && oom->state != OOM_LATE && limit > 0 &&
           limit != SAMPLE_NO_LIMIT && now.boot_usec >= oom->again_usec &&
           oom_restraint(watch, slice, now) == RESTRAINT_NONE;
}

void oom_asked(struct watch *watch)
{
    watch->oom.state = OOM_ASKED;
}

void oom_taken(struct watch *watch)
{
    watch->oom.state = OOM_TAKEN;
}

void oom_refused(struct watch *watch, struct stamp now)
{
    watch->oom.state = OOM_KERNELS;
    watch->oom.again_usec = now.boot_usec + OOM_AGAIN_USEC;
}

void oom_returning(struct watch *watch)
{
    watch->oom.state = OOM_RETURNING;
}

void oom_returned(struct watch *watch)
{
    if (watch->oom.state != OOM_LATE)
        watch->oom.state = OOM_KERNELS;
}

void oom_late(struct watch *watch, struct stamp now)
{
    watch->oom.state = OOM_LATE;
    watch->oom.quiet_usec = now.boot_usec;
}

void oom_rearm(struct watch *watch)
{
    if (watch->oom.state == OOM_LATE)
        watch->oom.state = OOM_KERNELS;
    watch->oom.again_usec = 0;
}

/* --- What is done ---------------------------------------------------------------------------- */

#define OOM_LIMIT    "oom_limit"
#define OOM_USAGE    "oom_usage"
#define OOM_OUTLIVES "oom_outlives"
#define OOM_WAITED   "oom_waited"

/* A reset of what holds next to nothing that ends with it would not help. */
#define OUTLIVED_PART 8

static void add_facts(struct evidence *evidence, const struct oom_facts *facts)
{
    evidence_add(evidence, OOM_LIMIT, UNIT_BYTES, (double)facts->limit, ' ', 0);
    evidence_add(evidence, OOM_USAGE, UNIT_BYTES, (double)facts->usage, ' ', 0);
    evidence_add(evidence, OOM_OUTLIVES, UNIT_BYTES, (double)facts->outlives, ' ', 0);
    evidence_add(evidence, OOM_WAITED, UNIT_USEC, (double)facts->waited_usec,
        facts->late ? '>' : '<', (double)facts->delay_usec);
}

static const struct evidence_item *item_of(const struct evidence *evidence, const char *name)
{
    for (uint32_t i = 0; i < evidence->count && i < EVIDENCE_MAX; i++)
        if (strcmp(evidence->item[i].name, name) == 0)
            return &evidence->item[i];
    return NULL;
}

static uint64_t bytes_of(const struct evidence *evidence, const char *name, uint64_t unknown)
{
    const struct evidence_item *item = item_of(evidence, name);
    return item ? (uint64_t)item->value : unknown;
}

struct oom_facts decide_oom_facts(const struct decision *decision)
{
    const struct evidence *evidence = &decision->evidence;
    const struct evidence_item *waited = item_of(evidence, OOM_WAITED);
    return (struct oom_facts){.limit = bytes_of(evidence, OOM_LIMIT, 0),
        .usage = bytes_of(evidence, OOM_USAGE, 0),
        .outlives = bytes_of(evidence, OOM_OUTLIVES, 0),
        .waited_usec = waited ? (int64_t)waited->value : 0,
        .delay_usec = waited ? (int64_t)waited->bound : 0,
        .late = decision->restraint == RESTRAINT_LATE,
        .available = bytes_of(evidence, node_fields[NODE_MEM_AVAILABLE].name, SAMPLE_NO_LIMIT),
        .swap_free = bytes_of(evidence, node_fields[NODE_SWAP_FREE].name, SAMPLE_NO_LIMIT)};
}

/* What has changed of the node since its sample, and counts here. */
static struct node_sample node_then(const struct node_sample *node, const struct oom_facts *facts)
{
    struct node_sample then = *node;
    if (facts->available != SAMPLE_NO_LIMIT)
        node_set(&then, NODE_MEM_AVAILABLE, facts->available);
    if (facts->swap_free != SAMPLE_NO_LIMIT)
        node_set(&then, NODE_SWAP_FREE, facts->swap_free);
    return then;
}

static uint64_t raise_to(
    const struct watch *watch, const struct oom_facts *facts, const struct outlook *outlook)
{
    bool leaks = score_leak(&watch->leak.report) == LEAK_CONFIRMED;
    bool takes = ladder_table[watch->ladder.state][LADDER_STRAINED].action == ACTION_RAISE;
    return leaks || !takes
               ? 0
               : raise_possible(&watch->raise, facts->limit, &watch->policy, outlook->globals,
                     outlook->node, outlook->raised, outlook->now.boot_usec);
}

/* Something is under way that will help. */
static bool is_answered(const struct watch *watch)
{
    return watch->ladder.state == LADDER_RESETTING ||
           watch->raise.temporary.state == TEMPORARY_ASKED ||
           watch->ordered.temporary.state == TEMPORARY_ASKED;
}

static enum restraint restrain(const struct watch *watch, const struct slice *slice,
    const struct oom_facts *facts, struct stamp now)
{
    if (facts->late)
        return RESTRAINT_LATE;
    return oom_restraint(watch, slice, now);
}

static bool is_in_vain(const struct oom_facts *facts)
{
    uint64_t outlives = facts->outlives < facts->usage ? facts->outlives : facts->usage;
    return facts->usage - outlives < facts->limit / OUTLIVED_PART;
}

/* An alarm comes but once in a while, and the killer is let loose all the same. */
static bool is_told_already(
    const struct watch *watch, const struct policy_globals *globals, struct stamp now)
{
    int64_t alarmed_usec = watch->ladder.alarmed_usec;
    return alarmed_usec != 0 && now.boot_usec - alarmed_usec < decision_repeat_usec(globals);
}

/* Released as an order is, when its time is up. */
static struct order move_of(const struct watch *watch)
{
    return (struct order){.kind = ACTION_MOVE,
        .lasts_usec = watch->policy.raise_for_usec,
        .to = watch->policy.oom_to};
}

static bool may_move(const struct watch *watch, struct stamp now)
{
    return watch->policy.oom_to[0] &&
           temporary_may_begin(&watch->ordered.temporary, now.boot_usec) &&
           !throttle_is_on(&watch->throttle);
}

/* What its tasks are helped by. */
static enum action_kind choose(const struct watch *watch, uint64_t to, struct stamp now)
{
    return to > 0 ? ACTION_RAISE : may_move(watch, now) ? ACTION_MOVE : ACTION_RESET;
}

static void follow(struct watch *watch, const struct oom_facts *facts, uint64_t to,
    const struct outlook *outlook, struct decision *decision)
{
    const struct stamp now = outlook->now;
    const struct order move = move_of(watch);
    if (decision->action == ACTION_ALARM) {
        watch->ladder.alarmed_usec = now.boot_usec;
    } else if (decision->action == ACTION_RAISE) {
        describe_raised(decision, &watch->policy, facts->limit, to, outlook);
        raise_ask(&watch->raise, facts->limit, to, now.boot_usec);
        (void)ladder_take(&watch->ladder, LADDER_STRAINED, now);
    } else if (decision->action == ACTION_MOVE) {
        (void)text_copy(decision->domain, sizeof decision->domain, move.to);
        evidence_add(&decision->evidence, "moved_for", UNIT_USEC, (double)move.lasts_usec, ' ', 0);
        ordered_ask(&watch->ordered, &move, 0, now.boot_usec);
    } else {
        (void)ladder_take(&watch->ladder, LADDER_OOM, now);
    }
}

uint32_t decide_oom(struct watch *watch, const struct slice *slice, const struct policy *policy,
    const struct node_sample *node, const struct oom_facts *facts, uint64_t *raised,
    struct stamp now, struct decision *ret, bool *ret_loose)
{
    const struct node_sample then = node_then(node, facts);
    const struct outlook outlook = {policy, policy_globals(policy), &then, *raised, now};
    uint64_t before = watch_raised(watch);
    *ret_loose = !facts->late && watch->policy.oom_delay_usec == 0;
    if (watch->policy.oom_delay_usec == 0) /* the policy wants it no more */
        return 0;
    if (!facts->late && is_answered(watch))
        return 0;
    enum restraint restraint = restrain(watch, slice, facts, now);
    uint64_t to = restraint == RESTRAINT_NONE ? raise_to(watch, facts, &outlook) : 0;
    enum action_kind wanted = choose(watch, to, now);
    if (restraint == RESTRAINT_NONE && wanted == ACTION_RESET && is_in_vain(facts))
        restraint = RESTRAINT_SIZE;
    *ret_loose = restraint != RESTRAINT_NONE;
    if (*ret_loose && !facts->late && is_told_already(watch, outlook.globals, now))
        return 0;
    describe(ret, watch, slice, &outlook);
    add_facts(&ret->evidence, facts);
    ret->reason = REASON_OOM;
    ret->restraint = restraint;
    ret->wanted = wanted;
    ret->action = *ret_loose ? ACTION_ALARM : wanted;
    follow(watch, facts, to, &outlook, ret);
    *raised += watch_raised(watch) - before;
    return 1;
}
