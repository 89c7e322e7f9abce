/* The decisions of one tick, from what is known: a pure function of its arguments.
 *
 * Two callers. The governor's thread calls decide_slice for each slice after its sample was added,
 * and standing_make for each domain once a tick. The guard's thread calls decide_node as often as
 * policy says with the newest node sample and its copy of the standing list. */
#ifndef POLICY_DECIDE_DECIDE_H
#define POLICY_DECIDE_DECIDE_H

#include "policy/decide/decision.h"
#include "policy/decide/rules.h"
#include "policy/decide/standing.h"
#include "policy/decide/watch.h"

#include <stdbool.h>
#include <stdint.h>

/* The ladder of one slice. Returns 0 or 1 decisions, one for each step: what lasts is not said
 * again. The caller gives it its number by decide_number. *raised: bytes by which the limits of all
 * slices are raised (watch_raised); brought up to date. */
uint32_t decide_slice(struct watch *watch, const struct slice *slice, const struct policy *policy,
    const struct node_sample *node, uint64_t *raised, struct stamp now, struct decision *ret);

/* The slice has vanished: 1 decision where that ends an incident (a record), or something of it is
 * changed (a release: its group may live on, as another slice or as a part of one), else 0. */
uint32_t decide_vanished(const struct watch *watch, const struct slice *slice,
    const struct policy *policy, const struct node_sample *node, struct stamp now,
    struct decision *ret);

/* Gives a decision about the slice its number, and puts it into an incident: the one that is open,
 * or a new one that it opens; an all-clear ends it. For decisions of decide_slice, decide_vanished
 * and decide_request. */
void decide_number(struct watch *watch, struct decision *decision, uint64_t seq);

/* The guard has ordered the slice to be reset, by its decision `seq`. */
void decide_ordered(struct watch *watch, uint64_t seq, struct stamp now);

/* What came of an action on the slice, the guard's too: strikes, probation, next state. A dry run
 * counts as if it had been done. */
void decide_outcome(struct watch *watch, const struct outcome *outcome, struct stamp now);

/* The slice's tasks wait at its limit, and its OOM is mom's (oom.h). It has its limit raised, where
 * the policy lets it be and the node can spare it, and it is no confirmed leaker; else it is moved
 * for a time, where the policy has a group for that, or reset;
 * else, under a restraint, the operators are alarmed, no more often than of other things, and
 * *ret_loose says that the kernel's killer is to be let loose now. facts->late: it was, since the
 * deadline had passed: the operators are told. Returns 0 (it is answered already, or told) or 1.
 * *raised: as of decide_slice. */
uint32_t decide_oom(struct watch *watch, const struct slice *slice, const struct policy *policy,
    const struct node_sample *node, const struct oom_facts *facts, uint64_t *raised,
    struct stamp now, struct decision *ret, bool *ret_loose);

/* The facts by which such a decision was made, as its evidence has them. */
struct oom_facts decide_oom_facts(const struct decision *decision);

/* A person has it released: what was changed for a time, by whomever, is to be as before. */
void decide_released(struct watch *watch);

/* A person says of the slice's leak that it is none (leak_dismiss): what it is throttled to for it
 * is let go. Returns bytes, as leak_dismiss. */
uint64_t decide_dismissed(struct watch *watch);

/* A person's order (momctl reset, reclaim, throttle, raise, freeze,
 * move): checked like any other for
 * protection (action NONE, restraint PROTECTED), never for mode, hold or size. What lasts is
 * refused where something is changed about the slice already (RESTRAINT_CHANGED). */
void decide_request(struct watch *watch, const struct slice *slice, const struct policy *policy,
    const struct order *order, struct stamp now, struct decision *ret);

/* The order that was answered by such a decision, as its evidence has it; `to` is the decision's.
 */
struct order decide_request_order(const struct decision *decision);

/* The node's rules against the standing list of a domain. Returns 0 or 1 decisions. `guard` is the
 * guard's memory of it (what the counters were, since when each rule holds, cool-down); it is
 * brought up to date here with `node`, the domain's sample. No group that is short makes the node
 * reboot.
 *
 * The most severe rule that has held long enough and has something new to say is taken: reset, then
 * reboot (last_resort.h: where it may not be, an alarm), reclaim, warn, record. Who goes: the first
 * of the standing list that is not barred and whose reset would help; under a rule that looks ahead
 * (RULE_EXHAUSTED_WITHIN) the slice that makes most of the growth, or nobody. Of memory nodes it is
 * one that is to blame, or an alarm (RESTRAINT_UNBOUND). A reset is followed by the cool-down,
 * and a pause for as long as memory is seen to come back, unless samples that are all newer show
 * who fills the memory now. After it nobody is reset by a list that is no newer, nor, where the
 * last reset gave nothing back, anybody who is not shown to take it. All else is told once for as
 * long as the rule holds, and again after the mail interval.
 */
uint32_t decide_node(struct node_watch *guard, const struct policy *policy,
    const struct node_sample *node, const struct standing *standing, struct stamp now,
    struct decision *ret);

/* It is read again before that: a reset, or a reboot. */
static inline bool decide_node_is_grave(const struct decision *decision)
{
    return decision->action == ACTION_RESET || decision->action == ACTION_REBOOT;
}

/* The node may have recovered while the victim was chosen, or the victim shrunk since it was
 * sampled: does the decision's rule hold by a newer reading, too, and has the slice at least half
 * of what it should give back? `charged`: bytes of memory and swap; SAMPLE_NO_LIMIT: unknown. */
bool decide_node_confirm(const struct node_watch *guard, const struct policy *policy,
    const struct node_sample *node, const struct standing *standing,
    const struct decision *decision, uint64_t charged);

/* The reset, or reboot, that was decided last is not done: no cool-down follows. */
void decide_node_withdraw(struct node_watch *guard, const struct decision *decision);

#endif
