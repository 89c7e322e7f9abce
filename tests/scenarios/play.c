/* Statements and the clock move the world; its samples go the governor's way through the course. */
#include "slices/base/text.h"
#include "tests/scenarios/player.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEED_TAKES    SECOND        /* of the hands, until the slice is verified to be empty */
#define HANDS_GIVE_UP (10 * SECOND) /* on a process that doesn't die */
static const struct stamp BEGIN = {.boot_usec = 3600 * SECOND, .unix_usec = 1800000000 * SECOND};

struct stamp now_of(const struct player *player)
{
    return (struct stamp){.boot_usec = BEGIN.boot_usec + player->t_usec,
        .unix_usec = BEGIN.unix_usec + player->clock_usec + player->t_usec};
}

struct body *body_of(struct player *player, const struct actor *actor)
{
    return &player->bodies[actor - player->actors];
}

void be_born(struct player *player, struct actor *actor)
{
    struct body *body = body_of(player, actor);
    *body = actor->at_birth;
    for (unsigned i = 0; i < body->laws; i++)
        body->law[i].since_usec = player->t_usec;
    body->exists = true;
    actor->changed = false;
    actor->slice.life.inode++;
    actor->birth_usec = NEVER;
}

void end(struct player *player, struct actor *actor)
{
    body_of(player, actor)->exists = false;
    if (actor->respawn_usec != NEVER)
        actor->birth_usec = player->t_usec + actor->respawn_usec;
}

void log_free(struct log *log)
{
    for (uint32_t i = 0; i < log->count; i++)
        free(log->events[i].decision);
    free(log->events);
}

static struct event *add_event(struct player *player, enum happening what, const char *name)
{
    struct log *log = player->log;
    if (log->count == log->room) {
        uint32_t room = log->room ? 2 * log->room : 64;
        struct event *events = realloc(log->events, room * sizeof *events);
        if (!events)
            abort();
        log->events = events;
        log->room = room;
    }
    struct event *event = &log->events[log->count++];
    *event = (struct event){.what = what, .t_usec = player->t_usec};
    (void)text_copy(event->name, sizeof event->name, name);
    return event;
}

static void decided(void *context, const struct decision *decision, uint32_t slice)
{
    struct player *player = context;
    struct actor *actor =
        slice == COURSE_NOBODY ? NULL : &player->actors[player->course.slices[slice].slice.index];
    struct event *event =
        add_event(player, HAPPENED_DECISION, actor ? actor->slice.name : decision->name);
    event->decision = malloc(sizeof *event->decision);
    if (!event->decision)
        abort();
    *event->decision = *decision;
    if (!action_is_deed(decision->action) || !actor)
        return;
    bool resets = decision->action == ACTION_RESET, resists = resets && actor->resists;
    actor->order = *decision;
    actor->outcome_usec = player->t_usec + (resists ? HANDS_GIVE_UP : DEED_TAKES);
    /* Who dies takes no more; the memory is back when the last process is gone. */
    if (resets && !resists && slice_life_equal(&actor->slice.life, &decision->life))
        body_steady(&player->bodies[actor - player->actors], player->t_usec);
}

static void remember_limits(struct actor *actor, const struct body *body)
{
    if (actor->changed)
        return;
    actor->limit = body->limit;
    actor->high = body->high;
    actor->changed = true;
}

static enum action_result undo_all(struct player *player, struct actor *actor)
{
    struct body *body = body_of(player, actor);
    uint32_t which = (uint32_t)(actor - player->actors);
    body_thaw(body, player->t_usec);
    if (!actor->changed)
        return RESULT_DONE;
    body->high = actor->high;
    if (!world_squeeze(&player->world, player->bodies, player->count, which, actor->limit))
        return RESULT_INCOMPLETE;
    body->limit = actor->limit;
    actor->changed = false;
    return RESULT_DONE;
}

