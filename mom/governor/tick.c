#include "mom/governor/governor.h"

#include "mom/common/clock.h"
#include "mom/common/log.h"
#include "mom/common/records.h"
#include "slices/base/text.h"

#include <errno.h>
#include <string.h>
#include <time.h>

/* A recorder that has said nothing of a slice's past by then is taken to have nothing to say. */
#define PAST_WITHIN_USEC (60 * USEC_PER_SEC)

struct place *governor_find(
    struct governor *governor, uint64_t serial, const struct slice **ret_slice)
{
    for (uint32_t i = 0; i < governor->capacity; i++) {
        const struct slice *slice = tree_slice(governor->tree, i);
        if (slice && slice->serial == serial) {
            *ret_slice = slice;
            return &governor->places[i];
        }
    }
    return NULL;
}

void governor_hand_over(
    struct governor *governor, struct place *place, const struct action *action, struct stamp now)
{
    if (place)
        place->decision[action->kind] = action->decision;
    if (hands_give(governor->hands, HANDS_GOVERNOR, action))
        return;
    log_error("the hands are busy: decision %llu is not carried out",
        (unsigned long long)action->decision);
    const struct outcome none = {
        .decision = action->decision, .kind = action->kind, .result = RESULT_FAILED};
    if (place)
        decide_outcome(&place->watch, &none, now);
    hooks_outcome(governor, &none);
}

static void carry_out(
    struct governor *governor, struct place *place, const struct decision *decision)
{
    const struct action action = decision_action(decision);
    hooks_notify(governor, decision);
    bool is_for_the_hands = decision->action == ACTION_WARN || action_is_deed(decision->action);
    if (is_for_the_hands && !hooks_hold_back(governor, place, decision))
        governor_hand_over(governor, place, &action, decision->at);
}

void governor_pursue(struct governor *governor, struct place *place, struct decision *decision)
{
    decide_number(&place->watch, decision, live_next_seq(&governor->live));
    tell_to_wall(&decision->leak, decision->at);
    bool told = tell_decision(governor, decision);
    governor->state.warnings += decision->action == ACTION_WARN;
    governor->state.alarms += decision->action == ACTION_ALARM;
    carry_out(governor, place, decision);
    log_decision(decision, told); /* after the deed: a log that is a file may have to wait */
}

static void lose_vanished(struct governor *governor, struct stamp now)
{
    const struct slice *const *vanished;
    uint32_t count = tree_vanished(governor->tree, &vanished);
    for (uint32_t i = 0; i < count; i++) {
        struct place *place = &governor->places[vanished[i]->index];
        sampler_forget(governor->sampler, vanished[i]);
        if (place->watch.serial != vanished[i]->serial)
            continue;
        struct decision *decision = &governor->scratch;
        if (governor->hands && decide_vanished(&place->watch, vanished[i], governor->policy,
                                   &governor->node, now, decision) > 0)
            governor_pursue(governor, place, decision);
        if (governor->oom_handler)
            oom_handler_return(governor->oom_handler, vanished[i]->serial);
        if (governor->hands)
            tell_vanished(governor, place, vanished[i], now);
        place->watch.serial = 0;
    }
}

/* A slice's first tick. */
static void meet(
    struct governor *governor, struct place *place, const struct slice *slice, struct stamp now)
{
    struct slice_policy policy;
    policy_for_slice(governor->policy, slice, &policy);
    bool warm = governor->hands == NULL; /* --once has nobody who could tell of the past */
    memset(place, 0, sizeof *place);
    int64_t absent_usec = governor->state.ticks > 0 ? governor->last_tick.boot_usec : 0;
    watch_init(&place->watch, slice, &policy, absent_usec, now, warm);
    if (governor->hands)
        tell_born(governor, place, slice, now);
}

/* The outside scorer's newest valid answer; after so many ticks it has none. */
enum { SCORES_LAST_TICKS = 3 };

