/* The node's side of decide.h: which rule is taken, and who goes. */
#include "policy/decide/decide.h"

#include "policy/decide/aftermath.h"
#include "slices/base/text.h"
#include "slices/memory_nodes.h"

#include <string.h>

/* A reset that gives back less than this part of the node's memory does not help it. */
#define NEGLIGIBLE_PART 0.001

/* Rules in the order in which they are asked. */
static const enum rule_action by_severity[RULE_ACTIONS] = {
    RULE_RESET, RULE_REBOOT, RULE_RECLAIM, RULE_WARN, RULE_RECORD};

static const enum action_kind wanted_by[RULE_ACTIONS] = {
    [RULE_RECORD] = ACTION_RECORD,
    [RULE_WARN] = ACTION_WARN,
    [RULE_RECLAIM] = ACTION_RECLAIM,
    [RULE_RESET] = ACTION_RESET,
    [RULE_REBOOT] = ACTION_REBOOT,
};

/* What is left of a reset. Operators are alarmed; where the owner may know, he is told as well. */
static const enum action_kind instead_of_reset[RESTRAINTS] = {
    [RESTRAINT_NONE] = ACTION_RESET,
    [RESTRAINT_MODE] = ACTION_ALARM,
    [RESTRAINT_PROTECTED] = ACTION_ALARM,
    [RESTRAINT_HOLD] = ACTION_ALARM,
    [RESTRAINT_PROBATION] = ACTION_ALARM,
    [RESTRAINT_SIZE] = ACTION_ALARM,
    [RESTRAINT_AGE] = ACTION_ALARM,
    [RESTRAINT_LONE] = ACTION_WARN,
    [RESTRAINT_UNBOUND] = ACTION_ALARM,
    [RESTRAINT_IN_VAIN] = ACTION_ALARM,
    [RESTRAINT_STALE] = ACTION_ALARM,
};

static bool would_help(const struct standing_entry *entry, const struct node_sample *node)
{
    double total = node_has(node, NODE_MEM_TOTAL) ? (double)node->value[NODE_MEM_TOTAL] : 0;
    return entry->gives_back > 0 && (double)entry->gives_back >= NEGLIGIBLE_PART * total;
}

/* Somebody whom people have said not to touch has taken most of what is missing, and this one next
 * to nothing: it would die in the other's place, and the other would take what that gave back. */
#define GUILTY   0.5
#define INNOCENT 0.25
static bool is_scapegoat(const struct standing_entry *entry, const struct standing *standing)
{
    const struct standing_entry *guiltiest = &standing->guiltiest;
    return standing_spares(guiltiest) && guiltiest->score.guilt >= GUILTY &&
           entry->score.guilt < INNOCENT;
}

/* It stands behind only because it may not be touched. */
static bool was_passed_over(const struct standing_entry *entry, const struct standing_entry *chosen)
{
    return entry->barred && !chosen->barred && entry->rank <= chosen->rank &&
           entry->score.value > chosen->score.value;
}

/* Who goes where it would be this one: itself, or nobody, by way of one that may not. */
static const struct standing_entry *unless_in_place_of(const struct standing_entry *entry,
    const struct standing *standing, const struct policy_globals *globals)
{
    if (is_scapegoat(entry, standing))
        return &standing->guiltiest;
    bool stands_in = !globals->pass_over && was_passed_over(&standing->spared, entry);
    return stands_in ? &standing->spared : entry;
}

static bool is_of_memory_nodes(const struct standing *standing)
{
    uint64_t unused;
    return memory_nodes_named(standing->domain, &unused);
}

/* Of what is used on memory nodes, page cache aside. */
#define BOUND_PART 0.5
static double most_of_used(const struct node_sample *node)
{
    double total = (double)node->value[NODE_MEM_TOTAL];
    return BOUND_PART * (total - (double)node->value[NODE_MEM_AVAILABLE]);
}

/* Memory nodes serve those who aren't bound to them, too, and nothing tells whose memory lies
 * where. One that is bound goes only where those bound hold most of it, and where it has taken some
 * lately or leaks: else it might die in the place of who may take from all nodes. */
