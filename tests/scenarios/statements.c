/* What the statements of a scenario do. */
#include "slices/base/file.h"
#include "slices/base/text.h"
#include "slices/memory_nodes.h"
#include "tests/leaks/restart.h"
#include "tests/scenarios/player.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const protections[SLICE_PROTECTIONS] = {
    "none", "self", "starter", "init", "session", "folded", "policy"};

static struct actor *actor_named(struct player *player, const char *name)
{
    for (uint32_t i = 0; i < player->count; i++)
        if (strcmp(player->actors[i].slice.name, name) == 0)
            return &player->actors[i];
    return NULL;
}

static enum channel take_channel(struct words_left *words)
{
    return take_keyword(words, "in")
               ? (enum channel)take_choice(words, channel_names, CHANNELS, "channel")
               : CHANNEL_ANON;
}

static void put_within(
    struct player *player, struct words_left *words, struct slice *slice, struct body *body)
{
    const char *name = take_word(words, "a group");
    for (unsigned i = 0; i < player->group_count; i++) {
        const struct group *group = &player->groups[i];
        if (strcmp(group->name, name) != 0)
            continue;
        body->group = i + 1;
        body->mems = group->nodes;
        if (group->nodes != 0)
            return;
        (void)text_format(slice->path, sizeof slice->path, "%s/%s", group->domain, slice->name);
        (void)text_format(slice->key, sizeof slice->key, "cgroup:%s", slice->path);
        return;
    }
    complain(words, "there is no group '%s'", name);
}

static void take_attributes(
    struct player *player, struct words_left *words, struct actor *actor, struct body *body)
{
    struct slice *slice = &actor->slice;
    while (!words->failed && words->next < words->statement->count) {
        if (take_keyword(words, "within"))
            put_within(player, words, slice, body);
        else if (take_keyword(words, "idle"))
            body->idle = true;
        else if (take_keyword(words, "resists"))
            actor->resists = true;
        else if (take_keyword(words, "unreadable"))
            actor->unreadable = true;
        else if (take_keyword(words, "kind"))
            slice->kind = take_choice(words, slice_kind_names, SLICE_KINDS, "kind");
        else if (take_keyword(words, "protection"))
            slice->protection = take_choice(words, protections, SLICE_PROTECTIONS, "protection");
        else if (take_keyword(words, "runtime"))
            (void)text_copy(slice->runtime, sizeof slice->runtime, take_word(words, "a runtime"));
        else if (take_keyword(words, "path"))
            (void)text_copy(slice->path, sizeof slice->path, take_word(words, "a path"));
        else if (take_keyword(words, "key"))
            (void)text_copy(slice->key, sizeof slice->key, take_word(words, "a key"));
        else if (take_keyword(words, "limit"))
            body->limit = (uint64_t)take_size(words);
        else if (take_keyword(words, "high"))
            body->high = (uint64_t)take_size(words);
        else if (take_keyword(words, "swapped"))
            body->swapped = take_size(words);
        else if (take_keyword(words, "processes"))
            body->processes = (uint32_t)take_count(words);
        else if (take_keyword(words, "respawns"))
            actor->respawn_usec = take_duration(words);
        else if (take_keyword(words, "and")) {
            double bytes = take_size(words);
            body_take(body, take_channel(words), bytes);
        } else {
            take_end(words);
        }
    }
}

static void add_actor(struct player *player, struct words_left *words, const char *name)
{
    if (player->count == ACTORS_MAX)
        return complain(words, "more than %d slices", ACTORS_MAX);
    if (actor_named(player, name))
        return complain(words, "a second slice '%s'", name);
    struct actor *actor = &player->actors[player->count];
    struct body *body = &player->bodies[player->count];
    *actor = (struct actor){.place = COURSE_NOBODY,
        .respawn_usec = NEVER,
        .birth_usec = NEVER,
        .outcome_usec = NEVER,
        .made_usec = player->t_usec};
    *body = (struct body){.processes = 1, .seed = player->seed << 32 | player->count};
    struct slice *slice = &actor->slice;
    slice->index = player->count++;
    slice->life.inode = 1000ull * (slice->index + 1);
    slice->life.boot[0] = 1;
    (void)text_copy(slice->name, sizeof slice->name, name);
    (void)text_format(slice->path, sizeof slice->path, "/cont.slice/%s", name);
    (void)text_format(slice->key, sizeof slice->key, "cgroup:/cont.slice/%s", name);
    double bytes = take_size(words);
    body_take(body, take_channel(words), bytes);
    take_attributes(player, words, actor, body);
    actor->at_birth = *body;
    if (player->t_usec > 0)
        be_born(player, actor);
    else
        body->exists = true;
}

