#include "mom/governor/governor.h"

#include "mom/common/clock.h"
#include "mom/common/log.h"
#include "mom/common/records.h"
#include "slices/base/text.h"

#include <errno.h>
#include <string.h>

#define LASTS_MOST_USEC (366 * 86400 * USEC_PER_SEC)

/* What the guard has ordered on its own. */
static void take_orders(struct governor *governor, struct stamp now)
{
    struct guard_order order;
    const struct slice *slice;
    while (guard_order(governor->guard, &order)) {
        struct place *place = governor_find(governor, order.serial, &slice);
        if (!place)
            continue;
        const struct outcome none = {
            .decision = order.decision, .kind = ACTION_RESET, .result = RESULT_FAILED};
        if (order.failed) {
            decide_outcome(&place->watch, &none, now);
            hooks_outcome(governor, &none);
            continue;
        }
        if (order.action == ACTION_RESET) {
            decide_ordered(&place->watch, order.decision, now);
            place->decision[ACTION_RESET] = order.decision;
        }
        hooks_follow(governor, place, slice, &order, now);
    }
}

/* A last resort that failed, or would have been one. */
static void take_last_resort(struct governor *governor)
{
    struct outcome outcome;
    while (guard_outcome(governor->guard, &outcome)) {
        log_error("the node was not rebooted (decision %llu): %s%s%s",
            (unsigned long long)outcome.decision, action_result_names[outcome.result],
            outcome.error[0] ? ": " : "", outcome.error);
        hands_record(governor->hands, &outcome);
    }
}

/* Once a boot. It is told when the recorder has stored it: twice rather than never, and the store
 * takes it once. */
static void tell_boot_end(struct governor *governor)
{
    static struct record_boot_end end; /* large */
    if (governor->tells_boot_end && ring_is_taken(&governor->decisions)) {
        governor->tells_boot_end = false;
        last_resort_told(governor->last_resort);
    }
    if (!last_resort_boot_end(governor->last_resort, &end))
        return;
    log_warning("the boot before ended without a clean stop: %s", boot_end_names[end.ended.how]);
    governor->tells_boot_end =
        ring_write(&governor->decisions, RECORD_BOOT_END, &end, sizeof end) == 0;
}

static void apply_outcome(
    struct governor *governor, const struct outcome *outcome, struct stamp now)
{
    for (uint32_t i = 0; i < governor->capacity; i++) {
        struct place *place = &governor->places[i];
        const struct slice *slice = tree_slice(governor->tree, i);
        if (place->watch.serial == 0 || place->decision[outcome->kind] != outcome->decision)
            continue;
        decide_outcome(&place->watch, outcome, now);
        if (slice && slice->serial == place->watch.serial)
            governor_keep(governor, place, slice, now);
    }
}

void governor_take_outcome(
    struct governor *governor, const struct outcome *outcome, struct stamp now)
{
    apply_outcome(governor, outcome, now);
    governor->state.resets += outcome->kind == ACTION_RESET && outcome->result == RESULT_DONE;
    log_notice("%s for decision %llu: %s%s%s%s%s, %llu bytes freed",
        action_kind_names[outcome->kind], (unsigned long long)outcome->decision,
        action_result_names[outcome->result], outcome->job[0] ? ", job " : "", outcome->job,
        outcome->error[0] ? ": " : "", outcome->error, (unsigned long long)outcome->bytes_freed);
    hooks_outcome(governor, outcome);
}

/* What the hands did. An order is always there before its outcome. */
static void take_outcomes(struct governor *governor, struct stamp now)
{
    struct outcome outcome;
    while (hands_outcome(governor->hands, &outcome)) {
        take_orders(governor, now);
        governor_take_outcome(governor, &outcome, now);
    }
}

