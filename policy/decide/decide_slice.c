#include "policy/decide/decide.h"

#include "policy/decide/beside.h"
#include "policy/decide/score.h"

#include <math.h>

/* No leak for so long ends an incident (scaled): a verdict that wavers does not start a new one. */
#define QUIET_USEC (10 * 60 * 1000000.0)
/* No outcome after so long: the order was lost, or the hands hang (their own patience is 10 s). */
#define OUTCOME_PATIENCE_USEC (2 * 60 * 1000000ll)

static struct trial_result look_at_trial(
    const struct watch *watch, const struct policy_globals *globals, struct stamp now)
{
    return trial_look(&watch->trial, &watch->leak, watch->footprint,
        watch->policy.leak_throttle_usec, globals->time_scale, now.boot_usec);
}

/* A leaker whose limit is near is throttled while there is time for a trial, and is overdue if it
 * fails: at the trial's end, or sooner if it would be at its limit before. That the node is short
 * before cuts no trial: what a throttled one takes goes to swap. */
static enum ladder_event next_of_trial(
    struct watch *watch, const struct policy_globals *globals, double left_usec, struct stamp now)
{
    int64_t lasts_usec = watch->policy.leak_throttle_usec;
    if (watch->ladder.state != LADDER_THROTTLED)
        return lasts_usec > 0 && left_usec > (double)lasts_usec ? LADDER_DUE : LADDER_OVERDUE;
    struct trial_result trial = look_at_trial(watch, globals, now);
    bool is_over = trial.usec >= lasts_usec;
    bool is_late = left_usec <= (double)(lasts_usec - trial.usec);
    if ((is_over || is_late) && trial.failed)
        return LADDER_OVERDUE;
    if (is_over)
        trial_begin_again(&watch->trial, trial.grown, now.boot_usec);
    return LADDER_DUE;
}

/* Warned long enough ago. Whatever the grace, what failed is not tried again before the cool-down.
 */
static bool grace_is_over(
    const struct watch *watch, const struct policy_globals *globals, struct stamp now)
{
    int64_t grace = watch->policy.leak_grace_usec;
    if (grace < globals->cooldown_usec)
        grace = globals->cooldown_usec;
    return watch->ladder.warned_usec != 0 && now.boot_usec - watch->ladder.warned_usec >= grace;
}

/* And its limit is near, or the node short soon. */
static bool is_due(const struct watch *watch, const struct policy_globals *globals,
    double left_usec, struct stamp now)
{
    const struct slice_policy *own = &watch->policy;
    double short_usec;
    if (watch_short_first(watch, globals, &short_usec))
        left_usec = fmin(left_usec, short_usec);
    return own->leak == MODE_ENFORCE && grace_is_over(watch, globals, now) &&
           watch->leak.report.forecast && left_usec < (double)own->leak_horizon_usec;
}

/* No throttle is in force, or under way. */
static bool is_unthrottled(const struct watch *watch)
{
    return watch->throttle.state == THROTTLE_OVER || watch->throttle.state == THROTTLE_NEWBORN;
}

/* How far the slice's limit is to be raised now; 0: not at all. */
static uint64_t raise_wanted(
    const struct watch *watch, const struct slice *slice, const struct outlook *outlook)
{
    bool may = may_change(watch, slice) && is_unthrottled(watch);
    return may ? raise_due(&watch->raise, &watch->strain, &watch->policy, outlook->globals,
                     outlook->node, outlook->raised, outlook->now.boot_usec)
               : 0;
}

static enum raise_end raise_end(const struct watch *watch, const struct outlook *outlook)
{
    return raise_ends(&watch->raise, &watch->strain, &watch->policy, outlook->globals,
        outlook->node, outlook->now.boot_usec);
}

static bool is_to_thaw(const struct watch *watch, struct stamp now)
{
    const struct temporary *freeze = &watch->freeze;
    const struct slice_policy *own = &watch->policy;
    return watch->ladder.state == LADDER_FROZEN && freeze->state == TEMPORARY_ON &&
           (now.boot_usec - freeze->begun_usec >= own->freeze_for_usec ||
               own->thrashing != THRASHING_FREEZE);
}

