#include "policy/decide/standing.h"

#include "policy/decide/rules.h"
#include "policy/decide/score.h"
#include "policy/decide/watch.h"
#include "slices/base/text.h"
#include "slices/memory_nodes.h"

#include <math.h>
#include <string.h>

bool standing_protects(const struct watch *watch, const struct slice *slice)
{
    return slice->protection != SLICE_UNPROTECTED || watch->policy.protect;
}

enum restraint standing_restraint(
    const struct watch *watch, const struct slice *slice, struct stamp now)
{
    if (standing_protects(watch, slice))
        return RESTRAINT_PROTECTED;
    if (watch->held)
        return RESTRAINT_HOLD;
    if (score_gives_back(watch) < watch->policy.min_size_bytes)
        return RESTRAINT_SIZE;
    if (now.boot_usec - watch->born.boot_usec < watch->policy.min_age_usec)
        return RESTRAINT_AGE;
    return RESTRAINT_NONE;
}

bool standing_holds(const char *domain, const char *path, uint64_t mems)
{
    uint64_t nodes;
    if (memory_nodes_named(domain, &nodes))
        return memory_nodes_within(mems, nodes);
    return slice_path_within(path, domain);
}

static bool holds(
    const struct standing *standing, const struct watch *watch, const struct slice *slice)
{
    return standing_holds(standing->domain, slice->path, sample_known(&watch->sample, SAMPLE_MEMS));
}

static double memory_of(const struct node_sample *node)
{
    return node_has(node, NODE_MEM_TOTAL) ? (double)node->value[NODE_MEM_TOTAL] : 0;
}

static void fill_entry(struct standing_entry *entry, const struct standing *standing,
    const struct watch *watch, const struct slice *slice)
{
    const struct slice_policy *policy = &watch->policy;
    memset(entry, 0, sizeof *entry);
    entry->serial = slice->serial;
    entry->life = slice->life;
    (void)text_copy(entry->path, sizeof entry->path, slice->path);
    (void)text_copy(entry->key, sizeof entry->key, slice->key);
    (void)text_copy(entry->name, sizeof entry->name, slice->name);
    (void)text_copy(entry->owner, sizeof entry->owner, policy->owner);
    entry->mode = policy->mode;
    entry->leak_mode = policy->leak;
    entry->mode_given = policy->origin[SET_MODE].file != NULL;
    entry->independent = !policy->interdependent;
    enum restraint restraint = standing_restraint(watch, slice, standing->made);
    entry->restraint = (uint8_t)restraint;
    entry->barred = restraint != RESTRAINT_NONE;
    entry->rank = policy->rank;
    entry->strikes = watch->ladder.strikes;
    entry->score =
        score_slice(watch, standing->formula, &standing->taken, memory_of(&standing->node));
    entry->mems = sample_known(&watch->sample, SAMPLE_MEMS);
    entry->gives_back = score_gives_back(watch);
    entry->growth = watch->growth;
    entry->growth_now = watch->growth_now;
    entry->grown_twice_usec = watch->grown_twice_usec;
    entry->leak = (uint8_t)score_leak(&watch->leak.report);
}

/* Does a go before b? */
static bool goes_before(const struct standing_entry *a, const struct standing_entry *b)
{
    if (a->barred != b->barred)
        return b->barred;
    if (a->rank != b->rank)
        return a->rank < b->rank;
    if (a->score.value < b->score.value || a->score.value > b->score.value)
        return a->score.value > b->score.value;
    return a->serial < b->serial;
}

bool standing_spares(const struct standing_entry *entry)
{
    return entry->restraint == RESTRAINT_PROTECTED || entry->restraint == RESTRAINT_HOLD;
}

static void weigh(struct standing *standing, struct watch *watch, const struct slice *slice)
{
    watch->taken = score_taken(watch);
    bool notable = (double)score_gives_back(watch) >= NOTABLE_PART * memory_of(&standing->node);
    standing->unprotected += !standing_protects(watch, slice);
    standing->raised += watch_raised(watch);
    standing->notable += !standing_protects(watch, slice) && notable;
    standing->resident_total += (double)score_resident(watch);
    standing->growth_now_total += watch->growth_now > 0 ? watch->growth_now : 0;
    standing->swap_limit =
        bytes_sum(standing->swap_limit, sample_limit(&watch->sample, SAMPLE_LIMIT_SWAP));
    score_taken_add(&standing->taken, &watch->taken);
}