static void read_scores(struct governor *governor, struct stamp now)
{
    const struct policy_globals *globals = policy_globals(governor->policy);
    bool wanted = governor->hands && globals->formula == FORMULA_OUTSIDE;
    char path[PATH_MAX];
    if (governor->hands)
        heartbeat_page(&governor->heartbeat)->scorer_wanted = wanted;
    governor->scored =
        wanted &&
        paths_join(path, sizeof path, governor->options->paths.run_dir, SCORES_FILE) == 0 &&
        scores_read(path, &governor->scores) == 0 &&
        now.boot_usec - governor->scores.ticked_usec <=
            SCORES_LAST_TICKS * globals->tick_usec + globals->scorer.timeout_usec;
}

/* Whom it does not name has 0: then, too, it has answered. */
static void take_score(
    const struct governor *governor, const struct slice *slice, struct sample *sample)
{
    uint64_t score = 0;
    if (!governor->scored)
        return;
    (void)scores_find(&governor->scores, slice->serial, &score);
    sample_set(sample, SAMPLE_BADNESS, score);
}

static void take_room(
    const struct governor *governor, struct watch *watch, const struct slice *slice)
{
    uint64_t room;
    if (domains_room(&governor->standings, watch, slice, &room))
        sample_set(&watch->sample, SAMPLE_ROOM, room);
    else
        sample_clear(&watch->sample, SAMPLE_ROOM);
}

static int64_t thread_cost_usec(void)
{
    struct timespec used;
    (void)clock_gettime(
        CLOCK_THREAD_CPUTIME_ID, &used); /* no date: how long this thread has worked */
    return (int64_t)used.tv_sec * USEC_PER_SEC + used.tv_nsec / 1000;
}

/* Many slices may be told of their past at once, at the start: those that this tick has no time for
 * wait for the next. */
#define WARM_START_USEC (100 * 1000)

static bool warm_start(
    struct governor *governor, struct place *place, const struct slice *slice, struct stamp now)
{
    struct leak_detector *leak = &place->watch.leak;
    if (!leak->warm_start_due || governor->warm_start_usec > WARM_START_USEC)
        return false;
    int64_t begun_usec = thread_cost_usec();
    bool changed = leak_warm_start(leak);
    governor->warm_start_usec += thread_cost_usec() - begun_usec;
    if (governor->hands)
        tell_warm_start(governor, slice, now);
    return changed;
}

/* Reads the slice and brings what is known of it up to date. False: it has just vanished, or can't
 * be read now: nothing is decided about it. */
static bool observe(
    struct governor *governor, struct place *place, const struct slice *slice, struct stamp now)
{
    struct watch *watch = &place->watch;
    if (watch->serial != slice->serial)
        meet(governor, place, slice, now);
    int r = sampler_read(governor->sampler, slice, now, false, &watch->sample);
    governor->state.unread += r == -EMFILE || r == -ENFILE;
    if (r < 0)
        return false;
    take_score(governor, slice, &watch->sample);
    take_room(governor, watch, slice);
    if (!watch->leak.warm && now.boot_usec - watch->born.boot_usec > PAST_WITHIN_USEC)
        leak_set_warm(&watch->leak);
    bool changed = watch_update(watch, policy_globals(governor->policy), &governor->node);
    changed |= warm_start(governor, place, slice, now);
    if (governor->hands) {
        watch->held = holds_until(&governor->holds, slice->key, now.unix_usec) > 0;
        watch->lone = governor->unprotected_before == 1;
        tell_sample(governor, place, slice);
        tell_oom_kills(governor, place, slice);
        if (changed)
            tell_trend(governor, place, now);
    }
    return true;
}

static void decide(struct governor *governor, struct place *place, const struct slice *slice,
    uint64_t *raised_bytes, struct stamp now)
{
    if (decide_slice(&place->watch, slice, governor->policy, &governor->node, raised_bytes, now,
            &governor->scratch) > 0)
        governor_pursue(governor, place, &governor->scratch);
}

/* Between two walks of the tree only what has moved is counted. */
static uint32_t newest_count(const struct tree_changes *changes, uint32_t before, uint32_t counted)
{
    return changes->rescanned || counted > before ? counted : before;
}