/* The kernel's side of a deed. */
static enum action_result carry_out_deed(struct player *player, struct actor *actor)
{
    struct body *body = body_of(player, actor);
    uint64_t wanted = actor->order.limit_bytes;
    if (actor->order.action == ACTION_RELEASE)
        return undo_all(player, actor);
    if (actor->order.action == ACTION_RESET) {
        end(player, actor);
        return RESULT_DONE;
    }
    if (actor->order.action == ACTION_FREEZE) {
        body_freeze(body, player->t_usec);
        return RESULT_DONE;
    }
    if (actor->order.action == ACTION_RECLAIM) {
        uint32_t which = (uint32_t)(actor - player->actors);
        return world_reclaim(&player->world, player->bodies, player->count, which, wanted)
                   ? RESULT_DONE
                   : RESULT_INCOMPLETE;
    }
    remember_limits(actor, body);
    if (actor->order.action == ACTION_THROTTLE) {
        body->high = wanted;
        return RESULT_DONE;
    }
    body->limit = body->limit && body->limit < wanted ? wanted : body->limit;
    body->high = body->high && body->high < wanted ? wanted : body->high;
    return RESULT_DONE;
}

static void note_strike(struct player *player, struct ladder_past *past)
{
    if (past->strikes == LADDER_PAST_MAX)
        memmove(past->unix_usec, past->unix_usec + 1, --past->strikes * sizeof *past->unix_usec);
    past->unix_usec[past->strikes++] = now_of(player).unix_usec;
}

static void settle_outcome(struct player *player, struct actor *actor)
{
    struct outcome outcome = {.decision = actor->order.seq,
        .kind = actor->order.action,
        .result = RESULT_DONE,
        .started = actor->order.at,
        .ended = now_of(player)};
    actor->outcome_usec = NEVER;
    if (!body_of(player, actor)->exists)
        outcome.result = RESULT_VANISHED;
    else if (!slice_life_equal(&actor->slice.life, &actor->order.life))
        outcome.result = RESULT_STRANGER;
    else if (actor->resists && outcome.kind == ACTION_RESET)
        outcome.result = RESULT_INCOMPLETE;
    else
        outcome.result = carry_out_deed(player, actor);
    if (outcome.kind == ACTION_RESET && outcome.result == RESULT_DONE)
        note_strike(player, &actor->past);
    add_event(player, HAPPENED_OUTCOME, actor->slice.name)->result = outcome.result;
    course_outcome(&player->course, &outcome, now_of(player));
}

void appear(struct player *player, struct actor *actor, bool warm)
{
    struct stamp now = now_of(player);
    actor->slice.serial = player->next_serial++;
    actor->verdict = LEAK_NONE;
    actor->shape = SHAPE_UNKNOWN;
    int64_t place = course_born(&player->course, &actor->slice, now, warm);
    if (place < 0)
        abort();
    actor->place = (uint32_t)place;
    struct watch *watch = &player->course.slices[place].watch;
    ladder_remember(&watch->ladder, &actor->past, watch->policy.forgive_usec, now.unix_usec);
}

/* What a look at the tree shows. */
static void update_tree(struct player *player)
{
    struct course *course = &player->course;
    for (uint32_t i = 0; i < player->count; i++) {
        struct actor *actor = &player->actors[i];
        const struct slice *known =
            actor->place == COURSE_NOBODY ? NULL : &course->slices[actor->place].slice;
        bool same =
            known && player->bodies[i].exists && slice_life_equal(&known->life, &actor->slice.life);
        if (known && !same) {
            course_vanished(course, actor->place, now_of(player));
            actor->place = COURSE_NOBODY;
        }
        if (same || !player->bodies[i].exists)
            continue;
        appear(player, actor, true);
    }
}

static void note_verdict(struct player *player, struct actor *actor)
{
    const struct leak_report *report = &player->course.slices[actor->place].watch.leak.report;
    if (report->verdict == actor->verdict && report->shape == actor->shape)
        return;
    actor->verdict = report->verdict;
    actor->shape = report->shape;
    struct event *event = add_event(player, HAPPENED_VERDICT, actor->slice.name);
    event->verdict = report->verdict;
    event->shape = report->shape;
}

static void tick(struct player *player)
{
    struct stamp now = now_of(player);
    struct node_sample node;
    update_tree(player);
    world_sample_node(&player->world, player->bodies, player->count, now, &node);
    for (uint32_t i = 0; i < player->count; i++) {
        struct actor *actor = &player->actors[i];
        if (actor->place == COURSE_NOBODY || actor->unreadable)
            continue;
        struct course_slice *slice = &player->course.slices[actor->place];
        world_sample_slice(&player->bodies[i], now, &slice->watch.sample);
        slice->watch.held = actor->held_until_unix_usec > now.unix_usec;
        slice->sampled = true;
    }
    course_tick(&player->course, &node, now);
    for (uint32_t i = 0; i < player->count; i++)
        if (player->actors[i].place != COURSE_NOBODY)
            note_verdict(player, &player->actors[i]);
}