static bool is_to_blame(const struct standing_entry *entry, const struct standing *standing,
    const struct node_sample *node)
{
    if (!is_of_memory_nodes(standing))
        return true;
    bool took = entry->score.guilt >= INNOCENT || entry->leak == LEAK_CONFIRMED;
    return took && standing->resident_total >= most_of_used(node);
}

/* Whom the rule is about; NULL: the list is empty. A rule that looks ahead is about whoever fills
 * the memory, whatever his rank: before the node is really short, nobody else is to blame. */
static const struct standing_entry *choose(const struct rule *rule, const struct node_watch *guard,
    const struct standing *standing, const struct node_sample *node,
    const struct policy_globals *globals)
{
    if (rule->conditions & RULE_EXHAUSTED_WITHIN)
        return rule_growth_owner(guard, standing);
    for (uint32_t i = 0; i < standing->count; i++)
        if (!standing->entry[i].barred && would_help(&standing->entry[i], node) &&
            is_to_blame(&standing->entry[i], standing, node))
            return unless_in_place_of(&standing->entry[i], standing, globals);
    return standing->count > 0 ? &standing->entry[0] : NULL;
}

/* There is nobody else to choose from. Of a group with a limit that goes for one beside whom are
 * none but small ones, too (a pod's pause): it fills what is as good as its own limit. */
static bool is_alone(const struct standing *standing)
{
    return standing->unprotected == 1 || (standing->domain[0] != '\0' && standing->notable < 2);
}

/* How much one slice gives back at a time: what is missing by the rule, and no more than this part
 * of what it holds in memory. */
#define RECLAIM_PART 4
static uint64_t reclaim_step(
    const struct rule *rule, const struct standing_entry *chosen, const struct node_sample *node)
{
    uint64_t most = (uint64_t)chosen->score.resident / RECLAIM_PART;
    if (!(rule->conditions & RULE_AVAILABLE_BELOW))
        return most;
    uint64_t wanted = amount_of(&rule->available_below, node->value[NODE_MEM_TOTAL]);
    uint64_t available = node->value[NODE_MEM_AVAILABLE];
    uint64_t missing = wanted > available ? wanted - available : 0;
    return missing < most ? missing : most;
}

/* Nobody dies of it: who is alone gives back, too. */
static enum restraint restrain_reclaim(
    const struct rule *rule, const struct standing_entry *chosen, const struct node_sample *node)
{
    if (!chosen)
        return RESTRAINT_SIZE;
    if (chosen->barred)
        return (enum restraint)chosen->restraint;
    if (reclaim_step(rule, chosen, node) == 0)
        return RESTRAINT_SIZE;
    return chosen->mode == MODE_ENFORCE ? RESTRAINT_NONE : RESTRAINT_MODE;
}

static enum restraint restrain(const struct rule *rule, const struct node_watch *guard,
    const struct policy_globals *globals, const struct standing *standing,
    const struct standing_entry *chosen, const struct node_sample *node)
{
    if (rule->action == RULE_REBOOT)
        return last_resort_restraint(&globals->last_resort, &guard->last_resort, node->at);
    if (rule->action == RULE_RECLAIM)
        return restrain_reclaim(rule, chosen, node);
    if (rule->action != RULE_RESET)
        return RESTRAINT_NONE;
    if (!chosen)
        return RESTRAINT_SIZE;
    if (chosen->barred)
        return (enum restraint)chosen->restraint;
    if (!would_help(chosen, node))
        return RESTRAINT_SIZE;
    if (!is_to_blame(chosen, standing, node))
        return RESTRAINT_UNBOUND;
    if (chosen->mode != MODE_ENFORCE)
        return RESTRAINT_MODE;
    if (is_alone(standing) && !chosen->mode_given)
        return RESTRAINT_LONE;
    return aftermath_restraint(guard, standing, chosen, node);
}

static enum action_kind decide_action(
    const struct rule *rule, enum restraint restraint, const struct standing_entry *chosen)
{
    if (rule->action == RULE_WARN && !chosen)
        return ACTION_ALARM; /* there is no owner to warn */
    if (rule->action == RULE_RECLAIM && restraint != RESTRAINT_NONE)
        return ACTION_RECORD;
    if (rule->action == RULE_REBOOT && restraint != RESTRAINT_NONE)
        return ACTION_ALARM;
    if (rule->action != RULE_RESET)
        return wanted_by[rule->action];
    if (restraint == RESTRAINT_MODE && chosen->mode == MODE_WARN)
        return ACTION_WARN;
    return instead_of_reset[restraint];
}

