#include "policy/decide/decision.h"

#include "slices/base/text.h"

const char *const reason_names[REASONS] = {
    [REASON_LEAK_SUSPECTED] = "leak-suspected",
    [REASON_LEAK_CONFIRMED] = "leak-confirmed",
    [REASON_LEAK_HORIZON] = "leak-horizon",
    [REASON_NODE_RULE] = "node-rule",
    [REASON_REQUEST] = "request",
    [REASON_REBORN] = "reborn",
    [REASON_SERVED] = "served",
    [REASON_STRAINED] = "strained",
    [REASON_RELIEVED] = "relieved",
    [REASON_THRASHING] = "thrashing",
    [REASON_OOM] = "oom",
    [REASON_LET_GO] = "let-go",
    [REASON_ALL_CLEAR] = "all-clear",
    [REASON_GONE] = "gone",
};

const char *const restraint_names[RESTRAINTS] = {
    [RESTRAINT_NONE] = "none",
    [RESTRAINT_MODE] = "mode",
    [RESTRAINT_PROTECTED] = "protected",
    [RESTRAINT_HOLD] = "hold",
    [RESTRAINT_PROBATION] = "probation",
    [RESTRAINT_SIZE] = "size",
    [RESTRAINT_AGE] = "age",
    [RESTRAINT_LONE] = "lone",
    [RESTRAINT_UNBOUND] = "unbound",
    [RESTRAINT_IN_VAIN] = "in-vain",
    [RESTRAINT_CHANGED] = "changed",
    [RESTRAINT_LATE] = "late",
    [RESTRAINT_STALE] = "stale",
    [RESTRAINT_ANNOUNCED] = "announced",
    [RESTRAINT_CONFINED] = "confined",
    [RESTRAINT_LEDGER] = "ledger",
    [RESTRAINT_STARTING] = "starting",
    [RESTRAINT_SPENT] = "spent",
    [RESTRAINT_UNTRIED] = "untried",
};

void evidence_add(struct evidence *evidence, const char *name, enum unit unit, double value,
    char relation, double bound)
{
    if (evidence->count == EVIDENCE_MAX)
        return;
    struct evidence_item *item = &evidence->item[evidence->count++];
    (void)text_copy(item->name, sizeof item->name, name);
    item->unit = unit;
    item->value = value;
    item->relation = relation;
    item->bound = bound;
}

void evidence_add_node(struct evidence *evidence, const struct node_sample *node)
{
    static const enum node_field fields[] = {NODE_MEM_AVAILABLE, NODE_SWAP_FREE};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const struct field_info *info = &node_fields[fields[i]];
        if (node_has(node, fields[i]))
            evidence_add(evidence, info->name, info->unit, (double)node->value[fields[i]], ' ', 0);
    }
}

int64_t decision_repeat_usec(const struct policy_globals *globals)
{
    int64_t interval = globals->mail.interval_usec;
    return interval > REPEAT_LEAST_USEC ? interval : REPEAT_LEAST_USEC;
}

struct action decision_action(const struct decision *decision)
{
    struct action action = {.kind = decision->action,
        .decision = decision->seq,
        .grace_usec = decision->grace_usec,
        .independent = decision->independent,
        .life = decision->life,
        .bytes = decision->limit_bytes};
    if (decision->action == ACTION_THROTTLE)
        action.rates = decision->rates;
    (void)text_copy(action.path, sizeof action.path, decision->path);
    if (decision->action == ACTION_MOVE)
        (void)text_copy(action.to, sizeof action.to, decision->domain);
    return action;
}