static void offer(struct standing *standing, const struct watch *watch, const struct slice *slice)
{
    struct standing_entry entry;
    fill_entry(&entry, standing, watch, slice);
    if (entry.score.guilt > standing->guiltiest.score.guilt)
        standing->guiltiest = entry;
    const struct standing_entry *spared = &standing->spared;
    if (standing_spares(&entry) && (spared->serial == 0 || goes_before(&entry, spared)))
        standing->spared = entry;
    uint32_t place = standing->count;
    while (place > 0 && goes_before(&entry, &standing->entry[place - 1]))
        place--;
    if (place == STANDING_MAX)
        return;
    uint32_t last = standing->count < STANDING_MAX ? standing->count : STANDING_MAX - 1;
    memmove(&standing->entry[place + 1], &standing->entry[place],
        (last - place) * sizeof standing->entry[0]);
    standing->entry[place] = entry;
    standing->count = last + 1;
}

/* An outside scorer that says nothing of anybody has not answered. */
static enum formula formula_of(const struct policy *policy, const struct standing_source *source)
{
    const struct policy_globals *globals = policy_globals(policy);
    struct watch *watch;
    const struct slice *slice;
    if (globals->formula != FORMULA_OUTSIDE)
        return globals->formula;
    for (uint32_t place = 0; source->next(source->context, &place, &watch, &slice);)
        if (sample_has(&watch->sample, SAMPLE_BADNESS))
            return FORMULA_OUTSIDE;
    return globals->scorer.fallback == FORMULA_OUTSIDE ? FORMULA_MOM : globals->scorer.fallback;
}

void standing_make(struct standing *ret, const char *domain, const struct node_sample *node,
    struct stamp now, const struct policy *policy, const struct standing_source *source)
{
    memset(ret, 0, sizeof *ret);
    ret->in_use = true;
    (void)text_copy(ret->domain, sizeof ret->domain, domain);
    ret->node = *node;
    ret->room = 0;
    (void)node_room(node, &ret->room);
    ret->made = now;
    ret->policy_hash = policy_hash(policy);
    ret->formula = formula_of(policy, source);
    struct watch *watch;
    const struct slice *slice;
    for (uint32_t place = 0; source->next(source->context, &place, &watch, &slice);)
        if (holds(ret, watch, slice))
            weigh(ret, watch, slice);
    for (uint32_t place = 0; source->next(source->context, &place, &watch, &slice);)
        if (holds(ret, watch, slice))
            offer(ret, watch, slice);
}

enum kernel_rank standing_hint(
    const struct standing *standing, const struct watch *watch, const struct slice *slice)
{
    const struct standing_entry *first = &standing->entry[0];
    if (!watch->policy.tell_kernel)
        return HINT_NONE;
    if (standing_protects(watch, slice) || watch->held)
        return HINT_SPARED;
    if (standing->count == 0 || first->barred)
        return HINT_NONE;
    if (first->serial == slice->serial)
        return HINT_FIRST;
    return watch->policy.rank > first->rank ? HINT_LATER : HINT_NONE;
}

static bool has_moved(const struct node_sample *then, const struct node_sample *now,
    enum node_field field, enum node_field total)
{
    if (!node_has(then, field) || !node_has(now, field) || !node_has(now, total))
        return false;
    double moved = fabs((double)now->value[field] - (double)then->value[field]);
    return moved > STANDING_MOVED * (double)now->value[total];
}

bool standing_is_overtaken(const struct standing *standing, const struct node_sample *node)
{
    const struct node_sample *then = &standing->node;
    int64_t pause = STANDING_COST_PART * standing->tick_cost_usec;
    if (pause < STANDING_LEAST_USEC)
        pause = STANDING_LEAST_USEC;
    return node->at.boot_usec - then->at.boot_usec >= pause &&
           (has_moved(then, node, NODE_MEM_AVAILABLE, NODE_MEM_TOTAL) ||
               has_moved(then, node, NODE_SWAP_FREE, NODE_SWAP_TOTAL));
}