static void describe_slice(struct decision *ret, const struct standing_entry *chosen)
{
    ret->serial = chosen->serial;
    ret->life = chosen->life;
    memcpy(ret->path, chosen->path, sizeof ret->path);
    memcpy(ret->key, chosen->key, sizeof ret->key);
    memcpy(ret->name, chosen->name, sizeof ret->name);
    memcpy(ret->owner, chosen->owner, sizeof ret->owner);
    ret->mode = chosen->mode;
    ret->leak_mode = chosen->leak_mode;
    ret->independent = chosen->independent;
    ret->rank = chosen->rank;
    ret->strikes = chosen->strikes;
    ret->leak.verdict = (enum leak_verdict)chosen->leak;
    ret->leak.limit_bytes = SAMPLE_NO_LIMIT;
    evidence_add(&ret->evidence, "gives_back", UNIT_BYTES, (double)chosen->gives_back, ' ', 0);
    evidence_add(&ret->evidence, "growth", UNIT_RATE, chosen->growth, ' ', 0);
    evidence_add(&ret->evidence, "guilt", UNIT_COUNT, chosen->score.guilt, ' ', 0);
    evidence_add(&ret->evidence, "score", chosen->score.unit, chosen->score.value, ' ', 0);
}

static void add_runner_up(struct decision *ret, const struct standing_entry *entry)
{
    if (ret->runners_up == RUNNERS_UP_MAX)
        return;
    struct runner_up *runner_up = &ret->runner_up[ret->runners_up++];
    (void)text_copy(runner_up->key, sizeof runner_up->key, entry->key);
    runner_up->rank = entry->rank;
    runner_up->score = entry->score.value;
}

/* First those that were passed over, then the list's order. */
static void add_runners_up(
    struct decision *ret, const struct standing *standing, const struct standing_entry *chosen)
{
    const struct standing_entry *entry = standing->entry, *end = entry + standing->count;
    for (; entry < end; entry++)
        if (was_passed_over(entry, chosen)) {
            evidence_add(&ret->evidence, "passed_over", entry->score.unit, entry->score.value, '>',
                chosen->score.value);
            add_runner_up(ret, entry);
        }
    for (entry = standing->entry; entry < end; entry++)
        if (entry->serial != chosen->serial && !was_passed_over(entry, chosen))
            add_runner_up(ret, entry);
}

static void describe(struct decision *ret, const struct rule *rule, const struct node_watch *guard,
    const struct node_sample *node, const struct standing *standing,
    const struct standing_entry *chosen)
{
    ret->reason = REASON_NODE_RULE;
    (void)text_copy(ret->rule, sizeof ret->rule, rule->name);
    (void)text_copy(ret->domain, sizeof ret->domain, standing->domain);
    (void)rule_holds(rule, guard, node, standing, &ret->evidence);
    evidence_add_node(&ret->evidence, node);
    if (is_of_memory_nodes(standing))
        evidence_add(&ret->evidence, "bound_resident", UNIT_BYTES, standing->resident_total, '>',
            most_of_used(node));
    if (ret->restraint == RESTRAINT_IN_VAIN)
        aftermath_evidence(guard, node, &ret->evidence);
    if (!chosen)
        return;
    evidence_add(&ret->evidence, "standing_age", UNIT_USEC,
        (double)(node->at.boot_usec - standing->made.boot_usec), ' ', 0);
    describe_slice(ret, chosen);
    add_runners_up(ret, standing, chosen);
}

/* It is about the node, and about no slice: the list tells who was active. */
static void describe_reboot(struct decision *ret, const struct rule *rule,
    const struct node_watch *guard, const struct policy_globals *globals,
    const struct node_sample *node, const struct standing *standing)
{
    last_resort_evidence(&globals->last_resort, &guard->last_resort, ret->at, &ret->evidence);
    describe(ret, rule, guard, node, standing, NULL);
    for (uint32_t i = 0; i < standing->count; i++)
        add_runner_up(ret, &standing->entry[i]);
}

