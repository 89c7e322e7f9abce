#include "policy/decide/decide.h"

#include "policy/decide/score.h"
#include "slices/base/text.h"

#include <math.h>
#include <string.h>

/* No leak for so long ends an incident (scaled): a verdict that wavers does not start a new one. */
#define QUIET_USEC (10 * 60 * 1000000.0)
/* No outcome after so long: the order was lost, or the hands hang (their own patience is 10 s). */
#define OUTCOME_PATIENCE_USEC (2 * 60 * 1000000ll)

static void add_slice(struct evidence *evidence, const struct watch *watch)
{
    const struct sample *sample = &watch->sample;
    uint64_t rss;
    evidence_add(evidence, "footprint", UNIT_BYTES, (double)watch->footprint, ' ', 0);
    double gives_back = (double)score_gives_back(watch);
    double least = (double)watch->policy.min_size_bytes;
    evidence_add(
        evidence, "gives_back", UNIT_BYTES, gives_back, gives_back < least ? '<' : '>', least);
    if (sample_rss(sample, &rss))
        evidence_add(evidence, "rss", UNIT_BYTES, (double)rss, ' ', 0);
    if (sample_has(sample, SAMPLE_SWAP))
        evidence_add(evidence, "swap", UNIT_BYTES, (double)sample->value[SAMPLE_SWAP], ' ', 0);
    evidence_add(evidence, "growth", UNIT_RATE, watch->growth, ' ', 0);
}

/* Until it is at its limit, from what it holds now: the forecast is as old as the newest floor of
 * its stretch, which may be hours, and takes for granted that it has gone on since. */
static double time_left_usec(const struct watch *watch, const struct policy_globals *globals)
{
    const struct leak_report *report = &watch->leak.report;
    uint64_t limit = watch->leak.window.limit_bytes;
    double left = report->left_p50;
    if (limit > 0 && limit != SAMPLE_NO_LIMIT && report->rate > 0)
        left = fmax((double)limit - (double)watch->footprint, 0) / report->rate;
    return left / globals->time_scale * 1e6;
}

/* The node is short before that: until then. */
static bool is_short_first(
    const struct watch *watch, const struct policy_globals *globals, double *ret_usec)
{
    double rate = watch->leak.report.rate * globals->time_scale;
    if (watch->short_at == 0 || watch->short_at >= watch->leak.window.limit_bytes || rate <= 0)
        return false;
    *ret_usec = (double)(watch->short_at - watch->footprint) / rate * 1e6;
    return true;
}

static void add_leak(struct evidence *evidence, const struct watch *watch,
    const struct leak_report *report, const struct policy_globals *globals)
{
    if (report->limit_bytes != 0 && report->limit_bytes != SAMPLE_NO_LIMIT)
        evidence_add(evidence, "limit", UNIT_BYTES, (double)report->limit_bytes, ' ', 0);
    evidence_add(evidence, "rate", UNIT_RATE, report->rate, ' ', 0);
    evidence_add(evidence, "grown", UNIT_BYTES, (double)report->grown_bytes, ' ', 0);
    if (!report->forecast)
        return;
    evidence_add(evidence, "left_p50", UNIT_USEC, report->left_p50 * 1e6, ' ', 0);
    double horizon = (double)watch->policy.leak_horizon_usec, short_usec;
    bool short_first = is_short_first(watch, globals, &short_usec);
    evidence_add(evidence, "left_now", UNIT_USEC, time_left_usec(watch, globals),
        short_first ? ' ' : '<', horizon);
    if (short_first)
        evidence_add(evidence, "node_short_in", UNIT_USEC, short_usec, '<', horizon);
}