static void tell_hold(struct governor *governor, const char *key, int64_t until_unix_usec,
    const struct control_request *request, uid_t uid, struct stamp now)
{
    struct record_hold hold = {.at = now, .until_unix_usec = until_unix_usec, .by_uid = uid};
    (void)text_copy(hold.key, sizeof hold.key, key);
    (void)text_copy(hold.why, sizeof hold.why, request->why);
    (void)ring_write(&governor->decisions, RECORD_HOLD, &hold, sizeof hold);
}

static const enum action_kind ordered_by[CONTROL_VERBS] = {
    [CONTROL_RESET] = ACTION_RESET,
    [CONTROL_RECLAIM] = ACTION_RECLAIM,
    [CONTROL_THROTTLE] = ACTION_THROTTLE,
    [CONTROL_RAISE] = ACTION_RAISE,
    [CONTROL_FREEZE] = ACTION_FREEZE,
    [CONTROL_MOVE] = ACTION_MOVE,
};

static bool lasts_sanely(int64_t usec)
{
    return usec > 0 && usec <= LASTS_MOST_USEC;
}

static bool is_sane(const struct order *order)
{
    static const bool has_size[ACTION_KINDS] = {
        [ACTION_RECLAIM] = true, [ACTION_THROTTLE] = true, [ACTION_RAISE] = true};
    return (!has_size[order->kind] || (order->bytes > 0 && order->bytes <= INT64_MAX)) &&
           (!action_lasts(order->kind) || lasts_sanely(order->lasts_usec)) &&
           (order->kind != ACTION_MOVE || order->to[0] == '/');
}

static void carry_out_order(struct governor *governor, struct place *place,
    const struct slice *slice, const struct control_request *request, uid_t uid,
    struct control_reply *reply, struct stamp now)
{
    const struct order order = {
        ordered_by[request->verb], request->bytes, request->duration_usec, request->to};
    struct decision *decision = &governor->scratch;
    if (!is_sane(&order)) {
        reply->code = -EINVAL;
        return;
    }
    decide_request(&place->watch, slice, governor->policy, &order, now, decision);
    evidence_add(&decision->evidence, "asked_by_uid", UNIT_COUNT, uid, ' ', 0);
    governor_pursue(governor, place, decision);
    reply->decision = decision->seq;
    if (decision->action == ACTION_NONE) {
        reply->code = decision->restraint == RESTRAINT_CHANGED ? -EBUSY : -EPERM;
        (void)text_format(
            reply->text, sizeof reply->text, "not done: %s", restraint_names[decision->restraint]);
    }
}

static void hold(struct governor *governor, const struct control_request *request,
    struct place *place, const struct slice *slice, uid_t uid, struct control_reply *reply,
    struct stamp now)
{
    bool begins = request->verb == CONTROL_HOLD;
    bool sane = lasts_sanely(request->duration_usec);
    int64_t until = begins && sane ? now.unix_usec + request->duration_usec : 0;
    reply->code =
        begins && !sane ? -EINVAL : holds_set(&governor->holds, slice->key, until, now.unix_usec);
    if (reply->code < 0)
        return;
    place->hold_said = true;
    if (!begins)
        decide_released(&place->watch);
    hooks_withdraw(governor, slice->serial, begins ? "it is held" : "it was released", now);
    tell_hold(governor, slice->key, until, request, uid, now);
    governor_restand(governor, now);
}

static void tell_dismissal(struct governor *governor, const struct slice *slice, uint64_t bytes,
    const struct control_request *request, uid_t uid, struct stamp now)
{
    struct record_dismissal dismissal = {.at = now, .bytes = bytes, .by_uid = uid};
    (void)text_copy(dismissal.key, sizeof dismissal.key, slice->key);
    (void)text_copy(dismissal.why, sizeof dismissal.why, request->why);
    (void)ring_write(&governor->decisions, RECORD_DISMISSAL, &dismissal, sizeof dismissal);
}

