#include "policy/course/course.h"

#include "slices/base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void course_init(
    struct course *course, const struct policy *policy, course_decided *decided, void *context)
{
    memset(course, 0, sizeof *course);
    course->policy = policy;
    course->decided = decided;
    course->context = context;
    course->next_seq = 1;
    course->domain_next = 1;
}

void course_free(struct course *course)
{
    free(course->slices);
    course->slices = NULL;
    course->count = course->room = 0;
}

void course_set_policy(struct course *course, const struct policy *policy)
{
    course->policy = policy;
    for (uint32_t i = 0; i < course->count; i++)
        policy_for_slice(policy, &course->slices[i].slice, &course->slices[i].watch.policy);
    for (uint32_t i = 0; i < DOMAINS_MAX; i++)
        node_watch_forget_rules(&course->guard.of[i]);
}

static int make_room(struct course *course)
{
    if (course->count < course->room)
        return 0;
    if (course->count == COURSE_NOBODY / 2)
        return -ENOMEM;
    uint32_t room = course->room ? 2 * course->room : 16;
    struct course_slice *slices = realloc(course->slices, room * sizeof *slices);
    if (!slices)
        return -ENOMEM;
    course->slices = slices;
    course->room = room;
    return 0;
}

int64_t course_born(struct course *course, const struct slice *slice, struct stamp now, bool warm)
{
    if (make_room(course) < 0)
        return -ENOMEM;
    struct course_slice *born = &course->slices[course->count];
    struct slice_policy policy;
    policy_for_slice(course->policy, slice, &policy);
    *born = (struct course_slice){.slice = *slice, .lives = true};
    watch_init(&born->watch, slice, &policy, course->node.at.boot_usec, now, warm);
    return course->count++;
}

uint32_t course_find(const struct course *course, uint64_t serial)
{
    for (uint32_t i = course->count; i-- > 0;)
        if (course->slices[i].lives && course->slices[i].slice.serial == serial)
            return i;
    return COURSE_NOBODY;
}

/* What the governor does with a decision of its own. */
static void pursue(struct course *course, uint32_t index)
{
    struct course_slice *slice = &course->slices[index];
    struct decision *decision = &course->scratch;
    decide_number(&slice->watch, decision, course->next_seq++);
    if (action_is_deed(decision->action))
        slice->decision[decision->action] = decision->seq;
    course->decided(course->context, decision, index);
}

void course_vanished(struct course *course, uint32_t index, struct stamp now)
{
    struct course_slice *slice = &course->slices[index];
    slice->lives = false;
    if (decide_vanished(
            &slice->watch, &slice->slice, course->policy, &course->node, now, &course->scratch) > 0)
        pursue(course, index);
}

static bool next_standing(
    void *context, uint32_t *place, struct watch **watch, const struct slice **slice)
{
    struct course *course = context;
    while (*place < course->count) {
        struct course_slice *next = &course->slices[(*place)++];
        *watch = &next->watch;
        *slice = &next->slice;
        if (next->stands)
            return true;
    }
    return false;
}

static void stand(struct course *course, uint32_t domain, const char *path,
    const struct node_sample *node, struct stamp now)
{
    const struct standing_source source = {next_standing, course};
    standing_make(&course->standings.of[domain], path, node, now, course->policy, &source);
    (void)domains_follow(&course->guard, &course->standings, domain);
}

/* Of other domains than the node only looks tell; their lists are those of the tick before. */
static void stand_all(struct course *course, struct stamp now)
{
    stand(course, 0, "", &course->node, now);
    for (uint32_t i = 1; i < DOMAINS_MAX; i++) {
        char path[SLICE_PATH_MAX];
        const struct standing *standing = &course->standings.of[i];
        (void)text_copy(path, sizeof path, standing->domain);
        const struct node_sample node = standing->node;
        if (standing->in_use)
            stand(course, i, path, &node, now);
    }
}

const struct standing *course_standing(const struct course *course, const char *domain)
{
    for (uint32_t i = 0; i < DOMAINS_MAX; i++) {
        const struct standing *standing = &course->standings.of[i];
        if (standing->in_use && strcmp(standing->domain, domain) == 0)
            return standing;
    }
    return NULL;
}