/* All of a decision but what is decided. `node` NULL: nothing is known of it. */
static void describe(struct decision *ret, const struct watch *watch, const struct slice *slice,
    const struct policy *policy, const struct node_sample *node, struct stamp now)
{
    const struct slice_policy *own = &watch->policy;
    memset(ret, 0, sizeof *ret);
    ret->incident = watch->ladder.incident;
    ret->at = now;
    ret->serial = slice->serial;
    ret->life = slice->life;
    (void)text_copy(ret->path, sizeof ret->path, slice->path);
    (void)text_copy(ret->key, sizeof ret->key, slice->key);
    (void)text_copy(ret->name, sizeof ret->name, slice->name);
    (void)text_copy(ret->owner, sizeof ret->owner, own->owner);
    ret->mode = own->mode;
    ret->leak_mode = own->leak;
    ret->independent = !own->interdependent;
    ret->rank = own->rank;
    ret->strikes = watch->ladder.strikes;
    ret->policy_hash = policy_hash(policy);
    ret->leak = watch->leak.report;
    const struct policy_globals *globals = policy_globals(policy);
    leak_report_unscale(&ret->leak, globals->time_scale);
    if (node)
        evidence_add_node(&ret->evidence, node);
    add_slice(&ret->evidence, watch);
    add_leak(&ret->evidence, watch, &ret->leak, globals);
}

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

/* Warned long enough ago (a try that failed is not repeated before the cool-down, whatever the
 * grace), and its limit is near, or the node short soon. */
static bool is_due(const struct watch *watch, const struct policy_globals *globals,
    double left_usec, struct stamp now)
{
    const struct slice_policy *own = &watch->policy;
    int64_t grace = own->leak_grace_usec > globals->cooldown_usec ? own->leak_grace_usec
                                                                  : globals->cooldown_usec;
    double short_usec;
    if (is_short_first(watch, globals, &short_usec))
        left_usec = fmin(left_usec, short_usec);
    return own->leak == MODE_ENFORCE && watch->ladder.warned_usec != 0 &&
           now.boot_usec - watch->ladder.warned_usec >= grace && watch->leak.report.forecast &&
           left_usec < (double)own->leak_horizon_usec;
}

/* What has happened to the slice since it was last looked at. LADDER_EVENTS: nothing. */
static enum ladder_event next_event(
    struct watch *watch, const struct policy_globals *globals, struct stamp now)
{
    struct ladder *ladder = &watch->ladder;
    enum leak_verdict leak = score_leak(&watch->leak.report);
    if (leak != LEAK_NONE)
        ladder->quiet_usec = 0;
    else if (ladder->quiet_usec == 0)
        ladder->quiet_usec = now.boot_usec;

    if (ladder->state == LADDER_RESETTING)
        return now.boot_usec - ladder->since_usec < OUTCOME_PATIENCE_USEC ? LADDER_EVENTS
                                                                          : LADDER_RESET_FAILED;
    if (ladder->state == LADDER_PROBATION && now.boot_usec >= ladder->probation_usec)
        return LADDER_PROBATION_OVER;
    double left_usec = time_left_usec(watch, globals);
    if (leak == LEAK_CONFIRMED)
        return is_due(watch, globals, left_usec, now)
                   ? next_of_trial(watch, globals, left_usec, now)
                   : LADDER_CONFIRM;
    if (leak == LEAK_SUSPECTED)
        return LADDER_SUSPECT;
    double quiet = (double)(now.boot_usec - ladder->quiet_usec) * globals->time_scale;
    return quiet < QUIET_USEC ? LADDER_EVENTS : LADDER_QUIET;
}

/* Why less is done than the ladder's step asks for. */
static enum restraint restrain(const struct watch *watch, const struct slice *slice,
    const struct ladder_step *step, struct stamp now)
{
    const struct slice_policy *own = &watch->policy;
    if (step->action == ACTION_ALARM)
        return RESTRAINT_PROBATION;
    if (step->action == ACTION_WARN)
        return own->leak == MODE_OBSERVE ? RESTRAINT_MODE : RESTRAINT_NONE;
    if (step->action != ACTION_THROTTLE && step->action != ACTION_RESET)
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
    [ACTION_THROTTLE] = ACTION_ALARM,
    [ACTION_RELEASE] = ACTION_RELEASE,
    [ACTION_RESET] = ACTION_ALARM,
};