static void note_changes(
    struct governor *governor, const struct tree_changes *changes, struct stamp now)
{
    struct live_state *state = &governor->state;
    if (changes->folded > 2 * governor->folded_told) { /* a crowd comes in over many ticks */
        governor->folded_told = changes->folded;
        tell_note(governor, now, "overflow",
            "%u groups fold into their parents: deep, long-named, without memory accounting, or "
            "too many: max_slices is %u",
            changes->folded, governor->capacity);
    }
    if (changes->rescanned && changes->folded <= governor->folded_told / 2)
        governor->folded_told = changes->folded;
    if (changes->unreadable > state->unreadable)
        tell_note(governor, now, "unreadable", "%u directories can't be read or watched",
            changes->unreadable);
    int64_t step = state->ticks > 0 ? clock_step(governor->last_tick, now) : 0;
    if (step > USEC_PER_SEC || step < -USEC_PER_SEC) {
        state->clock_stepped_usec = step;
        tell_note(governor, now, "clock", "the wall clock was set by %+.1f s", (double)step / 1e6);
    }
}

static void note_unread(struct governor *governor, uint32_t before, struct stamp now)
{
    uint32_t unread = governor->state.unread;
    if (governor->hands && unread > 0 && before == 0)
        tell_note(
            governor, now, "unread", "%u slices can't be read: no descriptors are left", unread);
}

/* A look at thousands of slices may take long, the first one above all: whoever gets on with it is
 * not silent. */
static void beat(struct governor *governor)
{
    if (governor->hands)
        heartbeat_page(&governor->heartbeat)->beat_usec[HEART_GOVERNOR] = clock_now().boot_usec;
}

static bool next_standing(
    void *context, uint32_t *place, struct watch **watch, const struct slice **slice)
{
    struct governor *governor = context;
    while (*place < governor->capacity) {
        uint32_t next = (*place)++;
        *watch = &governor->places[next].watch;
        *slice = tree_slice(governor->tree, next);
        if (governor->places[next].stands)
            return true;
    }
    return false;
}

static void look_for_limits(struct governor *governor)
{
    const struct standing_source slices = {next_standing, governor};
    const struct limited_view view = {&governor->hierarchy, governor->tree, &slices,
        governor->options->paths.scope, &governor->node};
    if (governor->guard)
        limited_update(&governor->limited, &view, guard_published(governor->guard),
            guard_taken(governor->guard));
}

/* The lists of the node and of the other domains that are watched, by what is known of them. */
static void stand(struct governor *governor, struct stamp now)
{
    const struct standing_source source = {next_standing, governor};
    const struct policy *policy = governor->policy;
    standing_make(&governor->standings.of[0], "", &governor->node, now, policy, &source);
    for (uint32_t i = 1; i < DOMAINS_MAX; i++) {
        struct limited_group *group = &governor->limited.of[i];
        struct standing *standing = &governor->standings.of[i];
        if (group->state == LIMITED_WATCHED) {
            standing_make(standing, group->domain, &group->sample, now, policy, &source);
            group->reader.swap_within = standing->swap_limit;
        } else if (standing->in_use) {
            standing->in_use = false;
        }
    }
}

/* Those who came since know what their parents were told; who came from elsewhere is told in time.
 */
static void tell_kernel(struct governor *governor, struct place *place, const struct slice *slice)
{
    const struct slice_policy *policy = &place->watch.policy;
    enum kernel_rank rank = standing_hint(&governor->standings.of[0], &place->watch, slice);
    if (!policy->tell_kernel && !place->hinted)
        return;
    if (place->hinted && place->hint == rank && place->hint_due > 1) {
        place->hint_due--;
        return;
    }
    struct kernel_hint hint = {.life = slice->life,
        .rank = rank,
        .together = policy->tell_kernel && policy->interdependent};
    (void)text_copy(hint.path, sizeof hint.path, slice->path);
    if (!hands_hint(governor->hands, &hint))
        return; /* at the next tick */
    place->hinted = policy->tell_kernel;
    place->hint = (uint8_t)rank;
    place->hint_due = policy_globals(governor->policy)->full_every;
}