static void dismiss(struct governor *governor, const struct control_request *request,
    struct place *place, const struct slice *slice, uid_t uid, struct control_reply *reply,
    struct stamp now)
{
    struct leak_detector *leak = &place->watch.leak;
    if (request->why[0] == '\0' || leak->report.verdict == LEAK_NONE) {
        reply->code = -EINVAL;
        (void)text_copy(reply->text, sizeof reply->text,
            request->why[0] ? "it isn't judged to leak" : "it needs a reason");
        return;
    }
    uint64_t bytes = decide_dismissed(&place->watch);
    tell_dismissal(governor, slice, bytes, request, uid, now);
    tell_trend(governor, place, now);
    governor_restand(governor, now);
    (void)text_format(reply->text, sizeof reply->text,
        "dismissed; it is told of again when it grows beyond %.1f MiB and keeps on for longer",
        (double)bytes / (1 << 20));
}

static struct place *find_meant(struct governor *governor, const struct control_request *request,
    const struct slice **ret_slice)
{
    if (request->serial != 0)
        return governor_find(governor, request->serial, ret_slice);
    for (uint32_t i = 0; i < governor->capacity; i++) {
        const struct slice *slice = tree_slice(governor->tree, i);
        if (slice && slice->life.inode == request->inode && slice->life.mount == request->mount) {
            *ret_slice = slice;
            return &governor->places[i];
        }
    }
    return NULL;
}

static void take_request(struct governor *governor, struct stamp now)
{
    struct control_request request;
    struct asker asker;
    if (!requests_take(governor->requests, &request, &asker))
        return;
    struct control_reply reply = {0};
    const struct slice *slice = NULL;
    bool for_all = request.serial == 0 && request.inode == 0;
    struct place *place = find_meant(governor, &request, &slice);
    if (!permission_granted(&asker, request.verb, slice)) {
        reply.code = -EPERM;
        (void)text_copy(reply.text, sizeof reply.text, "you may not do that");
    } else if (request.verb != CONTROL_PING &&
               !pace_allows(&governor->pace, asker.uid, now.boot_usec)) {
        reply.code = -EAGAIN;
        (void)text_copy(reply.text, sizeof reply.text, "one order a second, please");
    } else if (request.verb == CONTROL_RELEASE && for_all) {
        for (uint32_t i = 0; i < governor->capacity; i++) {
            governor->places[i].hold_said = true;
            decide_released(&governor->places[i].watch);
        }
        holds_clear(&governor->holds);
        hooks_withdraw(governor, 0, "all were released", now);
        tell_hold(governor, "*", 0, &request, asker.uid, now);
        governor_restand(governor, now);
    } else if (request.verb != CONTROL_PING && !place) {
        reply.code = -ENOENT;
        (void)text_copy(reply.text, sizeof reply.text, "no such slice any more");
    } else if (ordered_by[request.verb] != ACTION_NONE) {
        carry_out_order(governor, place, slice, &request, asker.uid, &reply, now);
    } else if (request.verb == CONTROL_HOLD || request.verb == CONTROL_RELEASE) {
        hold(governor, &request, place, slice, asker.uid, &reply, now);
    } else if (request.verb == CONTROL_DISMISS) {
        dismiss(governor, &request, place, slice, asker.uid, &reply, now);
    }
    requests_answer(governor->requests, &reply);
}

/* What the database remembers of a slice. */
static void take_floors(
    struct governor *governor, const struct record_floors *floors, struct stamp now)
{
    const struct slice *slice;
    struct place *place = governor_find(governor, floors->serial, &slice);
    /* What an unprivileged program says may be anything. */
    if (place && floors->scale < WINDOW_SCALES && floors->count <= WINDOW_HALVES)
        watch_preload(&place->watch, policy_globals(governor->policy), floors->scale,
            floors->first_unix_usec, floors->floor, floors->count, now);
}