static void look_at(struct player *player, const struct world *world, const char *path)
{
    struct node_look look = {0};
    (void)text_copy(look.domain, sizeof look.domain, path);
    world_sample_node(world, player->bodies, player->count, now_of(player), &look.node);
    const struct standing *standing = course_standing(&player->course, path);
    if (standing && standing_is_overtaken(standing, &look.node))
        tick(player);
    last_resort_see(&look.last_resort, &player->past, now_of(player));
    course_look(&player->course, &look, NULL);
}

static void look(struct player *player)
{
    look_at(player, &player->world, "");
    for (unsigned i = 0; i < player->group_count; i++)
        look_at(player, &player->groups[i].world, player->groups[i].domain);
}

static void step(struct player *player, struct world *world)
{
    int killed = world_step(world, player->bodies, player->count, player->t_usec);
    if (killed >= 0)
        (void)add_event(player, HAPPENED_KERNEL_KILL, player->actors[killed].slice.name);
}

static void note_available(struct player *player)
{
    struct log *log = player->log;
    const struct policy_globals *globals = policy_globals(player->policy);
    double available = world_available(&player->world, player->bodies, player->count);
    log->memory = player->world.memory;
    log->short_below = (double)policy_short_below(globals, (uint64_t)log->memory);
    if (available < log->short_below)
        log->short_usec += globals->guard_usec;
    if (available < log->available) {
        log->available = available;
        log->available_usec = player->t_usec;
    }
}

static void advance(struct player *player)
{
    for (uint32_t i = 0; i < player->count; i++) {
        struct actor *actor = &player->actors[i];
        if (actor->birth_usec <= player->t_usec)
            be_born(player, actor);
        if (actor->outcome_usec <= player->t_usec)
            settle_outcome(player, actor);
    }
    for (unsigned i = 0; i < player->group_count; i++)
        step(player, &player->groups[i].world);
    step(player, &player->world);
    note_available(player);
    const struct policy_globals *globals = policy_globals(player->policy);
    if (player->t_usec >= player->next_tick_usec) {
        tick(player);
        player->next_tick_usec = player->t_usec + globals->tick_usec;
    }
    look(player);
}

static void play(struct player *player)
{
    const struct scenario *scenario = player->scenario;
    bool begun = false;
    for (uint32_t next = 0; !player->failed;) {
        for (; next < scenario->count && scenario->statements[next].at_usec <= player->t_usec &&
               !player->failed;
             next++)
            if (!is_expectation(&scenario->statements[next]))
                carry_out(player, &scenario->statements[next]);
        for (uint32_t i = 0; !begun && i < player->count; i++)
            player->actors[i].at_birth = player->bodies[i];
        begun = true;
        if (player->failed || player->t_usec >= player->end_usec)
            break;
        advance(player);
        player->t_usec += policy_globals(player->policy)->guard_usec;
    }
    if (!player->failed && scenario->count > 0 &&
        scenario->statements[scenario->count - 1].at_usec > player->end_usec) {
        (void)fprintf(stderr, "%s:%u: it ends before that (run DURATION)\n", scenario->file,
            scenario->statements[scenario->count - 1].line);
        player->failed = true;
    }
}

int scenario_play(const struct scenario *scenario, struct log *log)
{
    struct player player = {.scenario = scenario, .log = log, .next_serial = 1};
    if (load_policy(scenario, NULL, &player.policy) < 0)
        return -EINVAL;
    world_init(&player.world);
    log->available = INFINITY;
    player.past.known = true;
    course_init(&player.course, player.policy, decided, &player);
    player.actors = calloc(ACTORS_MAX, sizeof *player.actors);
    player.bodies = calloc(ACTORS_MAX, sizeof *player.bodies);
    player.failed = !player.actors || !player.bodies;
    play(&player);
    course_free(&player.course);
    policy_free(player.policy);
    free(player.actors);
    free(player.bodies);
    return player.failed ? -EINVAL : 0;
}