/* Kept waiting for long at its limit, and nothing has helped. */
static enum ladder_event next_of_thrashing(const struct watch *watch, const struct outlook *outlook)
{
    const struct stamp now = outlook->now;
    static const enum ladder_event next[THRASHINGS] = {
        [THRASHING_OBSERVE] = LADDER_THRASHING,
        [THRASHING_WARN] = LADDER_THRASHING,
        [THRASHING_FREEZE] = LADDER_FREEZE_DUE,
        [THRASHING_RESET] = LADDER_RESET_DUE,
    };
    const struct strain *strain = &watch->strain;
    const struct slice_policy *own = &watch->policy;
    if (strain->waits_usec == 0 || now.boot_usec - strain->waits_usec < own->thrashing_after_usec ||
        !is_unthrottled(watch))
        return LADDER_EVENTS;
    /* Where the node is short everybody waits, and it need not be for its own limit. */
    if (!node_has(outlook->node, NODE_MEM_AVAILABLE) ||
        raise_room_is_gone(outlook->globals, outlook->node))
        return LADDER_EVENTS;
    if (watch->ladder.warned_usec == 0)
        return LADDER_THRASHING;
    bool is_deed = next[own->thrashing] != LADDER_THRASHING;
    bool may = next[own->thrashing] != LADDER_FREEZE_DUE ||
               temporary_may_begin(&watch->freeze, now.boot_usec);
    return is_deed && may && grace_is_over(watch, outlook->globals, now) ? next[own->thrashing]
                                                                         : LADDER_EVENTS;
}

/* Of a slice that is no confirmed leaker. LADDER_EVENTS: nothing. */
static enum ladder_event next_of_strain(
    const struct watch *watch, const struct slice *slice, const struct outlook *outlook)
{
    enum ladder_state state = watch->ladder.state;
    if (state == LADDER_FROZEN)
        return LADDER_EVENTS;
    if (raise_end(watch, outlook) != RAISE_GOES_ON)
        return LADDER_RELIEVED;
    bool takes = ladder_table[state][LADDER_STRAINED].action != ACTION_NONE;
    if (takes && raise_wanted(watch, slice, outlook) > 0)
        return LADDER_STRAINED;
    return next_of_thrashing(watch, outlook);
}

/* What has happened to the slice since it was last looked at. LADDER_EVENTS: nothing. */
static enum ladder_event next_event(
    struct watch *watch, const struct slice *slice, const struct outlook *outlook)
{
    const struct policy_globals *globals = outlook->globals;
    const struct stamp now = outlook->now;
    struct ladder *ladder = &watch->ladder;
    enum leak_verdict leak = score_leak(&watch->leak.report);
    if (leak != LEAK_NONE || watch->strain.waits_usec != 0)
        ladder->quiet_usec = 0;
    else if (ladder->quiet_usec == 0)
        ladder->quiet_usec = now.boot_usec;

    if (ladder->state == LADDER_RESETTING)
        return now.boot_usec - ladder->since_usec < OUTCOME_PATIENCE_USEC ? LADDER_EVENTS
                                                                          : LADDER_RESET_FAILED;
    if (is_to_thaw(watch, now))
        return LADDER_RELIEVED;
    if (ladder->state == LADDER_PROBATION && now.boot_usec >= ladder->probation_usec)
        return LADDER_PROBATION_OVER;
    double left_usec = watch_left_usec(watch, globals);
    bool is_ordered = ordered_is_on(&watch->ordered);
    if (leak == LEAK_CONFIRMED)
        return !is_ordered && is_due(watch, globals, left_usec, now)
                   ? next_of_trial(watch, globals, left_usec, now)
                   : LADDER_CONFIRM;
    enum ladder_event strain = is_ordered ? LADDER_EVENTS : next_of_strain(watch, slice, outlook);
    if (strain != LADDER_EVENTS)
        return strain;
    if (leak == LEAK_SUSPECTED)
        return LADDER_SUSPECT;
    if (ladder->quiet_usec == 0)
        return LADDER_EVENTS;
    double quiet = (double)(now.boot_usec - ladder->quiet_usec) * globals->time_scale;
    return quiet < QUIET_USEC ? LADDER_EVENTS : LADDER_QUIET;
}