/* REASON_ALL_CLEAR stands for the events that end something. */
static const enum reason event_reason[LADDER_EVENTS] = {
    [LADDER_QUIET] = REASON_ALL_CLEAR,
    [LADDER_SUSPECT] = REASON_LEAK_SUSPECTED,
    [LADDER_CONFIRM] = REASON_LEAK_CONFIRMED,
    [LADDER_DUE] = REASON_LEAK_HORIZON,
    [LADDER_OVERDUE] = REASON_LEAK_HORIZON,
    [LADDER_LET_GO] = REASON_LET_GO,
    [LADDER_ORDERED] = REASON_REQUEST,
    [LADDER_RESET_DONE] = REASON_ALL_CLEAR,
    [LADDER_RESET_FAILED] = REASON_ALL_CLEAR,
    [LADDER_PROBATION_OVER] = REASON_ALL_CLEAR,
};

/* An alarm leaves the slice where it is on the ladder, so it would come again each tick. */
static bool alarmed_lately(
    const struct ladder *ladder, const struct policy_globals *globals, struct stamp now)
{
    return ladder->alarmed_usec != 0 &&
           now.boot_usec - ladder->alarmed_usec < decision_repeat_usec(globals);
}

static int64_t probation_usec(const struct watch *watch)
{
    return ladder_probation_usec(watch->policy.probation_usec, watch->ladder.strikes);
}

/* What the slice is throttled to, and why for so long, as evidence. */
static void describe_throttle(struct decision *ret, uint64_t bytes, int64_t usec)
{
    ret->throttle_bytes = bytes;
    evidence_add(&ret->evidence, "throttled_to", UNIT_BYTES, (double)bytes, ' ', 0);
    evidence_add(&ret->evidence, "throttled_for", UNIT_USEC, (double)usec, ' ', 0);
}

/* Beside the ladder: what was reset often is throttled for a while from its birth on; and what is
 * throttled is released some time. */
static bool decide_throttle(struct watch *watch, const struct slice *slice,
    const struct policy *policy, const struct node_sample *node, struct stamp now,
    struct decision *ret)
{
    const struct slice_policy *own = &watch->policy;
    struct ladder *ladder = &watch->ladder;
    struct throttle *throttle = &watch->throttle;
    if (throttle->state == THROTTLE_NEWBORN && !node_has(node, NODE_MEM_TOTAL))
        return false;
    bool spared = standing_protects(watch, slice) || watch->held;
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
    describe(ret, watch, slice, policy, node, now);
    ret->wanted = ret->action = action;
    if (action == ACTION_RELEASE) {
        ret->reason = is_let_go ? REASON_LET_GO : REASON_SERVED;
        if (ladder->state == LADDER_THROTTLED)
            (void)ladder_take(ladder, LADDER_LET_GO, now);
        return true;
    }
    ret->reason = REASON_REBORN;
    evidence_add(&ret->evidence, "strikes", UNIT_COUNT, ladder->strikes, '>', own->throttle_after);
    describe_throttle(
        ret, amount_of(&own->throttle_to, node->value[NODE_MEM_TOTAL]), probation_usec(watch));
    if (own->mode != MODE_ENFORCE) {
        ret->action = ACTION_RECORD;
        ret->restraint = RESTRAINT_MODE;
        throttle_outcome(throttle, ACTION_THROTTLE, false, now.boot_usec);
    }
    return true;
}

/* The ladder's step is taken: what it does beside the ladder, and what it was taken for. */
static void follow_step(struct watch *watch, struct decision *decision,
    const struct policy_globals *globals, struct stamp now)
{
    if (decision->action == ACTION_THROTTLE) {
        const struct sample *sample = &watch->sample;
        describe_throttle(
            decision, sample_known(sample, SAMPLE_CURRENT), watch->policy.leak_throttle_usec);
        throttle_ask(&watch->throttle, sample_limit(sample, SAMPLE_LIMIT_HIGH), now.boot_usec);
        trial_begin(&watch->trial, watch->footprint, now.boot_usec);
    } else if (decision->action == ACTION_RELEASE) {
        throttle_release(&watch->throttle, now.boot_usec);
    } else if (decision->wanted == ACTION_RESET && watch->ladder.state == LADDER_THROTTLED) {
        struct trial_result trial = look_at_trial(watch, globals, now);
        struct evidence *evidence = &decision->evidence;
        evidence_add(evidence, "throttled_ago", UNIT_USEC, (double)trial.usec, ' ', 0);
        evidence_add(evidence, "grown_since", UNIT_BYTES, trial.grown, '>', trial.bound);
    }
}