static void take_past_of(
    struct governor *governor, const struct record_past *past, struct stamp now)
{
    const struct slice *slice;
    struct place *place = governor_find(governor, past->serial, &slice);
    if (!place)
        return;
    struct watch *watch = &place->watch;
    ladder_remember(&watch->ladder, &past->past, watch->policy.forgive_usec, now.unix_usec);
    if (!place->hold_said && past->hold_until_unix_usec > now.unix_usec &&
        past->hold_until_unix_usec - now.unix_usec <= LASTS_MOST_USEC)
        (void)holds_set(&governor->holds, slice->key, past->hold_until_unix_usec, now.unix_usec);
    if (past->dismissed > place->watch.leak.lives.dismissed)
        leak_set_dismissed(&place->watch.leak, past->dismissed, past->dismissed_bytes);
    leak_preload_end(&place->watch.leak);
}

/* The recorder began a database anew. */
static void tell_again(struct governor *governor)
{
    uint32_t capacity = tree_capacity(governor->tree);
    for (uint32_t i = 0; i < capacity; i++) {
        governor->places[i].announced = false;
        governor->places[i].oom_told = 0;
    }
}

static bool open_past(struct governor *governor)
{
    if (!governor->past_open)
        governor->past_open = records_open_reader(governor->options->paths.run_dir, RING_PAST,
                                  governor->group, &governor->past) == 0;
    return governor->past_open;
}

static void take_past(struct governor *governor, struct stamp now)
{
    enum { AT_ONCE = 256 }; /* a bound for one tick */
    static _Alignas(uint64_t) char buffer[RING_PAYLOAD_MAX];
    if (!open_past(governor))
        return;
    ssize_t n = 0;
    for (int i = 0; i < AT_ONCE && n >= 0; i++) {
        uint32_t type;
        n = ring_read(&governor->past, &type, buffer);
        if (n == sizeof(struct record_floors) && type == RECORD_FLOORS)
            take_floors(governor, (const struct record_floors *)(const void *)buffer, now);
        else if (n == sizeof(struct record_past) && type == RECORD_PAST)
            take_past_of(governor, (const struct record_past *)(const void *)buffer, now);
        else if (n == 0 && type == RECORD_TELL_AGAIN)
            tell_again(governor);
    }
    (void)ring_ack(&governor->past);
    if (n == -ESTALE || n == -EPROTO) {
        ring_reader_close(&governor->past);
        governor->past_open = false;
    }
}

static void take_policy(struct governor *governor)
{
    if (governor->retired && guard_taken(governor->guard) >= governor->retired_by) {
        policy_free(governor->retired);
        governor->retired = NULL;
    }
    if (governor->retired)
        return;
    struct policy *policy = requests_policy(governor->requests);
    if (!policy)
        return;
    governor->retired = governor->policy;
    governor->retired_by = guard_published(governor->guard) + 1;
    governor->policy = policy;
    for (uint32_t i = 0; i < governor->capacity; i++) {
        const struct slice *slice = tree_slice(governor->tree, i);
        if (slice && governor->places[i].watch.serial == slice->serial)
            policy_for_slice(policy, slice, &governor->places[i].watch.policy);
    }
    struct stamp now = clock_now();
    governor_restand(governor, now);
    tell_policy(governor, now);
    tell_note(governor, now, "policy", "a new policy is in force: %016llx",
        (unsigned long long)policy_hash(policy));
}

/* A write that blocks is seen; the other hands go on. */
static void watch_hands(struct governor *governor, struct stamp now)
{
    struct hands_stuck stuck;
    while (hands_watch(governor->hands, now.boot_usec, &stuck))
        tell_note(governor, now, "stuck", "%s of decision %llu has been kept waiting for %lld s",
            action_kind_names[stuck.kind], (unsigned long long)stuck.decision,
            (long long)((now.boot_usec - stuck.since_usec) / USEC_PER_SEC));
}

void governor_answer(struct governor *governor, struct stamp now)
{
    take_orders(governor, now);
    take_last_resort(governor);
    tell_boot_end(governor);
    governor_arm(governor, now);
    take_outcomes(governor, now);
    governor_hear_oom_handler(governor, now);
    watch_hands(governor, now);
    governor_keep_watchdog(governor, now);
    hooks_answer(governor, now);
    take_policy(governor);
    take_request(governor, now);
    take_past(governor, now);
}
