#include "policy/decide/aftermath.h"

/* A reset after which not even this part of what it should give back is there again was in vain. */
#define GIVEN_BACK 0.25

/* Who has not even this part of it is not reset for it. */
#define HAS_STILL 0.5

void aftermath_begin(struct node_watch *guard, const struct standing *standing,
    const struct standing_entry *chosen, const struct node_sample *node, struct stamp now)
{
    double room;
    guard->reset_before = guard->reset;
    guard->reset = (struct node_reset){
        .usec = now.boot_usec, .serial = chosen->serial, .gives_back = (double)chosen->gives_back};
    for (uint32_t i = 0; i < standing->count; i++)
        guard->reset.had[guard->reset.count++] =
            (struct node_had){standing->entry[i].serial, standing->entry[i].gives_back};
    if (node_room(node, &room) && !chosen->independent) /* what one of its jobs has is not known */
        guard->reset.room_due = room + GIVEN_BACK * guard->reset.gives_back;
}

bool aftermath_is_needless(const struct node_watch *guard, uint64_t charged)
{
    return (double)charged < HAS_STILL * guard->reset.gives_back;
}

static bool is_cooling_down(
    const struct node_watch *guard, const struct policy_globals *globals, struct stamp now)
{
    return guard->reset.usec != 0 && now.boot_usec - guard->reset.usec < globals->cooldown_usec;
}

/* Who dies may take seconds to give back what he has, on a busy machine. */
#define COMING_BACK_USEC 2000000ll
static bool is_coming_back(const struct node_watch *guard, struct stamp now)
{
    return guard->reset.usec != 0 && guard->rose_usec >= guard->reset.usec &&
           now.boot_usec - guard->rose_usec < COMING_BACK_USEC;
}

bool aftermath_lasts(
    const struct node_watch *guard, const struct policy_globals *globals, struct stamp now)
{
    return is_cooling_down(guard, globals, now) || is_coming_back(guard, now);
}

/* A good part of what is taken, and in a minute as much as counts. */
#define PROVEN_SHARE 0.2
bool aftermath_goes_on(const struct node_watch *guard, const struct standing *standing,
    const struct standing_entry *chosen, const struct node_sample *node)
{
    return chosen && chosen->grown_twice_usec >= guard->reset.usec &&
           60 * chosen->growth_now >= NOTABLE_PART * (double)node->value[NODE_MEM_TOTAL] &&
           rule_growth_share(guard, standing, chosen) >= PROVEN_SHARE;
}

/* What it had when the last reset was decided; who was on no list that had room came since.
 * Unknown: all that it has. */
static double had_then(const struct node_reset *reset, const struct standing_entry *chosen)
{
    for (uint32_t i = 0; i < reset->count; i++)
        if (reset->had[i].serial == chosen->serial)
            return (double)reset->had[i].gives_back;
    return reset->count < STANDING_MAX ? 0 : (double)chosen->gives_back;
}

/* By samples that are newer than the last reset it has taken what that should have given back. */
static bool has_taken_it(const struct node_reset *reset, const struct standing_entry *chosen)
{
    return (double)chosen->gives_back - had_then(reset, chosen) >= GIVEN_BACK * reset->gives_back;
}

enum restraint aftermath_restraint(const struct node_watch *guard, const struct standing *standing,
    const struct standing_entry *chosen, const struct node_sample *node)
{
    if (guard->reset.usec == 0 || aftermath_goes_on(guard, standing, chosen, node))
        return RESTRAINT_NONE;
    if (standing->made.boot_usec <= guard->reset.usec)
        return RESTRAINT_STALE;
    bool in_vain = guard->reset.room_due > 0 && !has_taken_it(&guard->reset, chosen);
    return in_vain ? RESTRAINT_IN_VAIN : RESTRAINT_NONE;
}

void aftermath_evidence(
    const struct node_watch *guard, const struct node_sample *node, struct evidence *evidence)
{
    double room;
    if (node_room(node, &room))
        evidence_add(evidence, "room_after_reset", UNIT_BYTES, room, '<', guard->reset.room_due);
}
