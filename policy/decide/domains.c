#include "policy/decide/domains.h"

#include "slices/base/text.h"
#include "slices/memory_nodes.h"

#include <math.h>
#include <string.h>

void standings_copy(struct standings *to, const struct standings *from)
{
    for (uint32_t i = 0; i < DOMAINS_MAX; i++) {
        if (from->of[i].in_use)
            to->of[i] = from->of[i];
        else if (to->of[i].in_use)
            to->of[i].in_use = false;
    }
}

bool domains_follow(
    struct node_watches *watches, const struct standings *standings, uint32_t domain)
{
    struct node_watch *watch = &watches->of[domain];
    const char *now = standings->of[domain].domain;
    if (strcmp(watch->domain, now) == 0)
        return false;
    node_watch_init(watch);
    (void)text_copy(watch->domain, sizeof watch->domain, now);
    return true;
}

bool domains_room(const struct standings *standings, const struct watch *watch,
    const struct slice *slice, uint64_t *ret)
{
    double room, least = HUGE_VAL;
    uint64_t mems = sample_known(&watch->sample, SAMPLE_MEMS);
    for (uint32_t i = 1; i < DOMAINS_MAX; i++) {
        const struct standing *standing = &standings->of[i];
        if (standing->in_use && standing_holds(standing->domain, slice->path, mems) &&
            node_room(&standing->node, &room) && room < least)
            least = room;
    }
    if (least >= HUGE_VAL)
        return false;
    *ret = (uint64_t)least / SAMPLE_PAGE * SAMPLE_PAGE; /* as history has it */
    return true;
}

bool domains_await(const struct node_watches *watches, const struct policy *policy, uint32_t domain,
    const struct decision *decision)
{
    int64_t cooldown_usec = policy_globals(policy)->cooldown_usec;
    for (uint32_t i = 0; i < DOMAINS_MAX; i++) {
        const struct node_watch *watch = &watches->of[i];
        if (i != domain && watch->reset.usec != 0 && watch->reset.serial == decision->serial &&
            decision->at.boot_usec - watch->reset.usec < cooldown_usec)
            return true;
    }
    return false;
}

static bool lies_within(const char *inner, const char *outer)
{
    uint64_t nodes = 0;
    (void)memory_nodes_named(inner, &nodes);
    return standing_holds(outer, inner, nodes);
}

static uint64_t mems_of(const struct standing *standing, uint64_t serial)
{
    for (uint32_t i = 0; i < standing->count; i++)
        if (standing->entry[i].serial == serial)
            return standing->entry[i].mems;
    return 0;
}

void domains_note_reset(struct node_watches *watches, const struct standings *standings,
    uint32_t domain, const struct decision *decision)
{
    const char *outer = watches->of[domain].domain;
    uint64_t mems = mems_of(&standings->of[domain], decision->serial);
    for (uint32_t i = 1; i < DOMAINS_MAX; i++) {
        struct node_watch *watch = &watches->of[i];
        if (i == domain || watch->domain[0] == '\0' || !lies_within(watch->domain, outer) ||
            !standing_holds(watch->domain, decision->path, mems))
            continue;
        watch->reset =
            (struct node_reset){.usec = decision->at.boot_usec, .serial = decision->serial};
    }
}