static void publish(struct governor *governor)
{
    guard_publish(governor->guard, &governor->standings, &governor->limited, governor->policy);
}

/* What the policy's formula wants to know of them, and where they are bound. */
static void ask_of_processes(struct governor *governor)
{
    static const enum badness_rule rules[FORMULAS] = {[FORMULA_VSZ] = BADNESS_VSZ,
        [FORMULA_BADNESS] = BADNESS_OLD,
        [FORMULA_OOM_SCORE] = BADNESS_OOM_SCORE};
    sampler_ask(governor->sampler, governor->proc_fd,
        rules[policy_globals(governor->policy)->formula], governor->memory_nodes);
}

void governor_look(struct governor *governor, struct stamp now)
{
    struct tree_changes changes;
    tree_update(governor->tree, &changes);
    if (governor->hands) /* before the first of them is told: no serial is given out twice */
        live_header(&governor->live)->next_serial = tree_serial_next(governor->tree);
    lose_vanished(governor, now);
    if (governor->hands)
        note_changes(governor, &changes, now);
    struct live_state *state = &governor->state;
    state->folded = newest_count(&changes, state->folded, changes.folded);
    state->unreadable = newest_count(&changes, state->unreadable, changes.unreadable);
    if (node_read(&governor->node_reader, now, &governor->node) < 0)
        governor->node = (struct node_sample){.at = now}; /* nothing known, nothing done */
    ask_of_processes(governor);
    read_scores(governor, now);
    governor->unprotected_before = governor->standings.of[0].unprotected;
    uint32_t unread_before = state->unread;
    state->unread = governor->oom_notes = 0;
    governor->warm_start_usec = 0;
    uint64_t raised_bytes = governor->standings.of[0].raised;
    for (uint32_t i = 0; i < governor->capacity; i++) {
        const struct slice *slice = tree_slice(governor->tree, i);
        struct place *place = &governor->places[i];
        place->stands = slice && observe(governor, place, slice, now);
        if (!place->stands)
            continue;
        if (governor->hands)
            decide(governor, place, slice, &raised_bytes, now);
        beat(governor);
    }
    look_for_limits(governor);
    stand(governor, now);
    note_unread(governor, unread_before, now);
}

void governor_restand(struct governor *governor, struct stamp now)
{
    for (uint32_t i = 0; i < governor->capacity; i++) {
        const struct slice *slice = tree_slice(governor->tree, i);
        struct place *place = &governor->places[i];
        place->stands = slice && place->watch.serial == slice->serial;
        if (place->stands)
            place->watch.held = holds_until(&governor->holds, slice->key, now.unix_usec) > 0;
    }
    stand(governor, now);
    governor_keep_all(governor, now);
    publish(governor);
}

void governor_tick(struct governor *governor, struct stamp now)
{
    int64_t cost = thread_cost_usec();
    governor_look(governor, now);
    governor_keep_all(governor, now);
    tell_victims(governor, now);
    for (uint32_t i = 0; i < governor->capacity; i++) {
        const struct slice *slice = tree_slice(governor->tree, i);
        if (!slice)
            continue;
        tell_live(governor, &governor->places[i], slice);
        if (governor->places[i].stands)
            tell_kernel(governor, &governor->places[i], slice);
    }
    (void)ring_write(&governor->samples, RECORD_NODE, &governor->node, sizeof governor->node);
    governor->state.ticks++;
    governor->state.ticked = governor->last_tick = now;
    governor->state.tick_cost_usec = thread_cost_usec() - cost;
    for (uint32_t i = 0; i < DOMAINS_MAX; i++)
        if (governor->standings.of[i].in_use)
            governor->standings.of[i].tick_cost_usec = governor->state.tick_cost_usec;
    publish(governor);
    tell_state(governor);
}