static void do_slice(struct player *player, struct words_left *words)
{
    add_actor(player, words, take_word(words, "a name"));
}

static void do_slices(struct player *player, struct words_left *words)
{
    uint64_t count = take_count(words);
    const char *prefix = take_word(words, "the beginning of their names");
    unsigned attributes = words->next;
    for (uint64_t i = 1; i <= count && !words->failed; i++) {
        char name[SLICE_NAME_MAX];
        (void)text_format(name, sizeof name, "%s%llu", prefix, (unsigned long long)i);
        words->next = attributes;
        add_actor(player, words, name);
    }
}

static void do_group(struct player *player, struct words_left *words)
{
    if (player->group_count == GROUPS_MAX)
        return complain(words, "more than %d groups", GROUPS_MAX);
    struct group *group = &player->groups[player->group_count++];
    world_init(&group->world);
    group->world.group = player->group_count;
    group->world.kernel = 0;
    group->world.now_usec = player->t_usec;
    (void)text_copy(group->name, sizeof group->name, take_word(words, "a name"));
    (void)text_format(group->domain, sizeof group->domain, "/%s", group->name);
    if (!take_keyword(words, "limit"))
        return complain(words, "'limit SIZE' is missing");
    group->world.memory = take_size(words);
    if (take_keyword(words, "swap"))
        group->world.swap = take_size(words);
    if (take_keyword(words, "nodes")) {
        const char *list = take_word(words, "memory nodes");
        (void)text_format(group->domain, sizeof group->domain, "numa:%s", list);
        if (!memory_nodes_named(group->domain, &group->nodes))
            complain(words, "'%s' is no list of memory nodes", list);
    }
    if (take_keyword(words, "others"))
        group->world.kernel = take_size(words);
}

static void do_node(struct player *player, struct words_left *words)
{
    struct world *world = &player->world;
    while (!words->failed && words->next < words->statement->count) {
        if (take_keyword(words, "memory"))
            world->memory = take_size(words);
        else if (take_keyword(words, "kernel"))
            world->kernel = take_size(words);
        else if (take_keyword(words, "swap"))
            world->swap = take_size(words);
        else if (take_keyword(words, "zram"))
            world->zram = true;
        else if (take_keyword(words, "swap-still"))
            world->swapping_off = true;
        else if (take_keyword(words, "no-swap-info"))
            world->no_swap_info = true;
        else if (take_keyword(words, "no-available"))
            world->no_available = true;
        else if (take_keyword(words, "psi-absent"))
            world->psi_absent = true;
        else if (take_keyword(words, "psi-stuck"))
            world->psi_stuck = true;
        else if (take_keyword(words, "psi-full"))
            world->psi_full_set = take_percentage(words);
        else if (take_keyword(words, "psi-real"))
            world->psi_full_set = -1;
        else
            take_end(words);
    }
}

static void say_problem(void *context, const char *text)
{
    (void)context;
    (void)fprintf(stderr, "%s\n", text);
}

/* The built-in policy; over it a preset, if there is one; over that the scenario's own lines. */
int load_policy(const struct scenario *scenario, const char *preset, struct policy **ret)
{
    enum { LAYERS = 3, TEXT_MOST = 64 * 1024 };
    struct policy_layer layers[LAYERS] = {{0}};
    char file[PATH_MAX], text[TEXT_MOST];
    uint32_t count = 0;
    layers[count].text = policy_default_text(&layers[count].length);
    count++;
    if (preset) {
        (void)text_format(file, sizeof file, "%s/%s.yaml", MOM_PRESETS, preset);
        ssize_t length = file_read(AT_FDCWD, file, text, sizeof text);
        if (length < 0)
            return (int)length;
        layers[count++] = (struct policy_layer){file, text, (size_t)length};
    }
    if (scenario->policy)
        layers[count++] =
            (struct policy_layer){scenario->file, scenario->policy, scenario->policy_length};
    return policy_load_layers(layers, count, say_problem, NULL, ret);
}