/* REASON_ALL_CLEAR stands for the events that end something. */
static const enum reason event_reason[LADDER_EVENTS] = {
    [LADDER_QUIET] = REASON_ALL_CLEAR,
    [LADDER_SUSPECT] = REASON_LEAK_SUSPECTED,
    [LADDER_STRAINED] = REASON_STRAINED,
    [LADDER_RELIEVED] = REASON_RELIEVED,
    [LADDER_THRASHING] = REASON_THRASHING,
    [LADDER_FREEZE_DUE] = REASON_THRASHING,
    [LADDER_RESET_DUE] = REASON_THRASHING,
    [LADDER_OOM] = REASON_OOM,
    [LADDER_CONFIRM] = REASON_LEAK_CONFIRMED,
    [LADDER_DUE] = REASON_LEAK_HORIZON,
    [LADDER_OVERDUE] = REASON_LEAK_HORIZON,
    [LADDER_LET_GO] = REASON_LET_GO,
    [LADDER_ORDERED] = REASON_REQUEST,
    [LADDER_RESET_DONE] = REASON_ALL_CLEAR,
    [LADDER_RESET_FAILED] = REASON_ALL_CLEAR,
    [LADDER_PROBATION_OVER] = REASON_ALL_CLEAR,
};

/* Whether the policy says that nobody is to be told of it. */
static bool is_silent(const struct slice_policy *own, enum ladder_event event)
{
    bool is_leak = event_reason[event] != REASON_THRASHING;
    return is_leak ? own->leak == MODE_OBSERVE : own->thrashing == THRASHING_OBSERVE;
}

/* Why less is done than the ladder's step asks for. */
static enum restraint restrain(
    const struct watch *watch, const struct slice *slice, enum ladder_event event, struct stamp now)
{
    const struct ladder_step *step = &ladder_table[watch->ladder.state][event];
    const struct slice_policy *own = &watch->policy;
    if (step->action == ACTION_ALARM)
        return RESTRAINT_PROBATION;
    if (step->action == ACTION_WARN)
        return is_silent(own, event) ? RESTRAINT_MODE : RESTRAINT_NONE;
    if (step->action != ACTION_THROTTLE && step->action != ACTION_FREEZE &&
        step->action != ACTION_RESET)
        return RESTRAINT_NONE;
    enum restraint restraint = standing_restraint(watch, slice, now);
    if (restraint != RESTRAINT_NONE)
        return restraint;
    if (own->mode != MODE_ENFORCE)
        return RESTRAINT_MODE;
    return watch->lone && !own->origin[SET_LEAK].file ? RESTRAINT_LONE : RESTRAINT_NONE;
}

/* What is left of an action under restraint. */
static const enum action_kind restrained[ACTION_KINDS] = {
    [ACTION_NONE] = ACTION_NONE,
    [ACTION_RECORD] = ACTION_RECORD,
    [ACTION_ALARM] = ACTION_ALARM,
    [ACTION_WARN] = ACTION_RECORD,
    [ACTION_RECLAIM] = ACTION_RECORD,
    [ACTION_THROTTLE] = ACTION_ALARM,
    [ACTION_RAISE] = ACTION_RAISE,
    [ACTION_FREEZE] = ACTION_ALARM,
    [ACTION_MOVE] = ACTION_ALARM,
    [ACTION_RELEASE] = ACTION_RELEASE,
    [ACTION_RESET] = ACTION_ALARM,
    [ACTION_REBOOT] = ACTION_ALARM, /* never a slice's */
};

/* An alarm leaves the slice where it is on the ladder, so it would come again each tick. */
static bool alarmed_lately(
    const struct ladder *ladder, const struct policy_globals *globals, struct stamp now)
{
    return ladder->alarmed_usec != 0 &&
           now.boot_usec - ladder->alarmed_usec < decision_repeat_usec(globals);
}

static void follow_raise(
    struct watch *watch, struct decision *decision, const struct outlook *outlook, uint64_t to)
{
    describe_raise(decision, watch, to, outlook);
    raise_ask(&watch->raise, watch->strain.limit, to, outlook->now.boot_usec);
}

static void follow_release(
    struct watch *watch, struct decision *decision, const struct outlook *outlook)
{
    int64_t now_usec = outlook->now.boot_usec;
    if (decision->reason != REASON_RELIEVED)
        throttle_release(&watch->throttle, now_usec);
    enum raise_end end = raise_end(watch, outlook);
    bool needs_it = end == RAISE_SERVED || end == RAISE_NO_ROOM;
    if (watch->raise.temporary.state != TEMPORARY_OVER)
        describe_raise_end(decision, watch, outlook);
    note_release(watch, needs_it ? watch->policy.raise_for_usec : 0, now_usec);
}