static uint32_t domain_of(struct course *course, const char *path, const struct node_sample *node)
{
    const struct standing *standing = course_standing(course, path);
    if (standing || path[0] == '\0')
        return standing ? (uint32_t)(standing - course->standings.of) : 0;
    uint32_t domain = course->domain_next;
    course->domain_next = domain + 1 < DOMAINS_MAX ? domain + 1 : 1;
    stand(course, domain, path, node, course->standings.of[0].made);
    return domain;
}

void course_tick(struct course *course, const struct node_sample *node, struct stamp now)
{
    bool lone = course->standings.of[0].unprotected == 1;
    uint64_t raised_bytes = course->standings.of[0].raised;
    course->node = *node;
    for (uint32_t i = 0, count = course->count; i < count; i++) {
        struct course_slice *slice = &course->slices[i];
        bool sampled = slice->sampled;
        slice->sampled = slice->stands = false;
        if (!slice->lives || slice->absent || !sampled)
            continue;
        slice->watch.lone = lone;
        (void)watch_update(&slice->watch, policy_globals(course->policy), node);
        if (slice->watch.leak.warm_start_due)
            (void)leak_warm_start(&slice->watch.leak);
        if (decide_slice(&slice->watch, &slice->slice, course->policy, node, &raised_bytes, now,
                &course->scratch) > 0)
            pursue(course, i); /* which may move the slices */
        course->slices[i].stands = course->slices[i].lives;
    }
    stand_all(course, now);
}

void course_restand(struct course *course, struct stamp now)
{
    for (uint32_t i = 0; i < course->count; i++)
        course->slices[i].stands = course->slices[i].lives && !course->slices[i].absent;
    stand_all(course, now);
}

void course_look(struct course *course, const struct node_look *look, const struct node_look *again)
{
    struct decision *decision = &course->scratch;
    const struct node_sample *node = &look->node;
    const struct stamp now = node->at;
    uint32_t domain = domain_of(course, look->domain, node);
    struct node_watch *guard = &course->guard.of[domain];
    struct standing *standing = &course->standings.of[domain];
    if (look->listed_room > 0)
        standing->room = look->listed_room;
    int64_t tried_usec = guard->last_resort.tried_usec; /* that follows from what is decided */
    guard->last_resort = look->last_resort;
    guard->last_resort.tried_usec = tried_usec;
    if (decide_node(guard, course->policy, node, standing, now, decision) == 0)
        return;
    bool resets = decision->action == ACTION_RESET;
    bool awaits = resets && domains_await(&course->guard, course->policy, domain, decision);
    bool is_over = again && decide_node_is_grave(decision) &&
                   !decide_node_confirm(
                       guard, course->policy, &again->node, standing, decision, again->charged);
    if (awaits || is_over) {
        decide_node_withdraw(guard, decision);
        return;
    }
    if (resets)
        domains_note_reset(&course->guard, &course->standings, domain, decision);
    decision->seq = decision->incident = course->next_seq++;
    uint32_t index = decision->serial ? course_find(course, decision->serial) : COURSE_NOBODY;
    if (decision->action == ACTION_RESET && index != COURSE_NOBODY) {
        decide_ordered(&course->slices[index].watch, decision->seq, now);
        course->slices[index].decision[ACTION_RESET] = decision->seq;
    }
    course->decided(course->context, decision, index);
}

void course_resume(struct course *course, const struct node_look *look)
{
    uint32_t domain = domain_of(course, look->domain, &look->node);
    node_watch_resume(&course->guard.of[domain], look);
}

void course_request(
    struct course *course, uint32_t index, const struct order *order, struct stamp now)
{
    struct course_slice *slice = &course->slices[index];
    decide_request(&slice->watch, &slice->slice, course->policy, order, now, &course->scratch);
    pursue(course, index);
}

void course_oom(
    struct course *course, uint32_t index, const struct oom_facts *facts, struct stamp now)
{
    struct course_slice *slice = &course->slices[index];
    bool loose;
    if (decide_oom(&slice->watch, &slice->slice, course->policy, &course->node, facts,
            &course->standings.of[0].raised, now, &course->scratch, &loose) > 0)
        pursue(course, index);
}

void course_outcome(struct course *course, const struct outcome *outcome, struct stamp now)
{
    for (uint32_t i = 0; i < course->count; i++)
        if (course->slices[i].lives &&
            course->slices[i].decision[outcome->kind] == outcome->decision)
            decide_outcome(&course->slices[i].watch, outcome, now);
}