uint32_t decide_slice(struct watch *watch, const struct slice *slice, const struct policy *policy,
    const struct node_sample *node, struct stamp now, struct decision *ret)
{
    const struct policy_globals *globals = policy_globals(policy);
    struct ladder *ladder = &watch->ladder;
    if (decide_throttle(watch, slice, policy, node, now, ret))
        return 1;
    enum ladder_event event = next_event(watch, globals, now);
    if (event == LADDER_EVENTS)
        return 0;
    const struct ladder_step *step = &ladder_table[ladder->state][event];
    enum restraint restraint = restrain(watch, slice, step, now);
    enum action_kind action = restraint == RESTRAINT_NONE ? step->action : restrained[step->action];
    if (action == ACTION_ALARM && alarmed_lately(ladder, globals, now))
        return 0;
    if (action != ACTION_NONE) {
        describe(ret, watch, slice, policy, node, now);
        ret->wanted = restraint == RESTRAINT_PROBATION ? ACTION_RESET : step->action;
        ret->action = action;
        ret->restraint = restraint;
        ret->reason = event_reason[event];
        follow_step(watch, ret, globals, now);
    }
    if (action == ACTION_ALARM)
        ladder->alarmed_usec = now.boot_usec;
    else
        (void)ladder_take(ladder, event, now);
    return action != ACTION_NONE;
}

uint32_t decide_vanished(const struct watch *watch, const struct slice *slice,
    const struct policy *policy, const struct node_sample *node, struct stamp now,
    struct decision *ret)
{
    if (watch->ladder.incident == 0)
        return 0;
    describe(ret, watch, slice, policy, node, now);
    ret->wanted = ret->action = ACTION_RECORD;
    ret->reason = REASON_GONE;
    return 1;
}

void decide_number(struct watch *watch, struct decision *decision, uint64_t seq)
{
    struct ladder *ladder = &watch->ladder;
    decision->seq = seq;
    if (decision->incident == 0)
        decision->incident = ladder->incident ? ladder->incident : seq;
    bool releases = decision->reason == REASON_SERVED || decision->reason == REASON_LET_GO;
    bool ends = decision->reason == REASON_ALL_CLEAR || (releases && ladder->state == LADDER_CALM);
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
    throttle_outcome(&watch->throttle, outcome->kind, event == LADDER_RESET_DONE, now.boot_usec);
    if (outcome->kind == ACTION_THROTTLE && watch->throttle.state == THROTTLE_OVER &&
        watch->ladder.state == LADDER_THROTTLED)
        (void)ladder_take(&watch->ladder, LADDER_LET_GO, now);
    if (outcome->kind != ACTION_RESET)
        return;
    (void)ladder_take(&watch->ladder, event, now);
    if (event != LADDER_RESET_DONE)
        return;
    watch->ladder.probation_usec = now.boot_usec + probation_usec(watch);
    if (outcome->job[0] == '\0') /* the other jobs go on */
        throttle_reset(&watch->throttle, now.boot_usec);
    /* The floors and the growth were those of processes that are gone, or, where one job of several
     * went, of all together: those that are left are judged by what they do from now on. */
    leak_reset(&watch->leak);
    watch->channels = (struct leak_channels){0};
    watch->growth = watch->growth_now = watch->faulted = 0;
    watch->growth_at_usec = watch->grown_twice_usec = 0;
    watch->survives = outcome->bytes_after;
}

uint64_t decide_dismissed(struct watch *watch)
{
    if (watch->ladder.state == LADDER_THROTTLED)
        throttle_let_go(&watch->throttle);
    return leak_dismiss(&watch->leak);
}

void decide_request(struct watch *watch, const struct slice *slice, const struct policy *policy,
    enum action_kind wanted, struct stamp now, struct decision *ret)
{
    describe(ret, watch, slice, policy, NULL, now);
    ret->reason = REASON_REQUEST;
    ret->wanted = ret->action = wanted;
    if (standing_restraint(watch, slice, now) == RESTRAINT_PROTECTED) {
        ret->restraint = RESTRAINT_PROTECTED;
        ret->action = ACTION_NONE;
    } else if (wanted == ACTION_RESET) {
        ret->action = ladder_take(&watch->ladder, LADDER_ORDERED, now);
    }
}