/* The ladder's step is taken: what it does beside the ladder, and what it was taken for. */
static void follow_step(struct watch *watch, const struct slice *slice, struct decision *decision,
    const struct outlook *outlook)
{
    int64_t now_usec = outlook->now.boot_usec;
    if (decision->reason == REASON_THRASHING)
        describe_strain(decision, watch, outlook);
    if (decision->action == ACTION_THROTTLE) {
        const struct sample *sample = &watch->sample;
        describe_throttle(
            decision, sample_known(sample, SAMPLE_CURRENT), watch->policy.leak_throttle_usec);
        throttle_ask(&watch->throttle, sample_limit(sample, SAMPLE_LIMIT_HIGH), now_usec);
        trial_begin(&watch->trial, watch->footprint, now_usec);
    } else if (decision->action == ACTION_RAISE) {
        follow_raise(watch, decision, outlook, raise_wanted(watch, slice, outlook));
    } else if (decision->action == ACTION_FREEZE) {
        double lasts = (double)watch->policy.freeze_for_usec;
        evidence_add(&decision->evidence, "frozen_for", UNIT_USEC, lasts, ' ', 0);
        temporary_ask(&watch->freeze, now_usec);
    } else if (decision->action == ACTION_RELEASE) {
        follow_release(watch, decision, outlook);
    } else if (decision->wanted == ACTION_RESET && watch->ladder.state == LADDER_THROTTLED) {
        struct trial_result trial = look_at_trial(watch, outlook->globals, outlook->now);
        struct evidence *evidence = &decision->evidence;
        evidence_add(evidence, "throttled_ago", UNIT_USEC, (double)trial.usec, ' ', 0);
        evidence_add(evidence, "grown_since", UNIT_BYTES, trial.grown, '>', trial.bound);
    }
}

static bool take_step(struct watch *watch, const struct slice *slice, const struct outlook *outlook,
    struct decision *ret)
{
    const struct stamp now = outlook->now;
    struct ladder *ladder = &watch->ladder;
    enum ladder_event event = next_event(watch, slice, outlook);
    if (event == LADDER_EVENTS)
        return false;
    const struct ladder_step *step = &ladder_table[ladder->state][event];
    enum restraint restraint = restrain(watch, slice, event, now);
    enum action_kind action = restraint == RESTRAINT_NONE ? step->action : restrained[step->action];
    if (action == ACTION_ALARM && alarmed_lately(ladder, outlook->globals, now))
        return false;
    if (action != ACTION_NONE) {
        describe(ret, watch, slice, outlook);
        ret->wanted = restraint == RESTRAINT_PROBATION ? ACTION_RESET : step->action;
        ret->action = action;
        ret->restraint = restraint;
        ret->reason = event_reason[event];
        follow_step(watch, slice, ret, outlook);
    }
    if (action == ACTION_ALARM)
        ladder->alarmed_usec = now.boot_usec;
    else
        (void)ladder_take(ladder, event, now);
    return action != ACTION_NONE;
}

uint32_t decide_slice(struct watch *watch, const struct slice *slice, const struct policy *policy,
    const struct node_sample *node, uint64_t *raised, struct stamp now, struct decision *ret)
{
    const struct outlook outlook = {policy, policy_globals(policy), node, *raised, now};
    uint64_t before = watch_raised(watch);
    ladder_forgive(&watch->ladder, watch->policy.forgive_usec, now.unix_usec);
    bool decided = decide_order_over(watch, slice, &outlook, ret) ||
                   decide_throttle(watch, slice, &outlook, ret) ||
                   decide_left_behind(watch, slice, &outlook, ret) ||
                   take_step(watch, slice, &outlook, ret);
    *raised += watch_raised(watch) - before;
    return decided;
}

/* Something of it is changed, or about to be. */
static bool is_changed(const struct watch *watch)
{
    return watch->throttle.state > THROTTLE_NEWBORN ||
           watch->raise.temporary.state != TEMPORARY_OVER ||
           watch->freeze.state != TEMPORARY_OVER ||
           watch->ordered.temporary.state != TEMPORARY_OVER;
}

uint32_t decide_vanished(const struct watch *watch, const struct slice *slice,
    const struct policy *policy, const struct node_sample *node, struct stamp now,
    struct decision *ret)
{
    bool releases = is_changed(watch);
    if (watch->ladder.incident == 0 && !releases)
        return 0;
    const struct outlook outlook = {policy, policy_globals(policy), node, 0, now};
    describe(ret, watch, slice, &outlook);
    ret->wanted = ret->action = releases ? ACTION_RELEASE : ACTION_RECORD;
    ret->reason = REASON_GONE;
    return 1;
}