static void describe_reclaim(struct decision *ret, uint64_t bytes)
{
    ret->limit_bytes = bytes;
    evidence_add(&ret->evidence, "to_reclaim", UNIT_BYTES, (double)bytes, ' ', 0);
}

/* Where the last one has come to nothing (no more is available, and next to nothing has gone to
 * swap), the next waits for twice as long, up to the time after which a warning is given again. */
static void note_reclaim(struct node_watch *guard, const struct policy_globals *globals,
    const struct node_sample *node, uint64_t bytes)
{
    struct node_reclaim *reclaim = &guard->reclaim;
    uint64_t available = node->value[NODE_MEM_AVAILABLE], swap_free = node->value[NODE_SWAP_FREE];
    bool in_vain = reclaim->pause_usec > 0 && available <= reclaim->available &&
                   bytes_sum(swap_free, bytes / RECLAIM_PART) > reclaim->swap_free;
    int64_t most = decision_repeat_usec(globals), twice = 2 * reclaim->pause_usec;
    int64_t pause = in_vain ? (twice < most ? twice : most) : globals->cooldown_usec;
    *reclaim = (struct node_reclaim){available, swap_free, pause > 0 ? pause : 1};
}

/* A warning or alarm is said once for as long as the rule holds, and again after the mail interval;
 * where the rule keeps coming and going, once in a cool-down. */
static bool told_lately(const struct node_watch *guard, uint32_t rule, enum action_kind action,
    const struct policy_globals *globals, struct stamp now)
{
    bool reboots = action == ACTION_REBOOT; /* what was announced before is no repetition of it */
    int64_t told = reboots ? guard->reboot_usec : guard->rule_told_usec[rule];
    bool same_episode = told >= guard->rule_since_usec[rule];
    int64_t pause = action == ACTION_RECLAIM  ? guard->reclaim.pause_usec
                    : same_episode || reboots ? decision_repeat_usec(globals)
                                              : globals->cooldown_usec;
    return told != 0 && now.boot_usec - told < pause;
}

/* Since when each rule holds. */
static void note_rules(struct node_watch *guard, const struct rule *rules, uint32_t count,
    const struct node_sample *node, const struct standing *standing, struct stamp now)
{
    for (uint32_t i = 0; i < count; i++) {
        struct evidence unused = {0};
        if (!rule_holds(&rules[i], guard, node, standing, &unused))
            guard->rule_since_usec[i] = 0;
        else if (guard->rule_since_usec[i] == 0)
            guard->rule_since_usec[i] = now.boot_usec;
    }
}

/* Since the list was made, more has gone than this part of what the chosen one would give back: who
 * took that, the list does not tell. The next one does, which comes ahead of its time
 * (standing_is_overtaken). A governor that stalls makes none: this one must do then, and also where
 * the node would be full before, by what went since the wait began: a step that is over does not
 * go on. */
#define UNATTRIBUTED_PART  0.5
#define LIST_PATIENCE_USEC (STANDING_LEAST_USEC + 500000ll)
static bool waits_for_list(struct node_watch *guard, const struct standing *standing,
    const struct standing_entry *chosen, const struct node_sample *node, struct stamp now)
{
    double room;
    if (!node_room(node, &room) ||
        standing->room - room <= UNATTRIBUTED_PART * (double)chosen->gives_back) {
        guard->unattributed_usec = 0;
        return false;
    }
    int64_t since = guard->unattributed_usec;
    if (since == 0 || standing->made.boot_usec > since + LIST_PATIENCE_USEC) { /* another time */
        guard->unattributed_usec = now.boot_usec;
        guard->unattributed_room = room;
    }
    double waited = (double)(now.boot_usec - guard->unattributed_usec);
    double left = LIST_PATIENCE_USEC - waited;
    return left > 0 && room * waited >= (guard->unattributed_room - room) * left;
}

/* A reset or a reclaim that is decided, or finds nobody who may or would help. One that the modes,
 * said or not (RESTRAINT_LONE), forbid is none. */