static void do_policy(struct player *player, struct words_left *words)
{
    const char *preset = take_word(words, "the name of a preset");
    struct policy *policy = NULL;
    if (words->failed || load_policy(player->scenario, preset, &policy) < 0)
        return complain(words, "the policy %s can't be loaded", preset);
    course_set_policy(&player->course, policy);
    policy_free(player->policy);
    player->policy = policy;
}

/* A new daemon: what it knows of the past is what the database gives back, floors and strikes. */
static void do_momd(struct player *player, struct words_left *words)
{
    if (!take_keyword(words, "restarts"))
        return complain(words, "momd restarts; it does nothing else here");
    struct course before = player->course;
    course_init(&player->course, player->policy, player->course.decided, player);
    player->course.next_seq = before.next_seq;
    for (uint32_t i = 0; i < player->count; i++) {
        struct actor *actor = &player->actors[i];
        if (actor->place == COURSE_NOBODY)
            continue;
        const struct watch *old = &before.slices[actor->place].watch;
        appear(player, actor, false);
        hand_over_floors(&player->course.slices[actor->place].watch.leak, &old->leak);
    }
    course_free(&before);
    player->next_tick_usec = player->t_usec;
}

static void do_clock(struct player *player, struct words_left *words)
{
    bool back = take_keyword(words, "back");
    if (!back && !take_keyword(words, "forward"))
        return complain(words, "the clock goes 'back' or 'forward'");
    int64_t usec = take_duration(words);
    player->clock_usec += back ? -usec : usec;
}

static void do_ended(struct player *player, struct words_left *words)
{
    int64_t ago_usec = take_duration(words);
    if (player->past.count == BOOT_ENDS_KEPT)
        return complain(words, "no more ends are kept");
    player->past.end[player->past.count++].unix_usec = now_of(player).unix_usec - ago_usec;
}

static void do_seed(struct player *player, struct words_left *words)
{
    player->seed = take_count(words);
}

static void do_run(struct player *player, struct words_left *words)
{
    player->end_usec = take_duration(words);
}

/* expect order A B...: those that would go if the node were short now. */
static void do_expect_order(struct player *player, struct words_left *words)
{
    (void)take_word(words, "order");
    const struct standing *standing = &player->course.standings.of[0];
    for (uint32_t i = 0; words->next < words->statement->count; i++) {
        const char *name = take_word(words, "a name");
        const char *there = i < standing->count ? standing->entry[i].name : "nobody";
        if (strcmp(name, there) != 0)
            return complain(words, "expected %s in place %u of those who would go, found %s", name,
                i + 1, there);
    }
}

static const struct verb {
    const char *name;
    void (*do_it)(struct player *player, struct words_left *words);
} verbs[] = {
    {"node", do_node},
    {"group", do_group},
    {"policy", do_policy},
    {"slice", do_slice},
    {"slices", do_slices},
    {"momd", do_momd},
    {"clock", do_clock},
    {"ended", do_ended},
    {"run", do_run},
    {"seed", do_seed},
    {"expect", do_expect_order},
};

static void do_law(struct player *player, struct actor *actor, struct words_left *words,
    enum law_kind kind, double size, int64_t period_usec)
{
    enum channel channel = take_channel(words);
    double most = size < 0 ? -1e300 : 1e300;
    if (kind == LAW_GROWS && take_keyword(words, "by"))
        most = size < 0 ? -take_size(words) : take_size(words);
    struct law law = {.kind = kind,
        .channel = channel,
        .size = size,
        .most = most,
        .period_usec = period_usec,
        .since_usec = player->t_usec};
    struct body *body = body_of(player, actor);
    if (take_keyword(words, "scattered"))
        body_scatter_law(body, &law);
    if (!words->failed && !body_add_law(body, &law))
        complain(words, "more than %d laws for one slice", LAWS_MAX);
    if (actor->made_usec == player->t_usec) /* it is born with it, each time */
        actor->at_birth = *body;
}

static int64_t take_period(struct words_left *words, const char *keyword)
{
    if (!take_keyword(words, keyword))
        complain(words, "'%s DURATION' is missing", keyword);
    return take_duration(words);
}