void decide_number(struct watch *watch, struct decision *decision, uint64_t seq)
{
    struct ladder *ladder = &watch->ladder;
    decision->seq = seq;
    if (decision->incident == 0)
        decision->incident = ladder->incident ? ladder->incident : seq;
    bool releases = decision->reason == REASON_SERVED || decision->reason == REASON_LET_GO ||
                    decision->reason == REASON_RELIEVED;
    bool passes = releases || decision->action == ACTION_RECLAIM;
    bool ends = decision->reason == REASON_ALL_CLEAR || (passes && ladder->state == LADDER_CALM);
    if (decision->action != ACTION_NONE) /* a refused order begins nothing */
        ladder->incident = ends ? 0 : decision->incident;
}

void decide_ordered(struct watch *watch, uint64_t seq, struct stamp now)
{
    struct ladder *ladder = &watch->ladder;
    (void)ladder_take(ladder, LADDER_ORDERED, now);
    if (ladder->incident == 0)
        ladder->incident = seq;
}

/* What was changed for a time is in force, or is not any more. */
static void follow_outcome(
    struct watch *watch, const struct outcome *outcome, bool done, struct stamp now)
{
    enum action_kind kind = outcome->kind;
    /* What is incomplete of a release is a raised hard limit. */
    bool released = done || outcome->result == RESULT_INCOMPLETE;
    throttle_outcome(
        &watch->throttle, kind, kind == ACTION_RELEASE ? released : done, now.boot_usec);
    if (kind == ACTION_THROTTLE && watch->throttle.state == THROTTLE_OVER &&
        watch->ladder.state == LADDER_THROTTLED)
        (void)ladder_take(&watch->ladder, LADDER_LET_GO, now);
    if (action_lasts(kind))
        temporary_asked(
            &watch->ordered.temporary, done || outcome->result == RESULT_INCOMPLETE, now.boot_usec);
    if (kind == ACTION_RAISE)
        temporary_asked(&watch->raise.temporary, done, now.boot_usec);
    if (kind == ACTION_FREEZE) /* who doesn't stand still yet will */
        temporary_asked(
            &watch->freeze, done || outcome->result == RESULT_INCOMPLETE, now.boot_usec);
    if (kind == ACTION_RELEASE) {
        temporary_released(&watch->raise.temporary, done, now.boot_usec);
        temporary_released(&watch->freeze, released, now.boot_usec);
        temporary_released(&watch->ordered.temporary, done, now.boot_usec);
    }
}

void decide_outcome(struct watch *watch, const struct outcome *outcome, struct stamp now)
{
    static const enum ladder_event result_event[ACTION_RESULTS] = {
        [RESULT_DONE] = LADDER_RESET_DONE,
        [RESULT_DRY_RUN] = LADDER_RESET_DONE,
        [RESULT_RECORDED] = LADDER_RESET_DONE,
        [RESULT_INCOMPLETE] = LADDER_RESET_FAILED,
        [RESULT_VANISHED] = LADDER_RESET_FAILED,
        [RESULT_STRANGER] = LADDER_RESET_FAILED,
        [RESULT_REFUSED] = LADDER_RESET_FAILED,
        [RESULT_FAILED] = LADDER_RESET_FAILED,
    };
    enum ladder_event event = result_event[outcome->result];
    follow_outcome(watch, outcome, event == LADDER_RESET_DONE, now);
    if (outcome->kind != ACTION_RESET)
        return;
    (void)ladder_take(&watch->ladder, event, now);
    if (event != LADDER_RESET_DONE)
        return;
    watch->ladder.probation_usec = now.boot_usec + probation_usec(watch);
    if (outcome->job[0] == '\0') { /* the other jobs go on */
        throttle_reset(&watch->throttle, now.boot_usec);
        temporary_let_go(&watch->ordered.temporary);
    }
    /* The floors and the growth were those of processes that are gone, or, where one job of several
     * went, of all together: those that are left are judged by what they do from now on. */
    leak_reset(&watch->leak);
    watch->channels = (struct leak_channels){0};
    watch->growth = watch->growth_now = watch->faulted = 0;
    watch->growth_at_usec = watch->grown_twice_usec = 0;
    watch->survives = outcome->bytes_after;
}