static void note_tried(
    struct node_watch *guard, const struct rule *rule, enum restraint restraint, struct stamp now)
{
    bool is_milder = rule->action == RULE_RESET || rule->action == RULE_RECLAIM;
    if (is_milder && restraint != RESTRAINT_MODE && restraint != RESTRAINT_LONE)
        guard->last_resort.tried_usec = now.boot_usec;
}

enum turn { TURN_TAKEN, TURN_REPEATS, TURN_WAITS };

/* Takes the rule, which has held long enough, unless that would only repeat what was said, or a
 * reset waits: for what the last one gives back, or for a newer list. */
static enum turn take_rule(struct node_watch *guard, uint32_t index, const struct policy *policy,
    const struct node_sample *node, const struct standing *standing, struct stamp now,
    struct decision *ret)
{
    const struct policy_globals *globals = policy_globals(policy);
    uint32_t count;
    const struct rule *rule = &policy_rules(policy, &count)[index];
    const struct standing_entry *chosen = choose(rule, guard, standing, node, globals);
    if (rule->action == RULE_RESET && aftermath_lasts(guard, globals, now) &&
        !aftermath_goes_on(guard, standing, chosen, node))
        return TURN_WAITS;
    enum restraint restraint = restrain(rule, guard, globals, standing, chosen, node);
    enum action_kind action = decide_action(rule, restraint, chosen);
    note_tried(guard, rule, restraint, now);
    if (action == ACTION_RESET && waits_for_list(guard, standing, chosen, node, now))
        return TURN_WAITS;
    if (action == ACTION_RESET) {
        aftermath_begin(guard, standing, chosen, node, now);
    } else if (told_lately(guard, index, action, globals, now)) {
        return TURN_REPEATS;
    } else {
        guard->rule_told_usec[index] = now.boot_usec;
    }
    if (action == ACTION_REBOOT)
        guard->reboot_usec = now.boot_usec;
    memset(ret, 0, sizeof *ret);
    ret->at = now;
    ret->policy_hash = policy_hash(policy);
    ret->wanted = wanted_by[rule->action];
    ret->action = action;
    ret->restraint = restraint;
    if (rule->action == RULE_REBOOT)
        describe_reboot(ret, rule, guard, globals, node, standing);
    else
        describe(ret, rule, guard, node, standing, chosen);
    if (action == ACTION_RECLAIM) {
        describe_reclaim(ret, reclaim_step(rule, chosen, node));
        note_reclaim(guard, globals, node, ret->limit_bytes);
    }
    return TURN_TAKEN;
}

uint32_t decide_node(struct node_watch *guard, const struct policy *policy,
    const struct node_sample *node, const struct standing *standing, struct stamp now,
    struct decision *ret)
{
    uint32_t count;
    const struct rule *rules = policy_rules(policy, &count);
    node_watch_update(guard, node);
    note_rules(guard, rules, count, node, standing, now);
    bool waits = false; /* a reset, which may help: the node is not rebooted meanwhile */
    for (size_t s = 0; s < RULE_ACTIONS; s++)
        for (uint32_t i = 0; i < count; i++) {
            int64_t since = guard->rule_since_usec[i];
            bool applies =
                rules[i].action != RULE_REBOOT || (standing->domain[0] == '\0' && !waits);
            bool due = applies && since != 0 && now.boot_usec - since >= rules[i].hold_usec;
            if (!due || rules[i].action != by_severity[s])
                continue;
            enum turn turn = take_rule(guard, i, policy, node, standing, now, ret);
            if (turn == TURN_TAKEN)
                return 1;
            waits |= turn == TURN_WAITS;
        }
    return 0;
}

bool decide_node_confirm(const struct node_watch *guard, const struct policy *policy,
    const struct node_sample *node, const struct standing *standing,
    const struct decision *decision, uint64_t charged)
{
    uint32_t count;
    const struct rule *rules = policy_rules(policy, &count);
    struct evidence unused = {0};
    if (aftermath_is_needless(guard, charged))
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(rules[i].name, decision->rule) == 0)
            return rule_holds(&rules[i], guard, node, standing, &unused);
    return false;
}

void decide_node_withdraw(struct node_watch *guard, const struct decision *decision)
{
    if (decision->action == ACTION_REBOOT)
        guard->reboot_usec = 0;
    else
        guard->reset = guard->reset_before;
}