static void hold(struct player *player, struct actor *actor, int64_t usec)
{
    struct stamp now = now_of(player);
    actor->held_until_unix_usec = usec > 0 ? now.unix_usec + usec : 0;
    if (actor->place != COURSE_NOBODY)
        player->course.slices[actor->place].watch.held = usec > 0;
    course_restand(&player->course, now);
}

static void order(struct player *player, struct actor *actor, struct words_left *words)
{
    static const enum action_kind kinds[] = {
        ACTION_RECLAIM, ACTION_THROTTLE, ACTION_RAISE, ACTION_FREEZE};
    struct order order = {.kind = ACTION_RESET};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (take_keyword(words, action_kind_names[kinds[i]]))
            order.kind = kinds[i];
    if (order.kind != ACTION_RESET && order.kind != ACTION_FREEZE)
        order.bytes = (uint64_t)take_size(words);
    if (take_keyword(words, "for"))
        order.lasts_usec = take_duration(words);
    if (actor->place == COURSE_NOBODY)
        return complain(words, "it is not there");
    course_request(&player->course, actor->place, &order, now_of(player));
}

static void do_to_slice(struct player *player, struct actor *actor, struct words_left *words)
{
    struct body *body = body_of(player, actor);
    if (take_keyword(words, "grows")) {
        double rate = take_rate(words);
        do_law(player, actor, words, LAW_GROWS, rate, 0);
    } else if (take_keyword(words, "falls")) {
        double rate = take_rate(words);
        do_law(player, actor, words, LAW_GROWS, -rate, 0);
    } else if (take_keyword(words, "saturates")) {
        double size = take_size(words);
        do_law(player, actor, words, LAW_SATURATES, size, take_period(words, "over"));
    } else if (take_keyword(words, "saws")) {
        double size = take_size(words);
        do_law(player, actor, words, LAW_SAWS, size, take_period(words, "every"));
    } else if (take_keyword(words, "steps")) {
        double size = take_size(words);
        do_law(player, actor, words, LAW_STEPS, size, take_period(words, "every"));
    } else if (take_keyword(words, "swings")) {
        double size = take_size(words);
        do_law(player, actor, words, LAW_SWINGS, size, take_period(words, "every"));
    } else if (take_keyword(words, "wobbles")) {
        double size = take_size(words);
        do_law(player, actor, words, LAW_WOBBLES, size, take_period(words, "every"));
    } else if (take_keyword(words, "takes")) {
        double size = take_size(words);
        body_take(body, take_channel(words), size);
    } else if (take_keyword(words, "frees")) {
        double size = take_size(words);
        body_take(body, take_channel(words), -size);
    } else if (take_keyword(words, "steady")) {
        body_steady(body, player->t_usec);
    } else if (take_keyword(words, "busy")) {
        body->idle = false;
    } else if (take_keyword(words, "limit")) {
        body->limit = (uint64_t)take_size(words);
    } else if (take_keyword(words, "ends")) {
        end(player, actor);
    } else if (take_keyword(words, "begins")) {
        be_born(player, actor);
    } else if (take_keyword(words, "held")) {
        hold(player, actor, take_duration(words));
    } else if (take_keyword(words, "released")) {
        hold(player, actor, 0);
    } else if (take_keyword(words, "ordered")) {
        order(player, actor, words);
    } else {
        take_end(words);
    }
}

/* To each whose name fits. False: there is none. */
static bool do_to_slices(struct player *player, const char *name, struct words_left *words)
{
    unsigned first = words->next;
    bool any = false;
    for (uint32_t i = 0; i < player->count && !words->failed; i++) {
        if (fnmatch(name, player->actors[i].slice.name, 0) != 0)
            continue;
        words->next = first;
        do_to_slice(player, &player->actors[i], words);
        any = true;
    }
    return any;
}

void carry_out(struct player *player, const struct statement *statement)
{
    struct words_left words = {.scenario = player->scenario, .statement = statement};
    const char *first = take_word(&words, "a statement");
    const struct verb *verb = NULL;
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(verbs[i].name, first) == 0)
            verb = &verbs[i];
    if (verb)
        verb->do_it(player, &words);
    else if (!do_to_slices(player, first, &words))
        complain(&words, "'%s' is neither a statement nor a slice", first);
    take_end(&words);
    player->failed |= words.failed;
}
